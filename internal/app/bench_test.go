package app

import (
	"testing"
	"time"

	"github.com/habeas-data/habeas/internal/bench"
	"github.com/habeas-data/habeas/internal/pgtest"
)

// Every flow that is measured is answered as expected, for known and unknown addresses.
func TestEachFlowCanBeMeasured(t *testing.T) {
	b, err := OpenBench(t.Context(), BenchOptions{RecordsDSN: pgtest.DSN(t), KeysDSN: pgtest.DSN(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}()
	flows, err := b.Choose(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range flows {
		got, err := b.Timing(t.Context(), f, bench.Rounds{N: 6, WarmUp: 2, Limit: time.Second, Seed: 1})
		if err != nil || got.A.N != 6 || got.B.N != 6 || got.Verdict != bench.Alike {
			t.Errorf("%s: %+v, %v", f.Name, got, err)
		}
	}
	if _, err := b.Choose([]string{"guessing"}); codeOfError(err) != "bench.flow" {
		t.Errorf("an unknown flow: %v", err)
	}
	l, err := b.Press(t.Context(), 20, 4, 100*time.Millisecond)
	if err != nil || l.Requests == 0 {
		t.Errorf("pressing: %+v, %v", l, err)
	}
	if n, _, _, err := b.server.DB.Records().Count(t.Context()); err != nil || n < 20 {
		t.Errorf("%d parties, %v", n, err)
	}
}

func TestBothStoresStandOnOneEngine(t *testing.T) {
	if _, err := OpenBench(t.Context(), BenchOptions{RecordsDSN: "postgres://nowhere"}); codeOfError(err) != "bench.stores" {
		t.Errorf("records without keys: %v", err)
	}
}
