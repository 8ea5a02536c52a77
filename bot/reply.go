package bot

import (
	"context"

	"github.com/slack-go/slack"
)

// Reply is a handler's answer. The zero Reply says nothing, which is right only for an action that needs no answer.
type Reply struct {
	// Text is the message, and with Blocks what notifications and screen readers get. It is plain text: the bot
	// escapes it. Together with Later it is shown only if Later takes more than a moment.
	Text   string
	Blocks []slack.Block
	// Public posts the message for the whole channel to see, unless the channel is, or may be, shared with another
	// company. Otherwise only the person who asked sees it.
	Public bool
	// Replace replaces the message of the clicked button. If that message was ephemeral, so is the new one, even with Public.
	Replace bool
	// Remove deletes the message of the clicked button, after Text or Blocks, if any, were posted.
	Remove bool

	// View is a modal. A command, or an action in a message, opens it; an action in a modal updates that modal; a
	// submission updates the submitted view. With Push it opens on top of the modal instead, unless Slack's stack is full.
	// A message is posted as well, except from within a modal, which has no place for one.
	View *slack.ModalViewRequest
	Push bool
	// Errors answers a submission with texts at the fields, by block_id, and keeps the form open.
	Errors map[string]string

	// Later does work that waits for a slow service, after the acknowledgement and after the rest of this Reply. Its
	// reply is delivered the same way; a View then updates the one that this Reply showed. Errors come too late for the
	// fields, so their texts are shown in its place. It has two minutes.
	Later func(ctx context.Context) (Reply, error)
	// DropIfClosed says that the user needs View, and what Later puts into it, only while the modal is open. If they
	// close it, they hear nothing more; without DropIfClosed they get a direct message.
	DropIfClosed bool
}

func (r Reply) hasMessage() bool { return r.Text != "" || len(r.Blocks) > 0 }

// body returns the blocks of the message.
func (r Reply) body() []slack.Block {
	if len(r.Blocks) > 0 {
		return r.Blocks
	}
	return textBlocks(r.Text)
}
