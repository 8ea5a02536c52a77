package bot

import (
	"log/slog"
	"time"
)

// Request is what a person did: typed a command, clicked, submitted a form, or typed into a select. It holds only the
// fields of Slack's payload that handlers need, so that a new kind of block can't break it.
type Request struct {
	// ID identifies the interaction. Slack's redeliveries have the same ID.
	ID string
	// Person is the user, as Slack describes them.
	Person Person
	// Channel is the channel's id; empty in a modal.
	Channel string

	// Text is what followed the command, and Words the same text divided by [Split].
	Text  string
	Words []Word

	// Action is the action_id of a block action or an options request. Value is the button's value, the chosen option's
	// value, or what was typed into the select.
	Action, Value string
	// Block is the block_id of the block that holds the action.
	Block string
	// Message is the timestamp of the message that holds the action, and Thread that of its thread's first message, if it
	// is in one. They are empty elsewhere, and for an ephemeral message: nothing can link to one.
	Message, Thread string

	// View is the modal the request came from; nil elsewhere.
	View *View
}

// Person is a member of the workspace.
type Person struct {
	// ID and Team are Slack's ids. Team is the person's own team.
	ID, Team string
	// Zone is the person's time zone, UTC when unknown, and ZoneName its name in texts.
	Zone     *time.Location
	ZoneName string
	// Email and Phone are from the person's Slack profile, Phone as they typed it. They are empty if missing, Email also
	// without the scope users:read.email.
	Email, Phone string
}

// Clock returns the person's time zone and its name in texts: UTC until Slack was asked about the person.
func (p Person) Clock() (zone *time.Location, name string) {
	if p.Zone == nil {
		return time.UTC, "UTC"
	}
	return p.Zone, p.ZoneName
}

// LogValue returns only the id, which keeps names and contact data out of the log.
func (p Person) LogValue() slog.Value { return slog.StringValue(p.ID) }

// String returns only the id, for the same reason.
func (p Person) String() string { return p.ID }

// View is the modal a request came from.
type View struct {
	ID, Hash, CallbackID string
	// Metadata is the private_metadata: ids only.
	Metadata string
	// external is the external_id that the bot gave the view, if any.
	external string
	// values is state.values: block_id → action_id → element state.
	values map[string]map[string]elementState
}

// Value returns the content of the field with name as its block_id and action_id: the typed text, or the value of the chosen
// option. It is "" if the field is empty or missing.
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
