package directory

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
)

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
			wantWho := userRef{Directory: "dir_1", User: "reg_1", Was: test.want.Status}
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
	if wrong := paymentProblems(u); wrong[fieldExpiry] == "" || len(wrong) != 1 {
		t.Errorf("errors = %v, want words at the expiry date only", wrong)
	}
}

func TestSearchUsers_endsWithoutNext(t *testing.T) {
	t.Parallel()
	for n, more := range map[int]bool{0: false, 9: false, 10: false, 11: true, 100: true} {
		p := ui.NewUserPager(ui.NewUserQuery("dir_1", "", ""))
		f, err := searchUsers(t.Context(), &manyUsers{n: n}, p, 1)
		if err != nil || f.more != more || f.older {
			t.Errorf("of %d users, more = %v, older = %v, %v; want %v", n, f.more, f.older, err, more)
		}
	}
}

func TestSearchUsers_newUsersMeanwhile(t *testing.T) {
	t.Parallel()
	for _, more := range []int{1, 7, 95, 100} {
		api := &manyUsers{n: 300}
		p := ui.NewUserPager(ui.NewUserQuery("dir_1", "", ""))
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

func TestSearchUsers_searchesOlderOnRequest(t *testing.T) {
	t.Parallel()
	api := &manyUsers{n: 12_345}
	p := ui.NewUserPager(ui.NewUserQuery("dir_1", "", "Nr3."))
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

// manyUsers is a [userListAPI] with n users, the newest first: reg_n to reg_1. n may grow.
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

func TestDirectoryUsers_buttonsBelongToTheirUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	next := commandstest.Buttons(t, commandstest.Must(t)(w.Types(t, "/directory-users dir_5501 e")))[actionUsersNext]
	commandstest.WantNotIn(t, next, "dir_", `"e"`)
	_, err := userHandlers{directories: NewList(w.Directories, ui.Deliverer{}), api: w.Client, store: w.Store}.turnPage(t.Context(), bot.Request{Value: next})
	if err != nil {
		t.Fatal(err)
	}
	stranger := bot.Request{Person: bot.Person{ID: "U0OTHER", Team: "T0HOME"}, Value: next}
	_, err = commandstest.Follow(t.Context(), userHandlers{directories: NewList(w.Directories, ui.Deliverer{}), api: w.Client, store: w.Store}.turnPage, stranger)
	commandstest.WantIn(t, commandstest.MistakeOf(t, ui.Explain, err).Text, "This look-up is over, or it belongs to somebody else.")
}

func TestLookupUser_waitsFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := userHandlers{directories: NewList(w.Directories, ui.Deliverer{}), api: w.Client, store: w.Store}
	r, err := p.submitted(t.Context(), bot.Request{Person: commandstest.Mia, View: bot.NewView(viewLookupUser, "", map[string]string{"directory": "dir_5501"})})
	if err != nil || r.View == nil || r.View.Submit != nil || r.Later == nil {
		t.Errorf("submit = %+v, %v; want a view that looks, and the work put off", r, err)
	}
}
