package commands

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

const (
	viewSendDirectory = "send_directory"

	fieldChannel    = "channel"
	fieldRecipients = "recipients"
	fieldSubject    = "subject"
	fieldMessage    = "message"
	fieldRegion     = "region"

	maxSubject = 150  // characters
	maxMessage = 1000 // characters

	formLife = 24 * time.Hour
)

// MaxTyped is how many recipients can be typed into the form of a send.
const MaxTyped = 50

// form is what the send modal was opened with, and what was typed into fields that are out of sight: those of the other
// way of sending. It is kept by id; the modal's metadata carries the id.
//
// Slack keeps what stands in a field when the modal is updated with the same ids and the same initial values, so those
// of the opening are repeated.
type form struct {
	ID, Team, User string
	Origin         string
	Channel        recipients.Kind
	Recipients     string
	Directory      string
	Name           string
	Note           string

	Subject, Message, Region string
}

// formIDs is the modal's metadata.
type formIDs struct {
	Form   string          `json:"form"`
	Origin string          `json:"origin,omitempty"`
	Shown  recipients.Kind `json:"shown,omitempty"`
}

// begun gives a form its id and its owner.
func (f form) begun(req bot.Request) form {
	f.ID, f.Team, f.User, f.Origin = rand.Text(), req.Person.Team, req.Person.ID, req.Channel
	return f
}

func (f form) keep(ctx context.Context, s store) {
	s.Put(ctx, "form:"+f.ID, encode(f), formLife)
}

func idsOf(v *bot.View) formIDs {
	var ids formIDs
	if json.Unmarshal([]byte(v.Metadata), &ids) != nil {
		return formIDs{}
	}
	return ids
}

// recallForm returns the form of a modal. If it was lost, what stands in the fields now has to do.
func recallForm(ctx context.Context, s store, req bot.Request) form {
	ids, v := idsOf(req.View), req.View
	if b, ok := s.Get(ctx, "form:"+ids.Form); ok {
		var f form
		if json.Unmarshal(b, &f) == nil && f.User == req.Person.ID && f.Team == req.Person.Team {
			return f
		}
	}
	f := form{
		Channel:    recipients.Kind(v.Value(fieldChannel)),
		Recipients: v.Value(fieldRecipients),
		Directory:  v.Value(fieldDirectory),
		Name:       v.ChosenText(fieldDirectory),
	}.begun(req)
	f.Origin = ids.Origin
	return f
}

// take keeps what was typed into fields that may go out of sight.
func (f *form) take(v *bot.View) {
	f.Subject = cmp.Or(v.Value(fieldSubject), f.Subject)
	f.Message = cmp.Or(v.Value(fieldMessage), f.Message)
	if idsOf(v).Shown != recipients.Email {
		f.Region = v.Value(fieldRegion) // may be emptied
	}
}

// shownAs returns the form with the initial values for the modal that follows one in which kind was shown: a field that
// was in sight keeps the initial value it had, one that comes into sight starts with what was typed into it before.
func (f form) shownAs(before form, kind recipients.Kind) form {
	if kind != recipients.SMS {
		f.Subject = before.Subject
	}
	if kind != recipients.Email {
		f.Message, f.Region = before.Message, before.Region
	}
	return f
}

// view builds the modal for one way of sending; for both while none is chosen.
func (s sending) view(f form, kind recipients.Kind) *slack.ModalViewRequest {
	var set []slack.Block
	if f.Note != "" {
		set = append(set, blocks.Context(blocks.Small(f.Note)))
	}
	set = append(set, s.directoryField(f), channelField(f), s.recipientsField(f))
	if kind != recipients.SMS {
		set = append(set, subjectField(f, kind))
	}
	if kind != recipients.Email {
		set = append(set, messageField(f, kind), s.regionField(f))
	}
	v := blocks.Modal(viewSendDirectory, "Send a directory", "Preview", "Cancel", set...)
	return blocks.WithMetadata(v, value(formIDs{Form: f.ID, Origin: f.Origin, Shown: kind}))
}

func (s sending) directoryField(f form) slack.Block {
	var initial *slack.OptionBlockObject
	if f.Directory != "" {
		initial = blocks.Option(cmp.Or(f.Name, f.Directory), f.Directory)
	}
	return blocks.ExternalSelect(blocks.Input{
		Name: fieldDirectory, Label: "Directory", Placeholder: typeAFewLetters,
	}, initial)
}

func channelField(f form) slack.Block {
	return blocks.Radio(blocks.Input{Name: fieldChannel, Label: "Send by", Dispatch: true}, string(f.Channel),
		blocks.Option("E-mail", string(recipients.Email)), blocks.Option("SMS", string(recipients.SMS)))
}

func (s sending) recipientsField(f form) slack.Block {
	return blocks.TextArea(blocks.Input{
		Name: fieldRecipients, Label: "To",
		Hint: fmt.Sprintf("E-mail addresses, or phone numbers with + and country code. One to a line, or with commas or "+
			"semicolons between them; at most %d.", s.most()),
	}, f.Recipients, 0)
}

func subjectField(f form, kind recipients.Kind) slack.Block {
	return blocks.TextInput(blocks.Input{
		Name: fieldSubject, Label: "Subject of the e-mail", Optional: kind == "",
		Hint: fmt.Sprintf("One line of up to %d characters.", maxSubject),
	}, f.Subject, maxSubject)
}

func messageField(f form, kind recipients.Kind) slack.Block {
	return blocks.TextArea(blocks.Input{
		Name: fieldMessage, Label: "Text of the SMS", Optional: kind == "",
		Hint: fmt.Sprintf("Up to %s characters. Coupontools puts the link to the directory after it.", thousands(maxMessage)),
	}, f.Message, maxMessage)
}

func (s sending) regionField(f form) slack.Block {
	var initial *slack.OptionBlockObject
	if c, ok := country(f.Region); ok && s.allowed(c.Code) {
		initial = blocks.Option(countryText(c), c.Code)
	}
	return blocks.ExternalSelect(blocks.Input{
		Name: fieldRegion, Label: "Country of numbers without +", Optional: true, Placeholder: "Type a few letters",
		Hint: "Only needed for phone numbers written without + and country code.",
	}, initial)
}

// most is how many recipients can be typed.
func (s sending) most() int {
	if s.limit > 0 {
		return min(s.limit, MaxTyped)
	}
	return MaxTyped
}

func country(code string) (recipients.Country, bool) {
	for _, c := range recipients.Countries() {
		if strings.EqualFold(c.Code, code) {
			return c, true
		}
	}
	return recipients.Country{}, false
}

// submitted checks the form, keeps it as a draft and shows the preview over it. Nothing is sent.
func (s sending) submitted(ctx context.Context, req bot.Request) (bot.Reply, error) {
	f := recallForm(ctx, s.store, req)
	d, wrong := s.check(ctx, req, f)
	if len(wrong) > 0 {
		return bot.Reply{Errors: onShown(wrong, idsOf(req.View).Shown)}, nil
	}
	d, err := s.drafts.SaveDraft(ctx, d)
	if err != nil {
		return bot.Reply{}, fmt.Errorf("save draft: %w", err)
	}
	return bot.Reply{Push: true, View: previewView(d)}, nil
}

// check makes a draft of the form, or says which fields are wrong and why.
func (s sending) check(ctx context.Context, req bot.Request, f form) (sends.Draft, map[string]string) {
	v := req.View
	wrong := problems{}
	directory := s.checkDirectory(ctx, v, wrong)
	d := sends.Draft{
		Team: req.Person.Team, User: req.Person.ID, Origin: f.Origin,
		DirectoryID: directory.ID, DirectoryName: directory.Name,
		Kind: recipients.Kind(v.Value(fieldChannel)),
	}
	switch d.Kind {
	case recipients.Email:
		d.Subject = checkSubject(cmp.Or(v.Value(fieldSubject), f.Subject), wrong)
	case recipients.SMS:
		d.Message = checkMessage(cmp.Or(v.Value(fieldMessage), f.Message), wrong)
	default:
		wrong.add(fieldChannel, "Choose e-mail or SMS.")
		return d, wrong
	}
	d.List = s.checkRecipients(v, d.Kind, wrong)
	d.ID = draftID(v, d)
	return d, wrong
}

// draftID names a draft by the form it came from and what stands in it: the same submit delivered twice makes one draft.
func draftID(v *bot.View, d sends.Draft) string {
	sum := sha256.Sum256(append([]byte(v.ID+" "+idsOf(v).Form+" "), encode(d)...))
	return base32.StdEncoding.EncodeToString(sum[:])[:26]
}

// problems are the words at the fields of a form, the first one found for each.
type problems map[string]string

func (p problems) add(field, words string) {
	if p[field] == "" {
		p[field] = words
	}
}

// onShown moves words for fields that are not in the modal to one that is: Slack takes no others.
func onShown(wrong problems, shown recipients.Kind) map[string]string {
	hidden := map[recipients.Kind][]string{
		recipients.Email: {fieldMessage, fieldRegion},
		recipients.SMS:   {fieldSubject},
	}
	for _, field := range hidden[shown] {
		if words := wrong[field]; words != "" {
			delete(wrong, field)
			wrong.add(fieldChannel, words)
		}
	}
	return wrong
}

func (s sending) checkDirectory(ctx context.Context, v *bot.View, wrong problems) coupontools.Directory {
	id := v.Value(fieldDirectory)
	if id == "" {
		wrong.add(fieldDirectory, chooseADirectory)
		return coupontools.Directory{}
	}
	if l := s.lists.Local(); l != nil {
		if d, ok := l.ByID(id); ok {
			return d
		}
	}
	// Slack waits three seconds for the answer to a form.
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	l, err := s.lists.List(ctx)
	if err != nil {
		// It was chosen from a list not long ago; Coupontools has the last word when it is sent.
		return coupontools.Directory{ID: id, Name: cmp.Or(v.ChosenText(fieldDirectory), id)}
	}
	d, ok := l.ByID(id)
	if !ok {
		wrong.add(fieldDirectory, "There is no directory "+short(id)+" (any more). Choose another.")
	}
	return d
}

func checkSubject(subject string, wrong problems) string {
	subject = strings.TrimSpace(subject)
	switch {
	case subject == "":
		wrong.add(fieldSubject, "An e-mail needs a subject.")
	case strings.ContainsFunc(subject, unicode.IsControl):
		wrong.add(fieldSubject, "The subject must be a single line.")
	case utf8.RuneCountInString(subject) > maxSubject:
		wrong.add(fieldSubject, tooLong(subject, maxSubject))
	}
	return subject
}

func checkMessage(message string, wrong problems) string {
	message = strings.TrimSpace(message)
	switch {
	case message == "":
		wrong.add(fieldMessage, "An SMS needs a text.")
	case utf8.RuneCountInString(message) > maxMessage:
		wrong.add(fieldMessage, tooLong(message, maxMessage))
	}
	return message
}

func tooLong(text string, limit int) string {
	return fmt.Sprintf("This has %s characters; at most %s fit.", thousands(utf8.RuneCountInString(text)), thousands(limit))
}

func (s sending) checkRecipients(v *bot.View, kind recipients.Kind, wrong problems) recipients.List {
	rules := recipients.Rules{Kind: kind, Allowed: s.countries}
	if kind == recipients.SMS {
		rules.Region = cmp.Or(v.Value(fieldRegion), s.region)
		if _, ok := country(rules.Region); rules.Region != "" && !ok {
			wrong.add(fieldRegion, "There is no such country. Choose one from the list.")
			return recipients.List{}
		}
	}
	list := recipients.Parse(v.Value(fieldRecipients), rules)
	if words := s.recipientsWrong(list, kind); words != "" {
		wrong.add(fieldRecipients, words)
	}
	return list
}

func (s sending) recipientsWrong(list recipients.List, kind recipients.Kind) string {
	typed := len(list.Recipients) + len(list.LeftOut)
	switch {
	case typed == 0 && kind == recipients.Email:
		return "Enter at least one e-mail address."
	case typed == 0:
		return "Enter at least one phone number."
	case typed > s.most():
		return fmt.Sprintf("These are %s recipients; at most %d can be typed.", thousands(typed), s.most())
	case len(list.Recipients) > 0:
		return ""
	case typed == 1:
		return list.LeftOut[0].Reason
	}
	first := list.LeftOut[0]
	return fmt.Sprintf("None of these %d can be used. Line %d: %s", typed, first.Line, first.Reason)
}
