package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Counters exist before the first event, so that alerts can use them.
func TestMetrics_startAtZero(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	NewMetrics("v1").Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	for _, want := range []string{
		`couponbot_envelopes_total{type="slash_commands"} 0`,
		`couponbot_ack_seconds_count{type="interactive"} 0`,
		`couponbot_send_recipients_total{outcome="unknown"} 0`,
		`couponbot_cache_results_total{result="hit"} 0`,
		`couponbot_sockets_ready 0`,
		`couponbot_build_info{version="v1"} 1`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s", want)
		}
	}
}
