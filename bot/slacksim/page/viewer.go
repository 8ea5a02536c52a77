package page

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// viewer is the person who looks at the page, and the open channel.
type viewer struct {
	person  slacksim.User
	channel slacksim.Channel
	zone    *time.Location
}

// viewer reads the viewer from a request. Without one in it that's [slacksim.Mia] in [slacksim.Marketing].
func (h *handler) viewer(r *http.Request) (viewer, bool) {
	var v viewer
	people := h.people()
	i := slices.IndexFunc(people, func(u slacksim.User) bool { return u.ID == cmp.Or(r.FormValue("as"), slacksim.Mia) })
	if i < 0 {
		return v, false
	}
	v.person, v.zone = people[i], time.UTC
	if zone, err := time.LoadLocation(v.person.TZ); err == nil {
		v.zone = zone
	}
	channels := h.channels(v.person)
	if len(channels) == 0 {
		return v, true
	}
	v.channel = channels[0]
	for _, c := range channels {
		if c.ID == cmp.Or(r.FormValue("channel"), slacksim.Marketing) {
			v.channel = c
		}
	}
	return v, true
}

// requireViewer reads the viewer from a request, and answers the request if there is none.
func (h *handler) requireViewer(w http.ResponseWriter, r *http.Request) (viewer, bool) {
	v, ok := h.viewer(r)
	if !ok {
		http.Error(w, "There is no such person or channel.", http.StatusNotFound)
	}
	return v, ok
}

// people returns everyone a visitor can act as: no bots, and nobody who left.
func (h *handler) people() []slacksim.User {
	return slices.DeleteFunc(h.slack.Users(), func(u slacksim.User) bool { return u.Bot || u.Deleted })
}

// channels returns the conversations of a person, direct messages last.
func (h *handler) channels(person slacksim.User) []slacksim.Channel {
	own := slices.DeleteFunc(h.slack.Channels(), func(c slacksim.Channel) bool {
		if c.IM {
			return c.Person != person.ID
		}
		return c.Archived || !c.Has(person.ID)
	})
	slices.SortStableFunc(own, func(a, b slacksim.Channel) int {
		return cmp.Or(boolToInt(a.IM)-boolToInt(b.IM), cmp.Compare(a.Name, b.Name))
	})
	return own
}

// boolToInt returns 1 for true, for sorting.
func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// renderer returns the renderer of a message or view, as the viewer sees it.
func (h *handler) renderer(v viewer, place slacksim.Place) *renderer {
	names := map[string]string{}
	r := &renderer{zone: v.zone, now: time.Now(), place: place}
	for _, u := range h.slack.Users() {
		names[u.ID] = fullName(u)
		if !u.Bot && !u.Deleted {
			r.people = append(r.people, optionData{Text: fullName(u), Value: u.ID})
		}
	}
	for _, c := range h.slack.Channels() {
		names[c.ID] = c.Name
		if c.Has(v.person.ID) && !c.IM {
			r.channels = append(r.channels, optionData{Text: "#" + c.Name, Value: c.ID})
		}
	}
	for _, g := range h.slack.Groups() {
		names[g.ID] = g.Handle
	}
	r.name = func(id string) string { return names[id] }
	return r
}

// fullName returns the best name of a user that is known.
func fullName(u slacksim.User) string { return cmp.Or(u.RealName, u.Name, u.ID) }

// pageQuery returns the query of a URL that names the viewer.
func pageQuery(person, channel string) string {
	return url.Values{"as": {person}, "channel": {channel}}.Encode()
}
