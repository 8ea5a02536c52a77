package ui

import (
	"context"
	"encoding/json"
	"time"

	"github.com/coupontools/couponbot/bot"
)

const (
	// maxSaved is how many values of a kind are kept for a person: the newest.
	maxSaved = 20
	// maxSavedBytes bounds a value. What Slack's fields hold is much shorter.
	maxSavedBytes = 64 << 10
)

// Saved keeps values of one kind in the store for as long as a form lives, each for the person who made it.
type Saved[T any] struct {
	Store  Store
	Prefix string // of the keys; it ends in a colon
}

type savedValue[T any] struct {
	Team, User string
	Value      T
}

// Put keeps a value, in the place of the person's oldest if there are too many. One that is too long is not kept.
func (s Saved[T]) Put(ctx context.Context, p bot.Person, id string, v T) {
	value := Encode(savedValue[T]{Team: p.Team, User: p.ID, Value: v})
	if len(value) > maxSavedBytes {
		return
	}
	key := "saved:" + s.Prefix
	s.Store.PutNewest(ctx, key+p.Team+":"+p.ID, maxSaved, key+id, value, formLife)
}

// Get returns a value of this person; false if there is none, or it's somebody else's.
func (s Saved[T]) Get(ctx context.Context, p bot.Person, id string) (v T, ok bool) {
	var kept savedValue[T]
	b, ok := s.Store.Get(ctx, "saved:"+s.Prefix+Bounded(id))
	if !ok || json.Unmarshal(b, &kept) != nil || kept.User != p.ID || kept.Team != p.Team {
		return v, false
	}
	return kept.Value, true
}

const formLife = 24 * time.Hour
