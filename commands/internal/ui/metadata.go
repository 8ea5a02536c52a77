package ui

import (
	"context"
	"encoding/json"
	"time"
	"unicode/utf8"
)

// What a command has to know again at the next click travels with the button or the modal if it is ids, and is kept in the
// store if it is more.

// Store is the part of [bot.Store] that commands need: small values, kept for a while.
type Store interface {
	Put(ctx context.Context, key string, value []byte, ttl time.Duration)
	PutNewest(ctx context.Context, list string, most int, key string, value []byte, ttl time.Duration)
	Get(ctx context.Context, key string) ([]byte, bool)
}

// Encode writes a value for the store.
func Encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // a mistake in the program: only strings, numbers, times and lists of them go in
	}
	return b
}

// Value writes ids for the value of a button or the metadata of a modal.
func Value(v any) string { return string(Encode(v)) }

// maxWords bounds the words to filter by or to look for, in bytes. A filter travels in the value of a button (Slack: 2,000
// characters).
const maxWords = 200

// Bounded cuts s to maxWords, at the edge of a character.
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
