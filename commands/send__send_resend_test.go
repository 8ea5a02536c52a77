package commands

import (
	"testing"

	"github.com/coupontools/couponbot/bot"
)

func TestResendUnknown_opensAtOnce(t *testing.T) {
	t.Parallel()
	w := newSendWorld(t)
	w.redis.Close()
	s := sending{drafts: w.sends}
	r, err := s.resendUnknown(t.Context(), bot.Request{Person: mia, Value: "S1"})
	if err != nil || r.View == nil || r.View.CallbackID != viewReading || r.View.Submit != nil || !r.DropIfClosed {
		t.Fatalf("a click answers %+v, %v; want a view that asks for patience", r, err)
	}
	_, err = r.Later(t.Context())
	wantIn(t, mistakeOf(t, Explain, err).Text, "Redis can't be reached")
}
