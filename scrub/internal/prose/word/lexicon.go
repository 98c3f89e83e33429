package word

import (
	_ "embed"
	"strings"
)

// Class is the part that a word plays around names and addresses.
type Class uint8

// The classes of words.
const (
	None        Class = iota
	Title             // stands before a name: Mr, Frau, señora
	Salute            // begins a letter: Dear, Liebe, Hola
	NameKey           // names a field that holds a name: name, customer, Nachname
	Say               // says what people do with words: said, fragte, dijo
	Intro             // leads to a name: called, named, heiße, llamo
	Kin               // people by their relation: wife, Chef, hijo
	Role              // people by what they do: director, singer, Patient
	Live              // leads to an address: lives, wohnhaft, vive
	Place             // names a field that holds an address: address, Anschrift
	Month             // and
	Weekday           // both are no names
	Org               // words of organisations: Ltd, Bank, Universität
	StreetFirst       // kinds of street that stand first: rue, Via, ul
	StreetLast        // kinds of street that stand last: Street, utca, tér
	StreetWeak        // the same, but words of other use as well: Court, Green, park
	Unit              // parts of a house: Apt, Suite, Etage
	Box               // boxes for letters: PO, PSC, Postfach
	Particle          // small words within names: van, de, bint
	Suffix            // stands after a name: Jr, III
	Near              // prepositions of place
	By                // prepositions of people: by, von, with
	And               // joins two alike
	Pronoun           // I, she, wir
	Be                // is, was, ist
	Have              // has, had, hat
	Do                // what people are often said to do: lives, works, called, shouted
	Corner            // the corner of two streets
	Military          // APO, FPO, DPO and ships
	Compass           // North, Ober, San
	Tech              // words of logs and programs
	Number            // words before numbers that are no houses: chapter, version
	Classes
)

// lexicon has the words of each class below a line "== CLASS", in the order of the constants.
//
//go:embed lexicon.txt
var lexicon string

// classes makes the hashes of the lexicon, where the first class that lists a word counts.
func classes() map[uint32]Class {
	all := map[uint32]Class{}
	c := None
	for line := range strings.Lines(lexicon) {
		if strings.HasPrefix(line, "== ") {
			c++
			continue
		}
		for w := range strings.FieldsSeq(line) {
			h := Hash(AppendFolded(nil, []byte(w)))
			if all[h] == None {
				all[h] = c
			}
		}
	}
	return all
}
