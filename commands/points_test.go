package commands

import "testing"

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
