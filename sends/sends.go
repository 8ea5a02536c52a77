package sends

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/coupontools"
)

// What can be wrong with a draft or a send. Anything else that a method returns is a fault.
var (
	// ErrNoDraft says that there is no such draft: it has expired, was withdrawn, or belongs to somebody else.
	ErrNoDraft = errors.New("no such draft")
	// ErrNoSend says that there is no such send, or that its records have expired.
	ErrNoSend = errors.New("no such send")
	// ErrUnavailable says that Redis cannot be reached, so that the send could not be kept safe: nothing was sent.
	ErrUnavailable = errors.New("redis cannot be reached, nothing was sent")
	// ErrUncertain says that the connection to Redis broke at the moment of confirming, and that it could not be
	// learned on which side: the send may go out. A repeat of [Service.Confirm] cannot make it go out twice.
	ErrUncertain = errors.New("redis went away while the send was confirmed, it may go out")
)

// API is what a send needs of Coupontools: what [*coupontools.Client] offers. A call must return when its context
// ends, and must never be repeated by the API's own doing.
type API interface {
	SendEmail(ctx context.Context, e coupontools.Email) (*coupontools.Sent, error)
	SendSMS(ctx context.Context, s coupontools.SMS) (*coupontools.Sent, error)
}

// Teller shows people how a send goes.
type Teller interface {
	// Tell posts the messages about s, or edits those that are there already. told is what Tell returned the last
	// time, perhaps in another process: by place, the id of the message there. Tell returns what is to be remembered,
	// also beside an error; an error makes it be asked again later.
	Tell(ctx context.Context, s Send, told map[string]string) (map[string]string, error)
}

// Config is what a Service works with. Redis and API are required.
type Config struct {
	Redis *redis.Client
	// Prefix stands in front of every key.
	Prefix string
	API    API
	// Pace is waited for before every call; nil means no pace.
	Pace interface {
		Wait(ctx context.Context) error
	}
	// Slow is told when the API answered 429: nobody in the fleet should call for that long. It may be nil.
	Slow func(ctx context.Context, d time.Duration)
	// Teller shows how the sends go; nil tells nobody.
	Teller Teller
	// MayStart is asked once as a send starts whether its sender still may. An error stops the send, with the error's
	// text as the reason. Nil allows all.
	MayStart func(ctx context.Context, team, user string) error

	// CallTimeout is how long one call to the API may take (30 s if 0).
	CallTimeout time.Duration
	// ReportTTL is how long a send's records are kept after its end (720 h if 0).
	ReportTTL time.Duration
	// ShutdownTimeout is how long Run goes on after its context has ended (35 s if 0).
	ShutdownTimeout time.Duration

	// Log takes what an operator should know; never people's data. Nil logs nothing.
	Log *slog.Logger
	// Observe counts recipients by what became of them: "accepted", "failed", "skipped", "unknown", and "released" for
	// a call that certainly did nothing and will be made again. It may be nil.
	Observe func(outcome string)
}

// Service keeps drafts and carries out sends. Make one with [New].
type Service struct {
	cfg  Config
	wake chan struct{} // there is a new send

	mu      sync.Mutex
	carried map[string]bool // sends this process holds the lease of, or is trying to
}

// New returns a Service. It does nothing by itself: [Service.Run] carries out what was confirmed.
func New(c Config) *Service {
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
	return &Service{cfg: c, wake: make(chan struct{}, 1), carried: map[string]bool{}}
}
