package canary

import (
	"context"
	"io"
	"log/slog"
	"net/http"
)

// Writer records what is written to it and passes it on to next, which may be nil: for
// stdout and stderr of commands, mail bodies, anything.
func (w *Watcher) Writer(name string, next io.Writer) io.Writer {
	r := w.record(name)
	if next == nil {
		return r
	}
	return io.MultiWriter(r, next)
}

// Handler records the requests and answers of next, as "NAME/request" and "NAME/response":
// what people type is in the former by its nature, so it is watched by itself.
func (w *Watcher) Handler(name string, next http.Handler) http.Handler {
	in, out := w.record(name+"/request"), w.record(name+"/response")
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		in.printf("%s %s\n", r.Method, r.URL.RequestURI())
		headers(in, r.Header)
		r.Body = tee(r.Body, in)
		next.ServeHTTP(&response{ResponseWriter: rw, out: out}, r)
	})
}

// response records an answer. http.ResponseController finds what it hides by Unwrap.
type response struct {
	http.ResponseWriter
	out  *recording
	sent bool
}

// Unwrap is for http.ResponseController.
func (r *response) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (r *response) WriteHeader(status int) {
	if !r.sent {
		r.sent = status >= 200 // others come before the answer
		r.out.printf("\n%d\n", status)
		headers(r.out, r.Header())
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *response) Write(p []byte) (int, error) {
	if !r.sent {
		r.WriteHeader(http.StatusOK)
	}
	_, _ = r.out.Write(p) // never fails
	return r.ResponseWriter.Write(p)
}

// Transport records what a client sends and gets through next, nil for
// http.DefaultTransport, as "NAME/request" and "NAME/response".
func (w *Watcher) Transport(name string, next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return &transport{w.record(name + "/request"), w.record(name + "/response"), next}
}

type transport struct {
	in, out *recording
	next    http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	t.in.printf("%s %s\n", r.Method, r.URL)
	headers(t.in, r.Header)
	r = r.Clone(r.Context()) // a RoundTripper must not change what it is given
	r.Body = tee(r.Body, t.in)
	res, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	t.out.printf("\n%s\n", res.Status)
	headers(t.out, res.Header)
	res.Body = tee(res.Body, t.out)
	return res, nil
}

func headers(to *recording, h http.Header) { _ = h.Write(to) } // never fails

// tee records a body while it is read.
func tee(body io.ReadCloser, to *recording) io.ReadCloser {
	if body == nil || body == http.NoBody {
		return body
	}
	return struct {
		io.Reader
		io.Closer
	}{io.TeeReader(body, to), body}
}

// Slog records every record, at every level and as text and as JSON, before next gets
// those that it is enabled for.
func (w *Watcher) Slog(name string, next slog.Handler) slog.Handler {
	r := w.record(name)
	all := &slog.HandlerOptions{Level: slog.Level(-1 << 20), AddSource: true}
	return &logs{next, []slog.Handler{slog.NewTextHandler(r, all), slog.NewJSONHandler(r, all)}}
}

type logs struct {
	next slog.Handler
	kept []slog.Handler
}

// Enabled implements slog.Handler.
func (*logs) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (l *logs) Handle(ctx context.Context, r slog.Record) error {
	for _, h := range l.kept {
		_ = h.Handle(ctx, r.Clone()) // writing to memory never fails
	}
	if !l.next.Enabled(ctx, r.Level) {
		return nil
	}
	return l.next.Handle(ctx, r)
}

func (l *logs) with(change func(slog.Handler) slog.Handler) slog.Handler {
	to := &logs{next: change(l.next)}
	for _, h := range l.kept {
		to.kept = append(to.kept, change(h))
	}
	return to
}

// WithAttrs implements slog.Handler.
func (l *logs) WithAttrs(attrs []slog.Attr) slog.Handler {
	return l.with(func(h slog.Handler) slog.Handler { return h.WithAttrs(attrs) })
}

// WithGroup implements slog.Handler.
func (l *logs) WithGroup(name string) slog.Handler {
	return l.with(func(h slog.Handler) slog.Handler { return h.WithGroup(name) })
}
