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

func TestStatus_saysWhatHoldsASendUp(t *testing.T) {
	t.Parallel()
	set := live([]sends.Send{going(), heldUp()}, nil)
	got := picture(bot.Reply{Blocks: set})
	if strings.Count(got, heldUp().Holdup) != 1 {
		t.Errorf("the status says\n%s\nwant once %q", got, heldUp().Holdup)
	}
}
