package suppress

import (
	"context"
	"errors"
	"fmt"
	"strings"
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
	viewImport = "suppress_import"

	fieldImportHow = "how"
	importBackup   = "backup"
	importNothing  = "keep"
)

// backupHandlers export and import the do-not-contact list.
type backupHandlers struct {
	list    *sends.Service
	uploads ui.Uploads
	to      ui.Deliverer
}

// exportCommand answers "/coupontools suppress export".
func exportCommand(s backupHandlers) bot.Command {
	return bot.Command{
		Topic: "suppress export", Group: ui.GroupSends, Right: bot.Admin,
		Summary: "Get a backup of the do-not-contact list, without any number or address in it",
		Examples: []bot.Example{
			{Line: "/coupontools suppress export", Does: "sends you the backup as a file, or as several if the list is long"},
		},
		Run: func(_ context.Context, req bot.Request) (bot.Reply, error) {
			return bot.Reply{Text: "Exporting the do-not-contact list…", Later: func(ctx context.Context) (bot.Reply, error) {
				return s.export(ctx, req)
			}}, nil
		},
	}
}

func (s backupHandlers) export(ctx context.Context, req bot.Request) (bot.Reply, error) {
	files, called := 0, "backup of the do-not-contact list"
	people, err := s.list.ExportSuppressionList(ctx, ui.ActorOf(req), func(part sends.BackupPart) error {
		files++
		return s.to.Upload(ctx, req.Person, called, backupUpload(part))
	})
	if errors.Is(err, sends.ErrBackupSize) {
		return bot.Reply{}, &bot.Mistake{
			Text: fmt.Sprintf("The do-not-contact list has more than %s, which is too much for a backup in Slack.",
				format.Persons(sends.MostBackedUp)),
			Hint: "The person who runs couponbot should back up Redis itself.",
		}
	}
	if err != nil {
		return bot.Reply{}, fmt.Errorf("export: %w", ui.Unreadable(err))
	}
	size := format.Persons(people)
	if files > 1 {
		size += fmt.Sprintf(" in %d files", files)
	}
	return bot.Reply{Text: "The " + called + " (" + size + ") is in your direct messages."}, nil
}

// backupUpload is the upload of one file of a backup.
func backupUpload(part sends.BackupPart) bot.Upload {
	name := "do-not-contact-" + time.Now().UTC().Format(time.DateOnly)
	comment := "A backup of the do-not-contact list, as hashes: it holds no number and no address. Keep it with the key of the list " +
		"(SUPPRESSION_KEY): without the key it is of no use. Import it with " + ui.Root + " suppress import."
	if part.Of > 1 {
		name += fmt.Sprintf("-part-%d-of-%d", part.Number, part.Of)
		comment = fmt.Sprintf("Part %d of %d. %s All parts go into the form together.", part.Number, part.Of, comment)
	}
	return bot.Upload{Name: name + ".zip", Content: part.Content, Comment: comment, AltText: "A backup of the do-not-contact list."}
}

// importCommand answers "/coupontools suppress import" with a form.
func importCommand(s backupHandlers) bot.Command {
	return bot.Command{
		Topic: "suppress import", Group: ui.GroupSends, Right: bot.Admin,
		Summary: "Import a backup of the do-not-contact list, or confirm the list as it is",
		Examples: []bot.Example{
			{Line: "/coupontools suppress import", Does: "opens the form for the backup"},
		},
		Run: func(context.Context, bot.Request) (bot.Reply, error) {
			return bot.Reply{View: importView()}, nil
		},
		Submissions: map[string]bot.Submission{viewImport: {Run: s.imported}},
	}
}

func importView() *slack.ModalViewRequest {
	return blocks.Modal(
		viewImport,
		"Import",
		"Import",
		"Close",
		blocks.Radio(blocks.Input{Name: fieldImportHow, Label: "What to do"}, importBackup,
			blocks.Option("Add the people of a backup to the do-not-contact list", importBackup),
			blocks.Option("Continue with the list as it is: new, or what's left of it", importNothing)),
		blocks.FileInput(blocks.Input{
			Name: form.FieldImport, Label: "Backup", Optional: true,
			Hint: "The file that " + ui.Root + " suppress export made, or all its parts.",
		}, []string{"zip"}, sends.BackupParts),
		blocks.Context(blocks.Small("If you continue without a backup, people who were lost, or whom couponbot can't recognise with the "+
			"key of now, may get messages again.")))
}

// imported imports the files of the form. A repeat adds nobody twice.
func (s backupHandlers) imported(_ context.Context, req bot.Request) (bot.Reply, error) {
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
		return blocks.Modal(viewDone, "Do not contact", "", "Close", blocks.Text(text))
	}
	return bot.Reply{View: result("Importing…"), Later: func(ctx context.Context) (bot.Reply, error) {
		said, err := s.restore(ctx, req, how, files)
		return bot.Reply{View: result(said)}, err
	}}, nil
}

// acceptedWords describes the list that an admin has accepted.
func acceptedWords(a sends.Acceptance) string {
	said := "The do-not-contact list is used as it is, with " + format.Persons(a.People) + " on it."
	if a.SetAside == 0 {
		return said
	}
	return said + " " + format.Count(a.SetAside, "person was", "people were") +
		" set aside, because they were put on a list with another key. They may get messages again, until couponbot has that key back."
}

func (s backupHandlers) restore(ctx context.Context, req bot.Request, how string, files []bot.File) (string, error) {
	if how == importNothing {
		accepted, err := s.list.AcceptSuppressionList(ctx, ui.ActorOf(req))
		if err != nil {
			return "", changeMistake(nil, err)
		}
		return acceptedWords(accepted), nil
	}
	var last bot.File
	added, err := s.list.ImportSuppressionList(ctx, ui.ActorOf(req), func(add func(content []byte) error) error {
		for _, last = range files {
			if _, err := s.uploads.Read(ctx, req.Person.ID, last, add); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return "", notImported(last, err)
	}
	return "Added " + format.Persons(added) + " from the backup to the do-not-contact list.", nil
}

// notImported explains why a backup was not imported. file is the one that was read last.
func notImported(file bot.File, err error) error {
	m := &bot.Mistake{Done: "Nothing was imported."}
	if missing, ok := errors.AsType[*sends.MissingPartsError](err); ok {
		m.Text = missingWords(missing)
		m.Hint = "Add all parts together. If you don't have them all, continue with the list as it is, then import what you have."
		return m
	}
	switch {
	case errors.Is(err, sends.ErrBackup):
		m.Text = format.Capitalised(ui.FileNamed(file)) + " isn't a backup of the do-not-contact list, or it was changed."
		m.Hint = "Use a file made by " + ui.Root + " suppress export, as it is. To add numbers or addresses, use " + ui.Root + " suppress."
	case errors.Is(err, sends.ErrBackupKey):
		m.Text = "This backup was made with another key, so nobody in it would be recognised."
		m.Hint = "The person who runs couponbot should " + ui.KeyMend + "."
	case errors.Is(err, sends.ErrBackupMixed):
		m.Text = "These files are parts of different backups."
		m.Hint = "Import the parts of one backup at a time."
	case errors.Is(err, sends.ErrImportLost):
		m.Text = "Redis lost people of the backup during the import."
		m.Done = "Not everybody in it is on the do-not-contact list."
		m.Hint = "Import the backup again. If that doesn't help, the person who runs couponbot should look at Redis."
		m.Cause = err
	default:
		return changeMistake(nil, err)
	}
	return m
}

// missingWords names the missing parts of a backup.
func missingWords(e *sends.MissingPartsError) string {
	parts := make([]string, len(e.Missing))
	for i, part := range e.Missing {
		parts[i] = fmt.Sprint(part)
	}
	if len(parts) == 1 {
		return fmt.Sprintf("Part %s of %d of this backup is missing.", parts[0], e.Of)
	}
	return fmt.Sprintf("Parts %s of %d of this backup are missing.", strings.Join(parts, ", "), e.Of)
}
