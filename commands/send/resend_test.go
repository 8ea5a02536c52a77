package send

import (
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/ui"
)

func TestResendUnknown_opensAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Redis.Close()
	s := formHandlers{Deps{Sends: w.Sends}}
	r, err := s.resendUnknown(t.Context(), bot.Request{Person: commandstest.Mia, Value: "S1"})
	if err != nil || r.View == nil || r.View.CallbackID != viewReading || r.View.Submit != nil || !r.DropIfClosed {
		t.Fatalf("a click answers %+v, %v; want a view that asks for patience", r, err)
	}
	_, err = r.Later(t.Context())
	commandstest.WantIn(t, commandstest.MistakeOf(t, ui.Explain, err).Text, "Redis can't be reached")
}
