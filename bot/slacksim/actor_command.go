package slacksim

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// Command types a slash command, "/directories" and what follows it, into a channel the person is a member of. What
// follows is escaped as Slack does (see [Server.Escape]).
func (s *Server) Command(ctx context.Context, user, channel, command, text string) (Outcome, error) {
	s.mu.Lock()
	d, answered, err := s.command(user, channel, command, strings.TrimSpace(text))
	s.mu.Unlock()
	if err != nil {
		return Outcome{}, err
	}
	out, err := s.deliver(ctx, d)
	s.mu.Lock()
	defer s.mu.Unlock()
	if *answered != nil {
		m := (*answered).copy()
		out.Message = &m
	}
	out.View = s.top(user)
	return out, err
}

// command makes the envelope; answered points to the message that the acknowledgement will have shown.
func (s *Server) command(user, channel, command, text string) (d *delivery, answered **message, err error) {
	u, ch := s.user(user), s.channel(channel)
	switch {
	case u == nil:
		return nil, nil, fmt.Errorf("there is no user %s", user)
	case ch == nil || !ch.Has(user):
		return nil, nil, fmt.Errorf("%s is not a member of %s", u.Name, channel)
	}
	sent, err := s.typed(command, text)
	if err != nil {
		return nil, nil, err
	}
	url := s.newReply("commands", channel, user, "")
	payload := answer{
		"token": "local", "team_id": u.TeamID, "team_domain": teamDomain, "channel_id": channel,
		"channel_name": s.payloadName(channel), "user_id": user, "user_name": u.Name, "command": command, "text": sent,
		"api_app_id": App, "is_enterprise_install": "false", "response_url": url, "trigger_id": s.newTrigger(user, ""),
	}
	if s.enterprise != "" {
		payload["enterprise_id"], payload["enterprise_name"] = s.enterprise, s.enterpriseName
	}
	line := strings.TrimSpace(command + " " + text)
	s.say("%s> %s", u.Name, line)
	answered = new(*message)
	return &delivery{
		kind: "slash_commands", name: command, accepts: true, payload: blockkit.EncodeJSON(payload),
		apply: func(raw json.RawMessage) string {
			m, failure := s.answerCommand(raw, channel, user, line)
			*answered = m
			return failure
		},
		failed: func(failure string) {
			s.notice(channel, user, fmt.Sprintf("%s failed with the error “%s”", command, failure))
		},
	}, answered, nil
}

// typed returns the command's text as it is sent.
func (s *Server) typed(command, text string) (string, error) {
	if len(s.commands) == 0 {
		return s.escape(text), nil
	}
	i := slices.IndexFunc(s.commands, func(c SlashCommand) bool { return c.Name == command })
	if i < 0 {
		return "", fmt.Errorf("%s is not a valid command", command)
	}
	if s.commands[i].Raw {
		return text, nil
	}
	return s.escape(text), nil
}

// answerCommand shows what the acknowledgement of a command says.
func (s *Server) answerCommand(raw json.RawMessage, channel, user, line string) (*message, string) {
	where := "acknowledgement of a command"
	r, what, no := s.readReply(where, raw)
	if no != nil {
		s.violate("%s: %s %s", where, no.Code, strings.Join(no.Messages, "; "))
		return nil, failureBadAck
	}
	if r.ResponseType == "in_channel" {
		typed := &message{Message: Message{Channel: channel, User: user, Text: entities.Replace(line), Typed: true}}
		s.post(typed)
	}
	if !what.hasText && len(what.blocks) == 0 {
		return nil, ""
	}
	return s.postReply(channel, user, r, what), ""
}

// notice shows words of Slack's own to one person.
func (s *Server) notice(channel, user, text string) {
	s.post(&message{Message: Message{Channel: channel, User: slackbot, Text: text, OnlyFor: user}})
}
