package bot_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/coder/websocket"
	"github.com/redis/go-redis/v9"
	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/socket"
	"github.com/coupontools/couponbot/internal/outbound"
)

// endpoint is the least of a Slack: it answers every call at once, and hands out the server's end of each socket.
type endpoint struct {
	links   chan *websocket.Conn
	answers chan struct{} // gets one for each post to the response_url
	over    chan struct{}
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	switch r.URL.Path {
	case "/link":
		ws, err := websocket.Accept(w, r, nil)
		if err == nil && ws.Write(r.Context(), websocket.MessageText, []byte(`{"type":"hello"}`)) == nil {
			e.links <- ws
			<-e.over
		}
	case "/api/apps.connections.open":
		_, _ = fmt.Fprintf(w, `{"ok":true,"url":"ws://%s/link"}`, r.Host)
	case "/answer":
		e.answers <- struct{}{}
	default:
		_, _ = io.WriteString(w, `{"ok":true,"user":{"id":"U1","team_id":"T1"}}`)
	}
}

// benchBot connects a bot with the one command run to an endpoint, and returns the server's end of its socket.
func benchBot(b *testing.B, run bot.Handler) (*endpoint, *httptest.Server, *websocket.Conn) {
	b.Helper()
	e := &endpoint{links: make(chan *websocket.Conn, 10), answers: make(chan struct{}, 10_000), over: make(chan struct{})}
	server := httptest.NewServer(e)
	b.Cleanup(server.Close)
	b.Cleanup(func() { close(e.over) })
	rdb := redis.NewClient(&redis.Options{Addr: miniredis.RunT(b).Addr()})
	b.Cleanup(func() { _ = rdb.Close() })
	api := slack.New("xoxb-test", slack.OptionAppLevelToken("xapp-test"), slack.OptionAPIURL(server.URL+"/api/"))
	c, err := bot.New(bot.Config{
		Commands: []bot.Command{{Name: "/do", Run: run}}, Root: "/root", Slack: api, Poster: bot.NewPoster(api, outbound.For(server.URL)), Home: bot.Home{Team: "T1"},
		Store: bot.NewStore(rdb, "bench:"), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- socket.New(socket.Config{Open: api, Handler: c.Handle}).Run(ctx) }()
	link := <-e.links
	b.Cleanup(func() {
		stop()
		_ = link.CloseNow()
		if err := <-ended; err != nil {
			b.Error(err)
		}
		c.Drain(ctx)
		http.DefaultClient.CloseIdleConnections()
	})
	return e, server, link
}

var benchTrigger atomic.Int64

// benchCommand is the frame of one more command.
func benchCommand(answer string) []byte {
	return fmt.Appendf(nil, `{"envelope_id":"01234567-89ab-cdef-0123-%012d","type":"slash_commands","accepts_response_payload":true,`+
		`"payload":{"command":"/do","team_id":"T1","user_id":"U1","channel_id":"C1","trigger_id":"%[1]d.2.3","response_url":%q,"text":%q}}`,
		benchTrigger.Add(1), answer, strings.Repeat("word ", 100))
}

// BenchmarkAck measures how long an envelope takes to be acknowledged, through socket and bot, against a bare echo: for an
// event, which needs nothing else, and for a command, which then competes with the benchmark for the same processors.
func BenchmarkAck(b *testing.B) {
	e, server, link := benchBot(b, says(bot.Reply{Text: "Done."}))
	echo := startEcho(b)
	var echoes, events, commands []time.Duration
	for b.Loop() {
		command := benchCommand(server.URL + "/answer")
		event := bytes.Replace(command, []byte("slash_commands"), []byte("events_api"), 1)
		echoes = append(echoes, roundTrip(b, echo, event))
		events = append(events, roundTrip(b, link, event))
		commands = append(commands, roundTrip(b, link, command))
		<-e.answers
	}
	bare := median(echoes)
	b.ReportMetric(float64(bare.Nanoseconds())/1e3, "echo-µs")
	b.ReportMetric(float64(median(events))/float64(bare), "event-ack/echo")
	b.ReportMetric(float64(median(commands))/float64(bare), "command-ack/echo")
}

// BenchmarkHandle_longText measures what the longest text costs that a hostile sender could get through: it must grow with
// the text and not with its square.
func BenchmarkHandle_longText(b *testing.B) {
	for _, words := range []int{25_000, 100_000} {
		b.Run(fmt.Sprint(words), func(b *testing.B) {
			e, server, link := benchBot(b, says(bot.Reply{Text: "Done."}))
			text := strings.Repeat("a “", words)
			for b.Loop() {
				command := bytes.Replace(benchCommand(server.URL+"/answer"), []byte(strings.Repeat("word ", 100)), []byte(text), 1)
				roundTrip(b, link, command)
				<-e.answers
			}
		})
	}
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func startEcho(b *testing.B) *websocket.Conn {
	b.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, nil)
		for err == nil {
			var kind websocket.MessageType
			var frame []byte
			if kind, frame, err = ws.Read(r.Context()); err == nil {
				err = ws.Write(r.Context(), kind, frame)
			}
		}
	}))
	b.Cleanup(server.Close)
	ws, answer, err := websocket.Dial(b.Context(), server.URL, nil)
	if err != nil {
		b.Fatal(err)
	}
	if answer.Body != nil {
		_ = answer.Body.Close()
	}
	b.Cleanup(func() { _ = ws.CloseNow() })
	return ws
}

func roundTrip(b *testing.B, ws *websocket.Conn, frame []byte) time.Duration {
	b.Helper()
	began := time.Now()
	if err := ws.Write(b.Context(), websocket.MessageText, frame); err != nil {
		b.Fatal(err)
	}
	if _, _, err := ws.Read(b.Context()); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

// BenchmarkCommand measures whole commands, from the envelope to the answer at the response_url, 64 under way at a time.
func BenchmarkCommand(b *testing.B) {
	e, server, link := benchBot(b, says(bot.Reply{Text: "Done."}))
	read, cancel := context.WithCancel(b.Context())
	defer cancel()
	go func() {
		for {
			if _, _, err := link.Read(read); err != nil {
				return
			}
		}
	}()
	began := time.Now()
	n, under := 0, 0
	for b.Loop() {
		if under++; under > 64 {
			<-e.answers
			under--
		}
		if err := link.Write(b.Context(), websocket.MessageText, benchCommand(server.URL+"/answer")); err != nil {
			b.Fatal(err)
		}
		n++
	}
	for range under {
		<-e.answers
	}
	b.ReportMetric(float64(n)/time.Since(began).Seconds(), "commands/s")
}
