package link

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strings"
)

// notable is how many bits a value must be rarer or more frequent than others for the
// explanation to say so.
const notable = 2

// explain says what each comparison contributed to a pair, the weightiest first and
// what is missing last. The contribution is how much less the evidence would be without
// it; because of what relatives share, contributions need not add up to the whole. An
// agreement that relatives show as well may be worth nothing; it never speaks against.
func (c *comparer) explain(i, j int32) []Reason {
	v := c.verdicts(i, j, nil)
	whole := c.weigh(i, j, v)
	var list []Reason
	joint := c.joint(v)
	for k, l := range v {
		if k == joint {
			continue
		}
		m := &c.model.Comparisons[k]
		r := Reason{Field: c.model.title(m, l), Code: "missing"}
		if l != noLevel {
			v[k] = noLevel
			r.Code, r.Bits = m.Levels[l].Code, whole-c.weigh(i, j, v)
			v[k] = l
			if like := c.w.like[k][int(l)*c.w.classes:]; like[0] > like[1] {
				r.Bits = max(r.Bits, 0)
			}
		}
		r.Text = sentence(r.Field, m, l, c.rare(k, l, i, j))
		list = append(list, r)
	}
	slices.SortStableFunc(list, func(a, b Reason) int {
		if d := cmp.Compare(btoi(a.Code == "missing"), btoi(b.Code == "missing")); d != 0 {
			return d
		}
		return cmp.Compare(math.Abs(b.Bits), math.Abs(a.Bits))
	})
	return list
}

// joint returns the comparison of the given name when the family name's speaks for
// both, or -1.
func (c *comparer) joint(v []verdict) int {
	for k := range c.parts {
		if p := c.parts[k].pair; p >= 0 && v[k] == familySwapped {
			return p
		}
	}
	return -1
}

// rare returns how many bits rarer than others the value is that a pair agrees on.
func (c *comparer) rare(k int, l verdict, i, j int32) float64 {
	r := &c.w.rare[k]
	if l == noLevel {
		return 0
	}
	return r.of(l, r.col.ids[i], r.col.ids[j])
}

// title names what a comparison looks at.
func (m *Model) title(c *Comparison, l verdict) string {
	if c.Kind == FamilyName && len(c.Columns) > 1 && l == familySwapped {
		return m.Fields[c.Columns[1]].Name + " + " + c.Name
	}
	return c.Name
}

// sentence says a verdict in English: "same rare surname", "birth date one digit apart".
func sentence(field string, c *Comparison, l verdict, rare float64) string {
	name := strings.TrimSpace(strings.ReplaceAll(field, "_", " "))
	switch {
	case l == noLevel:
		return name + " missing"
	case l == familySwapped && c.Kind == FamilyName:
		return strings.ReplaceAll(name, " + ", " and ") + " swapped"
	case c.Levels[l].Text != "same":
		return name + " " + c.Levels[l].Text
	case rare > notable:
		return "same rare " + name
	case rare < -notable:
		return "same " + name + ", a frequent one"
	}
	return "same " + name
}

// Compare returns how probable it is that two rows with the columns of the model are the
// same, and why. How rare their values are is not known from two rows: values count as
// rare as values are on average; [Result] and [Index] know better. It is an error when a
// row has not as many columns as the model has fields.
func (m *Model) Compare(a, b []string) (Pair, []Reason, error) {
	if len(a) != len(m.Fields) || len(b) != len(m.Fields) {
		return Pair{}, nil, errors.New("link: a row has not as many columns as the model has fields")
	}
	fr := &frame{fields: m.Fields, rows: 2, cols: make([]column, len(m.Fields)), brief: true}
	for i, f := range m.Fields {
		fr.cols[i] = twoRows(f, a[i], b[i])
	}
	c := newComparer(fr, m)
	for k := range c.w.rare {
		clear(c.w.rare[k].extra)
	}
	bits := c.weigh(0, 1, c.verdicts(0, 1, nil))
	return Pair{A: 0, B: 1, P: probability(bits), Bits: bits}, c.explain(0, 1), nil
}

// twoRows is a column of two rows.
func twoRows(f Field, a, b string) column {
	col := column{kind: f.Kind, values: make([]value, 1, 3), counts: make([]uint32, 1, 3)}
	for _, raw := range []string{a, b} {
		v := value{}
		if schemeOf(f.Kind) != nil {
			v = f.standardise(raw)
		}
		id := missing
		if v.text != "" {
			id = slices.IndexFunc(col.values, func(w value) bool { return w.same(&v) })
			if id < 0 {
				id = len(col.values)
				col.values, col.counts = append(col.values, v), append(col.counts, 0)
			}
		}
		col.ids = append(col.ids, uint32(id))
		col.counts[id]++
	}
	return col
}
