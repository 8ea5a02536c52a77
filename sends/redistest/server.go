// Package redistest starts real redis-servers for tests: those of what happens when Redis is killed, held up or full.
package redistest

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Server is a Redis of a test's own, with its append-only file.
type Server struct {
	dir     string
	options []string
	cmd     *exec.Cmd
}

// New starts a redis-server that ends with the test, with more options as on its command line. Without one on this machine
// the test is skipped, but not on CI.
func New(t testing.TB, options ...string) *Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("there is no redis-server on this machine")
		}
		t.Skip("there is no redis-server on this machine")
	}
	dir, err := os.MkdirTemp("", "redis") //nolint:usetesting // TempDir's names are too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{dir: dir, options: options}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s.Start(t)
	t.Cleanup(s.Kill)
	return s
}

// Socket is the path of the socket it listens on.
func (s *Server) Socket() string { return filepath.Join(s.dir, "s") }

// Start returns when it takes commands, with what it had written when it was killed.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // what uses it outlives the test's context
	s.cmd = exec.CommandContext(ctx, "redis-server", append([]string{
		"--port", "0", "--unixsocket", s.Socket(), "--dir", s.dir,
		"--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction",
	}, s.options...)...)
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(strings.ToLower(lines.Text()), "ready to accept connections at") {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return
		}
	}
	t.Fatal("redis-server did not start")
}

// Signal sends it a signal.
func (s *Server) Signal(sig syscall.Signal) { _ = s.cmd.Process.Signal(sig) }

// Kill ends it as kill -9 does.
func (s *Server) Kill() {
	s.Signal(syscall.SIGKILL)
	_ = s.cmd.Wait()
}
