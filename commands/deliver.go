package commands

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/coupontools/couponbot/bot"
)

// deliverer sends files to people by direct message. However long they are, they take little memory: they are written to a
// temporary file, and read from there.
type deliverer struct{ poster mailer }

// report is a table that is to become a file.
type report struct {
	// name is the file's, with its ending, and what says what is in it: "18 campaigns".
	name, what string
	header     []string
	// rows writes the rows, one after the other.
	rows func(write func(row []string) error) error
}

// send writes a report as CSV and sends it. What it returns says so.
func (d deliverer) send(ctx context.Context, to bot.Person, r report) (bot.Reply, error) {
	err := inFile(func(f *os.File) error {
		if err := r.write(f); err != nil {
			return err
		}
		return d.uploadFile(ctx, to, f, bot.Upload{
			Name: r.name, Comment: capitalised(r.what) + ", as you asked.", AltText: "A table: " + r.what,
		})
	})
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Text: fmt.Sprintf("The file with %s is in your direct messages.", r.what)}, nil
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
func (d deliverer) uploadFile(ctx context.Context, to bot.Person, f *os.File, u bot.Upload) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("measure a temporary file: %w", err)
	}
	u.From, u.Size = f, size
	return d.upload(ctx, to, u)
}

// upload sends a file.
func (d deliverer) upload(ctx context.Context, to bot.Person, u bot.Upload) error {
	channel, err := d.poster.Direct(ctx, to.ID)
	if err == nil {
		err = d.poster.Upload(ctx, channel, u)
	}
	if err != nil {
		return &bot.Mistake{
			Text: "Slack did not take the file.", Hint: "Please try again in a few minutes.",
			Cause: fmt.Errorf("send a file: %w", err),
		}
	}
	return nil
}

// write writes the report as CSV.
func (r report) write(w io.Writer) error {
	buffer := bufio.NewWriter(w)
	out := beginSpreadsheet(buffer)
	write := func(row []string) error { return out.Write(noFormulas(row)) }
	err := write(r.header)
	if err == nil {
		err = r.rows(write)
	}
	out.Flush()
	return errors.Join(err, out.Error(), buffer.Flush())
}
