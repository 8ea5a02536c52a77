package slacksim

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// postableChannel returns a channel if the bot may post there. A user's id is that of the direct messages with them.
func (s *Server) postableChannel(id string) (*Channel, *apiError) {
	if s.user(id) != nil {
		return s.directWith(id)
	}
	ch, err := s.visibleChannel(id)
	switch {
	case err != nil:
		return nil, err
	case ch.Archived:
		return nil, newError("is_archived")
	case !ch.Has(Bot) && !slices.Contains(s.scopes, "chat:write.public"):
		return nil, newError("not_in_channel")
	}
	return ch, nil
}

// readNonEmpty reads the content of a message that must have some.
func (s *Server) readNonEmpty(c *call) (messageContent, *apiError) {
	content, err := s.readContent(c.method, c.params)
	if err == nil && content.empty() {
		err = newError("no_text")
	}
	return content, err
}

// chatPostMessage posts a message of the bot, at most one a second and channel.
func (s *Server) chatPostMessage(c *call) (object, *apiError) {
	ch, err := s.postableChannel(c.params["channel"])
	if err != nil {
		return nil, err
	}
	content, err := s.readNonEmpty(c)
	if err != nil {
		return nil, err
	}
	if wait := s.rates.checkPost(ch.ID); wait > 0 {
		return nil, rateLimited(wait)
	}
	m := s.botMessage(ch.ID, content)
	m.ThreadTS = c.params["thread_ts"]
	m.UnfurlLinks, m.UnfurlMedia = c.flag("unfurl_links", false), c.flag("unfurl_media", true)
	s.post(m)
	return object{"channel": ch.ID, "ts": m.TS, "message": m.object()}, nil
}

// chatPostEphemeral posts a message that only one member sees. The answer isn't a ts for chat.update: ephemeral messages can't
// be changed by it.
func (s *Server) chatPostEphemeral(c *call) (object, *apiError) {
	ch, err := s.postableChannel(c.params["channel"])
	if err != nil {
		return nil, err
	}
	user := c.params["user"]
	if !ch.Has(user) {
		return nil, newError("user_not_in_channel")
	}
	content, err := s.readNonEmpty(c)
	if err != nil {
		return nil, err
	}
	m := s.botMessage(ch.ID, content)
	m.OnlyFor, m.ThreadTS = user, c.params["thread_ts"]
	s.post(m)
	return object{"message_ts": m.TS}, nil
}

// ownMessage returns a message that the bot may change: its own, and not an ephemeral one. refused is the error for others.
func (s *Server) ownMessage(c *call, refused string) (*storedMessage, *apiError) {
	ch, err := s.visibleChannel(c.params["channel"])
	if err != nil {
		return nil, err
	}
	m := s.message(ch.ID, c.params["ts"])
	switch {
	case m == nil || m.OnlyFor != "":
		return nil, newError("message_not_found")
	case m.BotID != botID:
		return nil, newError(refused)
	}
	return m, nil
}

// chatUpdate changes a message of the bot. Blocks are kept if only the text is new.
func (s *Server) chatUpdate(c *call) (object, *apiError) {
	m, err := s.ownMessage(c, "cant_update_message")
	if err != nil {
		return nil, err
	}
	content, err := s.readContent(c.method, c.params)
	switch {
	case err != nil:
		return nil, err
	case utf8.RuneCountInString(content.text) > maxUpdateText:
		return nil, newError("msg_too_long")
	case !content.hasText && !content.hasBlocks:
		return nil, newError("no_text")
	}
	s.edit(m, content)
	return object{"channel": m.Channel, "ts": m.TS, "text": m.Text, "message": m.object()}, nil
}

// chatDelete deletes a message of the bot.
func (s *Server) chatDelete(c *call) (object, *apiError) {
	m, err := s.ownMessage(c, "cant_delete_message")
	if err != nil {
		return nil, err
	}
	s.deleteMessage(m)
	return object{"channel": m.Channel, "ts": m.TS}, nil
}

// chatGetPermalink returns the address of a message: its ts without the point.
func (s *Server) chatGetPermalink(c *call) (object, *apiError) {
	ch, err := s.visibleChannel(c.params["channel"])
	if err != nil {
		return nil, err
	}
	ts := c.params["message_ts"]
	if s.message(ch.ID, ts) == nil {
		return nil, newError("message_not_found")
	}
	return object{"channel": ch.ID, "permalink": c.base + "/archives/" + ch.ID + "/p" + strings.ReplaceAll(ts, ".", "")}, nil
}

// reactionsAdd adds an emoji, by name and without colons, to a message.
func (s *Server) reactionsAdd(c *call) (object, *apiError) {
	ch, err := s.visibleChannel(c.params["channel"])
	if err != nil {
		return nil, err
	}
	name := c.params["name"]
	reaction := name + " by " + Bot
	m := s.message(ch.ID, c.params["timestamp"])
	switch {
	case m == nil || m.OnlyFor != "":
		return nil, newError("message_not_found")
	case strings.ContainsAny(name, ": <>"):
		return nil, newError("invalid_name")
	case slices.Contains(m.Reactions, reaction):
		return nil, newError("already_reacted")
	}
	m.Reactions = append(m.Reactions, reaction)
	s.notify(Event{Kind: EventMessage, Channel: m.Channel, TS: m.TS})
	return object{}, nil
}
