package commands

import (
	"context"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/sends"
)

// status runs "/coupontools status".
func (w *world) status(t testing.TB) string {
	t.Helper()
	for _, c := range All(w.Deps) {
		if c.Topic == "status" {
			return picture(must(t)(follow(t.Context(), c.Run, bot.Request{Person: mia})))
		}
	}
	t.Fatal("there is no status")
	return ""
}

func TestStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	w.Status = func(context.Context) []Condition { return []Condition{{Name: "Sockets", Text: "2 of 2"}} }
	preview := must(t)(w.submits(t, bot.NewView(viewSendDirectory, "", fields(nil))))
	must(t)(w.submits(t, bot.NewView(viewSendPreview, preview.View.PrivateMetadata, nil)))
	golden(t, "status", w.status(t))
}

func TestStatus_redisAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.redis.Close()
	wantIn(t, w.status(t), "*Redis: *cannot be reached: browsing works, sending does not",
		"Which sends are going on cannot be said: Redis cannot be reached.")
}

func TestByState(t *testing.T) {
	t.Parallel()
	all := func(states ...sends.State) (list []sends.Send) {
		for _, s := range states {
			list = append(list, sends.Send{State: s})
		}
		return list
	}
	for want, list := range map[string][]sends.Send{
		"1 send is going on": all(sends.StateRunning),
		"2 sends are going on, 1 is paused, 2 wait for approval, 1 is scheduled": all(sends.StateRunning, sends.StateStopped,
			sends.StatePaused, sends.StateAwaiting, sends.StateAwaiting, sends.StateScheduled),
		"0 sends are going on, 1 waits for approval": all(sends.StateAwaiting),
	} {
		if got := byState(list); got != want {
			t.Errorf("byState = %q, want %q", got, want)
		}
	}
}

func TestStatus_suppressionKeyHasChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.redis.Set("test:suppression:key", "given:another"); err != nil {
		t.Fatal(err)
	}
	wantIn(t, w.status(t), "*Key of the suppression list: *has changed, so nothing can be sent.", "set SUPPRESSION_KEY to what it was")
}

func TestStatus_saysWhatHoldsASendUp(t *testing.T) {
	t.Parallel()
	set := live([]sends.Send{going(), heldUp()}, nil)
	got := picture(bot.Reply{Blocks: set})
	if strings.Count(got, heldUp().Holdup) != 1 {
		t.Errorf("the status says\n%s\nwant once %q", got, heldUp().Holdup)
	}
}
