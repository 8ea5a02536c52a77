package commands

import (
	"strings"
	"testing"
)

func TestSpreadsheet(t *testing.T) {
	t.Parallel()
	columns := []column[string]{
		{"Entry", func(cell string) string { return cell }}, {"Reason", func(string) string { return "é" }},
	}
	var s strings.Builder
	err := table("cells", "all cells", columns, []string{
		"=cmd()", "+32470", "-1", "@x", "\tx", "\rx", "", "a,\"b\"\nc", "plain =1", "x;=cmd|'/C calc'!A1;y", "x;\t+1",
	}).write(&s)
	want := "\ufeffEntry,Reason\r\n'=cmd(),é\r\n'+32470,é\r\n'-1,é\r\n'@x,é\r\n'\tx,é\r\n\"'x\",é\r\n,é\r\n\"a,\"\"b\"\"\r\nc\",é\r\nplain =1,é\r\n" +
		"x;'=cmd|'/C calc'!A1;y,é\r\nx;'\t+1,é\r\n"
	if got := s.String(); got != want || err != nil {
		t.Errorf("content = %q, %v\nwant %q", got, err, want)
	}
}
