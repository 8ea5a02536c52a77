package sends

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// storageCheckEvery is how often each process checks the settings of Redis, and how long a send backs off while they aren't
// safe.
const storageCheckEvery = 10 * time.Second

// Storage is the persistence settings of Redis, as far as it reveals them.
type Storage struct {
	// Policy is its maxmemory-policy, "" if unknown.
	Policy string
	// AppendOnly is "1" if it has an append-only file, "0" if not, "" if unknown.
	AppendOnly string
}

// Evicts reports whether Redis is known to evict keys when it is full.
func (s Storage) Evicts() bool { return s.Policy != "" && s.Policy != "noeviction" }

// ReadStorage reads the persistence settings of Redis. If Redis refuses INFO they are unknown, without an error.
func ReadStorage(ctx context.Context, rdb *redis.Client) (Storage, error) {
	var s Storage
	for _, part := range []string{"memory", "persistence"} {
		info, err := rdb.Info(ctx, part).Result()
		if _, answered := errors.AsType[redis.Error](err); answered {
			return Storage{}, nil
		}
		if err != nil {
			return Storage{}, redisError(err)
		}
		for line := range strings.Lines(info) {
			switch name, value, _ := strings.Cut(strings.TrimSpace(line), ":"); name {
			case "maxmemory_policy":
				s.Policy = value
			case "aof_enabled":
				s.AppendOnly = value
			}
		}
	}
	return s, nil
}

// storagePolicy is the last known settings.
type storagePolicy struct {
	mu    sync.Mutex
	last  Storage
	asked bool
}

// checkUsable returns [ErrEvicts] if Redis is known to evict keys when it is full.
func (s *storagePolicy) checkUsable() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last.Evicts() {
		return fmt.Errorf("%w: its maxmemory-policy is %s", ErrEvicts, s.last.Policy)
	}
	return nil
}

// Storage reads the persistence settings of Redis. The error is [ErrUnavailable].
func (s *Service) Storage(ctx context.Context) (Storage, error) {
	now, err := ReadStorage(ctx, s.cfg.Redis)
	if err != nil {
		return Storage{}, fmt.Errorf("ask Redis how it keeps things: %w", err)
	}
	s.policy.mu.Lock()
	defer s.policy.mu.Unlock()
	if s.policy.last != now || !s.policy.asked {
		s.logStorage(now)
	}
	s.policy.last, s.policy.asked = now, true
	return now, nil
}

func (s *Service) logStorage(now Storage) {
	switch {
	case now.Evicts():
		s.cfg.Log.Error("Redis throws keys away when it is full, so no send starts or continues. Set maxmemory-policy noeviction",
			"maxmemory_policy", now.Policy)
	case s.policy.last.Evicts():
		s.cfg.Log.Info("Redis does not throw keys away any more; sends continue")
	case now.Policy == "":
		s.cfg.Log.Warn("Redis does not tell its maxmemory-policy. It must be noeviction, or opt-outs and sends can be lost")
	}
	switch now.AppendOnly {
	case "0":
		s.cfg.Log.Warn("Redis has no append-only file, so a restart of it loses sends and opt-outs. " +
			"Set appendonly yes and appendfsync always")
	case "":
		s.cfg.Log.Warn("Redis does not tell whether it has an append-only file. It should have one, with appendfsync always")
	}
}

// safeHasher returns the hasher if a send may start or continue, else [ErrEvicts], [ErrSuppressionKey], [ErrSuppressionLost]
// or [ErrUnavailable].
func (s *Service) safeHasher(ctx context.Context) (*hasher, error) {
	if _, err := s.Storage(ctx); err != nil {
		return nil, err
	}
	if err := s.policy.checkUsable(); err != nil {
		return nil, err
	}
	return s.hasher(ctx)
}
