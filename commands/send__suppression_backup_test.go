package commands

import (
	"context"
	"io"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

// backupMail keeps the file that was sent to a person.
type backupMail struct{ content []byte }

func (*backupMail) Direct(context.Context, string) (string, error) { return "D1", nil }

func (m *backupMail) Upload(_ context.Context, _ string, u bot.Upload) (err error) {
	m.content, err = io.ReadAll(io.NewSectionReader(u.From, 0, u.Size))
	return err
}

// An exported list comes back after Redis lost it, and only a file that was exported does.
func TestSuppressImport(t *testing.T) {
	t.Parallel()
	w := newSuppressWorld(t)
	w.sends = sends.New(sends.Config{Redis: w.rdb, Prefix: "test:", API: w.client, SuppressionKey: "secret"})
	if _, err := w.sends.Suppress(t.Context(), recipients.Email, []string{"anna@example.com"}, actorOf(bot.Request{Person: mia}), ""); err != nil {
		t.Fatal(err)
	}
	var mail backupMail
	s := suppressionBackups{list: w.sends, to: deliverer{&mail}}
	reply := must(t)(s.export(t.Context(), bot.Request{Person: mia}))
	wantIn(t, picture(reply), "The backup of the do-not-contact list (1 person) is in your direct messages.")

	w.redis.Del("test:suppression:people")
	checked := func() string {
		c, err := w.sends.Checked(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		text := checkedLine(c)
		for _, concern := range c.Concerns {
			text += " " + concernWords(concern, c)
		}
		return text
	}
	wantIn(t, checked(), "has disappeared from Redis, so nothing is sent")
	imports := func(content []byte) (bot.Reply, error) {
		s.uploads = newUploads(uploaded(content))
		view := bot.NewView(viewSuppressImport, "", map[string]string{fieldImportHow: importBackup}).
			WithFiles(fieldImport, bot.File{ID: "F1", Name: "backup.txt", User: mia.ID})
		return follow(t.Context(), s.imported, bot.Request{Person: mia, View: view})
	}
	said := func(err error) string {
		t.Helper()
		m := mistakeOf(t, Explain, err)
		return m.Text + " " + m.Done
	}
	_, err := imports([]byte("phone\n+32470123456\n"))
	wantIn(t, said(err), "This file isn't a backup of the do-not-contact list, or it was changed.", "Nothing was imported.")
	other := sends.New(sends.Config{Redis: w.rdb, Prefix: "other:", API: w.client})
	if _, err := other.Suppress(t.Context(), recipients.Email, []string{"b@example.com"}, actorOf(bot.Request{Person: mia}), ""); err != nil {
		t.Fatal(err)
	}
	foreign, _, err := other.ExportSuppressionList(t.Context(), sends.Actor{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = imports(foreign)
	wantIn(t, said(err), "This backup was made with another key")
	wantIn(t, picture(must(t)(imports(mail.content))), "Added 1 person from the backup to the do-not-contact list.")
	wantIn(t, checked(), "Checked against 1 person on the do-not-contact list.")
}
