package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/internal/bulkhead"
)

// askTime bounds one call to Slack: a trigger_id lives three seconds, and the view must still be opened.
const askTime = 1500 * time.Millisecond

// Roster names people who hold a right.
type Roster struct {
	// All stands for every full member.
	All bool
	// Users are user ids (U…, W…); Groups are user group ids (S…).
	Users, Groups []string
}

// Home is the workspace that the bot belongs to, and its Enterprise organisation, if any.
type Home struct{ Team, Enterprise string }

// people looks up who users are and what they may do.
type people struct {
	home   Home
	roster map[Right]Roster
	guard  *bulkhead.Guard

	users  *slackCache[*slack.User]
	groups *slackCache[[]string]
	shared *slackCache[bool]
	direct *slackCache[string]
}

func newPeople(home Home, roster map[Right]Roster, guard *bulkhead.Guard, api *slack.Client, poster *Poster) *people {
	p := &people{home: home, roster: roster, guard: guard}
	p.users = newSlackCache(guard, cacheStale, func(ctx context.Context, id string) (*slack.User, error) {
		return present(api.GetUserInfoContext(ctx, id))
	})
	p.groups = newSlackCache(guard, cacheStale, func(ctx context.Context, id string) ([]string, error) {
		return api.GetUserGroupMembersContext(ctx, id)
	})
	p.shared = newSlackCache(guard, cacheFresh, func(ctx context.Context, id string) (bool, error) {
		c, err := present(api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id}))
		if err != nil {
			return false, err
		}
		return c.IsExtShared || c.IsPendingExtShared || len(c.PendingShared) > 0, nil
	})
	p.direct = newSlackCache(guard, cacheStale, poster.Direct)
	return p
}

// person looks up a user. team is the envelope's, used when the user's record has none.
func (p *people) person(ctx context.Context, id, team string) (Person, *slack.User, error) {
	u, err := p.users.get(ctx, id)
	switch SlackCode(err) {
	case "user_not_found", "user_not_visible", "users_not_found":
		return Person{ID: id, Team: team}, nil, strangers()
	}
	if err != nil {
		return Person{ID: id, Team: team}, nil, cannotAsk(err)
	}
	who := Person{
		ID: id, Team: team, Zone: time.UTC, ZoneName: "UTC", Email: u.Profile.Email, Phone: u.Profile.Phone,
	}
	if u.TeamID != "" {
		who.Team = u.TeamID
	}
	if zone, err := time.LoadLocation(u.TZ); err == nil && u.TZ != "" && u.TZ != "Local" {
		who.Zone, who.ZoneName = zone, u.TZ
	}
	return who, u, nil
}

// may checks that a person holds a right. Its error is a [*Mistake] that says why not and how to change that.
func (p *people) may(ctx context.Context, who Person, u *slack.User, right Right) error {
	if err := p.member(who, u); err != nil {
		return err
	}
	if right == Read {
		return nil
	}
	roster := p.roster[right]
	if roster.All || slices.Contains(roster.Users, who.ID) {
		return nil
	}
	var failed error
	for _, group := range roster.Groups {
		members, err := p.groups.get(ctx, group)
		if slices.Contains(members, who.ID) {
			return nil
		}
		failed = errors.Join(failed, err)
	}
	if failed != nil {
		return cannotAsk(failed)
	}
	return lacks(who.ID, right)
}

// member checks that a person is a full member of the bot's own workspace or organisation.
func (p *people) member(who Person, u *slack.User) error {
	ours := who.Team == p.home.Team ||
		p.home.Enterprise != "" && u.Enterprise.EnterpriseID == p.home.Enterprise
	switch {
	case !ours || u.IsStranger:
		return strangers()
	case u.IsRestricted || u.IsUltraRestricted || u.IsInvitedUser:
		return guests()
	case u.Deleted || u.IsBot || u.IsWorkflowBot || u.IsConnectorBot:
		return strangers()
	}
	return nil
}

// private reports whether answers in a channel must be ephemeral: it is shared with another company, or Slack can't tell.
// Slack can't tell for direct messages (scope im:read), but in the user's own with the bot there is nobody else.
func (p *people) private(ctx context.Context, channel, user string) bool {
	if strings.HasPrefix(channel, "D") {
		direct, err := p.direct.get(ctx, user)
		return err != nil || direct != channel
	}
	shared, err := p.shared.get(ctx, channel)
	return err != nil || shared
}
