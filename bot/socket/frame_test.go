package socket

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"envelope_id":"e1","type":"events_api","payload":{"a":1},"retry_attempt":"2","retry_reason":null}`))
	f.Add([]byte(`{"type":"hello","num_connections":1.5,"connection_info":[],"debug_info":{"host":7}}`))
	f.Add([]byte(`{"type":"disconnect","reason":"warning"}`))
	f.Add([]byte(`{"envelope_id" : "e1", cut off`))
	f.Add([]byte(`[[[`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, understood := decode(raw)
		if understood != json.Valid(raw) {
			t.Errorf("understood = %v for text whose validity is %v", understood, !understood)
		}
		if len(got.EnvelopeID) > maxIDBytes {
			t.Errorf("kept an id of %d bytes", len(got.EnvelopeID))
		}
		if got.RetryAttempt < 0 || got.NumConnections < 0 {
			t.Errorf("numbers below 0: %+v", got)
		}
		if name := cut(got.Type); len(name) > maxWordBytes || !utf8.ValidString(name) {
			t.Errorf("cut gave %q", name)
		}
		if got.EnvelopeID == "" {
			return
		}
		ack, err := encode(got.EnvelopeID, nil)
		if err != nil || len(ack) > maxAckBytes || !json.Valid(ack) {
			t.Errorf("acknowledgement of %q: %q, %v", got.EnvelopeID, ack, err)
		}
	})
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
