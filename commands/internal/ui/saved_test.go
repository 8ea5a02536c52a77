package ui_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/commands/internal/ui"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
)

// Only a user's newest values are kept, of each kind. Other users' values stay.
func TestSaved_boundedPerPerson(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	ben := bot.Person{ID: "U0BEN", Team: commandstest.Mia.Team}
	values := ui.Saved[string]{w.Store, "test:"}
	values.Put(t.Context(), ben, "ben", "Ben's")
	for i := range 10 * ui.MaxSaved {
		values.Put(t.Context(), commandstest.Mia, fmt.Sprint(i), strings.Repeat("x", 1000))
	}

	kept := map[string]int{}
	for _, key := range w.Redis.Keys() {
		if kind, ok := strings.CutPrefix(key, "test:bot:saved:"); ok {
			kind, _, _ = strings.Cut(kind, ":")
			kept[kind]++
		}
	}
	if kept["test"] != ui.MaxSaved+1 {
		t.Errorf("kept %v, want %d of each kind for a person", kept, ui.MaxSaved)
	}
	for id, want := range map[string]bool{"0": false, fmt.Sprint(9*ui.MaxSaved - 1): false, fmt.Sprint(9 * ui.MaxSaved): true} {
		if _, ok := values.Get(t.Context(), commandstest.Mia, id); ok != want {
			t.Errorf("value %s is kept: %t, want %t", id, ok, want)
		}
	}
	if v, ok := values.Get(t.Context(), ben, "ben"); !ok || v != "Ben's" {
		t.Errorf("somebody else's value is %q, %t", v, ok)
	}
}

// A value longer than any form is not stored.
func TestSaved_boundsEach(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	values := ui.Saved[string]{w.Store, "test:"}
	values.Put(t.Context(), commandstest.Mia, "long", strings.Repeat("x", ui.MaxSavedBytes))
	values.Put(t.Context(), commandstest.Mia, "form", strings.Repeat("x", 10*3000))
	if _, ok := values.Get(t.Context(), commandstest.Mia, "long"); ok {
		t.Error("a value of 64 KB is kept")
	}
	if _, ok := values.Get(t.Context(), commandstest.Mia, "form"); !ok {
		t.Error("ten full fields of a form are not kept")
	}
	if keys := w.Redis.Keys(); len(keys) != 2 {
		t.Errorf("%v are in Redis, want the value and its list", keys)
	}
}
