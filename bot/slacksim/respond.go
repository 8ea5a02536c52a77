package slacksim

import (
	"io"
	"net/http"
	"slices"
	"time"
)

// serveResponseURL handles a post to a response_url.
func (s *Server) serveResponseURL(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil || r.Method != http.MethodPost {
		http.Error(w, "POST a message", http.StatusBadRequest)
		return
	}
	fault := s.takeFault(r, "response_url")
	s.mu.Lock()
	apiErr := s.respond(r.URL.Path, raw, fault)
	body := responseBody(object{}, apiErr, s.scopes)
	wrong := fault.Error == "" && apiErr != nil && slices.Contains(botErrors, apiErr.Code)
	if wrong {
		s.violation("response_url: %s", apiErr)
	}
	s.addTraffic(TrafficEntry{
		FromBot: true, Kind: "response_url", Name: "response_url", Status: apiErr.status(), Duration: time.Since(start),
		Request: string(raw), Response: string(body), Violation: wrong,
	})
	s.mu.Unlock()

	status := responseURLStatus(apiErr)
	if status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", retryAfter(apiErr.RetryAfter))
	}
	if fault.Status != 0 {
		status = fault.Status
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// responseURLStatus returns the HTTP status of an answer. Slack doesn't document those of used (404) and expired (410) URLs;
// they are assumed.
func responseURLStatus(err *apiError) int {
	switch err.status() {
	case "ok":
		return http.StatusOK
	case "used_url", "invalid_url":
		return http.StatusNotFound
	case "expired_url":
		return http.StatusGone
	case "ratelimited":
		return http.StatusTooManyRequests
	}
	return http.StatusBadRequest
}

// respond checks a post to a response_url and does what it asks for.
func (s *Server) respond(path string, raw []byte, fault Fault) *apiError {
	u := s.responseURLs.byPath[path]
	switch {
	case fault.RetryAfter > 0:
		return rateLimited(fault.RetryAfter)
	case fault.Error != "":
		return newError(fault.Error)
	case fault.Status != 0:
		return newError("internal_error")
	case u == nil:
		s.violation("%s: no such response_url was issued", path)
		return newError("invalid_url")
	case time.Since(u.at) > responseURLLife:
		return newError("expired_url")
	case u.uses >= responseURLUses:
		return newError("used_url")
	}
	if wait := s.rates.checkPost(u.channel); wait > 0 {
		return rateLimited(wait)
	}
	u.uses++
	r, err := s.readReply("response_url", raw)
	if err != nil {
		return err
	}
	return s.applyReply(u, r)
}

// applyReply deletes or replaces the message that was clicked, or posts a new one.
func (s *Server) applyReply(u *responseURL, r reply) *apiError {
	source := s.message(u.channel, u.source)
	if (r.Replace || r.Delete) && u.source == "" {
		s.violation("response_url: a typed command can't be replaced or deleted")
	}
	switch {
	case r.Delete && source != nil:
		s.deleteMessage(source)
	case r.Delete:
	case r.content.empty():
		return newError("no_text")
	case r.Replace && source != nil:
		r.content.hasText, r.content.hasBlocks = true, true
		s.edit(source, r.content)
	default:
		s.postReply(u.channel, u.user, r)
	}
	return nil
}
