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
	viewSuppress = "suppress"
	// viewSuppressed is what suppress turns into: first the wait, then the result.
	viewSuppressed = "suppress_done"
	// viewSuppressColumn asks for the column of a file.
	viewSuppressColumn = "suppress_column"

	fieldKind       = "kind"
	fieldSuppressed = "recipients"
	fieldImport     = "file"

	// maxSuppressed is how many people one form takes.
	maxSuppressed = 100_000
)

// How somebody came on the suppression list; the end of "Put there by Mia …".
const (
	noteByHand = "by hand"
	noteForm   = "with a list"
)

// downloader is the part of [bot.Files] that an import needs.
type downloader interface {
	Download(ctx context.Context, person string, file bot.File, limit int64) ([]byte, error)
}

func suppressView() *slack.ModalViewRequest {
	return blocks.Modal(viewSuppress, "Suppress", "Suppress", "Cancel",
		blocks.Radio(blocks.Input{Name: fieldKind, Label: "What they are"}, "",
			blocks.Option("E-mail addresses", string(recipients.Email)), blocks.Option("Phone numbers", string(recipients.SMS))),
		blocks.TextArea(blocks.Input{
			Name: fieldSuppressed, Label: "Who gets nothing any more", Optional: true,
			Hint: "One to a line, or with commas or semicolons between them.",
		}, "", 0),
		blocks.FileInput(blocks.Input{
			Name: fieldImport, Label: "Or a file", Optional: true, Hint: "A CSV, text or XLSX file of up to 10 MB.",
		}, []string{"csv", "txt", "xlsx"}, 1))
}

// submitted reads the form, shows that it is being done, and then what was done. A repeat suppresses nobody anew.
func (s suppression) submitted(_ context.Context, req bot.Request) (bot.Reply, error) {
	rules := recipients.Rules{Kind: recipients.Kind(req.View.Value(fieldKind)), Region: s.region, Max: maxSuppressed}
	b := suppressForm{
		Team: req.Person.Team, User: req.Person.ID, Typed: req.View.Value(fieldSuppressed),
		Files: req.View.Files(fieldImport), Rules: rules,
	}
	if wrong := wrongSuppression(rules, b.Typed, len(b.Files)); len(wrong) > 0 {
		return bot.Reply{Errors: wrong}, nil
	}
	return s.reading(b, "", actorOf(req)), nil
}

// suppressForm is a form as it was submitted.
type suppressForm struct {
	Team, User, Typed string
	Files             []bot.File
	Rules             recipients.Rules
}

// reading suppresses who is in a form while the person waits: those in that column of its file or, if it is empty, in the one
// that is found. If that is in doubt it asks.
func (s suppression) reading(b suppressForm, column string, by sends.Actor) bot.Reply {
	waits := blocks.Modal(viewSuppressed, "Suppress", "", "Close", blocks.Text(suppressing))
	return bot.Reply{View: waits, Later: func(ctx context.Context) (bot.Reply, error) {
		list, err := s.list(ctx, b, column)
		if doubt, ok := errors.AsType[*recipients.ColumnDoubt](err); ok {
			id := rand.Text()
			s.store.Put(ctx, "suppress:"+id, encode(b), formLife)
			q := columnQuestion{
				callback: viewSuppressColumn, submit: "Suppress", purpose: "to suppress", yet: "Nobody has been suppressed yet.",
			}
			return bot.Reply{View: q.view(id, b.Files[0], b.Rules.Kind, doubt.Columns)}, nil
		}
		if err != nil {
			return bot.Reply{}, err
		}
		return s.suppressList(ctx, b.Rules.Kind, list, by)
	}}
}

// columnChosen reads the file once more, with the column that was chosen.
func (s suppression) columnChosen(ctx context.Context, req bot.Request) (bot.Reply, error) {
	var b suppressForm
	kept, ok := s.store.Get(ctx, "suppress:"+bounded(req.View.Metadata))
	if !ok || json.Unmarshal(kept, &b) != nil || b.User != req.Person.ID || b.Team != req.Person.Team {
		return bot.Reply{}, &bot.Mistake{
			Text: "This form is over, or it belongs to somebody else.", Hint: "Please start again with /coupontools suppress.",
		}
	}
	column := req.View.Value(fieldColumn)
	if column == "" {
		return bot.Reply{Errors: map[string]string{fieldColumn: "Choose a column."}}, nil
	}
	return s.reading(b, column, actorOf(req)), nil
}

func wrongSuppression(r recipients.Rules, typed string, files int) map[string]string {
	switch {
	case r.Kind != recipients.Email && r.Kind != recipients.SMS:
		return map[string]string{fieldKind: "Choose one."}
	case files > 0:
		return nil
	case strings.TrimSpace(typed) == "":
		return map[string]string{fieldSuppressed: "Write somebody here, or add a file."}
	}
	if list := recipients.Parse(typed, r); len(list.Recipients) == 0 && len(list.LeftOut) > 0 {
		return map[string]string{fieldSuppressed: list.LeftOut[0].Reason}
	}
	return nil
}

// list reads what was typed and the file, if there is one.
func (s suppression) list(ctx context.Context, b suppressForm, column string) (recipients.List, error) {
	var file *recipients.File
	if len(b.Files) > 0 {
		content, err := s.files.Download(ctx, b.User, b.Files[0], recipients.MaxFile)
		if err != nil {
			return recipients.List{}, err
		}
		file = &recipients.File{Name: b.Files[0].Name, Content: content, Column: column}
	}
	list, err := recipients.Read(ctx, b.Typed, file, b.Rules)
	if fault, ok := errors.AsType[*recipients.FileFault](err); ok {
		return list, &bot.Mistake{Text: fault.Text, Hint: fault.Hint}
	}
	return list, err
}

func (s suppression) suppressList(ctx context.Context, kind recipients.Kind, list recipients.List, by sends.Actor) (bot.Reply, error) {
	people := make([]string, len(list.Recipients))
	for i, r := range list.Recipients {
		people[i] = r.To
	}
	added := 0
	if len(people) > 0 {
		var err error
		if added, err = s.people.Suppress(ctx, kind, people, by, noteForm); err != nil {
			return bot.Reply{}, someSuppressed(added, err)
		}
	}
	said := count(added, "person is", "people are") + " on the suppression list now."
	if known := len(people) - added; known > 0 {
		said += " " + count(known, "person was", "people were") + " on it already."
	}
	set := []slack.Block{blocks.Text(said)}
	if lines := notRead(list); len(lines) > 0 {
		set = append(set, blocks.Text(strings.Join(lines, "\n")))
	}
	return bot.Reply{View: blocks.Modal(viewSuppressed, "Suppress", "", "Close", set...)}, nil
}

// someSuppressed says what is wrong with the suppression list, and how many came on it before it was.
func someSuppressed(added int, err error) error {
	var before []string
	if added > 0 {
		before = []string{count(added, "person is", "people are") + " on the suppression list now."}
	}
	return suppressionMistake(before, err)
}

// notRead lists the entries that are no number or address. Those that stand there twice are none of them.
func notRead(list recipients.List) []string {
	var lines []string
	for _, o := range list.LeftOut {
		if o.Rule != recipients.RuleDuplicate && o.Rule != recipients.RuleEmpty {
			lines = append(lines, fmt.Sprintf("%s, “%s”: %s", capitalised(o.Place()), short(o.Text), o.Reason))
		}
	}
	n := len(lines)
	if n == 0 {
		return nil
	}
	lines = lines[:min(n, listed)]
	if n > listed {
		lines = append(lines, "and "+thousands(n-listed)+" more")
	}
	return append([]string{count(n, "entry was", "entries were") + " left out:"}, lines...)
}
