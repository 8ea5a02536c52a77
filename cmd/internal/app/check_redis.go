package app

import (
	"context"
	"crypto/tls"
	"errors"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/sends"
)

// minRedis is the oldest version of Redis that couponbot is tested with.
const minRedis = "6.2"

// checkRedis asks Redis whether it is there and would keep what it is told.
func checkRedis(ctx context.Context, c Config) []finding {
	options := c.RedisURL.Options()
	options.MaxRetries = -1
	rdb := redis.NewClient(options)
	defer rdb.Close()
	if err := rdb.Ping(ctx).Err(); err != nil {
		return []finding{bad.say("Redis (REDIS_URL): %s", redisSays(err))}
	}
	info := redisInfo(ctx, rdb)
	return []finding{
		checkRedisServer(info),
		checkRedisFile(ctx, rdb, info),
		checkRedisMemory(info),
		checkSuppression(ctx, c, rdb),
	}
}

// checkSuppression looks whether the suppression list can be read with the key of the settings.
func checkSuppression(ctx context.Context, c Config, rdb *redis.Client) finding {
	list := sends.New(sends.Config{Redis: rdb, Prefix: keyPrefix(c), SuppressionKey: c.SuppressionKey.Reveal()})
	n, err := list.Suppressed(ctx)
	if err == nil {
		err = list.SuppressionKeyFits(ctx)
	}
	switch {
	case errors.Is(err, sends.ErrSuppressionKey):
		return bad.say("SUPPRESSION_KEY: the suppression list of %d was made with another key, so nothing is sent. "+
			"Set SUPPRESSION_KEY to what it was when the list was begun, or take it out if it was not set then", n)
	case err != nil:
		return bad.say("suppression list: it cannot be read (%s)", err)
	}
	return fine.say("SUPPRESSION_KEY: it fits; there are %d on the suppression list", n)
}

// redisInfo returns the fields of INFO. Where a server does not give them, or not this account, they are missing.
func redisInfo(ctx context.Context, rdb *redis.Client) map[string]string {
	fields := map[string]string{}
	text, err := rdb.Info(ctx).Result()
	if err != nil {
		return fields
	}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[name] = value
		}
	}
	return fields
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

// checkRedisMemory looks at what Redis does when it is full: to make room, it must not forget a send.
func checkRedisMemory(info map[string]string) finding {
	policy := info["maxmemory_policy"]
	switch policy {
	case "":
		return warn.say("Redis memory: Redis does not tell its maxmemory-policy. It should be noeviction")
	case "noeviction":
		return fine.say("Redis memory: nothing is evicted (maxmemory-policy noeviction)")
	}
	return bad.say("Redis memory: maxmemory-policy is %s, so Redis may throw sends away when it is full. "+
		"Set maxmemory-policy noeviction", policy)
}

// redisSays puts a failed first call into words. go-redis has no password in its errors.
func redisSays(err error) string {
	text := err.Error()
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case certificate:
		return "its certificate is not trusted here (" + text + ")"
	case strings.HasPrefix(text, "NOAUTH"), strings.HasPrefix(text, "WRONGPASS"), strings.Contains(text, "invalid password"):
		return "it refuses the user and password of REDIS_URL, or wants some. They stand in front of the host, with an @ behind"
	case strings.HasPrefix(text, "NOPERM"):
		return "the account may not do this. Give it all commands on its keys (" + text + ")"
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time. Is the address right, and does a firewall let it through?"
	}
	return "it cannot be reached. Is it running, and is the address right? (" + text + ")"
}

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
