package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/sends"
)

// requiredSettings are valid values of the required settings.
var requiredSettings = map[string]string{
	"SLACK_APP_TOKEN":           "xapp-1-A1-2-secret",
	"SLACK_BOT_TOKEN":           "xoxb-1-2-secret",
	"COUPONTOOLS_CLIENT_ID":     "1234567890123456789012345678",
	"COUPONTOOLS_CLIENT_SECRET": "abcdefghijklmnopqrstuvwxyz0123",
}

// setEnv sets the required settings and those given, unsets all others, and changes to an empty working directory.
func setEnv(t *testing.T, settings map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for field := range new(Config).fields() {
		name := envName(field)
		t.Setenv(name, "") // for its cleanup
		value, ok := settings[name]
		if !ok {
			value, ok = requiredSettings[name]
		}
		if !ok {
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
			continue
		}
		t.Setenv(name, value)
	}
}

func readConfig(t *testing.T, settings map[string]string) Config {
	t.Helper()
	setEnv(t, settings)
	c, err := ReadConfig()
	if err != nil {
		t.Fatalf("ReadConfig() = %v", err)
	}
	return c
}

// readProblems returns the problems that ReadConfig reports for the settings.
func readProblems(t *testing.T, settings map[string]string) SettingsError {
	t.Helper()
	setEnv(t, settings)
	_, err := ReadConfig()
	wrong, ok := errors.AsType[SettingsError](err)
	if !ok {
		t.Fatalf("ReadConfig() = %v, want a SettingsError", err)
	}
	return wrong
}

func TestReadConfig_defaults(t *testing.T) {
	got := readConfig(t, nil)

	want := Defaults()
	want.SlackAppToken = Secret(requiredSettings["SLACK_APP_TOKEN"])
	want.SlackBotToken = Secret(requiredSettings["SLACK_BOT_TOKEN"])
	want.CoupontoolsClientID = Secret(requiredSettings["COUPONTOOLS_CLIENT_ID"])
	want.CoupontoolsClientSecret = Secret(requiredSettings["COUPONTOOLS_CLIENT_SECRET"])
	if !reflect.DeepEqual(got, want) {
		t.Errorf("ReadConfig() = %+v, want %+v", got, want)
	}
	if got.SlackConnections != 2 || got.CoupontoolsTimeout != 30*time.Second || got.CacheStale != 24*time.Hour ||
		got.SlackAPIURL != "https://slack.com/api/" || got.RedisURL.Options().Addr != "127.0.0.1:6379" {
		t.Errorf("ReadConfig() = %+v, want the README's defaults", got)
	}
}

func TestDefaults_ignoreEnvironment(t *testing.T) {
	setEnv(t, map[string]string{"SLACK_CONNECTIONS": "7", "SENDERS": "*"})

	got := Defaults()

	if got.SlackConnections != 2 || got.Senders.All || got.SlackBotToken != "" {
		t.Errorf("Defaults() = %+v, want no values from the environment", got)
	}
}

func TestReadConfig_values(t *testing.T) {
	got := readConfig(t, map[string]string{
		"SLACK_BOT_TOKEN":    "  xoxb-9-spaced\n",
		"SLACK_API_URL":      "http://127.0.0.1:9999/api",
		"REDIS_URL":          "rediss://me:hush@redis.example:6380/3",
		"FREQUENCY_CAP":      "72h",
		"DEFAULT_REGION":     "be",
		"ALLOWED_COUNTRIES":  "nl, LU,,",
		"MARKETING_CHANNELS": "C024BE91L G0123ABC",
		"SENDERS":            "U024BE7LH, W012A3CDE,S0614TZR7",
		"ADMINS":             "*",
		"LISTEN_ADDR":        ":0",
		"LOG_LEVEL":          "WARN",
		"LOG_FORMAT":         "text",
		"SMS_RATE":           "us=1, CA=0.5",
		"COUPONTOOLS_RATE":   "", // empty counts as not set
	})

	want := Defaults()
	want.SlackAppToken = got.SlackAppToken
	want.SlackBotToken = "xoxb-9-spaced"
	want.CoupontoolsClientID, want.CoupontoolsClientSecret = got.CoupontoolsClientID, got.CoupontoolsClientSecret
	want.SlackAPIURL = "http://127.0.0.1:9999/api/"
	want.RedisURL = RedisURL{"rediss://me:hush@redis.example:6380/3"}
	want.SMSRates = SMSRates{"US": 1, "CA": 0.5}
	want.FrequencyCap = 72 * time.Hour
	want.DefaultRegion = "BE"
	want.AllowedCountries = Countries{"NL", "LU"}
	want.MarketingChannels = Channels{"C024BE91L", "G0123ABC"}
	want.Senders = Roster{Users: []string{"U024BE7LH", "W012A3CDE"}, Groups: []string{"S0614TZR7"}}
	want.Admins = Roster{All: true}
	want.ListenAddr = ":0"
	want.LogLevel = LogLevel(slog.LevelWarn)
	want.LogFormat = "text"
	if !reflect.DeepEqual(got, want) {
		t.Errorf("ReadConfig() = %+v, want %+v", got, want)
	}
	if o := got.RedisURL.Options(); o.Addr != "redis.example:6380" || o.DB != 3 || o.TLSConfig == nil {
		t.Errorf("Redis options = %s, database %d, want redis.example:6380, 3, TLS", o.Addr, o.DB)
	}
}

func TestReadConfig_listsAllProblems(t *testing.T) {
	got := readProblems(t, map[string]string{
		"SLACK_APP_TOKEN":       "xoxb-1-mixed-up",
		"SLACK_BOT_TOKEN":       "",
		"SLACK_CONNECTIONS":     "11",
		"COUPONTOOLS_TIMEOUT":   "30",
		"COUPONTOOLS_CLIENT_ID": "has space",
		"REDIS_URL":             "http://me:hush@nowhere",
		"DEFAULT_REGION":        "UK",
		"SMS_RATE":              "US=1,UK=2,BE,NL=fast,FR=0,CA=-1,US=2",
		"SENDERS":               "mia, U024BE7LH, #team",
		"MARKETING_CHANNELS":    "#marketing",
	})

	want := SettingsError{
		"SLACK_APP_TOKEN must be the app-level token, which begins with xapp-; it holds the bot token (xoxb-…)",
		"SLACK_BOT_TOKEN is not set; it must be the bot token, which begins with xoxb-",
		`SLACK_CONNECTIONS must be a whole number from 1 to 10, but is "11"`,
		"COUPONTOOLS_CLIENT_ID must be the client id of a Coupontools account, without spaces",
		`SMS_RATE must be countries with text messages a second, such as US=1,CA=0.5, or off, ` +
			`but is "US=1,UK=2,BE,NL=fast,FR=0,CA=-1,US=2"; there is no country "UK", ` +
			`"BE" has no rate from 0.001 to 999, "NL=fast" has no rate from 0.001 to 99…`,
		`COUPONTOOLS_TIMEOUT must be a duration above 0 and up to 10m, such as 30s, but is "30"`,
		"REDIS_URL must be the URL of one Redis server: redis://host:port/0, rediss://… or unix://…; it has the scheme http://",
		`DEFAULT_REGION must be an ISO 3166 country code of two letters, such as BE, but is "UK"; there is no country "UK"`,
		"MARKETING_CHANNELS must be channel ids such as C024BE91L, which Slack shows at the end of a channel's details, " +
			`not names, but is "#marketing"; "#marketing" is no channel id`,
		"SENDERS must be * or ids of users (U…, W…) and user groups (S…), such as U024BE7LH,S0614TZR7, " +
			`but is "mia, U024BE7LH, #team"; "mia" is neither, "#team" is neither`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mistakes (-want +got):\n%s", diff)
	}
}

func TestReadConfig_hidesMisplacedSecret(t *testing.T) {
	got := readProblems(t, map[string]string{
		"DEFAULT_REGION": requiredSettings["COUPONTOOLS_CLIENT_SECRET"],
		"SENDERS":        "xoxb-0-another",
	})

	want := SettingsError{
		`DEFAULT_REGION must be an ISO 3166 country code of two letters, such as BE, but is "[secret]"; ` +
			`there is no country "[secret]"`,
		"SENDERS must be * or ids of users (U…, W…) and user groups (S…), such as U024BE7LH,S0614TZR7, " +
			`but is "[secret]"; "[secret]" is neither`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mistakes (-want +got):\n%s", diff)
	}
}

func TestReadConfig_namesVariable(t *testing.T) {
	tests := []struct{ name, value string }{
		{"SLACK_APP_TOKEN", "xapp-"},
		{"SLACK_BOT_TOKEN", "secret-without-prefix"},
		{"SLACK_BOT_TOKEN", "xoxb-with\nnewline"},
		{"SLACK_API_URL", "slack.com/api"},
		{"SLACK_API_URL", "https://me:hush@slack.com/api/"},
		{"SLACK_API_URL", "https://slack.com/api/?token=secret"},
		{"SLACK_CONNECTIONS", "0"},
		{"SLACK_CONNECTIONS", "two"},
		{"COUPONTOOLS_CLIENT_SECRET", "Ω"},
		{"COUPONTOOLS_BASE_URL", "ftp://api.coupontools.com"},
		{"COUPONTOOLS_RATE", "0"},
		{"COUPONTOOLS_TIMEOUT", "0s"},
		{"SMS_RATE", "1"},
		{"SMS_RATE", "US"},
		{"SMS_RATE", "US=0"},
		{"SMS_RATE", "US=0.000"},
		{"SMS_RATE", "US=NaN"},
		{"SMS_RATE", "US=1e9"},
		{"SMS_RATE", "US=1,US=2"},
		{"SMS_RATE", "US=1,off"},
		{"REDIS_URL", "127.0.0.1:6379"},
		{"REDIS_URL", "redis://me:secret@host:port"},
		{"CACHE_TTL", "-1s"},
		{"CACHE_STALE", "-1s"},
		{"ALLOWED_COUNTRIES", "BE,XX"},
		{"MARKETING_CHANNELS", "D024BE91L"},
		{"SENDERS", "everyone"},
		{"ADMINS", "C024BE91L"},
		{"MAX_RECIPIENTS", "0"},
		{"APPROVAL_OVER", "-1"},
		{"FREQUENCY_CAP", "a week"},
		{"DAILY_CAP_PERSON", "-1"},
		{"DAILY_CAP", "1.5"},
		{"LINK_LENGTH", "-1"},
		{"LINK_LENGTH", "short"},
		{"REPORT_TTL", "0"},
		{"SUPPRESSION_KEY", "two secret"},
		{"LISTEN_ADDR", "8080"},
		{"LISTEN_ADDR", "localhost:http"},
		{"LISTEN_ADDR", ":99999"},
		{"LOG_LEVEL", "loud"},
		{"LOG_FORMAT", "xml"},
		{"SHUTDOWN_TIMEOUT", "-5s"},
	}
	for _, tt := range tests {
		t.Run(tt.name+" "+tt.value, func(t *testing.T) {
			wrong := readProblems(t, map[string]string{tt.name: tt.value})

			if len(wrong) != 1 || !strings.HasPrefix(wrong[0], tt.name+" must ") {
				t.Errorf("mistakes = %q, want one that begins with %s must", []string(wrong), tt.name)
			}
			if strings.Contains(wrong[0], "secret-") || strings.Contains(wrong[0], "hush") || strings.Contains(wrong[0], "=secret") {
				t.Errorf("mistake = %q, want no secret in it", wrong[0])
			}
		})
	}
}

func TestReadConfig_dotEnv(t *testing.T) {
	setEnv(t, map[string]string{"COUPONTOOLS_RATE": "9"})
	dotEnv := "# a comment\nCOUPONTOOLS_RATE=3\nexport SENDERS='*'\nSUPPRESSION_KEY=\"from-file\" # why\n"
	if err := os.WriteFile(".env", []byte(dotEnv), 0o600); err != nil {
		t.Fatal(err)
	}

	c, err := ReadConfig()
	if err != nil {
		t.Fatalf("ReadConfig() = %v", err)
	}

	if c.CoupontoolsRate != 9 || !c.Senders.All || c.SuppressionKey != "from-file" {
		t.Errorf("ReadConfig() = rate %d, senders %+v, want 9 from the environment and all from .env", c.CoupontoolsRate, c.Senders)
	}
}

func TestReadConfig_brokenDotEnv(t *testing.T) {
	setEnv(t, map[string]string{"LOG_LEVEL": "loud"})
	dotEnv := "A=1\nB=\"two\nlines\"\nSLACK_BOT_TOKEN xoxb-secret\nC=3\n"
	if err := os.WriteFile(".env", []byte(dotEnv), 0o600); err != nil {
		t.Fatal(err)
	}

	_, err := ReadConfig()

	want := SettingsError{
		".env must hold lines such as NAME=value, but line 4 does not",
		`LOG_LEVEL must be debug, info, warn or error, but is "loud"`,
	}
	if diff := cmp.Diff(error(want), err); diff != "" {
		t.Errorf("ReadConfig() (-want +got):\n%s", diff)
	}
}

func TestReadConfig_smsRates(t *testing.T) {
	for text, want := range map[string]SMSRates{
		"": {"US": 1}, "off": {}, " OFF ": {}, "US=1,CA=0.5": {"US": 1, "CA": 0.5}, "ca=0.001 gb=30": {"CA": 0.001, "GB": 30},
	} {
		if got := readConfig(t, map[string]string{"SMS_RATE": text}).SMSRates; !cmp.Equal(got, want) {
			t.Errorf("SMS_RATE %q = %v, want %v", text, got, want)
		}
	}
}

func TestConfig_countries(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		region  Country
		allowed Countries
		want    []string
	}{
		{"unset", "", nil, nil},
		{"default region", "BE", nil, []string{"BE"}},
		{"list overrides region", "BE", Countries{"NL", "FR"}, []string{"NL", "FR"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := Config{DefaultRegion: tt.region, AllowedCountries: tt.allowed}
			if got := c.Countries(); !cmp.Equal(got, tt.want) {
				t.Errorf("Countries() = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestConfig_showsNoSecret(t *testing.T) {
	t.Parallel()
	c := Defaults()
	c.SlackBotToken, c.SlackAppToken, c.SuppressionKey = "xoxb-hush", "xapp-hush", "hush"
	c.CoupontoolsClientID, c.CoupontoolsClientSecret = "hush1", "hush2"
	c.RedisURL = RedisURL{"redis://me:hush@127.0.0.1:6379"}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("settings", "config", c, "redis", c.RedisURL)
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}

	for _, shown := range []string{
		log.String(), string(asJSON), fmt.Sprint(c), fmt.Sprintf("%+v %#v %q %x", c, c, c.RedisURL, c.SlackBotToken),
	} {
		if strings.Contains(shown, "hush") || strings.Contains(shown, fmt.Sprintf("%x", "hush")) {
			t.Errorf("shown: %s", shown)
		}
	}
	if got := len(c.Secrets()); got != 6 {
		t.Errorf("Secrets() has %d texts, want 6", got)
	}
}

// readRepoFile reads a file of the repository's root. It skips the test if the file doesn't exist.
func readRepoFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", name))
	if os.IsNotExist(err) {
		t.Skip(name + " doesn't exist")
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestConfig_exampleFile checks that .env.example has each setting once and in order: required ones with an empty value,
// others commented out with their default.
func TestConfig_exampleFile(t *testing.T) {
	t.Parallel()
	var want []string
	for field := range new(Config).fields() {
		line := envName(field) + "=" + field.Tag.Get("default")
		if field.Tag.Get("required") != "true" {
			line = "#" + line
		}
		want = append(want, line)
	}

	var got []string
	for line := range strings.Lines(readRepoFile(t, ".env.example")) {
		line = strings.TrimSpace(line)
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "#"), "="); ok && name == strings.ToUpper(name) && !strings.Contains(name, " ") {
			got = append(got, line)
		}
	}

	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf(".env.example (-want +got):\n%s", diff)
	}
}

// TestConfig_readme checks that the README's table has the same variables and defaults as the struct, in the same order.
func TestConfig_readme(t *testing.T) {
	t.Parallel()
	var want []string
	for field := range new(Config).fields() {
		value := "`" + field.Tag.Get("default") + "`"
		switch {
		case field.Tag.Get("required") == "true":
			value = "required"
		case value == "``":
			value = "empty"
		}
		want = append(want, envName(field)+" "+value)
	}

	if diff := cmp.Diff(want, settingsTable(readRepoFile(t, "README.md"))); diff != "" {
		t.Errorf("README.md (-want +got):\n%s", diff)
	}
}

// settingDescriptions returns the comments of .env.example by variable. A comment applies to all settings up to the next
// comment.
func settingDescriptions(example string) map[string]string {
	about := map[string]string{}
	comment, fresh := "", true
	for line := range strings.Lines(example) {
		line = strings.TrimSpace(line)
		switch name, _, isSetting := strings.Cut(strings.TrimPrefix(line, "#"), "="); {
		case isSetting && settingNamePattern.MatchString(name):
			about[name], fresh = comment, true
		case !strings.HasPrefix(line, "# ") || strings.HasPrefix(line, "# ---"):
			comment = ""
		case fresh:
			comment, fresh = strings.TrimPrefix(line, "# "), false
		default:
			comment += strings.TrimPrefix(line, "#")
		}
	}
	return about
}

var settingNamePattern = regexp.MustCompile(`^[A-Z][A-Z_]+$`)

// TestConfig_described checks that the descriptions in .env.example and the README agree with the accepted values.
func TestConfig_described(t *testing.T) {
	t.Parallel()
	example, readme := settingDescriptions(readRepoFile(t, ".env.example")), map[string]string{}
	for line := range strings.Lines(readRepoFile(t, "README.md")) {
		if cells := strings.Split(line, "|"); len(cells) > 4 {
			readme[strings.Trim(cells[1], " `")] = strings.ReplaceAll(cells[3], "`", "")
		}
	}
	for field := range new(Config).fields() {
		for file, about := range map[string]string{".env.example": example[envName(field)], "README.md": readme[envName(field)]} {
			for _, problem := range docProblems(field, about) {
				t.Errorf("%s, %s: %s, but the text is: %s", file, envName(field), problem, about)
			}
		}
	}
}

func TestDocProblems(t *testing.T) {
	t.Parallel()
	fields := map[string]reflect.StructField{}
	for field := range new(Config).fields() {
		fields[envName(field)] = field
	}
	for _, tt := range []struct {
		name, about string
		wrong       bool
	}{
		{"APPROVAL_OVER", "Above this many recipients another sender must approve; 0 = off. Not in force yet.", true},
		{"APPROVAL_OVER", "Above this many recipients another sender must approve; 0 = off.", false},
		{"APPROVAL_OVER", "", true},
		{"MAX_RECIPIENTS", "The most recipients of one send; 0 = off.", true},
		{"MAX_RECIPIENTS", "The ceiling of one send. The form takes at most 50 for now.", true},
		{"SLACK_CONNECTIONS", "Connections, 1 to 20.", true},
		{"COUPONTOOLS_RATE", "Calls a second.", true},
		{"COUPONTOOLS_TIMEOUT", "How long one call may take, at most 5m.", true},
		{"DEFAULT_REGION", "A country, such as UK. Empty: none.", true},
		{"DEFAULT_REGION", "A country, such as BE.", true},
		{"REDIS_URL", "One server. Empty: none.", true},
		{"REDIS_URL", "One server, such as redis://host/0 or valkey://host/0.", true},
		{"LOG_LEVEL", "One of debug, info, warning or error.", true},
		{"LOG_LEVEL", "How much is logged.", true},
	} {
		if got := docProblems(fields[tt.name], tt.about); (len(got) > 0) != tt.wrong {
			t.Errorf("%s: %q: problems are %q, want some: %t", tt.name, tt.about, got, tt.wrong)
		}
	}
}

var (
	saysLater    = regexp.MustCompile(`(?i)not in force|\byet\b|for now|later version`)
	saysExamples = regexp.MustCompile(`such as ([^ ]+(?: or [^ ]+)*)`)
	saysOneOf    = regexp.MustCompile(`One of ([a-z]+(?:, [a-z]+)* or [a-z]+)\.`)
	saysRange    = regexp.MustCompile(`(\d+) to (\d+)`)
	saysMost     = regexp.MustCompile(`at most (\w+)`)
	saysOff      = regexp.MustCompile(`(\w+) = off`)
)

// docProblems returns where the description of a setting contradicts its accepted values and bounds.
func docProblems(field reflect.StructField, about string) (problems []string) {
	report := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	checkAccepted := func(values ...string) {
		for _, value := range values {
			if err := decodeSetting(field, value); err != nil {
				report("%q is not accepted (%v)", value, err)
			}
		}
	}
	if about == "" {
		report("it has no description")
	}
	if saysLater.MatchString(about) {
		report("it is in force")
	}
	for _, m := range saysExamples.FindAllStringSubmatch(about, -1) {
		for example := range strings.SplitSeq(m[1], " or ") {
			checkAccepted(strings.TrimRight(example, ".;,)"))
		}
	}
	oneOf := saysOneOf.FindStringSubmatch(about)
	switch {
	case oneOf != nil:
		checkAccepted(strings.Split(strings.ReplaceAll(oneOf[1], " or ", ", "), ", ")...)
	case field.Type == reflect.TypeFor[LogLevel]() || field.Type == reflect.TypeFor[LogFormat]():
		report("the values are not listed")
	}
	if m := saysOff.FindStringSubmatch(about); m != nil {
		checkAccepted(m[1])
	}
	least, most := field.Tag.Get("min"), field.Tag.Get("max")
	switch ends, end := saysRange.FindStringSubmatch(about), saysMost.FindStringSubmatch(about); {
	case most == "":
	case ends != nil && ends[1] == least && ends[2] == most:
	case end != nil && end[1] == most:
	default:
		report("it goes from %s to %s", least, most)
	}
	if free := field.Tag.Get("default") == "" && field.Tag.Get("required") == ""; free != strings.Contains(about, "Empty: ") {
		report("it may be empty: %t", free)
	}
	return problems
}

// decodeSetting returns nil if a setting accepts a value.
func decodeSetting(field reflect.StructField, text string) error {
	value := reflect.New(field.Type).Elem()
	if value.Kind() == reflect.String && value.Type() == reflect.TypeFor[Secret]() {
		value.SetString(text)
	} else if err := setValue(value.Addr().Interface(), text); err != nil {
		return err
	}
	return checkValue(field, value)
}

// settingsTable returns the name and default of each row in the README tables that begin with "| variable |".
func settingsTable(readme string) []string {
	var rows []string
	inTable := false
	for line := range strings.Lines(readme) {
		cells := strings.Split(line, "|")
		switch {
		case strings.HasPrefix(line, "| variable |"):
			inTable = true
		case !strings.HasPrefix(line, "|"):
			inTable = false
		case inTable && len(cells) > 3 && strings.HasPrefix(cells[1], " `"):
			value, _, _ := strings.Cut(strings.TrimSpace(cells[2]), " ") // a note may follow
			rows = append(rows, strings.Trim(cells[1], " `")+" "+value)
		}
	}
	return rows
}

// Base URLs of other hosts must be https, unless ALLOW_HTTP=1.
func TestReadConfig_plainHTTP(t *testing.T) {
	for _, name := range []string{"SLACK_API_URL", "COUPONTOOLS_BASE_URL"} {
		for value, refused := range map[string]bool{
			"http://proxy.example/api/": true, "HTTP://slack.com/api/": true, "http://10.0.0.7:8080/": true, "http://127.0.0.1.evil.example/": true,
			"http://localhost.evil.example/": true, "http://[2001:db8::1]/": true, "http://0.0.0.0:80/": true,
			"https://proxy.example/api/": false, "http://127.0.0.1:9999/": false, "http://127.8.8.8/": false, "http://[::1]:9999/": false,
			"http://localhost:9999/": false, "http://LocalHost:9999/": false,
		} {
			if !refused {
				readConfig(t, map[string]string{name: value})
				continue
			}
			wrong := readProblems(t, map[string]string{name: value, "LOG_FORMAT": "xml"})
			if len(wrong) != 2 || !slices.ContainsFunc(wrong, func(line string) bool {
				return strings.HasPrefix(line, name+" must be an https URL") && strings.Contains(line, "ALLOW_HTTP=1")
			}) {
				t.Errorf("%s=%s: %q, want this problem and the one of LOG_FORMAT", name, value, wrong)
			}
			readConfig(t, map[string]string{name: value, "ALLOW_HTTP": "1"})
		}
	}
	_ = readProblems(t, map[string]string{"ALLOW_HTTP": "perhaps"})
}

// The README states what approvals apply to and the cap on test sends.
func TestReadme_limits(t *testing.T) {
	t.Parallel()
	text := readRepoFile(t, "README.md")
	for _, want := range []string{"Approval is per send", fmt.Sprintf("%d a day per person", sends.MaxTests)} {
		if !strings.Contains(text, want) {
			t.Errorf("README.md doesn't say %q", want)
		}
	}
}
