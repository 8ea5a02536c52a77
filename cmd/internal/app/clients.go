package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/internal/outbound"
)

// slackTimeout bounds one call to Slack's Web API.
const slackTimeout = 10 * time.Second

// newSlack returns a client for the Web API with both tokens. It follows no redirects.
func newSlack(c Config) *slack.Client {
	return slack.New(c.SlackBotToken.Reveal(),
		slack.OptionAppLevelToken(c.SlackAppToken.Reveal()),
		slack.OptionAPIURL(string(c.SlackAPIURL)),
		slack.OptionHTTPClient(outbound.Client(slackTimeout, nil)),
	)
}

// newCoupontools returns an API client for the account, with additional options.
func newCoupontools(c Config, options ...coupontools.Option) (*coupontools.Client, error) {
	return coupontools.New(c.CoupontoolsClientID.Reveal(), c.CoupontoolsClientSecret.Reveal(), append([]coupontools.Option{
		coupontools.WithBaseURL(string(c.CoupontoolsBaseURL)),
		coupontools.WithTimeout(c.CoupontoolsTimeout),
		coupontools.WithUserAgent(userAgent()),
	}, options...)...)
}

// userAgent returns the User-Agent header for calls to Coupontools.
func userAgent() string {
	return "couponbot/" + strings.ReplaceAll(Version(), " ", "-")
}

// redisOptions returns the options of REDIS_URL with a pool of at least 32 connections, for many requests at once.
func redisOptions(c Config) *redis.Options {
	o := c.RedisURL.Options()
	o.PoolSize = max(o.PoolSize, 32)
	o.ContextTimeoutEnabled = true
	o.DisableIdentity = true // CLIENT SETINFO would need one more permission
	// Only Redis Cloud sends maintenance notifications. If they are on, Close waits for pending requests to enable them.
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return o
}

// appIDPattern matches the app's id in an app-level token.
var appIDPattern = regexp.MustCompile(`^xapp-\d+-(A[A-Z0-9]+)-`)

// keyPrefix returns the prefix of the bot's keys in Redis. It contains the id of the Slack app, which is part of the
// app-level token, and a hash of the Coupontools client id, so that two bots on one Redis, such as staging and production,
// don't share work.
func keyPrefix(c Config) string {
	app := shortHash(c.SlackAppToken.Reveal())
	if m := appIDPattern.FindStringSubmatch(c.SlackAppToken.Reveal()); m != nil {
		app = m[1]
	}
	return fmt.Sprintf("couponbot:{%s:%s}:", app, shortHash(c.CoupontoolsClientID.Reveal()))
}

// suppressionName returns the name of the do-not-contact list: the setting or else the id of the Slack team, which stays
// the same when API keys or the Slack app change.
func suppressionName(c Config, team string) string {
	return cmp.Or(string(c.SuppressionName), team)
}

const (
	// scanTimeout and maxScannedKeys bound the search for records of other API keys. Records beyond that are not found.
	scanTimeout    = 10 * time.Second
	maxScannedKeys = 1_000_000
	// scanCount is roughly how many keys Redis reads per SCAN. It is small because a SCAN blocks other clients.
	scanCount = 1000
)

// otherPrefixes returns the key prefixes of the same Slack app with other API keys under which Redis has an audit trail or
// a do-not-contact list. It returns those that it finds within [scanTimeout] and [maxScannedKeys].
func otherPrefixes(ctx context.Context, rdb *redis.Client, prefix string) ([]string, error) {
	scanCtx, cancel := context.WithTimeout(ctx, scanTimeout)
	defer cancel()
	app, _, _ := strings.Cut(strings.TrimPrefix(prefix, "couponbot:{"), ":")
	var others []string
	for cursor, page := uint64(0), 0; page < maxScannedKeys/scanCount; page++ {
		keys, next, err := rdb.Scan(scanCtx, cursor, "couponbot:{"+app+":*}:[as]u[dp]*", scanCount).Result()
		if err != nil && scanCtx.Err() != nil && ctx.Err() == nil {
			return others, nil // scanTimeout has passed
		}
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			other, name, _ := strings.Cut(key, "}:")
			other += "}:"
			if (name == "audit" || name == "suppressed") && other != prefix && !slices.Contains(others, other) {
				others = append(others, other)
			}
		}
		if cursor = next; cursor == 0 {
			break
		}
	}
	return others, nil
}

// shortHash returns the first 6 bytes of a text's SHA-256 hash in hex.
func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}
