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
	// demoTick is how often the embedded Redis is told how much time has passed: its clock stands still by itself.
	demoTick = 250 * time.Millisecond
	// demoShutdown bounds the demo's end: nothing in it is worth waiting for.
	demoShutdown = 5 * time.Second
)

// Demo runs everything on this machine until ctx ends: a local Slack with its web page, the Coupontools sandbox, Redis,
// and the same bot as Serve. The first line on stdout is the address of the page. It reads no settings.
func Demo(ctx context.Context, o DemoOptions, stdout, stderr io.Writer) error {
	web, err := listen(ctx, o.Listen)
	if err != nil {
		return fmt.Errorf("listen on --listen: %w", err)
	}
	d, err := newWorkspace(ctx, o, web.Addr())
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
		Level: slog.LevelWarn, ReplaceAttr: newMasker(d.config.Secrets()...).attr,
	}))
	limitMemory(log)
	return d.run(ctx, web, log)
}

// workspace is the world around the bot of the demo.
type workspace struct {
	host    string
	asked   string // --listen as it was given
	slack   *slacksim.Server
	sandbox *sandbox.Server
	redis   *miniredis.Miniredis // nil with a real Redis
	keys    [2]string            // of the sandbox: client id and secret
	api     net.Listener         // the sandbox's
	ops     net.Listener
	config  Config
	before  func(bulkhead.Place) // for tests, see [bulkhead.Guard]; may be nil
}

func newWorkspace(ctx context.Context, o DemoOptions, addr net.Addr) (*workspace, error) {
	d := &workspace{
		host: addr.String(), asked: o.Listen,
		slack: slacksim.New(slacksim.WithBase("http://"+addr.String()), slacksim.WithCommands(demoCommands()...)),
		keys:  [2]string{sandbox.DefaultClientID, rand.Text()},
	}
	d.sandbox = sandbox.New(sandbox.WithKeys(d.keys[0], d.keys[1]), sandbox.WithLocalNames())
	var err error
	anyPort := func() net.Listener {
		l, listenErr := listen(ctx, "127.0.0.1:0")
		err = errors.Join(err, listenErr)
		return l
	}
	d.api, d.ops = anyPort(), anyPort()
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
		d.redis.RequireAuth(password) // a page of another site can speak to any port of this machine
		redisURL = "redis://:" + password + "@" + d.redis.Addr() + "/0"
	}
	d.config = d.settings(redisURL)
	d.slack.SetPage(page.New(d.slack, d.page()))
	return d, nil
}

// settings are those of the demo, whatever the environment says.
func (d *workspace) settings(redisURL string) Config {
	c := Defaults()
	c.SlackAppToken = Secret(d.slack.AppToken())
	c.SlackBotToken = Secret(d.slack.BotToken())
	c.SlackAPIURL = BaseURL("http://" + d.host + "/api/")
	c.CoupontoolsClientID = Secret(d.keys[0])
	c.CoupontoolsClientSecret = Secret(d.keys[1])
	c.CoupontoolsBaseURL = BaseURL("http://" + d.api.Addr().String())
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

// run serves all parts until ctx ends. The bot stops first, so that it can say good-bye to the rest.
func (d *workspace) run(ctx context.Context, web net.Listener, log *slog.Logger) error {
	world, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	metrics := NewMetrics(Version())
	guard := &bulkhead.Guard{Log: log, Count: metrics.Panic, Before: d.before}
	group, world := guard.GroupWithContext(world)
	group.Keep(world, bulkhead.Demo, func() error { return serveUntil(world, guard, web, guardSite(web.Addr(), d.asked, d.slack)) })
	group.Keep(world, bulkhead.Demo, func() error { return serveUntil(world, guard, d.api, guardSite(d.api.Addr(), "", d.sandbox)) })
	group.Keep(world, bulkhead.Demo, func() error { d.keepTime(world); return nil })
	group.Keep(world, bulkhead.Demo, func() error {
		bot, stop := context.WithCancel(world)
		defer guard.AfterFunc(ctx, bulkhead.Demo, nothing, func(error) { stop() })()
		return serve(bot, d.config, log, d.ops, metrics, guard)
	}, func(error) { end() })
	return group.Wait()
}

// nothing is what a guard runs where only what follows matters, which also runs after a panic.
func nothing() error { return nil }

// serveUntil serves h on l until ctx ends. Event streams and sockets do not end by themselves, so nothing is waited for.
func serveUntil(ctx context.Context, guard *bulkhead.Guard, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: opsTime}
	defer guard.AfterFunc(ctx, bulkhead.Demo, nothing, func(error) { _ = server.Close() })()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// keepTime tells the embedded Redis the time.
func (d *workspace) keepTime(ctx context.Context) {
	if d.redis == nil {
		return
	}
	tick := time.NewTicker(demoTick)
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

func (d *workspace) close() {
	d.slack.Close()
	if d.redis != nil {
		d.redis.Close()
	}
	for _, l := range []net.Listener{d.api, d.ops} {
		if l != nil {
			_ = l.Close()
		}
	}
}

func loopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

func demoCommands() []slacksim.SlashCommand {
	var list []slacksim.SlashCommand
	for _, c := range commands.All(commands.Deps{}) {
		if c.Name != "" {
			list = append(list, slacksim.SlashCommand{Name: c.Name, Usage: c.Usage, Summary: c.Summary})
		}
	}
	return list
}

// toggles make the services around the bot fail, for those who want to see how it takes that.
func (d *workspace) toggles() []page.Toggle {
	list := []page.Toggle{
		breakable(d.sandbox, "Coupontools hangs", "Calls get no answer until this is switched off.", sandbox.Hang()),
		breakable(d.sandbox, "Coupontools answers 429", "Every call is told to come back later.", sandbox.TooMany("2")),
		breakable(d.sandbox, "Coupontools answers 500", "Every call gets a page of HTML.",
			sandbox.ServerError(http.StatusInternalServerError)),
	}
	if d.redis != nil {
		list = append(list, redisAway(d.redis))
	}
	return list
}

func breakable(s *sandbox.Server, name, help string, fault sandbox.Fault) page.Toggle {
	var (
		mu   sync.Mutex
		mend func()
	)
	return page.Toggle{
		Name: name, Help: help,
		On: func() bool {
			mu.Lock()
			defer mu.Unlock()
			return mend != nil
		},
		Set: func(on bool) {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case on && mend == nil:
				mend = s.Break(sandbox.Rule{Fault: fault})
			case !on && mend != nil:
				mend()
				mend = nil
			}
		},
	}
}

func redisAway(r *miniredis.Miniredis) page.Toggle {
	var (
		mu   sync.Mutex
		away bool
	)
	return page.Toggle{
		Name: "Redis is away", Help: "Redis breaks off every connection.",
		On: func() bool {
			mu.Lock()
			defer mu.Unlock()
			return away
		},
		Set: func(on bool) {
			mu.Lock()
			defer mu.Unlock()
			away = on
			hook := breakOff
			if !on {
				hook = nil
			}
			r.Server().SetPreHook(hook)
		},
	}
}

// breakOff has an embedded Redis close the connection of every command.
func breakOff(c *server.Peer, _ string, _ ...string) bool {
	c.Close()
	return true
}
