package slacksim_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot/slacksim"
)

func TestSubmit_answers(t *testing.T) {
	t.Parallel()
	field := input("name", object{"type": "plain_text_input"})
	tests := map[string]struct {
		payload   any
		action    string
		stack     []string // titles
		violation string   // with one, the modal shows the trouble banner
	}{
		"nothing":           {nil, "close", nil, ""},
		"clear":             {object{"response_action": "clear"}, "clear", nil, ""},
		"errors":            {object{"response_action": "errors", "errors": object{"name": "no"}}, "errors", []string{"A form"}, ""},
		"update":            {object{"response_action": "update", "view": titled("Done")}, "update", []string{"Done"}, ""},
		"push":              {object{"response_action": "push", "view": titled("Sure?")}, "push", []string{"A form", "Sure?"}, ""},
		"an unknown action": {object{"response_action": "close"}, "", []string{"A form"}, `response_action "close"`},
		"a message":         {object{"text": "ok"}, "", []string{"A form"}, `no field "text"`},
		"an error of another block": {
			object{"response_action": "errors", "errors": object{"note": "no"}}, "", []string{"A form"}, "isn't an input block",
		},
		"no errors":       {object{"response_action": "errors", "errors": object{}}, "", []string{"A form"}, "without a field"},
		"an invalid view": {object{"response_action": "update", "view": object{"type": "modal"}}, "", []string{"A form"}, "missing required field"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			note := section("a note")
			note["block_id"] = "note"
			id := s.open(modal(note, field))
			got := s.answering(test.payload)
			if _, err := s.Type(t.Context(), slacksim.Mia, id, "name", "Ann"); err != nil {
				t.Fatal(err)
			}
			out, err := s.Submit(t.Context(), slacksim.Mia, id)
			if err != nil || out.Action != test.action {
				t.Errorf("outcome = %+v, %v; want %q", out, err, test.action)
			}
			e := <-got
			state := e.Payload["view"].(object)["state"].(object)["values"].(object)["name"].(object)["name"].(object)
			if e.text("type") != "view_submission" || state["value"] != "Ann" {
				t.Errorf("payload = %v", e.Payload)
			}
			var stack []string
			for _, v := range s.Views(slacksim.Mia) {
				stack = append(stack, v.Title)
			}
			if !slices.Equal(stack, test.stack) {
				t.Errorf("stack = %q, want %q", stack, test.stack)
			}
			wantViolation(t, s.Server, test.violation)
			if trouble := len(stack) == 1 && s.View(slacksim.Mia).Trouble != ""; trouble != (test.violation != "") {
				t.Errorf("trouble = %t", trouble)
			}
		})
	}
}

func TestSubmit_refusedBySlack(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.open(modal(
		input("name", object{"type": "plain_text_input", "max_length": 3}),
		input("mail", object{"type": "email_text_input"}),
		input("age", object{"type": "number_input", "is_decimal_allowed": false, "min_value": "18"}),
	))
	refused := func(want map[string]string) {
		t.Helper()
		_, err := s.Submit(t.Context(), slacksim.Mia, id)
		invalid, ok := errors.AsType[*slacksim.InvalidError](err)
		if !ok || len(invalid.Errors) != len(want) {
			t.Fatalf("submit: %v, want errors at %v", err, want)
		}
		for block, text := range want {
			if !strings.Contains(invalid.Errors[block], text) || s.View(slacksim.Mia).Errors[block] != invalid.Errors[block] {
				t.Errorf("%s: %q, want %q", block, invalid.Errors[block], text)
			}
		}
	}
	refused(map[string]string{"name": "required", "mail": "required", "age": "required"})
	for block, text := range map[string]string{"name": "Anna", "mail": "a@", "age": "17"} {
		if _, err := s.Type(t.Context(), slacksim.Mia, id, block, text); err != nil {
			t.Fatal(err)
		}
	}
	refused(map[string]string{"name": "no more than 3", "mail": "valid e-mail", "age": "at least 18"})
}
