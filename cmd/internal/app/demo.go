package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"

	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/bot/slacksim/page"
	"github.com/coupontools/couponbot/commands"
	"github.com/coupontools/couponbot/coupontools/sandbox"
	"github.com/coupontools/couponbot/internal/bulkhead"
)

const (
	// redisClockTick is how often the clock of the embedded Redis is advanced; keys expire only by that clock.
	redisClockTick = 250 * time.Millisecond
	// demoShutdown is SHUTDOWN_TIMEOUT of the demo. It is short since nothing in the demo is kept.
	demoShutdown = 5 * time.Second
)

// Demo runs the bot with a local Slack and its web page, the Coupontools sandbox and Redis on this machine until ctx ends.
// The first line on stdout is the address of the page. Demo reads no settings.
func Demo(ctx context.Context, o DemoOptions, stdout, stderr io.Writer) error {
	web, err := listen(ctx, o.Listen)
	if err != nil {
		return fmt.Errorf("listen on --listen: %w", err)
	}
	d, err := newDemoEnv(ctx, o, web.Addr())
	if err != nil {
		_ = web.Close()
		return err
	}
	defer d.close()
	fmt.Fprintf(stdout, "http://%s/\n", d.host)
	fmt.Fprintln(stdout, "Open this page to try couponbot. Nothing leaves this machine; nothing is kept. Ctrl-C ends it.")
	if !loopback(web.Addr()) {
		fmt.Fprintln(stderr, "Warning: this address can be reached from other machines, and the page has no log-in.")
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{
		Level: slog.LevelWarn, ReplaceAttr: newMasker(d.config.Secrets()...).replaceAttr,
	}))
	limitMemory(log)
	return d.run(ctx, web, log)
}

// demoEnv is everything that the demo's bot talks to.
type demoEnv struct {
	host        string
	listenFlag  string // --listen as given
	slack       *slacksim.Server
	sandbox     *sandbox.Server
	redis       *miniredis.Miniredis // embedded Redis; nil if --redis names a server
	apiKeys     [2]string            // client id and secret of the sandbox
	apiListener net.Listener         // of the sandbox
	opsListener net.Listener
	config      Config
	beforeWork  func(bulkhead.Place) // Before of the guard, for tests; may be nil
}

// newDemoEnv starts the local Slack, the sandbox and, unless --redis names a server, the embedded Redis. addr is the
// address of the page.
func newDemoEnv(ctx context.Context, o DemoOptions, addr net.Addr) (*demoEnv, error) {
	d := &demoEnv{
		host: addr.String(), listenFlag: o.Listen,
		slack:   slacksim.New(slacksim.WithBase("http://"+addr.String()), slacksim.WithCommands(demoCommands()...)),
		apiKeys: [2]string{sandbox.DefaultClientID, rand.Text()},
	}
	d.sandbox = sandbox.New(sandbox.WithKeys(d.apiKeys[0], d.apiKeys[1]), sandbox.WithLocalNames())
	var err error
	anyPort := func() net.Listener {
		l, listenErr := listen(ctx, "127.0.0.1:0")
		err = errors.Join(err, listenErr)
		return l
	}
	d.apiListener, d.opsListener = anyPort(), anyPort()
	redisURL, password := o.Redis, ""
	if redisURL == "" {
		var embedErr error
		d.redis, embedErr = miniredis.Run()
		err = errors.Join(err, embedErr)
		password = rand.Text()
	}
	if err != nil {
		d.close()
		return nil, fmt.Errorf("start the demo: %w", err)
	}
	if d.redis != nil {
		d.redis.RequireAuth(password) // pages of other sites can reach any port of this machine
		redisURL = "redis://:" + password + "@" + d.redis.Addr() + "/0"
	}
	d.config = d.configWith(redisURL)
	d.slack.SetPage(page.New(d.slack, d.pageOptions()))
	return d, nil
}

// configWith returns the demo's settings with a Redis URL. It ignores the environment.
func (d *demoEnv) configWith(redisURL string) Config {
	c := Defaults()
	c.SlackAppToken = Secret(d.slack.AppToken())
	c.SlackBotToken = Secret(d.slack.BotToken())
	c.SlackAPIURL = BaseURL("http://" + d.host + "/api/")
	c.CoupontoolsClientID = Secret(d.apiKeys[0])
	c.CoupontoolsClientSecret = Secret(d.apiKeys[1])
	c.CoupontoolsBaseURL = BaseURL("http://" + d.apiListener.Addr().String())
	c.CoupontoolsTimeout = 5 * time.Second
	c.RedisURL = RedisURL{Secret(redisURL)}
	c.DefaultRegion = "BE"
	c.AllowedCountries = Countries{"BE", "NL", "LU", "FR", "DE", "GB", "PL", "ES", "IT"}
	c.MarketingChannels = Channels{slacksim.Marketing}
	c.ApprovalOver = 50
	c.Senders = Roster{Users: []string{slacksim.Mia, slacksim.Noah}}
	c.Admins = Roster{Users: []string{slacksim.Mia}}
	c.ShutdownTimeout = demoShutdown
	return c
}

// run serves all parts until ctx ends. The bot stops first, while Slack, the sandbox and Redis still answer.
func (d *demoEnv) run(ctx context.Context, web net.Listener, log *slog.Logger) error {
	parts, stopParts := context.WithCancel(context.WithoutCancel(ctx))
	defer stopParts()
	metrics := NewMetrics(Version())
	guard := &bulkhead.Guard{Log: log, Count: metrics.Panic, Before: d.beforeWork}
	group, parts := guard.GroupWithContext(parts)
	group.Keep(parts, bulkhead.Demo, func() error {
		return serveUntil(parts, guard, web, newSiteGuard(web.Addr(), d.listenFlag, d.slack))
	})
	group.Keep(parts, bulkhead.Demo, func() error {
		return serveUntil(parts, guard, d.apiListener, newSiteGuard(d.apiListener.Addr(), "", d.sandbox))
	})
	group.Keep(parts, bulkhead.Demo, func() error { d.advanceRedisClock(parts); return nil })
	group.Keep(parts, bulkhead.Demo, func() error {
		bot, stop := context.WithCancel(parts)
		defer guard.AfterFunc(ctx, bulkhead.Demo, noop, func(error) { stop() })()
		return serve(bot, d.config, log, d.opsListener, metrics, guard)
	}, func(error) { stopParts() })
	return group.Wait()
}

// noop is the guarded function of calls that only need the follow-up, which runs even after a panic.
func noop() error { return nil }

// serveUntil serves h on l until ctx ends. It closes open connections at once, since event streams and sockets never end.
func serveUntil(ctx context.Context, guard *bulkhead.Guard, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: opsTimeout}
	defer guard.AfterFunc(ctx, bulkhead.Demo, noop, func(error) { _ = server.Close() })()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// advanceRedisClock advances the clock of the embedded Redis in real time until ctx ends.
func (d *demoEnv) advanceRedisClock(ctx context.Context) {
	if d.redis == nil {
		return
	}
	tick := time.NewTicker(redisClockTick)
	defer tick.Stop()
	for last := time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			d.redis.FastForward(now.Sub(last))
			last = now
		}
	}
}

// close releases the parts that are open. It works on a partly built environment.
func (d *demoEnv) close() {
	d.slack.Close()
	if d.redis != nil {
		d.redis.Close()
	}
	for _, l := range []net.Listener{d.apiListener, d.opsListener} {
		if l != nil {
			_ = l.Close()
		}
	}
}

// loopback reports whether only this machine can reach an address.
func loopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// demoCommands returns the slash commands that the local Slack offers.
func demoCommands() []slacksim.SlashCommand {
	var list []slacksim.SlashCommand
	for _, c := range commands.All(commands.Deps{}) {
		if c.Name != "" {
			list = append(list, slacksim.SlashCommand{Name: c.Name, Usage: c.Usage, Summary: c.Summary})
		}
	}
	return list
}

// toggles returns the page's switches that make the services around the bot fail.
func (d *demoEnv) toggles() []page.Toggle {
	list := []page.Toggle{
		faultToggle(d.sandbox, "Coupontools hangs", "Calls get no answer until this is switched off.", sandbox.Hang()),
		faultToggle(d.sandbox, "Coupontools answers 429", "Every call is told to come back later.", sandbox.TooMany("2")),
		faultToggle(d.sandbox, "Coupontools answers 500", "Every call gets a page of HTML.",
			sandbox.ServerError(http.StatusInternalServerError)),
	}
	if d.redis != nil {
		list = append(list, redisToggle(d.redis))
	}
	return list
}

// faultToggle returns a switch for a fault of the sandbox.
func faultToggle(s *sandbox.Server, name, description string, fault sandbox.Fault) page.Toggle {
	var (
		mu      sync.Mutex
		restore func()
	)
	return page.Toggle{
		Name: name, Help: description,
		On: func() bool {
			mu.Lock()
			defer mu.Unlock()
			return restore != nil
		},
		Set: func(on bool) {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case on && restore == nil:
				restore = s.Break(sandbox.Rule{Fault: fault})
			case !on && restore != nil:
				restore()
				restore = nil
			}
		},
	}
}

// redisToggle returns a switch that makes the embedded Redis drop its connections.
func redisToggle(r *miniredis.Miniredis) page.Toggle {
	var (
		mu   sync.Mutex
		down bool
	)
	return page.Toggle{
		Name: "Redis is away", Help: "Redis breaks off every connection.",
		On: func() bool {
			mu.Lock()
			defer mu.Unlock()
			return down
		},
		Set: func(on bool) {
			mu.Lock()
			defer mu.Unlock()
			down = on
			hook := dropConnection
			if !on {
				hook = nil
			}
			r.Server().SetPreHook(hook)
		},
	}
}

// dropConnection is a hook for an embedded Redis. It closes the connection on every command.
func dropConnection(c *server.Peer, _ string, _ ...string) bool {
	c.Close()
	return true
}
