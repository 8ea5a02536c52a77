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
	"github.com/coupontools/couponbot/internal/bulkhead"
	"github.com/coupontools/couponbot/internal/outbound"
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
		Name: "/do", Topic: "do", Run: echo, Actions: map[string]Action{"press": {Run: echo}}, Submissions: map[string]Submission{"form": {Run: echo}},
		Options: map[string]Options{"pick": {Run: func(_ context.Context, req Request) ([]Option, error) {
			return []Option{{req.Value, req.Value}}, nil
		}}},
	}
}

// One field of another type than today's does not lose the rest of a payload.
func TestParse_oddFields(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, kind, payload string
		want                func(*interaction) bool
	}{
		{
			"a command", "slash_commands", `{"command":"/do","user_id":"U1","text":7,"team_id":null,"is_enterprise_install":false,"channel_id":["C1"]}`,
			func(x *interaction) bool {
				return x.kind == kindCommand && x.name == "/do" && x.user == "U1" && x.dedupeKey == "e1"
			},
		},
		{
			"a click", "interactive", `{"type":"block_actions","user":{"id":"U1","team_id":5},"team":null,"channel":"C1","container":{"channel_id":"C2"},` +
				`"response_url":"https://r","message":{"ts":1},"actions":[{"action_id":"press","value":{"a":1},"selected_option":"x"}]}`,
			func(x *interaction) bool {
				return x.kind == kindAction && x.name == "press" && x.responseURL == "https://r" && x.request.Channel == "C2"
			},
		},
		{
			"a submit", "interactive", `{"type":"view_submission","user":{"id":"U1"},"view":{"id":"V1","callback_id":"form","previous_view_id":null,"hash":1,` +
				`"blocks":[{"type":"input","block_id":"field"},{"type":7,"block_id":null},"odd"],"state":{"values":{"field":{"field":{"value":"x","selected_option":null,"selected_date_time":"soon"}},"b":7}}}}`,
			func(x *interaction) bool {
				return x.kind == kindSubmission && x.request.View.Value("field") == "x" && x.inputs["field"] && !x.stackFull
			},
		},
		{
			"a suggestion", "interactive", `{"type":"block_suggestion","user":{"id":"U1"},"action_id":"pick","value":null,"view":null}`,
			func(x *interaction) bool { return x.kind == kindOptions && x.name == "pick" && x.request.Value == "" },
		},
		{
			"a suggestion with an emoji", "interactive", `{"type":"block_suggestion","user":{"id":"U1"},"action_id":"pick","value":":tada: zom"}`,
			func(x *interaction) bool { return x.request.Value == "🎉 zom" },
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := &interaction{}
			if err := x.parse(socket.Envelope{ID: "e1", Type: tt.kind, Payload: []byte(tt.payload)}); err != nil || !tt.want(x) {
				t.Errorf("parsed %+v, %v", x, err)
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
		envelope("block_suggestion", fmt.Sprintf(`"action_id":"pick","value":%q`, long)),
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
		envelope("view_submission", view), envelope("block_suggestion", `"action_id":"pick","value":"SECRET",`+view),
		{Type: "interactive", Payload: []byte(`{"type":"block_actions","value":SECRET`)},
	} {
		fail := func(context.Context, Request) (Reply, error) {
			return Reply{}, &Mistake{Text: "There is no SECRET.", Hint: "SECRET"}
		}
		b, f := newFake(t, Command{Name: "/root"}, Command{
			Name: "/do", Run: fail, Actions: map[string]Action{"press": {Run: fail}}, Submissions: map[string]Submission{"form": {Run: fail}},
			Options: map[string]Options{"pick": {Run: func(context.Context, Request) ([]Option, error) {
				return nil, &Mistake{Text: "There is no SECRET."}
			}}},
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

// foreign are addresses that a forged payload may hold, beside those of package outbound's own test.
var foreign = []string{
	"https://evil.example/r", "http://slack.test/r", "https://slack.test:8443/r", "https://slack.com.evil.example/r",
	"https://evilslack.com/r", "https://me:x@slack.test/r", "https://slack.com@evil.example/r", "//evil.example/r", "https:evil.example/r",
	"file:///r", ":r",
}

// An answer is never posted to a response_url that isn't Slack's. The person gets it by the Web API.
func TestHandle_foreignResponseURL(t *testing.T) {
	t.Parallel()
	for _, address := range foreign {
		for _, env := range []socket.Envelope{
			{ID: "e1", Type: "slash_commands", Payload: fmt.Appendf(nil,
				`{"team_id":"T1","channel_id":"C1","user_id":"U1","command":"/do","text":"x","response_url":%q,"trigger_id":"t1"}`, address)},
			envelope("block_actions", fmt.Sprintf(`"channel":{"id":"C1"},"response_url":%q,"actions":[{"action_id":"press","value":"x"}]`, address)),
		} {
			b, f := newFake(t, everything())
			var log lockedBuffer
			b.config.Log = slog.New(slog.NewTextHandler(&log, nil))
			b.handle(t.Context(), env, newAcks().send)
			for _, c := range f.calls {
				if c.host != "slack.test" || c.method == "response_url" {
					t.Errorf("%s: called %s of %q with %q", address, c.method, c.host, c.body)
				}
			}
			if answers := f.of("chat.postEphemeral"); len(answers) != 1 || !strings.Contains(answers[0].params.Get("text"), "Got") {
				t.Errorf("%s: answered %+v, want one ephemeral message", address, answers)
			}
			if text := log.String(); !strings.Contains(text, "response_url") || strings.Contains(text, address) {
				t.Errorf("%s: the log says %q, want a warning without the address", address, text)
			}
		}
	}
}

// A file's content goes to no upload URL that isn't Slack's.
func TestUpload_foreignAddress(t *testing.T) {
	t.Parallel()
	for _, address := range foreign {
		f := &fakeSlack{}
		f.fail = func(method string) (int, http.Header, string) {
			if method == "files.getUploadURLExternal" {
				return http.StatusOK, nil, fmt.Sprintf(`{"ok":true,"upload_url":%q,"file_id":"F1"}`, address)
			}
			return 0, nil, ""
		}
		p := NewPoster(f.client(), outbound.For("https://slack.test/api/"))
		err := p.Upload(t.Context(), "C1", Upload{Name: "a.csv", Content: []byte("SECRET")})
		if err == nil || strings.Contains(err.Error(), address) {
			t.Errorf("%s: Upload() = %v, want a refusal without the address", address, err)
		}
		if n := len(f.calls); n != 1 {
			t.Errorf("%s: %d calls, want only that for the address", address, n)
		}
	}
}

// Slack may answer "ok" without what was asked for: slack-go then gives nil and no error.
func TestSlack_hollowAnswers(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"ok":true}`, `{"ok":true,"channel":null,"user":null,"view":null,"file":null}`, `{"ok":true,"channel":{},"user":{},"view":{},"file":{}}`,
		`{"ok":true,"channel":"C1","user":[],"view":"","file":7}`, `{"ok":true,"channel":{"id":null}}`, `null`, `[]`, ``, `7`, `{"ok":"yes"}`,
	} {
		b, f := newFake(t, everything())
		b.config.Guard = &bulkhead.Guard{Count: func(at bulkhead.Place) { t.Errorf("%s: panic in %s", body, at) }}
		b.people.guard, b.people.users.guard, b.people.shared.guard, b.people.direct.guard = b.config.Guard, b.config.Guard, b.config.Guard, b.config.Guard
		f.fail = func(string) (int, http.Header, string) { return http.StatusOK, nil, body }
		files := NewFiles("xoxb-test", outbound.For("https://slack.test/api/"), f.client())
		files.http.Transport = f

		if channel, err := b.config.Poster.Direct(t.Context(), "U1"); err == nil {
			t.Errorf("%s: Direct() = %q, want an error", body, channel)
		}
		if !b.Private(t.Context(), "D1") {
			t.Errorf("%s: D1 counts as the person's own", body)
		}
		b.Private(t.Context(), "C1")
		if err := b.May(t.Context(), "T1", "U1", Send); err == nil {
			t.Errorf("%s: U1 may send", body)
		}
		if _, err := files.Download(t.Context(), "U1", File{ID: "F1", FileAccess: "check_file_info"}, 10); err == nil {
			t.Errorf("%s: Download() gives a file", body)
		}
		_ = b.config.Poster.Upload(t.Context(), "C1", Upload{Name: "a", Content: []byte("a")})
		_, _ = b.config.Poster.Permalink(t.Context(), "C1", "1.1")
		for _, env := range []socket.Envelope{
			typedCommand("/do", "t1"), envelope("block_actions", `"actions":[{"action_id":"press"}],"view":{"id":"V1"}`),
			envelope("view_submission", `"view":{"id":"V1","callback_id":"form"}`), envelope("block_suggestion", `"action_id":"pick"`),
		} {
			b.handle(t.Context(), env, newAcks().send)
		}
	}
}
