package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Fault is one way for a call to fail.
type Fault struct {
	name string
	// before runs before the call's work and reports whether the call ends there. The channel closes when the rule is removed.
	before func(http.ResponseWriter, *http.Request, <-chan struct{}) bool
	// after runs after the work, instead of writing the answer.
	after func(http.ResponseWriter, answer)
}

// String names the fault.
func (f Fault) String() string { return f.name }

// Slow delays the call, then lets it continue normally.
func Slow(d time.Duration) Fault {
	return Fault{name: "slow by " + d.String(), before: func(_ http.ResponseWriter, r *http.Request, mended <-chan struct{}) bool {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-mended:
		case <-r.Context().Done():
			return true
		}
		return false
	}}
}

// Hang delays the call until the rule is removed or the client disconnects. Remove it before closing the HTTP server, which
// waits for its calls.
func Hang() Fault {
	return Fault{name: "hang", before: func(_ http.ResponseWriter, r *http.Request, mended <-chan struct{}) bool {
		select {
		case <-mended:
			return false
		case <-r.Context().Done():
			return true
		}
	}}
}

// TooMany answers 429 with this Retry-After header (seconds or a date), or without one if it is empty.
func TooMany(retryAfter string) Fault { return instead("too many requests", tooMany(retryAfter)) }

func tooMany(retryAfter string) answer {
	a := answer{status: http.StatusTooManyRequests, body: object{"message": "Too Many Requests"}, header: http.Header{}}
	if retryAfter != "" {
		a.header.Set("Retry-After", retryAfter)
	}
	return a
}

// ServerError answers with a status and an HTML page, as a gateway does. Nothing is done.
func ServerError(status int) Fault {
	return instead(fmt.Sprintf("server error %d", status), serverError(status))
}

func serverError(status int) answer {
	text := fmt.Sprintf("%d %s", status, http.StatusText(status))
	return answer{status: status, html: "<html><head><title>" + text + "</title></head><body><h1>" + text + "</h1></body></html>\n"}
}

// Redirect answers with a status and a Location. [Trap] can be its target.
func Redirect(status int, to string) Fault {
	return instead(fmt.Sprintf("redirect %d", status),
		answer{status: status, header: http.Header{"Location": {to}}, html: "<html><body>Moved</body></html>\n"})
}

// Refusal answers with an error in this shape and HTTP status, which may be 200.
func Refusal(status int, shape Shape, code int, text string) Fault {
	return instead(fmt.Sprintf("refusal %d", code), answer{status: status, body: shape.form([]int{code}, []string{text})})
}

// CutBefore closes the connection before the work.
func CutBefore() Fault { return instead("cut before the work", answer{cut: true}) }

// CutAfter does the work and closes the connection before the answer.
func CutAfter() Fault {
	return Fault{name: "cut after the work", after: func(http.ResponseWriter, answer) { panic(http.ErrAbortHandler) }}
}

// Truncated does the work and closes the connection in the middle of the answer.
func Truncated() Fault {
	return Fault{name: "truncated answer", after: func(w http.ResponseWriter, a answer) {
		text := a.text()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		w.WriteHeader(a.status)
		_, _ = w.Write(text[:len(text)/2])        // The connection is closed next anyway.
		_ = http.NewResponseController(w).Flush() // A writer that can't flush has no connection to close.
		panic(http.ErrAbortHandler)
	}}
}

// Malformed does the work and answers with JSON without its last brace, as some examples in the documentation are.
func Malformed() Fault {
	return Fault{name: "malformed JSON", after: func(w http.ResponseWriter, a answer) {
		text := a.text()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(a.status)
		_, _ = w.Write(text[:len(text)-1]) // A client that disconnected needs no answer.
	}}
}

// NoStatus does the work and omits the status envelope from the answer.
func NoStatus() Fault {
	return Fault{name: "answer without status", after: func(w http.ResponseWriter, a answer) {
		if fields, ok := a.body.(object); ok {
			delete(fields, "status")
		}
		a.write(w)
	}}
}

// Action does the work and answers with another action, such as "sms_queued".
func Action(action string) Fault {
	return Fault{name: "action " + action, after: func(w http.ResponseWriter, a answer) {
		if fields, ok := a.body.(object); ok {
			fields["action"] = action
		}
		a.write(w)
	}}
}

// Declined does nothing and answers OK with an action that says so, such as "not_sent".
func Declined(action string) Fault {
	body := object{"status": object{"status": "OK"}, "action": action}
	return instead("declined: "+action, answer{status: http.StatusOK, body: body})
}

// instead answers without doing the work.
func instead(name string, a answer) Fault {
	return Fault{name: name, before: func(w http.ResponseWriter, _ *http.Request, _ <-chan struct{}) bool {
		a.write(w)
		return true
	}}
}
