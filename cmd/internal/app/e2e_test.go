package app

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

func TestServe_sendsDirectoryBySMS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.command(t, slacksim.Mia, slacksim.General, "/directories", "") // caches the list
	w.awaitMessage(t, slacksim.General, "Page 1")
	w.command(t, slacksim.Mia, slacksim.General, "/send-directory", "sms +32470123456 Stadsbonnen Gent")
	form := w.awaitView(t, slacksim.Mia, "send_directory")
	if _, err := w.slack.Type(testContext(t), slacksim.Mia, form.ID, "message", "Here are this week's deals"); err != nil {
		t.Fatal(err)
	}
	out, err := w.slack.Submit(testContext(t), slacksim.Mia, form.ID)
	if err != nil || out.Action != "push" {
		t.Fatalf("submit: %+v, %v; want the preview pushed", out, err)
	}
	preview := w.awaitView(t, slacksim.Mia, "send_preview", "Stadsbonnen Gent", "Nothing has been sent yet")
	if got := w.sandbox.Sent(); len(got) != 0 {
		t.Fatalf("sent before the preview was confirmed: %v", got)
	}

	out, err = w.slack.Submit(testContext(t), slacksim.Mia, preview.ID)
	if err != nil || out.Action != "update" {
		t.Fatalf("confirm: %+v, %v; want the final view", out, err)
	}
	if err := w.sandbox.AwaitSent(testContext(t), 1); err != nil {
		t.Fatal(err)
	}
	announcement := w.awaitMessage(t, slacksim.Marketing, "1 sent")
	if containsAll(announcement.Plain(), []string{"470"}) {
		t.Errorf("the marketing channel sees the phone number: %s", announcement.Plain())
	}
	w.awaitMessage(t, w.slack.Direct(slacksim.Mia), "1 sent")
}

func TestServe_fetchesListOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const people = 200
	var all sync.WaitGroup
	for range people {
		all.Go(func() { w.command(t, slacksim.Mia, slacksim.Marketing, "/directories", "") })
	}
	all.Wait()
	err := w.slack.Await(testContext(t), func(s *slacksim.Server) bool { return len(s.Messages(slacksim.Marketing)) >= people })
	if err != nil {
		t.Fatalf("responses = %d, want %d", len(w.slack.Messages(slacksim.Marketing)), people)
	}
	if got := w.sandbox.Calls("/v3/directory/list"); got != 1 {
		t.Errorf("calls of the directory list = %d, want 1", got)
	}
}

func TestServe_acknowledgesWhileCoupontoolsHangs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mend := w.sandbox.Break(sandbox.Rule{Fault: sandbox.Hang()})
	defer mend()
	var all sync.WaitGroup
	for range 300 {
		all.Go(func() { w.command(t, slacksim.Mia, slacksim.Marketing, "/directories", "") })
	}
	all.Wait() // the local Slack fails commands that are not acknowledged within three seconds
}

func TestServe_acknowledgesDuringReconnects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const rounds, each = 6, 50
	for round := range rounds {
		// Commands that a dropped connection had delivered but the bot had not read are lost: Slack reports a failure and
		// people retry. If Slack announces the disconnect, none may be lost.
		transient := []string{"dispatch_failed"}
		disconnect := func() { w.slack.Disconnect("refresh_requested") }
		if round%2 == 1 {
			transient, disconnect = append(transient, "operation_timeout"), w.slack.Drop
		}
		var all sync.WaitGroup
		for range each {
			all.Go(func() { w.commandWithRetry(t, slacksim.Mia, slacksim.Marketing, "/coupontools", "help", transient...) })
		}
		disconnect()
		all.Wait()
	}
	acked := 0
	for _, ack := range w.slack.Acks() {
		if !ack.Late && !ack.Repeat {
			acked++
		}
	}
	if acked < rounds*each {
		t.Errorf("acknowledged once and in time = %d, want at least %d", acked, rounds*each)
	}
}

func TestServe_refusesUnauthorizedUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.Senders = Roster{Users: []string{slacksim.Mia}} })
	for _, tt := range []struct {
		name, user, command, want string
	}{
		{"a colleague may not send", slacksim.Noah, "/send-directory", "SENDERS"},
		{"a colleague may not see people", slacksim.Noah, "/directory-users", "SENDERS"},
		{"a guest gets help only", slacksim.Gus, "/directories", "Guests cannot use couponbot"},
		{"a stranger gets help only", slacksim.Stranger, "/directories", "members of the workspace"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			channel := slacksim.Marketing
			if tt.user == slacksim.Stranger {
				channel = slacksim.Partners
			}
			w.command(t, tt.user, channel, tt.command, "")
			m, err := w.slack.AwaitMessage(testContext(t), channel, func(m slacksim.Message) bool {
				return m.OnlyFor == tt.user && containsAll(m.Plain(), []string{tt.want, "Nothing was sent or changed"})
			})
			if err != nil {
				t.Fatalf("no refusal with %q:\n%s", tt.want, w.slack.Transcript())
			}
			if m.OnlyFor == "" {
				t.Error("the refusal is visible to everybody")
			}
		})
	}
}

func TestServe_browsesWithoutRedis(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.redis.Server().SetPreHook(dropConnection)
	w.command(t, slacksim.Mia, slacksim.Marketing, "/directories", "")
	w.awaitMessage(t, slacksim.Marketing, "Page 1", "Redis")

	w.command(t, slacksim.Mia, slacksim.Marketing, "/send-directory", "email anna@example.com")
	form := w.awaitView(t, slacksim.Mia, "send_directory")
	options, err := w.slack.Suggest(testContext(t), slacksim.Mia, form.Place(), "directory", "directory", "city")
	if err != nil || len(options) == 0 {
		t.Fatalf("suggestions = %v, %v", options, err)
	}
	if _, err := w.slack.Choose(testContext(t), slacksim.Mia, form.Place(), "directory", "directory", options[0].Value); err != nil {
		t.Fatal(err)
	}
	if _, err := w.slack.Type(testContext(t), slacksim.Mia, form.ID, "subject", "Deals"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.slack.Submit(testContext(t), slacksim.Mia, form.ID); err != nil {
		t.Fatal(err)
	}
	w.awaitView(t, slacksim.Mia, "", "Redis can't be reached", "couldn't keep the send safe", "Nothing was sent")
	if got := w.sandbox.Sent(); len(got) != 0 {
		t.Errorf("sent without Redis: %v", got)
	}
}

func TestServe_answersRedeliveredCommandOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.slack.Duplicate(1)
	w.command(t, slacksim.Mia, slacksim.Marketing, "/directories", "")
	w.awaitMessage(t, slacksim.Marketing, "Page 1")
	w.command(t, slacksim.Mia, slacksim.Marketing, "/directories", "food")
	w.awaitMessage(t, slacksim.Marketing, "food")
	seen := 0
	for _, m := range w.slack.Messages(slacksim.Marketing) {
		if containsAll(m.Plain(), []string{"Page 1"}) && !containsAll(m.Plain(), []string{"food"}) {
			seen++
		}
	}
	if seen != 1 {
		t.Errorf("responses to a command delivered twice = %d, want 1:\n%s", seen, w.slack.Transcript())
	}
}

// A sign-on form that Slack delivers twice creates one link. The redelivery doesn't replace the view with the link.
func TestServe_answersRedeliveredSignOnOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.command(t, slacksim.Mia, slacksim.Marketing, "/coupontools", "sign-on")
	form := w.awaitView(t, slacksim.Mia, "sign_on")
	w.slack.Duplicate(1)
	if _, err := w.slack.Submit(testContext(t), slacksim.Mia, form.ID); err != nil {
		t.Fatal(err)
	}
	err := w.slack.Await(testContext(t), func(s *slacksim.Server) bool {
		acks := 0
		for _, ack := range s.Acks() {
			if ack.Name == "sign_on" {
				acks++
			}
		}
		v, ok := s.ViewByID(form.ID)
		return acks == 2 && ok && strings.Contains(v.Plain(), "/sso/")
	})
	if n := w.sandbox.Calls("/v3/account/sso"); err != nil || n != 1 {
		t.Errorf("%d links were created, %v; want one, still shown:\n%s", n, err, w.slack.Transcript())
	}
}

// If Slack is slow to take the notice that a request was cancelled, the bot still stops within SHUTDOWN_TIMEOUT.
func TestServe_stopsWithinShutdownTimeout(t *testing.T) {
	t.Parallel()
	w := newStoppedWorld(t, func(c *Config) { c.ShutdownTimeout = 100 * time.Millisecond })
	w.startWithLog(t, slog.New(slog.DiscardHandler)) // abandoned goroutines may log after the test
	w.slack.Inject(slacksim.Fault{Method: "response_url", Delay: testTimeout})
	w.sandbox.Break(sandbox.Rule{Fault: sandbox.Hang()})
	t.Cleanup(w.sandbox.Mend)
	w.command(t, slacksim.Mia, slacksim.Marketing, "/directories", "")
	began := time.Now()
	w.stopAndWait(t)
	if took := time.Since(began); took > time.Second {
		t.Errorf("the stop took %v, want about 100 ms", took)
	}
}

func TestServe_readiness(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		resp, err := http.Get(fmt.Sprintf("http://%s%s", w.ops, path))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s = %s, want 200", path, resp.Status)
		}
	}
}
