package edge

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
)

func TestWatchersSeeRoutesAndNeverPaths(t *testing.T) {
	clock := habeas.NewManualClock(time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC))
	mux := &Mux{Failures: &Failures{}}
	mux.Handle("GET /people/{id}", func(w http.ResponseWriter, r *http.Request) error {
		clock.Advance(-time.Hour) // the machine's clock is set back
		if r.Context().Value(requestKey{}) == nil {
			t.Error("the request has no id")
		}
		_, err := w.Write([]byte("hello"))
		return err
	})
	mux.Handle("GET /broken", func(http.ResponseWriter, *http.Request) error { panic("somebody@example.org") })
	var seen []Answer
	type inner struct{}
	var log strings.Builder
	h := WithRequestID(Watch(clock, mux,
		LogRequests(slog.New(slog.NewTextHandler(&log, nil))),
		func(ctx context.Context) (context.Context, func(Answer)) {
			return context.WithValue(ctx, inner{}, true), func(a Answer) { seen = append(seen, a) }
		}))
	for _, target := range []string{"/people/par_tim?q=Ada", "/nothing", "/broken"} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", target, nil)
		r.Header.Set("X-Request-Id", "chosen by the client")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		id := w.Header().Get("X-Request-Id")
		if len(id) != 12 || !strings.Contains(log.String(), "request="+id) {
			t.Errorf("%s: the id %q is not in the log", target, id)
		}
		if target == "/broken" && !strings.Contains(w.Body.String(), `"incident":"`+id+`"`) {
			t.Errorf("the incident is not the request: %s", w.Body)
		}
	}
	want := []Answer{
		{Method: "GET", Route: "GET /people/{id}", Status: 200, Bytes: 5},
		{Method: "GET", Route: "none", Status: 404},
		{Method: "GET", Route: "GET /broken", Status: 500},
	}
	for i := range want {
		seen[i].Bytes = max(want[i].Bytes, 0)
		if seen[i] != want[i] {
			t.Errorf("answer %d is %+v, want %+v", i, seen[i], want[i])
		}
	}
	for _, secret := range []string{"par_tim", "Ada", "chosen", "somebody"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q:\n%s", secret, &log)
		}
	}
}

func TestARequestThatIsNotAdmittedIsAnsweredWithTheReason(t *testing.T) {
	mux := &Mux{Failures: &Failures{}}
	mux.Handle("POST /add", func(http.ResponseWriter, *http.Request) error { t.Error("it was admitted"); return nil })
	mux.Admit = func(_ *http.Request, pattern string) error {
		if pattern != "POST /add" {
			t.Errorf("asked about %q", pattern)
		}
		return habeas.Unavailable("Not now.").WithCode("not.now")
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "POST", "/add", nil))
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "not.now") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}
