package app

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/redistest"
)

// readmeACL returns the ACL rules of the README's Redis account, without its name and password.
func readmeACL(t testing.TB, readme string) []string {
	t.Helper()
	_, block, found := strings.Cut(readme, "\nuser couponbot on >PASSWORD\n")
	block, _, ended := strings.Cut(block, "```")
	if !found || !ended {
		t.Fatal("the README has no account for Redis")
	}
	return strings.Fields(block)
}

// TestReadme_redisAccount compares the README's Redis account with the needed permissions, plus the optional INFO and SCAN.
func TestReadme_redisAccount(t *testing.T) {
	t.Parallel()
	var want []string
	for _, part := range sends.Accesses("couponbot:") {
		for _, key := range part.Keys {
			want = append(want, "~"+key.Glob)
		}
		for _, channel := range part.Channels {
			want = append(want, "&"+channel.Glob)
		}
		for _, command := range part.Commands {
			want = append(want, "+"+command)
		}
	}
	want = append(want, "+info", "+scan")
	slices.Sort(want)
	got := readmeACL(t, readRepoFile(t, "README.md"))
	slices.Sort(got)
	if diff := cmp.Diff(slices.Compact(want), got); diff != "" {
		t.Errorf("README.md (-want +got):\n%s", diff)
	}
}

// createAccount creates the account couponbot with ACL rules in Redis and puts it into the settings. It returns a client
// with all permissions.
func createAccount(t testing.TB, server *redistest.Server, c *Config, rules []string) (admin *redis.Client) {
	t.Helper()
	c.RedisURL = RedisURL{Secret("unix://couponbot:hush@" + server.Socket())}
	admin = redis.NewClient(&redis.Options{Network: "unix", Addr: server.Socket()})
	t.Cleanup(func() { _ = admin.Close() })
	rules = append([]string{"reset", "on", ">hush"}, rules...)
	if err := admin.ACLSetUser(t.Context(), "couponbot", rules...).Err(); err != nil {
		t.Fatal(err)
	}
	return admin
}

// checkRedisOutput returns the check's lines about Redis.
func checkRedisOutput(t testing.TB, c Config) string {
	t.Helper()
	var lines []string
	for _, f := range checkRedis(t.Context(), c) {
		lines = append(lines, string(f.verdict)+" "+oneLine(f.text))
	}
	return strings.Join(lines, "\n")
}

func TestCheckRedis_readmeAccount(t *testing.T) {
	t.Parallel()
	c := Defaults()
	acl := readmeACL(t, readRepoFile(t, "README.md"))
	c.SuppressionName = "acme"
	admin := createAccount(t, redistest.New(t), &c, acl)

	got := checkRedisOutput(t, c)

	for _, want := range []string{
		"ok Redis: version ",
		"warn Redis persistence: the append-only file is on, but Redis does not tell appendfsync",
		"ok Redis memory: nothing is evicted",
		"ok Redis permissions: the user couponbot may do all that couponbot and its queue need",
		"ok Redis writes: Redis takes them",
		"warn do-not-contact list: nobody is on it",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no line %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, string(bad)) {
		t.Errorf("the check finds problems:\n%s", got)
	}
	if keys := admin.Keys(t.Context(), "*").Val(); len(keys) > 0 {
		t.Errorf("the check has left %q in Redis", keys)
	}
}

// The check names the ACL rule of each missing permission.
func TestCheckRedis_namesMissingRights(t *testing.T) {
	t.Parallel()
	server, acl := redistest.New(t), readmeACL(t, readRepoFile(t, "README.md"))
	for _, rule := range acl {
		c := Defaults()
		createAccount(t, server, &c, slices.DeleteFunc(slices.Clone(acl), func(r string) bool { return r == rule }))
		got := checkRedisOutput(t, c)
		want := "BAD Redis permissions: the user couponbot lacks rights. Add them: ACL SETUSER couponbot " + rule
		switch rule {
		case "+eval":
			want = "BAD Redis permissions: the user couponbot may not run EVAL"
		case "+scan": // optional, needed only for a hint
			continue
		case "+info":
			want = "warn Redis: its account may not use INFO"
		}
		if !slices.Contains(strings.Split(got, "\n"), want) && !(strings.HasSuffix(want, "EVAL") || strings.HasSuffix(want, "INFO")) {
			t.Errorf("without %s: no line %q:\n%s", rule, want, got)
		}
		if !strings.Contains(got, want) || !strings.Contains(got, rule) {
			t.Errorf("without %s: the rule is not named:\n%s", rule, got)
		}
	}
}

// Queries have enough arguments for every command, since Redis 7.0 crashes on some queries without them.
func TestACLQuery_argumentCount(t *testing.T) {
	t.Parallel()
	rdb := redis.NewClient(&redis.Options{Network: "unix", Addr: redistest.New(t).Socket()})
	t.Cleanup(func() { _ = rdb.Close() })
	known, err := rdb.Command(t.Context()).Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range sends.Accesses("") {
		for _, command := range part.Commands {
			if about := known[command]; about == nil || max(about.Arity, -about.Arity) > 1+aclQueryArgs {
				t.Errorf("%s is %+v, want a command of at most %d words", command, about, 1+aclQueryArgs)
			}
		}
	}
}

// For an account that is limited to couponbot's own keys, the check names all missing rules in one line.
func TestCheckRedis_prefixAlone(t *testing.T) {
	t.Parallel()
	c := Defaults()
	createAccount(t, redistest.New(t), &c, []string{"~couponbot:*", "&couponbot:*", "+@all", "-xadd"})
	const want = "BAD Redis permissions: the user couponbot lacks rights. Add them: ACL SETUSER couponbot " +
		"~asynq:queues ~asynq:servers* ~asynq:workers* ~asynq:{couponbot:* ~rate:couponbot:* &asynq:cancel +xadd"
	if got := checkRedisOutput(t, c); !slices.Contains(strings.Split(got, "\n"), want) || strings.Contains(got, "Redis writes") {
		t.Errorf("no line %q, or one about writes:\n%s", want, got)
	}
}

// If Redis refuses commands, the check names the cause and the fix.
func TestCheckRedis_refuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		options []string
		want    string
	}{
		"full":             {[]string{"--maxmemory", "1"}, "BAD Redis writes: Redis answers, but its memory is full. Raise maxmemory in Redis (OOM "},
		"full, by INFO":    {[]string{"--maxmemory", "1"}, "BAD Redis memory: it is full, "},
		"a replica":        {[]string{"--replicaof", "127.0.0.1 1"}, "BAD Redis writes: Redis answers, but it's a replica that takes no writes. Set REDIS_URL to the primary (READONLY "},
		"too few replicas": {[]string{"--min-replicas-to-write", "1"}, "BAD Redis writes: Redis answers, but takes no writes because too few replicas are connected"},
		"a login wanted":   {[]string{"--requirepass", "hush"}, "BAD Redis (REDIS_URL): it refuses the user and password of REDIS_URL, or wants some"},
		"no EVAL":          {[]string{"--rename-command", "EVAL", ""}, "BAD Redis permissions: the user default may not run EVAL, or Redis has it no more (rename-command)"},
		"no EVALSHA":       {[]string{"--rename-command", "EVALSHA", ""}, "BAD Redis permissions: Redis has no EVALSHA."},
		"no XADD":          {[]string{"--rename-command", "XADD", ""}, "BAD Redis permissions: Redis has no XADD."},
		"not the default":  {[]string{"--user", "default", "on", "nopass", "~*", "&*", "+@all", "-zadd"}, "BAD Redis permissions: the user default lacks rights. Add them: ACL SETUSER default +zadd"},
		"nearly all used":  {[]string{"--maxmemory", "100mb"}, "ok Redis memory: nothing is evicted (maxmemory-policy noeviction), and "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := Defaults()
			c.RedisURL = RedisURL{Secret("unix://" + redistest.New(t, tt.options...).Socket())}
			if got := checkRedisOutput(t, c); !strings.Contains(got, tt.want) {
				t.Errorf("no line %q:\n%s", tt.want, got)
			}
		})
	}
}

func TestCheckRedisMemory(t *testing.T) {
	t.Parallel()
	for used, want := range map[string]finding{
		"50":  pass.findingf("Redis memory: nothing is evicted (maxmemory-policy noeviction), and 50B of 1.00K are in use"),
		"921": warn.findingf("Redis memory: it is nearly full, 921B of 1.00K are in use. Raise maxmemory"),
		// From here on Redis refuses writes.
		"1024": bad.findingf("Redis memory: it is full, 1024B of 1.00K are in use. Raise maxmemory"),
	} {
		info := map[string]string{
			"maxmemory_policy": "noeviction", "used_memory": used, "used_memory_human": used + "B", "maxmemory": "1024", "maxmemory_human": "1.00K",
		}
		if got := checkRedisMemory(info); got != want {
			t.Errorf("with %s in use: %v, want %v", used, got, want)
		}
	}
}

// The program works with the README's Redis account; Redis refuses none of its commands.
func TestServe_readmeAccount(t *testing.T) {
	t.Parallel()
	w, server := newStoppedWorld(t), redistest.New(t)
	admin := createAccount(t, server, &w.config, readmeACL(t, readRepoFile(t, "README.md")))
	w.start(t)
	w.command(t, slacksim.Mia, slacksim.Marketing, "/directories", "")
	w.awaitMessage(t, slacksim.Marketing, "Page 1")
	w.command(t, slacksim.Mia, slacksim.Marketing, "/coupontools", "suppress +32470999999")
	w.awaitMessage(t, slacksim.Marketing, "do-not-contact list")
	w.sendThroughForm(t, phoneNumbers(40)...)
	if m := w.awaitMessage(t, slacksim.Marketing, "Sent to"); !strings.Contains(m.Plain(), "40 sent") {
		t.Errorf("the send ended as %s, want all accepted", m.Plain())
	}
	w.command(t, slacksim.Mia, slacksim.Marketing, "/coupontools", "status")
	w.awaitMessage(t, slacksim.Marketing, "Redis: works")
	w.stopAndWait(t)

	refused, err := admin.ACLLog(context.WithoutCancel(t.Context()), 100).Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range refused {
		t.Errorf("Redis refused %s %s (%s)", entry.Reason, entry.Object, entry.Context)
	}
}

// extraReplies is a go-redis hook that adds elements to the replies of scripts.
type extraReplies struct{}

func (extraReplies) DialHook(next redis.DialHook) redis.DialHook { return next }

func (extraReplies) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (extraReplies) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if script, ok := cmd.(*redis.Cmd); ok {
			if answers, ok := script.Val().([]any); ok {
				script.SetVal(append(answers, "yes", int64(1)))
			}
		}
		return err
	}
}

func TestCheckRedisRights_extraReplies(t *testing.T) {
	t.Parallel()
	c, server := Defaults(), redistest.New(t)
	rdb := redis.NewClient(&redis.Options{Network: "unix", Addr: server.Socket()})
	t.Cleanup(func() { _ = rdb.Close() })
	rdb.AddHook(extraReplies{})
	if got := checkRedisRights(t.Context(), c, rdb); got.verdict != pass {
		t.Errorf("checkRedisRights() = %s %s", got.verdict, got.text)
	}
}
