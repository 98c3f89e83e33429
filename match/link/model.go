package link

// Model is what was learned: the comparisons, and for each of their levels how often
// matching and other pairs show it. It is immutable, safe for concurrent use, and goes
// to and from JSON.
type Model struct {
	Fields      []Field      `json:"fields"`
	Comparisons []Comparison `json:"comparisons"`
	// Prior is the probability that two rows drawn at random match.
	Prior float64 `json:"prior"`
	Rows  int     `json:"rows"` // it was learned from
}

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
	// Frequency says that U is scaled by how frequent the agreeing value is.
	Frequency bool `json:"frequency"`
}
