package sends

import (
	"context"
	"slices"
	"time"

	"github.com/coupontools/couponbot/internal/rediserr"
)

// alertAfter is how long a concern lasts before somebody is alerted: at the start, for example, the unsubscribed were not
// read yet.
const alertAfter = time.Minute

// watchSafety looks, until ctx ends, whether Redis keeps what it is told and whether the lists that bar people are there.
func (s *Service) watchSafety(ctx context.Context) {
	since := map[Concern]time.Time{}
	for sought := false; ; {
		s.lookAtSafety(ctx, since)
		if !sought {
			sought = s.seekEarlier(ctx)
		}
		if !sleep(ctx, safeEvery) {
			return
		}
	}
}

// seekEarlier looks for what the same bot has kept with other API keys. It reports whether that is done.
func (s *Service) seekEarlier(ctx context.Context) bool {
	if s.cfg.Earlier == nil {
		return true
	}
	_, err := s.cfg.Earlier(ctx)
	kind := rediserr.KindOf(err)
	return err == nil || kind == rediserr.NoPermission || kind == rediserr.NoCommand
}

// lookAtSafety looks once. since holds when each concern was first seen.
func (s *Service) lookAtSafety(ctx context.Context, since map[Concern]time.Time) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	if _, err := s.Storage(ctx); err != nil {
		return
	}
	_ = s.open(ctx) // what it says is among the concerns
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

// alert tells the admins of a concern, once for all processes until it is over.
func (s *Service) alert(ctx context.Context, c Concern, checked Checked) {
	if s.cfg.Alert == nil {
		return
	}
	key := s.alertKey(c)
	if first, err := s.cfg.Redis.SetNX(ctx, key, 1, 0).Result(); err != nil || !first {
		return
	}
	if err := s.cfg.Alert(ctx, c, checked); err != nil {
		s.cfg.Log.Warn("Cannot tell the admins of a concern; it is tried again", "concern", string(c), "error", err)
		s.cfg.Redis.Del(context.WithoutCancel(ctx), key)
	}
}

func (s *Service) alertKey(c Concern) string { return s.key("alerted:" + string(c)) }
