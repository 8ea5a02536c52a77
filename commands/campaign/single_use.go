package campaign

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
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
	actionSingleUse = "campaign_single_use"

	viewSingleUse = "single_use"

	fieldCodes  = "codes"
	fieldPrefix = "prefix"
	fieldLength = "length"

	noCodes = "none"

	// maxPrefix is the most characters before each validation code. The API names no limit for it; a code may have 100.
	maxPrefix = 50
	// minCode, maxCode and usualCode are lengths of validation codes. (Coupontools: multiplesingleuse/create.)
	minCode, maxCode, usualCode = 10, 25, 12

	// makeTime bounds the creation. What has been created by then is delivered.
	makeTime = 80 * time.Second
	// deliverTime bounds the upload of the file to Slack.
	deliverTime = 30 * time.Second
)

var auditSingleUse = ui.Audited("single_use", "made single-use addresses")

// singleUseHandlers create single-use addresses.
type singleUseHandlers struct {
	campaigns List
	api       *coupontools.Client
	store     ui.OnceStore
	files     ui.Deliverer
	audit     *sends.Service
	// region is the country of phone numbers written without +.
	region string
}

// singleUseCommand answers "/coupontools single-use" with a form.
func singleUseCommand(s singleUseHandlers) bot.Command {
	c := s.makeChange()
	return bot.Command{
		Topic: "single-use", Group: ui.GroupCampaigns, Usage: "[name or cam_ID]",
		Summary: "Make addresses of a campaign for one person each", Right: bot.Send,
		Examples: []bot.Example{
			{Line: "/coupontools single-use", Does: "opens the form, for many people or for one who is known"},
			{Line: "/coupontools single-use Summer sale", Does: "opens it for the campaign “Summer sale”"},
		},
		Run:         s.run,
		Actions:     map[string]bot.Action{fieldFor: {Run: s.changeFor}},
		Submissions: map[string]bot.Submission{viewSingleUse: {Run: s.submitted(c)}, c.View: {Run: c.Confirmed}},
	}
}

func (s singleUseHandlers) run(_ context.Context, req bot.Request) (bot.Reply, error) {
	return bot.Reply{View: s.view(newSingleUseForm(s.campaigns.ResolveLocal(req.Words).ID), singleUseDefaults)}, nil
}

// openCampaign opens the form for a button's campaign.
func (s singleUseHandlers) openCampaign(_ context.Context, req bot.Request) (bot.Reply, error) {
	return bot.Reply{View: s.view(newSingleUseForm(req.Value), singleUseDefaults), Push: true}, nil
}

// manyInputs are the fields for many addresses.
func manyInputs(typed map[string]string) []slack.Block {
	const digits = 7
	return []slack.Block{
		blocks.TextInput(blocks.Input{
			Name: form.FieldAmount, Label: "How many", Hint: "1 to " + format.Thousands(coupontools.MaxSingleUses) + ".",
		}, typed[form.FieldAmount], digits),
		blocks.StaticSelect(blocks.Input{Name: form.FieldStatus, Label: "Status"}, typed[form.FieldStatus],
			blocks.Option("Normal", coupontools.SingleUseNormal),
			blocks.Option("Voided: they cannot be used yet", coupontools.SingleUseVoided),
			blocks.Option("Activated", coupontools.SingleUseActivated)),
		blocks.Radio(blocks.Input{Name: fieldCodes, Label: "Validation codes"}, typed[fieldCodes],
			blocks.Option("None of their own", noCodes),
			blocks.Option("Digits", coupontools.CodesNumeric),
			blocks.Option("Letters and digits", coupontools.CodesAlphanumeric)),
		blocks.TextInput(blocks.Input{
			Name: fieldPrefix, Label: "Prefix of the codes", Optional: true, Hint: "It goes before each code.",
		}, typed[fieldPrefix], maxPrefix),
		blocks.TextInput(blocks.Input{
			Name: fieldLength, Label: "Length of the codes", Optional: true,
			Hint: fmt.Sprintf("%d to %d, without the prefix; %d if empty.", minCode, maxCode, usualCode),
		}, typed[fieldLength], digits),
	}
}

// singleUseDraft describes addresses that are created after a confirmation.
type singleUseDraft struct {
	Name string // of the campaign
	coupontools.SingleUsesCreate
	// Person is set if one address for a known person is created instead.
	Person *coupontools.SingleUseCreate
}

// submitted checks the form and shows a preview on top. Nothing is created.
func (s singleUseHandlers) submitted(c ui.Change[singleUseDraft]) bot.Handler {
	return func(ctx context.Context, req bot.Request) (bot.Reply, error) {
		d, wrong := s.check(ctx, req)
		if len(wrong) > 0 {
			return bot.Reply{Errors: wrong}, nil
		}
		told, yes := d.preview, "Make "+d.addresses()
		if d.Person != nil {
			told, yes = d.previewPerson, "Make 1 address"
		}
		preview := append(told(), blocks.Divider(), blocks.Text("Nothing has been made yet."))
		return c.WithButton(yes).Preview(ctx, req, d, preview...), nil
	}
}

// makeChange creates the addresses.
func (s singleUseHandlers) makeChange() ui.Change[singleUseDraft] {
	return ui.Change[singleUseDraft]{
		View: "single_use_confirm", Title: "Single use", WaitText: ui.MakingCodes, Store: s.store, Audit: s.audit,
		Do: func(ctx context.Context, req bot.Request, d singleUseDraft) (string, sends.Entry, error) {
			if d.Person != nil {
				return s.makeOne(ctx, d)
			}
			said, err := s.make(ctx, req, d)
			return said, sends.Entry{}, err
		},
		Secret: func(d singleUseDraft) *bot.Mistake {
			if d.Person == nil {
				return nil // the file goes to the direct messages
			}
			return ui.ShownBefore("If you don't see it, look for it before you start again: /coupontools sessions " + d.Campaign)
		},
	}
}

func (s singleUseHandlers) check(ctx context.Context, req bot.Request) (singleUseDraft, form.Problems) {
	f, wrong := singleUseFormOf(req.View), form.Problems{}
	shown, _ := s.shown().Get(ctx, req.Person, f.ID)
	v := form.Prefilled{View: req.View, Shown: shown}
	c := chosenCampaign(s.campaigns, v)
	d := singleUseDraft{Name: c.Name}
	d.Campaign = c.ID
	if c.ID == "" {
		wrong.Add(form.FieldCampaign, ui.ChooseACampaign)
	}
	if kind := req.View.Value(fieldFor); kind != "" && kind != f.Shown {
		wrong.Add(fieldFor, "The fields below are for the other choice. Choose again.") // submitted before the form was updated
		return d, wrong
	}
	v.CheckEmptied(wrong, singleUseOptional[f.Shown]...)
	switch f.Shown {
	case forMany:
		d.checkMany(v, wrong)
	case forOne:
		d.checkPerson(v, s.region, wrong)
	default:
		wrong.Add(fieldFor, form.ChooseOne)
	}
	return d, wrong
}

func (d *singleUseDraft) checkMany(v form.Values, wrong form.Problems) {
	d.Status = form.Chosen(v, form.FieldStatus, wrong, coupontools.SingleUseNormal, coupontools.SingleUseVoided,
		coupontools.SingleUseActivated)
	var ok bool
	if d.Amount, ok = format.ParseAmount(v.Value(form.FieldAmount)); !ok || d.Amount < 1 || d.Amount > coupontools.MaxSingleUses {
		wrong.Add(form.FieldAmount, "Enter a whole number from 1 to "+format.Thousands(coupontools.MaxSingleUses)+".")
	}
	d.checkCodes(v, wrong)
}

// checkCodes reads the validation codes. If codes are off, values in the code fields are an error, not ignored.
func (d *singleUseDraft) checkCodes(v form.Values, wrong form.Problems) {
	prefix, length := strings.TrimSpace(v.Value(fieldPrefix)), strings.TrimSpace(v.Value(fieldLength))
	kind := form.Chosen(v, fieldCodes, wrong, noCodes, coupontools.CodesNumeric, coupontools.CodesAlphanumeric)
	if kind == noCodes || kind == "" {
		if prefix != "" || length != "" {
			wrong.Add(fieldCodes, "Choose which codes, or empty the two fields below.")
		}
		return
	}
	d.CodeType, d.CodePrefix, d.CodeLength = kind, prefix, usualCode
	if utf8.RuneCountInString(prefix) > maxPrefix {
		wrong.Add(fieldPrefix, form.TooLong(prefix, maxPrefix))
	}
	if length == "" {
		return
	}
	var ok bool
	if d.CodeLength, ok = format.ParseAmount(length); !ok || d.CodeLength < minCode || d.CodeLength > maxCode {
		wrong.Add(fieldLength, fmt.Sprintf("Enter a whole number from %d to %d.", minCode, maxCode))
	}
}

func (d singleUseDraft) addresses() string { return format.Count(d.Amount, "address", "addresses") }

// preview shows what will be created, and the consequence.
func (d singleUseDraft) preview() []slack.Block {
	codes := "none of their own"
	if d.CodeType != "" {
		codes = fmt.Sprintf("%s, %d long", d.CodeType, d.CodeLength)
		if d.CodePrefix != "" {
			codes += ", after “" + d.CodePrefix + "”"
		}
	}
	return []slack.Block{
		blocks.Rich(
			blocks.Field("Campaign", format.NameAndID(d.Name, d.Campaign)),
			blocks.Field("Status", d.Status),
			blocks.Field("Validation codes", codes)),
		blocks.Text(fmt.Sprintf("This makes %s in Coupontools, each a new session of the campaign. They can only be taken away "+
			"one by one. The file with them comes to you as a direct message: anyone who has it can use them.",
			format.Count(d.Amount, "new address", "new addresses"))),
	}
}

// make creates the addresses and uploads those that were created, also if others failed. It writes the audit log before the
// upload.
func (s singleUseHandlers) make(ctx context.Context, req bot.Request, d singleUseDraft) (said string, err error) {
	err = ui.InFile(func(f *os.File) error {
		made, failed := s.write(ctx, f, d)
		notice := s.record(ctx, req, d, made, failed)
		if made == 0 {
			return d.failed(0, failed)
		}
		// The user must get what was created, also if the rest failed or ctx has ended.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deliverTime)
		defer cancel()
		err := s.files.UploadFile(ctx, req.Person, f, "file with them", bot.Upload{
			Name: "single-use-" + d.Campaign + ".csv", AltText: "A table of " + format.Count(made, "address", "addresses"),
			Comment: fmt.Sprintf("%s of %s. Anyone with this file can use them.",
				format.Count(made, "single-use address", "single-use addresses"), format.NameAndID(format.Short(d.Name), d.Campaign)),
		})
		switch {
		case err != nil:
			return d.undelivered(made, err)
		case failed != nil:
			return d.failed(made, failed)
		}
		campaign := format.NameAndID(format.Short(d.Name), d.Campaign)
		said = format.Joined(" ", format.Count(made, "address of "+campaign+" is", "addresses of "+campaign+" are")+
			" made. The file with them is in your direct messages.", notice)
		return nil
	})
	return said, err
}

// record writes the number of created addresses into the audit log, also if the rest failed.
func (s singleUseHandlers) record(ctx context.Context, req bot.Request, d singleUseDraft, made int, failed error) string {
	e := sends.Entry{What: auditSingleUse, Note: d.addresses() + " of " + d.Campaign}
	if failed != nil && made > 0 {
		e.Note = format.Thousands(made) + " of " + e.Note
		if coupontools.ClassOf(failed) != coupontools.Unknown {
			failed = nil
		}
	}
	return ui.Record(ctx, s.audit, req, e, failed)
}

// write creates the addresses and writes them into the file.
func (s singleUseHandlers) write(ctx context.Context, f *os.File, d singleUseDraft) (made int, err error) {
	ctx, cancel := context.WithTimeout(ctx, makeTime)
	defer cancel()
	return s.api.WriteSingleUses(ctx, f, d.SingleUsesCreate)
}

// undelivered says that the addresses were created but the file couldn't be sent.
func (d singleUseDraft) undelivered(made int, err error) error {
	return &bot.Mistake{
		Text: "Slack did not take the file.", Done: format.Count(made, "address was", "addresses were") + " made.",
		Hint:  "They are the newest sessions of the campaign: /coupontools sessions " + d.Campaign,
		Cause: err,
	}
}

// failed explains that creation failed after made addresses, which are in the file.
func (d singleUseDraft) failed(made int, err error) error {
	if errors.Is(err, coupontools.ErrNotFound) && made == 0 {
		return ui.Undone{Err: &bot.Mistake{Text: "There is no campaign " + d.Campaign + " (any more).", Done: "Nothing was made."}}
	}
	unknown := coupontools.ClassOf(err) == coupontools.Unknown
	if unknown && ui.Explain(err) == nil {
		err = &coupontools.Error{Class: coupontools.Unknown, Err: err} // writing the file failed
	}
	words := ui.FailedChange{
		Act:    "make single-use addresses",
		Undone: "Nothing was made.",
		Unsure: "They may or may not have been made.",
	}
	if d.Person != nil {
		words.Unsure = "The address may or may not have been made."
	}
	words.Hint = "It was tried once only. " + d.beforeMore()
	err = ui.AfterChange(err, words)
	if m, ok := errors.AsType[*bot.Mistake](err); ok && made > 0 {
		m.Unsure = true
		m.Done = fmt.Sprintf("Of the %s, %s made; the file with them is in your direct messages.", d.addresses(),
			format.Count(made, "is", "are"))
	}
	return err
}

// beforeMore says how to avoid creating the same addresses twice.
func (d singleUseDraft) beforeMore() string {
	if d.Person != nil && d.Person.DuplicateCheck != "" {
		return "Start again with /coupontools single-use and fill in the same: if the address is there, you get that one."
	}
	return "Look at the sessions of the campaign before you make more: /coupontools sessions " + d.Campaign
}
