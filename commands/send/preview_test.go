package send

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/form"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

func TestCheckSchedule(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		at   time.Time
		want string
	}{
		{time.Time{}, ""},
		{now.Add(time.Second), ""},
		{now.Add(maxAhead), ""},
		{now, "in the past"},
		{now.Add(-time.Hour), "in the past"},
		{now.Add(maxAhead + time.Second), "more than 90 days ahead"},
	} {
		wrong := form.Problems{}
		checkSchedule(test.at, now, wrong)
		if got := wrong[fieldSchedule]; (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("checkSchedule(%v) = %q, want %q", test.at, got, test.want)
		}
	}
}

func TestDurationWords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		n, rate int
		want    string
	}{
		{1, 0, ""},
		{1, 5, "about 1 second at 5 a second"},
		{11, 5, "about 3 seconds at 5 a second"},
		{600, 5, "about 2 minutes at 5 a second"},
		{10_000, 5, "about 34 minutes at 5 a second"},
		{10_000, 1, "about 3 hours at 1 a second"},
	} {
		if got := durationWords(make([]recipients.Recipient, test.n), test.rate, nil); !strings.Contains(got, test.want) {
			t.Errorf("lasting(%d, %d) = %q, want %q", test.n, test.rate, got, test.want)
		}
	}
}

func TestDurationWords_slowCountries(t *testing.T) {
	t.Parallel()
	to := func(us, ca, be int) (list []recipients.Recipient) {
		list = append(list, slices.Repeat([]recipients.Recipient{{Country: "US"}}, us)...)
		list = append(list, slices.Repeat([]recipients.Recipient{{Country: "CA"}}, ca)...)
		return append(list, slices.Repeat([]recipients.Recipient{{Country: "BE"}}, be)...)
	}
	tollFree := slices.Repeat([]recipients.Recipient{{To: "+18682345678", Country: "TT", TollFree: true}}, 480)
	slow := map[string]float64{"US": 1, "CA": 0.5, "TT": 0.1}
	for name, test := range map[string]struct {
		list []recipients.Recipient
		want string
	}{
		"slow ones":       {to(480, 0, 100), "It takes about 8 minutes: text messages to the United States go out at 1 a second."},
		"the slowest":     {to(480, 300, 100), "It takes about 10 minutes: text messages to Canada go out at 0.5 a second."},
		"toll-free":       {tollFree, "It takes about 8 minutes: text messages to the United States go out at 1 a second."},
		"few slow ones":   {to(10, 5, 600), "It takes about 3 minutes at 5 a second, if no other send is going on."},
		"nobody slow":     {to(0, 0, 600), "It takes about 2 minutes at 5 a second, if no other send is going on."},
		"e-mail, no code": {make([]recipients.Recipient, 600), "It takes about 2 minutes at 5 a second, if no other send is going on."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := durationWords(test.list, 5, slow); got != test.want {
				t.Errorf("lasting() = %q, want %q", got, test.want)
			}
		})
	}
}

// The draft's id depends on the directory's id, not its name: two deliveries of a form may differ in the name.
func TestOrder_draftWithoutNames(t *testing.T) {
	t.Parallel()
	o := order{Form: "F1", Typed: "x", Column: "0/1", Draft: sends.Draft{OfferID: "dir_1", OfferName: "City deals"}}
	id := o.draft(recipients.List{}, [sha256.Size]byte{1}).ID
	o.Draft.OfferName = "dir_1"
	if again := o.draft(recipients.List{}, [sha256.Size]byte{1}).ID; again != id {
		t.Error("another name of the directory makes another draft")
	}
	others := map[string]func(*order){
		"column":  func(o *order) { o.Column = "0/2" },
		"consent": func(o *order) { o.Consent = recipients.ConsentIgnored },
		"reading": func(o *order) { o.Rules.Foreign = true },
	}
	for name, change := range others {
		other := o
		change(&other)
		if other.draft(recipients.List{}, [sha256.Size]byte{1}).ID == id {
			t.Errorf("another %s makes the same draft", name)
		}
	}
	if o.draft(recipients.List{}, [sha256.Size]byte{2}).ID == id {
		t.Error("another file makes the same draft")
	}
}

func TestPreview_names(t *testing.T) {
	t.Parallel()
	d := sends.Draft{Kind: recipients.Email, ScheduledAt: time.Date(2040, 1, 31, 9, 0, 0, 0, time.UTC)}
	commandstest.WantIn(t, commandstest.Picture(bot.Reply{View: preview{Draft: d, person: commandstest.Mia}.view()}), "*When: *31 January 2040, 10:00 (Europe/Brussels)")
}

// Slack accepts the preview of the longest list with the worst texts.
func TestPreview_ofTheWorstDraft(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]string{"empty": "", "long": strings.Repeat("é", 4000), "broken": "\xff\x00"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := preview{
				Draft: worstDraft(bad), person: commandstest.Mia, rate: 5, note: bad,
				approval: &approval{over: 500, people: make([]string, 40)},
			}.view()
			if n := len(v.Blocks.BlockSet); n > 100 {
				t.Errorf("the preview has %d blocks, Slack takes 100", n)
			}
			if n := len([]rune(v.Submit.Text)); n > 24 {
				t.Errorf("%q has %d characters, Slack takes 24", v.Submit.Text, n)
			}
			raw, err := json.Marshal(v)
			if err != nil || len(raw) > 100<<10 {
				t.Errorf("the preview has %d bytes, %v", len(raw), err)
			}
		})
	}
}

// A test by SMS goes to the number in the user's profile, in any spelling.
func TestProfileContact(t *testing.T) {
	t.Parallel()
	s := formHandlers{Deps{Deps: ui.Deps{Region: "BE", Countries: []string{"BE"}}}}
	for name, test := range map[string]struct {
		person   bot.Person
		kind     recipients.Kind
		to, text string
	}{
		"phone":           {bot.Person{Phone: "0470 12 34 56"}, recipients.SMS, "+32470123456", ""},
		"no phone":        {bot.Person{Email: "mia@example.com"}, recipients.SMS, "", "no phone number"},
		"a wrong phone":   {bot.Person{Phone: "ask me"}, recipients.SMS, "", "It has letters"},
		"a phone abroad":  {bot.Person{Phone: "+31612345678"}, recipients.SMS, "", "Netherlands"},
		"address":         {bot.Person{Email: "Mia@Example.com"}, recipients.Email, "mia@example.com", ""},
		"no address":      {bot.Person{Phone: "0470 12 34 56"}, recipients.Email, "", "does not tell your e-mail address"},
		"a wrong address": {bot.Person{Email: "mia@"}, recipients.Email, "", "nothing after the @"},
	} {
		to, err := s.profileContact(test.person, test.kind)
		if test.text == "" {
			if err != nil || to.To != test.to {
				t.Errorf("%s: own = %+v, %v; want %s", name, to, err, test.to)
			}
			continue
		}
		commandstest.WantIn(t, commandstest.MistakeOf(t, ui.Explain, err).Text, test.text)
	}
}

func TestStatusWords(t *testing.T) {
	t.Parallel()
	noon := time.Date(2040, 1, 31, 11, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		send        sends.Send
		title, what string
	}{
		"awaiting":            {sends.Send{State: sends.StateAwaiting, ConfirmedAt: noon}, "Waiting for approval", "at once, once another sender has approved it. If nobody does until 1 February 2040, 12:00"},
		"awaiting, scheduled": {sends.Send{State: sends.StateAwaiting, ScheduledAt: noon}, "Waiting for approval", "on 31 January 2040, 12:00 (Europe/Brussels)"},
		"scheduled":           {sends.Send{State: sends.StateScheduled, ScheduledAt: noon}, "Scheduled", "goes out by SMS to 2 people on 31 January 2040, 12:00 (Europe/Brussels). Nothing has been sent"},
		"rejected":            {sends.Send{State: sends.StateCancelled, Why: sends.WhyRejected}, "Cancelled", "said no"},
		"too late":            {sends.Send{State: sends.StateCancelled, Why: sends.WhyNotApproved}, "Cancelled", "Nobody approved it in time."},
		"not resumed":         {sends.Send{State: sends.StateCancelled, Why: sends.WhyNotResumed}, "Cancelled", "Nobody resumed it in time."},
		"stopped":             {sends.Send{State: sends.StateStopped, Why: "the keys are wrong"}, "Stopped", "was stopped: 0 sent · 2 waiting. Why: the keys are wrong"},
		"completed":           {sends.Send{State: sends.StateCompleted}, "Sent", "has gone out by SMS to 2 people"},
		"running":             {sends.Send{State: sends.StateRunning}, "Sending", "is going out by SMS to 2 people now."},
	} {
		test.send.OfferName, test.send.Kind, test.send.Counts.Total = "City deals", recipients.SMS, 2
		title, what := statusWords(commandstest.Mia, test.send)
		if title != test.title || !strings.Contains(what, test.what) {
			t.Errorf("%s: statusWords = %q, %q; want %q, %q", name, title, what, test.title, test.what)
		}
	}
}

func TestTestMistake(t *testing.T) {
	t.Parallel()
	commandstest.WantIn(t, commandstest.MistakeOf(t, ui.Explain, testMistake(sends.ErrTooManyTests)).Text, "5 tests today")
	commandstest.WantIn(t, commandstest.MistakeOf(t, ui.Explain, testMistake(sends.ErrNobodyLeft)).Text, "do-not-contact list")
	commandstest.WantIn(t, commandstest.MistakeOf(t, ui.Explain, testMistake(sends.ErrUnavailable)).Text, "Redis can't be reached")
}

// worstDraft is as large as a draft can be, with bad for every text from outside.
func worstDraft(bad string) sends.Draft {
	d := sends.Draft{
		ID: "D1", OfferID: "dir_1", OfferName: bad, Kind: recipients.SMS, Message: bad, Subject: bad,
		ScheduledAt: time.Now(), Parent: "S1",
	}
	for i := range 10_000 {
		d.List.Recipients = append(d.List.Recipients, recipients.Recipient{
			To: fmt.Sprintf("+3247%07d", i), Country: recipients.Countries()[i%200].Code, Line: i + 1, FromFile: true, Warning: bad + ".",
		})
	}
	for i := range 10_000 {
		rules := []recipients.Rule{recipients.RuleInvalid, recipients.RuleEmpty, recipients.RuleSuppressed, recipients.Rule("r" + fmt.Sprint(i%14))}
		d.List.LeftOut = append(d.List.LeftOut, recipients.LeftOut{
			Line: i + 1, FromFile: true, Text: bad, Rule: rules[i%len(rules)], Reason: bad + ".",
		})
	}
	return d
}

// columnChosen answers only the owner of the file.
func TestColumnChosen_notTheirs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := formHandlers{Deps{Deps: w.Deps()}}
	id := s.keepOrder(t.Context(), bot.Person{Team: commandstest.Mia.Team, ID: "U0NOAH"}, "D1", order{File: &bot.File{ID: "F1"}})
	_, err := w.Submits(t, bot.NewView(viewColumn, id, map[string]string{"column": "0/1"}))
	commandstest.WantIn(t, commandstest.MistakeOf(t, ui.Explain, err).Text, "isn't yours")
}

func TestPreview_cost(t *testing.T) {
	t.Parallel()
	people := make([]recipients.Recipient, 80)
	for _, test := range []struct {
		text   string
		people int
		link   int
		want   string
	}{
		{"Zomerdeals", 1, 50, "1 SMS per person (with a link of 50 characters)."},
		{strings.Repeat("a", 109), 80, 50, "1 SMS per person, 80 in total (with a link of 50 characters)."},
		{strings.Repeat("a", 110), 80, 50, "2 SMS per person, 160 in total (with a link of 50 characters)."},
		{strings.Repeat("a", 110), 80, 1, "1 SMS per person, 80 in total (with a link of 1 character)."},
		{strings.Repeat("a", 160), 2, 0, "1 SMS per person, 2 in total."},
		{"Deals ❤️ 🎉…", 1, 50, "1 SMS per person (with a link of 50 characters). With ❤ 🎉 … in it, an SMS holds 70 characters instead of 160."},
		{"a\u00a0b\u0323 абвгд", 1, 0, "1 SMS per person. With U+00A0 U+0323 а б в and 2 others in it, an SMS holds 70 characters instead of 160."},
	} {
		p := preview{Draft: sends.Draft{Message: test.text, List: recipients.List{Recipients: people[:test.people]}}, link: test.link}
		if got := p.cost(); got != test.want {
			t.Errorf("cost of %q = %q, want %q", test.text, got, test.want)
		}
	}
}
