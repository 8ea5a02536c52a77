package sends

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/sends/recipients"
	"github.com/coupontools/couponbot/sends/redistest"
)

// export returns the files of a backup.
func export(t testing.TB, s *Service) (files [][]byte) {
	t.Helper()
	_, err := s.ExportSuppressionList(t.Context(), Actor{User: mia}, func(part BackupPart) error {
		if files = append(files, bytes.Clone(part.Content)); part.Number != len(files) {
			t.Errorf("file %d is part %d of %d", len(files), part.Number, part.Of)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// importBackup imports the files of a backup together.
func importBackup(t testing.TB, s *Service, files ...[]byte) (int, error) {
	t.Helper()
	return s.ImportSuppressionList(t.Context(), Actor{User: mia}, func(add func([]byte) error) error {
		for _, content := range files {
			if err := add(content); err != nil {
				return err
			}
		}
		return nil
	})
}

// unzipped returns the text in a file of a backup, zipped makes a file of a text.
func unzipped(t testing.TB, content []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func zipped(t testing.TB, name, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, err := z.Create(name)
	if err == nil {
		_, err = io.WriteString(f, text)
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestImport_restoresTheList(t *testing.T) {
	t.Parallel()
	m := startRedis(t)
	rdb := connect(t, m, nil)
	s := service(rdb, accept, func(c *Config) { c.SuppressionKey = "secret" })
	suppress(t, s, number(0), number(1))
	backup := export(t, s)
	if len(backup) != 1 {
		t.Fatalf("the backup has %d files, want 1", len(backup))
	}
	text := unzipped(t, backup[0])
	for _, private := range []string{number(0), number(0)[1:], "secret"} {
		if strings.Contains(text, private) {
			t.Errorf("the backup holds %q", private)
		}
	}
	m.FlushAll()
	if added, err := importBackup(t, s, backup...); added != 2 || err != nil {
		t.Fatalf("ImportSuppressionList() = %d, %v", added, err)
	}
	if added, err := importBackup(t, s, backup[0], backup[0]); added != 0 || err != nil {
		t.Errorf("a second import = %d, %v, want nobody added", added, err)
	}
	if d := save(t, s, draft(3)); len(d.List.Recipients) != 1 {
		t.Errorf("%d people get it, want 1", len(d.List.Recipients))
	}

	lines := strings.SplitAfter(text, "\n")
	start, end := lines[0]+lines[1], lines[4]
	for name, tt := range map[string]struct {
		backup string
		want   error
	}{
		"with another key":    {lines[0] + "key 0123456789abcdef" + lines[1][20:] + lines[2] + lines[3] + end, ErrBackupKey},
		"with a strange key":  {lines[0] + "key x" + lines[1][20:] + lines[2] + lines[3] + end, ErrBackup},
		"with part 0":         {lines[0] + strings.Replace(lines[1], "part 1", "part 0", 1) + lines[2] + lines[3] + end, ErrBackup},
		"with part 2 of 1":    {lines[0] + strings.Replace(lines[1], "part 1", "part 2", 1) + lines[2] + lines[3] + end, ErrBackup},
		"of 11 parts":         {lines[0] + strings.Replace(lines[1], "of 1", "of 11", 1) + lines[2] + lines[3] + end, ErrBackup},
		"cut off":             {start + lines[2] + lines[3], ErrBackup},
		"without a line":      {start + lines[2] + end, ErrBackup},
		"with a line more":    {start + lines[2] + lines[3] + lines[3] + end, ErrBackup},
		"with more behind it": {text + lines[2], ErrBackup},
		"of phone numbers":    {"phone\n+32470123456\n", ErrBackup},
		"empty":               {"", ErrBackup},
		"with a long line":    {start + strings.Repeat("x", 1<<20) + "\n" + end, ErrBackup},
		"with a control":      {start + strings.Replace(lines[2], "|", "\x00|", 1) + lines[3] + end, ErrBackup},
		"with another value":  {start + lines[2] + "AAAAAAAAAAAAAAAAAAAAAA|1|U1|<!channel>|x\n" + end, ErrBackup},
	} {
		if n, err := importBackup(t, s, zipped(t, backupFile, tt.backup)); !errors.Is(err, tt.want) || n != 0 {
			t.Errorf("a backup %s gives %d, %v, want %v", name, n, err, tt.want)
		}
	}
	for name, content := range map[string][]byte{
		"no zip": []byte(text), "nothing": nil, "half a zip": backup[0][:len(backup[0])/2], "another name": zipped(t, "list.txt", text),
	} {
		if _, err := importBackup(t, s, content); !errors.Is(err, ErrBackup) {
			t.Errorf("%s gives %v, want %v", name, err, ErrBackup)
		}
	}
	if _, err := importBackup(t, s); !errors.Is(err, ErrBackup) {
		t.Errorf("no file gives %v, want %v", err, ErrBackup)
	}
	if keys := m.Keys(); slices.ContainsFunc(keys, func(key string) bool { return strings.Contains(key, "import:") }) {
		t.Errorf("Redis still holds an import: %q", keys)
	}
	made := service(rdb, accept)
	made.UseSuppressionList("other")
	suppress(t, made, number(7))
	if _, err := importBackup(t, made, backup...); !errors.Is(err, ErrBackupKey) {
		t.Errorf("a backup of another list gives %v, want %v", err, ErrBackupKey)
	}
}

// A list that may be lost needs all parts of a backup; a whole list accepts any part.
func TestImport_inParts(t *testing.T) {
	t.Parallel()
	m := startRedis(t)
	rdb := connect(t, m, nil)
	small := func() *Service {
		s := service(rdb, accept, func(c *Config) { c.SuppressionKey = "secret" })
		s.partPeople = 10
		return s
	}
	s := small()
	var people []string
	for i := range 25 {
		people = append(people, number(i))
	}
	suppress(t, s, people...)
	parts, others := export(t, s), export(t, s)
	if len(parts) != 3 {
		t.Fatalf("the backup has %d parts, want 3", len(parts))
	}
	for name, lose := range map[string]func(){
		"the people": func() { m.Del(s.listKey("people")) },
		"some people": func() {
			for range 7 {
				m.HDel(s.listKey("people"), mustFirst(m, s))
			}
		},
		"everything": m.FlushAll,
	} {
		lose()
		s := small()
		missing := &MissingPartsError{}
		if _, err := importBackup(t, s, parts[2], parts[0]); !errors.As(err, &missing) || !slices.Equal(missing.Missing, []int{2}) {
			t.Errorf("after the loss of %s, two of three parts give %v, want part 2 missing", name, err)
		}
		if _, err := importBackup(t, s, parts[0], others[1], parts[2]); !errors.Is(err, ErrBackupMixed) {
			t.Errorf("after the loss of %s, parts of two backups give %v, want %v", name, err, ErrBackupMixed)
		}
		if _, err := importBackup(t, s, parts[2], parts[0], parts[1]); err != nil {
			t.Errorf("after the loss of %s, all parts give %v", name, err)
		}
		if got, err := s.ListStatus(t.Context()); got.Suppressed != 25 || len(got.Concerns) > 0 || err != nil {
			t.Errorf("after the loss of %s and the import, Checked() = %+v, %v, want 25 people and no concern", name, got, err)
		}
	}
	m.FlushAll()
	s = small()
	if _, err := s.AcceptSuppressionList(t.Context(), Actor{User: mia}); err != nil {
		t.Fatal(err)
	}
	if n, err := importBackup(t, s, parts[1]); n != 10 || err != nil {
		t.Errorf("a part alone, after an admin has continued without = %d, %v, want 10 people added", n, err)
	}
	s.partPeople = 1
	for i := range BackupParts {
		suppress(t, s, number(100+i))
	}
	_, err := s.ExportSuppressionList(t.Context(), Actor{}, func(BackupPart) error { return nil })
	if !errors.Is(err, ErrBackupSize) {
		t.Errorf("the backup of a list that is too long gives %v, want %v", err, ErrBackupSize)
	}
}

// A list stays lost until the whole backup is imported, and a running send stays paused.
func TestImport_interrupted(t *testing.T) {
	t.Parallel()
	m := startRedis(t)
	f := &faults{}
	s := service(connect(t, m, f), accept, func(c *Config) { c.SuppressionKey = "secret" })
	suppress(t, s, number(0), number(1))
	backup := export(t, s)
	if _, err := importBackup(t, s, backup...); err != nil { // from now on Redis knows the script
		t.Fatal(err)
	}
	m.Del(s.listKey("people"))
	f.set(func(cmd redis.Cmder) (int, bool) {
		if runs(cmd, restoreToListScript) {
			return 1, false
		}
		return 1, true
	})
	if _, err := importBackup(t, s, backup...); !errors.Is(err, ErrUnavailable) {
		t.Errorf("the import = %v, want %v", err, ErrUnavailable)
	}
	f.set(nil)
	if people, err := m.HKeys(s.listKey("people")); len(people) != 2 || err != nil {
		t.Fatalf("%d people are on the list, want both (%v)", len(people), err)
	}
	if _, err := s.SaveDraft(t.Context(), draft(1)); !errors.Is(err, ErrSuppressionLost) {
		t.Errorf("SaveDraft() = %v, want %v", err, ErrSuppressionLost)
	}
	if _, err := importBackup(t, s, backup...); err != nil {
		t.Errorf("a second import = %v", err)
	}
	if d := save(t, s, draft(3)); len(d.List.Recipients) != 1 {
		t.Errorf("%d people get it, want 1", len(d.List.Recipients))
	}
}

// A backup with the current SUPPRESSION_KEY replaces a list that can't be read with that key.
func TestImport_replacesUnreadableList(t *testing.T) {
	t.Parallel()
	m := startRedis(t)
	rdb := connect(t, m, nil)
	with := func(key, list string) *Service {
		s := service(rdb, accept, func(c *Config) { c.SuppressionKey = key })
		s.UseSuppressionList(list)
		return s
	}
	suppress(t, with("now", "other"), number(0))
	backup := export(t, with("now", "other"))
	suppress(t, with("before", "T1"), number(1), number(2))
	s := with("now", "T1")
	if n, err := importBackup(t, s, backup...); n != 1 || err != nil {
		t.Errorf("ImportSuppressionList() = %d, %v, want 1 added", n, err)
	}
	if got, err := s.ListStatus(t.Context()); got.Suppressed != 1 || slices.ContainsFunc(got.Concerns, Concern.Refuses) || err != nil {
		t.Errorf("Checked() = %+v, %v, want 1 person", got, err)
	}
}

// The backup of a long list fits into a form, and restores the whole list.
func TestBackup_longList(t *testing.T) {
	t.Parallel()
	const people, largest = bigList, 10_000_000 / (partPeople / bigListPeople) // bytes: a form takes 10 MB
	rdb := redis.NewClient(&redis.Options{Network: "unix", Addr: redistest.New(t).Socket()})
	t.Cleanup(func() { _ = rdb.Close() })
	s := service(rdb, accept, func(c *Config) { c.SuppressionKey = "secret" })
	s.partPeople = bigListPeople
	h, err := s.hasher(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for from := 0; from < people; from += bulkSize {
		var entries []any
		for i := from; i < from+bulkSize; i++ {
			at := began.Add(-time.Duration(i) * 7919 * time.Millisecond)
			entries = append(entries, h.person(recipients.SMS, number(i)), suppressedValue(at, fmt.Sprintf("U%09d", i%50), "with a list"))
		}
		if _, err := s.changeList(t.Context(), addToListScript, h.keyID, entries...); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("made the list in %v", time.Since(began))
	began = time.Now()
	parts := export(t, s)
	sizes := make([]int, len(parts))
	for i, part := range parts {
		if sizes[i] = len(part); sizes[i] > largest {
			t.Errorf("part %d has %d bytes, more than a form takes", i+1, sizes[i])
		}
	}
	t.Logf("exported it in %v, in files of %v bytes", time.Since(began), sizes)
	if err := s.cfg.Redis.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	began = time.Now()
	if n, err := importBackup(t, s, parts...); n != people || err != nil {
		t.Fatalf("ImportSuppressionList() = %d, %v, want everybody", n, err)
	}
	t.Logf("imported it in %v", time.Since(began))
	if got, err := s.ListStatus(t.Context()); got.Suppressed != people || slices.ContainsFunc(got.Concerns, Concern.Refuses) || err != nil {
		t.Errorf("Checked() = %+v, %v, want everybody", got, err)
	}
	for _, i := range []int{0, people / 2, people - 1} {
		if barriers, err := s.Why(context.WithoutCancel(t.Context()), recipients.SMS, number(i), mia); len(barriers) != 1 || err != nil {
			t.Errorf("Why() of person %d = %v, %v, want them on the list", i, barriers, err)
		}
	}
}

// An import of which Redis loses something on the way leaves a list that was lost as lost as it was.
func TestImport_lostOnTheWay(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		before *redis.Script // before which run of which script something is lost
		run    int
		key    string // what the name of the lost key contains
		want   error
	}{
		"the people collected, before they are added": {adoptListScript, 1, ":import:", ErrImportLost},
		"the people collected, while they are added":  {restoreToListScript, 1, ":import:", ErrImportLost},
		"those who were added":                        {adoptListScript, 2, ":people", ErrSuppressionLost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, f := startRedis(t), &faults{}
			s := service(connect(t, m, f), accept, func(c *Config) { c.SuppressionKey = "secret" })
			s.UseSuppressionList("T1")
			suppress(t, s, number(0), number(1))
			backup := export(t, s)
			m.Del(s.listKey("people"))
			if _, err := importBackup(t, s, backup...); err != nil { // Redis knows the scripts from now on
				t.Fatal(err)
			}
			m.Del(s.listKey("people"))
			runsLeft := tt.run
			f.set(func(cmd redis.Cmder) (int, bool) {
				if runs(cmd, tt.before) {
					runsLeft--
				}
				for _, key := range m.Keys() {
					if runsLeft == 0 && strings.Contains(key, tt.key) {
						m.Del(key)
					}
				}
				return 1, true
			})
			if _, err := importBackup(t, s, backup...); !errors.Is(err, tt.want) {
				t.Errorf("ImportSuppressionList() = %v, want %v", err, tt.want)
			}
			f.set(nil)
			if _, err := s.SaveDraft(t.Context(), draft(3)); !errors.Is(err, ErrSuppressionLost) {
				t.Errorf("SaveDraft() = %v, want %v", err, ErrSuppressionLost)
			}
			if n, err := importBackup(t, s, backup...); err != nil {
				t.Errorf("the import again = %d, %v", n, err)
			}
			if d := save(t, s, draft(3)); len(d.List.Recipients) != 1 {
				t.Errorf("%d people get it, want 1", len(d.List.Recipients))
			}
		})
	}
}
