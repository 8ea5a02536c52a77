package page

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// say posts the text in the message box, or runs it if it is a slash command.
func (h *handler) say(w http.ResponseWriter, r *http.Request) {
	v, ok := h.requireViewer(w, r)
	if !ok {
		return
	}
	text := strings.TrimSpace(strings.ReplaceAll(r.FormValue("text"), "\r\n", "\n"))
	var err error
	switch {
	case text == "":
	case strings.HasPrefix(text, "/"):
		command, rest := text, ""
		if i := strings.IndexAny(text, " \n\t"); i >= 0 {
			command, rest = text[:i], text[i:]
		}
		_, err = h.slack.Command(detached(r), v.person.ID, v.channel.ID, command, rest)
	default:
		_, err = h.slack.Say(detached(r), v.person.ID, v.channel.ID, text)
	}
	h.writeNotice(w, errorText(err))
}

// dismiss hides a message that only the viewer sees. The app isn't told, as in Slack.
func (h *handler) dismiss(w http.ResponseWriter, r *http.Request) {
	v, ok := h.requireViewer(w, r)
	if !ok {
		return
	}
	h.mu.Lock()
	h.dismissed[messageKey{v.person.ID, r.FormValue("channel"), r.FormValue("ts")}] = true
	h.mu.Unlock()
	h.writeNotice(w, "")
}

// act clicks a button, or changes an element that is sent to the bot at once. In a modal the other fields are filled in first,
// because the bot gets their values too.
func (h *handler) act(w http.ResponseWriter, r *http.Request) {
	v, ok := h.requireViewer(w, r)
	if !ok {
		return
	}
	at := placeFrom(r)
	if err := h.fill(v, at.View, r); err != nil {
		h.writeNotice(w, errorText(err))
		return
	}
	block, action := r.FormValue("block"), r.FormValue("action")
	e := findElement(h.blocksAt(at), block, action)
	choices := formValues(v.zone, e.Type(), r.Form[fieldName(block, action)])
	var out slacksim.Outcome
	var err error
	switch {
	case e.Type() == "button" || e.Type() == "workflow_button":
		out, err = h.slack.Click(detached(r), v.person.ID, at, block, action)
	case e.Typed():
		out, err = h.slack.Type(detached(r), v.person.ID, at.View, block, strings.Join(choices, ""))
	case e.Type() == "overflow":
		out, err = h.slack.Choose(detached(r), v.person.ID, at, block, action, r.FormValue("chosen"))
	default:
		out, err = h.slack.Choose(detached(r), v.person.ID, at, block, action, choices...)
	}
	h.writeNotice(w, cmp.Or(errorText(err), failureText(out, at)))
}

// failureText tells a person that the bot didn't answer as it must. In a modal Slack's banner says so already.
func failureText(out slacksim.Outcome, at slacksim.Place) string {
	if out.Failure == "" || at.View != "" {
		return ""
	}
	return "That did not work: the app did not answer as it should (" + out.Failure + ")."
}

// suggest answers with the options of an external select for the typed text.
func (h *handler) suggest(w http.ResponseWriter, r *http.Request) {
	v, ok := h.requireViewer(w, r)
	if !ok {
		return
	}
	options, err := h.slack.Suggest(detached(r), v.person.ID, placeFrom(r), r.FormValue("block"), r.FormValue("action"),
		r.FormValue("typed"))
	data := struct {
		Options []blockkit.Option
		Trouble string
	}{firstN(options, maxItems), errorText(err)}
	for i := range data.Options {
		data.Options[i].Text = withEmoji(data.Options[i].Text)
	}
	writeHTML(w, h.render("choices", data))
}

// submit fills in a modal and presses its submit button. If fields are invalid or the bot fails, the view shows it.
func (h *handler) submit(w http.ResponseWriter, r *http.Request) {
	v, ok := h.requireViewer(w, r)
	if !ok {
		return
	}
	view := r.FormValue("view")
	err := h.fill(v, view, r)
	if err == nil {
		_, err = h.slack.Submit(detached(r), v.person.ID, view)
	}
	h.writeNotice(w, errorText(err))
}

// closeView closes one modal, or with "all" the whole stack.
func (h *handler) closeView(w http.ResponseWriter, r *http.Request) {
	v, ok := h.requireViewer(w, r)
	if !ok {
		return
	}
	var err error
	if r.FormValue("all") != "" {
		_, err = h.slack.CloseAll(detached(r), v.person.ID)
	} else {
		_, err = h.slack.CloseView(detached(r), v.person.ID, r.FormValue("view"))
	}
	h.writeNotice(w, errorText(err))
}

// placeFrom reads the message or view that a request is about.
func placeFrom(r *http.Request) slacksim.Place {
	if view := r.FormValue("view"); view != "" {
		return slacksim.Place{View: view}
	}
	return slacksim.Place{Channel: r.FormValue("channel"), TS: r.FormValue("ts")}
}

// blocksAt returns the blocks of a message or view, nil if it is gone.
func (h *handler) blocksAt(at slacksim.Place) json.RawMessage {
	if at.View != "" {
		v, _ := h.slack.ViewByID(at.View)
		return v.Blocks
	}
	m, _ := h.slack.Message(at.Channel, at.TS)
	return m.Blocks
}

// findElement returns an element by its ids. Without one it returns an element of no type.
func findElement(blocks json.RawMessage, block, action string) blockkit.Element {
	for _, e := range blockkit.Elements(blocks) {
		if e.BlockID() == block && e.ActionID() == action {
			return e
		}
	}
	return blockkit.Element{}
}
