package commands

import (
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

// An older list that can't be read is named in the status, and an admin can continue without it.
func TestSuppressImport_continuesWithoutAnOlderList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := []string{"anna@example.com"}
	if _, err := w.Sends.Suppress(t.Context(), recipients.Email, anna, sends.Actor{}, ""); err != nil {
		t.Fatal(err)
	}
	w.redis.HSet("old:suppressed", "somebody", "1||", "somebody else", "1||")
	w.Sends.UseEarlierPrefixes("old:")
	commandstest.WantIn(t, w.status(t), "Redis has an older do-not-contact list with 2 people that couponbot can't read", "/coupontools suppress import")
	_, err := w.Types(t, "/coupontools suppress b@example.com")
	commandstest.WantIn(t, mistake(t, err).Text, "Redis has an older do-not-contact list that couponbot can't read")

	form := commandstest.Must(t)(w.Types(t, "/coupontools suppress import"))
	commandstest.WantIn(t, commandstest.Picture(form), "Continue with the list as it is", "may get messages again")
	done := commandstest.Must(t)(w.Submits(t, bot.NewView("suppress_import", "", map[string]string{"how": "keep"})))
	commandstest.WantIn(t, commandstest.Picture(done), "with 1 person on it", "2 people were set aside", "may get messages again")
	commandstest.WantNotIn(t, w.status(t), "older do-not-contact list")
}

// The status says that the list is empty until an admin confirms that it is new.
func TestSuppressImport_confirmsANewList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	commandstest.WantIn(t, w.status(t), "The do-not-contact list is empty.", "If the list is new, an admin can confirm that")
	done := commandstest.Must(t)(w.Submits(t, bot.NewView("suppress_import", "", map[string]string{"how": "keep"})))
	commandstest.WantIn(t, commandstest.Picture(done), "The do-not-contact list is used as it is, with 0 people on it.")
	commandstest.WantNotIn(t, w.status(t), "The do-not-contact list is empty.")
	w.redis.Del("test:suppression:key")
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(w.Types(t, "/coupontools why anna@example.com"))), "The key of the do-not-contact list was gone from Redis")
}
