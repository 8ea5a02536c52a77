package page

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// shareFile uploads a file as the bot and posts it to a channel.
func shareFile(t testing.TB, sim *slacksim.Server, channel, name, content string) slacksim.File {
	t.Helper()
	opened := callAPI(t, sim, "files.getUploadURLExternal", url.Values{"filename": {name}, "length": {strconv.Itoa(len(content))}})
	post(t, sim, opened.UploadURL, "application/octet-stream", content)
	callAPI(t, sim, "files.completeUploadExternal", url.Values{
		"files": {`[{"id": "` + opened.FileID + `"}]`}, "channel_id": {channel}, "initial_comment": {"A file"},
	})
	f, _, ok := sim.FileContent(opened.FileID)
	if !ok {
		t.Fatalf("%s was not uploaded", name)
	}
	return f
}

// apiAnswer is the answer to a call of the Web API, as far as the tests read it.
type apiAnswer struct {
	OK        bool
	Error     string
	UploadURL string `json:"upload_url"`
	FileID    string `json:"file_id"`
}

// callAPI calls a method of the Web API as the bot.
func callAPI(t testing.TB, sim *slacksim.Server, method string, params url.Values) apiAnswer {
	t.Helper()
	params.Set("token", sim.BotToken())
	var answer apiAnswer
	body := post(t, sim, "http://"+pageHost+"/api/"+method, "application/x-www-form-urlencoded", params.Encode())
	if err := json.Unmarshal(body, &answer); err != nil || !answer.OK {
		t.Fatalf("%s: %v, %s", method, err, body)
	}
	return answer
}

func post(t testing.TB, h http.Handler, address, contentType, body string) []byte {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: status %d, %s", address, w.Code, w.Body)
	}
	return w.Body.Bytes()
}

func TestPage_file(t *testing.T) {
	t.Parallel()
	sim, h := newPage(t)
	const hostile = "<script>alert(1)</script>"
	report := shareFile(t, sim, sim.Direct(slacksim.Mia), `re"port.csv`, hostile)
	web := shareFile(t, sim, slacksim.Marketing, "page.html", hostile)
	book := shareFile(t, sim, slacksim.Marketing, "book.xlsx", "PK")
	secret := shareFile(t, sim, slacksim.Private, "secret.csv", hostile)
	const asText, asBytes = "text/plain; charset=utf-8", "application/octet-stream"
	for _, tt := range []struct {
		name, as, id string
		kind, way    string // "" for a file that is not for that person
	}{
		{"a text", slacksim.Mia, report.ID, asText, `inline; filename="re\"port.csv"`},
		{"a text in somebody else's direct messages", slacksim.Noah, report.ID, "", ""},
		{"a web page", slacksim.Noah, web.ID, asText, "inline; filename=page.html"},
		{"a workbook", slacksim.Mia, book.ID, asBytes, "attachment; filename=book.xlsx"},
		{"a file in a channel that the person is not in", slacksim.Stranger, book.ID, "", ""},
		{"a file in a private channel", slacksim.Mia, secret.ID, asText, "inline; filename=secret.csv"},
		{"a file in somebody else's private channel", slacksim.Noah, secret.ID, "", ""},
		{"no file", slacksim.Mia, "F0NOTHING", "", ""},
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
	html := ask(t, h, "GET", "/?as="+slacksim.Noah+"&channel="+slacksim.Marketing, nil, nil).Body.String()
	if !strings.Contains(html, `href="/file/`+book.ID) || strings.Contains(html, `/file/`+secret.ID) {
		t.Error("the page must link to the files that the person sees, and to no others")
	}
}

func TestPage_permalink(t *testing.T) {
	t.Parallel()
	sim, h := newPage(t)
	shareFile(t, sim, slacksim.Marketing, "a.csv", "a")
	m := sim.Messages(slacksim.Marketing)[0]
	to := ask(t, h, "GET", "/archives/"+slacksim.Marketing+"/p"+strings.ReplaceAll(m.TS, ".", ""), nil, nil).Header().Get("Location")
	address, id, _ := strings.Cut(to, "#")
	if html := ask(t, h, "GET", address, nil, nil).Body.String(); id == "" || !strings.Contains(html, `id="`+id+`"`) {
		t.Errorf("the link leads to %s, where the message is not", to)
	}
	if got := ask(t, h, "GET", "/archives/"+slacksim.Marketing+"/p1", nil, nil).Code; got != http.StatusNotFound {
		t.Errorf("a link to no message: status %d", got)
	}
}

// The files of a field are those in the browser's form, also after submits that were invalid.
func TestPage_filesOfAForm(t *testing.T) {
	t.Parallel()
	sim, _ := startBot(t)
	if _, err := sim.Command(t.Context(), slacksim.Mia, slacksim.Marketing, "/upload", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := sim.AwaitView(t.Context(), slacksim.Mia, func(v slacksim.View) bool { return v.CallbackID == "upload" }); err != nil {
		t.Fatal(err)
	}
	type file [2]string
	for _, step := range []struct {
		what   string
		kept   []string // names
		chosen []file
		want   []file
	}{
		{"choose one", nil, []file{{"a.csv", "1"}}, []file{{"a.csv", "1"}}},
		{"submit again", nil, []file{{"a.csv", "1"}}, []file{{"a.csv", "1"}}},
		{"replace it", nil, []file{{"b.csv", "1"}}, []file{{"b.csv", "1"}}},
		{"replace it by a corrected version", nil, []file{{"b.csv", "2"}}, []file{{"b.csv", "2"}}},
		{"reload the page and add one", []string{"b.csv"}, []file{{"c.csv", "3"}}, []file{{"b.csv", "2"}, {"c.csv", "3"}}},
		{"remove one", []string{"c.csv"}, nil, []file{{"c.csv", "3"}}},
		{"remove all", nil, nil, nil},
	} {
		var kept []string
		for _, f := range sim.View(slacksim.Mia).State["file"]["file"].Files {
			if slices.Contains(step.kept, f.Name) {
				kept = append(kept, f.ID)
			}
		}
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		field := fieldName("file", "file")
		for name, values := range map[string][]string{"as": {slacksim.Mia}, "view": {sim.View(slacksim.Mia).ID}, "has": {field}, "kept/" + field: kept} {
			for _, value := range values {
				_ = form.WriteField(name, value)
			}
		}
		for _, f := range append(step.chosen, file{}) { // a browser sends an empty one if none was chosen
			part, _ := form.CreateFormFile(field, f[0])
			_, _ = part.Write([]byte(f[1]))
		}
		_ = form.Close()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+pageHost+"/submit", &body)
		r.Header.Set("Content-Type", form.FormDataContentType())
		r.Header.Set("Origin", "http://"+pageHost)
		w := httptest.NewRecorder()
		sim.ServeHTTP(w, r)
		var got []file
		for _, f := range sim.View(slacksim.Mia).State["file"]["file"].Files {
			_, content, _ := sim.FileContent(f.ID)
			got = append(got, file{f.Name, string(content)})
		}
		if !slices.Equal(got, step.want) || w.Code != http.StatusOK || strings.Contains(w.Body.String(), "did not work") {
			t.Fatalf("%s: the field has %v, want %v; answered %s", step.what, got, step.want, w.Body)
		}
	}
}
