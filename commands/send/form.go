package send

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/form"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

const (
	viewForm = "send_directory"

	fieldChannel    = "channel"
	fieldRecipients = "recipients"
	fieldSubject    = "subject"

	fieldFile     = "file"
	fieldRegion   = "region"
	fieldSchedule = "schedule"

	maxSubject = 150  // characters
	maxMessage = 1000 // characters

	// maxAhead is how far ahead a send can be scheduled.
	maxAhead = 90 * 24 * time.Hour
)

// maxTyped is how many recipients fit into the form. Longer lists are uploaded.
const maxTyped = 50

// formState holds the initial values of the send modal, and what was typed into fields that are hidden because they belong to
// the other channel. It is stored by id; the modal's metadata holds the id.
//
// Slack keeps a field's value when an update has the same ids and initial values, so updates repeat the first initial values.
type formState struct {
	ID         string
	Origin     string
	Channel    recipients.Kind
	Recipients string
	Offer      sends.Offer
	Directory  string // the id of the offer
	Name       string
	Note       string

	Subject, Message, Region string
}

// formIDs is the modal's metadata.
type formIDs struct {
	Form   string          `json:"form"`
	Origin string          `json:"origin,omitempty"`
	Shown  recipients.Kind `json:"shown,omitempty"`
	Offer  sends.Offer     `json:"offer,omitempty"`
}

// withNewID returns the form with a new id.
func (f formState) withNewID(req bot.Request) formState {
	f.ID, f.Origin = rand.Text(), req.Channel
	return f
}

// forms stores the states of send modals.
func forms(s ui.Store) ui.Saved[formState] { return ui.Saved[formState]{Store: s, Prefix: "form:"} }

func idsOf(v *bot.View) formIDs {
	var ids formIDs
	if json.Unmarshal([]byte(v.Metadata), &ids) != nil {
		return formIDs{}
	}
	return ids
}

// recallForm returns the state of a modal. If it was lost, the fields' current values are used.
func recallForm(ctx context.Context, s ui.Store, req bot.Request) formState {
	ids, v := idsOf(req.View), req.View
	if f, ok := forms(s).Get(ctx, req.Person, ids.Form); ok {
		return f
	}
	f := formState{
		Channel:    recipients.Kind(v.Value(fieldChannel)),
		Recipients: v.Value(fieldRecipients),
		Directory:  v.Value(form.FieldDirectory),
		Name:       v.ChosenText(form.FieldDirectory),
	}.withNewID(req)
	f.Origin, f.Offer = ids.Origin, ids.Offer
	return f
}

// keepValues copies the values of fields that may get hidden. An empty value doesn't replace one, since Slack may have lost it
// (see [form.Prefilled]).
func (f *formState) keepValues(v *bot.View) {
	f.Subject = cmp.Or(v.Value(fieldSubject), f.Subject)
	f.Message = cmp.Or(v.Value(form.FieldMessage), f.Message)
	f.Region = cmp.Or(v.Value(fieldRegion), f.Region)
}

// shownAs returns the form with the initial values for the modal that follows one for kind: a visible field keeps its initial
// value, a hidden one gets what was typed into it.
func (f formState) shownAs(before formState, kind recipients.Kind) formState {
	if kind != recipients.SMS {
		f.Subject = before.Subject
	}
	if kind != recipients.Email {
		f.Message, f.Region = before.Message, before.Region
	}
	return f
}

// view builds the modal for one channel, or for both while none is chosen.
func (s formHandlers) view(p bot.Person, f formState, kind recipients.Kind) *slack.ModalViewRequest {
	var set []slack.Block
	if f.Note != "" {
		set = append(set, blocks.Context(blocks.Small(f.Note)))
	}
	set = append(set, s.directoryField(f), channelField(f), s.recipientsField(f), s.fileField())
	if kind != recipients.SMS {
		set = append(set, subjectField(f, kind))
	}
	if kind != recipients.Email {
		set = append(set, messageField(f, kind), s.regionField(f))
	}
	set = append(set, scheduleField(p))
	v := blocks.Modal(viewForm, "Send a "+offerNoun(f.Offer), "Preview", "Cancel", set...)
	return blocks.WithMetadata(v, ui.Value(formIDs{Form: f.ID, Origin: f.Origin, Shown: kind, Offer: f.Offer}))
}

func (s formHandlers) directoryField(f formState) slack.Block {
	var initial *slack.OptionBlockObject
	if f.Directory != "" {
		initial = blocks.Option(cmp.Or(f.Name, f.Directory), f.Directory)
	}
	return blocks.ExternalSelect(blocks.Input{
		Name: form.FieldDirectory, Label: format.Capitalised(offerNoun(f.Offer)), Placeholder: ui.TypeAFewLetters,
	}, initial)
}

func channelField(f formState) slack.Block {
	return blocks.Radio(blocks.Input{Name: fieldChannel, Label: "Send by", Dispatch: true}, string(f.Channel),
		blocks.Option("E-mail", string(recipients.Email)), blocks.Option("SMS", string(recipients.SMS)))
}

// recipientsField is optional for Slack, since a file may replace it.
func (s formHandlers) recipientsField(f formState) slack.Block {
	return blocks.TextArea(blocks.Input{
		Name: fieldRecipients, Label: "To", Optional: true,
		Hint: format.Joined(
			" ",
			fmt.Sprintf("E-mail addresses, or phone numbers with + and country code. One to a line, or with commas or "+
				"semicolons between them; at most %d.", s.typedLimit()),
			s.longer("Longer lists come as a file."),
		),
	}, f.Recipients, 0)
}

func (s formHandlers) fileField() slack.Block {
	most := ""
	if s.MaxRecipients > 0 {
		most = ", " + format.Count(s.MaxRecipients, "recipient", "recipients") + " at most"
	}
	return blocks.FileInput(blocks.Input{
		Name: fieldFile, Label: "List to send to", Optional: true,
		Hint: "A CSV, text or Excel (XLSX) file with one recipient in each row" + most + ". It goes together with those typed above.",
	}, []string{"csv", "txt", "xlsx"}, 1)
}

func scheduleField(p bot.Person) slack.Block {
	_, zone := p.Clock()
	return blocks.DateTime(blocks.Input{
		Name: fieldSchedule, Label: "Send later", Optional: true,
		Hint: fmt.Sprintf("Your time zone: %s. At most %d days ahead. Empty: it is sent at once.", zone, maxAhead/(24*time.Hour)),
	}, time.Time{})
}

func subjectField(f formState, kind recipients.Kind) slack.Block {
	return blocks.TextInput(blocks.Input{
		Name: fieldSubject, Label: "Subject of the e-mail", Optional: kind == "",
		Hint: fmt.Sprintf("One line of up to %d characters.", maxSubject),
	}, f.Subject, maxSubject)
}

func messageField(f formState, kind recipients.Kind) slack.Block {
	return blocks.TextArea(blocks.Input{
		Name: form.FieldMessage, Label: "Text of the SMS", Optional: kind == "",
		Hint: fmt.Sprintf("Up to %s characters. Coupontools puts the link to the %s after it.",
			format.Thousands(maxMessage), offerNoun(f.Offer)),
	}, f.Message, maxMessage)
}

func (s formHandlers) regionField(f formState) slack.Block {
	var initial *slack.OptionBlockObject
	if c, ok := form.Country(f.Region); ok && s.allowed(c.Code) {
		initial = blocks.Option(countryText(c), c.Code)
	}
	return blocks.ExternalSelect(blocks.Input{
		Name: fieldRegion, Label: "Country of numbers without +", Optional: true, Placeholder: "Type a few letters",
		Hint: "Only needed for phone numbers written without + and country code.",
	}, initial)
}

// typedLimit returns how many recipients can be typed.
func (s formHandlers) typedLimit() int {
	if s.MaxRecipients > 0 {
		return min(s.MaxRecipients, maxTyped)
	}
	return maxTyped
}

// longer returns words about longer lists, if a send may have more recipients than can be typed.
func (s formHandlers) longer(words string) string {
	if s.MaxRecipients > 0 && s.MaxRecipients <= maxTyped {
		return ""
	}
	return words
}
