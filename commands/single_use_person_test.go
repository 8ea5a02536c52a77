package commands

import (
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

// The same form delivered twice makes one draft, and the same confirmation delivered twice makes one link. The first answer
// shows it, the other points there, and nothing of it is in Redis.
func TestSingleUse_onePersonTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	form := forOnePerson(map[string]string{fieldFirstName: "Anna", fieldDigits: "8"})
	first := must(t)(w.submits(t, form))
	if again := must(t)(w.submits(t, form)); again.View.PrivateMetadata != first.View.PrivateMetadata {
		t.Fatalf("the same form made the drafts %q and %q", first.View.PrivateMetadata, again.View.PrivateMetadata)
	}
	var both sync.WaitGroup
	shown, told := make(chan string, 2), make(chan error, 2)
	for range 2 {
		both.Go(func() {
			reply, err := w.submits(t, bot.NewView("single_use_confirm", first.View.PrivateMetadata, nil))
			if err != nil {
				told <- err
				return
			}
			shown <- picture(reply)
		})
	}
	both.Wait()
	if len(shown) != 1 || len(told) != 1 {
		t.Fatalf("%d answers show the link and %d point to it, want one of each", len(shown), len(told))
	}
	wantIn(t, errorText(<-told), "You've already submitted this form. It makes one link at most, and only the first answer shows it.")
	secrets := regexp.MustCompile(`https://\S+/p/\S+|[a-z0-9]{21}|till: \w+|code: \w+`).FindAllString(<-shown, -1)
	if len(secrets) != 4 {
		t.Fatalf("the first answer shows %q, want a link, a session and two codes", secrets)
	}
	for _, secret := range secrets {
		_, secret, _ = strings.Cut(": "+secret, ": ")
		wantNotIn(t, stored(t, w.kit), secret[strings.LastIndex(secret, " ")+1:])
	}
	if calls := w.api.Calls("/v3/singleuse/create"); calls != 1 {
		t.Errorf("%d calls, want 1", calls)
	}
}

// What Coupontools refused can be confirmed again once the person has gone back to the form.
func TestSingleUse_onePersonRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	draft := must(t)(w.submits(t, forOnePerson(map[string]string{fieldFirstName: "Anna"}))).View.PrivateMetadata
	mend := w.api.Break(sandbox.Rule{Path: "/v3/singleuse/create", Fault: sandbox.Refusal(422, sandbox.ShapeNested, 101, "Expired.")})
	_, err := w.submits(t, bot.NewView("single_use_confirm", draft, nil))
	wantIn(t, errorText(err), "Nothing was made.")
	mend()
	again := bot.NewView("single_use_confirm", draft, nil)
	again.ID = "V2"
	wantIn(t, picture(must(t)(w.submits(t, again))), "https://")
}
