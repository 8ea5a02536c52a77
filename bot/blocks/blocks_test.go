package blocks_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot/blocks"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// golden compares v, as JSON, with a file in testdata.
func golden(t *testing.T, name string, v any) {
	t.Helper()
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s differs (-want +got), run with -update if that is right:\n%s", file, diff)
	}
}

func TestMessage(t *testing.T) {
	t.Parallel()
	golden(t, "message", message("City deals"))
}

func TestModal(t *testing.T) {
	t.Parallel()
	golden(t, "modal", modal("City deals"))
}

// message is every block of a message, with name wherever text from outside may stand.
func message(name string) []slack.Block {
	return []slack.Block{
		blocks.Header(name),
		blocks.WithButton(blocks.Text(name), blocks.Button("open", name, "dir_1", blocks.Label("Open "+name))),
		blocks.Rich(
			blocks.Field("Name", name),
			blocks.Line{blocks.Plain("by "), blocks.User("U1"), blocks.Plain(" in "), blocks.Channel("C1")},
			blocks.Line{blocks.Bold(name), blocks.Code(name), blocks.Link(name, "https://example.com/report")},
		),
		blocks.Divider(),
		blocks.Context(blocks.Small(name), blocks.When(name, noon)),
		blocks.Text(blocks.Progress(3, 10, 10)),
		blocks.Actions("row",
			blocks.Button("go", "Go", name, blocks.Primary),
			blocks.Button("stop", "Stop", "1", blocks.Danger, blocks.Ask(name, name, name, name)),
			blocks.Picker("pick", name)),
	}
}

// modal is every input of a modal, with name wherever text from outside may stand.
func modal(name string) *slack.ModalViewRequest {
	in := func(id string) blocks.Input {
		return blocks.Input{Name: id, Label: name, Hint: name, Placeholder: name}
	}
	optional := in("line")
	optional.Optional = true
	watched := in("radio")
	watched.Dispatch = true
	one, two := blocks.Option(name, "1"), blocks.Option("Two", name)
	return blocks.WithMetadata(blocks.Modal("form", name, name, name,
		blocks.TextInput(optional, name, 150),
		blocks.TextArea(in("area"), name, 0),
		blocks.ExternalSelect(in("external"), one),
		blocks.StaticSelect(in("static"), "1", one, two),
		blocks.Radio(watched, "1", one, two),
		blocks.DateTime(in("when"), noon),
		blocks.FileInput(in("file"), []string{"csv", "xlsx"}, 1)), name)
}

func TestModal_withoutSubmit(t *testing.T) {
	t.Parallel()
	if v := blocks.Modal("done", "Done", "", "Close", blocks.Text("Done.")); v.Submit != nil {
		t.Errorf("Modal without submit has the button %q", v.Submit.Text)
	}
}

func TestAsk(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("sure ", 100)
	for name, options := range map[string][]blocks.ButtonOption{
		"red first": {blocks.Danger, blocks.Ask(long, long, long, long)}, "red last": {blocks.Ask(long, long, long, long), blocks.Danger},
	} {
		b := blocks.Button("stop", "Stop", "1", options...)
		if b.Confirm == nil || b.Style != slack.StyleDanger || b.Confirm.Style != slack.StyleDanger {
			t.Errorf("%s: button = %+v", name, b)
		}
		for text, limit := range map[*slack.TextBlockObject]int{
			b.Confirm.Title: 100, b.Confirm.Text: 300, b.Confirm.Confirm: 30, b.Confirm.Deny: 30,
		} {
			if n := utf8.RuneCountInString(text.Text); n > limit {
				t.Errorf("%s: %q has %d characters, Slack takes %d", name, text.Text, n, limit)
			}
		}
	}
	if b := blocks.Button("go", "Go", "1", blocks.Ask("Go?", "It goes.", "Go", "Stay")); b.Confirm.Style != "" || b.Style != "" {
		t.Errorf("a plain button asks in %q", b.Confirm.Style)
	}
}

// An address that Slack would refuse does not take the message with it.
func TestLink_addresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://example.com/a": true, "http://127.0.0.1:8765/archives/C1/p1": true, "": false, "example.com": false,
		"javascript:alert(1)": false, "https://": false, "https://example.com/" + strings.Repeat("a", 3000): false,
	} {
		if _, linked := blocks.Link("Page", address).(*slack.RichTextSectionLinkElement); linked != want {
			t.Errorf("Link(%.40s) is a link: %v", address, linked)
		}
	}
}

func TestFileInput_limits(t *testing.T) {
	t.Parallel()
	for limit, want := range map[int]int{-1: 1, 0: 1, 1: 1, 10: 10, 11: 10} {
		in := blocks.FileInput(blocks.Input{Name: "file", Label: "File", Dispatch: true}, nil, limit)
		if e := in.Element.(*slack.FileInputBlockElement); e.MaxFiles != want || in.DispatchAction {
			t.Errorf("FileInput(%d) takes %d files, dispatches %v; want %d", limit, e.MaxFiles, in.DispatchAction, want)
		}
	}
}

func TestText_neverRefusedBySlack(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"empty":       "",
		"blank":       " \n ",
		"very long":   strings.Repeat("deal é ", 5000),
		"broken":      "a\xffb",
		"control":     "a\x00b\x1b[31m",
		"turned":      "safe\u202etxt.exe",
		"many blocks": strings.Repeat("\n", 4000) + "x",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, v := range []any{message(text), modal(text)} {
				b, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				var tree any
				if err := json.Unmarshal(b, &tree); err != nil {
					t.Fatal(err)
				}
				walk(t, "", tree)
			}
		})
	}
}

// limits are Slack's, by the path of the text in its block; slack-go has no validation to ask.
var limits = map[string]int{
	"title/text": 100, "submit/text": 24, "close/text": 24, "label/text": 2000, "hint/text": 2000,
	"placeholder/text": 150, "private_metadata": 3000, "value": 2000, "accessibility_label": 75,
	"confirm/text": 30, "deny/text": 30,
}

// hidden are strings that nobody sees.
var hidden = map[string]bool{"elements/value": true, "options/value": true, "/private_metadata": true}

func walk(t *testing.T, path string, v any) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		for key, child := range v {
			walk(t, lastOf(path)+"/"+key, child)
		}
	case []any:
		for _, child := range v {
			walk(t, path, child)
		}
	case string:
		limit, ok := limits[strings.TrimPrefix(path, "/")]
		if !ok {
			limit = 3000
		}
		switch n := utf8.RuneCountInString(v); {
		case n > limit:
			t.Errorf("%s has %d characters, Slack takes %d", path, n, limit)
		case n == 0:
			t.Errorf("%s is empty", path)
		case hidden[path] && utf8.ValidString(v):
		case strings.ContainsAny(v, "\x00\x1b\u202e") || !utf8.ValidString(v):
			t.Errorf("%s = %q holds what must not be shown", path, v)
		}
	}
}

func lastOf(path string) string { return path[strings.LastIndex(path, "/")+1:] }

func TestCut(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text  string
		limit int
		want  string
	}{
		{"deals", 5, "deals"},
		{"deals", 4, "dea…"},
		{"ééééé", 4, "ééé…"},
		{"one two", 5, "one…"},
		{"", 5, ""},
	} {
		if got := blocks.Cut(test.text, test.limit); got != test.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", test.text, test.limit, got, test.want)
		}
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		done, total int
		want        string
	}{
		{0, 3, "░░░░ 0 %"},
		{2, 3, "▓▓░░ 66 %"},
		{999, 1000, "▓▓▓░ 99 %"},
		{3, 3, "▓▓▓▓ 100 %"},
		{5, 3, "▓▓▓▓ 100 %"},
		{0, 0, ""},
	} {
		if got := blocks.Progress(test.done, test.total, 4); got != test.want {
			t.Errorf("Progress(%d, %d) = %q, want %q", test.done, test.total, got, test.want)
		}
	}
}

func TestWhen_isTheOnlyMarkup(t *testing.T) {
	t.Parallel()
	text := blocks.When("<!channel> *now* & `then`", noon).(*slack.TextBlockObject)
	want := "&lt;!channel&gt; now &amp; then <!date^1795176000^{date_short_pretty} at {time}|20 Nov 2026, 12:00 UTC>"
	if text.Text != want {
		t.Errorf("When = %q, want %q", text.Text, want)
	}
}

func TestInZone(t *testing.T) {
	t.Parallel()
	set := []slack.Block{blocks.Text("x"), blocks.Context(blocks.Small("<!date^1^{time}|x>"), blocks.When("Since", noon))}
	was, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(blocks.InZone(set, time.FixedZone("", 3600), "Europe/Brussels"))
	if err != nil || !strings.Contains(string(got), `"Since 20 November 2026, 13:00 (Europe/Brussels)"`) ||
		strings.Count(string(got), "date^") != 1 {
		t.Errorf("the blocks are %s, %v", got, err)
	}
	if now, err := json.Marshal(set); err != nil || !bytes.Equal(now, was) {
		t.Errorf("the blocks given have changed to %s, %v", now, err)
	}
}
