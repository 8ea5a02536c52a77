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

// secretPattern matches the keys and links that a form shows.
var secretPattern = regexp.MustCompile(`(?:Client id|Client secret|Link|Token|Link under your own domain): (\S+)`)

// TestSecrets_notInLogOrRedis reveals keys and links in forms. They must not occur in messages, in Redis, or in the log,
// which is unmasked and at debug level here.
func TestSecrets_notInLogOrRedis(t *testing.T) {
	t.Parallel()
	w, logged := newStoppedWorld(t), new(syncBuffer)
	w.startWithLog(t, slog.New(slog.NewTextHandler(io.MultiWriter(logged, t.Output()), &slog.HandlerOptions{Level: slog.LevelDebug})))

	var secrets []string
	collect := func() {
		v := w.awaitView(t, slacksim.Mia, "reveal", ": ", "shows this once")
		found := secretPattern.FindAllStringSubmatch(v.Plain(), -1)
		if len(found) == 0 {
			t.Fatalf("the form shows no secret:\n%s", v.Plain())
		}
		for _, m := range found {
			secrets = append(secrets, m[1], m[1][strings.LastIndex(m[1], "/")+1:])
		}
		if _, err := w.slack.CloseAll(testContext(t), slacksim.Mia); err != nil {
			t.Fatal(err)
		}
	}
	for _, as := range []string{"account", "teammate 11", "sub_2077"} {
		w.command(t, slacksim.Mia, slacksim.Marketing, "/coupontools", "sign-on "+as)
		form := w.awaitView(t, slacksim.Mia, "sign_on")
		if _, err := w.slack.Submit(testContext(t), slacksim.Mia, form.ID); err != nil {
			t.Fatal(err)
		}
		collect()
	}
	w.command(t, slacksim.Mia, slacksim.Marketing, "/coupontools", "subaccount sub_2077")
	card := w.awaitMessage(t, slacksim.Marketing, "Shop North", "Keys")
	for _, action := range []string{"subaccount_keys", "subaccount_reset"} {
		if _, err := w.slack.Click(testContext(t), slacksim.Mia, card.Place(), "", action); err != nil {
			t.Fatal(err)
		}
		collect()
	}
	// A malformed response is logged as a fault, without its content.
	w.sandbox.Break(sandbox.Rule{Path: "/v3/account/sso", Fault: sandbox.Malformed()})
	w.command(t, slacksim.Mia, slacksim.Marketing, "/coupontools", "sign-on")
	form := w.awaitView(t, slacksim.Mia, "sign_on")
	if _, err := w.slack.Submit(testContext(t), slacksim.Mia, form.ID); err != nil {
		t.Fatal(err)
	}
	w.awaitView(t, slacksim.Mia, "", "Coupontools did not give a proper answer")
	w.stopAndWait(t)

	text := logged.String()
	for _, s := range secrets {
		if strings.Contains(text, s) || strings.Contains(w.redis.Dump(), s) {
			t.Errorf("the log or Redis holds %.6s…", s)
		}
	}
	if strings.Contains(text, "/sso/") || !strings.Contains(text, "fault") {
		t.Errorf("the log of the malformed response is:\n%s", text)
	}
	for _, m := range w.slack.Messages(slacksim.Marketing) {
		for _, s := range secrets {
			if strings.Contains(m.Plain(), s) {
				t.Error("a message holds a secret")
			}
		}
	}
}

// syncBuffer is a buffer that is safe for concurrent use.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *syncBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *syncBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
