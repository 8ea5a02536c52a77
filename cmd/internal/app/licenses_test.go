package app

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
)

const updateLicenses = "run: go test ./cmd/internal/app -run Licenses -update"

// TestLicenses_file compares licenses.txt with the licences of the modules that the program links on any supported system.
// The flag -update writes the file.
func TestLicenses_file(t *testing.T) {
	t.Parallel()
	modules := linkedModules(t)
	for _, module := range slices.Sorted(maps.Keys(modules)) {
		if !hasLicense(licenses, module) && !*update {
			t.Errorf("licenses.txt lacks %s; %s", module, updateLicenses)
		}
	}
	want := licenseFile(t, modules)
	if *update {
		if err := os.WriteFile("licenses.txt", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, licenses); diff != "" {
		t.Errorf("licenses.txt is out of date; %s\n%s", updateLicenses, diff)
	}
}

// couponbot licenses prints the licence of each module that it lists.
func TestLicenses_printed(t *testing.T) {
	t.Parallel()
	binaryName, err := buildBinary()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), binaryName, "licenses").Output()
	if err != nil {
		t.Fatal(err)
	}
	list := regexp.MustCompile(`(?m)^  (\S+) v\S+$`).FindAllSubmatch(out, -1)
	if len(list) < 30 {
		t.Errorf("couponbot licenses lists %d modules, want all", len(list))
	}
	for _, m := range list {
		if !hasLicense(string(out), string(m[1])) {
			t.Errorf("couponbot licenses prints no licence of %s", m[1])
		}
	}
	for _, text := range []string{
		"Copyright (c) 2026 the couponbot authors", "Zero-Clause BSD", "SIL OPEN FONT LICENSE", "The FreeType Project LICENSE",
		"Apache License", "Prometheus instrumentation library for Go applications",
	} {
		if !strings.Contains(string(out), text) {
			t.Errorf("couponbot licenses prints no %q", text)
		}
	}
}

func hasLicense(text, module string) bool { return strings.Contains(text, "\n"+module+": ") }

// linkedModules returns the folders of the modules that the program links on any supported system, by module path.
func linkedModules(t *testing.T) map[string]string {
	t.Helper()
	modules := map[string]string{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		list := exec.CommandContext(t.Context(), "go", "list", "-deps",
			"-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Dir}}{{end}}{{end}}", "../../couponbot")
		list.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=0")
		list.Stderr = os.Stderr
		out, err := list.Output()
		if err != nil {
			t.Fatalf("%s: %v", list, err)
		}
		for line := range strings.Lines(string(out)) {
			if module, dir, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
				modules[module] = dir
			}
		}
	}
	return modules
}

// licenseFile returns the text of licenses.txt: the licences of couponbot, of third-party files in the repository, and of
// the modules. Identical texts appear once, below all names.
func licenseFile(t *testing.T, modules map[string]string) string {
	t.Helper()
	var texts []string
	names := map[string][]string{}
	add := func(name, text string) {
		if names[text] == nil {
			texts = append(texts, text)
		}
		names[text] = append(names[text], name)
	}
	add("couponbot: LICENSE", readRepoFile(t, "LICENSE"))
	add("couponbot: NOTICE", readRepoFile(t, "NOTICE"))
	add("htmx and its SSE extension", readRepoFile(t, "bot/slacksim/web/THIRD_PARTY.md"))
	// golang.org/x/text has the licence of the Go project, which some Go distributions don't include.
	addModule(t, add, "Go's runtime and standard library", modules["golang.org/x/text"])
	for _, module := range slices.Sorted(maps.Keys(modules)) {
		addModule(t, add, module, modules[module])
	}

	var b strings.Builder
	b.WriteString("The licences of couponbot and of everything built into it. Each text follows the names of all it is for.\n")
	line := strings.Repeat("=", 80)
	for _, text := range texts {
		b.WriteString("\n" + line + "\n" + strings.Join(names[text], "\n") + "\n" + line + "\n\n" + strings.TrimRight(text, "\n") + "\n")
	}
	return b.String()
}

// licenseName matches files that must be distributed with a module. Of FreeType's two licences (ftl.txt, gpl.txt) it
// matches the first.
var licenseName = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents|ftl)([.-].*)?$`)

// addModule adds the licence files of a module, including those of third-party code inside it.
func addModule(t *testing.T, add func(name, text string), module, dir string) {
	t.Helper()
	found := 0
	err := fs.WalkDir(os.DirFS(dir), ".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "testdata":
			return fs.SkipDir
		case d.IsDir() || !licenseName.MatchString(d.Name()) || path.Ext(d.Name()) == ".go":
			return nil
		}
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
		if err == nil && !utf8.Valid(text) {
			text, err = charmap.ISO8859_1.NewDecoder().Bytes(text)
		}
		found++
		add(module+": "+file, string(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))))
		return err
	})
	if err != nil || found == 0 {
		t.Errorf("%s has %d licences in %s, %v", module, found, dir, err)
	}
}
