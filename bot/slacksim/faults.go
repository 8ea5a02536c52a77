package slacksim

import (
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Fault is a wrong answer of the Web API, in the place of the right one.
type Fault struct {
	// Method may also be "response_url", "upload" (of a file's bytes) or "download"; "" is everything.
	Method     string
	Error      string        // ok:false with this error; a download gives the page to log in at
	Status     int           // an HTTP status with a page of HTML
	Redirect   string        // of a download: the address it leads to
	RetryAfter time.Duration // 429, in whole seconds
	Delay      time.Duration // before answering, rightly or wrongly; longer than the caller's patience = a hang
	Times      int           // how many calls; 0 = all until ClearFaults
}

// faultState is how Slack misbehaves, and how fast it lets the bot go.
type faultState struct {
	api         []Fault
	tickets     int // handshakes to refuse
	duplicates  int // envelopes to deliver twice
	withheld    int // envelopes to hold back
	withheldFor time.Duration
	strictAcks  bool // an acknowledgement counts only on the connection that delivered
	keepRates   bool
	minutes     map[string][]time.Time // calls by method
	posts       map[string][]time.Time // messages by channel
}

// Inject adds a fault. Faults for the same method are used up in turn.
func (s *Server) Inject(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.api = append(s.faults.api, f)
}

// ClearFaults makes the Web API answer rightly again.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.api = nil
}

// EnforceRates says whether Slack's limits hold: calls a minute by method and, by channel, a message a second with a
// burst of three. They do not at first, so that tests run fast.
func (s *Server) EnforceRates(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.keepRates = on
	s.faults.minutes, s.faults.posts = map[string][]time.Time{}, map[string][]time.Time{}
}

// RefuseTickets makes the next n socket handshakes fail.
func (s *Server) RefuseTickets(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.tickets = n
}

// Duplicate delivers the next n envelopes twice, with the same envelope_id.
func (s *Server) Duplicate(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.duplicates = n
}

// Withhold holds back the next n envelopes for d; their three seconds start when they are sent. Others overtake them.
func (s *Server) Withhold(n int, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.withheld, s.faults.withheldFor = n, d
}

// RefuseForeignAcks says whether an acknowledgement on another connection than the one that delivered the envelope is
// ignored. What Slack does is not known; at first it counts.
func (s *Server) RefuseForeignAcks(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.strictAcks = on
}

// takeFault returns the fault for a call, if any, after its delay. It takes mu itself.
func (s *Server) takeFault(r *http.Request, method string) Fault {
	s.mu.Lock()
	i := slices.IndexFunc(s.faults.api, func(f Fault) bool { return f.Method == "" || f.Method == method })
	var f Fault
	if i >= 0 {
		f = s.faults.api[i]
		if f.Times == 1 {
			s.faults.api = slices.Delete(slices.Clone(s.faults.api), i, i+1)
		} else if f.Times > 1 {
			s.faults.api[i].Times--
		}
	}
	s.mu.Unlock()
	if f.Delay > 0 {
		select {
		case <-time.After(f.Delay):
		case <-r.Context().Done():
		case <-s.life.Done():
		}
	}
	return f
}

// answer writes the HTTP status of a fault, and returns it; 0 if it has none.
func (f Fault) answer(w http.ResponseWriter) int {
	status := f.Status
	if f.RetryAfter > 0 {
		status = http.StatusTooManyRequests
		w.Header().Set("Retry-After", strconv.Itoa(seconds(f.RetryAfter)))
	}
	if status != 0 {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<html><body>Server Error</body></html>")
	}
	return status
}

// seconds are whole seconds, rounded up.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// pace returns how long the bot must wait with a method, 0 if it need not.
func (f *faultState) pace(now time.Time, method string, perMinute int) time.Duration {
	if !f.keepRates || perMinute == 0 {
		return 0
	}
	return admitCall(f.minutes, method, now, time.Minute, perMinute)
}

// paceChannel returns how long the bot must wait with a message to a channel, 0 if it need not.
func (f *faultState) paceChannel(now time.Time, channel string) time.Duration {
	const burst = 3 // Slack: one a second, short bursts allowed
	if !f.keepRates {
		return 0
	}
	return admitCall(f.posts, channel, now, burst*time.Second, burst)
}

// admitCall counts a call, if fewer than limit came in the window before it; otherwise it says how long to wait.
func admitCall(calls map[string][]time.Time, key string, now time.Time, window time.Duration, limit int) time.Duration {
	recent := slices.DeleteFunc(calls[key], func(at time.Time) bool { return now.Sub(at) >= window })
	calls[key] = recent
	if len(recent) >= limit {
		return recent[0].Add(window).Sub(now)
	}
	calls[key] = append(recent, now)
	return 0
}
