package sends

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/sends/recipients"
)

const (
	// draftTTL is how long a draft lives.
	draftTTL = 24 * time.Hour
	// confirmTime is how long Confirm may take if its context sets no end; leastVoidTime what is left in any case for
	// learning what became of a confirmation whose answer was lost.
	confirmTime, leastVoidTime = 10 * time.Second, 500 * time.Millisecond
)

// Draft is a send as a person prepared it.
type Draft struct {
	// ID names the draft; the send keeps it. [Service.SaveDraft] makes one up if it is empty; drafts with the same ID are
	// one draft.
	ID string
	// Team and User are Slack's ids of the person the draft belongs to.
	Team, User string
	// DirectoryID and DirectoryName are what is sent; the name is for people.
	DirectoryID, DirectoryName string
	Kind                       recipients.Kind
	// Subject is an e-mail's, Message a text message's.
	Subject, Message string
	List             recipients.List
	// Origin is the Slack channel of the command; it may be empty.
	Origin    string
	CreatedAt time.Time
}

// SaveDraft keeps d for 24 hours and returns it with its id and its time. Without Redis it gives [ErrUnavailable].
func (s *Service) SaveDraft(ctx context.Context, d Draft) (Draft, error) {
	if len(d.List.Recipients) == 0 {
		return Draft{}, errors.New("save draft: it has no recipients")
	}
	if d.ID == "" {
		d.ID = rand.Text()
	}
	args, err := d.record()
	if err != nil {
		return Draft{}, fmt.Errorf("save draft: %w", err)
	}
	for {
		reply, err := s.do(ctx, saveScript, d.ID, args...).StringSlice()
		if err != nil {
			return Draft{}, fmt.Errorf("save draft: %w: %w", ErrUnavailable, err)
		}
		if d.CreatedAt = millis(reply[0]); reply[1] != "" {
			return d, nil
		}
		d.ID = rand.Text() // the draft of that name was withdrawn, and a late confirmation must not find it again
	}
}

// record gives the arguments of saveScript.
func (d Draft) record() ([]any, error) {
	leftOut, err := json.Marshal(d.List.LeftOut)
	if err != nil {
		return nil, err
	}
	fields := []any{
		"team", d.Team, "user", d.User, "directory", d.DirectoryID, "name", d.DirectoryName,
		"kind", string(d.Kind), "subject", d.Subject, "message", d.Message, "origin", d.Origin,
	}
	args := append([]any{draftTTL.Milliseconds(), leftOut, len(fields)}, fields...)
	for _, r := range d.List.Recipients {
		entry, err := json.Marshal(r)
		if err != nil {
			return nil, err
		}
		args = append(args, entry)
	}
	return args, nil
}

// Draft returns the draft with that id if it belongs to that team and user, else [ErrNoDraft]. A draft that became a send
// can still be read. Without Redis it gives [ErrUnavailable].
func (s *Service) Draft(ctx context.Context, id, team, user string) (Draft, error) {
	var (
		hash    *redis.MapStringStringCmd
		entries *redis.StringSliceCmd
		leftOut *redis.StringCmd
	)
	_, err := s.cfg.Redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		keys := s.keys(id)
		hash, entries, leftOut = p.HGetAll(ctx, keys[0]), p.LRange(ctx, keys[1], 0, -1), p.Get(ctx, keys[5])
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return Draft{}, fmt.Errorf("read draft: %w: %w", ErrUnavailable, err)
	}
	f := fields(hash.Val())
	if !f.belongs(team, user) {
		return Draft{}, ErrNoDraft
	}
	d := f.draft(id)
	if d.List, err = list(entries.Val(), leftOut.Val()); err != nil {
		return Draft{}, fmt.Errorf("read draft %s: %w", id, err)
	}
	return d, nil
}

func list(entries []string, leftOut string) (recipients.List, error) {
	l := recipients.List{Recipients: make([]recipients.Recipient, len(entries))}
	for i, entry := range entries {
		if err := json.Unmarshal([]byte(entry), &l.Recipients[i]); err != nil {
			return recipients.List{}, err
		}
	}
	if leftOut == "" {
		return l, nil
	}
	return l, json.Unmarshal([]byte(leftOut), &l.LeftOut)
}

// Confirm makes a draft of that team and user a running send, once: a repeat by the same person answers with the same
// send. It gives [ErrNoDraft]; [ErrUnavailable] when Redis is away, and then nothing was sent; or [ErrUncertain]. It keeps
// half of its context's time for finding out which.
func (s *Service) Confirm(ctx context.Context, id, team, user string) (Send, error) {
	// Reading first tells a Redis that is away from one that goes away at the moment of confirming.
	hash, err := s.cfg.Redis.HGetAll(ctx, s.keys(id)[0]).Result()
	if err != nil {
		return Send{}, fmt.Errorf("confirm: %w: %w", ErrUnavailable, err)
	}
	if !fields(hash).belongs(team, user) {
		return Send{}, ErrNoDraft
	}
	end, ok := ctx.Deadline()
	if !ok {
		end = time.Now().Add(confirmTime)
	}
	half, cancel := context.WithTimeout(ctx, time.Until(end)/2)
	defer cancel()
	reply, err := s.do(half, confirmScript, id, team, user).StringSlice()
	if err != nil {
		return s.void(ctx, id, time.Until(end), err)
	}
	f := pairs(reply)
	if len(f) == 0 {
		return Send{}, ErrNoDraft
	}
	s.poke()
	return f.send(id), nil
}

// void withdraws a draft whose confirmation had no answer. Whichever came first, that or this, is what holds.
func (s *Service) void(ctx context.Context, id string, most time.Duration, cause error) (Send, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(most, leastVoidTime))
	defer cancel()
	reply, err := s.do(ctx, voidScript, id).StringSlice()
	if err != nil {
		return Send{}, fmt.Errorf("confirm %s: %w: %w", id, ErrUncertain, cause)
	}
	f := pairs(reply)
	if f.state() == "" {
		return Send{}, fmt.Errorf("confirm %s: %w: %w", id, ErrUnavailable, cause)
	}
	s.poke()
	return f.send(id), nil
}
