package slacksim

import (
	"encoding/json"
	"html/template"
)

// drawChart shows a chart as the table of its figures: a row for each series.
func drawChart(raw json.RawMessage) [][]template.HTML {
	var b struct {
		Title string `json:"title"`
		Chart struct {
			Series []struct {
				Name string `json:"name"`
				Data []struct {
					Value json.Number `json:"value"`
				} `json:"data"`
			} `json:"series"`
			Axis struct {
				Categories []string `json:"categories"`
			} `json:"axis_config"`
		} `json:"chart"`
	}
	if json.Unmarshal(raw, &b) != nil {
		return nil
	}
	cell := func(s string) template.HTML {
		return template.HTML(template.HTMLEscapeString(clipped(s)))
	}
	head := []template.HTML{cell(b.Title)}
	for _, c := range limited(b.Chart.Axis.Categories, maxDrawnItems) {
		head = append(head, cell(c))
	}
	rows := [][]template.HTML{head}
	for _, s := range limited(b.Chart.Series, maxDrawnItems) {
		row := []template.HTML{cell(s.Name)}
		for _, point := range limited(s.Data, maxDrawnItems) {
			row = append(row, cell(point.Value.String()))
		}
		rows = append(rows, row)
	}
	return rows
}
