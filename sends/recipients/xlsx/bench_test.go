package xlsx_test

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/metrics"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/coupontools/couponbot/sends/recipients/xlsx"
)

// The same files for this package and for excelize:
//
//	go test ./sends/recipients/xlsx -run ^$ -bench . -benchtime 1x -cpu 1

// bench runs read over a list of 1,000,000 people with a name, a phone number and a date, and over hostile files as large.
func bench(b *testing.B, read func(b *testing.B, content []byte) (rows int)) {
	const rows = 1_000_000
	b.Run("people", func(b *testing.B) {
		measure(b, zipRows(rows, func(b *bytes.Buffer, n int) {
			fmt.Fprintf(b, `<row r="%[1]d" spans="1:3"><c r="A%[1]d" t="s"><v>%[2]d</v></c><c r="B%[1]d"><v>324%08[3]d</v></c><c r="C%[1]d"><v>%[4]d</v></c></row>`,
				n+1, n, n*37%100_000_000, 20_000+n%20_000)
		}, rows, func(b *bytes.Buffer, n int) { fmt.Fprintf(b, "<si><t>Person %d</t></si>", n) }), read)
	})
	for name, make := range hostile {
		b.Run(name, func(b *testing.B) { measure(b, make(rows), read) })
	}
}

func BenchmarkRows(b *testing.B) {
	bench(b, func(b *testing.B, content []byte) (rows int) {
		for row, err := range open(b, content).Sheets[0].Rows(b.Context(), xlsx.Raw) {
			if err != nil {
				b.Fatal(row.Number, err)
			}
			rows++
		}
		return rows
	})
}

func BenchmarkExcelize(b *testing.B) {
	bench(b, func(b *testing.B, content []byte) (count int) {
		const unlimited = 1 << 30 // so that nothing goes to temporary files
		book, err := excelize.OpenReader(bytes.NewReader(content), excelize.Options{RawCellValue: true, UnzipSizeLimit: unlimited, UnzipXMLSizeLimit: unlimited})
		if err != nil {
			b.Fatal(err)
		}
		rows, err := book.Rows("List")
		if err != nil {
			b.Fatal(err)
		}
		for rows.Next() {
			if _, err := rows.Columns(); err != nil {
				b.Fatal(err)
			}
			count++
		}
		return count
	})
}

// measure reports the speed, and the peak of the heap beyond the file itself, with and without garbage.
func measure(b *testing.B, content []byte, read func(*testing.B, []byte) int) {
	b.Helper()
	runtime.GC()
	live, heap := liveHeap(), heapBytes()
	peakLive, peakHeap := watch(liveHeap), watch(heapBytes)
	rows := 0
	for b.Loop() {
		rows += read(b, content)
	}
	const mb = 1 << 20
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(peakLive()-live)/mb, "MB-live")
	b.ReportMetric(float64(peakHeap()-heap)/mb, "MB-heap")
	b.ReportMetric(float64(len(content))/mb, "MB-file")
	runtime.KeepAlive(content)
}

func heapBytes() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}
