// Package monitor tells administrators how a server is doing: figures for Prometheus and
// traces for OpenTelemetry. Neither says anything about a person: what is counted is
// counted by route pattern and kind, and an attribute that is not in a list of harmless
// ones does not exist here.
package monitor

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/release"
)

// State is what is asked of the server when Prometheus comes.
type State struct {
	Ready      bool // requests should be sent here
	Indexed    bool // the search index covers everything
	Queue      int  // writes that wait for the writer
	Rows       int64
	Published  int64          // leaves under the signed checkpoint
	Outbox     map[string]int // by state
	KeysCached int
	KeyHits    uint64
	KeyMisses  uint64
	DiskFree   uint64
	DiskTotal  uint64
	CertEnd    time.Time // zero: no certificate of our own
}

// Metrics are the figures of one server. It is safe for concurrent use.
type Metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	latency   *prometheus.HistogramVec
	batch     prometheus.Histogram
	batchTime prometheus.Histogram
}

// NewMetrics returns figures that are all zero. state is asked at each scrape.
func NewMetrics(state func(ctx context.Context) State) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "habeas_requests_total", Help: "Requests answered, by method, route pattern and status.",
		}, []string{"method", "route", "status"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "habeas_request_seconds", Help: "How long answers took, by route pattern.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route"}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "habeas_write_batch_size", Help: "How many writes were made durable together.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 9),
		}),
		batchTime: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "habeas_write_batch_seconds", Help: "How long it took to make a batch durable.",
			Buckets: prometheus.ExponentialBuckets(.001, 2, 12),
		}),
	}
	m.registry.MustRegister(m.requests, m.latency, m.batch, m.batchTime,
		&asked{state}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "habeas_build_info", Help: "1; the labels say which build runs.",
		ConstLabels: prometheus.Labels{"version": release.Version()},
	})
	build.Set(1)
	m.registry.MustRegister(build)
	return m
}

// Watch is an [edge.Watcher] that counts.
func (m *Metrics) Watch(ctx context.Context) (context.Context, func(edge.Answer)) {
	return ctx, func(a edge.Answer) {
		m.requests.WithLabelValues(a.Method, a.Route, strconv.Itoa(a.Status)).Inc()
		m.latency.WithLabelValues(a.Route).Observe(a.Took.Seconds())
	}
}

// Batch takes in that size writes were made durable together.
func (m *Metrics) Batch(size int, took time.Duration) {
	m.batch.Observe(float64(size))
	m.batchTime.Observe(took.Seconds())
}

// Handler serves the figures. What cannot be asked is left out rather than failing all.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4})
}

// asked turns a State into figures at each scrape.
type asked struct {
	state func(ctx context.Context) State
}

// scrapeTime bounds what a scrape may take.
const scrapeTime = 5 * time.Second

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("habeas_"+name, help, labels, nil)
}

var (
	readyDesc     = describe("ready", "1 when requests should be sent here.")
	indexedDesc   = describe("search_index_ready", "1 when the search index covers everything.")
	queueDesc     = describe("write_queue", "Writes that wait to be made durable.")
	rowsDesc      = describe("ledger_leaves", "Leaves in the ledger.")
	publishedDesc = describe("ledger_published_leaves", "Leaves under the signed checkpoint.")
	outboxDesc    = describe("outbox_jobs", "Jobs in the outbox, by state.", "state")
	cachedDesc    = describe("keys_cached", "Unwrapped keys in memory.")
	hitsDesc      = describe("keys_cache_hits_total", "Reads of keys that memory answered.")
	missesDesc    = describe("keys_cache_misses_total", "Reads of keys that went to the key store.")
	freeDesc      = describe("disk_free_bytes", "Free space of the data directory's disk.")
	totalDesc     = describe("disk_size_bytes", "Size of the data directory's disk.")
	certDesc      = describe("certificate_end_seconds", "When the certificate ends, in Unix seconds.")
)

// Describe implements prometheus.Collector. It says nothing beforehand, because the
// server is not open yet when it is asked.
func (a *asked) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (a *asked) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	s := a.state(ctx)
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(readyDesc, truth(s.Ready))
	gauge(indexedDesc, truth(s.Indexed))
	gauge(queueDesc, float64(s.Queue))
	gauge(rowsDesc, float64(s.Rows))
	gauge(publishedDesc, float64(s.Published))
	for state, n := range s.Outbox {
		gauge(outboxDesc, float64(n), state)
	}
	gauge(cachedDesc, float64(s.KeysCached))
	ch <- prometheus.MustNewConstMetric(hitsDesc, prometheus.CounterValue, float64(s.KeyHits))
	ch <- prometheus.MustNewConstMetric(missesDesc, prometheus.CounterValue, float64(s.KeyMisses))
	gauge(freeDesc, float64(s.DiskFree))
	gauge(totalDesc, float64(s.DiskTotal))
	if !s.CertEnd.IsZero() {
		gauge(certDesc, float64(s.CertEnd.Unix()))
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
