package bot

import (
	"errors"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/bot/socket"
)

// Kinds of interaction, as the log names them.
const (
	kindCommand    = "command"
	kindAction     = "click"
	kindSubmission = "submit"
	kindOptions    = "suggestion"
)

// interaction is one thing a person did in Slack: the request, its acknowledgement, the ways to answer it, and the modal
// that shows the answer. One goroutine at a time works on it.
type interaction struct {
	kind string
	name string // the command, action_id or callback_id
	team string
	user string
	// dedupeKey is the trigger_id, or the envelope's id if there is none.
	dedupeKey string
	request   Request

	triggerID   string
	responseURL string
	ephemeral   bool            // only this person sees the message that holds the button
	inputs      map[string]bool // block_ids of the submitted view's input blocks
	stackFull   bool            // Slack has no room for another view on top of this one

	ack func(payload any) error
	// acked says that the envelope's only acknowledgement is used, even if it was lost.
	acked  bool
	screen screen
	// dropIfClosed is the reply's, see [Reply.DropIfClosed].
	dropIfClosed bool
}

// acknowledge acknowledges the envelope, unless that was tried before. It may be tried again after [socket.ErrTooLarge].
func (i *interaction) acknowledge(payload any) error {
	if i.acked {
		return nil
	}
	err := i.ack(payload)
	i.acked = !errors.Is(err, socket.ErrTooLarge)
	return err
}

// viewClosed reports whether err means that the user has closed the view, so the content isn't needed any more.
func (i *interaction) viewClosed(err error) bool {
	return i.dropIfClosed && SlackCode(err) == "not_found"
}

// canShow reports whether Slack can show all errors at their fields. It shows them at input blocks only; with any other
// block_id it says "trouble connecting" instead.
func (i *interaction) canShow(errs map[string]string) bool {
	for field := range errs {
		if !i.inputs[field] {
			return false
		}
	}
	return true
}

// inZone returns a copy of a view with its times in the user's time zone. It copies because a handler may reuse the view.
func (i *interaction) inZone(v *slack.ModalViewRequest) *slack.ModalViewRequest {
	view := *v
	zone, name := i.request.Person.Clock()
	view.Blocks.BlockSet = blocks.InZone(view.Blocks.BlockSet, zone, name)
	return &view
}

// screen locates the modal that the bot shows: by Slack's view id, or by the bot's external_id while Slack has yet to open
// it. The zero screen is no modal.
type screen struct {
	id, external, hash string

	acked  time.Time // when an acknowledgement showed it
	pushed bool      // it is on top of the view that the interaction came from
	closed bool      // Slack has said that the user closed it
}

func (s screen) exists() bool { return s.id != "" || s.external != "" }
