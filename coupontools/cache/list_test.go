package cache_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/cache"
)

// named returns a list of directories with these names; the first has id dir_1.
func named(names ...string) *cache.List {
	var directories []coupontools.Directory
	for i, name := range names {
		directories = append(directories, coupontools.Directory{ID: fmt.Sprintf("dir_%d", i+1), Name: name})
	}
	return cache.NewList(directories, time.Now())
}

func names(directories []coupontools.Directory) []string {
	out := []string{}
	for _, d := range directories {
		out = append(out, d.Name)
	}
	return out
}

func TestSearch(t *testing.T) {
	t.Parallel()
	l := named("Midcity sales", "The City of Ghent", "City", "city deals", "City Apartments", "Café Noël", "Straße", "Łódź & Ærø",
		"東京 クーポン", "Deals in the city")
	tests := []struct {
		words string
		limit int
		want  []string
	}{
		{"city", 0, []string{"City", "City Apartments", "city deals", "Deals in the city", "The City of Ghent", "Midcity sales"}},
		{"CITY", 2, []string{"City", "City Apartments"}},
		{"  deals   city ", 0, []string{"city deals", "Deals in the city"}},
		{"city de", 0, []string{"city deals", "Deals in the city"}},
		{"cafe noel", 0, []string{"Café Noël"}},
		{"CAFE\u0301", 0, []string{"Café Noël"}},
		{"strasse", 0, []string{"Straße"}},
		{"STRAẞE", 0, []string{"Straße"}},
		{"lodz aero", 0, []string{"Łódź & Ærø"}},
		{"クーポン", 0, []string{"東京 クーポン"}},
		{"dir_3", 0, []string{"City"}},
		{"DIR_1", 0, []string{"Midcity sales", "Deals in the city"}},
		{"city nowhere", 0, []string{}},
		{"city\tdir_4", 0, []string{"city deals"}},
		{"", 2, []string{"Midcity sales", "The City of Ghent"}},
	}
	for _, tt := range tests {
		if got := names(l.Search(tt.words, tt.limit)); !slices.Equal(got, tt.want) {
			t.Errorf("Search(%q, %d) = %q, want %q", tt.words, tt.limit, got, tt.want)
		}
	}
	if got := l.Search("", 0); len(got) != 10 {
		t.Errorf("no words and no limit give %d, want all 10", len(got))
	}
	if got := named().Search("x", 5); len(got) != 0 {
		t.Errorf("an empty list has %v", got)
	}
}

func TestByIDAndNamed(t *testing.T) {
	t.Parallel()
	l := named("City deals", "Ville", "CITY  Déals")
	if d, ok := l.ByID("DIR_2"); !ok || d.Name != "Ville" {
		t.Errorf("ByID = %v, %v", d, ok)
	}
	if d, ok := l.ByID("dir_9"); ok {
		t.Errorf("ByID(dir_9) = %v", d)
	}
	if got := names(l.Named("city deals")); !slices.Equal(got, []string{"City deals", "CITY  Déals"}) {
		t.Errorf("Named = %q", got)
	}
	if got := l.Named("city"); len(got) != 0 {
		t.Errorf("Named(city) = %v, want none", got)
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	l := named("City deals", "Town deals", "Café Noël", "Kiosk", strings.Repeat("long ", 100), "Big city")
	tests := []struct {
		name string
		n    int
		want []string
	}{
		{"Cty deals", 5, []string{"City deals"}},
		{"tity deals", 5, []string{"City deals", "Town deals"}},
		{"ctiy deals", 1, []string{"City deals"}},
		{"cafe noe", 3, []string{"Café Noël"}},
		{"Kisok", 3, []string{"Kiosk"}},
		{"ciyt", 3, []string{"City deals"}},
		{"zebra crossing", 3, []string{}},
		{"x", 3, []string{}},
		{"", 3, []string{}},
		{strings.Repeat("long ", 99) + "lnog", 3, []string{strings.Repeat("long ", 100)}},
		{"city deals", 0, []string{}},
	}
	for _, tt := range tests {
		if got := names(l.Nearest(tt.name, tt.n)); !slices.Equal(got, tt.want) {
			t.Errorf("Nearest(%q, %d) = %q, want %q", tt.name, tt.n, got, tt.want)
		}
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"City": "city", "ÉTÉ": "ete", "Straße": "strasse", "STRASSE": "strasse", "Ødegård": "odegard", "ŁÓDŹ": "lodz",
		"Æsop Œuvre": "aesop oeuvre", "İstanbul ılık": "istanbul ilik", "ﬁn": "fin", "Ελλάδα": "ελλαδα", "Ёлка": "елка",
		"が": "が", "हिन्दी": "हिन्दी", "한국": "한국", "Ⅷ": "viii", "Đông": "dong", "L’été": "l'ete",
	} {
		if got := cache.Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, seed := range []string{"Straße", "İ", "ŉ", "\u1E9B\u0323", "ǰ", "\xff", "ͅ", "が"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		folded := cache.Fold(s)
		if utf8.ValidString(s) && cache.Fold(folded) != folded {
			t.Errorf("Fold(%q) = %q, and again %q", s, folded, cache.Fold(folded))
		}
		if got := named(s).Search(s, 1); len(got) != 1 {
			t.Errorf("a directory named %q is not found by its name", s)
		}
		if got := named(s).Named(s); len(got) != 1 {
			t.Errorf("a directory is not named %q", s)
		}
	})
}

// FuzzNearest compares the bounded edit distance with the full table.
func FuzzNearest(f *testing.F) {
	f.Add("City deals", "Cty deals")
	f.Add("abcdefghijkl", "bacdefghijlk")
	f.Add("a", "")
	f.Fuzz(func(t *testing.T, name, other string) {
		a, b := words(name), words(other)
		// One word each, so that no first words of the name count.
		if strings.Contains(a, " ") || strings.Contains(b, " ") || utf8.RuneCountInString(a) > 64 || utf8.RuneCountInString(b) > 64 {
			t.Skip()
		}
		limit := min(max(utf8.RuneCountInString(a)/3, 1), 4)
		d := distance([]rune(a), []rune(b))
		want := d <= limit && d < utf8.RuneCountInString(a)
		if got := len(named(other).Nearest(name, 1)) == 1; got != want {
			t.Errorf("%q is near to %q: %v, want %v at distance %d of %d", b, a, got, want, d, limit)
		}
	})
}

func words(s string) string { return strings.Join(strings.Fields(cache.Fold(s)), " ") }

// distance computes the full edit distance table, with swaps.
func distance(a, b []rune) int {
	table := make([][]int, len(a)+1)
	for i := range table {
		table[i] = make([]int, len(b)+1)
		for j := range table[i] {
			table[i][j] = max(i, j)
			if i == 0 || j == 0 {
				continue
			}
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			table[i][j] = min(table[i-1][j-1]+change, table[i-1][j]+1, table[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				table[i][j] = min(table[i][j], table[i-2][j-2]+1)
			}
		}
	}
	return table[len(a)][len(b)]
}

func TestNewList_skipsDuplicates(t *testing.T) {
	t.Parallel()
	given := []coupontools.Directory{{ID: "dir_1", Name: "Deals"}, {ID: "dir_2", Name: "Deals"}, {ID: "dir_1", Name: "Deals"}}
	l := cache.NewList(given, time.Now())
	if len(l.Items) != 2 || len(l.Named("deals")) != 2 || given[2].ID != "dir_1" {
		t.Errorf("the list has %v, those named so are %v, given were %v", l.Items, l.Named("deals"), given)
	}
}
