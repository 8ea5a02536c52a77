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

// Metrics counts what couponbot does, for Prometheus. Labels come from small fixed sets and never hold anything a person
// wrote. The methods are observers to give to the packages that do the work.
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

// NewMetrics returns metrics in a registry of their own, together with those of the Go runtime and of the process.
// Version is shown as the label of couponbot_build_info.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		registry:  prometheus.NewRegistry(),
		envelopes: counter("envelopes_total", "Envelopes received over Socket Mode, by type.", "type"),
		// Slack waits 3 s; the promise is 1 s, and 2.5 s for what the acknowledgement itself must carry.
		acks: histogram("ack_seconds", "Time from an envelope to its acknowledgement.",
			[]float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 1.5, 2, 2.5, 3, 5}, "type"),
		ackErrors:  counter("ack_errors_total", "Acknowledgements that could not be written.", "type"),
		overflows:  counter("envelopes_dropped_total", "Envelopes dropped since too many were being handled.", "type"),
		panics:     counter("panics_total", "Panics that were recovered, by place.", "place"),
		reconnects: counter("socket_reconnects_total", "Connections to be replaced or not to be had, by reason.", "reason"),
		sockets: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Name: "sockets_ready", Help: "Socket Mode connections that have had hello.",
		}),
		calls: counter("api_calls_total", "Finished calls of the Coupontools API.", "route", "outcome"),
		callTime: histogram("api_call_seconds", "Time of a call with all its attempts and waits.",
			[]float64{.025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}, "route"),
		cache:      counter("cache_results_total", "Where directory lists came from.", "result"),
		recipients: counter("send_recipients_total", "Recipients of sends, by what became of them.", "outcome"),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "Always 1; the version is the label.",
		ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	m.registry.MustRegister(
		m.envelopes, m.acks, m.ackErrors, m.overflows, m.panics, m.reconnects, m.sockets,
		m.calls, m.callTime, m.cache, m.recipients, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	m.begin()
	return m
}

// begin sets the counters that alerts look at to 0, so that they are there before anything has happened.
func (m *Metrics) begin() {
	for _, kind := range []string{"slash_commands", "interactive", "events_api"} {
		m.envelopes.WithLabelValues(kind)
		m.acks.WithLabelValues(kind)
		m.ackErrors.WithLabelValues(kind)
		m.overflows.WithLabelValues(kind)
	}
	for _, place := range bulkhead.Places {
		m.panics.WithLabelValues(string(place))
	}
	for _, outcome := range []sends.Status{sends.Accepted, sends.Failed, sends.Skipped, sends.Unknown} {
		m.recipients.WithLabelValues(string(outcome))
	}
	for _, result := range []string{"hit", "miss", "stale", "local", "bypass"} {
		m.cache.WithLabelValues(result)
	}
}

const namespace = "couponbot"

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

func histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(
		prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
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

// Panic counts the panics that were recovered.
func (m *Metrics) Panic(place bulkhead.Place) { m.panics.WithLabelValues(string(place)).Inc() }

// Call observes the calls of the Coupontools client.
func (m *Metrics) Call(c coupontools.Call) {
	m.calls.WithLabelValues(c.Route, c.Outcome).Inc()
	m.callTime.WithLabelValues(c.Route).Observe(c.Duration.Seconds())
}

// Cache observes the directory lists: hit, miss, stale, local or bypass.
func (m *Metrics) Cache(result string) { m.cache.WithLabelValues(result).Inc() }

// Recipient observes the recipients of sends: accepted, failed, skipped, unknown or released.
func (m *Metrics) Recipient(outcome string) { m.recipients.WithLabelValues(outcome).Inc() }

// Handler serves the metrics in the form Prometheus asks for.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
