package commands

import (
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/form"
	"github.com/coupontools/couponbot/sends/recipients"
)

// submitsText submits the send form with a text, of an SMS or as a subject.
func submitsText(t *testing.T, w *world, kind recipients.Kind, text string) (bot.Reply, error) {
	t.Helper()
	changes := map[string]string{"message": text}
	if kind == recipients.Email {
		changes = map[string]string{"channel": "email", "recipients": "anna@example.com", "message": "", "subject": text}
	}
	return w.Submits(t, bot.NewView("send_directory", "", commandstest.Fields(changes)))
}

func TestSendDirectory_text(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	for _, test := range []struct {
		typed, sent string
		says        []string
	}{
		{":tada: Deals :fire::fire:", "🎉 Deals 🔥🔥", nil},
		{"Deals :acme:!", "Deals :acme:!", []string{"“:acme:” isn't an emoji that couponbot knows. It goes out as written."}},
		{":a1: :b2: :c3: :d4:", ":a1: :b2: :c3: :d4:", []string{"“:a1:”, “:b2:”, “:c3:” and 1 more aren't emoji"}},
		{"\ufeffE\u0301te\u0301\u200b", "Été", []string{"Removed 2 invisible characters from the text."}},
		{"50% off\u2060 until 10:30", "50% off until 10:30", []string{"Removed 1 invisible character from the text."}},
	} {
		for _, kind := range []recipients.Kind{recipients.SMS, recipients.Email} {
			r := commandstest.Must(t)(submitsText(t, w, kind, test.typed))
			d, err := w.Sends.Draft(t.Context(), r.View.PrivateMetadata, commandstest.Mia.Team, commandstest.Mia.ID)
			if err != nil || d.Message+d.Subject != test.sent {
				t.Errorf("%q by %s makes %q, %v; want %q", test.typed, kind, d.Message+d.Subject, err, test.sent)
			}
			commandstest.WantIn(t, commandstest.Picture(r), test.says...)
			if len(test.says) == 0 {
				commandstest.WantNotIn(t, commandstest.Picture(r), "Removed", "emoji that")
			}
		}
	}
}

// A warning stays when a button updates the preview.
func TestSendPreview_warnsAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	r := commandstest.Must(t)(submitsText(t, w, recipients.SMS, "Deals :acme:"))
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(w.Clicks(t, "send_straighten", r.View.PrivateMetadata, nil))), "“:acme:” isn't an emoji")
}

func TestSendDirectory_wrongText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	for typed, want := range map[string]string{
		"Hi {{name}}":                "couponbot can't fill in “{{name}}” yet. Take it out, or write the text without it.",
		"Hi [voornaam], %CODE%":      "couponbot can't fill in “[voornaam]” and “%CODE%” yet. Take them out, or write the text without them.",
		"{a} {b} {c} {d}":            "couponbot can't fill in “{a}”, “{b}”, “{c}” and 1 more yet. Take them out, or write the text without them.",
		"It\u0092s":                  "There's a broken character (U+0092) after “It”. Delete it, or type that part again.",
		strings.Repeat("🎉", 1001):    "This has 1,001 characters; at most",
		strings.Repeat("a\u200b", 9): "",
	} {
		for _, kind := range []recipients.Kind{recipients.SMS, recipients.Email} {
			r := commandstest.Must(t)(submitsText(t, w, kind, typed))
			if got := r.Errors["message"] + r.Errors["subject"]; (got == "") != (want == "") || !strings.Contains(got, want) {
				t.Errorf("%q by %s is answered %q, want %q", typed, kind, got, want)
			}
		}
	}
	for typed, want := range map[string]string{" \u200b\u00ad ": "An SMS needs a text.", "": "An SMS needs a text."} {
		if got := commandstest.Must(t)(submitsText(t, w, recipients.SMS, typed)).Errors["message"]; got != want {
			t.Errorf("%q is answered %q, want %q", typed, got, want)
		}
	}
	if got := commandstest.Must(t)(submitsText(t, w, recipients.Email, "Two\u2028lines")).Errors["subject"]; got != "The subject must be a single line." {
		t.Errorf("two lines are answered %q", got)
	}
}

func TestPush_text(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	push := func(text string) (bot.Reply, error) {
		return w.Submits(t, bot.NewView("push", "", map[string]string{"campaign": "cam_400008", "to": "all", "message": text}))
	}
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(push(":tada: Proef\u200b :acme:"))), "🎉 Proef :acme:", "Removed 1 invisible character from the text. “:acme:” isn't")
	commandstest.WantIn(t, commandstest.Must(t)(push("Hi {{name}}")).Errors["message"], "couponbot can't fill in “{{name}}” yet.")
	commandstest.WantIn(t, commandstest.Must(t)(push("\u200b")).Errors["message"], "A push message needs a text.")
	loyalty := func(text string) (bot.Reply, error) {
		return w.Submits(t, bot.NewView("loyalty_push", "LC1", map[string]string{"to": "all", "message": text}))
	}
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(loyalty(":tada: Proef\u200b"))), "🎉 Proef", "Removed 1 invisible character")
	commandstest.WantIn(t, commandstest.Must(t)(loyalty(strings.Repeat("a", form.MaxPush+1))).Errors["message"], "at most 200 fit")
	commandstest.WantIn(t, commandstest.Must(t)(loyalty("")).Errors["message"], "Write a message.")
}
