package link

import "math"

// weigher turns verdicts into bits of evidence. Pairs are of one of several classes:
// class 0 matches, class 1 is two rows by chance, and the others are related (a
// family, neighbours). The evidence is the odds of the first against all others.
type weigher struct {
	classes int
	share   []float64   // log2 of the share of each class
	like    [][]float64 // for each comparison, classes·level + class: log2 of the likelihood
	rare    []rarity
	worth   []float64 // for each comparison: bits it gives on average for a match
}

// rarity is how much less likely an agreement on a value is among chance pairs than
// an agreement on average.
type rarity struct {
	col     *column
	extra   []float64 // for each value, in bits
	use     []bool    // for each level
	classes []bool    // for each class
	// domains is the same for the part of an address after the @, or nil: of one that
	// is made of the name this part is evidence.
	domains []float64
}

// of returns the extra bits of an agreement on values a and b.
func (r *rarity) of(l verdict, a, b uint32) float64 {
	switch {
	case r.domains != nil && (l == emailName || l == emailNear):
		return min(r.domains[a], r.domains[b])
	case r.use[l]:
		return min(r.extra[a], r.extra[b])
	}
	return 0
}

func newWeigher(fr *frame, m *Model) *weigher {
	n := 2 + len(m.Related)
	w := &weigher{classes: n, share: make([]float64, n)}
	w.share[0], w.share[1] = math.Log2(m.Prior), 0
	rest := 1 - m.Prior
	for i, r := range m.Related {
		w.share[2+i] = math.Log2(r.Share)
		rest -= r.Share
	}
	w.share[1] = math.Log2(rest)
	for _, c := range m.Comparisons {
		like := make([]float64, 0, n*len(c.Levels))
		use := make([]bool, len(c.Levels))
		for i, l := range c.Levels {
			like = append(like, math.Log2(l.M), math.Log2(l.U))
			for _, r := range l.Related {
				like = append(like, math.Log2(r))
			}
			use[i] = l.Frequency
		}
		w.like = append(w.like, like)
		worth := 0.0
		for _, l := range c.Levels {
			worth += l.M * math.Log2(l.M/l.U)
		}
		w.worth = append(w.worth, worth)
		classes := make([]bool, n)
		classes[1] = true
		for i, r := range m.Related {
			classes[2+i] = !r.shares(c.Kind)
		}
		col := &fr.cols[c.Columns[0]]
		r := rarity{col: col, extra: rareness(col), use: use, classes: classes}
		if c.Kind == Email && len(c.Columns) > 1 && !fr.brief {
			r.domains = domainRareness(col)
		}
		w.rare = append(w.rare, r)
	}
	return w
}

// rareness returns for each value of a column how many bits an agreement on it is worth
// more than an agreement on average.
func rareness(col *column) []float64 {
	var n, squares float64
	for _, k := range col.counts[1:] {
		n += float64(k)
		squares += float64(k) * float64(k)
	}
	mean := squares / max(n, 1)
	extra := make([]float64, len(col.counts))
	for v := 1; v < len(extra); v++ {
		extra[v] = rareBits(mean, float64(col.counts[v]))
	}
	return extra
}

// domainRareness is rareness of the domains of addresses.
func domainRareness(col *column) []float64 {
	rows := map[string]float64{}
	var n, squares float64
	for v := 1; v < len(col.values); v++ {
		if len(col.values[v].parts) > 1 {
			rows[col.values[v].parts[1]] += float64(col.counts[v])
		}
	}
	for _, k := range rows {
		n += k
		squares += k * k
	}
	extra := make([]float64, len(col.values))
	for v := 1; v < len(extra); v++ {
		if len(col.values[v].parts) > 1 {
			extra[v] = rareBits(squares/max(n, 1), rows[col.values[v].parts[1]])
		}
	}
	return extra
}

// rareBits returns how many bits an agreement on a value that count rows have is worth
// more than one on a value as frequent as agreeing values are on average.
func rareBits(average, count float64) float64 { return math.Log2((average + .5) / (count + .5)) }

// add adds the log2 likelihood of the verdicts on rows i and j to sum, for each class.
func (w *weigher) add(i, j int32, v []verdict, sum []float64) {
	for k, l := range v {
		if l == noLevel {
			continue
		}
		like := w.like[k][int(l)*w.classes:]
		for c := range sum {
			sum[c] += like[c]
		}
		r := &w.rare[k]
		if extra := r.of(l, r.col.ids[i], r.col.ids[j]); extra != 0 {
			for c := range sum {
				if r.classes[c] {
					sum[c] -= extra
				}
			}
		}
	}
}

// weigh returns the evidence of one pair in bits, prior included.
func (w *weigher) weigh(i, j int32, v []verdict) float64 {
	var buffer [8]float64
	sum := append(buffer[:0], w.share...)
	w.add(i, j, v, sum)
	return evidence(sum)
}

// evidence returns the log2 odds of the first class against the others.
func evidence(sum []float64) float64 {
	top := sum[1]
	for _, s := range sum[2:] {
		top = max(top, s)
	}
	others := 0.0
	for _, s := range sum[1:] {
		if d := s - top; d > -30 {
			others += math.Exp2(d)
		}
	}
	return sum[0] - top - math.Log2(others)
}

// probability turns log2 odds into a probability.
func probability(bits float64) float64 { return 1 / (1 + math.Exp2(-bits)) }

// logOdds is the inverse of probability.
func logOdds(p float64) float64 { return math.Log2(p / (1 - p)) }

// known returns how many bits the verdicts could be expected to give for a match: little
// when much is missing.
func (w *weigher) known(v []verdict) float64 {
	sum := 0.0
	for k, l := range v {
		if l != noLevel {
			sum += w.worth[k]
		}
	}
	return sum
}
