package cache

import (
	"slices"
	"strings"
	"time"

	"github.com/coupontools/couponbot/coupontools"
)

// Item is an element of a list.
type Item interface {
	// Ident returns the id and the name.
	Ident() (id, name string)
}

type (
	// Directories caches the list of directories.
	Directories = Cache[coupontools.Directory]
	// List is the list of directories.
	List = ListOf[coupontools.Directory]

	// Campaigns caches the list of campaigns.
	Campaigns = Cache[coupontools.Campaign]
	// CampaignList is the list of campaigns.
	CampaignList = ListOf[coupontools.Campaign]
)

// ListOf is a list at one point in time, with an index. It is shared and must not be changed.
type ListOf[T Item] struct {
	// Items are all elements, in the API's order.
	Items []T
	// FetchedAt is when the API returned the list, in UTC and to the millisecond.
	FetchedAt time.Time
	// Stale is true if the list is past its TTL because the API is down.
	Stale bool
	// RedisAway is true if Redis was down.
	RedisAway bool

	index *index
}

// NewList returns a list with its index. Items with a duplicate id are skipped.
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

// marked returns a copy with these marks and the same index.
func (l *ListOf[T]) marked(stale, redisAway bool) *ListOf[T] {
	if l.Stale == stale && l.RedisAway == redisAway {
		return l
	}
	marked := *l
	marked.Stale, marked.RedisAway = stale, redisAway
	return &marked
}

// ByID returns the item with this id, ignoring case.
func (l *ListOf[T]) ByID(id string) (item T, ok bool) {
	i, ok := l.index.ids[strings.ToLower(id)]
	if !ok {
		return item, false
	}
	return l.Items[i], true
}

// Named returns the items with exactly this name, ignoring case, accents and spacing.
func (l *ListOf[T]) Named(name string) []T {
	return l.at(l.index.names[normal(name)])
}

// Search returns up to limit items with a name or id that contains each of the words; 0 or less means no limit. Exact matches come
// first, then those that begin with the query, then those with words that begin with its words, then the rest, each sorted
// by name. An empty query returns all, in the API's order.
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

// Nearest returns at most n items with a name, or first words of it, nearly this one, nearest first. There may be none.
func (l *ListOf[T]) Nearest(name string, n int) []T {
	return l.at(l.index.nearest(normal(name), n))
}

// at returns the items at these positions.
func (l *ListOf[T]) at(positions []int) []T {
	if len(positions) == 0 {
		return nil
	}
	out := make([]T, len(positions))
	for i, position := range positions {
		out[i] = l.Items[position]
	}
	return out
}
