package xlsx

import (
	"context"
	"encoding/xml"
	"strconv"
)

// styles are the number formats of a workbook, by the style of a cell.
type styles struct {
	formats []*format
	of      []uint16 // for each style the index of its format
}

// format returns the format of a style; nil stands for General.
func (s *styles) format(style int) *format {
	if style < 0 || style >= len(s.of) {
		return nil
	}
	return s.formats[s.of[style]]
}

// readStyles reads the number formats. Fonts, colors and borders are skipped.
func (b *Book) readStyles(ctx context.Context, name string) error {
	if !b.has(name) {
		return nil
	}
	codes := map[int]string{}
	var ids []int32
	err := readPart(ctx, b.parts[name], maxSheet, "styleSheet", func(p *part, e xml.StartElement) error {
		switch e.Name.Local {
		case "numFmts":
			return p.each(func(e xml.StartElement) error {
				code := attr(e, "formatCode")
				if id, err := strconv.Atoi(attr(e, "numFmtId")); err == nil && len(code) <= maxCode {
					codes[id] = code
				}
				if len(codes) > maxFormats {
					return ErrTooLarge
				}
				return nil
			})
		case "cellXfs":
			return p.each(func(e xml.StartElement) error {
				id, _ := strconv.ParseInt(attr(e, "numFmtId"), 10, 32)
				ids = append(ids, int32(id))
				if len(ids) > maxStyles {
					return ErrTooLarge
				}
				return nil
			})
		}
		return nil
	})
	if err != nil {
		return err
	}
	index := map[int32]uint16{}
	for _, id := range ids {
		at, known := index[id]
		if !known {
			if len(index) == maxFormats {
				return ErrTooLarge
			}
			at = uint16(len(index))
			index[id] = at
			b.styles.formats = append(b.styles.formats, formatFor(int(id), codes))
		}
		b.styles.of = append(b.styles.of, at)
	}
	return nil
}

// formatFor returns the format with an ID: the workbook's own or a built-in one. The built-in dates of East Asia and
// Thailand differ by language, so the value decides what they show.
func formatFor(id int, codes map[int]string) *format {
	if code, ok := codes[id]; ok {
		return parseFormat(code)
	}
	if id >= 27 && id <= 36 || id >= 50 && id <= 58 || id >= 71 && id <= 81 {
		return &format{sections: []section{{date: &dateParts{auto: true}}}}
	}
	return parseFormat(builtIn[id])
}

// builtIn are the formats that a workbook may use without defining them (ECMA-376 part 1, 18.8.30), without what depends on
// the user's region or settings: currency signs, brackets around negatives, the order of dates.
var builtIn = map[int]string{
	1: "0", 2: "0.00", 3: "0", 4: "0.00", 5: "0", 6: "0", 7: "0.00", 8: "0.00", 9: "0%", 10: "0.00%",
	14: "yyyy-mm-dd", 15: "yyyy-mm-dd", 16: "mm-dd", 17: "yyyy-mm", 18: "h:mm", 19: "h:mm:ss", 20: "h:mm", 21: "h:mm:ss",
	22: "yyyy-mm-dd h:mm", 37: "0", 38: "0", 39: "0.00", 40: "0.00", 41: "0", 42: "0", 43: "0.00", 44: "0.00",
	45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss", 49: "@",
}
