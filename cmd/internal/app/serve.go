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

// answersTime is how long people's answers may still take once the program is told to stop: all of the shutdown timeout but
// what it takes to tell those who wait that theirs is broken off.
func answersTime(shutdown time.Duration) time.Duration {
	const farewell = 4 * time.Second
	return max(shutdown-farewell, shutdown/2)
}

// Serve runs the bot until ctx ends, then finishes what is in flight within the shutdown timeout and returns nil. It
// returns sooner only if trying on is useless: a token is refused, a scope is missing, Socket Mode is switched off.
func Serve(ctx context.Context, c Config, log *slog.Logger) error {
	listener, err := listen(ctx, string(c.ListenAddr))
	if err != nil {
		return fmt.Errorf("listen on LISTEN_ADDR: %w", err)
	}
	metrics := NewMetrics(Version())
	return serve(ctx, c, log, listener, metrics, &bulkhead.Guard{Log: log, Count: metrics.Panic})
}

// serve is Serve with the listener of the ops pages, and with the guard, whose panics the metrics count.
func serve(ctx context.Context, c Config, log *slog.Logger, listener net.Listener, metrics *Metrics, guard *bulkhead.Guard) error {
	p, err := newProgram(c, log, metrics, guard)
	if err != nil {
		_ = listener.Close()
		return err
	}
	defer p.redis.Close()

	// The ops pages stay up until all else has ended, so that a drain can be watched.
	pages, closePages := context.WithCancel(context.WithoutCancel(ctx))
	defer closePages()
	opsServer := guard.Group()
	opsServer.Keep(pages, bulkhead.OpsServer, func() error { return p.ops.Serve(pages, listener) })

	work := guard.Group()
	ended := make(chan error, 1)
	work.Keep(ctx, bulkhead.Serve, func() error { return p.run(ctx) }, func(err error) { ended <- err })
	err = awaitEnd(ctx, ended, c.ShutdownTimeout, log)
	closePages()
	if opsErr := opsServer.Wait(); err == nil {
		err = opsErr
	}
	return err
}

// awaitEnd waits for the error with which the work ended, and no longer than timeout once ctx has ended.
func awaitEnd(ctx context.Context, ended <-chan error, timeout time.Duration, log *slog.Logger) error {
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(timeout):
		log.Warn("Not everything had ended when SHUTDOWN_TIMEOUT was over")
		return nil
	}
}

// program is the bot with everything it works with.
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

	bot    *bot.Bot // made once Slack has said where the bot is at home
	socket *socket.Client
}

func newProgram(c Config, log *slog.Logger, metrics *Metrics, guard *bulkhead.Guard) (*program, error) {
	p := &program{config: c, log: log, metrics: metrics, guard: guard}
	reach := new(Reach)
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
		coupontools.WithObserver(func(call coupontools.Call) { p.metrics.Call(call); reach.Call(call) }),
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
		Teller: &send.Announcer{
			Poster: p.poster, Store: p.store, Channels: c.MarketingChannels,
			Private: func(ctx context.Context, channel string) bool { return p.bot.Private(ctx, channel) },
			Holders: p.holders,
		},
		MayStart: p.mayStart, Alert: p.alertAdmins, Earlier: p.earlierPrefixes,

		Contacts: p.api, ApprovalOver: c.ApprovalOver, FrequencyCap: c.FrequencyCap,
		DailyCapPerson: c.DailyCapPerson, DailyCap: c.DailyCap, SuppressionKey: c.SuppressionKey.Reveal(),
		SMSRates: c.SMSRates, InFlight: inFlight(c.CoupontoolsRate),

		CallTimeout: c.CoupontoolsTimeout, ReportTTL: c.ReportTTL, ShutdownTimeout: c.ShutdownTimeout,
		Log: log, Observe: p.metrics.Recipient, Guard: guard,
	})
	p.socket = socket.New(socket.Config{
		Open: p.slack, Handler: func(ctx context.Context, env socket.Envelope, ack *socket.Ack) { p.bot.Handle(ctx, env, ack) },
		Connections: c.SlackConnections, Log: log, Observe: p.metrics.Socket(), Guard: guard, Outbound: rule,
	})
	p.ops = &Ops{
		Sockets: p.socket.Ready, Redis: p.sends.Writable,
		Coupontools: reach.State, Metrics: p.metrics.Handler(), Log: log, Guard: guard,
	}
	return p, nil
}

// inFlight is how many calls of one send may be out at a time: enough for the pace at answers of a fifth of a second, and
// few enough that not many are unknown if the API stops answering.
func inFlight(rate int) int { return min(max(rate/5, 8), 64) }

// run greets Slack, then works until ctx ends or it is useless to go on. On the way out it takes no new work first, then
// finishes what is in flight.
func (p *program) run(ctx context.Context) error {
	home, err := greet(ctx, p.slack, p.log)
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
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), answersTime(p.config.ShutdownTimeout))
		defer cancel()
		p.bot.Drain(drain)
		return inWords(err)
	})
	group.Keep(ctx, bulkhead.Sends, func() error { return p.sends.Run(ctx) })
	return group.Wait()
}

func (p *program) deps() commands.Deps {
	return commands.Deps{
		Client: p.api, Directories: p.lists, Campaigns: p.campaigns, Sends: p.sends, Store: p.store,
		Files: p.files, Poster: p.poster,
		Holders: p.holders,
		Region:  string(p.config.DefaultRegion), Countries: p.config.Countries(),
		MaxRecipients: p.config.MaxRecipients, ApprovalOver: p.config.ApprovalOver, Rate: p.config.CoupontoolsRate,
		LinkLength: p.config.LinkLength, SMSRates: p.config.SMSRates, Channels: p.config.MarketingChannels,
		Status: p.conditions, Guard: p.guard,
	}
}

// holders names those who hold a right. The bot is not made yet when this is handed on.
func (p *program) holders(ctx context.Context, right bot.Right) (ids []string, everyone bool, err error) {
	return p.bot.Holders(ctx, right)
}

// earlierPrefixes returns the prefixes of this Slack app's records with other API keys, and logs them.
func (p *program) earlierPrefixes(ctx context.Context) ([]string, error) {
	others, err := otherPrefixes(ctx, p.redis, keyPrefix(p.config))
	if err == nil && len(others) > 0 {
		p.log.Warn("Redis holds records of this Slack app with other API keys: their sends, caps and audit trail are not used",
			"prefixes", others)
	}
	return others, err
}

// mostAlerted is how many admins are told of a concern at most.
const mostAlerted = 10

// alertAdmins tells the admins of a concern by direct message. If everybody is one, the log has to do.
func (p *program) alertAdmins(ctx context.Context, c sends.Concern, checked sends.Checked) error {
	ids, everyone, err := p.holders(ctx, bot.Admin)
	if err != nil || everyone {
		return err
	}
	var failed error
	told := 0
	for _, id := range ids[:min(len(ids), mostAlerted)] {
		channel, err := p.poster.Direct(ctx, id)
		if err == nil {
			_, err = p.poster.Post(ctx, channel, bot.Message{Text: commands.ConcernAlert(c, checked)})
		}
		if err != nil {
			failed = err
			continue
		}
		told++
	}
	if told > 0 {
		return nil // to tell the others later would tell this one twice
	}
	return failed
}

// mayStart checks that a sender still may send. Everybody is told why not, so the words are not those to the sender. The
// bot is not made yet when this is handed on.
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

// conditions is what the status command cannot see for itself.
func (p *program) conditions(context.Context) []commands.Condition {
	return []commands.Condition{
		{Name: "Version", Text: Version()},
		{Name: "Slack", Text: fmt.Sprintf("%d of %d connections open", p.socket.Ready(), p.config.SlackConnections)},
	}
}
