package link

import "slices"

// Model is what was learned: the comparisons, and for each of their levels how often
// matching and other pairs show it. It is immutable, safe for concurrent use, and goes
// to and from JSON.
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

// Comparison compares one column, or several that mean one thing together (given and
// family name, which may have been swapped).
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
	U    float64 `json:"u"`    // share among others
	// Related is its share in each of Model.Related.
	Related []float64 `json:"related,omitempty"`
	// Frequency says that U is scaled by how frequent the agreeing value is.
	Frequency bool `json:"frequency"`
}
