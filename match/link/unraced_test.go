//go:build !race

package link

const slower = 1
