package sends

// Scripts of the process that leads a send. The first argument of each is the token of its lease.
var (
	// leadScript acquires or renews the lease of a live send.
	//
	// ARGV:
	//   1 token
	//
	// Returns the hash of the send; {} if the send isn't live or has another leader; if its records are gone, {'live'} if the
	// send was still live, else {'gone'}.
	leadScript = newScript(`
local token = argv(1)
if redis.call('EXISTS', send) == 0 then
	return {redis.call('ZREM', live, id) == 1 and 'live' or 'gone'}
end
if not redis.call('ZSCORE', live, id) then return {} end
local holder = redis.call('GET', leader)
if holder and holder ~= token and lease_held(leader, holder == 'parked' and max_backoff or lease_time) then return {} end
redis.call('SET', leader, token, 'PX', lease_time)
return redis.call('HGETALL', send)`)

	// releaseLeadScript releases the lease of a send.
	//
	// ARGV:
	//   1 token
	//
	// Returns 1.
	releaseLeadScript = newScript(`
if redis.call('GET', leader) == argv(1) then redis.call('DEL', leader) end
return 1`)

	// maintainScript renews the lease of a send, makes old claims unknown, and cancels a send that waited too long for an
	// approval or a resume. A claim from the future, after the clock was set back, counts as old too.
	//
	// ARGV:
	//   1 token
	//   2 age (ms) from which on a claim is old
	//   3 text of the outcome of an old claim
	//   4 how long (ms) a send waits for an approval
	//
	// Reply: held, with the number of old claims; lost, if the process isn't the leader any more; gone, without records.
	maintainScript = newScript(`
local token, claim_time, text, approval_time = argv(4)
if redis.call('EXISTS', send) == 0 then return reply('gone', 0) end
if redis.call('GET', leader) ~= token then return reply('lost', 0) end
redis.call('PEXPIRE', leader, lease_time)
local open, expired = redis.call('HGETALL', claims), 0
for i = 1, #open, 2 do
	local index, at = string.match(open[i + 1], '^(%d+):(%d+)$')
	if math.abs(now - tonumber(at)) > tonumber(claim_time) then
		redis.call('HDEL', claims, open[i])
		record(index, 'unknown', open[i], '', text)
		expired = expired + 1
	end
end
local function cancel_after(time, state, since, why)
	if state_is(state) and now - count(since) > time then
		skip_waiting('cancelled', why)
		log_action('cancel', '', state, 'cancelled', why)
	end
end
cancel_after(tonumber(approval_time), 'awaiting', 'confirmed', 'not approved')
cancel_after(keep_time, 'paused', 'paused', 'not resumed')
if not has('ended') then end_if_done() end
return reply('held', expired)`)

	// panicScript backs a send off after a panic. The wait grows with each panic; panics during one wait count once. After a
	// panic of the leader it parks the lease for as long, so that no other process leads the send and panics too.
	//
	// ARGV:
	//   1 token of the leader that panicked; '' for a panic elsewhere
	//   2 the waits, from [backoffSchedule]
	//   3 time (ms) without a panic after which the waits start over
	//
	// Reply: held; gone, without records.
	panicScript = newScript(`
local token, waits, reset = argv(3)
if redis.call('EXISTS', send) == 0 then return reply('gone', 0) end
local since = now - count('panicked')
local wait = nth_wait(waits, count('panics'))
if not has('panicked') or since < 0 or since >= wait then
	if since < 0 or since > tonumber(reset) then set('panics', 0) end
	add('panics', 1)
	wait = nth_wait(waits, count('panics'))
	set('panicked', stamp)
	since = 0
end
local left = wait - since
local amount = math.ceil(wait / 1000) .. ' seconds'
if wait >= 120000 then amount = math.floor(wait / 60000) .. ' minutes' end
if back_off(left, "couponbot couldn't continue this send. It tries again in " .. amount .. '.') then publish() end
if token ~= '' and (redis.call('GET', leader) or token) == token then
	redis.call('SET', leader, 'parked', 'PX', ms(left))
end
return reply('held', 0)`)

	// savePostScript stores what the Notifier returned for a place. It doesn't replace what another leader has stored since.
	//
	// ARGV:
	//   1 token
	//   2 place
	//   3 what the Notifier returned
	//
	// Reply: done.
	savePostScript = newScript(`
local token, place, post = argv(3)
local field = 'posted:' .. place
if redis.call('EXISTS', send) == 1 and (redis.call('GET', leader) == token or not has(field)) then set(field, post) end
return reply('done', 0)`)

	// closeScript removes an ended send from the live ones, if its counts are those that people were notified of.
	//
	// ARGV:
	//   1 token
	//   2 the counts, from [formatCounts]
	//
	// Returns 1, or 0 if the send changed meanwhile or has another leader.
	closeScript = newScript(`
local token, notified = argv(2)
if redis.call('GET', leader) ~= token or not has('ended') then return 0 end
local counts = table.concat({count('accepted'), count('failed'), count('skipped'), count('unknown')}, ' ')
if counts ~= notified then return 0 end
redis.call('ZREM', live, id)
return 1`)
)

// Scripts of a batch: one process makes calls for one send.
var (
	// acquireBatchScript starts the next batch of a send for the length of a lease. Batches are numbered, so a task that comes
	// twice starts one batch. It also starts a scheduled send that is due.
	//
	// ARGV:
	//   1 token of the batch
	//   2 number of the batch: how many were started before
	//
	// Reply:
	//   acquired, hash of the send
	//   stale    another number is next, or the send isn't running
	//   busy     the batch before hasn't ended
	//   early    the send is scheduled for later, or backs off
	acquireBatchScript = newScript(`
local token, number = argv(2)
if not owns_batch(token) then
	if not has('confirmed') or count('batches') ~= tonumber(number) then return reply('stale', 0) end
	if lease_held(batch, lease_time) then return reply('busy', 0) end
	redis.call('DEL', batch)
	if state_is('scheduled') and count('due') <= now then
		set('state', 'running')
		log_action('start', '', 'scheduled', 'running')
	end
	if state_is('scheduled') or state_is('running') and backoff_left() > 0 then return reply('early', 0) end
	if not state_is('running') then return reply('stale', 0) end
	add('batches', 1)
	redis.call('ZADD', live, 'NX', stamp, id) -- a send that Redis has lost from the live ones gets a leader again
	redis.call('HSET', batch, 'owner', token)
	redis.call('PEXPIRE', batch, lease_time)
end
return reply('acquired', 0, redis.call('HGETALL', send))`)

	// releaseBatchScript ends a batch.
	//
	// ARGV:
	//   1 token of the batch
	//
	// Reply: done.
	releaseBatchScript = newScript(`
if owns_batch(argv(1)) then redis.call('DEL', batch) end
return reply('done', 0)`)

	// markStartedScript stores when the send started, the first time. It has no arguments.
	//
	// Reply: started.
	markStartedScript = newScript(`
if state_is('running') then
	redis.call('HSETNX', send, 'started', stamp)
	drop('tries')
	if backoff_left() == 0 then drop('backoff_reason') end
end
return reply('started', 0)`)

	// rekeyScript replaces recipients by the same ones with hashes of another key.
	//
	// ARGV:
	//   1  token of the batch
	//   2  index of the first of these recipients
	//   3  fingerprint of the key if these are the last recipients of the send, else ''
	//   4… the recipients
	//
	// Reply: done; lost, if the batch has lost its lease.
	rekeyScript = newScript(`
local token, index, key_id = argv(3)
if not owns_batch(token) then return reply('lost', 0) end
local first = first_arg + 3
for i = first, #ARGV do redis.call('LSET', recipients, index + i - first, ARGV[i]) end
if key_id ~= '' then set('key', key_id, 'fingerprint', fingerprint()) end
return reply('done', 0)`)

	// backoffScript backs a running send off.
	//
	// ARGV:
	//   1 reason
	//   2 wait (ms)
	//
	// Reply: held.
	backoffScript = newScript(`
local reason, wait = argv(2)
back_off(tonumber(wait), reason)
return reply('held', 0)`)

	// retryStartScript backs a send off that couldn't start, and pauses it after too many tries.
	//
	// ARGV:
	//   1 reason of the backoff
	//   2 wait (ms)
	//   3 most tries
	//   4 reason of the pause
	//
	// Reply: held.
	retryStartScript = newScript(`
local reason, wait, most_tries, pause_reason = argv(4)
if state_is('running') then
	back_off(tonumber(wait), reason)
	add('tries', 1)
	if count('tries') >= tonumber(most_tries) then auto_pause(pause_reason) end
end
return reply('held', 0)`)
)

// Scripts for the end of a claim. They need no batch: the token of the claim is enough.
var (
	// outcomeScript stores the outcome of a claim. Equal outcomes in a row pause the send. "In a row" is the order in which
	// outcomes are stored, by any process.
	//
	// ARGV:
	//   1 token of the claim
	//   2 index of the recipient
	//   3 status
	//   4 code
	//   5 action
	//   6 text
	//   7 what equal outcomes have in common; '' if this outcome ends a row
	//   8 how many in a row pause the send
	//   9 reason of the pause
	//
	// Reply: done; gone, if the claim has another outcome.
	outcomeScript = newScript(`
local token, index, status, code, action, text, same, limit, pause_reason = argv(9)
if status == 'unknown' and redis.call('HEXISTS', claims, token) == 0 then return reply('gone', 0) end
index = take_claim(token, index)
if not index then return reply('gone', 0) end
record(index, status, token, code, text, action)
if backoff_left() == 0 then drop('backoff_reason') end
if same == '' then
	set('streak', 0, 'tries', 0)
else
	if status ~= 'unknown' then set('tries', 0) end
	if get('streak_of') ~= same then set('streak_of', same, 'streak', 0) end
	add('streak', 1)
	local left = waiting() + redis.call('HLEN', claims)
	if count('streak') >= tonumber(limit) and state_is('running') and left > 0 then auto_pause(pause_reason) end
end
if status == 'failed' then
	forget_call(index, token)
	local failure = 'failure:' .. code .. '|' .. text
	if not has(failure) then
		if count('failures') < 20 then add('failures', 1) else failure = 'failure:|' end
	end
	add(failure, 1)
end
end_if_done()
return reply('done', 0)`)

	// releaseClaimScript releases a claim after its call did nothing. The recipient waits again, or is skipped if the send has
	// ended or was cancelled or stopped. If the API couldn't take the call, the send backs off: longer with each try, and calls
	// that were in flight together count as one.
	//
	// ARGV:
	//   1 token of the claim
	//   2 index of the recipient, '' if not known
	// and, if the API couldn't take the call:
	//   3 reason of the backoff
	//   4 least wait (ms)
	//   5 the waits, from [backoffSchedule]
	//   6 how many tries in a row pause the send; 0 for never
	//   7 reason of the pause
	//
	// Reply: done, with 1 if the recipient was skipped; gone, if there is no such claim.
	releaseClaimScript = newScript(`
local token, index, reason, least_wait, waits, most_tries, pause_reason = argv(7)
local at
index, at = take_claim(token, index)
if not index then -- the claim may still be on its way: it does nothing if the batch has a later number
	local owner, number = string.match(token, '^(.*):(%d+)$')
	if owns_batch(owner) and tonumber(redis.call('HGET', batch, 'claim') or 0) < tonumber(number) then
		redis.call('HSET', batch, 'claim', number)
	end
	return reply('gone', 0)
end
forget_call(index, token)
if at and get('test') ~= '1' then
	for _, whose in ipairs({get('user'), '*'}) do
		local key = day_key(at, whose)
		if redis.call('EXISTS', key) == 1 then redis.call('DECR', key) end
	end
end
if state_is('stopped', 'cancelled', 'completed') then
	record(index, 'skipped', token, '', get('why') or 'the call did nothing')
	end_if_done()
	return reply('done', 1)
end
redis.call('HDEL', outcomes, index)
redis.call('RPUSH', released, index)
if reason and state_is('running') then
	local wait, limit = tonumber(least_wait), tonumber(most_tries)
	if (at or 0) > count('backoff_at') then
		add('tries', 1)
		wait = math.max(wait, nth_wait(waits, count('tries')))
		set('backoff_at', stamp)
	end
	back_off(wait, (wait > 5000 or limit ~= 0) and reason or '')
	if limit ~= 0 and count('tries') >= limit then auto_pause(pause_reason) end
end
end_if_done()
return reply('done', 0)`)

	// recordsGoneScript stores for an hour how many recipients were waiting in a send before its records were gone. The smallest number
	// counts.
	//
	// ARGV:
	//   1 how many were waiting
	//
	// Reply: gone.
	recordsGoneScript = newScript(`
local n = argv(1)
local key = prefix .. 'gone:' .. id
local least = tonumber(redis.call('GET', key) or n)
if redis.call('EXISTS', send) == 0 then redis.call('SET', key, math.min(least, tonumber(n)), 'PX', 3600000) end
return reply('gone', 0)`)

	// stopScript stops a send and skips its waiting recipients.
	//
	// ARGV:
	//   1 why
	//
	// Reply: done, with the number of skipped recipients.
	stopScript = newScript(`
local why = argv(1)
local before, skipped = get('state'), 0
if state_is('running', 'paused') then
	skipped = skip_waiting('stopped', why)
	log_action('stop', '', before, 'stopped', why)
end
if not has('ended') then end_if_done() end
return reply('done', skipped)`)
)
