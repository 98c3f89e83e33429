package matching

import "testing"

// BenchmarkMillion links a million rows and then asks for those that are like a new one,
// and fails when a line of the requirement is missed. Run it alone, on a machine that
// does nothing else: go test -bench Million -benchtime 1x ./internal/bench/matching
//
// Proves PTY-Q2.
func BenchmarkMillion(b *testing.B) {
	for b.Loop() {
		r, err := Part(b.Context(), "million", Options{Seed: 1, Scratch: b.TempDir(), Say: func(s string) { b.Log(s) }})
		if err != nil {
			b.Fatal(err)
		}
		for _, q := range Requirements {
			if q.ID != "PTY-Q2" {
				continue
			}
			v, ok := r.Figures[q.Figure]
			if !ok || !q.Met(v) {
				b.Errorf("%s is %.4g (measured: %v), required is %s", q.Figure, v, ok, q)
			}
			b.ReportMetric(v, q.Figure)
		}
		b.Logf("linking took %.0f s of processor time", r.Figures["linkage.million.cpu_s"])
	}
}
