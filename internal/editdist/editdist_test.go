package editdist_test

import (
	"strings"
	"testing"

	"github.com/coupontools/couponbot/internal/editdist"
)

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b        string
		limit, want int
	}{
		{"", "", 2, 0},
		{"send", "send", 2, 0},
		{"send", "sedn", 2, 1}, // a swap
		{"send", "sends", 2, 1},
		{"send", "snd", 2, 1},
		{"send", "sand", 2, 1},
		{"kitten", "sitting", 4, 3},
		{"łódź", "łodz", 2, 2},
		{"directory", "direktori", 4, 2},
		{"send", "points", 2, 4}, // more than the limit
		{"a", "", 1, 1},
		{strings.Repeat("a", 64) + "b", strings.Repeat("a", 64), 4, 0}, // the rest isn't compared
	} {
		if got := editdist.New(tt.a).Distance(tt.b, tt.limit); got != tt.want {
			t.Errorf("distance from %q to %q within %d is %d, want %d", tt.a, tt.b, tt.limit, got, tt.want)
		}
	}
}
