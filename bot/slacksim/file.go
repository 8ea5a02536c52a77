package slacksim

import (
	"mime"
	"path"
	"strings"
	"time"
)

// Slack allows 10 MB for a file in a form. The other limits are our own and bound the memory.
const (
	maxFormFile = 10 << 20
	maxUpload   = 16 << 20
	maxFiles    = 200
)

// File is a file in the workspace.
type File struct {
	ID, Name, Title, Mimetype string
	User                      string
	Size                      int      // bytes
	Channels                  []string // where it is shared
	Created                   time.Time
	url                       string // url_private
	idOnly                    bool   // payloads contain the id only
}

// FileOption changes a file that [Server.Attach] puts into a form.
type FileOption func(*File)

// OwnedBy makes another user the owner of the file.
func OwnedBy(user string) FileOption { return func(f *File) { f.User = user } }

// ReportedSize makes Slack report another size than the file has, in bytes.
func ReportedSize(size int) FileOption { return func(f *File) { f.Size = size } }

// IDOnly makes payloads contain only the id of the file, as with files of Slack Connect. The bot must call files.info.
func IDOnly(f *File) { f.idOnly = true }

// storedFile is a file with its content.
type storedFile struct {
	File
	content   []byte
	uploadKey string // in its upload URL, "" if a person added the file
	announced int    // size in bytes that the bot announced, 0 if a person added the file
	uploaded  bool   // the content has arrived
	complete  bool   // files.completeUploadExternal was called, or a person added the file
}

// newFile returns a file whose type follows from its name. base is the scheme and host of its URL.
func newFile(id, user, name string, content []byte, at time.Time, base string) *storedFile {
	contentType := mime.TypeByExtension(path.Ext(name))
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	return &storedFile{content: content, File: File{
		ID: id, Name: name, Title: name, Mimetype: contentType, User: user, Size: len(content), Created: at,
		url: base + "/files-pri/" + Team + "-" + id + "/file",
	}}
}

// fileObjects returns files as Slack sends them.
//
// Source: https://docs.slack.dev/reference/objects/file-object. Which fields a file with check_file_info has beside its id is
// assumed.
func fileObjects(files []File) []object {
	out := make([]object, len(files))
	for i, f := range files {
		if f.idOnly {
			out[i] = object{
				"id": f.ID, "name": "", "title": "", "mimetype": "", "size": 0, "user": "", "filetype": "", "created": 0, "timestamp": 0,
				"mode": "file_access", "file_access": "check_file_info",
			}
			continue
		}
		out[i] = object{
			"id": f.ID, "name": f.Name, "title": f.Title, "mimetype": f.Mimetype, "size": f.Size, "user": f.User,
			"filetype": strings.TrimPrefix(path.Ext(f.Name), "."), "created": f.Created.Unix(), "timestamp": f.Created.Unix(),
			"mode": "hosted", "file_access": "visible", "is_external": false, "is_public": false,
			"url_private": f.url, "url_private_download": f.url,
			"channels": append([]string{}, f.Channels...),
		}
	}
	return out
}
