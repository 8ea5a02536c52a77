package campaign

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/form"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends"
)

const (
	// fieldFor switches the form between many addresses and one.
	fieldFor        = "single_use_for"
	forMany, forOne = "many", "one"

	fieldOwnID     = "custom_id"
	fieldDigits    = "validation_digits"
	fieldOwnCode   = "validation_code"
	fieldDuplicate = "duplicate_check"

	// anotherOne is the choice of [fieldDuplicate] that always creates a new address.
	anotherOne = "none"

	// The limits of the owner's own values. (Coupontools: singleuse/create.)
	maxOwnID   = 50
	maxOwnCode = 100
)

// singleUseFields are the fields that only one kind of address has.
var singleUseFields = map[string][]string{
	forMany: {form.FieldAmount, form.FieldStatus, fieldCodes, fieldPrefix, fieldLength},
	forOne: {
		form.FieldEmail, form.FieldFirstName, form.FieldLastName, form.FieldPhone,
		fieldOwnID, fieldDigits, fieldOwnCode, form.FieldEnds, fieldDuplicate,
	},
}

// singleUseOptional are the optional ones of [singleUseFields].
var singleUseOptional = map[string][]string{
	forMany: {fieldPrefix, fieldLength},
	forOne: {
		form.FieldEmail,
		form.FieldFirstName,
		form.FieldLastName,
		form.FieldPhone,
		fieldOwnID,
		fieldOwnCode,
		form.FieldEnds,
	},
}

// singleUseDefaults are the initial choices of the form.
var singleUseDefaults = map[string]string{
	form.FieldStatus: coupontools.SingleUseNormal, fieldCodes: noCodes, fieldDigits: noCodes, fieldDuplicate: anotherOne,
}

// singleUseForm is the form's metadata.
type singleUseForm struct {
	ID string `json:"id"`
	// Campaign is the id of the campaign that the form was opened for.
	Campaign string `json:"campaign,omitempty"`
	// Shown is [forMany] or [forOne].
	Shown string `json:"shown"`
}

func newSingleUseForm(campaign string) singleUseForm {
	return singleUseForm{ID: rand.Text(), Campaign: campaign, Shown: forMany}
}

func singleUseFormOf(v *bot.View) singleUseForm {
	var f singleUseForm
	if json.Unmarshal([]byte(v.Metadata), &f) != nil {
		return singleUseForm{}
	}
	return f
}

// view builds the form. typed holds the initial values of the fields that become visible. Slack keeps the values of the others
// as long as their initial values don't change.
func (s singleUseHandlers) view(f singleUseForm, typed map[string]string) *slack.ModalViewRequest {
	set := []slack.Block{
		campaignField(s.campaigns.Known(f.Campaign)),
		blocks.Radio(blocks.Input{Name: fieldFor, Label: "For", Dispatch: true}, forMany,
			blocks.Option("Many people, as a file", forMany),
			blocks.Option("One person who is known", forOne)),
	}
	if f.Shown == forOne {
		set = append(set, personFormInputs(typed)...)
	} else {
		set = append(set, manyInputs(typed)...)
	}
	return blocks.WithMetadata(blocks.Modal(viewSingleUse, "Single use", "Preview", "Cancel", set...), ui.Value(f))
}

// personFormInputs are the fields for one address.
func personFormInputs(typed map[string]string) []slack.Block {
	return append(
		form.PersonInputs(true, typed),
		blocks.TextInput(blocks.Input{Name: fieldOwnID, Label: "Your own id of the person", Optional: true}, typed[fieldOwnID],
			maxOwnID),
		blocks.StaticSelect(blocks.Input{Name: fieldDigits, Label: "Validation code"}, typed[fieldDigits],
			blocks.Option("None made by Coupontools", noCodes),
			blocks.Option("6 digits", "6"), blocks.Option("8 digits", "8"), blocks.Option("10 digits", "10")),
		blocks.TextInput(blocks.Input{
			Name: fieldOwnCode, Label: "Your own validation code", Optional: true, Hint: "Instead of one made by Coupontools.",
		}, typed[fieldOwnCode], maxOwnCode),
		blocks.TextInput(blocks.Input{
			Name: form.FieldEnds, Label: "Ends", Optional: true,
			Hint: "As 2027-01-31 18:00, on the clock of the campaign's time zone. Without an hour: at the end of that day.",
		}, typed[form.FieldEnds], form.MaxIDInput),
		blocks.StaticSelect(
			blocks.Input{Name: fieldDuplicate, Label: "If the person has one already"}, typed[fieldDuplicate],
			blocks.Option("Make another one", anotherOne),
			blocks.Option("Give that one, known by the e-mail address", "email"),
			blocks.Option("Give that one, known by the phone number", "phone"),
			blocks.Option("Give that one, known by your own id", "customid")),
	)
}

// shown stores the initial values of each form's last update, by the form's id.
func (s singleUseHandlers) shown() ui.Saved[map[string]string] {
	return ui.Saved[map[string]string]{Store: s.store, Prefix: "single_use:"}
}

// changeFor shows the fields of the other kind of address, and keeps what was typed.
func (s singleUseHandlers) changeFor(ctx context.Context, req bot.Request) (bot.Reply, error) {
	if req.View == nil {
		return bot.Reply{}, ui.BrokenButton("/coupontools single-use", nil)
	}
	f := singleUseFormOf(req.View)
	values := maps.Clone(singleUseDefaults)
	before, _ := s.shown().Get(ctx, req.Person, f.ID)
	maps.Copy(values, before)
	if f.Shown != req.Value {
		v := form.Prefilled{View: req.View, Shown: before}
		for _, name := range append([]string{form.FieldCampaign}, singleUseFields[f.Shown]...) {
			values[name] = v.Value(name)
		}
		s.shown().Put(ctx, req.Person, f.ID, values)
	}
	f.Shown = req.Value
	return bot.Reply{View: s.view(f, values)}, nil
}

// checkPerson reads the fields for one address.
func (d *singleUseDraft) checkPerson(v form.Values, region string, wrong form.Problems) {
	p := coupontools.SingleUseCreate{
		Campaign:  d.Campaign,
		FirstName: format.OneLine(v.Value(form.FieldFirstName)), LastName: format.OneLine(v.Value(form.FieldLastName)),
		CustomID: format.OneLine(v.Value(fieldOwnID)), ValidationCode: format.OneLine(v.Value(fieldOwnCode)),
	}
	var unfit map[string]string
	p.Email, p.Phone, unfit = form.ReadContact(v, region)
	maps.Copy(wrong, unfit)
	if format.Joined("", p.FirstName, p.LastName, p.Email, p.Phone, p.CustomID) == "" && len(unfit) == 0 {
		wrong.Add(form.FieldEmail, "Say who it is for: give an e-mail address, a name, a phone number or your own id.")
	}
	for _, f := range []struct {
		name, text string
		most       int
	}{
		{form.FieldFirstName, p.FirstName, form.MaxNameInput},
		{form.FieldLastName, p.LastName, form.MaxNameInput},
		{fieldOwnID, p.CustomID, maxOwnID},
		{fieldOwnCode, p.ValidationCode, maxOwnCode},
	} {
		if utf8.RuneCountInString(f.text) > f.most {
			wrong.Add(f.name, form.TooLong(f.text, f.most))
		}
	}
	p.ValidationDigits, _ = strconv.Atoi(form.Chosen(v, fieldDigits, wrong, noCodes, "6", "8", "10")) // 0 for [noCodes]
	if p.ValidationDigits != 0 && p.ValidationCode != "" {
		wrong.Add(fieldOwnCode, "Give a code of your own or have one made, not both.")
	}
	p.Expires = readEnd(format.OneLine(v.Value(form.FieldEnds)), wrong)
	p.DuplicateCheck = form.Chosen(v, fieldDuplicate, wrong, anotherOne, "email", "phone", "customid")
	if p.DuplicateCheck == anotherOne {
		p.DuplicateCheck = ""
	}
	if p.DuplicateCheck != "" && duplicateKey(p) == "" && len(unfit) == 0 {
		wrong.Add(fieldDuplicate, "That is empty in this form, so the person cannot be known by it.")
	}
	d.Person = &p
}

// duplicateKey returns the value, with its noun, that identifies a person who already has an address; "" if that is empty or
// not asked for.
func duplicateKey(p coupontools.SingleUseCreate) string {
	for _, by := range [][3]string{
		{"email", "the e-mail address ", p.Email}, {"phone", "the phone number ", p.Phone}, {"customid", "your id ", p.CustomID},
	} {
		if p.DuplicateCheck == by[0] && by[2] != "" {
			return by[1] + by[2]
		}
	}
	return ""
}

// endLayout is the format of an end time.
const endLayout = "2006-01-02 15:04"

// readEnd parses an end time in an unknown time zone.
func readEnd(typed string, wrong form.Problems) time.Time {
	if typed == "" {
		return time.Time{}
	}
	end, err := time.Parse(endLayout, typed)
	if err != nil {
		if end, err = time.Parse(time.DateOnly, typed); err != nil {
			wrong.Add(form.FieldEnds, "Write it as 2027-01-31 18:00, or the day alone.")
			return time.Time{}
		}
		end = end.AddDate(0, 0, 1).Add(-time.Second)
	}
	const latest = 12 * time.Hour // the last time zone to reach it
	if time.Now().After(end.Add(latest)) {
		wrong.Add(form.FieldEnds, "This is in the past. Choose a later end, or none.")
	}
	return end
}

// previewPerson shows the person and the consequence.
func (d singleUseDraft) previewPerson() []slack.Block {
	p := *d.Person
	code, end := p.ValidationCode, ""
	if p.ValidationDigits != 0 {
		code = fmt.Sprintf("%d digits, made by Coupontools", p.ValidationDigits)
	}
	if !p.Expires.IsZero() {
		end = p.Expires.Format(endLayout) + " in the campaign's time zone"
	}
	lines := []blocks.Line{blocks.Field("Campaign", format.NameAndID(d.Name, d.Campaign))}
	for _, f := range [][2]string{
		{"Name", format.Joined(" ", p.FirstName, p.LastName)},
		{"E-mail address", p.Email},
		{"Phone number", p.Phone},
		{"Your own id", p.CustomID},
		{"Validation code", code},
		{"Ends", end},
	} {
		if f[1] != "" {
			lines = append(lines, blocks.Field(f[0], f[1]))
		}
	}
	consequence := "This makes a new address in Coupontools, which is a new session of the campaign, even if this person has one."
	if by := duplicateKey(p); by != "" {
		consequence = "If the campaign has an address for " + by + ", you get that one as it is, and nothing is made. " +
			"Otherwise this makes a new one, which is a new session of the campaign."
	}
	return []slack.Block{
		blocks.Rich(lines...), blocks.Text(consequence + " It is shown to you alone: anyone who has it can use it."),
	}
}

// makeOne creates the address of one person and returns it in the reply.
func (s singleUseHandlers) makeOne(ctx context.Context, d singleUseDraft) (string, sends.Entry, error) {
	made, err := s.api.CreateSingleUse(ctx, *d.Person)
	e := sends.Entry{What: auditSingleUse, Note: "1 address of " + d.Campaign + " for a person who is known"}
	if err == nil {
		e.Note += ": " + ui.ShortCode(made.Code)
	}
	if errors.Is(err, coupontools.ErrNotFound) {
		return "", sends.Entry{}, d.failed(0, err)
	}
	if err != nil {
		return "", e, d.failed(0, err)
	}
	p := d.Person
	who := cmp.Or(format.Joined(" ", p.FirstName, p.LastName), p.Email, p.Phone, p.CustomID)
	lines := []string{
		fmt.Sprintf("The address of %s for %s:", format.Short(who), format.NameAndID(format.Short(d.Name), d.Campaign)),
		made.URL,
	}
	for _, f := range [][2]string{
		{"Session", made.Code}, {"Code to type at the till", made.ShortCode}, {"Validation code", made.ValidationCode},
	} {
		if f[1] != "" {
			lines = append(lines, f[0]+": "+format.Sentence(f[1]))
		}
	}
	// The address is not shown as a link: following it opens the coupon.
	return format.Joined("\n", append(lines, "Anyone who has it can use it.")...), e, nil
}
