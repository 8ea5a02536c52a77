package slacksim_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
)

func TestTrigger_life(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t)
		view := modal(section("x"))
		trigger := s.trigger()
		wantError(t, s.json("views.open", object{"trigger_id": trigger, "view": view}), "")
		wantError(t, s.json("views.open", object{"trigger_id": trigger, "view": view}), "exchanged_trigger_id")
		wantError(t, s.json("views.push", object{"trigger_id": s.trigger(), "view": view}), "not_found")
		trigger = s.trigger()
		time.Sleep(3001 * time.Millisecond)
		wantError(t, s.json("views.open", object{"trigger_id": trigger, "view": view}), "expired_trigger_id")
	})
}

func TestViewsUpdate(t *testing.T) {
	t.Parallel()
	s := start(t)
	text := func(initial string) object {
		return input("name", object{"type": "plain_text_input", "initial_value": initial})
	}
	id := s.open(modal(text("first")))
	if _, err := s.Type(t.Context(), slacksim.Mia, id, "name", "typed"); err != nil {
		t.Fatal(err)
	}
	old := s.View(slacksim.Mia).Hash
	more := modal(text("again"), input("more", object{"type": "plain_text_input", "initial_value": "new"}))
	wantError(t, s.json("views.update", object{"view_id": id, "hash": old, "view": more}), "")
	v := s.View(slacksim.Mia)
	if v.State["name"]["name"].Text != "typed" || v.State["more"]["more"].Text != "new" || v.Hash == old {
		t.Errorf("view = %+v, want the typed text, the initial value of the new block, a new hash", v)
	}
	wantError(t, s.json("views.update", object{"view_id": id, "hash": old, "view": more}), "hash_conflict")
	wantError(t, s.json("views.update", object{"view_id": "V9", "view": more}), "not_found")
}

func TestViewsOpen_externalID(t *testing.T) {
	t.Parallel()
	s := start(t)
	view := modal(section("x"))
	view["external_id"] = "one"
	s.open(view)
	wantError(t, s.json("views.open", object{"trigger_id": s.trigger(), "view": view}), "duplicate_external_id")
	wantError(t, s.json("views.update", object{"external_id": "one", "view": view}), "")
}

func TestViewsOpen_tooLarge(t *testing.T) {
	t.Parallel()
	s := start(t)
	blocks := repeat(100, func(int) any { return section(letters(2600)) })
	wantError(t, s.json("views.open", object{"trigger_id": s.trigger(), "view": modal(blocks...)}), "view_too_large")
}

func TestViews_stackOfThree(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.open(modal(section("x")))
	got := s.answering(object{"response_action": "push", "view": titled("Next")})
	for range 2 {
		id = must(t)(s.Submit(t.Context(), slacksim.Mia, id)).View.ID
		<-got
	}
	out, err := s.Submit(t.Context(), slacksim.Mia, id)
	if err != nil || out.Failure == "" || len(s.Views(slacksim.Mia)) != 3 {
		t.Errorf("fourth = %+v, %v", out, err)
	}
	e := <-got
	wantError(t, s.json("views.push", object{"trigger_id": e.text("trigger_id"), "view": titled("Next")}), "push_limit_reached")
	views := s.Views(slacksim.Mia)
	if views[2].RootID != views[0].ID || views[2].PreviousID != views[1].ID {
		t.Errorf("views = %+v", views)
	}
}

func TestCloseView(t *testing.T) {
	t.Parallel()
	s := start(t)
	view := modal(section("x"))
	view["notify_on_close"] = true
	id := s.open(view)
	got := s.answering(nil)
	must(t)(s.CloseView(t.Context(), slacksim.Mia, id))
	if e := <-got; e.text("type") != "view_closed" || e.Payload["is_cleared"] != false || s.View(slacksim.Mia) != nil {
		t.Errorf("payload = %v", e.Payload)
	}
}

func TestCloseAll(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.open(modal(section("x")))
	pushed := titled("Top")
	pushed["notify_on_close"] = true
	got := s.answering(object{"response_action": "push", "view": pushed})
	must(t)(s.Submit(t.Context(), slacksim.Mia, id))
	<-got
	if _, err := s.CloseAll(t.Context(), slacksim.Mia); err != nil {
		t.Fatal(err)
	}
	if e := <-got; e.text("type") != "view_closed" || e.Payload["is_cleared"] != true {
		t.Errorf("payload = %v", e.Payload)
	}
	if s.View(slacksim.Mia) != nil {
		t.Error("a modal is still open")
	}
	wantViolation(t, s.Server, "must be empty")
}

func TestHome(t *testing.T) {
	t.Parallel()
	s := start(t)
	got := s.answering(nil)
	must(t)(s.OpenHome(t.Context(), slacksim.Mia))
	if e := <-got; e.Payload["event"].(object)["type"] != "app_home_opened" || e.Accepts {
		t.Errorf("envelope = %+v", e)
	}
	home := object{"type": "home", "blocks": []any{section("Welcome"), actions(button("go", "Go", "1"))}}
	wantError(t, s.json("views.publish", object{"user_id": slacksim.Mia, "view": home}), "")
	v := s.Home(slacksim.Mia)
	must(t)(s.Click(t.Context(), slacksim.Mia, v.Place(), "", "go"))
	wantError(t, s.json("views.publish", object{"user_id": slacksim.Mia, "view": home, "hash": "old"}), "hash_conflict")
}
