package cache

import (
	"slices"
	"strings"
	"time"

	"github.com/coupontools/couponbot/coupontools"
)

// List is the list of directories as it was at one time, with an index. It is shared: it must not be changed.
type List struct {
	// Directories are all of them, in the API's order.
	Directories []coupontools.Directory
	// FetchedAt is when the API gave the list, in UTC and to the millisecond.
	FetchedAt time.Time
	// Stale is true if the list is past its time because the API cannot be reached.
	Stale bool
	// RedisAway is true if the list was got without Redis.
	RedisAway bool

	index *index
}

// NewList returns a list with its index.
func NewList(directories []coupontools.Directory, fetchedAt time.Time) *List {
	return &List{
		Directories: directories, FetchedAt: fetchedAt.UTC().Truncate(time.Millisecond), index: newIndex(directories),
	}
}

// marked returns the list with these marks. The index is the same.
func (l *List) marked(stale, redisAway bool) *List {
	if l.Stale == stale && l.RedisAway == redisAway {
		return l
	}
	marked := *l
	marked.Stale, marked.RedisAway = stale, redisAway
	return &marked
}

// ByID returns the directory with this id, however it is capitalised.
func (l *List) ByID(id string) (coupontools.Directory, bool) {
	i, ok := l.index.ids[strings.ToLower(id)]
	if !ok {
		return coupontools.Directory{}, false
	}
	return l.Directories[i], true
}

// Named returns the directories that have exactly this name, capitals, accents and spaces aside.
func (l *List) Named(name string) []coupontools.Directory {
	return l.at(l.index.names[normal(name)])
}

// Search returns the directories that have each of the words anywhere in their name or id, at most limit of them; a limit
// of 0 or less is none. The best come first: the very name or id, then those that begin with the words, then those with
// words that begin so, then the rest, each in the order of their names. Without words it is all, in the API's order.
func (l *List) Search(words string, limit int) []coupontools.Directory {
	query := normal(words)
	if query == "" {
		if limit <= 0 {
			limit = len(l.Directories)
		}
		return slices.Clone(l.Directories[:min(limit, len(l.Directories))])
	}
	return l.at(l.index.search(query, limit))
}

// Nearest returns at most n directories whose name is nearly this one, or begins nearly so: the nearest first. There may be
// none.
func (l *List) Nearest(name string, n int) []coupontools.Directory {
	return l.at(l.index.nearest(normal(name), n))
}

// at returns the directories at these places.
func (l *List) at(places []int) []coupontools.Directory {
	if len(places) == 0 {
		return nil
	}
	out := make([]coupontools.Directory, len(places))
	for i, place := range places {
		out[i] = l.Directories[place]
	}
	return out
}
