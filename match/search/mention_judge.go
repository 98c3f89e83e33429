package search

import (
	"math"
	"unicode/utf8"
)

// Traits of a claim: what speaks for it and against it.
const (
	traitBias          = iota
	traitMissing       // logarithm of the weight of the name's words that are not there
	traitWeight        // and of those that are
	traitGap           // what lies between them and is out of order, for their weight
	traitCountry       // the text names the entity's country,
	traitOtherCountry  // or only others,
	traitPlace         // and a place of it
	traitAcronym       // the name is letters,
	traitAcronymAtHome // and country and place are right
	traitOneWord
	traitUnsure    // weight of misspelled and shortened words, for all
	traitBeside    // logarithm of the weight of words in the same part of the address
	traitTight     // sides on which one of them touches the name
	traitAgain     // another name of the entity is in the text
	traitRival     // logarithm of 1 + how much better other names explain the words
	traitExplained // the text itself says what the letters stand for
	traitCount
)

// traits are the values of a claim's traits.
type traits [traitCount]float64

// traitWeights is the logistic model: nats for each unit of a trait.
//
// They were learned from texts that a program made of an index of organisations: names,
// also shortened, misspelled and cut, among invented departments, institutions and
// acronyms, with and without city and country; of a quarter the one that is meant was
// hidden. Then they were rounded, and those for acronyms, single words and misspelled
// ones set lower, because invented texts have too few words that happen to be names.
var traitWeights = traits{
	traitBias:          -5,
	traitMissing:       -4,
	traitWeight:        2.6,
	traitGap:           -4.5,
	traitCountry:       0.5,
	traitOtherCountry:  -4.5,
	traitPlace:         0.8,
	traitAcronym:       -1.3,
	traitAcronymAtHome: 0.6,
	traitOneWord:       -1.2,
	traitUnsure:        -0.4,
	traitBeside:        -0.6,
	traitTight:         -0.9,
	traitAgain:         0.3,
	traitRival:         -1.7,
	traitExplained:     -1,
}

// probability returns the probability that a claim is right.
func (t *traits) probability() float64 {
	z := 0.0
	for i, w := range traitWeights {
		z += w * t[i]
	}
	return 1 / (1 + math.Exp(-z))
}

// Strength orders claims to the same words, in nats.
const (
	strengthMissing      = 0.6
	strengthCountry      = 2.0
	strengthOtherCountry = 4.0
	strengthPlace        = 2.0
	strengthAcronym      = 4.0
	strengthAgain        = 3.0
	strengthPrior        = weightPower
)

const (
	maxBearers   = 40 // entities under one name
	acronymRunes = 7
	mostMissing  = 0.6 // of a name's weight
)

// judge makes a claim for each entity under a name.
func (m *mention) judge(p *part, nid uint32, name []uint32, a *alignment) {
	name = name[:min(len(name), maxNameWords)]
	from, to := p.entries(nid)
	left := maxBearers
	for at := from; at < to && left > 0; at++ {
		ord := p.entryOrd[at]
		if !p.allows(ord, &m.filter) {
			continue
		}
		left--
		c := claim{part: p, ord: ord, at: at, nid: nid, begin: a.begin, end: a.end, covers: a.covers}
		if missing := m.weighClaim(&c, name, a); missing < mostMissing*a.total {
			m.claims = append(m.claims, c)
		}
	}
}

// weighClaim fills the traits and the strength of a claim, and returns the weight of what
// is missing of the name.
func (m *mention) weighClaim(c *claim, name []uint32, a *alignment) (missing float64) {
	home := m.home(c)
	missing, elsewhere := m.missing(c, name, a, &home)
	matched := a.matched + elsewhere
	letters := len(name) == 1 && m.isAcronym(c)
	c.acronym = letters && m.text.words[a.begin].capitals
	c.complete = missing < 0.2*a.total
	t := &c.traits
	t[traitBias] = 1
	t[traitMissing] = math.Log1p(missing)
	t[traitWeight] = math.Log(0.1 + matched)
	t[traitGap] = 10 * a.gap / (5 + matched)
	t[traitCountry], t[traitOtherCountry], t[traitPlace] = home.here, home.other, home.place
	switch {
	case c.acronym:
		t[traitAcronym] = 1
		t[traitAcronymAtHome] = home.here + home.place
	case letters: // "it" is hardly IT
		t[traitAcronym], t[traitOneWord] = 1, 1
	case len(name) == 1:
		t[traitOneWord] = 1
	}
	beside := m.text.beside(a.begin, a.end)
	c.alone = c.complete && beside == 0
	t[traitUnsure] = a.unsure / (1 + 0.2*matched)
	t[traitBeside] = math.Log1p(beside)
	t[traitTight] = m.text.tight(a.begin, a.end)
	c.strength = a.score - strengthMissing*missing + strengthCountry*home.here -
		strengthOtherCountry*home.other + strengthPlace*home.place +
		strengthPrior*min(max(float64(c.part.weight(c.ord)), 0), 50)
	if c.acronym {
		c.strength -= strengthAcronym
	}
	return missing
}

// home is what the text says about where an entity is.
type home struct {
	country            country
	here, other, place float64
}

// home compares an entity's country and places with the text.
func (m *mention) home(c *claim) home {
	h := home{country: country(c.part.meta(c.ord) & 0xffff)}
	all, there := 0.0, 0.0
	for _, wid := range c.part.placesOf(c.ord) {
		w := m.nameWord(c.part, wid)
		all += w.weight
		if w.best >= agreeKin {
			there += w.weight
		}
	}
	if there > 0.5*all {
		h.place = 1
	}
	said := &m.text.countries
	switch {
	case h.country == 0 || said.n == 0:
	case said.has(h.country):
		h.here = 1
	case partOf[h.country] != 0 && said.has(partOf[h.country]):
		h.here = 0.5
	default:
		h.other = 1
		for _, s := range said.codes[:said.n] {
			if partOf[s] == h.country {
				h.other = 0
			}
		}
	}
	return h
}

// missing returns the weight of the words of a name that are not where the others are,
// and of those the text has elsewhere because they say where the entity is.
func (m *mention) missing(c *claim, name []uint32, a *alignment, h *home) (missing, elsewhere float64) {
	const (
		country, place = 0.7, 2.5 // weights of a country and a place that are left out
		apart          = 0.8      // for a word that stands elsewhere
	)
	if a.taken == 1<<len(name)-1 {
		return 0, 0
	}
	says := m.saysHome(c, name, h)
	places := c.part.placesOf(c.ord)
	for i, wid := range name {
		if a.taken>>i&1 != 0 {
			continue
		}
		w := a.weights[i]
		there := m.nameWord(c.part, wid).best >= agreeKin
		switch {
		case says>>i&1 != 0:
			if w = min(w, country); h.here > 0 {
				w = 0
			}
		case contains(places, wid):
			if there {
				elsewhere += 0.3 * w
				w *= 0.2
			} else {
				w = min(w, place)
			}
		case there:
			w *= apart
		}
		missing += w
	}
	return missing, elsewhere
}

// saysHome returns which words of a name are the name of the entity's country.
func (m *mention) saysHome(c *claim, name []uint32, h *home) (words uint32) {
	if h.country == 0 {
		return 0
	}
	for i := range name {
		phrase := m.phrase[:0]
		for k := i; k < min(len(name), i+countryPhraseWords); k++ {
			if k > i {
				phrase = append(phrase, ' ')
			}
			phrase = append(phrase, c.part.words.at(name[k])...)
			if ownNames[string(phrase)] == h.country {
				words |= (1<<(k-i+1) - 1) << i
			}
		}
		m.phrase = phrase
	}
	return words
}

// isAcronym says whether the name of a claim is one: by its kind or by its letters.
func (m *mention) isAcronym(c *claim) bool {
	name, kind := c.part.written(c.at)
	return kind == Acronym || utf8.RuneCount(name) <= acronymRunes && capitals(string(name))
}

// hit makes the hit of a claim.
func (m *mention) hit(c *claim, explain bool) Hit {
	name, kind := c.part.written(c.at)
	h := Hit{
		ID: string(c.part.id(c.ord)), Name: string(name), Kind: kind, Type: c.part.typeOf(c.ord), P: c.p,
		Begin: m.text.words[c.begin].begin, End: m.text.words[c.end].end,
	}
	if explain {
		h.Reasons = m.reasons(c)
	}
	return h
}
