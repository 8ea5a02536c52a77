package page

import (
	"bytes"
	"context"
	"errors"
	"html/template"
	"net/http"
	"sync"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// handler serves the page. The workspace has all state but which messages each person has read and which they have dismissed.
type handler struct {
	slack     *slacksim.Server
	options   Options
	templates *template.Template

	mu   sync.Mutex
	read map[readKey]string // timestamp of the newest message that the person has seen in the channel

	dismissed map[messageKey]bool
}

// messageKey identifies a message as a person sees it.
type messageKey struct{ person, channel, ts string }

// readKey identifies a channel as a person sees it.
type readKey struct{ person, channel string }

// render executes a template. The templates are part of the program, so an error is a bug and is shown on the page.
func (h *handler) render(name string, data any) string {
	var b bytes.Buffer
	if err := h.templates.ExecuteTemplate(&b, name, data); err != nil {
		return "<p>" + template.HTMLEscapeString(err.Error()) + "</p>"
	}
	return b.String()
}

// versions holds the version of each part that a page has, by its id in the DOM.
type versions map[string]string

// renderUnlessKnown renders a versioned part, or its stub if the page has this version.
func (h *handler) renderUnlessKnown(name string, known versions, id, version string, data any) string {
	if known[id] == version {
		return h.render(name+"-stub", data)
	}
	if known != nil {
		known[id] = version
	}
	return h.render(name, data)
}

// writeNotice answers with a text for the person; "" clears the last one.
func (h *handler) writeNotice(w http.ResponseWriter, text string) {
	writeHTML(w, h.render("notice", text))
}

// writeHTML answers with HTML that is escaped already.
func writeHTML(w http.ResponseWriter, html string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(html)) // an error means that the browser left
}

// detached returns a context that outlives the request, so that closing the tab doesn't break off what a person did.
func detached(r *http.Request) context.Context { return context.WithoutCancel(r.Context()) }

// errorText tells a person what failed. Invalid fields aren't in it: the view shows them.
func errorText(err error) string {
	if invalid := (*slacksim.InvalidError)(nil); err == nil || errors.As(err, &invalid) {
		return ""
	}
	return "That did not work: " + err.Error() + "."
}
