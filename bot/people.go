package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/internal/bulkhead"
)

const (
	// knownFresh is how long an answer about a person, a group or a channel serves without asking again, knownStale how
	// long one about a person or a group may serve when Slack cannot be asked.
	knownFresh = time.Minute
	knownStale = 5 * time.Minute
	// longestRest bounds for how long a Retry-After of Slack's keeps us from asking.
	longestRest = 5 * time.Minute
	// knownSize bounds how many answers of a kind are kept.
	knownSize = 10_000
	// askTime bounds one question to Slack: a trigger_id lives three seconds, and the view must still be opened.
	askTime = 1500 * time.Millisecond
)

// Roster names people who hold a right.
type Roster struct {
	// All stands for every full member.
	All bool
	// Users are user ids (U…, W…); Groups are user group ids (S…).
	Users, Groups []string
}

// Home is the workspace, and the Enterprise organisation if there is one, that the bot belongs to.
type Home struct{ Team, Enterprise string }

// people answers who somebody is and what they may do.
type people struct {
	home   Home
	roster map[Right]Roster
	guard  *bulkhead.Guard

	users  *known[*slack.User]
	groups *known[[]string]
	shared *known[bool]
	direct *known[string]
}

func newPeople(c Config) *people {
	api := c.Slack
	p := &people{home: c.Home, roster: map[Right]Roster{Send: c.Senders, Admin: c.Admins}, guard: c.Guard}
	p.users = newKnown(c.Guard, knownStale, func(ctx context.Context, id string) (*slack.User, error) {
		return present(api.GetUserInfoContext(ctx, id))
	})
	p.groups = newKnown(c.Guard, knownStale, func(ctx context.Context, id string) ([]string, error) {
		return api.GetUserGroupMembersContext(ctx, id)
	})
	p.shared = newKnown(c.Guard, knownFresh, func(ctx context.Context, id string) (bool, error) {
		c, err := present(api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id}))
		if err != nil {
			return false, err
		}
		return c.IsExtShared || c.IsPendingExtShared || len(c.PendingShared) > 0, nil
	})
	p.direct = newKnown(c.Guard, knownStale, c.Poster.Direct)
	return p
}

// person looks up who is behind a user id. Team is what Slack's envelope said, used when the user's record has none.
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

// may checks that a person holds a right. It returns a [*Mistake] that says why not and how to change that.
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

// private reports whether answers in a channel must stay between the bot and the person who asked: it is shared with
// another company, or Slack does not say. Of direct messages Slack does not say (scope im:read), but in those of a person
// with the bot there is nobody else.
func (p *people) private(ctx context.Context, channel, user string) bool {
	if strings.HasPrefix(channel, "D") {
		direct, err := p.direct.get(ctx, user)
		return err != nil || direct != channel
	}
	shared, err := p.shared.get(ctx, channel)
	return err != nil || shared
}

// known remembers answers of Slack for a while and asks once at a time per key. A refusal, such as of an unknown person, is
// an answer. While a rate limit of Slack's lasts, nothing is asked.
type known[V any] struct {
	guard  *bulkhead.Guard
	stale  time.Duration // how old an answer may be when Slack cannot be asked
	ask    func(context.Context, string) (V, error)
	flight bulkhead.Flight[V]

	mu      sync.Mutex
	answers map[string]answer[V]
	limited *slack.RateLimitedError
	until   time.Time // the end of the rate limit
}

type answer[V any] struct {
	value   V
	refused error
	at      time.Time
}

func newKnown[V any](guard *bulkhead.Guard, stale time.Duration, ask func(context.Context, string) (V, error)) *known[V] {
	return &known[V]{guard: guard, stale: stale, ask: ask, answers: map[string]answer[V]{}}
}

func (k *known[V]) get(ctx context.Context, key string) (V, error) {
	var none V
	have, ok, limited := k.recall(key)
	switch {
	case ok && time.Since(have.at) < knownFresh && have.refused != nil:
		return none, fmt.Errorf("ask Slack: %w", have.refused)
	case ok && time.Since(have.at) < knownFresh, ok && limited != nil && k.serves(have):
		return have.value, nil
	case limited != nil:
		return none, fmt.Errorf("ask Slack: %w", limited)
	}
	value, err := k.flight.Do(ctx, k.guard, bulkhead.BotPeople, key, func() (V, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTime)
		defer cancel()
		value, err := k.ask(ctx, key)
		k.remember(key, value, err)
		return value, err
	})
	if err == nil {
		return value, nil
	}
	if ok && passing(err) && k.serves(have) {
		return have.value, nil
	}
	return none, fmt.Errorf("ask Slack: %w", err)
}

// serves reports whether an answer may stand in for one that Slack can't give now.
func (k *known[V]) serves(a answer[V]) bool { return a.refused == nil && time.Since(a.at) < k.stale }

// recall returns the answer that is remembered, and the rate limit if one lasts.
func (k *known[V]) recall(key string) (have answer[V], ok bool, limited error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	have, ok = k.answers[key]
	if time.Now().Before(k.until) {
		limited = k.limited
	}
	return have, ok, limited
}

func (k *known[V]) remember(key string, value V, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		k.limited, k.until = limited, time.Now().Add(min(limited.RetryAfter, longestRest))
	}
	if err != nil && passing(err) {
		return
	}
	if len(k.answers) >= knownSize {
		clear(k.answers)
	}
	k.answers[key] = answer[V]{value: value, refused: err, at: time.Now()}
}

// passing reports whether err may be gone on the next try. A plain refusal of Slack (user_not_found) is an answer, and
// no older one may stand in for it.
func passing(err error) bool {
	refused, ok := errors.AsType[slack.SlackErrorResponse](err)
	if !ok {
		return true
	}
	switch refused.Err {
	case "ratelimited", "fatal_error", "internal_error", "service_unavailable", "request_timeout":
		return true
	}
	return false
}
