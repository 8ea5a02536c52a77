package sandbox

import (
	"bytes"
	"io"
	"net/http"
	"sync"
)

// Trap is a handler for another host, the target of a redirect. It records the requests and whether they carried keys.
type Trap struct {
	mu    sync.Mutex
	calls int
	keys  bool
}

// ServeHTTP answers as a successful send would, to tempt the caller.
func (t *Trap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody)) // A partial body is enough.
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

// Calls returns the number of requests.
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
