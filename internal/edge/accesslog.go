package edge

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/habeas-data/habeas"
)

// AccessLog writes one line per request: method, route pattern, status,
// duration and bytes. The line holds neither address nor URL nor query nor
// header, so it cannot tell who asked for whom. Put it outermost.
func AccessLog(log *slog.Logger, clock habeas.Clock, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := clock.Now()
		rec := record(w)
		aborted := true
		defer func() {
			status, route := rec.status, rec.pattern
			if status == 0 {
				status = http.StatusOK // what net/http sends when a handler writes nothing
			}
			if aborted { // a panic passes through: the connection is being cut
				status = http.StatusInternalServerError
			}
			if route == "" {
				route = "none"
			}
			log.LogAttrs(r.Context(), slog.LevelInfo, "request",
				slog.String("method", method(r)),
				slog.String("route", route),
				slog.Int("status", status),
				slog.Float64("ms", float64(clock.Now().Sub(start))/float64(time.Millisecond)),
				slog.Int64("bytes", rec.bytes))
		}()
		next.ServeHTTP(rec, r)
		aborted = false
	})
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
