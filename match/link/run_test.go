package link

import (
	"context"
	"errors"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func mustLink(t testing.TB, rows [][]string, o Options) *Result {
	t.Helper()
	if o.Fields == nil {
		o.Fields = crowdFields()
	}
	r, err := Link(t.Context(), crowdHeader, all(rows), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPeopleWithTyposAreFound(t *testing.T) {
	c := newCrowd(3, 2_000/slower, .3)
	precision, recall, _ := c.f1(mustLink(t, c.rows, Options{}).Cluster)
	if precision < .9 || recall < .9 {
		t.Errorf("precision %.3f, recall %.3f", precision, recall)
	}
}

func TestOrderOfRowsAndNumberOfWorkersChangeNothing(t *testing.T) {
	for seed, n := range []int{0, 1, 2, 20, 100, 300, 600}[:8-slower] {
		c := newCrowd(uint64(seed), n, .3)
		want := mustLink(t, c.rows, Options{Workers: 1})
		order := rand.New(rand.NewPCG(uint64(seed), 1)).Perm(n)
		moved := make([][]string, n)
		for i, at := range order {
			moved[i] = c.rows[at]
		}
		got := mustLink(t, moved, Options{Workers: 4})
		if len(got.Pairs) != len(want.Pairs) || got.Compared != want.Compared {
			t.Fatalf("%d pairs of %d compared, want %d of %d", len(got.Pairs), got.Compared, len(want.Pairs), want.Compared)
		}
		p := map[[2]int32]float64{}
		for _, pair := range want.Pairs {
			p[[2]int32{pair.A, pair.B}] = pair.P
		}
		for _, pair := range got.Pairs {
			a, b := int32(order[pair.A]), int32(order[pair.B])
			if q, ok := p[[2]int32{min(a, b), max(a, b)}]; !ok || math.Abs(q-pair.P) > 1e-6 {
				t.Fatalf("pair %d %d: %v, want %v", a, b, pair.P, q)
			}
		}
		for i := range moved {
			for j := range i {
				if (got.Cluster[i] == got.Cluster[j]) != (want.Cluster[order[i]] == want.Cluster[order[j]]) {
					t.Fatalf("rows %d and %d are joined in one order only", order[i], order[j])
				}
			}
		}
	}
}

func TestScreenRejectsOnlyWhatWeighsTooLittle(t *testing.T) {
	for seed := range uint64(3 / slower) {
		c := newCrowd(seed, 1_500/slower, .3)
		r := newRun(t.Context(), Options{Fields: crowdFields()})
		if err := r.read(crowdHeader, all(c.rows)); err != nil {
			t.Fatal(err)
		}
		if err := r.block(); err != nil {
			t.Fatal(err)
		}
		if err := r.learn(); err != nil {
			t.Fatal(err)
		}
		const floor = 0.0
		cmp, g := newComparer(r.fr, r.model), newGatherer(r.blocks)
		s := newScreen(newComparer(r.fr, r.model), byRow(r.fr, r.model), floor)
		rejected := 0
		for i := range r.fr.rows {
			s.begin(i)
			for _, j := range g.before(i) {
				if !s.rejects(j) {
					continue
				}
				rejected++
				if bits := cmp.weigh(j, int32(i), cmp.verdicts(j, int32(i), nil)); bits >= floor {
					t.Fatalf("rows %d and %d were rejected with %.1f bits", j, i, bits)
				}
			}
		}
		if rejected == 0 {
			t.Error("nothing was rejected")
		}
	}
}

func TestRowsThatCannotBeTaken(t *testing.T) {
	ragged := [][]string{make([]string, 9), make([]string, 9), make([]string, 8)}
	_, err := Link(t.Context(), crowdHeader, all(ragged), Options{Fields: crowdFields()})
	if e := (*RowError)(nil); !errors.As(err, &e) || e.Row != 2 {
		t.Errorf("a short row: %v", err)
	}
	broken := errors.New("broken")
	failing := iter.Seq2[[]string, error](func(yield func([]string, error) bool) {
		_ = yield(make([]string, 9), nil) && yield(nil, broken)
	})
	if _, err := Link(t.Context(), crowdHeader, failing, Options{Fields: crowdFields()}); !errors.Is(err, broken) {
		t.Errorf("an error of the source: %v", err)
	}
	if _, err := Link(t.Context(), crowdHeader, all(nil), Options{Fields: crowdFields()[:3]}); err == nil {
		t.Error("too few fields are taken")
	}
}

func TestCancelledLinkStops(t *testing.T) {
	c := newCrowd(1, 3_000/slower/slower, .3)
	for _, stage := range []string{stageRead, stageLearn, stageCompare} {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := Link(ctx, crowdHeader, all(c.rows), Options{Fields: crowdFields(), Progress: func(p Progress) {
			if p.Stage == stage {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled in stage %s: %v", stage, err)
		}
		cancel()
	}
}

func TestStagesFollowEachOther(t *testing.T) {
	var stages []string
	mustLink(t, newCrowd(1, 500/slower, .3).rows, Options{Progress: func(p Progress) {
		if len(stages) == 0 || stages[len(stages)-1] != p.Stage {
			stages = append(stages, p.Stage)
		}
		if p.Done < 0 || p.Done > 1 {
			t.Errorf("%s is done to %v", p.Stage, p.Done)
		}
	}})
	if !slices.Equal(stages, []string{stageRead, stageLearn, stageCompare, stageCluster}) {
		t.Errorf("stages %v", stages)
	}
}

func BenchmarkLink(b *testing.B) {
	for _, size := range []struct {
		name string
		rows int
	}{{"10k", 10_000}, {"100k", 100_000}} {
		c := newCrowd(1, size.rows, .25)
		b.Run(size.name, func(b *testing.B) {
			var r *Result
			for b.Loop() {
				r = mustLink(b, c.rows, Options{})
			}
			_, _, f := c.f1(r.Cluster)
			b.ReportMetric(f, "F1")
			b.ReportMetric(float64(r.Compared)/float64(size.rows), "compared/row")
		})
	}
}
