package sends

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// The do-not-contact list is three keys: "people" (a hash), "key" (of the hashes) and "marker". The marker is written in the
// same step as the people: how many they are, a revision that grows with each change, and the fingerprint of the key that they
// are hashed with. So a list that is gone, is an older copy, or has hashes of another key, differs from one that nobody is on.
// See ErrSuppressionLost and ErrSuppressionKey.

// unsubscribedOld is from which age on the list of the unsubscribed in Coupontools is too old to rely on.
const unsubscribedOld = 3 * time.Hour

// acceptedRevisions is how much the revision grows when somebody accepts the list as it is: more than any process can have
// seen beyond the one that asks.
const acceptedRevisions = 1_000_000

// UseSuppressionList names the do-not-contact list, by the Slack team or a setting; it must be called before the service is
// used. A list that hung on the prefix moves there. Without it the list hangs on the prefix.
func (s *Service) UseSuppressionList(name string) { s.list = SuppressionPrefix + name + ":" }

// SuppressionPrefix is what the keys of all do-not-contact lists begin with.
const SuppressionPrefix = "couponbot:do-not-contact:"

// listKey is one of the keys of the do-not-contact list.
func (s *Service) listKey(name string) string { return s.list + name }

func (s *Service) listKeys(more ...string) []string {
	return append([]string{s.listKey("people"), s.listKey("key"), s.listKey("marker")}, more...)
}

// errListChanged says that the list isn't as it was read.
var errListChanged = errors.New("the do-not-contact list was changed meanwhile")

// changeList runs one of the scripts on the list, for a caller whose key has that fingerprint.
func (s *Service) changeList(ctx context.Context, script *redis.Script, keyID string, args ...any) (int, error) {
	return s.changeLists(ctx, script, s.listKeys(), keyID, args...)
}

func (s *Service) changeLists(ctx context.Context, script *redis.Script, keys []string, keyID string, args ...any) (int, error) {
	reply, err := script.Run(ctx, s.cfg.Redis, keys, append([]any{s.seen.Load(), keyID}, args...)...).Int64Slice()
	if err != nil {
		return 0, redisError(err)
	}
	s.saw(reply[1])
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

// saw remembers the highest revision of the list.
func (s *Service) saw(revision int64) {
	for {
		before := s.seen.Load()
		if revision <= before || s.seen.CompareAndSwap(before, revision) {
			return
		}
	}
}

// open moves a do-not-contact list of before to its place. It must have succeeded once before anybody is checked against
// the list; later calls move what a process of the version before has added.
func (s *Service) open(ctx context.Context) error {
	n, err := s.cfg.Redis.Exists(ctx, s.key("suppressed")).Result()
	if err != nil {
		return fmt.Errorf("look for the do-not-contact list of before: %w", redisError(err))
	}
	if n > 0 {
		old, err := s.cfg.Redis.Get(ctx, s.key("suppression:key")).Result()
		if err != nil && !errors.Is(err, redis.Nil) {
			return fmt.Errorf("move the do-not-contact list: %w", redisError(err))
		}
		_, err = s.changeLists(ctx, moveList, s.listKeys(s.key("suppressed"), s.key("suppression:key")), fingerprint(old))
		if err != nil {
			return fmt.Errorf("move the do-not-contact list: %w", err)
		}
	}
	s.opened.Store(true)
	return nil
}

// lists is the state of the do-not-contact list and of the list of the unsubscribed, read at one moment.
type lists struct {
	key              string // as Redis keeps it, "" if it keeps none
	keyID            string // the fingerprint of the key that the people are hashed with, "" if it isn't known
	people, marked   int64
	revision, seen   int64
	unsubscribed     int64
	unsubscribedMark string // how many there should be, "" if they were never read
	unsubscribedKey  string // the fingerprint of the key that they are hashed with
	readAt           time.Time
	now              time.Time
}

// lists reads the state of the lists, once the do-not-contact list is in its place.
func (s *Service) lists(ctx context.Context) (lists, error) {
	if !s.opened.Load() {
		if err := s.open(ctx); err != nil {
			return lists{}, err
		}
	}
	return s.readLists(ctx)
}

// readLists is lists without opening.
func (s *Service) readLists(ctx context.Context) (lists, error) {
	var (
		key                  *redis.StringCmd
		people, unsubscribed *redis.IntCmd
		marker, read         *redis.SliceCmd
		now                  *redis.TimeCmd
	)
	seen := s.seen.Load()
	_, err := s.cfg.Redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		key, people = p.Get(ctx, s.listKey("key")), p.HLen(ctx, s.listKey("people"))
		marker = p.HMGet(ctx, s.listKey("marker"), "count", "revision", "key")
		unsubscribed, read = p.HLen(ctx, s.key("unsubscribed")), p.HMGet(ctx, s.key("unsubscribed:read"), "count", "at", "key")
		now = p.Time(ctx)
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return lists{}, redisError(err)
	}
	l := lists{
		key: key.Val(), people: people.Val(), seen: seen, unsubscribed: unsubscribed.Val(), now: now.Val(),
		marked: int64(integer(marker.Val()[0])), revision: int64(integer(marker.Val()[1])),
	}
	l.keyID, _ = marker.Val()[2].(string)
	if count, ok := read.Val()[0].(string); ok {
		at, _ := read.Val()[1].(string)
		l.unsubscribedMark, l.readAt = count, millis(at)
		l.unsubscribedKey, _ = read.Val()[2].(string)
	}
	s.saw(l.revision)
	return l, nil
}

// usable gives [ErrSuppressionLost] if the do-not-contact list is not what it was.
func (l lists) usable() error {
	if l.people != l.marked || l.revision < l.seen || l.marked > 0 && l.key == "" {
		return ErrSuppressionLost
	}
	return nil
}

// unread reports whether the list of the unsubscribed was never read, is not what was read, or has hashes of another key than
// the do-not-contact list, so that nobody on it would be recognised.
func (l lists) unread() bool {
	return l.unsubscribedMark != strconv.FormatInt(l.unsubscribed, 10) || l.unsubscribed > 0 && l.unsubscribedKey != l.keyID
}

// Concern is a reason to doubt what recipients are checked against.
type Concern string

// The concerns. With the first three nothing is sent.
const (
	// ConcernEvicts: Redis is known to throw keys away when it is full.
	ConcernEvicts Concern = "evicts"
	// ConcernLost: the do-not-contact list, or a part of it, has disappeared.
	ConcernLost Concern = "lost"
	// ConcernKey: the do-not-contact list was made with another key.
	ConcernKey Concern = "key"
	// ConcernEmpty: nobody is on the do-not-contact list: it is new, or was lost before this process started.
	ConcernEmpty Concern = "empty"
	// ConcernUnread: Coupontools' list of the unsubscribed was never read, or has disappeared.
	ConcernUnread Concern = "unread"
	// ConcernOld: Coupontools' list of the unsubscribed was last read more than three hours ago.
	ConcernOld Concern = "old"
)

// Refuses reports whether nothing is sent because of the concern.
func (c Concern) Refuses() bool { return c == ConcernEvicts || c == ConcernLost || c == ConcernKey }

// Checked is what recipients are checked against.
type Checked struct {
	// Suppressed is how many people are on the do-not-contact list, Unsubscribed how many have unsubscribed in Coupontools.
	Suppressed, Unsubscribed int
	// Age is how long ago Coupontools was asked for the unsubscribed, negative if it never was.
	Age time.Duration
	// Concerns are the reasons to doubt it, the worst first.
	Concerns []Concern
}

// Look is [Service.Checked] without moving a list of before to its place.
func (s *Service) Look(ctx context.Context) (Checked, error) {
	l, err := s.readLists(ctx)
	if err != nil {
		return Checked{}, fmt.Errorf("read the lists: %w", err)
	}
	return s.checked(l), nil
}

// Checked returns what recipients are checked against now. It gives [ErrUnavailable].
func (s *Service) Checked(ctx context.Context) (Checked, error) {
	l, err := s.lists(ctx)
	if errors.Is(err, ErrSuppressionKey) || errors.Is(err, ErrSuppressionLost) { // from moving the list of before
		return Checked{Age: -1, Concerns: []Concern{concernOf(err)}}, nil
	}
	if err != nil {
		return Checked{}, fmt.Errorf("read the lists: %w", err)
	}
	return s.checked(l), nil
}

func (s *Service) checked(l lists) Checked {
	c := Checked{Suppressed: int(l.people), Unsubscribed: int(l.unsubscribed), Age: -1}
	if !l.unread() {
		c.Age = max(l.now.Sub(l.readAt), 0)
	}
	if s.storage.usable() != nil {
		c.Concerns = append(c.Concerns, ConcernEvicts)
	}
	switch err := s.readable(l); {
	case err != nil:
		c.Concerns = append(c.Concerns, concernOf(err))
	case l.people == 0:
		c.Concerns = append(c.Concerns, ConcernEmpty)
	}
	switch {
	case s.cfg.Contacts == nil:
	case c.Age < 0:
		c.Concerns = append(c.Concerns, ConcernUnread)
	case c.Age > unsubscribedOld:
		c.Concerns = append(c.Concerns, ConcernOld)
	}
	return c
}

func concernOf(err error) Concern {
	if errors.Is(err, ErrSuppressionKey) {
		return ConcernKey
	}
	return ConcernLost
}

// readable gives [ErrSuppressionLost] or [ErrSuppressionKey] if somebody on the do-not-contact list would not be recognised.
func (s *Service) readable(l lists) error {
	if err := l.usable(); err != nil || l.key == "" {
		return err
	}
	h, err := s.hasherOf(l.key)
	if err == nil && l.keyID != "" && l.keyID != h.keyID {
		return ErrSuppressionKey
	}
	return err
}

// AcceptSuppressionList takes a do-not-contact list that was lost for whole, with the people it still has, and returns how
// many these are. People who would not be recognised, since their key is gone, are set aside. It goes into the audit trail.
func (s *Service) AcceptSuppressionList(ctx context.Context, by Actor) (int, error) {
	l, err := s.lists(ctx)
	if err != nil {
		return 0, fmt.Errorf("accept the do-not-contact list: %w", err)
	}
	if l.usable() == nil {
		return int(l.people), nil
	}
	n, err := s.adopt(ctx, l)
	if err != nil {
		return 0, fmt.Errorf("accept the do-not-contact list: %w", err)
	}
	return n, s.Record(ctx, Entry{
		What: "suppress-new", Actor: by, Before: strconv.FormatInt(max(l.marked, 0), 10) + " people",
		After: strconv.Itoa(n) + " people",
	})
}

// unknownKey stands for the fingerprint of a key that nothing is known of.
const unknownKey = "unknown"

// adopt makes a list whole, with the key of now and with the people who are hashed with it, and returns how many these are.
func (s *Service) adopt(ctx context.Context, l lists) (int, error) {
	key := l.key
	if _, err := s.hasherOf(key); err != nil {
		key = s.newKey()
	}
	was := cmp.Or(l.keyID, fingerprint(l.key), unknownKey)
	return s.changeList(ctx, adoptList, fingerprint(key), key, l.key, l.revision, l.people, was, s.listKey("aside:"), acceptedRevisions)
}
