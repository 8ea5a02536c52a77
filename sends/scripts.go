package sends

import (
	"time"

	"github.com/redis/go-redis/v9"
)

// scriptPrelude begins every script on the records of a send: names for the keys and common arguments, and the functions that
// several scripts use. Times are in milliseconds by Redis's clock.
//
// KEYS are those of [Service.keys]. ARGV begins with what [Service.runScript] adds to a script's own arguments:
//
//	ARGV[1]  id of the send
//	ARGV[2]  how long to keep an ended send (ms)
//	ARGV[3]  prefix of all keys
//	ARGV[4]  length of a lease (ms)
//	ARGV[5]  longest backoff of a send (ms)
//
// The comment over each script lists its own arguments. A script gets them from argv(n), the first n of them.
const scriptPrelude = `
local send, recipients, outcomes, claims, released, left_out, packed, batch, leader, deferred, deferred_due = unpack(KEYS, 1, 11)
local live, recent, audit, unsubscribed, unsubscribed_read, suppressed, list_key, list_marker = unpack(KEYS, 12)
local id, keep_time, prefix, lease_time, max_backoff = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function ms(t) return string.format('%.0f', t) end -- Lua would write large numbers with an exponent
local stamp = ms(now)

local first_arg = 6
local function argv(n) return unpack(ARGV, first_arg, first_arg + n - 1) end
local function get(field) return redis.call('HGET', send, field) end
local function set(...) redis.call('HSET', send, ...) end
local function count(field) return tonumber(get(field) or 0) end
-- add sets the sum and doesn't increment: a crash of Redis can repeat a part of a script (see the package comment).
local function add(field, n) set(field, ms(count(field) + n)) end
local function has(field) return redis.call('HEXISTS', send, field) == 1 end
local function drop(...) redis.call('HDEL', send, ...) end
local function state_is(...)
	local state = get('state')
	for _, s in ipairs({...}) do
		if s == state then return true end
	end
	return false
end

-- each_record runs a command on every record that expires with the send.
local function each_record(command, ...)
	for _, key in ipairs({send, recipients, left_out, outcomes, packed}) do redis.call(command, key, ...) end
end

-- lease_held reports whether a lease of at most this length (ms) is held. A longer TTL means that the clock was set back: the
-- lease counts as expired, or the send would wait as long as the clock was set back.
local function lease_held(key, length)
	local left = redis.call('PTTL', key)
	return left > 0 and left <= length
end

-- backoff_left returns for how many more ms a running send backs off. More than the maximum means that the clock was set back.
local function backoff_left()
	local left = count('backoff_until') - now
	return left > max_backoff and 0 or math.max(left, 0)
end

-- back_off makes a running send wait for at least a time (ms), with a reason for people; '' for a short wait. It keeps a longer
-- backoff and its reason. It returns whether it changed anything.
local function back_off(time, reason)
	if not state_is('running') or time <= backoff_left() then return false end
	set('backoff_until', ms(now + time), 'backoff_reason', reason)
	return true
end

-- nth_wait returns the n-th wait (ms) of a schedule from backoffSchedule; the last one if there are fewer.
local function nth_wait(schedule, n)
	local wait
	for text in string.gmatch(schedule, '%d+') do
		wait, n = tonumber(text), n - 1
		if n <= 0 then break end
	end
	return wait
end

-- publish tells every process that the send changed or ended.
local function publish() redis.call('PUBLISH', prefix .. 'news', id) end

-- log_action writes an audit entry; who is '' for couponbot itself.
local function log_action(what, who, before, after, note, channel, message)
	redis.call('XADD', audit, 'MAXLEN', '~', 100000, '*', 'what', what, 'team', get('team') or '', 'who', who, 'send', id,
		'before', before, 'after', after, 'note', note or '', 'channel', channel or '', 'message', message or '')
end

-- waiting returns how many recipients have neither a claim nor an outcome, and how many of them are deferred.
local function waiting()
	local n = redis.call('ZCARD', deferred)
	return count('total') - count('next') + redis.call('LLEN', released) + n, n
end

local function write_outcome(index, status, token, code, text, action)
	redis.call('HSET', outcomes, index, table.concat({status, token, stamp, code, action or '', text}, '|'))
end

local function record(index, status, ...)
	write_outcome(index, status, ...)
	add(status, 1)
end

-- claimed_indexes returns the set of indexes that have a claim.
local function claimed_indexes()
	local held, indexes = redis.call('HGETALL', claims), {}
	for i = 2, #held, 2 do indexes[string.match(held[i], '^%d+')] = true end
	return indexes
end

-- recount counts the outcomes again if the counters and the waiting recipients don't add up to the total, as after a crash of
-- Redis that lost a part of a script. A recipient without an outcome who isn't waiting may have been called.
local function recount()
	local tally = {accepted = 0, failed = 0, skipped = 0, unknown = 0}
	local sum = waiting() + redis.call('HLEN', claims)
	for status in pairs(tally) do sum = sum + count(status) end
	if sum == count('total') then return end
	local open = claimed_indexes()
	for _, index in ipairs(redis.call('LRANGE', released, 0, -1)) do open[index] = true end
	for _, member in ipairs(redis.call('ZRANGE', deferred, 0, -1)) do open[string.match(member, '0*(%d+)$')] = true end
	local rest_skipped = state_is('stopped', 'cancelled') -- without outcomes; see skip_waiting
	for i = 0, count('next') - 1 do
		local index = ms(i)
		local status = string.match(redis.call('HGET', outcomes, index) or '', '^%a+')
		if not status and not open[index] then
			status = rest_skipped and 'skipped' or 'unknown'
			if not rest_skipped then write_outcome(index, status, '', '', 'its record was lost when Redis crashed') end
		end
		if tally[status or ''] then tally[status] = tally[status] + 1 end
	end
	for status, n in pairs(tally) do set(status, ms(n)) end
end

-- end_if_done ends a send without waiting recipients and claims. One that had ended is made live again, so that people are
-- notified.
local function end_if_done()
	if has('ended') then
		redis.call('ZADD', live, 'NX', stamp, id)
	elseif has('confirmed') and waiting() == 0 and redis.call('HLEN', claims) == 0 then
		recount()
		if state_is('running', 'paused') then set('state', 'completed') end
		set('ended', stamp)
		drop('backoff_reason', 'backoff_until')
		each_record('PEXPIRE', keep_time)
		publish()
	end
end

-- skip_waiting sets a final state and skips all waiting recipients. They get no outcome of their own, so the cost doesn't
-- depend on their number: in such a send a recipient without an outcome was skipped. It returns how many it skipped.
local function skip_waiting(state, why)
	recount()
	local n = waiting()
	local parent = get('parent') or ''
	if parent ~= '' and not has('started') then -- nobody was called, so the parent can be resent again
		local key = prefix .. 'send:' .. parent
		if redis.call('HGET', key, 'resent') == id then redis.call('HDEL', key, 'resent') end
	end
	set('state', state, 'why', why, 'next', get('total'))
	drop('backoff_reason', 'backoff_until')
	redis.call('DEL', released, deferred_due, deferred)
	add('skipped', n)
	return n
end

-- pause holds a running send until a person resumes it.
local function pause(why)
	set('state', 'paused', 'paused', stamp, 'why', why)
	drop('backoff_reason', 'backoff_until')
end

-- auto_pause pauses the send on couponbot's behalf.
local function auto_pause(why)
	pause(why)
	log_action('pause', '', 'running', 'paused', why)
end

-- recipient_at splits an entry of the list: keyed hash of the person, place in the parent's list, country with an SMS rate,
-- recipient.
local function recipient_at(index)
	return string.match(redis.call('LINDEX', recipients, index) or '', '^([^|]*)|([^|]*)|([^|]*)|(.*)$')
end

-- fingerprint returns a hash of what is sent, when, and to which recipients, from the records as they are now.
local function fingerprint()
	local parts = {}
	for i, field in ipairs({'offer_kind', 'offer', 'kind', 'subject', 'message', 'due'}) do
		local value = get(field) or ''
		parts[i] = #value .. ':' .. value
	end
	local sum = redis.sha1hex(table.concat(parts, ' '))
	for i = 0, redis.call('LLEN', recipients), 1000 do
		sum = redis.sha1hex(sum .. ' ' .. table.concat(redis.call('LRANGE', recipients, i, i + 999), ' '))
	end
	return sum
end

local function last_call_key(person) return prefix .. 'last:' .. person end
local function day_key(at, whose) return prefix .. 'day:' .. math.floor(at / 86400000) .. ':' .. whose end

-- forget_call removes a call that didn't reach the person from their frequency cap.
local function forget_call(index, token)
	local person = recipient_at(index)
	if not person then return end
	local held = redis.call('GET', last_call_key(person))
	if held and string.sub(held, 1, #token + 1) == token .. '|' then redis.call('DEL', last_call_key(person)) end
end

-- take_claim removes the claim of a token, or the unknown outcome that the claim became. It returns the index, and the time of
-- the claim if it was still one; nil if the token has neither.
local function take_claim(token, index)
	local held = redis.call('HGET', claims, token)
	if held then
		redis.call('HDEL', claims, token)
		local at
		index, at = string.match(held, '^(%d+):(%d+)$')
		return index, tonumber(at)
	end
	local unknown = 'unknown|' .. token .. '|'
	if string.sub(redis.call('HGET', outcomes, index) or '', 1, #unknown) ~= unknown then return nil end
	add('unknown', -1)
	return index
end

local function owns_batch(owner) return redis.call('HGET', batch, 'owner') == owner end

-- reply is the result of most scripts; see type scriptReply:
--   code     what the script did
--   n        how many recipients it changed
--   waiting  how many recipients wait
--   ended    1 if the send has ended, else 0
--   batches  how many batches were started
--   due      ms until the next batch may start, -1 if none may
--   blocked  ms until a recipient can be claimed, if all who wait are deferred
--   ...      values of the script's own
local function reply(code, n, ...)
	local due, blocked = -1, 0
	local all, later = waiting()
	if all > 0 and later == all then
		local first = redis.call('ZRANGE', deferred_due, 0, 0, 'WITHSCORES')
		blocked = math.max(tonumber(first[2] or 0) - now, 0)
	end
	if not lease_held(batch, lease_time) and all > 0 then
		if state_is('running') then due = backoff_left()
		elseif state_is('scheduled') then due = math.max(count('due') - now, 0) end
	end
	return {code, n, all, has('ended') and 1 or 0, count('batches'), due, blocked, ...}
end
`

func newScript(body string) *redis.Script { return redis.NewScript(scriptPrelude + body) }

// Indexes of a send's own keys in what [Service.keys] returns.
const (
	keySend = iota
	keyRecipients
	keyOutcomes
	keyClaims
	keyReleased
	keyLeftOut
	keyPacked
	keyBatch
	keyLeader
	keyDeferred
	keyDeferredDue
)

// scriptReply is the result of a script: what it did and the state of the send after it.
type scriptReply struct {
	code      string // what the script did
	n         int    // how many recipients it changed
	waiting   int    // how many recipients have neither a claim nor an outcome
	ended     bool
	batches   int64 // how many batches were started
	dueMS     int64 // ms until a batch may start; negative if none may
	blockedMS int64 // ms until a recipient can be claimed, if all who wait are deferred
}

// nextBatchIn returns how long until the next batch is due; negative if none is. For a short block the batch itself waits.
func (r scriptReply) nextBatchIn() time.Duration {
	dueIn, blockedFor := time.Duration(r.dueMS)*time.Millisecond, time.Duration(r.blockedMS)*time.Millisecond
	if dueIn < 0 || blockedFor <= slotWait {
		return dueIn
	}
	return max(dueIn, blockedFor)
}

// replyFields is how many values the Lua function reply returns before the script's own.
const replyFields = 7

// parseReply parses the result of the Lua function reply. It also returns the script's own values.
func parseReply(cmd *redis.Cmd) (scriptReply, []any, error) {
	values, err := cmd.Slice()
	if err != nil {
		return scriptReply{}, nil, err
	}
	if values, err = atLeast(values, replyFields); err != nil {
		return scriptReply{}, nil, err
	}
	code, ok := values[0].(string)
	var numbers [replyFields]int64
	for i := 1; i < replyFields; i++ {
		n, isNumber := values[i].(int64)
		numbers[i], ok = n, ok && isNumber
	}
	if !ok {
		return scriptReply{}, nil, errReply
	}
	return scriptReply{
		code, int(numbers[1]), int(numbers[2]), numbers[3] == 1, numbers[4], numbers[5], numbers[6],
	}, values[replyFields:], nil
}
