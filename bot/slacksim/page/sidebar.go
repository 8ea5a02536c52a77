package page

import (
	"cmp"
	"strings"
	"unicode"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// sidebarData is the data of the template "sidebar".
type sidebarData struct {
	Channels, Directs []channelData
	Connections       int // of the bot
	Unread            int // messages in all conversations but the open one
}

// channelData is a link to a conversation.
type channelData struct {
	ID, Name, Label, Icon, About string
	URL                          string
	Here, IM                     bool
	Unread                       int
}

// personData is a link that switches to another person.
type personData struct {
	ID, Name, Title, Kind string
	Avatar                avatarData
	URL                   string
	Me                    bool
}

// avatarData replaces a picture: initials on one of a few colours.
type avatarData struct {
	Initials string
	Colour   int
	App      bool
}

const avatarColours = 8

// sidebar lists the conversations of the viewer.
func (h *handler) sidebar(v viewer) sidebarData {
	out := sidebarData{Connections: h.slack.Connections()}
	for _, c := range h.channels(v.person) {
		if c.IM {
			out.Directs = append(out.Directs, h.channelData(v, c))
		} else {
			out.Channels = append(out.Channels, h.channelData(v, c))
		}
	}
	for _, c := range append(out.Channels, out.Directs...) {
		if !c.Here {
			out.Unread += c.Unread
		}
	}
	return out
}

// channelData returns the link to a conversation. Direct messages have the name of the bot.
func (h *handler) channelData(v viewer, c slacksim.Channel) channelData {
	d := channelData{
		ID: c.ID, Name: c.Name, Label: "#" + c.Name, Icon: "hash", URL: "/?" + pageQuery(v.person.ID, c.ID), IM: c.IM,
		Here: c.ID == v.channel.ID, Unread: h.unread(v.person.ID, c.ID), About: "Everyone in the channel sees what is posted here.",
	}
	switch {
	case c.IM:
		d.Name = h.botName()
		d.Label, d.Icon, d.About = d.Name, "app", "Only you and the app see this conversation."
	case c.ExtShared:
		d.Icon, d.About = "shared", "Shared with another company."
	case c.Private:
		d.Icon, d.About = "lock", "A private channel."
	}
	return d
}

// botName returns the name of the bot.
func (h *handler) botName() string {
	for _, u := range h.slack.Users() {
		if u.Bot && u.ID == slacksim.Bot {
			return fullName(u)
		}
	}
	return "App"
}

// personData returns the link that switches to a person, in the same channel.
func (h *handler) personData(v viewer, u slacksim.User) personData {
	kind := ""
	switch {
	case u.Stranger:
		kind = "Other company"
	case u.Guest || u.SingleGuest:
		kind = "Guest"
	}
	channel := v.channel.ID
	if v.channel.IM {
		channel = h.slack.Direct(u.ID)
	}
	return personData{
		ID: u.ID, Name: fullName(u), Title: cmp.Or(h.options.Roles[u.ID], kind, u.Title), Kind: kind,
		Avatar: newAvatar(u.ID, fullName(u), false),
		URL:    "/?" + pageQuery(u.ID, channel), Me: u.ID == v.person.ID,
	}
}

// newAvatar returns the avatar of a user; the id decides about the colour.
func newAvatar(id, name string, app bool) avatarData {
	colour := 0
	for i, b := range []byte(id) {
		colour += (i*i + 1) * int(b)
	}
	return avatarData{Initials: initials(name), Colour: colour % avatarColours, App: app}
}

// initials returns the first letters of the first two words of a name.
func initials(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	var out []rune
	for _, w := range words[:min(len(words), 2)] {
		out = append(out, unicode.ToUpper([]rune(w)[0]))
	}
	if len(out) == 0 {
		return "?"
	}
	return string(out)
}

// markRead records that the viewer has seen all messages of the open channel.
func (h *handler) markRead(v viewer) {
	if messages := h.slack.MessagesFor(v.person.ID, v.channel.ID); len(messages) > 0 {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.read[readKey{v.person.ID, v.channel.ID}] = messages[len(messages)-1].TS
	}
}

// unread counts the messages from others that a person hasn't seen in a channel.
func (h *handler) unread(person, channel string) int {
	h.mu.Lock()
	seen := h.read[readKey{person, channel}]
	h.mu.Unlock()
	n := 0
	for _, m := range h.slack.MessagesFor(person, channel) {
		if m.TS > seen && m.User != person {
			n++
		}
	}
	return n
}
