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

// The backoff between attempts to reach Slack at the start doubles from authRetryFirst to authRetryLongest.
const (
	authRetryFirst   = time.Second
	authRetryLongest = 30 * time.Second
)

// authenticate calls auth.test and returns the bot's home workspace. It retries until Slack can be reached or ctx ends.
func authenticate(ctx context.Context, api *slack.Client, log *slog.Logger) (bot.Home, error) {
	for wait := authRetryFirst; ; wait = min(2*wait, authRetryLongest) {
		response, err := api.AuthTestContext(ctx)
		if err == nil {
			home := bot.Home{Team: response.TeamID, Enterprise: response.EnterpriseID}
			return home, checkGrantedScopes(response.Header.Get("X-OAuth-Scopes"), log)
		}
		if isPermanent(err) {
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

// isPermanent reports whether Slack rejected the token, so that a retry is useless.
func isPermanent(err error) bool {
	return hasSlackCode(err, "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired",
		"not_allowed_token_type", "missing_scope", "no_permission", "org_login_required", "ekm_access_denied")
}

// requiredScopes are the scopes without which the bot can't answer at all.
var requiredScopes = []string{"commands", "chat:write", "users:read"}

// checkGrantedScopes returns an error if the bot token lacks required scopes, and logs other missing scopes. granted is
// the header X-OAuth-Scopes; if Slack didn't send it, nothing is checked.
func checkGrantedScopes(granted string, log *slog.Logger) error {
	if granted == "" {
		return nil
	}
	const fix = "update the app from manifest.yml and reinstall it"
	if missing := missingScopes(granted, requiredScopes); len(missing) > 0 {
		return fmt.Errorf("the bot token lacks the scopes %s; %s", strings.Join(missing, ", "), fix)
	}
	if missing := missingScopes(granted+","+publicScope, scopes); len(missing) > 0 {
		log.Warn("the bot token lacks scopes, so some things will not work; "+fix, "scopes", strings.Join(missing, ", "))
	}
	return nil
}

// explainSocketError adds the fix to an error that ended the Socket Mode client.
func explainSocketError(err error) error {
	refused, ok := errors.AsType[*socket.RefusedError](err)
	switch {
	case errors.Is(err, socket.ErrDisabled):
		return fmt.Errorf("%w; switch Socket Mode on in the app's settings", err)
	case ok:
		return fmt.Errorf("SLACK_APP_TOKEN: %w; make an app-level token with the scope connections:write", refused)
	}
	return err
}
