package monitor

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/release"
)

// Tracer sends spans to an OTLP/HTTP collector. The usual middleware would put the
// address of the client, its browser and the path with its ids into each span; this one
// makes its spans itself, with the few attributes below. A trace begins here: what a
// client says about one is not believed. It is safe for concurrent use.
type Tracer struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// The attributes there are, under OpenTelemetry's names; the last is ours.
const (
	attrMethod = attribute.Key("http.request.method")
	attrRoute  = attribute.Key("http.route")
	attrStatus = attribute.Key("http.response.status_code")
	attrKind   = attribute.Key("habeas.error.kind")
)

// NewTracer returns a tracer that sends to endpoint, such as http://localhost:4318, percent
// of all traces. It connects when there is something to send; a collector that does not
// answer costs spans and nothing else.
func NewTracer(ctx context.Context, endpoint string, percent int, log *slog.Logger) (*Tracer, error) {
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(strings.TrimSuffix(endpoint, "/")+"/v1/traces"))
	if err != nil {
		return nil, fmt.Errorf("trace.endpoint: %w", err)
	}
	var once sync.Once
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {
		once.Do(func() { log.Warn("traces cannot be sent; this is said once", "setting", "trace.endpoint") })
	}))
	t := &Tracer{provider: sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter),
		sdktrace.WithSampler(sdktrace.TraceIDRatioBased(float64(percent)/100)),
		// Not the default resource: that names the user, the machine and the command line.
		sdktrace.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "habeas"), attribute.String("service.version", release.Version()))),
	)}
	t.tracer = t.provider.Tracer("habeas")
	return t, nil
}

// Watch is an [edge.Watcher] that makes a span for each request, named by its route.
func (t *Tracer) Watch(ctx context.Context) (context.Context, func(edge.Answer)) {
	ctx, span := t.tracer.Start(ctx, "request", trace.WithSpanKind(trace.SpanKindServer), trace.WithNewRoot())
	return ctx, func(a edge.Answer) {
		span.SetName(a.Route)
		span.SetAttributes(attrMethod.String(a.Method), attrRoute.String(a.Route), attrStatus.Int(a.Status))
		if a.Status >= 500 {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// Span begins a step of a request or job, such as "records.write"; the function that is
// returned ends it. Of an error only its kind is told.
func (t *Tracer) Span(ctx context.Context, name string) (context.Context, func(error)) {
	ctx, span := t.tracer.Start(ctx, name)
	return ctx, func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, "")
			span.SetAttributes(attrKind.String(habeas.KindOf(err).String()))
		}
		span.End()
	}
}

// Close sends what is left, until ctx ends.
func (t *Tracer) Close(ctx context.Context) error { return t.provider.Shutdown(ctx) }
