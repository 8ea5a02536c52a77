package slacksim

import (
	"context"
	"crypto/rand"
	"net/http"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// Setting changes the workspace that [New] creates.
type Setting func(*Server)

// WithBase sets the scheme and host of all URLs that the server returns, such as "http://127.0.0.1:8765". Without it they are
// those of the first call of the Web API.
func WithBase(url string) Setting { return func(s *Server) { s.base = url } }

// WithTokens sets the tokens of the bot. Without it they are random.
func WithTokens(app, bot string) Setting {
	return func(s *Server) { s.appToken, s.botToken = app, bot }
}

// WithUsers replaces the default people. The bot's own user stays.
func WithUsers(users ...User) Setting {
	return func(s *Server) { s.users = append([]User{botUser()}, users...) }
}

// WithChannels replaces the default channels. Direct messages with the bot are added.
func WithChannels(channels ...Channel) Setting {
	return func(s *Server) { s.channels = pointers(channels) }
}

// WithGroups replaces the default user group.
func WithGroups(groups ...Group) Setting { return func(s *Server) { s.groups = groups } }

// WithCommands sets the slash commands of the app. Without it every command is sent to the bot, with should_escape.
func WithCommands(commands ...SlashCommand) Setting { return func(s *Server) { s.commands = commands } }

// WithScopes sets the scopes of the bot token. Without it they are [DefaultScopes].
func WithScopes(scopes ...string) Setting { return func(s *Server) { s.scopes = scopes } }

// WithEnterprise makes the workspace part of an Enterprise organisation.
func WithEnterprise(id, name string) Setting {
	return func(s *Server) { s.enterprise, s.enterpriseName = id, name }
}

// WithPingInterval sets the time between the server's pings. Without it that's 10 s; Slack pings at least every 30 s.
func WithPingInterval(d time.Duration) Setting { return func(s *Server) { s.pingInterval = d } }

// New returns a workspace with the people [Mia], [Noah], [Gus] and [Stranger], the channels [Marketing], [General],
// [Partners] and [Private], and direct messages between the bot and everyone on the team.
func New(settings ...Setting) *Server {
	s := &Server{
		appToken: "xapp-1-" + App + "-local-" + rand.Text(), botToken: "xoxb-local-" + rand.Text(),
		scopes: DefaultScopes, pingInterval: 10 * time.Second,
		workspace: newWorkspace(), journal: newJournal(), connections: newConnections(),
		triggers: triggers{byID: map[string]*trigger{}}, responseURLs: responseURLs{byPath: map[string]*responseURL{}},
		suggested: map[string][]blockkit.Option{},
	}
	s.life, s.end = context.WithCancel(context.Background())
	for _, set := range settings {
		set(s)
	}
	s.mux = s.routes()
	for _, u := range s.users {
		if !u.Bot && !u.Stranger {
			s.openDirect(u.ID)
		}
	}
	return s
}

// Close closes all connections and waits until everything has stopped.
func (s *Server) Close() {
	s.end()
	for _, c := range s.openConnections() {
		_ = c.ws.CloseNow()
	}
	s.connections.running.Wait()
}

// Done returns a channel that is closed by [Server.Close].
func (s *Server) Done() <-chan struct{} { return s.life.Done() }

// SetPage sets the handler of all paths that aren't Slack's. Call it before serving.
func (s *Server) SetPage(h http.Handler) { s.page = h }

// AppToken returns the app-level token, for Socket Mode.
func (s *Server) AppToken() string { return s.appToken }

// BotToken returns the bot's token, for the Web API.
func (s *Server) BotToken() string { return s.botToken }

// ServeHTTP serves the Web API, Socket Mode, response URLs and files.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// routes maps the paths of Slack to their handlers. All other paths are those of the page.
func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method...}", s.serveAPI)
	mux.HandleFunc("/link/", s.serveSocket)
	mux.HandleFunc("/commands/", s.serveResponseURL)
	mux.HandleFunc("/actions/", s.serveResponseURL)
	mux.HandleFunc("/upload/{key}", s.serveUpload)
	mux.HandleFunc("/files-pri/{file}/{name}", s.serveDownload)
	mux.HandleFunc("/", s.serveOther)
	return mux
}

// serveOther serves the page. Without one, the path is a mistake of the bot.
func (s *Server) serveOther(w http.ResponseWriter, r *http.Request) {
	if s.page != nil {
		s.page.ServeHTTP(w, r)
		return
	}
	s.mu.Lock()
	s.violation("%s %s: Slack has no such path", r.Method, r.URL.Path)
	s.mu.Unlock()
	http.NotFound(w, r)
}
