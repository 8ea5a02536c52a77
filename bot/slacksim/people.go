package slacksim

import "slices"

// Ids of the default workspace.
const (
	Team = "T0COUPONS"
	App  = "A0COUPONBOT"

	Mia      = "U0MIA"      // a marketer
	Noah     = "U0NOAH"     // a colleague, full member
	Gus      = "U0GUS"      // a guest
	Stranger = "U0STRANGER" // of another company, in Partners
	Bot      = "U0COUPONBOT"

	Marketing = "C0MARKETING" // the bot is a member
	General   = "C0GENERAL"   // the bot isn't a member
	Partners  = "C0PARTNERS"  // shared with another company; the bot is a member
	Private   = "G0LAUNCH"    // a private channel; the bot is a member

	Senders = "S0SENDERS" // a user group: Mia and Noah
)

const (
	botID       = "B0COUPONBOT"
	slackbot    = "USLACKBOT"
	teamDomain  = "coupons-local"
	teamName    = "Coupons (local)"
	partnerTeam = "T0PARTNER"
)

// DefaultScopes are those of the bot token: for commands, messages, forms, files and looking up people. It doesn't include
// chat:write.public.
var DefaultScopes = []string{
	"app_mentions:read", "channels:read", "chat:write", "commands", "files:read", "files:write", "groups:read",
	"im:history", "im:write", "usergroups:read", "users:read", "users:read.email",
}

// User is a person or a bot.
type User struct {
	ID, TeamID     string
	Name, RealName string
	Email, Phone   string
	Title          string
	TZ, TZLabel    string // IANA name, and what Slack calls it
	TZOffset       int    // seconds east of UTC
	Admin          bool
	Guest          bool // is_restricted: a multi-channel guest
	SingleGuest    bool // is_ultra_restricted: a single-channel guest
	Bot            bool
	Deleted        bool
	Stranger       bool   // is_stranger: of another company, in a shared channel
	EnterpriseID   string // of the person's organisation, "" without Enterprise
}

// Channel is a conversation.
type Channel struct {
	ID, Name  string
	Private   bool
	IM        bool   // direct messages between the bot and Person
	Person    string // user id
	ExtShared bool   // shared with another company
	Archived  bool
	Members   []string // user ids
}

// Has reports whether the user is a member.
func (c Channel) Has(user string) bool { return slices.Contains(c.Members, user) }

// Group is a user group.
type Group struct {
	ID, Handle, Name string
	Users            []string // user ids
	Disabled         bool
}

// SlashCommand is a slash command in the app's manifest.
type SlashCommand struct {
	Name, Usage, Summary string
	// Raw is should_escape: false in the manifest. Names and links then reach the bot as typed.
	Raw bool
}

// botUser returns the bot's own user.
func botUser() User {
	return User{ID: Bot, TeamID: Team, Name: "couponbot", RealName: "Couponbot", Bot: true, TZ: "Etc/UTC", TZLabel: "UTC"}
}

// defaultUsers returns the people of [New], all in the time zone of Brussels in winter.
func defaultUsers() []User {
	brussels := User{TeamID: Team, TZ: "Europe/Brussels", TZLabel: "Central European Time", TZOffset: 3600}
	person := func(id, name, fullName, title string) User {
		u := brussels
		u.ID, u.Name, u.RealName, u.Title, u.Email = id, name, fullName, title, name+"@example.com"
		return u
	}
	mia := person(Mia, "mia", "Mia Claes", "Marketer")
	mia.Phone = "+32 470 98 76 54"
	noah := person(Noah, "noah", "Noah Peeters", "Colleague")
	gus := person(Gus, "gus", "Gus Guest", "Guest")
	gus.Guest = true
	stranger := person(Stranger, "sasha", "Sasha Stranger", "Partner company")
	stranger.TeamID, stranger.Stranger = partnerTeam, true
	return []User{mia, noah, gus, stranger}
}

// defaultChannels returns the channels of [New].
func defaultChannels() []Channel {
	return []Channel{
		{ID: Marketing, Name: "marketing", Members: []string{Bot, Mia, Noah, Gus}},
		{ID: General, Name: "general", Members: []string{Mia, Noah}},
		{ID: Partners, Name: "partners", ExtShared: true, Members: []string{Bot, Mia, Noah, Stranger}},
		{ID: Private, Name: "launch", Private: true, Members: []string{Bot, Mia}},
	}
}

// defaultGroups returns the user group of [New].
func defaultGroups() []Group {
	return []Group{{ID: Senders, Handle: "senders", Name: "Senders", Users: []string{Mia, Noah}}}
}
