package link

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Model is what was learned: the comparisons, and for each of their levels how often
// matching and other pairs show it. It is immutable, safe for concurrent use, and goes
// to and from JSON. It holds no values of rows.
type Model struct {
	Fields      []Field      `json:"fields"`
	Comparisons []Comparison `json:"comparisons"`
	// Prior is the probability that two rows drawn at random match.
	Prior float64 `json:"prior"`
	Rows  int     `json:"rows"` // it was learned from
	// Related are kinds of pairs that do not match, yet agree in more than chance
	// would have it.
	Related []Related `json:"related,omitempty"`
}

// Related is a kind of pairs that share something without being the same: a household
// has one address, neighbours one postcode. Without it, what relatives share would be
// counted several times over as evidence for a match.
type Related struct {
	Name  string  `json:"name"`            // family, neighbours, namesakes
	Kinds []Kind  `json:"kinds"`           // of fields that they share
	Loose []Kind  `json:"loose,omitempty"` // of fields that they share now and then
	Share float64 `json:"share"`           // of all pairs
}

func (r *Related) shares(k Kind) bool { return slices.Contains(r.Kinds, k) }

// Comparison compares one column, or several that mean one thing together: a family
// name with the given name it may be swapped with, a full name with the given and
// family name that it repeats, or an address of e-mail with the names that it may be made
// of; beside these only its other words count.
type Comparison struct {
	Name    string  `json:"name"`
	Kind    Kind    `json:"kind"`
	Columns []int   `json:"columns"`
	Levels  []Level `json:"levels"` // best agreement first; a missing value is no level and weighs 0
}

// Level is one outcome of a comparison.
type Level struct {
	Code string  `json:"code"`
	Text string  `json:"text"` // "one letter apart"
	M    float64 `json:"m"`    // share among matching pairs
	U    float64 `json:"u"`    // share among pairs by chance
	// Related is its share in each of Model.Related.
	Related []float64 `json:"related,omitempty"`
	// Frequency says that U is scaled by how frequent the agreeing value is.
	Frequency bool `json:"frequency"`
}

// maxRelated bounds Model.Related.
const maxRelated = 6

// UnmarshalJSON reads a model and refuses one that cannot be: its error says what is
// wrong with which comparison.
func (m *Model) UnmarshalJSON(data []byte) error {
	type plain Model
	var read plain
	if err := json.Unmarshal(data, &read); err != nil {
		return fmt.Errorf("link: model: %w", err)
	}
	if err := (*Model)(&read).check(); err != nil {
		return err
	}
	*m = Model(read)
	return nil
}

func (m *Model) check() error {
	if !share(m.Prior) || m.Prior == 1 || m.Rows < 0 || len(m.Related) > maxRelated {
		return fmt.Errorf("link: model: prior %g, rows %d or related is out of range", m.Prior, m.Rows)
	}
	sum := m.Prior
	for _, r := range m.Related {
		if !share(r.Share) {
			return fmt.Errorf("link: model: share %g of %q is out of range", r.Share, r.Name)
		}
		sum += r.Share
	}
	if sum >= 1 {
		return fmt.Errorf("link: model: shares sum to %g", sum)
	}
	for i := range m.Comparisons {
		if err := m.Comparisons[i].check(m); err != nil {
			return fmt.Errorf("link: model: comparison %d: %w", i+1, err)
		}
	}
	return nil
}

// check says whether the comparison is one that this version makes, of columns that are
// there.
func (c *Comparison) check(m *Model) error {
	if most := map[Kind]int{FamilyName: 2, FullName: 3, Email: len(m.Fields)}[c.Kind]; len(c.Columns) == 0 || len(c.Columns) > max(1, most) ||
		c.Kind == FullName && len(c.Columns) == 2 {
		return fmt.Errorf("%d columns of kind %q", len(c.Columns), c.Kind)
	}
	for n, i := range c.Columns {
		if i < 0 || i >= len(m.Fields) {
			return fmt.Errorf("there is no column %d", i)
		}
		if k := m.Fields[i].Kind; n == 0 && k != c.Kind || n > 0 && k != GivenName && k != FamilyName && (c.Kind != Email || k != FullName) {
			return fmt.Errorf("column %d is of kind %q", i, k)
		}
	}
	if schemeOf(c.Kind) == nil {
		return fmt.Errorf("kind %q is not compared", c.Kind)
	}
	levels := c.scheme().levels
	if len(c.Levels) != len(levels) {
		return fmt.Errorf("%d levels instead of %d", len(c.Levels), len(levels))
	}
	for i, l := range c.Levels {
		if l.Code != levels[i].Code || !share(l.M) || !share(l.U) || len(l.Related) != len(m.Related) {
			return fmt.Errorf("level %q is not %q or out of range", l.Code, levels[i].Code)
		}
		if slices.ContainsFunc(l.Related, func(x float64) bool { return !share(x) }) {
			return fmt.Errorf("level %q: related is out of range", l.Code)
		}
	}
	return nil
}

// share reports whether x is a share that may occur: above 0, at most 1.
func share(x float64) bool { return x > 1e-300 && x <= 1 }

// Describe returns the model as a table for people: for each comparison its levels with
// their share among matches and among others in per cent, and what they are worth in
// bits.
func (m *Model) Describe() string {
	var b strings.Builder
	fmt.Fprintf(&b, "learned from %d rows; one pair in %.0f matches\n", m.Rows, 1/m.Prior)
	for _, r := range m.Related {
		fmt.Fprintf(&b, "one in %.0f is of %s\n", 1/r.Share, r.Name)
	}
	for _, c := range m.Comparisons {
		fmt.Fprintf(&b, "%s (%s)\n", c.Name, c.Kind)
		for _, l := range c.Levels {
			fmt.Fprintf(&b, "  %-50s %8.4f %% %10.6f %% %+6.1f bits\n", l.Text, 100*l.M, 100*l.U, math.Log2(l.M/l.U))
		}
	}
	return b.String()
}
