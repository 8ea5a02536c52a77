// Package redistest starts real redis-servers for tests: those of what happens when Redis is killed, held up or full.
package redistest

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
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

// Tear cuts the append-only file of a killed server inside the last transaction that has a text in it, behind the first n
// commands, as a crash in the middle of a write may. It returns false if the transaction has fewer commands.
func (s *Server) Tear(t testing.TB, text string, n int) bool {
	t.Helper()
	name := filepath.Join(s.dir, "appendonly.aof")
	if parts, _ := filepath.Glob(filepath.Join(s.dir, "appendonlydir", "*.incr.aof")); len(parts) > 0 { // from Redis 7 on
		name = parts[len(parts)-1]
	}
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(file[:bytes.LastIndex(file, []byte(text))+1], []byte("*1\r\n$5\r\nMULTI\r\n"))
	if at < 0 {
		t.Fatal("there is no transaction in the append-only file")
	}
	for range n + 1 {
		if bytes.HasPrefix(file[at:], []byte("*1\r\n$4\r\nEXEC")) {
			return false
		}
		at += commandLength(file[at:])
	}
	if err := os.Truncate(name, int64(at+len("*1"))); err != nil {
		t.Fatal(err)
	}
	return true
}

// commandLength is how many bytes the command has that an append-only file begins with.
func commandLength(file []byte) int {
	at := 0
	number := func() int {
		end := at + bytes.IndexByte(file[at:], '\n')
		n, _ := strconv.Atoi(strings.TrimSpace(string(file[at+1 : end])))
		at = end + 1
		return n
	}
	for range number() {
		size := number()
		at += size + len("\r\n")
	}
	return at
}
