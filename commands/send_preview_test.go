package commands

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

func TestPreview_ofApproval(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ids      []string
		everyone bool
		err      error
		words    string
		submit   bool
	}{
		"some":      {[]string{"U0MIA", "U0NOAH", "U0EVA"}, false, nil, "approve it before anything is sent: @U0NOAH, @U0EVA.", true},
		"everybody": {nil, true, nil, "any other full member", true},
		"nobody":    {[]string{"U0MIA"}, false, nil, "no sender is known but you", false},
		"unasked":   {nil, false, errors.New("slack is away"), "Slack could not be asked", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.warm(t)
			w.ApprovalOver = 1
			w.Holders = func(context.Context, bot.Right) ([]string, bool, error) { return test.ids, test.everyone, test.err }
			typed := fields(map[string]string{fieldRecipients: "+32470123456, +32470123457"})
			r := must(t)(w.submits(t, bot.NewView(viewSendDirectory, "", typed)))
			wantIn(t, picture(r), "This goes to more than 1 person", test.words, "Nothing has been sent yet.")
			if (r.View.Submit != nil) != test.submit {
				t.Errorf("the preview can be submitted: %v, want %v", !test.submit, test.submit)
			}
		})
	}
}

// A repeated confirmation says honestly how the send stands now, and so does the form if it is submitted again.
func TestSendStarted_ofARepeat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	form := bot.NewView(viewSendDirectory, `{"form":"F1"}`, fields(nil))
	id := must(t)(w.submits(t, form)).View.PrivateMetadata
	submit := bot.NewView(viewSendPreview, id, nil)
	wantIn(t, picture(must(t)(w.submits(t, submit))), "=== Sending (send_started)", "is going out")

	by := sends.Actor{Team: mia.Team, User: mia.ID}
	for _, step := range []struct {
		action sends.Action
		title  string
		words  string
	}{
		{sends.Pause, "Paused", "is paused: 0 accepted"},
		{sends.Cancel, "Cancelled", "was cancelled: 0 accepted, 0 failed, 1 skipped"},
	} {
		if _, err := w.Sends.Act(t.Context(), id, step.action, by); err != nil {
			t.Fatal(err)
		}
		for _, again := range []*bot.View{submit, form} {
			r := must(t)(w.submits(t, again))
			wantIn(t, picture(r), "=== "+step.title+" (send_started)", step.words)
			wantNotIn(t, picture(r), "Nothing has been sent yet")
		}
		wantIn(t, picture(must(t)(w.clicks(t, actionTest, id, submit))), "=== "+step.title)
	}
	if n := len(w.api.Sent()); n != 0 {
		t.Errorf("%d messages were sent, want none", n)
	}
}

// Who is on the suppression list is left out of a draft; if nobody is left, the field says so.
func TestSendDirectory_suppressed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	people := []string{"+32470123456", "+32470123457"}
	if _, err := w.Sends.Suppress(t.Context(), recipients.SMS, people, sends.Actor{}, ""); err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string]string{
		people[0]:                  "It is on the do-not-contact list.",
		strings.Join(people, "\n"): "None of these 2 can be used. Line 1: It is on the do-not-contact list.",
	} {
		r := must(t)(w.submits(t, bot.NewView(viewSendDirectory, "", fields(map[string]string{fieldRecipients: typed}))))
		if got := r.Errors[fieldRecipients]; got != want {
			t.Errorf("%q gives %q, want %q", typed, got, want)
		}
	}
	r := must(t)(w.submits(t, bot.NewView(viewSendDirectory, "", fields(map[string]string{fieldRecipients: people[0] + ",+32470123458"}))))
	wantIn(t, picture(r), "1 of 2 will get it.", "On the do-not-contact list: 1")
}
