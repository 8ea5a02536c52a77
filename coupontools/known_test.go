package coupontools_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/coupontools"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body string
		want []string
	}{
		"the known shape": {`{` + okStatus + `,"amount_of_groups":1,"group":[{"ID":"gro_1","name":"A"}]}`, nil},
		"an empty list":   {`{` + okStatus + `,"amount_of_groups":0,"group":[]}`, nil},
		"another name": {`{` + okStatus + `,"amount_of_groups":1,"groups":[{"ID":"gro_1","name":"A"}]}`, []string{
			"group is missing", "groups is new (array)",
		}},
		"other types": {`{` + okStatus + `,"amount_of_groups":"1","group":[{"ID":1,"name":null},{"ID":2,"name":"A","colour":"red"}]}`, []string{
			"amount_of_groups is string, known as number", "group[].ID is number, known as string", "group[].name is null, known as string",
			"group[].colour is new (string)",
		}},
		"a bare list":    {`[{"ID":"gro_1","name":"A"}]`, []string{"the answer is array, known as object"}},
		"people in keys": {`{` + okStatus + `,"amount_of_groups":1,"group":[],"mia@example.com":1}`, []string{"(address) is new (number)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []coupontools.Answer
			c := serve(t, answers(http.StatusOK, tt.body), coupontools.WithAnswers(func(a coupontools.Answer) { got = append(got, a) }))
			_, _ = c.SMSGroups(t.Context())
			want := []coupontools.Answer{{Route: "POST /v3/smstool/grouplist", Differences: tt.want}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("answers (-want +got):\n%s", diff)
			}
		})
	}
}

// Differences are reported even for an answer that can't be decoded, up to a limit.
func TestAnswers_notUnderstood(t *testing.T) {
	t.Parallel()
	var got []string
	c := serve(t, answers(http.StatusOK, `{`+okStatus+`,`+strings.Repeat(`"a":1,"b":2,"c":3,`, 10)+`"folders":{"x":[]}}`),
		coupontools.WithAnswers(func(a coupontools.Answer) { got = a.Differences }))
	if _, err := c.SMSGroups(t.Context()); err == nil {
		t.Error("it was understood")
	}
	if !slices.Contains(got, "group is missing") || !slices.Contains(got, "folders is new (object)") || len(got) != 6 {
		t.Errorf("differences %q", got)
	}
}

// The shapes in the route table are JSON, and every read has one and a probe.
func TestRoutes(t *testing.T) {
	t.Parallel()
	for _, r := range coupontools.Routes() {
		if r.Read != (r.Shape != "") {
			t.Errorf("%s: only reads have a shape, and every read has one (a read: %v, shape %q)", r.Name, r.Read, r.Shape)
		}
		if r.Shape != "" && !json.Valid([]byte(r.Shape)) {
			t.Errorf("%s: the shape is no JSON: %s", r.Name, r.Shape)
		}
		if r.Read != (r.Probe != nil) {
			t.Errorf("%s: read = %v with a probe %v", r.Name, r.Read, r.Probe != nil)
		}
		if r.Read && !r.Repeated {
			t.Errorf("%s reads and is not repeated", r.Name)
		}
	}
}
