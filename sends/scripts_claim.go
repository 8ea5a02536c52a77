package sends

// asideLua is for scripts whose first two arguments are the turn's token and the SMS rates. It puts recipients aside who may
// not be called yet, and takes them from there; the package comment says how. A queue is named by a slow country; the name of
// any other queue would be free once its time has come.
const asideLua = `
local owner, slow = arg(1), {}
for country, interval in string.gmatch(arg(2), '(%u%u)=(%d+)') do slow[country] = tonumber(interval) end
local function sms(country) return prefix .. 'sms:' .. country end

-- free is from when on a recipient of a country can be claimed. A turn can at once if it has reserved the country. A time
-- further off than the interval comes of a clock that was put back, or of another rate.
local function free(country)
	if not slow[country] then return 0 end
	local at, by = string.match(redis.call('GET', sms(country)) or '', '^(%d+)|(.*)$')
	if not at or by == owner or tonumber(at) - now > slow[country] then return 0 end
	return tonumber(at)
end

-- reserve moves the time of a country on by one message. Until then only a turn that is named can claim there.
local function reserve(country, by)
	redis.call('SET', sms(country), ms(now + slow[country]) .. '|' .. by, 'PX', slow[country])
end

local function put_aside(index, queue, at)
	redis.call('ZADD', wait, 'NX', ms(at), queue)
	redis.call('ZADD', aside, 0, string.format('%s|%010d', queue, tonumber(index)))
end

-- due is the queue whose first can be claimed now.
local function due()
	while true do
		local queue = redis.call('ZRANGEBYSCORE', wait, '-inf', stamp, 'LIMIT', 0, 1)[1]
		if not queue or free(queue) <= now then return queue end
		redis.call('ZADD', wait, ms(free(queue)), queue)
	end
end

-- first takes the first out of a queue, if there is one.
local function first(queue)
	local members = redis.call('ZRANGEBYLEX', aside, '[' .. queue .. '|', '(' .. queue .. '}', 'LIMIT', 0, 2)
	if members[1] then redis.call('ZREM', aside, members[1]) end
	if not members[2] then redis.call('ZREM', wait, queue) end
	return members[1] and string.match(members[1], '0*(%d+)$')
end
`

// Claims. The first two arguments are the turn's token and the SMS rates.
var (
	// reserveScript keeps the time of a slow country, if one is due, for the next claim of this turn, whose call has to wait
	// for the pace of all calls first. So only one of several sends that wait for a country uses up a call of the pace.
	reserveScript = script(asideLua + `
if not mine() then return standing('lost', 0) end
local queue = is('running') and due()
if queue and slow[queue] then reserve(queue, owner) end
return standing('done', 0)`)

	// claimScript claims the next recipient whom nothing bars; those who are barred are skipped, and those of a slow country
	// that is not free yet are put aside, so that they hold nobody up. Arguments besides: the number of the claim, greater
	// than any before in this turn; the least time (ms) between two sends to a person; the recipients that one sender, and
	// all, may have a day; 0 for no such limit; the highest revision of the do-not-contact list that was seen, and why the send
	// is paused if the list is lost; for how long (ms) the send is held up if the list of the unsubscribed is, or has hashes of
	// another key, and what to say then. It answers with the index and the recipient; or more, if it has not come to
	// anybody yet; later, if all who wait were put aside; rekey, if the recipients are hashed with another key than the
	// do-not-contact list; none, if nobody waits or the send may not go on.
	claimScript = script(asideLua + `
local token = owner .. ':' .. arg(3)
local frequency, daily, fleet = tonumber(arg(4)), tonumber(arg(5)), tonumber(arg(6))
local held = redis.call('HGET', claims, token)
if held then
	local index = string.match(held, '^%d+')
	local _, _, _, recipient = entry(index)
	return standing('claimed', 0, index, recipient or '')
end
if not mine() then return standing('lost', 0) end
if tonumber(redis.call('HGET', turn, 'claim') or 0) >= tonumber(arg(3)) then return standing('late', 0) end
redis.call('HSET', turn, 'claim', arg(3))
if not is('running') or wait_left() > 0 then return standing('none', 0) end

-- Nobody is called while the lists that bar people are not what they were.
local listed = tonumber(redis.call('HGET', list_marker, 'count') or 0)
local revision = tonumber(redis.call('HGET', list_marker, 'revision') or 0)
if redis.call('HLEN', suppressed) ~= listed or revision < tonumber(arg(7))
	or listed > 0 and redis.call('EXISTS', list_key) == 0 then
	pause(arg(8))
	log('pause', '', 'running', 'paused', arg(8))
	return standing('none', 0)
end
-- Hashes of another key match nobody.
local hashed = redis.call('HGET', list_marker, 'key')
if not hashed or get('key') ~= hashed then return standing('rekey', 0) end
local unsubscribers = tonumber(redis.call('HGET', unsubscribed_read, 'count') or 0)
if redis.call('HLEN', unsubscribed) ~= unsubscribers
	or unsubscribers > 0 and redis.call('HGET', unsubscribed_read, 'key') ~= hashed then
	hold_up(tonumber(arg(9)), arg(10))
	return standing('none', 0)
end

local test, user = get('test') == '1', get('user')
local parent = get('parent') or ''
local function full(limit, whose)
	return limit > 0 and tonumber(redis.call('GET', day(now, whose)) or 0) >= limit
end
local function barred(person, place)
	local repeated = '' -- the claim of the call that this one repeats, which does not bar it
	if redis.call('HEXISTS', suppressed, person) == 1 then return 'suppressed' end
	if redis.call('HEXISTS', unsubscribed, person) == 1 then return 'unsubscribed' end
	if parent ~= '' then
		local was = redis.call('HGET', prefix .. 'send:' .. parent .. ':out', place)
		if not was then return 'expired' end -- a resend repeats recorded outcomes only
		repeated = string.match(was, '^unknown|([^|]*)|')
		if not repeated then return 'answered' end
	end
	if test then return nil end
	local before = frequency > 0 and redis.call('GET', last(person))
	local soon = before and now - tonumber(string.match(before, '%d+$')) < frequency
	if soon and string.match(before, '^[^|]*') ~= repeated then return 'frequency_cap' end
	if full(daily, user) then return 'daily_cap_person' end
	if full(fleet, '*') then return 'daily_cap' end
end

-- pick takes the next who waits, and gives the queue if they were put aside.
local function pick()
	for queue in due do
		local index = first(queue)
		if index then return index, queue end
	end
	local index = redis.call('LINDEX', again, 0)
	if index then
		redis.call('LREM', again, 1, index) -- by value: see “A Redis that crashes” in the package comment
		return index
	end
	local at = count('next')
	if at < count('total') then
		set('next', ms(at + 1))
		return ms(at)
	end
end

-- open says whether a recipient has neither an outcome nor a claim. After a crash of Redis one who has may be among those who
-- wait.
local function open(index) return redis.call('HEXISTS', out, index) == 0 and not claimed()[index] end

local index, person, place, country, recipient
local skipped, passed = 0, 0
while true do
	local queue
	index, queue = pick()
	if not index then
		settle()
		return standing(waiting() > 0 and 'later' or 'none', skipped)
	end
	if open(index) then
		person, place, country, recipient = entry(index)
		local rule = barred(person or '', place)
		if rule then
			record(index, 'skipped', token, rule, '')
			add('skip:' .. rule, 1)
			skipped = skipped + 1
		elseif slow[country] and queue ~= country and (free(country) > now or redis.call('ZSCORE', wait, country)) then
			put_aside(index, country, free(country))
		else
			break
		end
	end
	passed = passed + 1
	if passed == 200 then return standing('more', skipped) end
end
if slow[country] then
	reserve(country, '')
	redis.call('ZADD', wait, 'XX', ms(now + slow[country]), country)
end
redis.call('HSET', claims, token, index .. ':' .. stamp)
if not test then
	if frequency > 0 then redis.call('SET', last(person), token .. '|' .. stamp, 'PX', frequency) end
	for _, whose in ipairs({user, '*'}) do
		redis.call('INCR', day(now, whose))
		redis.call('PEXPIRE', day(now, whose), 172800000)
	end
end
return standing('claimed', skipped, index, recipient or '')`)
)
