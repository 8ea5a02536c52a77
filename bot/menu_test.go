package bot_test

import (
	"slices"
	"testing"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// openMenu opens the menu for Mia and returns it.
func openMenu(t *testing.T) (*world, slacksim.View) {
	t.Helper()
	w := newWorld(t, nil, topical, func(s *setup) {
		s.slack = append(s.slack, slacksim.WithCommands(slacksim.SlashCommand{Name: "/root", Raw: true}))
	})
	w.command(t, slacksim.Mia, slacksim.Marketing, "/root", "")
	return w, w.view(t, "Shows users", "/users [who]", "Sends it (senders)", "/root status")
}

func TestMenu_runsACommand(t *testing.T) {
	t.Parallel()
	w, menu := openMenu(t)
	out, err := w.slack.Click(patient(t), slacksim.Mia, menu.Place(), "", "menu_open", "users")
	if err != nil || !out.Acked {
		t.Fatalf("click = %+v, %v", out, err)
	}
	if v := w.view(t, `users ran with "", 0 words`); v.ID == menu.ID {
		t.Error("the answer took the menu's place, want it on top")
	}
}

func TestMenu_findsACommand(t *testing.T) {
	t.Parallel()
	w, menu := openMenu(t)
	offered, err := w.slack.Suggest(patient(t), slacksim.Mia, menu.Place(), "", "menu_search", "s")
	var words []string
	for _, o := range offered {
		words = append(words, o.Value)
	}
	if want := []string{"send", "status", "users"}; err != nil || !slices.Equal(words, want) {
		t.Errorf("offered %q, %v, want %q", words, err, want)
	}
	if _, err := w.slack.Choose(patient(t), slacksim.Mia, menu.Place(), "", "menu_search", "send"); err != nil {
		t.Fatal(err)
	}
	card := w.view(t, "/send-it now", "sends it now")
	if _, err := w.slack.Click(patient(t), slacksim.Mia, card.Place(), "", "menu_open"); err != nil {
		t.Fatal(err)
	}
	w.view(t, `send ran with "", 0 words`)
}

func TestMenu_keepsToRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, topical, func(s *setup) {
		s.config.Senders.Users = nil
		s.slack = append(s.slack, slacksim.WithCommands(slacksim.SlashCommand{Name: "/root", Raw: true}))
	})
	w.command(t, slacksim.Mia, slacksim.Marketing, "/root", "")
	menu := w.view(t, "Sends it (senders)")
	if _, err := w.slack.Click(patient(t), slacksim.Mia, menu.Place(), "", "menu_open", "send"); err != nil {
		t.Fatal(err)
	}
	w.view(t, "You are not among those who may send")
}
