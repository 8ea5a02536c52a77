package suppress

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
	"github.com/coupontools/couponbot/commands/internal/form"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/recipientlist"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

const (
	viewAdd = "suppress"
	// viewDone replaces a form without a file: first while waiting, then with the result.
	viewDone = "suppress_done"
	// viewPreview shows who a file would add; viewReading is shown while it is read.
	viewPreview = "suppress_preview"
	viewReading = "suppress_reading"
	// viewColumn asks for the column of a file.
	viewColumn = "suppress_column"

	fieldKind   = "kind"
	fieldPeople = "recipients"

	actionColumn  = "suppress_other_column"
	actionRefused = "suppress_refused"

	// maxPeople is how many people one form takes.
	maxPeople = 100_000
)

// The reason of an entry, as the end of "Put there by Mia …".
const (
	noteByHand = "by hand"
	noteForm   = "with a list"
)

func addView() *slack.ModalViewRequest {
	return blocks.Modal(viewAdd, "Suppress", "Suppress", "Cancel",
		blocks.Radio(blocks.Input{Name: fieldKind, Label: "What they are"}, "",
			blocks.Option("E-mail addresses", string(recipients.Email)), blocks.Option("Phone numbers", string(recipients.SMS))),
		blocks.TextArea(blocks.Input{
			Name: fieldPeople, Label: "Who gets nothing any more", Optional: true,
			Hint: "One to a line, or with commas or semicolons between them.",
		}, "", 0),
		blocks.FileInput(blocks.Input{
			Name: form.FieldImport, Label: "Or a file", Optional: true, Hint: "A CSV, text or XLSX file of up to 10 MB.",
		}, []string{"csv", "txt", "xlsx"}, 1))
}

// submitted adds typed people at once. A file is read while the user waits, and previewed before its people are added. A
// repeat adds nobody twice.
func (s entryHandlers) submitted(_ context.Context, req bot.Request) (bot.Reply, error) {
	b := addForm{
		Typed: req.View.Value(fieldPeople),
		Rules: recipients.Rules{Kind: recipients.Kind(req.View.Value(fieldKind)), Region: s.region, Max: maxPeople},
	}
	files := req.View.Files(form.FieldImport)
	if wrong := formProblems(b.Rules, b.Typed, len(files)); len(wrong) > 0 {
		return bot.Reply{Errors: wrong}, nil
	}
	if len(files) > 0 {
		b.File = &files[0]
		reply := s.reading(req, b)
		reply.Push = true
		return reply, nil
	}
	waits := blocks.Modal(viewDone, "Do not contact", "", "Close", blocks.Text(ui.Suppressing))
	return bot.Reply{View: waits, Later: func(ctx context.Context) (bot.Reply, error) {
		said, err := s.addList(ctx, b.Rules.Kind, recipients.Parse(b.Typed, b.Rules), ui.ActorOf(req))
		return bot.Reply{View: blocks.Modal(viewDone, "Do not contact", "", "Close", blocks.Text(said))}, err
	}}, nil
}

// addForm is a submitted form with the user's decisions about its file. The people are read from the file again after the
// confirmation, so they are stored nowhere else.
type addForm struct {
	Typed string
	Rules recipients.Rules
	File  *bot.File
	// Column is the chosen column. Refused restricts the list to people who said no in a consent column.
	Column  string
	Refused bool
	Sum     [sha256.Size]byte // checksum of the previewed file
}

// reading shows a waiting modal, then the preview or a question about the file.
func (s entryHandlers) reading(req bot.Request, b addForm) bot.Reply {
	waits := blocks.Modal(viewReading, "One moment", "", "Back",
		blocks.Text(s.uploads.Waiting(req.Person.ID, *b.File)), blocks.Context(blocks.Small(columnQuestion.NothingYet)))
	return bot.Reply{DropIfClosed: true, View: waits, Later: func(ctx context.Context) (bot.Reply, error) {
		list, sum, err := s.list(ctx, req.Person.ID, b)
		if question, ok := errors.AsType[*recipients.ColumnQuestion](err); ok {
			return bot.Reply{View: columnQuestion.View(s.keep(ctx, req.Person, b), *b.File, b.Rules.Kind, question)}, nil
		}
		if err != nil {
			return bot.Reply{}, ui.Unusable(err)
		}
		b.Sum = sum
		return bot.Reply{View: s.preview(ctx, req, b, list)}, nil
	}}
}

// forms stores forms while the user decides about their files.
func (s entryHandlers) forms() ui.Saved[addForm] {
	return ui.Saved[addForm]{Store: s.store, Prefix: "suppress:"}
}

func (s entryHandlers) keep(ctx context.Context, p bot.Person, b addForm) (id string) {
	id = rand.Text()
	s.forms().Put(ctx, p, id, b)
	return id
}

func (s entryHandlers) recall(ctx context.Context, id string, p bot.Person) (addForm, error) {
	b, ok := s.forms().Get(ctx, p, id)
	if !ok || b.File == nil {
		return addForm{}, &bot.Mistake{
			Text: "This form has expired, or it isn't yours.", Hint: "Please start again with /coupontools suppress.",
		}
	}
	return b, nil
}

// columnChosen reads the file again with the chosen column.
func (s entryHandlers) columnChosen(ctx context.Context, req bot.Request) (bot.Reply, error) {
	b, err := s.recall(ctx, req.View.Metadata, req.Person)
	if err != nil {
		return bot.Reply{}, err
	}
	if b.Column = req.View.Value(recipientlist.FieldColumn); b.Column == "" {
		return bot.Reply{Errors: map[string]string{recipientlist.FieldColumn: "Choose a column."}}, nil
	}
	return s.reading(req, b), nil
}

// otherColumn shows all columns of the file that have people, to choose another one.
func (s entryHandlers) otherColumn(ctx context.Context, req bot.Request) (bot.Reply, error) {
	b, err := s.recall(ctx, req.Value, req.Person)
	if err != nil {
		return bot.Reply{}, err
	}
	reply := s.reading(req, b)
	reply.Later = func(ctx context.Context) (bot.Reply, error) {
		question, err := recipientlist.EveryColumn(ctx, s.uploads, req.Person.ID, *b.File, b.Rules)
		if err != nil {
			return bot.Reply{}, err
		}
		return bot.Reply{View: columnQuestion.View(s.keep(ctx, req.Person, b), *b.File, b.Rules.Kind, question)}, nil
	}
	return reply, nil
}

// switchRefused previews the file again, restricted to people who said no or not.
func (s entryHandlers) switchRefused(ctx context.Context, req bot.Request) (bot.Reply, error) {
	b, err := s.recall(ctx, req.Value, req.Person)
	if err != nil {
		return bot.Reply{}, err
	}
	b.Refused = !b.Refused
	return s.reading(req, b), nil
}

// preview shows the people that its submit button adds.
func (s entryHandlers) preview(
	ctx context.Context,
	req bot.Request,
	b addForm,
	list recipients.List,
) *slack.ModalViewRequest {
	id := s.keep(ctx, req.Person, b)
	n := len(list.Recipients)
	title := format.Persons(n) + " will go on the do-not-contact list. couponbot won't send anything to them any more."
	if n == 0 {
		title = "Nobody in this file can go on the do-not-contact list."
	}
	set := []slack.Block{
		blocks.Rich(append([]blocks.Line{{blocks.Bold(title)}}, recipientlist.SourceLines(list)...)...),
		blocks.Context(blocks.Small(strings.Join(recipientlist.SourceNotes(list.Source), " "))),
	}
	buttons := []slack.BlockElement{blocks.Button(actionColumn, "Use another column", id)}
	if consent := list.Source.Consent; len(consent) > 0 {
		words, who := "This is everybody in the file, whatever %s says.", "Only those who said no"
		if b.Refused {
			words, who = "These are only the people who said no in %s.", "Everybody in the file"
		}
		set = append(set, blocks.Text(fmt.Sprintf(words, consent[0])))
		buttons = append(buttons, blocks.Button(actionRefused, who, id))
	}
	set = append(append(set, recipientlist.LeftOut(list)...), blocks.Actions("", buttons...))
	if n == 0 {
		return blocks.Modal(viewPreview, "Do not contact", "", "Back", set...)
	}
	return s.addChange().WithButton("Add "+format.Persons(n)).PreviewView(ctx, req, b, set...)
}

// addChange adds the people of a previewed file, once.
func (s entryHandlers) addChange() ui.Change[addForm] {
	return ui.Change[addForm]{
		View: viewPreview, Title: "Do not contact", Button: "Add them", WaitText: ui.Suppressing, Store: s.store, Audit: s.audit,
		Do: func(ctx context.Context, req bot.Request, b addForm) (string, sends.Entry, error) {
			list, sum, err := s.list(ctx, req.Person.ID, b)
			switch {
			case err != nil:
				return "", sends.Entry{}, ui.Undone{Err: ui.Unusable(err)}
			case sum != b.Sum:
				return "", sends.Entry{}, ui.Undone{Err: &bot.Mistake{
					Text: "The file has changed since it was shown.", Hint: "Please upload it again.",
				}}
			}
			said, err := s.addList(ctx, b.Rules.Kind, list, ui.ActorOf(req))
			return said, sends.Entry{}, err // the list writes its own audit entry
		},
	}
}

func formProblems(r recipients.Rules, typed string, files int) map[string]string {
	switch {
	case r.Kind != recipients.Email && r.Kind != recipients.SMS:
		return map[string]string{fieldKind: "Choose one."}
	case files > 0:
		return nil
	case strings.TrimSpace(typed) == "":
		return map[string]string{fieldPeople: "Write somebody here, or add a file."}
	}
	if list := recipients.Parse(typed, r); len(list.Recipients) == 0 && len(list.LeftOut) > 0 {
		return map[string]string{fieldPeople: list.LeftOut[0].Reason}
	}
	return nil
}

// list reads the typed people and the file. sum is the file's checksum.
func (s entryHandlers) list(ctx context.Context, person string, b addForm,
) (list recipients.List, sum [sha256.Size]byte, err error) {
	consent := recipients.ConsentIgnored // people who opted out are those who belong on the list
	if b.Refused {
		consent = recipients.ConsentRefused
	}
	sum, err = s.uploads.Read(ctx, person, *b.File, func(content []byte) (err error) {
		file := recipients.File{Name: b.File.Name, Content: content, Column: b.Column, Consent: consent}
		list, err = recipients.Read(ctx, b.Typed, &file, b.Rules)
		return err
	})
	return list, sum, err
}

// addList adds the people of a list and describes the result.
func (s entryHandlers) addList(
	ctx context.Context,
	kind recipients.Kind,
	list recipients.List,
	by sends.Actor,
) (string, error) {
	people := make([]string, len(list.Recipients))
	for i, r := range list.Recipients {
		people[i] = r.To
	}
	added := 0
	if len(people) > 0 {
		var err error
		if added, err = s.people.Suppress(ctx, kind, people, by, noteForm); err != nil {
			return "", partlyAdded(added, err)
		}
	}
	return format.Joined("\n", addedWords(added, len(people)-added), strings.Join(unreadLines(list), "\n")), nil
}

// addedWords counts the people who were added, and those who were on the list before.
func addedWords(added, before int) string {
	said := "Nobody was added to the do-not-contact list."
	if added > 0 {
		said = "Added " + format.Persons(added) + " to the do-not-contact list."
	}
	if before > 0 {
		said += " " + format.Count(before, "was", "were") + " already on it."
	}
	return said
}

// partlyAdded explains why the list could not be changed, and counts the people who were added before.
func partlyAdded(added int, err error) error {
	var before []string
	if added > 0 {
		before = []string{addedWords(added, 0)}
	}
	return changeMistake(before, err)
}

// unreadLines lists the entries that are no number or address, except empty and repeated ones.
func unreadLines(list recipients.List) []string {
	var lines []string
	for _, o := range list.LeftOut {
		if o.Rule != recipients.RuleDuplicate && o.Rule != recipients.RuleEmpty {
			lines = append(lines, fmt.Sprintf("%s, “%s”: %s", format.Capitalised(o.Place()), format.Short(o.Text), o.Reason))
		}
	}
	n := len(lines)
	for rule, more := range list.More {
		if rule != recipients.RuleDuplicate && rule != recipients.RuleEmpty {
			n += more
		}
	}
	if n == 0 {
		return nil
	}
	lines = lines[:min(len(lines), format.Listed)]
	if n > format.Listed {
		lines = append(lines, "and "+format.Thousands(n-format.Listed)+" more")
	}
	return append([]string{format.Count(n, "entry was", "entries were") + " left out:"}, lines...)
}

var columnQuestion = recipientlist.ColumnQuestion{
	Callback:   viewColumn,
	Submit:     "Preview",
	NothingYet: "Nobody has been added yet.",
}
