package sandbox

import (
	"bytes"
	"io"
	"net/http"
	"sync"
)

// Trap is another host's handler, a place to redirect callers to. It notes who came and whether they brought their keys.
type Trap struct {
	mu    sync.Mutex
	calls int
	keys  bool
}

// ServeHTTP answers like a good send, to tempt the caller.
func (t *Trap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody)) // As much as came is looked at.
	t.mu.Lock()
	t.calls++
	t.keys = t.keys || carriesKeys(r.Header, body)
	t.mu.Unlock()
	answer{status: http.StatusOK, body: object{"status": object{"status": "OK"}}}.write(w)
}

func carriesKeys(h http.Header, body []byte) bool {
	for _, name := range []string{"X-Client-Id", "X-Client-Secret", "X-Api-Key", "X-Api-Secret"} {
		if h.Get(name) != "" {
			return true
		}
	}
	return bytes.Contains(body, []byte("client_secret"))
}

// Calls returns how many requests came.
func (t *Trap) Calls() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.calls
}

// GotKeys reports whether any of them carried a client id or secret.
func (t *Trap) GotKeys() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.keys
}
