package matching

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/habeas-data/habeas/match/link"
)

// reportedFrom is the probability from which pairs are asked for, so that every
// threshold that could be chosen can be tried.
const reportedFrom = 0.001

// clusterThresholds are tried for clusters, besides one half; for pairs every
// threshold is.
var clusterThresholds = []float64{0.05, 0.25, 0.75, 0.9, 0.97, 0.99, 0.999}

// rates are what a decision about pairs is worth.
func rates(right, decided, all int) Figures {
	f := Figures{"precision": 0, "recall": 0, "f1": 0}
	if right > 0 {
		f["precision"] = float64(right) / float64(decided)
		f["recall"] = float64(right) / float64(all)
		f["f1"] = 2 * float64(right) / float64(decided+all)
	}
	return f
}

// together counts the pairs of rows that a labelling puts together.
func together(labels []int) int {
	size, pairs := map[int]int{}, 0
	for _, l := range labels {
		pairs += size[l]
		size[l]++
	}
	return pairs
}

// ofClusters compares clusters with the truth, by pairs.
func ofClusters(cluster []int32, truth []int) Figures {
	found, both := make([]int, len(cluster)), make([]int, len(cluster))
	numbers := map[[2]int]int{}
	for i, c := range cluster {
		key := [2]int{int(c), truth[i]}
		n, ok := numbers[key]
		if !ok {
			n = len(numbers)
			numbers[key] = n
		}
		found[i], both[i] = int(c), n
	}
	return rates(together(both), together(found), together(truth))
}

// bestOfPairs finds the threshold at which the pairs themselves have the best F1.
func bestOfPairs(pairs []link.Pair, truth []int) Figures {
	sorted := slices.Clone(pairs)
	slices.SortFunc(sorted, func(a, b link.Pair) int {
		switch {
		case a.P > b.P || a.P == b.P && a.Bits > b.Bits:
			return -1
		case a.P == b.P && a.Bits == b.Bits:
			return 0
		}
		return 1
	})
	all, right := together(truth), 0
	best := rates(0, 0, all)
	for i, p := range sorted {
		if truth[p.A] == truth[p.B] {
			right++
		}
		last := i+1 == len(sorted) || sorted[i+1].P != p.P || sorted[i+1].Bits != p.Bits
		if f := rates(right, i+1, all); last && f["f1"] > best["f1"] {
			f["threshold"] = p.P
			best = f
		}
	}
	return best
}

// reliability says how often pairs are right of which a probability is said: in ten
// classes of pairs, and as expected calibration error, the mean over all pairs of how
// far the two are apart.
func reliability(pairs []link.Pair, truth []int) Figures {
	var n, said, right [10]float64
	for _, p := range pairs {
		c := min(9, int(p.P*10))
		n[c]++
		said[c] += p.P
		if truth[p.A] == truth[p.B] {
			right[c]++
		}
	}
	f, apart := Figures{}, 0.0
	for c := range n {
		if n[c] == 0 {
			continue
		}
		apart += max(said[c]-right[c], right[c]-said[c])
		f.put(fmt.Sprintf("from_%d0", c), Figures{"pairs": n[c], "said": said[c] / n[c], "right": right[c] / n[c]})
	}
	f["ece"] = apart / max(1, float64(len(pairs)))
	return f
}

// rowsOf lists the rows of a table.
func (t *Table) rowsOf() iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for _, row := range t.Rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// Measure links a table with nothing configured and compares what comes out with the
// truth. Precision, recall and f1 are those of the best threshold, of the pairs or of
// the clusters that they make, whichever is better; f1_at_half is of the clusters as
// they come, and precision_at_half and recall_at_half are theirs.
//
// With thorough, clusters are made at several thresholds; otherwise at one half only.
func (t *Table) Measure(ctx context.Context, seed uint64, thorough bool) (Figures, error) {
	cpu := CPUSeconds()
	res, err := link.Link(ctx, t.Header, t.rowsOf(), link.Options{PairsFrom: reportedFrom, Seed: seed})
	if err != nil {
		return nil, err
	}
	cpu = CPUSeconds() - cpu
	best, half := bestOfPairs(res.Pairs, t.Truth), ofClusters(res.Cluster, t.Truth)
	take := func(f Figures, threshold float64) {
		if f["f1"] > best["f1"] {
			best = f
			best["threshold"] = threshold
		}
	}
	f := Figures{"f1_at_half": half["f1"], "precision_at_half": half["precision"], "recall_at_half": half["recall"]}
	take(half, 0.5)
	if thorough {
		for _, threshold := range clusterThresholds {
			again, err := link.Link(ctx, t.Header, t.rowsOf(), link.Options{
				Fields: res.Fields, Model: res.Model, Mode: res.Mode, Threshold: threshold, PairsFrom: 1, Seed: seed,
			})
			if err != nil {
				return nil, err
			}
			take(ofClusters(again.Cluster, t.Truth), threshold)
		}
	}
	for name, v := range best {
		f[name] = v
	}
	f["rows"], f["true_pairs"], f["compared"], f["cpu_s"] = float64(len(t.Rows)), float64(together(t.Truth)), float64(res.Compared), cpu
	f.put("reliability", reliability(res.Pairs, t.Truth))
	return f, nil
}
