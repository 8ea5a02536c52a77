package coupontools_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/coupontools"
)

// BenchmarkDecodeDirectories decodes a list of 10,000.
func BenchmarkDecodeDirectories(b *testing.B) {
	var body strings.Builder
	body.WriteString(`{"status":{"status":"OK"},"amount_of_directories":10000,"directory":[`)
	for i := range 10_000 {
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, `{"ID":"dir_%d","code":"7hTqLm2vXb9RkZs4P%04d","name":"Städte und Märkte %d",`+
			`"payment":{"currency":"EUR","amount":"4.50","type":"recurring_yearly","description":"Yearly pass"}}`, i, i, i)
	}
	body.WriteString(`]}`)
	data := []byte(body.String())
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if got, err := coupontools.DecodeDirectories(data); err != nil || len(got) != 10_000 {
			b.Fatal(len(got), err)
		}
	}
}
