package recipients_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"github.com/coupontools/couponbot/sends/recipients"
)

const benchRows = 10_000

func benchText(write func(b *strings.Builder, i int)) string {
	var b strings.Builder
	for i := range benchRows {
		write(&b, i)
	}
	return b.String()
}

// BenchmarkParse compares Parse with the library's bare parsing and validation of the same phone numbers.
func BenchmarkParse(b *testing.B) {
	phones := benchText(func(b *strings.Builder, i int) { fmt.Fprintf(b, "+32 470 %02d %02d %02d\n", i/10000, i/100%100, i%100) })
	addresses := benchText(func(b *strings.Builder, i int) { fmt.Fprintf(b, "Person.%d@example.com\n", i) })
	b.Run("bare library", func(b *testing.B) {
		for b.Loop() {
			for row := range strings.Lines(phones) {
				if n, err := phonenumbers.Parse(strings.TrimSpace(row), ""); err != nil || !phonenumbers.IsValidNumber(n) {
					b.Fatal(row, err)
				}
			}
		}
		rowsPerSecond(b)
	})
	b.Run("phones", func(b *testing.B) { benchParse(b, phones, recipients.SMS) })
	b.Run("addresses", func(b *testing.B) { benchParse(b, addresses, recipients.Email) })
}

func benchParse(b *testing.B, text string, kind recipients.Kind) {
	b.Helper()
	for b.Loop() {
		if list := recipients.Parse(text, recipients.Rules{Kind: kind}); len(list.Recipients) != benchRows {
			b.Fatalf("%d recipients, %+v", len(list.Recipients), list.LeftOut[:1])
		}
	}
	rowsPerSecond(b)
}

func rowsPerSecond(b *testing.B) {
	b.Helper()
	b.ReportMetric(benchRows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
