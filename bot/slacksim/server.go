package slacksim

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// Server is a local Slack with one workspace and one app. Its methods may be called from any goroutine.
//
// Unexported methods expect the caller to hold mu, unless their comment says otherwise. So do those of the parts.
type Server struct {
	appToken, botToken         string
	scopes                     []string
	enterprise, enterpriseName string
	pingInterval               time.Duration
	page                       http.Handler
	mux                        *http.ServeMux

	life context.Context // ends with Close
	end  context.CancelFunc

	mu sync.Mutex
	workspace
	journal
	base         string // scheme and host of all URLs; "" until the first call of the Web API
	ids          idSource
	triggers     triggers
	responseURLs responseURLs
	suggested    map[string][]blockkit.Option // the options that the bot suggested last, by suggestionKey
	connections  connections
	faults       faultState
	rates        rateLimits
}

// baseURL returns the scheme and host of all URLs: those of [WithBase], or those of the first request.
func (s *Server) baseURL(r *http.Request) string {
	if s.base == "" {
		scheme := "http"
		if r.TLS != nil {
			scheme = "https"
		}
		s.base = scheme + "://" + r.Host
	}
	return s.base
}

// requireScopes returns an error if the bot token lacks one of the scopes.
func (s *Server) requireScopes(scopes ...string) *apiError {
	for _, scope := range scopes {
		if !slices.Contains(s.scopes, scope) {
			return &apiError{Code: "missing_scope", Needed: scope}
		}
	}
	return nil
}

// visibleChannel returns a channel that the bot can see: not a private one or a direct message without it.
func (s *Server) visibleChannel(id string) (*Channel, *apiError) {
	c := s.channel(id)
	if c == nil || (c.Private || c.IM) && !c.Has(Bot) {
		return nil, newError("channel_not_found")
	}
	return c, nil
}

// directWith opens direct messages with a user.
func (s *Server) directWith(user string) (*Channel, *apiError) {
	u := s.user(user)
	switch {
	case u == nil:
		return nil, newError("user_not_found")
	case u.Deleted:
		return nil, newError("user_disabled")
	case u.Bot:
		return nil, newError("cannot_dm_bot")
	}
	return s.openDirect(user), nil
}

// takeFault returns the fault for a call after its delay. It locks mu itself.
func (s *Server) takeFault(r *http.Request, method string) Fault {
	s.mu.Lock()
	f := s.faults.take(method)
	s.mu.Unlock()
	if f.Delay > 0 {
		select {
		case <-time.After(f.Delay):
		case <-r.Context().Done():
		case <-s.life.Done():
		}
	}
	return f
}
