package page

import (
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// maxMessages is how many messages of a channel the page shows: the newest.
const maxMessages = 200

// groupWithin is how soon after a message of the same author the next one is shown without a head of its own.
const groupWithin = 5 * time.Minute

// messageData is the data of the template "message".
type messageData struct {
	ID, Channel, TS string
	Author          string
	Avatar          avatarData
	App             bool
	Time            string // of day
	FullTime        string
	RFC3339         string
	Day             string // set on the first message of a day
	Grouped         bool   // follows one of the same author
	Private         bool   // only the viewer sees it
	Edited          bool
	Typed           bool
	Reply           bool
	Text            template.HTML
	Blocks          []blockData
	Files           []fileData
	Reactions       []string
	Plain           string // for screen readers
	Version         string
}

// messagesHTML renders the open channel. Messages whose version the page has are only stubs; known is updated. A nil known
// renders everything.
func (h *handler) messagesHTML(v viewer, known versions) string {
	messages := slices.DeleteFunc(h.slack.MessagesFor(v.person.ID, v.channel.ID), func(m slacksim.Message) bool {
		return m.OnlyFor != "" && h.isDismissed(v, m)
	})
	messages = threaded(messages[max(0, len(messages)-maxMessages):])
	var b strings.Builder
	var before *slacksim.Message
	for i := range messages {
		d := h.messageData(v, messages[i], before)
		d.Version = hash(h.render("message", d))
		b.WriteString(h.renderUnlessKnown("message", known, d.ID, d.Version, d))
		if !d.Reply {
			before = &messages[i]
		}
	}
	return b.String()
}

// isReply reports whether a message is in a thread and didn't start it.
func isReply(m slacksim.Message) bool { return m.ThreadTS != "" && m.ThreadTS != m.TS }

// threaded puts the replies of each thread below the message that started it.
func threaded(messages []slacksim.Message) []slacksim.Message {
	starts, replies := map[string]bool{}, map[string][]slacksim.Message{}
	for _, m := range messages {
		starts[m.TS] = true
	}
	for _, m := range messages {
		if isReply(m) && starts[m.ThreadTS] {
			replies[m.ThreadTS] = append(replies[m.ThreadTS], m)
		}
	}
	ordered := make([]slacksim.Message, 0, len(messages))
	for _, m := range messages {
		if !isReply(m) || !starts[m.ThreadTS] {
			ordered = append(append(ordered, m), replies[m.TS]...)
		}
	}
	return ordered
}

// isDismissed reports whether the viewer has hidden a message.
func (h *handler) isDismissed(v viewer, m slacksim.Message) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dismissed[messageKey{v.person.ID, m.Channel, m.TS}]
}

// messageData renders one message, given the one before it.
func (h *handler) messageData(v viewer, m slacksim.Message, before *slacksim.Message) messageData {
	r := h.renderer(v, m.Place())
	at := m.At.In(v.zone)
	d := messageData{
		ID: domID("m", m.Place()), Channel: m.Channel, TS: m.TS, App: m.BotID != "", Private: m.OnlyFor != "",
		Edited: m.Edits > 0, Typed: m.Typed, Reply: isReply(m),
		Time: at.Format("3:04 PM"), FullTime: at.Format("Monday, January 2, 2006 at 3:04:05 PM"), RFC3339: at.Format(time.RFC3339),
		Plain: cut(m.Plain()), Blocks: r.blocks(m.Blocks), Files: h.fileList(v, m.Files),
	}
	author, fromSlack := h.author(m)
	d.Author, d.Avatar = author, newAvatar(m.User, author, d.App || fromSlack)
	if len(d.Blocks) == 0 {
		d.Text = r.mrkdwn(m.Text)
	}
	for _, reaction := range m.Reactions {
		name, _, _ := strings.Cut(reaction, " ")
		d.Reactions = append(d.Reactions, withEmoji(":"+name+":"))
	}
	d.placeAfter(before, m, at, r)
	return d
}

// placeAfter decides whether a message begins a day or continues the message before it. A reply does neither.
func (d *messageData) placeAfter(before *slacksim.Message, m slacksim.Message, at time.Time, r *renderer) {
	if d.Reply {
		return
	}
	if before == nil || before.At.In(at.Location()).Format(time.DateOnly) != at.Format(time.DateOnly) {
		name := r.relativeDay(at, at.Format("Monday, January 2"))
		d.Day = strings.ToUpper(name[:1]) + name[1:]
		return
	}
	alike := before.User == m.User && before.BotID == m.BotID && before.OnlyFor == m.OnlyFor && before.Typed == m.Typed
	d.Grouped = alike && len(before.Blocks) == 0 && len(m.Blocks) == 0 && m.At.Sub(before.At) < groupWithin
}

// author returns the name of the author of a message, and whether that's Slack itself.
func (h *handler) author(m slacksim.Message) (name string, fromSlack bool) {
	for _, u := range h.slack.Users() {
		if u.ID == m.User {
			return fullName(u), false
		}
	}
	return "Workspace", true
}
