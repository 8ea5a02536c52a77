package blockkit_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// object is a JSON object.
type object = map[string]any

func encode(t testing.TB, x any) []byte {
	t.Helper()
	b, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// repeat returns a list of n items.
func repeat(n int, item func(i int) any) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = item(i)
	}
	return out
}

func letters(n int) string { return strings.Repeat("x", n) }

func plain(text string) object { return object{"type": "plain_text", "text": text} }

func section(text string) object {
	return object{"type": "section", "text": object{"type": "mrkdwn", "text": text}}
}

func actions(elements ...any) object { return object{"type": "actions", "elements": elements} }

func button(action, text, value string) object {
	return object{"type": "button", "action_id": action, "text": plain(text), "value": value}
}

func option(text, value string) object { return object{"text": plain(text), "value": value} }

func options(n int) []any {
	return repeat(n, func(i int) any { return option(fmt.Sprint("option ", i), fmt.Sprint(i)) })
}

func input(id string, element object) object {
	element["action_id"] = id
	return object{"type": "input", "block_id": id, "label": plain(id), "element": element}
}

func modal(blocks ...any) object {
	return object{"type": "modal", "callback_id": "form", "title": plain("A form"), "submit": plain("Go"), "blocks": blocks}
}

// newIDs returns a source of ids: id1, id2 and so on.
func newIDs() func() string {
	n := 0
	return func() string {
		n++
		return fmt.Sprint("id", n)
	}
}

// wantProblem checks the first problem: a text in its message, and its pointer. "" is no problem.
func wantProblem(t *testing.T, got []blockkit.Problem, text, at string) {
	t.Helper()
	switch {
	case text == "" && len(got) > 0:
		t.Errorf("problems = %v, want none", got)
	case text != "" && (len(got) == 0 || !strings.Contains(got[0].Message, text) || got[0].Pointer != at):
		t.Errorf("problems = %v, want %q at %s", got, text, at)
	}
}

func TestCheckMessage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		blocks []any
		want   string // in the message of the first problem, "" for none
		at     string // its pointer
	}{
		"a section":              {[]any{section("hello")}, "", ""},
		"50 blocks":              {repeat(50, func(int) any { return object{"type": "divider"} }), "", ""},
		"51 blocks":              {repeat(51, func(int) any { return object{"type": "divider"} }), "50 items", "/blocks"},
		"an unknown block":       {[]any{object{"type": "marquee"}}, "unsupported type", "/blocks/0/type"},
		"an unknown key":         {[]any{object{"type": "divider", "colour": "red"}}, "additional property", "/blocks/0/colour"},
		"a long section":         {[]any{section(letters(3001))}, "less than 3001", "/blocks/0/text/text"},
		"an empty section":       {[]any{section("")}, "more than 0", "/blocks/0/text/text"},
		"a section without text": {[]any{object{"type": "section"}}, "text or fields", "/blocks/0"},
		"11 fields": {
			[]any{object{"type": "section", "fields": repeat(11, func(int) any { return plain("x") })}}, "10 items", "/blocks/0/fields",
		},
		"a header of mrkdwn": {
			[]any{object{"type": "header", "text": object{"type": "mrkdwn", "text": "x"}}}, "one of: plain_text", "/blocks/0/text/type",
		},
		"a header of 151": {[]any{object{"type": "header", "text": plain(letters(151))}}, "less than 151", "/blocks/0/text/text"},
		"11 in context":   {[]any{object{"type": "context", "elements": repeat(11, func(int) any { return plain("x") })}}, "10 items", "/blocks/0/elements"},
		"26 in actions": {
			[]any{actions(repeat(26, func(i int) any { return button(fmt.Sprint(i), "x", "") })...)}, "25 items", "/blocks/0/elements",
		},
		"a long button":                        {[]any{actions(button("a", letters(76), ""))}, "less than 76", "/blocks/0/elements/0/text/text"},
		"a button's long value":                {[]any{actions(button("a", "x", letters(2001)))}, "less than 2001", "/blocks/0/elements/0/value"},
		"the same action_id twice":             {[]any{actions(button("a", "x", ""), button("a", "y", ""))}, "used twice", "/blocks/0/elements/1/action_id"},
		"the same block_id twice":              {[]any{object{"type": "divider", "block_id": "b"}, object{"type": "divider", "block_id": "b"}}, "used twice", "/blocks/1/block_id"},
		"a long block_id":                      {[]any{object{"type": "divider", "block_id": letters(256)}}, "less than 256", "/blocks/0/block_id"},
		"a text input":                         {[]any{input("a", object{"type": "plain_text_input"})}, "", ""},
		"a file input in a message":            {[]any{input("a", object{"type": "file_input"})}, "modal only", "/blocks/0/element/type"},
		"a text input in actions":              {[]any{actions(object{"type": "plain_text_input", "action_id": "a"})}, "isn't allowed in", "/blocks/0/elements/0/type"},
		"a datetimepicker as accessory":        {[]any{object{"type": "section", "text": plain("x"), "accessory": object{"type": "datetimepicker"}}}, "isn't allowed in", "/blocks/0/accessory/type"},
		"a select of 100":                      {[]any{actions(object{"type": "static_select", "options": options(100)})}, "", ""},
		"a select of 101":                      {[]any{actions(object{"type": "static_select", "options": options(101)})}, "100 items", "/blocks/0/elements/0/options"},
		"a select without options":             {[]any{actions(object{"type": "static_select"})}, "options or option_groups", "/blocks/0/elements/0"},
		"a value of 151":                       {[]any{actions(object{"type": "static_select", "options": []any{option("x", letters(151))}})}, "less than 151", "/blocks/0/elements/0/options/0/value"},
		"11 radio buttons":                     {[]any{actions(object{"type": "radio_buttons", "options": options(11)})}, "10 items", "/blocks/0/elements/0/options"},
		"6 in an overflow":                     {[]any{actions(object{"type": "overflow", "options": options(6)})}, "5 items", "/blocks/0/elements/0/options"},
		"an initial option":                    {[]any{actions(object{"type": "radio_buttons", "options": options(2), "initial_option": option("option 1", "1")})}, "", ""},
		"an initial option that isn't offered": {[]any{actions(object{"type": "radio_buttons", "options": options(2), "initial_option": option("Option 1", "1")})}, "equal one of the options", "/blocks/0/elements/0/initial_option"},
		"a long confirm label": {
			[]any{actions(object{"type": "button", "text": plain("x"), "confirm": object{
				"title": plain("Sure?"), "text": plain("x"), "confirm": plain(letters(31)), "deny": plain("No"),
			}})}, "less than 31", "/blocks/0/elements/0/confirm/confirm/text",
		},
		"an image with two sources": {
			[]any{object{"type": "image", "alt_text": "x", "image_url": "http://x", "slack_file": object{"id": "F1"}}}, "not both", "/blocks/0",
		},
		"rich text": {[]any{object{"type": "rich_text", "elements": []any{
			object{"type": "rich_text_section", "elements": []any{object{"type": "text", "text": "x", "style": object{"bold": true}}}},
			object{"type": "rich_text_list", "style": "bullet", "elements": []any{
				object{"type": "rich_text_section", "elements": []any{object{"type": "user", "user_id": "U1"}}},
			}},
		}}}, "", ""},
		"a list too deep": {[]any{object{"type": "rich_text", "elements": []any{
			object{"type": "rich_text_list", "style": "bullet", "indent": 9, "elements": []any{
				object{"type": "rich_text_section", "elements": []any{}},
			}},
		}}}, "from 0 to 8", "/blocks/0/elements/0/indent"},
		"empty rich text": {[]any{object{"type": "rich_text", "elements": []any{
			object{"type": "rich_text_section", "elements": []any{object{"type": "text", "text": ""}}},
		}}}, "more than 0", "/blocks/0/elements/0/elements/0/text"},
		"a table": {[]any{object{"type": "table", "rows": []any{[]any{object{"type": "raw_text", "text": "x"}}}}}, "", ""},
		"a table of 101 rows": {
			[]any{object{"type": "table", "rows": repeat(101, func(int) any { return []any{object{"type": "raw_text", "text": "x"}} })}},
			"100 items", "/blocks/0/rows",
		},
		"a table of 21 columns": {
			[]any{object{"type": "table", "rows": []any{repeat(21, func(int) any { return object{"type": "raw_text", "text": "x"} })}}},
			"20 items", "/blocks/0/rows/0",
		},
		"tables of 10,001": {
			[]any{object{"type": "table", "rows": []any{[]any{object{"type": "raw_text", "text": letters(9999)}}, []any{object{"type": "raw_text", "text": "xx"}}}}},
			"at most 10000", "/blocks/0/rows/1/0",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, got := blockkit.CheckMessage(encode(t, test.blocks), newIDs())
			wantProblem(t, got, test.want, test.at)
		})
	}
}

func TestCheckMessage_totalText(t *testing.T) {
	t.Parallel()
	_, got := blockkit.CheckMessage(encode(t, repeat(5, func(int) any { return section(letters(2700)) })), newIDs())
	if len(got) != 1 || got[0].Rule != blockkit.RuleTotalText {
		t.Errorf("problems = %v, want one with the total text", got)
	}
}

func TestCheckMessage_addsIDs(t *testing.T) {
	t.Parallel()
	got, problems := blockkit.CheckMessage([]byte(`[{"type":"divider","block_id":"b"},
		{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"a < b"}}]}]`), newIDs())
	want := `[{"block_id":"b","type":"divider"},` +
		`{"block_id":"id1","elements":[{"action_id":"id2","text":{"text":"a < b","type":"plain_text"},"type":"button"}],"type":"actions"}]`
	if string(got) != want || problems != nil {
		t.Errorf("blocks = %s, %v\nwant     %s", got, problems, want)
	}
}

func TestCheckView(t *testing.T) {
	t.Parallel()
	with := func(change func(object)) object {
		v := modal(input("a", object{"type": "plain_text_input"}))
		change(v)
		return v
	}
	tests := map[string]struct {
		view     object
		want, at string
	}{
		"a form":                  {with(func(object) {}), "", ""},
		"an input without submit": {with(func(v object) { delete(v, "submit") }), "needs submit", "/view"},
		"no title":                {with(func(v object) { delete(v, "title") }), "missing required field: title", "/view"},
		"a title of 25":           {with(func(v object) { v["title"] = plain(letters(25)) }), "less than 25", "/view/title/text"},
		"a Home tab":              {with(func(v object) { v["type"] = "home" }), `must be "modal"`, "/view/type"},
		"long metadata":           {with(func(v object) { v["private_metadata"] = letters(3001) }), "less than 3001", "/view/private_metadata"},
		"an unknown key":          {with(func(v object) { v["colour"] = "red" }), "additional property", "/view/colour"},
		"101 blocks": {with(func(v object) {
			v["blocks"] = repeat(101, func(int) any { return object{"type": "divider"} })
		}), "100 items", "/view/blocks"},
		"a table": {with(func(v object) {
			v["blocks"] = []any{object{"type": "table", "rows": []any{[]any{object{"type": "raw_text", "text": "x"}}}}}
		}), "isn't allowed in a modal", "/view/blocks/0/type"},
		"a file input": {with(func(v object) { v["blocks"] = []any{input("f", object{"type": "file_input", "max_files": 1})} }), "", ""},
		"a file input that dispatches": {with(func(v object) {
			b := input("f", object{"type": "file_input"})
			b["dispatch_action"] = true
			v["blocks"] = []any{b}
		}), "no dispatch_action", "/view/blocks/0/dispatch_action"},
		"two elements with the focus": {with(func(v object) {
			v["blocks"] = []any{
				input("a", object{"type": "plain_text_input", "focus_on_load": true}),
				input("b", object{"type": "plain_text_input", "focus_on_load": true}),
			}
		}), "only one element", "/view/blocks"},
		"a datetime in seconds": {with(func(v object) {
			v["blocks"] = []any{input("a", object{"type": "datetimepicker", "initial_date_time": 1_795_000_000})}
		}), "", ""},
		"a datetime in milliseconds": {with(func(v object) {
			v["blocks"] = []any{input("a", object{"type": "datetimepicker", "initial_date_time": 1_795_000_000_000})}
		}), "from 1000000000", "/view/blocks/0/element/initial_date_time"},
		"lengths out of order": {with(func(v object) {
			v["blocks"] = []any{input("a", object{"type": "plain_text_input", "min_length": 9, "max_length": 3})}
		}), "more than max_length", "/view/blocks/0/element/min_length"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, got := blockkit.CheckView(encode(t, test.view), "modal", newIDs())
			wantProblem(t, got, test.want, test.at)
		})
	}
}

func TestCheckView_fields(t *testing.T) {
	t.Parallel()
	v := modal(section("x"))
	v["callback_id"], v["notify_on_close"] = "form", true
	got, problems := blockkit.CheckView(encode(t, v), "modal", newIDs())
	if got.Text("title") != "A form" || got.Text("callback_id") != "form" || !got.Flag("notify_on_close") || got.Flag("clear_on_close") {
		t.Errorf("view = %+v, %v", got, problems)
	}
	if got.Field("close") != nil || got.Field("title") == nil {
		t.Errorf("title = %v, close = %v", got.Field("title"), got.Field("close"))
	}
}

func TestCheckOptions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer  any
		want    string // the texts of the options
		problem string // in the message of the problem
		at      string
	}{
		"options":      {object{"options": []any{option("One", "1"), option("Two", "2")}}, "One, Two", "", ""},
		"a group":      {object{"option_groups": []any{object{"label": plain("G"), "options": []any{option("One", "1")}}}}, "One", "", ""},
		"no options":   {object{"options": []any{}}, "", "", ""},
		"empty":        {object{}, "", "must be there", ""},
		"a list":       {[]any{}, "", "must be an object", ""},
		"both":         {object{"options": []any{}, "option_groups": []any{}}, "", "not both", ""},
		"101 options":  {object{"options": options(101)}, "", "100 items", "/options"},
		"a long label": {object{"options": []any{option(letters(76), "1")}}, "", "less than 76", "/options/0/text/text"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, problems := blockkit.CheckOptions(encode(t, test.answer))
			var texts []string
			for _, o := range found {
				texts = append(texts, o.Text)
			}
			if got := strings.Join(texts, ", "); got != test.want {
				t.Errorf("options = %q, want %q", got, test.want)
			}
			wantProblem(t, problems, test.problem, test.at)
		})
	}
}
