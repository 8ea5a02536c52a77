package sends

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// Every script gets the same keys, and the send's id and how long to keep an ended one (ms) as its first arguments.
// Names stand for them and for what several scripts do.
const shared = `
local send, to, out, claims, again, left, live, lease = unpack(KEYS)
local id, keep = ARGV[1], ARGV[2]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local stamp = string.format('%.0f', now)

local function get(field) return redis.call('HGET', send, field) end
local function count(field) return tonumber(get(field) or 0) end
local function add(field, n) redis.call('HINCRBY', send, field, n) end
local function has(field) return redis.call('HEXISTS', send, field) == 1 end
local function drop(field) redis.call('HDEL', send, field) end

local function all(command, ...)
	for _, key in ipairs({send, to, left, out}) do redis.call(command, key, ...) end
end

-- waiting counts those who have neither a claim nor an outcome.
local function waiting() return count('total') - count('next') + redis.call('LLEN', again) end

-- settle ends a send that has nobody left. One that had ended is put among the live again, to be told of once more.
local function settle()
	if has('ended') then
		redis.call('ZADD', live, 'NX', stamp, id)
	elseif has('confirmed') and waiting() == 0 and redis.call('HLEN', claims) == 0 then
		if get('state') == 'running' then redis.call('HSET', send, 'state', 'completed') end
		redis.call('HSET', send, 'ended', stamp)
		drop('holdup')
		all('PEXPIRE', keep)
	end
end

local function record(index, status, token, code, text)
	redis.call('HSET', out, index, table.concat({status, token, stamp, code, text}, '|'))
	add(status, 1)
end

-- stop skips all who wait, without touching each: who has no record in a stopped send was skipped.
local function stop(why)
	if get('state') ~= 'running' then return 0 end
	local n = waiting()
	redis.call('HSET', send, 'state', 'stopped', 'why', why, 'next', get('total'))
	drop('holdup')
	redis.call('DEL', again)
	add('skipped', n)
	return n
end

-- reclaim takes back what the token holds: its claim, or the unknown that the claim became. It gives the index.
local function reclaim(token, index)
	local held = redis.call('HGET', claims, token)
	if held then
		redis.call('HDEL', claims, token)
		return string.match(held, '^%d+')
	end
	local prefix = 'unknown|' .. token .. '|'
	if string.sub(redis.call('HGET', out, index) or '', 1, #prefix) ~= prefix then return nil end
	add('unknown', -1)
	return index
end

local function owned() return redis.call('HGET', lease, 'owner') == ARGV[3] end

-- standing is what every step of a run answers: a word, how many it touched, how many wait, whether the send has ended.
local function standing(word, n, ...)
	return {word, n, waiting(), has('ended') and 1 or 0, ...}
end
`

// Drafts.
var (
	// saveScript writes a draft once. Arguments: its life (ms), who was left out, how many of the following are fields of
	// the hash, these, and the recipients.
	saveScript = script(`
if redis.call('EXISTS', send) == 0 then
	local fields = tonumber(ARGV[5])
	redis.call('HSET', send, 'state', 'draft', 'created', stamp, 'total', #ARGV - 5 - fields, unpack(ARGV, 6, 5 + fields))
	for i = 6 + fields, #ARGV, 1000 do
		redis.call('RPUSH', to, unpack(ARGV, i, math.min(i + 999, #ARGV)))
	end
	redis.call('SET', left, ARGV[4])
	all('PEXPIRE', ARGV[3])
end
return {get('created'), get('state') or ''}`)

	// confirmScript makes the draft of a team and user a running send, and answers with its hash.
	confirmScript = script(`
local state = get('state')
if not state or get('team') ~= ARGV[3] or get('user') ~= ARGV[4] then return {} end
if state == 'draft' then
	redis.call('HSET', send, 'state', 'running', 'confirmed', stamp)
	all('PERSIST')
	redis.call('ZADD', live, stamp, id)
end
return redis.call('HGETALL', send)`)

	// voidScript sees to it that a draft is never confirmed, unless it was already, and answers with its hash. It takes
	// something away, which a Redis that is full still does.
	voidScript = script(`
if get('state') == 'draft' then drop('state') end
return redis.call('HGETALL', send)`)
)

// A process and the send it carries. The first argument of each is the process's token.
var (
	// leaseScript takes the send if it is live and nobody has it, for a time (ms), and answers with its hash.
	leaseScript = script(`
if redis.call('EXISTS', send) == 0 then
	redis.call('ZREM', live, id)
	return {}
end
if not redis.call('ZSCORE', live, id) then return {} end
if redis.call('EXISTS', lease) == 1 and not owned() then return {} end
redis.call('HSET', lease, 'owner', ARGV[3])
redis.call('PEXPIRE', lease, ARGV[4])
return redis.call('HGETALL', send)`)

	// freeScript gives the send back.
	freeScript = script(`
if owned() then redis.call('DEL', lease) end
return 1`)

	// startScript notes that the send has begun.
	startScript = script(`
if get('state') == 'running' then redis.call('HSETNX', send, 'started', stamp) end
return standing('started', 0)`)

	// claimScript claims the next recipient. Argument: the number of the claim, greater than any before.
	claimScript = script(`
local token = ARGV[3] .. ':' .. ARGV[4]
local held = redis.call('HGET', claims, token)
if not held then
	if not owned() then return standing('lost', 0) end
	if tonumber(redis.call('HGET', lease, 'claim') or 0) >= tonumber(ARGV[4]) then return standing('late', 0) end
	redis.call('HSET', lease, 'claim', ARGV[4])
	if get('state') ~= 'running' then return standing('none', 0) end
	local index = redis.call('LPOP', again)
	if not index then
		if count('next') >= count('total') then return standing('none', 0) end
		index = redis.call('HINCRBY', send, 'next', 1) - 1
	end
	held = index .. ':' .. stamp
	redis.call('HSET', claims, token, held)
end
local index = string.match(held, '^%d+')
return standing('claimed', 1, index, redis.call('LINDEX', to, index))`)

	// tendScript renews the lease for a time (ms) and makes claims older than another (ms) unknown. Third argument: why,
	// for the report.
	tendScript = script(`
if not owned() then return standing('lost', 0) end
redis.call('PEXPIRE', lease, ARGV[4])
local held, swept = redis.call('HGETALL', claims), 0
for i = 1, #held, 2 do
	local index, at = string.match(held[i + 1], '^(%d+):(%d+)$')
	if now - tonumber(at) > tonumber(ARGV[5]) then
		redis.call('HDEL', claims, held[i])
		record(index, 'unknown', held[i], '', ARGV[6])
		swept = swept + 1
	end
end
if not has('ended') then settle() end
return standing('held', swept)`)

	// closeScript takes an ended send out of the live ones if its counts are still those that were told.
	closeScript = script(`
if not owned() or not has('ended') then return 0 end
local counts = table.concat({count('accepted'), count('failed'), count('skipped'), count('unknown')}, ' ')
if counts ~= ARGV[4] then return 0 end
redis.call('ZREM', live, id)
return 1`)
)

// What became of a claim. These need no lease: the claim's token is enough.
var (
	// outcomeScript records an outcome. Arguments: token, index, status, code, text, and how many calls without a verdict
	// in a row stop the send with which words. It answers with the number of recipients that this skipped.
	outcomeScript = script(`
local token, status, code, text = ARGV[3], ARGV[5], ARGV[6], ARGV[7]
if status == 'unknown' and redis.call('HEXISTS', claims, token) == 0 then return standing('gone', 0) end
local index = reclaim(token, ARGV[4])
if not index then return standing('gone', 0) end
record(index, status, token, code, text)
drop('holdup')
local skipped = 0
if status == 'unknown' then
	add('streak', 1)
	if count('streak') >= tonumber(ARGV[8]) then skipped = stop(ARGV[9]) end
else
	redis.call('HSET', send, 'streak', 0)
end
if status == 'failed' then
	local reason = 'failure:' .. code .. '|' .. text
	if not has(reason) then
		if count('reasons') < 20 then add('reasons', 1) else reason = 'failure:|' end
	end
	add(reason, 1)
end
settle()
return standing('done', skipped)`)

	// releaseScript gives a claim back, since its call did nothing. Arguments: token, index if known, and, if the API
	// turned the call away, what holds the send up since. In a send that goes on no more the recipient is skipped.
	releaseScript = script(`
local index = reclaim(ARGV[3], ARGV[4])
if not index then return standing('gone', 0) end
local skipped = 0
if get('state') == 'running' then
	redis.call('HDEL', out, index)
	redis.call('RPUSH', again, index)
	if ARGV[5] then redis.call('HSET', send, 'holdup', ARGV[5]) end
else
	record(index, 'skipped', ARGV[3], '', get('why') or 'the call did nothing')
	skipped = 1
end
settle()
return standing('done', skipped)`)

	// stopScript stops the send. Argument: why.
	stopScript = script(`
local skipped = stop(ARGV[3])
if not has('ended') then settle() end
return standing('done', skipped)`)

	// toldScript remembers what the Teller returned, as long as there is a send. Argument: that, in JSON.
	toldScript = script(`
if redis.call('EXISTS', send) == 1 then redis.call('HSET', send, 'told', ARGV[3]) end
return standing('told', 0)`)
)

func script(body string) *redis.Script { return redis.NewScript(shared + body) }

// do runs one script on the records of a send.
func (s *Service) do(ctx context.Context, script *redis.Script, id string, args ...any) *redis.Cmd {
	return script.Run(ctx, s.cfg.Redis, s.keys(id), append([]any{id, s.cfg.ReportTTL.Milliseconds()}, args...)...)
}

func (s *Service) keys(id string) []string {
	key := s.cfg.Prefix + "send:" + id
	return []string{
		key, key + ":to", key + ":out", key + ":claims", key + ":again", key + ":left", s.live(), key + ":lease",
	}
}

func (s *Service) live() string { return s.cfg.Prefix + "sends:live" }

// standing is how a send stands after one step of a run.
type standing struct {
	word    string // what the script did
	n       int    // how many recipients it touched besides
	waiting int    // how many have neither a claim nor an outcome
	ended   bool
}

// stand reads what the scripts answer with standing, and what follows it.
func stand(cmd *redis.Cmd) (standing, []any, error) {
	reply, err := cmd.Slice()
	if err != nil {
		return standing{}, nil, err
	}
	word, _ := reply[0].(string)
	n, _ := reply[1].(int64)
	waiting, _ := reply[2].(int64)
	return standing{word, int(n), int(waiting), reply[3] == int64(1)}, reply[4:], nil
}
