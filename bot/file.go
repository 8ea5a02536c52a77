package bot

import (
	"encoding/json"

	"github.com/slack-go/slack"
)

// File is a file that a person uploaded in a form, as Slack describes it. [Files] downloads it.
type File struct {
	// ID is Slack's id, Name with its ending, Title what Slack shows.
	ID, Name, Title string
	// Mimetype is Slack's guess, mostly from the file's name.
	Mimetype string
	// User is the id of the file's owner.
	User string
	// Size is in bytes, according to Slack; [Files.Download] doesn't rely on it.
	Size int64
	// URL is the address to download the file from, with the bot token.
	URL string
	// FileAccess is "check_file_info" if only files.info has the other fields (Slack Connect).
	FileAccess string
}

// fileState has the fields of Slack's file object that the bot reads.
//
// Source: https://docs.slack.dev/reference/objects/file-object.
type fileState struct {
	ID                 string `json:"id"`
	Name               string `json:"name"`
	Title              string `json:"title"`
	Mimetype           string `json:"mimetype"`
	User               string `json:"user"`
	Size               int64  `json:"size"`
	URLPrivate         string `json:"url_private"`
	URLPrivateDownload string `json:"url_private_download"`
	FileAccess         string `json:"file_access"`
}

// Files returns the files in the file_input named name.
func (v *View) Files(name string) []File {
	var files []File
	for _, raw := range v.values[name][name].Files {
		var f fileState
		if decode(raw, &f) == nil && f.ID != "" {
			files = append(files, f.file())
		}
	}
	return files
}

func (f fileState) file() File {
	url := f.URLPrivateDownload
	if url == "" {
		url = f.URLPrivate
	}
	return File{
		ID: f.ID, Name: f.Name, Title: f.Title, Mimetype: f.Mimetype, User: f.User, Size: f.Size, URL: url, FileAccess: f.FileAccess,
	}
}

// fileOf converts the answer of files.info.
func fileOf(f *slack.File) File {
	return fileState{
		ID: f.ID, Name: f.Name, Title: f.Title, Mimetype: f.Mimetype, User: f.User, Size: int64(f.Size),
		URLPrivate: f.URLPrivate, URLPrivateDownload: f.URLPrivateDownload, FileAccess: f.FileAccess,
	}.file()
}

// WithFiles puts files into the field named name of a view made by [NewView].
func (v *View) WithFiles(name string, files ...File) *View {
	var state elementState
	for _, f := range files {
		raw, err := json.Marshal(fileState{
			ID: f.ID, Name: f.Name, Title: f.Title, Mimetype: f.Mimetype, User: f.User, Size: f.Size,
			URLPrivate: f.URL, FileAccess: f.FileAccess,
		})
		if err == nil { // strings and a number
			state.Files = append(state.Files, raw)
		}
	}
	v.values[name] = map[string]elementState{name: state}
	return v
}
