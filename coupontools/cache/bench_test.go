package cache_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/cache"
)

// tenThousand returns directories with names in several scripts.
func tenThousand() []coupontools.Directory {
	kinds := []string{"City deals", "Städte und Märkte", "Café Noël", "Łódź zniżki", "東京 クーポン", "Summer sale", "Voordeelgids"}
	var out []coupontools.Directory
	for i := range 10_000 {
		out = append(out, coupontools.Directory{ID: fmt.Sprintf("dir_%d", 5000+i), Name: fmt.Sprintf("%s %d", kinds[i%len(kinds)], i)})
	}
	return out
}

var queries = []string{"c", "city", "cafe noel 12", "marc", "dir_77", "summer 9999", "nowhere"}

// BenchmarkSearch is one type-ahead over 10,000 directories, at most 100 of them shown.
func BenchmarkSearch(b *testing.B) {
	l := cache.NewList(tenThousand(), time.Now())
	for _, query := range queries {
		b.Run(strings.ReplaceAll(query, " ", "_"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				l.Search(query, 100)
			}
		})
	}
}

// BenchmarkSearch_naive is the same, folding each name for each query and sorting what is found.
func BenchmarkSearch_naive(b *testing.B) {
	directories := tenThousand()
	for _, query := range queries {
		b.Run(strings.ReplaceAll(query, " ", "_"), func(b *testing.B) {
			for b.Loop() {
				var hits []coupontools.Directory
				for _, d := range directories {
					text := cache.Fold(d.Name + " " + d.ID)
					all := true
					for word := range strings.FieldsSeq(cache.Fold(query)) {
						all = all && strings.Contains(text, word)
					}
					if all {
						hits = append(hits, d)
					}
				}
				slices.SortFunc(hits, func(a, b coupontools.Directory) int {
					return strings.Compare(cache.Fold(a.Name), cache.Fold(b.Name))
				})
			}
		})
	}
}

func BenchmarkNearest(b *testing.B) {
	l := cache.NewList(tenThousand(), time.Now())
	for b.Loop() {
		l.Nearest("Sumer sael 4711", 5)
	}
}

func BenchmarkNewList(b *testing.B) {
	directories := tenThousand()
	b.ReportAllocs()
	for b.Loop() {
		cache.NewList(directories, time.Now())
	}
}
