package app

import (
	"testing"
	"time"
)

// How late an answer that is held leaves; the runtime's own timers for comparison.
func BenchmarkSleep(b *testing.B) {
	for name, sleep := range map[string]func(time.Duration){"exact": sleep, "runtime": time.Sleep} {
		b.Run(name, func(b *testing.B) {
			var late time.Duration
			for i := range b.N {
				d := time.Duration(300+i%1000) * time.Microsecond
				began := time.Now()
				sleep(d)
				late += time.Since(began) - d
			}
			b.ReportMetric(float64(late.Microseconds())/float64(b.N), "µs-late")
		})
	}
}
