package slacksim

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// retryWaits are the waits before an event that was not acknowledged is delivered again. Slack documents them for HTTP.
var retryWaits = []time.Duration{0, time.Minute, 5 * time.Minute}

// Say posts a message as a person. The bot hears of it in its direct messages, and where it is mentioned and a member.
func (s *Server) Say(ctx context.Context, user, channel, text string) (Message, error) {
	s.mu.Lock()
	u, ch := s.user(user), s.channel(channel)
	if u == nil || ch == nil || !ch.Has(user) {
		s.mu.Unlock()
		return Message{}, fmt.Errorf("say: %s is not a member of %s", user, channel)
	}
	m := &message{Message: Message{Channel: channel, User: user, Text: s.escape(text)}}
	s.post(m)
	event := answer{"user": user, "text": m.Text, "ts": m.TS, "event_ts": m.TS, "channel": channel, "team": u.TeamID}
	switch {
	case ch.IM:
		event["type"], event["channel_type"] = "message", "im"
	case ch.Has(Bot) && strings.Contains(m.Text, "<@"+Bot):
		event["type"] = "app_mention"
	}
	posted := m.copy()
	s.mu.Unlock()
	if event["type"] == nil {
		return posted, nil
	}
	_, err := s.tell(ctx, event)
	return posted, err
}

// OpenHome opens the app's Home tab, which tells the bot to publish it.
func (s *Server) OpenHome(ctx context.Context, user string) (Outcome, error) {
	s.mu.Lock()
	if s.user(user) == nil {
		s.mu.Unlock()
		return Outcome{}, fmt.Errorf("open Home: there is no user %s", user)
	}
	ts, _ := s.ts()
	event := answer{"type": "app_home_opened", "user": user, "channel": s.openDirect(user).ID, "tab": "home", "event_ts": ts}
	if home := s.homes[user]; home != nil {
		event["view"] = s.viewObject(home)
	}
	s.mu.Unlock()
	return s.tell(ctx, event)
}

// tell delivers an event and waits for its acknowledgement; without one it comes again in the background.
func (s *Server) tell(ctx context.Context, event answer) (Outcome, error) {
	s.mu.Lock()
	name := event["type"].(string)
	payload := blockkit.EncodeJSON(answer{
		"token": "local", "team_id": Team, "api_app_id": App, "event": event, "type": "event_callback",
		"event_id": s.id("Ev"), "event_time": time.Now().Unix(), "is_ext_shared_channel": s.isShared(event),
		"event_context": "local",
		"authorizations": []answer{{
			"enterprise_id": nil, "team_id": Team, "user_id": Bot, "is_bot": true, "is_enterprise_install": false,
		}},
	})
	s.mu.Unlock()
	out, err := s.deliver(ctx, &delivery{kind: "events_api", name: name, payload: payload})
	if err != nil || out.Acked {
		return out, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life.Err() == nil {
		s.socket.running.Go(func() { s.retell(name, payload) })
	}
	return out, nil
}

func (s *Server) isShared(event answer) bool {
	id, _ := event["channel"].(string)
	ch := s.channel(id)
	return ch != nil && ch.ExtShared
}

// retell delivers an event again until it is acknowledged or the waits are used up.
func (s *Server) retell(name string, payload []byte) {
	for i, wait := range retryWaits {
		select {
		case <-time.After(wait):
		case <-s.life.Done():
			return
		}
		out, err := s.deliver(s.life, &delivery{kind: "events_api", name: name, payload: payload, attempt: i + 1})
		if err != nil || out.Acked {
			return
		}
	}
}
