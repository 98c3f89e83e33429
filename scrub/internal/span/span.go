// Package span is what the finders of package scrub have in common: the kinds of personal
// data, a found place, and the window of text that a finder is given.
package span

// Kind is a kind of personal data.
type Kind uint8

// The kinds, in order of precedence: where two found places overlap, the pseudonym of the
// smaller kind stands for both.
const (
	Known   Kind = iota + 1 // a value that the session holds
	Key                     // credentials: API keys, tokens, private keys, passwords in context
	Email                   // e-mail addresses
	Card                    // payment card numbers
	IBAN                    // bank account numbers
	ID                      // national and tax numbers with check digits
	Phone                   // telephone numbers
	IP                      // IPv4 and IPv6 addresses
	MAC                     // hardware addresses
	Birth                   // dates that their context calls a date of birth
	Address                 // street addresses
	Person                  // names of people
	kinds
)

var names = [kinds]string{
	Known: "KNOWN", Key: "KEY", Email: "EMAIL", Card: "CARD", IBAN: "IBAN", ID: "ID",
	Phone: "PHONE", IP: "IP", MAC: "MAC", Birth: "BIRTH", Address: "ADDRESS", Person: "PERSON",
}

// String is the name of a kind as pseudonyms show it, such as EMAIL.
func (k Kind) String() string {
	if k == 0 || k >= kinds {
		return "NONE"
	}
	return names[k]
}

// All lists the kinds in order of precedence.
func All() []Kind {
	all := make([]Kind, 0, kinds-1)
	for k := Known; k < kinds; k++ {
		all = append(all, k)
	}
	return all
}

// Span is a found place: Text[Start:End] of its window, both at borders of UTF-8 sequences.
type Span struct {
	Start, End int
	Kind       Kind
	// Same is what pseudonyms are made of: equal for two spellings of one value where the
	// finder can tell (a phone number with and without blanks), else 0, and the bytes of
	// the span count.
	Same uint64
}

// How far a finder may look. What it says about a span that starts at p depends on
// Text[p-Back : p+Ahead] alone (within the whole text), and no span is longer than Ahead:
// that is what makes streaming give the same result wherever the text is cut.
const (
	Back  = 512
	Ahead = 2048
)

// Window is a piece of a longer text.
type Window struct {
	Text []byte
	// From and To bound the starts of the spans that are wanted. Text before From is
	// context; at least Back bytes of it are there, or all there are.
	From, To int
	// Begins and Ends say that the whole text begins with Text and ends with it. Where it
	// does not end, at least Ahead bytes follow To.
	Begins, Ends bool
}

// Finder finds one family of kinds.
type Finder interface {
	// Find appends the spans that start in [w.From, w.To), ordered by start; they may
	// overlap. It keeps no part of w.Text, writes to none, and may be called by several
	// goroutines at once.
	Find(dst []Span, w Window) []Span
}
