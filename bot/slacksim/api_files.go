package slacksim

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Limits of Slack's reference of files.getUploadURLExternal.
const (
	maxAltText = 1_000 // characters
	maxSnippet = 1 << 20
)

// newFile stores a file of a user.
func (s *Server) newFile(user, name string, content []byte) *storedFile {
	_, at := s.ids.timestamp()
	f := newFile(s.ids.next("F"), user, name, content, at, s.base)
	s.storeFile(f)
	return f
}

// filesGetUploadURL returns the URL for the content of a new file, and announces its size.
func (s *Server) filesGetUploadURL(c *call) (object, *apiError) {
	size, err := strconv.Atoi(c.params["length"])
	switch {
	case err != nil || size < 1:
		return nil, newError("missing_argument", "[ERROR] length must be at least 1")
	case size > maxUpload:
		return nil, newError("file_upload_size_restricted")
	case len([]rune(c.params["alt_txt"])) > maxAltText:
		return nil, newError("alt_txt_too_large")
	case c.params["snippet_type"] != "" && size > maxSnippet:
		return nil, newError("snippet_too_large")
	}
	f := s.newFile(Bot, c.params["filename"], nil)
	f.announced, f.uploadKey = size, rand.Text()
	return object{"upload_url": c.base + "/upload/" + f.uploadKey, "file_id": f.ID}, nil
}

// serveUpload receives the content of a file: the body, or the field "file" of a multipart form.
func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request) {
	start, key := time.Now(), r.PathValue("key")
	fault := s.takeFault(r, "upload")
	if status := fault.writeStatus(w); status != 0 {
		s.addUpload(key, strconv.Itoa(status), start)
		return
	}
	content, err := readUpload(w, r)
	s.mu.Lock()
	ok := err == nil && r.Method == http.MethodPost && s.storeUpload(key, content)
	s.mu.Unlock()
	if !ok {
		s.addUpload(key, "refused", start)
		http.Error(w, "upload refused", http.StatusBadRequest)
		return
	}
	s.addUpload(key, "ok", start)
	_, _ = io.WriteString(w, "OK - "+strconv.Itoa(len(content)))
}

// storeUpload stores the content of a file, once and of the announced size.
func (s *Server) storeUpload(key string, content []byte) bool {
	f := s.fileByKey(key)
	if f == nil || f.announced == 0 || f.uploaded {
		return false
	}
	if len(content) != f.announced {
		s.violation("upload of %s: %d bytes were announced, %d were uploaded", f.ID, f.announced, len(content))
		return false
	}
	f.content, f.Size, f.uploaded = content, len(content), true
	return true
}

// addUpload records an upload in the traffic. It locks mu itself.
func (s *Server) addUpload(key, status string, start time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := TrafficEntry{FromBot: true, Kind: "upload", Status: status, Duration: time.Since(start)}
	if f := s.fileByKey(key); f != nil {
		e.Name = f.ID
	}
	s.addTraffic(e)
}

// fileByKey returns the file of an upload URL, nil if there is none.
func (s *Server) fileByKey(key string) *storedFile {
	for _, f := range s.files {
		if f.uploadKey != "" && f.uploadKey == key {
			return f
		}
	}
	return nil
}

// readUpload reads the content of a file from either form of an upload.
func readUpload(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	const formOverhead = 64 << 10
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload+formOverhead)
	contentType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if contentType != "multipart/form-data" {
		return io.ReadAll(r.Body)
	}
	part, _, err := r.FormFile("file")
	if err != nil {
		return nil, err
	}
	defer part.Close()
	return io.ReadAll(part)
}

// filesCompleteUpload makes uploaded files visible and posts them to channels, if any are named.
func (s *Server) filesCompleteUpload(c *call) (object, *apiError) {
	var files []struct{ ID, Title string }
	if json.Unmarshal([]byte(c.params["files"]), &files) != nil || len(files) == 0 {
		return nil, newError("invalid_arguments", "[ERROR] files must be a list of id and title")
	}
	channels := strings.FieldsFunc(c.params["channels"]+","+c.params["channel_id"], func(r rune) bool { return r == ',' })
	if err := s.checkShare(channels); err != nil {
		return nil, err
	}
	for _, file := range files {
		if f := s.files[file.ID]; f == nil || !f.uploaded {
			return nil, newError("file_not_found")
		}
	}
	content, err := s.readContent(c.method, map[string]string{"text": c.params["initial_comment"], "blocks": c.params["blocks"]})
	if err != nil {
		return nil, err
	}
	out := []object{}
	var shared []File
	for _, file := range files {
		f := s.files[file.ID]
		f.complete, f.Channels = true, channels
		if file.Title != "" {
			f.Title = file.Title
		}
		shared = append(shared, f.File)
		out = append(out, object{"id": f.ID, "title": f.Title})
	}
	for _, id := range channels {
		m := s.botMessage(id, content)
		m.Files, m.ThreadTS = shared, c.params["thread_ts"]
		s.post(m)
	}
	return object{"files": out}, nil
}

// checkShare checks that the bot may share files in these channels.
func (s *Server) checkShare(channels []string) *apiError {
	if len(channels) > 100 {
		return newError("channels_limit_exceeded")
	}
	for _, id := range channels {
		ch, err := s.visibleChannel(id)
		if err != nil {
			return err
		}
		if !ch.Has(Bot) {
			return newError("not_in_channel")
		}
	}
	return nil
}

// filesInfo returns a file with all fields, also one of which payloads have the id only.
func (s *Server) filesInfo(c *call) (object, *apiError) {
	f := s.files[c.params["file"]]
	if f == nil || !f.complete {
		return nil, newError("file_not_found")
	}
	full := f.File
	full.idOnly = false
	return object{"file": fileObjects([]File{full})[0], "content": nil, "response_metadata": object{"next_cursor": ""}}, nil
}

// serveDownload answers with a file if the request has the bot's token, otherwise with Slack's log-in page.
func (s *Server) serveDownload(w http.ResponseWriter, r *http.Request) {
	id := strings.TrimPrefix(r.PathValue("file"), Team+"-")
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	fault := s.takeFault(r, "download")
	s.mu.Lock()
	var f storedFile
	if stored := s.files[id]; stored != nil {
		f = *stored
	}
	status := "ok"
	switch {
	case fault.Status != 0 || fault.Redirect != "":
		status = "fault"
	case token != s.botToken || s.requireScopes("files:read") != nil || fault.Error != "":
		status = "login page"
	case !f.complete:
		status = "not found"
	}
	s.addTraffic(TrafficEntry{FromBot: true, Kind: "download", Name: id, Status: status})
	s.mu.Unlock()
	switch {
	case fault.Redirect != "":
		http.Redirect(w, r, fault.Redirect, http.StatusFound)
	case fault.writeStatus(w) != 0:
	case status == "ok":
		w.Header().Set("Content-Type", f.Mimetype)
		_, _ = w.Write(f.content)
	case status == "not found":
		http.NotFound(w, r)
	default:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<!DOCTYPE html><html><title>Sign in</title><body>Sign in to your workspace</body></html>")
	}
}
