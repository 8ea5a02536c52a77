package commands

import (
	"strings"
	"testing"

	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

func TestDirectory_card(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := commandstest.Must(t)(w.Types(t, "/directory zomerpas oostende"))
	if !r.Public {
		t.Error("the card is not public")
	}
	commandstest.Golden(t, "directory_card", commandstest.Picture(r))
}

// If nothing could be counted, the card stays as it is. A partial count is shown as partial and not stored.
func TestDirectory_incompleteFigures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mend := w.api.Break(sandbox.Rule{Path: "/v3/directory/campaigns", Fault: sandbox.ServerError(404)})
	_, err := w.Clicks(t, "directory_figures", "dir_5507", nil)
	if got := ui.ErrorText(err); !strings.Contains(got, "There are no figures: Coupontools does not know the call") {
		t.Errorf("said %q", got)
	}
	mend()
	mend = w.api.Break(sandbox.Rule{Path: "/v3/campaign/data", Fault: sandbox.ServerError(500)})
	_, err = w.Clicks(t, "directory_figures", "dir_5507", nil)
	if got := ui.ErrorText(err); !strings.Contains(got, "The sessions could not be counted: Coupontools did not give a proper answer.") {
		t.Errorf("said %q", got)
	}
	mend()
	w.api.Break(sandbox.Rule{Path: "/v3/campaign/data", Skip: 4, Fault: sandbox.ServerError(500)})
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(w.Clicks(t, "directory_figures", "dir_5507", nil))), "Only the first ", "could be counted", "[Count again ")
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(w.Types(t, "/directory dir_5507"))), "[Figures directory_figures=dir_5507]")
}

func TestDirectory_figuresOfMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.WithBulk(100))
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(w.Clicks(t, "directory_figures", "dir_5507", nil))), "Figures of the first 10 of ")
}

func TestDirectory_namedInManyWays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.idOf(t, "Crêperie du Vieux-Marché")
	for _, words := range []string{
		"Crêperie du Vieux-Marché", "CREPERIE DU VIEUX-MARCHE", "creperie", "“crêperie du vieux-marché”", "vieux marche",
		id, `"` + id + `"`,
	} {
		got := commandstest.Picture(commandstest.Must(t)(w.Types(t, "/directory "+words)))
		commandstest.WantIn(t, got, "# Crêperie du Vieux-Marché", "[Send directory_send="+id+"]", "[Users directory_users="+id+"]")
	}
}

func TestDirectory_withoutWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := commandstest.Must(t)(w.Types(t, "/directory"))
	if r.Public {
		t.Error("the picker is public, want it only for the person who asked")
	}
	commandstest.WantIn(t, commandstest.Picture(r), "<external_select directory_pick")
	options := w.Suggests(t, "directory_pick", "kaasb")
	if len(options) != 1 || options[0].Text != "De Kaasboer & Zonen" {
		t.Errorf("options for kaasb = %v, want De Kaasboer & Zonen", options)
	}
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(w.Clicks(t, "directory_pick", options[0].Value, nil))), "# De Kaasboer & Zonen")
}

func TestDirectory_severalHits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for words, want := range map[string]string{
		"City deals": "2 directories match “City deals”. Which one?",
		"deals":      "4 directories match “deals”. Which one?",
	} {
		r := commandstest.Must(t)(w.Types(t, "/directory "+words))
		if r.Public {
			t.Errorf("the picker for %q is public", words)
		}
		commandstest.WantIn(t, commandstest.Picture(r), want, "[Open directory_pick=dir_")
	}
}

func TestDirectory_unknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.Types(t, "/directory Openinng soon")
	m := mistake(t, err)
	commandstest.WantIn(t, m.Text, "There is no directory “Openinng soon”.")
	commandstest.WantIn(t, m.Hint, "Did you mean “Opening soon” (dir_", "/directories shows them all.")

	_, err = w.Types(t, "/directory dir_99999999")
	commandstest.WantIn(t, mistake(t, err).Text, "There is no directory “dir_99999999”.")
}

func TestDirectory_fromListIfCoupontoolsIsDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	w.api.Break(sandbox.Rule{Path: "/v3/directory/info", Fault: sandbox.Refusal(500, sandbox.ShapeNested, 300, "down")})
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(w.Types(t, "/directory Öresund"))), "# Öresund Card", "“down” (code 300). This is what the list says.")
}

func TestDirectory_hostileName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	commandstest.Golden(t, "directory_hostile", commandstest.Picture(commandstest.Must(t)(w.Types(t, "/directory script"))))
}

func TestSuggestDirectories(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.WithDirectories(500))
	if got := w.Suggests(t, "directory", ""); len(got) != 100 {
		t.Errorf("%d options before anything is typed, want 100", len(got))
	}
	same := w.Suggests(t, "directory", "city deals")
	if len(same) < 3 || same[0].Text == same[1].Text {
		t.Errorf("options = %v, want directories of one name told apart by their ids", same)
	}
	long := w.Suggests(t, "directory", "name far longer")
	if len(long) != 1 || len([]rune(long[0].Text)) != 75 {
		t.Errorf("options = %v, want one of 75 characters", long)
	}
}

// BenchmarkSuggestDirectories filters 10,000 directories for type-ahead. The goal is 2 ms of CPU.
func BenchmarkSuggestDirectories(b *testing.B) {
	w := newWorld(b, sandbox.WithDirectories(10_000))
	w.warm(b)
	for b.Loop() {
		w.Suggests(b, "directory", "bak")
	}
}

// BenchmarkDirectories shows a page of 10,000 cached directories.
func BenchmarkDirectories(b *testing.B) {
	w := newWorld(b, sandbox.WithDirectories(10_000))
	w.warm(b)
	for b.Loop() {
		if _, err := w.Types(b, "/directories hotels"); err != nil {
			b.Fatal(err)
		}
	}
}
