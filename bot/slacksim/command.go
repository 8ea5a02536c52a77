package slacksim

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// Command runs a slash command, such as "/directories", in a channel that the person is a member of. The text after it is escaped
// as Slack does: see [Server.Escape].
func (s *Server) Command(ctx context.Context, user, channel, command, text string) (Outcome, error) {
	var answer *storedMessage
	s.mu.Lock()
	d, err := s.slashCommand(user, channel, command, strings.TrimSpace(text), &answer)
	s.mu.Unlock()
	if err != nil {
		return Outcome{}, err
	}
	out, err := s.deliver(ctx, d)
	s.mu.Lock()
	defer s.mu.Unlock()
	if answer != nil {
		m := answer.copy()
		out.Message = &m
	}
	out.View = s.topView(user)
	return out, err
}

// slashCommand returns the envelope for a command. Its acknowledgement sets answer to the message that it shows, if any.
func (s *Server) slashCommand(user, channel, command, text string, answer **storedMessage) (*delivery, error) {
	u, ch := s.user(user), s.channel(channel)
	switch {
	case u == nil:
		return nil, fmt.Errorf("there is no user %s", user)
	case ch == nil || !ch.Has(user):
		return nil, fmt.Errorf("%s isn't a member of %s", u.Name, channel)
	}
	sent, err := s.commandText(command, text)
	if err != nil {
		return nil, err
	}
	payload := object{
		"token": "local", "team_id": u.TeamID, "team_domain": teamDomain, "channel_id": channel,
		"channel_name": s.payloadName(channel), "user_id": user, "user_name": u.Name, "command": command, "text": sent,
		"api_app_id": App, "is_enterprise_install": "false", "trigger_id": s.triggers.issue(user, ""),
		"response_url": s.base + s.responseURLs.issue("commands", channel, user, ""),
	}
	if s.enterprise != "" {
		payload["enterprise_id"], payload["enterprise_name"] = s.enterprise, s.enterpriseName
	}
	line := strings.TrimSpace(command + " " + text)
	s.transcribe("%s> %s", u.Name, line)
	return &delivery{
		envelope: slashCommands, name: command, accepts: true, payload: blockkit.EncodeJSON(payload),
		apply: func(raw json.RawMessage) (failure string) {
			*answer, failure = s.answerCommand(raw, channel, user, line)
			return failure
		},
		onFailure: func(failure string) {
			s.postNotice(channel, user, fmt.Sprintf("%s failed with the error “%s”", command, failure))
		},
	}, nil
}

// commandText returns the text of a command as the bot gets it.
func (s *Server) commandText(command, text string) (string, error) {
	if len(s.commands) == 0 {
		return s.escape(text), nil
	}
	i := slices.IndexFunc(s.commands, func(c SlashCommand) bool { return c.Name == command })
	if i < 0 {
		return "", fmt.Errorf("%s isn't a valid command", command)
	}
	if s.commands[i].Raw {
		return text, nil
	}
	return s.escape(text), nil
}

// answerCommand shows the message in the acknowledgement of a command. With in_channel the command is shown too.
func (s *Server) answerCommand(raw json.RawMessage, channel, user, line string) (answer *storedMessage, failure string) {
	const source = "acknowledgement of a command"
	r, err := s.readReply(source, raw)
	if err != nil {
		s.violation("%s: %s", source, err)
		return nil, failureBadAck
	}
	if r.ResponseType == "in_channel" {
		s.post(&storedMessage{Message: Message{Channel: channel, User: user, Text: escapeEntities(line), Typed: true}})
	}
	if r.content.empty() {
		return nil, ""
	}
	return s.postReply(channel, user, r), ""
}
