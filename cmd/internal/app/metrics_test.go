package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Alerts must be able to look at a counter before anything was counted.
func TestMetrics_areThereFromTheBeginning(t *testing.T) {
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
