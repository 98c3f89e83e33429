// Package search finds the entity that a string means: a person, place, organisation
// or anything else that has names. One index answers exact, prefix and forgiving
// questions over names in all scripts.
//
// An [Index] is a small number of immutable segments. Readers take no locks: they see
// the segments as they were when the question came. Writers add a segment, or mark
// entities as gone, and merge small segments in the background. A segment's bytes are
// the same in memory and in a file, so that an index of any size opens by mapping it.
//
// Two paths lead to a name. The whole-name path takes the text as one name that may be
// misspelled. The mention path takes it as a mixture in which names stand among other
// words ("Dept. of X, Univ. of Y, City, Country"). Both give probabilities; what is
// left to one is [Result.None]. Capitals that are no name are tried as the initials of
// one.
package search

// Kind says what sort of name a name is.
type Kind uint8

// Kinds of names.
const (
	Primary   Kind = iota // what the entity is called first
	Alias                 // also called so; other languages
	Acronym               // MIT
	Former                // no longer called so
	Romanised             // derived by the index from another script
)

// Name is one name of an entity.
type Name struct {
	Text string // as written; at most 1 KiB, more is cut
	Kind Kind
	Lang string // BCP 47, "" when not known
}

// Entity is what can be found.
type Entity struct {
	ID    string // the caller's; unique, 1 to 255 bytes
	Names []Name // at least one that is not empty
	// Weight says how often this one is meant compared with others under the same
	// name: population, members. 0 is 1; it is used by its logarithm, mildly.
	Weight  float64
	Type    string   // "" or one of at most 250: "organization"
	Country string   // ISO 3166-1 alpha-2; helps in mixtures
	Places  []string // city, region: words that stand beside the name in addresses
	// Audience is a set of bits: who may find it. 0 is everybody.
	Audience uint32
}

// Mode says how the text is taken.
type Mode uint8

// Modes.
const (
	Auto    Mode = iota // as a whole name and, where that does not settle it, as a mixture
	Whole               // as one name
	Mention             // as a text in which names stand; several may be meant
	Typing              // as the beginning of a name that is still being typed
	// Terms takes the text as words that must all stand in one name, in any order. A
	// word may be misspelled, by one letter from four letters on and by two from eight,
	// but not if it has digits; the last one may be the beginning of a word, from three
	// letters on. It lists rather than guesses: a hit's P is 1 when all words stand as
	// typed and the less the more was forgiven, each for itself; closest first, and of
	// equals the names of which all words were typed.
	Terms
)

// Query is a question.
type Query struct {
	Text     string // any bytes; only the first text.MaxRunes runes count
	Mode     Mode
	Limit    int      // of hits; 0 is 10, at most 1000
	Types    []string // only these; none is all
	Country  string   // only this; "" is all
	Audience uint32   // the bits of who asks; entities and names of others do not exist for them
	Explain  bool     // fill Hit.Reasons
}

// Hit is an entity that may be meant.
type Hit struct {
	ID   string
	Name string // the name that matched, as written
	Kind Kind
	Type string
	// P is the probability that this one is meant: of a hundred hits with 0.95, about
	// 95 are right. In Mention mode, and in Auto mode when the text is no single name,
	// each hit has its own, since several may be meant; otherwise they and Result.None
	// sum to at most one. In Terms mode it says how close the words are.
	P       float64
	Begin   int // the part of Query.Text that it stands for, in bytes
	End     int
	Reasons []Reason
}

// Reason is one thing that speaks for a hit (Weight > 0, in bits) or against it.
type Reason struct {
	Code   string // exact, typo, order, extra_word, missing_word, acronym, code, prefix, country, place, weight …
	Weight float64
	Text   string // in English: "one letter differs: i for y"
}

// Result is an answer, best hit first.
type Result struct {
	Hits []Hit
	None float64 // the probability that nothing in the index is meant
	// Cut says that the work for the question reached its limit; the best is there,
	// the tail may not be.
	Cut bool
}
