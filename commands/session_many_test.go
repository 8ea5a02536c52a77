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

func TestSession_tooManyAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var codes []string
	for i := range maxMany + 1 {
		codes = append(codes, fmt.Sprintf("%021d", i))
	}
	_, err := w.types(t, "/coupontools session "+strings.Join(codes, " "))
	wantIn(t, mistake(t, err).Text, "at most 50 are changed in one go")
	must(t)(w.types(t, "/coupontools session "+strings.Join(codes[1:], " ")))
}
