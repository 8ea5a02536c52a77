package recipients_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/sends/recipients"
)

func TestParse(t *testing.T) {
	t.Parallel()
	sms := recipients.Rules{Kind: recipients.SMS, Region: "BE"}
	email := recipients.Rules{Kind: recipients.Email}
	tests := map[string]struct {
		text  string
		rules recipients.Rules
		to    []string
		out   []recipients.LeftOut
	}{
		"nothing typed":          {text: " \n\t\n", rules: sms},
		"nothing but separators": {text: " ; ,\n，", rules: sms},
		"lines, commas and semicolons, blanks inside numbers kept": {
			text:  "+32 470 12 34 56\n0471 12 34 56, 0472/12.34.56;(0473) 12-34-56",
			rules: sms,
			to:    []string{"+32470123456", "+32471123456", "+32472123456", "+32473123456"},
		},
		"Windows and old Mac line ends count once": {
			text: "a@example.com\r\nb@example.com\rx\nc@example.com", rules: email,
			to:  []string{"a@example.com", "b@example.com", "c@example.com"},
			out: []recipients.LeftOut{{Line: 3, Text: "x", Rule: recipients.RuleInvalid, Reason: "An e-mail address needs an @."}},
		},
		"commas of other scripts": {
			text: "a@example.com、b@example.com，c@example.com؛d@example.com", rules: email,
			to: []string{"a@example.com", "b@example.com", "c@example.com", "d@example.com"},
		},
		"several spellings of one number": {
			text: "+32 470 12 34 56\n\n0470/12.34.56, 0032470123456", rules: sms,
			to: []string{"+32470123456"},
			out: []recipients.LeftOut{
				{Line: 3, Text: "0470/12.34.56", Rule: recipients.RuleDuplicate, Reason: "It is the same number as in line 1."},
				{Line: 3, Text: "0032470123456", Rule: recipients.RuleDuplicate, Reason: "It is the same number as in line 1."},
			},
		},
		"one address in two cases on one line": {
			text: "Mia@Example.com, mia@example.COM", rules: email,
			to: []string{"mia@example.com"},
			out: []recipients.LeftOut{
				{Line: 1, Text: "mia@example.COM", Rule: recipients.RuleDuplicate, Reason: "It is the same address as one before it in this line."},
			},
		},
		"more than the most": {
			text:  "a@example.com,b@example.com,a@example.com,c@example.com",
			rules: recipients.Rules{Kind: recipients.Email, Max: 2},
			to:    []string{"a@example.com", "b@example.com"},
			out: []recipients.LeftOut{
				{Line: 1, Text: "a@example.com", Rule: recipients.RuleDuplicate, Reason: "It is the same address as one before it in this line."},
				{Line: 1, Text: "c@example.com", Rule: recipients.RuleMax, Reason: "One send can have 2 recipients at most."},
			},
		},
		"a line of prose is refused once": {
			text: "Hello, all; these are, as you asked, the ones:\n0470123456", rules: sms,
			to: []string{"+32470123456"},
			out: []recipients.LeftOut{{
				Line: 1, Text: "Hello, all; these are, as you asked, the ones:",
				Rule: recipients.RuleInvalid, Reason: "It has letters. Write the number with digits only.",
			}},
		},
		"a very long line is cut where it is shown": {
			text: strings.Repeat("word ", 100), rules: email,
			out: []recipients.LeftOut{{
				Line: 1, Text: strings.Repeat("word ", 12) + "…",
				Rule: recipients.RuleLength, Reason: "This is too long. Write one recipient on each line, and nothing else.",
			}},
		},
		"an extension behind a semicolon does not fall off": {
			text: "+3225550100;ext=5;+32470123456", rules: sms,
			to: []string{"+32470123456"},
			out: []recipients.LeftOut{{
				Line: 1, Text: "+3225550100;ext=5",
				Rule: recipients.RuleInvalid, Reason: "It has an extension, which can't get a text message. Leave the extension out.",
			}},
		},
		"invisible characters are marked where they are shown": {
			text: "mia\u200b@example.com\x00", rules: email,
			out: []recipients.LeftOut{{
				Line: 1, Text: "mia�@example.com�",
				Rule: recipients.RuleInvalid, Reason: "It has a character that can't be seen. Type it again instead of pasting it.",
			}},
		},
		"an address with a name and a comma": {
			text: "Doe, Mia <mia@example.com>", rules: email,
			to: []string{"mia@example.com"},
		},
		"the other kind": {
			text: "0470 12 34 56", rules: email,
			out: []recipients.LeftOut{{
				Line: 1, Text: "0470 12 34 56", Rule: recipients.RuleInvalid, Reason: "This is a phone number, but the send goes out by e-mail.",
			}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got := recipients.Parse(tt.text, tt.rules)

			var to []string
			for _, r := range got.Recipients {
				to = append(to, r.To)
			}
			if diff := cmp.Diff(tt.to, to); diff != "" {
				t.Errorf("Parse(%q) recipients (-want +got):\n%s", tt.text, diff)
			}
			if diff := cmp.Diff(tt.out, got.LeftOut); diff != "" {
				t.Errorf("Parse(%q) left out (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func TestParse_says_line_country_and_warning(t *testing.T) {
	t.Parallel()

	got := recipients.Parse("\n02 555 01 00\n+1 650 253 0000", recipients.Rules{Kind: recipients.SMS, Region: "be"})

	want := recipients.List{Recipients: []recipients.Recipient{
		{To: "+3225550100", Country: "BE", Line: 2, Warning: "It looks like a fixed line. Most of those can't get text messages."},
		{To: "+16502530000", Country: "US", Line: 3},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Parse (-want +got):\n%s", diff)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("+32 470 12 34 56\n0470/12.34.56, mia@example.com;x", true)
	f.Add("<mailto:a@b.example|a@b.example>,\r\n\u202e,\x00;ext=", false)
	f.Fuzz(func(t *testing.T, text string, sms bool) {
		rules := recipients.Rules{Kind: recipients.Email, Region: "BE", Max: 3}
		if sms {
			rules.Kind = recipients.SMS
		}

		list := recipients.Parse(text, rules)

		if len(list.Recipients) > rules.Max {
			t.Errorf("%d recipients, want at most %d", len(list.Recipients), rules.Max)
		}
		lines := strings.Count(text, "\n") + strings.Count(text, "\r") + strings.Count(text, "\u2028") + strings.Count(text, "\u2029") + 1
		seen := map[string]bool{}
		for _, r := range list.Recipients {
			if seen[r.To] || r.Line < 1 || r.Line > lines {
				t.Errorf("recipient %+v comes twice or on no line of %d", r, lines)
			}
			seen[r.To] = true
			again := recipients.Parse(r.To, rules)
			if len(again.Recipients) != 1 || again.Recipients[0].To != r.To {
				t.Errorf("%q does not come out of its own list again: %+v", r.To, again)
			}
		}
		for _, l := range list.LeftOut {
			checkLeftOut(t, l, lines)
		}
	})
}
