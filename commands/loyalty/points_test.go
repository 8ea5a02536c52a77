package loyalty

import (
	"testing"

	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
)

func TestPointsUpdate_unknownChange(t *testing.T) {
	t.Parallel()
	a := pointsUpdate{Amount: 7}
	if err := a.count(coupontools.LoyaltyUser{Points: 180}, ui.Plural{One: "point", Many: "points"}); err == nil || a.After == 7 {
		t.Errorf("points after an unknown change = %d, %v", a.After, err)
	}
}

func TestReadAmount(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		typed, how string
		want       int
	}{
		{"1", changeAdd, 1}, {" 1,000 ", changeSubtract, 1000}, {"1.000", changeAdd, 1000}, {"0", changeSet, 0}, {"1000000", changeAdd, 1_000_000},
	} {
		if got, fault := readAmount(test.typed, test.how); fault != "" || got != test.want {
			t.Errorf("readAmount(%q, %s) = %d, %q, want %d", test.typed, test.how, got, fault, test.want)
		}
	}
	for _, typed := range []string{"", "0", "-1", "2.5", "2,5", "2,50", "1,0000", "many", "1000001", "99999999999999999999"} {
		if got, fault := readAmount(typed, changeAdd); fault == "" {
			t.Errorf("readAmount(%q) = %d, want a fault", typed, got)
		}
	}
}
