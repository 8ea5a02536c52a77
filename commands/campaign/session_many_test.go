package campaign

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/ui"
)

func TestSessionCodes(t *testing.T) {
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
		if got := sessionCodes(bot.Split(typed)); !slices.Equal(got, want) {
			t.Errorf("severalCodes(%s) = %v, want %v", typed, got, want)
		}
	}
}

// A click that reaches two replicas acts once, even if neither could remember it for the other.
func TestSession_clickedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	desk := sessionHandlers{campaigns: NewList(w.Campaigns, ui.Deliverer{}), api: w.Client, store: w.Store, audit: w.Sends}
	click := bot.Request{ID: "one", Person: commandstest.Mia, Value: "mfadqu0il4iosrut76vui d99bptr356pel6du8bxye"}
	first := commandstest.Must(t)(commandstest.Follow(t.Context(), desk.manyHandler(sessionActions[0]), click))
	again := commandstest.Must(t)(commandstest.Follow(t.Context(), desk.manyHandler(sessionActions[0]), click))
	if n := w.API.Calls("/v3/couponsession/update/multiple"); n != 1 || ui.WithoutCodes(commandstest.Picture(first)) != commandstest.Picture(again) {
		t.Errorf("%d calls, the answers are\n%s\n%s", n, commandstest.Picture(first), commandstest.Picture(again))
	}
	commandstest.WantNotIn(t, commandstest.Stored(t, w), strings.Fields(click.Value)...)
	w.Redis.SetError("ERR away")
	_, err := commandstest.Follow(t.Context(), desk.actionHandler(sessionActions[2]), bot.Request{ID: "two", Person: commandstest.Mia, Value: "ds8x8uizw6otw3r48nyqt"})
	commandstest.WantIn(t, commandstest.MistakeOf(t, ui.Explain, err).Text, "couldn't make sure that this happens only once")
}

func TestSession_tooManyAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var codes []string
	for i := range maxSessionsAtOnce + 1 {
		codes = append(codes, fmt.Sprintf("%021d", i))
	}
	_, err := w.Types(t, "/coupontools session "+strings.Join(codes, " "))
	commandstest.WantIn(t, commandstest.MistakeOf(t, ui.Explain, err).Text, "at most 50 are changed in one go")
	commandstest.Must(t)(w.Types(t, "/coupontools session "+strings.Join(codes[1:], " ")))
}
