package page

import (
	"cmp"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// viewer is who looks at the page, and at which channel.
type viewer struct {
	person  slacksim.User
	channel slacksim.Channel
	zone    *time.Location
}

// viewer reads who looks from a request. Without a name in it they are [Mia] and [Marketing].
func (p *page) viewer(r *http.Request) (viewer, bool) {
	var v viewer
	var ok bool
	if v.person, ok = p.person(firstOf(r.FormValue("as"), slacksim.Mia)); !ok {
		return v, false
	}
	v.zone = time.UTC
	if z, err := time.LoadLocation(v.person.TZ); err == nil {
		v.zone = z
	}
	open := p.channels(v.person)
	if len(open) == 0 {
		return v, true
	}
	v.channel = open[0]
	for _, c := range open {
		if c.ID == firstOf(r.FormValue("channel"), slacksim.Marketing) {
			v.channel = c
		}
	}
	return v, true
}

// person finds someone to act as: no bot and nobody who left.
func (p *page) person(id string) (slacksim.User, bool) {
	people := p.people()
	i := slices.IndexFunc(people, func(u slacksim.User) bool { return u.ID == id })
	if i < 0 {
		return slacksim.User{}, false
	}
	return people[i], true
}

func (p *page) people() []slacksim.User {
	return slices.DeleteFunc(slices.Clone(p.slack.Users()), func(u slacksim.User) bool { return u.Bot || u.Deleted })
}

// channels lists the conversations a person is in, channels before direct messages.
func (p *page) channels(of slacksim.User) []slacksim.Channel {
	in := slices.DeleteFunc(slices.Clone(p.slack.Channels()), func(c slacksim.Channel) bool {
		if c.IM {
			return c.Person != of.ID
		}
		return c.Archived || !c.Has(of.ID)
	})
	slices.SortStableFunc(in, func(a, b slacksim.Channel) int {
		return cmp.Or(truth(a.IM)-truth(b.IM), cmp.Compare(a.Name, b.Name))
	})
	return in
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// scene is what the template "page" shows.
type scene struct {
	Workspace   string
	Me          drawnPerson
	People      []drawnPerson
	Sidebar     drawnSidebar
	Here        drawnChannel
	Messages    template.HTML
	Views       template.HTML
	Traffic     template.HTML
	Wrongs      []string
	Hints       []Hint
	Samples     []Sample
	Commands    []slacksim.SlashCommand
	Faults      []fault
	Toggles     []drawnToggle
	Live        string
	PeopleCount int
}

type drawnPerson struct {
	ID, Name, Title, Kind string
	Avatar                drawnAvatar
	URL                   string
	Me                    bool
}

type drawnChannel struct {
	ID, Name, Label, Icon, About string
	URL                          string
	Here, IM                     bool
	Unread                       int
}

// drawnSidebar is the part of the sidebar that changes by itself.
type drawnSidebar struct {
	Channels, Directs []drawnChannel
	Connections       int
}

type drawnToggle struct {
	Index      int
	Name, Help string
	On         bool
}

// drawnAvatar stands for a picture: initials on one of a few colours.
type drawnAvatar struct {
	Initials string
	Colour   int
	App      bool
}

const avatarColours = 8

// avatar makes the avatar of someone named name.
func avatar(id, name string, app bool) drawnAvatar {
	colour := 0
	for i, b := range []byte(id) {
		colour += (i*i + 1) * int(b)
	}
	return drawnAvatar{Initials: initials(name), Colour: colour % avatarColours, App: app}
}

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

// scene gathers the whole page for a viewer.
func (p *page) scene(v viewer) scene {
	p.markRead(v)
	traffic, _ := p.trafficHTML(v, 0)
	s := scene{
		Workspace: p.opts.Name, Me: p.drawPerson(v, v.person), Sidebar: p.sidebar(v), Here: p.drawChannel(v, v.channel),
		Messages: template.HTML(p.messagesHTML(v, nil)), // Made by the templates.
		Views:    template.HTML(p.viewsHTML(v, nil)),    // Made by the templates.
		Traffic:  template.HTML(traffic),                // Made by the templates.
		Wrongs:   p.violations(),
		Hints:    p.opts.Hints, Samples: p.opts.Samples, Commands: p.slack.Commands(), Faults: faults(), Toggles: p.toggles(),
		Live: "/live?" + query(v.person.ID, v.channel.ID), PeopleCount: len(v.channel.Members),
	}
	for _, u := range p.people() {
		s.People = append(s.People, p.drawPerson(v, u))
	}
	return s
}

func query(person, channel string) string {
	return url.Values{"as": {person}, "channel": {channel}}.Encode()
}

func (p *page) drawPerson(v viewer, u slacksim.User) drawnPerson {
	kind := ""
	switch {
	case u.Stranger:
		kind = "Other company"
	case u.Guest || u.SingleGuest:
		kind = "Guest"
	}
	channel := v.channel.ID
	if v.channel.IM {
		channel = p.slack.Direct(u.ID)
	}
	return drawnPerson{
		ID: u.ID, Name: fullName(u), Title: firstOf(kind, u.Title), Kind: kind, Avatar: avatar(u.ID, fullName(u), false),
		URL: "/?" + query(u.ID, channel), Me: u.ID == v.person.ID,
	}
}

func fullName(u slacksim.User) string { return firstOf(u.RealName, u.Name, u.ID) }

// sidebar draws the conversations and whether a bot is there.
func (p *page) sidebar(v viewer) drawnSidebar {
	out := drawnSidebar{Connections: p.slack.Connections()}
	for _, c := range p.channels(v.person) {
		if c.IM {
			out.Directs = append(out.Directs, p.drawChannel(v, c))
		} else {
			out.Channels = append(out.Channels, p.drawChannel(v, c))
		}
	}
	return out
}

func (p *page) drawChannel(v viewer, c slacksim.Channel) drawnChannel {
	d := drawnChannel{
		ID: c.ID, Name: c.Name, Label: "#" + c.Name, Icon: "hash", URL: "/?" + query(v.person.ID, c.ID), IM: c.IM,
		Here: c.ID == v.channel.ID, Unread: p.unread(v.person.ID, c.ID), About: "Everyone in the channel sees what is posted here.",
	}
	switch {
	case c.IM:
		d.Name = p.botName()
		d.Label, d.Icon, d.About = d.Name, "app", "Only you and the app see this conversation."
	case c.ExtShared:
		d.Icon, d.About = "shared", "Shared with another company."
	case c.Private:
		d.Icon, d.About = "lock", "A private channel."
	}
	return d
}

func (p *page) botName() string {
	for _, u := range p.slack.Users() {
		if u.Bot && u.ID == slacksim.Bot {
			return fullName(u)
		}
	}
	return "App"
}

// markRead notes that a person has seen all that stands in the channel looked at.
func (p *page) markRead(v viewer) {
	if list := p.slack.MessagesFor(v.person.ID, v.channel.ID); len(list) > 0 {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.read[[2]string{v.person.ID, v.channel.ID}] = list[len(list)-1].TS
	}
}

// unread counts what others wrote in a channel since the person last looked.
func (p *page) unread(person, channel string) int {
	p.mu.Lock()
	seen := p.read[[2]string{person, channel}]
	p.mu.Unlock()
	n := 0
	for _, m := range p.slack.MessagesFor(person, channel) {
		if m.TS > seen && m.User != person {
			n++
		}
	}
	return n
}

// painter makes the painter of what stands at place, as the viewer sees it.
func (p *page) painter(v viewer, place slacksim.Place) *painter {
	names := map[string]string{}
	pt := &painter{zone: v.zone, now: time.Now(), place: place}
	for _, u := range p.slack.Users() {
		names[u.ID] = fullName(u)
		if !u.Bot && !u.Deleted {
			pt.people = append(pt.people, drawnOption{Text: fullName(u), Value: u.ID})
		}
	}
	for _, c := range p.slack.Channels() {
		names[c.ID] = c.Name
		if c.Has(v.person.ID) && !c.IM {
			pt.channels = append(pt.channels, drawnOption{Text: "#" + c.Name, Value: c.ID})
		}
	}
	for _, g := range p.slack.Groups() {
		names[g.ID] = g.Handle
	}
	pt.name = func(id string) string { return names[id] }
	return pt
}
