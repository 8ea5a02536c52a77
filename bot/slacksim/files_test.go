package slacksim_test

import (
	"bytes"
	"cmp"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
)

func TestFiles_fromBot(t *testing.T) {
	t.Parallel()
	s := start(t)
	out := s.form("files.getUploadURLExternal", "filename", "report.csv", "length", "5")
	id := out["file_id"].(string)
	wantError(t, s.form("files.completeUploadExternal", "files", `[{"id":"`+id+`"}]`), "file_not_found")
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, _ := w.CreateFormFile("file", "report.csv")
	_, _ = io.WriteString(part, "a,b,c")
	_ = w.Close()
	if status, _, _ := s.do(s.request(out["upload_url"].(string), w.FormDataContentType(), body.String(), "")); status != http.StatusOK {
		t.Fatalf("upload: %d", status)
	}
	wantError(t, s.form("files.completeUploadExternal", "files", `[{"id":"`+id+`","title":"Report"}]`, "channel_id", slacksim.Marketing), "")
	if m := s.Messages(slacksim.Marketing); len(m) != 1 || m[0].Files[0].Title != "Report" {
		t.Errorf("messages = %+v", m)
	}
	url := s.form("files.info", "file", id)["file"].(object)["url_private"].(string)
	if _, _, got := s.do(s.request(url, formType, "", s.BotToken())); string(got) != "a,b,c" {
		t.Errorf("content = %q", got)
	}
	if _, header, got := s.do(s.request(url, formType, "", "")); !strings.Contains(header.Get("Content-Type"), "html") || strings.Contains(string(got), "a,b,c") {
		t.Errorf("without a token: %q", got)
	}
}

func TestFiles_inForm(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.open(modal(input("file", object{"type": "file_input", "max_files": 1})))
	got := s.answering(nil)
	if err := s.Attach(t.Context(), slacksim.Mia, id, "file", "list.csv", []byte("a\nb")); err != nil {
		t.Fatal(err)
	}
	if err := s.Attach(t.Context(), slacksim.Mia, id, "file", "more.csv", nil); err == nil {
		t.Error("a second file was accepted")
	}
	if err := s.Detach(t.Context(), slacksim.Mia, id, "file", "list.csv"); err != nil {
		t.Fatal(err)
	}
	if err := s.Detach(t.Context(), slacksim.Mia, id, "file", "list.csv"); err == nil {
		t.Error("a file was removed twice")
	}
	if err := s.Attach(t.Context(), slacksim.Mia, id, "file", "list.csv", []byte("a\nb")); err != nil {
		t.Fatal(err)
	}
	must(t)(s.Submit(t.Context(), slacksim.Mia, id))
	e := <-got
	files := e.Payload["view"].(object)["state"].(object)["values"].(object)["file"].(object)["file"].(object)["files"].([]any)
	file := files[0].(object)
	if file["name"] != "list.csv" || file["user"] != slacksim.Mia || !strings.HasPrefix(file["url_private"].(string), host) {
		t.Errorf("file = %v", file)
	}
}

func TestFiles_options(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.open(modal(input("file", object{"type": "file_input"})))
	got := s.answering(nil)
	for name, set := range map[string]slacksim.FileOption{
		"others.csv": slacksim.OwnedBy(slacksim.Noah), "large.csv": slacksim.ReportedSize(1), "id.csv": slacksim.IDOnly,
	} {
		if err := s.Attach(t.Context(), slacksim.Mia, id, "file", name, []byte("a,b"), set); err != nil {
			t.Fatal(err)
		}
	}
	must(t)(s.Submit(t.Context(), slacksim.Mia, id))
	e := <-got
	for _, x := range e.Payload["view"].(object)["state"].(object)["values"].(object)["file"].(object)["file"].(object)["files"].([]any) {
		file := x.(object)
		info := s.form("files.info", "file", file["id"].(string))["file"].(object)
		size := map[string]float64{"others.csv": 3, "large.csv": 1, "id.csv": 3}[info["name"].(string)]
		owner := map[string]string{"others.csv": slacksim.Noah}[info["name"].(string)]
		if info["size"] != size || info["user"] != cmp.Or(owner, slacksim.Mia) || info["file_access"] != "visible" {
			t.Errorf("files.info = %v", info)
		}
		if info["name"] != "id.csv" {
			continue
		}
		if file["file_access"] != "check_file_info" || file["url_private"] != nil || file["name"] != "" {
			t.Errorf("file = %v, want only its id", file)
		}
	}
}

func TestFiles_faults(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.open(modal(input("file", object{"type": "file_input"})))
	if err := s.Attach(t.Context(), slacksim.Mia, id, "file", "list.csv", []byte("a,b")); err != nil {
		t.Fatal(err)
	}
	file := s.View(slacksim.Mia).State["file"]["file"].Files[0]
	url := s.form("files.info", "file", file.ID)["file"].(object)["url_private"].(string)
	s.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for name, tt := range map[string]struct {
		fault  slacksim.Fault
		status int
		header [2]string
	}{
		"no scope":       {slacksim.Fault{Method: "download", Error: "missing_scope", Times: 1}, http.StatusOK, [2]string{"Content-Type", "text/html; charset=utf-8"}},
		"a redirect":     {slacksim.Fault{Method: "download", Redirect: "https://example.com/", Times: 1}, http.StatusFound, [2]string{"Location", "https://example.com/"}},
		"a server error": {slacksim.Fault{Method: "download", Status: 500, Times: 1}, 500, [2]string{"Content-Type", "text/html"}},
		"too many":       {slacksim.Fault{Method: "download", RetryAfter: 1500e6, Times: 1}, http.StatusTooManyRequests, [2]string{"Retry-After", "2"}},
	} {
		s.Inject(tt.fault)
		status, header, body := s.do(s.request(url, formType, "", s.BotToken()))
		if status != tt.status || header.Get(tt.header[0]) != tt.header[1] || strings.Contains(string(body), "a,b") {
			t.Errorf("%s: %d, %v, %s", name, status, header, body)
		}
	}
	out := s.form("files.getUploadURLExternal", "filename", "report.csv", "length", "1")
	for _, status := range []int{http.StatusInternalServerError, http.StatusTooManyRequests, http.StatusOK} {
		fault := slacksim.Fault{Method: "upload", Status: status, Times: 1}
		if status == http.StatusTooManyRequests {
			fault = slacksim.Fault{Method: "upload", RetryAfter: time.Second, Times: 1}
		}
		if status != http.StatusOK {
			s.Inject(fault)
		}
		if got, _, _ := s.do(s.request(out["upload_url"].(string), "text/csv", "a", "")); got != status {
			t.Errorf("upload: %d, want %d", got, status)
		}
	}
}
