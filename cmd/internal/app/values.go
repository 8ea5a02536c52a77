package app

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools"
)

// The kinds of value that settings have. Each reads itself from text by Decode, as envconfig wants it. Spaces and line
// ends around a value are taken for an accident: files of secrets often end in one.

// Secret is a text that never prints.
type Secret = coupontools.Secret

// tokenKinds says what Slack's tokens are called, to help those who mixed two up.
var tokenKinds = map[string]string{
	"xapp-": "the app-level token",
	"xoxb-": "the bot token",
	"xoxp-": "a user token",
	"xoxe-": "a refresh or configuration token",
}

// checkSecret checks a secret, which must be printable ASCII without spaces since it goes into HTTP headers, and how it
// begins.
func checkSecret(s Secret, prefix string) error {
	if strings.ContainsFunc(string(s), func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("not printable ASCII")
	}
	if s != "" && strings.HasPrefix(string(s), prefix) && len(s) > len(prefix) {
		return nil
	}
	for other, kind := range tokenKinds {
		if prefix != "" && other != prefix && strings.HasPrefix(string(s), other) {
			return hintError("it holds " + kind + " (" + other + "…)")
		}
	}
	return errors.New("empty, or begins otherwise")
}

// BaseURL is the URL that paths of a service are appended to: http or https, with a host, without query.
type BaseURL string

// Decode checks the URL.
func (b *BaseURL) Decode(text string) error {
	text = strings.TrimSpace(text)
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return errors.New("not an http URL")
	}
	if u.User != nil || strings.ContainsAny(text, "?#") {
		return errors.New("more than a base URL")
	}
	*b = BaseURL(text)
	return nil
}

func (b BaseURL) withSlash() BaseURL {
	if strings.HasSuffix(string(b), "/") {
		return b
	}
	return b + "/"
}

// RedisURL names one Redis server. It may hold a password and is hidden like any secret.
type RedisURL struct{ Secret }

// Decode checks the URL, as go-redis reads it.
func (r *RedisURL) Decode(text string) error {
	text = strings.TrimSpace(text)
	if err := checkRedisURL(text); err != nil {
		return err
	}
	r.Secret = Secret(text)
	return nil
}

// Options returns what go-redis needs to connect.
func (r RedisURL) Options() *redis.Options {
	o, err := redis.ParseURL(r.Reveal())
	if err != nil {
		return &redis.Options{} // of a RedisURL that was never set
	}
	return o
}

// Country is an ISO 3166 country code of two capital letters.
type Country string

// Decode takes the code in any case; it must be a country that phone numbers are known for.
func (c *Country) Decode(text string) error {
	code := strings.ToUpper(strings.TrimSpace(text))
	if !phonenumbers.GetSupportedRegions()[code] {
		return hintError(fmt.Sprintf("there is no country %q", text))
	}
	*c = Country(code)
	return nil
}

// ListName names a do-not-contact list. It becomes part of keys in Redis.
type ListName string

var listName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Decode takes the name as it is.
func (n *ListName) Decode(text string) error {
	if !listName.MatchString(text) {
		return hintError("it has other characters, or too many")
	}
	*n = ListName(text)
	return nil
}

// Countries are countries separated by commas or spaces.
type Countries []Country

// Decode reads them all.
func (c *Countries) Decode(text string) error {
	return each(text, func(item string) error {
		var country Country
		if err := country.Decode(item); err != nil {
			return err
		}
		*c = append(*c, country)
		return nil
	})
}

// SMSRates are countries with how many text messages a second go out there, for all replicas together.
type SMSRates map[string]float64

var decimal = regexp.MustCompile(`^\d{1,3}(\.\d{1,3})?$`)

// Decode reads pairs such as US=1, separated by commas or spaces; "off" stands for none.
func (s *SMSRates) Decode(text string) error {
	*s = SMSRates{}
	if strings.EqualFold(strings.TrimSpace(text), "off") {
		return nil
	}
	return each(text, func(item string) error {
		code, rate, _ := strings.Cut(item, "=")
		var country Country
		if err := country.Decode(code); err != nil {
			return err
		}
		perSecond, err := strconv.ParseFloat(rate, 64)
		switch _, twice := (*s)[string(country)]; {
		case err != nil || !decimal.MatchString(rate) || perSecond == 0:
			return hintError(fmt.Sprintf("%q has no rate from 0.001 to 999", item))
		case twice:
			return hintError(fmt.Sprintf("%q is there twice", country))
		}
		(*s)[string(country)] = perSecond
		return nil
	})
}

// Slack: ids are capital letters and digits behind a letter that tells their kind. Their length is not fixed, and local
// stand-ins for Slack like an underscore in them.
var (
	channelID = regexp.MustCompile(`^[CG][A-Z0-9_]+$`)
	userID    = regexp.MustCompile(`^[UW][A-Z0-9_]+$`)
	groupID   = regexp.MustCompile(`^S[A-Z0-9_]+$`)
)

// Channels are Slack channel ids (C…, G…) separated by commas or spaces.
type Channels []string

// Decode reads them all.
func (c *Channels) Decode(text string) error {
	return each(text, func(item string) error {
		if !channelID.MatchString(item) {
			return hintError(fmt.Sprintf("%q is no channel id", item))
		}
		*c = append(*c, item)
		return nil
	})
}

// Roster says who holds a right: ids of users and user groups separated by commas or spaces, or "*" for all.
type Roster bot.Roster

// Decode reads them all.
func (r *Roster) Decode(text string) error {
	return each(text, func(item string) error {
		switch {
		case item == "*":
			r.All = true
		case userID.MatchString(item):
			r.Users = append(r.Users, item)
		case groupID.MatchString(item):
			r.Groups = append(r.Groups, item)
		default:
			return hintError(fmt.Sprintf("%q is neither", item))
		}
		return nil
	})
}

func (r Roster) empty() bool { return !r.All && len(r.Users) == 0 && len(r.Groups) == 0 }

// each reads the items of a list and joins what is wrong with them into one hint.
func each(text string, read func(item string) error) error {
	var wrong []string
	for _, item := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		if err := read(item); err != nil {
			wrong = append(wrong, err.Error())
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return hintError(strings.Join(wrong, ", "))
}

// Address is a TCP address to listen on, host:port or :port.
type Address string

// Decode checks the address.
func (a *Address) Decode(text string) error {
	text = strings.TrimSpace(text)
	_, port, err := net.SplitHostPort(text)
	if err != nil {
		return err
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return err
	}
	*a = Address(text)
	return nil
}

// LogLevel is the least level that is logged.
type LogLevel slog.Level

// Decode takes the name of a level.
func (l *LogLevel) Decode(text string) error {
	level, ok := map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	}[strings.ToLower(strings.TrimSpace(text))]
	if !ok {
		return errors.New("unknown level")
	}
	*l = LogLevel(level)
	return nil
}

// LogFormat is "json" or "text".
type LogFormat string

// Decode takes one of the two.
func (f *LogFormat) Decode(text string) error {
	format := strings.ToLower(strings.TrimSpace(text))
	if format != "json" && format != "text" {
		return errors.New("unknown format")
	}
	*f = LogFormat(format)
	return nil
}
