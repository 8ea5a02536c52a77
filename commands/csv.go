package commands

import "strings"

// column is one column of a list given as a file.
type column[T any] struct {
	name  string
	value func(T) string
}

// table is a list as a file; many names what is in it, and what says how much: "18 campaigns".
func table[T any](many, what string, columns []column[T], list []T) csvFile {
	r := csvFile{
		name: strings.ReplaceAll(many, " ", "-") + ".csv", label: "file with " + what,
		comment: capitalised(what) + ", as you asked.", alt: "A table: " + what,
	}
	for _, c := range columns {
		r.header = append(r.header, c.name)
	}
	r.rows = func(write func([]string) error) error {
		row := make([]string, len(columns))
		for _, item := range list {
			for i, c := range columns {
				row[i] = c.value(item)
			}
			if err := write(row); err != nil {
				return err
			}
		}
		return nil
	}
	return r
}
