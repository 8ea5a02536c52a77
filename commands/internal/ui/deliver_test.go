package ui

import (
	"strings"
	"testing"
)

func TestSpreadsheet(t *testing.T) {
	t.Parallel()
	columns := []Column[string]{
		{"=Entry", func(cell string) string { return cell }}, {"Reason", func(string) string { return "é" }},
	}
	var s strings.Builder
	err := Table("cells", "all cells", columns, []string{"=cmd()", "+32470", "\u200b＝1", "", "a,\"b\"\nc", "x;=1"}).Write(&s)
	want := "\ufeff'=Entry,Reason\r\n'=cmd(),é\r\n'+32470,é\r\n'\u200b＝1,é\r\n,é\r\n\"a,\"\"b\"\"\r\nc\",é\r\nx;'=1,é\r\n"
	if got := s.String(); got != want || err != nil {
		t.Errorf("content = %q, %v\nwant %q", got, err, want)
	}
}
