//go:build unix

package app

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// The binary contains the time zone database, for hosts without zone files.
func TestZones_embedded(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", "../../couponbot").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(strings.Fields(string(out)), "time/tzdata") {
		t.Error("cmd/couponbot does not import time/tzdata")
	}
}

// Time zones work in a root directory that contains only the program.
func TestZones_withoutZoneFiles(t *testing.T) {
	t.Parallel()
	if os.Getenv("CI") == "" {
		t.Skip("the full build takes a minute; set CI=true to run it")
	}
	if os.Getuid() != 0 {
		t.Skip("only root may change the root directory")
	}
	root := t.TempDir()
	build := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(root, "zone"), "./testdata/zone")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command("/zone", "Europe/Brussels")
	cmd.Dir, cmd.Env = "/", []string{"ZONEINFO=/nowhere"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
	out, err := cmd.Output()
	if errors.Is(err, syscall.EPERM) {
		t.Skip("root may not change the root directory here")
	}
	if got := strings.TrimSpace(string(out)); err != nil || got != "14:00 CEST" {
		t.Errorf("12:00 UTC is %q, %v, want 14:00 CEST", got, err)
	}
}
