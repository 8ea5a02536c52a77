package sends

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/sends/recipients"
)

// hasher makes of a number or an address what stands for it in Redis: a keyed hash, from which nobody without the key can
// tell whose it is, or try out all numbers.
type hasher struct{ key []byte }

func (h *hasher) person(kind recipients.Kind, to string) string {
	mac := hmac.New(sha256.New, h.key)
	mac.Write([]byte(string(kind) + ":" + to))
	const enough = 16 // bytes: no two of any number of people share them
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:enough])
}

// The key is kept in Redis as "made:" and the key itself in hexadecimal digits, or, if it is a setting, as "given:" and a
// hash of it, so that a setting that has changed is noticed.
const made, given = "made:", "given:"

// ready returns the hasher if the key is still that of the suppression list.
func (s *Service) ready(ctx context.Context) (*hasher, error) {
	stored, err := s.cfg.Redis.Get(ctx, s.key("suppression:key")).Result()
	if errors.Is(err, redis.Nil) {
		stored, err = s.firstKey(ctx)
	}
	if err != nil {
		return nil, redisError(err)
	}
	return s.hasherOf(stored)
}

// hasherOf returns the hasher with the key that is kept, if it is the one of the settings or there is none in these.
func (s *Service) hasherOf(stored string) (*hasher, error) {
	if s.cfg.SuppressionKey == "" {
		digits, ok := strings.CutPrefix(stored, made)
		key, err := hex.DecodeString(digits)
		if !ok || err != nil {
			return nil, ErrSuppressionKey
		}
		return &hasher{key: key}, nil
	}
	if stored != givenKey(s.cfg.SuppressionKey) {
		return nil, ErrSuppressionKey
	}
	return &hasher{key: []byte(s.cfg.SuppressionKey)}, nil
}

// firstKey keeps a key where there is none, and returns what is kept then.
func (s *Service) firstKey(ctx context.Context) (string, error) {
	value := givenKey(s.cfg.SuppressionKey)
	if s.cfg.SuppressionKey == "" {
		value = made + hex.EncodeToString([]byte(rand.Text()))
	}
	key := s.key("suppression:key")
	if err := s.cfg.Redis.SetNX(ctx, key, value, 0).Err(); err != nil {
		return "", err
	}
	return s.cfg.Redis.Get(ctx, key).Result()
}

func givenKey(key string) string {
	sum := sha256.Sum256([]byte("couponbot suppression " + key))
	return given + hex.EncodeToString(sum[:])
}

// SuppressionKeyFits reports whether the suppression list can be read: nil, [ErrSuppressionKey] or [ErrUnavailable]. It
// changes nothing; where no key is kept yet, any fits.
func (s *Service) SuppressionKeyFits(ctx context.Context) error {
	stored, err := s.cfg.Redis.Get(ctx, s.key("suppression:key")).Result()
	switch {
	case errors.Is(err, redis.Nil):
		return nil
	case err != nil:
		return fmt.Errorf("look at the suppression key: %w", redisError(err))
	}
	_, err = s.hasherOf(stored)
	return err
}

// suppressedValue is what the list holds of a person: when, who, and how they came on it.
func suppressedValue(at time.Time, by, note string) string {
	return strconv.FormatInt(at.UnixMilli(), 10) + "|" + by + "|" + note
}

func suppressedBarrier(value string) Barrier {
	parts := strings.SplitN(value, "|", 3)
	b := Barrier{Rule: recipients.RuleSuppressed, Since: millis(parts[0])}
	if len(parts) == 3 {
		b.By, b.Note = parts[1], parts[2]
	}
	return b
}

// Suppress puts people, all of one kind, on the suppression list, and returns how many were not on it before. Note says
// how they came there; it must name nobody. It goes into the audit trail. It gives [ErrSuppressionKey] or
// [ErrUnavailable].
func (s *Service) Suppress(ctx context.Context, kind recipients.Kind, people []string, by Actor, note string) (int, error) {
	h, err := s.ready(ctx)
	if err != nil {
		return 0, fmt.Errorf("suppress: %w", err)
	}
	value := suppressedValue(time.Now(), by.User, note)
	added := 0
	for from := 0; from < len(people); from += page {
		var cmds []*redis.BoolCmd
		_, err := s.cfg.Redis.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, to := range people[from:min(from+page, len(people))] {
				cmds = append(cmds, p.HSetNX(ctx, s.key("suppressed"), h.person(kind, to), value))
			}
			return nil
		})
		if err != nil {
			return added, fmt.Errorf("suppress: %w", redisError(err))
		}
		for _, cmd := range cmds {
			if cmd.Val() {
				added++
			}
		}
	}
	return added, s.Record(ctx, Entry{
		What: "suppress", Actor: by, Note: strings.TrimSpace(note + " " + subject(people)),
		Before: "", After: strconv.Itoa(added) + " added",
	})
}

// subject names whom an entry of the audit trail is about: one person masked, or how many.
func subject(people []string) string {
	if len(people) == 1 {
		return recipients.Mask(people[0])
	}
	return strconv.Itoa(len(people)) + " people"
}

// Unsuppress takes a person off the suppression list, and reports whether they were on it. It goes into the audit trail.
// It gives [ErrSuppressionKey] or [ErrUnavailable].
func (s *Service) Unsuppress(ctx context.Context, kind recipients.Kind, to string, by Actor) (bool, error) {
	h, err := s.ready(ctx)
	if err != nil {
		return false, fmt.Errorf("unsuppress: %w", err)
	}
	n, err := s.cfg.Redis.HDel(ctx, s.key("suppressed"), h.person(kind, to)).Result()
	if err != nil {
		return false, fmt.Errorf("unsuppress: %w", redisError(err))
	}
	if n == 0 {
		return false, nil
	}
	return true, s.Record(ctx, Entry{
		What: "unsuppress", Actor: by, Note: recipients.Mask(to), Before: "suppressed", After: "not suppressed",
	})
}

// Suppressed is how many people are on the suppression list.
func (s *Service) Suppressed(ctx context.Context) (int, error) {
	n, err := s.cfg.Redis.HLen(ctx, s.key("suppressed")).Result()
	if err != nil {
		return 0, fmt.Errorf("count the suppression list: %w", redisError(err))
	}
	return int(n), nil
}
