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
	// keyScript does nothing. Redis refuses to run it for an account that may not read and write its key.
	keyScript = `return 1`

	// rightsScript asks of each of its arguments, a command with what stands behind it, whether the account may run it. It
	// runs none of them. It answers with a list of "yes", "no" and, of commands that Redis does not have, "none".
	rightsScript = `
if not redis.acl_check_cmd then return 'untold' end
local answers = {}
for i, line in ipairs(ARGV) do
	local words = {}
	for word in string.gmatch(line, '[^\n]+') do words[#words + 1] = word end
	local known, may = pcall(redis.acl_check_cmd, unpack(words))
	answers[i] = known and (may and 'yes' or 'no') or 'none'
end
return answers`
)

// checkRedisRights asks Redis, without doing any of it, whether the account may do all that couponbot and its queue do. What
// is missing it names as rules of an ACL, with the patterns of the README.
func checkRedisRights(ctx context.Context, c Config, rdb *redis.Client) finding {
	user := c.RedisURL.Options().Username
	if user == "" {
		user = "default"
	}
	r := rights{parts: sends.Accesses(keyPrefix(c)), generic: sends.Accesses("couponbot:"), may: map[string]string{}}
	err := r.askKeys(ctx, rdb)
	if err == nil {
		err = r.askCommands(ctx, rdb)
	}
	lacks, gone := r.lacks()
	switch {
	case rediserr.KindOf(err) == rediserr.NoScripting:
		return bad.say("Redis permissions: the user %s may not run EVAL, or Redis has it no more (rename-command). "+
			"Allow it (ACL SETUSER %s +eval), and check again for what else is missing", user, user)
	case err != nil:
		return bad.say("Redis permissions: %s", redisSays(err))
	case len(gone) > 0:
		return bad.say("Redis permissions: Redis has no %s. Take rename-command out of its configuration, or use Redis %s or newer",
			strings.Join(gone, ", "), minRedis)
	case len(lacks) > 0:
		return bad.say("Redis permissions: the user %s lacks rights. Add them: ACL SETUSER %s %s", user, user, strings.Join(lacks, " "))
	case r.untold:
		return warn.say("Redis permissions: the user %s may run scripts on all keys that couponbot and its queue need. "+
			"Which commands it may run, Redis tells from version 7 on", user)
	}
	return fine.say("Redis permissions: the user %s may do all that couponbot and its queue need", user)
}

// rights are what Redis answered about the rights of an account.
type rights struct {
	parts, generic []sends.Access // with the keys of this couponbot, and with the patterns of the README
	noKeys         []string       // the patterns of the README that are forbidden
	key            string         // one that is allowed
	untold         bool           // Redis does not tell about commands
	may            map[string]string
}

// askKeys tries which keys the account may use.
func (r *rights) askKeys(ctx context.Context, rdb *redis.Client) error {
	for i, part := range r.parts {
		for j, pattern := range part.Keys {
			err := rdb.Eval(ctx, keyScript, []string{pattern.Example}).Err()
			switch {
			case err == nil:
				r.key = pattern.Example
			case rediserr.KindOf(err) == rediserr.NoPermission:
				globs := r.generic[i].Keys // the README has one pattern for all of couponbot's own keys
				r.noKeys = append(r.noKeys, "~"+globs[min(j, len(globs)-1)].Glob)
			default:
				return err
			}
		}
	}
	return nil
}

// questionWords is how many words a question has behind the command: as many as XADD, the longest, needs.
const questionWords = 4

// question is a command in full length, since Redis 7.0 crashes when it is asked about SET or EVAL without their words. They
// are keys, or channels, throughout.
func question(command, word string) string {
	return command + strings.Repeat("\n"+word, questionWords)
}

// askCommands asks which commands the account may run on a key that it may use, and to which channels it may listen and
// speak. Without a key that it may use no command can be told from its key.
func (r *rights) askCommands(ctx context.Context, rdb *redis.Client) error {
	var questions []any
	for _, part := range r.parts {
		for _, channel := range part.Channels {
			questions = append(questions, question("subscribe", channel.Example), question("publish", channel.Example))
		}
		for _, command := range part.Commands {
			if r.key != "" {
				questions = append(questions, question(command, r.key))
			}
		}
	}
	reply, err := rdb.Eval(ctx, rightsScript, nil, questions...).Result()
	if err != nil {
		return err
	}
	answers, told := reply.([]any)
	r.untold = !told
	for i, answer := range answers[:min(len(answers), len(questions))] {
		asked, _ := questions[i].(string)
		r.may[asked], _ = answer.(string)
	}
	return nil
}

// lacks lists the rules that the account lacks, in the order keys, channels, commands, and the commands that Redis lacks.
func (r *rights) lacks() (rules, gone []string) {
	forbidden := func(command, word string) bool { return r.may[question(command, word)] == "no" }
	var channels, commands []string
	speaks := map[string]bool{}
	for i, part := range r.parts {
		for j, channel := range part.Channels {
			subscribe, publish := forbidden("subscribe", channel.Example), forbidden("publish", channel.Example)
			if subscribe && publish {
				channels = append(channels, "&"+r.generic[i].Channels[j].Glob)
			}
			speaks["subscribe"] = speaks["subscribe"] || !subscribe
			speaks["publish"] = speaks["publish"] || !publish
		}
	}
	for _, part := range r.parts {
		for _, command := range part.Commands {
			may, aboutChannels := speaks[command]
			if aboutChannels && !may || !aboutChannels && forbidden(command, r.key) {
				commands = append(commands, "+"+command)
			}
			if r.may[question(command, r.key)] == "none" {
				gone = append(gone, strings.ToUpper(command))
			}
		}
	}
	for _, list := range [][]string{r.noKeys, channels, commands} {
		slices.Sort(list)
		rules = append(rules, slices.Compact(list)...)
	}
	slices.Sort(gone)
	return rules, slices.Compact(gone)
}
