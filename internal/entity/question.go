package entity

import (
	"strings"

	"github.com/habeas-data/habeas"
)

// The limits of a question.
const (
	MaxQuestion = 4 << 10 // bytes of its text
	MaxHits     = 100
	defaultHits = 10
	maxTypes    = 20
	maxKnown    = 20
)

// Errors of a question. ErrNoType refuses a type that the server does not know.
var (
	errAskNothing  = habeas.Invalid("q", "Say what to look for: a name, or an identifier of another registry.").WithCode("entity.question.empty")
	errAskLong     = habeas.Invalid("q", "The question is longer than 4096 bytes.").WithCode("entity.question.long")
	errAskLimit    = habeas.Invalid("limit", "The limit is not between 1 and 100.").WithCode("entity.question.limit")
	errAskCountry  = habeas.Invalid("country", "The country is not two letters (ISO 3166-1).").WithCode("entity.question.country")
	ErrNoType      = habeas.Invalid("type", "There is no type of this name.").WithCode("entity.question.type")
	errAskTypes    = habeas.Invalid("type", "There are more than 20 types.").WithCode("entity.question.types")
	errAskKnown    = habeas.Invalid("known", "There are more than 20 attributes.").WithCode("entity.question.known")
	errAskExternal = habeas.Invalid("external", "An external identifier is a scheme in small letters and a value, like wikidata and Q42.").WithCode("entity.question.external")
)

// Checked returns a question with its gaps filled, or says which part of it is wrong. It is
// the same for every audience.
func (q Question) Checked() (Question, error) {
	if q.Text = strings.TrimSpace(strings.ToValidUTF8(q.Text, "\uFFFD")); q.Text == "" && q.External == (External{}) {
		return q, errAskNothing
	}
	if len(q.Text) > MaxQuestion {
		return q, errAskLong
	}
	switch {
	case q.Limit == 0:
		q.Limit = defaultHits
	case q.Limit < 0 || q.Limit > MaxHits:
		return q, errAskLimit
	}
	if q.Country = strings.ToUpper(q.Country); q.Country != "" && !isCountry(q.Country) {
		return q, errAskCountry
	}
	if len(q.Types) > maxTypes {
		return q, errAskTypes
	}
	for _, t := range q.Types {
		if !plainName.MatchString(string(t)) {
			return q, ErrNoType
		}
	}
	if len(q.Known) > maxKnown {
		return q, errAskKnown
	}
	if x := q.External; x != (External{}) && (!plainScheme.MatchString(x.Scheme) || x.Value == "" || len(x.Value) > maxExternal) {
		return q, errAskExternal
	}
	return q, nil
}

func isCountry(c string) bool {
	return len(c) == 2 && 'A' <= c[0] && c[0] <= 'Z' && 'A' <= c[1] && c[1] <= 'Z'
}

// Rank says what of an entity an audience may see.
type rank uint8

const (
	forAll        rank = iota // the public
	forRegistered             // who is registered: persons that did not publish themselves
	forNobody                 // no question finds it
)

// searchedBy says who may find an entity. It looks at nothing but its flags: what is not for
// an audience never enters an index that answers it, so that it can move neither an answer
// nor its order nor its time (ENT-4, ENT-43; ADR 0050).
func searchedBy(e Entity) rank {
	switch d := e.Description; {
	case e.State != Active, d.Access&(Unsearchable|Hidden) != 0:
		return forNobody
	case d.Type == Person && d.Access&Published == 0:
		return forRegistered
	}
	return forAll
}
