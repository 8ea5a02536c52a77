package commands

import "testing"

func TestTable(t *testing.T) {
	t.Parallel()
	columns := []column[string]{
		{"as it is", func(s string) string { return s }},
		{"twice", func(s string) string { return s + s }},
	}
	got := string(table(columns, []string{"a", `b"`, "c,d", "é"}))
	if want := "\ufeffas it is,twice\na,aa\n\"b\"\"\",\"b\"\"b\"\"\"\n\"c,d\",\"c,dc,d\"\né,éé\n"; got != want {
		t.Errorf("table = %q, want %q", got, want)
	}
}

func TestHarmless(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"": "", "City": "City", "=1+1": "'=1+1", "+32470123456": "+32470123456", "+cmd|x": "'+cmd|x", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)",
	} {
		if got := harmless(cell); got != want {
			t.Errorf("harmless(%q) = %q, want %q", cell, got, want)
		}
	}
}
