package sqlstore_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pgtest"
)

// BenchmarkDo measures the write path without HTTP: 64 callers, one new party each
// time, with five fields and a ticket, on disks that are waited for.
func BenchmarkDo(b *testing.B) {
	for name, dsn := range map[string]func(testing.TB) string{
		"sqlite":   func(testing.TB) string { return "" },
		"postgres": func(t testing.TB) string { return pgtest.Start(t).Database(t) },
	} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b, dsn(b))
			said := make([]*party.Asserting, b.N)
			for i := range said {
				v := named("Nora", "Quill", "1984-05-03")
				v.Put("phone", "number", fmt.Sprintf("+34 600 %06d", i%1_000_000))
				v.Put("address", "city", "Girona")
				said[i] = w.prepare(system(1), fmt.Sprintf("guest%d@example.org", i), v, func(in *party.Assertion) {
					in.Ticket = &party.TicketInput{Ref: fmt.Sprintf("T-%d", i), Title: "Guided tour"}
				})
			}
			var next atomic.Int64
			var wg sync.WaitGroup
			b.ResetTimer()
			start := time.Now()
			for range 64 {
				wg.Go(func() {
					for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
						if err := w.db.Do(b.Context(), said[i]); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "writes/s")
			b.StopTimer()
			if err := w.db.Settle(b.Context()); err != nil {
				b.Error(err)
			}
		})
	}
}
