package send

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

// FuzzForm_fill checks that no words make a form that Slack refuses.
func FuzzForm_fill(f *testing.F) {
	for _, seed := range []string{"sms +32470123456 City deals", `email "a@b.c" “x`, "1 2 3 4 5 6 7 8 9 10", "@ @@ a@", "sms \x00\xff"} {
		f.Add(seed)
	}
	directories := ui.List[coupontools.Directory]{Source: commandstest.NewHeld(commandstest.SomeDirectories())}
	s := formHandlers{Deps{Deps: ui.Deps{Region: "BE"}, Offers: []Offer{NewOffer(sends.OfferDirectory, "directory", directories)}}}
	f.Fuzz(func(t *testing.T, text string) {
		form := s.fill(bot.Split(text))
		v := s.view(commandstest.Mia, form, form.Channel)
		if n := utf8.RuneCountInString(v.PrivateMetadata); n > 3000 {
			t.Errorf("metadata has %d characters", n)
		}
		raw, err := json.Marshal(v)
		if err != nil || !utf8.Valid(raw) {
			t.Errorf("view = %q, %v", raw, err)
		}
	})
}

func TestForm_fill(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Warm(t)
	s := formHandlers{Deps{Deps: w.Deps(), Offers: []Offer{NewOffer(sends.OfferDirectory, "directory", ui.List[coupontools.Directory]{Source: w.Directories})}}}
	for text, want := range map[string]formState{
		"":                             {},
		"sms":                          {Channel: recipients.SMS},
		"E-Mail":                       {Channel: recipients.Email},
		"anna@example.com":             {Channel: recipients.Email, Recipients: "anna@example.com"},
		"<mailto:a@b.com|a@b.com>":     {Channel: recipients.Email, Recipients: "a@b.com"},
		"+32 470 12 34 56":             {Channel: recipients.SMS, Recipients: "+32 470 12 34 56"},
		"email a@b.com, c@d.com":       {Channel: recipients.Email, Recipients: "a@b.com, c@d.com"},
		"sms +32470123456 dir_5503":    {Channel: recipients.SMS, Recipients: "+32470123456", Directory: "dir_5503", Name: "Stadsbonnen Gent"},
		"stadsbonnen":                  {Directory: "dir_5503", Name: "Stadsbonnen Gent"},
		"Student Card 2026/27":         {Directory: "dir_5535", Name: "Student Card 2026/27"},
		"sms 2026/27 0470 12 34 56":    {Channel: recipients.SMS, Recipients: "0470 12 34 56", Directory: "dir_5535", Name: "Student Card 2026/27"},
		`email "Student Card 2026/27"`: {Channel: recipients.Email, Directory: "dir_5535", Name: "Student Card 2026/27"},
		"sms 0470 12 34 56 0475/11.22.33 dir_5503": {
			Channel: recipients.SMS, Recipients: "0470 12 34 56, 0475/11.22.33", Directory: "dir_5503", Name: "Stadsbonnen Gent",
		},
		"email to anna@example.org dir_5503": {
			Channel: recipients.Email, Recipients: "anna@example.org", Directory: "dir_5503", Name: "Stadsbonnen Gent",
		},
		"sms nothing like it": {Channel: recipients.SMS, Note: "There is no directory “nothing like it” in the list. Please choose one."},
		`"City deals"`: {Note: "“City deals” may be “City deals” (dir_5501) or “City deals” (dir_5502). " +
			"Please choose one."},
	} {
		if got := s.fill(bot.Split(text)); got != want {
			t.Errorf("fill(%q)\n got %+v\nwant %+v", text, got, want)
		}
	}
}

// A date in a directory's name is not a recipient, and "to" is dropped only before a recipient.
func TestForm_fillKeepsDatesAndTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Warm(t)
	s := formHandlers{Deps{Deps: w.Deps(), Offers: []Offer{NewOffer(sends.OfferDirectory, "directory", ui.List[coupontools.Directory]{Source: w.Directories})}}}
	got := s.fill(bot.Split("sms 0470 12 34 56 24/12/2025 nothing"))
	if got.Recipients != "0470 12 34 56" {
		t.Errorf("recipients = %q, want the number alone", got.Recipients)
	}
	commandstest.WantIn(t, got.Note, "“24/12/2025 nothing”")
	commandstest.WantIn(t, s.fill(bot.Split("sms To nowhere")).Note, "“To” may be")
}
