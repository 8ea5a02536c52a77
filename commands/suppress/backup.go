package suppress

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/form"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends"
)

const (
	viewSuppressImport = "suppress_import"

	fieldImportHow = "how"
	importBackup   = "backup"
	importNothing  = "keep"
)

// suppressionBackup is the part of [sends.Service] that exports and imports the do-not-contact list.
type suppressionBackup interface {
	ExportSuppressionList(ctx context.Context, by sends.Actor) (backup []byte, people int, err error)
	ImportSuppressionList(ctx context.Context, backup []byte, by sends.Actor) (added int, err error)
	AcceptSuppressionList(ctx context.Context, by sends.Actor) (sends.Acceptance, error)
}

// suppressionBackups answers the commands that export and import the do-not-contact list.
type suppressionBackups struct {
	list    suppressionBackup
	uploads ui.Uploads
	to      ui.Deliverer
}

// suppressExport answers "/coupontools suppress export".
func suppressExport(s suppressionBackups) bot.Command {
	return bot.Command{
		Topic: "suppress export", Group: ui.GroupSends, Right: bot.Admin,
		Summary: "Get a backup of the do-not-contact list, without any number or address in it",
		Examples: []bot.Example{
			{Line: "/coupontools suppress export", Does: "sends you the backup as a file"},
		},
		Run: func(_ context.Context, req bot.Request) (bot.Reply, error) {
			return bot.Reply{Text: "Exporting the do-not-contact list…", Later: func(ctx context.Context) (bot.Reply, error) {
				return s.export(ctx, req)
			}}, nil
		},
	}
}

func (s suppressionBackups) export(ctx context.Context, req bot.Request) (bot.Reply, error) {
	backup, people, err := s.list.ExportSuppressionList(ctx, ui.ActorOf(req))
	if err != nil {
		return bot.Reply{}, fmt.Errorf("export: %w", ui.Unreadable(err))
	}
	called := "backup of the do-not-contact list"
	err = s.to.Upload(ctx, req.Person, called, bot.Upload{
		Name: "do-not-contact-" + time.Now().UTC().Format(time.DateOnly) + ".txt",
		From: bytes.NewReader(backup), Size: int64(len(backup)),
		Comment: fmt.Sprintf("A %s with %s, as hashes: it holds no number and no address. Keep it with the key of the list "+
			"(SUPPRESSION_KEY): without the key it is of no use. Import it with %s suppress import.",
			called, format.Persons(people), ui.Root),
		AltText: "A " + called + ".",
	})
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Text: "The " + called + " (" + format.Persons(people) + ") is in your direct messages."}, nil
}

// suppressImport answers "/coupontools suppress import" with a form.
func suppressImport(s suppressionBackups) bot.Command {
	return bot.Command{
		Topic: "suppress import", Group: ui.GroupSends, Right: bot.Admin,
		Summary: "Import a backup of the do-not-contact list, or confirm the list as it is",
		Examples: []bot.Example{
			{Line: "/coupontools suppress import", Does: "opens the form for the backup"},
		},
		Run: func(context.Context, bot.Request) (bot.Reply, error) {
			return bot.Reply{View: suppressImportView()}, nil
		},
		Submissions: map[string]bot.Submission{viewSuppressImport: {Run: s.imported}},
	}
}

func suppressImportView() *slack.ModalViewRequest {
	return blocks.Modal(
		viewSuppressImport,
		"Import",
		"Import",
		"Close",
		blocks.Radio(blocks.Input{Name: fieldImportHow, Label: "What to do"}, importBackup,
			blocks.Option("Add the people of a backup to the do-not-contact list", importBackup),
			blocks.Option("Continue with the list as it is: new, or what's left of it", importNothing)),
		blocks.FileInput(blocks.Input{
			Name: form.FieldImport, Label: "Backup", Optional: true, Hint: "The file that " + ui.Root + " suppress export made.",
		}, []string{"txt"}, 1),
		blocks.Context(
			blocks.Small("If you continue without a backup, people who were lost, or whom couponbot can't recognise with the "+
				"key of now, may get messages again."),
		),
	)
}

// imported takes the form. A repeat adds nobody a second time.
func (s suppressionBackups) imported(_ context.Context, req bot.Request) (bot.Reply, error) {
	files, how := req.View.Files(form.FieldImport), req.View.Value(fieldImportHow)
	switch {
	case how != importBackup && how != importNothing:
		return bot.Reply{Errors: map[string]string{fieldImportHow: "Choose one."}}, nil
	case how == importBackup && len(files) == 0:
		return bot.Reply{Errors: map[string]string{form.FieldImport: "Add the backup."}}, nil
	case how == importNothing && len(files) > 0:
		return bot.Reply{Errors: map[string]string{form.FieldImport: "Take the file away, or choose to add its people."}}, nil
	}
	result := func(text string) *slack.ModalViewRequest {
		return blocks.Modal(viewSuppressed, "Do not contact", "", "Close", blocks.Text(text))
	}
	return bot.Reply{View: result("Importing…"), Later: func(ctx context.Context) (bot.Reply, error) {
		said, err := s.restore(ctx, req, how, files)
		return bot.Reply{View: result(said)}, err
	}}, nil
}

// acceptedWords says what an admin has continued with.
func acceptedWords(a sends.Acceptance) string {
	said := "The do-not-contact list is used as it is, with " + format.Persons(a.People) + " on it."
	if a.SetAside == 0 {
		return said
	}
	return said + " " + format.Count(a.SetAside, "person was", "people were") +
		" set aside, because they were put on a list with another key. They may get messages again, until couponbot has that key back."
}

func (s suppressionBackups) restore(ctx context.Context, req bot.Request, how string, files []bot.File) (string, error) {
	if how == importNothing {
		accepted, err := s.list.AcceptSuppressionList(ctx, ui.ActorOf(req))
		if err != nil {
			return "", suppressionMistake(nil, err)
		}
		return acceptedWords(accepted), nil
	}
	added := 0
	_, err := s.uploads.Read(ctx, req.Person.ID, files[0], func(backup []byte) (err error) {
		added, err = s.list.ImportSuppressionList(ctx, backup, ui.ActorOf(req))
		return err
	})
	switch {
	case errors.Is(err, sends.ErrBackup):
		return "", &bot.Mistake{
			Text: "This file isn't a backup of the do-not-contact list, or it was changed.", Done: "Nothing was imported.",
			Hint: "Use a file made by " + ui.Root + " suppress export, as it is. To add numbers or addresses, use " + ui.Root + " suppress.",
		}
	case errors.Is(err, sends.ErrBackupKey):
		return "", &bot.Mistake{
			Text: "This backup was made with another key, so nobody in it would be recognised.", Done: "Nothing was imported.",
			Hint: "Whoever runs couponbot should " + ui.KeyMend + ".",
		}
	case err != nil:
		return "", suppressionMistake(nil, err)
	}
	return "Added " + format.Persons(added) + " from the backup to the do-not-contact list.", nil
}
