package link

// Pair returns how probable it is that rows a and b, numbered as in Pairs, are the
// same, also where they are no pair of the result. Safe for concurrent use.
func (r *Result) Pair(a, b int32) Pair {
	e := r.explainer
	bits := e.weigh(e.at[a], e.at[b])
	return Pair{A: min(a, b), B: max(a, b), P: probability(bits), Bits: bits}
}
