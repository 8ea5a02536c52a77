package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
)

// maxAPIPages is how many of the API's pages of 100 users one click searches.
const maxAPIPages = 50

// userPage is one page of a search.
type userPage struct {
	pager  ui.UserPager
	number int
	users  []coupontools.DirectoryUser
	// more says that another match follows; older that one may follow among users not searched yet.
	more, older bool
}

// searchUsers searches for the users of a page.
func searchUsers(ctx context.Context, api userListAPI, p ui.UserPager, number int) (userPage, error) {
	page := userPage{}
	var err error
	page.number, err = p.Turn(number, func(from ui.UserCursor) (ui.UserCursor, error) {
		s := &userSearch{api: api, directory: p.Query.ID, match: ui.NewMatcher(p.Query.Who), from: from}
		return s.run(ctx, &page)
	})
	page.pager = p
	return page, err
}

// userSearch searches the users of a directory from a cursor on.
type userSearch struct {
	api       userListAPI
	directory string
	match     ui.Matcher
	from      ui.UserCursor
	fetched   int // pages
}

// run adds up to ten matches to page and returns the cursor behind the last of them. It also looks for an eleventh, so Next
// always leads somewhere.
func (s *userSearch) run(ctx context.Context, page *userPage) (ui.UserCursor, error) {
	number, users, start, err := s.resume(ctx)
	if err != nil {
		return ui.UserCursor{}, err
	}
	seen := map[string]bool{s.from.After: true}
	after, end := s.from, s.from
	for first := true; ; first = false {
		before := len(seen)
		for i := start; i < len(users); i++ {
			u := users[i]
			if seen[u.ID] {
				continue
			}
			seen[u.ID] = true
			end = ui.UserCursor{Page: number, After: u.ID, Index: i}
			if !s.match.Matches(u) {
				continue
			}
			if len(page.users) == ui.PerPage {
				page.more = true
				return after, nil
			}
			page.users = append(page.users, u)
			after = end
		}
		if len(users) < coupontools.UsersPerPage || !first && len(seen) == before {
			return end, nil
		}
		if s.fetched >= maxAPIPages {
			page.older = true
			return end, nil
		}
		number, start = number+1, 0
		if users, err = s.fetch(ctx, number); err != nil {
			return ui.UserCursor{}, err
		}
	}
}

// resume fetches the API's page to continue on, and returns the index to continue at. New users may have pushed the last seen
// user to the next page; if that user is gone, the stored index is used.
func (s *userSearch) resume(ctx context.Context) (page int, users []coupontools.DirectoryUser, start int, err error) {
	users, err = s.fetch(ctx, s.from.Page)
	if err != nil || s.from.After == "" {
		return s.from.Page, users, 0, err
	}
	last := func(u coupontools.DirectoryUser) bool { return u.ID == s.from.After }
	if i := slices.IndexFunc(users, last); i >= 0 {
		return s.from.Page, users, i + 1, nil
	}
	pushed, err := s.fetch(ctx, s.from.Page+1)
	if i := slices.IndexFunc(pushed, last); i >= 0 {
		return s.from.Page + 1, pushed, i + 1, nil
	}
	return s.from.Page, users, min(s.from.Index+1, len(users)), err
}

func (s *userSearch) fetch(ctx context.Context, page int) ([]coupontools.DirectoryUser, error) {
	s.fetched++
	users, err := s.api.DirectoryUsers(ctx, s.directory, page)
	if err != nil {
		return nil, fmt.Errorf("list users of %s: %w", s.directory, err)
	}
	return users, nil
}

// blocks shows the page with its buttons.
func (p userPage) blocks() []slack.Block {
	q := p.pager.Query
	set := []slack.Block{blocks.Header("Users of " + q.Called())}
	if len(p.users) == 0 {
		set = append(set, blocks.Text(p.none()))
	}
	for _, u := range p.users {
		set = append(set, userRow(q.ID, u), userFacts(u), accessButtons(q.ID, u))
	}
	if len(p.users) > 0 || p.number > 1 || p.older {
		set = append(set, blocks.Context(blocks.Small(p.position())))
	}
	row := ui.PageButtons("users_", p.number, p.more, p.pager.At)
	if p.older {
		row = append(row, blocks.Button(actionUsersMore, "Search older", p.pager.At(p.number+1),
			blocks.Label("Go on with users who registered earlier")))
	}
	row = append(row, blocks.Button(actionUserCreate, "New user", q.ID, blocks.Label("Register somebody for the directory")))
	return append(set, blocks.Actions("", row...))
}

func userRow(directory string, u coupontools.DirectoryUser) slack.Block {
	name := u.Name()
	if name == "" {
		name = "(no name)"
	}
	lines := []string{format.Sentence(name)}
	if reach := format.Joined(" · ", format.Sentence(u.Email), format.Short(u.Phone)); reach != "" {
		lines = append(lines, reach)
	}
	return blocks.WithButton(blocks.Text(strings.Join(append(lines, u.ID), "\n")),
		blocks.Button(actionPayment, "Payment", paymentValue(directory, u),
			blocks.Label("Change the payment of "+format.OneLine(name))))
}

// userFacts shows when a user registered and paid.
func userFacts(u coupontools.DirectoryUser) slack.Block {
	var pieces []slack.MixedElement
	if t, ok := u.RegisteredAt(); ok {
		pieces = append(pieces, blocks.When("Registered", t))
	} else if u.Registered != "" {
		pieces = append(pieces, blocks.Small("Registered "+format.Short(u.Registered)))
	}
	if u.PaymentStatus != "" {
		pieces = append(pieces, blocks.Small("Payment: "+format.Short(u.PaymentStatus)))
	}
	if t, ok := u.PaymentExpiresAt(); ok {
		pieces = append(pieces, blocks.When("Until", t))
	} else if u.PaymentExpires != "" {
		pieces = append(pieces, blocks.Small("Until "+format.Short(u.PaymentExpires)))
	}
	if len(pieces) == 0 {
		pieces = append(pieces, blocks.Small("Registration date not known"))
	}
	return blocks.Context(pieces...)
}

func (p userPage) none() string {
	q := p.pager.Query
	switch {
	case p.older:
		return fmt.Sprintf("Nobody among the %s users looked at matches “%s”.",
			format.Thousands(maxAPIPages*coupontools.UsersPerPage), format.Short(q.Who))
	case p.number > 1:
		return "There is nobody further."
	case q.Who == "":
		return fmt.Sprintf("“%s” has no registered users yet.", q.Called())
	}
	return fmt.Sprintf("Nobody in “%s” matches “%s”.", q.Called(), format.Short(q.Who))
}

// position shows the page number and the order.
func (p userPage) position() string {
	order := "newest first"
	if who := p.pager.Query.Who; who != "" {
		order = "matching “" + format.Short(who) + "”, newest first"
	}
	text := fmt.Sprintf("Page %d · %s", p.number, order)
	if p.older {
		text += " · there may be more among users who registered earlier"
	}
	return text
}

func (p userPage) summary() string {
	if len(p.users) == 0 {
		return p.none()
	}
	return fmt.Sprintf("%s of %s, page %d", format.Count(len(p.users), "user", "users"), p.pager.Query.Called(), p.number)
}
