package slacksim

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// Slack: 10 MB for a file in a form; the rest are bounds of our own so that memory stays small.
const (
	maxFormFile = 10 << 20
	maxUpload   = 16 << 20
	maxFiles    = 200
	maxAltText  = 1_000
	maxSnippet  = 1 << 20
)

// storedFile is a file with its content.
type storedFile struct {
	File
	content  []byte
	key      string // of its upload URL
	promised int    // bytes the bot said it would upload; 0 for a person's file
	uploaded bool   // the bytes are here
	done     bool   // completeUploadExternal was called
}

// FileOption changes a file that [Server.Attach] puts into a form.
type FileOption func(*File)

// OwnedBy makes the file that of another user.
func OwnedBy(user string) FileOption { return func(f *File) { f.User = user } }

// Claiming makes Slack tell another size than the file has.
func Claiming(size int) FileOption { return func(f *File) { f.Size = size } }

// ToldWhenAsked makes the payload name the file only; files.info tells the rest, as with files of Slack Connect.
func ToldWhenAsked(f *File) { f.ask = true }

// FileContent returns a file of the workspace.
func (s *Server) FileContent(id string) (File, []byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[id]
	if f == nil || !f.done {
		return File{}, nil, false
	}
	return f.File, f.content, true
}

// addFile stores a file, making room if need be.
func (s *Server) addFile(user, name string, content []byte) *storedFile {
	for len(s.files) >= maxFiles {
		oldest := ""
		for id, f := range s.files {
			if oldest == "" || f.Created.Before(s.files[oldest].Created) {
				oldest = id
			}
		}
		delete(s.files, oldest)
	}
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" {
		kind = "application/octet-stream"
	}
	_, at := s.ts()
	f := &storedFile{content: content, File: File{
		ID: s.id("F"), Name: name, Title: name, Mimetype: kind, User: user, Size: len(content), Created: at,
	}}
	f.url = s.base + "/files-pri/" + Team + "-" + f.ID + "/file"
	s.files[f.ID] = f
	return f
}

// fileObjects are files as Slack describes them.
//
// Source: https://docs.slack.dev/reference/objects/file-object. What stands in an object that says check_file_info, apart
// from the id, is assumed.
func fileObjects(files []File) []answer {
	out := make([]answer, len(files))
	for i, f := range files {
		if f.ask {
			out[i] = answer{
				"id": f.ID, "name": "", "title": "", "mimetype": "", "size": 0, "user": "", "filetype": "", "created": 0, "timestamp": 0,
				"mode": "file_access", "file_access": "check_file_info",
			}
			continue
		}
		out[i] = answer{
			"id": f.ID, "name": f.Name, "title": f.Title, "mimetype": f.Mimetype, "size": f.Size, "user": f.User,
			"filetype": strings.TrimPrefix(path.Ext(f.Name), "."), "created": f.Created.Unix(), "timestamp": f.Created.Unix(),
			"mode": "hosted", "file_access": "visible", "is_external": false, "is_public": false,
			"url_private": f.url, "url_private_download": f.url,
			"channels": append([]string{}, f.Channels...),
		}
	}
	return out
}

func (s *Server) uploadURL(c *call) (answer, *refusal) {
	size, err := strconv.Atoi(c.params["length"])
	switch {
	case err != nil || size < 1:
		return nil, refuse("missing_argument", "[ERROR] length must be at least 1")
	case size > maxUpload:
		return nil, refuse("file_upload_size_restricted")
	case len([]rune(c.params["alt_txt"])) > maxAltText:
		return nil, refuse("alt_txt_too_large")
	case c.params["snippet_type"] != "" && size > maxSnippet:
		return nil, refuse("snippet_too_large")
	}
	f := s.addFile(Bot, c.params["filename"], nil)
	f.promised, f.key = size, rand.Text()
	return answer{"upload_url": c.base + "/upload/" + f.key, "file_id": f.ID}, nil
}

// serveUpload takes the bytes, raw or as the field "file" of a multipart form.
func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request) {
	start, id := time.Now(), s.uploadID(r.PathValue("key"))
	fault := s.takeFault(r, "upload")
	if status := fault.answer(w); status != 0 {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.note(TrafficEntry{FromBot: true, Kind: "upload", Name: id, Status: strconv.Itoa(status), Duration: time.Since(start)})
		return
	}
	content, err := readUpload(w, r)
	s.mu.Lock()
	defer s.mu.Unlock()
	f, status := s.files[id], "ok"
	switch {
	case f == nil || f.promised == 0 || f.uploaded || err != nil || r.Method != http.MethodPost:
		status = "refused"
	case len(content) != f.promised:
		status = "refused"
		s.violate("upload of %s: %d bytes were announced, %d came", id, f.promised, len(content))
	default:
		f.content, f.Size, f.uploaded = content, len(content), true
	}
	s.note(TrafficEntry{FromBot: true, Kind: "upload", Name: id, Status: status, Duration: time.Since(start)})
	if status != "ok" {
		http.Error(w, "upload refused", http.StatusBadRequest)
		return
	}
	_, _ = io.WriteString(w, "OK - "+strconv.Itoa(len(content)))
}

// uploadID returns the file that an upload URL is for, "" if there is none.
func (s *Server) uploadID(key string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, f := range s.files {
		if f.key != "" && f.key == key {
			return id
		}
	}
	return ""
}

func readUpload(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload+64<<10)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		return io.ReadAll(r.Body)
	}
	part, _, err := r.FormFile("file")
	if err != nil {
		return nil, err
	}
	defer part.Close()
	return io.ReadAll(part)
}

func (s *Server) completeUpload(c *call) (answer, *refusal) {
	var wanted []struct{ ID, Title string }
	if json.Unmarshal([]byte(c.params["files"]), &wanted) != nil || len(wanted) == 0 {
		return nil, refuse("invalid_arguments", "[ERROR] files must be a list of id and title")
	}
	channels := strings.FieldsFunc(c.params["channels"]+","+c.params["channel_id"], func(r rune) bool { return r == ',' })
	if len(channels) > 100 {
		return nil, refuse("channels_limit_exceeded")
	}
	for _, id := range channels {
		if ch, no := s.visible(id); no != nil || !ch.Has(Bot) {
			return nil, refuse(cond(no != nil, "channel_not_found", "not_in_channel"))
		}
	}
	for _, want := range wanted {
		if f := s.files[want.ID]; f == nil || !f.uploaded {
			return nil, refuse("file_not_found")
		}
	}
	what, no := s.readContent(&call{method: c.method, params: map[string]string{
		"text": c.params["initial_comment"], "blocks": c.params["blocks"],
	}})
	if no != nil {
		return nil, no
	}
	out := []answer{}
	var shared []File
	for _, want := range wanted {
		f := s.files[want.ID]
		f.done, f.Channels = true, channels
		if want.Title != "" {
			f.Title = want.Title
		}
		shared = append(shared, f.File)
		out = append(out, answer{"id": f.ID, "title": f.Title})
	}
	for _, id := range channels {
		m := s.fromBot(id, what)
		m.Files, m.ThreadTS = shared, c.params["thread_ts"]
		s.post(m)
	}
	return answer{"files": out}, nil
}

func cond(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

func (s *Server) fileInfo(c *call) (answer, *refusal) {
	f := s.files[c.params["file"]]
	if f == nil || !f.done {
		return nil, refuse("file_not_found")
	}
	told := f.File
	told.ask = false
	return answer{"file": fileObjects([]File{told})[0], "content": nil, "response_metadata": answer{"next_cursor": ""}}, nil
}

// serveDownload gives a file to the bearer of the bot's token, and a page to log in at to anyone else.
func (s *Server) serveDownload(w http.ResponseWriter, r *http.Request) {
	id := strings.TrimPrefix(r.PathValue("file"), Team+"-")
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	fault := s.takeFault(r, "download")
	s.mu.Lock()
	f := s.files[id]
	allowed := token == s.botToken && s.checkScope("files:read") == nil && fault.Error == ""
	status := cond(allowed, cond(f != nil && f.done, "ok", "not found"), "login page")
	var content []byte
	kind := ""
	if f != nil {
		content, kind = f.content, f.Mimetype
	}
	s.note(TrafficEntry{FromBot: true, Kind: "download", Name: id, Status: cond(fault.Status+len(fault.Redirect) > 0, "fault", status)})
	s.mu.Unlock()
	switch {
	case fault.Redirect != "":
		http.Redirect(w, r, fault.Redirect, http.StatusFound)
	case fault.answer(w) != 0:
	case status == "ok":
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(content)
	case status == "not found":
		http.NotFound(w, r)
	default:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<!DOCTYPE html><html><title>Sign in</title><body>Sign in to your workspace</body></html>")
	}
}
