package monitor

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
)

// served answers one request about somebody through watchers.
func served(t *testing.T, work func(ctx context.Context), watchers ...edge.Watcher) {
	t.Helper()
	mux := &edge.Mux{Failures: &edge.Failures{Log: slog.New(slog.DiscardHandler)}}
	mux.Handle("GET /people/{id}", func(w http.ResponseWriter, r *http.Request) error {
		work(r.Context())
		return errors.New("ada@example.org is not well")
	})
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/people/4711?q=Ada", nil)
	r.Header.Set("User-Agent", "Ada's browser")
	r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	r.RemoteAddr = "192.0.2.7:1234"
	edge.WithRequestID(edge.Watch(habeas.SystemClock{}, mux, watchers...)).ServeHTTP(httptest.NewRecorder(), r)
}

func TestFiguresTellRoutesAndNobody(t *testing.T) {
	m := NewMetrics(func(context.Context) State {
		return State{
			Ready: true, Rows: 12, Published: 11, Outbox: map[string]int{"waiting": 3}, KeyHits: 5,
			DiskFree: 1 << 30, DiskTotal: 1 << 40, CertEnd: time.Unix(1_800_000_000, 0),
		}
	})
	served(t, func(context.Context) {}, m.Watch)
	m.Batch(7, 3*time.Millisecond)
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	text := w.Body.String()
	for _, want := range []string{
		`habeas_requests_total{method="GET",route="GET /people/{id}",status="500"} 1`,
		`habeas_request_seconds_count{route="GET /people/{id}"} 1`,
		"habeas_write_batch_size_sum 7", "habeas_write_batch_seconds_count 1", "habeas_ready 1", "habeas_search_index_ready 0",
		"habeas_ledger_leaves 12", "habeas_ledger_published_leaves 11", `habeas_outbox_jobs{state="waiting"} 3`,
		"habeas_keys_cache_hits_total 5", "habeas_disk_free_bytes 1.073741824e+09", "habeas_certificate_end_seconds 1.8e+09",
		"habeas_build_info{version=", "go_goroutines", "process_open_fds",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the figures lack %s", want)
		}
	}
	for _, secret := range []string{"4711", "Ada", "ada@", "192.0.2.7"} {
		if strings.Contains(text, secret) {
			t.Errorf("the figures hold %q", secret)
		}
	}
}

// receiver is an OTLP/HTTP collector that keeps what it is sent.
type receiver struct {
	mu  sync.Mutex
	got []*collector.ExportTraceServiceRequest
	raw strings.Builder
}

func (c *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var m collector.ExportTraceServiceRequest
	if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &m) != nil {
		http.Error(w, "not understood", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got = append(c.got, &m)
	c.raw.Write(body)
}

// allowed are the only attributes that may leave.
var allowed = map[string]bool{
	"http.request.method": true, "http.route": true, "http.response.status_code": true, "habeas.error.kind": true,
	"service.name": true, "service.version": true,
}

func TestTracesHoldHarmlessAttributesOnly(t *testing.T) {
	c := &receiver{}
	srv := httptest.NewServer(c)
	defer srv.Close()
	tracer, err := NewTracer(t.Context(), srv.URL, 100, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	served(t, func(ctx context.Context) {
		_, end := tracer.Span(ctx, "records.write")
		end(habeas.Conflict("Ada was here").WithCause(errors.New("ada@example.org")))
	}, tracer.Watch)
	if err := tracer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{} // span name → parent
	for _, request := range c.got {
		for _, rs := range request.GetResourceSpans() {
			keys := rs.GetResource().GetAttributes()
			for _, ss := range rs.GetScopeSpans() {
				for _, span := range ss.GetSpans() {
					names[span.GetName()] = string(span.GetParentSpanId())
					keys = append(keys, span.GetAttributes()...)
					if len(span.GetEvents()) > 0 || span.GetStatus().GetMessage() != "" || span.GetTraceState() != "" {
						t.Errorf("%s says more than it may: %v", span.GetName(), span)
					}
				}
			}
			for _, kv := range keys {
				if !allowed[kv.GetKey()] {
					t.Errorf("attribute %s leaves the server", kv.GetKey())
				}
			}
		}
	}
	if len(names) != 2 || names["GET /people/{id}"] != "" || names["records.write"] == "" {
		t.Errorf("the spans are %q", names)
	}
	for _, secret := range []string{"4711", "Ada", "ada@", "192.0.2.7", "\xb7\xad\x6b\x71\x69\x20\x33\x31"} {
		if strings.Contains(c.raw.String(), secret) {
			t.Errorf("the trace holds %q", secret)
		}
	}
}

func TestACollectorThatIsNotThereCostsNothingButSpans(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	tracer, err := NewTracer(t.Context(), gone.URL, 100, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	served(t, func(context.Context) {}, tracer.Watch)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = tracer.Close(ctx) // says that it could not send
}
