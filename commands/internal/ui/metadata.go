package ui

import (
	"context"
	"encoding/json"
	"time"
	"unicode/utf8"
)

// State for the next click is in the button or the modal if it is ids, and in the store if it is more.

// Store is the part of [bot.Store] that commands need: small values with a lifetime.
type Store interface {
	Put(ctx context.Context, key string, value []byte, ttl time.Duration)
	PutNewest(ctx context.Context, list string, most int, key string, value []byte, ttl time.Duration)
	Get(ctx context.Context, key string) ([]byte, bool)
}

// Encode encodes a value for the store.
func Encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // a bug: only strings, numbers, times and lists of them are encoded
	}
	return b
}

// Value encodes ids for the value of a button or the metadata of a modal.
func Value(v any) string { return string(Encode(v)) }

// maxWords bounds filters and queries, in bytes. The value of a button holds a filter (Slack: 2,000 characters).
const maxWords = 200

// Bounded cuts s to maxWords, between characters.
func Bounded(s string) string {
	if len(s) <= maxWords {
		return s
	}
	n := maxWords
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
