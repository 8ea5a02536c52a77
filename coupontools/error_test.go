package coupontools_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/coupontools"
)

// Every possible answer to a send and its class. Each send makes one call.
func TestSend_classes(t *testing.T) {
	t.Parallel()
	const (
		okBody  = `{"status":{"status":"OK"},"action":"sms_sent"}`
		refusal = `{"status":{"status":"failed","errors":{"error_message":"HTTP/1.0 422 Unprocessable entity.",` +
			`"error_message_description":["Campaign not found."],"error_code":[502]}}}`
	)
	account := func(code string) string {
		return `{"status":{"status":"failed","errors":{"error_code":` + code + `,"error_message":"no"}}}`
	}
	const accepted = coupontools.Class(-1)
	tests := []struct {
		name   string
		status int
		body   string
		want   coupontools.Class
	}{
		{"accepted", 200, okBody, accepted},
		{"accepted in small letters", 201, `{"status":{"status":"ok"}}`, accepted},
		{"accepted behind a byte order mark", 200, "\uFEFF" + okBody + "\n", accepted},
		{"empty", 200, ``, coupontools.Unknown},
		{"no content", 204, ``, coupontools.Unknown},
		{"a page", 200, `<html>OK</html>`, coupontools.Unknown},
		{"truncated", 200, okBody[:len(okBody)-1], coupontools.Unknown},
		{"something behind it", 200, okBody + `x`, coupontools.Unknown},
		{"two answers", 200, okBody + okBody, coupontools.Unknown},
		{"an array", 200, `[]`, coupontools.Unknown},
		{"a string", 200, `"OK"`, coupontools.Unknown},
		{"no status", 200, `{"action":"sms_sent"}`, coupontools.Unknown},
		{"a flat status", 200, `{"status":"OK"}`, coupontools.Unknown},
		{"another word", 200, `{"status":{"status":"queued"}}`, coupontools.Unknown},
		{"failed at 200", 200, refusal, coupontools.Refused},
		{"failed at 200 without reason", 200, `{"status":{"status":"failed"}}`, coupontools.Refused},
		{"failed in capitals", 200, `{"status":{"status":"FAILED"}}`, coupontools.Refused},
		{"errors beside the status", 422, `{"status":{"status":"failed"},"errors":{"error_code":["502"]}}`, coupontools.Refused},
		{"refusal at 422", 422, refusal, coupontools.Refused},
		{"refusal at 500", 500, refusal, coupontools.Refused},
		{"refusal at 302", 302, refusal, coupontools.Refused},
		{"400 with a page", 400, `<html>`, coupontools.Refused},
		{"404", 404, ``, coupontools.Refused},
		{"408", 408, ``, coupontools.Unknown},
		{"408 with refusal", 408, refusal, coupontools.Refused},
		{"401", 401, ``, coupontools.AccountRefused},
		{"403", 403, `<html>`, coupontools.AccountRefused},
		{"wrong key at 200", 200, account(`1000`), coupontools.AccountRefused},
		{"expired", 422, account(`"101"`), coupontools.AccountRefused},
		{"no text messages", 422, account(`[103]`), coupontools.AccountRefused},
		{"no e-mail", 500, account(`[200,104]`), coupontools.AccountRefused},
		{"too many", 429, ``, coupontools.RateLimited},
		{"too many with refusal", 429, refusal, coupontools.RateLimited},
		{"500", 500, ``, coupontools.Unknown},
		{"500 with other JSON", 500, `{"message":"oops"}`, coupontools.Unknown},
		{"500 that says OK", 500, okBody, coupontools.Unknown},
		{"502", 502, `<html>`, coupontools.Unknown},
		{"503", 503, ``, coupontools.Unknown},
		{"301", 301, ``, coupontools.Unknown},
		{"307", 307, ``, coupontools.Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				w.Header().Set("Location", "/base/v3/elsewhere")
				answers(tt.status, tt.body)(w, r)
			})

			sent, err := c.SendSMS(t.Context(), coupontools.SMS{Directory: "dir_1", To: "+32470000001"})

			switch {
			case calls.Load() != 1:
				t.Errorf("%d calls, want 1", calls.Load())
			case tt.want == accepted && (err != nil || sent == nil):
				t.Errorf("SendSMS = %v, %v, want success", sent, err)
			case tt.want != accepted && (err == nil || coupontools.ClassOf(err) != tt.want):
				t.Errorf("error = %v, want class %v", err, tt.want)
			}
		})
	}
}

// The connection breaks at each stage of a send.
func TestSend_broken(t *testing.T) {
	t.Parallel()
	hijack := func(then func(net.Conn)) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			defer func() { _ = conn.Close() }()
			then(conn)
		}
	}
	write := func(text string) func(net.Conn) {
		return func(conn net.Conn) { _, _ = io.WriteString(conn, text) }
	}
	tests := map[string]http.HandlerFunc{
		"closed":            hijack(func(net.Conn) {}),
		"reset":             hijack(func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }),
		"not HTTP":          hijack(write("call +32470000001 back\r\n\r\n")),
		"cut in the header": hijack(write("HTTP/1.1 200 OK\r\nContent-Le")),
		"cut in the body":   hijack(write("HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"status\":{\"status\":\"OK\"}}")),
		"bad chunks":        hijack(write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")),
		"switching":         hijack(write("HTTP/1.1 101 Switching Protocols\r\n\r\n{\"status\":{\"status\":\"OK\"}}")),
		"bad gzip": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, `{"status":{"status":"OK"}}`)
		},
		"too large": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"status":{"status":"OK"}}`+strings.Repeat(" ", 17<<20))
		},
	}
	for name, h := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				h(w, r)
			})

			_, err := c.SendSMS(t.Context(), coupontools.SMS{Directory: "dir_1", To: "+32470000001"})

			if err == nil || coupontools.ClassOf(err) != coupontools.Unknown || calls.Load() != 1 {
				t.Errorf("error = %v after %d calls, want class Unknown after 1", err, calls.Load())
			}
			if err != nil && strings.Contains(err.Error(), "32470000001") {
				t.Errorf("the error has the number: %v", err)
			}
		})
	}
}

// The server closed an idle connection: the send may or may not have been received, and isn't repeated.
func TestSend_staleConnection(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) == 1 {
			_, _ = io.WriteString(w, `{"status":{"status":"OK"}}`)
			return
		}
		panic(http.ErrAbortHandler)
	})
	sms := coupontools.SMS{Directory: "dir_1", To: "+32470000001"}
	if _, err := c.SendSMS(t.Context(), sms); err != nil {
		t.Fatal(err)
	}

	_, err := c.SendSMS(t.Context(), sms)

	if coupontools.ClassOf(err) != coupontools.Unknown || calls.Load() != 2 {
		t.Errorf("error = %v after %d calls, want class Unknown after 2", err, calls.Load())
	}
}

func TestSend_noConnection(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(nil)
	closed.Close()
	secure := httptest.NewUnstartedServer(answers(200, `{"status":{"status":"OK"}}`))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	unresolved := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "api.invalid", IsNotFound: true}
	}
	over, cancel := context.WithCancelCause(t.Context())
	errStop := errors.New("stopping")
	cancel(errStop)
	tests := []struct {
		name string
		ctx  context.Context
		c    *coupontools.Client
	}{
		{"refused", t.Context(), client(t, coupontools.WithBaseURL(closed.URL))},
		{"certificate unknown", t.Context(), client(t, coupontools.WithBaseURL(secure.URL))},
		{"name not resolved", t.Context(), client(t, coupontools.WithDial(unresolved))},
		{"given up before", over, client(t, coupontools.WithBaseURL(secure.URL))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := tt.c.SendEmail(tt.ctx, coupontools.Email{Directory: "dir_1", To: "mia@example.com"})
			if err == nil || coupontools.ClassOf(err) != coupontools.NotSent {
				t.Errorf("error = %v, want class NotSent", err)
			}
			if tt.ctx.Err() != nil && !errors.Is(err, errStop) {
				t.Errorf("error = %v, want the cause of the context in it", err)
			}
		})
	}
}

func TestSend_timeout(t *testing.T) {
	t.Parallel()
	heard := make(chan struct{})
	c := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(heard)
		<-r.Context().Done()
	}, coupontools.WithTimeout(150*time.Millisecond))

	_, err := c.SendSMS(t.Context(), coupontools.SMS{Directory: "dir_1", To: "+32470000001"})

	<-heard
	if coupontools.ClassOf(err) != coupontools.Unknown || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error = %v, want a deadline of class Unknown", err)
	}
}

// The redirect's target would accept; neither the send nor a key goes there.
func TestNoRedirect(t *testing.T) {
	t.Parallel()
	var led atomic.Int32
	trap := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		led.Add(1)
		answers(200, `{"status":{"status":"OK"},"directory":[]}`)(w, r)
	}))
	t.Cleanup(trap.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", trap.URL)
			w.WriteHeader(status)
		})
		_, sendErr := c.SendSMS(t.Context(), coupontools.SMS{Directory: "dir_1", To: "+32470000001"})
		_, readErr := c.Directories(t.Context())
		for _, err := range []error{sendErr, readErr} {
			e, ok := errors.AsType[*coupontools.Error](err)
			if !ok || e.Status != status || e.Class != coupontools.Unknown {
				t.Errorf("%d: error = %v, want that status and class Unknown", status, err)
			}
		}
	}
	if led.Load() != 0 {
		t.Errorf("%d redirects were followed", led.Load())
	}
}

func TestError_shapes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		codes      []int
		texts      []string
	}{
		{
			"single values", `{"status":{"status":"failed","errors":{"error_code":507,"error_message":"Directory not found."}}}`,
			[]int{507},
			[]string{"Directory not found."},
		},
		{
			"lists in the status", `{"status":{"status":"failed","errors":{"error_message":"HTTP/1.0 422 Unprocessable entity.",` +
				`"error_message_description":["Missing parameter: a","Missing parameter: b"],"error_code":[200,"301"]}}}`,
			[]int{200, 301},
			[]string{"Missing parameter: a", "Missing parameter: b"},
		},
		{
			"lists beside the status", `{"status":{"status":"failed","errors":[]},"errors":{"error_message":"HTTP/1.0 422 U.",` +
				`"error_message_description":["Session not found."],"error_code":[505]}}`,
			[]int{505},
			[]string{"Session not found."},
		},
		{
			"lists with gaps", `{"status":{"status":"failed","errors":{"error_message_description":{"1":"b","3":"a"},` +
				`"error_code":{"1":200,"3":301}}}}`,
			[]int{200, 301},
			[]string{"b", "a"},
		},
		{"a message", `{"message":"Not allowed"}`, nil, []string{"Not allowed"}},
		{"a page", `<html><body>Bad gateway</body></html>`, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := serve(t, answers(422, tt.body)).Directory(t.Context(), "dir_1")
			e, ok := errors.AsType[*coupontools.Error](err)
			if !ok || e.Status != 422 || e.Route != "POST /v3/directory/info" || e.Class != coupontools.Refused {
				t.Fatalf("error = %#v, want a refusal of the route with 422", err)
			}
			if !cmp.Equal(e.Codes, tt.codes) || !cmp.Equal(e.Texts, tt.texts) {
				t.Errorf("codes and texts = %v %q, want %v %q", e.Codes, e.Texts, tt.codes, tt.texts)
			}
		})
	}
}

func TestError_text(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err  coupontools.Error
		want string
	}{
		{
			coupontools.Error{Route: "POST /v3/a", Status: 422, Codes: []int{301}, Texts: []string{"bad character"}},
			"POST /v3/a: 422 (301, bad character)",
		},
		{coupontools.Error{Route: "POST /v3/a", Status: 502}, "POST /v3/a: 502 (Bad Gateway)"},
		{
			coupontools.Error{Route: "POST /v3/a", Class: coupontools.NotSent, Err: errors.New("refused")},
			"POST /v3/a: not sent: refused",
		},
		{coupontools.Error{Route: "POST /v3/a", Err: context.Canceled}, "POST /v3/a: context canceled"},
	}
	for _, tt := range tests {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("Error() = %q, want %q", got, tt.want)
		}
	}
}

// The same code means different things on different routes.
func TestErrNotFound(t *testing.T) {
	t.Parallel()
	tests := []struct {
		route string
		code  int
		want  bool
	}{
		{"POST /v3/directory/info", 507, true},
		{"POST /v3/directory/info", 502, false},
		{"POST /v3/directoryusers/list", 507, true},
		{"POST /v3/send/email", 502, true},
		{"POST /v3/send/email", 507, false},
		{"POST /v3/loyalty/info", 507, true},
		{"POST /v3/loyalty/info", 505, false},
		{"POST /v3/loyaltyusers/list", 505, true},
		{"POST /v3/no/such/route", 507, false},
	}
	for _, tt := range tests {
		err := error(&coupontools.Error{Route: tt.route, Codes: []int{tt.code}, Status: 422})
		if got := errors.Is(err, coupontools.ErrNotFound); got != tt.want {
			t.Errorf("%s with %d: not found = %v, want %v", tt.route, tt.code, got, tt.want)
		}
	}
}

// A server that repeats the request, or writes about people, doesn't get that into an error.
func TestError_isClean(t *testing.T) {
	t.Parallel()
	body := `{"status":{"status":"failed","errors":{"error_code":[305],"error_message_description":["` +
		testID + ` ` + testSecret + ` mia.o'neil+x@example.com is no address, nor is <b@c.org>; call +32 (470) 00-00.01 or 0032470000001` +
		`, see dir_12345678\u0007\u202e ` + strings.Repeat("long ", 200) + `"]}}}`
	_, err := serve(t, answers(422, body)).SendEmail(t.Context(), coupontools.Email{Directory: "dir_1", To: "m@example.com"})

	text := err.Error()
	for _, private := range []string{testID, testSecret, "@", "470", "0001", "\u0007", "\u202e"} {
		if strings.Contains(text, private) {
			t.Errorf("the error has %q: %s", private, text)
		}
	}
	if !strings.Contains(text, "dir_12345678") {
		t.Errorf("the error lost the id: %s", text)
	}
	if len(text) > 400 {
		t.Errorf("the error is %d bytes long", len(text))
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, header string
		least, most  time.Duration
	}{
		{"none", "", 0, 0},
		{"seconds", "7", 7 * time.Second, 7 * time.Second},
		{"a date", time.Now().Add(5 * time.Minute).UTC().Format(http.TimeFormat), time.Minute, 5 * time.Minute},
		{"a date that was", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat), 0, 0},
		{"too long", "99999999999999999999", 10 * time.Minute, 10 * time.Minute},
		{"negative", "-5", 0, 0},
		{"not a number", "NaN", 0, 0},
		{"words", "soon", 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", tt.header)
				w.WriteHeader(http.StatusTooManyRequests)
			})
			_, err := c.SendSMS(t.Context(), coupontools.SMS{Directory: "dir_1", To: "+32470000001"})
			e, ok := errors.AsType[*coupontools.Error](err)
			if !ok || e.RetryAfter < tt.least || e.RetryAfter > tt.most {
				t.Errorf("error = %#v, want a wait of %v to %v", err, tt.least, tt.most)
			}
		})
	}
}

func TestGzip(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = io.WriteString(w, `{"status":{"status":"OK"},"directory":[{"ID":"dir_1","name":"A"}]}`)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes())
	})
	if got, err := c.Directories(t.Context()); err != nil || len(got) != 1 {
		t.Errorf("Directories = %v, %v, want one", got, err)
	}
}
