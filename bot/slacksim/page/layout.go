package page

import (
	"html/template"
	"net/http"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// pageData is the data of the template "page", which is the whole page.
type pageData struct {
	Workspace   string
	Me          personData
	People      []personData
	Sidebar     sidebarData
	Here        channelData
	Messages    template.HTML
	Views       template.HTML
	Traffic     template.HTML
	Violations  []string
	Welcome     *welcomeData
	Outbox      *outboxData
	Commands    []slacksim.SlashCommand
	Faults      []fault
	Toggles     []toggleData
	StreamURL   string
	PeopleCount int // members of the open channel
}

// servePage answers with the whole page.
func (h *handler) servePage(w http.ResponseWriter, r *http.Request) {
	if v, ok := h.requireViewer(w, r); ok {
		writeHTML(w, h.render("page", h.pageData(v)))
	}
}

// pageData collects the whole page for a viewer.
func (h *handler) pageData(v viewer) pageData {
	h.markRead(v)
	traffic, _ := h.trafficHTML(v, 0)
	d := pageData{
		Workspace: h.options.Name, Me: h.personData(v, v.person), Sidebar: h.sidebar(v), Here: h.channelData(v, v.channel),
		Messages:   template.HTML(h.messagesHTML(v, nil)), // made by templates
		Views:      template.HTML(h.modalsHTML(v, nil)),   // made by templates
		Traffic:    template.HTML(traffic),                // made by templates
		Violations: h.violations(), Welcome: h.welcome(v), Commands: h.slack.Commands(),
		Faults: faults(), Toggles: h.toggles(), StreamURL: "/live?" + pageQuery(v.person.ID, v.channel.ID),
		PeopleCount: len(v.channel.Members),
	}
	if h.options.Outbox != nil {
		outbox := h.outbox(v)
		d.Outbox = &outbox
	}
	for _, u := range h.people() {
		d.People = append(d.People, h.personData(v, u))
	}
	return d
}
