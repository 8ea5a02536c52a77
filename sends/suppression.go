package sends

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/coupontools/couponbot/sends/recipients"
)

// hasher hashes phone numbers and e-mail addresses for Redis. Without its key nobody can identify the person of a hash, or
// try out all numbers.
type hasher struct {
	key       []byte
	storedKey string // the key in the form in which Redis keeps it
	keyID     string // the key's fingerprint
}

func (h *hasher) person(kind recipients.Kind, to string) string {
	mac := hmac.New(sha256.New, h.key)
	mac.Write([]byte(string(kind) + ":" + to))
	const enough = 16 // bytes, so that no two people have the same hash
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:enough])
}

// Redis keeps a generated key as "made:" and its hexadecimal digits. Of a key from the settings it keeps "given:" and a
// hash, so that a changed setting is noticed.
const generatedPrefix, settingPrefix = "made:", "given:"

func hashSetting(key string) string {
	sum := sha256.Sum256([]byte("couponbot suppression " + key))
	return settingPrefix + hex.EncodeToString(sum[:])
}

// keyFingerprint identifies a key in the form in which Redis keeps it. A generated key that became a setting has the same
// fingerprint. The fingerprint of "" is "". Hashes are stored with the fingerprint of their key, since those of another key
// match nobody.
func keyFingerprint(stored string) string {
	const size = 16
	if digits, ok := strings.CutPrefix(stored, generatedPrefix); ok {
		key, err := hex.DecodeString(digits)
		if err != nil {
			return ""
		}
		stored = hashSetting(string(key))
	}
	digits, ok := strings.CutPrefix(stored, settingPrefix)
	if !ok || len(digits) < size {
		return ""
	}
	return digits[:size]
}

// hasher returns the hasher of the do-not-contact list. While people on the list couldn't be recognised, it returns
// [ErrSuppressionKey], [ErrSuppressionLost], [ErrSuppressionOlder] or [ErrUnavailable].
func (s *Service) hasher(ctx context.Context) (*hasher, error) {
	for {
		l, err := s.lists(ctx)
		if err != nil {
			return nil, err
		}
		if err := s.checkReadable(l); err != nil {
			return nil, err
		}
		if len(l.older) > 0 {
			return nil, ErrSuppressionOlder
		}
		if l.key != "" && l.keyID != "" {
			s.knownKey.Store(&l.keyID)
			return s.newHasher(l.key)
		}
		if err := s.storeKey(ctx, l); err != nil {
			return nil, err
		}
	}
}

// newHasher returns the hasher with the key that Redis keeps, or [ErrSuppressionKey] if the settings have another one.
func (s *Service) newHasher(stored string) (*hasher, error) {
	h := &hasher{storedKey: stored, keyID: keyFingerprint(stored)}
	digits, isMade := strings.CutPrefix(stored, generatedPrefix)
	key, err := hex.DecodeString(digits)
	switch setting := s.cfg.SuppressionKey; {
	case isMade && err == nil && (setting == "" || setting == string(key)):
		h.key = key
	case setting != "" && stored == hashSetting(setting):
		h.key = []byte(setting)
	default:
		return nil, ErrSuppressionKey
	}
	return h, nil
}

// newKey returns a key for a list without one, in the form in which Redis keeps it: that of the settings, or a random one.
func (s *Service) newKey() string {
	if s.cfg.SuppressionKey != "" {
		return hashSetting(s.cfg.SuppressionKey)
	}
	return generatedPrefix + hex.EncodeToString([]byte(rand.Text()))
}

// storeKey stores the key of a list that has none, or the missing fingerprint of its key.
func (s *Service) storeKey(ctx context.Context, l listState) error {
	key, known := cmp.Or(l.key, s.newKey()), l.unsubscribedKey
	if id := s.knownKey.Load(); id != nil {
		known = *id
	}
	replaced, err := s.changeList(ctx, storeKeyScript, keyFingerprint(key), key, known)
	if replaced > 0 {
		s.cfg.Log.Warn("The key of the do-not-contact list was gone from Redis, so the list has got a new one")
	}
	return err
}

// suppressedValue returns the value of an entry on the list: when it was added, by which user, and how.
func suppressedValue(at time.Time, by, note string) string {
	return strconv.FormatInt(at.UnixMilli(), 10) + "|" + by + "|" + note
}

// suppressedBarrier parses the result of suppressedValue.
func suppressedBarrier(value string) Barrier {
	parts := strings.SplitN(value, "|", 3)
	b := Barrier{Rule: recipients.RuleSuppressed, Since: parseMillis(parts[0])}
	if len(parts) == 3 {
		b.By, b.Note = parts[1], parts[2]
	}
	return b
}

// Suppress adds people, all of one kind, to the do-not-contact list and to the audit log, and returns how many weren't on
// the list before. Note says how they got on the list, without naming anybody. Errors: [ErrSuppressionKey],
// [ErrSuppressionLost] or [ErrUnavailable].
func (s *Service) Suppress(ctx context.Context, kind recipients.Kind, people []string, by Actor, note string) (int, error) {
	h, err := s.hasher(ctx)
	if err != nil {
		return 0, fmt.Errorf("suppress: %w", err)
	}
	value := suppressedValue(time.Now(), by.User, note)
	added := 0
	for from := 0; from < len(people); from += pageSize {
		var entries []any
		for _, to := range people[from:min(from+pageSize, len(people))] {
			entries = append(entries, h.person(kind, to), value)
		}
		n, err := s.changeList(ctx, addToListScript, h.keyID, entries...)
		if err != nil {
			return added, fmt.Errorf("suppress: %w", err)
		}
		added += n
	}
	return added, s.Record(ctx, Entry{
		What: "suppress", Actor: by, Note: strings.TrimSpace(note + " " + describePeople(people)),
		Before: "", After: strconv.Itoa(added) + " added",
	})
}

// describePeople describes people for the audit log: one person masked, more by their number.
func describePeople(people []string) string {
	if len(people) == 1 {
		return recipients.Mask(people[0])
	}
	return strconv.Itoa(len(people)) + " people"
}

// Unsuppress removes a person from the do-not-contact list, and reports whether they were on it. It writes an audit entry.
// Errors: [ErrSuppressionKey], [ErrSuppressionLost] or [ErrUnavailable].
func (s *Service) Unsuppress(ctx context.Context, kind recipients.Kind, to string, by Actor) (bool, error) {
	h, err := s.hasher(ctx)
	if err != nil {
		return false, fmt.Errorf("unsuppress: %w", err)
	}
	n, err := s.changeList(ctx, removeFromListScript, h.keyID, h.person(kind, to))
	if err != nil {
		return false, fmt.Errorf("unsuppress: %w", err)
	}
	if n == 0 {
		return false, nil
	}
	return true, s.Record(ctx, Entry{
		What: "unsuppress", Actor: by, Note: recipients.Mask(to), Before: "suppressed", After: "not suppressed",
	})
}
