package slacksim

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// Slack: text is cut above 40,000 characters when posted, refused above 4,000 when a message is changed.
const (
	maxText        = 40_000
	maxUpdateText  = 4_000
	maxAttachments = 100
	maxMessageMeta = 8_000
)

// content is what a message says.
type content struct {
	text      string
	hasText   bool
	blocks    json.RawMessage
	hasBlocks bool
	metadata  json.RawMessage
}

// readContent reads and checks what a message is to say.
func (s *Server) readContent(c *call) (content, *refusal) {
	text, markdown := c.params["text"], c.params["markdown_text"]
	if markdown != "" && (text != "" || c.params["blocks"] != "") {
		return content{}, refuse("markdown_text_conflict")
	}
	out := content{text: text + markdown, hasText: text+markdown != ""}
	if no := readAttachments(c.params["attachments"]); no != nil {
		return content{}, no
	}
	if no := s.readBlocks(c, &out); no != nil {
		return content{}, no
	}
	return out, readMetadata(c.params["metadata"], &out)
}

func (s *Server) readBlocks(c *call, out *content) *refusal {
	raw := c.params["blocks"]
	if raw == "" {
		return nil
	}
	list, ok := blockkit.DecodeList([]byte(raw))
	if !ok {
		return refuse("invalid_blocks_format")
	}
	out.hasBlocks = true
	if len(list) == 0 {
		return nil
	}
	blocks, problems := blockkit.CheckMessage([]byte(raw), s.blockID)
	if len(problems) == 1 && problems[0].Rule == blockkit.RuleTotalText {
		return refuseProblems("msg_blocks_too_long", problems)
	}
	if len(problems) > 0 {
		return refuseProblems("invalid_blocks", problems)
	}
	if !out.hasText {
		s.violate("%s: blocks without text, which notifications and screen readers need", c.method)
	}
	out.blocks = blocks
	return nil
}

// blockID makes up a block_id, as Slack does for a block without one.
func (s *Server) blockID() string { return s.id("b") }

func readAttachments(raw string) *refusal {
	if raw == "" {
		return nil
	}
	list, ok := blockkit.DecodeList([]byte(raw))
	switch {
	case !ok:
		return refuse("invalid_arguments", "[ERROR] attachments must be a list")
	case len(list) > maxAttachments:
		return refuse("too_many_attachments")
	case len(list) > 0:
		return refuse("invalid_arguments", "[ERROR] the local Slack shows no attachments, use blocks")
	}
	return nil
}

func readMetadata(raw string, out *content) *refusal {
	if raw == "" {
		return nil
	}
	var fields struct {
		Type    string         `json:"event_type"`
		Payload map[string]any `json:"event_payload"`
	}
	if json.Unmarshal([]byte(raw), &fields) != nil || fields.Type == "" || fields.Payload == nil {
		return refuse("invalid_metadata_format")
	}
	if len(raw) > maxMessageMeta {
		return refuse("metadata_too_large")
	}
	out.metadata = json.RawMessage(raw)
	return nil
}

// writable returns the channel if the bot may post there. A person's id stands for the direct messages with them.
func (s *Server) writable(id string) (*Channel, *refusal) {
	if s.user(id) != nil {
		return s.direct(id)
	}
	ch, no := s.visible(id)
	switch {
	case no != nil:
		return nil, no
	case ch.Archived:
		return nil, refuse("is_archived")
	case !ch.Has(Bot) && !slices.Contains(s.scopes, "chat:write.public"):
		return nil, refuse("not_in_channel")
	}
	return ch, nil
}

func (s *Server) postMessage(c *call) (answer, *refusal) {
	ch, no := s.writable(c.params["channel"])
	if no != nil {
		return nil, no
	}
	what, no := s.readContent(c)
	if no != nil {
		return nil, no
	}
	if !what.hasText && len(what.blocks) == 0 {
		return nil, refuse("no_text")
	}
	if wait := s.faults.paceChannel(time.Now(), ch.ID); wait > 0 {
		return nil, &refusal{Code: "ratelimited", Retry: wait}
	}
	m := s.fromBot(ch.ID, what)
	m.ThreadTS = c.params["thread_ts"]
	m.UnfurlLinks, m.UnfurlMedia = c.flag("unfurl_links", false), c.flag("unfurl_media", true)
	s.post(m)
	return answer{"channel": ch.ID, "ts": m.TS, "message": s.messageObject(m)}, nil
}

// fromBot returns a message of the bot, not yet posted.
func (s *Server) fromBot(channel string, what content) *message {
	text := what.text
	if utf8.RuneCountInString(text) > maxText {
		s.violate("a text of more than %d characters was cut", maxText)
		text = string([]rune(text)[:maxText])
	}
	return &message{Message: Message{
		Channel: channel, User: Bot, BotID: botID, Text: text, Blocks: what.blocks, Metadata: what.metadata,
	}}
}

// post puts a message into its channel.
func (s *Server) post(m *message) {
	m.TS, m.At = s.ts()
	s.messages[m.Channel] = keep(s.messages[m.Channel], maxMessages, m)
	s.say("%s", s.line(m, ""))
	s.change(Event{Kind: EventMessage, Channel: m.Channel, TS: m.TS, User: m.User, OnlyFor: m.OnlyFor})
}

// line is a message in the transcript.
func (s *Server) line(m *message, what string) string {
	who := "only " + s.name(m.OnlyFor)
	if m.OnlyFor == "" {
		who = "#" + s.channelName(m.Channel)
	}
	if m.BotID == "" && m.User != slackbot {
		return s.name(m.User) + "> " + m.Plain()
	}
	return who + what + ": " + m.Plain()
}

func (s *Server) name(user string) string {
	if u := s.user(user); u != nil {
		return u.Name
	}
	return user
}

func (s *Server) channelName(id string) string {
	ch := s.channel(id)
	switch {
	case ch == nil:
		return id
	case ch.IM:
		return "dm-" + s.name(ch.Person)
	}
	return ch.Name
}

// messageObject is a message as Slack describes one.
func (s *Server) messageObject(m *message) answer {
	o := answer{"type": "message", "user": m.User, "text": m.Text, "ts": m.TS, "team": Team}
	if m.BotID != "" {
		o["bot_id"], o["app_id"] = m.BotID, App
	}
	if len(m.Blocks) > 0 {
		o["blocks"] = m.Blocks
	}
	if m.ThreadTS != "" {
		o["thread_ts"] = m.ThreadTS
	}
	if len(m.Metadata) > 0 {
		o["metadata"] = m.Metadata
	}
	if m.Edits > 0 {
		o["edited"] = answer{"user": m.User, "ts": m.TS}
	}
	return o
}

func (s *Server) message(channel, ts string) *message {
	for _, m := range slices.Backward(s.messages[channel]) {
		if m.TS == ts {
			return m
		}
	}
	return nil
}

func (s *Server) postEphemeral(c *call) (answer, *refusal) {
	ch, no := s.writable(c.params["channel"])
	if no != nil {
		return nil, no
	}
	user := c.params["user"]
	if !ch.Has(user) {
		return nil, refuse("user_not_in_channel")
	}
	what, no := s.readContent(c)
	if no != nil {
		return nil, no
	}
	if !what.hasText && len(what.blocks) == 0 {
		return nil, refuse("no_text")
	}
	m := s.fromBot(ch.ID, what)
	m.OnlyFor, m.ThreadTS = user, c.params["thread_ts"]
	s.post(m)
	return answer{"message_ts": m.TS}, nil
}

// own returns a message of the bot that it may change: not an ephemeral one.
func (s *Server) own(c *call, refused string) (*message, *refusal) {
	ch, no := s.visible(c.params["channel"])
	if no != nil {
		return nil, no
	}
	m := s.message(ch.ID, c.params["ts"])
	switch {
	case m == nil || m.OnlyFor != "":
		return nil, refuse("message_not_found")
	case m.BotID != botID:
		return nil, refuse(refused)
	}
	return m, nil
}

func (s *Server) updateMessage(c *call) (answer, *refusal) {
	m, no := s.own(c, "cant_update_message")
	if no != nil {
		return nil, no
	}
	what, no := s.readContent(c)
	switch {
	case no != nil:
		return nil, no
	case utf8.RuneCountInString(what.text) > maxUpdateText:
		return nil, refuse("msg_too_long")
	case !what.hasText && !what.hasBlocks:
		return nil, refuse("no_text")
	}
	s.edit(m, what)
	return answer{"channel": m.Channel, "ts": m.TS, "text": m.Text, "message": s.messageObject(m)}, nil
}

// edit changes a message. What is not given is kept: blocks and metadata too, as Slack documents it.
func (s *Server) edit(m *message, what content) {
	if what.hasText {
		m.Text = what.text
	}
	if what.hasBlocks {
		m.Blocks = what.blocks
	}
	if what.metadata != nil {
		m.Metadata = what.metadata
	}
	m.Edits++
	s.say("%s", s.line(m, " (edited)"))
	s.change(Event{Kind: EventMessage, Channel: m.Channel, TS: m.TS, User: m.User, OnlyFor: m.OnlyFor})
}

func (s *Server) deleteMessage(c *call) (answer, *refusal) {
	m, no := s.own(c, "cant_delete_message")
	if no != nil {
		return nil, no
	}
	s.drop(m)
	return answer{"channel": m.Channel, "ts": m.TS}, nil
}

// drop takes a message away.
func (s *Server) drop(m *message) {
	s.messages[m.Channel] = slices.DeleteFunc(slices.Clone(s.messages[m.Channel]), func(x *message) bool { return x == m })
	s.say("%s", s.line(m, " (deleted)"))
	s.change(Event{Kind: EventMessage, Channel: m.Channel, TS: m.TS, User: m.User, OnlyFor: m.OnlyFor})
}

func (s *Server) permalink(c *call) (answer, *refusal) {
	ch, no := s.visible(c.params["channel"])
	if no != nil {
		return nil, no
	}
	ts := c.params["message_ts"]
	if s.message(ch.ID, ts) == nil {
		return nil, refuse("message_not_found")
	}
	return answer{"channel": ch.ID, "permalink": c.base + "/archives/" + ch.ID + "/p" + strings.ReplaceAll(ts, ".", "")}, nil
}

func (s *Server) react(c *call) (answer, *refusal) {
	ch, no := s.visible(c.params["channel"])
	if no != nil {
		return nil, no
	}
	name := c.params["name"]
	m := s.message(ch.ID, c.params["timestamp"])
	switch {
	case m == nil || m.OnlyFor != "":
		return nil, refuse("message_not_found")
	case strings.ContainsAny(name, ": <>"):
		return nil, refuse("invalid_name")
	case slices.Contains(m.Reactions, name+" by "+Bot):
		return nil, refuse("already_reacted")
	}
	m.Reactions = append(m.Reactions, name+" by "+Bot)
	s.change(Event{Kind: EventMessage, Channel: m.Channel, TS: m.TS})
	return answer{}, nil
}
