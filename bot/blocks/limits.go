package blocks

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Slack's limits in characters, unless a line says otherwise.
//
// Source: https://docs.slack.dev/reference/block-kit, the pages of the blocks and elements named.
const (
	maxModalBlocks = 100  // blocks in a modal
	maxText        = 3000 // section.text, any text object
	maxHeader      = 150  // header.text
	maxContext     = 10   // elements of a context block
	maxActions     = 25   // elements of an actions block
	maxTitle       = 24   // modal: title, submit, close
	maxMetadata    = 3000 // modal: private_metadata
	maxID          = 255  // block_id, action_id, callback_id
	maxLabel       = 2000 // input: label, hint
	maxPlaceholder = 150  // any element with a placeholder
	maxInput       = 3000 // plain_text_input: max_length
	maxButtonText  = 75   // button: text, accessibility_label
	maxButtonValue = 2000 // button: value
	maxButtonURL   = 3000 // button: url
	maxAskTitle    = 100  // confirm: title
	maxAskText     = 300  // confirm: text
	maxAskButton   = 30   // confirm: confirm, deny
	maxOptions     = 100  // options of a select
	maxRadio       = 10   // options of radio buttons
	maxOptionText  = 75   // option: text
	maxOptionValue = 150  // option: value
	maxFiles       = 10   // files of a file_input
	maxChartTitle  = 50   // data_visualization: title
	maxChartLabel  = 20   // data_visualization: name of a series, label of a point
	maxSeries      = 6    // data_visualization: series
	maxPoints      = 20   // data_visualization: points of a series
)

// Empty stands where a text is empty: Slack refuses a text of no characters.
const Empty = "–"

// Cut returns s in at most limit runes, the last an ellipsis if something was cut off.
func Cut(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return strings.TrimRightFunc(string([]rune(s)[:limit-1]), unicode.IsSpace) + "…"
}

// clean makes s fit to be shown in at most limit runes: valid UTF-8, not empty, without control characters and without
// the marks that turn the direction of the words around them.
func clean(s string, limit int) string {
	s = strings.Map(shown, strings.ToValidUTF8(s, "�"))
	if strings.TrimSpace(s) == "" {
		return Empty
	}
	return Cut(s, limit)
}

// shown returns r, or -1 for a rune that must not reach the screen.
func shown(r rune) rune {
	switch {
	case r == '\n', r == '\t':
		return r
	case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r) && r != '\u200e' && r != '\u200f' && r != '\u061c':
		return -1
	}
	return r
}

// cutID returns an id or value that Slack accepts. The program's own ids are far below the limits; a longer one from outside
// is cut and then refers to nothing.
func cutID(s string, limit int) string {
	s = strings.ToValidUTF8(s, "�")
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit])
}
