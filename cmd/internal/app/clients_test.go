package app

import (
	"bufio"
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// A Redis that says hello and nothing more does not hold the program up as it closes its connections.
func TestRedisOptions_closeWaitsForNoAnswer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	asked := make(chan struct{})
	go func() {
		c, err := listener.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		for lines := bufio.NewScanner(c); lines.Scan(); {
			switch strings.ToLower(lines.Text()) {
			case "hello":
				_, _ = c.Write([]byte("%1\r\n$5\r\nproto\r\n:3\r\n"))
			case "client", "ping":
				close(asked)
				<-t.Context().Done()
				return
			}
		}
	}()
	rdb := redis.NewClient(redisOptions(Config{RedisURL: RedisURL{Secret("unix://" + listener.Addr().String())}}))
	go func() { _ = rdb.Ping(context.WithoutCancel(t.Context())).Err() }()
	select {
	case <-asked:
	case <-time.After(patience):
		t.Fatal("nothing was asked of Redis")
	}
	began := time.Now()
	_ = rdb.Close()
	if took := time.Since(began); took > time.Second {
		t.Errorf("Close took %v, want it at once", took)
	}
}
