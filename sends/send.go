package sends

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/internal/rediserr"
	"github.com/coupontools/couponbot/sends/recipients"
)

// State is the state of a send.
type State string

// The states of a send.
const (
	// StateDraft is a send that isn't confirmed: nothing goes out.
	StateDraft State = "draft"
	// StateAwaiting is a confirmed send that another person has to approve before anything goes out.
	StateAwaiting State = "awaiting"
	// StateScheduled is a confirmed send that starts at its scheduled time.
	StateScheduled State = "scheduled"
	// StateRunning is a send that is going out, or will as soon as a process starts a batch.
	StateRunning State = "running"
	// StatePaused is a send that continues when a person resumes it. Why says why, unless a person paused it.
	StatePaused State = "paused"
	// StateCompleted is a send in which every recipient has an outcome.
	StateCompleted State = "completed"
	// StateCancelled is a send that a person cancelled, or that nobody approved in time; Why says which. Waiting recipients
	// were skipped.
	StateCancelled State = "cancelled"
	// StateStopped is a send that couponbot stopped; Why says why. Waiting recipients were skipped.
	StateStopped State = "stopped"
	// StateGone is a send without records: they disappeared from Redis before it ended. No more calls are made for it. A [Notifier]
	// gets it as it was last read.
	StateGone State = "gone"
)

// Values of Why for a cancelled send.
const (
	WhyCancelled   = "cancelled"
	WhyRejected    = "rejected"
	WhyNotApproved = "not approved"
	WhyNotResumed  = "not resumed"
)

// Counts are the recipients of a send by outcome. The four outcomes and Pending add up to Total.
type Counts struct{ Total, Accepted, Failed, Skipped, Unknown int }

// Pending is the number of recipients without an outcome: those that wait and those that are claimed.
func (c Counts) Pending() int { return c.Total - c.Accepted - c.Failed - c.Skipped - c.Unknown }

// over is the number of recipients with an outcome.
func (c Counts) over() int { return c.Total - c.Pending() }

// Failure is one reason of the API for refusing recipients, and their number.
type Failure struct {
	// Code is the API's error code, or "HTTP 422" if it gave none; Text is its words, without people's data.
	Code, Text string
	Count      int
}

// Skip is one rule by which recipients were skipped when they were due, and their number.
type Skip struct {
	Rule  recipients.Rule
	Count int
}

// Send is a send and its progress.
type Send struct {
	ID, Team, User     string
	Offer              Offer
	OfferID, OfferName string
	Kind               recipients.Kind
	Subject, Message   string
	Origin             string
	// Test marks a send to the sender alone.
	Test bool
	// Parent is the send that this one repeats for its unknown recipients. Resent is the send that repeats this one.
	Parent, Resent string
	State          State
	Counts         Counts
	// Why says in plain words why the send was stopped, paused or cancelled.
	Why string
	// Out is the number of calls in flight when [Service.Act] changed the send; 0 elsewhere.
	Out int
	// Action is the last action of a person, By the person; both are empty if there was none since the confirmation.
	Action Action
	By     string
	// Approver is the person who approved the send, "" if nobody had to.
	Approver string
	// BackoffReason says in plain words why a running send makes no calls at the moment; "" if it does.
	BackoffReason string
	// Failures are the reasons of failed recipients, most frequent first: at most 20, then one for all others.
	Failures []Failure
	// Skips are the rules by which recipients were skipped, most frequent first. Recipients skipped by the end of the send
	// don't count.
	Skips []Skip
	// ScheduledAt is when the send should start; zero for at once.
	ScheduledAt time.Time
	// ConfirmedAt is when a person pressed Send, StartedAt when the first batch started, EndedAt when the last recipient got an
	// outcome; zero before that. ActedAt is the time of Action. All are by Redis's clock.
	ConfirmedAt, StartedAt, EndedAt, ActedAt time.Time
	// For a send that is [StateGone], Was is the state at the last read, ReadAt the time of that read, and Reached how many
	// people may have got the message. For others they are zero.
	Was     State
	ReadAt  time.Time
	Reached int
	// Posted is what the Notifier returned, by place: where the messages about the send are.
	Posted map[string]string
}

// Ended reports whether every recipient has an outcome.
func (s Send) Ended() bool { return !s.EndedAt.IsZero() }

// Expires is when a send without an approval is cancelled.
func (s Send) Expires() time.Time { return s.ConfirmedAt.Add(approvalTime) }

// Send returns a confirmed send, or [ErrNoSend].
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

// Live returns the sends that haven't ended, in the order of their confirmation.
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

// Recent returns the last n confirmed sends that still have records, the newest first.
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
	if err != nil && rediserr.KindOf(err) != rediserr.Damaged { // a damaged record hides no other
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
