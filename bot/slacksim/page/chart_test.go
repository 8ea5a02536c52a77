package page

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAxis(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name            string
		lowest, highest float64
		want            string
	}{
		{"counts", 0, 209, "250 200 150 100 50 0"},
		{"a round maximum", 0, 100, "100 80 60 40 20 0"},
		{"fractions", 0, 0.7, "0.8 0.6 0.4 0.2 0"},
		{"below zero", -3.5, 12, "15 10 5 0 -5"},
		{"negative only", -40, 0, "0 -10 -20 -30 -40"},
		{"zero only", 0, 0, "1 0.8 0.6 0.4 0.2 0"},
		{"large", 0, 12_345_678, "15000000 10000000 5000000 0"},
		{"very large", 0, 1e300, "1e+300 8e+299 6e+299 4e+299 2e+299 0"},
		{"very small", 0, 5e-324, "4.940656458e-324 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAxis(tt.lowest, tt.highest)
			if got := strings.Join(s.ticks(), " "); got != tt.want {
				t.Errorf("ticks = %s, want %s", got, tt.want)
			}
			if top, bottom := s.y(tt.highest), s.y(tt.lowest); top < 0 || bottom > chartHeight {
				t.Errorf("values are at %v to %v, outside the plot", top, bottom)
			}
		})
	}
}

func TestNewChart(t *testing.T) {
	t.Parallel()
	d, ok := newChart([]byte(`{"title": "Weeks", "chart": {"type": "line",
		"series": [{"name": "Opens", "data": [{"label": "c", "value": 10}, {"label": "a", "value": 5}, {"label": "d", "value": 0}]}],
		"axis_config": {"categories": ["a", "b", "c", "d"]}}}`))
	if !ok {
		t.Fatal("not rendered")
	}
	want := chartLine{Name: "Opens", Path: "M5 50M25 0L35 100", Dots: "M5 50h0M25 0h0M35 100h0"}
	if diff := cmp.Diff([]chartLine{want}, d.Lines); diff != "" {
		t.Errorf("points are placed by label, with a gap where one is missing (-want +got):\n%s", diff)
	}
	if want := "Weeks: line chart of Opens, from a to d"; d.Summary != want {
		t.Errorf("summary = %q, want %q", d.Summary, want)
	}
	if got := d.Table[2][1]; got != "–" {
		t.Errorf("the table has %q for a missing point, want a dash", got)
	}
}

func TestNewChart_labels(t *testing.T) {
	t.Parallel()
	categories := make([]string, 13)
	for i := range categories {
		categories[i] = strconv.Itoa(10+i) + " Sep"
	}
	wide, small := "", ""
	for _, c := range chartCategories(categories, nil, nil) {
		wide += strconv.Itoa(boolToInt(c.Wide))
		small += strconv.Itoa(boolToInt(c.Narrow))
	}
	if wide != "1010101010101" || small != "1001001001001" {
		t.Errorf("labels shown: %s on a wide screen and %s on a small one; want every second and every third, the last among them", wide, small)
	}
}

// A chart that can't be rendered is shown as an unknown block.
func TestNewChart_impossible(t *testing.T) {
	t.Parallel()
	for name, chart := range map[string]string{
		"no chart":      `null`,
		"no categories": `{"series": [{"name": "x", "data": []}], "axis_config": {"categories": []}}`,
		"no series":     `{"series": [], "axis_config": {"categories": ["a"]}}`,
		"text values":   `{"series": [{"name": "x", "data": [{"label": "a", "value": "many"}]}], "axis_config": {"categories": ["a"]}}`,
		"too far apart": `{"series": [{"name": "x", "data": [{"label": "a", "value": 1e308}, {"label": "b", "value": -1e308}]}], "axis_config": {"categories": ["a", "b"]}}`,
	} {
		if d := testRenderer(t).block([]byte(`{"type": "data_visualization", "title": "T", "chart": ` + chart + `}`)); d.Kind != "unknown" {
			t.Errorf("%s: rendered as %s", name, d.Kind)
		}
	}
}
