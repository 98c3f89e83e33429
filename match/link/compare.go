package link

// comparer compares pairs of rows of one frame under one model. It keeps caches, so each
// goroutine has its own.
type comparer struct {
	model *Model
	parts []part
	w     *weigher
}

// part is one comparison, ready to run.
type part struct {
	scheme *scheme
	col    *column
	other  *column // of a name: the column it may have been swapped with, or nil
	pair   int     // the part that compares other
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

// cell is a value together with how many rows of the table have it.
type cell struct {
	value *value
	rows  float64
}

// newComparer returns a comparer for the rows of fr.
func newComparer(fr *frame, m *Model) *comparer {
	c := &comparer{model: m, parts: make([]part, len(m.Comparisons)), w: newWeigher(fr, m)}
	for i, cmp := range m.Comparisons {
		p := part{
			scheme: schemeOf(cmp.Kind), col: &fr.cols[cmp.Columns[0]], pair: -1,
			cache: make([]cached, cacheSize),
		}
		if cmp.Kind == FamilyName && len(cmp.Columns) == 2 {
			p.other = &fr.cols[cmp.Columns[1]]
			for k, o := range m.Comparisons {
				if o.Kind == GivenName && o.Columns[0] == cmp.Columns[1] {
					p.pair = k
				}
			}
		}
		c.parts[i] = p
	}
	return c
}

// verdicts compares rows i and j and appends one verdict for each comparison of the
// model to dst[:0].
func (c *comparer) verdicts(i, j int32, dst []verdict) []verdict {
	dst = dst[:0]
	for k := range c.parts {
		p := &c.parts[k]
		dst = append(dst, p.level(p.col.ids[i], p.col.ids[j]))
	}
	for k := range c.parts {
		if p := &c.parts[k]; p.pair >= 0 {
			if v := swappedNames(p, i, j, dst[p.pair], dst[k]); v != noLevel {
				dst[k], dst[p.pair] = v, noLevel
			}
		}
	}
	return dst
}

// level compares two values of the part's column by their numbers.
func (p *part) level(a, b uint32) verdict {
	if a == missing || b == missing {
		return noLevel
	}
	if a > b {
		a, b = b, a
	}
	slot := &p.cache[(uint64(a)*0x9E3779B97F4A7C15+uint64(b)*0xC2B2AE3D27D4EB4F)>>40&(cacheSize-1)]
	if slot.a != a || slot.b != b {
		*slot = cached{a, b, p.scheme.compare(&p.col.values[a], &p.col.values[b])}
	}
	return slot.v
}

// weigh returns the evidence that rows i and j are the same, in bits, prior included.
func (c *comparer) weigh(i, j int32, v []verdict) float64 { return c.w.weigh(i, j, v) }

// plan chooses the comparisons for the fields of a table, with the levels and error
// rates that are usual for their kinds.
func plan(fields []Field) []Comparison {
	var list []Comparison
	given := -1
	for i, f := range fields {
		if f.Kind == GivenName && given < 0 {
			given = i
		}
	}
	for i, f := range fields {
		s := schemeOf(f.Kind)
		if s == nil {
			continue
		}
		c := Comparison{Name: f.Name, Kind: f.Kind, Columns: []int{i}, Levels: append([]Level(nil), s.levels...)}
		if f.Kind == FamilyName && given >= 0 {
			c.Columns = append(c.Columns, given)
		}
		list = append(list, c)
	}
	return list
}
