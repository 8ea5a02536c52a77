package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/internal/spreadsheet"
)

// fileSender is the part of [bot.Poster] that sends a file to a person.
type fileSender interface {
	Direct(ctx context.Context, user string) (channel string, err error)
	Upload(ctx context.Context, channel string, u bot.Upload) error
}

// deliverer sends files to people by direct message. However long they are, they take little memory: they are written to a
// temporary file, and read from there.
type deliverer struct{ poster fileSender }

func newDeliverer(poster fileSender) deliverer { return deliverer{poster} }

// csvFile is a table that is to become a file.
type csvFile struct {
	// name is the file's, with its ending; called is what it is called in a sentence: "file with 18 campaigns". The comment
	// stands above it, and alt says what it is to those who cannot see it.
	name, label, comment, alt string
	// header names the columns.
	header []string
	// rows writes the rows, one after the other.
	rows func(write func(row []string) error) error
}

// send writes a report as CSV and sends it. What it returns says so.
func (d deliverer) send(ctx context.Context, to bot.Person, r csvFile) (bot.Reply, error) {
	err := inFile(func(f *os.File) error {
		if err := r.write(f); err != nil {
			return err
		}
		return d.uploadFile(ctx, to, f, r.label, bot.Upload{Name: r.name, Comment: r.comment, AltText: r.alt})
	})
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Text: "The " + r.label + " is in your direct messages."}, nil
}

// inFile gives use a temporary file, which is gone afterwards.
func inFile(use func(*os.File) error) error {
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

// uploadFile sends what is in a file.
func (d deliverer) uploadFile(ctx context.Context, to bot.Person, f *os.File, called string, u bot.Upload) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("measure a temporary file: %w", err)
	}
	u.From, u.Size = f, size
	return d.upload(ctx, to, called, u)
}

// upload sends a file that is called so in a sentence.
func (d deliverer) upload(ctx context.Context, to bot.Person, called string, u bot.Upload) error {
	channel, err := d.poster.Direct(ctx, to.ID)
	if err == nil {
		err = d.poster.Upload(ctx, channel, u)
	}
	if err != nil {
		return notUploaded(called, fmt.Errorf("send a file: %w", err))
	}
	return nil
}

// write writes the table as CSV.
func (r csvFile) write(w io.Writer) error {
	out := spreadsheet.NewWriter(w)
	err := out.Write(r.header)
	if err == nil {
		err = r.rows(out.Write)
	}
	return errors.Join(err, out.Flush())
}
