package bench

import (
	"cmp"
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
	Alike     Verdict = "alike"     // none was found, and with 95 % confidence it is below the limit
	Small     Verdict = "small"     // there is one, and with 95 % confidence it is below the limit
	Different Verdict = "different" // there is one, and it may reach the limit
	Undecided Verdict = "undecided" // none was found, but one of the limit could hide: too few rounds or too much noise
)

// Comparison is what the times of two classes say about each other.
type Comparison struct {
	A           Summary       `json:"a"`
	B           Summary       `json:"b"`
	Difference  time.Duration `json:"difference_ns"` // of the medians, A less B, of levelled times
	Low         time.Duration `json:"low_ns"`        // the 95 % interval of the difference
	High        time.Duration `json:"high_ns"`
	Detectable  time.Duration `json:"detectable_ns"` // what would be found four times in five
	Needed      int           `json:"needed"`        // rounds, to find the limit four times in five
	T           float64       `json:"t"`             // the largest |t| of Welch's
	Below       float64       `json:"below"`         // the share of the times, the fastest ones, that shows it
	P           float64       `json:"p"`             // of so large a |t| by chance
	Slower      float64       `json:"slower"`        // how often one of A takes longer than one of B
	MannWhitney float64       `json:"mann_whitney_p"`
	Limit       time.Duration `json:"limit_ns"`
	Verdict     Verdict       `json:"verdict"`
}

// Found reports whether there is a difference, however small.
func (c Comparison) Found() bool { return c.T >= Threshold && c.P < significant }

const (
	// Threshold is which |t| counts: the bound of leakage assessment in the field (TVLA,
	// ISO/IEC 17825).
	Threshold = 4.5
	// significant bounds the share of false alarms. Some twenty pairs are compared at a
	// time: together they raise one in fifty runs at most.
	significant = 0.001
	// levelled is how many rounds in a row share a level.
	levelled = 10

	resamples    = 2000
	permutations = 1999
)

// Compare compares the times of two classes; a[i] and b[i] are of one round, and block
// rounds follow upon each other. It needs at least two rounds. The seed fixes all draws.
func Compare(a, b []time.Duration, block int, limit time.Duration, seed uint64) Comparison {
	c := Comparison{A: summarise(a), B: summarise(b), Limit: limit}
	a, b = level(a, b)
	c.Slower, c.MannWhitney = mannWhitney(a, b)
	c.Difference = summarise(a).Median - summarise(b).Median
	draws := bootstrap(a, b, max(1, block), rand.New(rand.NewPCG(seed, 2)))
	c.Low, c.High = draws[len(draws)*25/1000], draws[len(draws)*975/1000]
	// Found with a probability of 80 % at a level of 5 %: 1.96 + 0.84 standard errors.
	c.Detectable = time.Duration(2.8 * deviation(draws))
	c.Needed = int(math.Ceil(float64(len(a)) * math.Pow(float64(c.Detectable)/float64(max(limit, 1)), 2)))
	worst := newCrops(a, b)
	t := worst.max(nil)
	c.T, c.Below, c.P = t.t, t.below, worst.chance(t.t, rand.New(rand.NewPCG(seed, 3)))

	within := -limit < c.Low && c.High < limit
	switch {
	case c.Found() && within && math.Abs(t.difference)+1.96*t.err < float64(limit):
		c.Verdict = Small
	case c.Found():
		c.Verdict = Different
	case within:
		c.Verdict = Alike
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

// level takes from the times of each few rounds their pooled median: what the machine was
// like then. It does not ask which class a time is of, so it favours none.
func level(a, b []time.Duration) (x, y []time.Duration) {
	x, y = slices.Clone(a), slices.Clone(b)
	for from := 0; from < len(a); from += levelled {
		to := min(from+levelled, len(a))
		all := slices.Sorted(slices.Values(slices.Concat(a[from:to], b[from:to])))
		middle := (all[len(all)/2-1] + all[len(all)/2]) / 2 // between two: it makes no time the same as another
		for i := from; i < to; i++ {
			x[i] -= middle
			y[i] -= middle
		}
	}
	return x, y
}

// crops are the pooled times of two classes, the fastest first, and up to where they are
// looked at.
type crops struct {
	times []cropped
	cuts  []cut
	low   int // so many of the fastest are looked at with all of them only: levelling leaves some far below
	n     int // rounds
}

// cut is a share of the times, and how many these are.
type cut struct {
	share float64
	n     int
}

type cropped struct {
	time  float64
	round int
	ofA   bool
}

// shares are the shares of the pooled times, the fastest ones, that are compared.
var shares = []float64{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1}

func newCrops(a, b []time.Duration) crops {
	c := crops{n: len(a)}
	for i := range a {
		c.times = append(c.times, cropped{float64(a[i]), i, true}, cropped{float64(b[i]), i, false})
	}
	slices.SortFunc(c.times, func(x, y cropped) int { return cmp.Compare(x.time, y.time) })
	c.low = len(c.times) / 20
	for _, share := range shares {
		c.cuts = append(c.cuts, cut{share, int(math.Ceil(share * float64(len(c.times))))})
	}
	return c
}

// welch is one of Welch's tests.
type welch struct {
	t          float64 // its size, without sign
	below      float64
	difference float64 // of the means
	err        float64 // its standard error
}

// sums are of one class.
type sums struct{ n, sum, square float64 }

func (s *sums) add(x float64) { s.n++; s.sum += x; s.square += x * x }

func (s *sums) mean() float64 { return s.sum / s.n }

// variance of the mean.
func (s *sums) variance() float64 { return (s.square - s.sum*s.sum/s.n) / (s.n - 1) / s.n }

// max returns the test with the largest |t| when the rounds of which exchanged says so
// have their times exchanged; nil: none.
func (c crops) max(exchanged []bool) (most welch) {
	var a, b sums
	add := func(times []cropped) {
		for _, x := range times {
			if x.ofA != (exchanged != nil && exchanged[x.round]) {
				a.add(x.time)
			} else {
				b.add(x.time)
			}
		}
	}
	at := c.low
	for _, cut := range c.cuts {
		if add(c.times[at:cut.n]); cut.n == len(c.times) {
			add(c.times[:c.low])
		}
		at = cut.n
		if a.n < 2 || b.n < 2 {
			continue
		}
		w := welch{below: cut.share, difference: a.mean() - b.mean(), err: math.Sqrt(a.variance() + b.variance())}
		if w.err > 0 {
			w.t = math.Abs(w.difference) / w.err
		}
		if w.t > most.t {
			most = w
		}
	}
	return most
}

// chance returns how probable so large a |t| is when the classes do not differ.
func (c crops) chance(t float64, r *rand.Rand) float64 {
	as := 1 // the order that was measured is one of all
	exchanged := make([]bool, c.n)
	for range permutations {
		var bits uint64
		for i := range exchanged {
			if i%64 == 0 {
				bits = r.Uint64()
			}
			exchanged[i] = bits>>(i%64)&1 == 1
		}
		if c.max(exchanged).t >= t {
			as++
		}
	}
	return float64(as) / (permutations + 1)
}

// bootstrap draws blocks of rounds with replacement and returns the sorted differences of
// the medians.
func bootstrap(a, b []time.Duration, block int, r *rand.Rand) []time.Duration {
	blocks := (len(a) + block - 1) / block
	x, y := newRanked(a, block), newRanked(b, block)
	drawn := make([]int, blocks)
	out := make([]time.Duration, resamples)
	for i := range out {
		clear(drawn)
		for range blocks {
			drawn[r.IntN(blocks)]++
		}
		out[i] = x.median(drawn) - y.median(drawn)
	}
	slices.Sort(out)
	return out
}

// ranked are times in order, with the block that each is of: a median of drawn blocks
// needs no sorting.
type ranked []drawable

type drawable struct {
	time  time.Duration
	block int
}

func newRanked(times []time.Duration, block int) ranked {
	out := make(ranked, len(times))
	for i, t := range times {
		out[i].time, out[i].block = t, i/block
	}
	slices.SortFunc(out, func(x, y drawable) int { return cmp.Compare(x.time, y.time) })
	return out
}

// median of the times of blocks, each taken as often as it was drawn.
func (all ranked) median(drawn []int) time.Duration {
	n := 0
	for _, x := range all {
		n += drawn[x.block]
	}
	seen := 0
	for _, x := range all {
		if seen += drawn[x.block]; seen > n/2 {
			return x.time
		}
	}
	return 0
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

// mannWhitney returns how often one of a is larger than one of b, ties by half, and the
// two-sided p-value that neither tends to be: normal approximation, corrected for ties
// and continuity.
func mannWhitney(a, b []time.Duration) (larger, p float64) {
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
	slices.SortFunc(all, func(x, y value) int { return cmp.Compare(x.time, y.time) })
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
		return u / (n * m), 1
	}
	z := max(0, math.Abs(u-n*m/2)-0.5) / math.Sqrt(spread)
	return u / (n * m), math.Erfc(z / math.Sqrt2)
}
