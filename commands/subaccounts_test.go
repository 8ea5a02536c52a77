package commands

import (
	"path"
	"regexp"
	"sync"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/ui"
)

// A submission creates one link, however often it is delivered, and Redis never holds it.
func TestSignOn_submittedTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var all sync.WaitGroup
	shown, told := make(chan string, 3), make(chan error, 3)
	for range cap(told) {
		all.Go(func() {
			reply, err := w.Submits(t, bot.NewView("sign_on", "", map[string]string{"whom": "account"}))
			if err != nil {
				told <- err
				return
			}
			shown <- commandstest.Picture(reply)
		})
	}
	all.Wait()
	if n := w.api.Calls("/v3/account/sso"); n != 1 || len(shown) != 1 {
		t.Fatalf("%d links were made and %d shown, want one", n, len(shown))
	}
	commandstest.WantIn(t, ui.ErrorText(<-told), "only the first answer shows it")
	link := regexp.MustCompile(`https://\S+`).FindString(<-shown)
	if link == "" {
		t.Fatal("the first answer shows no link")
	}
	commandstest.WantNotIn(t, commandstest.Stored(t, w.kit), link, path.Base(link))

	again := bot.NewView("sign_on", "", map[string]string{"whom": "account"})
	again.ID = "V2"
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(w.Submits(t, again))), "https://")

	w.redis.SetError("ERR away")
	again.ID = "V3"
	_, err := w.Submits(t, again)
	commandstest.WantIn(t, mistake(t, err).Text, "couldn't make sure that this happens only once")
}

// Keys are not shown if the audit log can't be written.
func TestSubaccountKeys_redisAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.redis.Close()
	_, err := w.Clicks(t, "subaccount_keys", "sub_2077", nil)
	commandstest.WantIn(t, mistake(t, err).Text, "couldn't go into the audit trail")
}
