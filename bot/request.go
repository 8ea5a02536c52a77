package bot

import (
	"log/slog"
	"time"
)

// Request is what a person did: typed a command, clicked, submitted a form, or typed into a select. It is read from
// Slack's raw payload with only the fields the bot needs, so that a block Slack adds tomorrow cannot break it.
type Request struct {
	// ID names what the person did. When Slack tells of it again, it is the same.
	ID string
	// Person is who asks, as Slack describes them.
	Person Person
	// Channel is where; empty in a modal.
	Channel string

	// Text is what followed the command, Words the same taken apart (see [Split]).
	Text  string
	Words []Word

	// Action is the action_id of a click or a suggestion; Value the button's value, the chosen option's value, or what
	// was typed into the select.
	Action, Value string
	// Block is the block_id around what was clicked.
	Block string
	// Message is the timestamp of the message that was clicked in, and Thread that of the first message of its thread, if
	// it is in one. They are empty elsewhere, and for a message that only the person sees: nothing can link to that.
	Message, Thread string

	// View is the modal the request came from; nil elsewhere.
	View *View
}

// Person is a member of the workspace.
type Person struct {
	// ID and Team are Slack's ids. Team is the person's own team.
	ID, Team string
	// Zone is the person's time zone, UTC when unknown, and ZoneName how to call it in a text.
	Zone     *time.Location
	ZoneName string
	// Email and Phone are those of the person's Slack profile, Phone as they typed it; empty if they are not there or the
	// bot lacks the scope users:read.email.
	Email, Phone string
}

// Clock returns the person's time zone and how to call it in a text. It is UTC as long as Slack was not asked about them.
func (p Person) Clock() (zone *time.Location, name string) {
	if p.Zone == nil {
		return time.UTC, "UTC"
	}
	return p.Zone, p.ZoneName
}

// LogValue is the id alone: who a person is and how to reach them stays out of the log.
func (p Person) LogValue() slog.Value { return slog.StringValue(p.ID) }

// String is the id alone, for the same reason.
func (p Person) String() string { return p.ID }

// View is the modal a request came from.
type View struct {
	ID, Hash, CallbackID string
	// Metadata is the private_metadata: ids only.
	Metadata string
	// external is the bot's own id of the view, if it has one.
	external string
	// values is state.values: block_id, action_id, element state.
	values map[string]map[string]elementState
}

// Value returns what stands in the field whose block_id and action_id are both name: typed text, or the value of the
// chosen option; "" if empty or not there.
func (v *View) Value(name string) string {
	e := v.values[name][name]
	if e.SelectedOption != nil {
		return e.SelectedOption.Value
	}
	return e.Value
}

// ChosenText returns the text of the option chosen in the select named name.
func (v *View) ChosenText(name string) string {
	if o := v.values[name][name].SelectedOption; o != nil {
		return o.Text.Text
	}
	return ""
}

// Time returns the instant chosen in the datetimepicker named name; the zero time if none.
func (v *View) Time(name string) time.Time {
	if s := v.values[name][name].SelectedDateTime; s > 0 {
		return time.Unix(s, 0)
	}
	return time.Time{}
}

// NewView returns a view as Slack would send it, with text in the fields named. It is for tests of handlers.
func NewView(callbackID, metadata string, fields map[string]string) *View {
	v := &View{ID: "V1", CallbackID: callbackID, Metadata: metadata, values: map[string]map[string]elementState{}}
	for name, value := range fields {
		v.values[name] = map[string]elementState{name: {Value: value}}
	}
	return v
}
