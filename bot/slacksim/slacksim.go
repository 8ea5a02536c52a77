package slacksim

import (
	"net/http"
	"time"
)

// Setting changes the workspace that [New] makes.
type Setting func(*Server)

// WithTokens sets the tokens the bot must show; the defaults are made up.
func WithTokens(app, bot string) Setting { return func(s *Server) { s.appToken, s.botToken = app, bot } }

// WithUsers puts these people in the place of the default ones. The bot's own user stays.
func WithUsers(users ...User) Setting { return func(s *Server) { s.setUsers(users) } }

// WithChannels puts these channels in the place of the default ones. Direct messages are made besides.
func WithChannels(channels ...Channel) Setting { return func(s *Server) { s.setChannels(channels) } }

// WithGroups puts these user groups in the place of the default one.
func WithGroups(groups ...Group) Setting { return func(s *Server) { s.groups = groups } }

// WithCommands says which slash commands the app has. Without it every command reaches the bot, escaped.
func WithCommands(commands ...SlashCommand) Setting { return func(s *Server) { s.commands = commands } }

// WithScopes sets the scopes of the bot token; the default is [DefaultScopes].
func WithScopes(scopes ...string) Setting { return func(s *Server) { s.scopes = scopes } }

// WithClock sets the clock of timestamps, triggers, response URLs and rate limits; the default is [time.Now].
// Deadlines and pings use the machine's timers.
func WithClock(now func() time.Time) Setting { return func(s *Server) { s.now = now } }

// WithEnterprise makes the workspace part of an Enterprise organisation.
func WithEnterprise(id, name string) Setting {
	return func(s *Server) { s.enterprise, s.enterpriseName = id, name }
}

// WithPingInterval sets how often the server pings; the default is 10 s.
func WithPingInterval(d time.Duration) Setting { return func(s *Server) { s.pingEvery = d } }

// ServeHTTP answers the Web API, the socket, response URLs and files.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }
