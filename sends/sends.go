package sends

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"golang.org/x/time/rate"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/internal/bulkhead"
)

// API is the part of [*coupontools.Client] that a send needs. A call must return when its context ends, and must not retry.
type API interface {
	SendEmail(ctx context.Context, e coupontools.Email) (*coupontools.Sent, error)
	SendSMS(ctx context.Context, s coupontools.SMS) (*coupontools.Sent, error)
}

// Notifier shows people the progress of a send: one message at each place, edited as the send proceeds. posted is what
// Notify returned last, by place, perhaps in another process.
type Notifier interface {
	// Places returns where Notify would post a message about s and where it would edit an existing one, in the order of the
	// notifications. With an error it returns the known places, and is called again later.
	Places(ctx context.Context, s Send, posted map[string]string) (posts, edits []string, err error)
	// Notify posts or edits the message at a place, and returns what to remember of it. After an error it is called again
	// later.
	Notify(ctx context.Context, s Send, place string, posted map[string]string) (string, error)
}

// Config configures a Service. Redis and API are required.
type Config struct {
	Redis *redis.Client
	// Prefix begins the name of every key and of the queues.
	Prefix string
	API    API
	// Contacts lists who has unsubscribed in Coupontools; nil skips that.
	Contacts Contacts
	// Pace delays every call; nil means no delay.
	Pace interface {
		Wait(ctx context.Context) error
	}
	// Slow is called when the API answered 429: no process should call for that long. It may be nil.
	Slow func(ctx context.Context, d time.Duration)
	// Notifier shows people the progress of sends; it may be nil.
	Notifier Notifier
	// Alert alerts the admins of a concern. After an error it is called again later. It may be nil.
	Alert func(ctx context.Context, c Concern, checked ListStatus) error
	// EarlierPrefixes returns the prefixes of the records that the same bot kept with other API keys. It is called once, in the
	// background. It may be nil.
	EarlierPrefixes func(ctx context.Context) (prefixes []string, err error)
	// MayStart checks once, when a send starts, whether its sender may still send. An error stops the send, with its text as
	// the reason; with [ErrCannotAsk] the send backs off. Nil allows all.
	MayStart func(ctx context.Context, team, user string) error

	// ApprovalOver is above how many recipients another person must approve; 0 for never.
	ApprovalOver int
	// FrequencyCap is the least time between two sends to one person; 0 for none.
	FrequencyCap time.Duration
	// DailyCapPerson and DailyCap limit the recipients of one sender, and of all together, in a UTC day; 0 for no limit.
	DailyCapPerson, DailyCap int
	// SMSRates are the slow countries (ISO 3166 alpha-2), with the text messages a second that all processes may send there;
	// see [recipients.Recipient.RateCountry].
	SMSRates map[string]float64
	// SuppressionKey is the key of the hashes in the do-not-contact list; "" generates one and keeps it in Redis.
	SuppressionKey string

	// InFlight is how many calls of one send a process makes at a time (8 if 0).
	InFlight int
	// CallTimeout limits one call to the API (30 s if 0).
	CallTimeout time.Duration
	// ReportTTL is how long a send's records are kept after its end (720 h if 0).
	ReportTTL time.Duration
	// ShutdownTimeout is how long Run may continue after its context has ended (35 s if 0).
	ShutdownTimeout time.Duration

	// Guard recovers panics of this package and of its callbacks.
	Guard *bulkhead.Guard
	// Log gets what an operator should know, never people's data. Nil logs nothing.
	Log *slog.Logger
	// Observe counts recipients by outcome: "accepted", "failed", "skipped", "unknown", and "released" for a call that did
	// nothing and will be made again. It may be nil.
	Observe func(outcome string)
}

// Service stores drafts and carries out sends. Make one with [New].
type Service struct {
	cfg     Config
	queue   *asynq.Client
	scanNow chan struct{} // signals that a send may have no leader
	rates   string        // the SMS rates, from formatRates

	partPeople int // people in one file of a backup; 0 is the constant of that name

	list string       // prefix of the keys of the do-not-contact list
	seen atomic.Int64 // highest revision of the list that this process has seen
	// knownKey is the fingerprint of the list's key as this process last saw it; nil before.
	knownKey atomic.Pointer[string]
	policy   storagePolicy

	// options are a copy of the Redis client's, made before it connects: connecting changes them.
	options redis.Options

	edits *rate.Limiter // the pace of edits while Redis refuses the common one

	enqueueError, dequeueError lastError // last errors of Redis in the queue
	writeError, scanError      lastError // last errors of test writes, and of the scan for live sends

	mu      sync.Mutex
	earlier []string              // prefixes of the same bot with other API keys
	leaders map[string]*leader    // sends that this process leads or tries to lead
	slots   map[string]*sendSlots // sends with batches or calls in this process
	stalls  map[string]string     // why sends are stalled, by id
}

// New returns a Service. It only works on confirmed sends while [Service.Run] runs.
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
		list:    c.Prefix + "suppression:",
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

// keys returns KEYS of a script: the keys of one send, then those of all sends and of the lists of people.
func (s *Service) keys(id string) []string {
	key := s.cfg.Prefix + "send:" + id
	return []string{
		key, key + ":recipients", key + ":outcomes", key + ":claims", key + ":released", key + ":left_out", key + ":packed",
		key + ":batch", key + ":leader", key + ":deferred", key + ":deferred_due",
		s.key("sends:live"), s.key("sends:recent"), s.key("audit"), s.key("unsubscribed"), s.key("unsubscribed:read"),
		s.listKey("people"), s.listKey("key"), s.listKey("marker"),
	}
}

// key returns the name of a key that belongs to no send.
func (s *Service) key(name string) string { return s.cfg.Prefix + name }

// runScript runs a script on the records of a send.
func (s *Service) runScript(ctx context.Context, script *redis.Script, id string, args ...any) *redis.Cmd {
	common := []any{id, s.cfg.ReportTTL.Milliseconds(), s.cfg.Prefix, leaseTime.Milliseconds(), maxBackoff.Milliseconds()}
	return script.Run(ctx, s.cfg.Redis, s.keys(id), append(common, args...)...)
}
