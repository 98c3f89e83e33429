package link

import (
	"context"
	"math"
	"math/rand/v2"
)

// couple is two rows.
type couple struct{ a, b int32 }

// sample is candidates drawn evenly from all of them.
type sample struct {
	pairs []couple
	share float64 // of all candidates that are in pairs: 1 when all
}

const randomPairs = 200_000

// learn estimates a model from the rows of a frame without labels: expectation
// maximisation (Dempster, Laird and Rubin 1977; Winkler 1988) over all total pairs,
// where only candidates may match. What other pairs show is taken from random pairs.
func learn(ctx context.Context, fr *frame, s sample, total float64, seed uint64) (*Model, error) {
	m := &Model{Fields: fr.fields, Comparisons: plan(fr.fields), Rows: fr.rows}
	m.Prior = min(.5, float64(fr.rows)/4/max(1, total))
	e := &estimator{fr: fr, model: m, sample: s, total: max(1, total)}
	e.gather(rand.New(rand.NewPCG(seed, 1)))
	for round := range 30 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		before := m.Prior
		e.step()
		if round > 4 && math.Abs(math.Log(m.Prior/before)) < 1e-4 {
			break
		}
	}
	return m, nil
}

// estimator holds the verdicts on candidates and on random pairs.
type estimator struct {
	fr     *frame
	model  *Model
	sample sample
	total  float64
	cand   []verdict // width verdicts for each candidate
	random []verdict
	chance []couple // the random pairs
	width  int
}

func (e *estimator) gather(r *rand.Rand) {
	c := newComparer(e.fr, e.model)
	e.width = len(e.model.Comparisons)
	var v []verdict
	for _, p := range e.sample.pairs {
		v = c.verdicts(p.a, p.b, v)
		e.cand = append(e.cand, v...)
	}
	for range randomPairs {
		if e.fr.rows < 2 {
			return
		}
		a, b := int32(r.IntN(e.fr.rows)), int32(r.IntN(e.fr.rows))
		if a != b {
			v = c.verdicts(a, b, v)
			e.random = append(e.random, v...)
			e.chance = append(e.chance, couple{a, b})
		}
	}
}

// step is one expectation and one maximisation.
func (e *estimator) step() {
	w := newWeigher(e.fr, e.model)
	m, uc, ur := e.zero(), e.zero(), e.zero()
	match := 0.0
	for i, p := range e.sample.pairs {
		v := e.cand[i*e.width : (i+1)*e.width]
		q := probability(w.weigh(p.a, p.b, v))
		match += q
		add(m, v, q)
		add(uc, v, 1-q)
	}
	for i, p := range e.chance {
		v := e.random[i*e.width : (i+1)*e.width]
		add(ur, v, 1-probability(w.weigh(p.a, p.b, v)))
	}
	match /= e.sample.share
	e.model.Prior = (match + 1) / (e.total + 2)
	for k := range e.model.Comparisons {
		levels := e.model.Comparisons[k].Levels
		prior := schemeOf(e.model.Comparisons[k].Kind).levels
		const strength = 20.0
		sm, sr := sum(m[k]), sum(ur[k])
		for l := range levels {
			levels[l].M = (m[k][l] + strength*prior[l].M) / (sm + strength)
			u := (ur[k][l] + strength*prior[l].U) / (sr + strength)
			levels[l].U = max(u, uc[k][l]/e.sample.share/e.total)
		}
	}
}

func (e *estimator) zero() [][]float64 {
	z := make([][]float64, e.width)
	for k := range z {
		z[k] = make([]float64, len(e.model.Comparisons[k].Levels))
	}
	return z
}

func add(to [][]float64, v []verdict, w float64) {
	for k, l := range v {
		if l != noLevel {
			to[k][l] += w
		}
	}
}

func sum(x []float64) float64 {
	s := 0.0
	for _, y := range x {
		s += y
	}
	return s
}
