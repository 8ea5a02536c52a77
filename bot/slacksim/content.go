package slacksim

import (
	"encoding/json"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// Slack cuts a text above 40,000 characters when it is posted, and rejects one above 4,000 when a message is changed.
const (
	maxText        = 40_000
	maxUpdateText  = 4_000
	maxAttachments = 100
	maxMetadata    = 8_000 // of a message
)

// messageContent is what a message contains.
type messageContent struct {
	text      string
	hasText   bool
	blocks    json.RawMessage
	hasBlocks bool
	metadata  json.RawMessage
}

// empty reports whether there is nothing to show.
func (c messageContent) empty() bool { return !c.hasText && len(c.blocks) == 0 }

// readContent reads and validates the content of a message. method is the source, for violations.
func (s *Server) readContent(method string, params map[string]string) (messageContent, *apiError) {
	text, markdown := params["text"], params["markdown_text"]
	if markdown != "" && (text != "" || params["blocks"] != "") {
		return messageContent{}, newError("markdown_text_conflict")
	}
	c := messageContent{text: text + markdown, hasText: text+markdown != ""}
	if err := checkAttachments(params["attachments"]); err != nil {
		return messageContent{}, err
	}
	if err := s.readBlocks(method, params["blocks"], &c); err != nil {
		return messageContent{}, err
	}
	return c, c.readMetadata(params["metadata"])
}

// readBlocks validates blocks. An empty list is valid: it removes the blocks of a message.
func (s *Server) readBlocks(method, raw string, c *messageContent) *apiError {
	if raw == "" {
		return nil
	}
	list, ok := blockkit.DecodeList([]byte(raw))
	if !ok {
		return newError("invalid_blocks_format")
	}
	c.hasBlocks = true
	if len(list) == 0 {
		return nil
	}
	blocks, problems := blockkit.CheckMessage([]byte(raw), s.newBlockID)
	if len(problems) == 1 && problems[0].Rule == blockkit.RuleTotalText {
		return invalidBlocks("msg_blocks_too_long", problems)
	}
	if len(problems) > 0 {
		return invalidBlocks("invalid_blocks", problems)
	}
	if !c.hasText {
		s.violation("%s: blocks without text, which notifications and screen readers need", method)
	}
	c.blocks = blocks
	return nil
}

// newBlockID returns a block_id or action_id for a block or element without one.
func (s *Server) newBlockID() string { return s.ids.next("b") }

// checkAttachments rejects legacy attachments: apps shouldn't use them, and the page doesn't show them.
func checkAttachments(raw string) *apiError {
	if raw == "" {
		return nil
	}
	list, ok := blockkit.DecodeList([]byte(raw))
	switch {
	case !ok:
		return newError("invalid_arguments", "[ERROR] attachments must be a list")
	case len(list) > maxAttachments:
		return newError("too_many_attachments")
	case len(list) > 0:
		return newError("invalid_arguments", "[ERROR] the local Slack doesn't support attachments: use blocks")
	}
	return nil
}

// readMetadata validates the metadata of a message: an event_type and an object.
func (c *messageContent) readMetadata(raw string) *apiError {
	if raw == "" {
		return nil
	}
	var fields struct {
		Type    string         `json:"event_type"`
		Payload map[string]any `json:"event_payload"`
	}
	if json.Unmarshal([]byte(raw), &fields) != nil || fields.Type == "" || fields.Payload == nil {
		return newError("invalid_metadata_format")
	}
	if len(raw) > maxMetadata {
		return newError("metadata_too_large")
	}
	c.metadata = json.RawMessage(raw)
	return nil
}

// botMessage returns a message of the bot that isn't posted yet.
func (s *Server) botMessage(channel string, c messageContent) *storedMessage {
	text := c.text
	if utf8.RuneCountInString(text) > maxText {
		s.violation("a text of more than %d characters was cut", maxText)
		text = string([]rune(text)[:maxText])
	}
	return &storedMessage{Message: Message{
		Channel: channel, User: Bot, BotID: botID, Text: text, Blocks: c.blocks, Metadata: c.metadata,
	}}
}

// reply is a message for a response_url, or in the acknowledgement of a command.
type reply struct {
	Text         string          `json:"text"`
	Blocks       json.RawMessage `json:"blocks"`
	ResponseType string          `json:"response_type"`
	Replace      bool            `json:"replace_original"`
	Delete       bool            `json:"delete_original"`
	Thread       string          `json:"thread_ts"`
	UnfurlLinks  bool            `json:"unfurl_links"`
	UnfurlMedia  *bool           `json:"unfurl_media"`
	content      messageContent
}

var replyKeys = []string{
	"text", "blocks", "response_type", "replace_original", "delete_original", "thread_ts", "unfurl_links", "unfurl_media",
	"mrkdwn", "link_names", "parse", "metadata", "attachments",
}

// readReply reads and validates a reply. source is where it came from, for violations.
func (s *Server) readReply(source string, raw []byte) (reply, *apiError) {
	var keys map[string]json.RawMessage
	var r reply
	if json.Unmarshal(raw, &keys) != nil || json.Unmarshal(raw, &r) != nil {
		return r, newError("invalid_payload")
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !slices.Contains(replyKeys, key) {
			s.violation("%s: a message has no field %q", source, key)
		}
	}
	if !slices.Contains([]string{"", "ephemeral", "in_channel"}, r.ResponseType) {
		return r, newError("invalid_arguments", "[ERROR] response_type: "+r.ResponseType)
	}
	params := map[string]string{"text": r.Text, "attachments": string(keys["attachments"])}
	if string(r.Blocks) != "null" {
		params["blocks"] = string(r.Blocks)
	}
	var err *apiError
	r.content, err = s.readContent(source, params)
	return r, err
}
