package sends

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"golang.org/x/time/rate"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/internal/bulkhead"
	"github.com/coupontools/couponbot/internal/rediserr"
)

// What can be wrong with a draft or a send. Anything else that a method returns is a fault.
var (
	// ErrNoDraft says that there is no such draft: it has expired, was withdrawn, or belongs to somebody else.
	ErrNoDraft = errors.New("no such draft")
	// ErrOutdated says that the do-not-contact list has another key than when the draft was saved, so the draft has to be made
	// again; or that the draft's records are damaged.
	ErrOutdated = errors.New("the draft was checked against another do-not-contact list")
	// ErrNoSend says that there is no such send, or that its records have expired.
	ErrNoSend = errors.New("no such send")
	// ErrUnavailable says that Redis is away or refuses, so nothing could be kept safe: nothing was sent or changed. The
	// error of Redis is wrapped beside it; package rediserr tells what it means.
	ErrUnavailable = errors.New("redis is unavailable, nothing was sent")
	// ErrDamaged says that a key in Redis holds another type of value than it should: the record is damaged, or an id that
	// was given names something else than a send. Redis itself works.
	ErrDamaged = errors.New("a record in redis is damaged")
	// ErrUncertain says that the connection to Redis broke at the moment of confirming, and that it could not be
	// learned on which side: the send may go out. A repeat of [Service.Confirm] cannot make it go out twice.
	ErrUncertain = errors.New("redis went away while the send was confirmed, it may go out")
	// ErrNobodyLeft says that the rules on who may be written to left nobody of a list.
	ErrNobodyLeft = errors.New("nobody is left to send to")
	// ErrCannotAsk is what [Config.MayStart] wraps when nobody can say now whether a sender still may.
	ErrCannotAsk = errors.New("nobody can say whether the sender still may")
	// ErrSuppressionKey says that the key of the do-not-contact list is not the one that the list was made with, so that
	// nobody on it would be recognised.
	ErrSuppressionKey = errors.New("the key of the do-not-contact list has changed")
	// ErrSuppressionLost says that the do-not-contact list, or a part of it, has disappeared from Redis: its marker says
	// otherwise, this process has seen more of it, or its key is gone.
	ErrSuppressionLost = errors.New("the do-not-contact list is not in redis any more")
	// ErrSuppressionOlder says that Redis still has an older do-not-contact list, whose people can't be added to the one of now
	// since it was made with another key.
	ErrSuppressionOlder = errors.New("an older do-not-contact list can't be read")
	// ErrEvicts says that Redis throws keys away when it is full, so that nothing in it can be relied on.
	ErrEvicts = errors.New("redis may throw keys away")
)

// redisError wraps an error of Redis in what it means to callers: [ErrDamaged] or [ErrUnavailable].
func redisError(err error) error {
	if rediserr.KindOf(err) == rediserr.Damaged {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// API is what a send needs of Coupontools: what [*coupontools.Client] offers. A call must return when its context
// ends, and must never be repeated by the API's own doing.
type API interface {
	SendEmail(ctx context.Context, e coupontools.Email) (*coupontools.Sent, error)
	SendSMS(ctx context.Context, s coupontools.SMS) (*coupontools.Sent, error)
}

// Notifier shows people how a send goes: one message at each place, edited as it goes on. told is, by place, what Tell
// returned there the last time, perhaps in another process.
type Notifier interface {
	// Places are where Tell would post a message about s, and where it would edit the one that is there, in the order in
	// which they are told. Beside an error they are those that are known; it makes Places be asked again later.
	Places(ctx context.Context, s Send, told map[string]string) (posts, edits []string, err error)
	// Notify posts or edits the message at a place, and returns what is to be remembered of it. After an error the place is
	// told again later.
	Notify(ctx context.Context, s Send, place string, told map[string]string) (string, error)
}

// Config is what a Service works with. Redis and API are required.
type Config struct {
	Redis *redis.Client
	// Prefix stands in front of every key, and names the queues.
	Prefix string
	API    API
	// Contacts are asked who has unsubscribed at Coupontools; nil asks nobody.
	Contacts Contacts
	// Pace is waited for before every call; nil means no pace.
	Pace interface {
		Wait(ctx context.Context) error
	}
	// Slow is told when the API answered 429: nobody in the fleet should call for that long. It may be nil.
	Slow func(ctx context.Context, d time.Duration)
	// Notifier shows how the sends go; nil tells nobody.
	Notifier Notifier
	// Alert tells the admins of a concern. After an error it is told again later. Nil tells nobody.
	Alert func(ctx context.Context, c Concern, checked Checked) error
	// EarlierPrefixes returns the prefixes of the records that the same bot kept with other API keys. It is called once, in the
	// background. Nil means that there are none.
	EarlierPrefixes func(ctx context.Context) (prefixes []string, err error)
	// MayStart is asked once as a send starts whether its sender still may. An error stops the send, with the error's
	// text as the reason; while it is [ErrCannotAsk] the send is held up. Nil allows all.
	MayStart func(ctx context.Context, team, user string) error

	// ApprovalOver is above how many recipients another person must approve; 0 for never.
	ApprovalOver int
	// FrequencyCap is the least time between two sends to one person; 0 for none.
	FrequencyCap time.Duration
	// DailyCapPerson and DailyCap are how many recipients one sender, and all together, may have a UTC day; 0 for no limit.
	DailyCapPerson, DailyCap int
	// SMSRates are the countries (ISO 3166 alpha-2) whose text messages go out slower than the rest, with messages a second
	// for all processes; see [recipients.Recipient.RateCountry].
	SMSRates map[string]float64
	// SuppressionKey is the key of the hashes in the do-not-contact list; "" has one made and kept in Redis.
	SuppressionKey string

	// InFlight is how many calls of one send a process has out at a time (8 if 0).
	InFlight int
	// CallTimeout is how long one call to the API may take (30 s if 0).
	CallTimeout time.Duration
	// ReportTTL is how long a send's records are kept after its end (720 h if 0).
	ReportTTL time.Duration
	// ShutdownTimeout is how long Run goes on after its context has ended (35 s if 0).
	ShutdownTimeout time.Duration

	// Guard recovers panics of this package and of what it calls.
	Guard *bulkhead.Guard
	// Log takes what an operator should know; never people's data. Nil logs nothing.
	Log *slog.Logger
	// Observe counts recipients by what became of them: "accepted", "failed", "skipped", "unknown", and "released" for
	// a call that certainly did nothing and will be made again. It may be nil.
	Observe func(outcome string)
}

// Service keeps drafts and carries out sends. Make one with [New].
type Service struct {
	cfg     Config
	queue   *asynq.Client
	scanNow chan struct{} // there may be a send that nobody keeps
	rates   string        // the SMS rates, as scripts read them

	partPeople int // how many people are in one file of a backup

	list string       // what the keys of the do-not-contact list begin with
	seen atomic.Int64 // the highest revision of the list that this process has seen
	// knownKey is the fingerprint of the list's key, as this process saw it last; nil before it saw one.
	knownKey atomic.Pointer[string]
	policy   storagePolicy

	// options are those of the Redis client, copied before it is used: it changes them as it connects.
	options redis.Options

	edits *rate.Limiter // the pace of edits while Redis does not keep it

	enqueueError, dequeueError lastError // what Redis answers to the queue
	writeError, scanError      lastError // what it answers to writes, and to the look for live sends

	mu      sync.Mutex
	earlier []string              // prefixes of the same bot with other API keys
	leaders map[string]*leader    // sends this process keeps, or is trying to
	slots   map[string]*sendSlots // sends this process has calls out for
	stalls  map[string]string     // why sends do not move, by id
}

// New returns a Service. It does nothing by itself: [Service.Run] carries out what was confirmed.
func New(c Config) *Service {
	if c.InFlight <= 0 {
		c.InFlight = 8
	}
	if c.CallTimeout <= 0 {
		c.CallTimeout = 30 * time.Second
	}
	if c.ReportTTL <= 0 {
		c.ReportTTL = 720 * time.Hour
	}
	if c.ShutdownTimeout <= 0 {
		c.ShutdownTimeout = 35 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Observe == nil {
		c.Observe = func(string) {}
	}
	if c.Slow == nil {
		c.Slow = func(context.Context, time.Duration) {}
	}
	s := &Service{
		cfg: c, options: *c.Redis.Options(), scanNow: make(chan struct{}, 1), rates: formatRates(c.SMSRates),
		partPeople: partPeople, list: c.Prefix + "suppression:",
		leaders: map[string]*leader{}, slots: map[string]*sendSlots{}, stalls: map[string]string{},
		edits: rate.NewLimiter(rate.Every(localEditEvery), localEditBurst),
	}
	s.queue = asynq.NewClientFromRedisClient(queueRedis{c.Redis, &s.enqueueError, c.Guard})
	return s
}

func (s *Service) count(status Status, n int) {
	for range n {
		s.cfg.Observe(string(status))
	}
}
