package send

import (
	"fmt"
	"strings"
	"testing"
)

// Only the newest open forms of a person are stored.
func TestSendDirectory_savedFormsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 200 {
		if _, err := w.Types(t, "/send-directory sms +3247000"+fmt.Sprintf("%04d", i)); err != nil {
			t.Fatal(err)
		}
	}
	forms := 0
	for _, key := range w.Redis.Keys() {
		if strings.HasPrefix(key, "test:bot:saved:form:") {
			forms++
		}
	}
	if forms != 20 {
		t.Errorf("%d forms are kept, want the newest 20", forms)
	}
}
