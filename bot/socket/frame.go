package socket

import (
	"bytes"
	"encoding/json"
	"errors"
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

// frame is what is read of any frame of Slack's.
type frame struct {
	Type         string          `json:"type"`
	EnvelopeID   string          `json:"envelope_id"`
	Payload      json.RawMessage `json:"payload"`
	RetryAttempt number          `json:"retry_attempt"`
	RetryReason  string          `json:"retry_reason"`

	// Reason is of disconnect, the rest of hello.
	Reason         string `json:"reason"`
	NumConnections number `json:"num_connections"`
	ConnectionInfo struct {
		AppID string `json:"app_id"`
	} `json:"connection_info"`
	DebugInfo struct {
		Host string `json:"host"`
		Life number `json:"approximate_connection_time"`
	} `json:"debug_info"`
}

// number is a JSON number, or one in quotes; anything else is 0.
type number int

func (n *number) UnmarshalJSON(raw []byte) error {
	f, err := strconv.ParseFloat(string(bytes.Trim(raw, `"`)), 64)
	if err == nil && f >= 0 && f < 1e9 {
		*n = number(f)
	}
	return nil
}

// rawID finds an envelope_id in text that is no JSON.
var rawID = regexp.MustCompile(`"envelope_id"\s*:\s*"([^"\\]+)"`)

// decode reads a frame leniently: a field of another type than expected counts as absent, and of text that is no JSON
// the envelope_id is still found. Understood is false for such text.
func decode(raw []byte) (f frame, understood bool) {
	err := json.Unmarshal(raw, &f)
	_, mismatch := errors.AsType[*json.UnmarshalTypeError](err)
	understood = err == nil || mismatch
	if !understood {
		f = frame{}
		if id := rawID.FindSubmatch(raw); id != nil {
			f.EnvelopeID = string(id[1])
		}
	}
	if len(f.EnvelopeID) > maxIDBytes {
		f.EnvelopeID = ""
	}
	return f, understood
}

func (f frame) envelope(received time.Time) Envelope {
	return Envelope{
		ID: f.EnvelopeID, Type: f.Type, Payload: f.Payload,
		RetryAttempt: int(f.RetryAttempt), RetryReason: f.RetryReason, Received: received,
	}
}

// disconnectReason is Slack's reason to leave, if it is one we know.
func (f frame) disconnectReason() Reason {
	switch r := Reason(f.Reason); r {
	case ReasonWarning, ReasonRefresh, ReasonDisabled, ReasonTooMany:
		return r
	default:
		return ReasonAsked
	}
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
