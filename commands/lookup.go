package commands

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools"
)

const (
	// maxAPIPages is how many of Coupontools' pages of 100 users one press looks through.
	maxAPIPages = 50
	// lookupLife is how long the words of a look-up are kept.
	lookupLife = 24 * time.Hour
)

// lookup is somebody's search among the users of a directory. It is kept by id, so that the words and places in it are in
// no button. The people found are not kept.
type lookup struct {
	ID, Team, User string
	Directory      string
	Name           string // of the directory
	Who            string
	// Starts says where each page that was shown begins; the last is where the next one will.
	Starts []place
}

// place is a point in the list of users: after the user After, who was last seen on Coupontools' page Page as number
// Index. New users push the others down, so the id counts; the index serves when that user is gone.
type place struct {
	Page  int
	After string
	Index int
}

func newLookup(p bot.Person, d coupontools.Directory, who string) lookup {
	return lookup{
		ID: rand.Text(), Team: p.Team, User: p.ID,
		Directory: d.ID, Name: d.Name, Who: bounded(oneLine(who)),
		Starts: []place{{Page: 1}},
	}
}

// found is one page of a look-up.
type found struct {
	lookup
	Page  int
	Users []coupontools.DirectoryUser
	// More says that there is another match; Older that there may be one among users not looked at yet.
	More, Older bool
}

// page looks for the matches of page n, counted from 1, which must be one that was shown or the one after.
func (l *lookup) page(ctx context.Context, api userLister, n int) (found, error) {
	n = max(1, min(n, len(l.Starts)))
	f := found{Page: n}
	s := &search{api: api, directory: l.Directory, match: matching(l.Who), from: l.Starts[n-1]}
	next, err := s.run(ctx, &f)
	if err != nil {
		return found{}, err
	}
	l.Starts = append(l.Starts[:n:n], next)
	f.lookup = *l
	return f, nil
}

// search goes through the users from a place on.
type search struct {
	api       userLister
	directory string
	match     matcher
	from      place
	fetched   int // pages
}

// run fills f with up to ten matches, and returns the place after the last of them. Whether there is an eleventh is
// looked for as well, so that Next leads somewhere.
func (s *search) run(ctx context.Context, f *found) (place, error) {
	page, users, start, err := s.resume(ctx)
	if err != nil {
		return place{}, err
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
			end = place{Page: page, After: u.ID, Index: i}
			if !s.match.matches(u) {
				continue
			}
			if len(f.Users) == perPage {
				f.More = true
				return after, nil
			}
			f.Users = append(f.Users, u)
			after = end
		}
		if len(users) < coupontools.UsersPerPage || !first && len(seen) == before {
			return end, nil
		}
		if s.fetched >= maxAPIPages {
			f.Older = true
			return end, nil
		}
		page, start = page+1, 0
		if users, err = s.fetch(ctx, page); err != nil {
			return place{}, err
		}
	}
}

// resume fetches the page on which to go on, and says where on it. The user seen last may have been pushed on to the next
// page by new ones; if that user is gone, the place in the list has to do.
func (s *search) resume(ctx context.Context) (page int, users []coupontools.DirectoryUser, start int, err error) {
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

func (s *search) fetch(ctx context.Context, page int) ([]coupontools.DirectoryUser, error) {
	s.fetched++
	users, err := s.api.DirectoryUsers(ctx, s.directory, page)
	if err != nil {
		return nil, fmt.Errorf("list users of %s: %w", s.directory, err)
	}
	return users, nil
}

// keep remembers a look-up for its pager.
func (l lookup) keep(ctx context.Context, s store) {
	s.Put(ctx, "lookup:"+l.ID, encode(l), lookupLife)
}

// recall returns a look-up of this person, made with that command.
func recall(ctx context.Context, s store, id string, p bot.Person, command string) (lookup, error) {
	var l lookup
	b, ok := s.Get(ctx, "lookup:"+bounded(id))
	if !ok || json.Unmarshal(b, &l) != nil || l.User != p.ID || l.Team != p.Team || len(l.Starts) == 0 {
		return lookup{}, &bot.Mistake{
			Text: "This look-up is over, or it belongs to somebody else.",
			Hint: "A look-up lives 24 hours. Please ask again with " + command + ".",
		}
	}
	return l, nil
}
