package commands

import (
	"errors"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/ui"
)

// A forged button value that names a record of another kind isn't reported as an outage of Redis.
func TestAct_forged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	preview := commandstest.Must(t)(w.Submits(t, bot.NewView("send_directory", "", commandstest.Fields(nil))))
	for _, action := range []string{"send_pause", "send_cancel", "send_report"} {
		_, err := w.Clicks(t, action, preview.View.PrivateMetadata+":packed", nil)
		m, ok := errors.AsType[*bot.Mistake](err)
		if !ok {
			m = ui.Explain(err)
		}
		if m == nil || strings.Contains(m.Text, "Redis") || !strings.Contains(m.Text, "can't read this") {
			t.Errorf("%s: %v is told as %+v, want that it can't be read", action, err, m)
		}
	}
}
