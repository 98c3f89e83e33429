package scrubbing

import (
	"context"
	"strconv"
	"testing"

	"github.com/habeas-data/habeas/internal/bench/matching"
	"github.com/habeas-data/habeas/internal/bench/scrubbing/corpus"
	"github.com/habeas-data/habeas/scrub"
)

// BenchmarkScrub is the speed over each corpus, with 10,000 known values and without any.
// The metric cpu-MB/s is by processor time, which other programs disturb less.
func BenchmarkScrub(b *testing.B) {
	for _, c := range (Options{Seed: 1}).Corpora(corpus.Open) {
		text := joined(c, 2<<20)
		format := scrub.Auto
		if c.Name == "logs" {
			text, format = LogOf(1, 2<<20), scrub.Mixed
		}
		for _, n := range []int{0, knownValues} {
			b.Run(c.Name+"/"+strconv.Itoa(n), func(b *testing.B) {
				s, err := newOurs(context.Background(), corpus.NewKnown(1, corpus.Open, n, 0).Values)
				if err != nil {
					b.Fatal(err)
				}
				defer s.close()
				var buffer []byte
				b.SetBytes(int64(len(text)))
				began := matching.CPUSeconds()
				for b.Loop() {
					buffer = s.AppendAs(buffer[:0], text, format)
				}
				b.ReportMetric(float64(len(text))*float64(b.N)/1e6/(matching.CPUSeconds()-began), "cpu-MB/s")
			})
		}
	}
}
