package ui

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/internal/share"
	"github.com/coupontools/couponbot/sends/recipients"
)

// readAtOnce bounds the unzipped bytes of files read at the same time. A larger file is read alone.
const readAtOnce = 128 << 20

// Uploads downloads and reads users' files, within a bound of memory.
type Uploads struct {
	files downloader
	gate  *share.Gate
}

// downloader is the part of [bot.Files] that Uploads needs.
type downloader interface {
	Download(ctx context.Context, person string, file bot.File, limit int64) ([]byte, error)
}

// NewUploads returns uploads that download with files.
func NewUploads(files downloader) Uploads { return Uploads{files, share.NewGate(readAtOnce)} }

// Read downloads a file and calls use with its content. Files wait for their turn. sum is the content's checksum.
func (u Uploads) Read(ctx context.Context, person string, file bot.File, use func(content []byte) error,
) (sum [sha256.Size]byte, err error) {
	pass, err := u.gate.Enter(ctx, person)
	if err != nil {
		return sum, noTurn(file, err)
	}
	defer pass.Leave()
	content, err := u.files.Download(ctx, person, file, recipients.MaxFile)
	if err != nil {
		return sum, err
	}
	if err := pass.Weigh(ctx, recipients.Weight(content)); err != nil {
		return sum, noTurn(file, err)
	}
	return sha256.Sum256(content), use(content)
}

// Waiting is the text while a file is read. It counts the same person's files before it.
func (u Uploads) Waiting(person string, file bot.File) string {
	switch n := u.gate.Waiting(person); n {
	case 0:
		return "Reading " + FileNamed(file) + "…"
	case 1:
		return "Reading your other file… " + format.Capitalised(FileNamed(file)) + " is next."
	default:
		return "Reading your other files… " + format.Thousands(n) + " come before " + FileNamed(file) + "."
	}
}

// noTurn explains why a file didn't get its turn.
func noTurn(file bot.File, err error) error {
	name := format.Capitalised(FileNamed(file))
	switch {
	case errors.Is(err, share.ErrTooManyOfPerson):
		return &bot.Mistake{
			Text: name + " can't be read yet, because you have too many other files waiting.", Hint: "Try again when they're done.",
		}
	case errors.Is(err, share.ErrTooMany):
		return &bot.Mistake{
			Text: name + " can't be read right now, because too many files are waiting.", Hint: "Try again in a few minutes.",
		}
	case errors.Is(err, context.DeadlineExceeded):
		return &bot.Mistake{
			Text: name + " wasn't read: other files took too long.", Hint: "Try again in a few minutes.",
		}
	}
	return err
}

// FileNamed names a file in a sentence. Slack omits the names of some files.
func FileNamed(f bot.File) string {
	if f.Name == "" {
		return "the file"
	}
	return "“" + format.Short(f.Name) + "”"
}

// Unusable explains why a file can't be read.
func Unusable(err error) error {
	if fault, ok := errors.AsType[*recipients.FileFault](err); ok {
		return &bot.Mistake{Text: fault.Text, Hint: fault.Hint + " Close this to go back to the form."}
	}
	return fmt.Errorf("read the list: %w", err)
}
