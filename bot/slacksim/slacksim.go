package slacksim

import (
	"context"
	"crypto/rand"
	"net/http"
	"sync"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// Server is a local Slack with one workspace and one app. Its methods may be called from any goroutine.
//
// Unexported methods that touch the workspace expect mu to be held, unless they say otherwise.
type Server struct {
	appToken, botToken         string
	scopes                     []string
	enterprise, enterpriseName string
	pingEvery                  time.Duration
	page                       http.Handler
	mux                        *http.ServeMux

	life context.Context // ends with Close
	end  context.CancelFunc

	mu       sync.Mutex
	changed  chan struct{} // closed and made anew at each change
	base     string        // scheme and host of every URL that is handed out; empty until the first call of the Web API
	users    []User
	channels []*Channel
	groups   []Group
	commands []SlashCommand

	counter  int // for ids
	lastTS   time.Time
	messages map[string][]*message
	stacks   map[string][]*view // modals by user
	homes    map[string]*view
	offered  map[string][]blockkit.Option // what a suggestion last offered, by place and element
	triggers map[string]*trigger
	replies  map[string]*replyURL
	files    map[string]*storedFile

	socket   socketState
	faults   faultState
	observed observed
}

// Setting changes the workspace that [New] makes.
type Setting func(*Server)

// WithBase sets the scheme and host of the URLs that are handed out, such as "http://127.0.0.1:8765". Without it they are
// those that the first call of the Web API names.
func WithBase(url string) Setting { return func(s *Server) { s.base = url } }

// WithTokens sets the tokens the bot must show; the defaults are random.
func WithTokens(app, bot string) Setting {
	return func(s *Server) { s.appToken, s.botToken = app, bot }
}

// WithUsers puts these people in the place of the default ones. The bot's own user stays.
func WithUsers(users ...User) Setting {
	return func(s *Server) { s.users = append([]User{botUser()}, users...) }
}

// WithChannels puts these channels in the place of the default ones. Direct messages with the bot are made besides.
func WithChannels(channels ...Channel) Setting {
	return func(s *Server) { s.channels = channelPointers(channels) }
}

// WithGroups puts these user groups in the place of the default one.
func WithGroups(groups ...Group) Setting { return func(s *Server) { s.groups = groups } }

// WithCommands says which slash commands the app has. Without it every command reaches the bot, escaped.
func WithCommands(commands ...SlashCommand) Setting { return func(s *Server) { s.commands = commands } }

// WithScopes sets the scopes of the bot token; the default is [DefaultScopes].
func WithScopes(scopes ...string) Setting { return func(s *Server) { s.scopes = scopes } }

// WithEnterprise makes the workspace part of an Enterprise organisation.
func WithEnterprise(id, name string) Setting {
	return func(s *Server) { s.enterprise, s.enterpriseName = id, name }
}

// WithPingInterval sets how often the server pings; the default is 10 s (Slack: under 30 s).
func WithPingInterval(d time.Duration) Setting { return func(s *Server) { s.pingEvery = d } }

// New returns a ready workspace: the people [Mia], [Noah], [Gus] and [Stranger], the channels [Marketing], [General],
// [Partners] and [Private], and direct messages of everyone of the team with the bot.
func New(settings ...Setting) *Server {
	s := &Server{
		appToken: "xapp-1-" + App + "-local-" + rand.Text(), botToken: "xoxb-local-" + rand.Text(),
		scopes: DefaultScopes, pingEvery: 10 * time.Second,
		changed: make(chan struct{}),
		users:   append([]User{botUser()}, defaultUsers()...), channels: channelPointers(defaultChannels()),
		groups:   defaultGroups(),
		messages: map[string][]*message{}, stacks: map[string][]*view{}, homes: map[string]*view{},
		offered: map[string][]blockkit.Option{}, triggers: map[string]*trigger{}, replies: map[string]*replyURL{},
		files: map[string]*storedFile{},
	}
	s.life, s.end = context.WithCancel(context.Background())
	s.socket = newSocketState()
	s.observed = newObserved()
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

// Close ends all connections and everything that is under way.
func (s *Server) Close() {
	s.end()
	s.mu.Lock()
	conns := s.socket.conns
	s.mu.Unlock()
	for _, c := range conns {
		_ = c.ws.CloseNow()
	}
	s.socket.running.Wait()
}

// Done returns a channel that is closed by [Server.Close].
func (s *Server) Done() <-chan struct{} { return s.life.Done() }

// SetPage sets what answers every path that is not Slack's own. Call it before serving.
func (s *Server) SetPage(h http.Handler) { s.page = h }

// AppToken returns the app-level token, for Socket Mode.
func (s *Server) AppToken() string { return s.appToken }

// BotToken returns the bot's token, for the Web API.
func (s *Server) BotToken() string { return s.botToken }

// ServeHTTP answers the Web API, the socket, response URLs and files.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method...}", s.serveAPI)
	mux.HandleFunc("/link/", s.serveSocket)
	mux.HandleFunc("/commands/", s.serveReply)
	mux.HandleFunc("/actions/", s.serveReply)
	mux.HandleFunc("/upload/{key}", s.serveUpload)
	mux.HandleFunc("/files-pri/{file}/{name}", s.serveDownload)
	mux.HandleFunc("/", s.serveElse)
	return mux
}

func (s *Server) serveElse(w http.ResponseWriter, r *http.Request) {
	if s.page != nil {
		s.page.ServeHTTP(w, r)
		return
	}
	s.mu.Lock()
	s.violate("%s %s: Slack has no such path", r.Method, r.URL.Path)
	s.mu.Unlock()
	http.NotFound(w, r)
}

// baseOr returns the scheme and host of the URLs that are handed out; the first request decides if [WithBase] did not.
func (s *Server) baseOr(r *http.Request) string {
	if s.base == "" {
		scheme := "http"
		if r.TLS != nil {
			scheme = "https"
		}
		s.base = scheme + "://" + r.Host
	}
	return s.base
}
