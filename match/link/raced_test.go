//go:build race

package link

// slower divides the sizes of tables: the race detector makes comparing ten times slower.
const slower = 3
