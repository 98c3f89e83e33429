package edge

import (
	"context"
	"crypto/rand"
	"net/http"
	"time"

	"github.com/habeas-data/habeas"
)

// Answer is what may be told about a request: enough to run a server by, and nothing
// that says who asked for whom.
type Answer struct {
	Method string // a known one, else "other"
	Route  string // the pattern that matched, "none" if none did; never the path
	Status int
	Bytes  int64 // of the body
	Took   time.Duration
}

// Watcher is told when a request begins; what it returns is told how it ended. The
// context that it returns is the request's from there on.
type Watcher func(ctx context.Context) (context.Context, func(Answer))

// Watch tells watchers about every request, the first one outermost: the access log,
// figures, traces. Put it outermost, so that refused requests are seen too.
func Watch(clock habeas.Clock, next http.Handler, watchers ...Watcher) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := clock.Now()
		rec := record(w)
		ctx := r.Context()
		ended := make([]func(Answer), len(watchers))
		for i, watcher := range watchers {
			ctx, ended[i] = watcher(ctx)
		}
		aborted := true
		defer func() {
			a := Answer{
				Method: method(r), Route: rec.pattern, Status: rec.status, Bytes: rec.bytes,
				Took: max(0, clock.Now().Sub(start)), // the clock may have been set back meanwhile
			}
			if a.Status == 0 {
				a.Status = http.StatusOK // what net/http sends when a handler writes nothing
			}
			if aborted { // a panic passes through: the connection is being cut
				a.Status = http.StatusInternalServerError
			}
			if a.Route == "" {
				a.Route = "none"
			}
			for i := len(ended) - 1; i >= 0; i-- {
				ended[i](a)
			}
		}()
		next.ServeHTTP(rec, r.WithContext(ctx))
		aborted = false
	})
}

// requestKey is where the id of a request lies in its context.
type requestKey struct{}

// WithRequestID gives every request an id of its own: random, so that it tells nothing
// about who asked. It goes out as X-Request-Id, stands in every line of the log, and is
// the incident that people quote. An id that a client sends is not believed.
func WithRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()[:12]
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, id)))
	})
}

// RequestID returns the id of the request that ctx belongs to, "" outside of one.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}
