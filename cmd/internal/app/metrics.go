package app

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/coupontools/couponbot/bot/socket"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/internal/bulkhead"
	"github.com/coupontools/couponbot/sends"
)

// Metrics collects Prometheus metrics. Labels come from small fixed sets and never hold user input. Its methods are
// observers for the packages that do the work.
type Metrics struct {
	registry *prometheus.Registry

	envelopes  *prometheus.CounterVec
	acks       *prometheus.HistogramVec
	ackErrors  *prometheus.CounterVec
	overflows  *prometheus.CounterVec
	panics     *prometheus.CounterVec
	reconnects *prometheus.CounterVec
	sockets    prometheus.Gauge
	calls      *prometheus.CounterVec
	callTime   *prometheus.HistogramVec
	cache      *prometheus.CounterVec
	recipients *prometheus.CounterVec
}

// NewMetrics returns metrics with their own registry, including those of the Go runtime and the process. appVersion is the
// label of couponbot_build_info.
func NewMetrics(appVersion string) *Metrics {
	m := &Metrics{
		registry:  prometheus.NewRegistry(),
		envelopes: newCounter("envelopes_total", "Envelopes received over Socket Mode, by type.", "type"),
		// Slack waits 3 s. The target is 1 s, or 2.5 s if the acknowledgement carries the response.
		acks: newHistogram("ack_seconds", "Time from an envelope to its acknowledgement.",
			[]float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 1.5, 2, 2.5, 3, 5}, "type"),
		ackErrors:  newCounter("ack_errors_total", "Acknowledgements that could not be written.", "type"),
		overflows:  newCounter("envelopes_dropped_total", "Envelopes dropped since too many were being handled.", "type"),
		panics:     newCounter("panics_total", "Panics that were recovered, by place.", "place"),
		reconnects: newCounter("socket_reconnects_total", "Connections to be replaced or not to be had, by reason.", "reason"),
		sockets: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Name: "sockets_ready", Help: "Socket Mode connections that have had hello.",
		}),
		calls: newCounter("api_calls_total", "Finished calls of the Coupontools API.", "route", "outcome"),
		callTime: newHistogram("api_call_seconds", "Time of a call with all its attempts and waits.",
			[]float64{.025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}, "route"),
		cache:      newCounter("cache_results_total", "Where directory lists came from.", "result"),
		recipients: newCounter("send_recipients_total", "Recipients of sends, by what became of them.", "outcome"),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "Always 1; the version is the label.",
		ConstLabels: prometheus.Labels{"version": appVersion},
	})
	build.Set(1)
	m.registry.MustRegister(
		m.envelopes, m.acks, m.ackErrors, m.overflows, m.panics, m.reconnects, m.sockets,
		m.calls, m.callTime, m.cache, m.recipients, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	m.initCounters()
	return m
}

// initCounters creates the counters that alerts use at 0, so that they exist before the first event.
func (m *Metrics) initCounters() {
	for _, kind := range []string{"slash_commands", "interactive", "events_api"} {
		m.envelopes.WithLabelValues(kind)
		m.acks.WithLabelValues(kind)
		m.ackErrors.WithLabelValues(kind)
		m.overflows.WithLabelValues(kind)
	}
	for _, place := range bulkhead.Places {
		m.panics.WithLabelValues(string(place))
	}
	for _, status := range []sends.Status{sends.Accepted, sends.Failed, sends.Skipped, sends.Unknown} {
		m.recipients.WithLabelValues(string(status))
	}
	for _, result := range []string{"hit", "miss", "stale", "local", "bypass"} {
		m.cache.WithLabelValues(result)
	}
}

// namespace is the prefix of all metric names.
const namespace = "couponbot"

func newCounter(name, description string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: description}, labels)
}

func newHistogram(name, description string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(
		prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: description, Buckets: buckets}, labels)
}

// Socket returns the observer of the Socket Mode client.
func (m *Metrics) Socket() socket.Observer {
	return socket.Observer{
		Envelope: func(kind string) { m.envelopes.WithLabelValues(kind).Inc() },
		Acked: func(kind string, latency time.Duration, err error) {
			if err != nil {
				m.ackErrors.WithLabelValues(kind).Inc()
				return
			}
			m.acks.WithLabelValues(kind).Observe(latency.Seconds())
		},
		Overflow:  func(kind string) { m.overflows.WithLabelValues(kind).Inc() },
		Reconnect: func(reason socket.Reason) { m.reconnects.WithLabelValues(string(reason)).Inc() },
		Ready:     func(n int) { m.sockets.Set(float64(n)) },
	}
}

// Panic counts recovered panics.
func (m *Metrics) Panic(place bulkhead.Place) { m.panics.WithLabelValues(string(place)).Inc() }

// Call observes calls of the Coupontools client.
func (m *Metrics) Call(c coupontools.Call) {
	m.calls.WithLabelValues(c.Route, c.Outcome).Inc()
	m.callTime.WithLabelValues(c.Route).Observe(c.Duration.Seconds())
}

// Cache observes lookups of lists: hit, miss, stale, local or bypass.
func (m *Metrics) Cache(result string) { m.cache.WithLabelValues(result).Inc() }

// Recipient observes the status of a send's recipient: accepted, failed, skipped, unknown or released.
func (m *Metrics) Recipient(status string) { m.recipients.WithLabelValues(status).Inc() }

// Handler serves the metrics in Prometheus's format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
