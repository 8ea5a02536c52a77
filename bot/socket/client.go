package socket

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/slack-go/slack"
)

// ErrDisabled: Slack says that Socket Mode is switched off for the app.
var ErrDisabled = errors.New("Socket Mode is switched off for this Slack app (link_disabled)")

// Opener gets the address of a new connection from apps.connections.open. A *slack.Client with an app-level token is
// one; it should have an HTTP timeout, and no debug option, which shortens connections and logs what people write.
type Opener interface {
	StartSocketModeContext(ctx context.Context) (*slack.SocketModeConnection, string, error)
}

// Config says how a [Client] works.
type Config struct {
	// Open and Handler are required.
	Open    Opener
	Handler Handler
	// Connections is how many are held at once, 1 to 10 (Slack: at most 10 open per app); 0 stands for 1.
	Connections int
	// Expected is how many connections the app has over all its processes. When Slack counts more, a warning is
	// logged: connections that were lost without a close frame still get envelopes. 0 stands for Connections or 5,
	// whichever is more.
	Expected int
	// Log gets what happens, never what people wrote; nil stands for none.
	Log *slog.Logger
	// Observe is told for metrics.
	Observe Observer
}

// Client holds the connections.
type Client struct{ cfg Config }

// New returns a client that does nothing until Run.
func New(cfg Config) *Client { return &Client{cfg: cfg} }

// Run holds the connections until ctx ends. Then it takes no more envelopes, gives those taken up to 3 s to be
// acknowledged, sends close frames and returns nil. Sooner it returns only when trying on is useless: [ErrDisabled], or
// a [*RefusedError]. It may be called once.
func (c *Client) Run(ctx context.Context) error { return nil }

// Ready returns how many connections have had hello and are open.
func (c *Client) Ready() int { return 0 }

// State returns the connections that Ready counts, oldest first.
func (c *Client) State() []Connection { return nil }

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
