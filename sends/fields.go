package sends

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coupontools/couponbot/sends/recipients"
)

// sendHash is the hash of a draft or a send in Redis.
type sendHash map[string]string

// parsePairs parses the result of HGETALL in a script.
func parsePairs(flat []string) sendHash {
	f := sendHash{}
	for pair := range slices.Chunk(flat, 2) {
		if len(pair) == 2 {
			f[pair[0]] = pair[1]
		}
	}
	return f
}

// parseHash parses the result of HGETALL inside a list.
func parseHash(reply any) sendHash {
	flat, _ := reply.([]any)
	texts := make([]string, len(flat))
	for i := range flat {
		texts[i], _ = flat[i].(string)
	}
	return parsePairs(texts)
}

func (f sendHash) state() State { return State(f["state"]) }

// backoffReason returns why the send backs off, or else why it is stalled.
func (f sendHash) backoffReason() string {
	if f.state() != StateRunning {
		return f["backoff_reason"]
	}
	return cmp.Or(f["backoff_reason"], f["stall"])
}

func (f sendHash) offer() Offer {
	return cmp.Or(Offer(f["offer_kind"]), OfferDirectory)
}

// callable reports whether all fields that a call needs are present. They may be empty.
func (f sendHash) callable() bool {
	return !slices.ContainsFunc([]string{"team", "user", "offer", "kind", "subject", "message", "total"}, func(name string) bool {
		_, there := f[name]
		return !there
	})
}

func (f sendHash) belongsTo(team, user string) bool {
	return f["state"] != "" && f["team"] == team && f["user"] == user
}

func (f sendHash) draft(id string) Draft {
	return Draft{
		ID: id, Team: f["team"], User: f["user"], Offer: f.offer(), OfferID: f["offer"], OfferName: f["offer_name"],
		Kind: recipients.Kind(f["kind"]), Subject: f["subject"], Message: f["message"], Origin: f["origin"],
		ScheduledAt: parseDue(f["due"]), Test: f["test"] == "1", Parent: f["parent"], CreatedAt: parseMillis(f["created"]),
	}
}

func (f sendHash) send(id string) Send {
	return Send{
		ID: id, Team: f["team"], User: f["user"], Offer: f.offer(), OfferID: f["offer"], OfferName: f["offer_name"],
		Kind: recipients.Kind(f["kind"]), Subject: f["subject"], Message: f["message"], Origin: f["origin"],
		Test: f["test"] == "1", Parent: f["parent"], Resent: f["resent"],
		State: f.state(), Why: f["why"], Action: Action(f["action"]), By: f["action_by"], Approver: f["approver"],
		Out: f.count("in_flight"), BackoffReason: f.backoffReason(), Failures: f.failures(), Skips: f.skips(), Posted: f.posted(),
		Counts: Counts{
			Total: f.count("total"), Accepted: f.count("accepted"), Failed: f.count("failed"),
			Skipped: f.count("skipped"), Unknown: f.count("unknown"),
		},
		ScheduledAt: parseDue(f["due"]), ConfirmedAt: parseMillis(f["confirmed"]), StartedAt: parseMillis(f["started"]),
		EndedAt: parseMillis(f["ended"]), ActedAt: parseMillis(f["action_at"]), PausedAt: parseMillis(f["paused"]),
	}
}

// failures returns the reasons of failed recipients, most frequent first, the summary of further reasons last.
func (f sendHash) failures() []Failure {
	var all []Failure
	for field := range f {
		reason, ok := strings.CutPrefix(field, "failure:")
		if !ok {
			continue
		}
		code, text, _ := strings.Cut(reason, "|")
		all = append(all, Failure{Code: code, Text: text, Count: f.count(field)})
	}
	slices.SortFunc(all, func(a, b Failure) int {
		if rest := (a == Failure{Count: a.Count}); rest != (b == Failure{Count: b.Count}) {
			if rest {
				return 1
			}
			return -1
		}
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return strings.Compare(a.Code+a.Text, b.Code+b.Text)
	})
	return all
}

// skips returns the rules that recipients were skipped by, most frequent first.
func (f sendHash) skips() []Skip {
	var all []Skip
	for field := range f {
		if rule, ok := strings.CutPrefix(field, "skip:"); ok {
			all = append(all, Skip{Rule: recipients.Rule(rule), Count: f.count(field)})
		}
	}
	slices.SortFunc(all, func(a, b Skip) int {
		return cmp.Or(b.Count-a.Count, strings.Compare(string(a.Rule), string(b.Rule)))
	})
	return all
}

// posted returns what the Notifier returned last, by place.
func (f sendHash) posted() map[string]string {
	posted := map[string]string{}
	for field, id := range f {
		if place, ok := strings.CutPrefix(field, "posted:"); ok {
			posted[place] = id
		}
	}
	return posted
}

func (f sendHash) count(name string) int {
	n, _ := strconv.Atoi(f[name])
	return n
}

// parseMillis parses a time in milliseconds; "" is the zero time.
func parseMillis(text string) time.Time {
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

// parseDue parses a scheduled time; "0" and "" are the zero time.
func parseDue(text string) time.Time {
	if text == "" || text == "0" {
		return time.Time{}
	}
	return parseMillis(text)
}

// unixMillis returns a time in milliseconds; 0 for the zero time.
func unixMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func flag(on bool) string {
	if on {
		return "1"
	}
	return ""
}

// encodeSource encodes the source of a draft's recipients; "" for a list without a file.
func encodeSource(s *recipients.Source) (string, error) {
	if s == nil {
		return "", nil
	}
	text, err := json.Marshal(s)
	return string(text), err
}

// decodeSource decodes the result of encodeSource.
func decodeSource(text string) (*recipients.Source, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // a list without a file has no source
	}
	var s recipients.Source
	err := json.Unmarshal([]byte(text), &s)
	return &s, err
}

// pack compresses the items of a list one by one, so that a long list takes little memory.
func pack[T any](list []T) ([]byte, error) {
	if len(list) == 0 {
		return nil, nil
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	encoder := json.NewEncoder(w)
	for _, o := range list {
		if err := encoder.Encode(o); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return packed.Bytes(), err
}

// unpack reverses pack.
func unpack[T any](packed string) ([]T, error) {
	if packed == "" {
		return nil, nil
	}
	r, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		return nil, err
	}
	var list []T
	decoder := json.NewDecoder(r)
	for {
		var o T
		err := decoder.Decode(&o)
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		list = append(list, o)
	}
}
