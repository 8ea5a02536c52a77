package send

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/sends"
)

func TestAnnouncer_editsOnlyWhatIsThere(t *testing.T) {
	t.Parallel()
	a := &Announcer{Channels: []string{"C1", "C2"}}
	told := map[string]string{
		"C1": "1.1", "C2": ClosedPlace, directPlace: "DU0MIA 1.2", "ask:U1": "D1 1.3", "ask:U2": ClosedPlace,
	}
	for _, test := range []struct {
		send sends.Send
		want int
	}{{awaiting(), 2}, {commandstest.Going(), 3}, {ended(), 3}} {
		if got := edited(t, a, test.send, told); got != test.want {
			t.Errorf("Edits(%s) = %d, want %d", test.send.State, got, test.want)
		}
	}
}

func approved() sends.Send {
	s := commandstest.Going()
	s.Approver, s.Action, s.By = "U0BEN", sends.Approve, "U0BEN"
	return s
}

// askedBy returns an announcer for a workspace with these senders.
func askedBy(a *Announcer, ids ...string) {
	a.Holders = func(_ context.Context, right bot.Right) ([]string, bool, error) {
		if right != bot.Send {
			return nil, false, errors.New("not asked for senders")
		}
		return ids, false, nil
	}
}

func awaiting() sends.Send {
	s := commandstest.Going()
	s.State, s.StartedAt, s.Counts, s.Failures = sends.StateAwaiting, s.EndedAt, sends.Counts{Total: 1300}, nil
	return s
}

func TestAnnouncer_asksAtMostTwenty(t *testing.T) {
	t.Parallel()
	b := commandstest.NewBoard()
	a := newAnnouncer(t, b)
	var many []string
	for i := range 40 {
		many = append(many, fmt.Sprintf("U%d", i))
	}
	askedBy(a, many...)
	for range 2 {
		if _, err := tell(t, a, awaiting(), nil); err != nil {
			t.Fatal(err)
		}
	}
	asked := 0
	for channel := range b.Messages {
		if strings.HasPrefix(channel, "DU") && channel != "DU0MIA" {
			asked++
		}
	}
	if asked != maxAsked {
		t.Errorf("%d people were asked, want %d", asked, maxAsked)
	}
}

func TestAnnouncer_asksNobodyIfEverybodyMaySend(t *testing.T) {
	t.Parallel()
	b := commandstest.NewBoard()
	a := newAnnouncer(t, b)
	a.Holders = func(context.Context, bot.Right) ([]string, bool, error) { return nil, true, nil }
	if _, err := tell(t, a, awaiting(), nil); err != nil {
		t.Fatal(err)
	}
	if len(b.Messages) != 4 {
		t.Errorf("%d messages, want those in the channels and to the sender alone", len(b.Messages))
	}
}

func TestAnnouncer_asksOtherSenders(t *testing.T) {
	t.Parallel()
	b := commandstest.NewBoard()
	a := newAnnouncer(t, b)
	askedBy(a, "U0MIA", "U0BEN", "U0EVE", "U0OUT")
	b.Refuse["U0OUT"] = commandstest.Refused("user_not_found")

	told, err := tell(t, a, awaiting(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ask := commandstest.Picture(bot.Reply{Blocks: b.Messages["DU0BEN"].Blocks})
	commandstest.WantIn(t, ask, "Waiting for approval", "@U0MIA wants to send", "1,300 people", "Text: *Come", "send_approve=snd_1", "send_reject=snd_1")
	commandstest.WantNotIn(t, ask, "send_cancel")
	commandstest.WantIn(t, commandstest.Picture(bot.Reply{Blocks: b.Messages["C0MARKET1"].Blocks}), "send_approve=snd_1", "send_cancel=snd_1")
	commandstest.WantNotIn(t, commandstest.Picture(bot.Reply{Blocks: b.Messages["DU0MIA"].Blocks}), "send_approve")
	if n := edited(t, a, awaiting(), told); n != 4 {
		t.Errorf("Edits = %d while it is to be decided, want the 4 messages that are not asks", n)
	}

	b.Calls = nil
	if told, err = tell(t, a, awaiting(), told); err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(b.Calls, func(c string) bool { return strings.Contains(c, "U0BEN") || strings.Contains(c, "U0OUT") }) {
		t.Errorf("calls = %v, want nobody asked twice", b.Calls)
	}

	if n := edited(t, a, approved(), told); n != 6 {
		t.Errorf("Edits = %d once it is decided, want those 4 and 2 asks", n)
	}
	if told, err = tell(t, a, approved(), told); err != nil {
		t.Fatal(err)
	}
	done := commandstest.Picture(bot.Reply{Blocks: b.Messages["DU0EVE"].Blocks})
	commandstest.WantIn(t, done, "Approved by @U0BEN.")
	commandstest.WantNotIn(t, done, "[")
	if n := edited(t, a, approved(), told); n != 4 {
		t.Errorf("Edits = %d after the decision was told, want 4", n)
	}
}

// If one user group can't be read, only its members are asked again.
func TestAnnouncer_unreadableGroupRepeatsNothing(t *testing.T) {
	t.Parallel()
	b := commandstest.NewBoard()
	a := newAnnouncer(t, b)
	groups := errors.New("usergroups.users.list: no_such_subteam")
	a.Holders = func(context.Context, bot.Right) ([]string, bool, error) { return []string{"U0BEN"}, false, groups }
	told, err := tell(t, a, awaiting(), nil)
	if !errors.Is(err, groups) || b.Messages["DU0BEN"].Text == "" {
		t.Errorf("tell = %v with messages in %v, want the error, and who is known asked", err, b.Messages)
	}
	posts, _, err := a.Places(t.Context(), awaiting(), told)
	if len(posts) > 0 || !errors.Is(err, groups) {
		t.Errorf("Places = %v, %v, want nothing more to post, and the error", posts, err)
	}
}

func TestAnnouncer_testGoesToSenderOnly(t *testing.T) {
	t.Parallel()
	b := commandstest.NewBoard()
	a := newAnnouncer(t, b)
	s := ended()
	s.Test, s.Counts, s.Failures = true, sends.Counts{Total: 1, Accepted: 1}, nil
	told, err := tell(t, a, s, nil)
	if err != nil || len(b.Messages) != 1 {
		t.Fatalf("messages in %d places, error %v", len(b.Messages), err)
	}
	commandstest.WantIn(t, b.Messages["DU0MIA"].Text, "The test of", "has ended: 1 sent")
	if n := edited(t, a, s, told); n != 1 {
		t.Errorf("Edits = %d, want 1", n)
	}
}
