package page

import (
	"bytes"
	"html/template"
	"slices"
	"strconv"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// Limits of what is rendered. The Web API enforces Slack's own limits; these keep the page small whatever is in a message.
const (
	maxBlocks    = 100
	maxTextBytes = 40_000 // of one text
	maxItems     = 200    // options, rows, list items
)

// renderer converts the Block Kit of one message or view to the data of the templates, for one viewer. All text is hostile:
// the renderer returns it as a string, which the templates escape, or as HTML that it has escaped itself.
type renderer struct {
	name  func(id string) string // of a user, channel or user group; "" if unknown
	zone  *time.Location
	now   time.Time
	place slacksim.Place

	people, channels []optionData      // in the selects of Slack's own lists
	state            slacksim.State    // of a view
	errors           map[string]string // of a view, by block_id
}

// optionData is an option of a select or a menu, a radio button or a checkbox.
type optionData struct {
	HTML        template.HTML
	Text        string
	Value       string
	Description string
	URL         string
	Selected    bool
}

// domID returns an id that is the same each time this part of a message or view is rendered.
func domID(kind string, place slacksim.Place, names ...string) string {
	return kind + "-" + hash(append([]string{place.Channel, place.TS, place.View}, names...)...)
}

// fieldName returns the name of an element in its HTML form.
func fieldName(block, action string) string { return "v/" + hash(block, action) }

// hash returns a short hash (FNV-1a) of texts, for ids and versions.
func hash(texts ...string) string {
	var sum uint64 = 14695981039346656037
	for _, text := range texts {
		for _, b := range []byte(text) {
			sum = (sum ^ uint64(b)) * 1099511628211
		}
		sum = (sum ^ 0xff) * 1099511628211
	}
	return strconv.FormatUint(sum, 36)
}

// cut shortens a text to maxTextBytes.
func cut(s string) string {
	if len(s) <= maxTextBytes {
		return s
	}
	return string(bytes.ToValidUTF8([]byte(s[:maxTextBytes]), nil)) + "…"
}

// firstN returns at most n items, so that appending to them copies.
func firstN[T any](items []T, n int) []T { return slices.Clip(items[:min(len(items), n)]) }
