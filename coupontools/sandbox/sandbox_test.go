package sandbox_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/coupontools/sandbox"
)

const (
	list   = "/v3/directory/list"
	info   = "/v3/directory/info"
	users  = "/v3/directoryusers/list"
	update = "/v3/directoryusers/update"
	email  = "/v3/send/email"
	sms    = "/v3/send/sms"
)

// service is a sandbox on a real socket, called with plain HTTP.
type service struct {
	*sandbox.Server
	url string
}

func serve(tb testing.TB, opts ...sandbox.Option) *service {
	tb.Helper()
	s := sandbox.New(opts...)
	web := httptest.NewServer(s)
	tb.Cleanup(web.Close)
	tb.Cleanup(s.Mend)
	return &service{Server: s, url: web.URL}
}

// p are parameters by name.
type p map[string]any

// result is an HTTP answer.
type result struct {
	status int
	header http.Header
	body   string
}

func (r result) json(tb testing.TB) map[string]any {
	tb.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(r.body), &out); err != nil {
		tb.Fatalf("body %.200q: %v", r.body, err)
	}
	return out
}

// at walks through objects and arrays.
func (r result) at(tb testing.TB, path ...any) any {
	tb.Helper()
	var v any = r.json(tb)
	for _, step := range path {
		switch at := step.(type) {
		case string:
			o, _ := v.(map[string]any)
			v = o[at]
		case int:
			a, _ := v.([]any)
			if at >= len(a) {
				tb.Fatalf("no element %d in %.200s", at, r.body)
			}
			v = a[at]
		}
	}
	return v
}

func (s *service) request(tb testing.TB, path, contentType, body string) *http.Request {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, s.url+path, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	return req
}

func withKeys(req *http.Request) *http.Request {
	req.Header.Set("X-Client-Id", sandbox.DefaultClientID)
	req.Header.Set("X-Client-Secret", sandbox.DefaultClientSecret)
	return req
}

func jsonBody(tb testing.TB, params p) string {
	tb.Helper()
	text, err := json.Marshal(params)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// try makes a call and returns its result. It follows no redirect.
func try(tb testing.TB, req *http.Request) (result, error) {
	tb.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return result{}, err
	}
	body, err := io.ReadAll(resp.Body)
	return result{resp.StatusCode, resp.Header, string(body)}, errors.Join(err, resp.Body.Close())
}

func (s *service) try(tb testing.TB, path string, params p) (result, error) {
	tb.Helper()
	return try(tb, withKeys(s.request(tb, path, "application/json", jsonBody(tb, params))))
}

func (s *service) call(tb testing.TB, path string, params p) result {
	tb.Helper()
	r, err := s.try(tb, path, params)
	if err != nil {
		tb.Fatalf("POST %s: %v", path, err)
	}
	return r
}

func (s *service) wantOK(tb testing.TB, path string, params p) result {
	tb.Helper()
	r := s.call(tb, path, params)
	if r.status != http.StatusOK || r.at(tb, "status", "status") != "OK" {
		tb.Fatalf("POST %s = %d %.300s, want 200 and OK", path, r.status, r.body)
	}
	return r
}

// wantCodes checks a refusal in the nested shape.
func wantCodes(tb testing.TB, r result, status int, codes ...float64) {
	tb.Helper()
	got, _ := r.at(tb, "status", "errors", "error_code").([]any)
	texts, _ := r.at(tb, "status", "errors", "error_message_description").([]any)
	if r.status != status || r.at(tb, "status", "status") != "failed" || len(got) != len(codes) || len(texts) != len(codes) {
		tb.Fatalf("got %d %s, want %d with codes %v", r.status, r.body, status, codes)
	}
	for i, code := range codes {
		if got[i] != code {
			tb.Errorf("codes %v, want %v", got, codes)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	s := serve(t)
	id, secret := sandbox.DefaultClientID, sandbox.DefaultClientSecret
	for name, tt := range map[string]struct {
		headers     [2]string
		id, secret  string
		contentType string
		body        string
		status      int
	}{
		"headers of v3":       {[2]string{"X-Client-Id", "X-Client-Secret"}, id, secret, "application/json", "[]", 200},
		"headers of v4":       {[2]string{"x-api-key", "x-api-secret"}, id, secret, "application/json", "{}", 200},
		"values in JSON":      {contentType: "application/json; charset=utf-8", body: jsonBody(t, p{"client_id": id, "client_secret": secret}), status: 200},
		"values in a form":    {contentType: "application/x-www-form-urlencoded", body: url.Values{"client_id": {id}, "client_secret": {secret}}.Encode(), status: 200},
		"empty JSON body":     {[2]string{"X-Client-Id", "X-Client-Secret"}, id, secret, "application/json", "", 200},
		"no body nor type":    {[2]string{"X-Client-Id", "X-Client-Secret"}, id, secret, "", "", 200},
		"none":                {contentType: "application/json", body: "[]", status: 401},
		"wrong secret":        {[2]string{"X-Client-Id", "X-Client-Secret"}, id, "x", "application/json", "[]", 401},
		"pairs mixed":         {[2]string{"X-Client-Id", "x-api-secret"}, id, secret, "application/json", "[]", 401},
		"Authorization alone": {[2]string{"Authorization", "X-Client-Secret"}, "Bearer " + id, secret, "application/json", "[]", 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := s.request(t, list, tt.contentType, tt.body)
			if tt.id != "" {
				req.Header.Set(tt.headers[0], tt.id)
				req.Header.Set(tt.headers[1], tt.secret)
			}

			r, err := try(t, req)

			if err != nil || r.status != tt.status {
				t.Fatalf("got %d %.200s, %v, want %d", r.status, r.body, err, tt.status)
			}
			if code := r.at(t, "status", "errors", "error_code"); tt.status == 401 && code != 1000.0 {
				t.Errorf("code %v, want the number 1000", code)
			}
		})
	}
}

func TestKeys_of_its_own(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.WithKeys("1", "2"))

	if r := s.call(t, list, nil); r.status != http.StatusUnauthorized {
		t.Errorf("the default keys get %d, want 401", r.status)
	}
}

func TestStrictness(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		method, path, contentType, body string
		status                          int
		violation                       string
	}{
		"unknown path":       {"POST", "/v3/directory/delete", "application/json", "{}", 404, "POST /v3/directory/delete: unknown path"},
		"slash at the end":   {"POST", list + "/", "application/json", "{}", 404, "POST /v3/directory/list/: unknown path"},
		"GET":                {"GET", list, "", "", 405, "GET /v3/directory/list: no such method here"},
		"unknown parameter":  {"POST", list, "application/json", `{"filter":"x"}`, 422, `POST /v3/directory/list: unknown parameter "filter"`},
		"in the URL":         {"POST", list + "?page=1", "application/json", "", 422, "POST /v3/directory/list: parameters in the URL"},
		"array":              {"POST", info, "application/json", `["dir_5501"]`, 422, "POST /v3/directory/info: a body that is no JSON object"},
		"object in a value":  {"POST", info, "application/json", `{"directory":{}}`, 422, `POST /v3/directory/info: parameter "directory" is neither text, number nor boolean`},
		"null in a value":    {"POST", info, "application/json", `{"directory":null}`, 422, `POST /v3/directory/info: parameter "directory" is neither text, number nor boolean`},
		"twice in a form":    {"POST", info, "application/x-www-form-urlencoded", "directory=1&directory=2", 422, `POST /v3/directory/info: parameter "directory" comes twice`},
		"other content type": {"POST", info, "text/plain", "directory=1", 422, `POST /v3/directory/info: the content type "text/plain"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			req := withKeys(s.request(t, tt.path, tt.contentType, tt.body))
			req.Method = tt.method

			r, err := try(t, req)

			if err != nil || r.status != tt.status {
				t.Errorf("got %d %s, %v, want %d", r.status, r.body, err, tt.status)
			}
			if got := s.Violations(); len(got) != 1 || got[0] != tt.violation {
				t.Errorf("violations %q, want %q", got, tt.violation)
			}
		})
	}
}

func TestForm_body(t *testing.T) {
	t.Parallel()
	s := serve(t)

	r, err := try(t, withKeys(s.request(t, info, "application/x-www-form-urlencoded", "directory=dir_5502")))

	if err != nil || r.at(t, "directory", "name") != "City deals" || len(s.Violations()) != 0 {
		t.Errorf("got %d %s, %v, violations %q", r.status, r.body, err, s.Violations())
	}
}
