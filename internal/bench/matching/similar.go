package matching

import (
	"context"
	"math/rand/v2"
	"runtime"
	"strconv"
	"time"

	"github.com/habeas-data/habeas/internal/bench/matching/people"
	"github.com/habeas-data/habeas/match/link"
)

// similar asks an index of all rows for those that are like a new row about one of
// their people. found is how often there is one among the answers.
func similar(ctx context.Context, j *job, set *people.Set, model *link.Model) error {
	x := link.NewIndex(model)
	began := time.Now()
	for i := range set.Len() {
		if i%10_000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		x.Put(strconv.Itoa(i), set.Row(i))
	}
	f := Figures{"index_s": time.Since(began).Seconds()}
	runtime.GC()
	if now, _, ok := memory(); ok {
		f["index_mb"] = now
	}
	j.say("find similar: %d rows are in the index after %.0f s", x.Len(), f["index_s"])
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	r := rand.New(rand.NewPCG(j.Seed, 13))
	asked := min(questionCount, set.Len())
	who, rows := make([]int, asked), make([][]string, asked)
	for i := range rows {
		at := r.IntN(set.Len())
		who[i], rows[i] = set.Person(at), set.Another(at)
	}
	times := make([]time.Duration, len(rows))
	first, found := 0.0, 0.0
	for pass := range 2 { // the first one warms up
		for i, row := range rows {
			began := time.Now()
			matches := x.Similar(row, answersWanted, 0.5)
			times[i] = time.Since(began)
			for k, m := range matches {
				if at, err := strconv.Atoi(m.ID); pass > 0 && err == nil && set.Person(at) == who[i] {
					found++
					first += number(k == 0)
					break
				}
			}
		}
	}
	t := Times(times)
	f["p50_us"], f["p99_us"] = t["p50_us"], t["p99_us"]
	f["r1"], f["found"] = first/float64(len(rows)), found/float64(len(rows))
	j.say("find similar: median %.0f µs, 99 in 100 within %.0f µs; found %.4f", f["p50_us"], f["p99_us"], f["found"])
	for name, v := range f {
		j.Figures["linkage.million.similar_"+name] = v
	}
	return nil
}
