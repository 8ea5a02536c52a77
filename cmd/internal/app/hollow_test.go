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

// between puts a proxy between the bot and a server, which changes answers.
func between(t testing.TB, server string, change func(path string, answer *http.Response, body []byte) []byte) string {
	t.Helper()
	target, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // Slack's addresses are those of the proxy
			r.Out.Header.Del("Accept-Encoding")
		},
		ModifyResponse: func(answer *http.Response) error {
			if answer.StatusCode == http.StatusSwitchingProtocols {
				return nil
			}
			body, err := io.ReadAll(answer.Body)
			if err != nil {
				return err
			}
			body = change(answer.Request.URL.Path, answer, body)
			answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			answer.Header.Set("Content-Length", strconv.Itoa(len(body)))
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	between := httptest.NewServer(proxy)
	t.Cleanup(between.Close)
	return between.URL
}

// conversations.open answers “ok” without a channel, which no replica may die of. The send goes out all the same.
func TestFaults_openWithoutChannel(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	origin := strings.TrimSuffix(string(f.config.SlackAPIURL), "/api/")
	f.config.SlackAPIURL = BaseURL(between(t, origin, func(path string, _ *http.Response, body []byte) []byte {
		if strings.HasSuffix(path, "/conversations.open") {
			return []byte(`{"ok":true}`)
		}
		return body
	}) + "/api/")
	a, b := f.replica(t), f.replica(t)
	id := f.confirm(t)
	counts := f.judge(t, id)
	if counts.Accepted != crowd {
		t.Errorf("ended with %+v, want all accepted", counts)
	}
	for _, p := range []*process{a, b} {
		_ = p.Process.Signal(syscall.SIGTERM)
		if err := p.Wait(); err != nil {
			t.Errorf("a replica ended with %v\n%s", err, p.log)
		}
	}
}
