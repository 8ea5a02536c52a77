package socket

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	// maxIDBytes bounds an envelope_id. Slack: a UUID.
	maxIDBytes = 256
	// maxWordBytes bounds what is logged or kept of Slack's other names.
	maxWordBytes = 100
)

// decode reads a frame: its type, and the envelope if it is one. It is lenient: a field of another type than expected
// counts as absent, and of text that is no JSON object the envelope_id is still found, with understood being false.
func decode(raw []byte) (env Envelope, understood bool) {
	understood = members(raw, func(name string, value []byte) {
		switch name {
		case "type":
			env.Type = stringOf(value)
		case "envelope_id":
			env.ID = stringOf(value)
		case "payload":
			env.Payload = value
		case "retry_attempt":
			env.RetryAttempt = wholeNumber(value)
		case "retry_reason":
			env.RetryReason = stringOf(value)
		}
	})
	if !understood {
		env = Envelope{ID: idWithin(raw)}
	}
	if len(env.ID) > maxIDBytes {
		env.ID = ""
	}
	return env, understood
}

// members gives see the name and the value, still encoded, of each member of the JSON object in raw, and tells whether
// there is such an object. It goes by quotes and brackets alone: what is inside a value is not checked. This is several
// times as fast as encoding/json, and its time is part of every acknowledgement.
func members(raw []byte, see func(name string, value []byte)) bool {
	rest, ok := bytes.CutPrefix(bytes.TrimSpace(raw), []byte("{"))
	if rest = bytes.TrimSpace(rest); string(rest) == "}" {
		return ok
	}
	for ok {
		var name, value []byte
		name, rest, ok = item(rest, ':')
		if !ok || name[0] != '"' {
			return false
		}
		last := false
		if value, rest, ok = item(rest, ','); !ok {
			value, rest, last = item(rest, '}')
			ok = last && len(rest) == 0
		}
		if !ok {
			return false
		}
		see(string(name[1:len(name)-1]), value)
		if last {
			return true
		}
	}
	return false
}

// item cuts a JSON value and the byte that must follow it off the front of raw. Without them rest is raw.
func item(raw []byte, follow byte) (value, rest []byte, ok bool) {
	raw = bytes.TrimSpace(raw)
	end := valueEnd(raw)
	value, rest = bytes.TrimSpace(raw[:end]), bytes.TrimSpace(raw[end:])
	if len(value) == 0 || len(rest) == 0 || rest[0] != follow {
		return nil, raw, false
	}
	return value, bytes.TrimSpace(rest[1:]), true
}

// valueEnd returns where the value at the front of raw ends.
func valueEnd(raw []byte) int {
	depth := 0
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			i += stringEnd(raw[i:]) - 1
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
			if depth < 0 {
				return i
			}
		case ',':
			if depth == 0 {
				return i
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return min(i+1, len(raw))
		}
	}
	return len(raw)
}

// stringEnd returns where the string at the front of raw, which begins with a quote, ends.
func stringEnd(raw []byte) int {
	for i := 1; i < len(raw); {
		n := bytes.IndexByte(raw[i:], '"')
		if n < 0 {
			break
		}
		before := raw[i : i+n]
		i += n + 1
		if escapes := len(before) - len(bytes.TrimRight(before, `\`)); escapes%2 == 0 {
			return i
		}
	}
	return len(raw)
}

// stringOf reads a JSON string; anything else is "".
func stringOf(value []byte) (s string) {
	if json.Unmarshal(value, &s) != nil {
		return ""
	}
	return s
}

// wholeNumber reads a JSON number, or one in quotes; anything else, and what is below 0, is 0.
func wholeNumber(value []byte) int {
	f, err := strconv.ParseFloat(string(bytes.Trim(value, `"`)), 64)
	if err != nil || !(f >= 0 && f < 1e9) {
		return 0
	}
	return int(f)
}

// rawID finds an envelope_id in any text.
var rawID = regexp.MustCompile(`"envelope_id"\s*:\s*"([^"\\]+)"`)

func idWithin(raw []byte) string {
	if found := rawID.FindSubmatch(raw); found != nil {
		return string(found[1])
	}
	return ""
}

// greeting is what is read of hello.
type greeting struct {
	appID, host string
	counted     int           // the app's connections
	life        time.Duration // how long this one may last
}

func readGreeting(raw []byte) (g greeting) {
	members(raw, func(name string, value []byte) {
		switch name {
		case "num_connections":
			g.counted = wholeNumber(value)
		case "connection_info", "debug_info":
			members(value, g.note)
		}
	})
	return g
}

func (g *greeting) note(name string, value []byte) {
	switch name {
	case "app_id":
		g.appID = cut(stringOf(value))
	case "host":
		g.host = cut(stringOf(value))
	case "approximate_connection_time":
		g.life = time.Duration(wholeNumber(value)) * time.Second
	}
}

// disconnectReason is Slack's reason to leave, if it is one we know.
func disconnectReason(raw []byte) Reason {
	reason := ReasonAsked
	members(raw, func(name string, value []byte) {
		if name != "reason" {
			return
		}
		switch r := Reason(stringOf(value)); r {
		case ReasonWarning, ReasonRefresh, ReasonDisabled, ReasonTooMany:
			reason = r
		}
	})
	return reason
}

// encode makes the frame of an acknowledgement.
func encode(id string, payload any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // or each <, > and & would take six bytes of the few there are
	err := e.Encode(struct {
		EnvelopeID string `json:"envelope_id"`
		Payload    any    `json:"payload,omitempty"`
	}{id, payload})
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// cut bounds a name that came from outside.
func cut(s string) string {
	if len(s) > maxWordBytes {
		s = s[:maxWordBytes]
	}
	return strings.ToValidUTF8(s, "")
}
