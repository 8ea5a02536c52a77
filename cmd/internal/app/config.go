package app

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/joho/godotenv"
	"github.com/kelseyhightower/envconfig"
)

// Config holds the settings. The README has a table that describes each of them.
//
// The tags envconfig, default and required belong to package envconfig. This package reads the others:
//   - must completes the error "NAME must …" for a wrong value.
//   - min and max bound numbers and durations.
//   - prefix is how a secret must begin.
//   - hidden keeps the value out of all messages.
type Config struct {
	SlackAppToken    Secret  `envconfig:"SLACK_APP_TOKEN" required:"true" hidden:"true" prefix:"xapp-" must:"be the app-level token, which begins with xapp-"`
	SlackBotToken    Secret  `envconfig:"SLACK_BOT_TOKEN" required:"true" hidden:"true" prefix:"xoxb-" must:"be the bot token, which begins with xoxb-"`
	SlackAPIURL      BaseURL `envconfig:"SLACK_API_URL" default:"https://slack.com/api/" hidden:"true" must:"be a URL such as https://slack.com/api/, without user, query or fragment"`
	SlackConnections int     `envconfig:"SLACK_CONNECTIONS" default:"2" min:"1" max:"10" must:"be a whole number from 1 to 10"`

	CoupontoolsClientID     Secret        `envconfig:"COUPONTOOLS_CLIENT_ID" required:"true" hidden:"true" must:"be the client id of a Coupontools account, without spaces"`
	CoupontoolsClientSecret Secret        `envconfig:"COUPONTOOLS_CLIENT_SECRET" required:"true" hidden:"true" must:"be the client secret of a Coupontools account, without spaces"`
	CoupontoolsBaseURL      BaseURL       `envconfig:"COUPONTOOLS_BASE_URL" default:"https://api.coupontools.com" hidden:"true" must:"be a URL such as https://api.coupontools.com, without user, query or fragment"`
	CoupontoolsRate         int           `envconfig:"COUPONTOOLS_RATE" default:"5" min:"1" max:"1000" must:"be a whole number of calls a second, from 1 to 1000"`
	SMSRates                SMSRates      `envconfig:"SMS_RATE" default:"US=1" must:"be countries with text messages a second, such as US=1,CA=0.5, or off"`
	CoupontoolsTimeout      time.Duration `envconfig:"COUPONTOOLS_TIMEOUT" default:"30s" min:"1ms" max:"10m" must:"be a duration above 0 and up to 10m, such as 30s"`

	RedisURL   RedisURL      `envconfig:"REDIS_URL" default:"redis://127.0.0.1:6379/0" hidden:"true" must:"be the URL of one Redis server: redis://host:port/0, rediss://… or unix://…"`
	CacheTTL   time.Duration `envconfig:"CACHE_TTL" default:"5m" min:"1ms" must:"be a duration above 0, such as 5m"`
	CacheStale time.Duration `envconfig:"CACHE_STALE" default:"24h" min:"0s" must:"be a duration of 0 or more, such as 24h"`

	DefaultRegion     Country   `envconfig:"DEFAULT_REGION" must:"be an ISO 3166 country code of two letters, such as BE"`
	AllowedCountries  Countries `envconfig:"ALLOWED_COUNTRIES" must:"be ISO 3166 country codes of two letters, such as BE,NL"`
	MarketingChannels Channels  `envconfig:"MARKETING_CHANNELS" must:"be channel ids such as C024BE91L, which Slack shows at the end of a channel's details, not names"`
	Senders           Roster    `envconfig:"SENDERS" must:"be * or ids of users (U…, W…) and user groups (S…), such as U024BE7LH,S0614TZR7"`
	Admins            Roster    `envconfig:"ADMINS" must:"be * or ids of users (U…, W…) and user groups (S…), such as U024BE7LH,S0614TZR7"`

	MaxRecipients   int           `envconfig:"MAX_RECIPIENTS" default:"10000" min:"1" must:"be a whole number of 1 or more"`
	ApprovalOver    int           `envconfig:"APPROVAL_OVER" default:"500" min:"0" must:"be a whole number of 0 (off) or more"`
	FrequencyCap    time.Duration `envconfig:"FREQUENCY_CAP" default:"0" min:"0s" must:"be a duration of 0 (off) or more, such as 72h"`
	DailyCapPerson  int           `envconfig:"DAILY_CAP_PERSON" default:"0" min:"0" must:"be a whole number of 0 (off) or more"`
	DailyCap        int           `envconfig:"DAILY_CAP" default:"0" min:"0" must:"be a whole number of 0 (off) or more"`
	LinkLength      int           `envconfig:"LINK_LENGTH" default:"50" min:"0" max:"1000" must:"be a whole number from 0 to 1000"`
	ReportTTL       time.Duration `envconfig:"REPORT_TTL" default:"720h" min:"1ms" must:"be a duration above 0, such as 720h"`
	SuppressionKey  Secret        `envconfig:"SUPPRESSION_KEY" hidden:"true" must:"be a secret of your own, without spaces"`
	SuppressionName ListName      `envconfig:"SUPPRESSION_NAME" must:"be a name of letters, digits, - and _, up to 64 of them"`

	ListenAddr      Address       `envconfig:"LISTEN_ADDR" default:"127.0.0.1:8080" must:"be an address such as 127.0.0.1:8080 or :8080"`
	LogLevel        LogLevel      `envconfig:"LOG_LEVEL" default:"info" must:"be debug, info, warn or error"`
	LogFormat       LogFormat     `envconfig:"LOG_FORMAT" default:"json" must:"be json or text"`
	AllowHTTP       bool          `envconfig:"ALLOW_HTTP" default:"0" must:"be 0 or 1"`
	ShutdownTimeout time.Duration `envconfig:"SHUTDOWN_TIMEOUT" default:"35s" min:"1ms" must:"be a duration above 0, such as 35s"`
}

// SettingsError lists all problems with the settings. Each is a sentence that begins with the variable's name and shows no
// secret.
type SettingsError []string

// Error returns all problems on one line. The subcommands print them one per line instead.
func (e SettingsError) Error() string {
	return fmt.Sprintf("%d wrong in the settings: %s", len(e), strings.Join(e, "; "))
}

// ReadConfig reads the settings from the environment. Variables that are missing there come from the file .env in the
// working directory. An empty variable counts as not set. The error is a [SettingsError].
func ReadConfig() (Config, error) {
	var problems SettingsError
	if err := loadDotEnv(); err != nil {
		problems = append(problems, err.Error())
	}
	var c Config
	mask := newMasker(c.hiddenValues()...) // a secret may be in the wrong variable
	for field, value := range c.fields() {
		if err := readField(field, value, mask); err != nil {
			problems = append(problems, err.Error())
		}
	}
	problems = append(problems, c.plainHTTPProblems()...)
	if len(problems) > 0 {
		return Config{}, problems
	}
	c.SlackAPIURL = c.SlackAPIURL.withSlash()
	return c, nil
}

// plainHTTPProblems reports base URLs that would send keys and personal data unencrypted, unless ALLOW_HTTP permits it.
func (c Config) plainHTTPProblems() (problems []string) {
	for name, base := range map[string]BaseURL{"SLACK_API_URL": c.SlackAPIURL, "COUPONTOOLS_BASE_URL": c.CoupontoolsBaseURL} {
		if plainHTTP(string(base)) && !c.AllowHTTP {
			problems = append(problems, name+" must be an https URL, since keys and people's data go there; "+
				"ALLOW_HTTP=1 allows plain http to another host")
		}
	}
	slices.Sort(problems)
	return problems
}

// Defaults returns the default settings and ignores the environment. Settings without a default are empty.
func Defaults() Config {
	var c Config
	for field, value := range c.fields() {
		if err := decodeField(fromDefault, field, value); err != nil {
			panic(fmt.Sprintf("app: default of %s: %v", envName(field), err))
		}
	}
	return c
}

// listenAddr reads only LISTEN_ADDR.
func listenAddr() (Address, error) {
	if err := loadDotEnv(); err != nil {
		return "", SettingsError{err.Error()}
	}
	var c Config
	field, _ := reflect.TypeFor[Config]().FieldByName("ListenAddr")
	if err := readField(field, reflect.ValueOf(&c.ListenAddr).Elem(), newMasker(c.hiddenValues()...)); err != nil {
		return "", SettingsError{err.Error()}
	}
	return c.ListenAddr, nil
}

// Countries returns the ISO 3166 codes of the countries that SMS may be sent to. An empty list means all countries.
func (c Config) Countries() []string {
	allowed := c.AllowedCountries
	if len(allowed) == 0 && c.DefaultRegion != "" {
		allowed = Countries{c.DefaultRegion}
	}
	var codes []string
	for _, country := range allowed {
		codes = append(codes, string(country))
	}
	return codes
}

// Secrets returns the values that logs and messages must not show.
func (c Config) Secrets() []string {
	var texts []string
	for _, s := range []Secret{
		c.SlackAppToken, c.SlackBotToken, c.CoupontoolsClientID, c.CoupontoolsClientSecret, c.SuppressionKey,
		Secret(c.RedisURL.Options().Password),
	} {
		if s != "" {
			texts = append(texts, s.Reveal())
		}
	}
	return texts
}

// fields yields each setting's struct field and its addressable value.
func (c *Config) fields() func(yield func(reflect.StructField, reflect.Value) bool) {
	return func(yield func(reflect.StructField, reflect.Value) bool) {
		v := reflect.ValueOf(c).Elem()
		for i := range v.NumField() {
			if !yield(v.Type().Field(i), v.Field(i)) {
				return
			}
		}
	}
}

// envName returns the name of a setting's environment variable.
func envName(field reflect.StructField) string { return field.Tag.Get("envconfig") }

// readField reads one setting from the environment. Its error names the variable and the allowed values.
func readField(field reflect.StructField, value reflect.Value, mask masker) error {
	name, must := envName(field), field.Tag.Get("must")
	text := os.Getenv(name)
	if text == "" {
		if field.Tag.Get("required") == "true" {
			return fmt.Errorf("%s is not set; it must %s", name, must)
		}
		return decodeField(fromDefault, field, value)
	}
	err := decodeField(fromEnv, field, value)
	if err == nil {
		err = checkValue(field, value)
	}
	if err == nil {
		return nil
	}
	hint := ""
	if h, ok := errors.AsType[hintError](err); ok {
		hint = "; " + truncate(mask.maskSecrets(string(h)))
	}
	if field.Tag.Get("hidden") == "true" {
		return fmt.Errorf("%s must %s%s", name, must, hint)
	}
	return fmt.Errorf("%s must %s, but is %q%s", name, must, truncate(mask.maskSecrets(text)), hint)
}

// hiddenValues returns the raw values of the settings tagged hidden, including invalid ones.
func (c *Config) hiddenValues() []string {
	var values []string
	for field := range c.fields() {
		if field.Tag.Get("hidden") == "true" {
			values = append(values, strings.TrimSpace(os.Getenv(envName(field))))
		}
	}
	return values
}

// hintError explains what is wrong with a value. It repeats no secret.
type hintError string

func (e hintError) Error() string { return string(e) }

// valueSource selects where [decodeField] takes a value from.
type valueSource int

const (
	fromEnv valueSource = iota
	fromDefault
)

// decodeField decodes one field with envconfig. It processes each field on its own because envconfig stops at the first
// error. For fromDefault it uses a prefix that no environment variable can have, so that envconfig takes the default.
func decodeField(source valueSource, field reflect.StructField, value reflect.Value) error {
	prefix, tag := "", fmt.Sprintf("envconfig:%q", envName(field))
	if source == fromDefault {
		prefix, tag = "not set", fmt.Sprintf("default:%q", field.Tag.Get("default"))
	}
	holder := reflect.New(reflect.StructOf([]reflect.StructField{
		{Name: "Value", Type: field.Type, Tag: reflect.StructTag(tag)},
	}))
	err := envconfig.Process(prefix, holder.Interface())
	if parse, ok := errors.AsType[*envconfig.ParseError](err); ok {
		return parse.Err
	}
	if err != nil {
		return err
	}
	value.Set(holder.Elem().Field(0))
	return nil
}

// errBounds needs no details: the tag must, which the message shows, names the bounds.
var errBounds = errors.New("out of bounds")

// checkValue checks numbers, durations and secrets against their min, max and prefix tags. Other types are checked by
// their Decode method.
func checkValue(field reflect.StructField, value reflect.Value) error {
	switch v := value.Interface().(type) {
	case int:
		return checkBounds(v, field, strconv.Atoi)
	case time.Duration:
		return checkBounds(v, field, time.ParseDuration)
	case Secret:
		v = Secret(strings.TrimSpace(string(v)))
		value.Set(reflect.ValueOf(v))
		return checkSecret(v, field.Tag.Get("prefix"))
	}
	return nil
}

// checkBounds checks a value against the tags min and max, if present.
func checkBounds[T cmp.Ordered](v T, field reflect.StructField, parse func(string) (T, error)) error {
	if lower, err := parse(field.Tag.Get("min")); err == nil && v < lower {
		return errBounds
	}
	if upper, err := parse(field.Tag.Get("max")); err == nil && v > upper {
		return errBounds
	}
	return nil
}

// maxShownRunes bounds how much of a wrong value or of a hint an error shows.
const maxShownRunes = 100

// truncate shortens a text to maxShownRunes.
func truncate(text string) string {
	if runes := []rune(text); len(runes) > maxShownRunes {
		return string(runes[:maxShownRunes]) + "…"
	}
	return text
}

// loadDotEnv adds the variables of .env, if the file exists, to the environment. It doesn't overwrite variables.
func loadDotEnv() error {
	text, err := os.ReadFile(".env")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf(".env cannot be read: %w", err)
	}
	// The error of godotenv quotes the line, which may hold a secret.
	values, err := godotenv.UnmarshalBytes(text)
	if err != nil {
		return fmt.Errorf(".env must hold lines such as NAME=value, but line %d does not", firstBadLine(string(text)))
	}
	for name, value := range values {
		if _, ok := os.LookupEnv(name); ok {
			continue
		}
		if err := os.Setenv(name, value); err != nil {
			return errors.New(".env must hold lines such as NAME=value, but has a name or value that cannot be set")
		}
	}
	return nil
}

// firstBadLine returns the number of the line after the longest part of a .env file that can be parsed. It parses whole
// parts because a quoted value may span several lines.
func firstBadLine(text string) int {
	lines := strings.SplitAfter(text, "\n")
	for n := len(lines) - 1; n > 0; n-- {
		if _, err := godotenv.Unmarshal(strings.Join(lines[:n], "")); err == nil {
			return n + 1
		}
	}
	return 1
}
