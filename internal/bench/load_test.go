package bench

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// slow answers a path later than others, and counts.
func slow(t *testing.T, late time.Duration) (string, Request, Request) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/known" {
			time.Sleep(late)
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(s.Close)
	to := func(path string) Request {
		return func(ctx context.Context, _ int) (*http.Request, error) {
			return http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path, http.NoBody)
		}
	}
	return s.URL, to("/known"), to("/unknown")
}

func TestAServerThatIsSlowerForSomebodyIsFoundOut(t *testing.T) {
	_, known, unknown := slow(t, 3*time.Millisecond)
	c, err := Measure(t.Context(), Pair{Name: "sign-in", A: known, B: unknown, Want: 204}, Rounds{N: 60, WarmUp: 5, Limit: 500 * time.Microsecond, Seed: 1})
	if err != nil || c.Verdict != Different || c.A.N != 60 || c.Difference < time.Millisecond {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestAnUnexpectedAnswerEndsTheMeasurement(t *testing.T) {
	_, known, unknown := slow(t, 0)
	if _, err := Measure(t.Context(), Pair{A: known, B: unknown, Want: 200}, Rounds{N: 5}); err == nil {
		t.Error("a wrong status is measured")
	}
	if _, err := Measure(t.Context(), Pair{A: known, B: unknown, Want: 204}, Rounds{N: 1}); err == nil {
		t.Error("one round is compared")
	}
	if _, err := Press(t.Context(), known, 2, time.Minute, 200); err == nil {
		t.Error("a wrong status counts as load")
	}
}

func TestPressingCountsWhatWasAnswered(t *testing.T) {
	_, known, _ := slow(t, 0)
	l, err := Press(t.Context(), known, 4, 50*time.Millisecond, 204)
	if err != nil || l.Requests == 0 || l.PerSecond <= 0 || l.P50 > l.P99 || l.P99 > l.Most || l.Callers != 4 {
		t.Errorf("%+v, %v", l, err)
	}
}
