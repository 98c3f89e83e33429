package party

import (
	"encoding/binary"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/bench/matching/people"
)

// inventedTown is many invented people, as what was said about them.
func inventedTown(n int) []Statement {
	set := people.New(7, n, people.Profiles[0])
	said := make([]Statement, n)
	for i := range said {
		said[i] = Statement{Party: numbered(i), Values: invented(set.Row(i), 0, 1, 2, 3, 4, 5, 6, 7, 8)}
	}
	return said
}

func numbered(i int) (id habeas.PartyID) {
	binary.BigEndian.PutUint64(id[:], uint64(i)*0x9e3779b97f4a7c15)
	binary.BigEndian.PutUint32(id[8:], uint32(i))
	return id
}

func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// processor is how long this process has had the processors.
func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it does not fail
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkLearn learns 100,000 people: what each costs in time until it is findable,
// the longest that one call took, and in memory.
func BenchmarkLearn(b *testing.B) {
	said := inventedTown(100_000)
	for b.Loop() {
		before, longest := heap(), time.Duration(0)
		x := NewIndex()
		begin, worked := time.Now(), processor()
		for i := range said {
			at := time.Now()
			x.Learn(Party{ID: said[i].Party}, said[i])
			longest = max(longest, time.Since(at))
		}
		learned := time.Since(begin)
		x.Settle()
		all := time.Since(begin)
		b.ReportMetric(float64(learned.Microseconds())/float64(len(said)), "µs/Learn")
		b.ReportMetric(float64(all.Microseconds())/float64(len(said)), "µs/findable")
		b.ReportMetric(float64((processor()-worked).Microseconds())/float64(len(said)), "cpu-µs/findable")
		b.ReportMetric(float64(longest.Milliseconds()), "ms-longest")
		b.ReportMetric((heap()-before)/float64(len(said)), "B/party")
		runtime.KeepAlive(x)
	}
}

func BenchmarkFind(b *testing.B) {
	x := NewIndex()
	said := inventedTown(100_000)
	for i := range said {
		x.Learn(Party{ID: said[i].Party}, said[i])
	}
	x.Settle()
	for name, query := range map[string]func(v Values) string{
		"name":   func(v Values) string { return v.Get("identity", "given_name") + " " + v.Get("identity", "family_name") },
		"family": func(v Values) string { return v.Get("identity", "family_name") },
		"begun":  func(v Values) string { return (v.Get("identity", "given_name") + "    ")[:4] },
		"mail":   func(v Values) string { return v.Get("contact", "email") },
	} {
		b.Run(name, func(b *testing.B) {
			i := 0
			for b.Loop() {
				x.Find(query(said[i%len(said)].Values), 50)
				i += 7919
			}
		})
	}
	b.Run("like", func(b *testing.B) {
		i := 0
		for b.Loop() {
			x.Like(said[i%len(said)].Values, 8)
			i += 7919
		}
	})
}
