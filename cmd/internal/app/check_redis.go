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

// checkRedis checks that Redis can be reached, permits what couponbot needs, and is configured to keep its data.
func checkRedis(ctx context.Context, c Config) []finding {
	options := redisOptions(c)
	options.MaxRetries = -1
	rdb := redis.NewClient(options)
	defer rdb.Close()
	if err := rdb.Ping(ctx).Err(); err != nil && rediserr.KindOf(err) != rediserr.NoPermission {
		return []finding{bad.findingf("Redis (REDIS_URL): %s", explainRedis(err))}
	}
	permissions, writes := checkRedisRights(ctx, c, rdb), newSendsService(c, rdb).Writable(ctx)
	findings := append(checkRedisInfo(ctx, rdb), permissions)
	if permissions.verdict != bad || !isPermissionError(writes) {
		findings = append(findings, checkRedisWrites(writes))
	}
	others, _ := otherPrefixes(ctx, rdb, keyPrefix(c)) // without SCAN the search is skipped
	return append(append(findings, checkSuppression(ctx, c, rdb, others)), checkOtherPrefixes(others)...)
}

// isPermissionError reports whether an error is about permissions, which [checkRedisRights] explains in more detail.
func isPermissionError(err error) bool {
	kind := rediserr.KindOf(err)
	return kind == rediserr.NoPermission || kind == rediserr.NoScripting || kind == rediserr.NoCommand
}

// newSendsService returns a sends service for queries, with the keys of these settings.
func newSendsService(c Config, rdb *redis.Client) *sends.Service {
	return sends.New(sends.Config{Redis: rdb, Prefix: keyPrefix(c), SuppressionKey: c.SuppressionKey.Reveal()})
}

// checkRedisInfo checks the version, the persistence and the memory that INFO reports.
func checkRedisInfo(ctx context.Context, rdb *redis.Client) []finding {
	info, err := redisInfo(ctx, rdb)
	if rediserr.KindOf(err) == rediserr.NoPermission {
		return []finding{warn.findingf("Redis: its account may not use INFO, so couponbot can't look at the version, " +
			"the persistence and the memory. Add +info to its ACL")}
	}
	return []finding{checkRedisServer(info), checkRedisFile(ctx, rdb, info), checkRedisMemory(info)}
}

// checkRedisWrites returns the finding about a trial write that changes nothing; err is the write's error.
func checkRedisWrites(err error) finding {
	if err == nil {
		return pass.findingf("Redis writes: Redis takes them (tried with one that changes nothing)")
	}
	return bad.findingf("Redis writes: %s", explainRedis(err))
}

// checkSuppression checks that the do-not-contact list exists and that SUPPRESSION_KEY can read it. If SUPPRESSION_NAME
// is not set, the list has the name of the Slack team, which is looked up. The list may also be under one of the earlier
// key prefixes.
func checkSuppression(ctx context.Context, c Config, rdb *redis.Client, earlier []string) finding {
	name := suppressionName(c, "")
	if name == "" {
		identity, err := newSlack(c).AuthTestContext(ctx)
		if err != nil {
			return warn.findingf("do-not-contact list: its name is the Slack team's, and Slack can't be asked for it")
		}
		name = identity.TeamID
	}
	list := newSendsService(c, rdb)
	list.UseSuppressionList(name)
	list.UseEarlierPrefixes(earlier...)
	checked, err := list.InspectLists(ctx)
	if err != nil {
		return bad.findingf("do-not-contact list: it can't be read (%s)", err)
	}
	for _, concern := range checked.Concerns {
		switch concern {
		case sends.ConcernKey:
			return bad.findingf("SUPPRESSION_KEY: the do-not-contact list was made with another key, so nothing is sent. " +
				"Set SUPPRESSION_KEY to what it was when the list was begun, or take it out if it was not set then. If that key is lost, " +
				"continue without the people on the list with /coupontools suppress import")
		case sends.ConcernOlder:
			return bad.findingf("do-not-contact list: Redis has an older one, with %d people, that was made with another key, so nothing "+
				"is sent. Continue without them with /coupontools suppress import", checked.Unreadable)
		case sends.ConcernLost:
			return bad.findingf("do-not-contact list: it, or a part of it, has disappeared from Redis, so nothing is sent. " +
				"Import a backup with /coupontools suppress import, or continue there with what's left of it")
		case sends.ConcernRekeyed:
			return warn.findingf("do-not-contact list: its key was gone from Redis, so it has got a new one. Backups from before can't be " +
				"imported. Confirm the list with /coupontools suppress import")
		case sends.ConcernEmpty:
			return warn.findingf("do-not-contact list: nobody is on it. If it had people, they were lost: " +
				"import a backup with /coupontools suppress import. If it is new, confirm that there")
		}
	}
	return pass.findingf("do-not-contact list: it can be read, with %d people on it (SUPPRESSION_KEY fits)", checked.Suppressed)
}

// checkOtherPrefixes warns about records that couponbot has left in Redis with other API keys.
func checkOtherPrefixes(others []string) []finding {
	if len(others) == 0 {
		return nil
	}
	return []finding{warn.findingf("Redis: it holds records of this Slack app with other API keys (%s). Their sends, caps and audit "+
		"trail are not used with the keys of now; the do-not-contact list is", strings.Join(others, ", "))}
}

// redisInfo returns the fields of INFO that the server reports.
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

// checkRedisServer checks the version and that the server is a primary outside a cluster.
func checkRedisServer(info map[string]string) finding {
	redisVersion := info["redis_version"]
	switch {
	case redisVersion == "":
		return warn.findingf("Redis: it answers, but does not tell its version. It should be %s or newer", minRedis)
	case olderThan(redisVersion, minRedis):
		return bad.findingf("Redis: version %s is too old. Use %s or newer", redisVersion, minRedis)
	case info["cluster_enabled"] == "1":
		return bad.findingf("Redis: this is a node of a cluster. Use one server of its own")
	case info["role"] == "slave":
		return bad.findingf("Redis: this is a replica, which takes no writes. Put the primary into REDIS_URL")
	}
	return pass.findingf("Redis: version %s answers", redisVersion)
}

// checkRedisFile checks the append-only file. Without it, a confirmed send doesn't survive a restart of Redis.
func checkRedisFile(ctx context.Context, rdb *redis.Client, info map[string]string) finding {
	switch info["aof_enabled"] {
	case "0":
		return bad.findingf("Redis persistence: the append-only file is off, so a restart of Redis loses sends. " +
			"Set appendonly yes and appendfsync always")
	case "":
		return warn.findingf("Redis persistence: Redis does not tell. See to it that it runs with appendonly yes and appendfsync always")
	}
	fsync := rdb.ConfigGet(ctx, "appendfsync").Val()["appendfsync"]
	switch fsync {
	case "always":
		return pass.findingf("Redis persistence: append-only file, written through (appendfsync always)")
	case "":
		return warn.findingf("Redis persistence: the append-only file is on, but Redis does not tell appendfsync. It should be always")
	}
	return warn.findingf("Redis persistence: the append-only file is on with appendfsync %s, so a power loss can lose what was just "+
		"recorded. Set appendfsync always", fsync)
}

// nearlyFullPercent is the share of maxmemory in use at which the check warns.
const nearlyFullPercent = 90

// checkRedisMemory checks the memory in use and that a full Redis refuses writes, as other policies would evict sends.
func checkRedisMemory(info map[string]string) finding {
	policy := info["maxmemory_policy"]
	used, limit := parseBytes(info["used_memory"]), parseBytes(info["maxmemory"])
	usage := fmt.Sprintf("%s of %s are in use", info["used_memory_human"], info["maxmemory_human"])
	switch {
	case policy == "":
		return warn.findingf("Redis memory: Redis does not tell its maxmemory-policy. It should be noeviction")
	case policy != "noeviction":
		return bad.findingf("Redis memory: maxmemory-policy is %s, so Redis may throw sends away when it is full. "+
			"Set maxmemory-policy noeviction", policy)
	case limit > 0 && used >= limit:
		return bad.findingf("Redis memory: it is full, %s. Raise maxmemory", usage)
	case limit > 0 && used >= limit/100*nearlyFullPercent:
		return warn.findingf("Redis memory: it is nearly full, %s. Raise maxmemory", usage)
	case limit > 0:
		return pass.findingf("Redis memory: nothing is evicted (maxmemory-policy noeviction), and %s", usage)
	}
	return pass.findingf("Redis memory: nothing is evicted (maxmemory-policy noeviction)")
}

// parseBytes parses a number of bytes, and returns 0 for anything else.
func parseBytes(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

// explainRedis describes an error of Redis, with a fix. It may quote the error, since go-redis's errors hold no password.
func explainRedis(err error) string {
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
		return fmt.Sprintf("%s. Try again in a minute (%s)", rediserr.Problem(err), redisReply(err))
	}
	return fmt.Sprintf("%s. %s (%s)", rediserr.Problem(err), capitalize(kind.Task()), redisReply(err))
}

// redisReply returns Redis's own error message if there is one, without the errors that wrap it.
func redisReply(err error) string {
	reply, ok := errors.AsType[redis.Error](err)
	if !ok {
		return err.Error()
	}
	return reply.Error()
}

func capitalize(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// olderThan reports whether version a is older than b. It compares only major and minor numbers.
func olderThan(a, b string) bool {
	left, right := versionNumbers(a), versionNumbers(b)
	return left[0] < right[0] || left[0] == right[0] && left[1] < right[1]
}

// versionNumbers returns the major and minor number of a version such as 7.2.4. A part that isn't a number counts as 0.
func versionNumbers(text string) (n [2]int) {
	for i, part := range strings.SplitN(text, ".", 3) {
		if i < len(n) {
			n[i], _ = strconv.Atoi(part)
		}
	}
	return n
}
