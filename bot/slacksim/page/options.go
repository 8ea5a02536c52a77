package page

import "time"

// Options says what the page shows beside the workspace.
type Options struct {
	Name    string            // of the workspace; "" is "Local workspace"
	Roles   map[string]string // what each person is for, by user id; a person without one shows their job title
	Welcome *Welcome          // at the start of one channel; nil for none
	Samples []Sample          // files to download, listed under the welcome
	Outbox  func() Outbox     // what recipients have received; nil for none
	Toggles []Toggle          // in the inspector, above the local Slack's own faults
}

// Welcome introduces the workspace to somebody who sees it for the first time.
type Welcome struct {
	Channel     string // the id of the channel that it is shown in
	Title, Text string
	Steps       []Step
}

// Step is one line of the checklist in a [Welcome].
type Step struct {
	Title, Text string
	Line        string      // a click on the step puts it into the message box
	Done        func() bool // reports whether the step has been done; called often, by several goroutines
}

// Sample is a text file to download, and in a few words what it contains.
type Sample struct{ Name, Description, Content string }

// Outbox is what recipients outside of the workspace have received.
type Outbox struct {
	Texts, Emails, Pushes int        // how many there are in all
	Latest                []Received // the latest messages first
}

// Received is a message as its recipient sees it.
type Received struct {
	Kind          string // "sms", "email" or "push"
	To            string
	Subject, Text string
	Link          string // an address that follows the text; "" for none
	At            time.Time
}

// Toggle is a switch in the inspector. On and Set may be called from several goroutines at the same time.
type Toggle struct {
	Name, Help string
	On         func() bool
	Set        func(on bool)
}
