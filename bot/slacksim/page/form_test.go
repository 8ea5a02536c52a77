package page

import (
	"strings"
	"testing"
	"time"
)

func TestFormValues(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Brussels")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, elementType, sent, want string
	}{
		{"text with the browser's line ends", "plain_text_input", "a\r\nb", "a\nb"},
		{"an empty field", "plain_text_input", "", ""},
		{"a time in winter", "datetimepicker", "2026-11-20T15:20", "1795184400"},
		{"a time in summer", "datetimepicker", "2026-07-20T15:20", "1784553600"},
		{"no time", "datetimepicker", "soon", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := strings.Join(formValues(zone, c.elementType, []string{c.sent}), "|"); got != c.want {
				t.Errorf("formValues(%s, %q) = %q, want %q", c.elementType, c.sent, got, c.want)
			}
		})
	}
}
