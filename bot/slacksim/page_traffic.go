package slacksim

import (
	"strings"
	"time"
)

// drawnTraffic is what the template "traffic" shows: one line of the inspector.
type drawnTraffic struct {
	TrafficEntry
	Time    string
	Delay   string
	Speed   string // "", slow or late
	Failed  bool
	Version string
}

// How long an acknowledgement may take: Slack gives up after 3 s (Slack: Socket Mode, acknowledging); a person notices
// after one.
const (
	slowAck = time.Second
	lateAck = 3 * time.Second
)

// trafficHTML draws the inspector's lines, the newest first. With known it leaves out those that a connection has had
// in the same version.
func (p *page) trafficHTML(v viewer, known map[int]string) string {
	list := p.slack.Traffic()
	var b strings.Builder
	for i := len(list) - 1; i >= 0; i-- {
		version := trafficVersion(list[i])
		if known != nil && known[list[i].ID] == version {
			continue
		}
		if known != nil {
			known[list[i].ID] = version
		}
		d := drawTraffic(v, list[i])
		d.Version = version
		b.WriteString(p.render("traffic", d))
	}
	return b.String()
}

func trafficVersion(e TrafficEntry) string {
	return fingerprint(e.Status, e.Duration.String(), plural(len(e.Response), "byte"))
}

func drawTraffic(v viewer, e TrafficEntry) drawnTraffic {
	d := drawnTraffic{TrafficEntry: e, Time: e.At.In(v.zone).Format("15:04:05.000"), Failed: e.Violation || failedStatus(e.Status)}
	if e.Duration > 0 {
		d.Delay = e.Duration.Round(time.Millisecond).String()
	}
	switch {
	case e.Kind != "ack":
	case e.Duration >= lateAck:
		d.Speed = "late"
	case e.Duration >= slowAck:
		d.Speed = "slow"
	}
	return d
}

func failedStatus(status string) bool { return status != "" && status != "ok" }

// fault is a way to make the local Slack misbehave, offered in the inspector.
type fault struct {
	ID, Name, Help string
	Do             func(*Server)
}

// faults are those that make sense by hand.
func faults() []fault {
	return []fault{
		{"refresh", "Refresh the sockets", "Slack asks the bot to reconnect.", func(s *Server) { s.Disconnect("refresh_requested") }},
		{"drop", "Cut the sockets", "All connections end without a word.", func(s *Server) { s.Drop() }},
		{"silence", "Go silent", "Connections stay open, but nothing passes.", func(s *Server) { s.Silence() }},
		{"twice", "Deliver the next twice", "The next envelope comes two times.", func(s *Server) { s.Duplicate(1) }},
		{"hold", "Hold the next for 5 s", "The next envelope comes late.", func(s *Server) { s.Withhold(1, 5*time.Second) }},
		{"limit", "Rate-limit the next call", "The next Web API call gets 429, try again in 3 s.", func(s *Server) {
			s.Inject(Fault{RetryAfter: 3 * time.Second, Times: 1})
		}},
		{"error", "Fail the next call", "The next Web API call gets 503.", func(s *Server) { s.Inject(Fault{Status: 503, Times: 1}) }},
		{"clear", "Clear the Web API's faults", "What is still set for later calls is taken back.", func(s *Server) { s.ClearFaults() }},
	}
}

func (p *page) toggles() []drawnToggle {
	var out []drawnToggle
	for i, t := range p.opts.Toggles {
		out = append(out, drawnToggle{Index: i, Name: t.Name, Help: t.Help, On: t.On()})
	}
	return out
}
