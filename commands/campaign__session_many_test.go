package commands

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot"
)

func TestSeveralCodes(t *testing.T) {
	t.Parallel()
	const a, b = "k3v9t0q2m7x1r8b5c6n4d", "d99bptr356pel6du8bxye"
	for typed, want := range map[string][]string{
		a:                         nil,
		a + " " + a:               nil,
		a + " " + b:               {a, b},
		a + ", " + b + "; " + a:   {a, b},
		a + " in Summer sale":     nil,
		a + " anna@example.com":   nil,
		"":                        nil,
		strings.Repeat("x", 21*2): nil,
	} {
		if got := severalCodes(bot.Split(typed)); !slices.Equal(got, want) {
			t.Errorf("severalCodes(%s) = %v, want %v", typed, got, want)
		}
	}
}

// A click that comes to two replicas, of which neither could remember it for the other, is obeyed once.
func TestSession_clickedOnce(t *testing.T) {
	t.Parallel()
	w := newCampaignWorld(t)
	desk := sessionHandlers{campaigns: newCampaignList(w.campaigns, deliverer{}), api: w.client, store: w.store, audit: w.sends}
	click := bot.Request{ID: "one", Person: mia, Value: "mfadqu0il4iosrut76vui d99bptr356pel6du8bxye"}
	first := must(t)(follow(t.Context(), desk.doingMany(sessionActions[0]), click))
	again := must(t)(follow(t.Context(), desk.doingMany(sessionActions[0]), click))
	if n := w.api.Calls("/v3/couponsession/update/multiple"); n != 1 || withoutCodes(picture(first)) != picture(again) {
		t.Errorf("%d calls, the answers are\n%s\n%s", n, picture(first), picture(again))
	}
	wantNotIn(t, stored(t, w), strings.Fields(click.Value)...)
	w.redis.SetError("ERR away")
	_, err := follow(t.Context(), desk.doing(sessionActions[2]), bot.Request{ID: "two", Person: mia, Value: "ds8x8uizw6otw3r48nyqt"})
	wantIn(t, mistakeOf(t, Explain, err).Text, "couldn't make sure that this happens only once")
}

func TestSession_tooManyAtOnce(t *testing.T) {
	t.Parallel()
	w := newCampaignWorld(t)
	var codes []string
	for i := range maxMany + 1 {
		codes = append(codes, fmt.Sprintf("%021d", i))
	}
	_, err := w.types(t, "/coupontools session "+strings.Join(codes, " "))
	wantIn(t, mistakeOf(t, Explain, err).Text, "at most 50 are changed in one go")
	must(t)(w.types(t, "/coupontools session "+strings.Join(codes[1:], " ")))
}
