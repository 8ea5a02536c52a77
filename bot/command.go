package bot

import (
	"context"

	"github.com/slack-go/slack"
)

// Command is one slash command with the buttons, forms and type-ahead fields that belong to it.
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
	// Summary says in a few words, without a full stop, what the command does; it stands in the manifest and in the help.
	Summary string
	// Examples are whole lines as a person would type them, each with a few words on what it does.
	Examples []Example
	// Right is what a person needs for the command and everything in it. Help is always given.
	Right Right
	// Run answers the command.
	Run Handler
	// Clicks answers buttons, selects and radio buttons, by action_id.
	Clicks map[string]Handler
	// Submits answers submitted views, by callback_id. A handler here must be idempotent: the same submit may come twice.
	Submits map[string]Handler
	// Suggests offers the options of external selects, by action_id.
	Suggests map[string]Suggester
}

// Example is one line of a command's help.
type Example struct{ Line, Does string }

// Right is what a person may do. Each takes a full member; Send and Admin are lists of their own, neither of which includes
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

// Handler answers one request. It must return within about a second and must not wait for a slow service: work that
// may take longer goes into [Reply.Later]. An error that is a [*Mistake] is shown in its own words; any other is
// explained by [Config.Explain] or, if that does not know it, shown as a fault with a reference that is also in the log.
type Handler func(ctx context.Context, req Request) (Reply, error)

// Suggester offers options for what was typed into an external select, best first. It has two seconds.
type Suggester func(ctx context.Context, req Request) ([]Option, error)

// Option is one choice of a select. Slack's limits are 75 characters of text and 150 of value; longer text is cut.
type Option struct{ Text, Value string }

// Reply is a handler's answer. The zero Reply says nothing, which is right only for a click that needs no answer.
type Reply struct {
	// Text is the message, and with Blocks what notifications and screen readers get. It is plain text: the bot
	// escapes it. Together with Later it is shown only if Later takes more than a moment.
	Text   string
	Blocks []slack.Block
	// Public puts the message into the channel for all to see, unless the channel is, or may be, shared with another
	// company. Otherwise only the person who asked sees it.
	Public bool
	// Replace puts the message in the place of the one whose button was clicked. In the place of one that only the person
	// saw, a Public message is seen by nobody else either.
	Replace bool
	// Remove takes away the message whose button was clicked, after Text or Blocks, if any, were posted.
	Remove bool

	// View is a modal. A command or a click in a message opens it; a click in a modal updates that modal; a submit
	// updates the submitted view. With Push it comes on top of the modal instead, unless Slack's stack is full. A message
	// beside it is posted too, except from within a modal, where there is no place for it.
	View *slack.ModalViewRequest
	Push bool
	// Errors answers a submit with words at the fields, by block_id, and keeps the form.
	Errors map[string]string

	// Later does work that waits for a slow service, after the acknowledgement and after the rest of this Reply. What
	// it returns is brought out likewise; a View then updates the one that this Reply showed. Errors come too late for the
	// fields, so their words are shown in its place. It has two minutes.
	Later func(ctx context.Context) (Reply, error)
	// Fleeting says that View, and what Later brings into it, matters only as long as the person keeps the window open. If
	// it was closed they hear no more of it; without Fleeting they are told in a direct message.
	Fleeting bool
}

func (r Reply) hasMessage() bool { return r.Text != "" || len(r.Blocks) > 0 }

// body returns the blocks of the message.
func (r Reply) body() []slack.Block {
	if len(r.Blocks) > 0 {
		return r.Blocks
	}
	return textBlocks(r.Text)
}
