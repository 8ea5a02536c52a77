package page

import (
	"net/http"
	"net/url"
)

// maxPosted bounds a POST: ten files of 10 MB (Slack's limit of a file_input) and the words around them.
const maxPosted = 101 << 20

// contentPolicy lets the page load its own files only and keeps it out of frames.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// locked keeps the page out of frames and caches, lets it load its own files only, and takes posts from itself only: programs
// have no business there. Which hosts and sites may ask at all is for the listener to decide.
func locked(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if r.Method == http.MethodPost && !sameOrigin(r) {
			http.Error(w, "This request does not come from the page.", http.StatusForbidden)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxPosted)
		next.ServeHTTP(w, r)
	})
}

// sameOrigin asks what a browser says of where a request comes from; what says nothing at all is refused.
func sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return false
	}
	u, err := url.Parse(r.Header.Get("Origin"))
	return err == nil && u.Host == r.Host && (u.Scheme == "http" || u.Scheme == "https")
}
