package recipients_test

import (
	"strings"
	"testing"

	"github.com/coupontools/couponbot/sends/recipients"
)

// Of very many skipped entries the first are kept and all are counted; a rule that turns up late has its examples, too.
func TestRead_manySkipped(t *testing.T) {
	t.Parallel()
	const again, wrong = 30_000, 150
	list := readFile(t, "+32470123456\n"+strings.Repeat("+32470123456\n", again)+strings.Repeat("+3247\n", wrong), smsBE)
	if n := len(list.LeftOut); n > 10_200 {
		t.Errorf("%d skipped entries are kept", n)
	}
	if n := list.Skipped(); n != again+wrong {
		t.Errorf("skipped = %d, want %d", n, again+wrong)
	}
	groups := list.Groups(5)
	if len(groups) != 2 || groups[0].Count != again || groups[1].Count != wrong || len(groups[1].Examples) != 5 {
		t.Errorf("groups = %+v", groups)
	}
	if groups[0].Rule != recipients.RuleDuplicate || list.More[recipients.RuleDuplicate] != again-10_000 {
		t.Errorf("more = %v", list.More)
	}
}

func TestWeight(t *testing.T) {
	t.Parallel()
	text := []byte("+32470123456\n")
	if n := recipients.Weight(text); n != int64(len(text)) {
		t.Errorf("a text of %d bytes weighs %d", len(text), n)
	}
	book := sheet(t, []any{strings.Repeat("a", 30_000)}, []any{strings.Repeat("b", 30_000)})
	if n := recipients.Weight(book); n < 60_000 {
		t.Errorf("a workbook with 60,000 characters weighs %d", n)
	}
	if n := recipients.Weight([]byte("PK, no workbook")); n != 15 {
		t.Errorf("what only begins like a workbook weighs %d", n)
	}
}
