package coupontools

import (
	"hash/maphash"
	"iter"
)

// pages yields the elements of all pages, fetching each page when it is needed. Pages count from 1. It stops at a page with
// fewer than full elements, an empty page, a page seen before, or an error.
//
// Elements added while the pages are read push others to the next page, where they appear again; those are skipped.
func pages[T any](full int, id func(T) string, fetch func(page int) ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		seed := maphash.MakeSeed()
		before := make(map[uint64]bool)
		var last map[string]bool
		for page := 1; ; page++ {
			list, err := fetch(page)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			ids, mark := idsOf(seed, list, id)
			if before[mark] {
				return
			}
			before[mark] = true
			for _, item := range list {
				if !last[id(item)] && !yield(item, nil) {
					return
				}
			}
			if len(list) == 0 || len(list) < full {
				return
			}
			last = ids
		}
	}
}

// idsOf returns the ids on a page, and a hash of them in order.
func idsOf[T any](seed maphash.Seed, list []T, id func(T) string) (map[string]bool, uint64) {
	var h maphash.Hash
	h.SetSeed(seed)
	ids := make(map[string]bool, len(list))
	for _, item := range list {
		ids[id(item)] = true
		_, _ = h.WriteString(id(item)) // It never fails.
		_ = h.WriteByte(0)             // It never fails.
	}
	return ids, h.Sum64()
}
