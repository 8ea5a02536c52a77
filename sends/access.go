package sends

import (
	"context"
	"errors"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/internal/rediserr"
)

// Access is a part of couponbot's data in Redis: its keys and channels, and the commands that couponbot runs on them.
type Access struct {
	// Part names the part in words: "the queue's keys".
	Part string
	// Keys and Channels are patterns in the notation of an ACL, each with an example that matches it. The first key of a part
	// never exists.
	Keys, Channels []Pattern
	// Commands are the commands in the notation of an ACL.
	Commands []string
}

// Pattern is a pattern of keys or channels, with an example.
type Pattern struct{ Glob, Example string }

// Accesses lists what a couponbot with that prefix needs in Redis. Only its own keys have the prefix: asynq and redis_rate
// begin each key with their own name.
func Accesses(prefix string) []Access {
	return []Access{
		{
			Part:     "couponbot's own keys",
			Keys:     ownKeys(prefix),
			Channels: []Pattern{{prefix + "*", prefix + "news"}},
			Commands: []string{
				"del", "exists", "expire", "get", "mget", "set", "incr", "decr", "pexpire", "persist", "pttl", "rename",
				"hdel", "hexists", "hget", "hgetall", "hincrby", "hlen", "hmget", "hscan", "hset", "hsetnx", "unlink",
				"lindex", "llen", "lrange", "lrem", "lset", "rpush",
				"xadd", "xrevrange", "zadd", "zcard", "zrange", "zrangebylex", "zrangebyscore", "zrem", "zremrangebyrank", "zscore",
				"eval", "evalsha", "multi", "exec", "publish", "subscribe", "unsubscribe", "ping", "select", "time",
			},
		},
		{
			Part: "the queue's keys",
			Keys: []Pattern{
				{"asynq:{" + prefix + "*", "asynq:{" + prefix + "small}:t:probe"},
				{"asynq:queues", "asynq:queues"},
				{"asynq:servers*", "asynq:servers"},
				{"asynq:workers*", "asynq:workers"},
			},
			Channels: []Pattern{{"asynq:cancel", "asynq:cancel"}},
			Commands: []string{
				"del", "exists", "expire", "expireat", "get", "set", "setex", "incr", "hdel", "hget", "hset",
				"lpush", "lrem", "rpoplpush", "rpush", "sadd", "zadd", "zrange", "zrangebyscore", "zrem", "zremrangebyscore",
			},
		},
		{
			Part:     "the pace's keys",
			Keys:     []Pattern{{"rate:" + prefix + "*", "rate:" + prefix + "probe"}},
			Commands: []string{"del", "get", "set"},
		},
	}
}

// ownKeys returns couponbot's own keys: those with the prefix, and the do-not-contact lists.
func ownKeys(prefix string) []Pattern {
	keys := []Pattern{{prefix + "*", prefix + "probe"}}
	if !strings.HasPrefix(SuppressionPrefix, prefix) {
		keys = append(keys, Pattern{SuppressionPrefix + "*", SuppressionPrefix + "probe"})
	}
	return keys
}

// probeScript writes without changing anything, since its first key never exists. Redis refuses it for the same reasons as
// any write, and if the account lacks one of the keys.
const probeScript = `return redis.call('SET', KEYS[1], '', 'XX')`

// probeSHA identifies the script for EVALSHA once EVAL has run it.
var probeSHA = redis.NewScript(probeScript).Hash()

// Writable returns nil if Redis would accept a send now, else [ErrUnavailable] with the reason. It changes nothing.
func (s *Service) Writable(ctx context.Context) error {
	var bySum *redis.Cmd
	parts := Accesses(s.cfg.Prefix)
	probes := make([]*redis.Cmd, len(parts))
	_, err := s.cfg.Redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, part := range parts {
			keys := make([]string, len(part.Keys))
			for j, key := range part.Keys {
				keys[j] = key.Example
			}
			probes[i] = p.Eval(ctx, probeScript, keys)
		}
		bySum = p.EvalSha(ctx, probeSHA, []string{parts[0].Keys[0].Example})
		return nil
	})
	for i, cmd := range append(probes, bySum) {
		if err := cmd.Err(); err != nil && !errors.Is(err, redis.Nil) {
			return redisError(&rediserr.PartError{Part: parts[i%len(parts)].Part, Err: err})
		}
	}
	if err != nil && !errors.Is(err, redis.Nil) { // no connection, so no probe ran
		return redisError(err)
	}
	return nil
}
