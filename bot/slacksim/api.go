package slacksim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// maxBody bounds the body of a Web API call: Slack's largest view is 250 kB, forms make that larger.
const maxBody = 4 << 20

// call is one call of the Web API.
type call struct {
	method  string
	token   string
	header  bool // the token came in the header
	json    bool // the body was JSON
	params  map[string]string
	base    string // scheme and host of the URLs in the answer
	request string // the body as it came, for the inspector
}

// answer is the body of a successful call, without ok.
type answer map[string]any

// refusal is Slack's answer to a call that did not work.
type refusal struct {
	Code     string
	Messages []string // of response_metadata
	Needed   string   // the scope that is missing
	Errors   any      // of blocks.validate
	Retry    time.Duration
}

func refuse(code string, messages ...string) *refusal {
	return &refusal{Code: code, Messages: messages}
}

func refuseProblems(code string, problems []blockkit.Problem) *refusal {
	r := &refusal{Code: code}
	for _, p := range problems {
		r.Messages = append(r.Messages, p.String())
	}
	return r
}

// botsFault are the errors that a bot brings on itself.
var botsFault = []string{
	"invalid_arguments", "invalid_blocks", "invalid_blocks_format", "invalid_view", "missing_argument", "no_text",
	"msg_too_long", "msg_blocks_too_long", "too_many_attachments", "view_too_large", "unknown_method",
	"not_allowed_token_type", "metadata_too_large", "invalid_metadata_format", "markdown_text_conflict",
	"alt_txt_too_large",
}

func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	start, name := time.Now(), r.PathValue("method")
	c, err := readCall(w, r, name)
	if err != nil {
		http.Error(w, "unreadable body", http.StatusBadRequest)
		return
	}
	fault := s.takeFault(r, name)
	if fault.Status != 0 {
		s.noteCall(c, start, fmt.Sprintf("HTTP %d", fault.answer(w)), nil)
		return
	}
	s.mu.Lock()
	c.base = s.baseOr(r)
	out, no := s.perform(c, fault)
	status, body := http.StatusOK, s.encodeAnswer(out, no)
	scopes := strings.Join(s.scopes, ",")
	s.mu.Unlock()

	if no != nil && no.Code == "ratelimited" {
		status = http.StatusTooManyRequests
		w.Header().Set("Retry-After", fmt.Sprint(seconds(no.Retry)))
	}
	s.noteCall(c, start, outcome(no), body)
	if c.token == s.botToken {
		w.Header().Set("X-OAuth-Scopes", scopes)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func outcome(no *refusal) string {
	if no != nil {
		return no.Code
	}
	return "ok"
}

func (s *Server) noteCall(c *call, start time.Time, status string, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(TrafficEntry{
		FromBot: true, Kind: "api", Name: c.method, Status: status, Duration: time.Since(start),
		Request: c.request, Response: string(body), Violation: slices.Contains(botsFault, status),
	})
}

// encodeAnswer gives the body: ok, and the fields of the answer or of the refusal.
func (s *Server) encodeAnswer(out answer, no *refusal) json.RawMessage {
	body := answer{"ok": no == nil}
	if no == nil {
		maps.Copy(body, out)
		return blockkit.EncodeJSON(body)
	}
	body["error"] = no.Code
	if len(no.Messages) > 0 {
		body["response_metadata"] = answer{"messages": no.Messages}
	}
	if no.Needed != "" {
		body["needed"], body["provided"] = no.Needed, strings.Join(s.scopes, ",")
	}
	if no.Errors != nil {
		body["errors"] = no.Errors
	}
	return blockkit.EncodeJSON(body)
}

// perform checks everything that is alike for all methods, and runs the method.
func (s *Server) perform(c *call, fault Fault) (answer, *refusal) {
	m, known := methods[c.method]
	if !known {
		s.violate("%s: the local Slack has no such method", c.method)
		return nil, refuse("unknown_method")
	}
	if fault.RetryAfter > 0 {
		return nil, &refusal{Code: "ratelimited", Retry: fault.RetryAfter}
	}
	if fault.Error != "" {
		return nil, refuse(fault.Error)
	}
	no := s.admit(c, m)
	var out answer
	if no == nil {
		out, no = m.run(s, c)
	}
	if no != nil && slices.Contains(botsFault, no.Code) {
		s.violate("%s: %s %s", c.method, no.Code, strings.Join(no.Messages, "; "))
	}
	return out, no
}

// admit checks the token, the scope, the pace and the names of the parameters.
func (s *Server) admit(c *call, m method) *refusal {
	if no := s.checkToken(c, m); no != nil {
		return no
	}
	if no := s.checkScope(m.scopes...); no != nil {
		return no
	}
	if wait := s.faults.pace(time.Now(), c.method, m.tier); wait > 0 {
		return &refusal{Code: "ratelimited", Retry: wait}
	}
	if c.json && !m.json {
		s.violate("%s: takes a form, JSON was sent", c.method)
		clear(c.params)
	}
	return s.checkParams(c, m)
}

func (s *Server) checkToken(c *call, m method) *refusal {
	switch {
	case c.token == "":
		return refuse("not_authed")
	case c.token != s.appToken && c.token != s.botToken:
		return refuse("invalid_auth")
	case m.app && !c.header:
		return refuse("not_authed", "an app-level token goes into the Authorization header")
	case m.app != (c.token == s.appToken):
		return refuse("not_allowed_token_type")
	}
	return nil
}

// checkScope wants all of the scopes.
func (s *Server) checkScope(scopes ...string) *refusal {
	for _, scope := range scopes {
		if !slices.Contains(s.scopes, scope) {
			return &refusal{Code: "missing_scope", Needed: scope}
		}
	}
	return nil
}

func (s *Server) checkParams(c *call, m method) *refusal {
	known := map[string]bool{"token": true}
	for name := range strings.FieldsSeq(m.params) {
		bare, required := strings.CutSuffix(name, "*")
		known[bare] = true
		if required && c.params[bare] == "" {
			return refuse(m.missing(bare), "[ERROR] missing required field: "+bare)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.params)) {
		if !known[name] {
			s.violate("%s: has no parameter %q", c.method, name)
		}
	}
	return nil
}

// readCall reads token and parameters from wherever Slack takes them: query, form, JSON, header.
func readCall(w http.ResponseWriter, r *http.Request, name string) (*call, error) {
	c := &call{method: name, params: map[string]string{}}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err error
	if c.json = kind == "application/json"; c.json {
		err = c.readJSON(r)
	} else {
		err = c.readForm(r)
	}
	if err != nil {
		return nil, err
	}
	c.token = c.params["token"]
	delete(c.params, "token")
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		c.token, c.header = bearer, true
	}
	return c, nil
}

func (c *call) readForm(r *http.Request) error {
	if err := r.ParseMultipartForm(maxBody); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return err
	}
	for name, values := range r.Form {
		c.params[name] = values[0]
	}
	shown := maps.Clone(c.params)
	delete(shown, "token")
	c.request = string(blockkit.EncodeJSON(unfold(shown)))
	return nil
}

// unfold shows parameters that hold JSON as JSON.
func unfold(params map[string]string) map[string]any {
	out := map[string]any{}
	for name, value := range params {
		out[name] = value
		if strings.HasPrefix(value, "{") || strings.HasPrefix(value, "[") {
			if raw := json.RawMessage(value); json.Valid(raw) {
				out[name] = raw
			}
		}
	}
	return out
}

func (c *call) readJSON(r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	c.request = string(body)
	var fields map[string]json.RawMessage
	if len(body) > 0 && json.Unmarshal(body, &fields) != nil {
		return errors.New("not a JSON object")
	}
	for name, raw := range fields {
		var text string
		switch {
		case string(raw) == "null":
		case json.Unmarshal(raw, &text) == nil:
			c.params[name] = text
		default:
			c.params[name] = string(raw)
		}
	}
	return nil
}

// flag reads a boolean parameter; def when it is not there.
func (c *call) flag(name string, def bool) bool {
	switch c.params[name] {
	case "":
		return def
	case "true", "1":
		return true
	}
	return false
}
