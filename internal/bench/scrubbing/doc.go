// Package scrubbing measures the library scrub: what it finds and misses, what it takes
// for personal data and is none, and how fast it is. docs/bench-scrub.md says how
// everything is counted.
//
// It measures on texts that it invents by a seed ([corpus]) and, where they are at hand,
// on the labelled sentences of a directory of reference data. Rivals are measured on the
// same texts and by the same rules: whatever finds places is a [Finder].
package scrubbing
