package sends

import (
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// A backup is one or more zip files, so that each fits into a Slack form. Each holds a text file: a line with the format; a
// line with the fingerprint of the hashes' key, a random id of the backup, and the number of the part; a line for each
// person (hash|when|user|how); and the number of people. It contains no phone number, no e-mail address and no key.

const (
	backupFile   = "do-not-contact.txt"
	backupHeader = "couponbot do-not-contact list, version 2"
	backupPart   = "key %s backup %s part %d of %d"
	backupEnd    = "people "

	// BackupParts is the most files of a backup. Slack's forms accept as many.
	BackupParts = 10
	// partPeople is how many people are in one file. Hashes can't be compressed, so a person takes 22 to 25 bytes of the 10 MB
	// that a file in a form may have.
	partPeople = 350_000
	// MostBackedUp is how many people fit into a backup.
	MostBackedUp = BackupParts * partPeople

	bulkSize = 2000 // people that are read or written in one step
)

var (
	// ErrBackup means that a file isn't a backup of a do-not-contact list, or is damaged.
	ErrBackup = errors.New("this is not a backup of a do-not-contact list")
	// ErrBackupKey means that a backup was made with another key, so the people in it can't be recognised.
	ErrBackupKey = errors.New("the backup was made with another key")
	// ErrBackupMixed means that files belong to different backups.
	ErrBackupMixed = errors.New("the files belong to different backups")
	// ErrImportLost means that people of a backup have disappeared from Redis while they were imported.
	ErrImportLost = errors.New("people of the backup have disappeared from Redis during the import")
	// ErrBackupSize means that the do-not-contact list has more than [MostBackedUp] people.
	ErrBackupSize = errors.New("the do-not-contact list is too long for a backup")
)

// MissingPartsError means that some files of a backup are missing.
type MissingPartsError struct {
	Missing []int // from 1
	Of      int
}

func (e *MissingPartsError) Error() string {
	return fmt.Sprintf("parts %v of %d of the backup are missing", e.Missing, e.Of)
}

// BackupPart is one file of a backup. Number counts from 1.
type BackupPart struct {
	Number, Of int
	Content    []byte
}

// ExportSuppressionList makes a backup of the do-not-contact list, calls give with each of its files, and returns how many
// people are in it. It writes an audit entry. Errors: [ErrBackupSize], [ErrSuppressionKey], [ErrSuppressionLost],
// [ErrSuppressionOlder] or [ErrUnavailable].
func (s *Service) ExportSuppressionList(ctx context.Context, by Actor, give func(BackupPart) error) (int, error) {
	people, err := s.export(ctx, give)
	if err != nil {
		return 0, fmt.Errorf("export the do-not-contact list: %w", err)
	}
	return people, s.Record(ctx, Entry{What: "suppress-export", Actor: by, After: strconv.Itoa(people) + " people"})
}

func (s *Service) export(ctx context.Context, give func(BackupPart) error) (people int, err error) {
	h, err := s.hasher(ctx)
	if err != nil {
		return 0, err
	}
	n, err := s.cfg.Redis.HLen(ctx, s.listKey("people")).Result()
	if err != nil {
		return 0, redisError(err)
	}
	size := cmp.Or(s.partPeople, partPeople)
	w := backupWriter{keyID: h.keyID, id: rand.Text(), of: max(1, (int(n)+size-1)/size)}
	if w.of > BackupParts {
		return 0, ErrBackupSize
	}
	w.give = func(part BackupPart) error {
		// The list may have been lost, or got another key, during the scan.
		switch now, err := s.hasher(ctx); {
		case err != nil:
			return err
		case now.keyID != h.keyID:
			return ErrSuppressionKey
		}
		return give(part)
	}
	err = s.scan(ctx, s.listKey("people"), func(pairs []string) error {
		for pair := range slices.Chunk(pairs, 2) {
			if w.people == size && w.number < w.of { // the last part takes people who were added meanwhile
				if err := w.end(); err != nil {
					return err
				}
			}
			if err := w.add(pair[0], pair[1]); err != nil {
				return err
			}
		}
		return nil
	})
	for err == nil && w.number <= w.of {
		err = w.end()
	}
	return w.all, err
}

// scan reads a hash in steps, each with names and values in turns. Entries that change meanwhile may be missing or come
// twice.
func (s *Service) scan(ctx context.Context, key string, use func(pairs []string) error) error {
	for cursor := uint64(0); ; {
		pairs, next, err := s.cfg.Redis.HScan(ctx, key, cursor, "", bulkSize).Result()
		if err != nil {
			return redisError(err)
		}
		if err := use(pairs); err != nil || next == 0 {
			return err
		}
		cursor = next
	}
}

// backupWriter writes the files of a backup, one after the other.
type backupWriter struct {
	keyID, id string
	of        int
	give      func(BackupPart) error

	number  int // of the current part, from 1
	content bytes.Buffer
	file    *zip.Writer
	text    *bufio.Writer
	people  int // in the current part
	all     int
}

// add writes a person.
func (w *backupWriter) add(hash, value string) error {
	if err := w.begin(); err != nil {
		return err
	}
	w.people++
	w.all++
	_, err := w.text.WriteString(hash + "|" + value + "\n")
	return err
}

// begin starts a part, unless one is started.
func (w *backupWriter) begin() error {
	if w.file != nil {
		return nil
	}
	w.number = max(w.number, 1)
	w.file = zip.NewWriter(&w.content)
	text, err := w.file.Create(backupFile)
	if err != nil {
		return err
	}
	w.text = bufio.NewWriter(text)
	_, err = fmt.Fprintf(w.text, backupHeader+"\n"+backupPart+"\n", w.keyID, w.id, w.number, w.of)
	return err
}

// end finishes the current part and passes it to give.
func (w *backupWriter) end() error {
	if err := w.begin(); err != nil {
		return err
	}
	_, err := w.text.WriteString(backupEnd + strconv.Itoa(w.people) + "\n")
	if err := errors.Join(err, w.text.Flush(), w.file.Close()); err != nil {
		return err
	}
	if err := w.give(BackupPart{w.number, w.of, w.content.Bytes()}); err != nil {
		return err
	}
	w.content.Reset()
	w.file, w.people = nil, 0
	w.number++
	return nil
}
