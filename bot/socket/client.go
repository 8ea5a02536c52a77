package socket

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/internal/bulkhead"
	"github.com/coupontools/couponbot/internal/outbound"
)

const (
	// maxConnections is how many an app may have open. Slack: 10.
	maxConnections = 10
	// usualConnections is what an app's processes hold together at most when there is to be room for renewal.
	usualConnections = 5
	// maxHandlers bounds the envelopes that are handled at once.
	maxHandlers = 4096
	// drainTime is how long Run, and a connection that is left, wait for acknowledgements. Slack: waits 3 s for them.
	drainTime = 3 * time.Second
)

// ErrDisabled says that Socket Mode is switched off for the app (Slack's disconnect reason link_disabled).
var ErrDisabled = errors.New("socket mode is switched off for this Slack app (link_disabled)")

// Opener gets the address of a new connection from apps.connections.open. A *slack.Client with an app-level token is
// one. It should leave 429 to this package (no OptionRetry), and have no debug option, which shortens connections to
// 360 s and logs what people write.
type Opener interface {
	StartSocketModeContext(ctx context.Context) (*slack.SocketModeConnection, string, error)
}

// Config says how a [Client] works.
type Config struct {
	// Open and Handler are required.
	Open    Opener
	Handler Handler
	// Connections is how many are held at once, 1 to 10 (Slack: at most 10 open per app). Less stands for 1, more for 10.
	Connections int
	// Expected is how many connections the app has over all its processes. When Slack counts more, a warning is
	// logged: connections that were lost without a close frame still get envelopes. 0 stands for Connections or 5,
	// whichever is more.
	Expected int
	// Log gets what happens, never what people wrote; nil stands for none.
	Log *slog.Logger
	// Observe is told for metrics.
	Observe Observer
	// Outbound says which addresses of connections are Slack's.
	Outbound outbound.Rule
	// Guard recovers panics, of the handler and of this package.
	Guard *bulkhead.Guard
}

// Client holds the connections.
type Client struct {
	cfg  Config
	log  *slog.Logger
	pace *pace
	dial func(ctx context.Context, network, addr string) (net.Conn, error)

	busy  chan struct{}   // holds a token for each envelope being handled
	loops *bulkhead.Group // readers, watchdogs, and connections being left

	mu    sync.Mutex
	links map[*link]bool // all with a running reader
	ready []*link        // those in service, oldest first
}

// New returns a client that does nothing until Run.
func New(cfg Config) *Client {
	cfg.Connections = min(max(cfg.Connections, 1), maxConnections)
	if cfg.Expected == 0 {
		cfg.Expected = max(cfg.Connections, usualConnections)
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Client{
		cfg:   cfg,
		log:   cfg.Log,
		pace:  newPace(),
		dial:  (&net.Dialer{Timeout: handshakeTime}).DialContext,
		busy:  make(chan struct{}, maxHandlers),
		loops: cfg.Guard.Group(),
		links: make(map[*link]bool),
	}
}

// Run holds the connections until ctx ends. Then it accepts no more envelopes, waits up to 3 s for the acknowledgement of the
// accepted ones, sends close frames and returns nil. It returns earlier only if retrying is useless, with [ErrDisabled] or a
// [*RefusedError]. It may be called once. It doesn't wait for handlers that continue after their acknowledgement.
func (c *Client) Run(ctx context.Context) error {
	group, live := c.cfg.Guard.GroupWithContext(ctx)
	for n := range c.cfg.Connections {
		k := keeper{c: c, log: c.log.With("connection", n+1)}
		group.Keep(live, bulkhead.SocketConnect, func() error { return k.run(live) })
	}
	err := group.Wait()
	c.drain()
	_ = c.loops.Wait() // a panic there was reported, and cost a connection at most
	return err
}

// drain leaves all connections: nothing new is taken, what was taken is acknowledged if that takes no longer than
// drainTime, then each gets its close frame.
func (c *Client) drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for l := range c.links {
		l.shut()
		c.closeLater(l, 0)
	}
}

// Ready returns how many connections have had hello and are open.
func (c *Client) Ready() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.ready)
}

// Connection describes one open connection.
type Connection struct {
	// Since is when Slack said hello.
	Since time.Time
	// AppID is the Slack app's id, Host the name of Slack's server, both as hello gave them.
	AppID, Host string
	// Life is how long Slack expects to keep the connection; 0 if it did not say.
	Life time.Duration
	// Leaving is true from Slack's notice to leave until the replacement is ready.
	Leaving bool
}

// State returns the connections that Ready counts, oldest first.
func (c *Client) State() []Connection {
	c.mu.Lock()
	defer c.mu.Unlock()
	state := make([]Connection, len(c.ready))
	for i, l := range c.ready {
		state[i] = l.describe()
	}
	return state
}

// enter puts a connection into service.
func (c *Client) enter(l *link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.links[l] {
		c.ready = append(c.ready, l)
		c.cfg.Observe.ready(len(c.ready))
	}
}

// exit takes a connection out of service: acknowledgements of others are not sent on it any more.
func (c *Client) exit(l *link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(l)
}

// forget removes a connection after its reader has ended.
func (c *Client) forget(l *link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.links, l)
	c.remove(l)
}

func (c *Client) remove(l *link) {
	if i := slices.Index(c.ready, l); i >= 0 {
		c.ready = slices.Delete(c.ready, i, i+1)
		c.cfg.Observe.ready(len(c.ready))
	}
}

// open returns how many connections of this client are open in any state.
func (c *Client) open() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.links)
}

// other returns a connection in service that is not l, the newest first; nil if there is none.
func (c *Client) other(l *link) *link {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range slices.Backward(c.ready) {
		if o != l {
			return o
		}
	}
	return nil
}
