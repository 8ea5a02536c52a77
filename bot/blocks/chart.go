package blocks

import (
	"slices"

	"github.com/slack-go/slack"
)

// Series is one line of a chart: a value for each label.
type Series struct {
	Name   string
	Values []int
}

// Chart returns a chart with a line for each series. The labels differ from each other; there are at most 20 of them and
// at most six series. Slack shows a chart in messages only, at most two in each, and some workspaces may not take it yet:
// what it says must be said in words too, and the bot leaves it out where it has to (see [WithoutCharts]).
func Chart(title string, labels []string, series ...Series) *slack.DataVisualizationBlock {
	labels = slices.Clone(labels[:min(len(labels), maxPoints)])
	for i, label := range labels {
		labels[i] = clean(label, maxChartLabel)
	}
	var lines []slack.DataVisualizationDataSeries
	for _, s := range series[:min(len(series), maxSeries)] {
		var points []slack.DataVisualizationDataPoint
		for i, label := range labels {
			points = append(points, slack.NewDataVisualizationDataPoint(label, float64(s.Values[i])))
		}
		lines = append(lines, slack.NewDataVisualizationDataSeries(clean(s.Name, maxChartLabel), points...))
	}
	return &slack.DataVisualizationBlock{
		Type:  slack.MBTDataVisualization,
		Title: clean(title, maxChartTitle),
		Chart: slack.NewDataVisualizationLineChart(slack.NewDataVisualizationAxisConfig(labels...), lines...),
	}
}

// WithoutCharts returns the blocks that are no charts.
func WithoutCharts(blocks []slack.Block) []slack.Block {
	return slices.DeleteFunc(slices.Clone(blocks), func(b slack.Block) bool { return b.BlockType() == slack.MBTDataVisualization })
}
