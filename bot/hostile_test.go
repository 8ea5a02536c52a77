package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coupontools/couponbot/bot/socket"
)

// everything is a command that answers all there is, with what it was given.
func everything() Command {
	echo := func(_ context.Context, req Request) (Reply, error) {
		text := fmt.Sprint("Got ", req.Text, req.Value, len(req.Words))
		if v := req.View; v != nil {
			text += v.Value("field") + v.ChosenText("field") + v.Time("field").String()
		}
		return Reply{Text: text}, nil
	}
	return Command{
		Name: "/do", Topic: "do", Run: echo, Clicks: map[string]Handler{"press": echo}, Submits: map[string]Handler{"form": echo},
		Suggests: map[string]Suggester{"pick": func(_ context.Context, req Request) ([]Option, error) {
			return []Option{{req.Value, req.Value}}, nil
		}},
	}
}

// One field of another type than today's does not lose the rest of a payload.
func TestRead_oddFields(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, kind, payload string
		want                func(*exchange) bool
	}{
		{
			"a command", "slash_commands", `{"command":"/do","user_id":"U1","text":7,"team_id":null,"is_enterprise_install":false,"channel_id":["C1"]}`,
			func(x *exchange) bool {
				return x.kind == kindCommand && x.name == "/do" && x.user == "U1" && x.once == "e1"
			},
		},
		{
			"a click", "interactive", `{"type":"block_actions","user":{"id":"U1","team_id":5},"team":null,"channel":"C1","container":{"channel_id":"C2"},` +
				`"response_url":"https://r","message":{"ts":1},"actions":[{"action_id":"press","value":{"a":1},"selected_option":"x"}]}`,
			func(x *exchange) bool {
				return x.kind == kindClick && x.name == "press" && x.responseURL == "https://r" && x.request.Channel == "C2"
			},
		},
		{
			"a submit", "interactive", `{"type":"view_submission","user":{"id":"U1"},"view":{"id":"V1","callback_id":"form","previous_view_id":null,"hash":1,` +
				`"blocks":[{"type":"input","block_id":"field"},{"type":7,"block_id":null},"odd"],"state":{"values":{"field":{"field":{"value":"x","selected_option":null,"selected_date_time":"soon"}},"b":7}}}}`,
			func(x *exchange) bool {
				return x.kind == kindSubmit && x.request.View.Value("field") == "x" && x.inputs["field"] && !x.deepest
			},
		},
		{
			"a suggestion", "interactive", `{"type":"block_suggestion","user":{"id":"U1"},"action_id":"pick","value":null,"view":null}`,
			func(x *exchange) bool { return x.kind == kindSuggest && x.name == "pick" && x.request.Value == "" },
		},
		{
			"a suggestion with an emoji", "interactive", `{"type":"block_suggestion","user":{"id":"U1"},"action_id":"pick","value":":tada: zom"}`,
			func(x *exchange) bool { return x.request.Value == "🎉 zom" },
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x, err := read(socket.Envelope{ID: "e1", Type: tt.kind, Payload: []byte(tt.payload)})
			if err != nil || x == nil || !tt.want(x) {
				t.Errorf("read = %+v, %v", x, err)
			}
		})
	}
}

// Whatever comes is acknowledged once, and nothing of it reaches the log.
func TestHandle_oddPayloads(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a “", 200_000)
	for _, env := range []socket.Envelope{
		{},
		{Type: "interactive"},
		{Type: "slash_commands", Payload: []byte("nonsense")},
		{Type: "interactive", Payload: []byte("[1]")},
		{Type: "slash_commands", Payload: []byte("null")},
		{Type: "events_api", Payload: []byte(`{}`)},
		{Type: "tomorrow"},
		{Type: "interactive", Payload: []byte(`{"type":"view_closed"}`)},
		{Type: "interactive", Payload: []byte(`{"type":"shortcut"}`)},
		{Type: "interactive", Payload: []byte(`{"type":"block_actions","actions":[]}`)},
		{Type: "interactive", Payload: []byte(`{"type":"view_submission"}`)},
		{Type: "interactive", Payload: []byte(`{"type":"view_submission","view":{}}`)},
		{Type: "slash_commands", Payload: fmt.Appendf(nil, `{"command":"/do","user_id":"U1","text":%q,"trigger_id":"t1"}`, long)},
		{Type: "slash_commands", Payload: []byte("{\"command\":\"/do\",\"user_id\":\"U1\",\"text\":\"\xff\xfe\"}")},
		interaction("block_suggestion", fmt.Sprintf(`"action_id":"pick","value":%q`, long)),
	} {
		b, _ := newFake(t, everything())
		a := newAcks()
		b.handle(t.Context(), env, a.send)
		if len(a.payloads) != 1 {
			t.Errorf("%s %.80s: acknowledged %d times", env.Type, env.Payload, len(a.payloads))
		}
	}
}

func FuzzHandle(f *testing.F) {
	f.Add("slash_commands", `{"command":"/do","user_id":"U1","text":"a “b c” +32 470","trigger_id":"t1","response_url":"https://slack.test/r"}`)
	f.Add("interactive", `{"type":"block_actions","user":{"id":"U1"},"actions":[{"action_id":"press","selected_option":{"value":"v"}}],"container":{"is_ephemeral":true}}`)
	f.Add("interactive", `{"type":"view_submission","user":{"id":"U1"},"view":{"id":"V1","callback_id":"form","state":{"values":{"field":{"field":{"value":"x"}}}}}}`)
	f.Add("interactive", `{"type":"block_suggestion","user":{"id":"U1"},"action_id":"pick","value":"x"}`)
	f.Add("interactive", `{"view":{"root_view_id":"V0","id":"V1","blocks":[{"type":"input"}]},"type":"view_submission"}`)
	f.Fuzz(func(t *testing.T, kind, payload string) {
		synctest.Test(t, func(t *testing.T) {
			b, _ := newFake(t, everything())
			b.config.Log = slog.New(slog.DiscardHandler)
			a := newAcks()
			b.handle(t.Context(), socket.Envelope{ID: "e1", Type: kind, Payload: json.RawMessage(payload)}, a.send)
			if len(a.payloads) != 1 || a.after > 2500*time.Millisecond {
				t.Errorf("acknowledged %d times, after %v", len(a.payloads), a.after)
			}
		})
	})
}

// What people type, and the secrets of a conversation, stay out of the log even when everything fails.
func TestLog_keepsPrivateThingsOut(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	view := `"view":{"id":"V1","callback_id":"form","hash":"SECRET","private_metadata":"SECRET","state":{"values":{"field":{"field":{"value":"SECRET"}}}}}`
	for _, env := range []socket.Envelope{
		{Type: "slash_commands", Payload: []byte(`{"command":"/do","user_id":"U1","channel_id":"C1","text":"SECRET","trigger_id":"SECRET","response_url":"https://slack.test/SECRET"}`)},
		{Type: "slash_commands", Payload: []byte(`{"command":"/do","user_id":"U1","text":"SECRET","trigger_id":"SECRET","response_url":":SECRET"}`)},
		{Type: "slash_commands", Payload: []byte(`{"command":"/root","user_id":"U1","text":"SECRET","trigger_id":"SECRET"}`)},
		{Type: "interactive", Payload: []byte(`{"type":"block_actions","user":{"id":"U1"},"trigger_id":"SECRET","response_url":"https://slack.test/SECRET","actions":[{"action_id":"press","value":"SECRET"}]}`)},
		interaction("view_submission", view), interaction("block_suggestion", `"action_id":"pick","value":"SECRET",`+view),
		{Type: "interactive", Payload: []byte(`{"type":"block_actions","value":SECRET`)},
	} {
		fail := func(context.Context, Request) (Reply, error) {
			return Reply{}, &Mistake{Text: "There is no SECRET.", Hint: "SECRET"}
		}
		b, f := newFake(t, Command{Name: "/root"}, Command{
			Name: "/do", Run: fail, Clicks: map[string]Handler{"press": fail}, Submits: map[string]Handler{"form": fail},
			Suggests: map[string]Suggester{"pick": func(context.Context, Request) ([]Option, error) {
				return nil, &Mistake{Text: "There is no SECRET."}
			}},
		})
		b.config.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		f.fail = func(method string) (int, http.Header, string) {
			if method == "users.info" {
				return 0, nil, ""
			}
			return http.StatusForbidden, nil, ""
		}
		b.handle(t.Context(), env, newAcks().send)
	}
	if strings.Contains(log.String(), "SECRET") || strings.Contains(log.String(), "xoxb-") {
		t.Errorf("the log tells:\n%s", log.String())
	}
	if n := strings.Count(log.String(), "answer lost"); n < 4 {
		t.Errorf("%d answers lost, want at least 4: the test tests too little\n%s", n, log.String())
	}
}

func TestTextBlocks_loseNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a", strings.Repeat("a\n", 5000), strings.Repeat("é", 9000), "\n" + strings.Repeat("x", 4000)} {
		var total int
		for _, b := range noticeView("x", textBlocks(text)...).Blocks.BlockSet {
			raw, _ := json.Marshal(b)
			var section struct{ Text struct{ Text string } }
			if json.Unmarshal(raw, &section) != nil || len([]rune(section.Text.Text)) > sectionRunes {
				t.Errorf("a section of %d characters", len([]rune(section.Text.Text)))
			}
			total += len([]rune(section.Text.Text))
		}
		if total != len([]rune(text)) {
			t.Errorf("%d of %d characters are left", total, len([]rune(text)))
		}
	}
}

func TestSentence(t *testing.T) {
	t.Parallel()
	long := &Mistake{Text: strings.Repeat("x", 10_000)}
	if got := long.sentence("abc"); !strings.HasSuffix(got, "… (Reference abc)") {
		t.Errorf("sentence = …%s, want it cut and with its reference", got[len(got)-40:])
	}
	if got := fault(nil).sentence(""); !slices.Contains(strings.SplitAfter(got, ". "), "Please try again. ") {
		t.Errorf("sentence = %q, want what to do next", got)
	}
}
