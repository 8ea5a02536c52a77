package coupontools_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/coupontools"
)

const (
	testID     = "314159265358979323846264338"
	testSecret = "t0ps3cr3tt0ps3cr3tt0ps3cr3tt0p"
)

// serve returns a client of a server whose routes are under a base path, so that an absolute path fails.
func serve(t testing.TB, h http.HandlerFunc, opts ...coupontools.Option) *coupontools.Client {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/base/", http.StripPrefix("/base", h))
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)
	return client(t, append([]coupontools.Option{coupontools.WithBaseURL(web.URL + "/base/")}, opts...)...)
}

// client returns a client with the keys of these tests.
func client(t testing.TB, opts ...coupontools.Option) *coupontools.Client {
	t.Helper()
	c, err := coupontools.New(testID, testSecret, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// answers returns a handler with one status and body for everything.
func answers(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// request is a request that a server received.
type request struct {
	Method, Path, Body string
	Header             http.Header
}

// recording returns a handler that stores the last request and answers with body.
func recording(last *request, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		got, _ := io.ReadAll(r.Body)
		*last = request{r.Method, r.URL.Path, string(got), r.Header}
		_, _ = io.WriteString(w, body)
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	const ok = `{"status":{"status":"OK"},"directory":[{"ID":"dir_1","name":"A"}],"user":[]}`
	tests := []struct {
		name, path, body string
		call             func(*testing.T, *coupontools.Client) error
	}{
		{"directory list", "/v3/directory/list", `[]`, func(t *testing.T, c *coupontools.Client) error {
			_, err := c.Directories(t.Context())
			return err
		}},
		{"directory info", "/v3/directory/info", `{"directory":"dir_1"}`, func(t *testing.T, c *coupontools.Client) error {
			_, err := c.Directory(t.Context(), " DIR_1")
			return err
		}},
		{"users", "/v3/directoryusers/list", `{"directory":"dir_1","page":1}`, func(t *testing.T, c *coupontools.Client) error {
			_, err := c.DirectoryUsers(t.Context(), "1", 0)
			return err
		}},
		{
			"payment with an end", "/v3/directoryusers/update",
			`{"directory":"dir_1","expiry_date":"2026-12-31 22:30","status":"completed","user":"reg_2"}`,
			func(t *testing.T, c *coupontools.Client) error {
				brussels := time.FixedZone("CET", 3600)
				_, err := c.UpdatePaymentStatus(t.Context(), coupontools.PaymentUpdate{
					Directory: "dir_1", User: "2", Status: coupontools.PaymentCompleted,
					Expires: time.Date(2026, 12, 31, 23, 30, 59, 0, brussels),
				})
				return err
			},
		},
		{
			"payment without an end", "/v3/directoryusers/update",
			`{"directory":"dir_1","status":"pending","user":"reg_2"}`,
			func(t *testing.T, c *coupontools.Client) error {
				_, err := c.UpdatePaymentStatus(t.Context(), coupontools.PaymentUpdate{
					Directory: "dir_1", User: "reg_2", Status: coupontools.PaymentPending,
				})
				return err
			},
		},
		{
			"e-mail", "/v3/send/email", `{"campaign":"dir_1","email":"mia@example.com","subject":"New deals"}`,
			func(t *testing.T, c *coupontools.Client) error {
				_, err := c.SendEmail(t.Context(), coupontools.Email{Directory: "dir_1", To: "mia@example.com", Subject: "New deals"})
				return err
			},
		},
		{
			"text message", "/v3/send/sms", `{"body":"Hé & co","campaign":"dir_1","phone":"+32470000001"}`,
			func(t *testing.T, c *coupontools.Client) error {
				_, err := c.SendSMS(t.Context(), coupontools.SMS{Directory: "dir_1", To: "+32470000001", Body: "Hé & co"})
				return err
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got request
			c := serve(t, recording(&got, ok), coupontools.WithUserAgent("couponbot/test"))

			if err := tt.call(t, c); err != nil {
				t.Fatal(err)
			}

			if got.Method != http.MethodPost || got.Path != tt.path || !sameJSON(t, got.Body, tt.body) {
				t.Errorf("request = %s %s %s, want POST %s %s", got.Method, got.Path, got.Body, tt.path, tt.body)
			}
			for name, want := range map[string]string{
				"X-Client-Id": testID, "X-Client-Secret": testSecret, "Content-Type": "application/json",
				"User-Agent": "couponbot/test",
			} {
				if got.Header.Get(name) != want {
					t.Errorf("header %s = %q, want %q", name, got.Header.Get(name), want)
				}
			}
		})
	}
}

func sameJSON(t testing.TB, a, b string) bool {
	t.Helper()
	var left, right any
	if err := json.Unmarshal([]byte(a), &left); err != nil {
		t.Fatalf("not JSON: %s", a)
	}
	if err := json.Unmarshal([]byte(b), &right); err != nil {
		t.Fatalf("not JSON: %s", b)
	}
	return cmp.Equal(left, right)
}

func TestKeyHeaders(t *testing.T) {
	t.Parallel()
	v3, v4 := coupontools.KeyHeaders()
	if v3 != [2]string{"X-Client-Id", "X-Client-Secret"} || v4 != [2]string{"X-Api-Key", "X-Api-Secret"} {
		t.Errorf("headers = %v and %v", v3, v4)
	}
}

// Invalid calls are refused before they are sent, and the error doesn't repeat the recipient.
func TestInvalidCalls_notSent(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	c := serve(t, func(http.ResponseWriter, *http.Request) { calls.Add(1) })
	ctx := t.Context()
	tests := map[string]error{
		"number without plus":   second(c.SendSMS(ctx, coupontools.SMS{Directory: "dir_1", To: "32470000001"})),
		"number with spaces":    second(c.SendSMS(ctx, coupontools.SMS{Directory: "dir_1", To: "+32 470000001"})),
		"number with a newline": second(c.SendSMS(ctx, coupontools.SMS{Directory: "dir_1", To: "+32470000001\n"})),
		"two addresses":         second(c.SendEmail(ctx, coupontools.Email{Directory: "dir_1", To: "a@example.com,b@example.com"})),
		"address with a name":   second(c.SendEmail(ctx, coupontools.Email{Directory: "dir_1", To: "Mia <a@example.com>"})),
		"subject of two lines":  second(c.SendEmail(ctx, coupontools.Email{Directory: "dir_1", To: "a@example.com", Subject: "a\nb"})),
		"two things":            second(c.SendEmail(ctx, coupontools.Email{Directory: "dir_1", Campaign: "cam_1", To: "a@example.com"})),
		"no such session":       second(c.SendEmail(ctx, coupontools.Email{Campaign: "cam_1", Session: "a b", To: "a@example.com"})),
		"contact without plus":  second(c.AddSMSContact(ctx, coupontools.SMSContactAdd{Group: "gro_1", Phone: "32470000001"})),
		"group without a name":  second(c.AddSMSGroup(ctx, " ")),
		"event with spaces":     second(c.VerifyWebhook(ctx, "evt 1", "")),
		"session with spaces":   second(c.VerifyWebhook(ctx, "evt_1", "a b")),
		"user without address":  second(c.CreateDirectoryUser(ctx, coupontools.DirectoryUserCreate{Directory: "dir_1"})),
		"card with spaces":      second(c.LoyaltyCard(ctx, "Club card")),
		"nobody to make":        second(c.CreateLoyaltyUsersV4(ctx, "1", nil)),
		"no directory":          second(c.SendEmail(ctx, coupontools.Email{To: "a@example.com"})),
		"directory with spaces": second(c.Directory(ctx, "City deals")),
		"unknown status": second(c.UpdatePaymentStatus(ctx, coupontools.PaymentUpdate{
			Directory: "dir_1", User: "reg_1", Status: "paid",
		})),
	}
	for name, err := range tests {
		if err == nil || coupontools.ClassOf(err) != coupontools.Refused {
			t.Errorf("%s: error = %v, want one of class Refused", name, err)
			continue
		}
		if strings.Contains(err.Error(), "32470000001") || strings.Contains(err.Error(), "@") {
			t.Errorf("%s: the error names the recipient: %v", name, err)
		}
	}
	if calls.Load() != 0 {
		t.Errorf("%d calls were made, want 0", calls.Load())
	}
}

func TestNew_badSettings(t *testing.T) {
	t.Parallel()
	for _, base := range []string{
		"", "api.coupontools.com", "ftp://api.coupontools.com", "https://", "https://u:p@api.coupontools.com",
		"https://api.coupontools.com?x=1", "https://api.coupontools.com/#x", "https://a b",
	} {
		if _, err := coupontools.New(testID, testSecret, coupontools.WithBaseURL(base)); err == nil {
			t.Errorf("New with base URL %q gave no error", base)
		} else if strings.Contains(err.Error(), "u:p") {
			t.Errorf("the error repeats the base URL's user: %v", err)
		}
	}
	_, err := coupontools.New("", "se cret", coupontools.WithTimeout(0), coupontools.WithUserAgent("a\r\nb"))
	if err == nil || strings.Count(err.Error(), "\n") != 3 || strings.Contains(err.Error(), "se cret") {
		t.Errorf("New with four mistakes = %v, want all four named and no secret", err)
	}
}

func TestSecret(t *testing.T) {
	t.Parallel()
	s := coupontools.Secret(testSecret)
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "secret", s, "in", struct{ S coupontools.Secret }{s})
	asJSON, err := json.Marshal(map[string]any{"s": s})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		s.String(), s.GoString(), fmt.Sprintf("%s %v %+v %#v %q %x %d", s, s, s, s, s, s, s), logged.String(), string(asJSON),
		fmt.Sprintf("%+v %#v", client(t), client(t)),
	} {
		if strings.Contains(text, testSecret) || strings.Contains(text, fmt.Sprintf("%x", testSecret)) {
			t.Errorf("the secret shows: %s", text)
		}
	}
	if string(s) != testSecret {
		t.Error("the secret cannot be used")
	}
}

func TestPersonalData_notLogged(t *testing.T) {
	t.Parallel()
	var logged strings.Builder
	log := slog.New(slog.NewTextHandler(&logged, nil))
	log.Info("x", "user", coupontools.DirectoryUser{ID: "reg_1", FirstName: "Mia", Email: "mia@example.com"},
		"email", coupontools.Email{Directory: "dir_1", To: "mia@example.com"},
		"sms", coupontools.SMS{Campaign: "cam_1", To: "+32470000001"},
		"session", coupontools.Session{Code: "k3v9t0", CustomID: "Mia", Extra: map[string]string{"email": "mia@example.com"}},
		"search", coupontools.SearchSessionsOptions{Text: "mia@example.com"},
		"holder", coupontools.LoyaltyUser{ID: "lus_1", FirstName: "Mia", Phone: "32470000001"},
		"fields", coupontools.LoyaltyUserV4Fields{FirstName: "Mia"},
		"new_user", coupontools.DirectoryUserCreate{Directory: "dir_1", Email: "mia@example.com"},
		"contact", coupontools.SMSContact{ID: "con_1", FirstName: "Mia", Phone: "32470000001"},
		"new_contact", coupontools.SMSContactAdd{Group: "gro_1", Phone: "+32470000001"},
		"single_use", coupontools.SingleUseCreate{Campaign: "cam_1", FirstName: "Mia"},
		"single_use_made", coupontools.SingleUse{Code: "k3v9t0", CustomID: "Mia"},
		"subaccount", coupontools.Subaccount{ID: "sub_1", FirstName: "Mia"},
		"subaccount_fields", coupontools.SubaccountFields{FirstName: "Mia"})
	for _, private := range []string{"Mia", "mia@", "32470000001"} {
		if strings.Contains(logged.String(), private) {
			t.Errorf("the log has %q: %s", private, logged.String())
		}
	}
}

func TestObserver(t *testing.T) {
	t.Parallel()
	var calls []coupontools.Call
	c := serve(t, answers(http.StatusUnprocessableEntity, `{"status":{"status":"failed"}}`),
		coupontools.WithObserver(func(call coupontools.Call) { calls = append(calls, call) }))

	_, _ = c.Directories(t.Context())
	_, _ = c.SendSMS(t.Context(), coupontools.SMS{Directory: "dir_1", To: "+32470000001"})

	for i := range calls {
		calls[i].Duration = 0
	}
	want := []coupontools.Call{
		{Route: "POST /v3/directory/list", Outcome: "refused", Attempts: 1},
		{Route: "POST /v3/send/sms", Outcome: "refused", Attempts: 1},
	}
	if !slices.Equal(calls, want) {
		t.Errorf("observed %+v, want %+v", calls, want)
	}
}
