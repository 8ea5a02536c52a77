package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot/socket"
	"github.com/coupontools/couponbot/internal/outbound"
)

// fakeSlack answers the Web API and response_urls in the process, so that time may stand still around it.
type fakeSlack struct {
	// fail answers in Slack's place if it returns a status that is not 0.
	fail func(method string) (status int, header http.Header, body string)

	mu    sync.Mutex
	calls []fakeCall
}

type fakeCall struct {
	method string
	host   string
	at     time.Time
	params url.Values
	body   string
}

func (f *fakeSlack) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	_, method, found := strings.Cut(r.URL.Path, "/api/")
	switch {
	case r.URL.Path == "/upload":
		method = "upload"
	case !found:
		method = "response_url"
	}
	params, _ := url.ParseQuery(string(body))
	f.mu.Lock()
	f.calls = append(f.calls, fakeCall{method: method, host: r.URL.Host, at: time.Now(), params: params, body: string(body)})
	f.mu.Unlock()
	status, header, answer := 0, http.Header(nil), ""
	if f.fail != nil {
		status, header, answer = f.fail(method)
	}
	if status < 0 {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	if status == 0 {
		status, answer = http.StatusOK, fakeAnswer(method, params)
	}
	return &http.Response{
		StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(answer)), Request: r,
	}, nil
}

func fakeAnswer(method string, params url.Values) string {
	switch method {
	case "users.info":
		return fmt.Sprintf(`{"ok":true,"user":{"id":%q,"team_id":"T1"}}`, params.Get("user"))
	case "files.getUploadURLExternal":
		return `{"ok":true,"upload_url":"https://slack.test/upload","file_id":"F1"}`
	case "files.completeUploadExternal":
		return `{"ok":true,"files":[{"id":"F1"}]}`
	case "chat.getPermalink":
		return `{"ok":true,"permalink":"https://slack.test/archives/C1/p11"}`
	case "chat.postMessage", "chat.update":
		return `{"ok":true,"channel":"D1","ts":"1.1"}`
	}
	return `{"ok":true,"view":{"id":"V1","hash":"h2"},"channel":{"id":"D1"}}`
}

// of returns the calls of a method.
func (f *fakeSlack) of(method string) []fakeCall {
	f.mu.Lock()
	defer f.mu.Unlock()
	var some []fakeCall
	for _, c := range f.calls {
		if c.method == method {
			some = append(some, c)
		}
	}
	return some
}

func (f *fakeSlack) client() *slack.Client {
	return slack.New("xoxb-test", slack.OptionAPIURL("https://slack.test/api/"),
		slack.OptionHTTPClient(&http.Client{Transport: f, Timeout: 10 * time.Second}))
}

// newFake returns a bot of the commands over a fake Slack. It needs no network, and has no Redis.
func newFake(t testing.TB, commands ...Command) (*Bot, *fakeSlack) {
	t.Helper()
	f := &fakeSlack{}
	away := redis.NewClient(&redis.Options{
		// After PoolSize failures go-redis would probe the server from a goroutine that outlives a bubble.
		Addr: "127.0.0.1:1", MaxRetries: -1, DialerRetries: 1, PoolSize: 4 * maxLater,
		Dialer: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("away") },
	})
	t.Cleanup(func() { _ = away.Close() })
	api := f.client()
	b, err := New(Config{
		Commands: commands, Root: "/root", Slack: api, Poster: NewPoster(api, outbound.For("https://slack.test/api/")), Home: Home{Team: "T1"},
		Outbound: outbound.For("https://slack.test/api/"),
		Store:    NewStore(away, "test:"), Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	b.responses.http.Transport = f
	return b, f
}

// acks are the acknowledgements of one envelope.
type acks struct {
	mu       sync.Mutex
	payloads []string
	after    time.Duration // since the start, of the first
	start    time.Time
}

func newAcks() *acks { return &acks{start: time.Now()} }

func (a *acks) send(payload any) error {
	raw, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	if len(raw) > 16<<10 {
		return socket.ErrTooLarge
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.payloads) > 0 {
		return socket.ErrAcked
	}
	a.payloads, a.after = append(a.payloads, string(raw)), time.Since(a.start)
	return nil
}

// typedCommand is the envelope of a command.
func typedCommand(command, trigger string) socket.Envelope {
	return socket.Envelope{ID: trigger, Type: "slash_commands", Payload: fmt.Appendf(nil,
		`{"team_id":"T1","channel_id":"C1","user_id":"U1","command":%q,"text":"x","response_url":"https://slack.test/answer","trigger_id":%q}`,
		command, trigger)}
}

// envelope is the envelope of an action, submission or options request; fields is JSON without the outer braces.
func envelope(kind, fields string) socket.Envelope {
	return socket.Envelope{ID: "e1", Type: "interactive", Payload: fmt.Appendf(nil,
		`{"type":%q,"team":{"id":"T1"},"user":{"id":"U1","team_id":"T1"},"trigger_id":"t1",%s}`, kind, fields)}
}

// lockedBuffer is a log kept in memory.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
