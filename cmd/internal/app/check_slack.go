package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
)

// tokenFixes explains Slack's errors about tokens, with a fix. Other errors are shown as they are.
var tokenFixes = map[string]string{
	"invalid_auth":           "Slack does not know this token; copy it again from the app's page",
	"not_authed":             "Slack does not know this token; copy it again from the app's page",
	"account_inactive":       "the token belongs to someone who was removed; install the app again and copy the new token",
	"token_revoked":          "the token was revoked; install the app again and copy the new token",
	"token_expired":          "the token has expired; switch token rotation off for the app and install it again",
	"not_allowed_token_type": "this is a token of another kind; copy the right one from the app's page",
	"missing_scope":          "the token lacks a scope; make a new one that has it",
	"ratelimited":            "Slack was asked too often; try again in a minute",
}

// checkApp checks the app token: it requests a Socket Mode URL, but doesn't connect to it.
func checkApp(ctx context.Context, c Config) []finding {
	const setting = "Slack app token (SLACK_APP_TOKEN)"
	_, socketURL, err := newSlack(c).StartSocketModeContext(ctx)
	if err != nil {
		return []finding{bad.findingf("%s: %s%s", setting, explainSlack(err), ifRefused(err,
			". It stands at Basic Information, App-Level Tokens, and needs the scope connections:write; Socket Mode must be on"))}
	}
	if u, err := url.Parse(socketURL); err != nil || u.Scheme != "wss" && u.Scheme != "ws" {
		return []finding{bad.findingf("%s: the ticket's address is no WebSocket address. Is SLACK_API_URL right?", setting)}
	}
	return []finding{pass.findingf("%s: Slack gave a ticket for a socket", setting)}
}

// checkBot checks the bot token and, with that token, the channels and people that the settings name.
func checkBot(ctx context.Context, c Config) []finding {
	api := newSlack(c)
	identity, err := api.AuthTestContext(ctx)
	if err != nil {
		return []finding{
			bad.findingf("Slack bot token (SLACK_BOT_TOKEN): %s%s", explainSlack(err),
				ifRefused(err, ". It stands at OAuth & Permissions on the app's page")),
			warn.findingf("scopes, MARKETING_CHANNELS, SENDERS, ADMINS: not tried, since the bot token did not work"),
		}
	}
	findings := []finding{pass.findingf("Slack bot token (SLACK_BOT_TOKEN): signed in as %s in %s (%s)",
		identity.User, identity.Team, identity.TeamID)}
	if identity.BotID == "" {
		findings = append(findings, bad.findingf("Slack bot token: it belongs to a person. Use the bot token of OAuth & Permissions"))
	}
	if plainHTTP(string(c.SlackAPIURL)) {
		findings = append(findings, warn.findingf("SLACK_API_URL: tokens go there unencrypted. Use https"))
	}
	findings = append(findings, checkScopes(identity.Header.Get("X-OAuth-Scopes")))
	findings = append(findings, checkChannels(ctx, api, c.MarketingChannels)...)
	home := bot.Home{Team: identity.TeamID, Enterprise: identity.EnterpriseID}
	senders, senderCount := checkRoster(ctx, api, home, "SENDERS", "nobody may send, make changes or see people's data", c.Senders)
	findings = append(findings, senders...)
	admins, _ := checkRoster(ctx, api, home, "ADMINS", "nobody may do what is for administrators", c.Admins)
	return append(append(findings, admins...), checkApproval(c, senderCount)...)
}

// checkApproval warns if sends need approval but only the sender could give it. senders is the number of senders found.
func checkApproval(c Config, senders int) []finding {
	if c.ApprovalOver == 0 || c.Senders.All || c.Senders.isEmpty() || senders > 1 {
		return nil
	}
	return []finding{warn.findingf("APPROVAL_OVER: a send to more than %d needs another sender to approve it, "+
		"but SENDERS names %s who may, so it would never go out. Name more people there, or set APPROVAL_OVER=0",
		c.ApprovalOver, describeSenders(senders))}
}

// describeSenders words a number of senders that is 0 or 1.
func describeSenders(n int) string {
	if n == 0 {
		return "nobody"
	}
	return "only one person"
}

// checkScopes compares the token's scopes with those of the manifest. header is X-OAuth-Scopes, which Slack sends with
// every response.
func checkScopes(header string) finding {
	if header == "" {
		return warn.findingf("Slack scopes: Slack did not say which the bot token has. Compare the app's page with couponbot manifest")
	}
	missing := missingScopes(header, scopes)
	level := bad
	switch {
	case len(missing) == 0:
		return pass.findingf("Slack scopes: the bot token has all %d", len(scopes))
	case slices.Equal(missing, []string{publicScope}):
		level = warn
	}
	return level.findingf("Slack scopes: the bot token lacks %s. "+
		"Put the output of couponbot manifest into the app's manifest and install the app again", strings.Join(missing, ", "))
}

// missingScopes returns the needed scopes that the X-OAuth-Scopes header of a Slack response doesn't list.
func missingScopes(header string, needed []string) []string {
	granted := strings.FieldsFunc(header, func(r rune) bool { return r == ',' || r == ' ' })
	return slices.DeleteFunc(slices.Clone(needed), func(scope string) bool { return slices.Contains(granted, scope) })
}

// checkChannels looks up each of the MARKETING_CHANNELS.
func checkChannels(ctx context.Context, api *slack.Client, ids Channels) []finding {
	if len(ids) == 0 {
		return []finding{warn.findingf("MARKETING_CHANNELS: empty, so sends are announced in no channel. Name at least one")}
	}
	var findings []finding
	for _, id := range ids {
		channel, err := api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id})
		findings = append(findings, checkChannel(id, channel, err))
	}
	return findings
}

// checkChannel returns the finding for one channel; err is the look-up's error. Channels shared with another company are
// bad: announcements there would leak.
func checkChannel(id string, c *slack.Channel, err error) finding {
	if hasSlackCode(err, "channel_not_found") {
		return bad.findingf("MARKETING_CHANNELS %s: there is no such channel, or it is private and couponbot is not in it. "+
			"Write /invite @%s there, or put the id right", id, appName)
	}
	if err != nil {
		return bad.findingf("MARKETING_CHANNELS %s: %s", id, explainSlack(err))
	}
	name := id + " (#" + c.Name + ")"
	switch {
	case c.IsArchived:
		return bad.findingf("MARKETING_CHANNELS %s: the channel is archived. Name another", name)
	case c.IsExtShared || c.IsPendingExtShared || len(c.PendingShared) > 0:
		return bad.findingf("MARKETING_CHANNELS %s: the channel is, or is about to be, shared with another company. "+
			"Name one that is not", name)
	case !c.IsMember:
		return bad.findingf("MARKETING_CHANNELS %s: couponbot is not in the channel. Write /invite @%s there", name, appName)
	}
	return pass.findingf("MARKETING_CHANNELS %s: couponbot is in it, and it is not shared outside", name)
}

// checkRoster looks up the users and groups of a setting and returns the number of people. The number is 0 if the setting
// is empty or allows everybody. Findings show ids, not names.
func checkRoster(ctx context.Context, api *slack.Client, home bot.Home, name, ifEmpty string, r Roster) ([]finding, int) {
	if r.isEmpty() {
		return []finding{
			warn.findingf("%s: empty, so %s. Name user ids (U…), user groups (S…), or * for every full member", name, ifEmpty),
		}, 0
	}
	if r.All {
		return []finding{pass.findingf("%s: every full member", name)}, 0
	}
	var findings []finding
	people := map[string]bool{}
	for _, id := range r.Groups {
		members, err := api.GetUserGroupMembersContext(ctx, id)
		findings = append(findings, checkGroup(name, id, members, err))
		for _, member := range members {
			people[member] = true
		}
	}
	for _, id := range r.Users {
		user, err := api.GetUserInfoContext(ctx, id)
		f := checkUser(home, name, id, user, err)
		if findings = append(findings, f); f.verdict == pass {
			people[id] = true
		}
	}
	return append(findings, pass.findingf("%s: %d in all", name, len(people))), len(people)
}

// checkGroup returns the finding for one user group; err is the look-up's error.
func checkGroup(name, id string, members []string, err error) finding {
	switch {
	case hasSlackCode(err, "no_such_subteam"):
		return bad.findingf("%s %s: there is no such user group. Put the id right", name, id)
	case hasSlackCode(err, "plan_upgrade_required"):
		return bad.findingf("%s %s: user groups come with a paid plan of Slack only. Name user ids", name, id)
	case err != nil:
		return bad.findingf("%s %s: %s", name, id, explainSlack(err))
	case len(members) == 0:
		return warn.findingf("%s %s: the user group is empty or disabled. Add people to it in Slack", name, id)
	}
	return pass.findingf("%s %s: a user group of %d", name, id, len(members))
}

// checkUser checks that a user is a full member of the home workspace, since the bot serves nobody else.
func checkUser(home bot.Home, name, id string, u *slack.User, err error) finding {
	switch {
	case hasSlackCode(err, "user_not_found", "user_not_visible", "users_not_found"):
		return bad.findingf("%s %s: there is no such person. Put the id right", name, id)
	case err != nil:
		return bad.findingf("%s %s: %s", name, id, explainSlack(err))
	case u.Deleted:
		return bad.findingf("%s %s: the account is deactivated. Take it out", name, id)
	case u.IsBot || u.IsWorkflowBot || u.IsConnectorBot:
		return bad.findingf("%s %s: this is a bot. Take it out", name, id)
	case u.IsRestricted || u.IsUltraRestricted || u.IsInvitedUser:
		return bad.findingf("%s %s: this is a guest, and guests may not. Take them out or make them a full member", name, id)
	case u.IsStranger || fromOtherCompany(home, u):
		return bad.findingf("%s %s: this person is of another company, and may not. Take them out", name, id)
	}
	return pass.findingf("%s %s: a full member", name, id)
}

// fromOtherCompany reports whether a user belongs to a workspace outside the home team and its Enterprise Grid.
func fromOtherCompany(home bot.Home, u *slack.User) bool {
	sameCompany := u.TeamID == "" || u.TeamID == home.Team || home.Enterprise != "" && u.Enterprise.EnterpriseID == home.Enterprise
	return !sameCompany
}

// ifRefused returns hint if Slack answered with an error, and "" if the call didn't reach Slack.
func ifRefused(err error, hint string) string {
	if _, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return hint
	}
	return ""
}

// hasSlackCode reports whether err is a Slack error with one of these codes.
func hasSlackCode(err error, codes ...string) bool {
	return slices.Contains(codes, bot.SlackCode(err))
}

// explainSlack describes the error of a call to Slack, with a fix if one is known.
func explainSlack(err error) string {
	if response, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		fix := tokenFixes[response.Err]
		if response.Needed != "" {
			fix = "the scope " + response.Needed + " is missing"
		}
		if fix == "" {
			return "Slack refused with " + response.Err
		}
		return fix + " (" + response.Err + ")"
	}
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return fmt.Sprintf("Slack was asked too often; try again in %s", limited.RetryAfter)
	}
	if status, ok := errors.AsType[slack.StatusCodeError](err); ok {
		return fmt.Sprintf("Slack answered HTTP %d. Is SLACK_API_URL right?", status.Code)
	}
	return "Slack cannot be reached: " + innermostCause(err)
}

// innermostCause returns the error of a failed call without the URL, which may be long.
func innermostCause(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	return err.Error()
}

// plainHTTP reports whether calls to a base URL leave this machine unencrypted.
func plainHTTP(base string) bool {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return !strings.EqualFold(u.Hostname(), "localhost") && (ip == nil || !ip.IsLoopback())
}

// oneLine puts text from outside on one line of at most 800 characters.
func oneLine(text string) string {
	const maxRunes = 800
	line := []rune(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text))
	return string(line[:min(len(line), maxRunes)])
}
