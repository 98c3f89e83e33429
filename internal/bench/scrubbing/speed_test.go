package scrubbing

import (
	"context"
	"strconv"
	"testing"

	"github.com/habeas-data/habeas/internal/bench/matching"
	"github.com/habeas-data/habeas/internal/bench/scrubbing/corpus"
	"github.com/habeas-data/habeas/scrub"
)

// BenchmarkScrub is the speed over each corpus and over a log that names nobody, with 10,000 known values and without any.
// The metric cpu-MB/s is by processor time, which other programs disturb less.
func BenchmarkScrub(b *testing.B) {
	for _, c := range append((Options{Seed: 1}).Corpora(corpus.Open), Corpus{Name: "quiet_logs"}) {
		var text []byte
		format := scrub.Mixed
		switch c.Name {
		case "logs":
			text = LogOf(1, 2<<20)
		case "quiet_logs":
			text = quietLogOf(1, 2<<20)
		default:
			text, format = joined(c, 2<<20), scrub.Auto
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
