package slacksim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// How much is remembered; the oldest goes first.
const (
	maxTraffic    = 500
	maxTrafficRaw = 64 << 10 // bytes kept of one body
	maxTrafficLen = 16 << 10 // bytes shown of it
	maxRecords    = 20_000   // acknowledgements, ends of connections
	maxViolations = 1_000
	maxMessages   = 10_000 // of a channel, and lines of the transcript
	maxPending    = 256    // events for one subscriber
)

// observed is what the server remembers of what went on.
type observed struct {
	traffic    []*trafficLine
	trafficID  int
	violations []string
	acks       []AckRecord
	closes     []CloseRecord
	transcript []string
	watchers   map[chan Event]struct{}
}

func newObserved() observed { return observed{watchers: map[chan Event]struct{}{}} }

// keep appends to a list of bounded length.
func keep[T any](list []T, limit int, more ...T) []T {
	list = append(list, more...)
	if len(list) > limit+limit/4 {
		list = slices.Clone(list[len(list)-limit:])
	}
	return list
}

// last returns a copy of the last n of a list.
func last[T any](list []T, n int) []T { return slices.Clone(list[max(0, len(list)-n):]) }

// change wakes all who wait and tells all who watch.
func (s *Server) change(e Event) {
	close(s.changed)
	s.changed = make(chan struct{})
	for w := range s.observed.watchers {
		select {
		case w <- e:
		default:
			drain(w)
			w <- Event{Kind: EventEverything}
		}
	}
}

// drain empties the channel of a watcher that fell behind. Only the holder of mu writes to it, so room stays.
func drain(w chan Event) {
	for {
		select {
		case <-w:
		default:
			return
		}
	}
}

// violate records what the bot did wrong.
func (s *Server) violate(format string, args ...any) {
	s.observed.violations = keep(s.observed.violations, maxViolations, mask(fmt.Sprintf(format, args...)))
	s.change(Event{Kind: EventTraffic})
}

// trafficLine is a line of the inspector. Its bodies are made presentable when someone first looks at it, so that the
// bot need not wait for that.
type trafficLine struct {
	entry TrafficEntry
	once  sync.Once
}

func (l *trafficLine) shown() TrafficEntry {
	l.once.Do(func() {
		l.entry.Request, l.entry.Response = presentable(l.entry.Request), presentable(l.entry.Response)
	})
	return l.entry
}

// note adds a line to the inspector.
func (s *Server) note(e TrafficEntry) {
	s.observed.trafficID++
	e.ID, e.At = s.observed.trafficID, time.Now()
	e.Request, e.Response = e.Request[:min(len(e.Request), maxTrafficRaw)], e.Response[:min(len(e.Response), maxTrafficRaw)]
	s.observed.traffic = keep(s.observed.traffic, maxTraffic, &trafficLine{entry: e})
	s.change(Event{Kind: EventTraffic})
}

// say adds a line to the transcript.
func (s *Server) say(format string, args ...any) {
	s.observed.transcript = keep(s.observed.transcript, maxMessages, fmt.Sprintf(format, args...))
}

// Traffic returns the last 500 lines of the inspector, oldest first.
func (s *Server) Traffic() []TrafficEntry {
	s.mu.Lock()
	lines := last(s.observed.traffic, maxTraffic)
	s.mu.Unlock()
	out := make([]TrafficEntry, len(lines))
	for i, l := range lines {
		out[i] = l.shown()
	}
	return out
}

// Violations returns what the bot did wrong, each in words; a test should end with none.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.observed.violations)
}

// Acks returns the acknowledgements that came in, oldest first.
func (s *Server) Acks() []AckRecord {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.observed.acks)
}

// Closes returns the connections that have ended, oldest first.
func (s *Server) Closes() []CloseRecord {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.observed.closes)
}

// Transcript returns the conversation as text, a line for each thing typed, posted or changed:
//
//	mia> /directory dir_9
//	only mia: There is no directory “dir_9”.
func (s *Server) Transcript() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.observed.transcript, "\n")
}

// Messages returns what stands in a channel, oldest first, with the ephemeral messages of everyone.
func (s *Server) Messages(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Message, 0, len(s.messages[channel]))
	for _, m := range s.messages[channel] {
		out = append(out, m.copy())
	}
	return out
}

// MessagesFor returns what one person sees in a channel, oldest first.
func (s *Server) MessagesFor(user, channel string) []Message {
	return slices.DeleteFunc(s.Messages(channel), func(m Message) bool { return m.OnlyFor != "" && m.OnlyFor != user })
}

// Message returns one message.
func (s *Server) Message(channel, ts string) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.message(channel, ts); m != nil {
		return m.copy(), true
	}
	return Message{}, false
}

// View returns the modal on top of the person's stack, nil if none is open.
func (s *Server) View(user string) *View {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.top(user)
}

// Views returns the person's stack of modals, lowest first.
func (s *Server) Views(user string) []View {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []View
	for _, v := range s.stacks[user] {
		out = append(out, v.copy())
	}
	return out
}

// ViewByID returns an open modal or a Home tab.
func (s *Server) ViewByID(id string) (View, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.view(id); v != nil {
		return v.copy(), true
	}
	return View{}, false
}

// Home returns the person's Home tab, nil if the bot has not published one.
func (s *Server) Home(user string) *View {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.homes[user]; v != nil {
		c := v.copy()
		return &c
	}
	return nil
}

// Subscribe tells of changes until cancel is called. A watcher that falls behind loses events and is told so by
// [EventEverything].
func (s *Server) Subscribe() (events <-chan Event, cancel func()) {
	w := make(chan Event, maxPending)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.observed.watchers[w] = struct{}{}
	return w, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.observed.watchers, w)
	}
}

// Await waits until met, which is asked at once and after each change, without holding any lock.
func (s *Server) Await(ctx context.Context, met func(*Server) bool) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if met(s) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for the local Slack: %w", ctx.Err())
		}
	}
}

// AwaitMessage waits for a message in the channel that matches. If it does not come, the error shows what is there.
func (s *Server) AwaitMessage(ctx context.Context, channel string, match func(Message) bool) (Message, error) {
	var found Message
	err := s.Await(ctx, func(s *Server) bool {
		all := s.Messages(channel)
		i := slices.IndexFunc(all, match)
		if i >= 0 {
			found = all[i]
		}
		return i >= 0
	})
	if err != nil {
		return Message{}, fmt.Errorf("%w; in %s stands:\n%s", err, channel, summary(s.Messages(channel)))
	}
	return found, nil
}

func summary(messages []Message) string {
	var b strings.Builder
	for _, m := range last(messages, 10) {
		fmt.Fprintf(&b, "%s (only for %q): %s\n", m.User, m.OnlyFor, m.Plain())
	}
	return b.String()
}

// AwaitView waits until the top of the person's stack matches. If it does not, the error shows the top.
func (s *Server) AwaitView(ctx context.Context, user string, match func(View) bool) (View, error) {
	var found View
	err := s.Await(ctx, func(s *Server) bool {
		v := s.View(user)
		if v == nil || !match(*v) {
			return false
		}
		found = *v
		return true
	})
	if err == nil {
		return found, nil
	}
	if v := s.View(user); v != nil {
		return View{}, fmt.Errorf("%w; open is %s:\n%s", err, v.CallbackID, v.Plain())
	}
	return View{}, fmt.Errorf("%w; %s has no modal open", err, user)
}

// AwaitConnections waits until at least n connections have had hello and are not being closed.
func (s *Server) AwaitConnections(ctx context.Context, n int) error {
	return s.Await(ctx, func(s *Server) bool { return s.Connections() >= n })
}

var tokens = regexp.MustCompile(`x(?:ox[a-z]|app)-[A-Za-z0-9-]+|ticket=[A-Za-z0-9-]+`)

// mask hides tokens and tickets.
func mask(text string) string {
	return tokens.ReplaceAllStringFunc(text, func(found string) string {
		if name, _, ok := strings.Cut(found, "="); ok {
			return name + "=…"
		}
		return found[:5] + "…"
	})
}

// presentable masks a body, indents it if it is JSON, and bounds it.
func presentable(body string) string {
	var pretty bytes.Buffer
	if json.Indent(&pretty, []byte(body), "", "  ") == nil {
		body = pretty.String()
	}
	body = mask(body)
	if len(body) > maxTrafficLen {
		body = strings.ToValidUTF8(body[:maxTrafficLen], "") + "\n… cut"
	}
	return body
}

// message is a message with what the server alone knows of it.
type message struct {
	Message
	state map[string]State // by user
}

func (m *message) copy() Message {
	c := m.Message
	c.Files, c.Reactions = slices.Clone(m.Files), slices.Clone(m.Reactions)
	return c
}

// view is a view with what the server alone knows of it.
type view struct {
	View
	sent blockkit.View // as the bot sent it
}

func (v *view) copy() View {
	c := v.View
	c.Errors = maps.Clone(v.Errors)
	c.State = v.State.clone()
	return c
}
