package page

import (
	"strings"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// drawnView is what the template "view" shows: one modal of a person's stack.
type drawnView struct {
	ID, View      string
	Title         string
	Submit, Close string
	Trouble       string
	Blocks        []drawnBlock
	Depth         int // 1 for the lowest
	Version       string
}

// viewsHTML draws the person's stack of modals, the lowest first; known as in messagesHTML.
func (p *page) viewsHTML(v viewer, known map[string]string) string {
	var b strings.Builder
	for i, view := range p.slack.Views(v.person.ID) {
		d := p.drawView(v, view, i+1)
		d.Version = fingerprint(p.render("view", d))
		if known != nil && known[d.ID] == d.Version {
			b.WriteString(p.render("view-stub", d))
		} else {
			b.WriteString(p.render("view", d))
		}
		if known != nil {
			known[d.ID] = d.Version
		}
	}
	return b.String()
}

func (p *page) drawView(v viewer, view slacksim.View, depth int) drawnView {
	pt := p.painter(v, view.Place())
	pt.state, pt.errors = view.State, view.Errors
	return drawnView{
		ID: domID("v", view.Place()), View: view.ID, Title: emojied(view.Title), Submit: emojied(view.Submit),
		Close: firstOf(emojied(view.Close), "Cancel"), Trouble: view.Trouble, Blocks: pt.drawBlocks(view.Blocks), Depth: depth,
	}
}
