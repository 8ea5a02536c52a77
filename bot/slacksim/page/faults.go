package page

import (
	"net/http"
	"strconv"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// fault is a button in the inspector that makes the local Slack misbehave.
type fault struct {
	ID, Name, Help string
	Cause          func(*slacksim.Server)
}

// faults lists the faults that are useful to cause by hand.
func faults() []fault {
	nextCall := func(f slacksim.Fault) func(*slacksim.Server) {
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
			nextCall(slacksim.Fault{RetryAfter: 3 * time.Second}),
		},
		{
			"error", "Fail the next call", "The next Web API call gets 503.",
			nextCall(slacksim.Fault{Status: http.StatusServiceUnavailable}),
		},
		{
			"download", "Keep the next file back", "The next download leads to a page to log in at.",
			nextCall(slacksim.Fault{Method: "download", Error: "missing_scope"}),
		},
		{
			"clear", "Clear the Web API's faults", "What is still set for later calls is taken back.",
			(*slacksim.Server).ClearFaults,
		},
	}
}

// causeFault causes one of the faults.
func (h *handler) causeFault(w http.ResponseWriter, r *http.Request) {
	for _, f := range faults() {
		if f.ID == r.FormValue("fault") {
			f.Cause(h.slack)
			writeHTML(w, h.render("done", f.Name))
			return
		}
	}
	http.Error(w, "There is no such fault.", http.StatusNotFound)
}

// toggleData is the data of the template "toggle".
type toggleData struct {
	Index      int
	Name, Help string
	On         bool
}

// toggles returns the state of all toggles.
func (h *handler) toggles() []toggleData {
	var out []toggleData
	for i, t := range h.options.Toggles {
		out = append(out, toggleData{Index: i, Name: t.Name, Help: t.Help, On: t.On()})
	}
	return out
}

// setToggle switches a toggle on or off.
func (h *handler) setToggle(w http.ResponseWriter, r *http.Request) {
	i, err := strconv.Atoi(r.FormValue("toggle"))
	if err != nil || i < 0 || i >= len(h.options.Toggles) {
		http.Error(w, "There is no such toggle.", http.StatusNotFound)
		return
	}
	t := h.options.Toggles[i]
	t.Set(!t.On())
	writeHTML(w, h.render("toggle", h.toggles()[i]))
}
