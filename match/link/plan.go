package link

import "slices"

const (
	repeatSample = 5000 // rows looked at to find out what columns repeat
	repeatShare  = .7   // of rows in which a column is contained in another
)

// plan chooses the comparisons for the columns of a table, with the levels and error
// rates that are usual for their kinds. What one column repeats from another is
// evidence only once: of a full name beside its parts only the other words count.
func plan(fr *frame) []Comparison {
	given, family := firstOf(fr, GivenName), firstOf(fr, FamilyName)
	drop := repeated(fr, given, family)
	var list []Comparison
	for i, f := range fr.fields {
		if schemeOf(f.Kind) == nil || drop[i] {
			continue
		}
		c := Comparison{Name: f.Name, Kind: f.Kind, Columns: []int{i}}
		switch {
		case f.Kind == FamilyName && i == family && given >= 0:
			c.Columns = append(c.Columns, given)
		case f.Kind == FullName && given >= 0 && family >= 0 && contains(fr, i, given) && contains(fr, i, family):
			c.Columns = append(c.Columns, given, family)
		case f.Kind == Email:
			for n, g := range fr.fields {
				if g.Kind == GivenName || g.Kind == FamilyName || g.Kind == FullName {
					c.Columns = append(c.Columns, n)
				}
			}
		}
		c.Levels = slices.Clone(c.scheme().levels)
		list = append(list, c)
	}
	return list
}

func firstOf(fr *frame, k Kind) int {
	return slices.IndexFunc(fr.fields, func(f Field) bool { return f.Kind == k })
}

// repeated finds the columns that say nothing that others do not say: full names within
// longer full names, and full names made of just the given and the family name.
func repeated(fr *frame, given, family int) map[int]bool {
	drop := map[int]bool{}
	for i, f := range fr.fields {
		if f.Kind != FullName {
			continue
		}
		if given >= 0 && family >= 0 && contains(fr, i, given) && contains(fr, i, family) {
			left, n := 0, 0
			for r := range min(fr.rows, repeatSample) {
				if fr.cols[i].ids[r] != missing {
					n++
					left += btoi(len(rest(fr, []int{i, given, family}, int32(r))) > 0)
				}
			}
			drop[i] = left*20 < n
			continue
		}
		for j, g := range fr.fields {
			if g.Kind == FullName && j != i && !drop[j] && contains(fr, j, i) && (j < i || !contains(fr, i, j)) {
				drop[i] = true
			}
		}
	}
	return drop
}

// contains reports whether the words of column b mostly are words of column a. Without
// rows to tell, a full name is thought to.
func contains(fr *frame, a, b int) bool {
	if fr.rows == 0 {
		return true
	}
	n, in := 0, 0
	for r := range min(fr.rows, repeatSample) {
		x, y := &fr.cols[a].values[fr.cols[a].ids[r]], &fr.cols[b].values[fr.cols[b].ids[r]]
		if x.text == "" || y.text == "" {
			continue
		}
		n++
		in += btoi(sharedWords(y.parts, x.parts) == len(y.parts))
	}
	return float64(in) > repeatShare*float64(n)
}

// restOf returns for each row the words of the first column that are not in the others.
func restOf(fr *frame, cols []int) [][]string {
	all := make([][]string, fr.rows)
	for r := range all {
		all[r] = rest(fr, cols, int32(r))
	}
	return all
}

func rest(fr *frame, cols []int, row int32) []string {
	var left []string
	full := &fr.cols[cols[0]]
words:
	for _, w := range full.values[full.ids[row]].parts {
		for _, c := range cols[1:] {
			for _, x := range fr.cols[c].values[fr.cols[c].ids[row]].parts {
				if sameWord(w, x) {
					continue words
				}
			}
		}
		left = append(left, w)
	}
	return left
}
