package commands

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"regexp"
	"strings"

	"github.com/coupontools/couponbot/bot"
)

// column is one column of a list given as a file.
type column[T any] struct {
	name string
	of   func(T) string
}

// table writes a list as CSV, for spreadsheets: they know by the mark at its beginning that it is UTF-8.
func table[T any](columns []column[T], list []T) []byte {
	b := bytes.NewBufferString("\ufeff")
	w := csv.NewWriter(b)
	row := make([]string, len(columns))
	for i, c := range columns {
		row[i] = c.name
	}
	_ = w.Write(row) // A buffer takes all.
	for _, item := range list {
		for i, c := range columns {
			row[i] = harmless(c.of(item))
		}
		_ = w.Write(row)
	}
	w.Flush()
	return b.Bytes()
}

var phoneCell = regexp.MustCompile(`^\+[0-9 ]+$`)

// harmless puts an apostrophe before what a spreadsheet would take for a formula. A phone number stays as it is.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) && !phoneCell.MatchString(cell) {
		return "'" + cell
	}
	return cell
}

// uploader is the part of [bot.Poster] that gives people files.
type uploader interface {
	Direct(ctx context.Context, user string) (channel string, err error)
	Upload(ctx context.Context, channel string, u bot.Upload) error
}

// giveFile puts a list into the direct messages of the person who asked for it.
func giveFile(ctx context.Context, to uploader, p bot.Person, name, what string, content []byte) (bot.Reply, error) {
	channel, err := to.Direct(ctx, p.ID)
	if err == nil {
		err = to.Upload(ctx, channel, bot.Upload{Name: name, Comment: what, AltText: what, Content: content})
	}
	if err != nil {
		return bot.Reply{}, fmt.Errorf("give the file: %w", err)
	}
	return bot.Reply{Text: "The file " + name + " is in your direct messages with couponbot."}, nil
}
