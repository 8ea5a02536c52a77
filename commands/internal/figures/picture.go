package figures

import (
	"bytes"
	"fmt"
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/coupontools/couponbot/commands/internal/format"
)

const (
	pictureWidth  = 24 * vg.Centimeter
	pictureHeight = 12 * vg.Centimeter
)

// lineColours can be told apart with colour blindness.
// Source: Okabe and Ito, https://jfly.uni-koeln.de/color/.
var lineColours = []color.Color{
	color.RGBA{R: 0, G: 114, B: 178, A: 255}, color.RGBA{R: 230, G: 159, B: 0, A: 255}, color.RGBA{R: 0, G: 158, B: 115, A: 255},
}

// dailyLines are the lines of the picture.
func (f Figures) dailyLines() []struct {
	name string
	of   func(DayCounts) int
} {
	return []struct {
		name string
		of   func(DayCounts) int
	}{
		{"Opens", func(m DayCounts) int { return m.Opened }},
		{"Claims", func(m DayCounts) int { return m.Claimed }},
		{"Validations", func(m DayCounts) int { return m.Validated }},
	}
}

// Draw draws the days as a PNG.
func (f Figures) Draw(title string) ([]byte, error) {
	p := plot.New()
	p.Title.Text = title
	p.X.Tick.Marker = plot.TimeTicks{Format: dayOfYear}
	p.Y.Min = 0
	p.Legend.Top, p.Legend.Left = true, true
	p.Add(plotter.NewGrid())
	for i, line := range f.dailyLines() {
		points := make(plotter.XYs, len(f.Days))
		for day, m := range f.Days {
			points[day] = plotter.XY{X: float64(f.day(day).Unix()), Y: float64(line.of(m))}
		}
		l, err := plotter.NewLine(points)
		if err != nil {
			return nil, fmt.Errorf("draw the days: %w", err)
		}
		l.Color, l.Width = lineColours[i], vg.Points(2)
		p.Add(l)
		p.Legend.Add(line.name, l)
	}
	var png bytes.Buffer
	w, err := p.WriterTo(pictureWidth, pictureHeight, "png")
	if err == nil {
		_, err = w.WriteTo(&png)
	}
	if err != nil {
		return nil, fmt.Errorf("draw the days: %w", err)
	}
	return png.Bytes(), nil
}

// AltText describes the picture.
func (f Figures) AltText(title string) string {
	said := []string{fmt.Sprintf("%s, from %s to %s.", title, f.day(0).Format(dayOfYear), f.day(len(f.Days)-1).Format(dayOfYear))}
	for _, line := range f.dailyLines() {
		total, most, when := 0, 0, 0
		for day, m := range f.Days {
			n := line.of(m)
			total += n
			if n > most {
				most, when = n, day
			}
		}
		if total == 0 {
			said = append(said, line.name+": none.")
			continue
		}
		said = append(
			said,
			fmt.Sprintf("%s: %s, most of them on %s: %s.", line.name, format.Thousands(total), f.day(when).Format(dayOfYear),
				format.Thousands(most)),
		)
	}
	return strings.Join(said, " ")
}
