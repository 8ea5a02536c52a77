package commands

import (
	"testing"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

// BenchmarkFigures counts a campaign with 50,000 sessions.
func BenchmarkFigures(b *testing.B) {
	w := newWorld(b, sandbox.WithSessions(50_000))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Client.SumSessions(b.Context(), coupontools.SessionsOptions{Campaign: "cam_400001"}); err != nil {
			b.Fatal(err)
		}
	}
}
