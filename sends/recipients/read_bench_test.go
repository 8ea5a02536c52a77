package recipients_test

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/nyaruka/phonenumbers"
	"github.com/xuri/excelize/v2"

	"github.com/coupontools/couponbot/sends/recipients"
)

// The same 10 MB of phone numbers, in four usual spellings, for a bare loop over the phone library and for Read. With
// -cpu 1 they compare what a core does; with more, Read uses all of them.
//
//	go test ./sends/recipients -run ^$ -bench 10MB -benchtime 2x -cpu 1,2

// phoneFile returns a CSV file of at most that size, without a header, and its number of rows. All numbers are valid, and
// none comes twice.
func phoneFile(size int) (content []byte, rows int) {
	spellings := []string{
		"+32470%02[1]d%02[2]d%02[3]d\n", "+32 471 %02[1]d %02[2]d %02[3]d\n", "0032472%02[1]d%02[2]d%02[3]d\n", "+32 473/%02[1]d.%02[2]d.%02[3]d\n",
	}
	var b bytes.Buffer
	for ; b.Len() < size-20; rows++ {
		n := rows / len(spellings)
		fmt.Fprintf(&b, spellings[rows%len(spellings)], n/10000, n/100%100, n%100)
	}
	return b.Bytes(), rows
}

func BenchmarkBareLoop_10MB(b *testing.B) {
	content, rows := phoneFile(recipients.MaxFile)
	measure(b, rows, func() any {
		n := 0
		for row := range strings.Lines(string(content)) {
			number, err := phonenumbers.Parse(strings.TrimSpace(row), "BE")
			if err == nil && phonenumbers.IsValidNumber(number) {
				n++
			}
		}
		if n != rows {
			b.Fatalf("%d of %d rows are valid", n, rows)
		}
		return nil
	})
	runtime.KeepAlive(content)
}

func BenchmarkRead_10MBPhones(b *testing.B) {
	content, rows := phoneFile(recipients.MaxFile)
	benchRead(b, content, rows)
}

// BenchmarkRead_XLSX reads half as many rows, which are 2 MB zipped.
func BenchmarkRead_XLSX(b *testing.B) {
	text, rows := phoneFile(recipients.MaxFile / 2)
	book := excelize.NewFile()
	w, err := book.NewStreamWriter("Sheet1")
	if err != nil {
		b.Fatal(err)
	}
	line := 0
	for number := range strings.Lines(string(text)) {
		line++
		if err := w.SetRow(fmt.Sprintf("A%d", line), []any{strings.TrimSpace(number)}); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	var out bytes.Buffer
	if err := book.Write(&out); err != nil {
		b.Fatal(err)
	}
	benchRead(b, out.Bytes(), rows)
}

func benchRead(b *testing.B, content []byte, rows int) {
	b.Helper()
	measure(b, rows, func() any {
		list, err := recipients.Read(b.Context(), "", &recipients.File{Content: content}, recipients.Rules{Kind: recipients.SMS, Region: "BE"})
		if err != nil || len(list.Recipients) != rows {
			b.Fatalf("%d of %d recipients, %v, %+v", len(list.Recipients), rows, err, list.Groups(1))
		}
		return list
	})
	runtime.KeepAlive(content)
	b.ReportMetric(float64(len(content))/(1<<20), "MB-file")
}

// measure reports the rows per second of a run, its peak of live heap at any garbage collection, and how much of that the
// result holds.
func measure(b *testing.B, rows int, run func() any) {
	b.Helper()
	runtime.GC()
	before := liveHeap()
	peak := watchHeap()
	var result any
	for b.Loop() {
		result = run()
	}
	top := peak()
	runtime.GC()
	const mb = 1 << 20
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(top-before)/mb, "MB-peak")
	if result != nil {
		b.ReportMetric(float64(liveHeap()-before)/mb, "MB-result")
	}
	runtime.KeepAlive(result)
}

func liveHeap() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// watchHeap samples the live heap until peak is called.
func watchHeap() (peak func() int64) {
	end, top := make(chan struct{}), make(chan int64)
	go func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		most := liveHeap()
		for {
			select {
			case <-tick.C:
				most = max(most, liveHeap())
			case <-end:
				top <- most
				return
			}
		}
	}()
	return func() int64 { close(end); return <-top }
}
