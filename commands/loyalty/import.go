package loyalty

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
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
	"github.com/coupontools/couponbot/sends/recipients"
)

const (
	actionImport = "loyalty_import"
	viewImport   = "loyalty_import"
	// viewImportReading is shown while the file is read.
	viewImportReading = "loyalty_import_read"

	// maxImport is the most people of a file, importBatch the people of one call. The API names no limit.
	maxImport   = 2000
	importBatch = 100
	// importTime is when the last call starts, early enough to end in time.
	importTime = 80 * time.Second
	// maxImportCell is the most characters of a cell. Coupontools names no limit.
	maxImportCell = 255
)

var auditImport = ui.Audited("loyalty_import", "gave a loyalty card to the people in a file")

// importColumns are the columns of an import, in the order of [readImportRow].
var importColumns = []string{
	"first_name", "last_name", "email", "phone", "address", "zip", "city",
	"custom_1", "custom_2", "custom_3", "custom_4", "custom_5", "custom_6", "custom_7", "custom_8",
}

// importRequest is a file of new users. They are read from the file again after the confirmation, so they are stored nowhere.
type importRequest struct {
	Card string
	File bot.File
	Sum  [sha256.Size]byte // checksum of the content
}

// importRow is one row of a file.
type importRow struct {
	Line int
	coupontools.LoyaltyUserV4Fields
}

func readImportRow(r recipients.Row) importRow {
	c := r.Cells
	return importRow{r.Line, coupontools.LoyaltyUserV4Fields{
		FirstName: c[0], LastName: c[1], Email: c[2], Phone: c[3], Address: c[4], Zip: c[5], City: c[6], Custom: [8]string(c[7:]),
	}}
}

// contact is the e-mail address, else the phone number.
func (n importRow) contact() string { return cmp.Or(n.Email, n.Phone) }

// importRows is the content of a file.
type importRows struct {
	people  []importRow
	leftOut []recipients.LeftOut
	other   []string // unknown columns
	hidden  int      // rows that the spreadsheet hides
}

// maxShownRows is how many rows the preview shows.
const maxShownRows = 3

// preview shows a row as it will be imported: "Row 2: first_name Mia, phone +32470000001".
func (n importRow) preview() string {
	var cells []string
	for i, cell := range n.cells() {
		if cell != "" {
			cells = append(cells, importColumns[i]+" "+format.Short(cell))
		}
	}
	return fmt.Sprintf("Row %d: %s", n.Line, strings.Join(cells, ", "))
}

// cells are in the order of importColumns.
func (n importRow) cells() []string {
	return append([]string{n.FirstName, n.LastName, n.Email, n.Phone, n.Address, n.Zip, n.City}, n.Custom[:]...)
}

func (h handlers) importView(card string) *slack.ModalViewRequest {
	return blocks.WithMetadata(blocks.Modal(viewImport, "Import users", "Check", "Cancel",
		blocks.Rich(blocks.Field("Loyalty card", h.cardName(card))),
		blocks.FileInput(blocks.Input{
			Name: form.FieldImport, Label: "People to give the card to",
			Hint: fmt.Sprintf("A CSV or Excel (XLSX) file with up to %s people, one in each row. Its first row names the columns: "+
				"%s to %s. Each person needs an e-mail address or a phone number.",
				format.Thousands(maxImport), strings.Join(importColumns[:8], ", "), importColumns[len(importColumns)-1]),
		}, []string{"csv", "xlsx"}, 1)), card)
}

// checkImport reads the file while the user waits, and shows who will get the card.
func (h handlers) checkImport(c ui.Change[importRequest]) bot.Handler {
	return func(_ context.Context, req bot.Request) (bot.Reply, error) {
		files := req.View.Files(form.FieldImport)
		if len(files) == 0 {
			return bot.Reply{Errors: map[string]string{form.FieldImport: "Add a file."}}, nil
		}
		wanted := importRequest{Card: req.View.Metadata, File: files[0]}
		reading := blocks.Modal(viewImportReading, "Import users", "", "Back",
			blocks.Text(h.uploads.Waiting(req.Person.ID, wanted.File)))
		return bot.Reply{Push: true, DropIfClosed: true, View: reading, Later: func(ctx context.Context) (bot.Reply, error) {
			in, sum, err := h.readImport(ctx, req.Person.ID, wanted)
			if err != nil {
				return bot.Reply{}, err
			}
			wanted.Sum = sum
			return bot.Reply{View: c.PreviewView(ctx, req, wanted, h.importBlocks(wanted.Card, in)...)}, nil
		}}, nil
	}
}

// importBlocks show who will get the card, masked, and who won't.
func (h handlers) importBlocks(card string, in importRows) []slack.Block {
	var to []recipients.Recipient
	for _, n := range in.people {
		to = append(to, recipients.Recipient{To: n.contact()})
	}
	lines := []blocks.Line{
		blocks.Field("Loyalty card", h.cardName(card)),
		blocks.Field("To", format.Persons(len(to))+": "+format.Sample(to)),
	}
	if len(in.other) > 0 {
		lines = append(lines, blocks.Field("Columns that are not taken", format.Sentence(strings.Join(in.other, ", "))))
	}
	set := []slack.Block{blocks.Rich(lines...)}
	if in.hidden > 0 {
		set = append(set, blocks.Context(blocks.Small(
			format.Capitalised(format.Count(in.hidden, "row is", "rows are"))+" hidden in the spreadsheet and skipped.")))
	}
	var rows []string
	for _, n := range in.people[:min(len(in.people), maxShownRows)] {
		rows = append(rows, n.preview())
	}
	set = append(set, blocks.Text("This is how they will be stored:\n"+strings.Join(rows, "\n")))
	if left := leftOutText(in.leftOut); left != "" {
		set = append(set, blocks.Text(left))
	}
	return append(
		set,
		blocks.Text("These people become known to Coupontools and have the card from then on. That cannot be taken "+
			"back in one go. Nothing has been made yet."),
	)
}

// leftOutText lists the rows that are left out, with the reasons.
func leftOutText(out []recipients.LeftOut) string {
	if len(out) == 0 {
		return ""
	}
	lines := []string{format.Count(len(out), "row is", "rows are") + " left out:"}
	for _, o := range out[:min(len(out), format.Listed)] {
		lines = append(lines, format.Capitalised(o.Place())+": "+o.Reason)
	}
	return format.AndMore(lines, len(out), format.Listed)
}

// readImport reads a file and leaves out the people who have the card already. sum is the file's checksum.
func (h handlers) readImport(ctx context.Context, person string, of importRequest) (importRows, [sha256.Size]byte, error) {
	var rows recipients.Rows
	sum, err := h.uploads.Read(ctx, person, of.File, func(content []byte) (err error) {
		rows, err = recipients.ReadRows(ctx, recipients.File{Name: of.File.Name, Content: content}, importColumns, maxImport)
		return err
	})
	if err != nil {
		return importRows{}, sum, ui.Unusable(err)
	}
	known, err := h.users.Fetched.Renew(ctx, of.Card)
	if err != nil {
		err = fmt.Errorf("look up who has the card already: %w", err)
		return importRows{}, sum, ui.NotKnown(err, "this loyalty card", h.cards.CommandLine())
	}
	in := h.divideRows(rows, known)
	if len(in.people) == 0 {
		return in, sum, nobodyMistake(in)
	}
	return in, sum, nil
}

// nobodyMistake says that a file has no rows to import.
func nobodyMistake(in importRows) error {
	m := &bot.Mistake{Text: "There is nobody in this file to give the card to.", Hint: "Please start with another list."}
	if n := len(in.leftOut); n > 0 {
		first := in.leftOut[0]
		m.Text += fmt.Sprintf(" Left out: %s. %s: %s", format.Count(n, "row", "rows"), format.Capitalised(first.Place()),
			first.Reason)
	}
	return m
}

// divideRows separates the rows to import from those that are left out.
func (h handlers) divideRows(rows recipients.Rows, known []coupontools.LoyaltyUser) importRows {
	in := importRows{other: rows.Other, hidden: rows.Hidden}
	seen := map[string]string{} // the reason to leave out another row with this e-mail address or phone number
	see := func(email, phone, reason string) {
		for _, reach := range []string{email, phone} {
			if reach != "" {
				seen[reach] = reason
			}
		}
	}
	for _, u := range known {
		see(strings.ToLower(u.Email), h.numberOf(u.Phone), "This person has the card already.")
	}
	for _, r := range rows.Rows {
		n := readImportRow(r)
		if reason := cmp.Or(h.validate(&n), seen[n.Email], seen[n.Phone]); reason != "" {
			in.leftOut = append(in.leftOut, recipients.LeftOut{Line: r.Line, FromFile: true, Reason: reason})
			continue
		}
		see(n.Email, n.Phone, fmt.Sprintf("It is the same person as in row %d of the file.", r.Line))
		in.people = append(in.people, n)
	}
	return in
}

// numberOf formats a stored phone number as those of a file; "" if it can't be parsed.
func (h handlers) numberOf(phone string) string {
	for _, text := range []string{phone, "+" + phone} {
		if to, err := recipients.Phone(text, recipients.Rules{Kind: recipients.SMS, Region: h.region}); err == nil {
			return to.To
		}
	}
	return ""
}

// validate normalises the e-mail address and the phone number, and returns the reason to leave the row out, or "".
func (h handlers) validate(n *importRow) string {
	if n.contact() == "" {
		return "It has neither an e-mail address nor a phone number."
	}
	var err error
	if n.Email != "" {
		if n.Email, err = recipients.Address(n.Email); err != nil {
			return "The e-mail address: " + err.Error()
		}
	}
	if n.Phone != "" {
		to, err := recipients.Phone(n.Phone, recipients.Rules{Kind: recipients.SMS, Region: h.region})
		if err != nil {
			return "The phone number: " + err.Error()
		}
		n.Phone = to.To
	}
	for i, text := range n.cells() {
		if strings.HasPrefix(text, "=") {
			return fmt.Sprintf("The column %s has a formula that was never calculated.", importColumns[i])
		}
		if utf8.RuneCountInString(text) > maxImportCell {
			return "A cell is too long: " + form.TooLong(text, maxImportCell)
		}
	}
	return ""
}

func (h handlers) importChange() ui.Change[importRequest] {
	return ui.Change[importRequest]{
		View: "loyalty_import_check", Title: "Import users", Button: "Give the cards", WaitText: "Giving the cards…",
		Store: h.store, Audit: h.audit,
		Do: func(ctx context.Context, req bot.Request, wanted importRequest) (string, sends.Entry, error) {
			begun := time.Now()
			in, sum, err := h.readImport(ctx, req.Person.ID, wanted)
			switch {
			case err != nil:
				return "", sends.Entry{}, ui.Undone{Err: err}
			case sum != wanted.Sum:
				return "", sends.Entry{}, ui.Undone{Err: &bot.Mistake{
					Text: "The file is not what it was when it was checked.", Hint: "Please upload it again.",
				}}
			}
			defer h.users.Fetched.Forget(wanted.Card)
			g := h.createUsers(ctx, wanted.Card, in.people, begun.Add(importTime))
			if g.made+g.unconfirmed == 0 && g.err != nil {
				return "", sends.Entry{}, ui.NotKnown(fmt.Errorf("import loyalty users: %w", g.err), "this loyalty card",
					h.cards.CommandLine())
			}
			return g.text(h.cardName(wanted.Card)), g.entry(wanted.Card, len(in.people)), nil
		},
	}
}

// importResult is the result of an import.
type importResult struct {
	made        int
	unconfirmed int // without a clear answer
	parts       []importedRange
	err         error // the first error
}

// importedRange is a range of rows of which not all were created for certain.
type importedRange struct {
	from, to, people int
	what             string
}

// createUsers creates users in batches and starts no call after end. It repeats no call. After a call without a clear answer,
// or a refusal that further calls would meet too, it skips the rest.
func (h handlers) createUsers(ctx context.Context, card string, people []importRow, end time.Time) importResult {
	var g importResult
	over := ""
	for batch := range slices.Chunk(people, importBatch) {
		if over == "" && time.Now().After(end) {
			over = "not tried, since there was no time left."
		}
		if over != "" {
			g.add(batch, over)
			continue
		}
		fields := make([]coupontools.LoyaltyUserV4Fields, len(batch))
		for i, n := range batch {
			fields[i] = n.LoyaltyUserV4Fields
		}
		ids, err := h.api.CreateLoyaltyUsersV4(ctx, card, fields)
		g.err = cmp.Or(g.err, err)
		switch {
		case err == nil && len(ids) > 0 && len(ids) < len(batch):
			g.made += len(ids)
			g.add(batch, "Coupontools names only "+format.Thousands(len(ids))+" of them as made.")
		case err == nil:
			g.made += len(batch)
		case coupontools.ClassOf(err) == coupontools.Unknown:
			g.unconfirmed += len(batch)
			g.add(batch, "it is not known whether they were made. "+ui.ErrorReason(err)+" It was tried once only.")
			over = "not tried, since the answer before was not clear."
		default:
			g.add(batch, "not made. "+ui.ErrorReason(err))
			if coupontools.ClassOf(err) != coupontools.Refused || errors.Is(err, coupontools.ErrNotFound) {
				over = "not tried, since the call before was refused."
			}
		}
	}
	return g
}

// add appends a result, merging it with the previous range if it is the same.
func (g *importResult) add(people []importRow, what string) {
	from, to := people[0].Line, people[len(people)-1].Line
	if n := len(g.parts); n > 0 && g.parts[n-1].what == what {
		g.parts[n-1].to, g.parts[n-1].people = to, g.parts[n-1].people+len(people)
		return
	}
	g.parts = append(g.parts, importedRange{from, to, len(people), what})
}

// entry returns the audit entry, or an empty one if nobody can have been created.
func (g importResult) entry(card string, of int) sends.Entry {
	if g.made+g.unconfirmed == 0 {
		return sends.Entry{}
	}
	e := sends.Entry{
		What: auditImport,
		Note: fmt.Sprintf("%s of %s, of %s", format.Thousands(g.made), format.Persons(of), card),
	}
	if g.unconfirmed > 0 {
		e.Note += ", " + format.Thousands(g.unconfirmed) + " without a clear answer"
	}
	return e
}

// text describes the result to the user.
func (g importResult) text(card string) string {
	said := "As far as is known, nobody got " + card + " by this."
	if g.made > 0 {
		said = format.Count(g.made, "person now has ", "people now have ") + card + "."
	}
	if len(g.parts) == 0 {
		return said
	}
	lines := []string{said}
	for _, p := range g.parts[:min(len(g.parts), format.Listed)] {
		lines = append(lines, p.rows()+" of the file, with "+format.Persons(p.people)+": "+p.what)
	}
	return format.AndMore(lines, len(g.parts), format.Listed) +
		"\nFor the rest, import the same file again in a few minutes: who has the card by then is left out."
}

func (p importedRange) rows() string {
	if p.from == p.to {
		return fmt.Sprintf("Row %d", p.from)
	}
	return fmt.Sprintf("Rows %d to %d", p.from, p.to)
}
