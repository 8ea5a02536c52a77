package page

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// drawnTraffic is what the template "traffic" shows: one line of the inspector.
type drawnTraffic struct {
	slacksim.TrafficEntry
	Time   string
	Delay  string
	Speed  string // "", slow or late
	Failed bool
}

// How long an acknowledgement may take: Slack gives up after 3 s (Slack: Socket Mode, acknowledging); a person notices
// after one.
const (
	slowAck = time.Second
	lateAck = 3 * time.Second
)

// trafficHTML draws the inspector's lines after the one numbered, the newest first, and returns the newest's number.
func (p *page) trafficHTML(v viewer, after int) (html string, newest int) {
	list := p.slack.Traffic()
	newest = after
	var b strings.Builder
	for i := len(list) - 1; i >= 0 && list[i].ID > after; i-- {
		b.WriteString(p.render("traffic", drawTraffic(v, list[i])))
		newest = max(newest, list[i].ID)
	}
	return b.String(), newest
}

// maxWrongs is how many of the bot's latest violations are shown.
const maxWrongs = 50

// violations returns the bot's latest violations, the newest first.
func (p *page) violations() []string {
	list := p.slack.Violations()
	list = list[max(0, len(list)-maxWrongs):]
	slices.Reverse(list)
	return list
}

func drawTraffic(v viewer, e slacksim.TrafficEntry) drawnTraffic {
	d := drawnTraffic{TrafficEntry: e, Time: e.At.In(v.zone).Format("15:04:05.000"), Failed: failed(e)}
	switch {
	case e.Duration >= time.Millisecond:
		d.Delay = strconv.FormatInt(e.Duration.Milliseconds(), 10) + " ms"
	case e.Duration > 0:
		d.Delay = "<1 ms"
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

// failed tells what went wrong from what is merely said of a connection.
func failed(e slacksim.TrafficEntry) bool {
	switch e.Kind {
	case "socket":
		return e.Violation || e.Status == "ticket refused"
	case "envelope":
		return e.Violation || !strings.HasPrefix(e.Status, "connection ")
	default:
		return e.Violation || e.Status != "ok"
	}
}

// fault is a way to make the local Slack misbehave, offered in the inspector.
type fault struct {
	ID, Name, Help string
	Cause          func(*slacksim.Server)
}

// faults lists the faults that are useful to cause by hand.
func faults() []fault {
	callFault := func(f slacksim.Fault) func(*slacksim.Server) {
		f.Times = 1
		return func(s *slacksim.Server) { s.Inject(f) }
	}
	return []fault{
		{
			"refresh", "Refresh the sockets", "Slack asks the bot to reconnect.",
			func(s *slacksim.Server) { s.Disconnect("refresh_requested") },
		},
		{"drop", "Cut the sockets", "All connections end without a word.", (*slacksim.Server).Drop},
		{"silence", "Go silent", "Connections stay open, but nothing passes.", (*slacksim.Server).Silence},
		{"twice", "Deliver the next twice", "The next envelope comes two times.", func(s *slacksim.Server) { s.Duplicate(1) }},
		{
			"hold", "Hold the next for 5 s", "The next envelope comes late.",
			func(s *slacksim.Server) { s.Withhold(1, 5*time.Second) },
		},
		{
			"limit", "Rate-limit the next call", "The next Web API call gets 429, try again in 3 s.",
			callFault(slacksim.Fault{RetryAfter: 3 * time.Second}),
		},
		{
			"error", "Fail the next call", "The next Web API call gets 503.",
			callFault(slacksim.Fault{Status: http.StatusServiceUnavailable}),
		},
		{
			"download", "Keep the next file back", "The next download leads to a page to log in at.",
			callFault(slacksim.Fault{Method: "download", Error: "missing_scope"}),
		},
		{
			"clear", "Clear the Web API's faults", "What is still set for later calls is taken back.",
			(*slacksim.Server).ClearFaults,
		},
	}
}

func (p *page) toggles() []drawnToggle {
	var out []drawnToggle
	for i, t := range p.opts.Toggles {
		out = append(out, drawnToggle{Index: i, Name: t.Name, Help: t.Help, On: t.On()})
	}
	return out
}
