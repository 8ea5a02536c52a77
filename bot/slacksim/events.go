package slacksim

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// retryWaits are the waits before an event that wasn't acknowledged is delivered again. Slack documents them for HTTP.
var retryWaits = []time.Duration{0, time.Minute, 5 * time.Minute}

// Say posts a message as a person. The bot gets an event in its direct messages, and where it is a member and mentioned.
func (s *Server) Say(ctx context.Context, user, channel, text string) (Message, error) {
	s.mu.Lock()
	u, ch := s.user(user), s.channel(channel)
	if u == nil || ch == nil || !ch.Has(user) {
		s.mu.Unlock()
		return Message{}, fmt.Errorf("say: %s isn't a member of %s", user, channel)
	}
	m := &storedMessage{Message: Message{Channel: channel, User: user, Text: s.escape(text)}}
	s.post(m)
	event := object{"user": user, "text": m.Text, "ts": m.TS, "event_ts": m.TS, "channel": channel, "team": u.TeamID}
	name := ""
	switch {
	case ch.IM:
		name, event["channel_type"] = "message", "im"
	case ch.Has(Bot) && strings.Contains(m.Text, "<@"+Bot):
		name = "app_mention"
	}
	posted := m.copy()
	s.mu.Unlock()
	if name == "" {
		return posted, nil
	}
	_, err := s.sendEvent(ctx, name, event)
	return posted, err
}

// OpenHome opens the app's Home tab. The event asks the bot to publish it.
func (s *Server) OpenHome(ctx context.Context, user string) (Outcome, error) {
	s.mu.Lock()
	if s.user(user) == nil {
		s.mu.Unlock()
		return Outcome{}, fmt.Errorf("open Home: there is no user %s", user)
	}
	ts, _ := s.ids.timestamp()
	event := object{"user": user, "channel": s.openDirect(user).ID, "tab": "home", "event_ts": ts}
	if home := s.homes[user]; home != nil {
		event["view"] = home.object()
	}
	s.mu.Unlock()
	return s.sendEvent(ctx, "app_home_opened", event)
}

// sendEvent delivers an event and waits for its acknowledgement. Without one it is delivered again in the background. It locks mu
// itself.
func (s *Server) sendEvent(ctx context.Context, name string, event object) (Outcome, error) {
	s.mu.Lock()
	event["type"] = name
	payload := blockkit.EncodeJSON(object{
		"token": "local", "team_id": Team, "api_app_id": App, "event": event, "type": "event_callback",
		"event_id": s.ids.next("Ev"), "event_time": time.Now().Unix(), "is_ext_shared_channel": s.isShared(event),
		"event_context": "local",
		"authorizations": []object{{
			"enterprise_id": nil, "team_id": Team, "user_id": Bot, "is_bot": true, "is_enterprise_install": false,
		}},
	})
	s.mu.Unlock()
	out, err := s.deliver(ctx, &delivery{envelope: eventsAPI, name: name, payload: payload})
	if err != nil || out.Acked {
		return out, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life.Err() == nil {
		s.connections.running.Go(func() { s.redeliver(name, payload) })
	}
	return out, nil
}

// isShared reports whether an event happened in a channel shared with another company.
func (s *Server) isShared(event object) bool {
	id, _ := event["channel"].(string)
	ch := s.channel(id)
	return ch != nil && ch.ExtShared
}

// redeliver delivers an event again until it is acknowledged or there are no more retries.
func (s *Server) redeliver(name string, payload []byte) {
	for i, wait := range retryWaits {
		select {
		case <-time.After(wait):
		case <-s.life.Done():
			return
		}
		out, err := s.deliver(s.life, &delivery{envelope: eventsAPI, name: name, payload: payload, attempt: i + 1})
		if err != nil || out.Acked {
			return
		}
	}
}
