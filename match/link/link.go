// Package link finds which rows of a table are the same person, organisation or
// thing. It is probabilistic record linkage after Fellegi and Sunter (1969): each pair
// of rows is compared field by field, each outcome weighs what it is worth, and the
// sum is a probability. Nothing needs labels: which fields tell people apart, how often
// they are wrong, and which pairs are worth comparing is learned from the rows.
//
// In batch, [Link] reads a table twice as columns, learns a [Model] and returns
// clusters. One row at a time, an [Index] answers which rows are like this one.
// Both use the same blocking keys, comparisons and weights, and every pair can say why.
package link

import "github.com/habeas-data/habeas/match/standard"

// Kind is what a field holds, and so how it is standardised and compared.
type Kind string

// Kinds of fields.
const (
	GivenName    Kind = "given_name"
	FamilyName   Kind = "family_name"
	FullName     Kind = "full_name"
	Organisation Kind = "organisation"
	Date         Kind = "date"
	Email        Kind = "email"
	Phone        Kind = "phone"
	Street       Kind = "street" // a line of an address
	HouseNumber  Kind = "house_number"
	Place        Kind = "place" // city, suburb, region
	Postcode     Kind = "postcode"
	Identifier   Kind = "identifier" // membership number: same means much, different too
	Category     Kind = "category"   // few values: gender, state, occupation
	Text         Kind = "text"       // anything else
	// Not compared:
	RowID  Kind = "row_id" // names the row in the results
	Source Kind = "source" // which list the row is from
	Ignore Kind = "ignore"
)

// Field is one column.
type Field struct {
	Name string
	Kind Kind
	Why  string // how Detect came to the kind, for people; "" when given
	// Order of day and month in a date; when unknown, Link learns it from the dates
	// that can be read in one way only.
	Order standard.Order `json:",omitempty"`
}

// Mode says what may be one.
type Mode string

// Modes of clustering.
const (
	// ModeAuto decides between the others: by whether rows have sources, and whether
	// the rows of one source repeat each other.
	ModeAuto       Mode = "auto"
	ModeTransitive Mode = "transitive" // any number of rows may be one
	ModeOneToOne   Mode = "one_to_one" // at most one row of each source
)

// Options for Link. The zero value works.
type Options struct {
	Fields []Field // one for each column; none lets Detect decide
	Mode   Mode    // "" is ModeAuto
	// Threshold is the probability from which rows are one; 0 is 0.5.
	Threshold float64
	// PairsFrom is the probability from which a pair is reported; 0 is 0.5. Pairs
	// below Threshold are for people to look at and join nothing.
	PairsFrom float64
	Workers   int    // 0 is GOMAXPROCS
	Seed      uint64 // of the samples; the same seed and rows give the same result
	Model     *Model // a model learned before; nil learns one
	// Progress, when set, is called now and then, one call at a time.
	Progress func(Progress)
}

// Progress says how far Link is.
type Progress struct {
	Stage string  // read, learn, compare, cluster
	Done  float64 // of the stage, 0 to 1
	Rows  int
	Pairs int64 // compared so far
}

// Pair is two rows that may be the same. A < B, numbered from 0 as read.
type Pair struct {
	A, B int32
	P    float64 // that they are the same
	Bits float64 // total weight of evidence, log2 of the odds
}

// Result is what Link found.
type Result struct {
	Rows    int
	Model   *Model
	Fields  []Field
	Mode    Mode // as decided
	Pairs   []Pair
	Cluster []int32 // for each row the lowest row of its cluster
	// Compared counts the pairs that were compared, of Rows·(Rows−1)/2.
	Compared int64

	explainer *explainer
}

// Reason is what one comparison contributed to a pair.
type Reason struct {
	Field string  // "surname"; of several columns "given_name + surname"
	Code  string  // of the level: exact, typo_1, swapped, nickname, initial, near_date, day_month, differs, missing …
	Bits  float64 // > 0 for, < 0 against, 0 for missing
	Text  string  // in English: "surname one letter apart"
}

// Match is a row of an Index that may be the same as the row asked about.
type Match struct {
	ID      string
	P       float64
	Reasons []Reason
}
