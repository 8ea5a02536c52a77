package sends

import (
	"time"

	"github.com/coupontools/couponbot/sends/recipients"
)

// approvalTime is how long a confirmed send waits for an approval.
const approvalTime = 24 * time.Hour

// Offer is a kind of offer that can be sent.
type Offer string

// The kinds of offers.
const (
	OfferDirectory   Offer = "directory"
	OfferCampaign    Offer = "campaign"
	OfferLoyaltyCard Offer = "loyalty_card"
)

// Draft is a send that a person has prepared and not confirmed.
type Draft struct {
	// ID identifies the draft; its send has the same. [Service.SaveDraft] generates one if it is empty. Saving another draft
	// with the same ID returns the first.
	ID string
	// Team and User are the Slack ids of the owner.
	Team, User string
	// Offer is the kind of the offer ("" means [OfferDirectory]), OfferID its id, OfferName its name for people.
	Offer              Offer
	OfferID, OfferName string
	Kind               recipients.Kind
	// Subject is for e-mail, Message for text messages.
	Subject, Message string
	List             recipients.List
	// Origin is the Slack channel of the command; it may be empty.
	Origin string
	// ScheduledAt is when the send should start; zero for at once.
	ScheduledAt time.Time
	// Test marks a send to the sender alone: the frequency and daily caps don't apply to it or count it.
	Test bool
	// Parent is the send that this one repeats for its unknown recipients; see [Service.Resend].
	Parent    string
	CreatedAt time.Time
}

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

// Action is what a person does with a confirmed send.
type Action string

// The actions, and in which states they are possible.
const (
	// Pause holds a running send: no recipient is claimed from then on.
	Pause Action = "pause"
	// Resume continues a paused send.
	Resume Action = "resume"
	// Cancel ends a send: its waiting recipients are skipped.
	Cancel Action = "cancel"
	// Approve lets a send start that awaits approval. Nobody can approve their own send.
	Approve Action = "approve"
	// Reject cancels a send that awaits approval.
	Reject Action = "reject"
)

// Status is the state of one recipient.
type Status string

// The states of a recipient.
const (
	// Pending means that no call was made; one will be while the send runs.
	Pending Status = "pending"
	// Claimed means that a process is about to call, or is calling.
	Claimed Status = "claimed"
	// Accepted means that the API accepted the call.
	Accepted Status = "accepted"
	// Failed means that the API refused the call, for the reason in Code and Text.
	Failed Status = "failed"
	// Skipped means that no call did anything and none will be made; Text says why.
	Skipped Status = "skipped"
	// Unknown means that the API was called and may or may not have sent the message. couponbot never repeats the call.
	Unknown Status = "unknown"
)

// Counts are the recipients of a send by outcome. The four outcomes and Pending add up to Total.
type Counts struct{ Total, Accepted, Failed, Skipped, Unknown int }

// Pending is the number of recipients without an outcome: those that wait and those that are claimed.
func (c Counts) Pending() int { return c.Total - c.Accepted - c.Failed - c.Skipped - c.Unknown }

// done is the number of recipients with an outcome.
func (c Counts) done() int { return c.Total - c.Pending() }

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
	// outcome; zero before that. ActedAt is the time of Action, PausedAt that of the last pause. All are by Redis's clock.
	ConfirmedAt, StartedAt, EndedAt, ActedAt, PausedAt time.Time
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
