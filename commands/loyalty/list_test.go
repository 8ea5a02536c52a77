package loyalty

import (
	"testing"

	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/ui"
)

func TestList_oneCallForTypeAhead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cards := NewList(nil, w.Client, ui.Deliverer{})
	for _, typed := range []string{"", "c", "cl", "clu", "club"} {
		if _, err := cards.Suggest(t.Context(), commandstest.Request(typed)); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.API.Calls("/v3/loyalty/list"); n != 1 {
		t.Errorf("%d calls for five keystrokes, want 1", n)
	}
}
