package send

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/recipientlist"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/message"
	"github.com/coupontools/couponbot/sends/recipients"
)

const (
	// viewReading is shown until the preview is ready.
	viewReading = "send_reading"
	// viewColumn asks for the column of a file that holds the recipients.
	viewColumn = "recipients_column"

	// The buttons of a preview that read the list again, each with another decision of the person.
	actionColumn  = "send_column"
	actionForeign = "send_foreign"
	actionConsent = "send_consent"
)

var auditConsent = ui.Audited("consent", "chose to send to people who said no")

// readingView asks for patience. There is nothing to submit, and closing it goes back to the form.
func readingView(words string) *slack.ModalViewRequest {
	return blocks.Modal(viewReading, "One moment", "", "Back",
		blocks.Text(words), blocks.Context(blocks.Small("Nothing has been sent yet.")))
}

// reading answers with a view that asks for patience, then with the preview of the order, or a question about its file.
func (s formHandlers) reading(p bot.Person, o order, note string) bot.Reply {
	words := "Reading the list…"
	if o.File != nil {
		words = s.Uploads.Waiting(p.ID, *o.File)
	}
	return bot.Reply{DropIfClosed: true, View: readingView(words), Later: func(ctx context.Context) (bot.Reply, error) {
		return s.read(ctx, p, o, note)
	}}
}

// list reads the recipients of an order, those in its file included, and returns the sum of the file.
func (s formHandlers) list(ctx context.Context, p bot.Person, o order) (list recipients.List, sum [sha256.Size]byte, err error) {
	if o.File == nil {
		list, err = recipients.Read(ctx, o.Typed, nil, o.Rules)
		return list, sum, err
	}
	sum, err = s.Uploads.Read(ctx, p.ID, *o.File, func(content []byte) (err error) {
		file := recipients.File{Name: o.File.Name, Content: content, Column: o.Column, Consent: o.Consent}
		list, err = recipients.Read(ctx, o.Typed, &file, o.Rules)
		return err
	})
	return list, sum, err
}

// read makes a draft of an order and shows its preview, or asks which column of its file is meant. Nothing is sent.
func (s formHandlers) read(ctx context.Context, p bot.Person, o order, note string) (bot.Reply, error) {
	list, sum, err := s.list(ctx, p, o)
	if question, ok := errors.AsType[*recipients.ColumnQuestion](err); ok {
		return bot.Reply{View: columnQuestion.View(s.keepOrder(ctx, p, rand.Text(), o), *o.File, o.Rules.Kind, question)}, nil
	}
	if err != nil {
		return bot.Reply{}, ui.Unusable(err)
	}
	if err := checkPlaceholders(o, list.Source); err != nil {
		return bot.Reply{}, err
	}
	d, err := s.Sends.SaveDraft(ctx, o.draft(list, sum))
	if errors.Is(err, sends.ErrNobodyLeft) && o.canChange(d.List) {
		s.keepOrder(ctx, p, d.ID, o)
		v := preview{Draft: d, person: p, note: format.Joined(" ", note, o.Note), link: s.LinkLength, order: o, nobodyLeft: true}
		return bot.Reply{View: v.view()}, nil
	}
	if err != nil {
		return bot.Reply{}, draftMistake(d, err)
	}
	s.keepOrder(ctx, p, d.ID, o)
	return s.preview(ctx, p, d, format.Joined(" ", note, o.Note))
}

// checkPlaceholders refuses a text with placeholders, such as “[naam]”, which only the headers of the file show to be some.
func checkPlaceholders(o order, source *recipients.Source) error {
	if source == nil {
		return nil
	}
	if found := message.Placeholders(o.Draft.Subject+"\n"+o.Draft.Message, source.Headers); len(found) > 0 {
		return &bot.Mistake{Text: format.CannotFillIn(found), Hint: "Close this to go back to the form."}
	}
	return nil
}

// canChange reports whether another decision of the person could bring recipients into the list.
func (o order) canChange(l recipients.List) bool {
	foreign, refused := skippedBy(l, recipients.RuleForeign), skippedBy(l, recipients.RuleConsent)
	return o.File != nil || foreign > 0 || refused > 0
}

// skippedBy counts the entries that a rule skipped.
func skippedBy(l recipients.List, rule recipients.Rule) int {
	n := l.More[rule]
	for _, o := range l.LeftOut {
		if o.Rule == rule {
			n++
		}
	}
	return n
}

// draftMistake puts into words why a draft could not be saved, of a list that is not in a field.
func draftMistake(d sends.Draft, err error) error {
	if !errors.Is(err, sends.ErrNobodyLeft) || len(d.List.LeftOut) == 0 {
		return fmt.Errorf("save draft: %w", err)
	}
	var groups []string
	for _, g := range d.List.Groups(0) {
		groups = append(groups, format.Thousands(g.Count)+" "+recipientlist.RuleTitle(g.Rule))
	}
	first := d.List.LeftOut[0]
	return &bot.Mistake{
		Text: fmt.Sprintf("Nobody on this list can get it. Skipped: %s. %s: %s", strings.Join(groups, ", "),
			format.Capitalised(first.Place()), first.Reason),
		Hint: "Please start with another list.",
	}
}

// orders are kept by the id of their draft, or while a question about their file is open, so that the list can be read again
// with another decision.
func (s formHandlers) orders() ui.Saved[order] {
	return ui.Saved[order]{Store: s.Store, Prefix: "order:"}
}

func (s formHandlers) keepOrder(ctx context.Context, p bot.Person, id string, o order) string {
	o.Draft.List = recipients.List{} // is read again
	s.orders().Put(ctx, p, id, o)
	return id
}

func (s formHandlers) recallOrder(ctx context.Context, id string, p bot.Person) (order, error) {
	o, ok := s.orders().Get(ctx, p, id)
	if !ok {
		return order{}, &bot.Mistake{
			Text: "This form has expired, or it isn't yours.", Hint: "Please start again with /send-directory.",
		}
	}
	return o, nil
}

// columnChosen reads the file once more, with the column that was chosen. Nothing is sent.
func (s formHandlers) columnChosen(ctx context.Context, req bot.Request) (bot.Reply, error) {
	o, err := s.recallOrder(ctx, req.View.Metadata, req.Person)
	if err != nil {
		return bot.Reply{}, err
	}
	if o.Column = req.View.Value(recipientlist.FieldColumn); o.Column == "" || o.File == nil {
		return bot.Reply{Errors: map[string]string{recipientlist.FieldColumn: "Choose a column."}}, nil
	}
	return s.reading(req.Person, o, ""), nil
}

// otherColumn shows all columns of the file with recipients, so that the person can choose another one.
func (s formHandlers) otherColumn(ctx context.Context, req bot.Request) (bot.Reply, error) {
	o, err := s.recallOrder(ctx, req.Value, req.Person)
	if err != nil {
		return bot.Reply{}, err
	}
	if o.File == nil {
		return bot.Reply{}, ui.BrokenButton("/send-directory", nil)
	}
	reply := s.reading(req.Person, o, "")
	reply.Later = func(ctx context.Context) (bot.Reply, error) {
		question, err := recipientlist.EveryColumn(ctx, s.Uploads, req.Person.ID, *o.File, o.Rules)
		if err != nil {
			return bot.Reply{}, err
		}
		return bot.Reply{View: columnQuestion.View(s.keepOrder(ctx, req.Person, rand.Text(), o), *o.File, o.Rules.Kind, question)}, nil
	}
	return reply, nil
}

// switchForeign reads the list once more, with numbers that look foreign taken as such, or skipped again.
func (s formHandlers) switchForeign(ctx context.Context, req bot.Request) (bot.Reply, error) {
	o, err := s.recallOrder(ctx, req.Value, req.Person)
	if err != nil {
		return bot.Reply{}, err
	}
	o.Rules.Foreign = !o.Rules.Foreign
	note := "Numbers that look like foreign ones without their + are skipped again."
	if o.Rules.Foreign {
		note = "Numbers that look like foreign ones without their + are used as such now. Please check them."
	}
	return s.reading(req.Person, o, note), nil
}

// switchConsent reads the list once more, with those who said no included, or skipped again. The audit trail says who
// included them.
func (s formHandlers) switchConsent(ctx context.Context, req bot.Request) (bot.Reply, error) {
	o, err := s.recallOrder(ctx, req.Value, req.Person)
	if err != nil {
		return bot.Reply{}, err
	}
	if o.File == nil {
		return bot.Reply{}, ui.BrokenButton("/send-directory", nil)
	}
	if o.Consent == recipients.ConsentIgnored {
		o.Consent = recipients.ConsentRespected
		return s.reading(req.Person, o, "People who said no are skipped again."), nil
	}
	o.Consent = recipients.ConsentIgnored
	reply := s.reading(req.Person, o, "")
	reply.Later = func(ctx context.Context) (bot.Reply, error) {
		entry := sends.Entry{Actor: ui.ActorOf(req), What: auditConsent, Note: ui.FileNamed(*o.File) + " for " + o.Draft.OfferID}
		if err := s.Sends.Record(ctx, entry); err != nil {
			return bot.Reply{}, ui.Unrecorded(err)
		}
		return s.read(ctx, req.Person, o, "People who said no are included now. The audit trail says that you chose this.")
	}
	return reply, nil
}

var columnQuestion = recipientlist.ColumnQuestion{Callback: viewColumn, Submit: "Preview", NothingYet: "Nothing has been sent yet."}
