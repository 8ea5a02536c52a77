package sends

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// The do-not-contact list has three keys: "people" (a hash), "key" (of the hashes) and "marker". Every change updates the
// marker in the same step: the number of people, a revision that grows, and the fingerprint of the people's key. A key always
// has a marker. So a list that is gone, is an older copy, or has hashes of another key, differs from an empty one. See
// ErrSuppressionLost and ErrSuppressionKey.

// UseSuppressionList names the do-not-contact list after the Slack team or a setting. Call it before using the service.
// Without it, the list's keys have the prefix of all other keys; a list with that prefix is moved.
func (s *Service) UseSuppressionList(name string) { s.list = SuppressionPrefix + name + ":" }

// SuppressionPrefix begins the keys of all named do-not-contact lists.
const SuppressionPrefix = "couponbot:do-not-contact:"

// listKey returns the name of one of the list's keys.
func (s *Service) listKey(name string) string { return s.list + name }

func (s *Service) listKeys(more ...string) []string {
	return append([]string{s.listKey("people"), s.listKey("key"), s.listKey("marker")}, more...)
}

// errListChanged means that the list changed after it was read.
var errListChanged = errors.New("the do-not-contact list was changed meanwhile")

// changeList runs a script on the list, for a caller whose key has that fingerprint.
func (s *Service) changeList(ctx context.Context, script *redis.Script, keyID string, args ...any) (int, error) {
	return s.changeLists(ctx, script, s.listKeys(), keyID, args...)
}

func (s *Service) changeLists(ctx context.Context, script *redis.Script, keys []string, keyID string, args ...any) (int, error) {
	reply, err := script.Run(ctx, s.cfg.Redis, keys, append([]any{s.seen.Load(), keyID}, args...)...).Int64Slice()
	if err != nil {
		return 0, redisError(err)
	}
	if reply, err = atLeast(reply, 2); err != nil {
		return 0, err
	}
	s.sawRevision(reply[1])
	switch reply[0] {
	case listLost:
		return 0, ErrSuppressionLost
	case listOtherKey:
		return 0, ErrSuppressionKey
	case listChanged:
		return 0, errListChanged
	}
	return int(reply[0]), nil
}

// sawRevision remembers the highest revision of the list.
func (s *Service) sawRevision(revision int64) {
	for {
		before := s.seen.Load()
		if revision <= before || s.seen.CompareAndSwap(before, revision) {
			return
		}
	}
}

// listState is the state of the do-not-contact list and of the list of the unsubscribed, read at one moment.
type listState struct {
	key              string // in the form in which Redis keeps it, "" if there is none
	keyID            string // fingerprint of the people's key, "" if unknown
	people, marked   int64
	revision, seen   int64
	rekeyed          time.Time // when the people's key was replaced by another one
	confirmed        bool      // an admin has accepted the list as it is
	unmarked         bool      // there is no marker
	older            []olderList
	unsubscribed     int64
	badNumbers       int    // people who unsubscribed with numbers that can't be read
	unsubscribedMark string // how many there should be, "" if they were never read
	unsubscribedKey  string // fingerprint of the key of their hashes
	readAt           time.Time
	now              time.Time
}

// olderList is a do-not-contact list of the previous version, in keys that depend on the API keys.
type olderList struct {
	prefix string
	people int64
	key    string // in the form in which Redis keeps it, "" if there is none
}

// olderKeys returns the keys of an older list in Redis.
func olderKeys(prefix string) (people, key string) {
	return prefix + "suppressed", prefix + "suppression:key"
}

// UseEarlierPrefixes sets the prefixes that the same bot has used before, with other API keys. Do-not-contact lists there
// are moved too.
func (s *Service) UseEarlierPrefixes(prefixes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.earlier = prefixes
}

// prefixes returns all prefixes that the bot has used.
func (s *Service) prefixes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{s.cfg.Prefix}, s.earlier...)
}

// lists reads the state of the lists. First it moves people of older lists to the do-not-contact list, as far as possible. A
// process of the previous version may write to an older list at any time.
func (s *Service) lists(ctx context.Context) (listState, error) {
	l, err := s.readLists(ctx)
	if err != nil || len(l.older) == 0 {
		return l, err
	}
	for _, older := range l.older {
		if err := s.moveOlder(ctx, older); err != nil {
			return listState{}, err
		}
	}
	return s.readLists(ctx)
}

// moveOlder adds the people of an older list to the do-not-contact list. It leaves a list that can't be added.
func (s *Service) moveOlder(ctx context.Context, older olderList) error {
	people, key := olderKeys(older.prefix)
	_, err := s.changeLists(ctx, moveListScript, s.listKeys(people, key), keyFingerprint(older.key), older.key)
	switch {
	case err == nil:
		s.cfg.Log.Info("Added the people of an older do-not-contact list", "prefix", older.prefix, "people", older.people)
	case errors.Is(err, ErrSuppressionLost), errors.Is(err, ErrSuppressionKey), errors.Is(err, errListChanged):
		return nil
	}
	return err
}

// readLists is lists without moving anything.
func (s *Service) readLists(ctx context.Context) (listState, error) {
	var (
		key                  *redis.StringCmd
		people, unsubscribed *redis.IntCmd
		marker, read         *redis.SliceCmd
		now                  *redis.TimeCmd
		prefixes             = s.prefixes()
		olderPeople          = make([]*redis.IntCmd, len(prefixes))
		olderKey             = make([]*redis.StringCmd, len(prefixes))
	)
	seen := s.seen.Load()
	_, err := s.cfg.Redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		key, people = p.Get(ctx, s.listKey("key")), p.HLen(ctx, s.listKey("people"))
		marker = p.HMGet(ctx, s.listKey("marker"), "count", "revision", "key", "rekeyed", "confirmed")
		unsubscribed = p.HLen(ctx, s.key("unsubscribed"))
		read = p.HMGet(ctx, s.key("unsubscribed:read"), "count", "at", "key", "unreadable")
		now = p.Time(ctx)
		for i, prefix := range prefixes {
			people, key := olderKeys(prefix)
			olderPeople[i], olderKey[i] = p.HLen(ctx, people), p.Get(ctx, key)
		}
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return listState{}, redisError(err)
	}
	marked, err := atLeast(marker.Val(), 5)
	if err != nil {
		return listState{}, err
	}
	lastRead, err := atLeast(read.Val(), 4)
	if err != nil {
		return listState{}, err
	}
	l := listState{
		key: key.Val(), people: people.Val(), seen: seen, unsubscribed: unsubscribed.Val(), now: now.Val(),
		marked: int64(parseInt(marked[0])), revision: int64(parseInt(marked[1])),
	}
	l.keyID, _ = marked[2].(string)
	l.unmarked = !slices.ContainsFunc(marked, func(field any) bool { return field != nil })
	rekeyed, _ := marked[3].(string)
	l.rekeyed, l.confirmed = parseMillis(rekeyed), marked[4] != nil
	if count, ok := lastRead[0].(string); ok {
		at, _ := lastRead[1].(string)
		l.unsubscribedMark, l.readAt = count, parseMillis(at)
		l.unsubscribedKey, _ = lastRead[2].(string)
		l.badNumbers = parseInt(lastRead[3])
	}
	for i, prefix := range prefixes {
		if n := olderPeople[i].Val(); n > 0 {
			l.older = append(l.older, olderList{prefix, n, olderKey[i].Val()})
		}
	}
	s.sawRevision(l.revision)
	return l, nil
}

// checkLost returns [ErrSuppressionLost] if a part of the do-not-contact list has disappeared.
func (l listState) checkLost() error {
	if l.people != l.marked || l.revision < l.seen || l.marked > 0 && l.key == "" || l.unmarked && l.key != "" {
		return ErrSuppressionLost
	}
	return nil
}

// unreadable returns how many people are on older lists that can't be added because of their key.
func (l listState) unreadable() (people int64) {
	for _, older := range l.older {
		id := keyFingerprint(older.key)
		if id == "" || l.people > 0 && id != l.keyID && (l.keyID != "" || l.key != older.key) {
			people += older.people
		}
	}
	return people
}

// unread reports whether the list of the unsubscribed was never read, was damaged since, or has another key than the
// do-not-contact list, so that the people on it couldn't be recognised.
func (l listState) unread() bool {
	return l.unsubscribedMark != strconv.FormatInt(l.unsubscribed, 10) || l.unsubscribed > 0 && l.unsubscribedKey != l.keyID
}

// checkReadable returns [ErrSuppressionLost] or [ErrSuppressionKey] if people on the do-not-contact list couldn't be
// recognised.
func (s *Service) checkReadable(l listState) error {
	if err := l.checkLost(); err != nil || l.key == "" {
		return err
	}
	h, err := s.newHasher(l.key)
	if err == nil && l.keyID != "" && l.keyID != h.keyID {
		return ErrSuppressionKey
	}
	return err
}
