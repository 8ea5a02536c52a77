package xlsx_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/coupontools/couponbot/sends/recipients/xlsx"
)

// The offsets of these fields in a zip directory entry.
const (
	crcField      = 16
	unzippedField = 24
)

// claiming changes a field of the zip directory for the largest part.
func claiming(content []byte, field int, change func(uint32) uint32) []byte {
	content = bytes.Clone(content)
	largest := 0
	size := func(at int) uint32 { return binary.LittleEndian.Uint32(content[at+unzippedField:]) }
	for at := range content {
		if bytes.HasPrefix(content[at:], []byte("PK\x01\x02")) && (largest == 0 || size(at) > size(largest)) {
			largest = at
		}
	}
	at := content[largest+field:]
	binary.LittleEndian.PutUint32(at, change(binary.LittleEndian.Uint32(at)))
	return content
}

// A part that doesn't match the zip directory is an error.
func TestSheet_Rows_lies(t *testing.T) {
	t.Parallel()
	content := sheet(strings.Repeat(oneRow, 10_000)).zip(t)
	cut := bytes.Clone(content)
	middle := bytes.Index(cut, []byte("xl/worksheets/sheet1.xml")) + 1000
	copy(cut[middle:], make([]byte, 100))
	for name, tt := range map[string]struct {
		content []byte
		want    error
	}{
		"a smaller size":         {claiming(content, unzippedField, func(n uint32) uint32 { return n / 2 }), xlsx.ErrDamaged},
		"a larger size":          {claiming(content, unzippedField, func(n uint32) uint32 { return n + 1 }), xlsx.ErrDamaged},
		"a size beyond all":      {claiming(content, unzippedField, func(uint32) uint32 { return 1 << 30 }), xlsx.ErrTooLarge},
		"another checksum":       {claiming(content, crcField, func(n uint32) uint32 { return n + 1 }), xlsx.ErrDamaged},
		"broken compressed data": {cut, xlsx.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := read(t, tt.content, xlsx.Raw); !errors.Is(err, tt.want) {
				t.Errorf("rows end with %v, want %v", err, tt.want)
			}
		})
	}
}

func TestOpen_limits(t *testing.T) {
	t.Parallel()
	normal := sheet(oneRow)
	many := normal.with()
	for i := range 10_001 {
		many[fmt.Sprint("xl/media/", i)] = "x"
	}
	for name, content := range map[string][]byte{
		"parts":          many.zip(t),
		"sheets":         normal.with("xl/workbook.xml", workbook("<sheets>"+strings.Repeat(`<sheet r:id="rId1"/>`, 10_001)+"</sheets>")).zip(t),
		"links":          normal.with("xl/_rels/workbook.xml.rels", relations(strings.Repeat("<Relationship/>", 10_001))).zip(t),
		"bytes of names": normal.with("xl/workbook.xml", workbook(strings.Repeat(" ", 16<<20))).zip(t),
		"characters":     normal.with("xl/sharedStrings.xml", "<sst><si><t>"+strings.Repeat("x", xlsx.MaxCellRunes+1)+"</t></si></sst>").zip(t),
		"formats":        normal.with("xl/styles.xml", "<styleSheet><numFmts>"+numbered(`<numFmt numFmtId="%d"/>`, 10_001)+"</numFmts></styleSheet>").zip(t),
		"formats used":   normal.with("xl/styles.xml", "<styleSheet><cellXfs>"+numbered(`<xf numFmtId="%d"/>`, 10_001)+"</cellXfs></styleSheet>").zip(t),
		"styles":         normal.with("xl/styles.xml", "<styleSheet><cellXfs>"+strings.Repeat("<xf/>", 1<<18+1)+"</cellXfs></styleSheet>").zip(t),
	} {
		t.Run("too many "+name, func(t *testing.T) {
			t.Parallel()
			if _, err := xlsx.Open(t.Context(), content); !errors.Is(err, xlsx.ErrTooLarge) {
				t.Errorf("Open = %v, want too large", err)
			}
		})
	}
}

func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// hostile makes files with many rows that are small, but take much memory if a program holds the sheet.
var hostile = map[string]func(rows int) []byte{
	"equal numbers": func(rows int) []byte {
		return zipRows(rows, func(b *bytes.Buffer, n int) {
			fmt.Fprintf(b, `<row r="%[1]d"><c r="A%[1]d" t="inlineStr"><is><t>+32470000001</t></is></c></row>`, n+1)
		}, rows, nil)
	},
	"distinct shared strings": func(rows int) []byte {
		return zipRows(rows, func(b *bytes.Buffer, n int) {
			fmt.Fprintf(b, `<row><c t="s"><v>%d</v></c></row>`, n)
		}, rows, func(b *bytes.Buffer, n int) { fmt.Fprintf(b, "<si><t>+324%08d</t></si>", n*7919%1_040_000) })
	},
	"one long shared string": func(rows int) []byte {
		return zipRows(rows, func(b *bytes.Buffer, n int) {
			fmt.Fprintf(b, `<row r="%[1]d"><c r="A%[1]d" t="s"><v>0</v></c></row>`, n+1)
		}, 1, func(b *bytes.Buffer, _ int) { fmt.Fprintf(b, "<si><t>%s</t></si>", strings.Repeat("0123456", 4000)) })
	},
	"as many shared strings as allowed": func(rows int) []byte {
		const texts = 1400
		return zipRows(rows, func(b *bytes.Buffer, n int) {
			fmt.Fprintf(b, `<row><c t="s"><v>%d</v></c><c><v>%d</v></c></row>`, n%texts, n)
		}, texts, func(b *bytes.Buffer, n int) {
			fmt.Fprintf(b, "<si><t>%d%s</t></si>", n, strings.Repeat("0123456", 4600))
		})
	},
}

// zipRows writes a workbook with that many rows and shared strings.
func zipRows(rows int, row func(b *bytes.Buffer, n int), texts int, text func(b *bytes.Buffer, n int)) []byte {
	var out, line bytes.Buffer
	z := zip.NewWriter(&out)
	write := func(name, before string, count int, each func(*bytes.Buffer, int), after string) {
		w, err := z.Create(name)
		line.WriteString(before)
		for i := range count {
			each(&line, i)
			if line.Len() > 1<<16 {
				_, _ = line.WriteTo(w)
			}
		}
		line.WriteString(after)
		if _, err2 := line.WriteTo(w); errors.Join(err, err2) != nil {
			panic("a buffer can't be written to")
		}
	}
	for name, content := range sheet("").with("xl/worksheets/sheet1.xml", "") {
		write(name, content, 0, nil, "")
	}
	if text != nil {
		write("xl/sharedStrings.xml", "<sst "+mainNamespace+">", texts, text, "</sst>")
	}
	write("xl/worksheets/sheet1.xml", "<worksheet "+mainNamespace+"><sheetData>", rows, row, "</sheetData></worksheet>")
	_ = z.Close()
	return out.Bytes()
}

// The memory for reading a sheet doesn't grow with its rows, and is bounded for its strings.
func TestMemory(t *testing.T) { //nolint:paralleltest // It measures the heap of the process.
	for name, tt := range map[string]struct {
		rows int
		most int64 // in MB
	}{
		"equal numbers":                     {100_000, 6},
		"distinct shared strings":           {50_000, 6},
		"one long shared string":            {20_000, 6},
		"as many shared strings as allowed": {2_000, 64},
	} {
		content := hostile[name](tt.rows)
		runtime.GC()
		before := liveHeap()
		peak := watch(liveHeap)

		count := 0
		for row, err := range open(t, content).Sheets[0].Rows(t.Context(), xlsx.Raw) {
			if err != nil || len(row.Cells) == 0 || row.Cells[0] == "" {
				t.Fatalf("%s: row %d = %.20q, %v", name, row.Number, row.Cells, err)
			}
			count++
		}
		if used := (peak() - before) >> 20; used > tt.most || count != tt.rows {
			t.Errorf("%s: %d rows took %d MB, want %d rows in %d MB", name, count, used, tt.rows, tt.most)
		}
		runtime.KeepAlive(content)
	}
}

func liveHeap() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// watch reads a value every millisecond until peak is called, which returns the maximum.
func watch(read func() int64) (peak func() int64) {
	end, top := make(chan struct{}), make(chan int64)
	go func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		most := read()
		for {
			select {
			case <-tick.C:
				most = max(most, read())
			case <-end:
				top <- most
				return
			}
		}
	}()
	return func() int64 { close(end); return <-top }
}
