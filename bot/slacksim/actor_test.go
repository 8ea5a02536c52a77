package slacksim_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// answering serves a bot that answers with one payload and keeps the envelopes.
func (s *slack) answering(payload any) <-chan envelope {
	got := make(chan envelope, 20)
	s.serve(func(e envelope) any {
		got <- e
		return payload
	})
	return got
}

// must returns what an act came to, and fails if the act was not possible or not acknowledged.
func must(t testing.TB) func(slacksim.Outcome, error) slacksim.Outcome {
	return func(o slacksim.Outcome, err error) slacksim.Outcome {
		t.Helper()
		if err != nil || o.Failure != "" {
			t.Fatalf("act: %v, %+v", err, o)
		}
		return o
	}
}

func TestCommand_payload(t *testing.T) {
	t.Parallel()
	s := start(t)
	got := s.answering(nil)
	must(t)(s.Command(t.Context(), slacksim.Mia, slacksim.Private, "/directory", "a & b"))
	e := <-got
	want := map[string]string{
		"command": "/directory", "text": "a &amp; b", "user_id": slacksim.Mia, "team_id": slacksim.Team,
		"channel_id": slacksim.Private, "channel_name": "privategroup", "is_enterprise_install": "false", "api_app_id": slacksim.App,
	}
	for key, value := range want {
		if e.text(key) != value {
			t.Errorf("%s = %q, want %q", key, e.text(key), value)
		}
	}
	if e.Type != "slash_commands" || !e.Accepts || strings.Count(e.text("trigger_id"), ".") != 2 || !strings.HasPrefix(e.text("response_url"), host) {
		t.Errorf("envelope = %+v", e)
	}
}

func TestCommand_answers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		payload any
		noah    []string // what noah sees
		mia     []string
		fault   string
	}{
		"nothing":              {nil, nil, nil, ""},
		"only for who asked":   {object{"text": "psst"}, nil, []string{"psst"}, ""},
		"for all":              {object{"text": "hi", "response_type": "in_channel"}, []string{"/x 1", "hi"}, []string{"/x 1", "hi"}, ""},
		"the command alone":    {object{"response_type": "in_channel"}, []string{"/x 1"}, []string{"/x 1"}, ""},
		"blocks":               {object{"text": "t", "blocks": []any{section("*b*")}}, nil, []string{"*b*"}, ""},
		"a wrong block":        {object{"text": "t", "blocks": []any{section("")}}, nil, []string{"/x failed with the error “invalid_response”"}, "invalid_blocks"},
		"a field there is not": {object{"text": "t", "colour": "red"}, nil, []string{"t"}, `no field "colour"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			s.answering(test.payload)
			if _, err := s.Command(t.Context(), slacksim.Mia, slacksim.Marketing, "/x", "1"); err != nil {
				t.Fatal(err)
			}
			if got := s.texts(slacksim.Noah); !slices.Equal(got, test.noah) {
				t.Errorf("noah sees %q, want %q", got, test.noah)
			}
			if got := s.texts(slacksim.Mia); !slices.Equal(got, test.mia) {
				t.Errorf("mia sees %q, want %q", got, test.mia)
			}
			wantViolation(t, s.Server, test.fault)
		})
	}
}

// texts is what a person reads in marketing.
func (s *slack) texts(user string) []string {
	var out []string
	for _, m := range s.MessagesFor(user, slacksim.Marketing) {
		out = append(out, m.Plain())
	}
	return out
}

func TestCommand_impossible(t *testing.T) {
	t.Parallel()
	s := start(t, slacksim.WithCommands(slacksim.SlashCommand{Name: "/directories"}))
	for name, act := range map[string]func() (slacksim.Outcome, error){
		"an unknown command": func() (slacksim.Outcome, error) {
			return s.Command(t.Context(), slacksim.Mia, slacksim.Marketing, "/nope", "")
		},
		"a channel without her": func() (slacksim.Outcome, error) {
			return s.Command(t.Context(), slacksim.Gus, slacksim.Private, "/directories", "")
		},
		"an unknown person": func() (slacksim.Outcome, error) {
			return s.Command(t.Context(), "U9", slacksim.Marketing, "/directories", "")
		},
	} {
		if _, err := act(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestCommand_canceled(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.connect()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Command(ctx, slacksim.Mia, slacksim.Marketing, "/x", ""); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
}

// post posts blocks to marketing as the bot and returns the message's place.
func (s *slack) post(blocks ...any) slacksim.Place {
	s.t.Helper()
	out := s.form("chat.postMessage", "channel", slacksim.Marketing, "text", "x", "blocks", encode(s.t, blocks))
	wantError(s.t, out, "")
	return slacksim.Place{Channel: slacksim.Marketing, TS: out["ts"].(string)}
}

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

// A message is seen by the members of its channel only, so nobody else can click in it.
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
			_, err := s.Asks(user, at, "", "go")
			if member := slices.Contains(members, user); (err == nil) != member {
				t.Errorf("%s in %s: %v, want a click possible: %v", user, channel, err, member)
			}
		}
	}
}

func TestAsks(t *testing.T) {
	t.Parallel()
	s := start(t)
	sure := button("stop", "Stop", "1")
	sure["confirm"] = object{
		"title": plain("Stop it?"), "text": object{"type": "mrkdwn", "text": "*3* are left"}, "confirm": plain("Stop"), "deny": plain("Go on"),
		"style": "danger",
	}
	at := s.post(actions(sure, button("go", "Go", "1")))
	q, err := s.Asks(slacksim.Mia, at, "", "stop", "1")
	if want := (slacksim.Question{Title: "Stop it?", Text: "*3* are left", Yes: "Stop", No: "Go on", Danger: true}); err != nil || q == nil || *q != want {
		t.Errorf("Asks = %+v, %v; want %+v", q, err, want)
	}
	if q, err := s.Asks(slacksim.Mia, at, "", "go"); q != nil || err != nil {
		t.Errorf("a button that asks nothing asks %+v, %v", q, err)
	}
	if _, err := s.Asks(slacksim.Mia, at, "", "stop", "2"); err == nil {
		t.Error("a button that is not there asks something")
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
		t.Error("noah clicked what only mia sees")
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

// respond posts to the response_url of an envelope.
func (s *slack) respond(e envelope, body object, status int, code string) {
	s.t.Helper()
	got, _, out := s.do(s.request(e.text("response_url"), "application/json", encode(s.t, body), ""))
	if got != status {
		s.t.Errorf("status = %d, want %d", got, status)
	}
	wantError(s.t, s.decode(out), code)
}

func TestResponseURL_limits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t)
		e := s.command("/x", "")
		for i := range 5 {
			s.respond(e, object{"text": fmt.Sprint(i)}, http.StatusOK, "")
		}
		s.respond(e, object{"text": "six"}, http.StatusNotFound, "used_url")
		late := s.command("/x", "")
		time.Sleep(30*time.Minute + time.Second)
		s.respond(late, object{"text": "late"}, http.StatusGone, "expired_url")
		wantViolation(t, s.Server, "")
		s.respond(s.command("/x", ""), object{"text": "x", "replace_original": true}, http.StatusOK, "")
		wantViolation(t, s.Server, "cannot be replaced")
	})
}

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

// open opens a modal for mia and returns its id.
func (s *slack) open(view object) string {
	s.t.Helper()
	out := s.json("views.open", object{"trigger_id": s.trigger(), "view": view})
	wantError(s.t, out, "")
	return out["view"].(object)["id"].(string)
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
		t.Errorf("view = %+v, want what was typed kept, the new block's initial value, a new hash", v)
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

func TestSubmit_answers(t *testing.T) {
	t.Parallel()
	field := input("name", object{"type": "plain_text_input"})
	tests := map[string]struct {
		payload any
		action  string
		stack   []string // titles
		fault   string   // the violation; the modal then says that it had trouble
	}{
		"nothing":         {nil, "close", nil, ""},
		"clear":           {object{"response_action": "clear"}, "clear", nil, ""},
		"errors":          {object{"response_action": "errors", "errors": object{"name": "no"}}, "errors", []string{"A form"}, ""},
		"update":          {object{"response_action": "update", "view": titled("Done")}, "update", []string{"Done"}, ""},
		"push":            {object{"response_action": "push", "view": titled("Sure?")}, "push", []string{"A form", "Sure?"}, ""},
		"an unknown word": {object{"response_action": "close"}, "", []string{"A form"}, `response_action "close"`},
		"a message":       {object{"text": "ok"}, "", []string{"A form"}, `no field "text"`},
		"an error elsewhere": {
			object{"response_action": "errors", "errors": object{"words": "no"}}, "", []string{"A form"}, "no input block",
		},
		"no errors at all": {object{"response_action": "errors", "errors": object{}}, "", []string{"A form"}, "without a field"},
		"a wrong view":     {object{"response_action": "update", "view": object{"type": "modal"}}, "", []string{"A form"}, "missing required field"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			words := section("words")
			words["block_id"] = "words"
			id := s.open(modal(words, field))
			got := s.answering(test.payload)
			if _, err := s.Type(t.Context(), slacksim.Mia, id, "name", "Ann"); err != nil {
				t.Fatal(err)
			}
			out, err := s.Submit(t.Context(), slacksim.Mia, id)
			if err != nil || out.Action != test.action {
				t.Errorf("outcome = %+v, %v; want %q", out, err, test.action)
			}
			e := <-got
			state := e.Payload["view"].(object)["state"].(object)["values"].(object)["name"].(object)["name"].(object)
			if e.text("type") != "view_submission" || state["value"] != "Ann" {
				t.Errorf("payload = %v", e.Payload)
			}
			var stack []string
			for _, v := range s.Views(slacksim.Mia) {
				stack = append(stack, v.Title)
			}
			if !slices.Equal(stack, test.stack) {
				t.Errorf("stack = %q, want %q", stack, test.stack)
			}
			wantViolation(t, s.Server, test.fault)
			if trouble := len(stack) == 1 && s.View(slacksim.Mia).Trouble != ""; trouble != (test.fault != "") {
				t.Errorf("trouble = %t", trouble)
			}
		})
	}
}

func titled(title string) object {
	v := modal(section("x"))
	v["title"] = plain(title)
	return v
}

func TestSubmit_refusedBySlack(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.open(modal(
		input("name", object{"type": "plain_text_input", "max_length": 3}),
		input("mail", object{"type": "email_text_input"}),
		input("age", object{"type": "number_input", "is_decimal_allowed": false, "min_value": "18"}),
	))
	refused := func(want map[string]string) {
		t.Helper()
		_, err := s.Submit(t.Context(), slacksim.Mia, id)
		invalid, ok := errors.AsType[*slacksim.InvalidError](err)
		if !ok || len(invalid.Errors) != len(want) {
			t.Fatalf("submit: %v, want errors at %v", err, want)
		}
		for block, words := range want {
			if !strings.Contains(invalid.Errors[block], words) || s.View(slacksim.Mia).Errors[block] != invalid.Errors[block] {
				t.Errorf("%s: %q, want %q", block, invalid.Errors[block], words)
			}
		}
	}
	refused(map[string]string{"name": "required", "mail": "required", "age": "required"})
	for block, text := range map[string]string{"name": "Anna", "mail": "a@", "age": "17"} {
		if _, err := s.Type(t.Context(), slacksim.Mia, id, block, text); err != nil {
			t.Fatal(err)
		}
	}
	refused(map[string]string{"name": "no more than 3", "mail": "valid e-mail", "age": "at least 18"})
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
		t.Error("chose what is not offered")
	}
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		payload any
		want    []string
		fault   string
	}{
		"options":     {object{"options": []any{option("One", "1"), option("Two", "2")}}, []string{"One", "Two"}, ""},
		"groups":      {object{"option_groups": []any{object{"label": plain("G"), "options": []any{option("One", "1")}}}}, []string{"One"}, ""},
		"none":        {object{"options": []any{}}, nil, ""},
		"nothing":     {nil, nil, "options or option_groups"},
		"empty":       {object{}, nil, "must be there"},
		"both":        {object{"options": []any{}, "option_groups": []any{}}, nil, "not both"},
		"101":         {object{"options": options(101)}, nil, "100 items"},
		"a long text": {object{"options": []any{option(letters(76), "1")}}, nil, "less than 76"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			id := s.open(modal(input("directory", object{"type": "external_select", "min_query_length": 0})))
			got := s.answering(test.payload)
			found, err := s.Suggest(t.Context(), slacksim.Mia, slacksim.Place{View: id}, "directory", "directory", "o")
			var texts []string
			for _, o := range found {
				texts = append(texts, o.Text)
			}
			if !slices.Equal(texts, test.want) || (err != nil) != (test.fault != "") {
				t.Errorf("options = %q, %v; want %q", texts, err, test.want)
			}
			wantViolation(t, s.Server, test.fault)
			if e := <-got; e.text("type") != "block_suggestion" || e.text("value") != "o" {
				t.Errorf("payload = %v", e.Payload)
			}
			if len(texts) == 0 {
				return
			}
			must(t)(s.Choose(t.Context(), slacksim.Mia, slacksim.Place{View: id}, "directory", "directory", "1"))
			if v := s.View(slacksim.Mia).State["directory"]["directory"]; v.Options[0].Text != "One" {
				t.Errorf("chosen = %+v", v)
			}
		})
	}
}

func TestSuggest_minimum(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.open(modal(input("directory", object{"type": "external_select"})))
	if _, err := s.Suggest(t.Context(), slacksim.Mia, slacksim.Place{View: id}, "directory", "directory", "ab"); err == nil {
		t.Error("Slack asked with two characters, its default is three")
	}
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

func TestFiles_fromBot(t *testing.T) {
	t.Parallel()
	s := start(t)
	out := s.form("files.getUploadURLExternal", "filename", "report.csv", "length", "5")
	id := out["file_id"].(string)
	wantError(t, s.form("files.completeUploadExternal", "files", `[{"id":"`+id+`"}]`), "file_not_found")
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, _ := w.CreateFormFile("file", "report.csv")
	_, _ = io.WriteString(part, "a,b,c")
	_ = w.Close()
	if status, _, _ := s.do(s.request(out["upload_url"].(string), w.FormDataContentType(), body.String(), "")); status != http.StatusOK {
		t.Fatalf("upload: %d", status)
	}
	wantError(t, s.form("files.completeUploadExternal", "files", `[{"id":"`+id+`","title":"Report"}]`, "channel_id", slacksim.Marketing), "")
	if m := s.Messages(slacksim.Marketing); len(m) != 1 || m[0].Files[0].Title != "Report" {
		t.Errorf("messages = %+v", m)
	}
	url := s.form("files.info", "file", id)["file"].(object)["url_private"].(string)
	if _, _, got := s.do(s.request(url, formType, "", s.BotToken())); string(got) != "a,b,c" {
		t.Errorf("content = %q", got)
	}
	if _, header, got := s.do(s.request(url, formType, "", "")); !strings.Contains(header.Get("Content-Type"), "html") || strings.Contains(string(got), "a,b,c") {
		t.Errorf("without a token: %q", got)
	}
}

func TestFiles_inForm(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.open(modal(input("file", object{"type": "file_input", "max_files": 1})))
	got := s.answering(nil)
	if err := s.Attach(t.Context(), slacksim.Mia, id, "file", "list.csv", []byte("a\nb")); err != nil {
		t.Fatal(err)
	}
	if err := s.Attach(t.Context(), slacksim.Mia, id, "file", "more.csv", nil); err == nil {
		t.Error("a second file was taken")
	}
	if err := s.Detach(t.Context(), slacksim.Mia, id, "file", "list.csv"); err != nil {
		t.Fatal(err)
	}
	if err := s.Detach(t.Context(), slacksim.Mia, id, "file", "list.csv"); err == nil {
		t.Error("a file was taken out twice")
	}
	if err := s.Attach(t.Context(), slacksim.Mia, id, "file", "list.csv", []byte("a\nb")); err != nil {
		t.Fatal(err)
	}
	must(t)(s.Submit(t.Context(), slacksim.Mia, id))
	e := <-got
	files := e.Payload["view"].(object)["state"].(object)["values"].(object)["file"].(object)["file"].(object)["files"].([]any)
	file := files[0].(object)
	if file["name"] != "list.csv" || file["user"] != slacksim.Mia || !strings.HasPrefix(file["url_private"].(string), host) {
		t.Errorf("file = %v", file)
	}
}

func TestFiles_odd(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.open(modal(input("file", object{"type": "file_input"})))
	got := s.answering(nil)
	for name, option := range map[string]slacksim.FileOption{
		"others.csv": slacksim.OwnedBy(slacksim.Noah), "large.csv": slacksim.Claiming(1), "asked.csv": slacksim.ToldWhenAsked,
	} {
		if err := s.Attach(t.Context(), slacksim.Mia, id, "file", name, []byte("a,b"), option); err != nil {
			t.Fatal(err)
		}
	}
	must(t)(s.Submit(t.Context(), slacksim.Mia, id))
	e := <-got
	for _, x := range e.Payload["view"].(object)["state"].(object)["values"].(object)["file"].(object)["file"].(object)["files"].([]any) {
		file := x.(object)
		told := s.form("files.info", "file", file["id"].(string))["file"].(object)
		size := map[string]float64{"others.csv": 3, "large.csv": 1, "asked.csv": 3}[told["name"].(string)]
		owner := map[string]string{"others.csv": slacksim.Noah}[told["name"].(string)]
		if told["size"] != size || told["user"] != cmp.Or(owner, slacksim.Mia) || told["file_access"] != "visible" {
			t.Errorf("files.info = %v", told)
		}
		if told["name"] != "asked.csv" {
			continue
		}
		if file["file_access"] != "check_file_info" || file["url_private"] != nil || file["name"] != "" {
			t.Errorf("file = %v, want nothing but its id", file)
		}
	}
}

func TestFiles_faults(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.open(modal(input("file", object{"type": "file_input"})))
	if err := s.Attach(t.Context(), slacksim.Mia, id, "file", "list.csv", []byte("a,b")); err != nil {
		t.Fatal(err)
	}
	file := s.View(slacksim.Mia).State["file"]["file"].Files[0]
	url := s.form("files.info", "file", file.ID)["file"].(object)["url_private"].(string)
	s.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for name, tt := range map[string]struct {
		fault  slacksim.Fault
		status int
		header [2]string
	}{
		"no scope":      {slacksim.Fault{Method: "download", Error: "missing_scope", Times: 1}, http.StatusOK, [2]string{"Content-Type", "text/html; charset=utf-8"}},
		"led elsewhere": {slacksim.Fault{Method: "download", Redirect: "https://example.com/", Times: 1}, http.StatusFound, [2]string{"Location", "https://example.com/"}},
		"broken":        {slacksim.Fault{Method: "download", Status: 500, Times: 1}, 500, [2]string{"Content-Type", "text/html"}},
		"too many":      {slacksim.Fault{Method: "download", RetryAfter: 1500e6, Times: 1}, http.StatusTooManyRequests, [2]string{"Retry-After", "2"}},
	} {
		s.Inject(tt.fault)
		status, header, body := s.do(s.request(url, formType, "", s.BotToken()))
		if status != tt.status || header.Get(tt.header[0]) != tt.header[1] || strings.Contains(string(body), "a,b") {
			t.Errorf("%s: %d, %v, %s", name, status, header, body)
		}
	}
	out := s.form("files.getUploadURLExternal", "filename", "report.csv", "length", "1")
	for _, status := range []int{http.StatusInternalServerError, http.StatusTooManyRequests, http.StatusOK} {
		fault := slacksim.Fault{Method: "upload", Status: status, Times: 1}
		if status == http.StatusTooManyRequests {
			fault = slacksim.Fault{Method: "upload", RetryAfter: time.Second, Times: 1}
		}
		if status != http.StatusOK {
			s.Inject(fault)
		}
		if got, _, _ := s.do(s.request(out["upload_url"].(string), "text/csv", "a", "")); got != status {
			t.Errorf("upload: %d, want %d", got, status)
		}
	}
}

func TestEscape(t *testing.T) {
	t.Parallel()
	s := start(t)
	for text, want := range map[string]string{
		"a < b & c":                "a &lt; b &amp; c",
		"ann@example.com":          "<mailto:ann@example.com|ann@example.com>",
		"+32 470 00 00 01 ok":      "<tel:+32470000001|+32 470 00 00 01> ok",
		"@mia in #general":         "<@U0MIA|mia> in <#C0GENERAL|general>",
		"@nobody #nowhere":         "@nobody #nowhere",
		"see https://example.com/": "see <https://example.com/>",
		"@senders":                 "<!subteam^S0SENDERS|@senders>",
	} {
		if got := s.Escape(text); got != want {
			t.Errorf("Escape(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestSubscribe(t *testing.T) {
	t.Parallel()
	s := start(t)
	events, cancel := s.Subscribe()
	s.form("chat.postMessage", "channel", slacksim.Marketing, "text", "x")
	if e := <-events; e.Kind != slacksim.EventMessage || e.Channel != slacksim.Marketing {
		t.Errorf("event = %+v", e)
	}
	for range 400 {
		s.form("auth.test")
	}
	lost := false
	for len(events) > 0 {
		lost = (<-events).Kind == slacksim.EventEverything || lost
	}
	if !lost {
		t.Error("a watcher that fell behind was not told")
	}
	cancel()
	s.form("auth.test")
	if len(events) > 0 {
		t.Error("an event after cancel")
	}
}

func TestAwaitMessage_tells(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.form("chat.postMessage", "channel", slacksim.Marketing, "text", "what is there")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.AwaitMessage(ctx, slacksim.Marketing, func(slacksim.Message) bool { return false })
	if err == nil || !strings.Contains(err.Error(), "what is there") {
		t.Errorf("error = %v", err)
	}
}

func TestTranscript(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.answering(object{"text": "There is none."})
	must(t)(s.Command(t.Context(), slacksim.Mia, slacksim.Marketing, "/directory", "dir_9"))
	if got, want := s.Transcript(), "mia> /directory dir_9\nonly mia: There is none."; got != want {
		t.Errorf("transcript = %q, want %q", got, want)
	}
}
