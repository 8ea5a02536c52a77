// Package redistest starts real redis-servers for tests that kill, pause or fill Redis.
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

// Server is a redis-server process with its own directory and append-only file.
type Server struct {
	dir     string
	options []string
	cmd     *exec.Cmd
}

// New starts a redis-server for the duration of the test. options are additional command-line options. If redis-server is
// not installed, the test is skipped, or fails if CI=true.
func New(t testing.TB, options ...string) *Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-server is not installed")
		}
		t.Skip("redis-server is not installed")
	}
	dir, err := os.MkdirTemp("", "redis") //nolint:usetesting // paths of t.TempDir are too long for a Unix socket
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{dir: dir, options: options}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s.Start(t)
	t.Cleanup(s.Kill)
	return s
}

// Socket returns the path of the server's Unix socket.
func (s *Server) Socket() string { return filepath.Join(s.dir, "s") }

// Start starts the server with the data of its append-only file, and returns once the server accepts commands.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // cleanup functions still use the server
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

// Signal sends a signal to the server process.
func (s *Server) Signal(sig syscall.Signal) { _ = s.cmd.Process.Signal(sig) }

// Kill ends the server with SIGKILL.
func (s *Server) Kill() {
	s.Signal(syscall.SIGKILL)
	_ = s.cmd.Wait()
}

// Tear truncates the append-only file of a killed server inside the last transaction that contains text, after its first n
// commands, as a crash during a write may do. It returns false if the transaction has fewer commands.
func (s *Server) Tear(t testing.TB, text string, n int) bool {
	t.Helper()
	name := filepath.Join(s.dir, "appendonly.aof")
	if parts, _ := filepath.Glob(filepath.Join(s.dir, "appendonlydir", "*.incr.aof")); len(parts) > 0 { // since Redis 7
		name = parts[len(parts)-1]
	}
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(file[:bytes.LastIndex(file, []byte(text))+1], []byte("*1\r\n$5\r\nMULTI\r\n"))
	if at < 0 {
		t.Fatal("the append-only file has no such transaction")
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

// commandLength returns the length in bytes of the first command in file.
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
