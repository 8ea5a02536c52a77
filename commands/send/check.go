package send

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/form"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

// order is a checked form: a draft without the recipients of its file.
type order struct {
	// Form identifies the form.
	Form  string
	Draft sends.Draft
	Typed string
	Rules recipients.Rules
	// Note says how the text was cleaned, or "".
	Note string
	// File is the uploaded list, or nil.
	File *bot.File
	// Column is the column that the user chose for the file, Consent the decision about people who opted out in it.
	Column  string
	Consent recipients.Consent
}

// submitted checks the form, saves a draft and shows its preview on top. Nothing is sent.
func (s formHandlers) submitted(ctx context.Context, req bot.Request) (bot.Reply, error) {
	o, wrong := s.check(ctx, req)
	if len(wrong) > 0 {
		return bot.Reply{Errors: moveToShown(wrong, idsOf(req.View).Shown)}, nil
	}
	if o.File != nil {
		reply := s.reading(req.Person, o, "")
		reply.Push = true
		return reply, nil
	}
	d, err := s.Sends.SaveDraft(ctx, o.draft(o.Draft.List, [sha256.Size]byte{}))
	if errors.Is(err, sends.ErrNobodyLeft) {
		return bot.Reply{Errors: map[string]string{fieldRecipients: noneCanBeUsed(d.List)}}, nil
	}
	if err != nil {
		return bot.Reply{}, fmt.Errorf("save draft: %w", err)
	}
	s.keepOrder(ctx, req.Person, d.ID, o)
	if s.needsApproval(d) {
		later := s.previewOf(req.Person, d, o.Note)
		return bot.Reply{Push: true, DropIfClosed: true, View: readingView(ui.LookingForApprovers), Later: later}, nil
	}
	reply, err := s.preview(ctx, req.Person, d, o.Note)
	reply.Push = true
	return reply, err
}

// check makes an order from the form, or returns the errors of its fields.
func (s formHandlers) check(ctx context.Context, req bot.Request) (order, form.Problems) {
	v, f, wrong := req.View, recallForm(ctx, s.Store, req), form.Problems{}
	id, name := s.checkOffer(ctx, f.Offer, v, wrong)
	o := order{Form: v.ID + " " + idsOf(v).Form, Typed: v.Value(fieldRecipients), Draft: sends.Draft{
		Team: req.Person.Team, User: req.Person.ID, Origin: f.Origin,
		Offer: s.offer(f.Offer).kind, OfferID: id, OfferName: name,
		Kind: recipients.Kind(v.Value(fieldChannel)), ScheduledAt: v.Time(fieldSchedule),
	}}
	if files := v.Files(fieldFile); len(files) > 0 {
		o.File = &files[0]
	}
	checkSchedule(o.Draft.ScheduledAt, time.Now(), wrong)
	switch o.Draft.Kind {
	case recipients.Email:
		o.Draft.Subject, o.Note = checkSubject(cmp.Or(v.Value(fieldSubject), f.Subject), wrong)
	case recipients.SMS:
		o.Draft.Message, o.Note = checkMessage(cmp.Or(v.Value(form.FieldMessage), f.Message), wrong)
	default:
		wrong.Add(fieldChannel, "Choose e-mail or SMS.")
		return o, wrong
	}
	s.checkRecipients(v, f, &o, wrong)
	return o, wrong
}

// draft returns the draft of an order with its recipients. Equal orders and lists have the same draft id, so a repeated
// submission makes one draft.
func (o order) draft(list recipients.List, file [sha256.Size]byte) sends.Draft {
	d := o.Draft
	d.List = list
	d.ID = draftID(o.Form, d.Team, d.User, d.OfferID, string(d.Kind), d.Subject, d.Message, fmt.Sprint(d.ScheduledAt.Unix()),
		o.Typed, o.Rules.Region, string(file[:]), o.Column, fmt.Sprint(o.Consent, o.Rules.Foreign))
	return d
}

// draftID derives an id from everything it depends on.
func draftID(parts ...string) string {
	sum := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(sum, "%d:%s\n", len(part), part)
	}
	return base32.StdEncoding.EncodeToString(sum.Sum(nil))[:26]
}

// moveToShown moves errors of hidden fields to a visible one: Slack accepts no errors for hidden fields.
func moveToShown(wrong form.Problems, shown recipients.Kind) map[string]string {
	hidden := map[recipients.Kind][]string{
		recipients.Email: {form.FieldMessage, fieldRegion},
		recipients.SMS:   {fieldSubject},
	}
	for _, field := range hidden[shown] {
		if words := wrong[field]; words != "" {
			delete(wrong, field)
			wrong.Add(fieldChannel, words)
		}
	}
	return wrong
}

// checkOffer returns the id and the name of the chosen offer.
func (s formHandlers) checkOffer(ctx context.Context, kind sends.Offer, v *bot.View, wrong form.Problems) (id, name string) {
	o := s.offer(kind)
	if id = v.Value(form.FieldDirectory); id == "" {
		wrong.Add(form.FieldDirectory, "Choose a "+o.one+".")
		return "", ""
	}
	// Slack waits three seconds for the response to a submission.
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	name, there, err := o.check(ctx, id)
	switch {
	case err != nil:
		// The offer came from a recent list. If it is gone, Coupontools refuses it when it is sent.
		return id, cmp.Or(v.ChosenText(form.FieldDirectory), id)
	case !there:
		wrong.Add(form.FieldDirectory, "There is no "+o.one+" "+format.Short(id)+" (any more). Choose another.")
	}
	return id, name
}

func checkSubject(typed string, wrong form.Problems) (subject, note string) {
	subject, note = form.CheckText(fieldSubject, typed, maxSubject, wrong)
	switch {
	case subject == "":
		wrong.Add(fieldSubject, "An e-mail needs a subject.")
	case strings.Contains(subject, "\n"):
		wrong.Add(fieldSubject, "The subject must be a single line.")
	}
	return subject, note
}

func checkMessage(typed string, wrong form.Problems) (text, note string) {
	text, note = form.CheckText(form.FieldMessage, typed, maxMessage, wrong)
	if text == "" {
		wrong.Add(form.FieldMessage, "An SMS needs a text.")
	}
	return text, note
}

func checkSchedule(at, now time.Time, wrong form.Problems) {
	switch {
	case at.IsZero():
	case !at.After(now):
		wrong.Add(fieldSchedule, "This time is in the past. Choose a later one, or none to send at once.")
	case at.Sub(now) > maxAhead:
		wrong.Add(fieldSchedule, fmt.Sprintf("This is more than %d days ahead. Choose an earlier time.", maxAhead/(24*time.Hour)))
	}
}

// checkRecipients parses the typed recipients with the rules that also hold for a file.
func (s formHandlers) checkRecipients(v *bot.View, f formState, o *order, wrong form.Problems) {
	o.Rules = recipients.Rules{Kind: o.Draft.Kind, Allowed: s.Countries, Max: s.MaxRecipients}
	if o.Rules.Kind == recipients.SMS {
		o.Rules.Region = cmp.Or(v.Value(fieldRegion), s.Region)
		if v.Value(fieldRegion) == "" && f.Region != "" && f.Region != s.Region {
			wrong.Add(fieldRegion, "Choose the country again: it came back empty.") // emptied, or lost by Slack: see [form.Prefilled]
			return
		}
		if _, ok := form.Country(o.Rules.Region); o.Rules.Region != "" && !ok {
			wrong.Add(fieldRegion, "There is no such country. Choose one from the list.")
			return
		}
	}
	o.Draft.List = recipients.Parse(o.Typed, o.Rules)
	if words := s.recipientsWrong(*o); words != "" {
		wrong.Add(fieldRecipients, words)
	}
}

func (s formHandlers) recipientsWrong(o order) string {
	list := o.Draft.List
	typed := len(list.Recipients) + list.Skipped()
	switch {
	case typed > s.typedLimit():
		return format.Joined(" ",
			fmt.Sprintf("These are %s recipients; at most %d can be typed.", format.Thousands(typed), s.typedLimit()),
			s.longer("Upload a longer list as a file."))
	case o.File != nil, len(list.Recipients) > 0:
		return ""
	case typed > 0:
		return noneCanBeUsed(list)
	case o.Rules.Kind == recipients.Email:
		return "Enter at least one e-mail address, or upload a list."
	}
	return "Enter at least one phone number, or upload a list."
}

// noneCanBeUsed says why every typed recipient was skipped.
func noneCanBeUsed(list recipients.List) string {
	first := list.LeftOut[0]
	reason := first.Reason
	if first.Rule == recipients.RuleNoCountry {
		reason += " Or choose a country below."
	}
	if list.Skipped() == 1 {
		return reason
	}
	return fmt.Sprintf("None of these %d can be used. %s: %s", list.Skipped(), format.Capitalised(first.Place()), reason)
}
