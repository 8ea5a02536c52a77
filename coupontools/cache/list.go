package cache

import (
	"slices"
	"strings"
	"time"

	"github.com/coupontools/couponbot/coupontools"
)

// Item is what a list is made of: something with an id and a name.
type Item interface {
	// Ident returns the id and the name.
	Ident() (id, name string)
}

type (
	// Directories gives out the list of directories.
	Directories = Cache[coupontools.Directory]
	// List is the list of directories.
	List = ListOf[coupontools.Directory]

	// Campaigns gives out the list of campaigns.
	Campaigns = Cache[coupontools.Campaign]
	// CampaignList is the list of campaigns.
	CampaignList = ListOf[coupontools.Campaign]
)

// ListOf is a list as it was at one time, with an index. It is shared: it must not be changed.
type ListOf[T Item] struct {
	// Items are all of them, in the API's order.
	Items []T
	// FetchedAt is when the API gave the list, in UTC and to the millisecond.
	FetchedAt time.Time
	// Stale is true if the list is past its time because the API cannot be reached.
	Stale bool
	// RedisAway is true if the list was got without Redis.
	RedisAway bool

	index *index
}

// NewList returns a list with its index. What comes again under the same id is left out.
func NewList[T Item](items []T, fetchedAt time.Time) *ListOf[T] {
	items = distinct(items)
	return &ListOf[T]{Items: items, FetchedAt: fetchedAt.UTC().Truncate(time.Millisecond), index: newIndex(items)}
}

func distinct[T Item](items []T) []T {
	seen := make(map[string]bool, len(items))
	return slices.DeleteFunc(slices.Clone(items), func(item T) bool {
		id, _ := item.Ident()
		again := seen[id]
		seen[id] = true
		return again
	})
}

// marked returns the list with these marks. The index is the same.
func (l *ListOf[T]) marked(stale, redisAway bool) *ListOf[T] {
	if l.Stale == stale && l.RedisAway == redisAway {
		return l
	}
	marked := *l
	marked.Stale, marked.RedisAway = stale, redisAway
	return &marked
}

// ByID returns the one with this id, however it is capitalised.
func (l *ListOf[T]) ByID(id string) (item T, ok bool) {
	i, ok := l.index.ids[strings.ToLower(id)]
	if !ok {
		return item, false
	}
	return l.Items[i], true
}

// Named returns those that have exactly this name, capitals, accents and spaces aside.
func (l *ListOf[T]) Named(name string) []T {
	return l.at(l.index.names[normal(name)])
}

// Search returns those that have each of the words anywhere in their name or id, at most limit of them; a limit
// of 0 or less is none. The best come first: the very name or id, then those that begin with the words, then those with
// words that begin so, then the rest, each in the order of their names. Without words it is all, in the API's order.
func (l *ListOf[T]) Search(words string, limit int) []T {
	query := normal(words)
	if query == "" {
		if limit <= 0 {
			limit = len(l.Items)
		}
		return slices.Clone(l.Items[:min(limit, len(l.Items))])
	}
	return l.at(l.index.search(query, limit))
}

// Nearest returns at most n of them whose name is nearly this one, or begins nearly so: the nearest first. There may be
// none.
func (l *ListOf[T]) Nearest(name string, n int) []T {
	return l.at(l.index.nearest(normal(name), n))
}

// at returns those at these places.
func (l *ListOf[T]) at(places []int) []T {
	if len(places) == 0 {
		return nil
	}
	out := make([]T, len(places))
	for i, place := range places {
		out[i] = l.Items[place]
	}
	return out
}
