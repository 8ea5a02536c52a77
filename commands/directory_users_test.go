package commands

import (
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

func TestDirectoryUsers_newestFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := must(t)(w.types(t, "/directory-users city deals for families"))
	if r.Public {
		t.Error("people's data is public")
	}
	got := picture(r)
	wantIn(t, got, "# Users of City deals for families", "Page 1 · newest first", "[Payment user_payment=dir_", "Registered <date>")
	if n := strings.Count(got, "user_payment="); n != 10 {
		t.Errorf("%d users on the first page, want 10", n)
	}
	b := buttons(t, r)
	next := must(t)(w.clicks(t, actionUsersNext, b[actionUsersNext], nil))
	if !next.Replace || next.Public {
		t.Error("paging must replace the message and keep it private")
	}
	wantIn(t, picture(next), "Page 2", "users_page:prev")
	back := must(t)(w.clicks(t, actionUsersPrev, buttons(t, next)[actionUsersPrev], nil))
	if picture(back) != got {
		t.Errorf("going back shows\n%s\nwant\n%s", picture(back), got)
	}
}

func TestDirectoryUsers_everyoneOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := must(t)(w.types(t, "/directory-users Student Card 2026/27"))
	seen := map[string]bool{}
	for page := 1; ; page++ {
		for _, u := range userIDs(picture(r)) {
			if seen[u] {
				t.Fatalf("%s came twice, on page %d", u, page)
			}
			seen[u] = true
		}
		next := buttons(t, r)[actionUsersNext]
		if next == "" {
			break
		}
		r = must(t)(w.clicks(t, actionUsersNext, next, nil))
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
	wantIn(t, picture(must(t)(w.types(t, "/directory-users Opening soon"))), "“Opening soon” has no registered users yet.")
	wantIn(t, picture(must(t)(w.types(t, "/directory-users VIP nobody.like.this"))),
		"Nobody in “VIP members only” matches “nobody.like.this”.")
}

func TestDirectoryUsers_severalDirectories(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := must(t)(w.types(t, `/directory-users "City deals" peeters`))
	wantIn(t, picture(r), "2 directories match “City deals”", "[Open directory_pick=dir_5502]")
	wantNotIn(t, picture(r), "directory_users=dir_5502 peeters")
	var row *slack.ActionBlock
	for _, b := range r.Blocks {
		if actions, ok := b.(*slack.ActionBlock); ok {
			row = actions
		}
	}
	picked := must(t)(w.clicksIn(t, row.BlockID, actionUsers, "dir_5502", nil))
	wantIn(t, picture(picked), "Users of City deals", "“peeters”")
}

func TestDirectoryUsers_unknownDirectory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.types(t, "/directory-users Zomerpass anna")
	wantIn(t, mistake(t, err).Hint, "“Zomerpas Oostende”")
	_, err = w.types(t, "/directory-users dir_99999999 anna")
	wantIn(t, mistake(t, err).Text, "There is no directory “dir_99999999”.")
}

func TestLookupUser_modal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	form := must(t)(w.types(t, "/directory-users"))
	golden(t, "lookup_user", picture(form))

	empty := must(t)(w.submits(t, bot.NewView(viewLookupUser, "", nil)))
	if empty.Errors[fieldDirectory] == "" {
		t.Errorf("errors = %v, want words at the directory", empty.Errors)
	}

	id := w.idOf(t, "Zomerpas Oostende")
	result := must(t)(w.submits(t, bot.NewView(viewLookupUser, "", map[string]string{fieldDirectory: id})))
	wantIn(t, picture(result), "=== Users (lookup_looking)", "# Users of Zomerpas Oostende", "~ Registered <date>")

	modal := bot.NewView(viewLooking, "", nil)
	next := must(t)(w.clicks(t, actionUsersNext, buttons(t, result)[actionUsersNext], modal))
	if next.View == nil || next.Replace {
		t.Error("paging in a modal must update the modal")
	}
	pay := must(t)(w.clicks(t, actionPayment, buttons(t, next)[actionPayment], modal))
	if !pay.Push {
		t.Error("the payment form must come on top of the look-up")
	}
}

func TestPaymentStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := must(t)(w.types(t, "/directory-users dir_5502"))
	ask := must(t)(w.clicks(t, actionPayment, buttons(t, r)[actionPayment], nil))
	if ask.Push {
		t.Error("a form from a message must be opened, not pushed")
	}
	wantIn(t, picture(ask), "=== Payment (payment_status) ===", "*Directory: *City deals (dir_5502)",
		"<datetimepicker expiry_date>", "Europe/Brussels", "sent to Coupontools in UTC")

	view := bot.NewView(viewPaymentStatus, ask.View.PrivateMetadata, map[string]string{fieldStatus: "cancelled"})
	for range 2 {
		done := must(t)(w.submits(t, view))
		wantIn(t, picture(done), "in City deals (dir_5502) is now “cancelled”. No end date is set.")
	}
	wrong := must(t)(w.submits(t, bot.NewView(viewPaymentStatus, ask.View.PrivateMetadata, map[string]string{fieldStatus: "gone"})))
	if wrong.Errors[fieldStatus] == "" {
		t.Errorf("errors = %v, want words at the status", wrong.Errors)
	}
}

func TestPaymentStatus_preselected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	golden(t, "payment_status", picture(must(t)(w.clicks(t, actionPayment, "dir_5502 reg_7001 pending", nil))))
	_, err := w.clicks(t, actionPayment, "reg_7001", nil)
	wantIn(t, mistake(t, err).Hint, "/directory-users")
}

func TestPaymentStatus_failures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	view := bot.NewView(viewPaymentStatus, `{"directory":"dir_5502","user":"reg_1"}`, map[string]string{fieldStatus: "completed"})
	for _, test := range []struct {
		fault sandbox.Fault
		done  string
	}{
		{sandbox.Refusal(422, sandbox.ShapeNested, 507, "Directory not found."), "Nothing was changed."},
		{sandbox.ServerError(502), "The status may or may not have been changed."},
	} {
		mend := w.api.Break(sandbox.Rule{Path: "/v3/directoryusers/update", Fault: test.fault})
		_, err := w.submits(t, view)
		if m := mistake(t, err); m.Done != test.done || m.Cause == nil {
			t.Errorf("%v: done = %q, want %q", test.fault, m.Done, test.done)
		}
		mend()
	}
}
