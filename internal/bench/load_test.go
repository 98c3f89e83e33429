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
	_, known, unknown := slow(t, 10*time.Millisecond)
	said := 0
	all, err := Measure(t.Context(), []Pair{
		{Name: "sign-in", A: known, B: unknown, Want: 204}, {Name: "itself", A: unknown, B: unknown, Want: 204},
	}, Rounds{N: 60, WarmUp: 5, Block: 7, Limit: 500 * time.Microsecond, Seed: 1}, func(done, total int) {
		if said = done; total != 130 {
			t.Errorf("%d rounds of %d", done, total)
		}
	})
	if err != nil || len(all) != 2 || said != 130 {
		t.Fatalf("%d comparisons after %d rounds, %v", len(all), said, err)
	}
	if c := all[0]; c.Verdict != Different || c.A.N != 60 || c.Difference < time.Millisecond {
		t.Errorf("late by 10 ms: %+v", c)
	}
	if c := all[1]; c.Found() {
		t.Errorf("against itself: %+v", c)
	}
}

func TestAnUnexpectedAnswerEndsTheMeasurement(t *testing.T) {
	_, known, unknown := slow(t, 0)
	if _, err := Measure(t.Context(), []Pair{{A: known, B: unknown, Want: 200}}, Rounds{N: 5}, nil); err == nil {
		t.Error("a wrong status is measured")
	}
	if _, err := Measure(t.Context(), []Pair{{A: known, B: unknown, Want: 204}}, Rounds{N: 1}, nil); err == nil {
		t.Error("one round is compared")
	}
	if _, err := Press(t.Context(), Pressure{Request: known, Callers: 2, For: time.Minute, Want: 200}); err == nil {
		t.Error("a wrong status counts as load")
	}
}

func TestPressingCountsWhatWasAnswered(t *testing.T) {
	_, known, _ := slow(t, 0)
	l, err := Press(t.Context(), Pressure{Request: known, Callers: 4, For: 50 * time.Millisecond, Want: 204})
	if err != nil || l.Requests == 0 || l.PerSecond <= 0 || l.P50 > l.P99 || l.P99 > l.Most || l.Callers != 4 {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestPressingEndsWhenThereIsNothingMore(t *testing.T) {
	_, known, _ := slow(t, 0)
	few := func(ctx context.Context, n int) (*http.Request, error) {
		if n > 10 {
			return nil, ErrNoMore
		}
		return known(ctx, n)
	}
	if l, err := Press(t.Context(), Pressure{Request: few, Callers: 3, For: time.Minute, Want: 204}); err != nil || l.Requests != 10 {
		t.Errorf("%d requests of 10, %v", l.Requests, err)
	}
}
