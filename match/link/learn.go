package link

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
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
	// How often related pairs share what they share now and then: twins a birthday, a
	// couple an e-mail address.
	looseShare = .03
	// Fields that name a person differ among matches at most so many times as often as
	// is usual. Without this bound a table with few matches would take relatives for them.
	maxDiffers = 6
	// few is how many pairs of each class are believed before any was seen.
	few = .2
	// Nothing is believed rarer among chance pairs than once in so many of those seen.
	rarest = .1
)

// kin are the kinds of related pairs that are looked for.
var kin = []Related{
	{
		Name:  "family",
		Kinds: []Kind{FamilyName, Street, HouseNumber, Place, Postcode, Phone},
		Loose: []Kind{GivenName, Date, Email},
	},
	{Name: "neighbours", Kinds: []Kind{Street, Place, Postcode, Category}},
	{Name: "namesakes", Kinds: []Kind{GivenName, Category}, Loose: []Kind{Email}},
}

// usual is how often related pairs show a level before anything was learned.
func (r *Related) usual(k Kind, l Level) float64 {
	switch {
	case r.shares(k):
		return l.M
	case slices.Contains(r.Loose, k):
		return looseShare*l.M + (1-looseShare)*l.U
	}
	return l.U
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
		c.order()
		for l := range c.Levels {
			for i := range m.Related {
				c.Levels[l].Related = append(c.Levels[l].Related, m.Related[i].usual(c.Kind, c.Levels[l]))
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
	for range int(min(randomPairs, 4*e.total)) {
		if e.fr.rows < 2 {
			return
		}
		a, b := int32(r.IntN(e.fr.rows)), int32(r.IntN(e.fr.rows))
		if a != b {
			v = c.chance(e.fr, a, b, v)
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
	e.model.Prior = (cand.mass[0]*scale + few) / (e.total + 1)
	for i := range e.model.Related {
		e.model.Related[i].Share = (cand.mass[2+i]*scale + few) / (e.total + 1)
	}
	for k := range e.model.Comparisons {
		c := &e.model.Comparisons[k]
		usual := c.scheme().levels
		m, ur, uc := cand.count(k, 0), random.count(k, 1), cand.count(k, 1)
		sm, sr := sum(m), sum(ur)
		strength := priorMatches + priorShare*sm
		for l := range c.Levels {
			c.Levels[l].M = (m[l] + strength*usual[l].M) / (sm + strength)
			seen := (ur[l] + rarest*float64(len(usual))*usual[l].U) / (sr + rarest*float64(len(usual)))
			c.Levels[l].U = max(seen, rarest*usual[l].U*100/(sr+100), uc[l]*scale/e.total)
		}
		c.bound(usual)
		for i, r := range e.model.Related {
			got := cand.count(k, 2+i)
			s := sum(got)
			strength := float64(priorMatches)
			if !r.shares(c.Kind) {
				strength += s
			}
			for l := range c.Levels {
				q := r.usual(c.Kind, Level{M: usual[l].M, U: c.Levels[l].U})
				if r.shares(c.Kind) || slices.Contains(r.Loose, c.Kind) {
					q = (got[l] + strength*q) / (s + strength)
				}
				c.Levels[l].Related[i] = q
			}
		}
	}
}

// bound keeps a comparison sensible: names and identifiers of one person seldom differ,
// and a lesser agreement is never worth more than a better one.
func (c *Comparison) bound(usual []Level) {
	last := len(c.Levels) - 1
	switch c.Kind {
	case GivenName, FamilyName, FullName, Organisation, Date, Email, Identifier:
		if most := maxDiffers * usual[last].M; c.Levels[last].M > most {
			rest := (1 - most) / (1 - c.Levels[last].M)
			for l := range c.Levels[:last] {
				c.Levels[l].M *= rest
			}
			c.Levels[last].M = most
		}
	default: // people move
	}
	c.order()
	for l := range c.Levels {
		c.Levels[l].U = min(1, c.Levels[l].U)
	}
}

// order pools levels where a lesser agreement would be worth more than a better one
// (isotonic regression by pooling adjacent violators; Ayer et al. 1955). Swapped names
// stand apart: they agree in two fields.
func (c *Comparison) order() {
	type pool struct {
		m, u   float64
		levels []int
	}
	var pools []pool
	for l, lv := range c.Levels {
		if lv.Code == "swapped" {
			continue
		}
		p := pool{lv.M, lv.U, []int{l}}
		for n := len(pools) - 1; n >= 0 && pools[n].m*p.u < p.m*pools[n].u; n-- {
			p = pool{p.m + pools[n].m, p.u + pools[n].u, append(pools[n].levels, p.levels...)}
			pools = pools[:n]
		}
		pools = append(pools, p)
	}
	for _, p := range pools {
		for _, l := range p.levels {
			c.Levels[l].U = c.Levels[l].M * p.u / p.m
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
