package page

import (
	"embed"
	"html/template"
	"io"
	"net/http"

	"github.com/coupontools/couponbot/bot/slacksim"
)

//go:embed web/*.html web/*.css web/*.js web/*.svg
var webFiles embed.FS

// New returns the page of a workspace. It may share a listener with the Web API: see [slacksim.Server.SetPage].
//
// The page has no log-in, so it belongs on a loopback address. A tab keeps a stream of events open for as long as it is, so the
// HTTP server must have no write timeout. [slacksim.Server.Close] ends the streams.
func New(slack *slacksim.Server, options Options) http.Handler {
	if options.Name == "" {
		options.Name = "Local workspace"
	}
	h := &handler{
		slack: slack, options: options, templates: parseTemplates(),
		read: map[readKey]string{}, dismissed: map[messageKey]bool{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", h.servePage)
	mux.Handle("GET /web/", http.FileServerFS(webFiles))
	mux.HandleFunc("GET /live", h.serveStream)
	mux.HandleFunc("GET /file/{id}", h.serveFile)
	mux.HandleFunc("GET /sample/{name}", h.serveSample)
	mux.HandleFunc("GET /archives/{channel}/{message}", h.redirectPermalink)
	mux.HandleFunc("POST /say", h.say)
	mux.HandleFunc("POST /act", h.act)
	mux.HandleFunc("POST /suggest", h.suggest)
	mux.HandleFunc("POST /submit", h.submit)
	mux.HandleFunc("POST /close", h.closeView)
	mux.HandleFunc("POST /dismiss", h.dismiss)
	mux.HandleFunc("POST /faults", h.causeFault)
	mux.HandleFunc("POST /toggles", h.setToggle)
	return secured(mux)
}

// parseTemplates parses the embedded templates. They are part of the program, so an error is a bug.
func parseTemplates() *template.Template {
	t := template.New("").Funcs(template.FuncMap{"plural": plural})
	return template.Must(t.ParseFS(webFiles, "web/*.html"))
}

// serveSample answers with one of the sample files.
func (h *handler) serveSample(w http.ResponseWriter, r *http.Request) {
	for _, s := range h.options.Samples {
		if s.Name == r.PathValue("name") {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.Header().Set("Content-Disposition", "attachment")
			_, _ = io.WriteString(w, s.Content) // an error means that the browser left
			return
		}
	}
	http.NotFound(w, r)
}
