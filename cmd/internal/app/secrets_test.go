package app

import (
	"bytes"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

// shownSecret finds in a window what follows its names.
var shownSecret = regexp.MustCompile(`(?:Client id|Client secret|Link|Token|Link under your own domain): (\S+)`)

// TestSecrets_nowhereElse has keys and links shown, and looks for them in the log, unmasked and with all that is in it, and in
// Redis.
func TestSecrets_nowhereElse(t *testing.T) {
	t.Parallel()
	w, logged := stillWorld(t), new(lockedBuffer)
	w.startLogging(t, slog.New(slog.NewTextHandler(io.MultiWriter(logged, t.Output()), &slog.HandlerOptions{Level: slog.LevelDebug})))

	var secrets []string
	collect := func() {
		v := w.view(t, slacksim.Mia, "reveal", ": ", "shows this once")
		found := shownSecret.FindAllStringSubmatch(v.Plain(), -1)
		if len(found) == 0 {
			t.Fatalf("no secret is shown:\n%s", v.Plain())
		}
		for _, m := range found {
			secrets = append(secrets, m[1], m[1][strings.LastIndex(m[1], "/")+1:])
		}
		if _, err := w.slack.CloseAll(patient(t), slacksim.Mia); err != nil {
			t.Fatal(err)
		}
	}
	for _, as := range []string{"account", "teammate 11", "sub_2077"} {
		w.command(t, slacksim.Mia, slacksim.Marketing, "/coupontools", "sign-on "+as)
		form := w.view(t, slacksim.Mia, "sign_on")
		if _, err := w.slack.Submit(patient(t), slacksim.Mia, form.ID); err != nil {
			t.Fatal(err)
		}
		collect()
	}
	w.command(t, slacksim.Mia, slacksim.Marketing, "/coupontools", "subaccount sub_2077")
	card := w.message(t, slacksim.Marketing, "Shop North", "Keys")
	for _, action := range []string{"subaccount_keys", "subaccount_reset"} {
		if _, err := w.slack.Click(patient(t), slacksim.Mia, card.Place(), "", action); err != nil {
			t.Fatal(err)
		}
		collect()
	}
	// An answer that cannot be read is logged as a fault, without what is in it.
	w.sandbox.Break(sandbox.Rule{Path: "/v3/account/sso", Fault: sandbox.Malformed()})
	w.command(t, slacksim.Mia, slacksim.Marketing, "/coupontools", "sign-on")
	form := w.view(t, slacksim.Mia, "sign_on")
	if _, err := w.slack.Submit(patient(t), slacksim.Mia, form.ID); err != nil {
		t.Fatal(err)
	}
	w.view(t, slacksim.Mia, "", "Coupontools did not give a proper answer")
	w.quit(t)

	text := logged.String()
	for _, s := range secrets {
		if strings.Contains(text, s) || strings.Contains(w.redis.Dump(), s) {
			t.Errorf("the log or Redis holds %.6s…", s)
		}
	}
	if strings.Contains(text, "/sso/") || !strings.Contains(text, "fault") {
		t.Errorf("the log of the unreadable answer is:\n%s", text)
	}
	for _, m := range w.slack.Messages(slacksim.Marketing) {
		for _, s := range secrets {
			if strings.Contains(m.Plain(), s) {
				t.Error("a message holds a secret")
			}
		}
	}
}

// lockedBuffer is a buffer for several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
