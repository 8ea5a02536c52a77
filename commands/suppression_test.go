package commands

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

// uploaded is a file that a person put into a form.
type uploaded string

func (u uploaded) Download(_ context.Context, _ string, _ bot.File, limit int64) ([]byte, error) {
	if int64(len(u)) > limit {
		return nil, errors.New("too large")
	}
	return []byte(u), nil
}

// imports submits the form with a file.
func imports(t *testing.T, w *world, kind recipients.Kind, content string) (bot.Reply, error) {
	t.Helper()
	s := suppression{people: w.Sends, files: uploaded(content), store: w.Store, region: "BE"}
	view := bot.NewView(viewSuppress, "", map[string]string{fieldKind: string(kind)}).
		WithFiles(fieldImport, bot.File{ID: "F1", Name: "list.csv", User: mia.ID})
	return follow(t.Context(), s.submitted, bot.Request{Person: mia, View: view})
}

func TestSuppress_import(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 2 { // the second time they are there
		got := picture(must(t)(imports(t, w, recipients.SMS, "0470 12 34 56\n+32470123457\n+32 470 12 34 57\n123\n")))
		wantIn(t, got, "1 entry was left out:", "Row 4 of the file", "It has too few digits")
		wantNotIn(t, got, "Row 3")
	}
	if n, err := w.Sends.Suppressed(t.Context()); n != 2 || err != nil {
		t.Errorf("%d people are suppressed, error %v, want 2", n, err)
	}
}

func TestSuppress_importThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := imports(t, w, recipients.Email, "%PDF-1.7\x00\x01\x02")
	if m := mistake(t, err); m.Text == "" || m.Hint == "" || m.Cause != nil {
		t.Errorf("the fault of a file = %+v, want words for the person", m)
	}
}

// Where it is in doubt which column is meant the person chooses, and nobody else can.
func TestSuppress_importAsksForTheColumn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const content = "a,b\nx@example.com,y@example.com\nz@example.com,v@example.com\n"
	asked := must(t)(imports(t, w, recipients.Email, content))
	wantIn(t, picture(asked), "It is not clear which column of “list.csv” holds the e-mail addresses to suppress.",
		"Nobody has been suppressed yet.")
	s := suppression{people: w.Sends, files: uploaded(content), store: w.Store}
	choose := func(person bot.Person, column string) (bot.Reply, error) {
		view := bot.NewView(viewSuppressColumn, asked.View.PrivateMetadata, map[string]string{fieldColumn: column})
		return follow(t.Context(), s.columnChosen, bot.Request{Person: person, View: view})
	}
	if reply := must(t)(choose(mia, "")); reply.Errors[fieldColumn] == "" {
		t.Error("no error on the field without a column")
	}
	noah := mia
	noah.ID = "U0NOAH"
	_, err := choose(noah, "0/1")
	wantIn(t, mistake(t, err).Text, "belongs to somebody else")
	wantIn(t, picture(must(t)(choose(mia, "0/1"))), "2 people are on the suppression list now.")
	for to, want := range map[string]int{"x@example.com": 0, "y@example.com": 1, "v@example.com": 1} {
		if got, err := w.Sends.Why(t.Context(), recipients.Email, to, mia.ID); len(got) != want || err != nil {
			t.Errorf("%s is barred by %v, error %v, want %d rules", to, got, err, want)
		}
	}
}

func TestSuppress_redisAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.redis.Close()
	_, err := imports(t, w, recipients.Email, "a@example.com\n")
	wantIn(t, mistake(t, err).Done, "may or may not have been changed")
}

func TestNamed(t *testing.T) {
	t.Parallel()
	s := suppression{region: "BE"}
	all, err := s.named(bot.Split("0470 12 34 56,anna@example.com; +12015550123 ,"))
	var got []string
	for _, who := range all {
		got = append(got, string(who.kind)+" "+who.to)
	}
	if want := "sms +32470123456, email anna@example.com, sms +12015550123"; strings.Join(got, ", ") != want || err != nil {
		t.Errorf("named = %q, %v, want %q", got, err, want)
	}
	if _, err := s.named(bot.Split("ann@")); err == nil {
		t.Error("no error, want one for what is no address")
	}
}

func TestBarrierRow(t *testing.T) {
	t.Parallel()
	got := picture(bot.Reply{Blocks: append(
		barrierRow(sends.Barrier{Rule: recipients.RuleSuppressed, Since: began, By: "U0BEN", Note: noteByHand}),
		append(barrierRow(sends.Barrier{Rule: recipients.RuleFrequencyCap, Since: began, Until: began.Add(time.Hour)}),
			barrierRow(sends.Barrier{Rule: recipients.RuleUnsubscribed})...)...)})
	want := "It is on the suppression list. Put there by @U0BEN by hand.\n~ Since <date>\n" +
		"It was sent something not long ago (FREQUENCY_CAP).\n~ Since <date> | Until <date>\n" +
		"Coupontools lists it as unsubscribed.\ntext: \n"
	if got != want {
		t.Errorf("the rules are\n%s\nwant\n%s", got, want)
	}
}
