package account

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/form"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

const (
	viewSubaccountCreate = "subaccount_create"
	viewSubaccountUpdate = "subaccount_update"
	// viewSubaccountWait is shown before the form and before its preview.
	viewSubaccountWait = "subaccount_wait"

	fieldCompany = "company_name"
	fieldPackage = "package"
	fieldCountry = "country"
)

var (
	auditSubaccount       = ui.Audited("subaccount", "changed a subaccount")
	auditSubaccountCreate = ui.Audited("subaccount_create", "made a subaccount")
)

// subaccountUpdate holds the fields of a subaccount to change.
type subaccountUpdate struct {
	ID     string
	Fields coupontools.SubaccountFields
}

func createSubaccountView(string) *slack.ModalViewRequest {
	return blocks.Modal(viewSubaccountCreate, "New subaccount", "Check", "Cancel", subaccountInputs(coupontools.Subaccount{})...)
}

// subaccountInputs are the fields of the form. There is no password: Coupontools mails a link to set one.
func subaccountInputs(s coupontools.Subaccount) []slack.Block {
	line := func(name, label, initial, hint string) slack.Block {
		return blocks.TextInput(blocks.Input{Name: name, Label: label, Hint: hint, Optional: name != form.FieldEmail}, initial,
			form.MaxNameInput)
	}
	return []slack.Block{
		line(form.FieldEmail, "E-mail address", s.Email, ""),
		line(fieldCompany, "Company", s.Company, ""),
		line(form.FieldFirstName, "First name", s.FirstName, ""),
		line(form.FieldLastName, "Last name", s.LastName, ""),
		line(fieldPackage, "Package", s.Package, "Says what the subaccount may do: an id such as pac_300210."),
		blocks.StaticSelect(blocks.Input{Name: form.FieldStatus, Label: "Status", Optional: true, Placeholder: "As it is"}, "",
			blocks.Option("Trial", coupontools.SubaccountTrial), blocks.Option("Customer", coupontools.SubaccountCustomer)),
		line(fieldCountry, "Country", "", "Two letters, such as BE."),
		line(form.FieldEnds, "Last day", dateOnly(s.Expires), "As year-month-day, such as 2027-01-31."),
	}
}

var packageID = regexp.MustCompile(`^(pac_)?[0-9]{1,20}$`)

// readSubaccount reads the form. In an update every field may be empty and then changes nothing, since Slack is reported to
// lose initial values (see [form.Prefilled]).
func readSubaccount(v *bot.View) (coupontools.SubaccountFields, map[string]string) {
	text := func(name string) string { return format.OneLine(v.Value(name)) }
	f := coupontools.SubaccountFields{
		Package: text(fieldPackage), Status: v.Value(form.FieldStatus), Company: text(fieldCompany),
		FirstName: text(form.FieldFirstName), LastName: text(form.FieldLastName), Country: strings.ToUpper(text(fieldCountry)),
	}
	wrong := map[string]string{}
	var err error
	if typed := text(form.FieldEmail); typed != "" || v.CallbackID != viewSubaccountUpdate {
		if f.Email, err = recipients.Address(typed); err != nil {
			wrong[form.FieldEmail] = err.Error()
		}
	}
	if f.Package != "" && !packageID.MatchString(f.Package) {
		wrong[fieldPackage] = "An id has the form pac_300210."
	}
	if _, known := form.Country(f.Country); f.Country != "" && !known {
		wrong[fieldCountry] = "There is no such country. Use its two letters, such as BE."
	}
	if typed := text(form.FieldEnds); typed != "" {
		if f.Expires, err = time.Parse(time.DateOnly, typed); err != nil {
			wrong[form.FieldEnds] = "Write it as year-month-day, such as 2027-01-31."
		} else if expired(f.Expires) {
			wrong[form.FieldEnds] = "This day is in the past. Choose a later one, or none."
		}
	}
	return f, wrong
}

func (m subaccountHandlers) create(c ui.Change[coupontools.SubaccountFields]) bot.Handler {
	return func(ctx context.Context, req bot.Request) (bot.Reply, error) {
		f, wrong := readSubaccount(req.View)
		if len(wrong) > 0 {
			return bot.Reply{Errors: wrong}, nil
		}
		return c.Preview(ctx, req, f, subaccountChanges(coupontools.Subaccount{}, f),
			blocks.Text("Coupontools makes the subaccount and mails "+f.Email+" a link to set a password.")), nil
	}
}

// subaccountChanges lists the changed fields with their old and new values.
func subaccountChanges(now coupontools.Subaccount, f coupontools.SubaccountFields) slack.Block {
	var lines []blocks.Line
	for _, x := range [][3]string{
		{"E-mail address", now.Email, f.Email},
		{"Company", now.Company, f.Company},
		{"First name", now.FirstName, f.FirstName},
		{"Last name", now.LastName, f.LastName},
		{"Package", now.Package, f.Package},
		{"Status", "", f.Status},
		{"Country", "", f.Country},
		{"Last day", dateOnly(now.Expires), dateOnly(f.Expires)},
	} {
		switch {
		case x[2] == "" || x[1] == x[2]:
		case x[1] == "":
			lines = append(lines, blocks.Field(x[0], format.Sentence(x[2])))
		default:
			lines = append(lines, blocks.Field(x[0], format.Sentence(x[1])+" → "+format.Sentence(x[2])))
		}
	}
	return blocks.Rich(lines...)
}

func (m subaccountHandlers) createChange() ui.Change[coupontools.SubaccountFields] {
	return ui.Change[coupontools.SubaccountFields]{
		View: "subaccount_create_check", Title: "New subaccount", Button: "Create", WaitText: "Creating the subaccount…",
		Store: m.store, Audit: m.audit,
		Do: func(ctx context.Context, _ bot.Request, f coupontools.SubaccountFields) (string, sends.Entry, error) {
			defer m.accounts.Changed()
			s, err := m.api.CreateSubaccount(ctx, f)
			e := sends.Entry{What: auditSubaccountCreate}
			if err != nil {
				return "", e, fmt.Errorf("create subaccount: %w", err)
			}
			e.Note = s.ID
			return fmt.Sprintf("The subaccount %s was made. Coupontools mails %s a link to set a password.",
				format.NameAndID(format.Short(s.Name()), s.ID), f.Email), e, nil
		},
	}
}

// askUpdate opens the form with the subaccount's current values.
func (m subaccountHandlers) askUpdate(_ context.Context, req bot.Request) (bot.Reply, error) {
	return ui.WaitingOn(viewSubaccountWait, "Update", "Asking Coupontools…", func(ctx context.Context) (bot.Reply, error) {
		s, err := m.get(ctx, req.Value)
		if err != nil {
			return bot.Reply{}, err
		}
		return bot.Reply{View: blocks.WithMetadata(
			blocks.Modal(viewSubaccountUpdate, "Update", "Check", "Cancel", subaccountInputs(*s)...), s.ID)}, nil
	}), nil
}

// update checks the form and shows the changes. Only these are sent.
func (m subaccountHandlers) update(c ui.Change[subaccountUpdate]) bot.Handler {
	return func(_ context.Context, req bot.Request) (bot.Reply, error) {
		f, wrong := readSubaccount(req.View)
		if len(wrong) > 0 {
			return bot.Reply{Errors: wrong}, nil
		}
		return ui.Checking(viewSubaccountWait, "Update", "Asking Coupontools…", func(ctx context.Context) (bot.Reply, error) {
			s, err := m.get(ctx, req.View.Metadata)
			if err != nil {
				return bot.Reply{}, err
			}
			left := emptiedFields(*s, f)
			f := changedFields(*s, f)
			if f == (coupontools.SubaccountFields{}) {
				return bot.Reply{}, &bot.Mistake{
					Text: "Nothing differs from what the subaccount has.", Hint: "A field left empty keeps what is there.",
				}
			}
			told := []slack.Block{
				blocks.Text("This changes for " + format.NameAndID(format.Short(s.Name()), s.ID) + ":"),
				subaccountChanges(*s, f),
			}
			if len(left) > 0 {
				told = append(told, blocks.Text("Came back empty, so unchanged: "+strings.Join(left, ", ")+"."))
			}
			return bot.Reply{View: c.PreviewView(ctx, req, subaccountUpdate{s.ID, f}, told...)}, nil
		}), nil
	}
}

// changedFields drops the values that are as the form showed them: on one line, and cut to the field's length.
func changedFields(now coupontools.Subaccount, f coupontools.SubaccountFields) coupontools.SubaccountFields {
	for _, x := range []struct {
		now    string
		wanted *string
	}{
		{now.Company, &f.Company},
		{now.FirstName, &f.FirstName},
		{now.LastName, &f.LastName},
		{now.Package, &f.Package},
	} {
		if *x.wanted == format.OneLine(blocks.Cut(x.now, form.MaxNameInput)) {
			*x.wanted = ""
		}
	}
	if strings.EqualFold(f.Email, now.Email) {
		f.Email = ""
	}
	if dateOnly(f.Expires) == dateOnly(now.Expires) {
		f.Expires = time.Time{}
	}
	return f
}

// emptiedFields returns the names of the fields that had an initial value and came back empty.
func emptiedFields(now coupontools.Subaccount, f coupontools.SubaccountFields) []string {
	filled := fieldNames(f)
	shown := fieldNames(coupontools.SubaccountFields{
		Email: now.Email, Company: now.Company, FirstName: now.FirstName, LastName: now.LastName, Package: now.Package,
		Expires: now.Expires,
	})
	return slices.DeleteFunc(shown, func(name string) bool { return slices.Contains(filled, name) })
}

// fieldNames are the names of the fields that have a value.
func fieldNames(f coupontools.SubaccountFields) []string {
	var names []string
	for _, x := range [][2]string{
		{"e-mail address", f.Email},
		{"company", f.Company},
		{"first name", f.FirstName},
		{"last name", f.LastName},
		{"package", f.Package},
		{"status", f.Status},
		{"country", f.Country},
		{"last day", dateOnly(f.Expires)},
	} {
		if x[1] != "" {
			names = append(names, x[0])
		}
	}
	return names
}

func (m subaccountHandlers) updateChange() ui.Change[subaccountUpdate] {
	return ui.Change[subaccountUpdate]{
		View: "subaccount_update_check", Title: "Update", Button: "Change", WaitText: "Changing the subaccount…",
		Store: m.store, Audit: m.audit,
		Do: func(ctx context.Context, _ bot.Request, r subaccountUpdate) (string, sends.Entry, error) {
			defer m.accounts.Changed()
			e := sends.Entry{What: auditSubaccount, Note: r.ID + ": " + strings.Join(fieldNames(r.Fields), ", ")}
			if _, err := m.api.UpdateSubaccount(ctx, r.ID, r.Fields); err != nil {
				return "", e, fmt.Errorf("update subaccount: %w", ui.NotKnown(err, "the subaccount "+r.ID, m.accounts.CommandLine()))
			}
			return "The subaccount " + m.called(r.ID) + " was changed.", e, nil
		},
	}
}
