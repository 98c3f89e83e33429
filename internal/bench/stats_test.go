package bench

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// skewed draws times as servers have them: a floor and a long tail.
func skewed(r *rand.Rand, n int, shift time.Duration) []time.Duration {
	out := make([]time.Duration, n)
	for i := range out {
		out[i] = 2*time.Millisecond + shift + time.Duration(float64(100*time.Microsecond)*math.Exp(r.NormFloat64()))
	}
	return out
}

// stormy draws rounds on a machine that others use: the level drifts, and for whole
// stretches everything takes twice as long. shift makes the first class late.
func stormy(r *rand.Rand, n int, shift time.Duration) (a, b []time.Duration) {
	a, b = skewed(r, n, shift), skewed(r, n, 0)
	for i := range a {
		drift := time.Duration(float64(500*time.Microsecond) * math.Sin(float64(i)/90))
		if i/37%5 == 0 {
			drift += 2 * time.Millisecond
		}
		a[i], b[i] = a[i]+drift, b[i]+drift
	}
	return a, b
}

const limit = 50 * time.Microsecond

func TestACommonDistributionIsFoundAlike(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	c := Compare(skewed(r, 1000, 0), skewed(r, 1000, 0), 50, limit, 1)
	if c.Verdict != Alike || c.Found() || c.MannWhitney < 0.01 || math.Abs(c.Slower-0.5) > 0.03 {
		t.Errorf("two samples of one distribution: %+v", c)
	}
	if c.Low > c.Difference || c.Difference > c.High || c.Detectable <= 0 || c.Needed > 1000 {
		t.Errorf("the interval does not hold the difference: %+v", c)
	}
}

func TestADelayOfTheLimitIsFound(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	c := Compare(skewed(r, 1000, limit), skewed(r, 1000, 0), 50, limit, 1)
	if c.Verdict != Different || c.T < 8 || c.P > 0.001 || c.Low <= 0 || c.Slower < 0.6 {
		t.Errorf("late by 50 µs: %+v", c)
	}
}

// What is a third of the limit is found with many samples, and said to be small.
func TestASmallDifferenceIsCalledSmall(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 4))
	c := Compare(skewed(r, 5_000, limit/3), skewed(r, 5_000, 0), 50, limit, 1)
	if c.Verdict != Small || c.Low <= 0 || c.High > limit {
		t.Errorf("late by 17 µs: %+v", c)
	}
}

// One request in twenty that takes a millisecond longer leaves the median where it is.
func TestADifferenceInTheTailAloneIsFound(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 14))
	a, b := skewed(r, 1000, 0), skewed(r, 1000, 0)
	for i := range a {
		if i%20 == 0 {
			a[i] += time.Millisecond
		}
	}
	if c := Compare(a, b, 50, limit, 1); c.Verdict != Different || c.Below < 0.95 {
		t.Errorf("a tail: %+v", c)
	}
}

func TestAFewNoisySamplesDecideNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	if c := Compare(skewed(r, 8, 0), skewed(r, 8, 0), 1, limit, 1); c.Verdict != Undecided || c.Needed < 8 {
		t.Errorf("eight samples: %+v", c)
	}
}

// On a busy machine nothing is found that is not there, and what is there is.
func TestABusyMachineDecidesNothingWrong(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	ghosts, blind := 0, 0
	const worlds = 5
	for i := range worlds {
		a, b := stormy(r, 1000, 0)
		if c := Compare(a, b, 40, limit, uint64(i)); c.Found() {
			ghosts++
		}
		if a, b = stormy(r, 1000, limit); !Compare(a, b, 40, limit, uint64(i)).Found() {
			blind++
		}
	}
	if ghosts > 0 || blind > 1 {
		t.Errorf("of %d, %d find what is not there, %d miss what is", worlds, ghosts, blind)
	}
}

// The intervals are honest when they miss the truth about once in twenty, and the
// permutations when each probability comes as often as it says.
func TestIntervalsAndProbabilitiesAreWhatTheySay(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 9))
	missed, low, rank := 0, 0, 0
	const worlds = 40
	for i := range worlds {
		c := Compare(skewed(r, 120, 0), skewed(r, 120, 0), 6, time.Millisecond, uint64(i))
		if c.Low > 0 || c.High < 0 {
			missed++
		}
		if c.P < 0.05 {
			low++
		}
		if c.MannWhitney < 0.05 {
			rank++
		}
	}
	if missed > 8 || low > 8 || rank > 8 { // 2 are expected
		t.Errorf("of %d intervals %d miss; %d permutation tests and %d rank tests find what is not there", worlds, missed, low, rank)
	}
}

// Worked by hand: U = 24.5 with seven ties of two, z = 1.895.
func TestTheRankTestAgreesWithTheFormula(t *testing.T) {
	a := []time.Duration{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	b := []time.Duration{4, 5, 6, 7, 8, 9, 10, 11, 12, 13}
	same := []time.Duration{5, 5, 5}
	for name, c := range map[string]struct {
		a, b      []time.Duration
		larger, p float64
	}{
		"two samples":             {a, b, 0.245, 0.0581},
		"the other way round":     {b, a, 0.755, 0.0581},
		"of a sample with itself": {a, a, 0.5, 1},
		"where all are equal":     {same, same, 0.5, 1},
	} {
		if larger, p := mannWhitney(c.a, c.b); math.Abs(p-c.p) > 0.001 || math.Abs(larger-c.larger) > 1e-9 {
			t.Errorf("%s: %.4f, p = %.4f, want %.4f, %.4f", name, larger, p, c.larger, c.p)
		}
	}
}

// Worked by hand: means 5.5 and 8.5, variances 55/6 each, so t = 3 / √(2·55/6/10) = 2.2156.
func TestWelchAgreesWithTheFormula(t *testing.T) {
	a := []time.Duration{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	b := []time.Duration{4, 5, 6, 7, 8, 9, 10, 11, 12, 13}
	c := newCrops(a, b)
	c.cuts, c.low = c.cuts[len(c.cuts)-1:], 0
	if w := c.max(nil); math.Abs(w.t-2.2156) > 0.001 || w.difference != -3 {
		t.Errorf("%+v", w)
	}
	all := make([]bool, len(a))
	for i := range all {
		all[i] = true
	}
	if w := c.max(all); math.Abs(w.t-2.2156) > 0.001 || w.difference != 3 {
		t.Errorf("every round exchanged: %+v", w)
	}
}
