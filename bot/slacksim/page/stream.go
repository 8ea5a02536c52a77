package page

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
)

const (
	// batchTime is how long changes are collected before they are rendered together.
	batchTime = 25 * time.Millisecond
	// heartbeat is the time between signs of life on an idle stream.
	heartbeat = 15 * time.Second
)

// eventBeat is the event of a heartbeat.
const eventBeat = "beat"

// stream is the connection of one open page. It remembers what was sent, so that only changes are sent.
type stream struct {
	handler      *handler
	viewer       viewer
	messages     versions
	views        versions
	lastTraffic  int // number of the newest line
	sidebar      string
	violations   string
	welcome      string
	outbox       string
	write        func(event, html string) error
	disconnected <-chan struct{} // the browser left
	closed       <-chan struct{} // the workspace closed
}

// serveStream keeps one page up to date by server-sent events, until the browser leaves or the workspace closes. A page that
// reconnects gets everything again; its script keeps what hasn't changed.
func (h *handler) serveStream(w http.ResponseWriter, r *http.Request) {
	v, ok := h.requireViewer(w, r)
	if !ok {
		return
	}
	changes, cancel := h.slack.Subscribe()
	defer cancel()
	w.Header().Set("Content-Type", "text/event-stream")
	s := &stream{
		handler: h, viewer: v, messages: versions{}, views: versions{},
		write:        func(event, html string) error { return writeEvent(w, event, html) },
		disconnected: r.Context().Done(), closed: h.slack.Done(),
	}
	s.run(changes)
}

// run sends changes until the page or the workspace is closed.
func (s *stream) run(changes <-chan slacksim.Event) {
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	stale := map[string]bool{slacksim.EventEverything: true}
	for {
		if err := s.send(stale); err != nil {
			return
		}
		clear(stale)
		select {
		case <-s.disconnected:
			return
		case <-s.closed:
			return
		case <-ticker.C:
			stale[eventBeat] = true
		case e := <-changes:
			s.markStale(stale, e)
			s.collect(stale, changes)
		}
	}
}

// collect marks the changes that follow within batchTime.
func (s *stream) collect(stale map[string]bool, changes <-chan slacksim.Event) {
	timer := time.NewTimer(batchTime)
	defer timer.Stop()
	for {
		select {
		case <-s.disconnected:
			return
		case <-timer.C:
			return
		case e := <-changes:
			s.markStale(stale, e)
		}
	}
}

// markStale marks the part of the page that a change concerns. Modals of other people aren't on it.
func (s *stream) markStale(stale map[string]bool, e slacksim.Event) {
	if e.Kind == slacksim.EventView && e.User != s.viewer.person.ID {
		return
	}
	stale[e.Kind] = true
}

// send renders and sends the stale parts.
func (s *stream) send(stale map[string]bool) error {
	all := stale[slacksim.EventEverything]
	h, v := s.handler, s.viewer
	if all || stale[slacksim.EventMessage] {
		if err := s.write("messages", h.messagesHTML(v, s.messages)); err != nil {
			return err
		}
		h.markRead(v)
	}
	if all || stale[slacksim.EventMessage] || stale[slacksim.EventConnections] {
		if err := s.sendIfChanged("sidebar", &s.sidebar, h.render("sidebar", h.sidebar(v))); err != nil {
			return err
		}
	}
	if all || stale[slacksim.EventView] {
		if err := s.write("views", h.modalsHTML(v, s.views)); err != nil {
			return err
		}
	}
	if all || stale[slacksim.EventTraffic] {
		if err := s.sendTraffic(); err != nil {
			return err
		}
	}
	if outboxChanged(stale) {
		if err := s.sendOutbox(); err != nil {
			return err
		}
	}
	if stale[eventBeat] {
		return s.write(eventBeat, "")
	}
	return nil
}

// sendTraffic sends new lines of the inspector, and the violations if there are more.
func (s *stream) sendTraffic() error {
	lines, newest := s.handler.trafficHTML(s.viewer, s.lastTraffic)
	s.lastTraffic = newest
	if lines != "" {
		if err := s.write("traffic", lines); err != nil {
			return err
		}
	}
	return s.sendIfChanged("violations", &s.violations, s.handler.render("violations", s.handler.violations()))
}

// sendOutbox sends what recipients have received, and the checklist, since its steps depend on that.
func (s *stream) sendOutbox() error {
	h, v := s.handler, s.viewer
	if err := s.sendIfChanged("welcome", &s.welcome, h.render("welcome", h.welcome(v))); err != nil {
		return err
	}
	if h.options.Outbox == nil {
		return nil
	}
	return s.sendIfChanged("outbox", &s.outbox, h.render("outbox", h.outbox(v)))
}

// sendIfChanged sends a part that is always rendered as a whole, unless it equals what was sent last.
func (s *stream) sendIfChanged(event string, sent *string, html string) error {
	if html == *sent {
		return nil
	}
	*sent = html
	return s.write(event, html)
}

// writeEvent sends one server-sent event and flushes it.
func writeEvent(w http.ResponseWriter, event, html string) error {
	var b strings.Builder
	b.WriteString("event: " + event + "\n")
	for line := range strings.SplitSeq(strings.ReplaceAll(html, "\r", ""), "\n") {
		b.WriteString("data: " + line + "\n")
	}
	b.WriteString("\n")
	if _, err := w.Write([]byte(b.String())); err != nil {
		return fmt.Errorf("send %s: %w", event, err)
	}
	if err := http.NewResponseController(w).Flush(); err != nil {
		return fmt.Errorf("send %s: %w", event, err)
	}
	return nil
}
