package ui

import (
	"context"
	"encoding/json"
	"time"

	"github.com/coupontools/couponbot/bot"
)

const (
	// maxSaved is how many values of a kind are kept per user: the newest.
	maxSaved = 20
	// maxSavedBytes bounds a value. The fields of a form hold much less.
	maxSavedBytes = 64 << 10
)

// Saved stores values of one kind for the lifetime of a form, each for the user who made it.
type Saved[T any] struct {
	Store  Store
	Prefix string // prefix of the keys, with a colon at the end
}

type savedValue[T any] struct {
	Team, User string
	Value      T
}

// Put stores a value and drops the user's oldest if there are too many. It ignores values that are too long.
func (s Saved[T]) Put(ctx context.Context, p bot.Person, id string, v T) {
	value := Encode(savedValue[T]{Team: p.Team, User: p.ID, Value: v})
	if len(value) > maxSavedBytes {
		return
	}
	key := "saved:" + s.Prefix
	s.Store.PutNewest(ctx, key+p.Team+":"+p.ID, maxSaved, key+id, value, formLife)
}

// Get returns a value of this user; false if there is none or it is another user's.
func (s Saved[T]) Get(ctx context.Context, p bot.Person, id string) (v T, ok bool) {
	var kept savedValue[T]
	b, ok := s.Store.Get(ctx, "saved:"+s.Prefix+Bounded(id))
	if !ok || json.Unmarshal(b, &kept) != nil || kept.User != p.ID || kept.Team != p.Team {
		return v, false
	}
	return kept.Value, true
}

const formLife = 24 * time.Hour
