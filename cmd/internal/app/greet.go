package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/socket"
)

// greetWait and greetMaxWait are the waits between tries to reach Slack at the start, doubled each time.
const (
	greetWait    = time.Second
	greetMaxWait = 30 * time.Second
)

// greet asks Slack who the bot is, again and again while Slack cannot be reached.
func greet(ctx context.Context, api *slack.Client, log *slog.Logger) (bot.Home, error) {
	for wait := greetWait; ; wait = min(2*wait, greetMaxWait) {
		answer, err := api.AuthTestContext(ctx)
		if err == nil {
			home := bot.Home{Team: answer.TeamID, Enterprise: answer.EnterpriseID}
			return home, missingScopes(answer.Header.Get("X-OAuth-Scopes"), log)
		}
		if final(err) {
			return bot.Home{}, fmt.Errorf("SLACK_BOT_TOKEN was refused by Slack (%w); copy the Bot User OAuth Token "+
				"of the installed app, or reinstall the app", err)
		}
		if ctx.Err() != nil {
			return bot.Home{}, nil
		}
		log.Warn("Slack cannot be reached yet", "err", err, "again_in", wait.String())
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return bot.Home{}, nil
		}
	}
}

// final reports whether Slack refused the token itself.
func final(err error) bool {
	return refused(err, "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired",
		"not_allowed_token_type", "missing_scope", "no_permission", "org_login_required", "ekm_access_denied")
}

// neededScopes are those without which the bot can answer nobody.
var neededScopes = []string{"commands", "chat:write", "users:read"}

// missingScopes reads the scopes Slack says the bot token has. Without that header nothing can be said.
func missingScopes(granted string, log *slog.Logger) error {
	if granted == "" {
		return nil
	}
	const mend = "update the app from manifest.yml and reinstall it"
	if missing := lacking(granted, neededScopes); len(missing) > 0 {
		return fmt.Errorf("the bot token lacks the scopes %s; %s", strings.Join(missing, ", "), mend)
	}
	if missing := lacking(granted+","+publicScope, scopes); len(missing) > 0 {
		log.Warn("the bot token lacks scopes, so some things will not work; "+mend, "scopes", strings.Join(missing, ", "))
	}
	return nil
}

// inWords says what to do about an error that ended the socket.
func inWords(err error) error {
	refused, ok := errors.AsType[*socket.RefusedError](err)
	switch {
	case errors.Is(err, socket.ErrDisabled):
		return fmt.Errorf("%w; switch Socket Mode on in the app's settings", err)
	case ok:
		return fmt.Errorf("SLACK_APP_TOKEN: %w; make an app-level token with the scope connections:write", refused)
	}
	return err
}
