package slacksim_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/coupontools/couponbot/bot/slacksim"
)

func TestClick(t *testing.T) {
	t.Parallel()
	s := start(t)
	got := s.answering(nil)
	at := s.post(actions(button("pick", "One", "1")), actions(button("pick", "Two", "2")))
	must(t)(s.Click(t.Context(), slacksim.Noah, at, "", "pick", "2"))
	e := <-got
	action := e.Payload["actions"].([]any)[0].(object)
	if e.text("type") != "block_actions" || action["value"] != "2" || action["action_id"] != "pick" || action["type"] != "button" {
		t.Errorf("payload = %v", e.Payload)
	}
	if e.Payload["message"].(object)["ts"] != at.TS || e.Payload["user"].(object)["id"] != slacksim.Noah {
		t.Errorf("payload = %v", e.Payload)
	}
	for name, act := range map[string][]string{"no such action": {"", "nope"}, "no such value": {"", "pick", "3"}, "no such block": {"b", "pick"}} {
		if _, err := s.Click(t.Context(), slacksim.Noah, at, act[0], act[1], act[2:]...); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// Only members of the channel see a message, so nobody else can click in it.
func TestClick_byMembersOnly(t *testing.T) {
	t.Parallel()
	s := start(t)
	for channel, members := range map[string][]string{
		slacksim.Marketing: {slacksim.Mia, slacksim.Noah}, s.Direct(slacksim.Noah): {slacksim.Noah}, slacksim.Private: {slacksim.Mia},
	} {
		out := s.form("chat.postMessage", "channel", channel, "text", "x", "blocks", encode(t, []any{actions(button("go", "Go", "1"))}))
		wantError(t, out, "")
		at := slacksim.Place{Channel: channel, TS: out["ts"].(string)}
		for _, user := range []string{slacksim.Mia, slacksim.Noah, slacksim.Stranger} {
			_, err := s.Confirmation(user, at, "", "go")
			if member := slices.Contains(members, user); (err == nil) != member {
				t.Errorf("%s in %s: %v, want success: %v", user, channel, err, member)
			}
		}
	}
}

func TestConfirmation(t *testing.T) {
	t.Parallel()
	s := start(t)
	sure := button("stop", "Stop", "1")
	sure["confirm"] = object{
		"title": plain("Stop it?"), "text": object{"type": "mrkdwn", "text": "*3* are left"}, "confirm": plain("Stop"), "deny": plain("Continue"),
		"style": "danger",
	}
	at := s.post(actions(sure, button("go", "Go", "1")))
	q, err := s.Confirmation(slacksim.Mia, at, "", "stop", "1")
	if want := (slacksim.Confirm{Title: "Stop it?", Text: "*3* are left", Confirm: "Stop", Deny: "Continue", Danger: true}); err != nil || q == nil || *q != want {
		t.Errorf("confirmation = %+v, %v; want %+v", q, err, want)
	}
	if q, err := s.Confirmation(slacksim.Mia, at, "", "go"); q != nil || err != nil {
		t.Errorf("a button without a confirmation has %+v, %v", q, err)
	}
	if _, err := s.Confirmation(slacksim.Mia, at, "", "stop", "2"); err == nil {
		t.Error("no error for a button that isn't there")
	}
}

func TestClick_ephemeral(t *testing.T) {
	t.Parallel()
	s := start(t)
	got := s.answering(nil)
	out := s.form("chat.postEphemeral", "channel", slacksim.Marketing, "user", slacksim.Mia, "text", "x", "blocks",
		encode(t, []any{actions(button("go", "Go", "1"))}))
	at := slacksim.Place{Channel: slacksim.Marketing, TS: out["message_ts"].(string)}
	if _, err := s.Click(t.Context(), slacksim.Noah, at, "", "go"); err == nil {
		t.Error("noah clicked a button that only mia sees")
	}
	must(t)(s.Click(t.Context(), slacksim.Mia, at, "", "go"))
	e := <-got
	if e.Payload["message"] != nil || e.Payload["container"].(object)["is_ephemeral"] != true {
		t.Errorf("payload = %v", e.Payload)
	}
	s.respond(e, object{"text": "done", "replace_original": true, "response_type": "in_channel"}, http.StatusOK, "")
	if m := s.Messages(slacksim.Marketing); len(m) != 1 || m[0].Text != "done" || m[0].OnlyFor != slacksim.Mia || m[0].Blocks != nil {
		t.Errorf("messages = %+v, want it replaced and still private", m)
	}
	s.respond(e, object{"delete_original": true}, http.StatusOK, "")
	if m := s.Messages(slacksim.Marketing); len(m) != 0 {
		t.Errorf("messages = %+v, want none", m)
	}
}

func TestChoose_inForm(t *testing.T) {
	t.Parallel()
	s := start(t)
	channel := input("channel", object{"type": "radio_buttons", "options": []any{option("E-mail", "email"), option("SMS", "sms")}})
	channel["dispatch_action"] = true
	at := input("when", object{"type": "datetimepicker"})
	at["optional"] = true
	id := s.open(modal(channel, at, input("pick", object{"type": "static_select", "options": options(2)})))
	got := s.answering(nil)
	place := slacksim.Place{View: id}
	must(t)(s.Choose(t.Context(), slacksim.Mia, place, "channel", "channel", "sms"))
	e := <-got
	if e.Payload["view"].(object)["hash"] != s.View(slacksim.Mia).Hash {
		t.Errorf("view = %v", e.Payload["view"])
	}
	values := e.Payload["view"].(object)["state"].(object)["values"].(object)
	want := `{"channel":{"channel":{"selected_option":{"text":{"text":"SMS","type":"plain_text"},"value":"sms"},"type":"radio_buttons"}},` +
		`"pick":{"pick":{"selected_option":null,"type":"static_select"}},"when":{"when":{"selected_date_time":null,"type":"datetimepicker"}}}`
	if state := encode(t, values); state != want {
		t.Errorf("state = %s\nwant    %s", state, want)
	}
	if o := must(t)(s.Choose(t.Context(), slacksim.Mia, place, "pick", "pick", "1")); o.Envelope != "" {
		t.Error("a select without dispatch_action told the bot")
	}
	must(t)(s.Choose(t.Context(), slacksim.Mia, place, "when", "when", "1795000000"))
	if got := s.View(slacksim.Mia).State["when"]["when"].Time; got != 1_795_000_000 {
		t.Errorf("when = %d", got)
	}
	if _, err := s.Choose(t.Context(), slacksim.Mia, place, "pick", "pick", "7"); err == nil {
		t.Error("chose an option that isn't offered")
	}
}
