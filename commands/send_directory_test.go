package commands

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

func TestSendDirectory_opensTheForm(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"send_both":  "/send-directory",
		"send_sms":   "/send-directory sms 0470 12 34 56 Stadsbonnen Gent",
		"send_email": "/send-directory email anna@example.com dir_5501",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.warm(t)
			golden(t, name, picture(must(t)(w.types(t, line))))
		})
	}
}

func TestSendDirectory_neverWaitsForCoupontools(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.api.Break(sandbox.Rule{Fault: sandbox.Hang()})
	wantIn(t, picture(must(t)(w.types(t, "/send-directory sms dir_5501"))), "dir_5501=dir_5501")
	wantIn(t, picture(must(t)(w.types(t, "/send-directory City deals"))), "not at hand yet")
	if n := w.api.Calls(""); n != 0 {
		t.Errorf("opening the form made %d calls, want none", n)
	}
}

func TestSendDirectory_wrongFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	many := make([]string, 51)
	for i := range many {
		many[i] = fmt.Sprintf("+3247000%04d", i)
	}
	email := map[string]string{fieldChannel: "email", fieldRecipients: "anna@example.com", fieldSubject: "Hi"}
	also := func(changes map[string]string) map[string]string {
		f := fields(email)
		maps.Copy(f, changes)
		return f
	}
	for name, test := range map[string]struct {
		fields map[string]string
		field  string
		words  string
	}{
		"no directory":         {fields(map[string]string{fieldDirectory: ""}), fieldDirectory, "Choose a directory."},
		"unknown directory":    {fields(map[string]string{fieldDirectory: "dir_9"}), fieldDirectory, "There is no directory dir_9"},
		"no channel":           {fields(map[string]string{fieldChannel: ""}), fieldChannel, "Choose e-mail or SMS."},
		"no recipients":        {fields(map[string]string{fieldRecipients: " \n "}), fieldRecipients, "at least one phone number"},
		"one wrong":            {fields(map[string]string{fieldRecipients: "+32"}), fieldRecipients, ""},
		"none valid":           {fields(map[string]string{fieldRecipients: "+32\nabc"}), fieldRecipients, "None of these 2 can be used. Line 1:"},
		"too many":             {fields(map[string]string{fieldRecipients: strings.Join(many, "\n")}), fieldRecipients, "51 recipients; at most 50"},
		"no text":              {fields(map[string]string{fieldMessage: " "}), fieldMessage, "An SMS needs a text."},
		"long text":            {fields(map[string]string{fieldMessage: strings.Repeat("é", 1001)}), fieldMessage, "1,001 characters; at most 1,000"},
		"unknown region":       {fields(map[string]string{fieldRegion: "XX"}), fieldRegion, "no such country"},
		"no address":           {also(map[string]string{fieldRecipients: ""}), fieldRecipients, "at least one e-mail address"},
		"wrong address":        {also(map[string]string{fieldRecipients: "anna@"}), fieldRecipients, ""},
		"no subject":           {also(map[string]string{fieldSubject: ""}), fieldSubject, "An e-mail needs a subject."},
		"long subject":         {also(map[string]string{fieldSubject: strings.Repeat("x", 151)}), fieldSubject, "151 characters; at most 150"},
		"subject of two lines": {also(map[string]string{fieldSubject: "a\nb"}), fieldSubject, "single line"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := must(t)(w.submits(t, bot.NewView(viewSendDirectory, "", test.fields)))
			if len(r.Errors) != 1 || r.Errors[test.field] == "" {
				t.Fatalf("errors = %q, want words at %s only", r.Errors, test.field)
			}
			wantIn(t, r.Errors[test.field], test.words)
		})
	}
}

func TestSendDirectory_wordsOnlyAtFieldsInSight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	view := bot.NewView(viewSendDirectory, `{"shown":"email"}`, fields(map[string]string{fieldMessage: ""}))
	r := must(t)(w.submits(t, view))
	if r.Errors[fieldMessage] != "" || r.Errors[fieldChannel] != "An SMS needs a text." {
		t.Errorf("errors = %q, want the words at the channel: the text is not in sight", r.Errors)
	}
}

func TestSendDirectory_changedChannelKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	opened := must(t)(w.types(t, "/send-directory email anna@example.com dir_5503"))
	typed := fields(map[string]string{fieldChannel: "sms", fieldSubject: "Only today"})
	sms := must(t)(w.clicks(t, fieldChannel, "sms", bot.NewView(viewSendDirectory, opened.View.PrivateMetadata, typed)))
	got := picture(sms)
	wantNotIn(t, got, "<subject")
	wantIn(t, got, `<recipients "anna@example.com"`, "initial E-mail=email", "initial Stadsbonnen Gent=dir_5503",
		"initial Belgium (BE)=BE")

	typed = fields(map[string]string{fieldChannel: "email", fieldMessage: "Come and see"})
	back := must(t)(w.clicks(t, fieldChannel, "email", bot.NewView(viewSendDirectory, sms.View.PrivateMetadata, typed)))
	wantIn(t, picture(back), `<subject "Only today"`)
	wantNotIn(t, picture(back), "<message")

	// A value put in by an update may not come back; what was kept stands in for it.
	lost := fields(map[string]string{fieldChannel: "email", fieldRecipients: "anna@example.com", fieldSubject: ""})
	preview := must(t)(w.submits(t, bot.NewView(viewSendDirectory, back.View.PrivateMetadata, lost)))
	wantIn(t, picture(preview), "*Subject: *Only today")
}

func TestSendDirectory_formLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	typed := fields(nil)
	r := must(t)(w.clicks(t, fieldChannel, "sms", bot.NewView(viewSendDirectory, `{"form":"GONE","origin":"C0ORIGIN"}`, typed)))
	wantIn(t, picture(r), "+32470123456", "initial SMS=sms", "dir_5503")
	wantIn(t, r.View.PrivateMetadata, "C0ORIGIN")
}

func TestSendDirectory_ofACard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	wantIn(t, picture(must(t)(w.clicks(t, actionSend, "dir_5503", nil))), "initial Stadsbonnen Gent=dir_5503")
}

func TestSuggestRegions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for typed, want := range map[string]string{"belg": "BE", "be": "BE", "cote d": "CI"} {
		found := false
		for _, o := range w.suggests(t, fieldRegion, typed) {
			found = found || o.Value == want
		}
		if !found {
			t.Errorf("%q does not offer %s", typed, want)
		}
	}
	w.Countries = []string{"BE", "NL"}
	if got := w.suggests(t, fieldRegion, ""); len(got) != 2 || got[0].Text != "Belgium (BE)" {
		t.Errorf("options = %v, want the two countries allowed", got)
	}
}

func TestSendPreview(t *testing.T) {
	t.Parallel()
	for name, changes := range map[string]map[string]string{
		"preview_sms": {
			fieldRecipients: "+32470123456\n0470 12 34 57\n+32 470 12 34 56\nabc\n+3225123456; +31612345678",
			fieldMessage:    "Été: 50 % korting… 🎉",
		},
		"preview_email": {
			fieldChannel: "email", fieldSubject: "Only today", fieldMessage: "",
			fieldRecipients: "Anna@Example.com, tom@example.com\nanna@example.com\ntom@",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.warm(t)
			r := must(t)(w.submits(t, bot.NewView(viewSendDirectory, `{"origin":"C0ORIGIN"}`, fields(changes))))
			if !r.Push {
				t.Error("the preview must come on top of the form")
			}
			golden(t, name, picture(r))
			if n := len(r.View.Submit.Text); n > 24 {
				t.Errorf("%q has %d characters, Slack takes 24", r.View.Submit.Text, n)
			}
			if n := len(w.api.Sent()); n != 0 {
				t.Errorf("%d messages were sent before the preview was submitted", n)
			}
		})
	}
}

// The same form delivered twice makes one draft, so that the two previews can send only once.
func TestSendDirectory_submittedTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	draft := func(changes map[string]string) string {
		view := bot.NewView(viewSendDirectory, `{"form":"F1"}`, fields(changes))
		return must(t)(w.submits(t, view)).View.PrivateMetadata
	}
	first := draft(nil)
	if again := draft(nil); again != first {
		t.Errorf("a repeat makes the draft %s, want %s again", again, first)
	}
	if other := draft(map[string]string{fieldMessage: "Something else"}); other == first {
		t.Error("a changed form makes the same draft")
	}
}

// A country that was chosen and comes back empty is asked for again: the person may have emptied it, or Slack lost it.
func TestSendDirectory_emptiedRegion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	opened := must(t)(w.types(t, "/send-directory sms dir_5503"))
	chosen := fields(map[string]string{fieldChannel: "email", fieldRegion: "NL"})
	email := must(t)(w.clicks(t, fieldChannel, "email", bot.NewView(viewSendDirectory, opened.View.PrivateMetadata, chosen)))
	back := must(t)(w.clicks(t, fieldChannel, "sms", bot.NewView(viewSendDirectory, email.View.PrivateMetadata, fields(nil))))
	wantIn(t, picture(back), "=NL")
	emptied := fields(map[string]string{fieldRecipients: "0470 12 34 56", fieldRegion: ""})
	asked := must(t)(w.submits(t, bot.NewView(viewSendDirectory, back.View.PrivateMetadata, emptied)))
	wantIn(t, asked.Errors[fieldRegion], "Choose the country again")
	again := fields(map[string]string{fieldRecipients: "0470 12 34 56", fieldRegion: "BE"})
	preview := must(t)(w.submits(t, bot.NewView(viewSendDirectory, back.View.PrivateMetadata, again)))
	wantIn(t, picture(preview), "Belgium 1")
}

func TestSendPreview_confirmedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	preview := must(t)(w.submits(t, bot.NewView(viewSendDirectory, `{"origin":"C0ORIGIN"}`, fields(nil))))
	submit := bot.NewView(viewSendPreview, preview.View.PrivateMetadata, nil)
	first := must(t)(w.submits(t, submit))
	golden(t, "send_started", picture(first))
	if !first.View.ClearOnClose || first.Push {
		t.Error("the last view must take the preview's place and clear the stack when it is closed")
	}
	if again := must(t)(w.submits(t, submit)); picture(again) != picture(first) {
		t.Errorf("a repeat answers\n%s\nwant\n%s", picture(again), picture(first))
	}
	live, err := w.Sends.Live(t.Context())
	if err != nil || len(live) != 1 || live[0].Counts.Total != 1 {
		t.Errorf("live sends = %+v, %v; want one to one person", live, err)
	}
}

func TestSendPreview_notTheirs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.submits(t, bot.NewView(viewSendPreview, "nosuchdraft", nil))
	wantIn(t, mistake(t, err).Text, "This draft is over, or it belongs to somebody else.")
}

func TestSendDirectory_redisAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	w.redis.Close()
	_, err := w.submits(t, bot.NewView(viewSendDirectory, "", fields(nil)))
	m := mistake(t, err)
	wantIn(t, m.Text, "Redis can't be reached")
	if m.Done != "Nothing was sent." {
		t.Errorf("done = %q, want that nothing was sent", m.Done)
	}
}
