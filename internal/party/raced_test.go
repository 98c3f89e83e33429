//go:build race

package party

// crowds are small under the race detector, which makes learning twenty times slower.
var crowds = []int{400}
