package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Fault is one way for a call to go wrong.
type Fault struct {
	name string
	// before runs before the work and reports whether the call ends there. The channel is closed when the rule is mended.
	before func(http.ResponseWriter, *http.Request, <-chan struct{}) bool
	// after runs in the place of writing the answer, when the work is done.
	after func(http.ResponseWriter, answer)
}

// String names the fault.
func (f Fault) String() string { return f.name }

// Slow lets the call wait, then go on as if nothing were.
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

// Hang lets the call wait until the rule is mended, when it goes on, or until the client has gone. Mend it before the
// HTTP server is closed, which waits for its calls.
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

// TooMany answers 429 with the Retry-After header as given, seconds or a date; without one if it is empty.
func TooMany(retryAfter string) Fault { return instead("too many requests", tooMany(retryAfter)) }

func tooMany(retryAfter string) answer {
	a := answer{status: http.StatusTooManyRequests, body: object{"message": "Too Many Requests"}, header: http.Header{}}
	if retryAfter != "" {
		a.header.Set("Retry-After", retryAfter)
	}
	return a
}

// ServerError answers with a status and a page of HTML, as a gateway does. Nothing is done.
func ServerError(status int) Fault {
	return instead(fmt.Sprintf("server error %d", status), serverError(status))
}

func serverError(status int) answer {
	text := fmt.Sprintf("%d %s", status, http.StatusText(status))
	return answer{status: status, html: "<html><head><title>" + text + "</title></head><body><h1>" + text + "</h1></body></html>\n"}
}

// Redirect answers with a status and a Location. See [Trap] for a place to send callers to.
func Redirect(status int, to string) Fault {
	return instead(fmt.Sprintf("redirect %d", status),
		answer{status: status, header: http.Header{"Location": {to}}, html: "<html><body>Moved</body></html>\n"})
}

// Refusal answers with an error in the shape and with the HTTP status given; 200 is possible too.
func Refusal(status int, shape Shape, code int, text string) Fault {
	return instead(fmt.Sprintf("refusal %d", code), answer{status: status, body: shape.form([]int{code}, []string{text})})
}

// CutBefore cuts the connection before anything is done.
func CutBefore() Fault { return instead("cut before the work", answer{cut: true}) }

// CutAfter does the work and cuts the connection before the answer.
func CutAfter() Fault {
	return Fault{name: "cut after the work", after: func(http.ResponseWriter, answer) { panic(http.ErrAbortHandler) }}
}

// Truncated does the work and cuts the connection in the middle of the answer.
func Truncated() Fault {
	return Fault{name: "truncated answer", after: func(w http.ResponseWriter, a answer) {
		text := a.text()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		w.WriteHeader(a.status)
		_, _ = w.Write(text[:len(text)/2])        // The connection ends here in any case.
		_ = http.NewResponseController(w).Flush() // A writer that cannot flush has no connection to cut either.
		panic(http.ErrAbortHandler)
	}}
}

// Malformed does the work and answers with JSON that lacks its last brace, as some examples in the documentation do.
func Malformed() Fault {
	return Fault{name: "malformed JSON", after: func(w http.ResponseWriter, a answer) {
		text := a.text()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(a.status)
		_, _ = w.Write(text[:len(text)-1]) // A client that has gone needs no answer.
	}}
}

// NoStatus does the work and leaves the status envelope out of the answer.
func NoStatus() Fault {
	return Fault{name: "answer without status", after: func(w http.ResponseWriter, a answer) {
		if fields, ok := a.body.(object); ok {
			delete(fields, "status")
		}
		a.write(w)
	}}
}

// Action does the work and answers with another action, "sms_queued".
func Action(action string) Fault {
	return Fault{name: "action " + action, after: func(w http.ResponseWriter, a answer) {
		if fields, ok := a.body.(object); ok {
			fields["action"] = action
		}
		a.write(w)
	}}
}

// Declined does nothing and answers OK with an action that says so, "not_sent".
func Declined(action string) Fault {
	body := object{"status": object{"status": "OK"}, "action": action}
	return instead("declined: "+action, answer{status: http.StatusOK, body: body})
}

// instead answers without doing anything.
func instead(name string, a answer) Fault {
	return Fault{name: name, before: func(w http.ResponseWriter, _ *http.Request, _ <-chan struct{}) bool {
		a.write(w)
		return true
	}}
}
