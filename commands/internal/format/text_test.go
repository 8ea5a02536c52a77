package format

import (
	"testing"
)

func TestParseAmount(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]int{"5000": 5000, "5,000": 5000, "5.000": 5000, " 5 000 ": 5000, "1\u202f000": 1000} {
		if got, ok := ParseAmount(typed); !ok || got != want {
			t.Errorf("ParseAmount(%q) = %d, %v, want %d", typed, got, ok, want)
		}
	}
	for _, typed := range []string{"", "many", "1e3", "1.5", "1,5", "2 50", "99999999999999999999"} {
		if got, ok := ParseAmount(typed); ok {
			t.Errorf("ParseAmount(%q) = %d, want none", typed, got)
		}
	}
}
