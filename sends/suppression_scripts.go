package sends

import "github.com/redis/go-redis/v9"

// listPrelude begins each script on the do-not-contact list. Keys: people, key, marker. ARGV[1] is the highest revision
// that the caller has seen, ARGV[2] the fingerprint of the caller's key. Each script answers how many entries it has changed,
// or a number below 0, and the revision.
const listPrelude = `
local people, key, marker = unpack(KEYS, 1, 3)
local seen, id = tonumber(ARGV[1]), ARGV[2]
local function marked(field) return tonumber(redis.call('HGET', marker, field) or 0) end
local function lost()
	local n = marked('count')
	return redis.call('HLEN', people) ~= n or marked('revision') < seen or n > 0 and redis.call('EXISTS', key) == 0
end
-- refusal is why the caller must not change the list; nil if it may.
local function refusal()
	if lost() then return {-1, seen} end
	if redis.call('HGET', marker, 'key') ~= id then return {-2, seen} end
end
local function mark(by)
	redis.call('HSET', marker, 'count', redis.call('HLEN', people))
	return redis.call('HINCRBY', marker, 'revision', by)
end
-- rekeyed notes that the people's key was replaced by another one.
local function rekeyed()
	local now = redis.call('TIME')
	redis.call('HSET', marker, 'rekeyed', string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000)))
end
-- move adds the entries of one hash to another one, and deletes it.
local function move(from, to)
	if redis.call('EXISTS', from) == 0 then return end
	if redis.call('EXISTS', to) == 0 then redis.call('RENAME', from, to) return end
	local all = redis.call('HGETALL', from)
	for i = 1, #all, 2 do redis.call('HSETNX', to, all[i], all[i + 1]) end
	redis.call('DEL', from)
end
`

// What a script on the list answers if it has changed nothing.
const (
	listLost     = -1
	listOtherKey = -2
	listChanged  = -3
)

var (
	// addToList adds entries that are not on the list. ARGV from 3: hash and value, in turns.
	addToList = redis.NewScript(listPrelude + `
local no = refusal()
if no then return no end
local n = 0
for i = 3, #ARGV, 2 do n = n + redis.call('HSETNX', people, ARGV[i], ARGV[i + 1]) end
return {n, mark(1)}`)

	// restoreToList is addToList for a list that is lost: it stays lost.
	restoreToList = redis.NewScript(listPrelude + `
if redis.call('HGET', marker, 'key') ~= id then return {-2, seen} end
local n, whole = 0, not lost()
for i = 3, #ARGV, 2 do n = n + redis.call('HSETNX', people, ARGV[i], ARGV[i + 1]) end
return {n, whole and mark(1) or marked('revision')}`)

	// takeOffList takes one entry off the list. ARGV[3]: its hash.
	takeOffList = redis.NewScript(listPrelude + `
local no = refusal()
if no then return no end
return {redis.call('HDEL', people, ARGV[3]), mark(1)}`)

	// keepKeyScript stores the key of a list that has none, and the fingerprint where that is missing. ARGV[3]: the key;
	// ARGV[4]: the fingerprint of the key that the caller knows the list to have had, or ''. It answers 1 if the list had
	// another key.
	keepKeyScript = redis.NewScript(listPrelude + `
if lost() then return {-1, seen} end
local replaced = 0
if redis.call('SET', key, ARGV[3], 'NX') then
	local was = redis.call('HGET', marker, 'key') or ARGV[4]
	if was == '' and redis.call('EXISTS', marker) == 1 then was = 'unknown' end
	if was ~= '' and was ~= id then
		rekeyed()
		redis.call('HDEL', marker, 'confirmed')
		replaced = 1
	end
	redis.call('HSET', marker, 'key', id)
elseif redis.call('GET', key) == ARGV[3] then
	redis.call('HSETNX', marker, 'key', id)
end
return {replaced, marked('revision')}`)

	// adoptList makes the caller's key that of the list, and the list whole with the people that it has. Those hashed with
	// another key would match nobody, so they are set aside under its fingerprint, until that key is adopted again. ARGV from
	// 3: the key; the key, revision and number of people that the caller has read; the fingerprint of the people's key; what
	// the names of people set aside begin with; by how much the revision grows, or 0 to leave the list lost, since more people
	// are added to it; and the fingerprints of the keys of the older lists, whose people are KEYS from 4.
	adoptList = redis.NewScript(listPrelude + `
local was, aside = ARGV[7], ARGV[8]
if (redis.call('GET', key) or '') ~= ARGV[4] or marked('revision') ~= tonumber(ARGV[5])
	or redis.call('HLEN', people) ~= tonumber(ARGV[6]) then return {-3, seen} end
if was ~= id then move(people, aside .. was) end
move(aside .. id, people)
for i = 4, #KEYS do move(KEYS[i], ARGV[i + 6] == id and people or aside .. ARGV[i + 6]) end
if was ~= id and was ~= 'unknown' then rekeyed() end
redis.call('SET', key, ARGV[3])
redis.call('HSET', marker, 'key', id, 'confirmed', 1, 'revision', math.max(seen, marked('revision')))
local n, revision = redis.call('HLEN', people), mark(ARGV[9])
if ARGV[9] == '0' then redis.call('HSET', marker, 'count', -1) end
return {n, revision}`)

	// moveList adds the entries of an older list (KEYS[4]: people, KEYS[5]: key) to a list with the same key, or with nobody on
	// it, which gets that key; and deletes the older one. It leaves the older key, which a process of the version before may
	// still use. ARGV[2] is the fingerprint of the older key, ARGV[3] that key.
	moveList = redis.NewScript(listPrelude + `
local from, old = KEYS[4], redis.call('GET', KEYS[5]) or ''
if redis.call('EXISTS', from) == 0 then return {0, marked('revision')} end
if old ~= ARGV[3] then return {-3, seen} end
if lost() then return {-1, seen} end
local mine = redis.call('HGET', marker, 'key')
local same = mine == id or not mine and redis.call('GET', key) == old
if id == '' or not same and redis.call('HLEN', people) > 0 then return {-2, seen} end
if not same and redis.call('EXISTS', key) == 1 then
	rekeyed()
	redis.call('HSET', marker, 'confirmed', 1)
end
if not same or redis.call('EXISTS', key) == 0 then redis.call('SET', key, old) end
redis.call('HSET', marker, 'key', id)
move(from, people)
return {0, mark(1)}`)
)
