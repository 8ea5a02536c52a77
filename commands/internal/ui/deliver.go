package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/internal/spreadsheet"
)

// fileSender is the part of [bot.Poster] that sends a file to a person.
type fileSender interface {
	Direct(ctx context.Context, user string) (channel string, err error)
	Upload(ctx context.Context, channel string, u bot.Upload) error
}

// Deliverer sends files by direct message. It writes them to a temporary file first, so that long ones take little memory.
type Deliverer struct{ Poster fileSender }

// NewDeliverer returns a deliverer that posts with poster.
func NewDeliverer(poster fileSender) Deliverer { return Deliverer{poster} }

// CSVFile is a table to send as a file.
type CSVFile struct {
	// Name is the file name. Label names the file in a sentence: "file with 18 campaigns". Comment is the message above it,
	// Alt its description for screen readers.
	Name, Label, Comment, Alt string
	// Header names the columns.
	Header []string
	// Rows writes the rows in order.
	Rows func(write func(row []string) error) error
}

// Send sends the table as CSV and returns a reply that says so.
func (d Deliverer) Send(ctx context.Context, to bot.Person, r CSVFile) (bot.Reply, error) {
	err := InFile(func(f *os.File) error {
		if err := r.Write(f); err != nil {
			return err
		}
		return d.UploadFile(ctx, to, f, r.Label, bot.Upload{Name: r.Name, Comment: r.Comment, AltText: r.Alt})
	})
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Text: "The " + r.Label + " is in your direct messages."}, nil
}

// InFile calls use with a temporary file and removes it afterwards.
func InFile(use func(*os.File) error) error {
	f, err := os.CreateTemp("", "couponbot-*")
	if err != nil {
		return fmt.Errorf("make a temporary file: %w", err)
	}
	defer func() {
		_ = f.Close()
		_ = os.Remove(f.Name())
	}()
	return use(f)
}

// UploadFile sends the content of a temporary file.
func (d Deliverer) UploadFile(ctx context.Context, to bot.Person, f *os.File, called string, u bot.Upload) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("measure a temporary file: %w", err)
	}
	u.From, u.Size = f, size
	return d.Upload(ctx, to, called, u)
}

// Upload sends a file. called names it in a sentence.
func (d Deliverer) Upload(ctx context.Context, to bot.Person, called string, u bot.Upload) error {
	channel, err := d.Poster.Direct(ctx, to.ID)
	if err == nil {
		err = d.Poster.Upload(ctx, channel, u)
	}
	if err != nil {
		return notUploaded(called, fmt.Errorf("send a file: %w", err))
	}
	return nil
}

// Write writes the table as CSV.
func (r CSVFile) Write(w io.Writer) error {
	out := spreadsheet.NewWriter(w)
	err := out.Write(r.Header)
	if err == nil {
		err = r.Rows(out.Write)
	}
	return errors.Join(err, out.Flush())
}

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
