package bot_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/bot/slacksim"
)

// upload opens a form with a file_input as Mia, puts a file into it and submits it.
func (w *world) upload(t *testing.T, name string, content []byte, options ...slacksim.FileOption) {
	t.Helper()
	w.do(t)
	v := w.view(t, "Upload")
	if err := w.slack.Attach(patient(t), slacksim.Mia, v.ID, "file", name, content, options...); err != nil {
		t.Fatal(err)
	}
	w.submit(t)
}

// newFileWorld starts a world with a form that has a file_input. read gets the submissions.
func newFileWorld(t *testing.T, read func(ctx context.Context, w *world, req bot.Request) (bot.Reply, error), more ...func(*setup)) *world {
	t.Helper()
	var w *world
	upload := blocks.Modal("upload", "Upload", "Go", "Close",
		blocks.FileInput(blocks.Input{Name: "file", Label: "File"}, []string{"csv"}, 1))
	w = newWorld(t, says(bot.Reply{View: upload}), append(more, submissions(map[string]bot.Handler{
		"upload": later(func(ctx context.Context, req bot.Request) (bot.Reply, error) { return read(ctx, w, req) }),
	}))...)
	return w
}

const fileLimit = 1 << 10

// readFile answers with what is in the file.
func readFile(ctx context.Context, w *world, req bot.Request) (bot.Reply, error) {
	files := req.View.Files("file")
	if len(files) != 1 {
		return bot.Reply{}, fmt.Errorf("%d files, want 1", len(files))
	}
	content, err := w.files.Download(ctx, req.Person.ID, files[0], fileLimit)
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Reply{Text: fmt.Sprintf("%s (%s) has %q", files[0].Name, files[0].Mimetype, content)}, nil
}

func TestView_files(t *testing.T) {
	t.Parallel()
	got := make(chan []bot.File, 1)
	w := newFileWorld(t, func(_ context.Context, _ *world, req bot.Request) (bot.Reply, error) {
		got <- append(req.View.Files("file"), req.View.Files("other")...)
		return bot.Reply{Text: "Read."}, nil
	})
	w.upload(t, "list.csv", []byte("a\nb"))
	w.view(t, "Read.")
	files := <-got
	if len(files) != 1 {
		t.Fatalf("Files = %+v, want one", files)
	}
	f := files[0]
	if f.Name != "list.csv" || f.Title != "list.csv" || f.User != slacksim.Mia || f.Size != 3 || f.ID == "" ||
		!strings.HasPrefix(f.Mimetype, "text/csv") || !strings.Contains(f.URL, f.ID) || f.FileAccess != "visible" {
		t.Errorf("file = %+v", f)
	}
	again := bot.NewView("upload", "", nil).WithFiles("file", f).Files("file")
	if len(again) != 1 || again[0] != f {
		t.Errorf("WithFiles gives %+v, want %+v", again, f)
	}
}

func TestDownload(t *testing.T) {
	t.Parallel()
	const nothing = "Nothing was sent or changed."
	full := bytes.Repeat([]byte("a"), fileLimit)
	for _, tt := range []struct {
		name    string
		file    string
		content []byte
		options []slacksim.FileOption
		fault   slacksim.Fault
		words   []string
	}{
		{"a file", "list.csv", []byte("a\nb"), nil, slacksim.Fault{}, []string{`list.csv (text/csv; charset=utf-8) has "a\nb"`}},
		{"a file as large as allowed", "a.csv", full, nil, slacksim.Fault{}, []string{`has "aaaa`}},
		{"a file that only files.info describes", "list.csv", []byte("a"), []slacksim.FileOption{slacksim.IDOnly}, slacksim.Fault{}, []string{`has "a"`}},
		{"a web page of the person", "page.html", []byte("<html>hi"), nil, slacksim.Fault{}, []string{`has "<html>hi"`}},
		{"a file one byte too large", "a.csv", append(full, 'a'), nil, slacksim.Fault{}, []string{"The file “a.csv” is larger than 1 KB", nothing, "make several"}},
		{"a file larger than Slack says", "a.csv", append(full, 'a'), []slacksim.FileOption{slacksim.ReportedSize(3)}, slacksim.Fault{}, []string{"is larger than 1 KB"}},
		{"a much larger file than Slack says", "a.csv", bytes.Repeat(full, 100), []slacksim.FileOption{slacksim.ReportedSize(3)}, slacksim.Fault{}, []string{"is larger than 1 KB"}},
		{"a file of somebody else", "a.csv", full, []slacksim.FileOption{slacksim.OwnedBy(slacksim.Noah)}, slacksim.Fault{}, []string{"The file “a.csv” belongs to somebody else", nothing}},
		{"a file of somebody else that only files.info describes", "a.csv", full, []slacksim.FileOption{slacksim.OwnedBy(slacksim.Noah), slacksim.IDOnly}, slacksim.Fault{}, []string{"belongs to somebody else"}},
		{"no scope", "a.csv", full, nil, slacksim.Fault{Method: "download", Error: "missing_scope"}, []string{"lacks the scope files:read", nothing, "(Reference "}},
		{"no scope to ask", "a.csv", full, []slacksim.FileOption{slacksim.IDOnly}, slacksim.Fault{Method: "files.info", Error: "missing_scope"}, []string{"lacks the scope files:read"}},
		{"a web page of the person with another name", "a.csv", []byte("\ufeff <!DOCTYPE html><p>"), nil, slacksim.Fault{}, []string{`has "\ufeff <!DOCTYPE html><p>"`}},
		{"a redirect to Slack", "a.csv", full, nil, slacksim.Fault{Method: "download", Redirect: "/files-pri/elsewhere"}, []string{"lacks the scope files:read"}},
		{"a deleted file", "a.csv", full, []slacksim.FileOption{slacksim.IDOnly}, slacksim.Fault{Method: "files.info", Error: "file_not_found"}, []string{"The file could not be read: Slack does not have it any more", nothing}},
		{"a file that is gone", "a.csv", full, nil, slacksim.Fault{Method: "download", Status: http.StatusNotFound}, []string{"The file “a.csv” could not be read: Slack does not have it any more"}},
		{"a fault of Slack", "a.csv", full, nil, slacksim.Fault{Method: "download", Status: http.StatusBadGateway}, []string{"Slack did not hand it over.", nothing, "(Reference "}},
		{"too many downloads", "a.csv", full, nil, slacksim.Fault{Method: "download", RetryAfter: time.Second}, []string{"Slack did not hand it over."}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newFileWorld(t, readFile)
			if tt.fault.Method != "" {
				w.slack.Inject(tt.fault)
			}
			w.upload(t, tt.file, tt.content, tt.options...)
			w.view(t, tt.words...)
		})
	}
}

// The token goes to Slack and nowhere else.
func TestDownload_keepsTheToken(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("asked %s with %q", r.URL, r.Header.Get("Authorization"))
	}))
	t.Cleanup(elsewhere.Close)
	w := newFileWorld(t, readFile)
	w.slack.Inject(slacksim.Fault{Method: "download", Redirect: elsewhere.URL + "/file"})
	w.upload(t, "list.csv", []byte("a"))
	w.view(t, "lacks the scope files:read")

	file := bot.File{ID: "F1", Name: "list.csv", User: slacksim.Mia, URL: elsewhere.URL + "/file"}
	_, err := w.files.Download(patient(t), slacksim.Mia, file, fileLimit)
	if m, ok := errors.AsType[*bot.Mistake](err); !ok || !strings.Contains(m.Text, "is not kept by Slack itself") ||
		strings.Contains(err.Error(), elsewhere.URL) {
		t.Errorf("Download = %v, want a refusal that keeps the address to itself", err)
	}
}

func TestDownload_slow(t *testing.T) {
	t.Parallel()
	w := newFileWorld(t, readFile)
	w.slack.Inject(slacksim.Fault{Method: "download", Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	file := bot.File{ID: "F1", Name: "list.csv", User: slacksim.Mia, URL: w.url + "/files-pri/F1/file"}
	_, err := w.files.Download(ctx, slacksim.Mia, file, fileLimit)
	if m, ok := errors.AsType[*bot.Mistake](err); !ok || !strings.Contains(m.Text, "Slack took too long to hand it over") {
		t.Errorf("Download = %v, want words on the time", err)
	}
}
