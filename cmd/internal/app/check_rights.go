package app

import (
	"context"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/internal/rediserr"
	"github.com/coupontools/couponbot/sends"
)

const (
	// keyAccessScript does nothing. Redis runs it only for an account that may read and write the script's key.
	keyAccessScript = `return 1`

	// commandAccessScript tests which commands the account may run, without running them. Each argument is a command and
	// its arguments, one per line. The reply is a list of "yes", "no" or, for a command that Redis doesn't have, "none".
	// Before version 7 Redis can't test commands and the reply is a string.
	commandAccessScript = `
if not redis.acl_check_cmd then return 'unsupported' end
local answers = {}
for i, line in ipairs(ARGV) do
	local words = {}
	for word in string.gmatch(line, '[^\n]+') do words[#words + 1] = word end
	local known, may = pcall(redis.acl_check_cmd, unpack(words))
	answers[i] = known and (may and 'yes' or 'no') or 'none'
end
return answers`
)

// checkRedisRights checks that the account has every permission that couponbot and its queue need, without running the
// commands. It lists missing permissions as ACL rules, with the key patterns of the README.
func checkRedisRights(ctx context.Context, c Config, rdb *redis.Client) finding {
	user := c.RedisURL.Options().Username
	if user == "" {
		user = "default"
	}
	probe := aclProbe{areas: sends.Accesses(keyPrefix(c)), readmeAreas: sends.Accesses("couponbot:"), answers: map[string]string{}}
	err := probe.probeKeys(ctx, rdb)
	if err == nil {
		err = probe.probeCommands(ctx, rdb)
	}
	missingRules, missingCommands := probe.missing()
	switch {
	case rediserr.KindOf(err) == rediserr.NoScripting:
		return bad.findingf("Redis permissions: the user %s may not run EVAL, or Redis has it no more (rename-command). "+
			"Allow it (ACL SETUSER %s +eval), and check again for what else is missing", user, user)
	case err != nil:
		return bad.findingf("Redis permissions: %s", explainRedis(err))
	case len(missingCommands) > 0:
		return bad.findingf("Redis permissions: Redis has no %s. Take rename-command out of its configuration, or use Redis %s or newer",
			strings.Join(missingCommands, ", "), minRedis)
	case len(missingRules) > 0:
		return bad.findingf("Redis permissions: the user %s lacks rights. Add them: ACL SETUSER %s %s",
			user, user, strings.Join(missingRules, " "))
	case probe.noCommandCheck:
		return warn.findingf("Redis permissions: the user %s may run scripts on all keys that couponbot and its queue need. "+
			"Which commands it may run, Redis tells from version 7 on", user)
	}
	return pass.findingf("Redis permissions: the user %s may do all that couponbot and its queue need", user)
}

// aclProbe collects what the account may do.
type aclProbe struct {
	areas, readmeAreas []sends.Access    // the same accesses, with the keys of this bot and with the README's patterns
	forbiddenKeys      []string          // README patterns of keys that the account may not use
	allowedKey         string            // a key that the account may use, if any
	noCommandCheck     bool              // Redis can't test commands
	answers            map[string]string // replies of commandAccessScript, by query
}

// probeKeys finds out which keys the account may use.
func (r *aclProbe) probeKeys(ctx context.Context, rdb *redis.Client) error {
	for i, part := range r.areas {
		for j, pattern := range part.Keys {
			err := rdb.Eval(ctx, keyAccessScript, []string{pattern.Example}).Err()
			switch {
			case err == nil:
				r.allowedKey = pattern.Example
			case rediserr.KindOf(err) == rediserr.NoPermission:
				globs := r.readmeAreas[i].Keys // shorter: the README has one pattern for all of couponbot's own keys
				r.forbiddenKeys = append(r.forbiddenKeys, "~"+globs[min(j, len(globs)-1)].Glob)
			default:
				return err
			}
		}
	}
	return nil
}

// aclQueryArgs is the number of arguments in a query. XADD needs the most.
const aclQueryArgs = 4

// aclQuery returns an argument of commandAccessScript: the command with arg, a key or channel, in place of every argument.
// Redis 7.0 crashes if it has to test SET or EVAL without arguments.
func aclQuery(command, arg string) string {
	return command + strings.Repeat("\n"+arg, aclQueryArgs)
}

// probeCommands finds out which channels the account may use and which commands it may run on a key that it may use.
// Without such a key commands can't be tested: Redis would refuse them because of the key.
func (r *aclProbe) probeCommands(ctx context.Context, rdb *redis.Client) error {
	var queries []any
	for _, part := range r.areas {
		for _, channel := range part.Channels {
			queries = append(queries, aclQuery("subscribe", channel.Example), aclQuery("publish", channel.Example))
		}
		for _, command := range part.Commands {
			if r.allowedKey != "" {
				queries = append(queries, aclQuery(command, r.allowedKey))
			}
		}
	}
	reply, err := rdb.Eval(ctx, commandAccessScript, nil, queries...).Result()
	if err != nil {
		return err
	}
	replies, isList := reply.([]any)
	r.noCommandCheck = !isList
	for i, answer := range replies[:min(len(replies), len(queries))] {
		query, _ := queries[i].(string)
		r.answers[query], _ = answer.(string)
	}
	return nil
}

// missing returns the ACL rules that the account needs, in the order keys, channels, commands, and the commands that Redis
// doesn't have.
func (r *aclProbe) missing() (rules, noCommands []string) {
	forbidden := func(command, arg string) bool { return r.answers[aclQuery(command, arg)] == "no" }
	var channels, commands []string
	canUse := map[string]bool{}
	for i, part := range r.areas {
		for j, channel := range part.Channels {
			subscribe, publish := forbidden("subscribe", channel.Example), forbidden("publish", channel.Example)
			if subscribe && publish {
				channels = append(channels, "&"+r.readmeAreas[i].Channels[j].Glob)
			}
			canUse["subscribe"] = canUse["subscribe"] || !subscribe
			canUse["publish"] = canUse["publish"] || !publish
		}
	}
	for _, part := range r.areas {
		for _, command := range part.Commands {
			allowed, isPubSub := canUse[command]
			if isPubSub && !allowed || !isPubSub && forbidden(command, r.allowedKey) {
				commands = append(commands, "+"+command)
			}
			if r.answers[aclQuery(command, r.allowedKey)] == "none" {
				noCommands = append(noCommands, strings.ToUpper(command))
			}
		}
	}
	for _, list := range [][]string{r.forbiddenKeys, channels, commands} {
		slices.Sort(list)
		rules = append(rules, slices.Compact(list)...)
	}
	slices.Sort(noCommands)
	return rules, slices.Compact(noCommands)
}
