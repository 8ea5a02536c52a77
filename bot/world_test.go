package bot_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/bot/socket"
	"github.com/coupontools/couponbot/internal/outbound"
)

const (
	// patience bounds every wait. It is long, since a busy machine is no failure.
	patience = 30 * time.Second
	// typed stands in whatever people type in these tests. It must never reach the log.
	typed = "typedbymia"
)

// world is a bot with commands of the test's own, a local Slack and a Redis, over real sockets.
type world struct {
	slack *slacksim.Server
	api   *slack.Client
	files *bot.Files
	url   string
	redis *miniredis.Miniredis
	bot   *bot.Bot
	log   *logText
}

type setup struct {
	config bot.Config
	slack  []slacksim.Setting
	redis  *miniredis.Miniredis
}

// newWorld starts a bot with one command /do that runs the handler, and waits until it is connected. At the end it fails the
// test for what was done against Slack's rules, and for private things in the log.
func newWorld(t testing.TB, run bot.Handler, changes ...func(*setup)) *world {
	t.Helper()
	s := &setup{config: bot.Config{
		Root: "/root",
		Commands: []bot.Command{
			{Name: "/root", Summary: "Lists the rest"},
			{Name: "/do", Topic: "do", Usage: "[what]", Summary: "Does it", Run: run, Examples: []bot.Example{{Line: "/do it", Does: "does it"}}},
		},
		Home: bot.Home{Team: slacksim.Team},
	}}
	for _, change := range changes {
		change(s)
	}
	w := &world{slack: slacksim.New(s.slack...), redis: s.redis, log: &logText{}}
	if w.redis == nil {
		w.redis = miniredis.RunT(t)
	}
	server := httptest.NewServer(w.slack)
	t.Cleanup(server.Close)
	t.Cleanup(w.slack.Close)
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{}}
	w.api = slack.New(w.slack.BotToken(), slack.OptionAppLevelToken(w.slack.AppToken()),
		slack.OptionAPIURL(server.URL+"/api/"), slack.OptionHTTPClient(client))
	t.Cleanup(client.CloseIdleConnections)
	w.url = server.URL
	w.files = bot.NewFiles(w.slack.BotToken(), outbound.For(server.URL), w.api)
	rdb := redis.NewClient(&redis.Options{Addr: w.redis.Addr()})
	t.Cleanup(func() { _ = rdb.Close() })
	s.config.Outbound = outbound.For(server.URL)
	s.config.Slack, s.config.Poster = w.api, bot.NewPoster(w.api, outbound.For(w.url))
	s.config.Store, s.config.Log = bot.NewStore(rdb, "test:"), slog.New(slog.NewTextHandler(w.log, nil))
	var err error
	if w.bot, err = bot.New(s.config); err != nil {
		t.Fatal(err)
	}
	w.start(t)
	t.Cleanup(func() { w.check(t) })
	return w
}

// start connects the bot.
func (w *world) start(t testing.TB) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	client := socket.New(socket.Config{Open: w.api, Handler: w.bot.Handle, Outbound: outbound.For(w.url)})
	go func() { ended <- client.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v", err)
		}
		w.bot.Drain(patient(t))
	})
	if err := w.slack.AwaitConnections(patient(t), 1); err != nil {
		t.Fatalf("the bot did not connect: %v", err)
	}
}

func (w *world) check(t testing.TB) {
	t.Helper()
	for _, v := range w.slack.Violations() {
		t.Errorf("broke a rule: %s", v)
	}
	for _, private := range []string{typed, w.slack.BotToken(), w.slack.AppToken(), "/commands/" + slacksim.Team, "/actions/" + slacksim.Team} {
		if strings.Contains(w.log.String(), private) {
			t.Errorf("the log tells %q:\n%s", private, w.log)
		}
	}
}

func patient(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	t.Cleanup(cancel)
	return ctx
}

// command types a command as a person in a channel.
func (w *world) command(t testing.TB, user, channel, command, text string) {
	t.Helper()
	out, err := w.slack.Command(patient(t), user, channel, command, text)
	if err != nil || !out.Acked {
		t.Fatalf("%s: acked %v, failure %q, error %v", command, out.Acked, out.Failure, err)
	}
}

// do types /do as Mia in the marketing channel.
func (w *world) do(t testing.TB) {
	t.Helper()
	w.command(t, slacksim.Mia, slacksim.Marketing, "/do", typed)
}

// click presses a button and fails the test if that is not acknowledged.
func (w *world) click(t testing.TB, at slacksim.Place, action string) {
	t.Helper()
	out, err := w.slack.Click(patient(t), slacksim.Mia, at, "", action)
	if err != nil || !out.Acked {
		t.Fatalf("click %s: acked %v, failure %q, error %v", action, out.Acked, out.Failure, err)
	}
}

// submit submits the modal on top of Mia's stack.
func (w *world) submit(t testing.TB) slacksim.Outcome {
	t.Helper()
	out, err := w.slack.Submit(patient(t), slacksim.Mia, w.slack.View(slacksim.Mia).ID)
	if err != nil || !out.Acked || out.Failure != "" {
		t.Fatalf("submit: acked %v, failure %q, error %v", out.Acked, out.Failure, err)
	}
	return out
}

// message waits for a message of the bot that contains all the texts.
func (w *world) message(t testing.TB, channel string, texts ...string) slacksim.Message {
	t.Helper()
	m, err := w.slack.AwaitMessage(patient(t), channel, func(m slacksim.Message) bool {
		return !m.Typed && contains(m.Plain(), texts)
	})
	if err != nil {
		t.Fatalf("no message with %q: %v\n%s\n%s", texts, err, w.slack.Transcript(), w.log)
	}
	return m
}

// view waits until the modal on top of Mia's stack contains all the texts.
func (w *world) view(t testing.TB, texts ...string) slacksim.View {
	t.Helper()
	v, err := w.slack.AwaitView(patient(t), slacksim.Mia, func(v slacksim.View) bool { return contains(v.Plain(), texts) })
	if err != nil {
		t.Fatalf("no view with %q: %v\n%s\n%s", texts, err, w.slack.Transcript(), w.log)
	}
	return v
}

func contains(text string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

// logged waits until the log contains the text.
func (w *world) logged(t testing.TB, text string) {
	t.Helper()
	ctx := patient(t)
	for {
		grown := w.log.next()
		if strings.Contains(w.log.String(), text) {
			return
		}
		select {
		case <-grown:
		case <-ctx.Done():
			t.Fatalf("the log does not tell %q:\n%s", text, w.log)
		}
	}
}

// logText is a log kept in memory.
type logText struct {
	mu    sync.Mutex
	text  bytes.Buffer
	grown chan struct{}
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.grown != nil {
		close(l.grown)
		l.grown = nil
	}
	return l.text.Write(p)
}

// next returns a channel that is closed at the next line.
func (l *logText) next() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.grown == nil {
		l.grown = make(chan struct{})
	}
	return l.grown
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// says returns a handler that answers every request alike.
func says(r bot.Reply) bot.Handler {
	return func(context.Context, bot.Request) (bot.Reply, error) { return r, nil }
}

// fails returns a handler that refuses every request.
func fails(err error) bot.Handler {
	return func(context.Context, bot.Request) (bot.Reply, error) { return bot.Reply{}, err }
}

// later puts a handler's work off.
func later(h bot.Handler) bot.Handler {
	return func(_ context.Context, req bot.Request) (bot.Reply, error) {
		return bot.Reply{Later: func(ctx context.Context) (bot.Reply, error) { return h(ctx, req) }}, nil
	}
}

func actions(handlers map[string]bot.Handler) func(*setup) {
	return func(s *setup) {
		s.config.Commands[1].Actions = map[string]bot.Action{}
		for id, h := range handlers {
			s.config.Commands[1].Actions[id] = bot.Action{Run: h}
		}
	}
}

func submissions(handlers map[string]bot.Handler) func(*setup) {
	return func(s *setup) {
		s.config.Commands[1].Submissions = map[string]bot.Submission{}
		for id, h := range handlers {
			s.config.Commands[1].Submissions[id] = bot.Submission{Run: h}
		}
	}
}

// button is a message, or the body of a modal, with one button.
func button(text, action string) []slack.Block {
	return []slack.Block{blocks.Text(text), blocks.Actions("", blocks.Button(action, "Press", "value"))}
}

// form is a modal with one field, a text and a button.
func form(callbackID, text string) *slack.ModalViewRequest {
	return blocks.Modal(callbackID, "Form", "Go", "Close", append(button(text, "press"),
		blocks.TextInput(blocks.Input{Name: "field", Label: "Field", Optional: true}, "", 0))...)
}
