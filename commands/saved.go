package commands

import (
	"context"
	"encoding/json"
	"time"

	"github.com/coupontools/couponbot/bot"
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

func (s saved[T]) put(ctx context.Context, p bot.Person, id string, v T) {
	s.store.Put(ctx, "saved:"+s.prefix+id, encode(savedValue[T]{Team: p.Team, User: p.ID, Value: v}), formLife)
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
