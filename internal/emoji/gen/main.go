// Command gen reduces the emoji data that Slack's names come from to the table of package emoji.
//
//	npm pack emoji-datasource@16.0.0 && tar xzf emoji-datasource-16.0.0.tgz
//	go run ./internal/emoji/gen package/emoji.json > internal/emoji/table.txt
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("want the path of emoji.json, got %d arguments", len(args))
	}
	data, err := os.ReadFile(args[0])
	if err != nil {
		return fmt.Errorf("read the data: %w", err)
	}
	text, err := table(data)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, text)
	return err
}

// datum is an entry of emoji.json. Code points are hexadecimal, separated by hyphens.
type datum struct {
	Unified    string
	ShortNames []string `json:"short_names"`
	// SkinVariations has the toned forms by tone, or by two tones separated by a hyphen.
	SkinVariations map[string]struct{ Unified string } `json:"skin_variations"`
}

// The lightest skin tone and the next one represent all: the forms are otherwise equal.
const firstTone, secondTone = "1F3FB", "1F3FC"

// table returns a line for each name, sorted: the name, the emoji, and its toned forms, if any, with "1" and "2" for the
// skin tones. The first form is for one tone, the last for two.
func table(data []byte) (string, error) {
	var all []datum
	if err := json.Unmarshal(data, &all); err != nil {
		return "", fmt.Errorf("decode the data: %w", err)
	}
	var lines []string
	for _, d := range all {
		forms := []string{d.Unified}
		for _, tones := range []string{firstTone, firstTone + "-" + secondTone} {
			if v, ok := d.SkinVariations[tones]; ok {
				forms = append(forms, v.Unified)
			}
		}
		for i, form := range forms {
			text, err := characters(form, i > 0)
			if err != nil {
				return "", fmt.Errorf("%v: %w", d.ShortNames, err)
			}
			forms[i] = text
		}
		for _, name := range d.ShortNames {
			lines = append(lines, name+" "+strings.Join(forms, " ")+"\n")
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, ""), nil
}

// characters decodes code points; toned replaces the tones by digits.
func characters(unified string, toned bool) (string, error) {
	var b strings.Builder
	for code := range strings.SplitSeq(unified, "-") {
		switch {
		case toned && code == firstTone:
			b.WriteByte('1')
		case toned && code == secondTone:
			b.WriteByte('2')
		default:
			r, err := strconv.ParseInt(code, 16, 32)
			if err != nil {
				return "", err
			}
			b.WriteRune(rune(r))
		}
	}
	return b.String(), nil
}
