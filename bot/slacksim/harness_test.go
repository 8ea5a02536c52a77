package slacksim_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// slack is a local Slack that is served through pipes in memory, so that it also works in a synctest bubble.
type slack struct {
	*slacksim.Server
	t      testing.TB
	client *http.Client
}

const host = "http://slack.test"

func start(t testing.TB, settings ...slacksim.Setting) *slack {
	t.Helper()
	pipes := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	s := &slack{Server: slacksim.New(settings...), t: t}
	s.client = &http.Client{Transport: &http.Transport{
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return pipes.dial() },
		DisableKeepAlives: true,
	}}
	web := &http.Server{Handler: s.Server}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = web.Serve(pipes)
	}()
	t.Cleanup(func() {
		s.Close()
		_ = web.Close()
		<-done
		s.client.CloseIdleConnections()
	})
	return s
}

// pipeListener accepts the other ends of pipes.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipeListener) dial() (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipeListener) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// object is a JSON object.
type object = map[string]any

// do sends a request and returns status, header and body.
func (s *slack) do(r *http.Request) (int, http.Header, []byte) {
	s.t.Helper()
	res, err := s.client.Do(r)
	if err != nil {
		s.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	return res.StatusCode, res.Header, body
}

func (s *slack) request(address, contentType, body, token string) *http.Request {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r
}

const formType = "application/x-www-form-urlencoded"

// form calls a method with a form and the bot's token in it. Parameters alternate names and values.
func (s *slack) form(method string, params ...string) object {
	s.t.Helper()
	values := url.Values{"token": {s.BotToken()}}
	for i := 0; i < len(params); i += 2 {
		values.Set(params[i], params[i+1])
	}
	_, _, body := s.do(s.request(host+"/api/"+method, formType, values.Encode(), ""))
	return s.decode(body)
}

// json calls a method with a JSON body and the bot's token in the header.
func (s *slack) json(method string, body object) object {
	s.t.Helper()
	_, _, out := s.do(s.request(host+"/api/"+method, "application/json; charset=utf-8", encode(s.t, body), s.BotToken()))
	return s.decode(out)
}

func (s *slack) decode(body []byte) object {
	s.t.Helper()
	var out object
	if err := json.Unmarshal(body, &out); err != nil {
		s.t.Fatalf("answer is not JSON: %v in %s", err, body)
	}
	return out
}

func encode(t testing.TB, x any) string {
	t.Helper()
	b, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// wantError checks the error of an answer; "" is none.
func wantError(t testing.TB, got object, want string) {
	t.Helper()
	code, _ := got["error"].(string)
	if code != want || got["ok"] != (want == "") {
		t.Errorf("answer = %v, want error %q", got, want)
	}
}

// wantViolation checks that there is exactly one violation, and a text in it; "" is none.
func wantViolation(t testing.TB, s *slacksim.Server, want string) {
	t.Helper()
	all := s.Violations()
	switch {
	case want == "" && len(all) > 0:
		t.Errorf("violations = %q, want none", all)
	case want != "" && (len(all) != 1 || !strings.Contains(all[0], want)):
		t.Errorf("violations = %q, want one with %q", all, want)
	}
}

// link is one connection of a bot.
type link struct {
	t  testing.TB
	ws *websocket.Conn
}

// envelope is a frame from Slack.
type envelope struct {
	ID      string `json:"envelope_id"`
	Type    string `json:"type"`
	Reason  string `json:"reason"`
	Attempt int    `json:"retry_attempt"`
	Accepts bool   `json:"accepts_response_payload"`
	Payload object `json:"payload"`
	Number  int    `json:"num_connections"`
	App     object `json:"connection_info"`
	Debug   object `json:"debug_info"`
}

// text reads a string in the payload.
func (e envelope) text(key string) string { s, _ := e.Payload[key].(string); return s }

// ticket opens a ticket and returns the socket's URL.
func (s *slack) ticket() string {
	s.t.Helper()
	_, _, body := s.do(s.request(host+"/api/apps.connections.open", formType, "", s.AppToken()))
	out := s.decode(body)
	wantError(s.t, out, "")
	return out["url"].(string)
}

// dial opens a connection without reading hello.
func (s *slack) dial(address string) (*link, error) {
	//nolint:bodyclose // the connection owns the body of a handshake
	ws, _, err := websocket.Dial(s.t.Context(), address, &websocket.DialOptions{HTTPClient: s.client})
	if err != nil {
		return nil, err
	}
	s.t.Cleanup(func() { _ = ws.CloseNow() })
	return &link{t: s.t, ws: ws}, nil
}

// connect opens a connection and reads hello.
func (s *slack) connect() *link {
	s.t.Helper()
	l, err := s.dial(s.ticket())
	if err != nil {
		s.t.Fatalf("dial: %v", err)
	}
	if hello := l.read(); hello.Type != "hello" {
		s.t.Fatalf("first frame = %+v, want hello", hello)
	}
	return l
}

func (l *link) read() envelope {
	l.t.Helper()
	e, err := l.tryRead(l.t.Context())
	if err != nil {
		l.t.Fatalf("read: %v", err)
	}
	return e
}

func (l *link) tryRead(ctx context.Context) (envelope, error) {
	_, frame, err := l.ws.Read(ctx)
	if err != nil {
		return envelope{}, err
	}
	var e envelope
	return e, json.Unmarshal(frame, &e)
}

func (l *link) write(frame string) {
	l.t.Helper()
	if err := l.ws.Write(l.t.Context(), websocket.MessageText, []byte(frame)); err != nil {
		l.t.Fatalf("write: %v", err)
	}
}

// ack acknowledges an envelope. The payload may be nil.
func (l *link) ack(id string, payload any) {
	l.t.Helper()
	frame := object{"envelope_id": id}
	if payload != nil {
		frame["payload"] = payload
	}
	l.write(encode(l.t, frame))
}

// serve connects a bot that acknowledges each envelope with the payload that answer returns, until the test ends.
func (s *slack) serve(answer func(envelope) any) {
	s.t.Helper()
	l := s.connect()
	var running sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	s.t.Cleanup(func() { cancel(); running.Wait() })
	running.Go(func() {
		for {
			e, err := l.tryRead(ctx)
			if err != nil {
				return
			}
			if e.ID == "" {
				continue
			}
			frame := object{"envelope_id": e.ID}
			if payload := answer(e); payload != nil {
				frame["payload"] = payload
			}
			b, err := json.Marshal(frame)
			if err != nil || l.ws.Write(ctx, websocket.MessageText, b) != nil {
				return
			}
		}
	})
}

// quiet is an answer without a payload.
func quiet(envelope) any { return nil }

// closeCode returns the code of the close frame in an error.
func closeCode(err error) int {
	if end, ok := errors.AsType[websocket.CloseError](err); ok {
		return int(end.Code)
	}
	return 0
}

func section(text string) object {
	return object{"type": "section", "text": object{"type": "mrkdwn", "text": text}}
}

func plain(text string) object { return object{"type": "plain_text", "text": text} }

func option(text, value string) object { return object{"text": plain(text), "value": value} }

func button(action, text, value string) object {
	return object{"type": "button", "action_id": action, "text": plain(text), "value": value}
}

func input(id string, element object) object {
	element["action_id"] = id
	return object{"type": "input", "block_id": id, "label": plain(id), "element": element}
}

func modal(blocks ...any) object {
	return object{"type": "modal", "callback_id": "form", "title": plain("A form"), "submit": plain("Go"), "blocks": blocks}
}

// repeat returns a list of n items.
func repeat(n int, item func(i int) any) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = item(i)
	}
	return out
}

func letters(n int) string { return strings.Repeat("x", n) }

func actions(elements ...any) object { return object{"type": "actions", "elements": elements} }

func options(n int) []any {
	return repeat(n, func(i int) any { return option(fmt.Sprint("option ", i), fmt.Sprint(i)) })
}

// trigger returns a trigger_id: that of a command of mia.
func (s *slack) trigger() string {
	s.t.Helper()
	return s.command("/x", "").text("trigger_id")
}

// command runs a command of mia in marketing, which the bot acknowledges, and returns its envelope.
func (s *slack) command(name, text string) envelope {
	s.t.Helper()
	l := s.connect()
	done := make(chan error, 1)
	go func() {
		_, err := s.Command(s.t.Context(), slacksim.Mia, slacksim.Marketing, name, text)
		done <- err
	}()
	e := l.read()
	l.ack(e.ID, nil)
	if err := <-done; err != nil {
		s.t.Fatal(err)
	}
	_ = l.ws.CloseNow()
	if err := s.Await(s.t.Context(), func(s *slacksim.Server) bool { return s.Connections() == 0 }); err != nil {
		s.t.Fatal(err)
	}
	return e
}

// answering connects a bot that acknowledges with one payload, and returns the envelopes it gets.
func (s *slack) answering(payload any) <-chan envelope {
	got := make(chan envelope, 20)
	s.serve(func(e envelope) any {
		got <- e
		return payload
	})
	return got
}

// must returns the outcome of an interaction. The test fails if it was impossible or not acknowledged.
func must(t testing.TB) func(slacksim.Outcome, error) slacksim.Outcome {
	return func(o slacksim.Outcome, err error) slacksim.Outcome {
		t.Helper()
		if err != nil || o.Failure != "" {
			t.Fatalf("interaction: %v, %+v", err, o)
		}
		return o
	}
}

// texts returns what a person reads in marketing.
func (s *slack) texts(user string) []string {
	var out []string
	for _, m := range s.MessagesFor(user, slacksim.Marketing) {
		out = append(out, m.Plain())
	}
	return out
}

// post posts blocks to marketing as the bot and returns the message's place.
func (s *slack) post(blocks ...any) slacksim.Place {
	s.t.Helper()
	out := s.form("chat.postMessage", "channel", slacksim.Marketing, "text", "x", "blocks", encode(s.t, blocks))
	wantError(s.t, out, "")
	return slacksim.Place{Channel: slacksim.Marketing, TS: out["ts"].(string)}
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

// open opens a modal for mia and returns its id.
func (s *slack) open(view object) string {
	s.t.Helper()
	out := s.json("views.open", object{"trigger_id": s.trigger(), "view": view})
	wantError(s.t, out, "")
	return out["view"].(object)["id"].(string)
}

func titled(title string) object {
	v := modal(section("x"))
	v["title"] = plain(title)
	return v
}
