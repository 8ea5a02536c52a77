package sends

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// A backup is a text file: a line that names the format, one with the fingerprint of the hashes' key and how many people
// follow, and a line for each: hash|when|by whom|how. It holds no number, no address and no key.

const (
	backupHeader   = "couponbot do-not-contact list, version 1"
	backupPeople   = "key %s, people %d"
	importLife     = 10 * time.Minute // how long an import that was broken off stays in Redis
	backupLineSize = 1000
)

var (
	// ErrBackup says that a file is no backup of a do-not-contact list, or a damaged one.
	ErrBackup = errors.New("this is not a backup of a do-not-contact list")
	// ErrBackupKey says that a backup was made with another key, so that nobody in it would be recognised.
	ErrBackupKey = errors.New("the backup was made with another key")
)

// ExportSuppressionList returns a backup of the do-not-contact list and how many people are in it. It goes into the audit
// trail. It gives [ErrSuppressionKey], [ErrSuppressionLost] or [ErrUnavailable].
func (s *Service) ExportSuppressionList(ctx context.Context, by Actor) ([]byte, int, error) {
	h, err := s.ready(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("export the do-not-contact list: %w", err)
	}
	people, err := s.cfg.Redis.HGetAll(ctx, s.listKey("people")).Result()
	if err != nil {
		return nil, 0, fmt.Errorf("export the do-not-contact list: %w", redisError(err))
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, backupHeader+"\n"+backupPeople+"\n", h.keyID, len(people))
	for hash, value := range people {
		b.WriteString(hash + "|" + value + "\n")
	}
	return b.Bytes(), len(people), s.Record(ctx, Entry{
		What: "suppress-export", Actor: by, After: strconv.Itoa(len(people)) + " people",
	})
}

// ImportSuppressionList adds the people of a backup to the do-not-contact list, all or none, and returns how many were not on
// it before. A list that was lost counts as whole after that. It goes into the audit trail. It gives [ErrBackup],
// [ErrBackupKey], [ErrSuppressionKey] or [ErrUnavailable].
func (s *Service) ImportSuppressionList(ctx context.Context, backup []byte, by Actor) (int, error) {
	l, err := s.lists(ctx)
	if err != nil {
		return 0, fmt.Errorf("import the do-not-contact list: %w", err)
	}
	h, err := s.importHasher(l)
	if err != nil {
		return 0, fmt.Errorf("import the do-not-contact list: %w", err)
	}
	entries, err := readBackup(backup, h.keyID)
	if err != nil {
		return 0, fmt.Errorf("import the do-not-contact list: %w", err)
	}
	added, err := s.mergeBackup(ctx, h, entries)
	if err != nil {
		return 0, fmt.Errorf("import the do-not-contact list: %w", err)
	}
	return added, s.Record(ctx, Entry{
		What: "suppress-import", Actor: by, Note: strconv.Itoa(len(entries)/2) + " people", After: strconv.Itoa(added) + " added",
	})
}

// importHasher returns the hasher of the list, or of the setting if the list has no key.
func (s *Service) importHasher(l lists) (*hasher, error) {
	switch {
	case l.key != "":
		return s.hasherOf(l.key)
	case s.cfg.SuppressionKey != "":
		return s.hasherOf(s.newKey())
	}
	return nil, ErrBackupKey
}

// backupEntry is one line of a backup: a keyed hash of 16 bytes, a time in ms, a Slack id, and how the person came on the
// list.
var backupEntry = regexp.MustCompile(`^([A-Za-z0-9_-]{22})\|(\d{1,15}\|[A-Z0-9]{0,20}\|[^|\x00-\x1f]{0,200})$`)

// readBackup returns hash and value of each person, in turns.
func readBackup(backup []byte, fingerprint string) ([]any, error) {
	lines := bufio.NewScanner(bytes.NewReader(backup))
	lines.Buffer(nil, backupLineSize)
	next := func() string {
		if !lines.Scan() {
			return ""
		}
		return strings.TrimRight(lines.Text(), "\r")
	}
	if next() != backupHeader {
		return nil, ErrBackup
	}
	var (
		key    string
		people int
	)
	if n, err := fmt.Sscanf(next(), strings.Replace(backupPeople, "%s,", "%16s,", 1), &key, &people); n != 2 || err != nil {
		return nil, ErrBackup
	}
	if key != fingerprint {
		return nil, ErrBackupKey
	}
	var entries []any
	for line := next(); line != ""; line = next() {
		parts := backupEntry.FindStringSubmatch(line)
		if parts == nil {
			return nil, ErrBackup
		}
		entries = append(entries, parts[1], parts[2])
	}
	if lines.Err() != nil || len(entries)/2 != people {
		return nil, ErrBackup
	}
	return entries, nil
}

// mergeBackup writes the entries beside the list, then adds them to it in one step.
func (s *Service) mergeBackup(ctx context.Context, h *hasher, entries []any) (int, error) {
	beside := s.listKey("import:" + rand.Text())
	for from := 0; from < len(entries); from += 2 * page {
		_, err := s.cfg.Redis.Pipelined(ctx, func(p redis.Pipeliner) error {
			p.HSet(ctx, beside, entries[from:min(from+2*page, len(entries))]...)
			p.PExpire(ctx, beside, importLife)
			return nil
		})
		if err != nil {
			return 0, redisError(err)
		}
	}
	return s.changeLists(ctx, mergeList, s.listKeys(beside), h.keyID, h.stored, acceptedRevisions)
}
