package ui_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coupontools/couponbot/commands/internal/ui"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
)

// A panic while a file is read doesn't block the person's next file.
func TestUploads_panic(t *testing.T) {
	t.Parallel()
	u := ui.NewUploads(commandstest.Uploaded("+32470123456"))
	func() {
		defer func() { _ = recover() }()
		_, _ = u.Read(t.Context(), commandstest.Mia.ID, bot.File{}, func([]byte) error { panic("in the file") })
	}()
	if _, err := u.Read(t.Context(), commandstest.Mia.ID, bot.File{}, func([]byte) error { return nil }); err != nil {
		t.Error(err)
	}
}

// A file that waits too long, or is one too many, is refused with an explanation. A waiting file says how many come first.
func TestUploads_waiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := ui.NewUploads(commandstest.Uploaded("+32470123456"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		file := bot.File{Name: "list.csv"}
		read := func(ctx context.Context) error {
			_, err := u.Read(ctx, commandstest.Mia.ID, file, func([]byte) error { <-t.Context().Done(); return nil })
			return err
		}
		commandstest.WantIn(t, u.Waiting(commandstest.Mia.ID, file), "Reading “list.csv”…")
		first, stop := context.WithCancel(t.Context())
		held := make(chan error)
		go func() {
			_, err := u.Read(first, commandstest.Mia.ID, file, func([]byte) error { <-first.Done(); return nil })
			held <- err
		}()
		synctest.Wait()
		commandstest.WantIn(t, u.Waiting(commandstest.Mia.ID, file), "“list.csv” is next")
		refused := make(chan error, 9)
		for range 9 {
			go func() { refused <- read(ctx) }()
		}
		synctest.Wait()
		commandstest.WantIn(t, u.Waiting(commandstest.Mia.ID, file), "10 come before “list.csv”")
		commandstest.WantIn(t, commandstest.MistakeOf(t, ui.Explain, read(ctx)).Text, "“list.csv” can't be read yet")
		for range 9 {
			commandstest.WantIn(t, commandstest.MistakeOf(t, ui.Explain, <-refused).Text, "other files took too long")
		}
		stop()
		if err := <-held; err != nil {
			t.Error(err)
		}
		if _, err := u.Read(t.Context(), commandstest.Mia.ID, file, func([]byte) error { return nil }); err != nil {
			t.Errorf("after that: %v", err)
		}
	})
}
