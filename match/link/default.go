package link

// defaultPrior is the probability that a row and one of a thousand others match, where
// a row asked about is about as likely as not among them.
const defaultPrior = 0.00075

// DefaultModel returns a model for fields of which nothing was learned: with the error
// rates that are usual for their kinds, as if there were about a thousand rows. With it
// an [Index] answers before there are rows to learn from. What [Link] learns from the
// rows themselves is better.
func DefaultModel(fields []Field) *Model {
	m := startModel(&frame{fields: fields, cols: make([]column, len(fields))}, 1)
	m.Prior = defaultPrior
	for i := range m.Related {
		m.Related[i].Share = defaultPrior
	}
	return m
}
