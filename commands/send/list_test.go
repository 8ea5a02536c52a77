package send

import (
	"context"
	"fmt"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/sends"
)

func TestSends_none(t *testing.T) {
	t.Parallel()
	l := listHandlers{lister: fixedSends{}}
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(l.show(t.Context(), "U0BEN", 1))), "There are no sends yet.")
}

func TestSends_pages(t *testing.T) {
	t.Parallel()
	old, waits := commandstest.Going(), awaiting()
	old.ID, waits.ID = "snd_old", "snd_waits"
	list := fixedSends{live: []sends.Send{old, waits}, recent: []sends.Send{waits}}
	for i := range 12 {
		s := ended()
		s.ID = fmt.Sprint("snd_", i)
		list.recent = append(list.recent, s)
	}
	list.recent = append(list.recent, old)
	l := listHandlers{lister: list}
	first := commandstest.Must(t)(l.show(t.Context(), "U0BEN", 1))
	commandstest.Golden(t, "sends", commandstest.Picture(bot.Reply{Text: first.Text, Blocks: first.Blocks[:8]}))
	commandstest.WantIn(t, commandstest.Picture(first), "Page 1 of 2 · 14 sends", "sends_page:next=2", "sends_refresh=1", "snd_7")
	second := commandstest.Picture(commandstest.Must(t)(l.show(t.Context(), "U0BEN", 99)))
	commandstest.WantIn(t, second, "Page 2 of 2", "sends_page:prev=1", "snd_8", "snd_11")
	commandstest.WantNotIn(t, second, "snd_7", "sends_page:next")
}

// fixedSends is a [sendLister] with fixed sends.
type fixedSends struct{ live, recent []sends.Send }

func (s fixedSends) Live(context.Context) ([]sends.Send, error) { return s.live, nil }

func (s fixedSends) Recent(context.Context, int) ([]sends.Send, error) { return s.recent, nil }
