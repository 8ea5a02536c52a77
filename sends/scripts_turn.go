package sends

// The process that keeps a send. The first argument of each is the process's token.
var (
	// keepScript keeps the send if it is live and nobody else does, for a lease from now, and answers with its hash; or with
	// one word if it is live and its records are gone.
	keepScript = script(`
if redis.call('EXISTS', send) == 0 then
	if redis.call('ZREM', live, id) == 1 then return {'gone'} end
	return {}
end
if not redis.call('ZSCORE', live, id) then return {} end
local holder = redis.call('GET', keeper)
if holder and holder ~= arg(1) and held(keeper, holder == 'parked' and most_hold or lease) then return {} end
redis.call('SET', keeper, arg(1), 'PX', lease)
return redis.call('HGETALL', send)`)

	// freeScript lets the send go.
	freeScript = script(`
if redis.call('GET', keeper) == arg(1) then redis.call('DEL', keeper) end
return 1`)

	// tendScript keeps the send for another lease. It makes claims older than a time (ms) unknown, with a text why, and
	// cancels what nobody approved in another time (ms). A claim from the future comes of a clock that was put back.
	tendScript = script(`
if redis.call('EXISTS', send) == 0 then return standing('gone', 0) end
if redis.call('GET', keeper) ~= arg(1) then return standing('lost', 0) end
redis.call('PEXPIRE', keeper, lease)
local open, swept = redis.call('HGETALL', claims), 0
for i = 1, #open, 2 do
	local index, at = string.match(open[i + 1], '^(%d+):(%d+)$')
	if math.abs(now - tonumber(at)) > tonumber(arg(2)) then
		redis.call('HDEL', claims, open[i])
		record(index, 'unknown', open[i], '', arg(3))
		swept = swept + 1
	end
end
local function expire(state, since, life, why)
	if is(state) and now - count(since) > life then
		give_up('cancelled', why)
		log('cancel', '', state, 'cancelled', why)
	end
end
expire('awaiting', 'confirmed', tonumber(arg(4)), 'not approved')
expire('paused', 'paused', keep, 'not resumed')
if not has('ended') then settle() end
return standing('held', swept)`)

	// faultScript holds a send up after a panic. Arguments: the token of the lease, which then keeps others away as long, or
	// '' for a panic outside of the keeper; the first wait (ms), which doubles with each panic up to the second; and the
	// time (ms) without a panic after which it begins again from the first. Panics during one wait count once.
	faultScript = script(`
if redis.call('EXISTS', send) == 0 then return standing('gone', 0) end
local since = now - count('faulted')
local wait = math.min(tonumber(arg(2)) * 2 ^ math.max(count('faults') - 1, 0), tonumber(arg(3)))
if not has('faulted') or since < 0 or since >= wait then
	if since < 0 or since > tonumber(arg(4)) then set('faults', 0) end
	add('faults', 1)
	wait = math.min(tonumber(arg(2)) * 2 ^ (count('faults') - 1), tonumber(arg(3)))
	set('faulted', stamp)
	since = 0
end
local left = wait - since
local amount = math.ceil(wait / 1000) .. ' seconds'
if wait >= 120000 then amount = math.floor(wait / 60000) .. ' minutes' end
if hold_up(left, "couponbot couldn't go on with this send. It tries again in " .. amount .. '.') then tell() end
if arg(1) ~= '' and (redis.call('GET', keeper) or arg(1)) == arg(1) then
	redis.call('SET', keeper, 'parked', 'PX', ms(left))
end
return standing('held', 0)`)

	// toldScript remembers what the Teller returned of a place (arguments: that, and it), as long as there is a send. What
	// another process has kept there since stands.
	toldScript = script(`
local field = 'told:' .. arg(2)
if redis.call('EXISTS', send) == 1 and (redis.call('GET', keeper) == arg(1) or not has(field)) then set(field, arg(3)) end
return standing('told', 0)`)

	// closeScript takes an ended send out of the live ones if its counts are still those that were told.
	closeScript = script(`
if redis.call('GET', keeper) ~= arg(1) or not has('ended') then return 0 end
local counts = table.concat({count('accepted'), count('failed'), count('skipped'), count('unknown')}, ' ')
if counts ~= arg(2) then return 0 end
redis.call('ZREM', live, id)
return 1`)
)

// A turn: one process calling for one send. The first argument of each is the turn's token.
var (
	// takeScript begins a turn, for a lease, if it is the next one: its number is how many were taken before. It
	// answers: taken, with the hash; stale, if it is not; busy, while another goes on; early, before the send may go on.
	takeScript = script(`
if not mine() then
	if not has('confirmed') or count('turns') ~= tonumber(arg(2)) then return standing('stale', 0) end
	if held(turn, lease) then return standing('busy', 0) end
	redis.call('DEL', turn)
	if is('scheduled') and count('due') <= now then
		set('state', 'running')
		log('start', '', 'scheduled', 'running')
	end
	if is('scheduled') or is('running') and wait_left() > 0 then return standing('early', 0) end
	if not is('running') then return standing('stale', 0) end
	add('turns', 1)
	redis.call('HSET', turn, 'owner', arg(1))
	redis.call('PEXPIRE', turn, lease)
end
return standing('taken', 0, redis.call('HGETALL', send))`)

	// yieldScript ends a turn.
	yieldScript = script(`
if mine() then redis.call('DEL', turn) end
return standing('done', 0)`)

	// startScript notes that the send has begun.
	startScript = script(`
if is('running') then
	redis.call('HSETNX', send, 'started', stamp)
	drop('tries')
	if wait_left() == 0 then drop('holdup') end
end
return standing('started', 0)`)

	// rekeyScript replaces recipients of the turn's send, from an index on, by the same with hashes of another key. Arguments:
	// the index; the fingerprint of the key if these are the last, else ''; the recipients.
	rekeyScript = script(`
if not mine() then return standing('lost', 0) end
for i = 4 + 5, #ARGV do redis.call('LSET', to, arg(2) + i - 4 - 5, ARGV[i]) end
if arg(3) ~= '' then set('key', arg(3), 'fingerprint', fingerprint()) end
return standing('done', 0)`)

	// waitScript holds a running send up for a time (ms), and says why.
	waitScript = script(`
hold_up(tonumber(arg(2)), arg(1))
return standing('held', 0)`)

	// holdScript holds a send up that has not begun. Arguments: what to say of that, for how long (ms), and after how many
	// times it is paused with which words.
	holdScript = script(`
if is('running') then
	hold_up(tonumber(arg(2)), arg(1))
	add('tries', 1)
	if count('tries') >= tonumber(arg(3)) then
		pause(arg(4))
		log('pause', '', 'running', 'paused', arg(4))
	end
end
return standing('held', 0)`)
)

// What became of a claim. These need no turn: the claim's token is enough.
var (
	// outcomeScript records an outcome. Arguments: token, index, status, code, action, text; what this outcome has in common
	// with others that pause the send when they come in a row ('' if it ends such a row), how many that takes, and why the
	// send is paused then. In a row means in the order in which outcomes are recorded, by whichever process.
	outcomeScript = script(`
local token, status, code, action, text = arg(1), arg(3), arg(4), arg(5), arg(6)
if status == 'unknown' and redis.call('HEXISTS', claims, token) == 0 then return standing('gone', 0) end
local index = reclaim(token, arg(2))
if not index then return standing('gone', 0) end
record(index, status, token, code, text, action)
if wait_left() == 0 then drop('holdup') end
if arg(7) == '' then
	set('streak', 0, 'tries', 0)
else
	if status ~= 'unknown' then set('tries', 0) end
	if get('alike') ~= arg(7) then set('alike', arg(7), 'streak', 0) end
	add('streak', 1)
	local left = waiting() + redis.call('HLEN', claims)
	if count('streak') >= tonumber(arg(8)) and is('running') and left > 0 then
		pause(arg(9))
		log('pause', '', 'running', 'paused', arg(9))
	end
end
if status == 'failed' then
	forget(index, token)
	local reason = 'failure:' .. code .. '|' .. text
	if not has(reason) then
		if count('reasons') < 20 then add('reasons', 1) else reason = 'failure:|' end
	end
	add(reason, 1)
end
settle()
return standing('done', 0)`)

	// releaseScript gives a claim back, since its call did nothing. Arguments: token, index if known; and, if the API
	// turned the call away, what to say of that, for how long (ms) the send must wait at least and at most, and after how
	// many such tries in a row it is paused with which words (0: never). In a send that goes on no more the recipient is
	// skipped.
	releaseScript = script(`
local token = arg(1)
local index, at = reclaim(token, arg(2))
if not index then -- the claim may be on its way: it finds a later one before it then, and does nothing
	local by, n = string.match(token, '^(.*):(%d+)$')
	if redis.call('HGET', turn, 'owner') == by and tonumber(redis.call('HGET', turn, 'claim') or 0) < tonumber(n) then
		redis.call('HSET', turn, 'claim', n)
	end
	return standing('gone', 0)
end
forget(index, token)
if at and get('test') ~= '1' then
	for _, whose in ipairs({get('user'), '*'}) do
		local key = day(at, whose)
		if redis.call('EXISTS', key) == 1 then redis.call('DECR', key) end
	end
end
local skipped = 0
if is('stopped', 'cancelled', 'completed') then
	record(index, 'skipped', token, '', get('why') or 'the call did nothing')
	skipped = 1
else
	redis.call('HDEL', out, index)
	redis.call('RPUSH', again, index)
	if arg(3) and is('running') then
		local wait = tonumber(arg(4))
		if (at or 0) > count('held') then -- calls that were out together count once
			add('tries', 1)
			wait = math.max(wait, math.min(tonumber(arg(5)), 1000 * 2 ^ (math.min(count('tries'), 16) - 1)))
			set('held', stamp)
		end
		hold_up(wait, (wait > 5000 or arg(6) ~= '0') and arg(3) or '')
		if arg(6) ~= '0' and count('tries') >= tonumber(arg(6)) then
			pause(arg(7))
			log('pause', '', 'running', 'paused', arg(7))
		end
	end
end
settle()
return standing('done', skipped)`)

	// goneScript keeps for an hour how many were waiting in a send when its records were last seen. Argument: how many.
	goneScript = script(`
local key = prefix .. 'gone:' .. id
local least = tonumber(redis.call('GET', key) or arg(1))
if redis.call('EXISTS', send) == 0 then redis.call('SET', key, math.min(least, tonumber(arg(1))), 'PX', 3600000) end
return standing('gone', 0)`)

	// stopScript gives the send up. Argument: why.
	stopScript = script(`
local before, skipped = get('state'), 0
if is('running', 'paused') then
	skipped = give_up('stopped', arg(1))
	log('stop', '', before, 'stopped', arg(1))
end
if not has('ended') then settle() end
return standing('done', skipped)`)
)
