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
		out[i] = 2*time.Millisecond + shift + time.Duration(float64(400*time.Microsecond)*math.Exp(r.NormFloat64()))
	}
	return out
}

func TestACommonDistributionIsFoundAlike(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	c := Compare(skewed(r, 1000, 0), skewed(r, 1000, 0), 250*time.Microsecond, 1)
	if c.Verdict != Alike || c.MannWhitney < significant || c.Smirnov < significant {
		t.Errorf("two samples of one distribution: %+v", c)
	}
	if c.Low > c.Difference || c.Difference > c.High || c.Detectable <= 0 {
		t.Errorf("the interval does not hold the difference: %+v", c)
	}
}

func TestAShiftIsFound(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	c := Compare(skewed(r, 1000, 300*time.Microsecond), skewed(r, 1000, 0), 250*time.Microsecond, 1)
	if c.Verdict != Different || c.MannWhitney > 1e-6 || c.Smirnov > 1e-6 || c.Low <= 0 {
		t.Errorf("a shift of 300 µs: %+v", c)
	}
}

func TestAFewNoisySamplesDecideNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	if c := Compare(skewed(r, 8, 0), skewed(r, 8, 0), 10*time.Microsecond, 1); c.Verdict != Undecided {
		t.Errorf("eight samples: %+v", c)
	}
}

// The interval is honest when it misses the truth about once in twenty.
func TestTheIntervalHoldsTheTruthAsOftenAsItSays(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	missed, wrong := 0, 0
	const worlds = 100
	for i := range worlds {
		c := Compare(skewed(r, 120, 0), skewed(r, 120, 0), time.Millisecond, uint64(i))
		if c.Low > 0 || c.High < 0 {
			missed++
		}
		if c.MannWhitney < 0.05 {
			wrong++
		}
	}
	if missed > 14 || wrong > 14 { // 5 are expected
		t.Errorf("of %d intervals %d miss, %d tests find what is not there", worlds, missed, wrong)
	}
}

// Worked by hand: U = 24.5 with seven ties of two, z = 1.895; D = 0.3, λ = 0.7216.
func TestTheTestsAgreeWithTheFormulas(t *testing.T) {
	a := []time.Duration{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	b := []time.Duration{4, 5, 6, 7, 8, 9, 10, 11, 12, 13}
	same := []time.Duration{5, 5, 5}
	for name, c := range map[string]struct{ got, want float64 }{
		"Mann–Whitney":                    {mannWhitney(a, b), 0.0581},
		"the other way round":             {mannWhitney(b, a), 0.0581},
		"of a sample with itself":         {mannWhitney(a, a), 1},
		"where all are equal":             {mannWhitney(same, same), 1},
		"Kolmogorov–Smirnov":              {smirnov(a, b), 0.675},
		"Smirnov of a sample with itself": {smirnov(a, a), 1},
		"Smirnov of samples far apart":    {smirnov(skewed(rand.New(rand.NewPCG(1, 1)), 100, time.Second), skewed(rand.New(rand.NewPCG(1, 1)), 100, 0)), 0},
	} {
		if math.Abs(c.got-c.want) > 0.001 {
			t.Errorf("%s: p = %.4f, want %.4f", name, c.got, c.want)
		}
	}
}
