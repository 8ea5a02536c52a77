package coupontools

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

const (
	maxAttempts = 3
	// firstBackoff is the longest wait before the second attempt; it doubles for the next.
	firstBackoff = 500 * time.Millisecond
	// maxBackoff is the longest wait between attempts, for which a Retry-After is still waited for.
	maxBackoff = time.Minute
	// maxPatience is how long a call may have lasted for another attempt to be made: somebody waits for it.
	maxPatience = 15 * time.Second
	// maxAnswer bounds a good answer: some 25,000 directories, or 5,000 sessions with all that a campaign asks people.
	maxAnswer = 16 << 20
	// maxErrorAnswer bounds the answer of a failure.
	maxErrorAnswer = 64 << 10
)

// params are the parameters of a call.
type params map[string]any

// set puts value under key unless it is empty.
func (p params) set(key, value string) {
	if value != "" {
		p[key] = value
	}
}

// setTrue puts true under key if value is true.
func (p params) setTrue(key string, value bool) {
	if value {
		p[key] = true
	}
}

// payload is what a request has for a body: [params], or a list of them.
type payload interface {
	// encode returns the body for a route of that style.
	encode(s style) ([]byte, error)
}

// encode returns the request's body. Without parameters it is an empty array in v3, as in the API's own samples.
func (p params) encode(s style) ([]byte, error) {
	switch {
	case len(p) > 0:
		return json.Marshal(p)
	case s == rpc:
		return []byte("[]"), nil
	default:
		return []byte("{}"), nil
	}
}

// records are a body that is a list.
type records []params

func (r records) encode(style) ([]byte, error) { return json.Marshal(r) }

// encode returns the body of a request of r. There is none where the method has none.
func (r *route) encode(p payload) ([]byte, error) {
	switch {
	case r.method == http.MethodGet || r.method == http.MethodDelete:
		return nil, nil
	case p == nil:
		return params(nil).encode(r.style)
	default:
		return p.encode(r.style)
	}
}

// call makes one call, as often as its route allows and its failures need, and decodes the answer.
func call[T any](ctx context.Context, c *Client, r *route, p payload, decode func(answer) (T, error)) (T, error) {
	var out T
	start := time.Now()
	attempts, failure := c.attempts(ctx, r, p, func(a answer) (err error) {
		out, err = decode(a)
		return err
	})
	outcome := "ok"
	if failure != nil {
		outcome = failure.Class.String()
	}
	c.observe(Call{Route: r.String(), Outcome: outcome, Duration: time.Since(start), Attempts: attempts})
	if failure != nil {
		var none T
		return none, failure
	}
	return out, nil
}

// attempts tries the call until it succeeds or must not be tried again, and returns how often it was tried.
func (c *Client) attempts(ctx context.Context, r *route, p payload, decode func(answer) error) (int, *Error) {
	body, err := r.encode(p)
	if err != nil {
		return 0, impossible(r, "the parameters cannot be written as JSON")
	}
	var last *Error
	began := time.Now()
	for attempt := 1; ; attempt++ {
		if err := c.turn(ctx, r); err != nil {
			return attempt - 1, gaveUp(r, last, err)
		}
		failure := c.attempt(ctx, r, body, decode)
		if failure == nil {
			return attempt, nil
		}
		c.slow(ctx, failure)
		last = failure.after(r, last)
		wait := backoff(attempt, last.RetryAfter)
		if attempt == maxAttempts || r.kind == send || !failure.passing || time.Since(began) > maxPatience || !fits(ctx, wait) {
			return attempt, last
		}
		if err := rest(ctx, wait); err != nil {
			return attempt, gaveUp(r, last, err)
		}
	}
}

// turn waits for the pace, except for a message, for whose turn the caller has waited.
func (c *Client) turn(ctx context.Context, r *route) error {
	if c.pace == nil || r.callerPaces {
		return nil
	}
	return c.pace.Wait(ctx)
}

// slow tells the pacer of a rate limit, if it wants to know.
func (c *Client) slow(ctx context.Context, failure *Error) {
	s, ok := c.pace.(interface {
		Slow(ctx context.Context, d time.Duration)
	})
	if ok && failure.Class == RateLimited {
		s.Slow(ctx, failure.RetryAfter)
	}
}

// after returns the failure with the class that holds for all attempts: once a write may have been carried out, no later
// failure makes that undone.
func (e *Error) after(r *route, last *Error) *Error {
	if r.kind == write && last != nil && last.Class == Unknown && e.Class != Refused {
		e.Class = Unknown
	}
	return e
}

// gaveUp returns the failure of a call whose wait was ended by cause.
func gaveUp(r *route, last *Error, cause error) *Error {
	if last == nil {
		return &Error{Route: r.String(), Class: NotSent, Err: cause}
	}
	if last.Err != nil {
		cause = fmt.Errorf("%w, after: %w", cause, last.Err)
	}
	last.Err = cause
	return last
}

// backoff returns how long to wait after the given attempt: between half and all of a time that doubles, but never less
// than the API asked for.
func backoff(attempt int, retryAfter time.Duration) time.Duration {
	longest := firstBackoff << (attempt - 1)
	return max(longest/2+rand.N(longest/2), retryAfter)
}

// fits reports whether a wait is worth it: not too long, and over before ctx is.
func fits(ctx context.Context, wait time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return false
	}
	return wait <= maxBackoff && ctx.Err() == nil
}

// rest waits, unless ctx ends first.
func rest(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// attempt makes one HTTP request and judges its answer.
func (c *Client) attempt(ctx context.Context, r *route, body []byte, decode func(answer) error) *Error {
	timeout := fmt.Errorf("no answer within %s: %w", c.timeout, context.DeadlineExceeded)
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, timeout)
	defer cancel()
	var connected atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }}
	req, err := c.request(httptrace.WithClientTrace(ctx, trace), r, body)
	if err != nil {
		return &Error{Route: r.String(), Class: Refused, Err: err}
	}
	// The transport itself, not an http.Client: it knows no redirects, so no key and no send goes to another address.
	resp, err := c.transport(r).RoundTrip(req)
	if err != nil {
		return broken(ctx, r, connected.Load(), err)
	}
	defer func() { _ = resp.Body.Close() }()
	return c.judge(ctx, r, resp, decode)
}

// request returns the HTTP request for a call.
func (c *Client) request(ctx context.Context, r *route, body []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, c.base+r.address(), bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the request cannot be made")
	}
	if r.kind == send {
		// Without it the transport cannot send the body a second time by itself.
		req.GetBody = nil
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.userAgent)
	idHeader, secretHeader := r.style.keyHeaders()
	req.Header.Set(idHeader, c.id)
	req.Header.Set(secretHeader, string(c.secret))
	return req, nil
}

// transport returns the connections for a route.
func (c *Client) transport(r *route) *http.Transport {
	if r.kind == send {
		return c.sends
	}
	return c.reads
}

// broken returns the failure of a request that got no answer.
func broken(ctx context.Context, r *route, connected bool, err error) *Error {
	class := NotSent
	if connected {
		class, err = Unknown, tame(err)
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return &Error{Route: r.String(), Class: class, Err: err, passing: true}
}

// judge reads an answer and returns what is wrong with it, if anything.
func (c *Client) judge(ctx context.Context, r *route, resp *http.Response, decode func(answer) error) *Error {
	good := resp.StatusCode/100 == 2
	body, err := readBody(resp, good)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return &Error{Route: r.String(), Status: resp.StatusCode, Err: err, passing: !errors.Is(err, errTooLarge)}
	}
	if good && len(body) == 0 && r.style == resource && r.kind != read {
		// In the resource style the HTTP status is the verdict: 204 has nothing to add to it.
		body = []byte("{}")
	}
	a, parseErr := parse(body)
	v := a.verdict()
	if !good || v.refused() {
		return c.refusal(r, resp, v)
	}
	if parseErr == nil && !v.good(r) {
		parseErr = fmt.Errorf("the answer does not say that it went well: %s", a.shape())
	}
	if parseErr != nil {
		return &Error{Route: r.String(), Status: resp.StatusCode, Err: parseErr, passing: !a.readable()}
	}
	c.compare(r, a)
	if err := decode(a); err != nil {
		return &Error{Route: r.String(), Status: resp.StatusCode, Err: err}
	}
	return nil
}

var errTooLarge = errors.New("the answer is too large")

// readBody reads an answer within its limit. Of an answer that is no good anyway, what can be read is enough.
func readBody(resp *http.Response, good bool) ([]byte, error) {
	if resp.StatusCode == http.StatusSwitchingProtocols {
		// What stands here for a body is the connection itself, which does not end with the context.
		return nil, nil
	}
	if !good {
		data, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorAnswer))
		return data, nil
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", tame(err))
	}
	if len(data) > maxAnswer {
		return nil, errTooLarge
	}
	return data, nil
}

// noSuchID returns the error for a call that is not made since nothing can have that id.
func noSuchID(r *route) *Error {
	return &Error{Route: r.String(), Class: Refused, Err: fmt.Errorf("no such id: %w", ErrNotFound)}
}

// impossible returns the error for a call that is not made since it could not be right.
func impossible(r *route, text string) *Error {
	return &Error{Route: r.String(), Class: Refused, Texts: []string{text}}
}
