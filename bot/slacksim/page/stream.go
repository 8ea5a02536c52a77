package page

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
)

const (
	// gather is how long changes are collected before they are drawn: a burst of them costs one drawing.
	gather = 25 * time.Millisecond
	// beat is how often an idle stream says that it lives.
	beat = 15 * time.Second
)

// stream is one open page: what it has been sent, by version.
type stream struct {
	page     *page
	viewer   viewer
	messages map[string]string
	views    map[string]string
	traffic  int // number of the newest line
	sidebar  string
	wrongs   string
	write    func(event, html string) error
	gone     <-chan struct{} // the browser left
	over     <-chan struct{} // the workspace closed
}

// live keeps one page up to date by server-sent events, until the browser leaves or the workspace closes. A page that
// comes back gets everything anew; its script leaves alone what has not changed.
func (p *page) live(w http.ResponseWriter, r *http.Request) {
	v, ok := p.viewer(r)
	if !ok {
		http.Error(w, "There is no such person or channel.", http.StatusNotFound)
		return
	}
	changes, cancel := p.slack.Subscribe()
	defer cancel()
	w.Header().Set("Content-Type", "text/event-stream")
	s := &stream{
		page: p, viewer: v, messages: map[string]string{}, views: map[string]string{},
		write: func(event, html string) error { return writeEvent(w, event, html) },
		gone:  r.Context().Done(), over: p.slack.Done(),
	}
	s.run(changes)
}

func (s *stream) run(changes <-chan slacksim.Event) {
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	stale := map[string]bool{slacksim.EventEverything: true}
	for {
		if err := s.send(stale); err != nil {
			return
		}
		clear(stale)
		select {
		case <-s.gone:
			return
		case <-s.over:
			return
		case <-ticker.C:
			stale["beat"] = true
		case e := <-changes:
			s.note(stale, e)
			s.gather(stale, changes)
		}
	}
}

// gather notes the changes that follow closely on the first.
func (s *stream) gather(stale map[string]bool, changes <-chan slacksim.Event) {
	timer := time.NewTimer(gather)
	defer timer.Stop()
	for {
		select {
		case <-s.gone:
			return
		case <-timer.C:
			return
		case e := <-changes:
			s.note(stale, e)
		}
	}
}

// note marks what a change makes stale on this page.
func (s *stream) note(stale map[string]bool, e slacksim.Event) {
	if e.Kind == slacksim.EventView && e.User != s.viewer.person.ID {
		return
	}
	stale[e.Kind] = true
}

// send draws what is stale.
func (s *stream) send(stale map[string]bool) error {
	all := stale[slacksim.EventEverything]
	p, v := s.page, s.viewer
	if all || stale[slacksim.EventMessage] {
		if err := s.write("messages", p.messagesHTML(v, s.messages)); err != nil {
			return err
		}
		p.markRead(v)
	}
	if all || stale[slacksim.EventMessage] || stale[slacksim.EventConnections] {
		if err := s.sendSidebar(); err != nil {
			return err
		}
	}
	if all || stale[slacksim.EventView] {
		if err := s.write("views", p.viewsHTML(v, s.views)); err != nil {
			return err
		}
	}
	if all || stale[slacksim.EventTraffic] {
		if err := s.sendTraffic(); err != nil {
			return err
		}
	}
	if stale["beat"] {
		return s.write("beat", "")
	}
	return nil
}

func (s *stream) sendSidebar() error {
	return s.sendChanged("sidebar", &s.sidebar, s.page.render("sidebar", s.page.sidebar(s.viewer)))
}

func (s *stream) sendTraffic() error {
	html, newest := s.page.trafficHTML(s.viewer, s.traffic)
	s.traffic = newest
	if html != "" {
		if err := s.write("traffic", html); err != nil {
			return err
		}
	}
	return s.sendChanged("violations", &s.wrongs, s.page.render("violations", s.page.violations()))
}

// sendChanged sends a part that is drawn whole, unless it is as it was.
func (s *stream) sendChanged(event string, last *string, html string) error {
	if html == *last {
		return nil
	}
	*last = html
	return s.write(event, html)
}

// writeEvent sends one event of a stream and flushes it.
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
