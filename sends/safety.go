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
	// alertAfter is how long a concern lasts before somebody is alerted: at the start, for example, the unsubscribed were not
	// read yet.
	alertAfter = time.Minute
	// alertTTL is how long it is remembered that the admins know of a concern, after the last process has seen it. A bot that
	// is stopped for longer tells them again.
	alertTTL = 6 * time.Hour
)

// watchSafety looks, until ctx ends, whether Redis keeps what it is told and whether the lists that bar people are there.
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

// findEarlierPrefixes looks for what the same bot has kept with other API keys. It reports whether that is done.
func (s *Service) findEarlierPrefixes(ctx context.Context) bool {
	if s.cfg.EarlierPrefixes == nil {
		return true
	}
	prefixes, err := s.cfg.EarlierPrefixes(ctx)
	s.UseEarlierPrefixes(prefixes...)
	kind := rediserr.KindOf(err)
	return err == nil || kind == rediserr.NoPermission || kind == rediserr.NoCommand
}

// checkSafety looks once. since holds when each concern was first seen.
func (s *Service) checkSafety(ctx context.Context, since map[Concern]time.Time) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	if _, err := s.Storage(ctx); err != nil {
		return
	}
	checked, err := s.Checked(ctx)
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

// alertScript remembers that the admins are told of a concern, for a time (ms) that begins again with each call, and returns
// the token of the process that tells them. A longer time, or none, counts as over.
var alertScript = redis.NewScript(`
local by, left = redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])
if not by or left < 0 or left > tonumber(ARGV[2]) then by = ARGV[1] end
redis.call('SET', KEYS[1], by, 'PX', ARGV[2])
return by`)

// alert tells the admins of a concern, once for all processes until it is over.
func (s *Service) alert(ctx context.Context, c Concern, checked Checked) {
	if s.cfg.Alert == nil {
		return
	}
	key, token := s.alertKey(c), rand.Text()
	by, err := alertScript.Run(ctx, s.cfg.Redis, []string{key}, token, alertTTL.Milliseconds()).Text()
	if err != nil || by != token {
		return
	}
	if err := s.cfg.Alert(ctx, c, checked); err != nil {
		s.cfg.Log.Warn("Cannot tell the admins of a concern; it is tried again", "concern", string(c), "error", err)
		s.cfg.Redis.Del(context.WithoutCancel(ctx), key)
	}
}

func (s *Service) alertKey(c Concern) string { return s.key("alerted:" + string(c)) }
