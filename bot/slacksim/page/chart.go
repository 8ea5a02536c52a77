package page

import (
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// The room of a plot, in its own units; the page stretches it. A point stands in the middle of its column.
const (
	chartColumn = 10
	chartHeight = 100
	// chartTicks is how many steps the scale of values has at most.
	chartTicks = 5
	// chartLabels is how many characters of labels fit under a plot on a wide screen, chartFewer on a narrow one.
	chartLabels = 80
	chartFewer  = 36
)

// drawnChart is a line chart as the template "chart" takes it.
type drawnChart struct {
	Title, Says    string // Says is what it shows, in words
	XLabel, YLabel string
	Width, Height  int
	Ticks          []string // of the values, the highest first, at equal distances
	Grid, Base     string   // paths: the lines at the ticks, and that of nought
	Lines          []drawnLine
	Columns        []drawnColumn
	Table          [][]template.HTML
}

// drawnLine is one series. The dots are lines without length, which keep their shape when the plot is stretched.
type drawnLine struct{ Name, Path, Dots string }

// drawnColumn is one category. Its label is left out where there is no room for all.
type drawnColumn struct {
	X           int
	Label, Says string
	Wide, Small bool // whether the label is shown on a wide and on a narrow screen
}

// wireChart is a data_visualization block as it comes.
type wireChart struct {
	Title string `json:"title"`
	Chart struct {
		Series []wireSeries `json:"series"`
		Axis   struct {
			Categories []string `json:"categories"`
			XLabel     string   `json:"x_label"`
			YLabel     string   `json:"y_label"`
		} `json:"axis_config"`
	} `json:"chart"`
}

type wireSeries struct {
	Name string `json:"name"`
	Data []struct {
		Label string  `json:"label"`
		Value float64 `json:"value"`
	} `json:"data"`
}

// drawChart draws a chart, with a table of its figures. It reports false for one without a point to draw.
func drawChart(raw json.RawMessage) (*drawnChart, bool) {
	var b wireChart
	if json.Unmarshal(raw, &b) != nil {
		return nil, false
	}
	axis := b.Chart.Axis
	categories, series := limited(axis.Categories, maxDrawnItems), limited(b.Chart.Series, maxDrawnItems)
	values := make([][]float64, len(series))
	lowest, highest := 0.0, 0.0
	for i, s := range series {
		values[i] = s.values(categories)
		for _, v := range values[i] {
			if !math.IsNaN(v) {
				lowest, highest = min(lowest, v), max(highest, v)
			}
		}
	}
	if len(categories) == 0 || len(series) == 0 || math.IsInf(highest-lowest, 0) {
		return nil, false
	}
	scale := newScale(lowest, highest)
	d := &drawnChart{
		Title: clipped(b.Title), XLabel: clipped(axis.XLabel), YLabel: clipped(axis.YLabel),
		Width: chartColumn * len(categories), Height: chartHeight, Ticks: scale.ticks(),
	}
	d.Grid, d.Base = scale.grid(d.Width)
	names := make([]string, len(series))
	for i, s := range series {
		names[i] = clipped(s.Name)
		d.Lines = append(d.Lines, scale.line(names[i], values[i]))
	}
	d.Columns = drawColumns(categories, names, values)
	d.Table = chartTable(d.XLabel, categories, names, values)
	d.Says = fmt.Sprintf("%s: line chart of %s, from %s to %s", d.Title, strings.Join(names, ", "),
		clipped(categories[0]), clipped(categories[len(categories)-1]))
	return d, true
}

// values are those of a series by category; NaN stands for none.
func (s wireSeries) values(categories []string) []float64 {
	at := make(map[string]float64, len(s.Data))
	for _, point := range s.Data {
		at[point.Label] = point.Value
	}
	out := make([]float64, len(categories))
	for i, c := range categories {
		v, ok := at[c]
		if !ok {
			v = math.NaN()
		}
		out[i] = v
	}
	return out
}

// scale goes from one round value to another, in equal steps.
type scale struct {
	low, step float64
	steps     int
}

// newScale makes the scale with the smallest round step, 1, 2 or 5 times a power of ten, that spans all values.
func newScale(lowest, highest float64) scale {
	if highest == lowest {
		highest = lowest + 1
	}
	unit := math.Pow(10, math.Floor(math.Log10((highest-lowest)/chartTicks)))
	for _, times := range []float64{1, 2, 5, 10, 20} {
		step := times * unit
		from, to := math.Floor(lowest/step), math.Ceil(highest/step)
		if to-from <= chartTicks {
			return scale{low: from * step, step: step, steps: int(to - from)}
		}
	}
	return scale{low: lowest, step: highest - lowest, steps: 1}
}

// y is where a value stands, from the top.
func (s scale) y(v float64) float64 {
	return chartHeight * (1 - (v-s.low)/(s.step*float64(s.steps)))
}

func (s scale) ticks() []string {
	out := make([]string, 0, s.steps+1)
	for i := s.steps; i >= 0; i-- {
		out = append(out, figure(s.low+float64(i)*s.step))
	}
	return out
}

func (s scale) grid(width int) (grid, base string) {
	across := func(y float64) string { return fmt.Sprintf("M0 %.4gH%d", y, width) }
	for i := range s.steps + 1 {
		grid += across(chartHeight * float64(i) / float64(s.steps))
	}
	return grid, across(s.y(0))
}

// line draws a series; where a value is missing the line is broken.
func (s scale) line(name string, values []float64) drawnLine {
	var path, dots strings.Builder
	pen := "M"
	for i, v := range values {
		if math.IsNaN(v) {
			pen = "M"
			continue
		}
		at := fmt.Sprintf("%d %.4g", chartColumn*i+chartColumn/2, s.y(v))
		path.WriteString(pen + at)
		dots.WriteString("M" + at + "h0")
		pen = "L"
	}
	return drawnLine{Name: name, Path: path.String(), Dots: dots.String()}
}

// drawColumns lists the categories with the values there. As many labels are shown as there is room for, always the last.
func drawColumns(categories, names []string, values [][]float64) []drawnColumn {
	longest := 0
	for _, c := range categories {
		longest = max(longest, len([]rune(c))+2)
	}
	last := len(categories) - 1
	room := func(characters int) int { return 1 + longest*len(categories)/(characters+1) }
	out := make([]drawnColumn, len(categories))
	for i, c := range categories {
		says := []string{clipped(c)}
		for n, name := range names {
			says = append(says, name+": "+figure(values[n][i]))
		}
		out[i] = drawnColumn{
			X: chartColumn * i, Label: clipped(c), Says: strings.Join(says, "\n"),
			Wide: (last-i)%room(chartLabels) == 0, Small: (last-i)%room(chartFewer) == 0,
		}
	}
	return out
}

// chartTable is the table of the figures: a row for each category.
func chartTable(corner string, categories, names []string, values [][]float64) [][]template.HTML {
	cell := func(s string) template.HTML { return template.HTML(template.HTMLEscapeString(clipped(s))) }
	head := []template.HTML{cell(corner)}
	for _, name := range names {
		head = append(head, cell(name))
	}
	rows := [][]template.HTML{head}
	for i, c := range categories {
		row := []template.HTML{cell(c)}
		for n := range names {
			row = append(row, cell(figure(values[n][i])))
		}
		rows = append(rows, row)
	}
	return rows
}

// figure writes a value with at most ten digits that count, so that a sum of fractions has no tail.
func figure(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return strconv.FormatFloat(v, 'g', 10, 64)
}
