package sends

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/internal/rediserr"
	"github.com/coupontools/couponbot/sends/recipients"
)

// State is where a send stands.
type State string

// The states of a send.
const (
	// StateDraft is a send that nobody has confirmed: nothing goes out.
	StateDraft State = "draft"
	// StateAwaiting is a confirmed send that somebody else has to approve before anything goes out.
	StateAwaiting State = "awaiting"
	// StateScheduled is a confirmed send that begins at its time.
	StateScheduled State = "scheduled"
	// StateRunning is a send that is going out, or will as soon as a process takes it.
	StateRunning State = "running"
	// StatePaused is a send that goes on when somebody resumes it; Why says why, if it was not a person who paused it.
	StatePaused State = "paused"
	// StateCompleted is a send whose every recipient has an outcome.
	StateCompleted State = "completed"
	// StateCancelled is a send that somebody called off, or that nobody approved in time; Why says which. Who was left is
	// skipped.
	StateCancelled State = "cancelled"
	// StateStopped is a send that couponbot gave up; Why says why. Who was left is skipped.
	StateStopped State = "stopped"
	// StateGone is a send whose records are gone from Redis before it ended. Nothing more of it goes out. A [Notifier] is told
	// of it with what was read last.
	StateGone State = "gone"
)

// What Why says of a send that was cancelled.
const (
	WhyCancelled   = "cancelled"
	WhyRejected    = "rejected"
	WhyNotApproved = "not approved"
	WhyNotResumed  = "not resumed"
)

// Counts are a send's recipients by what became of them. The four outcomes and Pending add up to Total.
type Counts struct{ Total, Accepted, Failed, Skipped, Unknown int }

// Pending is how many have no outcome yet: those still to be called, and those being called now.
func (c Counts) Pending() int { return c.Total - c.Accepted - c.Failed - c.Skipped - c.Unknown }

// over is how many have an outcome.
func (c Counts) over() int { return c.Total - c.Pending() }

// Failure is one reason the API gave for refusing recipients, and how many it was given for.
type Failure struct {
	// Code is the API's error code, or "HTTP 422" where it gave none; Text its words, without people's data.
	Code, Text string
	Count      int
}

// Skip is one rule that recipients were skipped by as their turn came, and how many were.
type Skip struct {
	Rule  recipients.Rule
	Count int
}

// Send is a send and how far it has come.
type Send struct {
	ID, Team, User     string
	Offer              Offer
	OfferID, OfferName string
	Kind               recipients.Kind
	Subject, Message   string
	Origin             string
	// Test is a send to the sender alone.
	Test bool
	// Parent is the send whose unknown recipients this one was made for, Resent the one that was made for this one's.
	Parent, Resent string
	State          State
	Counts         Counts
	// Why says in plain words why the send was stopped, paused or cancelled.
	Why string
	// Out is how many calls were out at the moment of what [Service.Act] answers; 0 elsewhere.
	Out int
	// Action is what somebody did last, By who; both are empty if nobody did anything since it was confirmed.
	Action Action
	By     string
	// Approver is who approved the send, "" if nobody had to.
	Approver string
	// BackoffReason says in plain words why a running send does not go on for the moment; "" if it does.
	BackoffReason string
	// Failures are the reasons of failed recipients, most frequent first; at most 20, then one that stands for the rest.
	Failures []Failure
	// Skips are the rules that recipients were skipped by, most frequent first; not who was left when the send ended.
	Skips []Skip
	// ScheduledAt is when the send is to begin; zero for at once.
	ScheduledAt time.Time
	// ConfirmedAt is when a person pressed Send, StartedAt when the first process took it, EndedAt when the last
	// recipient had an outcome; zero before that. ActedAt is the time of Action. All by Redis's clock.
	ConfirmedAt, StartedAt, EndedAt, ActedAt time.Time
	// Was is the state of a send that is [StateGone] when it was read last, at ReadAt; Reached is how many people may have
	// got it. They are zero for others.
	Was     State
	ReadAt  time.Time
	Reached int
	// Posted is what the Teller remembers: where the messages about the send are.
	Posted map[string]string
}

// Ended says whether every recipient has an outcome.
func (s Send) Ended() bool { return !s.EndedAt.IsZero() }

// Expires is when a send that nobody approves is cancelled.
func (s Send) Expires() time.Time { return s.ConfirmedAt.Add(approvalTime) }

// Send returns a send that was confirmed, or [ErrNoSend].
func (s *Service) Send(ctx context.Context, id string) (Send, error) {
	hash, err := s.cfg.Redis.HGetAll(ctx, s.keys(id)[keySend]).Result()
	if err != nil {
		return Send{}, fmt.Errorf("read send %s: %w", id, redisError(err))
	}
	f := sendHash(hash)
	if f["confirmed"] == "" {
		return Send{}, ErrNoSend
	}
	return s.withStall(f.send(id)), nil
}

// Live returns the sends that have not ended, in the order they were confirmed.
func (s *Service) Live(ctx context.Context) ([]Send, error) {
	all, err := s.listed(ctx, s.cfg.Redis.ZRange(ctx, s.key("sends:live"), 0, -1))
	var live []Send
	for _, send := range all {
		if !send.Ended() {
			live = append(live, send)
		}
	}
	return live, err
}

// Recent returns the last n sends that were confirmed and whose records are still kept, the newest first.
func (s *Service) Recent(ctx context.Context, n int) ([]Send, error) {
	return s.listed(ctx, s.cfg.Redis.ZRangeArgs(ctx, redis.ZRangeArgs{
		Key: s.key("sends:recent"), Start: 0, Stop: n - 1, Rev: true,
	}))
}

func (s *Service) listed(ctx context.Context, list *redis.StringSliceCmd) ([]Send, error) {
	ids, err := list.Result()
	if err != nil {
		return nil, fmt.Errorf("list sends: %w", redisError(err))
	}
	hashes := make([]*redis.MapStringStringCmd, len(ids))
	_, err = s.cfg.Redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range ids {
			hashes[i] = p.HGetAll(ctx, s.keys(id)[keySend])
		}
		return nil
	})
	if err != nil && rediserr.KindOf(err) != rediserr.Damaged { // one that is damaged hides no other
		return nil, fmt.Errorf("list sends: %w", redisError(err))
	}
	var all []Send
	for i, id := range ids {
		if f := sendHash(hashes[i].Val()); f["confirmed"] != "" {
			all = append(all, s.withStall(f.send(id)))
		}
	}
	return all, nil
}
