package loyalty

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/sandbox"
	"github.com/coupontools/couponbot/sends/recipients"
)

// An import is refused if the file has changed since the preview.
func TestImport_changedFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, sum, err := importsOf(w, "email\na@example.com").readImport(t.Context(), commandstest.Mia.ID, importRequest{Card: "loy_480018"})
	if err != nil {
		t.Fatal(err)
	}
	change := importsOf(w, "email\nb@example.com").importChange()
	_, _, err = change.Do(t.Context(), bot.Request{Person: commandstest.Mia}, importRequest{Card: "loy_480018", Sum: sum})
	if got := ui.ErrorText(err); !strings.Contains(got, "The file is not what it was") {
		t.Errorf("said %q", got)
	}
}

// A confirmation delivered twice creates the users once.
func TestImport_confirmedTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := importsOf(w, "email\na@example.com")
	in, sum, err := h.readImport(t.Context(), commandstest.Mia.ID, importRequest{Card: "loy_480018"})
	if err != nil {
		t.Fatal(err)
	}
	c := h.importChange()
	wanted := importRequest{Card: "loy_480018", Sum: sum}
	form := bot.Request{Person: commandstest.Mia, View: bot.NewView(viewImport, "", nil)}
	view := c.PreviewView(t.Context(), form, wanted, h.importBlocks(wanted.Card, in)...)
	for range 2 {
		goAhead := bot.Request{Person: commandstest.Mia, View: bot.NewView(c.View, view.PrivateMetadata, nil)}
		commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(commandstest.Follow(t.Context(), c.Confirmed, goAhead))), "1 person now has")
	}
	if calls := w.API.Calls("/v4/loyalty/loyalty-cards/480018/stats/bulk"); calls != 1 {
		t.Errorf("%d calls, want 1", calls)
	}
}

// The preview of an import has no choice that could come back empty.
func TestImport_emptyChoices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	req := bot.Request{Person: commandstest.Mia, View: bot.NewView("", "", nil)}
	view := importsOf(w, "").importChange().PreviewView(t.Context(), req, importRequest{})
	if view.CallbackID != "loyalty_import_check" {
		t.Fatalf("the check is %s", view.CallbackID)
	}
	w.WantChoices(t, view, nil, nil)
}

// The result names each batch; no call is repeated, and after one without a clear answer the rest is skipped.
func TestImport_createUsers(t *testing.T) {
	t.Parallel()
	const bulk = "/v4/loyalty/loyalty-cards/480018/stats/bulk"
	people := make([]importRow, 2*importBatch+50)
	for i := range people {
		people[i].Line, people[i].Email = i+2, fmt.Sprintf("a%d@example.com", i)
	}
	for name, tt := range map[string]struct {
		rule  *sandbox.Rule
		late  bool
		calls int
		want  []string
	}{
		"all": {nil, false, 3, []string{"250 people now have New card."}},
		"one refused": {&sandbox.Rule{Skip: 1, Times: 1, Fault: sandbox.Refusal(422, sandbox.ShapeNested, 300, "Bad value.")}, false, 3, []string{
			"150 people now have New card.", "Rows 102 to 201 of the file, with 100 people: not made. ", "Bad value.",
		}},
		"one not clear": {&sandbox.Rule{Skip: 1, Times: 1, Fault: sandbox.ServerError(500)}, false, 2, []string{
			"100 people now have New card.", "Rows 102 to 201 of the file, with 100 people: it is not known whether they were made.",
			"Rows 202 to 251 of the file, with 50 people: not tried", "import the same file again",
		}},
		"too often": {&sandbox.Rule{Fault: sandbox.TooMany("60")}, false, 1, []string{
			"nobody got New card", "Rows 2 to 101 of the file, with 100 people: not made.", "Rows 102 to 251 of the file, with 150 people: not tried",
		}},
		"no time": {nil, true, 0, []string{"nobody got New card", "Rows 2 to 251 of the file, with 250 people: not tried, since there was no time"}},
	} {
		w := newWorld(t)
		if tt.rule != nil {
			tt.rule.Path = bulk
			w.API.Break(*tt.rule)
		}
		end := time.Now().Add(time.Hour)
		if tt.late {
			end = time.Now().Add(-time.Second)
		}
		said := importsOf(w, "").createUsers(t.Context(), "loy_480018", people, end).text("New card")
		for _, want := range tt.want {
			if !strings.Contains(said, want) {
				t.Errorf("%s: said %q, want %q in it", name, said, want)
			}
		}
		if calls := w.API.Calls(bulk); calls != tt.calls {
			t.Errorf("%s: %d calls, want %d", name, calls, tt.calls)
		}
	}
}

func TestImport_divideRows(t *testing.T) {
	t.Parallel()
	known := []coupontools.LoyaltyUser{{Email: "Known@Example.com"}, {Phone: "32470010185"}, {}}
	h := importsOf(newWorld(t), "")
	for name, tt := range map[string]struct{ email, phone, city, want string }{
		"an address":            {"New@Example.com", "", "", ""},
		"a number":              {"", "0470 12 34 56", "", ""},
		"neither":               {"", "", "Gent", "It has neither"},
		"has it, by address":    {"known@example.com", "", "", "has the card already"},
		"has it, by number":     {"new@example.com", "0470/01.01.85", "", "has the card already"},
		"twice":                 {"first@example.com", "", "", "same person as in row 2"},
		"no address":            {"new", "", "", "The e-mail address: "},
		"no number":             {"", "12", "", "The phone number: "},
		"a cell that is a book": {"new@example.com", "", strings.Repeat("é", maxImportCell+1), "A cell is too long"},
	} {
		row := func(line int, email, phone, city string) recipients.Row {
			cells := make([]string, len(importColumns))
			cells[2], cells[3], cells[6] = email, phone, city
			return recipients.Row{Line: line, Cells: cells}
		}
		in := h.divideRows(recipients.Rows{Rows: []recipients.Row{
			row(2, "first@example.com", "", ""), row(3, tt.email, tt.phone, tt.city),
		}}, known)
		reason := ""
		if len(in.leftOut) > 0 {
			reason = in.leftOut[0].Reason
		}
		if (reason == "") != (tt.want == "") || !strings.Contains(reason, tt.want) || len(in.people)+len(in.leftOut) != 2 {
			t.Errorf("%s: left out for %q, want %q", name, reason, tt.want)
		}
	}
}

// importsOf returns handlers for uploads with this content.
func importsOf(w *commandstest.World, file string) handlers {
	d := w.Deps()
	d.Uploads = ui.NewUploads(commandstest.Uploaded(file))
	return newHandlers(NewList(nil, w.Client, ui.Deliverer{}), d)
}
