package send

import (
	"strings"
	"testing"

	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/message"
	"github.com/coupontools/couponbot/sends/recipients"
)

func TestPreview_cost(t *testing.T) {
	t.Parallel()
	people := make([]recipients.Recipient, 80)
	for _, test := range []struct {
		text   string
		people int
		link   int
		want   string
	}{
		{"Zomerdeals", 1, 50, "1 SMS per person (with a link of 50 characters)."},
		{strings.Repeat("a", 109), 80, 50, "1 SMS per person, 80 in total (with a link of 50 characters)."},
		{strings.Repeat("a", 110), 80, 50, "2 SMS per person, 160 in total (with a link of 50 characters)."},
		{strings.Repeat("a", 110), 80, 1, "1 SMS per person, 80 in total (with a link of 1 character)."},
		{strings.Repeat("a", 160), 2, 0, "1 SMS per person, 2 in total."},
		{"Deals ❤️ 🎉…", 1, 50, "1 SMS per person (with a link of 50 characters). With ❤ 🎉 … in it, an SMS holds 70 characters instead of 160."},
		{"a\u00a0b\u0323 абвгд", 1, 0, "1 SMS per person. With U+00A0 U+0323 а б в and 2 others in it, an SMS holds 70 characters instead of 160."},
	} {
		p := preview{Draft: sends.Draft{Message: test.text, List: recipients.List{Recipients: people[:test.people]}}, link: test.link}
		if got := p.cost(); got != test.want {
			t.Errorf("cost of %q = %q, want %q", test.text, got, test.want)
		}
	}
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
