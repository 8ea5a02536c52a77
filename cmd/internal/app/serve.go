package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/socket"
	"github.com/coupontools/couponbot/commands"
	"github.com/coupontools/couponbot/commands/campaign"
	"github.com/coupontools/couponbot/commands/send"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/cache"
	"github.com/coupontools/couponbot/coupontools/pace"
	"github.com/coupontools/couponbot/internal/bulkhead"
	"github.com/coupontools/couponbot/internal/outbound"
	"github.com/coupontools/couponbot/sends"
)

// drainTimeout returns how long handlers may still run during a shutdown. The rest of the shutdown timeout, up to 4 s, is
// for telling users that their request was cancelled.
func drainTimeout(shutdown time.Duration) time.Duration {
	const noticeTime = 4 * time.Second
	return max(shutdown-noticeTime, shutdown/2)
}

// Serve runs the bot until ctx ends, then finishes work in flight within the shutdown timeout and returns nil. It returns
// earlier only on permanent errors: a rejected token, a missing scope, or Socket Mode switched off.
func Serve(ctx context.Context, c Config, log *slog.Logger) error {
	listener, err := listen(ctx, string(c.ListenAddr))
	if err != nil {
		return fmt.Errorf("listen on LISTEN_ADDR: %w", err)
	}
	metrics := NewMetrics(Version())
	return serve(ctx, c, log, listener, metrics, &bulkhead.Guard{Log: log, Count: metrics.Panic})
}

// serve is [Serve] with the listener of the ops pages and with a guard that reports panics to metrics.
func serve(ctx context.Context, c Config, log *slog.Logger, listener net.Listener, metrics *Metrics, guard *bulkhead.Guard) error {
	p, err := newProgram(c, log, metrics, guard)
	if err != nil {
		_ = listener.Close()
		return err
	}
	defer p.redis.Close()

	// The ops pages stop last, so that the shutdown can be monitored.
	pages, closePages := context.WithCancel(context.WithoutCancel(ctx))
	defer closePages()
	opsServer := guard.Group()
	opsServer.Keep(pages, bulkhead.OpsServer, func() error { return p.ops.Serve(pages, listener) })

	work := guard.Group()
	done := make(chan error, 1)
	work.Keep(ctx, bulkhead.Serve, func() error { return p.run(ctx) }, func(err error) { done <- err })
	err = awaitEnd(ctx, done, c.ShutdownTimeout, log)
	closePages()
	if opsErr := opsServer.Wait(); err == nil {
		err = opsErr
	}
	return err
}

// awaitEnd returns the error that the work ended with. Once ctx has ended it waits at most timeout.
func awaitEnd(ctx context.Context, done <-chan error, timeout time.Duration, log *slog.Logger) error {
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(timeout):
		log.Warn("Not everything had ended when SHUTDOWN_TIMEOUT was over")
		return nil
	}
}

// program is the bot with all its dependencies.
type program struct {
	config    Config
	log       *slog.Logger
	metrics   *Metrics
	guard     *bulkhead.Guard
	redis     *redis.Client
	slack     *slack.Client
	poster    *bot.Poster
	files     *bot.Files
	store     *bot.Store
	pace      *pace.Pace
	lists     *cache.Directories
	campaigns *cache.Campaigns
	api       *coupontools.Client
	sends     *sends.Service
	ops       *Ops

	bot    *bot.Bot // set by run, once the home workspace is known
	socket *socket.Client
}

// newProgram connects the packages. Callbacks may use p.bot, which run sets before any of them is called.
func newProgram(c Config, log *slog.Logger, metrics *Metrics, guard *bulkhead.Guard) (*program, error) {
	p := &program{config: c, log: log, metrics: metrics, guard: guard}
	apiHealth := new(APIHealth)
	prefix := keyPrefix(c)
	p.redis = redis.NewClient(redisOptions(c))
	p.store = bot.NewStore(p.redis, prefix)
	p.slack = newSlack(c)
	rule := outbound.For(string(c.SlackAPIURL))
	p.poster = bot.NewPoster(p.slack, rule)
	p.files = bot.NewFiles(c.SlackBotToken.Reveal(), rule, p.slack)
	p.pace = pace.New(pace.Config{Redis: p.redis, Prefix: prefix, Rate: c.CoupontoolsRate, Guard: guard})
	var err error
	p.api, err = newCoupontools(c,
		coupontools.WithPace(p.pace.Lookup()),
		coupontools.WithObserver(func(call coupontools.Call) { p.metrics.Call(call); apiHealth.Call(call) }),
	)
	if err != nil {
		return nil, err
	}
	p.lists = cache.New(cache.Config[coupontools.Directory]{
		Redis: p.redis, Prefix: prefix, Name: "directories", Fetch: p.api.Directories,
		TTL: c.CacheTTL, Stale: c.CacheStale, Observe: p.metrics.Cache, Guard: guard,
	})
	p.campaigns = cache.New(cache.Config[coupontools.Campaign]{
		Redis: p.redis, Prefix: prefix, Name: "campaigns", Fetch: campaign.Fetcher(p.api),
		TTL: c.CacheTTL, Stale: c.CacheStale, Observe: p.metrics.Cache, Guard: guard,
	})
	p.sends = sends.New(sends.Config{
		Redis: p.redis, Prefix: prefix, API: p.api, Pace: p.pace.Bulk(), Slow: p.pace.Slow,
		Notifier: &send.Announcer{
			Poster: p.poster, Store: p.store, Channels: c.MarketingChannels,
			Private: func(ctx context.Context, channel string) bool { return p.bot.Private(ctx, channel) },
			Holders: p.holders,
		},
		MayStart: p.mayStart, Alert: p.alertAdmins, EarlierPrefixes: p.earlierPrefixes,

		Contacts: p.api, ApprovalOver: c.ApprovalOver, FrequencyCap: c.FrequencyCap,
		DailyCapPerson: c.DailyCapPerson, DailyCap: c.DailyCap, SuppressionKey: c.SuppressionKey.Reveal(),
		SMSRates: c.SMSRates, InFlight: maxInFlight(c.CoupontoolsRate),

		CallTimeout: c.CoupontoolsTimeout, ReportTTL: c.ReportTTL, ShutdownTimeout: c.ShutdownTimeout,
		Log: log, Observe: p.metrics.Recipient, Guard: guard,
	})
	p.socket = socket.New(socket.Config{
		Open: p.slack, Handler: func(ctx context.Context, env socket.Envelope, ack *socket.Ack) { p.bot.Handle(ctx, env, ack) },
		Connections: c.SlackConnections, Log: log, Observe: p.metrics.Socket(), Guard: guard, Outbound: rule,
	})
	p.ops = &Ops{
		Sockets: p.socket.Ready, Redis: p.sends.Writable,
		Coupontools: apiHealth.State, Metrics: p.metrics.Handler(), Log: log, Guard: guard,
	}
	return p, nil
}

// maxInFlight returns how many calls one send may have in flight: enough to reach the rate if the API takes 200 ms per
// call, but few enough that an outage leaves few recipients unconfirmed.
func maxInFlight(rate int) int { return min(max(rate/5, 8), 64) }

// run authenticates with Slack and serves until ctx ends or a permanent error occurs. On shutdown it first stops accepting
// work, then finishes what is in flight.
func (p *program) run(ctx context.Context) error {
	home, err := authenticate(ctx, p.slack, p.log)
	if err != nil || ctx.Err() != nil {
		return err
	}
	p.sends.UseSuppressionList(suppressionName(p.config, home.Team))
	p.bot, err = bot.New(bot.Config{
		Commands: commands.All(p.deps()), Root: commands.Root, Slack: p.slack, Poster: p.poster, Home: home,
		Senders: bot.Roster(p.config.Senders), Admins: bot.Roster(p.config.Admins),
		Store: p.store, Explain: commands.Explain, Log: p.log, Guard: p.guard,
		Outbound: outbound.For(string(p.config.SlackAPIURL)),
	})
	if err != nil {
		return err
	}
	group, ctx := p.guard.GroupWithContext(ctx)
	group.Keep(ctx, bulkhead.Socket, func() error {
		err := p.socket.Run(ctx)
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout(p.config.ShutdownTimeout))
		defer cancel()
		p.bot.Drain(drain)
		return explainSocketError(err)
	})
	group.Keep(ctx, bulkhead.Sends, func() error { return p.sends.Run(ctx) })
	return group.Wait()
}

// deps returns the dependencies of the commands.
func (p *program) deps() commands.Deps {
	return commands.Deps{
		Client: p.api, Directories: p.lists, Campaigns: p.campaigns, Sends: p.sends, Store: p.store,
		Files: p.files, Poster: p.poster,
		Holders: p.holders,
		Region:  string(p.config.DefaultRegion), Countries: p.config.Countries(),
		MaxRecipients: p.config.MaxRecipients, ApprovalOver: p.config.ApprovalOver, Rate: p.config.CoupontoolsRate,
		LinkLength: p.config.LinkLength, SMSRates: p.config.SMSRates, Channels: p.config.MarketingChannels,
		Status: p.statusConditions, Guard: p.guard,
	}
}

// holders returns the users who hold a right. It wraps [bot.Bot.Holders] because p.bot is set later.
func (p *program) holders(ctx context.Context, right bot.Right) (ids []string, everyone bool, err error) {
	return p.bot.Holders(ctx, right)
}

// earlierPrefixes returns and logs the key prefixes of this Slack app's records with other API keys.
func (p *program) earlierPrefixes(ctx context.Context) ([]string, error) {
	others, err := otherPrefixes(ctx, p.redis, keyPrefix(p.config))
	if err == nil && len(others) > 0 {
		p.log.Warn("Redis holds records of this Slack app with other API keys: their sends, caps and audit trail are not used",
			"prefixes", others)
	}
	return others, err
}

// maxAlertedAdmins is the most admins that get an alert.
const maxAlertedAdmins = 10

// alertAdmins sends a concern about the do-not-contact list to the admins by direct message. If everybody is an admin,
// nobody gets a message and the log has to do. It fails only if nobody was reached.
func (p *program) alertAdmins(ctx context.Context, c sends.Concern, checked sends.ListStatus) error {
	ids, everyone, err := p.holders(ctx, bot.Admin)
	if err != nil || everyone {
		return err
	}
	var lastErr error
	notified := 0
	for _, id := range ids[:min(len(ids), maxAlertedAdmins)] {
		channel, err := p.poster.Direct(ctx, id)
		if err == nil {
			_, err = p.poster.Post(ctx, channel, bot.Message{Text: commands.ConcernAlert(c, checked)})
		}
		if err != nil {
			lastErr = err
			continue
		}
		notified++
	}
	if notified > 0 {
		return nil // a retry would alert the same admins twice
	}
	return lastErr
}

// mayStart checks that a sender still has the right to send. Its error is shown to everybody, so it speaks of the sender in
// the third person. [sends.ErrCannotAsk] means that Slack can't be asked now.
func (p *program) mayStart(ctx context.Context, team, user string) error {
	err := p.bot.May(ctx, team, user, bot.Send)
	if m, ok := errors.AsType[*bot.Mistake](err); ok && m.Cause != nil {
		return fmt.Errorf("%w: %w", sends.ErrCannotAsk, m.Cause)
	}
	if err != nil {
		return errors.New("they are not among those in SENDERS, or no full member of the workspace, any more")
	}
	return nil
}

// statusConditions returns lines for the status command that it can't find out itself.
func (p *program) statusConditions(context.Context) []commands.Condition {
	return []commands.Condition{
		{Name: "Version", Text: Version()},
		{Name: "Slack", Text: fmt.Sprintf("%d of %d connections open", p.socket.Ready(), p.config.SlackConnections)},
	}
}
