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

// heavyFiles are files of at most 10 MB that cost as much memory or time as such a file can.
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
		return workbookOf(func(part func(string, func(io.Writer))) {
			for i := range 60_000 {
				part(fmt.Sprintf("xl/p%d", i), func(io.Writer) {})
			}
			writeInline(part, 10, func(int) string { return "+32470123456" })
		})
	}},
	{"same-number.csv", func() []byte { return bytes.Repeat([]byte("+32470123456\n"), 800_000) }},
}

const (
	relationshipsXML = `<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`
	workbookXML      = `<workbook xmlns:r="r"><sheets><sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>`
)

// workbookOf zips a workbook with one sheet, whose parts write adds.
func workbookOf(write func(part func(name string, content func(io.Writer)))) []byte {
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

func writeInline(part func(string, func(io.Writer)), rows int, columns ...func(i int) string) {
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
	return workbookOf(func(part func(string, func(io.Writer))) { writeInline(part, rows, columns...) })
}

// sharedSheet is a sheet of one column whose cells are shared strings, in turn.
func sharedSheet(rows, texts int, text func(i int) string) []byte {
	return workbookOf(func(part func(string, func(io.Writer))) {
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

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peakMB is the most memory that the process has had resident.
func (p *process) peakMB(t testing.TB) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	if err != nil {
		t.Skip("no /proc to read the peak of memory from")
	}
	kb, _ := strconv.Atoi(string(highWater.FindSubmatch(status)[1]))
	return kb >> 10
}

// upload sends a file through the form, and returns once the program has said that it reads the file.
func (w *world) upload(t testing.TB, user, name string, content []byte) {
	t.Helper()
	w.command(t, user, slacksim.General, "/send-directory", "sms dir_5507")
	form := w.view(t, user, "send_directory")
	if _, err := w.slack.Type(patient(t), user, form.ID, "message", "Hello"); err != nil {
		t.Fatal(err)
	}
	if err := w.slack.Attach(patient(t), user, form.ID, "file", name, content); err != nil {
		t.Fatal(err)
	}
	out, err := w.slack.Submit(patient(t), user, form.ID)
	if err != nil || len(out.Errors) > 0 || out.Failure != "" {
		t.Fatalf("submit %s: %+v, %v", name, out, err)
	}
}

// bystander asks for the status again and again until the function it returns is called, which returns the longest time
// that an acknowledgement took.
func (w *world) bystander(t testing.TB, user string) (slowest func() time.Duration) {
	t.Helper()
	end := make(chan struct{})
	var most time.Duration
	var asking sync.WaitGroup
	asking.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-end:
				return
			case <-tick.C:
			}
			begun := time.Now()
			out, err := w.slack.Command(patient(t), user, slacksim.General, "/coupontools", "status")
			if took := time.Since(begun); err != nil || !out.Acked {
				t.Errorf("a bystander's command: %+v, %v", out, err)
			} else {
				most = max(most, took)
			}
		}
	})
	return func() time.Duration { close(end); asking.Wait(); return most }
}

// awaitRead waits until a person's forms with a file have been answered, so many times.
func (p *process) awaitRead(t testing.TB, user string, n int) {
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

// BenchmarkBinary_heavyFile reads each of the heaviest files in a process of its own, once and eight times at once by one
// person, and reports the peak of the process's memory and the slowest acknowledgement of somebody else meanwhile.
//
//	go test ./cmd/internal/app -run ^$ -bench heavyFile -benchtime 1x
func BenchmarkBinary_heavyFile(b *testing.B) {
	for _, f := range heavyFiles {
		content := f.content()
		for _, times := range []int{1, 8} {
			b.Run(fmt.Sprintf("%s/%d", f.name, times), func(b *testing.B) {
				for b.Loop() {
					w := stillWorld(b)
					p := w.startProcess(b)
					slowest := w.bystander(b, slacksim.Noah)
					for range times {
						w.upload(b, slacksim.Mia, f.name, content)
						if times > 1 {
							if _, err := w.slack.CloseAll(patient(b), slacksim.Mia); err != nil {
								b.Fatal(err)
							}
						}
					}
					p.awaitRead(b, slacksim.Mia, times)
					b.ReportMetric(float64(slowest().Milliseconds()), "ms-ack")
					b.ReportMetric(float64(p.peakMB(b)), "MB-peak")
					b.ReportMetric(float64(len(content))/(1<<20), "MB-file")
				}
			})
		}
	}
}
