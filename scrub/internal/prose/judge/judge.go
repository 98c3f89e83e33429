// Package judge says whether a word in its surroundings is part of the name of a person.
//
// It is a linear model: features of the word (what the dictionary knows, how it is written,
// its last letters) and of two words on either side, hashed into a table of weights that
// were learned by logistic regression. Command gen makes them.
package judge

import (
	_ "embed"

	"github.com/habeas-data/habeas/scrub/internal/prose/word"
)

// Bits is the size of the table of weights, as a power of two.
const Bits = 16

//go:embed weights.bin
var weights []byte

// Unit is the weight that one step of the table stands for, in natural logarithms of odds.
const Unit = 1.0 / 32

// How far a judgement looks at most: in tokens and in bytes.
const (
	Reach = 8
	Far   = 200
)

// Score says how likely token i is part of a person's name: the logarithm of the odds in
// steps of Unit.
func Score(s *word.Strip, i int) int {
	var c collector
	c.look(s, i)
	return c.sum
}

// Worth says whether token i is worth judging. It is when Hot says so of the word alone, or
// when a small word stands where names stand.
func Worth(s *word.Strip, i int) bool {
	t := s.At(i)
	if t.Kind != word.Word || t.Letters < 2 || t.Letters == 2 && s.At(i+1).Char == ':' || t.Letters == 2 && t.Attr.Given() < 2 && t.Attr.Surname() < 2 {
		return false
	}
	switch t.Shape {
	case word.Capital:
		return !Cold(t.Attr) && !Never(t.Attr.Class())
	case word.Upper, word.Caseless: // most of these are no names
		return !Cold(t.Attr) && t.Attr.Name()
	case word.Lower:
		if !MaySmall(t.Attr) {
			return false
		}
		if !inPath(s, i) {
			return HotSmall(t.Attr, t.Len()) && t.Len() == int(t.Letters) || Expected(s, i)
		}
		after := s.At(i + 1).Char // user=jane.doe
		return (after == '.' || after == '_') && s.At(i+2).Attr.Name() && Expected(s, i)
	case word.Mixed, word.Han:
	}
	return false
}

// MaySmall says of a word in small letters that it may be a name where something leads to
// it.
func MaySmall(a word.Attr) bool {
	return a.Class() == word.None && (a.Common() < 2 || a.Given() == 3) && (a.Common() != 1 || a.Name())
}

// inPath says whether token i is a part of something longer without blanks, such as the name
// of a file or a package.
func inPath(s *word.Strip, i int) bool {
	before, after := s.At(i-1), s.At(i+1)
	if s.At(i).Gap == word.Tight && before.Kind != word.Edge &&
		(before.Kind != word.Mark || joins(before.Char) && before.Char != '=' && before.Char != ':') {
		return true
	}
	if after.Gap != word.Tight || after.Kind == word.Edge {
		return false
	}
	return after.Kind != word.Mark || joins(after.Char) && s.At(i+2).Gap == word.Tight && s.At(i+2).Kind != word.Mark
}

// joins says whether a sign stands within such things.
func joins(c byte) bool {
	switch c {
	case '.', '/', '_', '-', '@', '\\', '$', '%', '&', '=', ':', '#', '+', '~':
		return true
	}
	return false
}

// Cold says of a capitalised word that it does not begin a name by itself: it is an everyday
// word that nobody is called.
func Cold(a word.Attr) bool { return a.Common() >= 2 && !a.Name() || a.Class() == word.Tech }

// Never says of the class of a word that it is no part of a name, though some are called so:
// She, Client.
func Never(c word.Class) bool {
	switch c {
	case word.Pronoun, word.Be, word.Have, word.And, word.By, word.NameKey, word.Place:
		return true
	default:
		return false
	}
}

// Plays says of a word that nobody is known to be called that it plays another part around
// names: Invoice, Director. Particles and points of the compass may be part of them.
func Plays(a word.Attr) bool {
	switch a.Class() {
	case word.None, word.Particle, word.Compass, word.Suffix:
		return false
	default:
		return !a.Name()
	}
}

// HotSmall says of a word in small ASCII letters that it may be a name without anything that
// leads to it.
func HotSmall(a word.Attr, letters int) bool {
	return a.Given() == 3 && a.Common() < 2 || a.Given() == 2 && a.Common() == 0 && letters >= 4
}

// Leads says that a word leads to a name.
func Leads(c word.Class) bool {
	switch c {
	case word.Title, word.Salute, word.NameKey, word.Intro, word.Say, word.Kin:
		return true
	default:
		return false
	}
}

// Expected says whether the words before token i lead to a name: "my name is", "Mr",
// "user=".
func Expected(s *word.Strip, i int) bool {
	for n := 1; n <= 6; n++ {
		t := s.At(i - n)
		if s.At(i).Start-t.Start > Far {
			return false
		}
		if t.Kind == word.Mark {
			continue
		}
		if t.Kind != word.Word {
			return false
		}
		if before := s.At(i - n - 1); t.Gap == word.Tight && (before.Kind == word.Digits || before.Char == '_' && t.Len() == 2) {
			return false // 14ms, duration_ms
		}
		c := t.Attr.Class()
		return Leads(c) || c == word.Be && s.At(i-n-1).Attr.Class() == word.NameKey
	}
	return false
}
