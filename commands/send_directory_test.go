package commands

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
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
			commandstest.Golden(t, name, commandstest.Picture(commandstest.Must(t)(w.Types(t, line))))
		})
	}
}

func TestSendDirectory_neverWaitsForCoupontools(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.api.Break(sandbox.Rule{Fault: sandbox.Hang()})
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(w.Types(t, "/send-directory sms dir_5501"))), "dir_5501=dir_5501")
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(w.Types(t, "/send-directory City deals"))), "isn't loaded yet")
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
	email := map[string]string{"channel": "email", "recipients": "anna@example.com", "subject": "Hi"}
	also := func(changes map[string]string) map[string]string {
		f := commandstest.Fields(email)
		maps.Copy(f, changes)
		return f
	}
	for name, test := range map[string]struct {
		fields map[string]string
		field  string
		words  string
	}{
		"no directory":         {commandstest.Fields(map[string]string{"directory": ""}), "directory", "Choose a directory."},
		"unknown directory":    {commandstest.Fields(map[string]string{"directory": "dir_9"}), "directory", "There is no directory dir_9"},
		"no channel":           {commandstest.Fields(map[string]string{"channel": ""}), "channel", "Choose e-mail or SMS."},
		"no recipients":        {commandstest.Fields(map[string]string{"recipients": " \n "}), "recipients", "at least one phone number"},
		"one wrong":            {commandstest.Fields(map[string]string{"recipients": "+32"}), "recipients", ""},
		"none valid":           {commandstest.Fields(map[string]string{"recipients": "+32\nabc"}), "recipients", "None of these 2 can be used. Line 1:"},
		"too many":             {commandstest.Fields(map[string]string{"recipients": strings.Join(many, "\n")}), "recipients", "51 recipients; at most 50"},
		"no text":              {commandstest.Fields(map[string]string{"message": " "}), "message", "An SMS needs a text."},
		"long text":            {commandstest.Fields(map[string]string{"message": strings.Repeat("é", 1001)}), "message", "1,001 characters; at most 1,000"},
		"unknown region":       {commandstest.Fields(map[string]string{"region": "XX"}), "region", "no such country"},
		"no address":           {also(map[string]string{"recipients": ""}), "recipients", "at least one e-mail address"},
		"wrong address":        {also(map[string]string{"recipients": "anna@"}), "recipients", ""},
		"no subject":           {also(map[string]string{"subject": ""}), "subject", "An e-mail needs a subject."},
		"long subject":         {also(map[string]string{"subject": strings.Repeat("x", 151)}), "subject", "151 characters; at most 150"},
		"subject of two lines": {also(map[string]string{"subject": "a\nb"}), "subject", "single line"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := commandstest.Must(t)(w.Submits(t, bot.NewView("send_directory", "", test.fields)))
			if len(r.Errors) != 1 || r.Errors[test.field] == "" {
				t.Fatalf("errors = %q, want words at %s only", r.Errors, test.field)
			}
			commandstest.WantIn(t, r.Errors[test.field], test.words)
		})
	}
}

func TestSendDirectory_errorsOnlyAtVisibleFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	view := bot.NewView("send_directory", `{"shown":"email"}`, commandstest.Fields(map[string]string{"message": ""}))
	r := commandstest.Must(t)(w.Submits(t, view))
	if r.Errors["message"] != "" || r.Errors["channel"] != "An SMS needs a text." {
		t.Errorf("errors = %q, want the error at the channel, since the text is hidden", r.Errors)
	}
}

func TestSendDirectory_changedChannelKeepsValues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	opened := commandstest.Must(t)(w.Types(t, "/send-directory email anna@example.com dir_5503"))
	typed := commandstest.Fields(map[string]string{"channel": "sms", "subject": "Only today"})
	sms := commandstest.Must(t)(w.Clicks(t, "channel", "sms", bot.NewView("send_directory", opened.View.PrivateMetadata, typed)))
	got := commandstest.Picture(sms)
	commandstest.WantNotIn(t, got, "<subject")
	commandstest.WantIn(t, got, `<recipients "anna@example.com"`, "initial E-mail=email", "initial Stadsbonnen Gent=dir_5503",
		"initial Belgium (BE)=BE")

	typed = commandstest.Fields(map[string]string{"channel": "email", "message": "Come and see"})
	back := commandstest.Must(t)(w.Clicks(t, "channel", "email", bot.NewView("send_directory", sms.View.PrivateMetadata, typed)))
	commandstest.WantIn(t, commandstest.Picture(back), `<subject "Only today"`)
	commandstest.WantNotIn(t, commandstest.Picture(back), "<message")

	// A value that an update filled in may come back empty; the stored form then supplies it.
	lost := commandstest.Fields(map[string]string{"channel": "email", "recipients": "anna@example.com", "subject": ""})
	preview := commandstest.Must(t)(w.Submits(t, bot.NewView("send_directory", back.View.PrivateMetadata, lost)))
	commandstest.WantIn(t, commandstest.Picture(preview), "*Subject: *Only today")
}

func TestSendDirectory_formLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	typed := commandstest.Fields(nil)
	r := commandstest.Must(t)(w.Clicks(t, "channel", "sms", bot.NewView("send_directory", `{"form":"GONE","origin":"C0ORIGIN"}`, typed)))
	commandstest.WantIn(t, commandstest.Picture(r), "+32470123456", "initial SMS=sms", "dir_5503")
	commandstest.WantIn(t, r.View.PrivateMetadata, "C0ORIGIN")
}

func TestSendDirectory_ofACard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(w.Clicks(t, "directory_send", "dir_5503", nil))), "initial Stadsbonnen Gent=dir_5503")
}

func TestSuggestRegions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for typed, want := range map[string]string{"belg": "BE", "be": "BE", "cote d": "CI"} {
		found := false
		for _, o := range w.Suggests(t, "region", typed) {
			found = found || o.Value == want
		}
		if !found {
			t.Errorf("%q does not offer %s", typed, want)
		}
	}
	w.Countries = []string{"BE", "NL"}
	if got := w.Suggests(t, "region", ""); len(got) != 2 || got[0].Text != "Belgium (BE)" {
		t.Errorf("options = %v, want the two countries allowed", got)
	}
}

func TestSendPreview(t *testing.T) {
	t.Parallel()
	for name, changes := range map[string]map[string]string{
		"preview_sms": {
			"recipients": "+32470123456\n0470 12 34 57\n+32 470 12 34 56\nabc\n+3225123456; +31612345678",
			"message":    "Été: 50 % korting… 🎉",
		},
		"preview_email": {
			"channel": "email", "subject": "Only today", "message": "",
			"recipients": "Anna@Example.com, tom@example.com\nanna@example.com\ntom@",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.warm(t)
			r := commandstest.Must(t)(w.Submits(t, bot.NewView("send_directory", `{"origin":"C0ORIGIN"}`, commandstest.Fields(changes))))
			if !r.Push {
				t.Error("the preview must come on top of the form")
			}
			commandstest.Golden(t, name, commandstest.Picture(r))
			if n := len(r.View.Submit.Text); n > 24 {
				t.Errorf("%q has %d characters, Slack takes 24", r.View.Submit.Text, n)
			}
			if n := len(w.api.Sent()); n != 0 {
				t.Errorf("%d messages were sent before the preview was submitted", n)
			}
		})
	}
}

// A form delivered twice makes one draft, so the two previews send once.
func TestSendDirectory_submittedTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	draft := func(changes map[string]string) string {
		view := bot.NewView("send_directory", `{"form":"F1"}`, commandstest.Fields(changes))
		return commandstest.Must(t)(w.Submits(t, view)).View.PrivateMetadata
	}
	first := draft(nil)
	if again := draft(nil); again != first {
		t.Errorf("a repeat makes the draft %s, want %s again", again, first)
	}
	if other := draft(map[string]string{"message": "Something else"}); other == first {
		t.Error("a changed form makes the same draft")
	}
}

// A chosen country that comes back empty is an error: the user may have emptied it, or Slack lost it.
func TestSendDirectory_emptiedRegion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	opened := commandstest.Must(t)(w.Types(t, "/send-directory sms dir_5503"))
	chosen := commandstest.Fields(map[string]string{"channel": "email", "region": "NL"})
	email := commandstest.Must(t)(w.Clicks(t, "channel", "email", bot.NewView("send_directory", opened.View.PrivateMetadata, chosen)))
	back := commandstest.Must(t)(w.Clicks(t, "channel", "sms", bot.NewView("send_directory", email.View.PrivateMetadata, commandstest.Fields(nil))))
	commandstest.WantIn(t, commandstest.Picture(back), "=NL")
	emptied := commandstest.Fields(map[string]string{"recipients": "0470 12 34 56", "region": ""})
	asked := commandstest.Must(t)(w.Submits(t, bot.NewView("send_directory", back.View.PrivateMetadata, emptied)))
	commandstest.WantIn(t, asked.Errors["region"], "Choose the country again")
	again := commandstest.Fields(map[string]string{"recipients": "0470 12 34 56", "region": "BE"})
	preview := commandstest.Must(t)(w.Submits(t, bot.NewView("send_directory", back.View.PrivateMetadata, again)))
	commandstest.WantIn(t, commandstest.Picture(preview), "Belgium 1")
}

func TestSendPreview_confirmedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	preview := commandstest.Must(t)(w.Submits(t, bot.NewView("send_directory", `{"origin":"C0ORIGIN"}`, commandstest.Fields(nil))))
	submit := bot.NewView("send_preview", preview.View.PrivateMetadata, nil)
	first := commandstest.Must(t)(w.Submits(t, submit))
	commandstest.Golden(t, "send_started", commandstest.Picture(first))
	if !first.View.ClearOnClose || first.Push {
		t.Error("the last view must take the preview's place and clear the stack when it is closed")
	}
	if again := commandstest.Must(t)(w.Submits(t, submit)); commandstest.Picture(again) != commandstest.Picture(first) {
		t.Errorf("a repeat answers\n%s\nwant\n%s", commandstest.Picture(again), commandstest.Picture(first))
	}
	live, err := w.Sends.Live(t.Context())
	if err != nil || len(live) != 1 || live[0].Counts.Total != 1 {
		t.Errorf("live sends = %+v, %v; want one to one person", live, err)
	}
}

func TestSendPreview_notTheirs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.Submits(t, bot.NewView("send_preview", "nosuchdraft", nil))
	commandstest.WantIn(t, mistake(t, err).Text, "This draft is over, or it belongs to somebody else.")
}

func TestSendDirectory_redisAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	w.redis.Close()
	_, err := w.Submits(t, bot.NewView("send_directory", "", commandstest.Fields(nil)))
	m := mistake(t, err)
	commandstest.WantIn(t, m.Text, "Redis can't be reached")
	if m.Done != "Nothing was sent." {
		t.Errorf("done = %q, want that nothing was sent", m.Done)
	}
}
