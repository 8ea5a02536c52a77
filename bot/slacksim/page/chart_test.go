package page

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScale(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name            string
		lowest, highest float64
		want            string
	}{
		{"counts", 0, 209, "250 200 150 100 50 0"},
		{"a round highest", 0, 100, "100 80 60 40 20 0"},
		{"fractions", 0, 0.7, "0.8 0.6 0.4 0.2 0"},
		{"below nought", -3.5, 12, "15 10 5 0 -5"},
		{"nothing but losses", -40, 0, "0 -10 -20 -30 -40"},
		{"nought alone", 0, 0, "1 0.8 0.6 0.4 0.2 0"},
		{"large", 0, 12_345_678, "15000000 10000000 5000000 0"},
		{"larger than any count", 0, 1e300, "1e+300 8e+299 6e+299 4e+299 2e+299 0"},
		{"smaller than any step", 0, 5e-324, "4.940656458e-324 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newScale(tt.lowest, tt.highest)
			if got := strings.Join(s.ticks(), " "); got != tt.want {
				t.Errorf("ticks = %s, want %s", got, tt.want)
			}
			if top, bottom := s.y(tt.highest), s.y(tt.lowest); top < 0 || bottom > chartHeight {
				t.Errorf("values stand at %v to %v, outside the plot", top, bottom)
			}
		})
	}
}

func TestDrawChart(t *testing.T) {
	t.Parallel()
	d, ok := drawChart([]byte(`{"title": "Weeks", "chart": {"type": "line",
		"series": [{"name": "Opens", "data": [{"label": "c", "value": 10}, {"label": "a", "value": 5}, {"label": "d", "value": 0}]}],
		"axis_config": {"categories": ["a", "b", "c", "d"]}}}`))
	if !ok {
		t.Fatal("not drawn")
	}
	want := drawnLine{Name: "Opens", Path: "M5 50M25 0L35 100", Dots: "M5 50h0M25 0h0M35 100h0"}
	if diff := cmp.Diff([]drawnLine{want}, d.Lines); diff != "" {
		t.Errorf("a point is put by its label, and where one is missing the line breaks (-want +got):\n%s", diff)
	}
	if want := "Weeks: line chart of Opens, from a to d"; d.Says != want {
		t.Errorf("it says %q, want %q", d.Says, want)
	}
	if got := d.Table[2][1]; got != "–" {
		t.Errorf("the table has %q for a missing point, want a dash", got)
	}
}

func TestDrawChart_labels(t *testing.T) {
	t.Parallel()
	categories := make([]string, 13)
	for i := range categories {
		categories[i] = strconv.Itoa(10+i) + " Sep"
	}
	wide, small := "", ""
	for _, c := range drawColumns(categories, nil, nil) {
		wide += strconv.Itoa(truth(c.Wide))
		small += strconv.Itoa(truth(c.Small))
	}
	if wide != "1010101010101" || small != "1001001001001" {
		t.Errorf("labels shown: %s on a wide screen and %s on a small one; want every second and every third, the last among them", wide, small)
	}
}

// What cannot be drawn is shown as a block that the page does not draw.
func TestDrawChart_impossible(t *testing.T) {
	t.Parallel()
	for name, chart := range map[string]string{
		"no chart":      `null`,
		"no categories": `{"series": [{"name": "x", "data": []}], "axis_config": {"categories": []}}`,
		"no series":     `{"series": [], "axis_config": {"categories": ["a"]}}`,
		"words":         `{"series": [{"name": "x", "data": [{"label": "a", "value": "many"}]}], "axis_config": {"categories": ["a"]}}`,
		"too far apart": `{"series": [{"name": "x", "data": [{"label": "a", "value": 1e308}, {"label": "b", "value": -1e308}]}], "axis_config": {"categories": ["a", "b"]}}`,
	} {
		if d := testPainter(t).drawBlock([]byte(`{"type": "data_visualization", "title": "T", "chart": ` + chart + `}`)); d.Kind != "unknown" {
			t.Errorf("%s: drawn as %s", name, d.Kind)
		}
	}
}
