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

const (
	randomPairs = 200_000
	rounds      = 60
	// A priori strength of the usual error rates: as many matches, and that share of
	// the matches found.
	priorMatches = 20
	priorShare   = .1
)

// kin are the kinds of related pairs that are looked for.
var kin = []Related{
	{Name: "family", Kinds: []Kind{FamilyName, Street, HouseNumber, Place, Postcode, Phone}},
	{Name: "neighbours", Kinds: []Kind{Street, Place, Postcode, Category}},
}

// learn estimates a model from the rows of a frame without labels: expectation
// maximisation (Dempster, Laird and Rubin 1977; Winkler 1988) over all total pairs,
// where only candidates may match. What other pairs show is taken from random pairs.
func learn(ctx context.Context, fr *frame, s sample, total float64, seed uint64) (*Model, error) {
	total = max(1, total)
	e := &estimator{fr: fr, model: startModel(fr, total), sample: s, total: total}
	e.gather(rand.New(rand.NewPCG(seed, 1)))
	for round := range rounds {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		before := e.model.Prior
		e.step()
		if round > 10 && math.Abs(math.Log(e.model.Prior/before)) < 1e-4 {
			break
		}
	}
	return e.model, nil
}

// startModel is what is believed before a pair was looked at.
func startModel(fr *frame, total float64) *Model {
	m := &Model{Fields: fr.fields, Comparisons: plan(fr), Rows: fr.rows}
	m.Prior = min(.1, float64(fr.rows)/4/total)
	for _, r := range kin {
		shared := 0
		for _, c := range m.Comparisons {
			if r.shares(c.Kind) {
				shared++
			}
		}
		if shared > 1 {
			r.Share = m.Prior
			m.Related = append(m.Related, r)
		}
	}
	for k := range m.Comparisons {
		c := &m.Comparisons[k]
		for l := range c.Levels {
			for i := range m.Related {
				u := c.Levels[l].U
				if m.Related[i].shares(c.Kind) {
					u = c.Levels[l].M
				}
				c.Levels[l].Related = append(c.Levels[l].Related, u)
			}
		}
	}
	return m
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
	cand := e.expect(w, e.sample.pairs, e.cand)
	random := e.expect(w, e.chance, e.random)
	scale := 1 / e.sample.share
	e.model.Prior = (cand.mass[0]*scale + .5) / (e.total + 1)
	for i := range e.model.Related {
		e.model.Related[i].Share = (cand.mass[2+i]*scale + .5) / (e.total + 1)
	}
	for k := range e.model.Comparisons {
		c := &e.model.Comparisons[k]
		prior := c.scheme().levels
		n := len(c.Levels)
		m, ur, uc := cand.count(k, 0), random.count(k, 1), cand.count(k, 1)
		sm, sr := sum(m), sum(ur)
		strength := priorMatches + priorShare*sm
		for l := range n {
			lv := &c.Levels[l]
			lv.M = (m[l] + strength*prior[l].M) / (sm + strength)
			lv.U = max((ur[l]+priorMatches*prior[l].U)/(sr+priorMatches), uc[l]*scale/e.total)
		}
		for i, r := range e.model.Related {
			got := cand.count(k, 2+i)
			s := sum(got)
			for l := range n {
				if r.shares(c.Kind) {
					c.Levels[l].Related[i] = (got[l] + priorMatches*prior[l].M) / (s + priorMatches)
				} else {
					c.Levels[l].Related[i] = c.Levels[l].U
				}
			}
		}
	}
}

// tally counts levels for each class.
type tally struct {
	mass   []float64     // for each class
	counts [][][]float64 // comparison, class, level
}

func (t *tally) count(k, class int) []float64 { return t.counts[k][class] }

// expect shares each pair out among the classes.
func (e *estimator) expect(w *weigher, pairs []couple, verdicts []verdict) *tally {
	t := &tally{mass: make([]float64, w.classes), counts: make([][][]float64, e.width)}
	for k := range t.counts {
		t.counts[k] = make([][]float64, w.classes)
		for c := range t.counts[k] {
			t.counts[k][c] = make([]float64, len(e.model.Comparisons[k].Levels))
		}
	}
	p := make([]float64, w.classes)
	for i, pair := range pairs {
		v := verdicts[i*e.width : (i+1)*e.width]
		copy(p, w.share)
		w.add(pair.a, pair.b, v, p)
		normalise(p)
		for c, q := range p {
			t.mass[c] += q
			for k, l := range v {
				if l != noLevel {
					t.counts[k][c][l] += q
				}
			}
		}
	}
	return t
}

// normalise turns log2 likelihoods into probabilities.
func normalise(p []float64) {
	top := p[0]
	for _, x := range p[1:] {
		top = max(top, x)
	}
	s := 0.0
	for i, x := range p {
		p[i] = math.Exp2(x - top)
		s += p[i]
	}
	for i := range p {
		p[i] /= s
	}
}

func sum(x []float64) float64 {
	s := 0.0
	for _, y := range x {
		s += y
	}
	return s
}
