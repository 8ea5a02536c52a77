package xlsx

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestStringTable(t *testing.T) {
	t.Parallel()
	var table stringTable
	var want []string
	for i := range 2000 { // more than one block
		text := fmt.Sprint(i, strings.Repeat("x", i%700))
		want = append(want, text, "")
		if err := errors.Join(table.add([]byte(text)), table.add(nil)); err != nil {
			t.Fatal(err)
		}
	}
	table.seal()
	for i, w := range want {
		if got, ok := table.get(i); !ok || got != w {
			t.Fatalf("string %d = %.20q, want %.20q", i, got, w)
		}
	}
	for _, n := range []int{-1, len(want)} {
		if got, ok := table.get(n); ok {
			t.Errorf("string %d = %q, want none", n, got)
		}
	}
}

func TestStringTable_limits(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", strings.Repeat("x", 4*MaxCellRunes)} {
		var table stringTable
		n, err := 0, error(nil)
		for ; err == nil; n++ {
			err = table.add([]byte(text))
		}
		if !errors.Is(err, ErrTooLarge) || n*(len(text)+4) > maxStringBytes {
			t.Errorf("%d strings of %d bytes, then %v, want too large", n, len(text), err)
		}
	}
}
