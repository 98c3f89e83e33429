//go:build race

package scrub

// raced says that the race detector runs, which allocates and empties pools by chance.
const raced = true
