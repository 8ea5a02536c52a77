package slacksim

import "slices"

// maxMessages is how many messages of a channel are kept.
const maxMessages = 10_000

// post adds a message to its channel.
func (s *Server) post(m *storedMessage) {
	m.TS, m.At = s.ids.timestamp()
	s.messages[m.Channel] = appendBounded(s.messages[m.Channel], maxMessages, m)
	s.transcribe("%s", s.transcriptLine(m, ""))
	s.notifyMessage(m)
}

// edit changes a message. What the new content lacks is kept, also blocks and metadata: so Slack documents it.
func (s *Server) edit(m *storedMessage, c messageContent) {
	if c.hasText {
		m.Text = c.text
	}
	if c.hasBlocks {
		m.Blocks = c.blocks
	}
	if c.metadata != nil {
		m.Metadata = c.metadata
	}
	m.Edits++
	s.transcribe("%s", s.transcriptLine(m, " (edited)"))
	s.notifyMessage(m)
}

// deleteMessage removes a message from its channel.
func (s *Server) deleteMessage(m *storedMessage) {
	s.messages[m.Channel] = slices.DeleteFunc(slices.Clone(s.messages[m.Channel]), func(x *storedMessage) bool { return x == m })
	s.transcribe("%s", s.transcriptLine(m, " (deleted)"))
	s.notifyMessage(m)
}

// notifyMessage notifies of a new, changed or deleted message.
func (s *Server) notifyMessage(m *storedMessage) {
	s.notify(Event{Kind: EventMessage, Channel: m.Channel, TS: m.TS, User: m.User, OnlyFor: m.OnlyFor})
}

// postNotice shows a message of Slack itself to one person.
func (s *Server) postNotice(channel, user, text string) {
	s.post(&storedMessage{Message: Message{Channel: channel, User: slackbot, Text: text, OnlyFor: user}})
}

// postReply posts a reply as the bot, which need not be a member of the channel. Only the user sees it, unless in_channel is set.
func (s *Server) postReply(channel, user string, r reply) *storedMessage {
	m := s.botMessage(channel, r.content)
	m.ThreadTS, m.UnfurlLinks, m.UnfurlMedia = r.Thread, r.UnfurlLinks, r.UnfurlMedia == nil || *r.UnfurlMedia
	if r.ResponseType != "in_channel" {
		m.OnlyFor = user
	}
	s.post(m)
	return m
}

// transcriptLine returns a message as a line of the transcript. change follows the reader, such as " (edited)".
func (s *Server) transcriptLine(m *storedMessage, change string) string {
	if m.BotID == "" && m.User != slackbot {
		return s.userName(m.User) + "> " + m.Plain()
	}
	reader := "only " + s.userName(m.OnlyFor)
	if m.OnlyFor == "" {
		reader = "#" + s.channelName(m.Channel)
	}
	return reader + change + ": " + m.Plain()
}

// channelName returns the name of a channel for the transcript.
func (s *Server) channelName(id string) string {
	c := s.channel(id)
	switch {
	case c == nil:
		return id
	case c.IM:
		return "dm-" + s.userName(c.Person)
	}
	return c.Name
}
