package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/slack-go/slack"
	"golang.org/x/sync/errgroup"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/socket"
	"github.com/coupontools/couponbot/commands"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/cache"
	"github.com/coupontools/couponbot/coupontools/pace"
	"github.com/coupontools/couponbot/sends"
)

const (
	// slackTime bounds one call of Slack's Web API.
	slackTime = 10 * time.Second
	// greetWait and greetMaxWait are the waits between tries to reach Slack at the start, doubled each time.
	greetWait    = time.Second
	greetMaxWait = 30 * time.Second
	// mostTyped is how many recipients a send can have: as many as the form takes.
	mostTyped = 50
	// answersTime is how long people's answers may still take once the program is told to stop.
	answersTime = 5 * time.Second
)

// Serve runs the bot until ctx ends, then finishes what is in flight within the shutdown timeout and returns nil. It
// returns sooner only if trying on is useless: a token is refused, a scope is missing, Socket Mode is switched off.
func Serve(ctx context.Context, c Config, log *slog.Logger) error {
	listener, err := new(Ops).Listen(ctx, c.ListenAddr)
	if err != nil {
		return fmt.Errorf("listen on LISTEN_ADDR: %w", err)
	}
	return serve(ctx, c, log, listener)
}

// serve is Serve with the listener of the ops pages.
func serve(ctx context.Context, c Config, log *slog.Logger, listener net.Listener) error {
	p, err := newProgram(c, log)
	if err != nil {
		_ = listener.Close()
		return err
	}
	defer p.redis.Close()

	for _, name := range c.notInForce() {
		log.Warn("this setting is read, but not in force yet", "setting", name)
	}
	// The ops pages stay up until all else has ended, so that a drain can be watched.
	pages, closePages := context.WithCancel(context.WithoutCancel(ctx))
	defer closePages()
	var opsServer errgroup.Group
	opsServer.Go(func() error { return p.ops.Serve(pages, listener) })

	err = p.run(ctx)
	closePages()
	if opsErr := opsServer.Wait(); err == nil {
		err = opsErr
	}
	return err
}

// program is the bot with everything it works with.
type program struct {
	config  Config
	log     *slog.Logger
	metrics *Metrics
	redis   *redis.Client
	slack   *slack.Client
	store   *bot.Store
	pace    *pace.Pace
	lists   *cache.Directories
	api     *coupontools.Client
	sends   *sends.Service
	ops     *Ops

	bot    *bot.Bot // made once Slack has said where the bot is at home
	socket *socket.Client
}

func newProgram(c Config, log *slog.Logger) (*program, error) {
	p := &program{config: c, log: log, metrics: NewMetrics(Version())}
	reach := new(Reach)
	prefix := keyPrefix(c)
	p.redis = redis.NewClient(redisOptions(c))
	p.store = bot.NewStore(p.redis, prefix)
	p.slack = newSlack(c)
	p.pace = pace.New(pace.Config{Redis: p.redis, Prefix: prefix, Rate: c.CoupontoolsRate})
	var err error
	p.api, err = coupontools.New(c.CoupontoolsClientID.Reveal(), c.CoupontoolsClientSecret.Reveal(),
		coupontools.WithBaseURL(string(c.CoupontoolsBaseURL)),
		coupontools.WithTimeout(c.CoupontoolsTimeout),
		coupontools.WithPace(p.pace.Lookup()),
		coupontools.WithUserAgent("couponbot/"+Version()),
		coupontools.WithObserver(func(call coupontools.Call) { p.metrics.Call(call); reach.Call(call) }),
	)
	if err != nil {
		return nil, err
	}
	p.lists = cache.New(cache.Config{
		Redis: p.redis, Prefix: prefix, Fetch: p.api.Directories,
		TTL: c.CacheTTL, Stale: c.CacheStale, Observe: p.metrics.Cache,
	})
	p.sends = sends.New(sends.Config{
		Redis: p.redis, Prefix: prefix, API: p.api, Pace: p.pace.Bulk(), Slow: p.pace.Slow,
		Teller: &commands.Announcer{
			Poster: bot.NewPoster(p.slack), Store: p.store, Channels: c.MarketingChannels,
			Private: func(ctx context.Context, channel string) bool { return p.bot.Private(ctx, channel) },
		},
		MayStart: func(ctx context.Context, team, user string) error { return p.bot.May(ctx, team, user, bot.Send) },

		CallTimeout: c.CoupontoolsTimeout, ReportTTL: c.ReportTTL, ShutdownTimeout: c.ShutdownTimeout,
		Log: log, Observe: p.metrics.Recipient,
	})
	p.ops = &Ops{
		Sockets: p.sockets, Redis: func(ctx context.Context) error { return p.redis.Ping(ctx).Err() },
		Coupontools: reach.State, Metrics: p.metrics.Handler(), Log: log,
	}
	p.socket = socket.New(socket.Config{
		Open: p.slack, Handler: func(ctx context.Context, env socket.Envelope, ack *socket.Ack) { p.bot.Handle(ctx, env, ack) },
		Connections: c.SlackConnections, Log: log, Observe: p.metrics.Socket(),
	})
	return p, nil
}

// run greets Slack, then works until ctx ends or it is useless to go on. On the way out it takes no new work first, then
// finishes what is in flight.
func (p *program) run(ctx context.Context) error {
	home, err := greet(ctx, p.slack, p.log)
	if err != nil || ctx.Err() != nil {
		return err
	}
	p.bot, err = bot.New(bot.Config{
		Commands: commands.All(p.deps()), Root: commands.Root, Slack: p.slack, Home: home,
		Senders: bot.Roster(p.config.Senders), Admins: bot.Roster(p.config.Admins),
		Store: p.store, Explain: commands.Explain, Log: p.log,
	})
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		err := p.socket.Run(ctx)
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(answersTime, p.config.ShutdownTimeout))
		defer cancel()
		p.bot.Drain(drain)
		return inWords(err)
	})
	group.Go(func() error { return p.sends.Run(ctx) })
	return group.Wait()
}

func (p *program) deps() commands.Deps {
	return commands.Deps{
		Client: p.api, Directories: p.lists, Sends: p.sends, Store: p.store,
		Region: string(p.config.DefaultRegion), Countries: p.config.Countries(),
		MaxRecipients: p.config.MaxRecipients, Channels: p.config.MarketingChannels,
		Status: p.conditions,
	}
}

func (p *program) sockets() int { return p.socket.Ready() }

// conditions is what the status command cannot see for itself.
func (p *program) conditions(context.Context) []commands.Condition {
	return []commands.Condition{
		{Name: "Version", Text: Version()},
		{Name: "Slack", Text: fmt.Sprintf("%d of %d connections open", p.sockets(), p.config.SlackConnections)},
	}
}

func newSlack(c Config) *slack.Client {
	return slack.New(c.SlackBotToken.Reveal(),
		slack.OptionAppLevelToken(c.SlackAppToken.Reveal()),
		slack.OptionAPIURL(string(c.SlackAPIURL)),
		slack.OptionHTTPClient(&http.Client{Timeout: slackTime}),
	)
}

// redisOptions are those of the URL, with room for many who wait at once.
func redisOptions(c Config) *redis.Options {
	o := c.RedisURL.Options()
	o.PoolSize = max(o.PoolSize, 32)
	o.ContextTimeoutEnabled = true
	return o
}

var appIDInToken = regexp.MustCompile(`^xapp-\d+-(A[A-Z0-9]+)-`)

// keyPrefix names what is the bot's in Redis: by the Slack app and the Coupontools account, so that two bots on one Redis
// (staging and production) never take each other's work. Slack: an app-level token holds the app's id.
func keyPrefix(c Config) string {
	app := short(c.SlackAppToken.Reveal())
	if m := appIDInToken.FindStringSubmatch(c.SlackAppToken.Reveal()); m != nil {
		app = m[1]
	}
	return fmt.Sprintf("couponbot:{%s:%s}:", app, short(c.CoupontoolsClientID.Reveal()))
}

func short(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:6])
}

// notInForce names the settings that are set, but that nothing obeys yet.
func (c Config) notInForce() []string {
	var names []string
	for name, set := range map[string]bool{
		"APPROVAL_OVER":    c.ApprovalOver > 0 && c.ApprovalOver < mostTyped,
		"FREQUENCY_CAP":    c.FrequencyCap > 0,
		"DAILY_CAP_PERSON": c.DailyCapPerson > 0,
		"DAILY_CAP":        c.DailyCap > 0,
		"SUPPRESSION_KEY":  c.SuppressionKey != "",
	} {
		if set {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// greet asks Slack who the bot is, again and again while Slack cannot be reached.
func greet(ctx context.Context, api *slack.Client, log *slog.Logger) (bot.Home, error) {
	for wait := greetWait; ; wait = min(2*wait, greetMaxWait) {
		answer, err := api.AuthTestContext(ctx)
		if err == nil {
			home := bot.Home{Team: answer.TeamID, Enterprise: answer.EnterpriseID}
			return home, missingScopes(answer.Header.Get("X-OAuth-Scopes"), log)
		}
		if final(err) {
			return bot.Home{}, fmt.Errorf("SLACK_BOT_TOKEN was refused by Slack (%w); copy the Bot User OAuth Token "+
				"of the installed app, or reinstall the app", err)
		}
		if ctx.Err() != nil {
			return bot.Home{}, nil
		}
		log.Warn("Slack cannot be reached yet", "err", err, "again_in", wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return bot.Home{}, nil
		}
	}
}

// final reports whether Slack refused the token itself.
func final(err error) bool {
	refused, ok := errors.AsType[slack.SlackErrorResponse](err)
	return ok && slices.Contains([]string{
		"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type",
		"missing_scope", "no_permission", "org_login_required", "ekm_access_denied",
	}, refused.Err)
}

// neededScopes are those without which the bot can answer nobody.
var neededScopes = []string{"commands", "chat:write", "users:read"}

// missingScopes reads the scopes Slack says the bot token has. Without that header nothing can be said.
func missingScopes(granted string, log *slog.Logger) error {
	if granted == "" {
		return nil
	}
	const mend = "update the app from manifest.yml and reinstall it"
	if missing := lacking(granted, neededScopes); len(missing) > 0 {
		return fmt.Errorf("the bot token lacks the scopes %s; %s", strings.Join(missing, ", "), mend)
	}
	if missing := lacking(granted+","+publicScope, scopes); len(missing) > 0 {
		log.Warn("the bot token lacks scopes, so some things will not work; "+mend, "scopes", strings.Join(missing, ", "))
	}
	return nil
}

// inWords says what to do about an error that ended the socket.
func inWords(err error) error {
	refused, ok := errors.AsType[*socket.RefusedError](err)
	switch {
	case errors.Is(err, socket.ErrDisabled):
		return fmt.Errorf("%w; switch Socket Mode on in the app's settings", err)
	case ok:
		return fmt.Errorf("SLACK_APP_TOKEN: %w; make an app-level token with the scope connections:write", refused)
	}
	return err
}
