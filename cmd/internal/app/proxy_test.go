package app

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// rewritingProxy starts a proxy for a server that changes the responses, and returns its URL.
func rewritingProxy(t testing.TB, target string, change func(path string, resp *http.Response, body []byte) []byte) string {
	t.Helper()
	targetURL, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(targetURL)
			r.Out.Host = r.In.Host // the URLs that Slack returns contain the proxy's host
			r.Out.Header.Del("Accept-Encoding")
		},
		ModifyResponse: func(resp *http.Response) error {
			if resp.StatusCode == http.StatusSwitchingProtocols {
				return nil
			}
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				return err
			}
			body = change(resp.Request.URL.Path, resp, body)
			resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			resp.Header.Set("Content-Length", strconv.Itoa(len(body)))
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	proxyServer := httptest.NewServer(proxy)
	t.Cleanup(proxyServer.Close)
	return proxyServer.URL
}

// If conversations.open answers "ok" without a channel, replicas keep running and the send goes out.
func TestFaults_openWithoutChannel(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	origin := strings.TrimSuffix(string(f.config.SlackAPIURL), "/api/")
	f.config.SlackAPIURL = BaseURL(rewritingProxy(t, origin, func(path string, _ *http.Response, body []byte) []byte {
		if strings.HasSuffix(path, "/conversations.open") {
			return []byte(`{"ok":true}`)
		}
		return body
	}) + "/api/")
	a, b := f.startReplica(t), f.startReplica(t)
	id := f.confirm(t)
	counts := f.verifySend(t, id)
	if counts.Accepted != recipientCount {
		t.Errorf("ended with %+v, want all accepted", counts)
	}
	for _, p := range []*process{a, b} {
		_ = p.Process.Signal(syscall.SIGTERM)
		if err := p.Wait(); err != nil {
			t.Errorf("a replica ended with %v\n%s", err, p.log)
		}
	}
}
