package sends

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coupontools/couponbot/sends/recipients"
)

// fields are the hash of a draft or a send.
type fields map[string]string

// pairs makes fields of what HGETALL answers inside a script.
func pairs(flat []string) fields {
	f := fields{}
	for pair := range slices.Chunk(flat, 2) {
		if len(pair) == 2 {
			f[pair[0]] = pair[1]
		}
	}
	return f
}

func (f fields) state() State { return State(f["state"]) }

func (f fields) belongs(team, user string) bool {
	return f["state"] != "" && f["team"] == team && f["user"] == user
}

func (f fields) draft(id string) Draft {
	return Draft{
		ID: id, Team: f["team"], User: f["user"], DirectoryID: f["directory"], DirectoryName: f["name"],
		Kind: recipients.Kind(f["kind"]), Subject: f["subject"], Message: f["message"], Origin: f["origin"],
		CreatedAt: millis(f["created"]),
	}
}

func (f fields) send(id string) Send {
	return Send{
		ID: id, Team: f["team"], User: f["user"], DirectoryID: f["directory"], DirectoryName: f["name"],
		Kind: recipients.Kind(f["kind"]), Subject: f["subject"], Message: f["message"], Origin: f["origin"],
		State: f.state(), Why: f["why"], Holdup: f["holdup"], Failures: f.failures(),
		Counts: Counts{
			Total: f.count("total"), Accepted: f.count("accepted"), Failed: f.count("failed"),
			Skipped: f.count("skipped"), Unknown: f.count("unknown"),
		},
		ConfirmedAt: millis(f["confirmed"]), StartedAt: millis(f["started"]), EndedAt: millis(f["ended"]),
	}
}

// failures are the reasons in the hash, most frequent first and the rest last.
func (f fields) failures() []Failure {
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

// told is what the Teller remembered last.
func (f fields) told() map[string]string {
	told := map[string]string{}
	if json.Unmarshal([]byte(f["told"]), &told) != nil {
		return map[string]string{}
	}
	return told
}

func (f fields) count(name string) int {
	n, _ := strconv.Atoi(f[name])
	return n
}

// millis reads a time in milliseconds; the zero time if there is none.
func millis(text string) time.Time {
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
