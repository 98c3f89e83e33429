package matching

import (
	"context"
	"iter"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/habeas-data/habeas/match/search"
)

// questionCount is how many names, and misspellings of each kind, are asked.
const questionCount = 5000

// Find answers questions with an index of ours.
func Find(x *search.Index) Finder {
	organisations, answers := []string{typeOrganization}, make([]Answer, 0, answersWanted)
	return func(q Question) []Answer {
		ask := search.Query{Text: q.Text, Limit: answersWanted}
		if q.Mention {
			ask.Mode, ask.Types = search.Mention, organisations
		}
		hits := x.Search(ask).Hits
		answers = answers[:0]
		for _, h := range hits {
			answers = append(answers, Answer{ID: h.ID, Name: h.Name, P: h.P})
		}
		return answers
	}
}

// collect keeps all entities of the reference data.
func collect(j *job) ([]search.Entity, error) {
	var all []search.Entity
	for e, err := range Entities(j.Reference) {
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	if len(all) == 0 {
		j.note("search: not measured: there are no entities")
	}
	return all, nil
}

// searching measures quality and time of answers, and how long building takes from
// entities that are in memory already.
func searching(ctx context.Context, j *job) error {
	j.Notes = append(j.Notes, Missing(j.Reference)...)
	entities, err := collect(j)
	if err != nil || len(entities) == 0 {
		return err
	}
	questions, err := NewQuestions(j.Reference, entities, j.Seed, questionCount)
	if err != nil {
		return err
	}
	runtime.GC()
	began, cpu := time.Now(), CPUSeconds()
	x, err := search.Build(ctx, slices.Values(entities), search.Options{})
	if err != nil {
		return err
	}
	f := Figures{"build_s": time.Since(began).Seconds(), "build_cpu_s": CPUSeconds() - cpu, "entities": float64(x.Len()), "names_indexed": float64(x.Names())}
	for _, e := range entities {
		f["names"] += float64(len(e.Names))
	}
	j.say("search: %d entities with %.0f names, built in %.2f s", x.Len(), f["names"], f["build_s"])
	f.ask(questions, Find(x), 0.5)
	for _, kind := range []string{"exact", "typo1", "typo2", "springer"} {
		j.say("search, %s: first %.4f, in ten %.4f, f1 %.4f, median %.1f µs, 99 in 100 within %.0f µs", kind,
			f[kind+".r1"], f[kind+".r10"], f[kind+".f1"], f[kind+".p50_us"], f[kind+".p99_us"])
	}
	j.Figures.put("search", f)
	return x.Close()
}

// ask puts all questions to a finder: once to warm it up and for the quality, then for
// the times, all of it on one core.
func (f Figures) ask(q Questions, find Finder, threshold float64) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for name, questions := range q.ByKind() {
		answers, _ := Ask(questions, find)
		f.put(name, Score(questions, answers, threshold))
		runtime.GC()
		f.put(name, Times(AskWarm(questions, find)))
	}
}

// weight measures the memory that an index takes whose entities come from files and
// are not kept.
func weight(ctx context.Context, j *job) error {
	var failed error
	x, err := search.Build(ctx, untilError(Entities(j.Reference), &failed), search.Options{})
	switch {
	case failed != nil:
		return failed
	case err != nil:
		return err
	case x.Len() == 0:
		return nil
	}
	debug.FreeOSMemory()
	now, most, ok := memory()
	if !ok {
		j.note("search.rss_mb: not measured: only Linux says how much memory a process has")
		return nil
	}
	j.Figures.put("search", Figures{"rss_mb": now, "peak_mb": most, "index_mb": float64(x.Stats().Bytes) / (1 << 20)})
	j.say("search: %.0f MiB after building, %.0f MiB at most", now, most)
	return x.Close()
}

// untilError lists what comes before an error, which it keeps.
func untilError(all iter.Seq2[search.Entity, error], failed *error) iter.Seq[search.Entity] {
	return func(yield func(search.Entity) bool) {
		for e, err := range all {
			if err != nil {
				*failed = err
				return
			}
			if !yield(e) {
				return
			}
		}
	}
}
