package known

// maxRun is the longest run of letters, in bytes, inside which changes of case count as
// word borders for short patterns.
const maxRun = 32

// minSoft is how many letters a short pattern needs to count between such borders.
const minSoft = 4

// stretch is what stands between two places of a text.
type stretch struct {
	letters       [gramLen]rune
	start         int
	first, second uint8  // classes of the first two letters, if they touch
	last          uint8  // class of the last one
	gaps          uint32 // bit i: a separator follows letter i
	soft          bool   // there is a border without separator inside
}

// short looks for a pattern of n letters that ends at text[end].
func (s *search) short(end, n int) {
	st, ok := s.back(end, n)
	if !ok || !s.bordered(&st, end, n) {
		return
	}
	hash := s.keys.sip()
	for _, l := range st.letters[:n] {
		hash.add(uint64(l))
	}
	key := hash.sum(n)
	p := s.t.find(key)
	if p == nil {
		return
	}
	if all := uint32(1)<<(n-1) - 1; st.gaps&^p.gaps.Load() == 0 || st.gaps == all {
		s.verify(p, key, cursor{pos: st.start}, end, n)
	}
}

// back reads the n letters that end at text[end].
func (s *search) back(end, n int) (st stretch, ok bool) {
	i, gap, separated := end, 0, false
	for k := n; k > 0; {
		if i == 0 || gap > maxGap {
			return st, false
		}
		e, size := prev(s.text, i)
		i -= size
		if e.n == 0 {
			gap++
			separated = separated || e.class == separates
			continue
		}
		if int(e.n) > k {
			return st, false // it would begin inside a character
		}
		switch {
		case k == n:
			st.last = e.class
		case separated:
			st.gaps |= 1 << (k - 1)
			st.first = separates
			st.second = separates
		default:
			st.soft = st.soft || softBorder(e.class, st.first, st.second)
		}
		st.first, st.second = e.class, st.first
		for j := e.n; j > 0; j-- {
			k--
			st.letters[k] = e.letters[j-1]
		}
		gap, separated = 0, false
	}
	st.start = i
	return st, true
}

// bordered reports whether a stretch begins and ends where words do.
func (s *search) bordered(st *stretch, end, n int) bool {
	if st.start == 0 && !s.begins || end == len(s.text) && !s.ends {
		return false
	}
	before := classBefore(s.text, st.start)
	after, next := classesAfter(s.text, end)
	soft := false
	if before != separates {
		if !softBorder(before, st.first, st.second) {
			return false
		}
		soft = before != solo && st.first != solo
	}
	if after != separates {
		if !softBorder(st.last, after, next) {
			return false
		}
		soft = soft || after != solo && st.last != solo
	}
	return !soft || n >= minSoft && st.gaps == 0 && !st.soft && s.runWithin(st.start, end)
}

// runWithin reports that the run of letters around text[start:end] has at most maxRun
// bytes.
func (s *search) runWithin(start, end int) bool {
	for start > 0 && end-start <= maxRun {
		e, n := prev(s.text, start)
		if e.class == separates {
			break
		}
		start -= n
	}
	for end < len(s.text) && end-start <= maxRun {
		e, n := next(s.text, end)
		if e.class == separates {
			break
		}
		end += n
	}
	return end-start <= maxRun
}

// classesAfter are the classes of the two characters from t[i] on, dropped ones left out.
func classesAfter(t []byte, i int) (a, b uint8) {
	a, i = classAfter(t, i)
	if a != separates {
		b, _ = classAfter(t, i)
	}
	return a, b
}

func classAfter(t []byte, i int) (uint8, int) {
	for gap := 0; i < len(t) && gap <= maxGap; gap++ {
		e, n := next(t, i)
		i += n
		if e.class != dropped {
			return e.class, i
		}
	}
	return separates, i
}

// classBefore is the class of the character that ends at t[i], dropped ones left out.
func classBefore(t []byte, i int) uint8 {
	for gap := 0; i > 0 && gap <= maxGap; gap++ {
		e, n := prev(t, i)
		i -= n
		if e.class != dropped {
			return e.class
		}
	}
	return separates
}
