package page

import (
	"net/http"
	"strings"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// permalink leads from the address of a message, as chat.getPermalink gives it, to the message on the page.
func (p *page) permalink(w http.ResponseWriter, r *http.Request) {
	v, ok := p.actor(w, r)
	if !ok {
		return
	}
	const micros = 6 // digits of a timestamp after its point, which the address leaves out
	digits := strings.TrimPrefix(r.PathValue("message"), "p")
	if len(digits) <= micros {
		http.NotFound(w, r)
		return
	}
	at := slacksim.Place{Channel: r.PathValue("channel"), TS: digits[:len(digits)-micros] + "." + digits[len(digits)-micros:]}
	http.Redirect(w, r, "/?"+query(v.person.ID, at.Channel)+"#"+domID("m", at), http.StatusSeeOther)
}
