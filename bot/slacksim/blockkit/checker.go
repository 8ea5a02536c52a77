package blockkit

import (
	"fmt"
	"unicode/utf8"
)

// Limits from Slack's reference. That of the total text is from reports of 2025.
const (
	maxMessageBlocks = 50
	maxViewBlocks    = 100
	maxTotalText     = 13_200 // characters in the blocks of a message
	maxMarkdown      = 12_000 // characters in the markdown blocks of a message
	maxTableText     = 10_000 // characters in the tables of a message
	maxMetadata      = 3_000
	maxID            = 255
	maxProblems      = 20 // reported at once; a limit of ours
)

// Surfaces are where blocks are shown.
const (
	message    = "message"
	modal      = "modal"
	home       = "home"
	everywhere = message + " " + modal + " " + home
)

// checker walks through one payload and collects its problems.
type checker struct {
	surface   string
	problems  []Problem
	blockIDs  map[string]bool
	markdown  int // characters so far in markdown blocks
	tableText int // characters so far in tables
	focused   int // elements so far with focus_on_load
}

// newChecker returns a checker for a surface: message, modal, home, or "suggestion" for options.
func newChecker(surface string) *checker {
	return &checker{surface: surface, blockIDs: map[string]bool{}}
}

// report adds a problem with the value at a JSON pointer. Beyond maxProblems they are dropped.
func (k *checker) report(at, constraint string, want any, format string, args ...any) {
	if len(k.problems) < maxProblems {
		k.problems = append(k.problems, Problem{Pointer: at, Message: fmt.Sprintf(format, args...), Rule: constraint, Want: want})
	}
}

// textLength counts the characters that people read in a value: those of every "text", at any depth.
func textLength(x any) int {
	n := 0
	switch x := x.(type) {
	case []any:
		for _, item := range x {
			n += textLength(item)
		}
	case map[string]any:
		for key, item := range x {
			if s, ok := item.(string); ok && key == "text" {
				n += utf8.RuneCountInString(s)
				continue
			}
			n += textLength(item)
		}
	}
	return n
}
