package commands

import "testing"

func TestSpreadsheet(t *testing.T) {
	t.Parallel()
	s := newSpreadsheet("Entry", "Reason")
	for _, cell := range []string{"=cmd()", "+32470", "-1", "@x", "\tx", "\rx", "", "a,\"b\"\nc", "plain =1", "x;=cmd|'/C calc'!A1;y", "x;\t+1"} {
		s.row(cell, "é")
	}
	want := "\ufeffEntry,Reason\r\n'=cmd(),é\r\n'+32470,é\r\n'-1,é\r\n'@x,é\r\n'\tx,é\r\n\"'x\",é\r\n,é\r\n\"a,\"\"b\"\"\r\nc\",é\r\nplain =1,é\r\n" +
		"x;'=cmd|'/C calc'!A1;y,é\r\nx;'\t+1,é\r\n"
	if got := string(s.content()); got != want {
		t.Errorf("content = %q\nwant %q", got, want)
	}
}
