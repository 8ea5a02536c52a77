package sends

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/sends/recipients"
)

// State is where a send stands. It moves forward only.
type State string

// The states of a send.
const (
	// StateDraft is a send that nobody has confirmed: nothing goes out.
	StateDraft State = "draft"
	// StateRunning is a confirmed send that is going out, or will as soon as a process takes it.
	StateRunning State = "running"
	// StateCompleted is a send whose every recipient has an outcome.
	StateCompleted State = "completed"
	// StateStopped is a send that was given up; Why says why. Who was left is skipped.
	StateStopped State = "stopped"
)

// Counts are a send's recipients by what became of them. The four outcomes and Pending add up to Total.
type Counts struct{ Total, Accepted, Failed, Skipped, Unknown int }

// Pending is how many have no outcome yet: those still to be called, and those being called now.
func (c Counts) Pending() int { return c.Total - c.Accepted - c.Failed - c.Skipped - c.Unknown }

// Failure is one reason the API gave for refusing recipients, and how many it was given for.
type Failure struct {
	// Code is the API's error code, or "HTTP 422" where it gave none; Text its words, without people's data.
	Code, Text string
	Count      int
}

// Send is a send and how far it has come.
type Send struct {
	ID, Team, User             string
	DirectoryID, DirectoryName string
	Kind                       recipients.Kind
	Subject, Message           string
	Origin                     string
	State                      State
	Counts                     Counts
	// Why says in plain words why the send was stopped.
	Why string
	// Holdup says in plain words why a running send does not go on for the moment; "" if it does.
	Holdup string
	// Failures are the reasons of failed recipients, most frequent first; at most 20, then one that stands for the rest.
	Failures []Failure
	// ConfirmedAt is when a person pressed Send, StartedAt when the first process took it, EndedAt when the last
	// recipient had an outcome; zero before that. All by Redis's clock.
	ConfirmedAt, StartedAt, EndedAt time.Time
}

// Ended says whether every recipient has an outcome.
func (s Send) Ended() bool { return !s.EndedAt.IsZero() }

// Send returns a send that was confirmed, or [ErrNoSend].
func (s *Service) Send(ctx context.Context, id string) (Send, error) {
	f, err := s.read(ctx, id)
	if err != nil {
		return Send{}, err
	}
	return f.send(id), nil
}

func (s *Service) read(ctx context.Context, id string) (fields, error) {
	hash, err := s.cfg.Redis.HGetAll(ctx, s.keys(id)[0]).Result()
	if err != nil {
		return nil, fmt.Errorf("read send %s: %w", id, err)
	}
	f := fields(hash)
	if f["confirmed"] == "" {
		return nil, ErrNoSend
	}
	return f, nil
}

// Live returns the sends that are going on, in the order they were confirmed.
func (s *Service) Live(ctx context.Context) ([]Send, error) {
	ids, err := s.cfg.Redis.ZRange(ctx, s.live(), 0, -1).Result()
	if err != nil {
		return nil, fmt.Errorf("list live sends: %w", err)
	}
	hashes := make([]*redis.MapStringStringCmd, len(ids))
	_, err = s.cfg.Redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range ids {
			hashes[i] = p.HGetAll(ctx, s.keys(id)[0])
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list live sends: %w", err)
	}
	var live []Send
	for i, id := range ids {
		if f := fields(hashes[i].Val()); f["confirmed"] != "" && f["ended"] == "" {
			live = append(live, f.send(id))
		}
	}
	return live, nil
}
