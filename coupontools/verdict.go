package coupontools

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxErrors     = 8
	maxErrorText  = 200
	maxRetryAfter = 10 * time.Minute
	wordOK        = "ok"
	wordFailed    = "failed"
)

// accountCodes are the error codes that refuse the account, not the call.
var accountCodes = []int{1000, 101, 103, 104}

// verdict is what an answer's envelope says about the call.
type verdict struct {
	// word is status.status in lower case, empty if there is none; flat is the same of a status that is no object.
	word  string
	flat  string
	codes []int
	texts []string
}

// ok reports whether the API says that the call was carried out.
func (v verdict) ok() bool { return v.word == wordOK }

// good reports whether the answer may be taken for a good one. Of a send or another write it has to say so; of a read it
// is enough that it says nothing else. The resource style has no envelope: there the HTTP status says it, and a status
// in the answer is the object's.
func (v verdict) good(r *route) bool {
	switch {
	case v.word != "":
		return v.ok()
	case r.style == resource:
		return true
	case r.kind != read:
		return false
	}
	return slices.Contains([]string{"", wordOK, "success", "true", "1", "200"}, v.flat)
}

// refused reports whether the API says that the call was not carried out. A word that is not documented says neither.
func (v verdict) refused() bool {
	return v.word == wordFailed || v.word != wordOK && len(v.codes) > 0
}

// verdict reads the envelope. Its errors stand inside the status on most routes, beside it on some, and one of a kind or
// as lists.
func (a answer) verdict() verdict {
	var v verdict
	status := a.top.object("status")
	v.word = strings.ToLower(status.text("status"))
	v.flat = strings.ToLower(a.top.text("status"))
	if string(a.top.value("status")) == "false" {
		v.flat = wordFailed
	}
	for _, holder := range []fields{status, a.top} {
		for _, raw := range oneOrMany(holder.value("errors")) {
			v.say(text(raw))
			v.add(fieldsOf(raw))
		}
		if len(v.codes)+len(v.texts) > 0 {
			break
		}
	}
	if len(v.texts) == 0 {
		v.say(a.top.text("message", "error"))
	}
	return v
}

// add takes in one object of errors.
func (v *verdict) add(errs fields) {
	for _, raw := range oneOrMany(errs.value("errorcode")) {
		if code, ok := number(raw); ok && code > 0 && len(v.codes) < maxErrors {
			v.codes = append(v.codes, code)
		}
	}
	before := len(v.texts)
	for _, raw := range oneOrMany(errs.value("errormessagedescription")) {
		v.say(text(raw))
	}
	// The message is only the status line where there are descriptions.
	if len(v.texts) == before {
		v.say(errs.text("errormessage"))
	}
}

// say adds a text if there is one and room for it.
func (v *verdict) say(text string) {
	if text != "" && len(v.texts) < maxErrors {
		v.texts = append(v.texts, text)
	}
}

// oneOrMany returns the elements of a list, or a single value as the only element.
func oneOrMany(raw json.RawMessage) []json.RawMessage {
	if blank(raw) {
		return nil
	}
	if list, ok := elements(raw); ok {
		return list
	}
	return []json.RawMessage{raw}
}

// refusal returns the failure of a call whose answer is not a good one.
func (c *Client) refusal(r *route, resp *http.Response, v verdict) *Error {
	e := &Error{
		Route: r.String(), Status: resp.StatusCode, Codes: v.codes, Class: classify(resp.StatusCode, v),
		RetryAfter: retryAfter(resp.Header.Get("Retry-After"), time.Now()),
	}
	for _, text := range v.texts {
		e.Texts = append(e.Texts, cut(c.scrub(text), maxErrorText))
	}
	e.passing = e.Class == RateLimited || e.Class == Unknown && resp.StatusCode/100 != 3
	return e
}

// classify returns the class of a failure that the API answered.
func classify(status int, v verdict) Class {
	account := func(code int) bool { return slices.Contains(accountCodes, code) }
	switch {
	case status == http.StatusTooManyRequests:
		return RateLimited
	case status == http.StatusUnauthorized, status == http.StatusForbidden,
		v.refused() && slices.ContainsFunc(v.codes, account):
		return AccountRefused
	case v.refused(), status/100 == 4 && status != http.StatusRequestTimeout:
		return Refused
	default:
		return Unknown
	}
}

// retryAfter reads the header of that name: seconds, or a date.
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if seconds, err := strconv.ParseFloat(header, 64); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, maxRetryAfter.Seconds()) * float64(time.Second))
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, min(at.Sub(now), maxRetryAfter))
	}
	return 0
}

var (
	looksLikeAddress = regexp.MustCompile(`[^\s<>"'(),;:]+@[^\s<>"'(),;]+`)
	// looksLikePhone is seven digits or more, however they are grouped. Those of an id follow an underscore.
	looksLikePhone = regexp.MustCompile(`(?:\+|\b)\d(?:[\s().\-/]{0,2}\d){6,}`)
)

// scrub takes out of the API's words what must not get into logs: the keys, and what looks like an address or a number.
func (c *Client) scrub(text string) string {
	for _, key := range []string{c.id, string(c.secret)} {
		if len(key) >= minKey {
			text = strings.ReplaceAll(text, key, redacted)
		}
	}
	return scrubPeople(text)
}

// minKey is the length from which a key is taken out of texts. A real one has about thirty characters; one of a few
// letters, as in a trial, would tear words apart.
const minKey = 6

// scrubPeople takes out addresses and phone numbers.
func scrubPeople(text string) string {
	text = looksLikeAddress.ReplaceAllLiteralString(text, "(address)")
	return looksLikePhone.ReplaceAllLiteralString(text, "(number)")
}
