package page

import (
	"net/http"
	"strings"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// redirectPermalink leads from a permalink, as chat.getPermalink returns it, to the message on the page.
func (h *handler) redirectPermalink(w http.ResponseWriter, r *http.Request) {
	v, ok := h.requireViewer(w, r)
	if !ok {
		return
	}
	const micros = 6 // digits after the point of a timestamp; permalinks leave out the point
	digits := strings.TrimPrefix(r.PathValue("message"), "p")
	if len(digits) <= micros {
		http.NotFound(w, r)
		return
	}
	at := slacksim.Place{Channel: r.PathValue("channel"), TS: digits[:len(digits)-micros] + "." + digits[len(digits)-micros:]}
	http.Redirect(w, r, "/?"+pageQuery(v.person.ID, at.Channel)+"#"+domID("m", at), http.StatusSeeOther)
}
