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
	answers   func(Answer) // may be nil
	reads     *http.Transport
	sends     *http.Transport
}

// Format writes the type's name. Package fmt can't call the methods of an unexported [Secret], so it would print the keys.
func (*Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "coupontools.Client") }

// Option is a setting of a [Client].
type Option func(*Client) error

// Pacer is a rate limiter. The client waits for it before every attempt of a call, except for messages to one person
// ([Client.SendEmail], [Client.SendSMS], [Client.PushToSession], [Client.PushToLoyaltyUser]): there the caller waits before
// it claims the recipient.
//
// If a pacer also has the method Slow(context.Context, time.Duration), the client calls it on every HTTP 429 with the wait
// the API asked for.
type Pacer interface {
	// Wait returns when the call may be made, or with an error when ctx ends.
	Wait(ctx context.Context) error
}

// Call describes one finished call.
type Call struct {
	// Route is the method and path: "POST /v3/directory/list".
	Route string
	// Outcome is "ok" or the class of the failure: see [Class.String].
	Outcome string
	// Duration is the time the call took, with all its attempts and waits.
	Duration time.Duration
	// Attempts is how often the API was called: 0 to 3.
	Attempts int
}

// New returns a client for one account. The keys are the same for both hosts and all versions of the API. New makes no
// connection.
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

// checkKey rejects a key that can't be a header value, without repeating it.
func checkKey(name, key string) error {
	if key == "" {
		return fmt.Errorf("the %s is empty", name)
	}
	if strings.ContainsFunc(key, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsPrint(r) || r == ' ' }) {
		return fmt.Errorf("the %s has a character that no key has", name)
	}
	return nil
}

// WithBaseURL sets the address of the API: scheme, host and an optional path prefix. The API also answers at
// https://api4coupons.com.
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

// WithTimeout limits one attempt, from the first step of connecting to the last byte of the answer.
func WithTimeout(timeout time.Duration) Option {
	return func(c *Client) error {
		if timeout <= 0 {
			return fmt.Errorf("the timeout is %s, it must be more than 0", timeout)
		}
		c.timeout = timeout
		return nil
	}
}

// WithPace sets the rate limiter. Without one, calls aren't limited.
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

// WithObserver sets a function called after every call. It must be fast and safe for concurrent use.
func WithObserver(observe func(Call)) Option {
	return func(c *Client) error {
		c.observe = observe
		return nil
	}
}

// WithAnswers sets a function called after every good answer to a read, with its differences from the known shape. It must
// be fast and safe for concurrent use.
func WithAnswers(answers func(Answer)) Option {
	return func(c *Client) error {
		c.answers = answers
		return nil
	}
}

const (
	// readIdle is how long an idle connection for reads is kept.
	readIdle = 30 * time.Second
	// sendIdle is the same for sends. It is shorter than a server's own limit (Apache: 5 s): a send on a connection that the
	// server is closing can fail after it was received, and then its outcome is unknown.
	sendIdle = 2 * time.Second
	// connectTimeout limits the dial and the TLS handshake, each.
	connectTimeout = 10 * time.Second
)

// transport returns an HTTP/1.1 transport. With one request at a time per connection, a request that got no connection was
// certainly not sent, and a broken connection fails one request only.
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
