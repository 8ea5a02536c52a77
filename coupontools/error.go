package coupontools

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrNotFound is what an [*Error] is if the API doesn't know the object that was asked for.
var ErrNotFound = errors.New("not found")

// Class says how a call failed, and so whether it may be repeated.
type Class int

const (
	// Unknown is every failure after a connection was made but without a readable verdict: a timeout, a reset, a 5xx, a
	// redirect, an answer that can't be decoded. A send may have been carried out.
	Unknown Class = iota
	// NotSent means that no connection was made (name not resolved, refused, TLS), or that the caller gave up before that: the
	// API hasn't received the call.
	NotSent
	// RateLimited means HTTP 429: nothing was done. [Error.RetryAfter] is the wait the API asked for, if any.
	RateLimited
	// AccountRefused means that the account was refused, so every other call would be too: HTTP 401 or 403, a wrong key (code
	// 1000), an expired account (101), no SMS service (103) or no e-mail service (104) connected.
	AccountRefused
	// Refused means that the API rejected the call, or that it wasn't made because its parameters are invalid.
	Refused
)

// String returns the class as a metrics label.
func (c Class) String() string {
	switch c {
	case NotSent:
		return "not_sent"
	case RateLimited:
		return "rate_limited"
	case AccountRefused:
		return "account_refused"
	case Refused:
		return "refused"
	default:
		return "unknown"
	}
}

// ClassOf returns the class of a failed call, Unknown if err is no [*Error]. err must not be nil.
func ClassOf(err error) Class {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	return Unknown
}

// Error is a failed call. It holds no key, phone number or e-mail address: they are removed from the API's texts.
type Error struct {
	// Route is the method and path: "POST /v3/directory/info".
	Route string
	// Status is the HTTP status, 0 if there was no answer.
	Status int
	// Codes are the API's error codes. The same code means different things on different routes.
	Codes []int
	// Texts are the API's own words, at most eight of at most 200 characters.
	Texts []string
	// Class is the kind of failure.
	Class Class
	// RetryAfter is the wait the API asked for, at most ten minutes; 0 if none.
	RetryAfter time.Duration
	// Err is the cause if the API didn't refuse: a failed connection, the end of the context, an answer that couldn't be
	// decoded. It may be nil.
	Err error

	// passing is true for a failure that a repeat may overcome.
	passing bool
}

// Error returns the failure as one line: "POST /v3/directory/info: 422 (507, Directory not found.)".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Route)
	b.WriteString(": ")
	if e.Status == 0 && e.Class == NotSent {
		b.WriteString("not sent: ")
	}
	if e.Status != 0 {
		b.WriteString(strconv.Itoa(e.Status))
	}
	words := e.words()
	switch {
	case e.Status == 0:
		b.WriteString(words)
	case words != "":
		fmt.Fprintf(&b, " (%s)", words)
	default:
		fmt.Fprintf(&b, " (%s)", http.StatusText(e.Status))
	}
	return b.String()
}

// words returns codes, texts and cause in one list.
func (e *Error) words() string {
	var parts []string
	for _, code := range e.Codes {
		parts = append(parts, strconv.Itoa(code))
	}
	parts = append(parts, e.Texts...)
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	return strings.Join(parts, ", ")
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether the error is [ErrNotFound]. The code for it differs by route.
func (e *Error) Is(target error) bool {
	if target != ErrNotFound {
		return false
	}
	r, ok := routeNamed(e.Route)
	if !ok {
		return false
	}
	if r.style == resource && e.Status == http.StatusNotFound {
		return true
	}
	return slices.ContainsFunc(e.Codes, func(code int) bool { return slices.Contains(r.notFound, code) })
}

// sanitizedError is an error that may quote a server.
type sanitizedError struct{ err error }

// sanitize keeps the text of err short and free of personal data.
func sanitize(err error) error { return sanitizedError{err} }

func (t sanitizedError) Error() string { return cut(clean(scrubPeople(t.err.Error())), maxErrorText) }

func (t sanitizedError) Unwrap() error { return t.err }
