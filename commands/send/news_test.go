package send

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/sends"
)

// newsBoard keeps the new messages after the first ones. It may refuse those in threads.
type newsBoard struct {
	*commandstest.Board
	posted  map[string][]bot.Message
	threads error
}

func (b newsBoard) Post(ctx context.Context, channel string, m bot.Message) (string, error) {
	if m.Thread != "" && b.threads != nil {
		return "", b.threads
	}
	b.posted[channel] = append(b.posted[channel], m)
	return b.Board.Post(ctx, channel, m)
}

// What people must hear of is a new message: to the sender, and in the thread of the message in each channel, once.
func TestNews(t *testing.T) {
	t.Parallel()
	long := commandstest.Began.Add(time.Hour)
	for name, test := range map[string]struct {
		change    func(s *sends.Send)
		want      string // "" for no new message
		broadcast bool
	}{
		"running":   {func(s *sends.Send) { s.Counts.Accepted++ }, "", false},
		"by a user": {func(s *sends.Send) { s.State, s.By = sends.StatePaused, "U0NOAH" }, "", false},
		"approved":  {func(s *sends.Send) { s.Approver = "U0NOAH" }, "@U0NOAH approved the send", false},
		"rejected": {func(s *sends.Send) {
			s.State, s.Why, s.By, s.StartedAt, s.EndedAt = sends.StateCancelled, sends.WhyRejected, "U0NOAH", time.Time{}, long
		}, "@U0NOAH rejected the send", false},
		"expired": {func(s *sends.Send) {
			s.State, s.Why, s.StartedAt, s.EndedAt = sends.StateCancelled, sends.WhyNotApproved, time.Time{}, long
		}, "Nobody approved it", false},
		"paused by couponbot": {func(s *sends.Send) { s.State, s.Why = sends.StatePaused, "no clear answers" }, "couponbot has paused", true},
		"stopped":             {func(s *sends.Send) { *s = stopped() }, "couponbot has stopped", true},
		"ended":               {func(s *sends.Send) { *s = ended() }, "1,295 sent · 3 failed · 2 unconfirmed", false},
		"ended soon": {func(s *sends.Send) {
			*s = ended()
			s.EndedAt = s.ConfirmedAt.Add(30 * time.Second)
		}, "", false},
		"gone": {func(s *sends.Send) { s.Was, s.State, s.Reached = s.State, sends.StateGone, 7 }, "7 people may have been reached", false},
		"test": {func(s *sends.Send) {
			*s = ended()
			s.Test = true
		}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newsBoard{Board: commandstest.NewBoard(), posted: map[string][]bot.Message{}}
			a := newAnnouncer(t, b.Board)
			a.Poster = b
			s := commandstest.Going()
			told, err := tell(t, a, s, nil)
			if err != nil {
				t.Fatal(err)
			}
			clear(b.posted)
			test.change(&s)
			for range 2 { // the second time nothing is new
				more, err := tell(t, a, s, told)
				if err != nil {
					t.Fatal(err)
				}
				told = more
			}
			places := []string{"C0MARKET1", "C0MARKET2", "C0ORIGIN", "DU0MIA"}
			if test.want == "" {
				places = nil
			}
			if len(b.posted) != len(places) {
				t.Errorf("new messages in %d places, want %d", len(b.posted), len(places))
			}
			for _, place := range places {
				all := b.posted[place]
				if len(all) != 1 {
					t.Fatalf("%d new messages in %s, want 1", len(all), place)
				}
				direct := strings.HasPrefix(place, "D")
				if m := all[0]; (m.Thread == "") != direct || m.Broadcast != (test.broadcast && !direct) {
					t.Errorf("%s: thread %q, broadcast %t", place, m.Thread, m.Broadcast)
				}
				if strings.Contains(all[0].Text, "::") {
					t.Errorf("%s: the notification says %q", place, all[0].Text)
				}
				got := commandstest.Picture(bot.Reply{Text: all[0].Text, Blocks: all[0].Blocks})
				commandstest.WantIn(t, got, test.want)
				if strings.Contains(got, "@U0MIA") == direct {
					t.Errorf("%s: want the sender mentioned in channels only:\n%s", place, got)
				}
			}
		})
	}
}

// After its card was deleted, news have no thread any more and are posted in the channel itself.
func TestNews_withoutThread(t *testing.T) {
	t.Parallel()
	b := newsBoard{commandstest.NewBoard(), map[string][]bot.Message{}, commandstest.Refused("thread_not_found")}
	a := newAnnouncer(t, b.Board)
	a.Poster = b
	told, err := tell(t, a, commandstest.Going(), nil)
	if err != nil {
		t.Fatal(err)
	}
	clear(b.posted)
	if _, err := tell(t, a, stopped(), told); err != nil {
		t.Fatal(err)
	}
	if all := b.posted["C0MARKET1"]; len(all) != 1 || all[0].Thread != "" {
		t.Errorf("posted %+v, want one message outside of a thread", all)
	}
}

// News that a token can't post are tried again: that isn't about the channel.
func TestNews_tokenRevoked(t *testing.T) {
	t.Parallel()
	b := newsBoard{commandstest.NewBoard(), map[string][]bot.Message{}, commandstest.Refused("token_revoked")}
	a := newAnnouncer(t, b.Board)
	a.Poster = b
	told, err := tell(t, a, commandstest.Going(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if told, err = tell(t, a, stopped(), told); err == nil {
		t.Error("a revoked token is no error")
	}
	b.threads = nil
	a.Poster = b
	clear(b.posted)
	if _, err := tell(t, a, stopped(), told); err != nil || len(b.posted["C0MARKET1"]) != 1 {
		t.Errorf("posted %+v, %v, want the news once the token works", b.posted, err)
	}
}

// A card that is posted with the news in it is followed by none.
func TestNews_inTheFirstCard(t *testing.T) {
	t.Parallel()
	b := newsBoard{Board: commandstest.NewBoard(), posted: map[string][]bot.Message{}}
	a := newAnnouncer(t, b.Board)
	a.Poster = b
	var told map[string]string
	var err error
	for range 2 {
		if told, err = tell(t, a, stopped(), told); err != nil {
			t.Fatal(err)
		}
	}
	for place, all := range b.posted {
		if len(all) != 1 {
			t.Errorf("%d messages in %s, want the card alone", len(all), place)
		}
	}
}

// Each pause by couponbot is news once, whatever calls in flight at the pause and however many were reached between pauses.
func TestNews_pausedAgain(t *testing.T) {
	t.Parallel()
	s := commandstest.Going()
	s.State, s.Why, s.PausedAt = sends.StatePaused, "no clear answers", commandstest.Began
	first := newsOf(s)
	s.Counts.Accepted++
	if late := newsOf(s); len(first) != 1 || late[0].key != first[0].key {
		t.Errorf("a call in flight made %v into %v", first, late)
	}
	s.PausedAt = s.PausedAt.Add(time.Minute)
	if again := newsOf(s); again[0].key == first[0].key {
		t.Errorf("the second pause is the same news as the first: %v", again)
	}
}
