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

	// The buttons of a preview that read the list again with another decision.
	actionColumn  = "send_column"
	actionForeign = "send_foreign"
	actionConsent = "send_consent"
)

var auditConsent = ui.Audited("consent", "chose to send to people who said no")

// readingView is the waiting modal. It has no submit button; closing it returns to the form.
func readingView(words string) *slack.ModalViewRequest {
	return blocks.Modal(viewReading, "One moment", "", "Back",
		blocks.Text(words), blocks.Context(blocks.Small("Nothing has been sent yet.")))
}

// reading shows the waiting modal, then the preview of the order or a question about its file.
func (s formHandlers) reading(p bot.Person, o order, note string) bot.Reply {
	words := "Reading the list…"
	if o.File != nil {
		words = s.Uploads.Waiting(p.ID, *o.File)
	}
	return bot.Reply{DropIfClosed: true, View: readingView(words), Later: func(ctx context.Context) (bot.Reply, error) {
		return s.read(ctx, p, o, note)
	}}
}

// list reads the recipients of an order from its form and its file. sum is the file's checksum.
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

// read saves a draft of the order and shows its preview, or asks for the column of its file. Nothing is sent.
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

// checkPlaceholders refuses a text with placeholders, such as “[naam]”, that match the headers of the file.
func checkPlaceholders(o order, source *recipients.Source) error {
	if source == nil {
		return nil
	}
	if found := message.Placeholders(o.Draft.Subject+"\n"+o.Draft.Message, source.Headers); len(found) > 0 {
		return &bot.Mistake{Text: format.CannotFillIn(found), Hint: "Close this to go back to the form."}
	}
	return nil
}

// canChange reports whether another decision of the user could add recipients to the list.
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

// draftMistake explains why the draft of an uploaded list could not be saved.
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

// orders stores orders by the id of their draft, or of an open question about their file, so that the list can be read again
// with another decision.
func (s formHandlers) orders() ui.Saved[order] {
	return ui.Saved[order]{Store: s.Store, Prefix: "order:"}
}

func (s formHandlers) keepOrder(ctx context.Context, p bot.Person, id string, o order) string {
	o.Draft.List = recipients.List{} // read again when needed
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

// columnChosen reads the file again with the chosen column. Nothing is sent.
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

// otherColumn shows all columns of the file that have recipients, to choose another one.
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

// switchForeign reads the list again, and uses or skips the numbers that look foreign.
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

// switchConsent reads the list again, and includes or skips people who opted out. The audit log records who included them.
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
