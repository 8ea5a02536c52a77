package slacksim_test

import (
	"slices"
	"testing"

	"github.com/coupontools/couponbot/bot/slacksim"
)

func TestSuggest(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		payload   any
		want      []string
		violation string
	}{
		"options":     {object{"options": []any{option("One", "1"), option("Two", "2")}}, []string{"One", "Two"}, ""},
		"groups":      {object{"option_groups": []any{object{"label": plain("G"), "options": []any{option("One", "1")}}}}, []string{"One"}, ""},
		"none":        {object{"options": []any{}}, nil, ""},
		"nothing":     {nil, nil, "options or option_groups"},
		"empty":       {object{}, nil, "must be there"},
		"both":        {object{"options": []any{}, "option_groups": []any{}}, nil, "not both"},
		"101":         {object{"options": options(101)}, nil, "100 items"},
		"a long text": {object{"options": []any{option(letters(76), "1")}}, nil, "less than 76"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			id := s.open(modal(input("directory", object{"type": "external_select", "min_query_length": 0})))
			got := s.answering(test.payload)
			found, err := s.Suggest(t.Context(), slacksim.Mia, slacksim.Place{View: id}, "directory", "directory", "o")
			var texts []string
			for _, o := range found {
				texts = append(texts, o.Text)
			}
			if !slices.Equal(texts, test.want) || (err != nil) != (test.violation != "") {
				t.Errorf("options = %q, %v; want %q", texts, err, test.want)
			}
			wantViolation(t, s.Server, test.violation)
			if e := <-got; e.text("type") != "block_suggestion" || e.text("value") != "o" {
				t.Errorf("payload = %v", e.Payload)
			}
			if len(texts) == 0 {
				return
			}
			must(t)(s.Choose(t.Context(), slacksim.Mia, slacksim.Place{View: id}, "directory", "directory", "1"))
			if v := s.View(slacksim.Mia).State["directory"]["directory"]; v.Options[0].Text != "One" {
				t.Errorf("chosen = %+v", v)
			}
		})
	}
}

func TestSuggest_minimum(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.open(modal(input("directory", object{"type": "external_select"})))
	if _, err := s.Suggest(t.Context(), slacksim.Mia, slacksim.Place{View: id}, "directory", "directory", "ab"); err == nil {
		t.Error("Slack asked with two characters, its default is three")
	}
}
