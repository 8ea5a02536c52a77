package suppress

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/recipientlist"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

// backupMail is a Slack that keeps the uploaded file.
type backupMail struct{ content []byte }

func (*backupMail) Direct(context.Context, string) (string, error) { return "D1", nil }

func (m *backupMail) Upload(_ context.Context, _ string, u bot.Upload) error {
	m.content = bytes.Clone(u.Content)
	return nil
}

// An exported list can be imported after Redis lost it; other files are refused.
func TestSuppressImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Sends = sends.New(sends.Config{Redis: w.RDB, Prefix: "test:", API: w.Client, SuppressionKey: "secret"})
	if _, err := w.Sends.Suppress(t.Context(), recipients.Email, []string{"anna@example.com"}, ui.ActorOf(bot.Request{Person: commandstest.Mia}), ""); err != nil {
		t.Fatal(err)
	}
	var mail backupMail
	s := backupHandlers{list: w.Sends, to: ui.Deliverer{Poster: &mail}}
	reply := commandstest.Must(t)(s.export(t.Context(), bot.Request{Person: commandstest.Mia}))
	commandstest.WantIn(t, commandstest.Picture(reply), "The backup of the do-not-contact list (1 person) is in your direct messages.")

	w.Redis.Del("test:suppression:people")
	checked := func() string {
		c, err := w.Sends.ListStatus(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		text := recipientlist.CheckedLine(c)
		for _, concern := range c.Concerns {
			text += " " + recipientlist.ConcernWords(concern, c)
		}
		return text
	}
	commandstest.WantIn(t, checked(), "has disappeared from Redis, so nothing is sent")
	imports := func(content []byte) (bot.Reply, error) {
		s.uploads = ui.NewUploads(commandstest.Uploaded(content))
		view := bot.NewView(viewImport, "", map[string]string{fieldImportHow: importBackup}).
			WithFiles("file", bot.File{ID: "F1", Name: "backup.txt", User: commandstest.Mia.ID})
		return commandstest.Follow(t.Context(), s.imported, bot.Request{Person: commandstest.Mia, View: view})
	}
	said := func(err error) string {
		t.Helper()
		m := commandstest.MistakeOf(t, ui.Explain, err)
		return m.Text + " " + m.Done
	}
	_, err := imports([]byte("phone\n+32470123456\n"))
	commandstest.WantIn(t, said(err), "“backup.txt” isn't a backup of the do-not-contact list, or it was changed.", "Nothing was imported.")
	other := sends.New(sends.Config{Redis: w.RDB, Prefix: "other:", API: w.Client})
	if _, err := other.Suppress(t.Context(), recipients.Email, []string{"b@example.com"}, ui.ActorOf(bot.Request{Person: commandstest.Mia}), ""); err != nil {
		t.Fatal(err)
	}
	var foreign []byte
	_, err = other.ExportSuppressionList(t.Context(), sends.Actor{}, func(part sends.BackupPart) error {
		foreign = bytes.Clone(part.Content)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = imports(foreign)
	commandstest.WantIn(t, said(err), "This backup was made with another key")
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(imports(mail.content))), "Added 1 person from the backup to the do-not-contact list.")
	commandstest.WantIn(t, checked(), "Checked against 1 person on the do-not-contact list.")
}

// Each file of a backup names its part, and an import names what is wrong with them.
func TestSuppressExport_inParts(t *testing.T) {
	t.Parallel()
	part := backupUpload(sends.BackupPart{Number: 2, Of: 3, Content: []byte("x")})
	if !strings.HasSuffix(part.Name, "-part-2-of-3.zip") || !strings.HasPrefix(part.Comment, "Part 2 of 3. ") {
		t.Errorf("part 2 of 3 is named %q, with %q", part.Name, part.Comment)
	}
	if whole := backupUpload(sends.BackupPart{Number: 1, Of: 1}); strings.Contains(whole.Name+whole.Comment, "art") {
		t.Errorf("the only file is named %q, with %q", whole.Name, whole.Comment)
	}
	for err, want := range map[error]string{
		sends.ErrBackupMixed: "parts of different backups",
		&sends.MissingPartsError{Missing: []int{2}, Of: 3}:    "Part 2 of 3 of this backup is missing.",
		&sends.MissingPartsError{Missing: []int{1, 2}, Of: 3}: "Parts 1, 2 of 3 of this backup are missing.",
	} {
		m := commandstest.MistakeOf(t, ui.Explain, notImported(bot.File{}, fmt.Errorf("import: %w", err)))
		commandstest.WantIn(t, m.Text+" "+m.Done+" "+m.Hint, want, "Nothing was imported.")
	}
}
