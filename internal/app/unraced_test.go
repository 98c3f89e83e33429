//go:build !race

package app

// hoursOfGuessing is how long an attacker keeps at it.
const hoursOfGuessing = 24
