package ui_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/coupontools/couponbot/commands/internal/ui"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends"
)

func TestShortCode(t *testing.T) {
	t.Parallel()
	got := []string{ui.ShortCode("k3v9t0q2m7x1r8b5c6n4d"), ui.ShortCode("k3v9t0"), ui.ShortCode("")}
	if want := []string{"k3v9t0…", "k3v9t0", ""}; !slices.Equal(got, want) {
		t.Errorf("brief = %q, want %q", got, want)
	}
}

func TestRecord(t *testing.T) {
	t.Parallel()
	push := sends.Entry{What: ui.AuditPush, Note: "to everybody"}
	by := sends.Actor{Team: commandstest.Mia.Team, User: commandstest.Mia.ID, Channel: "C1"}
	for name, test := range map[string]struct {
		entry sends.Entry
		err   error
		want  []sends.Entry
	}{
		"done":             {push, nil, []sends.Entry{{What: ui.AuditPush, Note: "to everybody", Actor: by}}},
		"unknown outcome":  {push, errors.New("cut off"), []sends.Entry{{What: ui.AuditPush, Note: "to everybody, without a clear answer", Actor: by}}},
		"refused":          {push, fmt.Errorf("push: %w", &coupontools.Error{Class: coupontools.Refused}), nil},
		"nothing to write": {sends.Entry{}, errors.New("not begun"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := commandstest.New(t)
			if notice := ui.Record(t.Context(), w.Sends, bot.Request{Person: commandstest.Mia, Channel: "C1"}, test.entry, test.err); notice != "" {
				t.Errorf("record says %q, want nothing", notice)
			}
			var got []sends.Entry
			for e, err := range w.Sends.Trail(t.Context(), "") {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, e)
			}
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(sends.Entry{}, "ID", "At")); diff != "" {
				t.Errorf("the trail differs (-want +got):\n%s", diff)
			}
		})
	}
}

// If the audit log can't be written after a change, the reply says so.
func TestRecord_redisAway(t *testing.T) {
	t.Parallel()
	w := commandstest.New(t)
	w.Redis.Close()
	const want = "Redis can't be reached, so this change isn't in the audit trail. Please tell the person who runs couponbot."
	if got := ui.Record(t.Context(), w.Sends, bot.Request{Person: commandstest.Mia}, sends.Entry{What: ui.AuditPush}, nil); got != want {
		t.Errorf("record says %q, want %q", got, want)
	}
}
