package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "emoji.json")
	const data = `[
		{"unified": "1F44B", "short_names": ["wave"], "skin_variations": {"1F3FB": {"unified": "1F44B-1F3FB"}}},
		{"unified": "1F91D", "short_names": ["handshake"], "skin_variations": {
			"1F3FB": {"unified": "1F91D-1F3FB"}, "1F3FB-1F3FC": {"unified": "1FAF1-1F3FB-200D-1FAF2-1F3FC"}}},
		{"unified": "1F3FB", "short_names": ["skin-tone-2"]},
		{"unified": "0031-FE0F-20E3", "short_names": ["one", "1st"], "category": "Symbols"}
	]`
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run([]string{path}, &out); err != nil {
		t.Fatal(err)
	}
	want := "1st 1️⃣\nhandshake 🤝 🤝1 🫱1\u200d🫲2\none 1️⃣\nskin-tone-2 🏻\nwave 👋 👋1\n"
	if out.String() != want {
		t.Errorf("table = %q, want %q", &out, want)
	}
}

func TestRun_refuses(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(bad, []byte(`[{"unified": "x", "short_names": ["a"]}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{nil, {"nosuch.json"}, {"main.go"}, {bad}} {
		if err := run(args, &strings.Builder{}); err == nil {
			t.Errorf("run(%q) gives no error", args)
		}
	}
}
