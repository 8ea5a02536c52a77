package slacksim_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot/slacksim"
)

func many(n int, item func(i int) any) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = item(i)
	}
	return out
}

func letters(n int) string { return strings.Repeat("x", n) }

func actions(elements ...any) object { return object{"type": "actions", "elements": elements} }

func options(n int) []any {
	return many(n, func(i int) any { return option(fmt.Sprint("option ", i), fmt.Sprint(i)) })
}

func TestMessageBlocks(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		blocks []any
		want   string // in the message of the first problem; "" = fine
		at     string // its pointer
	}{
		"a section":              {[]any{section("hello")}, "", ""},
		"50 blocks":              {many(50, func(int) any { return object{"type": "divider"} }), "", ""},
		"51 blocks":              {many(51, func(int) any { return object{"type": "divider"} }), "50 items", "/blocks"},
		"an unknown block":       {[]any{object{"type": "marquee"}}, "unsupported type", "/blocks/0/type"},
		"an unknown key":         {[]any{object{"type": "divider", "colour": "red"}}, "additional property", "/blocks/0/colour"},
		"a long section":         {[]any{section(letters(3001))}, "less than 3001", "/blocks/0/text/text"},
		"an empty section":       {[]any{section("")}, "more than 0", "/blocks/0/text/text"},
		"a section without text": {[]any{object{"type": "section"}}, "text or fields", "/blocks/0"},
		"eleven fields": {
			[]any{object{"type": "section", "fields": many(11, func(int) any { return plain("x") })}}, "10 items", "/blocks/0/fields",
		},
		"a header of markup": {
			[]any{object{"type": "header", "text": object{"type": "mrkdwn", "text": "x"}}}, "one of: plain_text", "/blocks/0/text/type",
		},
		"a header of 151":   {[]any{object{"type": "header", "text": plain(letters(151))}}, "less than 151", "/blocks/0/text/text"},
		"eleven in context": {[]any{object{"type": "context", "elements": many(11, func(int) any { return plain("x") })}}, "10 items", "/blocks/0/elements"},
		"26 in actions": {
			[]any{actions(many(26, func(i int) any { return button(fmt.Sprint(i), "x", "") })...)}, "25 items", "/blocks/0/elements",
		},
		"a long button":           {[]any{actions(button("a", letters(76), ""))}, "less than 76", "/blocks/0/elements/0/text/text"},
		"a button's long value":   {[]any{actions(button("a", "x", letters(2001)))}, "less than 2001", "/blocks/0/elements/0/value"},
		"an action_id twice":      {[]any{actions(button("a", "x", ""), button("a", "y", ""))}, "used twice", "/blocks/0/elements/1/action_id"},
		"a block_id twice":        {[]any{object{"type": "divider", "block_id": "b"}, object{"type": "divider", "block_id": "b"}}, "used twice", "/blocks/1/block_id"},
		"a long block_id":         {[]any{object{"type": "divider", "block_id": letters(256)}}, "less than 256", "/blocks/0/block_id"},
		"an input to type into":   {[]any{input("a", object{"type": "plain_text_input"})}, "", ""},
		"a file input":            {[]any{input("a", object{"type": "file_input"})}, "modal only", "/blocks/0/element/type"},
		"text input in actions":   {[]any{actions(object{"type": "plain_text_input", "action_id": "a"})}, "does not go into", "/blocks/0/elements/0/type"},
		"datetime as accessory":   {[]any{object{"type": "section", "text": plain("x"), "accessory": object{"type": "datetimepicker"}}}, "does not go into", "/blocks/0/accessory/type"},
		"a select of 100":         {[]any{actions(object{"type": "static_select", "options": options(100)})}, "", ""},
		"a select of 101":         {[]any{actions(object{"type": "static_select", "options": options(101)})}, "100 items", "/blocks/0/elements/0/options"},
		"a select of nothing":     {[]any{actions(object{"type": "static_select"})}, "options or option_groups", "/blocks/0/elements/0"},
		"a value of 151":          {[]any{actions(object{"type": "static_select", "options": []any{option("x", letters(151))}})}, "less than 151", "/blocks/0/elements/0/options/0/value"},
		"eleven radio buttons":    {[]any{actions(object{"type": "radio_buttons", "options": options(11)})}, "10 items", "/blocks/0/elements/0/options"},
		"six in an overflow":      {[]any{actions(object{"type": "overflow", "options": options(6)})}, "5 items", "/blocks/0/elements/0/options"},
		"an initial option":       {[]any{actions(object{"type": "radio_buttons", "options": options(2), "initial_option": option("option 1", "1")})}, "", ""},
		"one that is not offered": {[]any{actions(object{"type": "radio_buttons", "options": options(2), "initial_option": option("Option 1", "1")})}, "equal one of the options", "/blocks/0/elements/0/initial_option"},
		"a confirm": {
			[]any{actions(object{"type": "button", "text": plain("x"), "confirm": object{
				"title": plain("Sure?"), "text": plain("x"), "confirm": plain(letters(31)), "deny": plain("No"),
			}})}, "less than 31", "/blocks/0/elements/0/confirm/confirm/text",
		},
		"an image of two sources": {
			[]any{object{"type": "image", "alt_text": "x", "image_url": "http://x", "slack_file": object{"id": "F1"}}}, "not both", "/blocks/0",
		},
		"rich text": {[]any{object{"type": "rich_text", "elements": []any{
			object{"type": "rich_text_section", "elements": []any{object{"type": "text", "text": "x", "style": object{"bold": true}}}},
			object{"type": "rich_text_list", "style": "bullet", "elements": []any{
				object{"type": "rich_text_section", "elements": []any{object{"type": "user", "user_id": "U1"}}},
			}},
		}}}, "", ""},
		"a deep list": {[]any{object{"type": "rich_text", "elements": []any{
			object{"type": "rich_text_list", "style": "bullet", "indent": 9, "elements": []any{
				object{"type": "rich_text_section", "elements": []any{}},
			}},
		}}}, "from 0 to 8", "/blocks/0/elements/0/indent"},
		"empty rich words": {[]any{object{"type": "rich_text", "elements": []any{
			object{"type": "rich_text_section", "elements": []any{object{"type": "text", "text": ""}}},
		}}}, "more than 0", "/blocks/0/elements/0/elements/0/text"},
		"a table": {[]any{object{"type": "table", "rows": []any{[]any{object{"type": "raw_text", "text": "x"}}}}}, "", ""},
		"a table of 101 rows": {
			[]any{object{"type": "table", "rows": many(101, func(int) any { return []any{object{"type": "raw_text", "text": "x"}} })}},
			"100 items", "/blocks/0/rows",
		},
		"a table of 21 columns": {
			[]any{object{"type": "table", "rows": []any{many(21, func(int) any { return object{"type": "raw_text", "text": "x"} })}}},
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
			s := start(t)
			got := s.form("chat.postMessage", "channel", slacksim.Marketing, "text", "x", "blocks", encode(t, test.blocks))
			wantProblem(t, got, "invalid_blocks", test.want, test.at)
		})
	}
}

// wantProblem checks error and first message of response_metadata.
func wantProblem(t *testing.T, got object, code, words, at string) {
	t.Helper()
	if words == "" {
		wantError(t, got, "")
		return
	}
	wantError(t, got, code)
	meta, _ := got["response_metadata"].(object)
	messages, _ := meta["messages"].([]any)
	if len(messages) == 0 {
		t.Fatalf("answer = %v, want messages", got)
	}
	first := fmt.Sprint(messages[0])
	if !strings.Contains(first, words) || !strings.Contains(first, "[json-pointer:"+at+"]") {
		t.Errorf("message = %s, want %q at %s", first, words, at)
	}
}

func TestMessageBlocks_tooLongTogether(t *testing.T) {
	t.Parallel()
	s := start(t)
	blocks := many(5, func(int) any { return section(letters(2700)) })
	wantError(t, s.form("chat.postMessage", "channel", slacksim.Marketing, "text", "x", "blocks", encode(t, blocks)), "msg_blocks_too_long")
}

func TestViews_rules(t *testing.T) {
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
		"a home":                  {with(func(v object) { v["type"] = "home" }), `must be "modal"`, "/view/type"},
		"long metadata":           {with(func(v object) { v["private_metadata"] = letters(3001) }), "less than 3001", "/view/private_metadata"},
		"an unknown key":          {with(func(v object) { v["colour"] = "red" }), "additional property", "/view/colour"},
		"101 blocks": {with(func(v object) {
			v["blocks"] = many(101, func(int) any { return object{"type": "divider"} })
		}), "100 items", "/view/blocks"},
		"a table": {with(func(v object) {
			v["blocks"] = []any{object{"type": "table", "rows": []any{[]any{object{"type": "raw_text", "text": "x"}}}}}
		}), "does not go into a modal", "/view/blocks/0/type"},
		"a file input": {with(func(v object) { v["blocks"] = []any{input("f", object{"type": "file_input", "max_files": 1})} }), "", ""},
		"a file input that dispatches": {with(func(v object) {
			b := input("f", object{"type": "file_input"})
			b["dispatch_action"] = true
			v["blocks"] = []any{b}
		}), "no dispatch_action", "/view/blocks/0/dispatch_action"},
		"two with the focus": {with(func(v object) {
			v["blocks"] = []any{
				input("a", object{"type": "plain_text_input", "focus_on_load": true}),
				input("b", object{"type": "plain_text_input", "focus_on_load": true}),
			}
		}), "only one element", "/view/blocks"},
		"a datetime of today": {with(func(v object) {
			v["blocks"] = []any{input("a", object{"type": "datetimepicker", "initial_date_time": 1_795_000_000})}
		}), "", ""},
		"a datetime in milliseconds": {with(func(v object) {
			v["blocks"] = []any{input("a", object{"type": "datetimepicker", "initial_date_time": 1_795_000_000_000})}
		}), "from 1000000000", "/view/blocks/0/element/initial_date_time"},
		"bounds out of order": {with(func(v object) {
			v["blocks"] = []any{input("a", object{"type": "plain_text_input", "min_length": 9, "max_length": 3})}
		}), "more than max_length", "/view/blocks/0/element/min_length"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			got := s.json("views.open", object{"trigger_id": s.trigger(), "view": test.view})
			wantProblem(t, got, "invalid_arguments", test.want, test.at)
		})
	}
}

// trigger has mia type a command and returns its trigger_id.
func (s *slack) trigger() string {
	s.t.Helper()
	return s.command("/x", "").text("trigger_id")
}

// command has mia type a command in marketing to a bot that acknowledges quietly, and returns its envelope.
func (s *slack) command(name, text string) envelope {
	s.t.Helper()
	l := s.connect()
	done := make(chan error, 1)
	go func() {
		_, err := s.Command(s.t.Context(), slacksim.Mia, slacksim.Marketing, name, text)
		done <- err
	}()
	e := l.read()
	l.ack(e.ID, nil)
	if err := <-done; err != nil {
		s.t.Fatal(err)
	}
	_ = l.ws.CloseNow()
	if err := s.Await(s.t.Context(), func(s *slacksim.Server) bool { return s.Connections() == 0 }); err != nil {
		s.t.Fatal(err)
	}
	return e
}

func TestBlocksValidate(t *testing.T) {
	t.Parallel()
	s := start(t)
	wantError(t, s.form("blocks.validate", "blocks", encode(t, []any{section("x")})), "")
	wantError(t, s.form("blocks.validate", "message", encode(t, object{"blocks": []any{section("x")}})), "")
	got := s.form("blocks.validate", "view", encode(t, object{"type": "modal", "blocks": []any{section(letters(3001))}, "title": plain("x")}))
	wantError(t, got, "invalid_view")
	errs, _ := got["errors"].([]any)
	if len(errs) != 1 || errs[0].(object)["pointer"] != "/view/blocks/0/text/text" {
		t.Errorf("errors = %v", errs)
	}
}
