package commands

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools"
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

func TestDirectoryUsers_buttonsAreTheirOwners(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	next := buttons(t, must(t)(w.types(t, "/directory-users dir_5501 e")))[actionUsersNext]
	wantNotIn(t, next, "dir_", `"e"`)
	_, err := directoryUserHandlers{directories: newDirectoryList(w.Directories, deliverer{}), api: w.Client, store: w.Store}.turnPage(t.Context(), bot.Request{Value: next})
	if err != nil {
		t.Fatal(err)
	}
	stranger := bot.Request{Person: bot.Person{ID: "U0OTHER", Team: "T0HOME"}, Value: next}
	_, err = follow(t.Context(), directoryUserHandlers{directories: newDirectoryList(w.Directories, deliverer{}), api: w.Client, store: w.Store}.turnPage, stranger)
	wantIn(t, mistake(t, err).Text, "This look-up is over, or it belongs to somebody else.")
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

func TestLookupUser_looksFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := directoryUserHandlers{directories: newDirectoryList(w.Directories, deliverer{}), api: w.Client, store: w.Store}
	r, err := p.submitted(t.Context(), bot.Request{Person: mia, View: bot.NewView(viewLookupUser, "", map[string]string{fieldDirectory: "dir_5501"})})
	if err != nil || r.View == nil || r.View.Submit != nil || r.Later == nil {
		t.Errorf("submit = %+v, %v; want a view that looks, and the work put off", r, err)
	}
}

// manyUsers is a directory of n users, the newest first, reg_n to reg_1. More may register.
type manyUsers struct {
	n     int
	calls int
}

func (m *manyUsers) DirectoryUsers(_ context.Context, _ string, page int) ([]coupontools.DirectoryUser, error) {
	m.calls++
	var users []coupontools.DirectoryUser
	for i := (page - 1) * coupontools.UsersPerPage; i < min(page*coupontools.UsersPerPage, m.n); i++ {
		users = append(users, coupontools.DirectoryUser{ID: fmt.Sprintf("reg_%d", m.n-i), FirstName: fmt.Sprintf("Nr%d.", m.n-i)})
	}
	return users, nil
}

func TestSearchUsers_searchesOlderOnRequest(t *testing.T) {
	t.Parallel()
	api := &manyUsers{n: 12_345}
	p := newUserPager(newUserQuery("dir_1", "", "Nr3."))
	for page, want := range []struct {
		found int
		older bool
	}{{0, true}, {0, true}, {1, false}} {
		api.calls = 0
		f, err := searchUsers(t.Context(), api, p, page+1)
		if err != nil {
			t.Fatal(err)
		}
		p = f.pager
		if len(f.users) != want.found || f.older != want.older || f.more {
			t.Errorf("page %d found %d, older %v, more %v; want %+v", page+1, len(f.users), f.older, f.more, want)
		}
		if api.calls > maxAPIPages {
			t.Errorf("page %d made %d calls, want at most %d", page+1, api.calls, maxAPIPages)
		}
	}
}

func TestSearchUsers_newUsersMeanwhile(t *testing.T) {
	t.Parallel()
	for _, more := range []int{1, 7, 95, 100} {
		api := &manyUsers{n: 300}
		p := newUserPager(newUserQuery("dir_1", "", ""))
		var ids []string
		for page := 1; page <= 15; page++ {
			f, err := searchUsers(t.Context(), api, p, page)
			if err != nil {
				t.Fatal(err)
			}
			p = f.pager
			for _, u := range f.users {
				ids = append(ids, u.ID)
			}
			if page == 5 {
				api.n += more
			}
		}
		for i, id := range ids {
			if want := fmt.Sprintf("reg_%d", 300-i); id != want {
				t.Fatalf("with %d new users, number %d is %s, want %s", more, i+1, id, want)
			}
		}
	}
}

func TestSearchUsers_endsWithoutNext(t *testing.T) {
	t.Parallel()
	for n, more := range map[int]bool{0: false, 9: false, 10: false, 11: true, 100: true} {
		p := newUserPager(newUserQuery("dir_1", "", ""))
		f, err := searchUsers(t.Context(), &manyUsers{n: n}, p, 1)
		if err != nil || f.more != more || f.older {
			t.Errorf("of %d users, more = %v, older = %v, %v; want %v", n, f.more, f.older, err, more)
		}
	}
}

func TestMatching(t *testing.T) {
	t.Parallel()
	u := coupontools.DirectoryUser{
		ID: "reg_70", FirstName: "Élodie", LastName: "Van den Broeck", Email: "elodie.b@example.com", Phone: "+32470123456",
	}
	for who, want := range map[string]bool{
		"":                   true,
		"elodie":             true,
		"ÉLODIE van":         true,
		"broeck elodie":      true,
		"example.com":        true,
		"reg_70":             true,
		"REG_70":             true,
		"reg_7":              false,
		"0470 12 34 56":      true,
		"0470/12.34.56":      true,
		"+32 470 12 34 56":   true,
		"0032470123456":      true,
		"+32 (0)470 12 3456": true,
		"+320470123456":      true,
		"12 34":              true,
		"elodie 0470":        true,
		"anna":               false,
		"0471":               false,
		"elodie 0471":        false,
	} {
		got := matching(who).matches(u) || who == ""
		if got != want {
			t.Errorf("%q matches %v, want %v", who, got, want)
		}
	}
	national := coupontools.DirectoryUser{ID: "reg_71", Phone: "0470 12 34 56"}
	if !matching("+32470123456").matches(national) {
		t.Error("a number with its country code does not find one without")
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

func TestPaymentStatus_keepsTheEndDate(t *testing.T) {
	t.Parallel()
	end := time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second)
	for _, test := range []struct {
		name, status, ends string
		want               paymentForm
	}{
		{"an end to come", "completed", end.Format(time.DateTime), paymentForm{Status: "completed", Until: end}},
		{"an end that is past", "completed", "2020-01-31 10:00:00", paymentForm{Status: "completed"}},
		{"no status", "", end.Format(time.DateTime), paymentForm{Until: end}},
		{"nothing", "", "", paymentForm{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			u := coupontools.DirectoryUser{ID: "reg_1", PaymentStatus: test.status, PaymentExpires: test.ends}
			who, now, ok := readPaymentValue(paymentValue("dir_1", u))
			wantWho := directoryUser{Directory: "dir_1", User: "reg_1", Was: test.want.Status}
			if !test.want.Until.IsZero() {
				wantWho.Until = test.want.Until.Unix()
			}
			if !ok || who != wantWho || now.Status != test.want.Status || !now.Until.Equal(test.want.Until) {
				t.Errorf("read back %+v, %+v, %v, want %+v", who, now, ok, test.want)
			}
		})
	}
}

func TestPaymentStatus_pastExpiry(t *testing.T) {
	t.Parallel()
	u := coupontools.PaymentUpdate{Status: coupontools.PaymentCompleted, Expires: time.Now().Add(-time.Minute)}
	if wrong := wrongPayment(u); wrong[fieldExpiry] == "" || len(wrong) != 1 {
		t.Errorf("errors = %v, want words at the expiry date only", wrong)
	}
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
