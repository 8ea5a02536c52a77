package recipientlist

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends/recipients"
)

// FieldColumn is the field with the choice of a column.
const FieldColumn = "column"

// ColumnQuestion is a form that asks for the column of a file.
type ColumnQuestion struct {
	Callback, Submit string
	// NothingYet says what hasn't happened so far.
	NothingYet string
}

// View builds the form; its metadata is id.
func (q ColumnQuestion) View(
	id string, f bot.File, kind recipients.Kind, question *recipients.ColumnQuestion,
) *slack.ModalViewRequest {
	asks := "Which column of " + ui.FileNamed(f) + " should couponbot use?"
	var options []*slack.OptionBlockObject
	for _, c := range question.Columns {
		options = append(options, columnOption(c, kind))
	}
	v := blocks.Modal(q.Callback, "Which column?", q.Submit, "Back",
		blocks.Text(format.Joined(" ", question.Why, asks)),
		blocks.StaticSelect(blocks.Input{
			Name: FieldColumn, Label: "Column", Placeholder: "Choose a column", Hint: "Each is shown with the first few of its rows.",
		}, "", options...),
		blocks.Context(blocks.Small(q.NothingYet)))
	return blocks.WithMetadata(v, id)
}

// EveryColumn returns a question with all columns that have recipients, whatever their headers say.
func EveryColumn(ctx context.Context, u ui.Uploads, person string, f bot.File, r recipients.Rules,
) (*recipients.ColumnQuestion, error) {
	var columns []recipients.Column
	_, err := u.Read(ctx, person, f, func(content []byte) (err error) {
		columns, err = recipients.Columns(ctx, recipients.File{Name: f.Name, Content: content}, r)
		return err
	})
	if err != nil {
		return nil, ui.Unusable(err)
	}
	return &recipients.ColumnQuestion{Columns: columns}, nil
}

// columnOption shows a column as "Nu · C · Mobile · 940 numbers", with examples below.
func columnOption(c recipients.Column, kind recipients.Kind) *slack.OptionBlockObject {
	const someName = 18 // characters of a name, which leaves room for the count
	letters, header := c.Column.Letter, c.Column.Header
	switch {
	case c.All:
		letters, header = "All columns", ""
	case c.Else.Letter != "":
		letters += ", else " + c.Else.Letter
		header = format.Joined(", else ", cmp.Or(header, c.Column.Letter), cmp.Or(c.Else.Header, c.Else.Letter))
	}
	n := format.Count(c.Count, "number", "numbers")
	if kind == recipients.Email {
		n = format.Count(c.Count, "address", "addresses")
	}
	if c.About {
		n = "about " + n
	}
	text := format.Joined(" · ", blocks.Cut(format.OneLine(c.Sheet), someName), letters, blocks.Cut(format.OneLine(header), someName), n)
	return blocks.DescribedOption(text, format.OneLine(strings.Join(c.Examples, ", ")), c.ID)
}

// SourceLines name the sources of a list: typed people, and the column of a file.
func SourceLines(l recipients.List) []blocks.Line {
	var typed []string
	var listed []recipients.Recipient
	for _, r := range l.Recipients {
		if r.FromFile {
			listed = append(listed, r)
		} else {
			typed = append(typed, r.To)
		}
	}
	var lines []blocks.Line
	if len(typed) > 0 {
		lines = append(lines, blocks.Field("Typed", format.Thousands(len(typed))+": "+strings.Join(typed, ", ")))
	}
	if l.Source == nil {
		return lines
	}
	lines = append(lines, blocks.Field("List", sourcePlace(*l.Source)))
	return append(lines, blocks.Field("In the list", format.Joined(": ", fmt.Sprintf("%s in %s", format.Persons(len(listed)),
		format.Count(l.Source.Rows, "row", "rows")), format.Sample(listed))))
}

// sourcePlace names the file, its sheet and the column: "klanten.xlsx, sheet “Nu”, column C “Mobile”".
func sourcePlace(s recipients.Source) string {
	place := cmp.Or(s.File, "the file")
	if s.Sheet != "" {
		place += ", sheet “" + s.Sheet + "”"
	}
	switch {
	case s.AllColumns:
		return place + ", every entry of each line"
	case s.Else.Letter != "":
		return fmt.Sprintf("%s, %s, else %s", place, s.Column, s.Else)
	}
	return place + ", " + s.Column.String()
}

// SourceNotes are other facts about how a file was read.
func SourceNotes(s *recipients.Source) []string {
	if s == nil {
		return nil
	}
	var notes []string
	switch {
	case s.Header > 1:
		notes = append(notes, fmt.Sprintf("Row %d is the header; the rows above it are titles.", s.Header))
	case s.Header == 1:
		notes = append(notes, "Row 1 is the header.")
	default:
		notes = append(notes, "There's no header row.")
	}
	if s.Hidden > 0 {
		notes = append(notes, format.Capitalised(format.Count(s.Hidden, "row is", "rows are"))+" hidden in the spreadsheet and skipped.")
	}
	for _, c := range s.Consent {
		notes = append(notes, fmt.Sprintf("%s says who agreed to messages.", format.Capitalised(c.String())))
	}
	if s.Encoding != "" {
		notes = append(notes, "The text was read as "+s.Encoding+".")
	}
	if s.Delimiter != "" {
		notes = append(notes, "Cells are separated by "+s.Delimiter+".")
	}
	if s.Invisible > 0 {
		notes = append(notes, "Removed "+format.Count(s.Invisible, "invisible character", "invisible characters")+".")
	}
	return notes
}

// KindOf returns the kind of an address or number by its form.
func KindOf(to string) recipients.Kind {
	if strings.Contains(to, "@") {
		return recipients.Email
	}
	return recipients.SMS
}
