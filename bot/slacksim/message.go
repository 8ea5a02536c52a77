package slacksim

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// Message is a message in a channel.
type Message struct {
	Channel, TS, ThreadTS string
	User                  string // author: a user id, or Slackbot's for messages of Slack itself
	BotID                 string // set if a bot wrote it
	Text                  string // as sent: mrkdwn with Slack's escapes
	Blocks                json.RawMessage
	OnlyFor               string // the only user who sees an ephemeral message, "" for others
	Typed                 bool   // a slash command that the channel shows as typed
	Edits                 int    // how often it was changed
	UnfurlLinks           bool   // whether Slack may add previews
	UnfurlMedia           bool
	Metadata              json.RawMessage
	Files                 []File
	Reactions             []string // "name by user id"
	At                    time.Time
}

// Place returns the message as the place of its elements, for [Server.Click] and similar methods.
func (m Message) Place() Place { return Place{Channel: m.Channel, TS: m.TS} }

// Plain returns what a person reads: the text of the blocks, or the message's text if it has no blocks.
func (m Message) Plain() string {
	if len(m.Blocks) > 0 {
		return blockkit.PlainText(m.Blocks)
	}
	return blockkit.MrkdwnText(m.Text)
}

// Place is where an element is: in a message (Channel and TS) or in a view (View).
type Place struct{ Channel, TS, View string }

// storedMessage is a message with what only the server knows about it.
type storedMessage struct {
	Message
	state map[string]State // by user
}

// copy returns the message for a caller outside, who may keep it.
func (m *storedMessage) copy() Message {
	c := m.Message
	c.Files, c.Reactions = slices.Clone(m.Files), slices.Clone(m.Reactions)
	return c
}

// stateOf returns the state of the message's elements as a user left it.
func (m *storedMessage) stateOf(user string) State { return newState(m.Blocks, m.state[user]) }

// setValue changes the value of an element for one user: what others chose in the message isn't affected.
func (m *storedMessage) setValue(user string, e blockkit.Element, v Value) {
	if m.state == nil {
		m.state = map[string]State{}
	}
	s := m.stateOf(user)
	s.set(e, v)
	m.state[user] = s
}

// object returns the message as Slack sends it.
func (m *storedMessage) object() object {
	o := object{"type": "message", "user": m.User, "text": m.Text, "ts": m.TS, "team": Team}
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
		o["edited"] = object{"user": m.User, "ts": m.TS}
	}
	return o
}
