package slacksim

import (
	crand "crypto/rand"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Ids of the ready workspace.
const (
	Team = "T0COUPONS"
	App  = "A0COUPONBOT"

	Mia      = "U0MIA"      // a marketer
	Noah     = "U0NOAH"     // a colleague, full member
	Gus      = "U0GUS"      // a guest
	Stranger = "U0STRANGER" // of another company, met in Partners
	Bot      = "U0COUPONBOT"

	Marketing = "C0MARKETING" // the bot is a member
	General   = "C0GENERAL"   // the bot is not a member
	Partners  = "C0PARTNERS"  // shared with another company; the bot is a member
	Private   = "G0LAUNCH"    // a private channel; the bot is a member

	Senders = "S0SENDERS" // a user group: Mia and Noah
)

const (
	botID       = "B0COUPONBOT"
	slackbot    = "USLACKBOT"
	teamDomain  = "coupons-local"
	teamName    = "Coupons (local)"
	strangeTeam = "T0PARTNER"
)

// DefaultScopes are those of the bot token: what a bot with commands, messages, forms, files and look-ups of people asks
// for, without chat:write.public.
var DefaultScopes = []string{
	"app_mentions:read", "channels:read", "chat:write", "commands", "files:read", "files:write", "groups:read",
	"im:history", "im:write", "usergroups:read", "users:read", "users:read.email",
}

func botUser() User {
	return User{ID: Bot, TeamID: Team, Name: "couponbot", RealName: "Couponbot", Bot: true, TZ: "Etc/UTC", TZLabel: "UTC"}
}

func defaultUsers() []User {
	brussels := User{TeamID: Team, TZ: "Europe/Brussels", TZLabel: "Central European Time", TZOffset: 3600}
	person := func(id, name, full, title string) User {
		u := brussels
		u.ID, u.Name, u.RealName, u.Title, u.Email = id, name, full, title, name+"@example.com"
		return u
	}
	mia := person(Mia, "mia", "Mia Claes", "Marketer")
	mia.Phone = "+32 470 98 76 54"
	noah := person(Noah, "noah", "Noah Peeters", "Colleague")
	gus := person(Gus, "gus", "Gus Guest", "Guest")
	gus.Guest = true
	stranger := person(Stranger, "sasha", "Sasha Stranger", "Partner company")
	stranger.TeamID, stranger.Stranger = strangeTeam, true
	return []User{mia, noah, gus, stranger}
}

func defaultChannels() []Channel {
	return []Channel{
		{ID: Marketing, Name: "marketing", Members: []string{Bot, Mia, Noah, Gus}},
		{ID: General, Name: "general", Members: []string{Mia, Noah}},
		{ID: Partners, Name: "partners", ExtShared: true, Members: []string{Bot, Mia, Noah, Stranger}},
		{ID: Private, Name: "launch", Private: true, Members: []string{Bot, Mia}},
	}
}

func defaultGroups() []Group {
	return []Group{{ID: Senders, Handle: "senders", Name: "Senders", Users: []string{Mia, Noah}}}
}

func channelPointers(channels []Channel) []*Channel {
	out := make([]*Channel, len(channels))
	for i := range channels {
		out[i] = &channels[i]
	}
	return out
}

// Users returns everyone in the workspace, the bot too.
func (s *Server) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.users)
}

// Channels returns every channel, direct messages too.
func (s *Server) Channels() []Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Channel, len(s.channels))
	for i, c := range s.channels {
		out[i] = *c
		out[i].Members = slices.Clone(c.Members)
	}
	return out
}

// Groups returns the user groups.
func (s *Server) Groups() []Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.groups)
}

// Commands returns the slash commands people can type.
func (s *Server) Commands() []SlashCommand {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands)
}

// Direct returns the channel of the person's direct messages with the bot, "" if there is none.
func (s *Server) Direct(user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.channels {
		if c.IM && c.Person == user {
			return c.ID
		}
	}
	return ""
}

// Invite makes a user, the bot for instance, a member of a channel.
func (s *Server) Invite(channel, user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.channel(channel); c != nil && !c.Has(user) {
		c.Members = append(c.Members, user)
		s.change(Event{Kind: EventEverything})
	}
}

// Remove takes a user, the bot for instance, out of a channel.
func (s *Server) Remove(channel, user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.channel(channel); c != nil {
		c.Members = slices.DeleteFunc(slices.Clone(c.Members), func(m string) bool { return m == user })
		s.change(Event{Kind: EventEverything})
	}
}

func (s *Server) user(id string) *User {
	for i := range s.users {
		if s.users[i].ID == id {
			return &s.users[i]
		}
	}
	return nil
}

func (s *Server) channel(id string) *Channel {
	for _, c := range s.channels {
		if c.ID == id {
			return c
		}
	}
	return nil
}

func (s *Server) group(id string) *Group {
	for i := range s.groups {
		if s.groups[i].ID == id {
			return &s.groups[i]
		}
	}
	return nil
}

// openDirect returns the person's direct messages with the bot, made if need be.
func (s *Server) openDirect(user string) *Channel {
	for _, c := range s.channels {
		if c.IM && c.Person == user {
			return c
		}
	}
	c := &Channel{ID: "D" + strings.TrimLeft(user, "UW"), IM: true, Person: user, Members: []string{Bot, user}}
	s.channels = append(s.channels, c)
	return c
}

// id returns a fresh id with the prefix.
func (s *Server) id(prefix string) string {
	s.counter++
	return fmt.Sprintf("%s%06d%04X", prefix, s.counter, rand.IntN(0x10000))
}

// uuid returns a random UUID, as Slack gives envelopes.
func uuid() string {
	var b [16]byte
	_, _ = crand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// ts returns a message timestamp, later than all before.
func (s *Server) ts() (string, time.Time) {
	at := time.Now().Truncate(time.Microsecond)
	if !at.After(s.lastTS) {
		at = s.lastTS.Add(time.Microsecond)
	}
	s.lastTS = at
	return fmt.Sprintf("%d.%06d", at.Unix(), at.Nanosecond()/1000), at
}
