package commands

import (
	"fmt"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot"
)

// Of what one person leaves open only the newest is kept, whatever it is. Nobody else loses anything by it.
func TestSaved_boundedPerPerson(t *testing.T) {
	t.Parallel()
	w := newTestWorld(t)
	ben := bot.Person{ID: "U0BEN", Team: mia.Team}
	values := saved[string]{w.store, "test:"}
	values.put(t.Context(), ben, "ben", "Ben's")
	for i := range 10 * maxSaved {
		values.put(t.Context(), mia, fmt.Sprint(i), strings.Repeat("x", 1000))
	}

	kept := map[string]int{}
	for _, key := range w.redis.Keys() {
		if kind, ok := strings.CutPrefix(key, "test:bot:saved:"); ok {
			kind, _, _ = strings.Cut(kind, ":")
			kept[kind]++
		}
	}
	if kept["test"] != maxSaved+1 {
		t.Errorf("kept %v, want %d of each kind for a person", kept, maxSaved)
	}
	for id, want := range map[string]bool{"0": false, fmt.Sprint(9*maxSaved - 1): false, fmt.Sprint(9 * maxSaved): true} {
		if _, ok := values.get(t.Context(), mia, id); ok != want {
			t.Errorf("value %s is kept: %t, want %t", id, ok, want)
		}
	}
	if v, ok := values.get(t.Context(), ben, "ben"); !ok || v != "Ben's" {
		t.Errorf("somebody else's value is %q, %t", v, ok)
	}
}

// A value longer than any form of Slack's is not kept.
func TestSaved_boundsEach(t *testing.T) {
	t.Parallel()
	w := newTestWorld(t)
	values := saved[string]{w.store, "test:"}
	values.put(t.Context(), mia, "long", strings.Repeat("x", maxSavedBytes))
	values.put(t.Context(), mia, "form", strings.Repeat("x", 10*3000))
	if _, ok := values.get(t.Context(), mia, "long"); ok {
		t.Error("a value of 64 KB is kept")
	}
	if _, ok := values.get(t.Context(), mia, "form"); !ok {
		t.Error("ten full fields of a form are not kept")
	}
	if keys := w.redis.Keys(); len(keys) != 2 {
		t.Errorf("%v are in Redis, want the value and its list", keys)
	}
}
