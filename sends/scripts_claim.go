package sends

// slowPrelude is for scripts with the batch's token and the SMS rates as the first two arguments. It defers recipients of slow
// countries and takes the deferred ones that are due; see "Slow countries" in the package comment. A queue of deferred
// recipients has the name of its country. If that country isn't slow any more, its queue is due at the time it has.
const slowPrelude = `
local owner, rates = argv(2)
local interval = {} -- least time (ms) between two messages, by slow country
for country, time in string.gmatch(rates, '(%u%u)=(%d+)') do interval[country] = tonumber(time) end
local function sms_key(country) return prefix .. 'sms:' .. country end

-- free_at returns when the next recipient of a country can be claimed. A batch that has reserved the country can claim at
-- once. A time further off than the interval means that the clock was set back or the rate was changed.
local function free_at(country)
	if not interval[country] then return 0 end
	local at, by = string.match(redis.call('GET', sms_key(country)) or '', '^(%d+)|(.*)$')
	if not at or by == owner or tonumber(at) - now > interval[country] then return 0 end
	return tonumber(at)
end

-- reserve moves the time of a country by one message. Until then only the batch with the token by can claim there; '' for none.
local function reserve(country, by)
	redis.call('SET', sms_key(country), ms(now + interval[country]) .. '|' .. by, 'PX', interval[country])
end

local function defer(index, queue, at)
	redis.call('ZADD', deferred_due, 'NX', ms(at), queue)
	redis.call('ZADD', deferred, 0, string.format('%s|%010d', queue, tonumber(index)))
end

-- due_queue returns a queue with a recipient that can be claimed now. If the country of a queue isn't free, the queue gets
-- the country's new time.
local function due_queue()
	while true do
		local queue = redis.call('ZRANGEBYSCORE', deferred_due, '-inf', stamp, 'LIMIT', 0, 1)[1]
		if not queue or free_at(queue) <= now then return queue end
		redis.call('ZADD', deferred_due, ms(free_at(queue)), queue)
	end
end

-- pop removes the first recipient of a queue and returns the index, nil if the queue is empty.
local function pop(queue)
	local members = redis.call('ZRANGEBYLEX', deferred, '[' .. queue .. '|', '(' .. queue .. '}', 'LIMIT', 0, 2)
	if members[1] then redis.call('ZREM', deferred, members[1]) end
	if not members[2] then redis.call('ZREM', deferred_due, queue) end
	return members[1] and string.match(members[1], '0*(%d+)$')
end
`

var (
	// reserveScript reserves a slow country that is due for the next claim of a batch, before that claim waits for the pace of
	// all calls. So only one of several sends that wait for a country uses up a call of the pace.
	//
	// ARGV:
	//   1 token of the batch
	//   2 SMS rates, from [formatRates]
	//
	// Reply: lost, if the batch has lost its lease; done.
	reserveScript = newScript(slowPrelude + `
if not owns_batch(owner) then return reply('lost', 0) end
local queue = state_is('running') and due_queue()
if queue and interval[queue] then reserve(queue, owner) end
return reply('done', 0)`)

	// claimScript claims the next recipient that no rule bars. It skips those that are barred and defers those of a slow
	// country that isn't free, so that others can be claimed meanwhile.
	//
	// ARGV:
	//   1  token of the batch
	//   2  SMS rates, from [formatRates]
	//   3  number of the claim, greater than any before in the batch
	//   4  least time (ms) between two sends to a person; 0 for none
	//   5  most recipients of the sender a day; 0 for no limit
	//   6  most recipients of all senders a day; 0 for no limit
	//   7  highest revision of the do-not-contact list that the process has seen
	//   8  why the send is paused if the do-not-contact list was lost
	//   9  backoff (ms) if the list of the unsubscribed was lost, or has hashes of another key
	//   10 reason of that backoff
	//
	// Reply, with the number of skipped recipients:
	//   claimed, index, recipient
	//   more     no recipient found yet: call again
	//   deferred all who wait are deferred
	//   none     nobody waits, or the send isn't running or backs off
	//   rekey    the recipients are hashed with another key than the do-not-contact list
	//   late     a claim with this number or a later one came before
	//   lost     the batch has lost its lease
	claimScript = newScript(slowPrelude + `
local _, _, number, frequency_cap, person_cap, total_cap, seen, list_lost, unread_wait, unread_reason = argv(10)
frequency_cap, person_cap, total_cap = tonumber(frequency_cap), tonumber(person_cap), tonumber(total_cap)
local token = owner .. ':' .. number
local held = redis.call('HGET', claims, token)
if held then
	local index = string.match(held, '^%d+')
	local _, _, _, recipient = recipient_at(index)
	return reply('claimed', 0, index, recipient or '')
end
if not owns_batch(owner) then return reply('lost', 0) end
if tonumber(redis.call('HGET', batch, 'claim') or 0) >= tonumber(number) then return reply('late', 0) end
redis.call('HSET', batch, 'claim', number)
if not state_is('running') or backoff_left() > 0 then return reply('none', 0) end

-- Nobody is claimed while one of the lists of people is damaged.
local listed = tonumber(redis.call('HGET', list_marker, 'count') or 0)
local revision = tonumber(redis.call('HGET', list_marker, 'revision') or 0)
if redis.call('HLEN', suppressed) ~= listed or revision < tonumber(seen)
	or listed > 0 and redis.call('EXISTS', list_key) == 0 then
	auto_pause(list_lost)
	return reply('none', 0)
end
-- Hashes of another key match nobody.
local list_key_id = redis.call('HGET', list_marker, 'key')
if not list_key_id or get('key') ~= list_key_id then return reply('rekey', 0) end
local unsubscribers = tonumber(redis.call('HGET', unsubscribed_read, 'count') or 0)
if redis.call('HLEN', unsubscribed) ~= unsubscribers
	or unsubscribers > 0 and redis.call('HGET', unsubscribed_read, 'key') ~= list_key_id then
	back_off(tonumber(unread_wait), unread_reason)
	return reply('none', 0)
end

local test, user = get('test') == '1', get('user')
local parent = get('parent') or ''
local function cap_reached(cap, whose)
	return cap > 0 and tonumber(redis.call('GET', day_key(now, whose)) or 0) >= cap
end
-- barrier returns the first rule that bars a person, nil if none does. It is the same as the method barriers in Go, which
-- previews the rules; a test compares them.
local function barrier(person, place)
	local repeated = '' -- token of the call that a resend repeats, which doesn't bar it
	if redis.call('HEXISTS', suppressed, person) == 1 then return 'suppressed' end
	if redis.call('HEXISTS', unsubscribed, person) == 1 then return 'unsubscribed' end
	if parent ~= '' then
		local outcome = redis.call('HGET', prefix .. 'send:' .. parent .. ':outcomes', place)
		if not outcome then return 'expired' end -- a resend repeats recorded outcomes only
		repeated = string.match(outcome, '^unknown|([^|]*)|')
		if not repeated then return 'answered' end
	end
	if test then return nil end
	local last = frequency_cap > 0 and redis.call('GET', last_call_key(person))
	local soon = last and now - tonumber(string.match(last, '%d+$')) < frequency_cap
	if soon and string.match(last, '^[^|]*') ~= repeated then return 'frequency_cap' end
	if cap_reached(person_cap, user) then return 'daily_cap_person' end
	if cap_reached(total_cap, '*') then return 'daily_cap' end
end

-- take_next removes the next waiting recipient. It returns the index, and the queue of a deferred one.
local function take_next()
	for queue in due_queue do
		local index = pop(queue)
		if index then return index, queue end
	end
	local index = redis.call('LINDEX', released, 0)
	if index then
		redis.call('LREM', released, 1, index) -- by value: see "A Redis that crashes" in the package comment
		return index
	end
	local at = count('next')
	if at < count('total') then
		set('next', ms(at + 1))
		return ms(at)
	end
end

-- is_open reports whether a recipient has neither an outcome nor a claim. After a crash of Redis one that has may wait.
local function is_open(index) return redis.call('HEXISTS', outcomes, index) == 0 and not claimed_indexes()[index] end

local index, person, place, country, recipient
local skipped, tried = 0, 0
while true do
	local queue
	index, queue = take_next()
	if not index then
		end_if_done()
		return reply(waiting() > 0 and 'deferred' or 'none', skipped)
	end
	if is_open(index) then
		person, place, country, recipient = recipient_at(index)
		local rule = barrier(person or '', place)
		if rule then
			record(index, 'skipped', token, rule, '')
			add('skip:' .. rule, 1)
			skipped = skipped + 1
		elseif interval[country] and queue ~= country
			and (free_at(country) > now or redis.call('ZSCORE', deferred_due, country)) then
			defer(index, country, free_at(country))
		else
			break
		end
	end
	tried = tried + 1
	if tried == 200 then return reply('more', skipped) end
end
if interval[country] then
	reserve(country, '')
	redis.call('ZADD', deferred_due, 'XX', ms(now + interval[country]), country)
end
redis.call('HSET', claims, token, index .. ':' .. stamp)
if not test then
	if frequency_cap > 0 then redis.call('SET', last_call_key(person), token .. '|' .. stamp, 'PX', frequency_cap) end
	for _, whose in ipairs({user, '*'}) do
		redis.call('INCR', day_key(now, whose))
		redis.call('PEXPIRE', day_key(now, whose), 172800000)
	end
end
return reply('claimed', skipped, index, recipient or '')`)
)
