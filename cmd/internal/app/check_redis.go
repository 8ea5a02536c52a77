package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/internal/rediserr"
	"github.com/coupontools/couponbot/sends"
)

// minRedis is the oldest version of Redis that couponbot is tested with.
const minRedis = "6.2"

// checkRedis asks Redis whether it is there, lets couponbot do what it needs, and would keep what it is told.
func checkRedis(ctx context.Context, c Config) []finding {
	options := redisOptions(c)
	options.MaxRetries = -1
	rdb := redis.NewClient(options)
	defer rdb.Close()
	if err := rdb.Ping(ctx).Err(); err != nil && rediserr.KindOf(err) != rediserr.NoPermission {
		return []finding{bad.say("Redis (REDIS_URL): %s", redisSays(err))}
	}
	rights, writes := checkRedisRights(ctx, c, rdb), sendsOf(c, rdb).Writable(ctx)
	findings := append(checkRedisInfo(ctx, rdb), rights)
	if rights.verdict != bad || !aboutRights(writes) {
		findings = append(findings, checkRedisWrites(writes))
	}
	earlier, _ := otherPrefixes(ctx, rdb, keyPrefix(c)) // an account without the right to look is none the worse for it
	return append(append(findings, checkSuppression(ctx, c, rdb, earlier)), checkOtherPrefixes(earlier)...)
}

// aboutRights says whether an error is of a kind that [checkRedisRights] names better.
func aboutRights(err error) bool {
	kind := rediserr.KindOf(err)
	return kind == rediserr.NoPermission || kind == rediserr.NoScripting || kind == rediserr.NoCommand
}

// sendsOf returns the sends of a couponbot with these settings, to ask things of.
func sendsOf(c Config, rdb *redis.Client) *sends.Service {
	return sends.New(sends.Config{Redis: rdb, Prefix: keyPrefix(c), SuppressionKey: c.SuppressionKey.Reveal()})
}

// checkRedisInfo looks at what Redis says of itself.
func checkRedisInfo(ctx context.Context, rdb *redis.Client) []finding {
	info, err := redisInfo(ctx, rdb)
	if rediserr.KindOf(err) == rediserr.NoPermission {
		return []finding{warn.say("Redis: its account may not use INFO, so couponbot can't look at the version, the persistence and " +
			"the memory. Add +info to its ACL")}
	}
	return []finding{checkRedisServer(info), checkRedisFile(ctx, rdb, info), checkRedisMemory(info)}
}

// checkRedisWrites says whether Redis took a write that changes nothing.
func checkRedisWrites(err error) finding {
	if err == nil {
		return fine.say("Redis writes: Redis takes them (tried with one that changes nothing)")
	}
	return bad.say("Redis writes: %s", redisSays(err))
}

// checkSuppression looks whether the do-not-contact list is there and can be read with the key of the settings. Without
// SUPPRESSION_NAME it asks Slack for the team, on which the list hangs. Lists may be left under the earlier prefixes.
func checkSuppression(ctx context.Context, c Config, rdb *redis.Client, earlier []string) finding {
	name := suppressionName(c, "")
	if name == "" {
		who, err := newSlack(c).AuthTestContext(ctx)
		if err != nil {
			return warn.say("do-not-contact list: its name is the Slack team's, and Slack can't be asked for it")
		}
		name = who.TeamID
	}
	list := sendsOf(c, rdb)
	list.UseSuppressionList(name)
	list.UseEarlierPrefixes(earlier...)
	checked, err := list.Look(ctx)
	if err != nil {
		return bad.say("do-not-contact list: it can't be read (%s)", err)
	}
	for _, concern := range checked.Concerns {
		switch concern {
		case sends.ConcernKey:
			return bad.say("SUPPRESSION_KEY: the do-not-contact list was made with another key, so nothing is sent. " +
				"Set SUPPRESSION_KEY to what it was when the list was begun, or take it out if it was not set then. If that key is lost, " +
				"continue without the people on the list with /coupontools suppress import")
		case sends.ConcernOlder:
			return bad.say("do-not-contact list: Redis has an older one, with %d people, that was made with another key, so nothing "+
				"is sent. Continue without them with /coupontools suppress import", checked.Unreadable)
		case sends.ConcernLost:
			return bad.say("do-not-contact list: it, or a part of it, has disappeared from Redis, so nothing is sent. " +
				"Import a backup with /coupontools suppress import, or continue there with what's left of it")
		case sends.ConcernRekeyed:
			return warn.say("do-not-contact list: its key was gone from Redis, so it has got a new one. Backups from before can't be " +
				"imported. Confirm the list with /coupontools suppress import")
		case sends.ConcernEmpty:
			return warn.say("do-not-contact list: nobody is on it. If it had people, they were lost: " +
				"import a backup with /coupontools suppress import. If it is new, confirm that there")
		}
	}
	return fine.say("do-not-contact list: it can be read, with %d people on it (SUPPRESSION_KEY fits)", checked.Suppressed)
}

// checkOtherPrefixes names the prefixes of records that a couponbot with other API keys has left behind.
func checkOtherPrefixes(others []string) []finding {
	if len(others) == 0 {
		return nil
	}
	return []finding{warn.say("Redis: it holds records of this Slack app with other API keys (%s). Their sends, caps and audit "+
		"trail are not used with the keys of now; the do-not-contact list is", strings.Join(others, ", "))}
}

// redisInfo returns the fields of INFO. Where a server does not give them they are missing.
func redisInfo(ctx context.Context, rdb *redis.Client) (map[string]string, error) {
	fields := map[string]string{}
	text, err := rdb.Info(ctx).Result()
	if err != nil {
		return fields, err
	}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[name] = value
		}
	}
	return fields, nil
}

func checkRedisServer(info map[string]string) finding {
	version := info["redis_version"]
	switch {
	case version == "":
		return warn.say("Redis: it answers, but does not tell its version. It should be %s or newer", minRedis)
	case older(version, minRedis):
		return bad.say("Redis: version %s is too old. Use %s or newer", version, minRedis)
	case info["cluster_enabled"] == "1":
		return bad.say("Redis: this is a node of a cluster. Use one server of its own")
	case info["role"] == "slave":
		return bad.say("Redis: this is a replica, which takes no writes. Put the primary into REDIS_URL")
	}
	return fine.say("Redis: version %s answers", version)
}

// checkRedisFile looks at the append-only file, which is what makes a confirmed send survive a restart of Redis.
func checkRedisFile(ctx context.Context, rdb *redis.Client, info map[string]string) finding {
	switch info["aof_enabled"] {
	case "0":
		return bad.say("Redis persistence: the append-only file is off, so a restart of Redis loses sends. " +
			"Set appendonly yes and appendfsync always")
	case "":
		return warn.say("Redis persistence: Redis does not tell. See to it that it runs with appendonly yes and appendfsync always")
	}
	fsync := rdb.ConfigGet(ctx, "appendfsync").Val()["appendfsync"]
	switch fsync {
	case "always":
		return fine.say("Redis persistence: append-only file, written through (appendfsync always)")
	case "":
		return warn.say("Redis persistence: the append-only file is on, but Redis does not tell appendfsync. It should be always")
	}
	return warn.say("Redis persistence: the append-only file is on with appendfsync %s, so a power loss can lose what was just "+
		"recorded. Set appendfsync always", fsync)
}

// nearlyFull is the part of maxmemory in use, in per cent, from which on there is a warning.
const nearlyFull = 90

// checkRedisMemory looks at what Redis does when it is full, and whether it is: to make room, it must not forget a send.
func checkRedisMemory(info map[string]string) finding {
	policy := info["maxmemory_policy"]
	used, most := memory(info["used_memory"]), memory(info["maxmemory"])
	room := fmt.Sprintf("%s of %s are in use", info["used_memory_human"], info["maxmemory_human"])
	switch {
	case policy == "":
		return warn.say("Redis memory: Redis does not tell its maxmemory-policy. It should be noeviction")
	case policy != "noeviction":
		return bad.say("Redis memory: maxmemory-policy is %s, so Redis may throw sends away when it is full. "+
			"Set maxmemory-policy noeviction", policy)
	case most > 0 && used >= most:
		return bad.say("Redis memory: it is full, %s. Raise maxmemory", room)
	case most > 0 && used >= most/100*nearlyFull:
		return warn.say("Redis memory: it is nearly full, %s. Raise maxmemory", room)
	case most > 0:
		return fine.say("Redis memory: nothing is evicted (maxmemory-policy noeviction), and %s", room)
	}
	return fine.say("Redis memory: nothing is evicted (maxmemory-policy noeviction)")
}

// memory reads a number of bytes; what is no number is 0.
func memory(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

// redisSays puts an error of Redis into words, with what to do. go-redis has no password in its errors.
func redisSays(err error) string {
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	kind := rediserr.KindOf(err)
	switch {
	case certificate:
		return "its certificate is not trusted here (" + err.Error() + ")"
	case kind == rediserr.NoLogin:
		return "it refuses the user and password of REDIS_URL, or wants some. They stand in front of the host, with an @ behind"
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time. Is the address right, and does a firewall let it through?"
	case kind == rediserr.Away:
		return "it can't be reached. Is it running, and is the address right? (" + err.Error() + ")"
	case kind.Task() == "":
		return fmt.Sprintf("%s. Try again in a minute (%s)", rediserr.Problem(err), answered(err))
	}
	return fmt.Sprintf("%s. %s (%s)", rediserr.Problem(err), capital(kind.Task()), answered(err))
}

// answered is what Redis itself answered, without what was wrapped around it.
func answered(err error) string {
	answer, ok := errors.AsType[redis.Error](err)
	if !ok {
		return err.Error()
	}
	return answer.Error()
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// older compares versions by their first two numbers.
func older(version, least string) bool {
	a, b := versionNumbers(version), versionNumbers(least)
	return a[0] < b[0] || a[0] == b[0] && a[1] < b[1]
}

// versionNumbers returns the first two numbers of a version such as 7.2.4; what is no number is 0.
func versionNumbers(version string) (n [2]int) {
	for i, part := range strings.SplitN(version, ".", 3) {
		if i < len(n) {
			n[i], _ = strconv.Atoi(part)
		}
	}
	return n
}
