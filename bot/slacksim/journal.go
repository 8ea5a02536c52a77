package slacksim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// How much the journal keeps; the oldest entries are dropped first.
const (
	maxTraffic     = 500
	maxBodyKept    = 64 << 10 // bytes of one request or response
	maxBodyShown   = 16 << 10 // bytes of it that are returned
	maxRecords     = 20_000   // acknowledgements, ends of connections, envelopes
	maxViolations  = 1_000
	maxTranscript  = 10_000 // lines
	maxEventsQueue = 256    // for one subscriber
)

// TrafficEntry is a call of the Web API, an envelope, an acknowledgement, or another exchange with the bot.
type TrafficEntry struct {
	ID        int // 1, 2 and so on
	At        time.Time
	FromBot   bool
	Kind      string        // api, envelope, ack, response_url, socket, upload or download
	Name      string        // the method, the command, the action_id and the like
	Status    string        // ok, or the error
	Duration  time.Duration // of a call; of an acknowledgement since its envelope
	Request   string        // indented JSON, cut at 16 KB, without tokens
	Response  string        // as Request
	Violation bool          // the bot broke a rule
}

// Kinds of [Event].
const (
	EventMessage     = "message"     // a message in Channel was posted, changed or deleted; OnlyFor is who sees it
	EventView        = "view"        // the stack of User changed
	EventHome        = "home"        // the Home tab of User changed
	EventTraffic     = "traffic"     // the traffic or the violations changed
	EventConnections = "connections" // a connection opened or closed
	EventEverything  = "everything"  // events were lost: anything may have changed
)

// Event is a change of the workspace.
type Event struct {
	Kind          string
	Channel, TS   string
	User, OnlyFor string
	View          string
}

// journal records what the bot and the people do, and notifies those who wait for changes.
type journal struct {
	traffic      []*trafficLine
	trafficCount int
	violations   []string
	acks         []AckRecord
	closes       []CloseRecord
	transcript   []string
	subscribers  map[chan Event]struct{}
	changed      chan struct{} // closed and replaced at each change
}

// newJournal returns an empty journal.
func newJournal() journal {
	return journal{subscribers: map[chan Event]struct{}{}, changed: make(chan struct{})}
}

// notify tells everyone who waits or subscribes about a change.
func (j *journal) notify(e Event) {
	close(j.changed)
	j.changed = make(chan struct{})
	for queue := range j.subscribers {
		select {
		case queue <- e:
		default:
			drain(queue)
			queue <- Event{Kind: EventEverything}
		}
	}
}

// drain empties the queue of a subscriber that is too slow. Only the holder of the server's mutex sends to it, so there is room
// afterwards.
func drain(queue chan Event) {
	for {
		select {
		case <-queue:
		default:
			return
		}
	}
}

// violation records a rule that the bot broke.
func (j *journal) violation(format string, args ...any) {
	j.violations = appendBounded(j.violations, maxViolations, maskSecrets(fmt.Sprintf(format, args...)))
	j.notify(Event{Kind: EventTraffic})
}

// addTraffic records an exchange with the bot.
func (j *journal) addTraffic(e TrafficEntry) {
	j.trafficCount++
	e.ID, e.At = j.trafficCount, time.Now()
	e.Request, e.Response = e.Request[:min(len(e.Request), maxBodyKept)], e.Response[:min(len(e.Response), maxBodyKept)]
	j.traffic = appendBounded(j.traffic, maxTraffic, &trafficLine{entry: e})
	j.notify(Event{Kind: EventTraffic})
}

// transcribe adds a line to the transcript.
func (j *journal) transcribe(format string, args ...any) {
	j.transcript = appendBounded(j.transcript, maxTranscript, fmt.Sprintf(format, args...))
}

// trafficLine formats an entry when it is first read, so that the bot doesn't wait for that.
type trafficLine struct {
	entry TrafficEntry
	once  sync.Once
}

// formatted returns the entry with readable bodies. It needs no lock.
func (l *trafficLine) formatted() TrafficEntry {
	l.once.Do(func() {
		l.entry.Request, l.entry.Response = formatBody(l.entry.Request), formatBody(l.entry.Response)
	})
	return l.entry
}

// formatBody masks secrets in a body, indents it if it is JSON, and cuts it.
func formatBody(body string) string {
	var indented bytes.Buffer
	if json.Indent(&indented, []byte(body), "", "  ") == nil {
		body = indented.String()
	}
	body = maskSecrets(body)
	if len(body) > maxBodyShown {
		body = strings.ToValidUTF8(body[:maxBodyShown], "") + "\n… cut"
	}
	return body
}

var secretPattern = regexp.MustCompile(`x(?:ox[a-z]|app)-[A-Za-z0-9-]+|ticket=[A-Za-z0-9-]+`)

// maskSecrets hides tokens and socket tickets.
func maskSecrets(text string) string {
	return secretPattern.ReplaceAllStringFunc(text, func(secret string) string {
		if name, _, ok := strings.Cut(secret, "="); ok {
			return name + "=…"
		}
		return secret[:5] + "…"
	})
}

// appendBounded appends to a list and drops the oldest items from time to time, so that at least limit remain.
func appendBounded[T any](items []T, limit int, item T) []T {
	items = append(items, item)
	if len(items) > limit+limit/4 {
		items = slices.Clone(items[len(items)-limit:])
	}
	return items
}

// lastN returns a copy of the last n items.
func lastN[T any](items []T, n int) []T { return slices.Clone(items[max(0, len(items)-n):]) }
