package slacksim

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"
)

// Slack: a response_url takes 5 posts within 30 minutes.
const (
	replyUses  = 5
	replyLife  = 30 * time.Minute
	maxReplies = 10_000
)

// replyURL is a response_url that was handed to the bot.
type replyURL struct {
	channel, user string
	source        string // ts of the message that was clicked, "" for a command
	at            time.Time
	uses          int
}

// newReply returns a response_url. kind is commands or actions.
func (s *Server) newReply(kind, channel, user, source string) string {
	now := time.Now()
	if len(s.replies) >= maxReplies {
		maps.DeleteFunc(s.replies, func(_ string, r *replyURL) bool { return now.Sub(r.at) > replyLife+forgetAfter })
	}
	s.counter++
	path := fmt.Sprintf("/%s/%s/%d/%s", kind, Team, s.counter, rand.Text())
	s.replies[path] = &replyURL{channel: channel, user: user, source: source, at: now}
	return s.base + path
}

// reply is what may be posted to a response_url, or in the acknowledgement of a command.
type reply struct {
	Text         string          `json:"text"`
	Blocks       json.RawMessage `json:"blocks"`
	ResponseType string          `json:"response_type"`
	Replace      bool            `json:"replace_original"`
	Delete       bool            `json:"delete_original"`
	Thread       string          `json:"thread_ts"`
	UnfurlLinks  bool            `json:"unfurl_links"`
	UnfurlMedia  *bool           `json:"unfurl_media"`
}

var replyKeys = []string{
	"text", "blocks", "response_type", "replace_original", "delete_original", "thread_ts", "unfurl_links", "unfurl_media",
	"mrkdwn", "link_names", "parse", "metadata", "attachments",
}

// readReply reads and checks a message in an acknowledgement or for a response_url; where says which, for violations.
func (s *Server) readReply(where string, raw []byte) (reply, content, *refusal) {
	var keys map[string]json.RawMessage
	var r reply
	if json.Unmarshal(raw, &keys) != nil || json.Unmarshal(raw, &r) != nil {
		return r, content{}, refuse("invalid_payload")
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !slices.Contains(replyKeys, key) {
			s.violate("%s: a message has no field %q", where, key)
		}
	}
	if !slices.Contains([]string{"", "ephemeral", "in_channel"}, r.ResponseType) {
		return r, content{}, refuse("invalid_arguments", "[ERROR] response_type: "+r.ResponseType)
	}
	params := map[string]string{"text": r.Text, "attachments": string(keys["attachments"])}
	if string(r.Blocks) != "null" {
		params["blocks"] = string(r.Blocks)
	}
	what, no := s.readContent(&call{method: where, params: params})
	return r, what, no
}

func (s *Server) serveReply(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil || r.Method != http.MethodPost {
		http.Error(w, "POST a message", http.StatusBadRequest)
		return
	}
	fault := s.takeFault(r, "response_url")
	s.mu.Lock()
	no := s.reply(r.URL.Path, raw, fault)
	status, body := replyStatus(no), s.encodeAnswer(answer{}, no)
	wrong := fault.Error == "" && no != nil && slices.Contains(botsFault, no.Code) // a fault that was asked for is not the bot's
	if wrong {
		s.violate("response_url: %s %v", no.Code, no.Messages)
	}
	s.note(TrafficEntry{
		FromBot: true, Kind: "response_url", Name: "response_url", Status: outcome(no), Duration: time.Since(start),
		Request: string(raw), Response: string(body), Violation: wrong,
	})
	s.mu.Unlock()
	if status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", fmt.Sprint(int((no.Retry+time.Second-1)/time.Second)))
	}
	if fault.Status != 0 {
		status = fault.Status
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func replyStatus(no *refusal) int {
	switch {
	case no == nil:
		return http.StatusOK
	case no.Code == "used_url" || no.Code == "invalid_url":
		return http.StatusNotFound
	case no.Code == "expired_url":
		return http.StatusGone
	case no.Code == "ratelimited":
		return http.StatusTooManyRequests
	}
	return http.StatusBadRequest
}

func (s *Server) reply(path string, raw []byte, fault Fault) *refusal {
	u := s.replies[path]
	switch {
	case fault.RetryAfter > 0:
		return &refusal{Code: "ratelimited", Retry: fault.RetryAfter}
	case fault.Error != "":
		return refuse(fault.Error)
	case fault.Status != 0:
		return refuse("internal_error")
	case u == nil:
		s.violate("%s: no such response_url was given out", path)
		return refuse("invalid_url")
	case time.Since(u.at) > replyLife:
		return refuse("expired_url")
	case u.uses >= replyUses:
		return refuse("used_url")
	}
	if wait := s.faults.paceChannel(time.Now(), u.channel); wait > 0 {
		return &refusal{Code: "ratelimited", Retry: wait}
	}
	u.uses++
	r, what, no := s.readReply("response_url", raw)
	if no != nil {
		return no
	}
	return s.answerTo(u, r, what)
}

// answerTo does what was posted to a response_url: takes the source away, replaces it, or posts a message.
func (s *Server) answerTo(u *replyURL, r reply, what content) *refusal {
	source := s.message(u.channel, u.source)
	if (r.Replace || r.Delete) && u.source == "" {
		s.violate("response_url: a typed command cannot be replaced or deleted")
	}
	empty := !what.hasText && len(what.blocks) == 0
	switch {
	case r.Delete && source != nil:
		s.drop(source)
		return nil
	case r.Delete:
		return nil
	case empty:
		return refuse("no_text")
	case r.Replace && source != nil:
		what.hasText, what.hasBlocks = true, true
		s.edit(source, what)
		return nil
	}
	s.postReply(u.channel, u.user, r, what)
	return nil
}

// postReply posts an answer as the bot, where it need not be a member: to the person alone unless in_channel is asked.
func (s *Server) postReply(channel, user string, r reply, what content) *message {
	m := s.fromBot(channel, what)
	m.ThreadTS, m.UnfurlLinks, m.UnfurlMedia = r.Thread, r.UnfurlLinks, r.UnfurlMedia == nil || *r.UnfurlMedia
	if r.ResponseType != "in_channel" {
		m.OnlyFor = user
	}
	s.post(m)
	return m
}
