package channels

import (
	"context"
	"encoding/json"
	"errors"
	"expvar"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"reflect"
	"runtime/pprof"
	"runtime/trace"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"k8s.io/klog/v2/textlogger"
)

func logChannels() []channel {
	return []channel{
		{number: 29, name: "SEAL-29 package log", checks: []check{
			{name: "Printf", run: func(o *out, s sample) { log.New(o, "", log.Llongfile).Printf("got %v", s.v) }},
			{name: "Println", run: func(o *out, s sample) { log.New(o, "", 0).Println(s.v, s.v) }},
			{name: "Panicf", run: func(o *out, s sample) { log.New(o, "", 0).Panicf("%+v", s.v) }},
			{name: "prefix", run: func(o *out, s sample) { log.New(o, fmt.Sprint(s.v), 0).Print() }},
		}},
		{number: 30, name: "SEAL-30 slog as JSON", checks: slogChecks(func(o *out, h *slog.HandlerOptions) slog.Handler { return slog.NewJSONHandler(o, h) })},
		{number: 31, name: "SEAL-31 slog as text", checks: slogChecks(func(o *out, h *slog.HandlerOptions) slog.Handler { return slog.NewTextHandler(o, h) })},
		{number: 32, name: "SEAL-32 slog with a message made by Sprintf", checks: []check{
			{name: "text", run: func(o *out, s sample) { slog.New(slog.NewTextHandler(o, nil)).Info(fmt.Sprintf("got %v", s.v)) }},
			{name: "JSON", run: func(o *out, s sample) { slog.New(slog.NewJSONHandler(o, nil)).Error(fmt.Sprintf("%+v", s.v)) }},
			{name: "package log over slog", run: func(o *out, s sample) {
				slog.NewLogLogger(slog.NewTextHandler(o, nil), slog.LevelInfo).Printf("%v", s.v)
			}},
		}},
		{number: 33, name: "SEAL-33 a slog handler that walks by reflection", checks: []check{
			{name: "in ReplaceAttr", run: func(o *out, s sample) {
				slog.New(slog.NewJSONHandler(o, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
					return slog.String(a.Key, string(memoryOf(a.Value.Any(), true)))
				}})).Info("x", "k", s.v)
			}},
			{name: "in Handle", run: func(o *out, s sample) { slog.New(walking{o}).Info("x", "k", s.v) }},
		}},
		{number: 34, name: "SEAL-34 LogValue on a pointer", checks: []check{
			{name: "text", run: func(o *out, s sample) { slog.New(slog.NewTextHandler(o, nil)).Info("x", "k", onPointer{s.v}) }},
			{name: "JSON", run: func(o *out, s sample) { slog.New(slog.NewJSONHandler(o, nil)).Info("x", "k", onPointer{s.v}) }},
			careless(34),
		}},
		{number: 35, name: "SEAL-35 zap", checks: zapChecks()},
		{number: 36, name: "SEAL-36 zerolog", checks: zerologChecks()},
		{number: 37, name: "SEAL-37 logrus, logr, klog", checks: logrChecks()},
		{number: 38, name: "SEAL-38 OpenTelemetry", checks: otelChecks()},
		{number: 39, name: "SEAL-39 expvar", checks: []check{
			{name: "Func", run: func(o *out, s sample) { o.WriteString(expvar.Func(func() any { return s.v }).String()) }},
			{name: "Map", run: func(o *out, s sample) {
				m := new(expvar.Map).Init()
				m.Add(fmt.Sprint(s.v), 1)
				o.WriteString(m.String())
			}},
			{name: "String", run: func(o *out, s sample) {
				var v expvar.String
				v.Set(fmt.Sprint(s.v))
				o.WriteString(v.String())
			}},
		}},
		{number: 40, name: "SEAL-40 labels of profiles", checks: []check{
			{name: "goroutine", run: func(o *out, s sample) {
				pprof.Do(context.Background(), pprof.Labels("user", fmt.Sprint(s.v)), func(ctx context.Context) {
					o.err(pprof.Lookup("goroutine").WriteTo(o, 0))
					o.err(pprof.Lookup("goroutine").WriteTo(o, 1))
					fmt.Fprintf(o, "%+v", ctx)
				})
			}},
			careless(40),
		}},
		{number: 41, name: "SEAL-41 execution traces", checks: []check{
			{name: "Logf", fits: notNumber, run: flight(func(ctx context.Context, s sample) { trace.Logf(ctx, "c", "%v", s.v) })},
			{name: "Log", fits: texts, run: flight(func(ctx context.Context, s sample) { trace.Log(ctx, "c", s.text()) })},
			{name: "task", fits: texts, run: flight(func(ctx context.Context, s sample) { _, t := trace.NewTask(ctx, s.text()); t.End() })},
			{name: "region", fits: texts, run: flight(func(ctx context.Context, s sample) { trace.WithRegion(ctx, s.text(), func() {}) })},
		}},
	}
}

// notNumber spares the slow checks most of the samples.
func notNumber(s sample) bool {
	return (s.leaf == "string" || s.leaf == "Value" || s.leaf == "Of array") && (bare(s) || s.shape == "unexported field")
}

func slogChecks(handler func(*out, *slog.HandlerOptions) slog.Handler) []check {
	log := func(name string, f func(l *slog.Logger, v any)) check {
		return check{name: name, run: func(o *out, s sample) {
			f(slog.New(handler(o, &slog.HandlerOptions{AddSource: true, Level: slog.LevelDebug})), s.v)
		}}
	}
	return []check{
		log("attribute", func(l *slog.Logger, v any) { l.Info("x", "k", v) }),
		log("Any", func(l *slog.Logger, v any) { l.Info("x", slog.Any("k", v)) }),
		log("group", func(l *slog.Logger, v any) { l.Info("x", slog.Group("g", "k", v)) }),
		log("With", func(l *slog.Logger, v any) { l.With("k", v).Info("x") }),
		log("WithGroup", func(l *slog.Logger, v any) { l.WithGroup("g").With("k", v).Info("x", "l", v) }),
		log("error", func(l *slog.Logger, v any) { l.Error("x", "err", fmt.Errorf("bad %v", v)) }),
		log("slice of any", func(l *slog.Logger, v any) { l.Info("x", "k", []any{v, hiddenAny{v}}) }),
		log("no key", func(l *slog.Logger, v any) { l.Info("x", []any{v}...) }),
		log("LogValuer", func(l *slog.Logger, v any) { l.Info("x", "k", valuer{v}) }),
	}
}

type valuer struct{ v any }

func (v valuer) LogValue() slog.Value { return slog.GroupValue(slog.Any("inner", v.v)) }

// onPointer has a LogValue that is not called when the value is logged.
type onPointer struct{ A any }

func (*onPointer) LogValue() slog.Value { return slog.StringValue("hidden") }

// walking is a handler that reads what it is given by reflection, as those do that redact.
type walking struct{ o *out }

func (walking) Enabled(context.Context, slog.Level) bool { return true }

func (w walking) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		w.o.Write(memoryOf(a.Value.Any(), false))
		fmt.Fprintf(w.o, "%+v", reflect.ValueOf(a.Value.Any()))
		return true
	})
	return nil
}

func (w walking) WithAttrs([]slog.Attr) slog.Handler { return w }
func (w walking) WithGroup(string) slog.Handler      { return w }

func zapChecks() (all []check) {
	for encoder, make := range map[string]func(zapcore.EncoderConfig) zapcore.Encoder{"JSON": zapcore.NewJSONEncoder, "console": zapcore.NewConsoleEncoder} {
		for name, f := range map[string]func(l *zap.Logger, v any){
			"Any":      func(l *zap.Logger, v any) { l.Info("x", zap.Any("k", v)) },
			"Reflect":  func(l *zap.Logger, v any) { l.Info("x", zap.Reflect("k", v)) },
			"With":     func(l *zap.Logger, v any) { l.With(zap.Any("k", v)).Info("x") },
			"Error":    func(l *zap.Logger, v any) { l.Info("x", zap.Error(fmt.Errorf("%v", v))) },
			"Infof":    func(l *zap.Logger, v any) { l.Sugar().Infof("%+v", v) },
			"Infow":    func(l *zap.Logger, v any) { l.Sugar().Infow("x", "k", v) },
			"Infoln":   func(l *zap.Logger, v any) { l.Sugar().Infoln(v) },
			"key only": func(l *zap.Logger, v any) { l.Sugar().Infow("x", v) },
		} {
			all = append(all, check{name: encoder + " " + name, run: func(o *out, s sample) {
				f(zap.New(zapcore.NewCore(make(zap.NewDevelopmentEncoderConfig()), zapcore.AddSync(o), zap.DebugLevel)), s.v)
			}})
		}
	}
	return all
}

func zerologChecks() (all []check) {
	for name, f := range map[string]func(l *zerolog.Logger, v any){
		"Interface": func(l *zerolog.Logger, v any) { l.Info().Interface("k", v).Msg("x") },
		"Any":       func(l *zerolog.Logger, v any) { l.Info().Any("k", v).Msg("x") },
		"Fields":    func(l *zerolog.Logger, v any) { l.Info().Fields(map[string]any{"k": v}).Msg("x") },
		"With":      func(l *zerolog.Logger, v any) { w := l.With().Interface("k", v).Logger(); w.Info().Msg("x") },
		"Err":       func(l *zerolog.Logger, v any) { l.Info().Err(fmt.Errorf("%v", v)).Msg("x") },
		"Msgf":      func(l *zerolog.Logger, v any) { l.Info().Msgf("%+v", v) },
		"Print":     func(l *zerolog.Logger, v any) { l.Print(v) },
	} {
		all = append(all, check{name: name, run: func(o *out, s sample) {
			l := zerolog.New(o)
			f(&l, s.v)
		}})
	}
	return append(all, check{name: "console", run: func(o *out, s sample) {
		l := zerolog.New(zerolog.ConsoleWriter{Out: o, NoColor: true})
		l.Info().Interface("k", s.v).Msg("x")
	}})
}

func logrChecks() []check {
	lr := func(f func(l *logrus.Logger, v any), format logrus.Formatter) func(o *out, s sample) {
		return func(o *out, s sample) {
			l := logrus.New()
			l.SetOutput(o)
			l.SetFormatter(format)
			f(l, s.v)
		}
	}
	field := func(l *logrus.Logger, v any) { l.WithField("k", v).Info("x") }
	to := func(o *out) func(string, string) {
		return func(prefix, args string) { fmt.Fprintln(o, prefix, args) }
	}
	lo := func(f func(l logr.Logger, v any)) []check {
		return []check{
			{name: "", run: func(o *out, s sample) { f(funcr.New(to(o), funcr.Options{}), s.v) }},
			{name: "", run: func(o *out, s sample) {
				f(funcr.NewJSON(func(obj string) { fmt.Fprintln(o, obj) }, funcr.Options{}), s.v)
			}},
			{name: "", run: func(o *out, s sample) { f(textlogger.NewLogger(textlogger.NewConfig(textlogger.Output(o))), s.v) }},
		}
	}
	all := []check{
		{name: "logrus text", run: lr(field, &logrus.TextFormatter{DisableColors: true})},
		{name: "logrus JSON", run: lr(field, &logrus.JSONFormatter{})},
		{name: "logrus Infof", run: lr(func(l *logrus.Logger, v any) { l.Infof("%+v", v) }, &logrus.TextFormatter{})},
		{name: "logrus Error", run: lr(func(l *logrus.Logger, v any) { l.WithError(fmt.Errorf("%v", v)).Error(v) }, &logrus.TextFormatter{})},
	}
	for name, f := range map[string]func(l logr.Logger, v any){
		"Info":       func(l logr.Logger, v any) { l.Info("x", "k", v) },
		"WithValues": func(l logr.Logger, v any) { l.WithValues("k", v).Info("x") },
		"Error":      func(l logr.Logger, v any) { l.Error(fmt.Errorf("%v", v), "x", "k", v) },
		"odd":        func(l logr.Logger, v any) { l.Info("x", v) },
	} {
		for i, c := range lo(f) {
			c.name = []string{"funcr ", "funcr JSON ", "klog "}[i] + name
			all = append(all, c)
		}
	}
	return all
}

func otelChecks() []check {
	span := func(f func(ctx context.Context, span oteltrace.Span, v any)) func(*out, sample) {
		return func(o *out, s sample) {
			exporter, err := stdouttrace.New(stdouttrace.WithWriter(o))
			o.err(err)
			p := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
			ctx, span := p.Tracer("t").Start(context.Background(), "s")
			f(ctx, span, s.v)
			span.End()
			o.err(p.Shutdown(ctx))
		}
	}
	return []check{
		{name: "attribute", run: span(func(_ context.Context, span oteltrace.Span, v any) {
			if st, ok := v.(fmt.Stringer); ok {
				span.SetAttributes(attribute.Stringer("k", st))
			}
			span.SetAttributes(attribute.String("k", fmt.Sprintf("%+v", v)))
		})},
		{name: "slice attribute", run: span(func(_ context.Context, span oteltrace.Span, v any) {
			span.SetAttributes(attribute.StringSlice("k", []string{fmt.Sprint(v)}))
		})},
		{name: "event", run: span(func(_ context.Context, span oteltrace.Span, v any) {
			span.AddEvent(fmt.Sprint(v), oteltrace.WithAttributes(attribute.String("k", fmt.Sprintf("%#v", v))))
		})},
		{name: "recorded error", run: span(func(_ context.Context, span oteltrace.Span, v any) {
			span.RecordError(fmt.Errorf("bad %v", v))
		})},
		{name: "baggage header", run: func(o *out, s sample) {
			m, err := baggage.NewMemberRaw("user", fmt.Sprint(s.v))
			o.err(err)
			b, err := baggage.New(m)
			o.err(err)
			h := http.Header{}
			propagation.Baggage{}.Inject(baggage.ContextWithBaggage(context.Background(), b), propagation.HeaderCarrier(h))
			o.err(h.Write(o))
		}},
		{name: "attribute set as JSON", run: func(o *out, s sample) {
			set := attribute.NewSet(attribute.String("k", fmt.Sprint(s.v)))
			o.bytes(json.Marshal(set))
			o.WriteString(set.Encoded(attribute.DefaultEncoder()))
		}},
	}
}

// flight runs f while a flight recorder runs, and takes its snapshot.
func flight(f func(context.Context, sample)) func(*out, sample) {
	return func(o *out, s sample) {
		r := trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: time.Second})
		if err := r.Start(); err != nil {
			o.err(errors.Join(err))
			return
		}
		defer r.Stop()
		f(context.Background(), s)
		_, err := r.WriteTo(o)
		o.err(err)
	}
}
