package link

import "math"

// weigher turns verdicts into bits of evidence.
type weigher struct {
	prior float64     // bits
	bits  [][]float64 // for each comparison and level
	freq  []frequencies
}

// frequencies is what the rarity of a value adds to a level of a comparison.
type frequencies struct {
	col   *column
	extra []float32 // for each value: bits more than a value of average frequency
	use   []bool    // for each level
}

func newWeigher(fr *frame, m *Model) *weigher {
	w := &weigher{prior: logOdds(m.Prior)}
	for _, c := range m.Comparisons {
		bits, use := make([]float64, len(c.Levels)), make([]bool, len(c.Levels))
		for i, l := range c.Levels {
			bits[i], use[i] = math.Log2(l.M/l.U), l.Frequency
		}
		w.bits = append(w.bits, bits)
		col := &fr.cols[c.Columns[0]]
		w.freq = append(w.freq, frequencies{col, rarity(col), use})
	}
	return w
}

// rarity returns for each value of a column how many bits an agreement on it is worth
// more than an agreement on average.
func rarity(col *column) []float32 {
	var n, same float64
	for _, k := range col.counts[1:] {
		n += float64(k)
		same += float64(k) * float64(k)
	}
	extra := make([]float32, len(col.counts))
	for v := 1; v < len(extra); v++ {
		extra[v] = float32(math.Log2((same/n + .5) / (float64(col.counts[v]) + .5)))
	}
	return extra
}

// weigh returns the evidence of one pair in bits, prior included.
func (w *weigher) weigh(i, j int32, v []verdict) float64 {
	sum := w.prior
	for k, l := range v {
		if l == noLevel {
			continue
		}
		sum += w.bits[k][l]
		if f := &w.freq[k]; f.use[l] {
			sum += float64(min(f.extra[f.col.ids[i]], f.extra[f.col.ids[j]]))
		}
	}
	return sum
}

// logOdds returns log2(p / (1−p)).
func logOdds(p float64) float64 { return math.Log2(p / (1 - p)) }

// probability is the inverse of logOdds.
func probability(bits float64) float64 { return 1 / (1 + math.Exp2(-bits)) }
