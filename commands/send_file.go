package commands

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

const (
	// viewReading stands where the preview will be.
	viewReading = "send_reading"
	// viewColumn asks for the column of a file that holds the recipients.
	viewColumn  = "recipients_column"
	fieldColumn = "column"
)

// readingView asks for patience. There is nothing to submit, and closing it goes back to the form.
func readingView(words string) *slack.ModalViewRequest {
	return blocks.Modal(viewReading, "One moment", "", "Back",
		blocks.Text(words), blocks.Context(blocks.Small("Nothing has been sent yet.")))
}

// reading answers a form with a file: the list is read while the person waits, and then the preview is shown.
func (s sending) reading(p bot.Person, o order) bot.Reply {
	return bot.Reply{
		Push: true, Fleeting: true, View: readingView("Reading " + fileNamed(*o.File) + "…"),
		Later: func(ctx context.Context) (bot.Reply, error) { return s.read(ctx, p, o, "") },
	}
}

// fileNamed is a file as texts name it. Of some Slack does not even tell the name.
func fileNamed(f bot.File) string {
	if f.Name == "" {
		return "the file"
	}
	return "“" + short(f.Name) + "”"
}

// read makes a draft of an order with a file, from that column or, if it is empty, from the one that is found.
func (s sending) read(ctx context.Context, p bot.Person, o order, column string) (bot.Reply, error) {
	content, err := s.files.Download(ctx, p.ID, *o.File, recipients.MaxFile)
	if err != nil {
		return bot.Reply{}, err
	}
	file := recipients.File{Name: o.File.Name, Content: content, Column: column}
	list, err := recipients.Read(ctx, o.Typed, &file, o.Rules)
	if doubt, ok := errors.AsType[*recipients.ColumnDoubt](err); ok {
		q := columnQuestion{callback: viewColumn, submit: "Preview", purpose: "to send to", yet: "Nothing has been sent yet."}
		return bot.Reply{View: q.view(s.keepOrder(ctx, o), *o.File, o.Rules.Kind, doubt.Columns)}, nil
	}
	if err != nil {
		return bot.Reply{}, unusable(err)
	}
	d, err := s.drafts.SaveDraft(ctx, o.draft(list, content, column))
	if err != nil {
		return bot.Reply{}, draftMistake(d, err)
	}
	return s.preview(ctx, p, d, "")
}

// unusable puts into words why a file cannot be read.
func unusable(err error) error {
	if fault, ok := errors.AsType[*recipients.FileFault](err); ok {
		return &bot.Mistake{Text: fault.Text, Hint: fault.Hint + " Close this to go back to the form."}
	}
	return fmt.Errorf("read the list: %w", err)
}

// draftMistake puts into words why a draft could not be saved, of a list that is not in a field.
func draftMistake(d sends.Draft, err error) error {
	if !errors.Is(err, sends.ErrNobodyLeft) || len(d.List.LeftOut) == 0 {
		return fmt.Errorf("save draft: %w", err)
	}
	var groups []string
	for _, g := range d.List.Groups(0) {
		groups = append(groups, thousands(g.Count)+" "+ruleTitle(g.Rule))
	}
	first := d.List.LeftOut[0]
	return &bot.Mistake{
		Text: fmt.Sprintf("Nobody on this list can be sent to. Left out: %s. %s: %s", strings.Join(groups, ", "),
			capitalised(first.Place()), first.Reason),
		Hint: "Please start with another list.",
	}
}

// keepOrder keeps an order while the person chooses a column, and returns its id.
func (s sending) keepOrder(ctx context.Context, o order) string {
	id := rand.Text()
	o.Draft.List = recipients.List{} // is read anew
	s.store.Put(ctx, "order:"+id, encode(o), formLife)
	return id
}

func (s sending) recallOrder(ctx context.Context, id string, p bot.Person) (order, error) {
	var o order
	b, ok := s.store.Get(ctx, "order:"+bounded(id))
	if !ok || json.Unmarshal(b, &o) != nil || o.Draft.User != p.ID || o.Draft.Team != p.Team || o.File == nil {
		return order{}, &bot.Mistake{
			Text: "This form is over, or it belongs to somebody else.", Hint: "Please start again with /send-directory.",
		}
	}
	return o, nil
}

// columnQuestion asks which column of a file holds the recipients.
type columnQuestion struct {
	callback, submit string
	// purpose is what they are for, yet what was not done so far.
	purpose, yet string
}

func (q columnQuestion) view(id string, f bot.File, kind recipients.Kind, columns []recipients.Column) *slack.ModalViewRequest {
	what := "phone numbers"
	if kind == recipients.Email {
		what = "e-mail addresses"
	}
	var options []*slack.OptionBlockObject
	for _, c := range columns {
		options = append(options, blocks.Option(columnText(c), c.ID))
	}
	v := blocks.Modal(q.callback, "Which column?", q.submit, "Back",
		blocks.Text(fmt.Sprintf("It is not clear which column of %s holds the %s %s.", fileNamed(f), what, q.purpose)),
		blocks.StaticSelect(blocks.Input{
			Name: fieldColumn, Label: "Column", Placeholder: "Choose a column", Hint: "Each with the first few of its rows.",
		}, "", options...),
		blocks.Context(blocks.Small(q.yet)))
	return blocks.WithMetadata(v, id)
}

// columnText shows a column in an option: its name, and what is in it.
func columnText(c recipients.Column) string {
	const runes = 30
	return joined(": ", blocks.Cut(oneLine(c.Name), runes), strings.Join(c.Samples, ", "))
}

// columnChosen reads the file once more, with the column that was chosen. Nothing is sent.
func (s sending) columnChosen(ctx context.Context, req bot.Request) (bot.Reply, error) {
	o, err := s.recallOrder(ctx, req.View.Metadata, req.Person)
	if err != nil {
		return bot.Reply{}, err
	}
	column := req.View.Value(fieldColumn)
	if column == "" {
		return bot.Reply{Errors: map[string]string{fieldColumn: "Choose a column."}}, nil
	}
	reply := s.reading(req.Person, o)
	reply.Push = false // it takes the place of the question
	reply.Later = func(ctx context.Context) (bot.Reply, error) { return s.read(ctx, req.Person, o, column) }
	return reply, nil
}
