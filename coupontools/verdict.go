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

// accountCodes are the error codes that refuse the account rather than the call.
var accountCodes = []int{1000, 101, 103, 104}

// verdict is the outcome an answer's envelope states.
type verdict struct {
	// word is status.status in lower case, or ""; flat is the same for a status that isn't an object.
	word  string
	flat  string
	codes []int
	texts []string
}

// ok reports whether the API states that the call was carried out.
func (v verdict) ok() bool { return v.word == wordOK }

// good reports whether the answer counts as success. A send or a write must say so; for a read it is enough that the answer
// says nothing else. The resource style has no envelope: the HTTP status decides, and a status in the body belongs to the
// object.
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

// refused reports whether the API states that the call was not carried out. An undocumented word is neither good nor
// refused.
func (v verdict) refused() bool {
	return v.word == wordFailed || v.word != wordOK && len(v.codes) > 0
}

// verdict reads the envelope. Errors are inside the status on most routes and beside it on some, single or as lists.
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
			v.say(textOf(raw))
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

// add adds the codes and texts of one object of errors.
func (v *verdict) add(errs fields) {
	for _, raw := range oneOrMany(errs.value("errorcode")) {
		if code, ok := wholeNumber(raw); ok && code > 0 && len(v.codes) < maxErrors {
			v.codes = append(v.codes, code)
		}
	}
	before := len(v.texts)
	for _, raw := range oneOrMany(errs.value("errormessagedescription")) {
		v.say(textOf(raw))
	}
	// Where there are descriptions, the message only repeats the status line.
	if len(v.texts) == before {
		v.say(errs.text("errormessage"))
	}
}

// say adds a text unless it is empty or there are too many.
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

// refusal returns the failure for an answer that isn't a success.
func (c *Client) refusal(r *route, resp *http.Response, v verdict) *Error {
	e := &Error{
		Route: r.String(), Status: resp.StatusCode, Codes: v.codes, Class: classify(resp.StatusCode, v),
		RetryAfter: parseRetryAfter(resp.Header.Get("Retry-After"), time.Now()),
	}
	for _, text := range v.texts {
		e.Texts = append(e.Texts, cut(c.scrub(text), maxErrorText))
	}
	e.passing = e.Class == RateLimited || e.Class == Unknown && resp.StatusCode/100 != 3
	return e
}

// classify returns the class of a failure that has an answer.
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

// parseRetryAfter parses a Retry-After header: seconds or a date.
func parseRetryAfter(header string, now time.Time) time.Duration {
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
	// looksLikePhone is seven digits or more, however they are grouped. An id's digits follow an underscore, so they don't
	// match.
	looksLikePhone = regexp.MustCompile(`(?:\+|\b)\d(?:[\s().\-/]{0,2}\d){6,}`)
)

// scrub removes the keys and anything that looks like an e-mail address or phone number from the API's text.
func (c *Client) scrub(text string) string {
	for _, key := range []string{c.id, c.secret.Reveal()} {
		if len(key) >= minKey {
			text = strings.ReplaceAll(text, key, redacted)
		}
	}
	return scrubPeople(text)
}

// minKey is the shortest key that is removed from texts. A real one has about thirty characters; removing one of a few
// letters would tear words apart.
const minKey = 6

// scrubPeople removes e-mail addresses and phone numbers.
func scrubPeople(text string) string {
	text = looksLikeAddress.ReplaceAllLiteralString(text, "(address)")
	return looksLikePhone.ReplaceAllLiteralString(text, "(number)")
}
