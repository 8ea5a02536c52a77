package slacksim

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// CloseView presses the close button of the modal on top. With clear_on_close the whole stack is closed. The bot is told if the modal
// has notify_on_close.
func (s *Server) CloseView(ctx context.Context, user, viewID string) (Outcome, error) {
	s.mu.Lock()
	t, err := s.findTarget(user, Place{View: viewID})
	if err == nil && t.view.Type != "modal" {
		err = errors.New("it isn't a modal")
	}
	if err != nil {
		s.mu.Unlock()
		return Outcome{}, fmt.Errorf("close view %s: %w", viewID, err)
	}
	all := t.view.ClearOnClose
	if all {
		s.closeStack(user)
	} else {
		s.closeModal(t.view)
	}
	deliveries := s.viewClosed(t.user, []*storedView{t.view}, all)
	s.mu.Unlock()
	return s.sendClosed(ctx, user, deliveries)
}

// CloseAll closes the person's whole stack, as the cross in the corner of a modal does.
func (s *Server) CloseAll(ctx context.Context, user string) (Outcome, error) {
	s.mu.Lock()
	u, stack := s.user(user), s.stacks[user]
	if u == nil || len(stack) == 0 {
		s.mu.Unlock()
		return Outcome{}, fmt.Errorf("%s has no modal open", user)
	}
	s.closeStack(user)
	deliveries := s.viewClosed(u, stack, true)
	s.mu.Unlock()
	return s.sendClosed(ctx, user, deliveries)
}

// viewClosed returns the envelopes for closed views that have notify_on_close, the top one first.
func (s *Server) viewClosed(u *User, views []*storedView, cleared bool) []*delivery {
	var out []*delivery
	for _, v := range slices.Backward(views) {
		if !v.NotifyOnClose {
			continue
		}
		p := s.payload("view_closed", u)
		p["view"], p["is_cleared"] = v.object(), cleared
		out = append(out, &delivery{envelope: interactive, name: v.CallbackID, accepts: true, payload: blockkit.EncodeJSON(p)})
	}
	return out
}

// sendClosed delivers the envelopes of viewClosed. It locks mu itself.
func (s *Server) sendClosed(ctx context.Context, user string, deliveries []*delivery) (out Outcome, err error) {
	for _, d := range deliveries {
		if out, err = s.deliver(ctx, d); err != nil {
			return out, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out.View = s.topView(user)
	return out, nil
}
