package sends

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	importTTL      = 10 * time.Minute // how long an interrupted import stays in Redis
	maxBackupText  = 128 << 20        // bytes in one file, unzipped
	backupLineSize = 1000
)

// stagedMark is a field beside the staged people. It is written before them, so while Redis has it, no staged person is lost.
const stagedMark = ""

// ImportSuppressionList adds the people of a backup to the do-not-contact list, and returns how many weren't on it before.
// read calls add with the content of each file; if it returns an error, nobody is added. A lost list counts as whole
// afterwards, and needs all parts of the backup for that. It writes an audit entry. Errors: [ErrBackup], [ErrBackupKey],
// [ErrBackupMixed], [*MissingPartsError], [ErrImportLost], [ErrSuppressionLost], [ErrSuppressionKey] or [ErrUnavailable].
func (s *Service) ImportSuppressionList(ctx context.Context, by Actor, read func(add func(content []byte) error) error) (int, error) {
	i := &backupImport{s: s, staging: s.listKey("import:" + rand.Text()), parts: map[int]bool{}}
	defer func() { s.cfg.Redis.Unlink(context.WithoutCancel(ctx), i.staging) }()
	err := read(func(content []byte) error { return i.add(ctx, content) })
	added := 0
	if err == nil {
		added, err = i.finish(ctx)
	}
	if err != nil {
		return 0, fmt.Errorf("import the do-not-contact list: %w", err)
	}
	return added, s.Record(ctx, Entry{
		What: "suppress-import", Actor: by, Note: strconv.Itoa(i.people) + " people", After: strconv.Itoa(added) + " added",
	})
}

// backupImport imports a backup. It collects the people in a separate hash first.
type backupImport struct {
	s       *Service
	h       *hasher // of the list; nil before the first part
	staging string  // the hash in Redis where the people are collected
	id      string  // of the backup
	of      int
	parts   map[int]bool // that were added
	people  int
}

// add reads one file.
func (i *backupImport) add(ctx context.Context, content []byte) error {
	l, err := i.s.lists(ctx)
	if err != nil {
		return err
	}
	if i.h, err = i.s.importHasher(l); err != nil {
		return err
	}
	part, err := openPart(content)
	if err != nil {
		return err
	}
	defer part.Close()
	switch {
	case part.keyID != i.h.keyID:
		return ErrBackupKey
	case i.id != "" && (part.id != i.id || part.of != i.of):
		return ErrBackupMixed
	case i.parts[part.number]:
		return nil
	}
	if i.id == "" {
		if err := i.collect(ctx, []any{stagedMark, ""}); err != nil {
			return err
		}
	}
	i.id, i.of, i.parts[part.number] = part.id, part.of, true
	n, err := part.read(func(entries []any) error { return i.collect(ctx, entries) })
	i.people += n
	return err
}

// importHasher returns the hasher with the key that the list has or will get by the import.
func (s *Service) importHasher(l listState) (*hasher, error) {
	key, random := s.nextKey(l)
	if random {
		return nil, ErrBackupKey
	}
	return s.newHasher(key)
}

// collect writes entries, hash and value in turns, to the staging hash.
func (i *backupImport) collect(ctx context.Context, entries []any) error {
	_, err := i.s.cfg.Redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.HSet(ctx, i.staging, entries...)
		p.PExpire(ctx, i.staging, importTTL)
		return nil
	})
	if err != nil {
		return redisError(err)
	}
	return nil
}

// finish adds the collected people to the list.
func (i *backupImport) finish(ctx context.Context) (added int, err error) {
	if i.h == nil {
		return 0, ErrBackup
	}
	restored, err := i.prepare(ctx)
	if err != nil {
		return 0, err
	}
	// A script is repeated if its reply was lost, and then adds nobody, so the numbers in the replies don't add up.
	before, err := i.countPeople(ctx)
	if err != nil {
		return 0, err
	}
	people, err := i.move(ctx)
	if err == nil && restored {
		err = i.s.adoptKey(ctx, i.h, true, max(before, people))
	}
	if err != nil {
		return 0, err
	}
	after, err := i.countPeople(ctx)
	return max(0, after-before), err
}

// move adds the staged people to the list, and returns how many they are. It returns [ErrImportLost] if some of them have
// disappeared from Redis, which may have evicted them or had its clock set forward.
func (i *backupImport) move(ctx context.Context) (people int, err error) {
	err = i.s.scan(ctx, i.staging, func(pairs []string) error {
		var args []any
		for pair := range slices.Chunk(pairs, 2) {
			if pair[0] != stagedMark {
				args = append(args, pair[0], pair[1])
			}
		}
		if len(args) == 0 {
			return nil
		}
		_, err := i.s.changeList(ctx, restoreToListScript, i.h.keyID, args...)
		return err
	})
	if err != nil {
		return 0, err
	}
	var whole *redis.BoolCmd
	var fields *redis.IntCmd
	_, err = i.s.cfg.Redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		whole, fields = p.HExists(ctx, i.staging, stagedMark), p.HLen(ctx, i.staging)
		return nil
	})
	switch {
	case err != nil:
		return 0, redisError(err)
	case !whole.Val():
		return 0, ErrImportLost
	}
	return int(fields.Val()) - 1, nil
}

// countPeople returns how many people are on the list.
func (i *backupImport) countPeople(ctx context.Context) (int, error) {
	n, err := i.s.cfg.Redis.HLen(ctx, i.s.listKey("people")).Result()
	if err != nil {
		return 0, redisError(err)
	}
	return int(n), nil
}

// prepare makes a list that is lost, or has no key or another one, count as lost until all people are added. It reports
// whether it had to. A whole list accepts any part of a backup.
func (i *backupImport) prepare(ctx context.Context) (restored bool, err error) {
	l, err := i.s.lists(ctx)
	if err != nil {
		return false, err
	}
	usable := i.s.checkReadable(l) == nil && keyFingerprint(l.key) == i.h.keyID
	if missing := i.missing(); len(missing) > 0 && (!usable || l.people == 0 && !l.confirmed) {
		return false, &MissingPartsError{Missing: missing, Of: i.of}
	}
	switch {
	case !usable:
		err = i.s.adoptKey(ctx, i.h, false, 0)
	case l.keyID == "":
		err = i.s.storeKey(ctx, l)
	}
	return !usable, err
}

func (i *backupImport) missing() (parts []int) {
	for number := 1; number <= i.of; number++ {
		if !i.parts[number] {
			parts = append(parts, number)
		}
	}
	return parts
}

// partReader reads one file of a backup.
type partReader struct {
	io.Closer
	lines      *bufio.Scanner
	keyID, id  string
	number, of int
}

var (
	// backupPartLine is the second line of a file: see [backupPart].
	backupPartLine = regexp.MustCompile(`^key ([0-9a-f]{16}) backup ([A-Z0-9]{26}) part (\d{1,2}) of (\d{1,2})$`)
	// backupEntry is the line of a person: a keyed hash of 16 bytes, a time in ms, a Slack id, and how the person got on the
	// list.
	backupEntry = regexp.MustCompile(`^([A-Za-z0-9_-]{22})\|(\d{1,15}\|[A-Z0-9]{0,20}\|[^|\x00-\x1f]{0,200})$`)
)

// openPart opens a file of a backup and reads its header.
func openPart(content []byte) (*partReader, error) {
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil || len(z.File) != 1 || z.File[0].Name != backupFile || z.File[0].UncompressedSize64 > maxBackupText {
		return nil, ErrBackup
	}
	text, err := z.File[0].Open()
	if err != nil {
		return nil, ErrBackup
	}
	p := &partReader{Closer: text, lines: bufio.NewScanner(io.LimitReader(text, maxBackupText))}
	p.lines.Buffer(nil, backupLineSize)
	header := p.next()
	fields := backupPartLine.FindStringSubmatch(p.next())
	if header != backupHeader || fields == nil {
		_ = text.Close()
		return nil, ErrBackup
	}
	p.keyID, p.id = fields[1], fields[2]
	p.number, p.of = parseInt(fields[3]), parseInt(fields[4])
	if p.number < 1 || p.number > p.of || p.of > BackupParts {
		_ = text.Close()
		return nil, ErrBackup
	}
	return p, nil
}

func (p *partReader) next() string {
	if !p.lines.Scan() {
		return ""
	}
	return p.lines.Text()
}

// read calls use with the people of the part, hash and value in turns, and returns their number.
func (p *partReader) read(use func(entries []any) error) (people int, err error) {
	var entries []any
	flush := func() error {
		if len(entries) == 0 {
			return nil
		}
		err := use(entries)
		entries = entries[:0]
		return err
	}
	line := p.next()
	for ; !strings.HasPrefix(line, backupEnd); line = p.next() {
		parts := backupEntry.FindStringSubmatch(line)
		if parts == nil {
			return people, ErrBackup
		}
		if people++; people > 2*partPeople { // the last part has some more than others
			return people, ErrBackup
		}
		if entries = append(entries, parts[1], parts[2]); len(entries) == 2*bulkSize {
			if err := flush(); err != nil {
				return people, err
			}
		}
	}
	if line != backupEnd+strconv.Itoa(people) || p.lines.Scan() || p.lines.Err() != nil {
		return people, ErrBackup
	}
	return people, flush()
}
