package emoji

import (
	"slices"
	"strings"
	"testing"
)

// Replace finds every name in the table, with every tone.
func TestTable(t *testing.T) {
	t.Parallel()
	lines := slices.Collect(strings.Lines(table))
	if len(lines) < 1900 || !slices.IsSorted(lines) || len(byName()) != len(lines) {
		t.Fatalf("the table has %d lines of %d names, sorted: %v", len(lines), len(byName()), slices.IsSorted(lines))
	}
	for name, e := range byName() {
		if got, unknown := Replace("Deals :" + name + ": today"); got != "Deals "+e.plain+" today" || len(unknown) > 0 {
			t.Errorf(":%s: gives %q, %q; want %q", name, got, unknown, e.plain)
		}
		for _, form := range e.toned {
			if !strings.Contains(form, "1") {
				t.Errorf("%s has no place for a tone in %q", name, form)
			}
		}
	}
}
