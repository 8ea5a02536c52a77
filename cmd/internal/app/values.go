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

// The types of settings. Each has a Decode method, which envconfig calls. Decode trims spaces and line ends around a value,
// since files of secrets often end in a line end.

// Secret is a text that is never printed.
type Secret = coupontools.Secret

// tokenNames are the names of Slack's tokens by prefix, for hints about swapped tokens.
var tokenNames = map[string]string{
	"xapp-": "the app-level token",
	"xoxb-": "the bot token",
	"xoxp-": "a user token",
	"xoxe-": "a refresh or configuration token",
}

// checkSecret checks a secret's prefix and that it is printable ASCII without spaces, since it is sent in HTTP headers.
func checkSecret(s Secret, prefix string) error {
	if strings.ContainsFunc(string(s), func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("not printable ASCII")
	}
	if s != "" && strings.HasPrefix(string(s), prefix) && len(s) > len(prefix) {
		return nil
	}
	for other, kind := range tokenNames {
		if prefix != "" && other != prefix && strings.HasPrefix(string(s), other) {
			return hintError("it holds " + kind + " (" + other + "…)")
		}
	}
	return errors.New("empty, or begins otherwise")
}

// BaseURL is the http or https URL of a service, without query, to which paths are appended.
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

// withSlash returns the URL with a slash at the end.
func (b BaseURL) withSlash() BaseURL {
	if strings.HasSuffix(string(b), "/") {
		return b
	}
	return b + "/"
}

// RedisURL is the URL of one Redis server. It is a secret because it may hold a password.
type RedisURL struct{ Secret }

// Decode checks the URL by go-redis's rules.
func (r *RedisURL) Decode(text string) error {
	text = strings.TrimSpace(text)
	if err := checkRedisURL(text); err != nil {
		return err
	}
	r.Secret = Secret(text)
	return nil
}

// Options returns the connection options for go-redis.
func (r RedisURL) Options() *redis.Options {
	o, err := redis.ParseURL(r.Reveal())
	if err != nil {
		return &redis.Options{} // the URL is not set
	}
	return o
}

// Country is an ISO 3166 country code of two capital letters.
type Country string

// Decode accepts a code in upper or lower case, of a country that the phone number library knows.
func (c *Country) Decode(text string) error {
	code := strings.ToUpper(strings.TrimSpace(text))
	if !phonenumbers.GetSupportedRegions()[code] {
		return hintError(fmt.Sprintf("there is no country %q", text))
	}
	*c = Country(code)
	return nil
}

// ListName is the name of a do-not-contact list. It becomes part of keys in Redis.
type ListName string

var listNamePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Decode checks the characters and the length. It doesn't trim.
func (n *ListName) Decode(text string) error {
	if !listNamePattern.MatchString(text) {
		return hintError("it has other characters, or too many")
	}
	*n = ListName(text)
	return nil
}

// Countries is a list of countries separated by commas or spaces.
type Countries []Country

// Decode decodes the list.
func (c *Countries) Decode(text string) error {
	return decodeList(text, func(item string) error {
		var country Country
		if err := country.Decode(item); err != nil {
			return err
		}
		*c = append(*c, country)
		return nil
	})
}

// SMSRates limits the text messages per second to a country, for all replicas together.
type SMSRates map[string]float64

// ratePattern excludes notations such as 1e9 and NaN, which ParseFloat accepts.
var ratePattern = regexp.MustCompile(`^\d{1,3}(\.\d{1,3})?$`)

// Decode decodes pairs such as US=1, separated by commas or spaces. "off" means no limits.
func (s *SMSRates) Decode(text string) error {
	*s = SMSRates{}
	if strings.EqualFold(strings.TrimSpace(text), "off") {
		return nil
	}
	return decodeList(text, func(item string) error {
		code, rate, _ := strings.Cut(item, "=")
		var country Country
		if err := country.Decode(code); err != nil {
			return err
		}
		perSecond, err := strconv.ParseFloat(rate, 64)
		switch _, duplicate := (*s)[string(country)]; {
		case err != nil || !ratePattern.MatchString(rate) || perSecond == 0:
			return hintError(fmt.Sprintf("%q has no rate from 0.001 to 999", item))
		case duplicate:
			return hintError(fmt.Sprintf("%q is there twice", country))
		}
		(*s)[string(country)] = perSecond
		return nil
	})
}

// Slack ids are a letter for their type followed by capital letters and digits, of any length. Local Slack simulators also
// use underscores.
var (
	channelIDPattern = regexp.MustCompile(`^[CG][A-Z0-9_]+$`)
	userIDPattern    = regexp.MustCompile(`^[UW][A-Z0-9_]+$`)
	groupIDPattern   = regexp.MustCompile(`^S[A-Z0-9_]+$`)
)

// Channels is a list of Slack channel ids (C…, G…) separated by commas or spaces.
type Channels []string

// Decode decodes the list.
func (c *Channels) Decode(text string) error {
	return decodeList(text, func(item string) error {
		if !channelIDPattern.MatchString(item) {
			return hintError(fmt.Sprintf("%q is no channel id", item))
		}
		*c = append(*c, item)
		return nil
	})
}

// Roster lists who holds a right: ids of users and user groups separated by commas or spaces, or "*" for everybody.
type Roster bot.Roster

// Decode decodes the list.
func (r *Roster) Decode(text string) error {
	return decodeList(text, func(item string) error {
		switch {
		case item == "*":
			r.All = true
		case userIDPattern.MatchString(item):
			r.Users = append(r.Users, item)
		case groupIDPattern.MatchString(item):
			r.Groups = append(r.Groups, item)
		default:
			return hintError(fmt.Sprintf("%q is neither", item))
		}
		return nil
	})
}

func (r Roster) isEmpty() bool { return !r.All && len(r.Users) == 0 && len(r.Groups) == 0 }

// decodeList decodes the items of a list and joins their errors into one hint.
func decodeList(text string, decode func(item string) error) error {
	var problems []string
	for _, item := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		if err := decode(item); err != nil {
			problems = append(problems, err.Error())
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return hintError(strings.Join(problems, ", "))
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

// LogLevel is the minimum level that is logged.
type LogLevel slog.Level

// Decode accepts the name of a level in upper or lower case.
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

// Decode accepts one of the two in upper or lower case.
func (f *LogFormat) Decode(text string) error {
	format := strings.ToLower(strings.TrimSpace(text))
	if format != "json" && format != "text" {
		return errors.New("unknown format")
	}
	*f = LogFormat(format)
	return nil
}
