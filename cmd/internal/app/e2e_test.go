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

func TestServe_sendsADirectoryBySMS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.command(t, slacksim.Mia, slacksim.General, "/directories", "") // the list is at hand from now on
	w.message(t, slacksim.General, "Page 1")
	w.command(t, slacksim.Mia, slacksim.General, "/send-directory", "sms +32470123456 Stadsbonnen Gent")
	form := w.view(t, slacksim.Mia, "send_directory")
	if _, err := w.slack.Type(patient(t), slacksim.Mia, form.ID, "message", "Here are this week's deals"); err != nil {
		t.Fatal(err)
	}
	out, err := w.slack.Submit(patient(t), slacksim.Mia, form.ID)
	if err != nil || out.Action != "push" {
		t.Fatalf("submit: %+v, %v; want the preview pushed", out, err)
	}
	preview := w.view(t, slacksim.Mia, "send_preview", "Stadsbonnen Gent", "Nothing has been sent yet")
	if got := w.sandbox.Sent(); len(got) != 0 {
		t.Fatalf("sent before the preview was confirmed: %v", got)
	}

	out, err = w.slack.Submit(patient(t), slacksim.Mia, preview.ID)
	if err != nil || out.Action != "update" {
		t.Fatalf("confirm: %+v, %v; want the final view", out, err)
	}
	if err := w.sandbox.AwaitSent(patient(t), 1); err != nil {
		t.Fatal(err)
	}
	told := w.message(t, slacksim.Marketing, "1 accepted, 0 failed, 0 skipped, 0 unknown")
	if contains(told.Plain(), []string{"470"}) {
		t.Errorf("the marketing channel sees the number: %s", told.Plain())
	}
	w.message(t, w.slack.Direct(slacksim.Mia), "1 accepted")
}

func TestServe_asksCoupontoolsOnceForAThousandPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const people = 200
	var all sync.WaitGroup
	for range people {
		all.Go(func() { w.command(t, slacksim.Mia, slacksim.Marketing, "/directories", "") })
	}
	all.Wait()
	err := w.slack.Await(patient(t), func(s *slacksim.Server) bool { return len(s.Messages(slacksim.Marketing)) >= people })
	if err != nil {
		t.Fatalf("answers = %d, want %d", len(w.slack.Messages(slacksim.Marketing)), people)
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
	all.Wait() // the local Slack gives up on what is not acknowledged within three seconds
}

func TestServe_losesNoAcknowledgementWhenSocketsComeAndGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const rounds, each = 6, 50
	for round := range rounds {
		// What a dropped connection had delivered unread cannot be acknowledged: Slack shows that, and people try again.
		// With notice, not one may be lost.
		passing := []string{"dispatch_failed"}
		breaks := func() { w.slack.Disconnect("refresh_requested") }
		if round%2 == 1 {
			passing, breaks = append(passing, "operation_timeout"), w.slack.Drop
		}
		var all sync.WaitGroup
		for range each {
			all.Go(func() { w.insist(t, slacksim.Mia, slacksim.Marketing, "/coupontools", "help", passing...) })
		}
		breaks()
		all.Wait()
	}
	taken := 0
	for _, ack := range w.slack.Acks() {
		if !ack.Late && !ack.Repeat {
			taken++
		}
	}
	if taken < rounds*each {
		t.Errorf("acknowledged in time, once = %d, want at least %d", taken, rounds*each)
	}
}

func TestServe_refusesThoseWhoMayNot(t *testing.T) {
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
			m, err := w.slack.AwaitMessage(patient(t), channel, func(m slacksim.Message) bool {
				return m.OnlyFor == tt.user && contains(m.Plain(), []string{tt.want, "Nothing was sent or changed"})
			})
			if err != nil {
				t.Fatalf("no refusal with %q:\n%s", tt.want, w.slack.Transcript())
			}
			if m.OnlyFor == "" {
				t.Error("a refusal is seen by all")
			}
		})
	}
}

func TestServe_goesOnBrowsingWithoutRedis(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.redis.Server().SetPreHook(breakOff)
	w.command(t, slacksim.Mia, slacksim.Marketing, "/directories", "")
	w.message(t, slacksim.Marketing, "Page 1", "Redis")

	w.command(t, slacksim.Mia, slacksim.Marketing, "/send-directory", "email anna@example.com")
	form := w.view(t, slacksim.Mia, "send_directory")
	options, err := w.slack.Suggest(patient(t), slacksim.Mia, form.Place(), "directory", "directory", "city")
	if err != nil || len(options) == 0 {
		t.Fatalf("suggestions = %v, %v", options, err)
	}
	if _, err := w.slack.Choose(patient(t), slacksim.Mia, form.Place(), "directory", "directory", options[0].Value); err != nil {
		t.Fatal(err)
	}
	if _, err := w.slack.Type(patient(t), slacksim.Mia, form.ID, "subject", "Deals"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.slack.Submit(patient(t), slacksim.Mia, form.ID); err != nil {
		t.Fatal(err)
	}
	w.view(t, slacksim.Mia, "", "Redis can't be reached", "couldn't keep the send safe", "Nothing was sent")
	if got := w.sandbox.Sent(); len(got) != 0 {
		t.Errorf("sent without Redis: %v", got)
	}
}

func TestServe_answersOnceWhenSlackDeliversTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.slack.Duplicate(1)
	w.command(t, slacksim.Mia, slacksim.Marketing, "/directories", "")
	w.message(t, slacksim.Marketing, "Page 1")
	w.command(t, slacksim.Mia, slacksim.Marketing, "/directories", "food")
	w.message(t, slacksim.Marketing, "food")
	seen := 0
	for _, m := range w.slack.Messages(slacksim.Marketing) {
		if contains(m.Plain(), []string{"Page 1"}) && !contains(m.Plain(), []string{"food"}) {
			seen++
		}
	}
	if seen != 1 {
		t.Errorf("answers to one command delivered twice = %d, want 1:\n%s", seen, w.slack.Transcript())
	}
}

// A sign-on form that Slack delivers twice makes one link, and the repeat leaves it on the screen.
func TestServe_signsOnOnceWhenSlackDeliversTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.command(t, slacksim.Mia, slacksim.Marketing, "/coupontools", "sign-on")
	form := w.view(t, slacksim.Mia, "sign_on")
	w.slack.Duplicate(1)
	if _, err := w.slack.Submit(patient(t), slacksim.Mia, form.ID); err != nil {
		t.Fatal(err)
	}
	err := w.slack.Await(patient(t), func(s *slacksim.Server) bool {
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
		t.Errorf("%d links were made, %v; want one on the screen:\n%s", n, err, w.slack.Transcript())
	}
}

// A person whom Slack does not let be told that the bot stops holds it up no longer than SHUTDOWN_TIMEOUT.
func TestServe_stopsInItsTime(t *testing.T) {
	t.Parallel()
	w := stillWorld(t, func(c *Config) { c.ShutdownTimeout = 100 * time.Millisecond })
	w.startLogging(t, slog.New(slog.DiscardHandler)) // what is left behind may log after the test
	w.slack.Inject(slacksim.Fault{Method: "response_url", Delay: patience})
	w.sandbox.Break(sandbox.Rule{Fault: sandbox.Hang()})
	t.Cleanup(w.sandbox.Mend)
	w.command(t, slacksim.Mia, slacksim.Marketing, "/directories", "")
	began := time.Now()
	w.quit(t)
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %v to stop, want about 100 ms", took)
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
