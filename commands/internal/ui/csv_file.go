package ui

import (
	"strings"

	"github.com/coupontools/couponbot/commands/internal/format"
)

// Column is one column of a CSV file.
type Column[T any] struct {
	Name  string
	Value func(T) string
}

// Table returns a list as a file. many is the plural of its items, what counts them: "18 campaigns".
func Table[T any](many, what string, columns []Column[T], list []T) CSVFile {
	r := CSVFile{
		Name: strings.ReplaceAll(many, " ", "-") + ".csv", Label: "file with " + what,
		Comment: format.Capitalised(what) + ", as you asked.", Alt: "A table: " + what,
	}
	for _, c := range columns {
		r.Header = append(r.Header, c.Name)
	}
	r.Rows = func(write func([]string) error) error {
		row := make([]string, len(columns))
		for _, item := range list {
			for i, c := range columns {
				row[i] = c.Value(item)
			}
			if err := write(row); err != nil {
				return err
			}
		}
		return nil
	}
	return r
}
