package coupontools

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
)

const (
	defaultBaseURL   = "https://api.coupontools.com"
	defaultTimeout   = 30 * time.Second
	defaultUserAgent = "couponbot"
)

// Client calls the API for one account. Make it with [New].
type Client struct {
	base      string
	id        string
	secret    Secret
	timeout   time.Duration
	userAgent string
	pace      Pacer
	observe   func(Call)
	answers   func(Answer) // nil if nobody wants to know
	reads     *http.Transport
	sends     *http.Transport
}

// Format writes the name of the type, since package fmt cannot call the methods of an unexported [Secret].
func (*Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "coupontools.Client") }

// Option is a setting of a [Client].
type Option func(*Client) error

// Pacer holds calls back to a pace. The client waits for it before every attempt of a call; not before a message to one
// person ([Client.SendEmail], [Client.SendSMS], [Client.PushToSession], [Client.PushToLoyaltyUser]), for whose turn its
// caller waits, before it commits itself to the message.
//
// A pacer that also has the method Slow(context.Context, time.Duration) is told of every HTTP 429, with the wait that the
// API asked for.
type Pacer interface {
	// Wait returns when the call may be made, or with an error when ctx ends.
	Wait(ctx context.Context) error
}

// Call is what an observer learns of one finished call.
type Call struct {
	// Route is the method and path: "POST /v3/directory/list".
	Route string
	// Outcome is "ok" or the class of the failure as a word: see [Class.String].
	Outcome string
	// Duration is the time the call took, with all its attempts and waits.
	Duration time.Duration
	// Attempts is how often the API was called: 0 to 3.
	Attempts int
}

// New returns a client for the account with these keys, which are the same for both hosts and all versions of the API.
// It makes no connection.
func New(clientID, clientSecret string, opts ...Option) (*Client, error) {
	c := &Client{
		base: defaultBaseURL, id: clientID, secret: Secret(clientSecret), timeout: defaultTimeout,
		userAgent: defaultUserAgent, observe: func(Call) {},
		reads: transport(readIdle), sends: transport(sendIdle),
	}
	errs := []error{checkKey("client id", clientID), checkKey("client secret", clientSecret)}
	for _, opt := range opts {
		errs = append(errs, opt(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return c, nil
}

// checkKey refuses what cannot be a header's value, without repeating it.
func checkKey(name, key string) error {
	if key == "" {
		return fmt.Errorf("the %s is empty", name)
	}
	if strings.ContainsFunc(key, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsPrint(r) || r == ' ' }) {
		return fmt.Errorf("the %s has a character that no key has", name)
	}
	return nil
}

// WithBaseURL sets the address of the API: scheme, host, and a path in front of the routes if there is one. The API is also
// reached as https://api4coupons.com.
func WithBaseURL(base string) Option {
	return func(c *Client) error {
		u, err := url.Parse(base)
		switch {
		case err != nil:
			return errors.New("the base URL cannot be read")
		case u.Scheme != "https" && u.Scheme != "http", u.Host == "":
			return errors.New("the base URL must be https://host or http://host")
		case u.User != nil, u.RawQuery != "", u.ForceQuery, u.Fragment != "":
			return errors.New("the base URL must have no user, query or fragment")
		}
		c.base = strings.TrimRight(u.String(), "/")
		return nil
	}
}

// WithTimeout sets how long one attempt may take, from the first step of connecting to the last byte of the answer.
func WithTimeout(timeout time.Duration) Option {
	return func(c *Client) error {
		if timeout <= 0 {
			return fmt.Errorf("the timeout is %s, it must be more than 0", timeout)
		}
		c.timeout = timeout
		return nil
	}
}

// WithPace sets the pace of calls. Without it the client calls as fast as it is asked to.
func WithPace(pace Pacer) Option {
	return func(c *Client) error {
		c.pace = pace
		return nil
	}
}

// WithUserAgent sets how the client names itself to the API.
func WithUserAgent(name string) Option {
	return func(c *Client) error {
		if strings.ContainsFunc(name, unicode.IsControl) {
			return errors.New("the user agent has a control character")
		}
		c.userAgent = name
		return nil
	}
}

// WithObserver sets a function that is told of every finished call. It must be quick and safe for use by many goroutines.
func WithObserver(observe func(Call)) Option {
	return func(c *Client) error {
		c.observe = observe
		return nil
	}
}

// WithAnswers sets a function that is told of every good answer to a reading call how its shape differs from the known
// one. It must be quick and safe for use by many goroutines.
func WithAnswers(answers func(Answer)) Option {
	return func(c *Client) error {
		c.answers = answers
		return nil
	}
}

const (
	// readIdle is how long a connection for reads is kept unused.
	readIdle = 30 * time.Second
	// sendIdle is the same for sends. It is shorter than any server's own limit (Apache: 5 s), since a send on a connection
	// that the server is just closing fails after it may have been heard, and has to be called unknown.
	sendIdle = 2 * time.Second
	// connectTimeout bounds the dial and the TLS handshake, each.
	connectTimeout = 10 * time.Second
)

// transport returns a transport of HTTP/1.1 only: with one request at a time on a connection, a request that got no
// connection was certainly not sent, and no request dies with another's.
func transport(idle time.Duration) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSHandshakeTimeout:    connectTimeout,
		Protocols:              protocols,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        idle,
		MaxResponseHeaderBytes: 64 << 10,
	}
}
