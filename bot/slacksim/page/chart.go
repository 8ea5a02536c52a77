package page

import (
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
)

const (
	// The size of a plot in units of its own; the page stretches it. A point is in the middle of its category.
	categoryWidth = 10
	chartHeight   = 100

	maxSteps = 5 // of the value axis

	// How many characters of labels fit under a plot.
	wideLabels   = 80
	narrowLabels = 36
)

// chartData is the data of the template "chart": a line chart.
type chartData struct {
	Title, Summary string // Summary is for screen readers
	XLabel, YLabel string
	Width, Height  int
	Ticks          []string // labels of the value axis, from the top, at equal distances
	Grid, Base     string   // SVG paths: the lines at the ticks, and the line at zero
	Lines          []chartLine
	Columns        []chartCategory
	Table          [][]template.HTML
}

// chartLine is one series: its name and SVG paths. Dots are lines of no length, which stay round when the plot is stretched.
type chartLine struct{ Name, Path, Dots string }

// chartCategory is one category. If there is no room for all labels, some aren't shown.
type chartCategory struct {
	X              int
	Label, Tooltip string
	Wide, Narrow   bool // the label is shown on a wide screen, on a narrow one
}

// chartJSON is a data_visualization block.
type chartJSON struct {
	Title string `json:"title"`
	Chart struct {
		Series []seriesJSON `json:"series"`
		Axis   struct {
			Categories []string `json:"categories"`
			XLabel     string   `json:"x_label"`
			YLabel     string   `json:"y_label"`
		} `json:"axis_config"`
	} `json:"chart"`
}

// seriesJSON is a series of a chart, with its values by category.
type seriesJSON struct {
	Name string `json:"name"`
	Data []struct {
		Label string  `json:"label"`
		Value float64 `json:"value"`
	} `json:"data"`
}

// newChart renders a chart and a table of its values. It reports false if there is nothing to show.
func newChart(raw json.RawMessage) (*chartData, bool) {
	var b chartJSON
	if json.Unmarshal(raw, &b) != nil {
		return nil, false
	}
	config := b.Chart.Axis
	categories, series := firstN(config.Categories, maxItems), firstN(b.Chart.Series, maxItems)
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
	scale := newAxis(lowest, highest)
	d := &chartData{
		Title: cut(b.Title), XLabel: cut(config.XLabel), YLabel: cut(config.YLabel),
		Width: categoryWidth * len(categories), Height: chartHeight, Ticks: scale.ticks(),
	}
	d.Grid, d.Base = scale.grid(d.Width)
	names := make([]string, len(series))
	for i, s := range series {
		names[i] = cut(s.Name)
		d.Lines = append(d.Lines, scale.line(names[i], values[i]))
	}
	d.Columns = chartCategories(categories, names, values)
	d.Table = chartTable(d.XLabel, categories, names, values)
	d.Summary = fmt.Sprintf("%s: line chart of %s, from %s to %s", d.Title, strings.Join(names, ", "),
		cut(categories[0]), cut(categories[len(categories)-1]))
	return d, true
}

// values returns the values of a series by category. A missing one is NaN.
func (s seriesJSON) values(categories []string) []float64 {
	byLabel := make(map[string]float64, len(s.Data))
	for _, point := range s.Data {
		byLabel[point.Label] = point.Value
	}
	out := make([]float64, len(categories))
	for i, c := range categories {
		v, ok := byLabel[c]
		if !ok {
			v = math.NaN()
		}
		out[i] = v
	}
	return out
}

// axis is the value axis: from one round value to another in equal steps.
type axis struct {
	low, step float64
	steps     int
}

// newAxis returns the axis that spans all values with the smallest round step: 1, 2 or 5 times a power of ten.
func newAxis(lowest, highest float64) axis {
	if highest == lowest {
		highest = lowest + 1
	}
	unit := math.Pow(10, math.Floor(math.Log10((highest-lowest)/maxSteps)))
	for _, times := range []float64{1, 2, 5, 10, 20} {
		step := times * unit
		from, to := math.Floor(lowest/step), math.Ceil(highest/step)
		if to-from <= maxSteps {
			return axis{low: from * step, step: step, steps: int(to - from)}
		}
	}
	return axis{low: lowest, step: highest - lowest, steps: 1}
}

// y returns the position of a value, from the top.
func (a axis) y(v float64) float64 {
	return chartHeight * (1 - (v-a.low)/(a.step*float64(a.steps)))
}

// ticks returns the labels of the axis, the highest first.
func (a axis) ticks() []string {
	out := make([]string, 0, a.steps+1)
	for i := a.steps; i >= 0; i-- {
		out = append(out, formatNumber(a.low+float64(i)*a.step))
	}
	return out
}

// grid returns the paths of the lines at the ticks, and of the line at zero.
func (a axis) grid(width int) (grid, base string) {
	across := func(y float64) string { return fmt.Sprintf("M0 %.4gH%d", y, width) }
	for i := range a.steps + 1 {
		grid += across(chartHeight * float64(i) / float64(a.steps))
	}
	return grid, across(a.y(0))
}

// line renders a series. The line is interrupted where a value is missing.
func (a axis) line(name string, values []float64) chartLine {
	var path, dots strings.Builder
	pen := "M"
	for i, v := range values {
		if math.IsNaN(v) {
			pen = "M"
			continue
		}
		point := fmt.Sprintf("%d %.4g", categoryWidth*i+categoryWidth/2, a.y(v))
		path.WriteString(pen + point)
		dots.WriteString("M" + point + "h0")
		pen = "L"
	}
	return chartLine{Name: name, Path: path.String(), Dots: dots.String()}
}

// chartCategories returns the categories with their values as tooltips. It shows as many labels as there is room for, the last
// one always.
func chartCategories(categories, names []string, values [][]float64) []chartCategory {
	longest := 0
	for _, c := range categories {
		longest = max(longest, len([]rune(c))+2)
	}
	last := len(categories) - 1
	every := func(characters int) int { return 1 + longest*len(categories)/(characters+1) } // show every nth label
	out := make([]chartCategory, len(categories))
	for i, c := range categories {
		tooltip := []string{cut(c)}
		for n, name := range names {
			tooltip = append(tooltip, name+": "+formatNumber(values[n][i]))
		}
		out[i] = chartCategory{
			X: categoryWidth * i, Label: cut(c), Tooltip: strings.Join(tooltip, "\n"),
			Wide: (last-i)%every(wideLabels) == 0, Narrow: (last-i)%every(narrowLabels) == 0,
		}
	}
	return out
}

// chartTable returns the values as a table with a row for each category.
func chartTable(corner string, categories, names []string, values [][]float64) [][]template.HTML {
	cell := func(s string) template.HTML { return template.HTML(template.HTMLEscapeString(cut(s))) }
	head := []template.HTML{cell(corner)}
	for _, name := range names {
		head = append(head, cell(name))
	}
	rows := [][]template.HTML{head}
	for i, c := range categories {
		row := []template.HTML{cell(c)}
		for n := range names {
			row = append(row, cell(formatNumber(values[n][i])))
		}
		rows = append(rows, row)
	}
	return rows
}

// formatNumber writes a value with at most ten significant digits, which hides rounding errors of sums.
func formatNumber(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return strconv.FormatFloat(v, 'g', 10, 64)
}
