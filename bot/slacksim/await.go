package slacksim

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Subscribe returns a channel of the workspace's changes, until cancel is called. A subscriber that is too slow loses events and gets
// [EventEverything] instead.
func (s *Server) Subscribe() (events <-chan Event, cancel func()) {
	queue := make(chan Event, maxEventsQueue)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subscribers[queue] = struct{}{}
	return queue, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.subscribers, queue)
	}
}

// Await waits until a condition is met. It checks it at once and after each change, without holding a lock.
func (s *Server) Await(ctx context.Context, met func(*Server) bool) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if met(s) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for the local Slack: %w", ctx.Err())
		}
	}
}

// AwaitMessage waits for a message in a channel that matches. The error shows the messages in the channel.
func (s *Server) AwaitMessage(ctx context.Context, channel string, match func(Message) bool) (Message, error) {
	var m Message
	err := s.Await(ctx, func(s *Server) bool {
		all := s.Messages(channel)
		i := slices.IndexFunc(all, match)
		if i >= 0 {
			m = all[i]
		}
		return i >= 0
	})
	if err != nil {
		return Message{}, fmt.Errorf("%w; the last messages in %s are:\n%s", err, channel, summary(s.Messages(channel)))
	}
	return m, nil
}

// summary lists the last ten messages, for an error.
func summary(messages []Message) string {
	var b strings.Builder
	for _, m := range lastN(messages, 10) {
		fmt.Fprintf(&b, "%s (only for %q): %s\n", m.User, m.OnlyFor, m.Plain())
	}
	return b.String()
}

// AwaitView waits until the modal on top of the person's stack matches. The error shows that modal.
func (s *Server) AwaitView(ctx context.Context, user string, match func(View) bool) (View, error) {
	var top View
	err := s.Await(ctx, func(s *Server) bool {
		v := s.View(user)
		if v == nil || !match(*v) {
			return false
		}
		top = *v
		return true
	})
	if err == nil {
		return top, nil
	}
	if v := s.View(user); v != nil {
		return View{}, fmt.Errorf("%w; open is %s:\n%s", err, v.CallbackID, v.Plain())
	}
	return View{}, fmt.Errorf("%w; %s has no modal open", err, user)
}

// AwaitConnections waits until at least n connections have got hello and aren't being closed.
func (s *Server) AwaitConnections(ctx context.Context, n int) error {
	return s.Await(ctx, func(s *Server) bool { return s.Connections() >= n })
}
