package search

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// bitsPerNat turns nats into bits.
const bitsPerNat = 1 / math.Ln2

// reasons says in words what the traits of a claim say in numbers, what weighs most
// first.
func (m *mention) reasons(c *claim) []Reason {
	name := c.part.wordsOf(c.nid)
	name = name[:min(len(name), maxNameWords)]
	a, ok := m.align(c.part, name)
	if !ok {
		return nil
	}
	t := &c.traits
	code := "words"
	if m.stands(name, &a) {
		code = "exact"
	}
	rs := []Reason{{code, traitWeights[traitWeight] * t[traitWeight], "says " + m.quoted(a.pairs)}}
	add := func(code string, trait int, format string, args ...any) {
		if w := traitWeights[trait] * t[trait]; w != 0 {
			rs = append(rs, Reason{code, w, fmt.Sprintf(format, args...)})
		}
	}
	add("missing_word", traitMissing, "the name goes on: %s", m.untaken(c, name, a.taken))
	add("order", traitGap, "other words in between, or in another order")
	add("country", traitCountry, "its country is named")
	add("other_country", traitOtherCountry, "another country is named")
	add("place", traitPlace, "its place is named")
	add("acronym", traitAcronym, "letters alone stand for many things")
	add("acronym_at_home", traitAcronymAtHome, "its country or place is named beside the letters")
	add("one_word", traitOneWord, "a name of one word")
	add("again", traitAgain, "another of its names is there, too")
	add("rival", traitRival, "another name explains the same words")
	add("explained", traitExplained, "the text says what the letters stand for")
	if w := traitWeights[traitBeside]*t[traitBeside] + traitWeights[traitTight]*t[traitTight]; w != 0 {
		rs = append(rs, Reason{"extra_word", w, "other words stand beside it"})
	}
	rs = append(rs, m.inexact(c, name, &a)...)
	for i := range rs {
		rs[i].Weight *= bitsPerNat
	}
	slices.SortStableFunc(rs, func(a, b Reason) int {
		switch x, y := math.Abs(a.Weight), math.Abs(b.Weight); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	return rs
}

// stands says whether a name stands in the text as it is.
func (m *mention) stands(name []uint32, a *alignment) bool {
	inexact := func(q pairing) bool { return q.how != agreesExactly }
	return len(a.pairs) == len(name) && a.gap == 0 && !slices.ContainsFunc(a.pairs, inexact)
}

// quoted returns the words of the text that a name was found in.
func (m *mention) quoted(pairs []pairing) string {
	var words []string
	for _, q := range pairs {
		for k := range q.words {
			words = append(words, string(m.text.words[q.at+k].fold))
		}
	}
	return strings.Join(words, " ")
}

// untaken returns the words of a name that the text does not have in their place.
func (m *mention) untaken(c *claim, name []uint32, taken uint32) string {
	var words []string
	for i, wid := range name {
		if taken>>i&1 == 0 {
			words = append(words, string(c.part.words.at(wid)))
		}
	}
	return strings.Join(words, " ")
}

// inexact gives a reason for each word that is written otherwise. Their weights share
// what they cost together.
func (m *mention) inexact(c *claim, name []uint32, a *alignment) []Reason {
	var rs []Reason
	for _, q := range a.pairs {
		code, says := "", ""
		switch q.how {
		case agreesMisspelled:
			code, says = "typo", "stands for"
		case agreesShortened:
			code, says = "abbreviation", "is short for"
		case agreesInMeaning:
			code, says = "same_meaning", "means"
		case agreesJoined:
			code, says = "joined", "is"
		case agreesExactly:
			continue
		}
		r := Reason{Code: code, Text: fmt.Sprintf("%s %s %s", m.quoted([]pairing{q}), says, c.part.words.at(name[q.word]))}
		if q.how >= agreesShortened && a.unsure > 0 {
			r.Weight = traitWeights[traitUnsure] * c.traits[traitUnsure] * a.weights[q.word] / a.unsure
		}
		rs = append(rs, r)
	}
	return rs
}
