package edge

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/habeas-data/habeas"
)

// LogRequests writes one line per request: its random id, method, route pattern, status,
// duration and bytes. The line holds neither address nor URL nor query nor
// header, so it cannot tell who asked for whom.
func LogRequests(log *slog.Logger) Watcher {
	return func(ctx context.Context) (context.Context, func(Answer)) {
		return ctx, func(a Answer) {
			attrs := []slog.Attr{
				slog.String("method", a.Method),
				slog.String("route", a.Route),
				slog.Int("status", a.Status),
				slog.Float64("ms", float64(a.Took)/float64(time.Millisecond)),
				slog.Int64("bytes", a.Bytes),
			}
			if id := RequestID(ctx); id != "" {
				attrs = append(attrs, slog.String("request", id))
			}
			log.LogAttrs(ctx, slog.LevelInfo, "request", attrs...)
		}
	}
}

// AccessLog is [Watch] with [LogRequests] alone.
func AccessLog(log *slog.Logger, clock habeas.Clock, next http.Handler) http.Handler {
	return Watch(clock, next, LogRequests(log))
}

// method returns the request's method if it is a known one: the rest is text
// that the client made up.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut,
		http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "other"
}
