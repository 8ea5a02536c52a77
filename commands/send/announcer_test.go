package send

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

func TestAnnouncement(t *testing.T) {
	t.Parallel()
	as := func(state sends.State, change func(*sends.Send)) sends.Send {
		s := commandstest.Going()
		s.State, s.Failures = state, nil
		change(&s)
		return s
	}
	off := func(why string) func(*sends.Send) {
		return func(s *sends.Send) {
			s.Why, s.By, s.StartedAt, s.EndedAt = why, "U0BEN", time.Time{}, commandstest.Began.Add(time.Hour)
			s.Counts = sends.Counts{Total: 1300, Skipped: 1300}
		}
	}
	for name, s := range map[string]sends.Send{
		"going": commandstest.Going(), "held_up": commandstest.HeldUp(), "ended": ended(), "stopped": stopped(), "awaiting": awaiting(),
		"scheduled": as(sends.StateScheduled, func(s *sends.Send) {
			s.Approver, s.ScheduledAt, s.Kind, s.Subject = "U0BEN", commandstest.Began.Add(24*time.Hour), recipients.Email, "Deals"
		}),
		"paused": as(sends.StatePaused, func(s *sends.Send) { s.Action, s.By, s.Parent = sends.Pause, "U0BEN", "snd_0" }),
		"paused_by_couponbot": as(sends.StatePaused, func(s *sends.Send) {
			s.Why, s.Action, s.By = "Coupontools gave no clear answer 10 times in a row", sends.Resume, "U0BEN"
			s.Skips = []sends.Skip{{Rule: recipients.RuleSuppressed, Count: 12}, {Rule: recipients.RuleDailyCapPerson, Count: 1}}
		}),
		"cancelled": as(sends.StateCancelled, func(s *sends.Send) {
			s.Why, s.Action, s.By, s.EndedAt = sends.WhyCancelled, sends.Cancel, "U0BEN", commandstest.Began.Add(time.Hour)
		}),
		"rejected":     as(sends.StateCancelled, off(sends.WhyRejected)),
		"not_approved": as(sends.StateCancelled, off(sends.WhyNotApproved)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := withButtons(announcement(s, false), buttonsFor(s, false))
			commandstest.Golden(t, "announce_"+name, commandstest.Picture(bot.Reply{Text: m.Text, Blocks: m.Blocks}))
		})
	}
}

func TestAnnouncement_longReasonsKeepUnknownCount(t *testing.T) {
	t.Parallel()
	s := ended()
	s.Counts = sends.Counts{Total: 100, Accepted: 50, Failed: 40, Unknown: 10}
	s.Failures = nil
	for i := range 20 {
		s.Failures = append(s.Failures, sends.Failure{Code: "301, 302, 303", Text: fmt.Sprint(i, strings.Repeat(" no", 65)), Count: 2})
	}
	commandstest.WantIn(t, commandstest.Picture(bot.Reply{Blocks: announcement(s, false).Blocks}), "⚠️ 10 unconfirmed.", "Check there before you resend.")
}

func TestAnnouncement_namesNoRecipient(t *testing.T) {
	t.Parallel()
	for _, s := range []sends.Send{commandstest.Going(), ended(), stopped()} {
		m := announcement(s, false)
		got := commandstest.Picture(bot.Reply{Text: m.Text, Blocks: m.Blocks})
		if strings.Contains(got, "+32") {
			t.Errorf("the announcement tells more than it should:\n%s", got)
		}
	}
}

// What is sent to a few people may be personal: only direct messages show it.
func TestAnnouncement_contentForFew(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		people        int
		direct, shown bool
	}{{leastShown, false, true}, {leastShown - 1, false, false}, {1, true, true}} {
		s := commandstest.Going()
		s.Message, s.Counts = "Happy birthday", sends.Counts{Total: test.people}
		got := commandstest.Picture(bot.Reply{Blocks: announcement(s, test.direct).Blocks})
		if shown := strings.Contains(got, s.Message); shown != test.shown {
			t.Errorf("%d people, direct %t: the content is shown: %t, want %t", test.people, test.direct, shown, test.shown)
		}
	}
}

type deletedOn struct {
	*commandstest.Board
	channel string
}

func (d deletedOn) Update(ctx context.Context, channel, ts string, m bot.Message) error {
	if channel == d.channel {
		return commandstest.Refused("message_not_found")
	}
	return d.Board.Update(ctx, channel, ts, m)
}

// edited returns how many messages would be edited.
func edited(t testing.TB, a *Announcer, s sends.Send, told map[string]string) int {
	t.Helper()
	_, edits, err := a.Places(t.Context(), s, told)
	if err != nil {
		t.Error(err)
	}
	return len(edits)
}

func ended() sends.Send {
	s := commandstest.Going()
	s.State, s.EndedAt = sends.StateCompleted, commandstest.Began.Add(time.Hour)
	s.Counts = sends.Counts{Total: 1300, Accepted: 1295, Failed: 3, Unknown: 2}
	return s
}

func stopped() sends.Send {
	s := ended()
	s.State, s.Why = sends.StateStopped, "Coupontools refused the whole account (103: No SMS service). Its keys or services need putting right first."
	s.Counts = sends.Counts{Total: 1300, Accepted: 600, Skipped: 700}
	s.Failures = nil
	return s
}

// tell posts to every place that needs a new message, and returns the values kept for the places.
func tell(t testing.TB, a *Announcer, s sends.Send, told map[string]string) (map[string]string, error) {
	t.Helper()
	now := map[string]string{}
	maps.Copy(now, told)
	posts, edits, failed := a.Places(t.Context(), s, told)
	for _, place := range slices.Concat(posts, edits) {
		id, err := a.Notify(t.Context(), s, place, now)
		if err == nil {
			now[place] = id
		}
		failed = errors.Join(failed, err)
	}
	return now, failed
}

func TestAnnouncer_refusedChannel(t *testing.T) {
	t.Parallel()
	b := commandstest.NewBoard()
	a := newAnnouncer(t, b)
	b.Refuse["C0MARKET2"] = commandstest.Refused("not_in_channel")
	told, err := tell(t, a, commandstest.Going(), nil)
	if err != nil {
		t.Fatalf("a channel that refuses the bot must not be an error: %v", err)
	}
	direct := b.Messages["DU0MIA"]
	commandstest.WantIn(t, commandstest.Picture(bot.Reply{Blocks: direct.Blocks}), "couponbot could not post to #C0MARKET2. Invite it there with /invite @couponbot.")
	commandstest.WantNotIn(t, commandstest.Picture(bot.Reply{Blocks: b.Messages["C0MARKET1"].Blocks}), "C0MARKET2")

	for _, c := range a.Channels {
		if got := Unpostable(t.Context(), a.Store, c); (got != "") != (c == "C0MARKET2") {
			t.Errorf("the status says of %s: %q", c, got)
		}
	}

	b.Calls = nil
	if told, err = tell(t, a, commandstest.Going(), told); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(b.Calls, "post C0MARKET2") {
		t.Error("a channel that refuses the bot was tried again while the send is live")
	}
	commandstest.WantIn(t, commandstest.Picture(bot.Reply{Blocks: b.Messages["DU0MIA"].Blocks}), "could not post to #C0MARKET2")

	delete(b.Refuse, "C0MARKET2")
	if _, err = tell(t, a, ended(), told); err != nil {
		t.Fatal(err)
	}
	commandstest.WantIn(t, b.Messages["C0MARKET2"].Text, "⚠️ Sent to")
	if why := Unpostable(t.Context(), a.Store, "C0MARKET2"); why != "" {
		t.Errorf("the status still says %q of a channel that was told", why)
	}
}

func TestAnnouncer_deletedMessageIsPostedAgain(t *testing.T) {
	t.Parallel()
	b := commandstest.NewBoard()
	a := newAnnouncer(t, b)
	told := map[string]string{"C0ORIGIN": "1.0"}
	deleted := deletedOn{Board: b, channel: "C0ORIGIN"}
	a.Poster = deleted
	if _, err := tell(t, a, ended(), told); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(b.Calls, "post C0ORIGIN") {
		t.Errorf("calls = %v, want the message posted again", b.Calls)
	}
}

func TestAnnouncer_clearsRefusalAfterPost(t *testing.T) {
	t.Parallel()
	b := commandstest.NewBoard()
	a := newAnnouncer(t, b)
	b.Refuse["C0MARKET2"] = commandstest.Refused("not_in_channel")
	if _, err := tell(t, a, ended(), nil); err != nil {
		t.Fatal(err)
	}
	delete(b.Refuse, "C0MARKET2")
	if _, err := tell(t, a, ended(), nil); err != nil {
		t.Fatal(err)
	}
	if why := Unpostable(t.Context(), a.Store, "C0MARKET2"); why != "" {
		t.Errorf("the status still says %q of a channel that the next send was told in", why)
	}
}

func TestAnnouncer_oneMessageInEachPlace(t *testing.T) {
	t.Parallel()
	b := commandstest.NewBoard()
	a := newAnnouncer(t, b)
	told, err := tell(t, a, commandstest.Going(), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"post C0MARKET1", "post C0MARKET2", "direct U0MIA", "post DU0MIA", "post C0ORIGIN"}
	if !slices.Equal(b.Calls, want) {
		t.Errorf("calls = %v, want %v", b.Calls, want)
	}
	b.Calls = nil
	if _, err = tell(t, a, ended(), told); err != nil {
		t.Fatal(err)
	}
	want = []string{
		"post C0MARKET1", "post C0MARKET2", "post DU0MIA", "post C0ORIGIN", // Slack notifies nobody of an edit
		"update C0MARKET1", "update C0MARKET2", "update DU0MIA", "update C0ORIGIN",
	}
	if !slices.Equal(b.Calls, want) {
		t.Errorf("calls = %v, want %v", b.Calls, want)
	}
}

func TestAnnouncer_postsOnceInOrigin(t *testing.T) {
	t.Parallel()
	for name, origin := range map[string]string{
		"a marketing channel": "C0MARKET2", "the direct message": "DU0MIA", "another direct message": "D0OTHER", "none": "", "shared": "C0SHARED",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := commandstest.NewBoard()
			a := newAnnouncer(t, b)
			a.Private = func(_ context.Context, channel string) bool { return channel == "C0SHARED" }
			s := commandstest.Going()
			s.Origin = origin
			if _, err := tell(t, a, s, nil); err != nil {
				t.Fatal(err)
			}
			if want := []string{"C0MARKET1", "C0MARKET2", "DU0MIA"}; !slices.Equal(slices.Sorted(maps.Keys(b.Messages)), want) {
				t.Errorf("messages in %v, want %v", slices.Sorted(maps.Keys(b.Messages)), want)
			}
		})
	}
}

func TestAnnouncer_temporaryErrorIsReturned(t *testing.T) {
	t.Parallel()
	for _, trouble := range []error{errors.New("connection reset"), commandstest.Refused("rate_limited"), commandstest.Refused("external_channel_migrating")} {
		t.Run(trouble.Error(), func(t *testing.T) {
			t.Parallel()
			b := commandstest.NewBoard()
			a := newAnnouncer(t, b)
			b.Refuse["C0MARKET1"] = trouble
			told, err := tell(t, a, commandstest.Going(), nil)
			if err == nil {
				t.Error("no error, want one so that it is told again")
			}
			if told["C0MARKET2"] == "" || told["C0MARKET1"] != "" {
				t.Errorf("told = %v, want what was posted and no more", told)
			}
		})
	}
}

func newAnnouncer(t testing.TB, b *commandstest.Board) *Announcer {
	t.Helper()
	return &Announcer{Poster: b, Store: newWorld(t).Store, Channels: []string{"C0MARKET1", "C0MARKET2"}}
}

// When the records of a send are gone, every message about it says so, without buttons.
func TestAnnouncer_recordsAreGone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before  sends.Send
		reached int
		want    []string
	}{
		"running":  {sends.Send{State: sends.StateRunning}, 60, []string{"was sending", "60 people may have been reached."}},
		"begun":    {sends.Send{State: sends.StateRunning}, 0, []string{"was sending", "People may have been reached"}},
		"awaiting": {sends.Send{State: sends.StateAwaiting}, 0, []string{"wanted to send", "Nobody was reached."}},
		"a test":   {sends.Send{State: sends.StateRunning, Test: true}, 1, []string{"1 person may have been reached."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := commandstest.NewBoard()
			a := newAnnouncer(t, b)
			a.Holders = func(context.Context, bot.Right) ([]string, bool, error) { return []string{"U0NOAH"}, false, nil }
			send := test.before
			send.ID, send.User, send.OfferName, send.Origin = "S1", "U0MIA", "City deals", "C0ORIGIN"
			told, err := tell(t, a, send, nil)
			if err != nil {
				t.Fatal(err)
			}
			send.Was, send.State, send.ReadAt, send.Reached = send.State, sends.StateGone, time.Now(), test.reached
			if _, err := tell(t, a, send, told); err != nil {
				t.Fatal(err)
			}
			for channel, m := range b.Messages {
				got := commandstest.Picture(bot.Reply{Text: m.Text, Blocks: m.Blocks})
				commandstest.WantIn(t, got, append(test.want, "Send lost", "Its records are gone from Redis.", "Nothing more of it goes out.")...)
				if strings.Contains(got, "send_") {
					t.Errorf("the message in %s has buttons:\n%s", channel, got)
				}
			}
			if len(b.Messages) == 0 {
				t.Error("nobody was told")
			}
		})
	}
}
