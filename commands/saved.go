package commands

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

// saved keeps values of one kind in the store for as long as a form lives, each for the person who made it.
type saved[T any] struct {
	store  store
	prefix string // of the keys; it ends in a colon
}

type savedValue[T any] struct {
	Team, User string
	Value      T
}

// put keeps a value, in the place of the person's oldest if there are too many. One that is too long is not kept.
func (s saved[T]) put(ctx context.Context, p bot.Person, id string, v T) {
	value := encode(savedValue[T]{Team: p.Team, User: p.ID, Value: v})
	if len(value) > maxSavedBytes {
		return
	}
	key := "saved:" + s.prefix
	s.store.PutNewest(ctx, key+p.Team+":"+p.ID, maxSaved, key+id, value, formLife)
}

// get returns a value of this person; false if there is none, or it's somebody else's.
func (s saved[T]) get(ctx context.Context, p bot.Person, id string) (v T, ok bool) {
	var kept savedValue[T]
	b, ok := s.store.Get(ctx, "saved:"+s.prefix+bounded(id))
	if !ok || json.Unmarshal(b, &kept) != nil || kept.User != p.ID || kept.Team != p.Team {
		return v, false
	}
	return kept.Value, true
}

const formLife = 24 * time.Hour
