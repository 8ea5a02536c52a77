package app

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/commands"
)

var update = flag.Bool("update", false, "update manifest.yml, licenses.txt and conversation scripts")

// TestManifest_file compares manifest.yml with the commands. The flag -update writes the file.
func TestManifest_file(t *testing.T) {
	t.Parallel()
	const path = "../../../manifest.yml"
	want, err := Manifest(commands.All(commands.Deps{}))
	if err != nil {
		t.Fatalf("Manifest() = %v", err)
	}
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("manifest.yml differs from the commands; run: go test ./cmd/internal/app -run Manifest -update\n%s", diff)
	}
}

func TestManifest_limits(t *testing.T) {
	t.Parallel()
	checkManifestLimits(t, readManifest(t, commands.All(commands.Deps{})))
}
