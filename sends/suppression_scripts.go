package sends

import "github.com/redis/go-redis/v9"

// listPrelude begins every script on the do-not-contact list.
//
//	KEYS[1] people
//	KEYS[2] key of the hashes
//	KEYS[3] marker
//	ARGV[1] highest revision that the process has seen
//	ARGV[2] fingerprint of the caller's key
//
// Every script returns {number of changed entries, revision}, or one of the codes below in place of the number. The comment over
// each script lists its further keys and arguments.
const listPrelude = `
local people, key, marker = unpack(KEYS, 1, 3)
local seen, key_id = tonumber(ARGV[1]), ARGV[2]
local LOST, OTHER_KEY, CHANGED = -1, -2, -3
local function marked(field) return tonumber(redis.call('HGET', marker, field) or 0) end

-- is_lost reports whether the list, or a part of it, has disappeared.
local function is_lost()
	local n, has_key = marked('count'), redis.call('EXISTS', key) == 1
	return redis.call('HLEN', people) ~= n or marked('revision') < seen or n > 0 and not has_key
		or has_key and redis.call('EXISTS', marker) == 0
end

-- refusal returns why the caller must not change the list; nil if it may.
local function refusal()
	if is_lost() then return {LOST, seen} end
	if redis.call('HGET', marker, 'key') ~= key_id then return {OTHER_KEY, seen} end
end

-- mark updates the marker and returns the new revision.
local function mark(by)
	redis.call('HSET', marker, 'count', redis.call('HLEN', people))
	return redis.call('HINCRBY', marker, 'revision', by)
end

-- mark_rekeyed stores when the key of the people was replaced by another one.
local function mark_rekeyed()
	local now = redis.call('TIME')
	redis.call('HSET', marker, 'rekeyed', string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000)))
end

-- move adds the entries of one hash to another and deletes the first.
local function move(from, to)
	if redis.call('EXISTS', from) == 0 then return end
	if redis.call('EXISTS', to) == 0 then redis.call('RENAME', from, to) return end
	local all = redis.call('HGETALL', from)
	for i = 1, #all, 2 do redis.call('HSETNX', to, all[i], all[i + 1]) end
	redis.call('DEL', from)
end
`

// Codes of a list script that has changed nothing.
const (
	listLost     = -1
	listOtherKey = -2
	listChanged  = -3
)

func newListScript(body string) *redis.Script { return redis.NewScript(listPrelude + body) }

var (
	// addToListScript adds entries that aren't on the list.
	//
	// ARGV:
	//   3… hash and value of each entry
	addToListScript = newListScript(`
local refused = refusal()
if refused then return refused end
local added = 0
for i = 3, #ARGV, 2 do added = added + redis.call('HSETNX', people, ARGV[i], ARGV[i + 1]) end
return {added, mark(1)}`)

	// restoreToListScript is addToListScript for a list that may be lost. A lost list stays lost.
	//
	// ARGV:
	//   3… hash and value of each entry
	restoreToListScript = newListScript(`
if redis.call('HGET', marker, 'key') ~= key_id then return {OTHER_KEY, seen} end
local added, lost = 0, is_lost()
for i = 3, #ARGV, 2 do added = added + redis.call('HSETNX', people, ARGV[i], ARGV[i + 1]) end
return {added, lost and marked('revision') or mark(1)}`)

	// removeFromListScript removes one entry.
	//
	// ARGV:
	//   3 hash
	removeFromListScript = newListScript(`
local hash = ARGV[3]
local refused = refusal()
if refused then return refused end
return {redis.call('HDEL', people, hash), mark(1)}`)

	// storeKeyScript stores the key of a list that has none, and the fingerprint of the key where it is missing.
	//
	// ARGV:
	//   3 key
	//   4 fingerprint of the key that the process knows the list to have had, or ''
	//
	// Returns 1 as the number if the list had another key before.
	storeKeyScript = newListScript(`
local new, known = ARGV[3], ARGV[4]
if is_lost() then return {LOST, seen} end
local replaced = 0
if redis.call('EXISTS', key) == 0 then
	local before = redis.call('HGET', marker, 'key') or known
	if before == '' and redis.call('EXISTS', marker) == 1 then before = 'unknown' end
	if before ~= '' and before ~= key_id then
		mark_rekeyed()
		redis.call('HDEL', marker, 'confirmed')
		replaced = 1
	end
	redis.call('HSET', marker, 'key', key_id) -- before the key: see “A crash of Redis” in the package comment
	redis.call('SET', key, new)
elseif redis.call('GET', key) == new then
	redis.call('HSETNX', marker, 'key', key_id)
end
return {replaced, marked('revision')}`)

	// adoptListScript makes the caller's key that of the list, and the list whole with the people that it has. People hashed with
	// another key would match nobody, so they are set aside under that key's fingerprint, until it is adopted again.
	//
	// KEYS:
	//   4… people of older lists
	//
	// ARGV:
	//   3   key
	//   4   key of the list as the caller read it
	//   5   revision as the caller read it
	//   6   number of people as the caller read it
	//   7   fingerprint of the key of the people
	//   8   prefix of the names under which people are set aside
	//   9   by how much the revision grows; 0 to leave the list lost, since more people are added to it
	//   10… fingerprints of the keys of the older lists
	adoptListScript = newListScript(`
local new, read_key, read_revision, read_people, people_key, aside, growth = unpack(ARGV, 3, 9)
if (redis.call('GET', key) or '') ~= read_key or marked('revision') ~= tonumber(read_revision)
	or redis.call('HLEN', people) ~= tonumber(read_people) then return {CHANGED, seen} end
if people_key ~= key_id then move(people, aside .. people_key) end
move(aside .. key_id, people)
for i = 4, #KEYS do
	local older_key = ARGV[i + 6]
	move(KEYS[i], older_key == key_id and people or aside .. older_key)
end
if people_key ~= key_id and people_key ~= 'unknown' then mark_rekeyed() end
redis.call('SET', key, new)
redis.call('HSET', marker, 'key', key_id, 'confirmed', 1, 'revision', math.max(seen, marked('revision')))
local n, revision = redis.call('HLEN', people), mark(growth)
if growth == '0' then redis.call('HSET', marker, 'count', -1) end
return {n, revision}`)

	// moveListScript moves the entries of an older list to a list with the same key, or to an empty one, which gets that key. It
	// keeps the older key, which a process of the previous version may still use.
	//
	// KEYS:
	//   4 people of the older list
	//   5 key of the older list
	//
	// ARGV:
	//   2 fingerprint of the older key
	//   3 older key as the caller read it
	moveListScript = newListScript(`
local from, old, read_key = KEYS[4], redis.call('GET', KEYS[5]) or '', ARGV[3]
if redis.call('EXISTS', from) == 0 then return {0, marked('revision')} end
if old ~= read_key then return {CHANGED, seen} end
if is_lost() then return {LOST, seen} end
local list_key_id = redis.call('HGET', marker, 'key')
local same = list_key_id == key_id or not list_key_id and redis.call('GET', key) == old
if key_id == '' or not same and redis.call('HLEN', people) > 0 then return {OTHER_KEY, seen} end
if not same and redis.call('EXISTS', key) == 1 then
	mark_rekeyed()
	redis.call('HSET', marker, 'confirmed', 1)
end
redis.call('HSET', marker, 'key', key_id)
if not same or redis.call('EXISTS', key) == 0 then redis.call('SET', key, old) end
move(from, people)
return {0, mark(1)}`)
)
