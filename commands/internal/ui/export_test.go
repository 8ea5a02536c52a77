package ui

import (
	"context"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools/cache"
)

// The tests that use commandstest are external, since commandstest imports this package. They need these names.

const (
	MaxSaved      = maxSaved
	MaxSavedBytes = maxSavedBytes
)

func ChooseFirst[T cache.Item](l *cache.ListOf[T], words []bot.Word) Choice[T] {
	return choose(l, words)
}

func (i Idempotent) RunOnce(ctx context.Context, id, view string, act func(context.Context) (string, error)) (string, error) {
	return i.do(ctx, id, view, act)
}
