package sends

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Every script gets the same keys, and as its first arguments the send's id, how long to keep an ended one (ms), the prefix
// of all keys, how long a lease lasts, and for how long a send may be held up at most (ms). arg(1) is the first argument of
// its own. Names stand for the keys and for what several scripts do. A time is in milliseconds by Redis's clock.
const shared = `
local send, to, out, claims, again, left, turn, keeper = unpack(KEYS, 1, 8)
local live, recent, audit, suppressed, unsubscribed, wait, aside = unpack(KEYS, 9, 15)
local list_key, list_marker, unsubscribed_read, packed = unpack(KEYS, 16)
local id, keep, prefix, lease = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function ms(t) return string.format('%.0f', t) end -- Lua would write large numbers with an exponent
local stamp = ms(now)

local most_hold = tonumber(ARGV[5])

local function arg(i) return ARGV[i + 5] end
local function get(field) return redis.call('HGET', send, field) end
local function set(...) redis.call('HSET', send, ...) end
local function count(field) return tonumber(get(field) or 0) end
-- add sets a counter and does not increment it: a crash of Redis can repeat a part of a script (see the package comment).
local function add(field, n) set(field, ms(count(field) + n)) end
local function has(field) return redis.call('HEXISTS', send, field) == 1 end
local function drop(...) redis.call('HDEL', send, ...) end
local function is(...)
	local state = get('state')
	for _, s in ipairs({...}) do
		if s == state then return true end
	end
	return false
end

local function all(command, ...)
	for _, key in ipairs({send, to, left, out, packed}) do redis.call(command, key, ...) end
end

-- held says whether a key is a lease that goes on, of a time (ms). One with more left comes of a clock that was put back: it
-- is over, else nobody would go on for as long as the clock was put back.
local function held(key, lease)
	local left = redis.call('PTTL', key)
	return left > 0 and left <= lease
end

-- wait_left is for how many ms more a running send is held up. A longer time than any comes of a clock that was put back.
local function wait_left()
	local left = count('hold') - now
	return left > most_hold and 0 or math.max(left, 0)
end

-- hold_up holds a running send for at least a time (ms), and says why; a short hold says nothing (''). A longer hold stays, with
-- its reason. It returns whether it changed anything.
local function hold_up(time, why)
	if not is('running') or time <= wait_left() then return false end
	set('hold', ms(now + time), 'holdup', why)
	return true
end

-- tell lets every process know that something was done to the send, or that it has ended.
local function tell() redis.call('PUBLISH', prefix .. 'news', id) end

-- log adds to the audit trail what somebody did: nobody ('') is couponbot itself.
local function log(what, who, before, after, note, channel, message)
	redis.call('XADD', audit, 'MAXLEN', '~', 100000, '*', 'what', what, 'team', get('team') or '', 'who', who, 'send', id,
		'before', before, 'after', after, 'note', note or '', 'channel', channel or '', 'message', message or '')
end

-- waiting counts those who have neither a claim nor an outcome, and those of them who were put aside.
local function waiting()
	local n = redis.call('ZCARD', aside)
	return count('total') - count('next') + redis.call('LLEN', again) + n, n
end

local function write_record(index, status, token, code, text, action)
	redis.call('HSET', out, index, table.concat({status, token, stamp, code, action or '', text}, '|'))
end

local function record(index, status, ...)
	write_record(index, status, ...)
	add(status, 1)
end

-- claimed gives the indexes of those who have a claim.
local function claimed()
	local held, indexes = redis.call('HGETALL', claims), {}
	for i = 2, #held, 2 do indexes[string.match(held[i], '^%d+')] = true end
	return indexes
end

-- account counts the outcomes again if they do not add up with those who wait, which takes a Redis that lost a part of a
-- script in a crash. A recipient without a record who does not wait may have been called.
local function account()
	local tally = {accepted = 0, failed = 0, skipped = 0, unknown = 0}
	local sum = waiting() + redis.call('HLEN', claims)
	for status in pairs(tally) do sum = sum + count(status) end
	if sum == count('total') then return end
	local open = claimed()
	for _, index in ipairs(redis.call('LRANGE', again, 0, -1)) do open[index] = true end
	for _, member in ipairs(redis.call('ZRANGE', aside, 0, -1)) do open[string.match(member, '0*(%d+)$')] = true end
	local given_up = is('stopped', 'cancelled') -- those who waited then have no records
	for i = 0, count('next') - 1 do
		local index = ms(i)
		local status = string.match(redis.call('HGET', out, index) or '', '^%a+')
		if not status and not open[index] then
			status = given_up and 'skipped' or 'unknown'
			if not given_up then write_record(index, status, '', '', 'its record was lost when Redis crashed') end
		end
		if tally[status or ''] then tally[status] = tally[status] + 1 end
	end
	for status, n in pairs(tally) do set(status, ms(n)) end
end

-- settle ends a send that has nobody left. One that had ended is put among the live again, to be told of once more.
local function settle()
	if has('ended') then
		redis.call('ZADD', live, 'NX', stamp, id)
	elseif has('confirmed') and waiting() == 0 and redis.call('HLEN', claims) == 0 then
		account()
		if is('running', 'paused') then set('state', 'completed') end
		set('ended', stamp)
		drop('holdup', 'hold')
		all('PEXPIRE', keep)
		tell()
	end
end

-- give_up skips all who wait, without touching each: who has no record in such a send was skipped.
local function give_up(state, why)
	account()
	local n = waiting()
	local parent = get('parent') or ''
	if parent ~= '' and not has('started') then -- nobody was called: the parent can be resent again
		local key = prefix .. 'send:' .. parent
		if redis.call('HGET', key, 'resent') == id then redis.call('HDEL', key, 'resent') end
	end
	set('state', state, 'why', why, 'next', get('total'))
	drop('holdup', 'hold')
	redis.call('DEL', again, wait, aside)
	add('skipped', n)
	return n
end

-- pause holds a running send until somebody resumes it.
local function pause(why)
	set('state', 'paused', 'paused', stamp, 'why', why)
	drop('holdup', 'hold')
end

-- entry takes a recipient apart: the keyed hash of the person, the place in the parent's list, the country whose SMS rate
-- applies, the rest.
local function entry(index)
	return string.match(redis.call('LINDEX', to, index) or '', '^([^|]*)|([^|]*)|([^|]*)|(.*)$')
end

-- fingerprint sums up what is sent to whom, from the records as they are.
local function fingerprint()
	local parts = {}
	for i, field in ipairs({'offer', 'directory', 'kind', 'subject', 'message', 'due'}) do
		local value = get(field) or ''
		parts[i] = #value .. ':' .. value
	end
	local sum = redis.sha1hex(table.concat(parts, ' '))
	for i = 0, redis.call('LLEN', to), 1000 do
		sum = redis.sha1hex(sum .. ' ' .. table.concat(redis.call('LRANGE', to, i, i + 999), ' '))
	end
	return sum
end

local function last(person) return prefix .. 'last:' .. person end
local function day(at, whose) return prefix .. 'day:' .. math.floor(at / 86400000) .. ':' .. whose end

-- forget takes a call that reached nobody off the person's frequency.
local function forget(index, token)
	local person = entry(index)
	if not person then return end
	local held = redis.call('GET', last(person))
	if held and string.sub(held, 1, #token + 1) == token .. '|' then redis.call('DEL', last(person)) end
end

-- reclaim takes back what the token holds: its claim, or the unknown that the claim became. It gives the index, and when
-- the claim was made if it is one still.
local function reclaim(token, index)
	local held = redis.call('HGET', claims, token)
	if held then
		redis.call('HDEL', claims, token)
		local at
		index, at = string.match(held, '^(%d+):(%d+)$')
		return index, tonumber(at)
	end
	local prefix = 'unknown|' .. token .. '|'
	if string.sub(redis.call('HGET', out, index) or '', 1, #prefix) ~= prefix then return nil end
	add('unknown', -1)
	return index
end

local function mine() return redis.call('HGET', turn, 'owner') == arg(1) end

-- standing is what every step answers: a word, how many it touched, how many wait, whether the send has ended; for the
-- queue how many turns were taken and in how many ms the next is due, -1 if none is; and for how many ms nobody can be
-- claimed, since all who wait were put aside.
local function standing(word, n, ...)
	local due, rest = -1, 0
	local waits, put_aside = waiting()
	if waits > 0 and put_aside == waits then
		local first = redis.call('ZRANGE', wait, 0, 0, 'WITHSCORES')
		rest = math.max(tonumber(first[2] or 0) - now, 0)
	end
	if not held(turn, lease) and waits > 0 then
		if is('running') then due = wait_left()
		elseif is('scheduled') then due = math.max(count('due') - now, 0) end
	end
	return {word, n, waits, has('ended') and 1 or 0, count('turns'), due, rest, ...}
end
`

func script(body string) *redis.Script { return redis.NewScript(shared + body) }

// do runs one script on the records of a send.
func (s *Service) do(ctx context.Context, script *redis.Script, id string, args ...any) *redis.Cmd {
	own := []any{id, s.cfg.ReportTTL.Milliseconds(), s.cfg.Prefix, leaseTime.Milliseconds(), longestHold.Milliseconds()}
	return script.Run(ctx, s.cfg.Redis, s.keys(id), append(own, args...)...)
}

// The places of the records of one send among its keys.
const (
	keySend = iota
	keyTo
	keyOut
	keyClaims
	_
	keyLeft
	keyTurn
	keyKeeper
	keyWait = iota + 5 // behind the keys that belong to no send
	keyAside
	_ // the lists that bar people
	_
	_
	keyPacked // the recipients of a draft
)

func (s *Service) keys(id string) []string {
	key := s.cfg.Prefix + "send:" + id
	return []string{
		key, key + ":to", key + ":out", key + ":claims", key + ":again", key + ":left", key + ":turn", key + ":keeper",
		s.key("sends:live"), s.key("sends:recent"), s.key("audit"), s.listKey("people"), s.key("unsubscribed"),
		key + ":wait", key + ":aside", s.listKey("key"), s.listKey("marker"), s.key("unsubscribed:read"), key + ":packed",
	}
}

// key is a key that belongs to no send.
func (s *Service) key(name string) string { return s.cfg.Prefix + name }

// reply is what every script answers: the state of a send after one step.
type reply struct {
	code    string // what the script did
	n       int    // how many recipients it touched besides
	waiting int    // how many have neither a claim nor an outcome
	ended   bool
	turns   int64 // how many turns were taken
	due     int64 // ms until a turn may be taken; below 0 if none may
	rest    int64 // ms for which nobody can be claimed, since all who wait were put aside
}

// next is how long until the next turn is due; below 0 if none is. A turn itself waits for a recipient who is due soon.
func (r reply) next() time.Duration {
	due, rest := time.Duration(r.due)*time.Millisecond, time.Duration(r.rest)*time.Millisecond
	if due < 0 || rest <= slotWait {
		return due
	}
	return max(due, rest)
}

// replyFields is how many values standing returns.
const replyFields = 7

// parseReply parses the answer of a script that ends with standing. It also returns the values behind those of standing.
func parseReply(cmd *redis.Cmd) (reply, []any, error) {
	values, err := cmd.Slice()
	if err != nil {
		return reply{}, nil, err
	}
	if values, err = atLeast(values, replyFields); err != nil {
		return reply{}, nil, err
	}
	code, ok := values[0].(string)
	var numbers [replyFields]int64
	for i := 1; i < replyFields; i++ {
		n, isNumber := values[i].(int64)
		numbers[i], ok = n, ok && isNumber
	}
	if !ok {
		return reply{}, nil, errReply
	}
	return reply{
		code, int(numbers[1]), int(numbers[2]), numbers[3] == 1, numbers[4], numbers[5], numbers[6],
	}, values[replyFields:], nil
}

// errReply says that Redis, or what stands between it and couponbot, answered with something else than was asked for.
var errReply = fmt.Errorf("%w: unexpected answer", ErrDamaged)

// atLeast returns the values of an answer, or an error if there are fewer than n.
func atLeast[V any](values []V, n int) ([]V, error) {
	if len(values) < n {
		return nil, errReply
	}
	return values, nil
}
