package link

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// crowdFrame is the rows of a crowd as read.
func crowdFrame(t testing.TB, c *crowd) *frame {
	t.Helper()
	r := newRun(context.Background(), Options{Fields: crowdFields(), Workers: 1})
	if err := r.read(crowdHeader, all(c.rows)); err != nil {
		t.Fatal(err)
	}
	return r.fr
}

// allPairs is every pair of n rows.
func allPairs(n int) sample {
	s := sample{share: 1}
	for i := range int32(n) {
		for j := i + 1; j < int32(n); j++ {
			s.pairs = append(s.pairs, couple{i, j})
		}
	}
	return s
}

// probabilities come true: of the pairs between two bounds about as many match as the
// model says, and it finds about as many matches as there are.
func TestLearnIsCalibrated(t *testing.T) {
	for seed := range uint64(3 / slower) {
		c := newCrowd(seed, 1000/slower, .3)
		fr := crowdFrame(t, c)
		s := allPairs(fr.rows)
		m, err := learn(t.Context(), fr, s, float64(len(s.pairs)), 1)
		if err != nil {
			t.Fatal(err)
		}
		cmp := newComparer(fr, m)
		var v []verdict
		var said, real, sure, wrong float64
		for _, p := range s.pairs {
			v = cmp.verdicts(p.a, p.b, v)
			q := probability(cmp.weigh(p.a, p.b, v))
			match := c.who[fr.order[p.a]] == c.who[fr.order[p.b]]
			said += q
			real += float64(btoi(match))
			if q > .95 {
				sure++
				wrong += float64(btoi(!match))
			}
		}
		if math.Abs(said-real) > .1*real || wrong > .05*sure {
			t.Errorf("seed %d: %.0f matches said, %.0f true; of %.0f sure ones %.0f wrong", seed, said, real, sure, wrong)
		}
	}
}

// Tables too small to learn from give what is usual, not nonsense.
func TestLearnFromNextToNothing(t *testing.T) {
	for rows := range 6 {
		fr := crowdFrame(t, newCrowd(5, rows, .5))
		s := allPairs(rows)
		m, err := learn(t.Context(), fr, s, float64(len(s.pairs)), 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.check(); err != nil {
			t.Errorf("%d rows: %v", rows, err)
		}
	}
}

func TestLearnStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	fr := crowdFrame(t, newCrowd(5, 50, .5))
	if _, err := learn(ctx, fr, allPairs(50), 1225, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// Whatever was counted, bound leaves shares, and a lesser agreement worth no more.
func TestOrderIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Comparison{Kind: Date, Levels: slices.Clone(dateLevels)}
		for l := range c.Levels {
			c.Levels[l].M = rapid.Float64Range(1e-6, 1).Draw(t, "m")
			c.Levels[l].U = rapid.Float64Range(1e-9, 1).Draw(t, "u")
		}
		var before, after float64
		for _, l := range c.Levels {
			before += l.U
		}
		c.order()
		for i, l := range c.Levels {
			after += l.U
			if i > 0 && l.M/l.U > c.Levels[i-1].M/c.Levels[i-1].U*(1+1e-9) {
				t.Errorf("level %d is worth more than the one before", i)
			}
		}
		if math.Abs(before-after) > 1e-9 {
			t.Errorf("shares sum to %g, before to %g", after, before)
		}
	})
}
