package blockkit_test

import (
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// only returns the one interactive element in a block.
func only(t *testing.T, block object) blockkit.Element {
	t.Helper()
	all := blockkit.Elements(encode(t, []any{block}))
	if len(all) != 1 {
		t.Fatalf("found %d elements in %v, want one", len(all), block)
	}
	return all[0]
}

func TestElements(t *testing.T) {
	t.Parallel()
	blocks := []any{
		section("no element"),
		object{"type": "section", "block_id": "a", "text": plain("x"), "accessory": button("one", "One", "1")},
		object{"type": "section", "text": plain("x"), "accessory": object{"type": "image", "alt_text": "x"}},
		object{"type": "actions", "block_id": "b", "elements": []any{button("two", "Two", "2"), object{"type": "overflow", "action_id": "three"}}},
		input("c", object{"type": "plain_text_input"}),
	}
	var got []string
	for _, e := range blockkit.Elements(encode(t, blocks)) {
		got = append(got, e.BlockID()+"/"+e.ActionID())
	}
	if want := "a/one b/two b/three c/c"; strings.Join(got, " ") != want {
		t.Errorf("elements = %q, want %q", got, want)
	}
}

func TestElement_dispatches(t *testing.T) {
	t.Parallel()
	dispatching := input("a", object{"type": "plain_text_input"})
	dispatching["dispatch_action"] = true
	for name, test := range map[string]struct {
		block object
		want  bool
	}{
		"in actions":                         {actions(button("a", "x", "")), true},
		"in an input block":                  {input("a", object{"type": "plain_text_input"}), false},
		"in an input block, dispatch_action": {dispatching, true},
	} {
		if got := only(t, test.block).Dispatches(); got != test.want {
			t.Errorf("%s: dispatches = %t", name, got)
		}
	}
}

func TestElement_checkInput(t *testing.T) {
	t.Parallel()
	whole := object{"type": "number_input", "is_decimal_allowed": false, "min_value": "18", "max_value": "99"}
	for name, test := range map[string]struct {
		element object
		text    string
		want    string // in what Slack says, "" for a valid text
	}{
		"a text":            {object{"type": "plain_text_input", "min_length": 2, "max_length": 3}, "abc", ""},
		"a short text":      {object{"type": "plain_text_input", "min_length": 2}, "a", "at least 2"},
		"a long text":       {object{"type": "plain_text_input", "max_length": 3}, "abcd", "no more than 3"},
		"an e-mail address": {object{"type": "email_text_input"}, "ann@example.com", ""},
		"a name":            {object{"type": "email_text_input"}, "Ann <ann@example.com>", "valid e-mail"},
		"a URL":             {object{"type": "url_text_input"}, "https://example.com/", ""},
		"a host":            {object{"type": "url_text_input"}, "example.com", "valid URL"},
		"a number":          {whole, "18", ""},
		"a word":            {whole, "many", "valid number"},
		"a fraction":        {whole, "18.5", "valid number"},
		"too small":         {whole, "17", "at least 18"},
		"too large":         {whole, "100", "at most 99"},
	} {
		got := only(t, input("a", test.element)).CheckInput(test.text)
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s: CheckInput(%q) = %q, want %q", name, test.text, got, test.want)
		}
	}
}
