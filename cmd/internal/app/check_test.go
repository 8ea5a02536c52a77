package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/sandbox"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

// stubResponses are responses of Slack and Coupontools: bodies by path, or "status 503" for a status code. A Slack path may
// end with ? and the id of the requested object. The sandbox answers other calls to Coupontools; other calls to Slack fail.
type stubResponses map[string]string

// healthyResponses returns responses for which the check finds no problem.
func healthyResponses() stubResponses {
	return stubResponses{
		"/api/auth.test":             `{"ok":true,"team":"Acme","team_id":"T1","user":"couponbot","user_id":"UBOT","bot_id":"B1"}`,
		"/api/apps.connections.open": `{"ok":true,"url":"wss://wss.example/link/?ticket=hush&app_id=A1"}`,
		"/api/conversations.info?C0MARKET": `{"ok":true,"channel":{"id":"C0MARKET","name":"marketing","is_channel":true,` +
			`"is_member":true}}`,
		"/api/usergroups.users.list?S0SENDERS": `{"ok":true,"users":["U1","U2"]}`,
		"/api/users.info?U0MIA":                `{"ok":true,"user":{"id":"U0MIA","team_id":"T1","real_name":"Mia Private"}}`,
		"scopes":                               strings.Join(scopes, ","),
	}
}

// with returns the responses with some of them replaced.
func (o stubResponses) with(replaced stubResponses) stubResponses {
	o = maps.Clone(o)
	maps.Copy(o, replaced)
	return o
}

func (o stubResponses) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if granted := o["scopes"]; granted != "" {
		w.Header().Set("X-OAuth-Scopes", granted)
	}
	key := r.URL.Path
	for _, name := range []string{"channel", "usergroup", "user"} {
		if id := r.PostFormValue(name); id != "" && strings.HasPrefix(key, "/api/") {
			key += "?" + id
		}
	}
	body, ok := o[key]
	if !ok {
		http.Error(w, "unknown "+key, http.StatusNotImplemented)
		return
	}
	if status := 0; strings.HasPrefix(body, "status ") {
		_, _ = fmt.Sscanf(body, "status %d", &status)
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, body)
}

// The API keys of the sandbox.
const sandboxID, sandboxSecret = "111hush", "222hush"

// runCheck runs Check against stub responses and returns its lines. It fails the test if they show a secret or a name.
func runCheck(t *testing.T, o stubResponses, change func(*Config)) ([]string, error) {
	t.Helper()
	return runCheckWith(t, o, sandbox.New(sandbox.WithKeys(sandboxID, sandboxSecret)), change)
}

// runCheckWith is runCheck with the caller's Coupontools handler.
func runCheckWith(t *testing.T, o stubResponses, api http.Handler, change func(*Config)) ([]string, error) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := o[r.URL.Path]; ok || strings.HasPrefix(r.URL.Path, "/api/") {
			o.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	c := Defaults()
	c.SlackAppToken, c.SlackBotToken = "xapp-hush", "xoxb-hush"
	c.CoupontoolsClientID, c.CoupontoolsClientSecret = sandboxID, sandboxSecret
	c.CoupontoolsRate = 1000
	c.SlackAPIURL, c.CoupontoolsBaseURL = BaseURL(server.URL+"/api/"), BaseURL(server.URL)
	c.RedisURL = RedisURL{Secret("redis://" + miniredis.RunT(t).Addr())}
	c.MarketingChannels = Channels{"C0MARKET"}
	c.Senders = Roster{Users: []string{"U0MIA"}, Groups: []string{"S0SENDERS"}}
	c.Admins = Roster{All: true}
	if change != nil {
		change(&c)
	}
	var out bytes.Buffer
	err := Check(t.Context(), c, &out, slog.New(slog.DiscardHandler))
	for _, private := range []string{"hush", "Mia", "Private", "mia@", "+32470"} {
		if strings.Contains(out.String(), private) {
			t.Errorf("check shows %q:\n%s", private, &out)
		}
	}
	return strings.Split(strings.TrimSpace(out.String()), "\n"), err
}

func TestCheck_healthy(t *testing.T) {
	t.Parallel()
	got, err := runCheck(t, healthyResponses(), nil)
	if err != nil {
		t.Errorf("Check() = %v, want nil", err)
	}
	want := []string{
		"ok    Slack app token (SLACK_APP_TOKEN): Slack gave a ticket for a socket",
		"ok    Slack bot token (SLACK_BOT_TOKEN): signed in as couponbot in Acme (T1)",
		"ok    Slack scopes: the bot token has all 11",
		"ok    MARKETING_CHANNELS C0MARKET (#marketing): couponbot is in it, and it is not shared outside",
		"ok    SENDERS S0SENDERS: a user group of 2",
		"ok    SENDERS U0MIA: a full member",
		"ok    SENDERS: 3 in all",
		"ok    ADMINS: every full member",
		"warn  Redis: it answers, but does not tell its version. It should be 6.2 or newer",
		"warn  Redis persistence: Redis does not tell. See to it that it runs with appendonly yes and appendfsync always",
		"warn  Redis memory: Redis does not tell its maxmemory-policy. It should be noeviction",
		"warn  Redis permissions: the user default may run scripts on all keys that couponbot and its queue need. " +
			"Which commands it may run, Redis tells from version 7 on",
		"ok    Redis writes: Redis takes them (tried with one that changes nothing)",
		"warn  do-not-contact list: nobody is on it. If it had people, they were lost: import a backup with /coupontools suppress import. If it is new, confirm that there",
		"ok    Coupontools POST /v3/directory/list (answer assumed): 40 directories, in the known shape",
		"ok    Coupontools POST /v3/directory/info (proven): it is there, in the known shape",
		"ok    Coupontools POST /v3/directory/campaigns (path and answer assumed): 4 campaigns, in the known shape",
		"ok    Coupontools POST /v3/directoryusers/list (answer assumed): 100 users on the first page, in the known shape",
		"ok    Coupontools GET /v4/directory/{directory}/users (answer assumed): 212 users, in the known shape",
		"ok    Coupontools GET /v4/directory/{directory}/users/{user} (answer assumed): it is there, in the known shape",
		"ok    Coupontools POST /v3/category/list (answer assumed): 7 categories, in the known shape",
		"ok    Coupontools POST /v3/category/main/list (answer assumed): 3 categories, in the known shape",
		"ok    Coupontools POST /v3/coupon/list (answer assumed): 18 campaigns, in the known shape",
		"ok    Coupontools POST /v3/coupon/info (answer assumed): it is there, in the known shape",
		"ok    Coupontools POST /v3/campaign/data (proven): 2600 sessions on the first page, in the known shape",
	}
	if diff := cmp.Diff(want, got[:min(len(got), len(want))]); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	for _, line := range got[len(want):] {
		if !strings.HasPrefix(line, "ok    Coupontools ") && !strings.HasPrefix(line, "warn  Coupontools POST /v3/webhook/verification") {
			t.Errorf("line %s", line)
		}
	}
}

// The check tries every read call or explains why it doesn't.
func TestCheck_namesEveryRoute(t *testing.T) {
	t.Parallel()
	lines, _ := runCheck(t, healthyResponses(), nil)
	for _, r := range coupontools.Routes() {
		named := slices.ContainsFunc(lines, func(line string) bool {
			return strings.Contains(line, "Coupontools "+r.Name+" ("+r.Known+"): ")
		})
		if named != r.Read {
			t.Errorf("%s: named = %t, want %t", r.Name, named, r.Read)
		}
	}
}

// The check warns about a response in another shape and names the differences. An account without a service isn't an error.
func TestCheck_shapes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		quirks sandbox.Quirks
		want   []string
	}{
		"plural names": {sandbox.Quirks{Lists: sandbox.ListsPlural}, []string{
			"warn  Coupontools POST /v3/directory/list (answer assumed): understood, but it differs from the known shape: " +
				"directory is missing; directories is new (array). Report this line",
			"warn  Coupontools POST /v3/smstool/userlist (proven): understood, but it differs from the known shape: " +
				"contact is missing; contacts is new (array). Report this line",
		}},
		"a bare list": {sandbox.Quirks{Lists: sandbox.ListsBare}, []string{
			"warn  Coupontools POST /v3/loyalty/list (answer assumed): understood, but it differs from the known shape: " +
				"the answer is array, known as object. Report this line",
		}},
		"numbers as text": {sandbox.Quirks{NumbersAsText: true}, []string{
			"warn  Coupontools POST /v3/smstool/grouplist (proven): understood, but it differs from the known shape: " +
				"amount_of_groups is string, known as number. Report this line",
		}},
		"no services": {sandbox.Quirks{NoSMS: true, NoEmail: true, Subaccount: true}, []string{
			"warn  Coupontools POST /v3/smstool/grouplist (proven): the account has no such service connected",
			"warn  Coupontools POST /v3/smstool/userlist (proven): not tried, since it needs an SMS group",
			"warn  Coupontools POST /v3/emailtool/grouplist (answer assumed): the account has no such service connected",
			"warn  Coupontools POST /v4/subaccount/list (proven): the keys are those of a subaccount",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := sandbox.New(sandbox.WithKeys(sandboxID, sandboxSecret), sandbox.WithQuirks(tt.quirks))
			lines, err := runCheckWith(t, healthyResponses(), api, nil)
			if err != nil {
				t.Errorf("Check() = %v, want nil", err)
			}
			for _, want := range tt.want {
				if !slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, want) }) {
					t.Errorf("no line begins with %q:\n%s", want, strings.Join(lines, "\n"))
				}
			}
		})
	}
}

func TestCheck_findings(t *testing.T) {
	t.Parallel()
	refusal := func(code string) string { return `{"ok":false,"error":"` + code + `"}` }
	channel := func(rest string) stubResponses {
		return stubResponses{"/api/conversations.info?C0MARKET": `{"ok":true,"channel":{"id":"C0MARKET","name":"marketing"` + rest + `}}`}
	}
	user := func(rest string) stubResponses {
		return stubResponses{"/api/users.info?U0MIA": `{"ok":true,"user":{"id":"U0MIA"` + rest + `}}`}
	}
	tests := []struct {
		name    string
		answers stubResponses
		change  func(*Config)
		want    string // the beginning of a line
	}{
		{
			"app token refused",
			stubResponses{"/api/apps.connections.open": refusal("invalid_auth")},
			nil,
			"BAD   Slack app token (SLACK_APP_TOKEN): Slack does not know this token",
		},
		{
			"app token of another kind",
			stubResponses{"/api/apps.connections.open": refusal("not_allowed_token_type")},
			nil,
			"BAD   Slack app token (SLACK_APP_TOKEN): this is a token of another kind",
		},
		{"app token without its scope", stubResponses{
			"/api/apps.connections.open": `{"ok":false,"error":"missing_scope","needed":"connections:write","provided":"x"}`,
		}, nil, "BAD   Slack app token (SLACK_APP_TOKEN): the scope connections:write is missing (missing_scope)"},
		{
			"no ticket",
			stubResponses{"/api/apps.connections.open": `{"ok":true,"url":"https://nowhere"}`},
			nil,
			"BAD   Slack app token (SLACK_APP_TOKEN): the ticket's address is no WebSocket address",
		},
		{
			"Slack down",
			stubResponses{"/api/auth.test": "status 503"},
			nil,
			"BAD   Slack bot token (SLACK_BOT_TOKEN): Slack answered HTTP 503",
		},
		{
			"bot token refused",
			stubResponses{"/api/auth.test": refusal("token_revoked")},
			nil,
			"BAD   Slack bot token (SLACK_BOT_TOKEN): the token was revoked",
		},
		{
			"bot token refused, the rest untried",
			stubResponses{"/api/auth.test": refusal("token_revoked")},
			nil,
			"warn  scopes, MARKETING_CHANNELS, SENDERS, ADMINS: not tried",
		},
		{
			"scopes missing",
			stubResponses{"scopes": "commands,chat:write"},
			nil,
			"BAD   Slack scopes: the bot token lacks channels:read, chat:write.public, files:read, ",
		},
		{
			"the scope missing that only public channels need",
			stubResponses{"scopes": strings.Join(slices.DeleteFunc(slices.Clone(scopes), func(s string) bool {
				return s == publicScope
			}), ",")},
			nil,
			"warn  Slack scopes: the bot token lacks chat:write.public.",
		},
		{"scopes not told", stubResponses{"scopes": ""}, nil, "warn  Slack scopes: Slack did not say"},
		{
			"no such channel",
			stubResponses{"/api/conversations.info?C0MARKET": refusal("channel_not_found")},
			nil,
			"BAD   MARKETING_CHANNELS C0MARKET: there is no such channel, or it is private",
		},
		{
			"not in the channel", channel(``), nil,
			"BAD   MARKETING_CHANNELS C0MARKET (#marketing): couponbot is not in the channel. Write /invite @couponbot there",
		},
		{
			"channel archived", channel(`,"is_member":true,"is_archived":true`), nil,
			"BAD   MARKETING_CHANNELS C0MARKET (#marketing): the channel is archived",
		},
		{
			"channel shared", channel(`,"is_member":true,"is_ext_shared":true`), nil,
			"BAD   MARKETING_CHANNELS C0MARKET (#marketing): the channel is, or is about to be, shared",
		},
		{
			"channel about to be shared", channel(`,"is_member":true,"pending_shared":["T2"]`), nil,
			"BAD   MARKETING_CHANNELS C0MARKET (#marketing): the channel is, or is about to be, shared",
		},
		{
			"channel name full of markup", channel(`,"is_member":true,"is_archived":true,"name":"a\nok    all is well"`), nil,
			"BAD   MARKETING_CHANNELS C0MARKET (#a ok    all is well): the channel is archived",
		},
		{"no channel", nil, func(c *Config) { c.MarketingChannels = nil }, "warn  MARKETING_CHANNELS: empty"},
		{"nobody may send", nil, func(c *Config) { c.Senders = Roster{} }, "warn  SENDERS: empty, so nobody may send"},
		{
			"no such group",
			stubResponses{"/api/usergroups.users.list?S0SENDERS": refusal("no_such_subteam")},
			nil,
			"BAD   SENDERS S0SENDERS: there is no such user group",
		},
		{
			"an empty group",
			stubResponses{"/api/usergroups.users.list?S0SENDERS": `{"ok":true,"users":[]}`},
			nil,
			"warn  SENDERS S0SENDERS: the user group is empty or disabled",
		},
		{
			"no such person",
			stubResponses{"/api/users.info?U0MIA": refusal("user_not_found")},
			nil,
			"BAD   SENDERS U0MIA: there is no such person",
		},
		{"a guest", user(`,"team_id":"T1","is_restricted":true`), nil, "BAD   SENDERS U0MIA: this is a guest"},
		{"someone who left", user(`,"team_id":"T1","deleted":true`), nil, "BAD   SENDERS U0MIA: the account is deactivated"},
		{
			"one sender alone", nil, func(c *Config) { c.Senders = Roster{Users: []string{"U0MIA"}} },
			"warn  APPROVAL_OVER: a send to more than 500 needs another sender to approve it, but SENDERS names only one person",
		},
		{
			"no sender known",
			stubResponses{"/api/users.info?U0MIA": refusal("user_not_found")},
			func(c *Config) { c.Senders = Roster{Users: []string{"U0MIA"}} },
			"warn  APPROVAL_OVER: a send to more than 500 needs another sender to approve it, but SENDERS names nobody",
		},
		{"a bot", user(`,"team_id":"T1","is_bot":true`), nil, "BAD   SENDERS U0MIA: this is a bot"},
		{"a stranger", user(`,"team_id":"T9"`), nil, "BAD   SENDERS U0MIA: this person is of another company"},
		{
			"Redis away", nil, func(c *Config) { c.RedisURL = RedisURL{"redis://me:hush@127.0.0.1:1"} },
			"BAD   Redis (REDIS_URL): it can't be reached",
		},
		{
			"Coupontools away", nil, func(c *Config) { c.CoupontoolsBaseURL = "http://127.0.0.1:1" },
			"BAD   Coupontools POST /v3/directory/list (answer assumed): it cannot be reached",
		},
		{"keys refused", stubResponses{
			"/v3/directory/list": `{"status":{"status":"failed","errors":{"error_code":1000,"error_message":"HTTP/1.0 401 Unauthorized."}}}`,
		}, nil, "BAD   Coupontools POST /v3/directory/list (answer assumed): the keys are refused"},
		{"account expired", stubResponses{
			"/v3/directory/list": `{"status":{"status":"failed","errors":{"error_code":101,"error_message":"Account expired."}}}`,
		}, nil, "BAD   Coupontools POST /v3/directory/list (answer assumed): the account has expired"},
		{
			"another shape",
			stubResponses{"/v3/directory/list": `{"status":{"status":"OK"},"surprise":7}`},
			nil,
			"BAD   Coupontools POST /v3/directory/list (answer assumed): there was no answer that could be understood",
		},
		{
			"user list of another shape",
			stubResponses{"/v3/directoryusers/list": `[[1]]`},
			nil,
			"BAD   Coupontools POST /v3/directoryusers/list (answer assumed): there was no answer that could be understood",
		},
		{
			"no directory",
			stubResponses{"/v3/directory/list": `{"status":{"status":"OK"},"directory":[]}`},
			nil,
			"warn  Coupontools POST /v3/directory/info (proven): not tried, since it needs a directory",
		},
		{
			"an assumed call that is not there",
			stubResponses{"/v3/directory/campaigns": "status 404"},
			nil,
			"warn  Coupontools POST /v3/directory/campaigns (path and answer assumed): this call was assumed, and there is none such",
		},
		{
			"a list that is empty",
			stubResponses{"/v3/category/list": `{"status":{"status":"OK"},"amount_of_categories":0,"category":[]}`},
			nil,
			"warn  Coupontools POST /v3/category/list (answer assumed): there are none, so the shape of its answer could not be seen",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			lines, err := runCheck(t, healthyResponses().with(tt.answers), tt.change)

			found := false
			for _, line := range lines {
				found = found || strings.HasPrefix(line, tt.want)
			}
			if !found {
				t.Errorf("no line begins with %q:\n%s", tt.want, strings.Join(lines, "\n"))
			}
			if wrong := strings.HasPrefix(tt.want, string(bad)); wrong && !errors.Is(err, errCheckFailed) {
				t.Errorf("Check() = %v, want errCheckFailed", err)
			}
		})
	}
}

func TestCheckRedis_findings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		got  finding
		want finding
	}{
		{"too old", checkRedisServer(map[string]string{"redis_version": "5.0.7"}), bad.findingf("Redis: version 5.0.7 is too old. Use 6.2 or newer")},
		{"new enough", checkRedisServer(map[string]string{"redis_version": "10.0.1"}), pass.findingf("Redis: version 10.0.1 answers")},
		{
			"a cluster",
			checkRedisServer(map[string]string{"redis_version": "7.4.0", "cluster_enabled": "1"}),
			bad.findingf("Redis: this is a node of a cluster. Use one server of its own"),
		},
		{
			"a replica",
			checkRedisServer(map[string]string{"redis_version": "7.4.0", "role": "slave"}),
			bad.findingf("Redis: this is a replica, which takes no writes. Put the primary into REDIS_URL"),
		},
		{
			"evicting",
			checkRedisMemory(map[string]string{"maxmemory_policy": "allkeys-lru"}),
			bad.findingf("Redis memory: maxmemory-policy is allkeys-lru, so Redis may throw sends away when it is full. " +
				"Set maxmemory-policy noeviction"),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.got != tt.want {
				t.Errorf("finding = %v, want %v", tt.got, tt.want)
			}
		})
	}
}

func TestPlainHTTP(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]bool{
		"https://api.coupontools.com": false, "http://api.coupontools.com": true, "http://10.0.0.1/api": true,
		"http://127.0.0.1:8080": false, "http://localhost/": false, "http://[::1]:80": false,
	} {
		if got := plainHTTP(base); got != want {
			t.Errorf("plainHTTP(%s) = %t, want %t", base, got, want)
		}
	}
}

// TestCheck_whileServing runs the check against the local Slack and the sandbox, which validate all calls, beside a bot.
func TestCheck_whileServing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var out bytes.Buffer

	err := Check(testContext(t), w.config, &out, slog.New(slog.DiscardHandler))

	if err != nil || strings.Contains(out.String(), string(bad)) {
		t.Errorf("Check() = %v:\n%s", err, &out)
	}
	for _, about := range []string{"app token", "bot token", "scopes", "MARKETING_CHANNELS", "SENDERS", "directory/list", "directoryusers/list", "coupon/list"} {
		if !strings.Contains(out.String(), about) {
			t.Errorf("no line about %s:\n%s", about, &out)
		}
	}
	if n := w.slack.Connections(); n != w.config.SlackConnections {
		t.Errorf("%d connections are open after a check, want the bot's %d", n, w.config.SlackConnections)
	}
}

// TestCheckSuppression checks lists with right and wrong keys. The check must not create a key.
func TestCheckSuppression(t *testing.T) {
	t.Parallel()
	m := miniredis.RunT(t)
	rdb := redis.NewClient(&redis.Options{Addr: m.Addr()})
	t.Cleanup(func() { _ = rdb.Close() })
	c := Defaults()
	c.SuppressionName = "acme"
	look := func(key Secret) string {
		c.SuppressionKey = key
		f := checkSuppression(t.Context(), c, rdb, []string{"couponbot:{A1:old}:"})
		return string(f.verdict) + " " + f.text
	}
	if got := look("first"); !strings.HasPrefix(got, "warn do-not-contact list: nobody is on it") || len(m.Keys()) != 0 {
		t.Errorf("without a key in Redis: %q, and then Redis has %q", got, m.Keys())
	}
	list := sends.New(sends.Config{Redis: rdb, Prefix: keyPrefix(c), SuppressionKey: "first"})
	list.UseSuppressionList("acme")
	if _, err := list.Suppress(t.Context(), recipients.Email, []string{"anna@example.com"}, sends.Actor{}, ""); err != nil {
		t.Fatal(err)
	}
	if got := look("first"); got != "ok do-not-contact list: it can be read, with 1 people on it (SUPPRESSION_KEY fits)" {
		t.Errorf("with the right key: %q", got)
	}
	for _, key := range []Secret{"second", ""} {
		if got := look(key); !strings.HasPrefix(got, "BAD SUPPRESSION_KEY: the do-not-contact list was made with another key") {
			t.Errorf("with the key %q: %q", key, got)
		}
	}
	m.HSet("couponbot:{A1:old}:suppressed", "somebody", "1||")
	if got := look("first"); !strings.HasPrefix(got, "BAD do-not-contact list: Redis has an older one, with 1 people") {
		t.Errorf("with an older list under an earlier prefix: %q", got)
	}
	m.Close()
	if got := look("first"); !strings.HasPrefix(got, "BAD do-not-contact list: it can't be read") {
		t.Errorf("without Redis: %q", got)
	}
}
