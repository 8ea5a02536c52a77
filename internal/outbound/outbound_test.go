package outbound_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coupontools/couponbot/internal/outbound"
)

func TestRule(t *testing.T) {
	t.Parallel()
	const slack, local, encrypted = "https://slack.com/api/", "http://127.0.0.1:8765/api/", "https://slack.test:8443/api/"
	for _, tt := range []struct {
		api, address string
		http, socket bool
	}{
		{slack, "https://hooks.slack.com/commands/T1/2/x", true, false},
		{slack, "https://slack.com/x", true, false},
		{slack, "HTTPS://Files.SLACK.com/x", true, false},
		{slack, "https://files.slack.com:443/x", true, false},
		{slack, "wss://wss-primary.slack.com/link/?ticket=x", false, true},
		{slack, "WSS://slack.com:443/link", false, true},
		{local, "http://127.0.0.1:8765/response/1", true, false},
		{local, "ws://127.0.0.1:8765/link?ticket=x", false, true},
		{local, "wss://127.0.0.1:8765/link", false, true},
		{local, "https://files.slack.com/x", true, false},
		{encrypted, "https://SLACK.test:8443/x", true, false},
		{encrypted, "wss://slack.test:8443/link", false, true},
		{"https://slack.test/api/", "https://slack.test:443/x", true, false},
		{"http://[::1]:8765/api/", "http://[::1]:8765/x", true, false},
		{"http://[::1]:8765/api/", "ws://[::1]:8765/x", false, true},
		{"", "https://slack.com/x", true, false},

		// Not encrypted.
		{slack, "http://slack.com/x", false, false},
		{slack, "http://hooks.slack.com:443/x", false, false},
		{slack, "ws://wss-primary.slack.com/link", false, false},
		{encrypted, "http://slack.test:8443/x", false, false},
		{encrypted, "ws://slack.test:8443/link", false, false},
		// Another host.
		{slack, "https://slack.com.evil.example/x", false, false},
		{slack, "wss://slack.com.evil.example/x", false, false},
		{slack, "https://evilslack.com/x", false, false},
		{slack, "wss://evilslack.com/x", false, false},
		{slack, "https://slack.com./x", false, false},
		{slack, "https://.slack.com/x", false, false},
		{slack, "https://a..slack.com/x", false, false},
		{slack, "https://slack.com%2eevil.example/x", false, false},
		{slack, "https://sl\u0430ck.com/x", false, false},       // a Cyrillic a
		{slack, "https://\u017flack.com/x", false, false},       // a long s; its upper case is S
		{slack, "https://hoo\u212as.slack.com/x", false, false}, // the Kelvin sign; its lower case is k
		{slack, "https://slack\u3002com/x", false, false},       // an ideographic full stop
		{slack, "https://slack.com\\@evil.example/x", false, false},
		{slack, "https://slack.com@evil.example/x", false, false},
		{slack, "https://evil.example#.slack.com", false, false},
		{slack, "https://evil.example/?.slack.com", false, false},
		{slack, "https://evil.example\n.slack.com/", false, false},
		{slack, "https://[::ffff:7f00:1]/x", false, false},
		{slack, "https://slack-files.com/x", false, false},
		// A user, another port, no host.
		{slack, "https://me:secret@slack.com/x", false, false},
		{slack, "wss://me@slack.com/x", false, false},
		{slack, "https://slack.com:8443/x", false, false},
		{slack, "wss://slack.com:80/x", false, false},
		{slack, "https://slack.com:/x", false, false},
		{slack, "https:///x", false, false},
		{slack, "https://:443/x", false, false},
		{slack, "https:slack.com/x", false, false},
		{slack, "//slack.com/x", false, false},
		{slack, "/x", false, false},
		{slack, "", false, false},
		{slack, "javascript:alert(1)", false, false},
		{slack, "file:///etc/passwd", false, false},
		{slack, "ftp://slack.com/x", false, false},
		// Beside the Web API's origin.
		{local, "http://127.0.0.1:19999/x", false, false},
		{local, "http://127.0.0.1/x", false, false},
		{local, "https://127.0.0.1:8765/x", false, false},
		{local, "http://127.0.0.1.:8765/x", false, false},
		{local, "http://0x7f000001:8765/x", false, false},
		{local, "http://localhost:8765/x", false, false},
		{local, "http://me@127.0.0.1:8765/x", false, false},
		{local, "ws://127.0.0.1:8766/x", false, false},
		{"ftp://evil.example/", "ftp://evil.example/x", false, false},
		{"", "/x", false, false},
		{"", "http://:80/x", false, false},
	} {
		r := outbound.For(tt.api)
		if got := r.Allows(tt.address); got != tt.http {
			t.Errorf("For(%q).Allows(%q) = %v, want %v", tt.api, tt.address, got, tt.http)
		}
		if got := r.AllowsSocket(tt.address); got != tt.socket {
			t.Errorf("For(%q).AllowsSocket(%q) = %v, want %v", tt.api, tt.address, got, tt.socket)
		}
	}
}

func TestClient_followsNoRedirect(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Errorf("%d was followed", status) }))
		t.Cleanup(elsewhere.Close)
		server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, status))
		t.Cleanup(server.Close)
		resp, err := outbound.Client(time.Minute, server.Client().Transport).Post(server.URL, "text/plain", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != status {
			t.Errorf("status = %d, want the redirect itself, %d", resp.StatusCode, status)
		}
	}
}
