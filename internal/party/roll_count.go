package party

import (
	"slices"
	"strconv"
	"time"

	"github.com/habeas-data/habeas"
)

// The places of the ways that are no plain ones.
const (
	atSource = len(plainWays) + iota
	atEntered
	atChanged
	atTag
	wayCount
)

// count is one pass over the roll. A record that fails in one way only counts for the values
// of that way, because it is what another choice there would show.
type count struct {
	roll    *Roll
	filter  Filter
	sight   Sight
	visible uint64 // the data sets that are seen
	want    [len(plainWays)]uint8
	source  int // the code that is asked for; -1: any; -2: one that nobody has
	tags    []uint16
	noTag   bool // a tag is asked for that nobody has
	since   [2]uint32
	edges   [len(lately)]uint32

	ids     []habeas.PartyID
	plain   [len(plainWays)][8]int
	sources []int
	tagged  []int
	recent  [2][len(lately)]int
}

// newCount prepares a pass.
func (x *Roll) newCount(f Filter, s Sight, now time.Time) *count {
	c := &count{roll: x, filter: f, sight: s, source: -1, sources: make([]int, len(x.sources.all)), tagged: make([]int, len(x.tags.all))}
	c.visible = ^uint64(0)
	for name, bit := range x.sets {
		if !s.Sees(name) {
			c.visible &^= 1 << bit
		}
	}
	for i, w := range plainWays {
		c.want[i] = uint8(1 + slices.Index(w.values, f.Values[w.name])) //nolint:gosec // a few values
	}
	if v := f.Values[BySource]; v != "" {
		c.source = -2
		if n, ok := x.sources.of[v]; ok {
			c.source = int(n)
		}
	}
	for _, id := range f.Tags {
		n, ok := x.tags.of[id]
		c.noTag = c.noTag || !ok
		c.tags = append(c.tags, n)
	}
	for i, n := range lately {
		c.edges[i] = uint32(now.AddDate(0, 0, -n).Unix()) //nolint:gosec // until 2106
	}
	for i, way := range []string{ByEntered, ByChanged} {
		if at := slices.Index(lately[:], days(f.Values[way])); at >= 0 {
			c.since[i] = c.edges[at]
		}
	}
	return c
}

// sees reports whether a word is about something that is seen.
func (c *count) sees(w rolledWord) bool { return c.sight.Everything() || w.sets&c.visible != 0 }

// look takes in one record.
func (c *count) look(r *rolled) {
	var fails uint32
	for i, want := range c.want {
		if want != 0 && r.plain[i] != want {
			fails |= 1 << i
		}
	}
	entered, changed := uint32(r.id.Time().Unix()), uint32(0) //nolint:gosec // until 2106
	fits := c.source == -1
	for _, w := range r.said {
		if c.sees(w) {
			changed = max(changed, w.at)
			fits = fits || int(w.source) == c.source
		}
	}
	if !fits {
		fails |= 1 << atSource
	}
	if entered < c.since[0] {
		fails |= 1 << atEntered
	}
	if changed < c.since[1] {
		fails |= 1 << atChanged
	}
	for _, t := range c.tags {
		if c.noTag || !slices.Contains(r.tags, t) {
			fails |= 1 << atTag
		}
	}
	if fails&(fails-1) == 0 {
		c.add(r, fails, entered, changed)
	}
}

// add counts a record for every way, or for the one in which it fails.
func (c *count) add(r *rolled, fails, entered, changed uint32) {
	counts := func(way int) bool { return fails == 0 || fails == 1<<way }
	if fails == 0 {
		c.ids = append(c.ids, r.id)
		for _, t := range r.tags {
			c.tagged[t]++
		}
	}
	for i, v := range r.plain {
		if v != 0 && counts(i) {
			c.plain[i][v]++
		}
	}
	if counts(atSource) {
		for i, w := range r.said {
			before := func(b rolledWord) bool { return b.source == w.source && c.sees(b) }
			if c.sees(w) && !slices.ContainsFunc(r.said[:i], before) {
				c.sources[w.source]++
			}
		}
	}
	for i, at := range [2]uint32{entered, changed} {
		for j, edge := range c.edges {
			if counts(atEntered+i) && at >= edge {
				c.recent[i][j]++
			}
		}
	}
}

// found lists what was counted. A value that leaves nobody is left out unless it is chosen.
func (c *count) found() Narrowed {
	out := Narrowed{IDs: c.ids}
	add := func(f Facet) {
		f.Values = slices.DeleteFunc(f.Values, func(v FacetValue) bool { return v.N == 0 && !v.Chosen })
		if len(f.Values) > 0 {
			out.Facets = append(out.Facets, f)
		}
	}
	for i, w := range plainWays {
		if w.name == HasMail && !c.sight.Sees("contact") {
			continue
		}
		f := Facet{Way: w.name}
		for j, v := range w.values {
			f.Values = append(f.Values, FacetValue{v, c.plain[i][j+1], c.filter.Values[w.name] == v})
		}
		add(f)
	}
	f := Facet{Way: BySource}
	for i, v := range c.roll.sources.all {
		f.Values = append(f.Values, FacetValue{v, c.sources[i], c.filter.Values[BySource] == v})
	}
	add(f)
	for i, way := range []string{ByEntered, ByChanged} {
		f := Facet{Way: way}
		for j, n := range lately {
			v := strconv.Itoa(n)
			f.Values = append(f.Values, FacetValue{v, c.recent[i][j], c.filter.Values[way] == v})
		}
		add(f)
	}
	f = Facet{Way: ByTag}
	for i, id := range c.roll.tags.all {
		f.Values = append(f.Values, FacetValue{id.String(), c.tagged[i], slices.Contains(c.filter.Tags, id)})
	}
	add(f)
	return out
}
