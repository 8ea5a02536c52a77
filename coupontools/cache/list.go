package cache

import (
	"time"

	"github.com/coupontools/couponbot/coupontools"
)

// List is the list of directories at one time. It must not be changed.
type List struct {
	// Directories are all of them, in the API's order.
	Directories []coupontools.Directory
	// FetchedAt is when the API gave the list.
	FetchedAt time.Time
	// Stale is true if the list is past its time and the API cannot be reached.
	Stale bool
	// RedisAway is true if the list was got without Redis.
	RedisAway bool
}

// NewList returns an indexed list.
func NewList(directories []coupontools.Directory, fetchedAt time.Time) *List {
	return &List{Directories: directories, FetchedAt: fetchedAt}
}

// Search returns the directories that have all words in their name or id, the best first.
func (l *List) Search(words string, limit int) []coupontools.Directory { return nil }

// ByID returns the directory with this id.
func (l *List) ByID(id string) (coupontools.Directory, bool) { return coupontools.Directory{}, false }

// Named returns the directories with exactly this name.
func (l *List) Named(name string) []coupontools.Directory { return nil }

// Nearest returns the directories whose names are most like this one.
func (l *List) Nearest(name string, n int) []coupontools.Directory { return nil }

// Fold returns the form in which names are compared.
func Fold(s string) string { return s }
