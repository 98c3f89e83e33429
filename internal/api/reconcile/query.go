package reconcile

import "github.com/habeas-data/habeas"

// Bounds of what one request may ask.
const (
	BatchSize = 50 // queries in a batch; the manifest says so

	maxBody       = 1 << 20 // bytes
	maxText       = 2 << 10 // bytes of a name or value
	maxConditions = 50      // of a query
	maxValues     = 50      // of a condition
	maxNames      = 10      // values of conditions on the name: each is a search
	maxTypes      = 20
	maxHits       = 100
	defaultHits   = 10
)

// query is what a query of any version means.
type query struct {
	conditions []condition
	types      []string
	strict     strictness
	limit      int // 1 to maxHits
}

// strictness says what several types ask for (type_strict of 0.1 and 0.2).
type strictness string

const (
	anyType    strictness = "any"    // one of them, and nothing else
	allTypes   strictness = "all"    // every one of them
	shouldType strictness = "should" // others are less likely
)

// condition is one thing that is said of what is looked for (1.0-draft, section 4.1).
type condition struct {
	on         subject
	property   string // of onProperty
	values     []value
	required   bool // who does not fulfil it is no candidate
	quantifier quantifier
	qualifier  qualifier
}

type subject string

const (
	onName     subject = "name"
	onID       subject = "id"
	onProperty subject = "property"
)

type quantifier string

const (
	anyValue quantifier = "any"
	allOf    quantifier = "all"
	noneOf   quantifier = "none"
)

// qualifier says how a value is compared.
type qualifier string

const (
	closeMatch    qualifier = "" // the default: what people take for the same
	exactMatch    qualifier = "ExactMatch"
	wildcardMatch qualifier = "WildcardMatch" // a star stands for anything
)

var qualifiers = []struct {
	id   qualifier
	name string
}{{exactMatch, "The very same value"}, {wildcardMatch, "A pattern in which * stands for anything"}}

// value is one value of a condition: a text, or an entity that was found before.
type value struct {
	text string
	id   string // of an entity; "" for a text
}

var (
	errNoQueries   = habeas.Invalid("queries", "There is no query.").WithCode("reconcile.empty")
	errBatch       = tooLarge("These are too many queries. At most 50 go into one request.", "reconcile.batch")
	errNothing     = habeas.Invalid("", "A query says a name or something else of what it looks for.").WithCode("reconcile.nothing")
	errLong        = habeas.Invalid("", "A text is longer than 2,048 bytes.").WithCode("reconcile.long")
	errMany        = habeas.Invalid("", "A query has at most 50 conditions of 50 values, 10 names and 20 types.").WithCode("reconcile.many")
	errLimit       = habeas.Invalid("limit", "The limit is a whole number from 1.").WithCode("reconcile.limit")
	errStrict      = habeas.Invalid("type_strict", "This is any, all or should.").WithCode("reconcile.strict")
	errProperty    = habeas.Invalid("", "A property has an identifier and at least one value.").WithCode("reconcile.property")
	errMatchType   = habeas.Invalid("matchType", "This is name, id or property.").WithCode("reconcile.match-type")
	errQuantifier  = habeas.Invalid("matchQuantifier", "This is any, all or none.").WithCode("reconcile.quantifier")
	errQualifier   = habeas.Invalid("matchQualifier", "This is ExactMatch or WildcardMatch, or left away.").WithCode("reconcile.qualifier")
	errValue       = habeas.Invalid("", "A value is a text, a number, true, false, or an entity with its id.").WithCode("reconcile.value")
	errAlone       = habeas.Invalid("", "Nothing is found by these properties alone. Add a name or an identifier.").WithCode("reconcile.alone")
	errTwice       = habeas.Invalid("", "A parameter is given twice.").WithCode("query.duplicate")
	errQuerySyntax = habeas.Invalid("", "The query of the address is not well formed.").WithCode("query.syntax")
)

func tooLarge(message, code string) *habeas.Error {
	return &habeas.Error{Kind: habeas.KindTooLarge, Message: message, Code: code}
}

// checked fills in what a query leaves away and bounds the rest.
func (q query) checked() (query, error) {
	switch {
	case q.limit == 0: // OpenRefine's way to leave it away
		q.limit = defaultHits
	case q.limit < 0:
		return q, errLimit
	}
	q.limit = min(q.limit, maxHits)
	if len(q.conditions) == 0 {
		return q, errNothing
	}
	if len(q.conditions) > maxConditions || len(q.types) > maxTypes {
		return q, errMany
	}
	names := 0
	for _, c := range q.conditions {
		if len(c.values) > maxValues {
			return q, errMany
		}
		if c.on == onName {
			names += len(c.values)
		}
		if len(c.property) > maxText {
			return q, errLong
		}
		for _, v := range c.values {
			if len(v.text) > maxText || len(v.id) > maxText {
				return q, errLong
			}
		}
	}
	if names > maxNames {
		return q, errMany
	}
	for _, t := range q.types {
		if len(t) > maxText {
			return q, errLong
		}
	}
	return q, nil
}
