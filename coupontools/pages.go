package coupontools

import (
	"hash/maphash"
	"iter"
)

// pages yields the elements of all pages, which count from 1, fetching each as it is needed and holding one at a time. It
// ends at a page with fewer than full elements, at an empty one, at one that has been there before, and after an error.
//
// What is added while the pages are read pushes others on to the next page, where they come again: those are left out.
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

// idsOf returns the ids on a page, and one number for all of them in their order.
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
