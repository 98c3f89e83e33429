package standard

// Person is a person's name in its parts, folded.
type Person struct {
	Given    []string // in the order written; initials are single letters
	Family   []string // without particles
	Particle []string // van, de la, al
	Title    []string // dr, prof, sir, 1st baron
	Suffix   []string // jr, iii, phd
}

// Address is a postal address or a line of one.
type Address struct {
	Number string   // house number with its letter: 12b
	Unit   string   // flat, suite
	Words  []string // of the street and what else stands there, abbreviations spelled out
	Line   string   // all of it in one comparable line
}

// Organisation is an organisation's name.
type Organisation struct {
	Words     []string // without legal form and articles
	LegalForm string   // gmbh, ltd, inc, ev, "" when none
	Acronym   string   // of its words, when it has several
}
