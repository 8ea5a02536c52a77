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

// slackTime bounds one call of Slack's Web API.
const slackTime = 10 * time.Second

func newSlack(c Config) *slack.Client {
	return slack.New(c.SlackBotToken.Reveal(),
		slack.OptionAppLevelToken(c.SlackAppToken.Reveal()),
		slack.OptionAPIURL(string(c.SlackAPIURL)),
		slack.OptionHTTPClient(outbound.Client(slackTime, nil)),
	)
}

// newCoupontools returns a client of the account, with the options besides.
func newCoupontools(c Config, options ...coupontools.Option) (*coupontools.Client, error) {
	return coupontools.New(c.CoupontoolsClientID.Reveal(), c.CoupontoolsClientSecret.Reveal(), append([]coupontools.Option{
		coupontools.WithBaseURL(string(c.CoupontoolsBaseURL)),
		coupontools.WithTimeout(c.CoupontoolsTimeout),
		coupontools.WithUserAgent(userAgent()),
	}, options...)...)
}

// userAgent is how couponbot names itself to Coupontools.
func userAgent() string {
	return "couponbot/" + strings.ReplaceAll(Version(), " ", "-")
}

// redisOptions are those of the URL, with room for many who wait at once.
func redisOptions(c Config) *redis.Options {
	o := c.RedisURL.Options()
	o.PoolSize = max(o.PoolSize, 32)
	o.ContextTimeoutEnabled = true
	o.DisableIdentity = true // CLIENT SETINFO would be one more right to ask for
	// Redis Cloud alone has such notifications, and to close a client waits for whoever is asking a Redis for them.
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
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

// suppressionName names the do-not-contact list: by the setting, or by the Slack team, which outlives API keys and apps.
func suppressionName(c Config, team string) string {
	return cmp.Or(string(c.SuppressionName), team)
}

const (
	// scanTime and scanKeys bound the search for records of other API keys. What is behind that many keys isn't found.
	scanTime = 10 * time.Second
	scanKeys = 1_000_000
	// scanPage is about how many keys Redis looks at in one step. Other clients wait for it, so it is small.
	scanPage = 1000
)

// otherPrefixes returns the prefixes of other bots of the same Slack app that have an audit trail or a do-not-contact list in
// Redis, such as those left behind with earlier API keys. It returns what it finds within [scanTime] and [scanKeys].
func otherPrefixes(ctx context.Context, rdb *redis.Client, prefix string) ([]string, error) {
	limited, cancel := context.WithTimeout(ctx, scanTime)
	defer cancel()
	app, _, _ := strings.Cut(strings.TrimPrefix(prefix, "couponbot:{"), ":")
	var others []string
	for cursor, page := uint64(0), 0; page < scanKeys/scanPage; page++ {
		keys, next, err := rdb.Scan(limited, cursor, "couponbot:{"+app+":*}:[as]u[dp]*", scanPage).Result()
		if err != nil && limited.Err() != nil && ctx.Err() == nil {
			return others, nil // out of time
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

func short(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:6])
}
