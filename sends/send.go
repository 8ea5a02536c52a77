package sends

import (
	"context"
	"iter"
	"time"

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
	// stateVoid is a draft that can no longer be confirmed.
	stateVoid State = "void"
)

// Draft is a send as a person prepared it.
type Draft struct {
	// ID is set by [Service.SaveDraft]; the send keeps it.
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
	// Failures are the reasons of failed recipients, most frequent first; at most 20, then one that stands for the rest.
	Failures []Failure
	// ConfirmedAt is when a person pressed Send, StartedAt when the first process took it, EndedAt when the last
	// recipient had an outcome; zero before that. All by Redis's clock.
	ConfirmedAt, StartedAt, EndedAt time.Time
}

// Ended says whether every recipient has an outcome.
func (s Send) Ended() bool { return !s.EndedAt.IsZero() }

// Status is what became of one recipient.
type Status string

// What can become of a recipient.
const (
	// Pending: no call was made; one will be while the send runs.
	Pending Status = "pending"
	// Claimed: a process is about to call, or is calling.
	Claimed Status = "claimed"
	// Accepted: the API took it.
	Accepted Status = "accepted"
	// Failed: the API refused it, for the reason in Code and Text.
	Failed Status = "failed"
	// Skipped: no call that did anything was made and none will be; Text says why.
	Skipped Status = "skipped"
	// Unknown: the API was called and may or may not have sent it. It is never repeated by itself.
	Unknown Status = "unknown"
)

// Outcome is one recipient of a send and what became of it.
type Outcome struct {
	recipients.Recipient
	Status     Status
	Code, Text string
	// At is when the outcome was recorded, or the claim made; zero if neither was.
	At time.Time
}

// Send returns a send that was confirmed, or [ErrNoSend].
func (s *Service) Send(ctx context.Context, id string) (Send, error) { return Send{}, ErrNoSend }

// Live returns the sends that are going on, in the order they were confirmed.
func (s *Service) Live(ctx context.Context) ([]Send, error) { return nil, nil }

// Recipients goes over the recipients of a send, in the order of its list, and what became of each. It may be used
// while the send runs; each part of the list is then as it was when it was read.
func (s *Service) Recipients(ctx context.Context, id string) iter.Seq2[Outcome, error] {
	return func(func(Outcome, error) bool) {}
}
