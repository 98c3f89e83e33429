//go:build !race

package party

// crowds are how many people are compared: with the model for all, and with one that is
// learned from them.
var crowds = []int{400, 2200}
