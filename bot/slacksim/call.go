package slacksim

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// maxBody bounds the body of a call: a view may have 250 kB, and a form encodes it.
const maxBody = 4 << 20

// object is a JSON object.
type object map[string]any

// apiError is Slack's answer to a call that failed.
type apiError struct {
	Code       string
	Messages   []string      // of response_metadata
	Needed     string        // the missing scope
	Details    any           // "errors" of blocks.validate
	RetryAfter time.Duration // of ratelimited
}

// newError returns an error with a code of Slack and, for some codes, messages that explain it.
func newError(code string, messages ...string) *apiError {
	return &apiError{Code: code, Messages: messages}
}

// rateLimited returns the error of a call that comes too early.
func rateLimited(wait time.Duration) *apiError {
	return &apiError{Code: "ratelimited", RetryAfter: wait}
}

// invalidBlocks returns an error with the problems of blocks or a view as its messages.
func invalidBlocks(code string, problems []blockkit.Problem) *apiError {
	e := &apiError{Code: code}
	for _, p := range problems {
		e.Messages = append(e.Messages, p.String())
	}
	return e
}

// status returns the error's code, "ok" without an error.
func (e *apiError) status() string {
	if e == nil {
		return "ok"
	}
	return e.Code
}

// String returns the code and the messages, for violations.
func (e *apiError) String() string {
	return strings.TrimSpace(e.Code + " " + strings.Join(e.Messages, "; "))
}

// responseBody returns the answer to a call: the fields of the result, or the error.
func responseBody(result object, e *apiError, scopes []string) json.RawMessage {
	body := object{"ok": e == nil}
	if e == nil {
		maps.Copy(body, result)
		return blockkit.EncodeJSON(body)
	}
	body["error"] = e.Code
	if len(e.Messages) > 0 {
		body["response_metadata"] = object{"messages": e.Messages}
	}
	if e.Needed != "" {
		body["needed"], body["provided"] = e.Needed, strings.Join(scopes, ",")
	}
	if e.Details != nil {
		body["errors"] = e.Details
	}
	return blockkit.EncodeJSON(body)
}

// call is a call of the Web API.
type call struct {
	method   string
	token    string
	inHeader bool // the token was in the header
	isJSON   bool // the body was JSON, not a form
	params   map[string]string
	base     string // scheme and host for URLs in the answer
	body     string // for the traffic
}

// readCall reads the token and the parameters from everywhere Slack accepts them: query, form, JSON, header.
func readCall(w http.ResponseWriter, r *http.Request, method string) (*call, error) {
	c := &call{method: method, params: map[string]string{}}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	contentType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err error
	if c.isJSON = contentType == "application/json"; c.isJSON {
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
		c.token, c.inHeader = bearer, true
	}
	return c, nil
}

// readForm reads the parameters of a form or a query. Of a repeated one the first value counts.
func (c *call) readForm(r *http.Request) error {
	if err := r.ParseMultipartForm(maxBody); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return err
	}
	for name, values := range r.Form {
		c.params[name] = values[0]
	}
	shown := maps.Clone(c.params)
	delete(shown, "token")
	c.body = string(blockkit.EncodeJSON(decodeParams(shown)))
	return nil
}

// decodeParams returns parameters with those that contain JSON as JSON, for the traffic.
func decodeParams(params map[string]string) map[string]any {
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

// readJSON reads parameters from a JSON object. Those that are no strings keep their JSON, as in a form.
func (c *call) readJSON(r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	c.body = string(body)
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

// flag returns a boolean parameter, or another value if it is missing.
func (c *call) flag(name string, missing bool) bool {
	switch c.params[name] {
	case "":
		return missing
	case "true", "1":
		return true
	}
	return false
}

// trigger returns the trigger_id, which also goes by a newer name.
func (c *call) trigger() string {
	if id := c.params["trigger_id"]; id != "" {
		return id
	}
	return c.params["interactivity_pointer"]
}

// botErrors are the codes of errors that are the bot's own mistake.
var botErrors = []string{
	"invalid_arguments", "invalid_blocks", "invalid_blocks_format", "invalid_view", "missing_argument", "no_text",
	"msg_too_long", "msg_blocks_too_long", "too_many_attachments", "view_too_large", "unknown_method",
	"not_allowed_token_type", "metadata_too_large", "invalid_metadata_format", "markdown_text_conflict",
	"alt_txt_too_large",
}
