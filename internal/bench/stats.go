package bench

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Summary describes the times of one class.
type Summary struct {
	N      int           `json:"n"`
	Q1     time.Duration `json:"q1_ns"`
	Median time.Duration `json:"median_ns"`
	Q3     time.Duration `json:"q3_ns"`
}

// Verdict is what a comparison comes to.
type Verdict string

// The verdicts.
const (
	Alike     Verdict = "alike"     // with 95 % confidence the difference is below the limit
	Different Verdict = "different" // there is one, and it may reach the limit
	Undecided Verdict = "undecided" // too few samples, or too much noise, to say either
)

// Comparison is what the times of two classes say about each other.
type Comparison struct {
	A, B        Summary
	Difference  time.Duration `json:"difference_ns"` // median of A less median of B
	Low         time.Duration `json:"low_ns"`        // the 95 % interval of the difference
	High        time.Duration `json:"high_ns"`
	Detectable  time.Duration `json:"detectable_ns"` // what would be found four times in five
	MannWhitney float64       `json:"mann_whitney_p"`
	Smirnov     float64       `json:"kolmogorov_smirnov_p"`
	Limit       time.Duration `json:"limit_ns"`
	Verdict     Verdict       `json:"verdict"`
}

// resamples is how often the bootstrap draws.
const resamples = 2000

// significant is below which a test counts as having found a difference. Several flows
// are compared at a time, so it is stricter than usual.
const significant = 0.01

// Compare compares the times of two classes; a[i] and b[i] are of one round. It needs at
// least two rounds. The seed fixes the draws of the bootstrap.
func Compare(a, b []time.Duration, limit time.Duration, seed uint64) Comparison {
	c := Comparison{A: summarise(a), B: summarise(b), Limit: limit, MannWhitney: mannWhitney(a, b), Smirnov: smirnov(a, b)}
	c.Difference = c.A.Median - c.B.Median
	draws := bootstrap(a, b, rand.New(rand.NewPCG(seed, seed)))
	c.Low, c.High = draws[len(draws)*25/1000], draws[len(draws)*975/1000]
	// Found with a probability of 80 % at a level of 5 %: 1.96 + 0.84 standard errors.
	c.Detectable = time.Duration(2.8 * deviation(draws))
	switch {
	case -limit < c.Low && c.High < limit:
		c.Verdict = Alike
	case (c.Low > 0 || c.High < 0) && c.MannWhitney < significant:
		c.Verdict = Different
	default:
		c.Verdict = Undecided
	}
	return c
}

func summarise(all []time.Duration) Summary {
	s := slices.Sorted(slices.Values(all))
	at := func(part float64) time.Duration { return s[int(part*float64(len(s)-1)+0.5)] }
	return Summary{N: len(s), Q1: at(0.25), Median: at(0.5), Q3: at(0.75)}
}

// bootstrap draws rounds with replacement and returns the sorted differences of the
// medians.
func bootstrap(a, b []time.Duration, r *rand.Rand) []time.Duration {
	n := min(len(a), len(b))
	drawnA, drawnB := make([]time.Duration, n), make([]time.Duration, n)
	out := make([]time.Duration, resamples)
	for i := range out {
		for j := range n {
			k := r.IntN(n)
			drawnA[j], drawnB[j] = a[k], b[k]
		}
		slices.Sort(drawnA)
		slices.Sort(drawnB)
		out[i] = drawnA[n/2] - drawnB[n/2]
	}
	slices.Sort(out)
	return out
}

func deviation(all []time.Duration) float64 {
	mean, square := 0.0, 0.0
	for _, d := range all {
		mean += float64(d) / float64(len(all))
	}
	for _, d := range all {
		square += (float64(d) - mean) * (float64(d) - mean) / float64(len(all))
	}
	return math.Sqrt(square)
}

// mannWhitney returns the two-sided p-value that neither class tends to be slower:
// normal approximation, corrected for ties and continuity.
func mannWhitney(a, b []time.Duration) float64 {
	type value struct {
		time time.Duration
		ofA  bool
	}
	all := make([]value, 0, len(a)+len(b))
	for _, d := range a {
		all = append(all, value{d, true})
	}
	for _, d := range b {
		all = append(all, value{d, false})
	}
	slices.SortFunc(all, func(x, y value) int { return int(x.time - y.time) })
	ranks, ties := 0.0, 0.0
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j].time == all[i].time {
			j++
		}
		same := float64(j - i)
		ties += same*same*same - same
		for ; i < j; i++ {
			if all[i].ofA {
				ranks += float64(j) - (same-1)/2 // the mean rank of those that are equal
			}
		}
	}
	n, m := float64(len(a)), float64(len(b))
	u := ranks - n*(n+1)/2
	spread := n * m / 12 * (n + m + 1 - ties/((n+m)*(n+m-1)))
	if spread <= 0 {
		return 1
	}
	z := max(0, math.Abs(u-n*m/2)-0.5) / math.Sqrt(spread)
	return math.Erfc(z / math.Sqrt2)
}

// smirnov returns the asymptotic p-value that both classes are distributed alike.
func smirnov(a, b []time.Duration) float64 {
	x, y := slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	i, j, most := 0, 0, 0.0
	for i < len(x) && j < len(y) {
		at := min(x[i], y[j])
		for i < len(x) && x[i] == at {
			i++
		}
		for j < len(y) && y[j] == at {
			j++
		}
		most = max(most, math.Abs(float64(i)/float64(len(x))-float64(j)/float64(len(y))))
	}
	n := math.Sqrt(float64(len(x)) * float64(len(y)) / float64(len(x)+len(y)))
	lambda := (n + 0.12 + 0.11/n) * most
	if lambda < 0.2 {
		return 1 // the series converges too slowly there, and says so anyway
	}
	p := 0.0
	for k := 1.0; k <= 100; k++ {
		p += 2 * math.Pow(-1, k-1) * math.Exp(-2*k*k*lambda*lambda)
	}
	return min(1, max(0, p))
}
