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

// What Slack's errors about tokens mean, and how to mend them. Other errors are shown as they are.
var tokenMends = map[string]string{
	"invalid_auth":           "Slack does not know this token; copy it again from the app's page",
	"not_authed":             "Slack does not know this token; copy it again from the app's page",
	"account_inactive":       "the token belongs to someone who was removed; install the app again and copy the new token",
	"token_revoked":          "the token was revoked; install the app again and copy the new token",
	"token_expired":          "the token has expired; switch token rotation off for the app and install it again",
	"not_allowed_token_type": "this is a token of another kind; copy the right one from the app's page",
	"missing_scope":          "the token lacks a scope; make a new one that has it",
	"ratelimited":            "Slack was asked too often; try again in a minute",
}

// checkApp obtains a ticket for a socket. The socket is never opened.
func checkApp(ctx context.Context, c Config) []finding {
	const what = "Slack app token (SLACK_APP_TOKEN)"
	_, address, err := newSlack(c).StartSocketModeContext(ctx)
	if err != nil {
		return []finding{bad.say("%s: %s%s", what, slackSays(err), whenRefused(err,
			". It stands at Basic Information, App-Level Tokens, and needs the scope connections:write; Socket Mode must be on"))}
	}
	if u, err := url.Parse(address); err != nil || u.Scheme != "wss" && u.Scheme != "ws" {
		return []finding{bad.say("%s: the ticket's address is no WebSocket address. Is SLACK_API_URL right?", what)}
	}
	return []finding{fine.say("%s: Slack gave a ticket for a socket", what)}
}

// checkBot tries the bot token, and with it the channels and people that the settings name.
func checkBot(ctx context.Context, c Config) []finding {
	api := newSlack(c)
	who, err := api.AuthTestContext(ctx)
	if err != nil {
		return []finding{
			bad.say("Slack bot token (SLACK_BOT_TOKEN): %s%s", slackSays(err),
				whenRefused(err, ". It stands at OAuth & Permissions on the app's page")),
			warn.say("scopes, MARKETING_CHANNELS, SENDERS, ADMINS: not tried, since the bot token did not work"),
		}
	}
	found := []finding{fine.say("Slack bot token (SLACK_BOT_TOKEN): signed in as %s in %s (%s)", who.User, who.Team, who.TeamID)}
	if who.BotID == "" {
		found = append(found, bad.say("Slack bot token: it belongs to a person. Use the bot token of OAuth & Permissions"))
	}
	if plainHTTP(string(c.SlackAPIURL)) {
		found = append(found, warn.say("SLACK_API_URL: tokens go there unencrypted. Use https"))
	}
	found = append(found, checkScopes(who.Header.Get("X-OAuth-Scopes")))
	found = append(found, checkChannels(ctx, api, c.MarketingChannels)...)
	home := bot.Home{Team: who.TeamID, Enterprise: who.EnterpriseID}
	senders, known := checkRoster(ctx, api, home, "SENDERS", "nobody may send, make changes or see people's data", c.Senders)
	found = append(found, senders...)
	admins, _ := checkRoster(ctx, api, home, "ADMINS", "nobody may do what is for administrators", c.Admins)
	return append(append(found, admins...), checkApproval(c, known)...)
}

// checkApproval sees whether there is anybody who could approve what a sender asks for.
func checkApproval(c Config, senders int) []finding {
	if c.ApprovalOver == 0 || c.Senders.All || c.Senders.empty() || senders > 1 {
		return nil
	}
	return []finding{warn.say("APPROVAL_OVER: a send to more than %d needs another sender to approve it, but SENDERS names %s who may, "+
		"so it would never go out. Name more people there, or set APPROVAL_OVER=0", c.ApprovalOver, onlyOne(senders))}
}

func onlyOne(n int) string {
	if n == 0 {
		return "nobody"
	}
	return "only one person"
}

// checkScopes compares the header that Slack sends with every answer with what the manifest asks for.
func checkScopes(header string) finding {
	if header == "" {
		return warn.say("Slack scopes: Slack did not say which the bot token has. Compare the app's page with couponbot manifest")
	}
	missing := lacking(header, scopes)
	judge := bad
	switch {
	case len(missing) == 0:
		return fine.say("Slack scopes: the bot token has all %d", len(scopes))
	case slices.Equal(missing, []string{publicScope}):
		judge = warn
	}
	return judge.say("Slack scopes: the bot token lacks %s. "+
		"Put the output of couponbot manifest into the app's manifest and install the app again", strings.Join(missing, ", "))
}

// lacking returns which of the wanted scopes the header X-OAuth-Scopes of an answer of Slack does not name.
func lacking(header string, wanted []string) []string {
	has := strings.FieldsFunc(header, func(r rune) bool { return r == ',' || r == ' ' })
	return slices.DeleteFunc(slices.Clone(wanted), func(scope string) bool { return slices.Contains(has, scope) })
}

func checkChannels(ctx context.Context, api *slack.Client, ids Channels) []finding {
	if len(ids) == 0 {
		return []finding{warn.say("MARKETING_CHANNELS: empty, so no channel is told of sends. Name at least one")}
	}
	var found []finding
	for _, id := range ids {
		channel, err := api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id})
		found = append(found, checkChannel(id, channel, err))
	}
	return found
}

func checkChannel(id string, c *slack.Channel, err error) finding {
	if refused(err, "channel_not_found") {
		return bad.say("MARKETING_CHANNELS %s: there is no such channel, or it is private and couponbot is not in it. "+
			"Write /invite @%s there, or put the id right", id, appName)
	}
	if err != nil {
		return bad.say("MARKETING_CHANNELS %s: %s", id, slackSays(err))
	}
	name := id + " (#" + c.Name + ")"
	switch {
	case c.IsArchived:
		return bad.say("MARKETING_CHANNELS %s: the channel is archived. Name another", name)
	case c.IsExtShared || c.IsPendingExtShared || len(c.PendingShared) > 0:
		return bad.say("MARKETING_CHANNELS %s: the channel is, or is about to be, shared with another company. "+
			"Name one that is not", name)
	case !c.IsMember:
		return bad.say("MARKETING_CHANNELS %s: couponbot is not in the channel. Write /invite @%s there", name, appName)
	}
	return fine.say("MARKETING_CHANNELS %s: couponbot is in it, and it is not shared outside", name)
}

// checkRoster looks up everyone a setting names, and counts them; 0 if everybody is named. Lines hold ids, no names.
func checkRoster(ctx context.Context, api *slack.Client, home bot.Home, name, ifEmpty string, r Roster) ([]finding, int) {
	if r.empty() {
		return []finding{warn.say("%s: empty, so %s. Name user ids (U…), user groups (S…), or * for every full member", name, ifEmpty)}, 0
	}
	if r.All {
		return []finding{fine.say("%s: every full member", name)}, 0
	}
	var found []finding
	people := map[string]bool{}
	for _, id := range r.Groups {
		members, err := api.GetUserGroupMembersContext(ctx, id)
		found = append(found, checkGroup(name, id, members, err))
		for _, member := range members {
			people[member] = true
		}
	}
	for _, id := range r.Users {
		user, err := api.GetUserInfoContext(ctx, id)
		f := checkUser(home, name, id, user, err)
		if found = append(found, f); f.verdict == fine {
			people[id] = true
		}
	}
	return append(found, fine.say("%s: %d in all", name, len(people))), len(people)
}

func checkGroup(name, id string, members []string, err error) finding {
	switch {
	case refused(err, "no_such_subteam"):
		return bad.say("%s %s: there is no such user group. Put the id right", name, id)
	case refused(err, "plan_upgrade_required"):
		return bad.say("%s %s: user groups come with a paid plan of Slack only. Name user ids", name, id)
	case err != nil:
		return bad.say("%s %s: %s", name, id, slackSays(err))
	case len(members) == 0:
		return warn.say("%s %s: the user group is empty or disabled. Add people to it in Slack", name, id)
	}
	return fine.say("%s %s: a user group of %d", name, id, len(members))
}

func checkUser(home bot.Home, name, id string, u *slack.User, err error) finding {
	switch {
	case refused(err, "user_not_found", "user_not_visible", "users_not_found"):
		return bad.say("%s %s: there is no such person. Put the id right", name, id)
	case err != nil:
		return bad.say("%s %s: %s", name, id, slackSays(err))
	case u.Deleted:
		return bad.say("%s %s: the account is deactivated. Take it out", name, id)
	case u.IsBot || u.IsWorkflowBot || u.IsConnectorBot:
		return bad.say("%s %s: this is a bot. Take it out", name, id)
	case u.IsRestricted || u.IsUltraRestricted || u.IsInvitedUser:
		return bad.say("%s %s: this is a guest, and guests may not. Take them out or make them a full member", name, id)
	case u.IsStranger || stranger(home, u):
		return bad.say("%s %s: this person is of another company, and may not. Take them out", name, id)
	}
	return fine.say("%s %s: a full member", name, id)
}

func stranger(home bot.Home, u *slack.User) bool {
	ours := u.TeamID == "" || u.TeamID == home.Team || home.Enterprise != "" && u.Enterprise.EnterpriseID == home.Enterprise
	return !ours
}

// whenRefused returns words that help when Slack said no, and nothing when Slack could not be asked.
func whenRefused(err error, words string) string {
	if _, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return words
	}
	return ""
}

// refused reports whether err is one of Slack's errors with these codes.
func refused(err error, codes ...string) bool {
	return slices.Contains(codes, bot.SlackCode(err))
}

// slackSays puts an error of a call to Slack into words.
func slackSays(err error) string {
	if answer, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		mend := tokenMends[answer.Err]
		if answer.Needed != "" {
			mend = "the scope " + answer.Needed + " is missing"
		}
		if mend == "" {
			return "Slack refused with " + answer.Err
		}
		return mend + " (" + answer.Err + ")"
	}
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return fmt.Sprintf("Slack was asked too often; try again in %s", limited.RetryAfter)
	}
	if status, ok := errors.AsType[slack.StatusCodeError](err); ok {
		return fmt.Sprintf("Slack answered HTTP %d. Is SLACK_API_URL right?", status.Code)
	}
	return "Slack cannot be reached: " + cause(err)
}

// cause is the innermost part of a failed call's error: the parts around it name the URL, which may be long.
func cause(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	return err.Error()
}

// plainHTTP reports whether what is sent to a base URL leaves this machine unencrypted.
func plainHTTP(base string) bool {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return !strings.EqualFold(u.Hostname(), "localhost") && (ip == nil || !ip.IsLoopback())
}

// oneLine keeps what came from outside to one line of bounded length.
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
