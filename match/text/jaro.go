package text

import "slices"

// JaroWinkler returns the similarity of two strings in [0, 1] after Jaro (1989) and
// Winkler (1990): 1 for equal strings, more for those that begin alike. It is
// symmetric. Two empty strings are equal. It does not allocate for strings of up to 64
// runes; the first [MaxRunes] count.
func JaroWinkler(a, b string) float64 {
	if a == b {
		return 1
	}
	var roomA, roomB [64]rune
	x, y := runes(roomA[:0], a), runes(roomB[:0], b)
	// Which of two equally long strings is gone through first can change which of
	// their letters pair, so the order is fixed.
	if len(x) > len(y) || len(x) == len(y) && slices.Compare(x, y) > 0 {
		x, y = y, x
	}
	jaro := jaro(x, y)
	prefix := 0
	for prefix < min(4, len(x)) && x[prefix] == y[prefix] {
		prefix++
	}
	return jaro + 0.1*float64(prefix)*(1-jaro)
}

// runes appends the runes of s that count to dst.
func runes(dst []rune, s string) []rune {
	for _, r := range s {
		if len(dst) == MaxRunes {
			break
		}
		dst = append(dst, r)
	}
	return dst
}

// jaro compares x with y, which is not shorter.
func jaro(x, y []rune) float64 {
	if slices.Equal(x, y) {
		return 1 // bytes that are no UTF-8 differ and read alike
	}
	reach := max(len(y)/2-1, 0)
	var roomUsed [64]bool
	var roomPaired [64]rune
	used, paired := roomUsed[:], roomPaired[:0]
	if len(y) > len(used) {
		used = make([]bool, len(y))
	}
	for i, r := range x {
		for j := max(0, i-reach); j < min(len(y), i+reach+1); j++ {
			if y[j] == r && !used[j] {
				used[j] = true
				paired = append(paired, r)
				break
			}
		}
	}
	if len(paired) == 0 {
		return 0
	}
	k, moved := 0, 0
	for j, r := range y {
		if used[j] {
			if r != paired[k] {
				moved++
			}
			k++
		}
	}
	m := float64(len(paired))
	return (m/float64(len(x)) + m/float64(len(y)) + (m-float64(moved)/2)/m) / 3
}
