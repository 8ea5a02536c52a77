package sandbox_test

import (
	"strconv"
	"testing"
)

const directoriesV4 = "/v4/directory"

func TestDirectoryV4(t *testing.T) {
	t.Parallel()
	s := serve(t)
	made := s.rest(t, "POST", directoriesV4+"/5502/users", `{"email":"new@example.com","first_name":"Noa","custom_3":"x"}`)
	number, _ := made.at(t, "id").(float64)
	user := directoriesV4 + "/5502/users/" + strconv.Itoa(int(number))
	if r := s.wantOK(t, users, p{"directory": "dir_5502"}); r.at(t, "user", 0, "email") != "new@example.com" {
		t.Errorf("the newest user is %v", r.at(t, "user", 0))
	}
	if r := s.rest(t, "GET", user, ""); r.at(t, "custom_3") != "x" || r.at(t, "blocked") != false {
		t.Errorf("user %s", r.body)
	}
	s.rest(t, "POST", user+"/access", `{"expires_at":"2030-01-02 03:04:05"}`)
	if r := s.wantOK(t, users, p{"directory": "dir_5502"}); r.at(t, "user", 0, "payment_expiry_date") != "2030-01-02 03:04:05" {
		t.Errorf("with access %v", r.at(t, "user", 0))
	}
	if r := s.rest(t, "DELETE", user+"/access", ""); r.status != 204 || r.body != "" {
		t.Errorf("without access %d %q, want 204 and nothing", r.status, r.body)
	}
	if r := s.rest(t, "POST", user+"/sso", "{}"); r.at(t, "token") == nil {
		t.Errorf("sign-on %s", r.body)
	}
	s.rest(t, "POST", user, `{"block":true}`)
	wantCodes(t, s.rest(t, "POST", user+"/sso", ""), 422, 300)
	if r := s.rest(t, "POST", user, `{"block":false}`); r.at(t, "blocked") != false {
		t.Errorf("unblocked %s", r.body)
	}
}

func TestDirectoryV4_refused(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for name, tt := range map[string]struct {
		method, path, body string
		status             int
	}{
		"unknown directory": {"GET", "/1/users", "", 404},
		"prefixed id":       {"GET", "/dir_5502/users", "", 404},
		"unknown user":      {"GET", "/5502/users/1", "", 404},
		"block nobody":      {"POST", "/5502/users/1", `{"block":true}`, 404},
		"give nobody":       {"POST", "/5502/users/1/access", "", 404},
		"revoke nobody":     {"DELETE", "/5502/users/1/access", "", 404},
		"nobody signs on":   {"POST", "/5502/users/1/sso", "", 404},
		"new with nothing":  {"POST", "/5502/users", `{}`, 422},
		"new with bad mail": {"POST", "/5502/users", `{"email":"new"}`, 422},
		"new with bad day":  {"POST", "/5502/users", `{"email":"new@example.com","birth_date":"3/2/1990"}`, 422},
		"unknown parameter": {"POST", "/5502/users", `{"email":"new@example.com","nickname":"x"}`, 422},
		"another method":    {"DELETE", "/5502/users", "", 405},
	} {
		if r := s.rest(t, tt.method, directoriesV4+tt.path, tt.body); r.status != tt.status {
			t.Errorf("%s: %d %s, want %d", name, r.status, r.body, tt.status)
		}
	}
}

func TestCategories(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for path, want := range map[string]int{"/v3/category/list": 7, "/v3/category/main/list": 3} {
		if r := s.wantOK(t, path, nil); r.count(t, "category") != want || r.at(t, "amount_of_categories") != float64(want) {
			t.Errorf("%s: %s", path, r.body)
		}
	}
	if r := s.wantOK(t, "/v3/directory/campaigns", p{"directory": "dir_5501"}); r.count(t, "campaign") != 4 {
		t.Errorf("campaigns of a directory %s", r.body)
	}
}
