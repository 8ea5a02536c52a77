package app

import (
	"debug/elf"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestBuild_image runs the Dockerfile's build command and checks that the binary is static and has its version.
func TestBuild_image(t *testing.T) {
	t.Parallel()
	if os.Getenv("CI") == "" {
		t.Skip("the full build takes a minute; set CI=true to run it")
	}
	binary := t.TempDir() + "/couponbot"
	build := buildCommand(t, readRepoFile(t, "Dockerfile"), binary)
	build.Dir = "../../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", build, err, out)
	}

	out, err := exec.CommandContext(t.Context(), binary, "version").Output()
	if err != nil || !strings.HasPrefix(string(out), "couponbot v9.8.7 (") {
		t.Errorf("couponbot version = %q, %v, want the stamped version", out, err)
	}
	about, err := exec.CommandContext(t.Context(), "go", "version", "-m", binary).Output()
	if err != nil || !strings.Contains(string(about), "CGO_ENABLED=0") || !strings.Contains(string(about), "-trimpath=true") {
		t.Errorf("go version -m = %s, %v, want no cgo and trimmed paths", about, err)
	}
	checkStatic(t, binary)
}

// .dockerignore must not exclude any package from the image's build.
func TestImage_containsEveryPackage(t *testing.T) {
	t.Parallel()
	ignore := readRepoFile(t, ".dockerignore")
	for pkg := range mayImport {
		folder, _, _ := strings.Cut(pkg, "/")
		if !strings.Contains(ignore, "\n!"+folder+"\n") {
			t.Errorf(".dockerignore excludes %s", pkg)
		}
	}
}

// buildCommand returns the Dockerfile's go build command with a version and another output file.
func buildCommand(t *testing.T, dockerfile, binary string) *exec.Cmd {
	t.Helper()
	dockerfile = strings.ReplaceAll(dockerfile, "\\\n", " ")
	for line := range strings.Lines(dockerfile) {
		_, command, ok := strings.Cut(line, "CGO_ENABLED=0 ")
		if !ok {
			continue
		}
		command = strings.ReplaceAll(command, "/out/couponbot", binary)
		cmd := exec.CommandContext(t.Context(), "sh", "-ec", command)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "VERSION=v9.8.7")
		return cmd
	}
	t.Fatal("the Dockerfile has no RUN line with CGO_ENABLED=0")
	return nil
}

// checkStatic fails the test if a binary needs a dynamic loader or shared libraries, which the image doesn't have.
func checkStatic(t *testing.T, binary string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		return
	}
	file, err := elf.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if libraries, err := file.ImportedLibraries(); err == nil && len(libraries) > 0 {
		t.Errorf("the binary needs %v, want it static", libraries)
	}
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("the binary needs a loader, want it static")
		}
	}
}

// TestDockerfile checks what the README promises about the image.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	text := readRepoFile(t, "Dockerfile")
	for _, line := range []string{
		"USER 65532:65532", "ENV LISTEN_ADDR=:8080", "EXPOSE 8080",
		`ENTRYPOINT ["/couponbot"]`, `CMD ["serve"]`, `CMD ["/couponbot", "health"]`,
		"COPY --from=build /src/LICENSE /src/NOTICE /src/cmd/internal/app/licenses.txt /licenses/",
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("the Dockerfile lacks %s", line)
		}
	}
}

// TestCompose checks that the compose file gives sends what they need: a durable Redis and time to finish.
func TestCompose(t *testing.T) {
	t.Parallel()
	var compose struct {
		Services map[string]struct {
			Command     []string          `yaml:"command"`
			StopGrace   string            `yaml:"stop_grace_period"`
			Environment map[string]string `yaml:"environment"`
			Volumes     []string          `yaml:"volumes"`
			Tmpfs       []string          `yaml:"tmpfs"`
		} `yaml:"services"`
	}
	if err := yaml.Unmarshal([]byte(readRepoFile(t, "compose.yml")), &compose); err != nil {
		t.Fatal(err)
	}
	bot, redis := compose.Services["couponbot"], compose.Services["redis"]

	if bot.StopGrace != "45s" || bot.Environment["REDIS_URL"] != "redis://redis:6379/0" {
		t.Errorf("couponbot has stop_grace_period %q and environment %v, want 45s and REDIS_URL", bot.StopGrace, bot.Environment)
	}
	for _, mount := range bot.Tmpfs {
		if !strings.Contains(mount, ":size=") {
			t.Errorf("couponbot has the tmpfs %s, want it with a size", mount)
		}
	}
	command := strings.Join(redis.Command, " ")
	for _, option := range []string{"--appendonly yes", "--appendfsync always", "--maxmemory-policy noeviction"} {
		if !strings.Contains(command, option) {
			t.Errorf("redis runs with %q, want %s", command, option)
		}
	}
	if len(redis.Volumes) == 0 {
		t.Error("redis has no volume")
	}
}

// Dependencies of the build are pinned: images to an exact version, and actions to a commit because tags can be moved.
// Dependabot updates the pins.
func TestPinned(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		file, uses, exact string // uses finds what the file uses, exact is what it must match
		ecosystem         string
	}{
		{"Dockerfile", `(?m)^FROM (?:--platform=\S+ )?(\S+)`, `^(scratch|[a-z]+:\d+\.\d+\.\d+)$`, "docker"},
		{"compose.yml", `(?m)^ +image: (\S+)`, `^(couponbot|[a-z]+:\d+\.\d+\.\d+)$`, "docker-compose"},
		{".github/workflows/ci.yml", `(?m)^ +- uses: (.+)$`, `^[a-z/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`, "github-actions"},
		{"go.mod", `(?m)^(go \d.+)$`, `^go \d+\.\d+\.\d+$`, "gomod"},
	} {
		found := regexp.MustCompile(tt.uses).FindAllStringSubmatch(readRepoFile(t, tt.file), -1)
		if len(found) == 0 {
			t.Errorf("%s uses nothing", tt.file)
		}
		for _, use := range found {
			if !regexp.MustCompile(tt.exact).MatchString(use[1]) {
				t.Errorf("%s has %q, want an exact version", tt.file, use[1])
			}
		}
		if !regexp.MustCompile(`(?m)^  - package-ecosystem: ` + tt.ecosystem + `( |$)`).MatchString(readRepoFile(t, ".github/dependabot.yml")) {
			t.Errorf("dependabot.yml doesn't cover %s", tt.file)
		}
	}
}
