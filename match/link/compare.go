package link

import "slices"

// comparer compares pairs of rows of one frame under one model. It keeps caches, so each
// goroutine has its own.
type comparer struct {
	model *Model
	parts []pairing
	w     *weigher
}

// pairing is one comparison, ready to run.
type pairing struct {
	scheme *scheme
	col    *column
	other  *column                     // of a family name: the given name it may be swapped with, or nil
	pair   int                         // the part that compares given, or -1
	rest   [][]string                  // of a full name beside its parts: for each row the other words
	mails  []string                    // of an address of e-mail beside names: for each value what is not of the name
	bound  func(a, b *outline) verdict // tells the best level from outlines, or nil
	cache  []cached
}

// cached is the verdict on two values of a column.
type cached struct {
	a, b uint32
	v    verdict
}

const cacheSize = 1 << 14 // entries; a power of two

// scheme is how values of one kind are compared: its levels, best first, with the error
// rates that are usual (and so the ones to begin with), and the function that chooses.
type scheme struct {
	levels  []Level
	compare func(a, b *value) verdict
}

var restScheme = &scheme{levels: restLevels}

// newComparer returns a comparer for the rows of fr.
func newComparer(fr *frame, m *Model) *comparer {
	c := &comparer{model: m, parts: make([]pairing, len(m.Comparisons)), w: newWeigher(fr, m)}
	for i, cmp := range m.Comparisons {
		p := pairing{scheme: cmp.scheme(), col: &fr.cols[cmp.Columns[0]], pair: -1}
		switch {
		case cmp.Kind == FullName && len(cmp.Columns) > 1:
			p.rest = restOf(fr, cmp.Columns)
		case cmp.Kind == Email && len(cmp.Columns) > 1:
			p.mails = fr.mailRests(cmp.Columns)
		case cmp.Kind == FamilyName && len(cmp.Columns) > 1:
			p.other = &fr.cols[cmp.Columns[1]]
			for k, o := range m.Comparisons {
				if o.Kind == GivenName && o.Columns[0] == cmp.Columns[1] {
					p.pair = k
				}
			}
		}
		if p.rest == nil && p.col.outlines != nil {
			p.bound = bounds[cmp.Kind]
		}
		if p.rest == nil && !fr.brief {
			p.cache = make([]cached, cacheSize)
		}
		c.parts[i] = p
	}
	return c
}

// scheme returns how the comparison is made.
func (c *Comparison) scheme() *scheme {
	if c.Kind == FullName && len(c.Columns) > 1 {
		return restScheme
	}
	return schemeOf(c.Kind)
}

// verdicts compares rows i and j and returns one verdict for each comparison of the
// model, in dst.
func (c *comparer) verdicts(i, j int32, dst []verdict) []verdict {
	dst = dst[:0]
	for k := range c.parts {
		p := &c.parts[k]
		if p.rest != nil {
			dst = append(dst, p.compareRest(i, j))
		} else {
			dst = append(dst, p.level(p.col.ids[i], p.col.ids[j]))
		}
	}
	for k := range c.parts {
		p := &c.parts[k]
		if p.pair >= 0 && dst[p.pair] > 1 && dst[k] > familySwapped+1 && p.swapped(i, j) {
			dst[k], dst[p.pair] = familySwapped, noLevel
		}
	}
	for k := range c.parts {
		if p := &c.parts[k]; p.mails != nil && (dst[k] == emailName || dst[k] == emailNear) && !c.namesKnown(k, dst) {
			dst[k] = p.unexplained(dst[k], i, j)
		}
	}
	return dst
}

// namesKnown reports whether both rows have a name from which the address of comparison
// k may be made.
func (c *comparer) namesKnown(k int, v []verdict) bool {
	for n, cmp := range c.model.Comparisons {
		if v[n] != noLevel && slices.Contains(c.model.Comparisons[k].Columns[1:], cmp.Columns[0]) {
			return true
		}
	}
	return false
}

// level compares two values of the part's column by their numbers. What is left of full
// names depends on more than these: level returns the best that it can be.
func (p *pairing) level(a, b uint32) verdict {
	if a == missing || b == missing {
		return noLevel
	}
	if p.rest != nil || a == b && p.mails == nil {
		return 0
	}
	if a > b {
		a, b = b, a
	}
	if last := verdict(len(p.scheme.levels) - 1); p.bound != nil && a != b && p.bound(&p.col.outlines[a], &p.col.outlines[b]) == last {
		return last
	}
	if p.cache == nil || a == b {
		return p.values(a, b)
	}
	slot := &p.cache[(uint64(a)*0x9E3779B97F4A7C15+uint64(b)*0xC2B2AE3D27D4EB4F)>>40&(cacheSize-1)]
	if slot.a != a || slot.b != b {
		*slot = cached{a, b, p.values(a, b)}
	}
	return slot.v
}

// values compares two values that are not missing. Which comes first follows from their
// text, so that the order in which rows were read decides nothing.
func (p *pairing) values(a, b uint32) verdict {
	x, y := &p.col.values[a], &p.col.values[b]
	if x.text > y.text {
		a, b, x, y = b, a, y, x
	}
	if p.mails != nil {
		return alikeMail(mail{x.parts[0], x.parts[1], p.mails[a]}, mail{y.parts[0], y.parts[1], p.mails[b]})
	}
	return p.scheme.compare(x, y)
}

// chance returns the verdicts on two rows that stand for chance: addresses of e-mail are
// compared as if the names agreed, since they must not be evidence for that once more.
func (c *comparer) chance(fr *frame, i, j int32, dst []verdict) []verdict {
	dst = c.verdicts(i, j, dst)
	for k := range c.parts {
		if p := &c.parts[k]; p.mails != nil {
			dst[k] = p.byName(fr, c.model.Comparisons[k].Columns[1:], i, j)
		}
	}
	return dst
}

// weigh returns the evidence that rows i and j are the same, in bits, prior included.
func (c *comparer) weigh(i, j int32, v []verdict) float64 { return c.w.weigh(i, j, v) }
