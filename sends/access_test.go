package sends

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/internal/rediserr"
	"github.com/coupontools/couponbot/sends/recipients"
	"github.com/coupontools/couponbot/sends/redistest"
)

// limit makes a Redis account with ACL rules and returns a client with it.
func limit(t testing.TB, server *redistest.Server, rules ...string) *redis.Client {
	t.Helper()
	allow(t, server, rules...)
	rdb := redis.NewClient(&redis.Options{
		Network: "unix", Addr: server.Socket(), Username: "bot", Password: "hush", DisableIdentity: true,
	})
	t.Cleanup(func() { _ = rdb.Close() })
	return rdb
}

// allow replaces the account's rules.
func allow(t testing.TB, server *redistest.Server, rules ...string) {
	t.Helper()
	rules = append([]string{"reset", "on", ">hush"}, rules...)
	if err := dial(t, server).ACLSetUser(t.Context(), "bot", rules...).Err(); err != nil {
		t.Fatal(err)
	}
}

// acl returns the ACL of everything that couponbot needs or asks for.
func acl() []string {
	var rules []string
	for _, part := range Accesses("couponbot:") {
		for _, key := range part.Keys {
			rules = append(rules, "~"+key.Glob)
		}
		for _, channel := range part.Channels {
			rules = append(rules, "&"+channel.Glob)
		}
		for _, command := range part.Commands {
			rules = append(rules, "+"+command)
		}
	}
	return append(rules, "+info") // tells whether Redis evicts keys
}

// An account with only the rights of Accesses can do everything with sends: Redis refuses nothing.
func TestAccesses_areEnough(t *testing.T) {
	t.Parallel()
	server, ms := redistest.New(t), newMilestones()
	rdb := limit(t, server, acl()...)
	s := service(rdb, func(_ context.Context, to string) error {
		if to == number(0) {
			return failure(coupontools.Unknown, 500)
		}
		return nil
	}, func(c *Config) {
		c.Notifier, c.Contacts, c.ApprovalOver, c.Pace = ms, contacts{number(999)[1:]}, 100, every(10*time.Millisecond)
		c.FrequencyCap, c.DailyCap, c.DailyCapPerson = time.Millisecond, 10_000, 10_000
	})
	stop := start(t, s)
	ctx, noah := t.Context(), Actor{Team: team, User: ben}
	act := func(id string, a Action) {
		t.Helper()
		if _, err := s.Act(ctx, id, a, noah); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}

	if n, err := s.Suppress(ctx, recipients.SMS, []string{number(1), number(2)}, noah, "typed"); n != 2 || err != nil {
		t.Errorf("Suppress() = %d, %v", n, err)
	}
	if _, err := s.Unsuppress(ctx, recipients.SMS, number(2), noah); err != nil {
		t.Errorf("Unsuppress() = %v", err)
	}
	if _, err := s.Why(ctx, recipients.SMS, number(1), mia); err != nil {
		t.Errorf("Why() = %v", err)
	}
	if _, _, err := s.Test(ctx, draft(1), recipients.Recipient{To: number(900)}); err != nil {
		t.Errorf("Test() = %v", err)
	}
	act(confirmed(t, s, 150), Reject)
	approved := confirmed(t, s, 150)
	act(approved, Approve)
	await(t, s, approved, time.Minute, func(send Send) bool { return send.Counts.Accepted > 5 })
	act(approved, Pause)
	act(approved, Resume)
	if send := awaitEnd(t, s, approved, time.Minute); send.Counts.Accepted != 148 || send.Counts.Unknown != 1 {
		t.Errorf("the send ended as %+v, want all accepted but one", send.Counts)
	}
	checkRecords(t, s, approved)
	later := draft(60)
	later.ScheduledAt = time.Now().Add(2 * time.Second)
	scheduled := save(t, s, later).ID
	if _, err := s.Confirm(ctx, scheduled, team, mia); err != nil {
		t.Errorf("Confirm() for later = %v", err)
	}
	awaitEnd(t, s, scheduled, time.Minute)
	act(confirmed(t, s, 80), Cancel)
	if _, err := s.Recent(ctx, 10); err != nil {
		t.Errorf("Recent() = %v", err)
	}
	for _, err := range s.Trail(ctx, "") {
		if err != nil {
			t.Errorf("Trail() = %v", err)
		}
	}
	stop()

	refused, err := dial(t, server).ACLLog(context.WithoutCancel(ctx), 100).Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range refused {
		t.Errorf("Redis refused %s %s (%s)", entry.Reason, entry.Object, entry.Context)
	}
}

// A Redis that answers but refuses is unavailable too. The error explains the reason, and nothing is confirmed.
func TestWritable(t *testing.T) {
	t.Parallel()
	admin := func(change func(rdb *redis.Client) error) func(testing.TB, *redistest.Server) *redis.Client {
		return func(t testing.TB, server *redistest.Server) *redis.Client {
			t.Helper()
			rdb := dial(t, server)
			if err := change(rdb); err != nil {
				t.Fatal(err)
			}
			return rdb
		}
	}
	account := func(rules ...string) func(testing.TB, *redistest.Server) *redis.Client {
		return func(t testing.TB, server *redistest.Server) *redis.Client { return limit(t, server, rules...) }
	}
	for name, tt := range map[string]struct {
		options []string
		client  func(testing.TB, *redistest.Server) *redis.Client
		want    rediserr.Kind
		problem string
	}{
		"full": {client: admin(func(rdb *redis.Client) error {
			return rdb.ConfigSet(t.Context(), "maxmemory", "1").Err()
		}), want: rediserr.MemoryFull},
		"a replica":            {[]string{"--replicaof", "127.0.0.1 1"}, nil, rediserr.ReadOnly, ""},
		"too few replicas":     {[]string{"--min-replicas-to-write", "1"}, nil, rediserr.NoReplicas, ""},
		"a password is needed": {[]string{"--requirepass", "hush"}, nil, rediserr.NoLogin, ""},
		"a wrong password": {client: func(t testing.TB, server *redistest.Server) *redis.Client {
			rdb := redis.NewClient(&redis.Options{Network: "unix", Addr: server.Socket(), Username: "bot", Password: "no"})
			t.Cleanup(func() { _ = rdb.Close() })
			return rdb
		}, want: rediserr.NoLogin},
		"EVAL renamed":    {[]string{"--rename-command", "EVAL", ""}, nil, rediserr.NoScripting, ""},
		"EVALSHA renamed": {[]string{"--rename-command", "EVALSHA", ""}, nil, rediserr.NoScripting, ""},
		"SET renamed":     {[]string{"--rename-command", "SET", ""}, nil, rediserr.NoCommand, ""},
		"no EVAL":         {nil, account("~*", "&*", "+@all", "-eval"), rediserr.NoScripting, ""},
		"no EVALSHA":      {nil, account("~*", "&*", "+@all", "-evalsha"), rediserr.NoScripting, ""},
		"no SET": {
			nil, account("~*", "&*", "+@all", "-set"), rediserr.NoPermission,
			"Redis refuses a key or command that couponbot needs (NOPERM)",
		},
		"no key": {
			nil, account("&*", "+@all"), rediserr.NoPermission, "Redis refuses couponbot's own keys (NOPERM)",
		},
		"its own keys alone": {
			nil, account("~couponbot:*", "&*", "+@all"), rediserr.NoPermission, "Redis refuses the queue's keys (NOPERM)",
		},
		"not all of the queue": {
			nil, account("~couponbot:*", "~asynq:{couponbot:*", "~rate:*", "&*", "+@all"), rediserr.NoPermission,
			"Redis refuses the queue's keys (NOPERM)",
		},
		"not the pace": {
			nil, account("~couponbot:*", "~asynq:*", "&*", "+@all"), rediserr.NoPermission,
			"Redis refuses the pace's keys (NOPERM)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.New(t, tt.options...)
			client := dial
			if tt.client != nil {
				client = tt.client
			}
			s := service(client(t, server), accept)

			for what, err := range map[string]error{
				"Writable": s.Writable(t.Context()),
				"Confirm":  func() error { _, err := s.Confirm(t.Context(), "any", team, mia); return err }(),
			} {
				if !errors.Is(err, ErrUnavailable) || rediserr.KindOf(err) != tt.want {
					t.Errorf("%s() = %v (%v), want it unavailable: %v", what, err, rediserr.KindOf(err), tt.want)
				}
				if got := rediserr.Problem(err); tt.problem != "" && got != tt.problem {
					t.Errorf("%s() says %q, want %q", what, got, tt.problem)
				}
			}
		})
	}
}

// A failing disk makes Redis refuse writes.
func TestWritable_diskFails(t *testing.T) {
	t.Parallel()
	server := redistest.New(t, "--save", "3600 1", "--dbfilename", "taken")
	if err := os.Mkdir(filepath.Join(filepath.Dir(server.Socket()), "taken"), 0o700); err != nil {
		t.Fatal(err)
	}
	rdb := dial(t, server)
	s := service(rdb, accept)
	if err := s.Writable(t.Context()); err != nil {
		t.Fatalf("Writable() = %v, want nil", err)
	}
	if err := rdb.BgSave(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; {
		err := s.Writable(t.Context())
		if rediserr.KindOf(err) == rediserr.CannotSave && errors.Is(err, ErrUnavailable) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("Writable() = %v, want that it cannot save", err)
		}
		sleep(t.Context(), 20*time.Millisecond)
	}
}

// A test write changes nothing in Redis.
func TestWritable_changesNothing(t *testing.T) {
	t.Parallel()
	rdb := dial(t, redistest.New(t))
	if err := service(rdb, accept).Writable(t.Context()); err != nil {
		t.Errorf("Writable() = %v, want nil", err)
	}
	if keys := rdb.Keys(t.Context(), "*").Val(); len(keys) != 0 {
		t.Errorf("Redis holds %q, want nothing", keys)
	}
}

// An id that names another key, such as the forged value of a button, isn't an outage.
func TestDamaged(t *testing.T) {
	t.Parallel()
	s := service(dial(t, redistest.New(t)), accept)
	id := confirmed(t, s, 3)
	forged := id + ":recipients"
	_, act := s.Act(t.Context(), forged, Pause, Actor{Team: team, User: mia})
	_, send := s.Send(t.Context(), forged)
	_, draft := s.Draft(t.Context(), forged, team, mia)
	_, confirm := s.Confirm(t.Context(), forged, team, mia)
	for what, err := range map[string]error{"Act": act, "Send": send, "Draft": draft, "Confirm": confirm} {
		if !errors.Is(err, ErrDamaged) || errors.Is(err, ErrUnavailable) {
			t.Errorf("%s() = %v, want %v", what, err, ErrDamaged)
		}
	}

	// A damaged record hides no other send.
	if err := s.cfg.Redis.ZAdd(t.Context(), s.key("sends:live"), redis.Z{Score: 1, Member: forged}).Err(); err != nil {
		t.Fatal(err)
	}
	if live, err := s.Live(t.Context()); err != nil || len(live) != 1 || live[0].ID != id {
		t.Errorf("Live() = %+v, %v, want the one send", live, err)
	}
}

// Accesses lists every command that a script of this module calls.
func TestAccesses_scripts(t *testing.T) {
	t.Parallel()
	called := regexp.MustCompile(`redis\.call\('(\w+)'|\beach_record\('(\w+)'`)
	own := Accesses("")[0].Commands
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			text, ok := n.(*ast.BasicLit)
			if !ok || text.Kind != token.STRING {
				return true
			}
			for _, m := range called.FindAllStringSubmatch(text.Value, -1) {
				if command := strings.ToLower(m[1] + m[2]); !slices.Contains(own, command) {
					t.Errorf("%s calls %s, which is not among the commands of Accesses", path, command)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
