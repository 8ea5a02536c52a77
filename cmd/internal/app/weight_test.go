package app

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// heavyFiles are files of at most 10 MB that take the most memory or time to read.
var heavyFiles = []struct {
	name    string
	content func() []byte
}{
	{"same-number.xlsx", func() []byte {
		return inlineSheet(850_000, func(int) string { return "+32470123456" })
	}},
	{"wrong-numbers.xlsx", func() []byte {
		return inlineSheet(850_000, func(i int) string { return fmt.Sprintf("+3247%07d99", i) })
	}},
	{"three-columns.xlsx", func() []byte {
		return inlineSheet(900_000, func(int) string { return "+32470123456" }, func(int) string { return "+32470123457 / x" },
			func(i int) string { return strconv.Itoa(i % 1000) })
	}},
	{"shared-strings.xlsx", func() []byte {
		return sharedSheet(1_040_000, 1_040_000, func(i int) string { return fmt.Sprintf("+3247%07d", i) })
	}},
	{"long-list.xlsx", func() []byte {
		return sharedSheet(1_000_000, 1, func(int) string { return strings.Repeat("+32470123456, ", 290) })
	}},
	{"many-parts.xlsx", func() []byte {
		return zipWorkbook(func(part func(string, func(io.Writer))) {
			for i := range 60_000 {
				part(fmt.Sprintf("xl/p%d", i), func(io.Writer) {})
			}
			writeInlineSheet(part, 10, func(int) string { return "+32470123456" })
		})
	}},
	{"same-number.csv", func() []byte { return bytes.Repeat([]byte("+32470123456\n"), 800_000) }},
}

const (
	relationshipsXML = `<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`
	workbookXML      = `<workbook xmlns:r="r"><sheets><sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>`
)

// zipWorkbook returns a zipped workbook with one sheet. write adds the sheet and other parts.
func zipWorkbook(write func(part func(name string, content func(io.Writer)))) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	part := func(name string, content func(io.Writer)) {
		w, err := z.Create(name)
		if err != nil {
			panic(err)
		}
		content(w)
	}
	part("xl/workbook.xml", func(w io.Writer) { _, _ = io.WriteString(w, workbookXML) })
	part("xl/_rels/workbook.xml.rels", func(w io.Writer) { _, _ = io.WriteString(w, relationshipsXML) })
	write(part)
	if err := z.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// writeInlineSheet adds a sheet with inline strings. columns return the text of a cell by row.
func writeInlineSheet(part func(string, func(io.Writer)), rows int, columns ...func(i int) string) {
	part("xl/worksheets/sheet1.xml", func(w io.Writer) {
		_, _ = io.WriteString(w, "<worksheet><sheetData>")
		for i := range rows {
			_, _ = io.WriteString(w, "<row>")
			for _, text := range columns {
				_, _ = io.WriteString(w, `<c t="inlineStr"><is><t>`+text(i)+"</t></is></c>")
			}
			_, _ = io.WriteString(w, "</row>")
		}
		_, _ = io.WriteString(w, "</sheetData></worksheet>")
	})
}

func inlineSheet(rows int, columns ...func(i int) string) []byte {
	return zipWorkbook(func(part func(string, func(io.Writer))) { writeInlineSheet(part, rows, columns...) })
}

// sharedSheet returns a workbook with one column of shared strings, which repeat after the given number of texts.
func sharedSheet(rows, texts int, text func(i int) string) []byte {
	return zipWorkbook(func(part func(string, func(io.Writer))) {
		part("xl/sharedStrings.xml", func(w io.Writer) {
			_, _ = io.WriteString(w, "<sst>")
			for i := range texts {
				_, _ = io.WriteString(w, "<si><t>"+text(i)+"</t></si>")
			}
			_, _ = io.WriteString(w, "</sst>")
		})
		part("xl/worksheets/sheet1.xml", func(w io.Writer) {
			_, _ = io.WriteString(w, "<worksheet><sheetData>")
			for i := range rows {
				_, _ = fmt.Fprintf(w, `<row><c t="s"><v>%d</v></c></row>`, i%texts)
			}
			_, _ = io.WriteString(w, "</sheetData></worksheet>")
		})
	})
}

var peakMemoryPattern = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peakMemoryMB returns the process's peak resident memory in MB.
func (p *process) peakMemoryMB(t testing.TB) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	if err != nil {
		t.Skip("this system has no /proc to read the memory from")
	}
	kb, _ := strconv.Atoi(string(peakMemoryPattern.FindSubmatch(status)[1]))
	return kb >> 10
}

// submitFile submits the send form with a file. It returns once the submission is acknowledged.
func (w *world) submitFile(t testing.TB, user, name string, content []byte) {
	t.Helper()
	w.command(t, user, slacksim.General, "/send-directory", "sms dir_5507")
	form := w.awaitView(t, user, "send_directory")
	if _, err := w.slack.Type(testContext(t), user, form.ID, "message", "Hello"); err != nil {
		t.Fatal(err)
	}
	if err := w.slack.Attach(testContext(t), user, form.ID, "file", name, content); err != nil {
		t.Fatal(err)
	}
	out, err := w.slack.Submit(testContext(t), user, form.ID)
	if err != nil || len(out.Errors) > 0 || out.Failure != "" {
		t.Fatalf("submit %s: %+v, %v", name, out, err)
	}
}

// measureAcks keeps requesting the status as another user. The returned function stops that and returns the slowest
// acknowledgement.
func (w *world) measureAcks(t testing.TB, user string) (slowest func() time.Duration) {
	t.Helper()
	end := make(chan struct{})
	var slowestAck time.Duration
	var loop sync.WaitGroup
	loop.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-end:
				return
			case <-tick.C:
			}
			begun := time.Now()
			out, err := w.slack.Command(testContext(t), user, slacksim.General, "/coupontools", "status")
			if took := time.Since(begun); err != nil || !out.Acked {
				t.Errorf("status command: %+v, %v", out, err)
			} else {
				slowestAck = max(slowestAck, took)
			}
		}
	})
	return func() time.Duration { close(end); loop.Wait(); return slowestAck }
}

// awaitSubmissions waits until the log has n handled send forms of a user.
func (p *process) awaitSubmissions(t testing.TB, user string, n int) {
	t.Helper()
	line := `"name":"send_directory","user":"` + user + `","outcome"`
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for limit := time.Now().Add(5 * time.Minute); time.Now().Before(limit); <-tick.C {
		if strings.Count(p.log.String(), `"kind":"submit",`+line) == n {
			return
		}
	}
	t.Fatalf("not all of %d files were read", n)
}

// BenchmarkBinary_heavyFile reads each heavy file in a separate process, once and eight times concurrently. It reports the
// process's peak memory and the slowest acknowledgement of another user's commands meanwhile.
//
//	go test ./cmd/internal/app -run ^$ -bench heavyFile -benchtime 1x
func BenchmarkBinary_heavyFile(b *testing.B) {
	for _, f := range heavyFiles {
		content := f.content()
		for _, times := range []int{1, 8} {
			b.Run(fmt.Sprintf("%s/%d", f.name, times), func(b *testing.B) {
				for b.Loop() {
					w := newStoppedWorld(b)
					p := w.startProcess(b)
					slowest := w.measureAcks(b, slacksim.Noah)
					for range times {
						w.submitFile(b, slacksim.Mia, f.name, content)
						if times > 1 {
							if _, err := w.slack.CloseAll(testContext(b), slacksim.Mia); err != nil {
								b.Fatal(err)
							}
						}
					}
					p.awaitSubmissions(b, slacksim.Mia, times)
					b.ReportMetric(float64(slowest().Milliseconds()), "ms-ack")
					b.ReportMetric(float64(p.peakMemoryMB(b)), "MB-peak")
					b.ReportMetric(float64(len(content))/(1<<20), "MB-file")
				}
			})
		}
	}
}
