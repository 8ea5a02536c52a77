package recipientlist

import (
	"strings"
	"testing"

	"github.com/coupontools/couponbot/sends/recipients"
)

func TestColumnOption(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 80)
	for _, tt := range []struct {
		column             recipients.Column
		kind               recipients.Kind
		text, descriptions string
	}{
		{
			recipients.Column{
				ID: "1/2", Column: recipients.ColumnName{Letter: "C", Header: "Mobile"}, Count: 940, Examples: []string{"0470 12 34 56", "n/a"},
			},
			recipients.SMS,
			"C · Mobile · 940 numbers", "0470 12 34 56, n/a",
		},
		{
			recipients.Column{Sheet: "Nu", Column: recipients.ColumnName{Letter: "A"}, Count: 1}, recipients.Email, "Nu · A · 1 address", "",
		},
		{
			recipients.Column{
				Column: recipients.ColumnName{Letter: "C", Header: "Mobile"}, Else: recipients.ColumnName{Letter: "B", Header: "Phone"}, Count: 2,
			},
			recipients.SMS,
			"C, else B · Mobile, else Phone · 2 numbers", "",
		},
		{
			recipients.Column{
				Sheet: long, Column: recipients.ColumnName{Letter: "AAA", Header: long}, Else: recipients.ColumnName{Letter: "AAB", Header: long},
				Count: 1_000_000, Examples: []string{long},
			},
			recipients.SMS,
			strings.Repeat("x", 17) + "… · AAA, else AAB · " + strings.Repeat("x", 17) + "… · 1,000,000 numbers", strings.Repeat("x", 74) + "…",
		},
	} {
		got := columnOption(tt.column, tt.kind)
		if got.Text.Text != tt.text {
			t.Errorf("option %q, want %q", got.Text.Text, tt.text)
		}
		if d := got.Description; d == nil && tt.descriptions != "" || d != nil && d.Text != tt.descriptions {
			t.Errorf("description %+v, want %q", d, tt.descriptions)
		}
	}
}
