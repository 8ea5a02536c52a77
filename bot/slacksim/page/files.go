package page

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"

	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// fileList returns the files of a message with links for the viewer.
func (h *handler) fileList(v viewer, files []slacksim.File) []fileData {
	var out []fileData
	for _, f := range files {
		d := newFileData(f)
		d.Name, d.URL = cmp.Or(f.Title, f.Name), "/file/"+f.ID+"?"+pageQuery(v.person.ID, v.channel.ID)
		out = append(out, d)
	}
	return out
}

// isPicture reports whether the page shows a file as a picture. Other kinds, such as SVG, may hold scripts.
func isPicture(f slacksim.File) bool {
	return slices.Contains([]string{"image/png", "image/jpeg", "image/gif"}, f.Mimetype)
}

// serveFile answers with a file if the viewer sees a message with it. Text opens in the browser, always as plain text, and so do
// pictures; all other files are downloaded.
func (h *handler) serveFile(w http.ResponseWriter, r *http.Request) {
	v, ok := h.requireViewer(w, r)
	if !ok {
		return
	}
	f, content, ok := h.slack.FileContent(r.PathValue("id"))
	if !ok || !h.canSee(v, f) {
		http.Error(w, "There is no such file, or not for you.", http.StatusNotFound)
		return
	}
	contentType, disposition := "application/octet-stream", "attachment"
	switch {
	case strings.HasPrefix(f.Mimetype, "text/"):
		contentType, disposition = "text/plain; charset=utf-8", "inline"
	case isPicture(f):
		contentType, disposition = f.Mimetype, "inline"
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": f.Name}))
	_, _ = w.Write(content) // an error means that the browser left
}

// canSee reports whether a message with the file is visible to the viewer in one of their channels.
func (h *handler) canSee(v viewer, f slacksim.File) bool {
	return slices.ContainsFunc(h.channels(v.person), func(c slacksim.Channel) bool {
		return slices.ContainsFunc(h.slack.MessagesFor(v.person.ID, c.ID), func(m slacksim.Message) bool {
			return slices.ContainsFunc(m.Files, func(shared slacksim.File) bool { return shared.ID == f.ID })
		})
	})
}

// upload is a file that the browser sent.
type upload struct {
	name    string
	content []byte
}

// fillFiles makes the files of a file_input those of the submitted HTML form: new uploads, and earlier files that are still
// checked under "kept/". An upload that equals an earlier file is that file.
func (h *handler) fillFiles(v viewer, view slacksim.View, e blockkit.Element, r *http.Request) error {
	if r.MultipartForm == nil {
		return nil // a click elsewhere in the form, which sends no files
	}
	field := fieldName(e.BlockID(), e.ActionID())
	uploads, err := readUploads(r.MultipartForm.File[field])
	if err != nil {
		return err
	}
	for _, f := range view.State[e.BlockID()][e.ActionID()].Files {
		i := slices.IndexFunc(uploads, func(u upload) bool { return h.sameFile(f, u) })
		switch {
		case i >= 0:
			uploads = slices.Delete(uploads, i, i+1)
		case !slices.Contains(r.Form["kept/"+field], f.ID):
			if err := h.slack.Detach(detached(r), v.person.ID, view.ID, e.BlockID(), f.Name); err != nil {
				return err
			}
		}
	}
	var errs error
	for _, u := range uploads {
		errs = errors.Join(errs, h.slack.Attach(detached(r), v.person.ID, view.ID, e.BlockID(), u.name, u.content))
	}
	return errs
}

// sameFile reports whether an upload has the name and content of a file.
func (h *handler) sameFile(f slacksim.File, u upload) bool {
	_, content, ok := h.slack.FileContent(f.ID)
	return ok && f.Name == u.name && string(content) == string(u.content)
}

// readUploads reads the files of one HTML field. A browser sends a file without a name if none was chosen.
func readUploads(parts []*multipart.FileHeader) ([]upload, error) {
	var out []upload
	for _, part := range parts {
		if part.Filename == "" {
			continue
		}
		content, err := readPart(part)
		if err != nil {
			return nil, fmt.Errorf("read the file %s: %w", part.Filename, err)
		}
		out = append(out, upload{part.Filename, content})
	}
	return out, nil
}

// readPart reads one file of a multipart form.
func readPart(part *multipart.FileHeader) ([]byte, error) {
	f, err := part.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}
