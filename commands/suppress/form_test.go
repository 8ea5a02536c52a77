package suppress

import (
	"testing"

	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/sends/recipients"
)

// A choice about a file that comes back empty is an error on the field.
func TestSuppress_emptyChoicesAboutAFile(t *testing.T) {
	t.Parallel()
	for callback, content := range map[string]string{
		"suppress_column": "a,b\nx@example.com,y@example.com\n", "suppress_preview": "e-mail\nx@example.com\n",
	} {
		w := newWorld(t)
		_, shown, err := suppressFile(t, w, recipients.Email, content)
		view := commandstest.Must(t)(shown, err).View
		if view.CallbackID != callback {
			t.Fatalf("a file with %q opens %s, want %s", content, view.CallbackID, callback)
		}
		w.WantChoices(t, view, nil, nil)
	}
}
