package page

import (
	"bytes"
	"embed"
	"html/template"
	"io"
	"net/http"
	"sync"

	"github.com/coupontools/couponbot/bot/slacksim"
)

//go:embed web/*.html web/*.css web/*.js web/*.svg
var webFiles embed.FS

// Options says how the web page presents the workspace.
type Options struct {
	// Name is the workspace's name; empty stands for "Local workspace".
	Name string
	// Hints are offered at the start of each channel: a click puts the line into the message box.
	Hints []Hint
	// Samples are files to download under the hints, for who has none to upload.
	Samples []Sample
	// Toggles stand in the inspector beside the local Slack's own faults.
	Toggles []Toggle
}

// Hint is a line to try, and in a few words what it does.
type Hint struct{ Line, Description string }

// Sample is a file to download, and in a few words what it is.
type Sample struct{ Name, Description, Content string }

// Toggle is something the inspector switches on and off. On and Set are called from several goroutines.
type Toggle struct {
	Name, Help string
	On         func() bool
	Set        func(on bool)
}

// page is the web page. It keeps nothing of the workspace but what each person has read.
type page struct {
	slack *slacksim.Server
	opts  Options
	look  *template.Template

	mu   sync.Mutex
	read map[[2]string]string // person, channel: timestamp of the newest message seen
}

// New returns the page of a workspace. It may share a listener with the Web API: see [slacksim.Server.SetPage].
//
// The page has no log-in, so it belongs on a loopback address. A tab keeps a stream of events open for as long as it is, so the
// HTTP server must have no write timeout. [slacksim.Server.Close] ends the streams.
func New(slack *slacksim.Server, opts Options) http.Handler {
	opts.Name = firstOf(opts.Name, "Local workspace")
	p := &page{slack: slack, opts: opts, look: parseLook(), read: map[[2]string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.whole)
	mux.Handle("GET /web/", http.FileServerFS(webFiles))
	mux.HandleFunc("GET /live", p.live)
	mux.HandleFunc("GET /file/{id}", p.file)
	mux.HandleFunc("GET /sample/{name}", p.sample)
	mux.HandleFunc("GET /archives/{channel}/{message}", p.permalink)
	mux.HandleFunc("POST /say", p.say)
	mux.HandleFunc("POST /act", p.act)
	mux.HandleFunc("POST /suggest", p.suggest)
	mux.HandleFunc("POST /submit", p.submit)
	mux.HandleFunc("POST /close", p.closeView)
	mux.HandleFunc("POST /faults", p.fault)
	mux.HandleFunc("POST /toggles", p.toggle)
	return locked(mux)
}

func parseLook() *template.Template {
	t := template.New("").Funcs(template.FuncMap{"plural": plural})
	return template.Must(t.ParseFS(webFiles, "web/*.html"))
}

// render executes one template. The templates are part of the program, so an error is a mistake in it and is shown.
func (p *page) render(name string, data any) string {
	var b bytes.Buffer
	if err := p.look.ExecuteTemplate(&b, name, data); err != nil {
		return "<p>" + template.HTMLEscapeString(err.Error()) + "</p>"
	}
	return b.String()
}

// whole answers with the page itself.
func (p *page) whole(w http.ResponseWriter, r *http.Request) {
	v, ok := p.viewer(r)
	if !ok {
		http.Error(w, "There is no such person or channel.", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(p.render("page", p.scene(v)))) // the reader may have left
}

// sample gives one of the sample files.
func (p *page) sample(w http.ResponseWriter, r *http.Request) {
	for _, s := range p.opts.Samples {
		if s.Name == r.PathValue("name") {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.Header().Set("Content-Disposition", "attachment")
			_, _ = io.WriteString(w, s.Content) // the reader may have left
			return
		}
	}
	http.NotFound(w, r)
}
