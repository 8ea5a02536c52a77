package sends

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/internal/rediserr"
)

const (
	// alertAfter is how long a concern lasts before the admins are alerted. At the start, for example, the unsubscribed weren't
	// read yet.
	alertAfter = time.Minute
	// alertTTL is how long Redis remembers an alert after a process last saw the concern. A bot that is stopped for longer
	// alerts again.
	alertTTL = 6 * time.Hour
)

// watchSafety checks regularly, until ctx ends, whether Redis is safe and the lists of people are intact.
func (s *Service) watchSafety(ctx context.Context) {
	since := map[Concern]time.Time{}
	for sought := false; ; {
		s.checkSafety(ctx, since)
		if !sought {
			sought = s.findEarlierPrefixes(ctx)
		}
		if !sleep(ctx, storageCheckEvery) {
			return
		}
	}
}

// findEarlierPrefixes finds the records that the same bot kept with other API keys. It returns false if it has to be
// retried.
func (s *Service) findEarlierPrefixes(ctx context.Context) bool {
	if s.cfg.EarlierPrefixes == nil {
		return true
	}
	prefixes, err := s.cfg.EarlierPrefixes(ctx)
	s.UseEarlierPrefixes(prefixes...)
	kind := rediserr.KindOf(err)
	return err == nil || kind == rediserr.NoPermission || kind == rediserr.NoCommand
}

// checkSafety checks once. since holds when each concern was first seen.
func (s *Service) checkSafety(ctx context.Context, since map[Concern]time.Time) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	if _, err := s.Storage(ctx); err != nil {
		return
	}
	checked, err := s.ListStatus(ctx)
	if err != nil {
		return
	}
	for c := range since {
		if !slices.Contains(checked.Concerns, c) {
			delete(since, c)
			s.cfg.Redis.Del(ctx, s.alertKey(c))
		}
	}
	for _, c := range checked.Concerns {
		if since[c].IsZero() {
			since[c] = time.Now()
			s.cfg.Log.Warn("The lists that recipients are checked against are in doubt", "concern", string(c))
		}
		if time.Since(since[c]) >= alertAfter {
			s.alert(ctx, c, checked)
		}
	}
}

// alertScript acquires the right to alert the admins of a concern, or extends it. A longer TTL than that, or none, counts as
// expired.
//
//	KEYS[1] the alert
//	ARGV[1] token of the process
//	ARGV[2] how long the alert is remembered (ms)
//
// Returns the token of the process that alerts.
var alertScript = redis.NewScript(`
local by, left = redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])
if not by or left < 0 or left > tonumber(ARGV[2]) then by = ARGV[1] end
redis.call('SET', KEYS[1], by, 'PX', ARGV[2])
return by`)

// alert alerts the admins of a concern, once for all processes as long as it lasts.
func (s *Service) alert(ctx context.Context, c Concern, checked ListStatus) {
	if s.cfg.Alert == nil {
		return
	}
	key, token := s.alertKey(c), rand.Text()
	by, err := alertScript.Run(ctx, s.cfg.Redis, []string{key}, token, alertTTL.Milliseconds()).Text()
	if err != nil || by != token {
		return
	}
	if err := s.cfg.Alert(ctx, c, checked); err != nil {
		s.cfg.Log.Warn("Cannot alert the admins of a concern; couponbot keeps trying", "concern", string(c), "error", err)
		s.cfg.Redis.Del(context.WithoutCancel(ctx), key)
	}
}

func (s *Service) alertKey(c Concern) string { return s.key("alerted:" + string(c)) }
