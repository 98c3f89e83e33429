package link

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Stages of Link, as Progress names them.
const (
	stageRead    = "read"
	stageLearn   = "learn"
	stageCompare = "compare"
	stageCluster = "cluster"
)

// samplePairs is how many candidates a model is learned from at most.
const samplePairs = 400_000

// detectRows is how many rows Detect looks at.
const detectRows = 5_000

// run is one call of Link.
type run struct {
	ctx     context.Context
	o       Options
	workers int
	fr      *frame
	blocks  *blocks
	sources []uint32 // of each row, nil when there is one
	mode    Mode
	model   *Model

	mu       sync.Mutex // guards Progress
	compared atomic.Int64
	done     atomic.Int64 // rows of the current stage
}

func newRun(ctx context.Context, o Options) *run {
	if o.Threshold == 0 {
		o.Threshold = .5
	}
	if o.PairsFrom == 0 {
		o.PairsFrom = .5
	}
	if o.Mode == "" {
		o.Mode = ModeAuto
	}
	r := &run{ctx: ctx, o: o, workers: o.Workers, mode: o.Mode}
	if r.workers <= 0 {
		r.workers = runtime.GOMAXPROCS(0)
	}
	return r
}

// progress tells how far a stage is.
func (r *run) progress(stage string, done float64, rows int) {
	if r.o.Progress == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.o.Progress(Progress{Stage: stage, Done: done, Rows: rows, Pairs: r.compared.Load()})
}

// Link finds which rows are the same. header names the columns; rows yields one slice
// for each row, as long as header, which Link does not keep. An error that rows yields
// ends the call, as does a row of another length (*RowError).
//
// The rows are read once and kept in columns, each distinct text once: about one and a
// half kilobytes a row of nine columns at the peak. Everything else is bounded by the
// number of rows too. Cancelling ctx stops all workers within milliseconds. Link is safe
// for concurrent use.
func Link(ctx context.Context, header []string, rows iter.Seq2[[]string, error], o Options) (*Result, error) {
	if len(o.Fields) > 0 && len(o.Fields) != len(header) {
		return nil, errors.New("link: as many fields as columns are needed")
	}
	r := newRun(ctx, o)
	if err := r.read(header, rows); err != nil {
		return nil, err
	}
	if err := r.block(); err != nil {
		return nil, err
	}
	if err := r.learn(); err != nil {
		return nil, err
	}
	pairs, err := r.compare()
	if err != nil {
		return nil, err
	}
	return r.result(pairs)
}

// read fills the frame.
func (r *run) read(header []string, rows iter.Seq2[[]string, error]) error {
	in := newIntake(len(header))
	err := in.read(r.ctx, rows, func(n int) { r.progress(stageRead, 0, n) })
	if err != nil {
		return err
	}
	fields := r.o.Fields
	if len(fields) == 0 {
		fields = Detect(header, in.sample(detectRows))
	}
	if r.fr, err = in.frame(r.ctx, fields, r.workers); err != nil {
		return err
	}
	r.fr.arrange()
	r.progress(stageRead, 1, r.fr.rows)
	for c := range r.fr.cols {
		if fields[c].Kind == Source && len(r.fr.cols[c].values) > 2 && r.sources == nil {
			r.sources = r.fr.cols[c].ids
		}
	}
	if r.sources == nil {
		r.mode = ModeTransitive
	}
	return nil
}

// block finds the candidates.
func (r *run) block() (err error) {
	r.blocks, err = newBlocks(r.ctx, r.fr, r.workers)
	return err
}

// learn makes the model and decides the mode.
func (r *run) learn() error {
	r.progress(stageLearn, 0, r.fr.rows)
	err := r.learnModel()
	if err != nil {
		return err
	}
	if r.mode == ModeAuto {
		r.mode = r.decideMode()
		if r.mode == ModeOneToOne {
			err = r.learnModel()
		}
	}
	r.progress(stageLearn, 1, r.fr.rows)
	return err
}

func (r *run) learnModel() (err error) {
	if r.o.Model != nil {
		r.model = r.o.Model
		return nil
	}
	r.model, err = learn(r.ctx, r.fr, r.sample(), r.total(), r.o.Seed)
	return err
}

// total is how many pairs there are that may be one.
func (r *run) total() float64 {
	n := float64(r.fr.rows)
	total := n * (n - 1) / 2
	if r.mode == ModeOneToOne {
		count := map[uint32]float64{}
		for _, s := range r.sources {
			count[s]++
		}
		for _, k := range count {
			total -= k * (k - 1) / 2
		}
	}
	return total
}

// apart reports whether two rows cannot be one, being of one source.
func (r *run) apart(i, j int32) bool {
	return r.mode == ModeOneToOne && r.sources[i] == r.sources[j]
}

// sample draws candidates: all of some rows, evenly chosen.
func (r *run) sample() sample {
	g := newGatherer(r.blocks)
	var s sample
	n := r.fr.rows
	row, step, used := n/2, stride(n), 0
	for ; used < n && len(s.pairs) < samplePairs; used++ {
		for _, j := range g.before(row) {
			if !r.apart(int32(row), j) {
				s.pairs = append(s.pairs, couple{j, int32(row)})
			}
		}
		row = (row + step) % n
	}
	s.share = float64(used) / float64(max(1, n))
	return s
}

// stride returns a step that visits all of n rows in a scattered order.
func stride(n int) int {
	step := int(float64(n) * .6180339887)
	for step = max(1, step); gcd(step, n) > 1; step++ {
	}
	return step
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// decideMode finds out whether the rows of one source repeat each other: whether it is
// worth the while to look for pairs within a source. Rows that repeat each other agree as
// well within a source as across; rows that only look alike do not agree as well. So
// the better half of the pairs across is the yardstick.
func (r *run) decideMode() Mode {
	c := newComparer(r.fr, r.model)
	var v []verdict
	var within, across []float64
	for _, p := range r.sample().pairs {
		v = c.verdicts(p.a, p.b, v)
		bits := c.weigh(p.a, p.b, v)
		switch {
		case bits < 0:
		case r.sources[p.a] == r.sources[p.b]:
			within = append(within, bits)
		default:
			across = append(across, bits)
		}
	}
	if len(across) == 0 {
		return ModeTransitive
	}
	slices.Sort(across)
	half := across[len(across)/2]
	strong := 0
	for _, bits := range within {
		strong += btoi(bits >= half)
	}
	if 20*strong < len(across) {
		return ModeOneToOne
	}
	return ModeTransitive
}

const compareChunk = 1024 // rows

// compare weighs all candidates and keeps the pairs that matter, as numbered in the
// frame.
func (r *run) compare() ([]Pair, error) {
	n := r.fr.rows
	floor := logOdds(min(r.o.Threshold, r.o.PairsFrom))
	out := make([][]Pair, (n+compareChunk-1)/compareChunk)
	ids := byRow(r.fr, r.model)
	type worker struct {
		s *screen
		c *comparer
		g *gatherer
		v []verdict
	}
	workers := make([]worker, r.workers)
	err := parallel(r.ctx, len(out), r.workers, func(at, chunk int) {
		w := &workers[at]
		if w.c == nil {
			w.c, w.g = newComparer(r.fr, r.model), newGatherer(r.blocks)
			w.s = newScreen(w.c, ids, floor)
		}
		compared := int64(0)
		to := min((chunk+1)*compareChunk, n)
		for i := chunk * compareChunk; i < to; i++ {
			w.s.begin(i)
			for _, j := range w.g.before(i) {
				if r.apart(int32(i), j) {
					continue
				}
				compared++
				if w.s.rejects(j) {
					continue
				}
				w.v = w.c.verdicts(j, int32(i), w.v)
				if bits := w.c.weigh(j, int32(i), w.v); bits >= floor {
					out[chunk] = append(out[chunk], Pair{A: j, B: int32(i), P: probability(bits), Bits: bits})
				}
			}
		}
		r.compared.Add(compared)
		done := r.done.Add(int64(to - chunk*compareChunk))
		r.progress(stageCompare, float64(done)/float64(n), int(done))
	})
	return slices.Concat(out...), err
}

// result clusters and names rows as they were read.
func (r *run) result(pairs []Pair) (*Result, error) {
	r.progress(stageCluster, 0, r.fr.rows)
	res := &Result{
		Rows: r.fr.rows, Model: r.model, Fields: r.fr.fields, Mode: r.mode,
		Compared: r.compared.Load(), explainer: &explainer{c: newComparer(r.fr, r.model), at: r.fr.places()},
	}
	res.Cluster = r.named(cluster(r.fr.rows, pairs, r.sources, r.mode, r.o.Threshold, res.explainer.c))
	order := r.fr.order
	for _, p := range pairs {
		if p.P < r.o.PairsFrom {
			continue
		}
		p.A, p.B = order[p.A], order[p.B]
		if p.A > p.B {
			p.A, p.B = p.B, p.A
		}
		res.Pairs = append(res.Pairs, p)
	}
	slices.SortFunc(res.Pairs, func(p, q Pair) int {
		if p.A != q.A {
			return int(p.A - q.A)
		}
		return int(p.B - q.B)
	})
	r.progress(stageCluster, 1, r.fr.rows)
	return res, r.ctx.Err()
}

// named turns clusters of rows of the frame into clusters of rows as read, each named by
// its lowest row.
func (r *run) named(roots []int32) []int32 {
	order := r.fr.order
	lowest := make([]int32, len(roots))
	for i := range lowest {
		lowest[i] = int32(len(roots))
	}
	for i, root := range roots {
		lowest[root] = min(lowest[root], order[i])
	}
	out := make([]int32, len(roots))
	for i, root := range roots {
		out[order[i]] = lowest[root]
	}
	return out
}

// explainer compares single pairs after the fact.
type explainer struct {
	mu sync.Mutex
	c  *comparer
	at []int32 // for each row as read where it is in the frame
}

func (e *explainer) weigh(i, j int32) float64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.c.weigh(i, j, e.c.verdicts(min(i, j), max(i, j), nil))
}

// Explain says what each comparison contributed to the pair of rows a and b, numbered
// as in Pairs, the weightiest first. Safe for concurrent use.
func (r *Result) Explain(a, b int32) []Reason {
	e := r.explainer
	e.mu.Lock()
	defer e.mu.Unlock()
	i, j := e.at[a], e.at[b]
	return e.c.explain(min(i, j), max(i, j))
}
