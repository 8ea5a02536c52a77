package commands

import "testing"

func TestList_oneCallForTypeAhead(t *testing.T) {
	t.Parallel()
	w := newLoyaltyWorld(t)
	cards := newLoyaltyCards(nil, w.client, deliverer{})
	for _, typed := range []string{"", "c", "cl", "clu", "club"} {
		if _, err := cards.suggest(t.Context(), request(typed)); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.api.Calls("/v3/loyalty/list"); n != 1 {
		t.Errorf("%d calls for five keystrokes, want 1", n)
	}
}
