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

	"github.com/coupontools/couponbot/internal/sleep"
)

const (
	maxAttempts = 3
	// firstBackoff is the longest wait before the second attempt; it doubles for the next.
	firstBackoff = 500 * time.Millisecond
	// maxBackoff is the longest wait between attempts. A longer Retry-After ends the call.
	maxBackoff = time.Minute
	// maxPatience is how long a call may have lasted and still get another attempt: a person is waiting.
	maxPatience = 15 * time.Second
	// maxAnswer bounds a good answer, in bytes: some 25,000 directories, or 5,000 sessions with every custom field.
	maxAnswer = 16 << 20
	// maxErrorAnswer bounds the body of a failure, in bytes.
	maxErrorAnswer = 64 << 10
)

// params are the parameters of a call.
type params map[string]any

// set sets key unless value is empty.
func (p params) set(key, value string) {
	if value != "" {
		p[key] = value
	}
}

// setTrue sets key to true if value is true.
func (p params) setTrue(key string, value bool) {
	if value {
		p[key] = true
	}
}

// payload is a request body: [params], or a list of them.
type payload interface {
	// encode returns the body for a route of that style.
	encode(s style) ([]byte, error)
}

// encode returns the request body. Without parameters it is an empty array in v3, as in the API's own samples.
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

// records is a body that is a list.
type records []params

func (r records) encode(style) ([]byte, error) { return json.Marshal(r) }

// encode returns the request body for r, nil if its method has none.
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

// call makes one call, with the repeats its route allows, and decodes the answer.
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

// attempts tries the call until it succeeds or must not be repeated, and returns the number of attempts.
func (c *Client) attempts(ctx context.Context, r *route, p payload, decode func(answer) error) (int, *Error) {
	body, err := r.encode(p)
	if err != nil {
		return 0, impossible(r, "the parameters cannot be written as JSON")
	}
	var last *Error
	began := time.Now()
	for attempt := 1; ; attempt++ {
		if err := c.waitForPace(ctx, r); err != nil {
			return attempt - 1, abandoned(r, last, err)
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
		if err := sleep.For(ctx, wait); err != nil {
			return attempt, abandoned(r, last, err)
		}
	}
}

// waitForPace waits for the rate limiter, unless the caller has done so (see route.callerPaces).
func (c *Client) waitForPace(ctx context.Context, r *route) error {
	if c.pace == nil || r.callerPaces {
		return nil
	}
	return c.pace.Wait(ctx)
}

// slow reports a rate limit to the pacer if it has a Slow method.
func (c *Client) slow(ctx context.Context, failure *Error) {
	s, ok := c.pace.(interface {
		Slow(ctx context.Context, d time.Duration)
	})
	if ok && failure.Class == RateLimited {
		s.Slow(ctx, failure.RetryAfter)
	}
}

// after returns the failure with a class that covers all attempts: once a write may have been carried out, a later failure
// doesn't undo that.
func (e *Error) after(r *route, last *Error) *Error {
	if r.kind == write && last != nil && last.Class == Unknown && e.Class != Refused {
		e.Class = Unknown
	}
	return e
}

// abandoned returns the failure of a call after cause ended its wait.
func abandoned(r *route, last *Error, cause error) *Error {
	if last == nil {
		return &Error{Route: r.String(), Class: NotSent, Err: cause}
	}
	if last.Err != nil {
		cause = fmt.Errorf("%w, after: %w", cause, last.Err)
	}
	last.Err = cause
	return last
}

// backoff returns the wait after an attempt: between half and all of a time that doubles, but never less than the API asked
// for.
func backoff(attempt int, retryAfter time.Duration) time.Duration {
	longest := firstBackoff << (attempt - 1)
	return max(longest/2+rand.N(longest/2), retryAfter)
}

// fits reports whether a wait is short enough and ends before ctx does.
func fits(ctx context.Context, wait time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return false
	}
	return wait <= maxBackoff && ctx.Err() == nil
}

// attempt makes one HTTP request and checks its answer.
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
	// The transport itself, not an http.Client: it follows no redirects, so no key and no send goes to another host.
	resp, err := c.transport(r).RoundTrip(req)
	if err != nil {
		return broken(ctx, r, connected.Load(), err)
	}
	defer func() { _ = resp.Body.Close() }()
	return c.checkAnswer(ctx, r, resp, decode)
}

// request returns the HTTP request for a call.
func (c *Client) request(ctx context.Context, r *route, body []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, c.base+r.address(), bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the request cannot be made")
	}
	if r.kind == send {
		// Without GetBody the transport can't send the body a second time.
		req.GetBody = nil
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.userAgent)
	idHeader, secretHeader := r.style.keyHeaders()
	req.Header.Set(idHeader, c.id)
	req.Header.Set(secretHeader, c.secret.Reveal())
	return req, nil
}

// transport returns the connection pool for a route.
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
		class, err = Unknown, sanitize(err)
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return &Error{Route: r.String(), Class: class, Err: err, passing: true}
}

// checkAnswer reads an answer and returns its failure, if any.
func (c *Client) checkAnswer(ctx context.Context, r *route, resp *http.Response, decode func(answer) error) *Error {
	good := resp.StatusCode/100 == 2
	body, err := readBody(resp, good)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return &Error{Route: r.String(), Status: resp.StatusCode, Err: err, passing: !errors.Is(err, errTooLarge)}
	}
	if good && len(body) == 0 && r.style == resource && r.kind != read {
		// In the resource style the HTTP status is the verdict; 204 has no body.
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

// readBody reads an answer up to its limit. For a failure, the part that can be read is enough.
func readBody(resp *http.Response, good bool) ([]byte, error) {
	if resp.StatusCode == http.StatusSwitchingProtocols {
		// With 101 the body is the connection itself, which doesn't end with the context.
		return nil, nil
	}
	if !good {
		data, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorAnswer))
		return data, nil
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", sanitize(err))
	}
	if len(data) > maxAnswer {
		return nil, errTooLarge
	}
	return data, nil
}

// noSuchID returns the error for a call that isn't made because the id is malformed.
func noSuchID(r *route) *Error {
	return &Error{Route: r.String(), Class: Refused, Err: fmt.Errorf("no such id: %w", ErrNotFound)}
}

// impossible returns the error for a call that isn't made because its parameters are invalid.
func impossible(r *route, text string) *Error {
	return &Error{Route: r.String(), Class: Refused, Texts: []string{text}}
}
