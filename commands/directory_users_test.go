package commands

import (
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

func TestDirectoryUsers_newestFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := commandstest.Must(t)(w.Types(t, "/directory-users city deals for families"))
	if r.Public {
		t.Error("people's data is public")
	}
	got := commandstest.Picture(r)
	commandstest.WantIn(t, got, "# Users of City deals for families", "Page 1 · newest first", "[Payment user_payment=dir_", "Registered <date>")
	if n := strings.Count(got, "user_payment="); n != 10 {
		t.Errorf("%d users on the first page, want 10", n)
	}
	b := commandstest.Buttons(t, r)
	next := commandstest.Must(t)(w.Clicks(t, "users_page:next", b["users_page:next"], nil))
	if !next.Replace || next.Public {
		t.Error("paging must replace the message and keep it private")
	}
	commandstest.WantIn(t, commandstest.Picture(next), "Page 2", "users_page:prev")
	back := commandstest.Must(t)(w.Clicks(t, "users_page:prev", commandstest.Buttons(t, next)["users_page:prev"], nil))
	if commandstest.Picture(back) != got {
		t.Errorf("going back shows\n%s\nwant\n%s", commandstest.Picture(back), got)
	}
}

func TestDirectoryUsers_everyoneOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := commandstest.Must(t)(w.Types(t, "/directory-users Student Card 2026/27"))
	seen := map[string]bool{}
	for page := 1; ; page++ {
		for _, u := range userIDs(commandstest.Picture(r)) {
			if seen[u] {
				t.Fatalf("%s came twice, on page %d", u, page)
			}
			seen[u] = true
		}
		next := commandstest.Buttons(t, r)["users_page:next"]
		if next == "" {
			break
		}
		r = commandstest.Must(t)(w.Clicks(t, "users_page:next", next, nil))
	}
	if len(seen) != 390 {
		t.Errorf("paging showed %d users, want all 390", len(seen))
	}
}

func userIDs(picture string) []string {
	var ids []string
	for _, part := range strings.Split(picture, "user_payment=")[1:] {
		ids = append(ids, strings.Fields(part)[1])
	}
	return ids
}

func TestDirectoryUsers_nobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(w.Types(t, "/directory-users Opening soon"))), "“Opening soon” has no registered users yet.")
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(w.Types(t, "/directory-users VIP nobody.like.this"))),
		"Nobody in “VIP members only” matches “nobody.like.this”.")
}

func TestDirectoryUsers_severalDirectories(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := commandstest.Must(t)(w.Types(t, `/directory-users "City deals" peeters`))
	commandstest.WantIn(t, commandstest.Picture(r), "2 directories match “City deals”", "[Open directory_pick=dir_5502]")
	commandstest.WantNotIn(t, commandstest.Picture(r), "directory_users=dir_5502 peeters")
	var row *slack.ActionBlock
	for _, b := range r.Blocks {
		if actions, ok := b.(*slack.ActionBlock); ok {
			row = actions
		}
	}
	picked := commandstest.Must(t)(w.ClicksIn(t, row.BlockID, "directory_users", "dir_5502", nil))
	commandstest.WantIn(t, commandstest.Picture(picked), "Users of City deals", "“peeters”")
}

func TestDirectoryUsers_unknownDirectory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.Types(t, "/directory-users Zomerpass anna")
	commandstest.WantIn(t, mistake(t, err).Hint, "“Zomerpas Oostende”")
	_, err = w.Types(t, "/directory-users dir_99999999 anna")
	commandstest.WantIn(t, mistake(t, err).Text, "There is no directory “dir_99999999”.")
}

func TestLookupUser_modal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	form := commandstest.Must(t)(w.Types(t, "/directory-users"))
	commandstest.Golden(t, "lookup_user", commandstest.Picture(form))

	empty := commandstest.Must(t)(w.Submits(t, bot.NewView("lookup_user", "", nil)))
	if empty.Errors["directory"] == "" {
		t.Errorf("errors = %v, want words at the directory", empty.Errors)
	}

	id := w.idOf(t, "Zomerpas Oostende")
	result := commandstest.Must(t)(w.Submits(t, bot.NewView("lookup_user", "", map[string]string{"directory": id})))
	commandstest.WantIn(t, commandstest.Picture(result), "=== Users (lookup_looking)", "# Users of Zomerpas Oostende", "~ Registered <date>")

	modal := bot.NewView("lookup_looking", "", nil)
	next := commandstest.Must(t)(w.Clicks(t, "users_page:next", commandstest.Buttons(t, result)["users_page:next"], modal))
	if next.View == nil || next.Replace {
		t.Error("paging in a modal must update the modal")
	}
	pay := commandstest.Must(t)(w.Clicks(t, "user_payment", commandstest.Buttons(t, next)["user_payment"], modal))
	if !pay.Push {
		t.Error("the payment form must come on top of the look-up")
	}
}

func TestPaymentStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := commandstest.Must(t)(w.Types(t, "/directory-users dir_5502"))
	ask := commandstest.Must(t)(w.Clicks(t, "user_payment", commandstest.Buttons(t, r)["user_payment"], nil))
	if ask.Push {
		t.Error("a form from a message must be opened, not pushed")
	}
	commandstest.WantIn(t, commandstest.Picture(ask), "=== Payment (payment_status) ===", "*Directory: *City deals (dir_5502)",
		"<datetimepicker expiry_date>", "Europe/Brussels", "sent to Coupontools in UTC")

	view := bot.NewView("payment_status", ask.View.PrivateMetadata, map[string]string{"status": "cancelled"})
	for range 2 {
		done := commandstest.Must(t)(w.Submits(t, view))
		commandstest.WantIn(t, commandstest.Picture(done), "in City deals (dir_5502) is now “cancelled”. No end date is set.")
	}
	wrong := commandstest.Must(t)(w.Submits(t, bot.NewView("payment_status", ask.View.PrivateMetadata, map[string]string{"status": "gone"})))
	if wrong.Errors["status"] == "" {
		t.Errorf("errors = %v, want words at the status", wrong.Errors)
	}
}

func TestPaymentStatus_preselected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	commandstest.Golden(t, "payment_status", commandstest.Picture(commandstest.Must(t)(w.Clicks(t, "user_payment", "dir_5502 reg_7001 pending", nil))))
	_, err := w.Clicks(t, "user_payment", "reg_7001", nil)
	commandstest.WantIn(t, mistake(t, err).Hint, "/directory-users")
}

func TestPaymentStatus_failures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	view := bot.NewView("payment_status", `{"directory":"dir_5502","user":"reg_1"}`, map[string]string{"status": "completed"})
	for _, test := range []struct {
		fault sandbox.Fault
		done  string
	}{
		{sandbox.Refusal(422, sandbox.ShapeNested, 507, "Directory not found."), "Nothing was changed."},
		{sandbox.ServerError(502), "The status may or may not have been changed."},
	} {
		mend := w.api.Break(sandbox.Rule{Path: "/v3/directoryusers/update", Fault: test.fault})
		_, err := w.Submits(t, view)
		if m := mistake(t, err); m.Done != test.done || m.Cause == nil {
			t.Errorf("%v: done = %q, want %q", test.fault, m.Done, test.done)
		}
		mend()
	}
}
