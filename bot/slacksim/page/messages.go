package page

import (
	"html/template"
	"strings"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// maxShown is how many messages of a channel the page shows, the newest.
const maxShown = 200

// drawnMessage is what the template "message" shows.
type drawnMessage struct {
	ID, Channel, TS string
	Author          string
	Avatar          drawnAvatar
	App             bool
	OwnWord         bool   // of the workspace itself
	Time            string // of day
	Moment          string // in full
	Machine         string // RFC 3339
	Day             string // set on the first message of a day
	Joined          bool   // follows one of the same author closely
	Private         bool   // only the reader sees it
	Edited          bool
	Typed           bool
	Reply           bool
	Text            template.HTML
	Blocks          []drawnBlock
	Files           []drawnFile
	Reactions       []string
	Plain           string // for the announcement
	Version         string
}

// messagesHTML draws the channel looked at. With known it sends stubs for the messages whose version it holds, and
// notes the versions of the others: what a connection has had needs not be sent again.
func (p *page) messagesHTML(v viewer, known map[string]string) string {
	list := p.slack.MessagesFor(v.person.ID, v.channel.ID)
	var b strings.Builder
	var before *slacksim.Message
	for i := max(0, len(list)-maxShown); i < len(list); i++ {
		d := p.drawMessage(v, list[i], before)
		d.Version = fingerprint(p.render("message", d))
		if known != nil && known[d.ID] == d.Version {
			b.WriteString(p.render("message-stub", d))
		} else {
			b.WriteString(p.render("message", d))
		}
		if known != nil {
			known[d.ID] = d.Version
		}
		before = &list[i]
	}
	return b.String()
}

// joinWithin is how soon after another a message of the same author loses its own head line.
const joinWithin = 5 * time.Minute

func (p *page) drawMessage(v viewer, m slacksim.Message, before *slacksim.Message) drawnMessage {
	pt := p.painter(v, m.Place())
	at := m.At.In(v.zone)
	d := drawnMessage{
		ID: domID("m", m.Place()), Channel: m.Channel, TS: m.TS, App: m.BotID != "", Private: m.OnlyFor != "",
		Edited: m.Edits > 0, Typed: m.Typed, Reply: m.ThreadTS != "" && m.ThreadTS != m.TS,
		Time: at.Format("3:04 PM"), Moment: at.Format("Monday, January 2, 2006 at 3:04:05 PM"), Machine: at.Format(time.RFC3339),
		Plain: clipped(m.Plain()), Blocks: pt.drawBlocks(m.Blocks),
		Files: p.drawFiles(v, m.Files),
	}
	d.Author, d.OwnWord = p.author(m)
	d.Avatar = avatar(m.User, d.Author, d.App || d.OwnWord)
	if len(d.Blocks) == 0 {
		d.Text = pt.mrkdwn(m.Text)
	}
	for _, r := range m.Reactions {
		name, _, _ := strings.Cut(r, " ")
		d.Reactions = append(d.Reactions, emojied(":"+name+":"))
	}
	d.place(pt, m, before, at)
	return d
}

// place decides how a message stands to the one before it.
func (d *drawnMessage) place(pt *painter, m slacksim.Message, before *slacksim.Message, at time.Time) {
	if before == nil || before.At.In(at.Location()).Format(time.DateOnly) != at.Format(time.DateOnly) {
		day := pt.near(at, at.Format("Monday, January 2"))
		d.Day = strings.ToUpper(day[:1]) + day[1:]
		return
	}
	alike := before.User == m.User && before.BotID == m.BotID && before.OnlyFor == m.OnlyFor && before.Typed == m.Typed
	d.Joined = alike && len(before.Blocks) == 0 && len(m.Blocks) == 0 && m.At.Sub(before.At) < joinWithin
}

// author names who wrote a message; what nobody wrote is the workspace's own word.
func (p *page) author(m slacksim.Message) (name string, ownWord bool) {
	for _, u := range p.slack.Users() {
		if u.ID == m.User {
			return fullName(u), false
		}
	}
	return "Workspace", true
}
