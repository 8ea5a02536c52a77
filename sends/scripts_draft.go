package sends

import "github.com/redis/go-redis/v9"

// newDraftScript makes a script that writes the recipients of a draft.
func newDraftScript(body string) *redis.Script {
	return newScript(`
-- write_recipients writes the recipients, which are the script's arguments from the n-th on.
local function write_recipients(n)
	local first = first_arg + n - 1
	redis.call('SET', recipients, '') -- so that DEL is in the append-only file too; see the package comment
	redis.call('DEL', recipients)
	for i = first, #ARGV, 1000 do
		redis.call('RPUSH', recipients, unpack(ARGV, i, math.min(i + 999, #ARGV)))
	end
end

-- refuse leaves the draft as it was and returns a code.
local function refuse(code)
	redis.call('DEL', recipients)
	return {code}
end

-- drafts_key returns the key with the ids of the person's drafts, in the order in which they were saved.
local function drafts_key() return prefix .. 'drafts:' .. get('team') .. ':' .. get('user') end
` + body)
}

var (
	// saveDraftScript writes a draft, unless it exists. It deletes the oldest drafts of a person who has too many.
	//
	// ARGV:
	//   1   lifetime of the draft (ms)
	//   2   most drafts of a person
	//   3   the skipped entries of the list, packed
	//   4   the recipients, packed
	//   5   number n of the following arguments
	//   6…  n fields and values of the hash, in turns
	//   …   the recipients as a send stores them, for the fingerprint
	//
	// Returns {time of creation, state ('' if the draft was withdrawn), 1 if it is new, fingerprint of the hashes' key}.
	saveDraftScript = newDraftScript(`
local lifetime, most, skipped, packed_list, n = argv(5)
local is_new = redis.call('EXISTS', send) == 0
if is_new then
	local first_field = first_arg + 5
	local first = first_field + tonumber(n)
	set('state', 'draft', 'created', stamp, 'total', #ARGV - first + 1, unpack(ARGV, first_field, first - 1))
	write_recipients(first - first_arg + 1)
	set('fingerprint', fingerprint())
	redis.call('DEL', recipients)
	redis.call('SET', left_out, skipped)
	redis.call('SET', packed, packed_list)
	each_record('PEXPIRE', lifetime)
	if get('test') ~= '1' then
		local newest = redis.call('ZRANGE', drafts_key(), -1, -1, 'WITHSCORES')
		redis.call('ZADD', drafts_key(), tonumber(newest[2] or 0) + 1, id)
		redis.call('PEXPIRE', drafts_key(), lifetime)
		for _, oldest in ipairs(redis.call('ZRANGE', drafts_key(), 0, -1 - tonumber(most))) do
			local key = prefix .. 'send:' .. oldest
			if redis.call('HGET', key, 'state') == 'draft' then redis.call('DEL', key, key .. ':left_out', key .. ':packed') end
			redis.call('ZREM', drafts_key(), oldest)
		end
	end
end
return {get('created'), get('state') or '', is_new and 1 or 0, get('key') or ''}`)

	// confirmScript makes a draft of a team and user a send.
	//
	// ARGV:
	//   1  team
	//   2  user
	//   3  above how many recipients another person must approve; 0 for never
	//   4… the recipients as a send stores them
	//
	// Returns the hash of the send, {} if there is no such draft, or one code: changed, if these aren't the recipients of the
	// draft; resent, if its parent was resent before; gone, if its parent has no records.
	confirmScript = newDraftScript(`
local team, user, approval_over = argv(3)
if not has('state') or get('team') ~= team or get('user') ~= user then return {} end
if state_is('draft') then
	write_recipients(4)
	if fingerprint() ~= get('fingerprint') then return refuse('changed') end
	local parent = get('parent') or ''
	if parent ~= '' then
		local key = prefix .. 'send:' .. parent
		if redis.call('EXISTS', key) == 0 then return refuse('gone') end
		redis.call('HSETNX', key, 'resent', id)
		if redis.call('HGET', key, 'resent') ~= id then return refuse('resent') end
	end
	redis.call('DEL', packed)
	redis.call('ZREM', drafts_key(), id)
	local over, state = tonumber(approval_over), 'running'
	if over > 0 and count('total') > over then
		state = 'awaiting'
	elseif count('due') > now then
		state = 'scheduled'
	end
	set('state', state, 'confirmed', stamp)
	each_record('PERSIST')
	redis.call('ZADD', live, stamp, id)
	redis.call('ZADD', recent, stamp, id)
	redis.call('ZREMRANGEBYRANK', recent, 0, -1001)
	log_action(get('test') == '1' and 'test' or 'send', user, 'draft', state)
	publish()
end
return redis.call('HGETALL', send)`)

	// withdrawScript withdraws a draft, so that it can't be confirmed any more. It changes nothing if it was confirmed before. It
	// deletes a field, which a Redis without free memory still does.
	//
	// Returns the hash, without a state if the draft is withdrawn.
	withdrawScript = newScript(`
if state_is('draft') then drop('state') end
return redis.call('HGETALL', send)`)
)

// actScript changes the state of a send for a person.
//
// ARGV:
//
//	1 action
//	2 user
//	3 channel of the pressed button
//	4 message of the pressed button
//	5 how many actions were done before
//	6 token of the press
//
// Returns {code, fields and values in turns}. The fields are those of the hash, in_flight (calls in flight) and newly_skipped
// (recipients that this call skipped). Codes:
//
//	done    the action is done
//	again   it was done before by the same press, or as the last action by the same person
//	late    the number of actions is another one
//	state   the send's state doesn't allow it
//	own     the sender can't approve
//	changed the records aren't those that were saved
//	none    there is no such send; it has no fields
var actScript = newScript(`
local action, user, channel, message, acts, press = argv(6)
local skipped = 0
local function answer(code)
	local in_flight = ms(redis.call('HLEN', claims))
	return {code, 'in_flight', in_flight, 'newly_skipped', ms(skipped), unpack(redis.call('HGETALL', send))}
end
if not has('confirmed') then return {'none'} end
local presses = get('presses') or '' -- the last ten: a repeat doesn't undo what was done since
if string.find(presses, press, 1, true) then return answer('again') end
if get('action') == action and get('action_by') == user and state_is(get('action_state')) then return answer('again') end
if count('actions') ~= tonumber(acts) then return answer('late') end
local before = get('state')
if action == 'pause' and state_is('running') then
	pause('')
elseif action == 'resume' and state_is('paused') then
	set('state', 'running', 'streak', 0, 'tries', 0)
	drop('why', 'backoff_until')
elseif action == 'cancel' and state_is('awaiting', 'scheduled', 'running', 'paused') then
	skipped = skip_waiting('cancelled', 'cancelled')
	end_if_done()
elseif action == 'reject' and state_is('awaiting') then
	skipped = skip_waiting('cancelled', 'rejected')
	end_if_done()
elseif action == 'approve' and state_is('awaiting') then
	if user == get('user') then return answer('own') end
	if fingerprint() ~= get('fingerprint') then return answer('changed') end
	set('state', count('due') > now and 'scheduled' or 'running', 'approver', user)
else
	return answer('state')
end
add('actions', 1)
set('action', action, 'action_by', user, 'action_state', get('state'), 'action_at', stamp,
	'presses', string.sub(presses .. ' ' .. press, -10 * (#press + 1)))
log_action(action, user, before, get('state'), '', channel, message)
publish()
return answer('done')`)
