package slacksim

import (
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Fault is an answer to a call of the Web API that replaces the right one.
type Fault struct {
	Method     string        // which calls; also "response_url", "upload" or "download" (of a file's content); "" is all
	Error      string        // ok: false with this error; a download gets the log-in page
	Status     int           // an HTTP status with an HTML page
	Redirect   string        // of a download: the address it redirects to
	RetryAfter time.Duration // 429; rounded up to whole seconds
	Delay      time.Duration // before the answer, whether it is right or a fault
	Times      int           // for how many calls; 0 is all until [Server.ClearFaults]
}

// faultState is how the server misbehaves.
type faultState struct {
	calls             []Fault
	tickets           int // handshakes to refuse
	duplicates        int // envelopes to deliver twice
	withheld          int // envelopes to delay
	withheldFor       time.Duration
	refuseForeignAcks bool // acknowledgements on another connection are ignored
}

// take returns the fault for a call and counts it. Without one it returns an empty Fault.
func (s *faultState) take(method string) Fault {
	i := slices.IndexFunc(s.calls, func(f Fault) bool { return f.Method == "" || f.Method == method })
	if i < 0 {
		return Fault{}
	}
	f := s.calls[i]
	if f.Times == 1 {
		s.calls = slices.Delete(slices.Clone(s.calls), i, i+1)
	} else if f.Times > 1 {
		s.calls[i].Times--
	}
	return f
}

// takeDelay returns how long to withhold the next envelope.
func (s *faultState) takeDelay() time.Duration {
	if s.withheld == 0 {
		return 0
	}
	s.withheld--
	return s.withheldFor
}

// writeStatus answers with the HTTP status of the fault and returns it, 0 if it has none.
func (f Fault) writeStatus(w http.ResponseWriter) int {
	status := f.Status
	if f.RetryAfter > 0 {
		status = http.StatusTooManyRequests
		w.Header().Set("Retry-After", retryAfter(f.RetryAfter))
	}
	if status != 0 {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<html><body>Server Error</body></html>")
	}
	return status
}

// retryAfter returns the header for a wait: whole seconds, rounded up.
func retryAfter(d time.Duration) string {
	return strconv.Itoa(int((d + time.Second - 1) / time.Second))
}

// rateLimits are Slack's limits of calls. They apply only if they are enforced.
type rateLimits struct {
	enforced bool
	calls    map[string][]time.Time // by method
	posts    map[string][]time.Time // by channel
}

// checkCall counts a call of a method, or returns how long the bot must wait before it. 0 calls a minute is no limit.
func (l *rateLimits) checkCall(method string, perMinute int) time.Duration {
	if !l.enforced || perMinute == 0 {
		return 0
	}
	return countWithin(l.calls, method, time.Minute, perMinute)
}

// checkPost counts a message to a channel, or returns how long the bot must wait before it.
func (l *rateLimits) checkPost(channel string) time.Duration {
	const burst = 3 // Slack allows one message a second, and "short bursts"
	if !l.enforced {
		return 0
	}
	return countWithin(l.posts, channel, burst*time.Second, burst)
}

// countWithin counts an event if there were fewer than limit in the window before it; otherwise it returns the wait.
func countWithin(events map[string][]time.Time, key string, window time.Duration, limit int) time.Duration {
	now := time.Now()
	recent := slices.DeleteFunc(events[key], func(at time.Time) bool { return now.Sub(at) >= window })
	events[key] = recent
	if len(recent) >= limit {
		return recent[0].Add(window).Sub(now)
	}
	events[key] = append(recent, now)
	return 0
}
