package slacksim_test

import (
	"context"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot/slacksim"
)

func TestSubscribe(t *testing.T) {
	t.Parallel()
	s := start(t)
	events, cancel := s.Subscribe()
	s.form("chat.postMessage", "channel", slacksim.Marketing, "text", "x")
	if e := <-events; e.Kind != slacksim.EventMessage || e.Channel != slacksim.Marketing {
		t.Errorf("event = %+v", e)
	}
	for range 400 {
		s.form("auth.test")
	}
	lost := false
	for len(events) > 0 {
		lost = (<-events).Kind == slacksim.EventEverything || lost
	}
	if !lost {
		t.Error("a slow subscriber wasn't told that it lost events")
	}
	cancel()
	s.form("auth.test")
	if len(events) > 0 {
		t.Error("an event after cancel")
	}
}

func TestAwaitMessage_error(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.form("chat.postMessage", "channel", slacksim.Marketing, "text", "a message")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.AwaitMessage(ctx, slacksim.Marketing, func(slacksim.Message) bool { return false })
	if err == nil || !strings.Contains(err.Error(), "a message") {
		t.Errorf("error = %v", err)
	}
}

func TestTranscript(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.answering(object{"text": "There is none."})
	must(t)(s.Command(t.Context(), slacksim.Mia, slacksim.Marketing, "/directory", "dir_9"))
	if got, want := s.Transcript(), "mia> /directory dir_9\nonly mia: There is none."; got != want {
		t.Errorf("transcript = %q, want %q", got, want)
	}
}
