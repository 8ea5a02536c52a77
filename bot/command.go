package bot

import "context"

// Command is one slash command with the block actions, view submissions and select options that belong to it.
type Command struct {
	// Name is what a person types, with the slash. A command without a name is reached only as a topic.
	Name string
	// Topic is the word, or the two words, that reach the same command through the root command ("/coupontools directories",
	// "/coupontools suppress export").
	Topic string
	// Group is the heading under which the menu and the help list the command.
	Group string
	// Usage is Slack's usage hint: the words the command takes, in square brackets.
	Usage string
	// Summary says in a few words, without a full stop, what the command does. The manifest and the help show it.
	Summary string
	// Examples are whole lines as a person would type them, each with a few words on what it does.
	Examples []Example
	// Right is what a person needs to run the command and everything that belongs to it. Anybody may read its help.
	Right Right
	// Run answers the command.
	Run Handler
	// Actions answers block actions (buttons, selects, radio buttons, overflow menus) by action_id.
	Actions map[string]Action
	// Submissions answers submitted views by callback_id.
	Submissions map[string]Submission
	// Options offers the options of external selects by action_id.
	Options map[string]Options
}

// Example is one line of a command's help.
type Example struct{ Line, Does string }

// Right is what a person may do. Each takes a full member; Send and Admin are separate lists, neither of which includes
// the other.
type Right int

const (
	// Read is for every full member of the workspace or its Enterprise organisation.
	Read Right = iota
	// Send is for those named in the setting SENDERS: they may send, change, and see people's data.
	Send
	// Admin is for those named in the setting ADMINS.
	Admin
)

// String returns the right's name in lower case, for tables and logs.
func (r Right) String() string {
	switch r {
	case Send:
		return "send"
	case Admin:
		return "admin"
	default:
		return "read"
	}
}

// Action answers a block action. It takes the command's right and Right, so a sender's button can be on a card that every
// member may see. The zero Right adds nothing.
type Action struct {
	Right Right
	Run   Handler
}

// Submission answers a submitted view; Right is as in [Action]. Run must be idempotent: Slack may deliver the same
// submission twice.
type Submission struct {
	Right Right
	Run   Handler
}

// Options offers the options of an external select; Right is as in [Action].
type Options struct {
	Right Right
	Run   OptionsHandler
}

// OptionsHandler returns the options for what the user typed into an external select, best match first. It has two seconds.
type OptionsHandler func(ctx context.Context, req Request) ([]Option, error)

// Handler answers one request. It must return within about a second and must not wait for a slow service: work that
// may take longer goes into [Reply.Later]. An error that is a [*Mistake] is shown in its own words; any other is
// explained by [Config.Explain] or, if that does not know it, shown as a fault with a reference that is also in the log.
type Handler func(ctx context.Context, req Request) (Reply, error)

// Option is one choice of a select. Slack's limits are 75 characters of text and 150 of value; longer text is cut.
type Option struct{ Text, Value string }
