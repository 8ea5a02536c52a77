package xlsx

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// Book is an open workbook.
type Book struct {
	// Sheets are the worksheets in the order of their tabs, without sheets of charts, dialogs and macros.
	Sheets []*Sheet

	parts    map[string]*zip.File // by partName; nil for a duplicate name
	strings  stringTable
	styles   styles
	date1904 bool
	// recalculate is true if the workbook asks for its formulas to be calculated on opening.
	recalculate bool
}

// Sheet is one worksheet of a [Book].
type Sheet struct {
	Name   string
	Hidden bool
	// Front is true for the sheet that a spreadsheet program shows when it opens the workbook.
	Front bool

	book *Book
	part string
}

// Open reads the structure of a workbook: its sheets, shared strings and number formats. content must not change while the
// sheets are read.
func Open(ctx context.Context, content []byte) (*Book, error) {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, damaged(err)
	}
	if len(archive.File) > maxParts {
		return nil, ErrTooLarge
	}
	b := &Book{parts: map[string]*zip.File{}}
	for _, f := range archive.File {
		name := partName(f.Name)
		if _, twice := b.parts[name]; twice {
			f = nil
		}
		b.parts[name] = f
	}
	main, err := b.relationships(ctx, "")
	if err != nil {
		return nil, err
	}
	workbook := main.target("officeDocument", "xl/workbook.xml")
	if !b.has(workbook) {
		return nil, ErrNotWorkbook
	}
	related, err := b.relationships(ctx, workbook)
	if err != nil {
		return nil, err
	}
	err = b.readWorkbook(ctx, workbook, related)
	if errors.Is(err, errRoot) {
		return nil, ErrNotWorkbook
	}
	return b, cmp.Or(err,
		b.readStrings(ctx, related.target("sharedStrings", path.Join(path.Dir(workbook), "sharedstrings.xml"))),
		b.readStyles(ctx, related.target("styles", path.Join(path.Dir(workbook), "styles.xml"))))
}

func (b *Book) has(part string) bool {
	_, ok := b.parts[part]
	return ok
}

// partName returns the normal form of a part's name: programs write names in either case, with either kind of slash, escaped
// or not.
func partName(name string) string {
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain
	}
	name = path.Clean("/" + strings.ToLower(strings.ReplaceAll(name, `\`, "/")))
	return strings.TrimPrefix(name, "/")
}

type relationship struct{ id, kind, target string }

type relationships []relationship

// relationships returns the parts that belong to a part; the empty part is the whole package.
func (b *Book) relationships(ctx context.Context, source string) (relationships, error) {
	dir, base := path.Split(source)
	rels := path.Join(dir, "_rels", base+".rels")
	if !b.has(rels) {
		return nil, nil
	}
	var found relationships
	err := readPart(ctx, b.parts[rels], maxStructure, "Relationships", func(_ *part, e xml.StartElement) error {
		if e.Name.Local != "Relationship" || strings.EqualFold(attr(e, "TargetMode"), "External") {
			return nil
		}
		target := strings.ReplaceAll(attr(e, "Target"), `\`, "/")
		if !strings.HasPrefix(target, "/") {
			target = dir + target
		}
		found = append(found, relationship{attr(e, "Id"), path.Base(attr(e, "Type")), partName(target)})
		if len(found) > maxParts {
			return ErrTooLarge
		}
		return nil
	})
	return found, err
}

// target returns the first part of a kind, or its usual location.
func (r relationships) target(kind, usual string) string {
	for _, rel := range r {
		if rel.kind == kind {
			return rel.target
		}
	}
	return usual
}

func (b *Book) readWorkbook(ctx context.Context, name string, related relationships) error {
	byID := map[string]relationship{}
	for _, rel := range related {
		byID[rel.id] = rel
	}
	var tabs []*Sheet // nil for other kinds than worksheets
	front, views := 0, 0
	err := readPart(ctx, b.parts[name], maxStructure, "workbook", func(p *part, e xml.StartElement) error {
		switch e.Name.Local {
		case "workbookPr":
			b.date1904 = flag(e, "date1904")
		case "calcPr":
			b.recalculate = flag(e, "fullCalcOnLoad")
		case "bookViews":
			return p.each(func(e xml.StartElement) error {
				if views++; views == 1 {
					front, _ = strconv.Atoi(attr(e, "activeTab"))
				}
				return nil
			})
		case "sheets":
			return p.each(func(e xml.StartElement) error {
				if len(tabs) == maxParts {
					return ErrTooLarge
				}
				rel, ok := byID[attr(e, "id")]
				if ok && rel.kind != "worksheet" {
					tabs = append(tabs, nil)
					return nil
				}
				state := attr(e, "state")
				s := &Sheet{Name: attr(e, "name"), Hidden: state != "" && state != "visible", book: b, part: rel.target}
				tabs = append(tabs, s)
				b.Sheets = append(b.Sheets, s)
				return nil
			})
		}
		return nil
	})
	b.markFront(tabs, front)
	return err
}

// markFront marks the front sheet, or the first visible one if that is hidden or no worksheet.
func (b *Book) markFront(tabs []*Sheet, at int) {
	if at >= 0 && at < len(tabs) && tabs[at] != nil && !tabs[at].Hidden {
		tabs[at].Front = true
		return
	}
	for _, s := range b.Sheets {
		if !s.Hidden {
			s.Front = true
			return
		}
	}
}
