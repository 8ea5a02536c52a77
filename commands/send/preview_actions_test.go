package send

import (
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/message"
	"github.com/coupontools/couponbot/sends/recipients"
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

// Plain characters are offered when they save an SMS, with the link counted.
func TestSavedByPlainText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		strings.Repeat("a", 18) + "…":       0, // 70 characters with the link are one SMS
		strings.Repeat("a", 19) + "…":       1,
		"• Gratis koffie\n• Gratis taart":   1,
		"• Gratis koffie\n• Gratis taart 🎉": 0,
		"Only today":                         0,
		"“" + strings.Repeat("a", 998) + "”": 9,
		strings.Repeat("a", 998) + "™":       0, // "(TM)" makes it too long
	} {
		if got := savedByPlainText(sends.Draft{Kind: recipients.SMS, Message: text}, 50); got != want {
			t.Errorf("plain text saves %d of %q, want %d", got, text, want)
		}
	}
	if got := savedByPlainText(sends.Draft{Kind: recipients.SMS, Parent: "S1", Message: strings.Repeat("…", 100)}, 50); got != 0 {
		t.Errorf("plain text saves %d of a resend, want 0", got)
	}
	got := swappedWords(message.CountSegments("“Only” today…"+strings.Repeat("a", 60), 0), message.CountSegments("x", 0))
	if want := "Swapped “ ” … for plain characters: 1 SMS per person instead of 2. The form keeps what you typed."; got != want {
		t.Errorf("swapped = %q, want %q", got, want)
	}
}
