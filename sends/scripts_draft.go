package sends

import "github.com/redis/go-redis/v9"

// draftScript makes a script of those that write recipients.
func draftScript(body string) *redis.Script {
	return script(`
-- list writes the recipients, which are the arguments from that one on.
local function list(first)
	redis.call('SET', to, '') -- so that DEL is in the append-only file too; see the package comment
	redis.call('DEL', to)
	for i = first, #ARGV, 1000 do
		redis.call('RPUSH', to, unpack(ARGV, i, math.min(i + 999, #ARGV)))
	end
end

-- unlisted answers with a word, and leaves the draft as it was.
local function unlisted(word)
	redis.call('DEL', to)
	return {word}
end

-- drafts is where the ids of the person's drafts are, in the order in which they were saved.
local function drafts() return prefix .. 'drafts:' .. get('team') .. ':' .. get('user') end
` + body)
}

// Drafts.
var (
	// saveScript writes a draft once. Arguments: its life (ms), how many drafts a person can have, who was left out, the
	// recipients packed, how many of the following are fields of the hash, these, and the recipients as a send lists them, for
	// the fingerprint. It answers when the draft was made, its state, and whether it is new. The oldest drafts of a person who
	// has too many are deleted.
	saveScript = draftScript(`
local new = redis.call('EXISTS', send) == 0
if new then
	local first = 5 + 6 + tonumber(arg(5))
	set('state', 'draft', 'created', stamp, 'total', #ARGV - first + 1, unpack(ARGV, 5 + 6, first - 1))
	list(first)
	set('fingerprint', fingerprint())
	redis.call('DEL', to)
	redis.call('SET', left, arg(3))
	redis.call('SET', packed, arg(4))
	all('PEXPIRE', arg(1))
	if get('test') ~= '1' then
		local newest = redis.call('ZRANGE', drafts(), -1, -1, 'WITHSCORES')
		redis.call('ZADD', drafts(), tonumber(newest[2] or 0) + 1, id)
		redis.call('PEXPIRE', drafts(), arg(1))
		for _, old in ipairs(redis.call('ZRANGE', drafts(), 0, -1 - tonumber(arg(2)))) do
			local key = prefix .. 'send:' .. old
			if redis.call('HGET', key, 'state') == 'draft' then redis.call('DEL', key, key .. ':left', key .. ':packed') end
			redis.call('ZREM', drafts(), old)
		end
	end
end
return {get('created'), get('state') or '', new and 1 or 0}`)

	// confirmScript makes the draft of a team and user a send, and answers with its hash. Third argument: above how many
	// recipients somebody else must approve, 0 for never; then the recipients, as a send lists them. The answer is one word if
	// the draft was to resend what another send has resent, or if these are not its recipients.
	confirmScript = draftScript(`
if not has('state') or get('team') ~= arg(1) or get('user') ~= arg(2) then return {} end
if is('draft') then
	list(5 + 4)
	if fingerprint() ~= get('fingerprint') then return unlisted('void') end
	local parent = get('parent') or ''
	if parent ~= '' then
		local key = prefix .. 'send:' .. parent
		if redis.call('EXISTS', key) == 0 then return unlisted('gone') end
		redis.call('HSETNX', key, 'resent', id)
		if redis.call('HGET', key, 'resent') ~= id then return unlisted('resent') end
	end
	redis.call('DEL', packed)
	redis.call('ZREM', drafts(), id)
	local over, after = tonumber(arg(3)), 'running'
	if over > 0 and count('total') > over then
		after = 'awaiting'
	elseif count('due') > now then
		after = 'scheduled'
	end
	set('state', after, 'confirmed', stamp)
	all('PERSIST')
	redis.call('ZADD', live, stamp, id)
	redis.call('ZADD', recent, stamp, id)
	redis.call('ZREMRANGEBYRANK', recent, 0, -1001)
	log(get('test') == '1' and 'test' or 'send', arg(2), 'draft', after)
	tell()
end
return redis.call('HGETALL', send)`)

	// voidScript sees to it that a draft is never confirmed, unless it was already, and answers with its hash. It takes
	// something away, which a Redis that is full still does.
	voidScript = script(`
if is('draft') then drop('state') end
return redis.call('HGETALL', send)`)
)

// actScript is what people do with a send: an action by a user, in a channel at a message, how many actions were done before,
// and a token of the press. It answers with a word, how many calls are out, how many were skipped by it, and the hash: done;
// again, if this was done by this press, or just before by this person; late, if there were other actions since; state, if
// the send is in none that this can be done in; own and void, if an approver sent it or its records are not as they were
// saved.
var actScript = script(`
local action, who = arg(1), arg(2)
local skipped = 0
local function answer(word)
	return {word, 'out', ms(redis.call('HLEN', claims)), 'gaveup', ms(skipped), unpack(redis.call('HGETALL', send))}
end
if not has('confirmed') then return {'none'} end
local presses = get('presses') or '' -- the last ten, whatever was done since: a repeat does not undo that
if string.find(presses, arg(6), 1, true) then return answer('again') end
if get('act') == action and get('by') == who and is(get('acted')) then return answer('again') end
if count('acts') ~= tonumber(arg(5)) then return answer('late') end
local before, why = get('state'), ''
if action == 'pause' and is('running') then
	pause('')
elseif action == 'resume' and is('paused') then
	set('state', 'running', 'streak', 0, 'tries', 0)
	drop('why', 'hold')
elseif action == 'cancel' and is('awaiting', 'scheduled', 'running', 'paused') then
	skipped = give_up('cancelled', 'cancelled')
	settle()
elseif action == 'reject' and is('awaiting') then
	skipped = give_up('cancelled', 'rejected')
	settle()
elseif action == 'approve' and is('awaiting') then
	if who == get('user') then return answer('own') end
	if fingerprint() ~= get('fingerprint') then return answer('void') end
	set('state', count('due') > now and 'scheduled' or 'running', 'approver', who)
else
	return answer('state')
end
add('acts', 1)
set('act', action, 'by', who, 'acted', get('state'), 'at', stamp, 'presses', string.sub(presses .. ' ' .. arg(6), -10 * (#arg(6) + 1)))
log(action, who, before, get('state'), '', arg(3), arg(4))
tell()
return answer('done')`)
