package page

import (
	"cmp"
	"context"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// drawnFile is a file as the template "file" shows it.
type drawnFile struct {
	ID, Name string
	Size     string
	URL      string // where the reader can open it
}

func (p *page) drawFiles(v viewer, files []slacksim.File) []drawnFile {
	var out []drawnFile
	for _, f := range files {
		out = append(out, drawnFile{
			ID: f.ID, Name: cmp.Or(f.Title, f.Name), Size: sizeWords(f.Size), URL: "/file/" + f.ID + "?" + query(v.person.ID, v.channel.ID),
		})
	}
	return out
}

// sizeWords writes a size as people read it.
func sizeWords(n int) string {
	switch {
	case n >= 1<<20:
		return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MB"
	case n >= 1<<10:
		return strconv.Itoa(n>>10) + " KB"
	}
	return plural(n, "byte")
}

// file gives a file to those who see a message with it. Text opens in the browser, as text whatever it holds; all else is
// saved.
func (p *page) file(w http.ResponseWriter, r *http.Request) {
	v, ok := p.actor(w, r)
	if !ok {
		return
	}
	f, content, ok := p.slack.FileContent(r.PathValue("id"))
	if !ok || !p.sees(v, f) {
		http.Error(w, "There is no such file, or not for you.", http.StatusNotFound)
		return
	}
	kind, way := "application/octet-stream", "attachment"
	if strings.HasPrefix(f.Mimetype, "text/") {
		kind, way = "text/plain; charset=utf-8", "inline"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", mime.FormatMediaType(way, map[string]string{"filename": f.Name}))
	_, _ = w.Write(content) // the reader may have left
}

// sees says whether a person is in a channel with a message that holds the file, and sees that message.
func (p *page) sees(v viewer, f slacksim.File) bool {
	return slices.ContainsFunc(p.channels(v.person), func(c slacksim.Channel) bool {
		return slices.ContainsFunc(p.slack.MessagesFor(v.person.ID, c.ID), func(m slacksim.Message) bool {
			return slices.ContainsFunc(m.Files, func(has slacksim.File) bool { return has.ID == f.ID })
		})
	})
}

// attach makes the files of a file_input those that stand in the page's form: newly chosen ones, and those from before
// that the form lists and still has checked.
func (p *page) attach(ctx context.Context, v viewer, view, block string, standing slacksim.Value, r *http.Request, name string) error {
	if r.MultipartForm == nil {
		return nil // an act elsewhere in the form, which sends no files
	}
	var chosen []chosenFile
	for _, header := range r.MultipartForm.File[name] {
		if header.Filename == "" {
			continue
		}
		content, err := contentOf(header)
		if err != nil {
			return err
		}
		chosen = append(chosen, chosenFile{header.Filename, content})
	}
	for _, f := range standing.Files {
		i := slices.IndexFunc(chosen, func(c chosenFile) bool { return p.same(f, c) })
		switch {
		case i >= 0:
			chosen = slices.Delete(chosen, i, i+1)
		case !slices.Contains(r.Form["kept/"+name], f.ID):
			if err := p.slack.Detach(ctx, v.person.ID, view, block, f.Name); err != nil {
				return err
			}
		}
	}
	var errs error
	for _, c := range chosen {
		errs = errors.Join(errs, p.slack.Attach(ctx, v.person.ID, view, block, c.name, c.content))
	}
	return errs
}

// chosenFile is a file that a browser sent.
type chosenFile struct {
	name    string
	content []byte
}

func (p *page) same(f slacksim.File, c chosenFile) bool {
	_, content, ok := p.slack.FileContent(f.ID)
	return ok && f.Name == c.name && string(content) == string(c.content)
}
