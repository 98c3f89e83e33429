package search

import (
	"math"

	"github.com/habeas-data/habeas/match/text"
)

// channel is the noisy channel between the name that somebody meant and what was
// written (Kernighan, Church, Gale 1990): how probable is this misspelling of this name.
// It compares two folded strings that are at most maxEdits apart in a band around the
// diagonal, with a cost in nats for each edit.
type channel struct {
	q, n  []rune
	cells [3][2*band + 1]float32
}

const (
	band = maxEdits
	far  = float32(1e9)
)

// How often nothing, one thing or two are wrong in what people type, and how the errors
// divide. The kinds and the pull of neighbouring keys are about those that studies of
// typing find (Kukich 1992, section 1.2); how many names are wrong at all depends on who
// types, so that it is set cautiously.
var (
	costNone   = -math.Log(0.80)
	costOne    = -math.Log(0.13)
	costTwo    = -math.Log(0.04)
	costSpace  = cost(0.30 / 2)  // a space more or less, wherever there is one
	costDouble = cost(0.20 / 3)  // a letter twice in place of once, or the other way round
	costSwap   = cost(0.16)      // neighbours the other way round
	costDrop   = cost(0.20)      // a letter left out
	costKey    = cost(0.20 / 5)  // a key beside the right one
	costOther  = cost(0.18 / 25) // any other letter in place of the right one
	costBeside = cost(0.12 / 8)  // a key beside, more
	costAdd    = cost(0.10 / 26) // any letter more
	costFirst  = float32(0.3)    // the first letter is rarely wrong
	costScript = float32(3)      // a letter of a large script is one of very many
)

func cost(p float64) float32 { return float32(-math.Log(p)) }

// set prepares the channel for a question.
func (c *channel) set(q []byte) { c.q = appendRunes(c.q[:0], q) }

func appendRunes(dst []rune, s []byte) []rune {
	for _, r := range string(s) {
		dst = append(dst, r)
	}
	return dst
}

// logP returns the logarithm of the probability that the question is written where a
// name is meant that is so many edits away.
func (c *channel) logP(name []byte, edits int) float64 {
	if edits == 0 {
		return -costNone
	}
	c.n = appendRunes(c.n[:0], name)
	sum := float64(c.align())
	places := math.Log(float64(max(len(c.n), 1)))
	if edits == 1 {
		return -costOne - sum - places
	}
	return -costTwo - sum - 2*places + math.Ln2 // in either order
}

// align returns the least cost of edits that make the name into the question.
func (c *channel) align() float32 {
	for i := range c.cells {
		for j := range c.cells[i] {
			c.cells[i][j] = far
		}
	}
	// Cell [i][j-i+band]: i runes of the name have become j of the question.
	for i := 0; i <= len(c.n); i++ {
		row := &c.cells[i%3]
		for j := max(0, i-band); j <= min(len(c.q), i+band); j++ {
			k := j - i + band
			best := far
			if i == 0 && j == 0 {
				best = 0
			}
			if i > 0 && j > 0 {
				v := c.cells[(i-1)%3][k]
				if c.n[i-1] != c.q[j-1] {
					v += substitute(c.n[i-1], c.q[j-1], i == 1)
				}
				best = min(best, v)
				if i > 1 && j > 1 && c.n[i-1] == c.q[j-2] && c.n[i-2] == c.q[j-1] && c.n[i-1] != c.n[i-2] {
					best = min(best, c.cells[(i-2)%3][k]+costSwap)
				}
			}
			if i > 0 && k < 2*band {
				best = min(best, c.cells[(i-1)%3][k+1]+c.leftOut(i-1))
			}
			if j > 0 && k > 0 {
				best = min(best, row[k-1]+c.added(i, j-1))
			}
			row[k] = best
		}
		for k := range row { // outside the table
			if j := i + k - band; j < 0 || j > len(c.q) {
				row[k] = far
			}
		}
	}
	k := len(c.q) - len(c.n) + band
	if k < 0 || k > 2*band {
		return far
	}
	return c.cells[len(c.n)%3][k]
}

// leftOut is the cost of rune i of the name missing in the question.
func (c *channel) leftOut(i int) float32 {
	switch r := c.n[i]; {
	case r == ' ':
		return costSpace
	case i > 0 && c.n[i-1] == r:
		return costDouble
	case i == 0:
		return costDrop + costFirst
	}
	return costDrop
}

// added is the cost of rune j of the question being too much after i of the name.
func (c *channel) added(i, j int) float32 {
	r := c.q[j]
	switch {
	case r == ' ':
		return costSpace
	case i > 0 && c.n[i-1] == r:
		return costDouble
	case i > 0 && text.Neighbours(c.n[i-1], r), i < len(c.n) && text.Neighbours(c.n[i], r):
		return costBeside
	case j == 0:
		return costAdd + costFirst
	}
	return costAdd + script(r)
}

func substitute(n, q rune, first bool) float32 {
	v := costOther
	if text.Neighbours(n, q) {
		v = costKey
	}
	if first {
		v += costFirst
	}
	if n == ' ' || q == ' ' {
		return v
	}
	return v + script(q)
}

func script(r rune) float32 {
	if r >= 0x2e80 {
		return costScript
	}
	return 0
}
