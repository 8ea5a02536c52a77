package page

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// trafficData is the data of the template "traffic": one line of the inspector.
type trafficData struct {
	slacksim.TrafficEntry
	Time   string
	Delay  string
	Speed  string // "", slow or late
	Failed bool
}

// From slowAck on a person notices an acknowledgement's delay. After lateAck Slack has given up: its documentation of Socket
// Mode allows 3 s.
const (
	slowAck = time.Second
	lateAck = 3 * time.Second
)

// maxViolations is how many of the bot's violations are shown: the latest.
const maxViolations = 50

// trafficHTML renders the lines after one number, the newest first, and returns the number of the newest.
func (h *handler) trafficHTML(v viewer, after int) (lines string, newest int) {
	traffic := h.slack.Traffic()
	newest = after
	var b strings.Builder
	for i := len(traffic) - 1; i >= 0 && traffic[i].ID > after; i-- {
		b.WriteString(h.render("traffic", newTrafficData(traffic[i], v.zone)))
		newest = max(newest, traffic[i].ID)
	}
	return b.String(), newest
}

// newTrafficData formats a line of the inspector.
func newTrafficData(e slacksim.TrafficEntry, zone *time.Location) trafficData {
	d := trafficData{TrafficEntry: e, Time: e.At.In(zone).Format("15:04:05.000"), Failed: failed(e)}
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

// failed reports whether a line's status is a failure. That of a socket or an envelope is often only a remark.
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

// violations returns the bot's latest violations, the newest first.
func (h *handler) violations() []string {
	violations := h.slack.Violations()
	violations = violations[max(0, len(violations)-maxViolations):]
	slices.Reverse(violations)
	return violations
}
