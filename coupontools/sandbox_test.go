package coupontools_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

// against returns a sandbox and its client. A violation of the documentation fails the test.
func against(t testing.TB, opts ...sandbox.Option) (*sandbox.Server, *coupontools.Client) {
	t.Helper()
	return watched(t, func(coupontools.Answer) {}, opts...)
}

// watched is against with a function for the shapes of answers.
func watched(t testing.TB, answers func(coupontools.Answer), opts ...sandbox.Option) (*sandbox.Server, *coupontools.Client) {
	t.Helper()
	s := sandbox.New(opts...)
	web := httptest.NewServer(s)
	t.Cleanup(func() {
		s.Mend()
		web.Close()
		for _, v := range s.Violations() {
			t.Errorf("not documented: %s", v)
		}
	})
	c, err := coupontools.New(sandbox.DefaultClientID, sandbox.DefaultClientSecret,
		coupontools.WithBaseURL(web.URL), coupontools.WithTimeout(5*time.Second), coupontools.WithAnswers(answers))
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

// The client reads the same data in every format the sandbox has.
func TestSandbox_quirks(t *testing.T) {
	t.Parallel()
	for _, lists := range []sandbox.Lists{
		sandbox.ListsSingular, sandbox.ListsPlural, sandbox.ListsData, sandbox.ListsBare, sandbox.ListsNumbered,
	} {
		for _, free := range []sandbox.Free{sandbox.FreeAbsent, sandbox.FreeNull, sandbox.FreeObject, sandbox.FreeArray} {
			t.Run(fmt.Sprintf("lists %d, free %d", lists, free), func(t *testing.T) {
				t.Parallel()
				_, c := against(t, sandbox.WithQuirks(sandbox.Quirks{
					Lists: lists, Free: free, NumbersAsText: free == sandbox.FreeNull, AlwaysOK: free == sandbox.FreeArray,
				}))
				readAll(t, c)
			})
		}
	}
}

// readAll reads every directory, and the users of the first that has any.
func readAll(t *testing.T, c *coupontools.Client) {
	t.Helper()
	list, err := c.Directories(t.Context())
	if err != nil || len(list) != 40 {
		t.Fatalf("Directories = %d, %v, want 40", len(list), err)
	}
	free := 0
	for _, d := range list {
		if d.Payment == nil {
			free++
		} else if d.Payment.Amount == "" || d.Payment.Currency == "" {
			t.Errorf("%s costs %+v", d.ID, d.Payment)
		}
	}
	if free == 0 || free == len(list) {
		t.Errorf("%d of %d are free", free, len(list))
	}
	one, err := c.Directory(t.Context(), list[0].ID)
	if err != nil || one.ID != list[0].ID || one.Name != list[0].Name {
		t.Errorf("Directory = %+v, %v, want %+v", one, err, list[0])
	}
	page, err := c.DirectoryUsers(t.Context(), list[0].ID, 1)
	if err != nil || len(page) == 0 {
		t.Fatalf("DirectoryUsers = %d, %v", len(page), err)
	}
	for _, u := range page {
		if _, ok := u.RegisteredAt(); u.Name() == "" || !ok {
			t.Errorf("user %s has name %q and date %q", u.ID, u.Name(), u.Registered)
		}
	}
	if _, err := c.Directory(t.Context(), "dir_99999999"); !errors.Is(err, coupontools.ErrNotFound) {
		t.Errorf("an unknown directory gives %v", err)
	}
}

func TestSandbox_users(t *testing.T) {
	t.Parallel()
	_, c := against(t)
	list, err := c.Directories(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	users, err := c.DirectoryUsers(t.Context(), list[0].ID, 1)
	if err != nil || len(users) != coupontools.UsersPerPage {
		t.Fatalf("%d users, %v", len(users), err)
	}
	first := users[0]
	if rest, err := c.DirectoryUsers(t.Context(), list[0].ID, 3); err != nil || len(rest) != 12 {
		t.Errorf("%d users on the last page, %v, want 12", len(rest), err)
	}
	got, err := c.UpdatePaymentStatus(t.Context(), coupontools.PaymentUpdate{
		Directory: list[0].ID, User: first.ID, Status: coupontools.PaymentCompleted, Expires: time.Now().Add(time.Hour),
	})
	if err != nil || got.Status != coupontools.PaymentCompleted || got.User != first.ID {
		t.Errorf("UpdatePaymentStatus = %+v, %v", got, err)
	}
	page, err := c.DirectoryUsers(t.Context(), list[0].ID, 1)
	if err != nil || page[0].PaymentStatus != coupontools.PaymentCompleted {
		t.Errorf("afterwards: %+v, %v", page[0], err)
	}
	if at, ok := page[0].PaymentExpiresAt(); !ok || time.Until(at) > time.Hour || time.Until(at) < 58*time.Minute {
		t.Errorf("it ends at %v, %v, want in an hour", at, ok)
	}
}

// Each way for a send to fail: the class is right, and there is one call.
func TestSandbox_sends(t *testing.T) {
	t.Parallel()
	const accepted = coupontools.Class(-1)
	tests := []struct {
		name  string
		fault sandbox.Fault
		want  coupontools.Class
		sent  bool
	}{
		{"well", sandbox.Slow(0), accepted, true},
		{"cut before", sandbox.CutBefore(), coupontools.Unknown, false},
		{"cut after", sandbox.CutAfter(), coupontools.Unknown, true},
		{"truncated", sandbox.Truncated(), coupontools.Unknown, true},
		{"malformed", sandbox.Malformed(), coupontools.Unknown, true},
		{"no status", sandbox.NoStatus(), coupontools.Unknown, true},
		{"500", sandbox.ServerError(500), coupontools.Unknown, false},
		{"503", sandbox.ServerError(503), coupontools.Unknown, false},
		{"too many", sandbox.TooMany("3"), coupontools.RateLimited, false},
		{"redirected", sandbox.Redirect(307, "/v3/send/sms"), coupontools.Unknown, false},
		{"refused", sandbox.Refusal(422, sandbox.ShapeNested, 301, "Invalid"), coupontools.Refused, false},
		{"refused at 200", sandbox.Refusal(200, sandbox.ShapeBeside, 301, "Invalid"), coupontools.Refused, false},
		{"refused at 500", sandbox.Refusal(500, sandbox.ShapeBeside, 301, "Invalid"), coupontools.Refused, false},
		{"wrong keys", sandbox.Refusal(401, sandbox.ShapeSingle, 1000, "Wrong"), coupontools.AccountRefused, false},
		{"expired", sandbox.Refusal(200, sandbox.ShapeSingle, 101, "Expired"), coupontools.AccountRefused, false},
		{"no service", sandbox.Refusal(422, sandbox.ShapeNested, 103, "None"), coupontools.AccountRefused, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, c := against(t)
			list, err := c.Directories(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			s.Break(sandbox.Rule{Path: "/v3/send/sms", Fault: tt.fault})
			s.Break(sandbox.Rule{Path: "/v3/send/email", Fault: tt.fault})

			_, smsErr := c.SendSMS(t.Context(), coupontools.SMS{Directory: list[0].ID, To: "+32470000001", Body: "Hi"})
			_, emailErr := c.SendEmail(t.Context(), coupontools.Email{Directory: list[0].ID, To: "mia@example.com", Subject: "Hi"})

			for _, err := range []error{smsErr, emailErr} {
				if got := classOf(err); got != tt.want {
					t.Errorf("error = %v, want class %v", err, tt.want)
				}
			}
			if (len(s.Sent()) == 2) != tt.sent {
				t.Errorf("sent: %+v, want sent = %v", s.Sent(), tt.sent)
			}
			if n := s.Calls("/v3/send/sms") + s.Calls("/v3/send/email"); n != 2 {
				t.Errorf("%d calls for two sends", n)
			}
		})
	}
}

// classOf is the class of err, -1 for none.
func classOf(err error) coupontools.Class {
	if err == nil {
		return -1
	}
	return coupontools.ClassOf(err)
}

// Reads survive transient failures.
func TestSandbox_reads(t *testing.T) {
	t.Parallel()
	for _, fault := range []sandbox.Fault{
		sandbox.CutBefore(), sandbox.CutAfter(), sandbox.Truncated(), sandbox.Malformed(), sandbox.ServerError(502),
		sandbox.TooMany("0"),
	} {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			s, c := against(t)
			s.Break(sandbox.Rule{Fault: fault, Times: 1})
			if list, err := c.Directories(t.Context()); err != nil || len(list) != 40 {
				t.Errorf("Directories = %d, %v, want 40", len(list), err)
			}
			if n := s.Calls(""); n != 2 {
				t.Errorf("%d calls, want 2", n)
			}
		})
	}
}

func TestSandbox_tenThousand(t *testing.T) {
	t.Parallel()
	_, c := against(t, sandbox.WithDirectories(10_000))
	list, err := c.Directories(t.Context())
	if err != nil || len(list) != 10_000 {
		t.Errorf("Directories = %d, %v, want 10,000", len(list), err)
	}
}

func TestSandbox_wrongKeys(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(sandbox.New())
	t.Cleanup(web.Close)
	_, err := client(t, coupontools.WithBaseURL(web.URL)).Directories(t.Context())
	if classOf(err) != coupontools.AccountRefused || strings.Contains(err.Error(), testSecret) {
		t.Errorf("error = %v, want class AccountRefused and no key", err)
	}
}
