package slacksim

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// shareFile posts a file as the bot; onlyFor may be "".
func shareFile(s *Server, channel, onlyFor, name, content string) File {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.addFile(Bot, name, []byte(content))
	f.done = true
	s.post(&message{Message: Message{Channel: channel, User: Bot, BotID: botID, Text: "A file", OnlyFor: onlyFor, Files: []File{f.File}}})
	return f.File
}

func TestPage_file(t *testing.T) {
	t.Parallel()
	sim, h := newPage(t)
	const hostile = "<script>alert(1)</script>"
	report := shareFile(sim, sim.Direct(Mia), "", `re"port.csv`, hostile)
	web := shareFile(sim, Marketing, "", "page.html", hostile)
	book := shareFile(sim, Marketing, "", "book.xlsx", "PK")
	secret := shareFile(sim, Marketing, Mia, "secret.csv", hostile)
	const asText, asBytes = "text/plain; charset=utf-8", "application/octet-stream"
	for _, tt := range []struct {
		name, as, id string
		kind, way    string // "" for a file that is not for that person
	}{
		{"a text", Mia, report.ID, asText, `inline; filename="re\"port.csv"`},
		{"a text of somebody else's direct messages", Noah, report.ID, "", ""},
		{"a web page", Noah, web.ID, asText, "inline; filename=page.html"},
		{"a workbook", Mia, book.ID, asBytes, "attachment; filename=book.xlsx"},
		{"a file of a channel one is not in", Stranger, book.ID, "", ""},
		{"a file that only one person sees", Mia, secret.ID, asText, "inline; filename=secret.csv"},
		{"a file that only another person sees", Noah, secret.ID, "", ""},
		{"no file", Mia, "F0NOTHING", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := ask(t, h, "GET", "/file/"+tt.id+"?as="+tt.as, nil, nil)
			header := w.Header()
			if header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("header = %v", header)
			}
			switch {
			case tt.kind == "":
				if w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "alert") {
					t.Errorf("answered %d, %s", w.Code, w.Body)
				}
			case w.Code != http.StatusOK || header.Get("Content-Type") != tt.kind || header.Get("Content-Disposition") != tt.way:
				t.Errorf("answered %d, %v; want %s, %s", w.Code, header, tt.kind, tt.way)
			}
		})
	}
	html := ask(t, h, "GET", "/?as="+Noah+"&channel="+Marketing, nil, nil).Body.String()
	if !strings.Contains(html, `href="/file/`+book.ID) || strings.Contains(html, secret.ID) {
		t.Error("the page does not link to the files that the person sees, and to no others")
	}
}

func TestPage_permalink(t *testing.T) {
	t.Parallel()
	sim, h := newPage(t)
	shareFile(sim, Marketing, "", "a.csv", "a")
	m := sim.Messages(Marketing)[0]
	to := ask(t, h, "GET", "/archives/"+Marketing+"/p"+strings.ReplaceAll(m.TS, ".", ""), nil, nil).Header().Get("Location")
	address, id, _ := strings.Cut(to, "#")
	if html := ask(t, h, "GET", address, nil, nil).Body.String(); id == "" || !strings.Contains(html, `id="`+id+`"`) {
		t.Errorf("the link leads to %s, where the message is not", to)
	}
	if got := ask(t, h, "GET", "/archives/"+Marketing+"/p1", nil, nil).Code; got != http.StatusNotFound {
		t.Errorf("a link to nothing: status %d", got)
	}
}

// The files of a field are those that stand in the browser's form, through any number of submits that were refused.
func TestPage_filesOfAForm(t *testing.T) {
	t.Parallel()
	sim, h := newPage(t)
	sim.mu.Lock()
	d, no := sim.readView(blockkit.EncodeJSON(obj{
		"type": "modal", "title": plainObject("Form"), "submit": plainObject("Go"), "blocks": []obj{
			tinyInput("file", "File", obj{"type": "file_input", "max_files": 2}, nil),
			tinyInput("text", "Text", obj{"type": "plain_text_input"}, nil), // left empty, so that no submit goes through
		},
	}), "modal", nil)
	if no != nil {
		t.Fatal(no)
	}
	sim.pushView(Mia, d)
	sim.mu.Unlock()
	type file [2]string
	for _, step := range []struct {
		what   string
		kept   []string // names
		chosen []file
		want   []file
	}{
		{"choose one", nil, []file{{"a.csv", "1"}}, []file{{"a.csv", "1"}}},
		{"submit again", nil, []file{{"a.csv", "1"}}, []file{{"a.csv", "1"}}},
		{"choose another", nil, []file{{"b.csv", "1"}}, []file{{"b.csv", "1"}}},
		{"choose its corrected version", nil, []file{{"b.csv", "2"}}, []file{{"b.csv", "2"}}},
		{"load the page anew, and add one", []string{"b.csv"}, []file{{"c.csv", "3"}}, []file{{"b.csv", "2"}, {"c.csv", "3"}}},
		{"take one away", []string{"c.csv"}, nil, []file{{"c.csv", "3"}}},
		{"take all away", nil, nil, nil},
	} {
		var kept []string
		for _, f := range sim.View(Mia).State["file"]["file"].Files {
			if slices.Contains(step.kept, f.Name) {
				kept = append(kept, f.ID)
			}
		}
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		field := fieldName("file", "file")
		for name, values := range map[string][]string{"as": {Mia}, "view": {sim.View(Mia).ID}, "has": {field}, "kept/" + field: kept} {
			for _, value := range values {
				_ = form.WriteField(name, value)
			}
		}
		for _, f := range append(step.chosen, file{}) { // the empty one is what a browser sends for no choice
			part, _ := form.CreateFormFile(field, f[0])
			_, _ = part.Write([]byte(f[1]))
		}
		_ = form.Close()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+pageHost+"/submit", &body)
		r.Header.Set("Content-Type", form.FormDataContentType())
		r.Header.Set("Origin", "http://"+pageHost)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		var got []file
		for _, f := range sim.View(Mia).State["file"]["file"].Files {
			_, content, _ := sim.FileContent(f.ID)
			got = append(got, file{f.Name, string(content)})
		}
		if !slices.Equal(got, step.want) || w.Code != http.StatusOK || strings.Contains(w.Body.String(), "did not work") {
			t.Fatalf("%s: the field holds %v, want %v; answered %s", step.what, got, step.want, w.Body)
		}
	}
}
