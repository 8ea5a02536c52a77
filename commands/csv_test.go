package commands

import "testing"

func TestSpreadsheet(t *testing.T) {
	t.Parallel()
	s := newSpreadsheet("to", "text")
	s.row("+32470123456", "a, \"b\"\nc")
	s.row("=1+1", "-2")
	s.row("@sum", "\tx")
	s.row("", "\rx")
	s.row("é", "a=b")
	want := "\ufeffto,text\r\n" +
		"'+32470123456,\"a, \"\"b\"\"\r\nc\"\r\n" +
		"'=1+1,'-2\r\n" +
		"'@sum,'\tx\r\n" +
		",\"'x\"\r\n" +
		"é,a=b\r\n"
	if got := string(s.content()); got != want {
		t.Errorf("the file is %q, want %q", got, want)
	}
}
