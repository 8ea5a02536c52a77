package slacksim

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

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
	Stranger       bool   // of another company, met in a shared channel
	EnterpriseID   string // of the person's organisation, "" outside Enterprise
}

// Channel is a conversation.
type Channel struct {
	ID, Name  string
	Private   bool
	IM        bool   // a direct message; Person is whom the bot talks with
	Person    string // user id
	ExtShared bool   // shared with another company
	Archived  bool
	Members   []string // user ids
}

// Has says whether the user is a member.
func (c Channel) Has(user string) bool { return slices.Contains(c.Members, user) }

// Group is a user group.
type Group struct {
	ID, Handle, Name string
	Users            []string
	Disabled         bool
}

// SlashCommand is one line of the app's manifest: what people can type.
type SlashCommand struct {
	Name, Usage, Summary string
	// Raw is the manifest's should_escape: false. Names and links then reach the bot as typed.
	Raw bool
}

// Message is what stands in a channel.
type Message struct {
	Channel, TS, ThreadTS string
	User                  string // author: a user id, or Slackbot's for words of Slack's own
	BotID                 string // set when a bot wrote it
	Text                  string // as sent: mrkdwn with Slack's escapes
	Blocks                json.RawMessage
	OnlyFor               string // an ephemeral message: the only user who sees it
	Typed                 bool   // a slash command shown in the channel as typed
	Edits                 int    // how often it was changed
	UnfurlLinks           bool   // whether Slack may add previews
	UnfurlMedia           bool
	Metadata              json.RawMessage
	Files                 []File
	Reactions             []string // "name by user id"
	At                    time.Time
}

// Place returns where the message's elements are, for [Server.Click] and the like.
func (m Message) Place() Place { return Place{Channel: m.Channel, TS: m.TS} }

// Plain returns what a person reads: the text of the blocks, or the text if there are none.
func (m Message) Plain() string {
	if len(m.Blocks) > 0 {
		return blockkit.PlainText(m.Blocks)
	}
	return blockkit.MrkdwnText(m.Text)
}

// Place names a message (Channel and TS) or a view (View).
type Place struct{ Channel, TS, View string }

// View is a modal, or a Home tab.
type View struct {
	ID, Hash           string
	RootID, PreviousID string // of the stack; PreviousID is "" for the lowest
	User               string // who sees it
	Type               string // modal or home
	CallbackID         string
	ExternalID         string
	Title              string
	Submit, Close      string // labels; Submit "" = no button, Close "" = Slack's own word
	Blocks             json.RawMessage
	Metadata           string // private_metadata
	NotifyOnClose      bool
	ClearOnClose       bool
	// State is what stands in the elements: block_id, action_id.
	State State
	// Errors are the words at fields, by block_id: the bot's, or Slack's own for a field left empty.
	Errors map[string]string
	// Trouble is Slack's own banner when a submit or a click came to nothing.
	Trouble string
	Updates int // how often it was replaced
}

// Place returns where the view's elements are, for [Server.Click] and the like.
func (v View) Place() Place { return Place{View: v.ID} }

// Plain returns what a person reads in the view: its title, then the text of its blocks.
func (v View) Plain() string {
	if text := blockkit.PlainText(v.Blocks); text != "" {
		return v.Title + "\n" + text
	}
	return v.Title
}

// File is a file in the workspace.
type File struct {
	ID, Name, Title, Mimetype string
	User                      string
	Size                      int
	Channels                  []string // where it is shared
	Created                   time.Time
	url                       string // url_private, as the bot was told
	ask                       bool   // only files.info tells more than the id
}

// Outcome is what came of a person's act.
type Outcome struct {
	Envelope string        // id of the envelope that told the bot; "" if nothing was sent
	Acked    bool          // in time
	Delay    time.Duration // from sending the envelope to its acknowledgement
	// Failure is what Slack shows when it went wrong: dispatch_failed (no connection), operation_timeout (no
	// acknowledgement within 3 s), invalid_response (an acknowledgement that is not allowed). "" if all is well.
	Failure string
	// Message is what the acknowledgement of a command showed at once, if anything.
	Message *Message
	// Action is what the acknowledgement of a submit did: close, errors, update, push or clear.
	Action string
	// Errors are the words at fields that the submit was answered with, by block_id.
	Errors map[string]string
	// View is the top of the person's stack afterwards, nil if no modal is open.
	View *View
}

// AckRecord is one acknowledgement that came in.
type AckRecord struct {
	Envelope, Type, Name string        // Name: the command, the action_id, the callback_id
	Connection           int           // which connection it came on
	Delay                time.Duration // since the envelope was sent
	Size                 int           // of the frame, in bytes
	Late, Repeat         bool          // after 3 s; more often than the envelope was delivered
	Elsewhere            bool          // on another connection than the one that delivered it
}

// CloseRecord is the end of a connection.
type CloseRecord struct {
	Connection int
	Clean      bool // with a close frame from the bot
	Code       int  // of the close frame, 1006 without one
	ByBot      bool // the bot left, rather than the server
	Reason     string
	At         time.Time
}

// TrafficEntry is one line of the inspector: a call of the Web API, an envelope, an acknowledgement, a response URL.
type TrafficEntry struct {
	ID        int // counts up from 1
	At        time.Time
	FromBot   bool
	Kind      string // api, envelope, ack, response_url, socket, upload, download
	Name      string // method, kind of envelope and command, …
	Status    string // ok, or the error
	Duration  time.Duration
	Request   string // pretty JSON, bounded, tokens masked
	Response  string
	Violation bool
}

// What an [Event] tells of.
const (
	EventMessage     = "message"     // posted, changed or deleted in Channel; OnlyFor says who alone sees it
	EventView        = "view"        // the stack of User changed
	EventHome        = "home"        // the Home tab of User changed
	EventTraffic     = "traffic"     // the inspector has a new line
	EventConnections = "connections" // a connection came or went
	EventEverything  = "everything"  // events were lost, look at everything anew
)

// Event says that something changed.
type Event struct {
	Kind          string
	Channel, TS   string
	User, OnlyFor string
	View          string
}
