package bot

import (
	"context"
	"errors"
	"slices"

	"github.com/coupontools/couponbot/internal/bulkhead"
)

const (
	// maxHolders bounds how many people Holders looks up, and holdersAtOnce how many at a time. Slack: users.info takes
	// about 100 calls a minute.
	maxHolders    = 50
	holdersAtOnce = 8
)

// Holders lists the people who hold a right: those the setting names, then the members of its user groups, each once, if
// they are full members (see [Bot.May]). It looks at 50 at most. If every full member holds the right, everyone is true and
// ids is empty. On an error ids has those that Slack did answer for.
func (b *Bot) Holders(ctx context.Context, right Right) (ids []string, everyone bool, err error) {
	roster := b.people.roster[right]
	if right == Read || roster.All {
		return nil, true, nil
	}
	named, err := b.people.named(ctx, roster)
	ids, failed := b.people.full(ctx, named[:min(len(named), maxHolders)])
	return ids, false, errors.Join(err, failed)
}

// named lists the people that a roster names directly or through a group, each once.
func (p *people) named(ctx context.Context, roster Roster) (ids []string, err error) {
	ids = slices.Clone(roster.Users)
	for _, group := range roster.Groups {
		members, failed := p.groups.get(ctx, group)
		ids, err = append(ids, members...), errors.Join(err, failed)
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(ids, func(id string) bool {
		again := seen[id]
		seen[id] = true
		return again
	}), err
}

// full returns the ids that belong to full members.
func (p *people) full(ctx context.Context, ids []string) (members []string, err error) {
	errs := make([]error, len(ids))
	asking := p.guard.Group()
	asking.SetLimit(holdersAtOnce)
	for i, id := range ids {
		asking.Go(bulkhead.BotHolders, func() error {
			who, profile, err := p.person(ctx, id, "")
			if err == nil {
				err = p.member(who, profile)
			}
			return err
		}, func(err error) { errs[i] = err })
	}
	_ = asking.Wait() // each error is in errs
	for i, id := range ids {
		switch m, _ := errors.AsType[*Mistake](errs[i]); {
		case bulkhead.Panicked(errs[i]):
			err = errors.Join(err, errs[i])
		case m == nil:
			members = append(members, id)
		case m.Cause != nil: // Slack could not be asked
			err = errors.Join(err, m.Cause)
		}
	}
	return members, err
}
