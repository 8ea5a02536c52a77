package socket

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

func FuzzDecode(f *testing.F) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, _ := decode(raw)
		if len(got.ID) > maxIDBytes || got.RetryAttempt < 0 {
			t.Errorf("kept an id of %d bytes, attempt %d", len(got.ID), got.RetryAttempt)
		}
		disconnectReason(raw)
		if g := readGreeting(raw); len(g.host) > maxWordBytes || !utf8.ValidString(g.host) || g.counted < 0 || g.life < 0 {
			t.Errorf("greeting = %+v", g)
		}
		if got.ID == "" {
			return
		}
		ack, err := encode(got.ID, nil)
		if err != nil || len(ack) > maxAckBytes || !json.Valid(ack) {
			t.Errorf("acknowledgement of %q: %q, %v", got.ID, ack, err)
		}
	})
}

// Of every valid JSON object members sees what encoding/json sees.
func FuzzMembers(f *testing.F) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		seen := make(map[string]json.RawMessage)
		ok := members(raw, func(name string, value []byte) {
			var plain string
			if json.Unmarshal([]byte(`"`+name+`"`), &plain) == nil {
				seen[plain] = value
			}
		})
		var want map[string]json.RawMessage
		if json.Unmarshal(raw, &want) != nil || want == nil {
			return
		}
		if !ok || len(seen) != len(want) {
			t.Fatalf("members(%q) = %v with %d members, want %d", raw, ok, len(seen), len(want))
		}
		for name, value := range want {
			if string(seen[name]) != string(value) {
				t.Errorf("member %q of %q = %q, want %q", name, raw, seen[name], value)
			}
		}
	})
}

var seeds = []string{
	`{"envelope_id":"e1","type":"events_api","payload":{"a":[1,{"b":"}\\\""}]},"retry_attempt":"2","retry_reason":null}`,
	`{"type":"hello","num_connections":1.5,"connection_info":[],"debug_info":{"host":7}}`,
	`{"type":"disconnect","reason":"warning"}`,
	" { \"a\" : -1e3 ,\n\t\"b\" : [ ] , \"\\u0061\" : \"\\\\\" } ",
	`{"envelope_id" : "e1", cut off`,
	`{"a":"`, `{"a":1,}`, `{"a"`, `{`, `}`, `{}`, `{"a":}`, `{,}`, `{"":""}`, `[[[`, `null`, ``,
}

func TestCut_endsAtARune(t *testing.T) {
	t.Parallel()
	long := make([]byte, 0, 3*maxWordBytes)
	for range maxWordBytes {
		long = append(long, "€"...)
	}
	if got := cut(string(long)); len(got) > maxWordBytes || !utf8.ValidString(got) {
		t.Errorf("cut = %q", got)
	}
}
