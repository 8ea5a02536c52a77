package page

import (
	"cmp"
	"strings"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// modalData is the data of the template "view": one modal of a person's stack.
type modalData struct {
	ID, View      string
	Title         string
	Submit, Close string
	Trouble       string
	Blocks        []blockData
	Depth         int // 1 for the lowest
	Version       string
}

// modalsHTML renders the viewer's stack of modals, the lowest first. known is used as in messagesHTML.
func (h *handler) modalsHTML(v viewer, known versions) string {
	var b strings.Builder
	for i, view := range h.slack.Views(v.person.ID) {
		d := h.modalData(v, view, i+1)
		d.Version = hash(h.render("view", d))
		b.WriteString(h.renderUnlessKnown("view", known, d.ID, d.Version, d))
	}
	return b.String()
}

// modalData renders one modal, with the values and errors of its fields.
func (h *handler) modalData(v viewer, view slacksim.View, depth int) modalData {
	r := h.renderer(v, view.Place())
	r.state, r.errors = view.State, view.Errors
	return modalData{
		ID: domID("v", view.Place()), View: view.ID, Title: withEmoji(view.Title), Submit: withEmoji(view.Submit),
		Close: cmp.Or(withEmoji(view.Close), "Cancel"), Trouble: view.Trouble, Blocks: r.blocks(view.Blocks), Depth: depth,
	}
}
