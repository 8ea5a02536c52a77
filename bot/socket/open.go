package socket

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"golang.org/x/time/rate"

	"github.com/coupontools/couponbot/internal/bulkhead"
	"github.com/coupontools/couponbot/internal/sleep"
)

const (
	// openTime bounds one call of apps.connections.open, handshakeTime the dialling that follows.
	openTime      = 20 * time.Second
	handshakeTime = 10 * time.Second
	// openRate and openBurst hold the openings of this client under Slack's tier 3 (about 50 a minute), the first
	// minute included.
	openRate  = 36
	openBurst = 12
	// limitedWait stands in for a Retry-After that is missing; longestWait bounds one that is absurd.
	limitedWait = 30 * time.Second
	longestWait = 10 * time.Minute
	// writeBufferBytes is larger than any acknowledgement, so that each goes out as one frame: Slack drops those that
	// are split.
	writeBufferBytes = 32 << 10
	// maxFrameBytes bounds what is read as one frame.
	maxFrameBytes = 4 << 20
)

// refusals are the errors of apps.connections.open that trying again does not mend, with what they mean.
var refusals = map[string]string{
	"invalid_auth":             "the app-level token is not valid",
	"not_authed":               "there is no app-level token",
	"account_inactive":         "the app or its workspace is deactivated",
	"token_revoked":            "the app-level token was revoked",
	"token_expired":            "the app-level token has expired",
	"missing_scope":            "the app-level token lacks the scope connections:write",
	"not_allowed_token_type":   "the token is not an app-level token (xapp-…)",
	"no_permission":            "the app-level token lacks a permission",
	"access_denied":            "the app may not open connections",
	"forbidden_team":           "the app may not open connections for this workspace",
	"ekm_access_denied":        "the organisation's key management forbids it",
	"enterprise_is_restricted": "the organisation does not allow this call",
	"org_login_required":       "the workspace is being moved to an organisation",
	"insecure_request":         "the Web API must be called over https",
}

// RefusedError says that Slack opens no connection until someone mends the app-level token or the app.
type RefusedError struct {
	// Code is Slack's error, such as invalid_auth.
	Code string
}

func (e *RefusedError) Error() string {
	return "open socket: Slack answers " + e.Code + ": " + refusals[e.Code]
}

var (
	errNoAddress = errors.New("open socket: apps.connections.open gave no usable address")
	errLimited   = errors.New("open socket: apps.connections.open is rate limited")
)

// reasonOf names a failure to connect.
func reasonOf(err error) Reason {
	if lost, ok := errors.AsType[*lostError](err); ok {
		return lost.reason
	}
	if _, ok := errors.AsType[*RefusedError](err); ok {
		return ReasonRefused
	}
	switch {
	case errors.Is(err, ErrDisabled):
		return ReasonDisabled
	case errors.Is(err, errLimited):
		return ReasonRateLimited
	default:
		return ReasonOpen
	}
}

// establish opens a connection, at the pace that Slack allows, and starts to read it.
func (c *Client) establish(ctx context.Context, log *slog.Logger) (*link, error) {
	if err := c.pace.wait(ctx); err != nil {
		return nil, err
	}
	address, err := c.address(ctx)
	if err != nil {
		return nil, err
	}
	ws, err := c.handshake(ctx, address)
	if err != nil {
		return nil, err
	}
	l := newLink(c, ws, log)
	c.mu.Lock()
	c.links[l] = true
	c.mu.Unlock()
	ctx = context.WithoutCancel(ctx)
	c.loops.Go(bulkhead.SocketRead, func() error { l.read(ctx); return nil }, func(error) { l.end() })
	c.loops.Go(bulkhead.SocketWatch, func() error { l.watch(); return nil }, func(error) { l.drop() })
	return l, nil
}

// address asks Slack for the address of one new connection. It carries a ticket, so it is never logged.
func (c *Client) address(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	_, address, err := c.cfg.Open.StartSocketModeContext(ctx)
	if err != nil {
		return "", c.explain(err)
	}
	if !c.cfg.Outbound.AllowsSocket(address) {
		return "", errNoAddress
	}
	return address, nil
}

// explain turns an error of the call into this package's, and heeds Retry-After for all connections.
func (c *Client) explain(err error) error {
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		c.pace.hold(limited.RetryAfter)
		return errLimited
	}
	// Slack: 429 without Retry-After is a plain status error in slack-go.
	if status, ok := errors.AsType[slack.StatusCodeError](err); ok && status.Code == http.StatusTooManyRequests {
		c.pace.hold(0)
		return errLimited
	}
	if answer, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return c.explainCode(answer.Err)
	}
	return &openError{err: err}
}

func (c *Client) explainCode(code string) error {
	if _, ok := refusals[code]; ok {
		return &RefusedError{Code: code}
	}
	if code == "ratelimited" {
		c.pace.hold(0)
		return errLimited
	}
	return &openError{err: errors.New("Slack answers " + cut(code))}
}

// handshake dials and upgrades. Gorilla heeds a cancelled context only while it dials, hence the closing.
func (c *Client) handshake(ctx context.Context, address string) (*websocket.Conn, error) {
	var stop func() bool
	dialer := websocket.Dialer{
		Proxy:            http.ProxyFromEnvironment,
		HandshakeTimeout: handshakeTime,
		WriteBufferSize:  writeBufferBytes,
		NetDialContext: func(dialing context.Context, network, addr string) (net.Conn, error) {
			conn, err := c.dial(dialing, network, addr)
			if err == nil {
				stop = c.cfg.Guard.AfterFunc(ctx, bulkhead.SocketAbort,
					func() error { return nil }, func(error) { _ = conn.Close() })
			}
			return conn, err
		},
	}
	ws, answer, err := dialer.DialContext(ctx, address, nil) //nolint:bodyclose // gorilla/websocket: it need not be closed
	if stop != nil {
		stop()
	}
	if answer != nil && err != nil {
		return nil, &openError{err: errors.New("handshake answered " + cut(answer.Status))}
	}
	if err != nil {
		return nil, &openError{err: err}
	}
	ws.SetReadLimit(maxFrameBytes)
	return ws, nil
}

// openError wraps what went wrong, without the address: that holds a ticket.
type openError struct{ err error }

func (e *openError) Error() string { return "open socket: " + e.err.Error() }

func (e *openError) Unwrap() error { return e.err }

// pace spaces the openings of all connections.
type pace struct {
	limit *rate.Limiter

	mu    sync.Mutex
	until time.Time // nobody opens before
}

func newPace() *pace {
	return &pace{limit: rate.NewLimiter(rate.Every(time.Minute/openRate), openBurst)}
}

func (p *pace) wait(ctx context.Context) error {
	if err := p.limit.Wait(ctx); err != nil {
		return err
	}
	for {
		p.mu.Lock()
		left := time.Until(p.until)
		p.mu.Unlock()
		if left <= 0 || ctx.Err() != nil {
			return ctx.Err()
		}
		_ = sleep.For(ctx, left)
	}
}

// hold keeps all connections from opening for d, or for limitedWait if that makes no sense.
func (p *pace) hold(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d <= 0 {
		d = limitedWait
	}
	if until := time.Now().Add(min(d, longestWait)); until.After(p.until) {
		p.until = until
	}
}
