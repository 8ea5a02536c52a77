package recipients

import "testing"

func TestTrimInvisible(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		trimmed string
		removed int
	}{
		"":                                  {"", 0},
		" \t\r\n":                           {"", 0},
		"\u200b\ufeff":                      {"", 2},
		" mia@example.com\n":                {"mia@example.com", 0},
		"\u200bmia@example.com":             {"mia@example.com", 1},
		"mia@example.com\u00a0 \u2060":      {"mia@example.com", 2},
		"\u202a+32 470\u00a012 34 56\u202c": {"+32 470\u00a012 34 56", 2},
		"mia\u200b@example.com":             {"mia\u200b@example.com", 0},
	} {
		if trimmed, removed := trimInvisible(text); trimmed != want.trimmed || removed != want.removed {
			t.Errorf("trimInvisible(%q) = %q, %d, want %q, %d", text, trimmed, removed, want.trimmed, want.removed)
		}
	}
}
