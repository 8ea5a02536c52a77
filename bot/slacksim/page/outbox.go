package page

import "github.com/coupontools/couponbot/bot/slacksim"

// maxReceived is how many different messages the outbox shows: the latest.
const maxReceived = 20

// outboxData is the data of the template "outbox".
type outboxData struct {
	Texts, Emails, Pushes int
	Phone                 *receivedData // the latest message on a phone
	Groups                []receivedData
}

// receivedData is a message, and how many people have received the same one.
type receivedData struct {
	Received
	Time   string // of day
	Others int    // how many received the same message, without To
}

// outbox returns what recipients have received. Neighbours with the same text are one entry.
func (h *handler) outbox(v viewer) outboxData {
	box := h.options.Outbox()
	d := outboxData{Texts: box.Texts, Emails: box.Emails, Pushes: box.Pushes}
	for _, m := range box.Latest {
		if last := len(d.Groups) - 1; last >= 0 && sameMessage(d.Groups[last].Received, m) {
			d.Groups[last].Others++
			continue
		}
		if len(d.Groups) == maxReceived {
			break
		}
		d.Groups = append(d.Groups, receivedData{Received: m, Time: m.At.In(v.zone).Format("3:04 PM")})
	}
	for i := range d.Groups {
		if d.Groups[i].Kind != "email" {
			d.Phone = &d.Groups[i]
			break
		}
	}
	return d
}

// sameMessage reports whether two messages differ in nothing but the recipient and the time.
func sameMessage(a, b Received) bool {
	b.To, b.At = a.To, a.At
	return a == b
}

// outboxChanged reports whether a change of the workspace may come with a new message in the outbox, which has no event of its
// own.
func outboxChanged(stale map[string]bool) bool {
	return stale[slacksim.EventEverything] || stale[slacksim.EventMessage] || stale[slacksim.EventView] || stale[eventBeat]
}
