package entity

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
)

// QueryForm is a question in the form of the Entity Name System (ENT-30):
//
//	QUERY { name="Albert Einstein" award="Nobel" } METADATA { entityType="person" }
//
// QUERY and METADATA are read in any case. A value stands in quotes ("…" or '…', in which a
// backslash takes the next character as it is) or is a word of its own; a value without a
// name is something it is called. Pairs are separated by space, a comma or a semicolon.
type QueryForm struct {
	Query    []Pair
	Metadata []Pair
}

// Pair is a name and a value, where the name began.
type Pair struct {
	Name, Value string
	At          int // the character, from 1
}

// MaxQueryForm bounds the form, in bytes.
const MaxQueryForm = 16 << 10

const maxPairs = 50

// errForm says where a form is wrong.
func errForm(at int, wrong *habeas.Error) error {
	return wrong.WithCode("entity.form").With("at", strconv.Itoa(at))
}

// ParseQueryForm reads a form, or says at which character it is wrong.
func ParseQueryForm(s string) (QueryForm, error) {
	var out QueryForm
	if len(s) > MaxQueryForm {
		return out, habeas.Invalid("query", "The query is longer than 16 KiB.").WithCode("entity.form")
	}
	if at := firstInvalid(s); at > 0 {
		return out, errForm(at, habeas.Invalid("query", "At character {at}: this is not UTF-8."))
	}
	p := formParser{text: []rune(s)}
	if p.word() != "query" {
		return out, errForm(1, habeas.Invalid("query", "At character {at}: a query begins with QUERY { … }, as in QUERY { name=\"Albert Einstein\" }."))
	}
	var err error
	if out.Query, err = p.block(); err != nil {
		return out, err
	}
	if p.space(); p.at < len(p.text) {
		begin := p.at + 1
		if p.word() != "metadata" {
			return out, errForm(begin, habeas.Invalid("query", "At character {at}: METADATA { … } is expected, or the end."))
		}
		if out.Metadata, err = p.block(); err != nil {
			return out, err
		}
	}
	if p.space(); p.at < len(p.text) {
		return out, errForm(p.at+1, habeas.Invalid("query", "At character {at}: the query has ended here, but there is more."))
	}
	return out, nil
}

// firstInvalid returns the character at which a text is no UTF-8, from 1, or 0.
func firstInvalid(s string) int {
	n := 0
	for i, r := range s {
		n++
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			return n
		}
	}
	return 0
}

type formParser struct {
	text []rune
	at   int
}

func (p *formParser) space() {
	for p.at < len(p.text) && unicode.IsSpace(p.text[p.at]) {
		p.at++
	}
}

// peek returns the next character, or zero at the end. A zero in the text is none of ours.
func (p *formParser) peek() rune {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

// wordRune says of which characters names and words without quotes consist.
func wordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || strings.ContainsRune("_-.:/", r)
}

// word reads a word in small letters; "" when there is none.
func (p *formParser) word() string { p.space(); return strings.ToLower(p.raw()) }

func (p *formParser) raw() string {
	begin := p.at
	for p.at < len(p.text) && wordRune(p.text[p.at]) {
		p.at++
	}
	return string(p.text[begin:p.at])
}

// block reads { pairs }.
func (p *formParser) block() ([]Pair, error) {
	if p.space(); p.peek() != '{' {
		return nil, errForm(p.at+1, habeas.Invalid("query", "At character {at}: a { is expected."))
	}
	open := p.at + 1
	p.at++
	var out []Pair
	for {
		p.space()
		switch r := p.peek(); {
		case r == '}':
			p.at++
			return out, nil
		case p.at == len(p.text):
			return nil, errForm(open, habeas.Invalid("query", "At character {at}: this { is never closed."))
		case r == ',' || r == ';':
			p.at++
			continue
		case len(out) == maxPairs:
			return nil, errForm(p.at+1, habeas.Invalid("query", "At character {at}: there are more than 50 pairs."))
		}
		pair, err := p.pair()
		if err != nil {
			return nil, err
		}
		out = append(out, pair)
	}
}

// pair reads name=value, or a value alone.
func (p *formParser) pair() (Pair, error) {
	begin := p.at + 1
	if q := p.peek(); q == '"' || q == '\'' {
		v, err := p.quoted()
		return Pair{AttrName, v, begin}, err
	}
	name := p.raw()
	if name == "" {
		return Pair{}, errForm(begin, habeas.Invalid("query", "At character {at}: a name or a value is expected."))
	}
	if p.space(); p.peek() != '=' {
		return Pair{AttrName, name, begin}, nil
	}
	p.at++
	p.space()
	if q := p.peek(); q == '"' || q == '\'' {
		v, err := p.quoted()
		return Pair{strings.ToLower(name), v, begin}, err
	}
	value := p.raw()
	if value == "" {
		return Pair{}, errForm(p.at+1, habeas.Invalid("query", "At character {at}: a value is expected."))
	}
	return Pair{strings.ToLower(name), value, begin}, nil
}

func (p *formParser) quoted() (string, error) {
	open, quote := p.at+1, p.text[p.at]
	var b strings.Builder
	for p.at++; p.at < len(p.text); p.at++ {
		switch r := p.text[p.at]; {
		case r == quote:
			p.at++
			return b.String(), nil
		case r == '\\' && p.at+1 < len(p.text):
			p.at++
			b.WriteRune(p.text[p.at])
		default:
			b.WriteRune(r)
		}
	}
	return "", errForm(open, habeas.Invalid("query", "At character {at}: this quotation mark is never closed."))
}

// formTypes are names of types that the system of 2010 used, beside ours.
var formTypes = map[string]Type{
	"organisation": Organization, "place": Location, "artifact": ArtifactInstance, "artifacttype": ArtifactType, "artifactinstance": ArtifactInstance,
}

// Question turns the form into a question: what it is called is the text, and where it is
// narrows down or speaks for a hit, like everything else that is said of it.
func (f QueryForm) Question() (Question, error) {
	var q Question
	var names []string
	for _, p := range f.Query {
		if p.Value = strings.TrimSpace(p.Value); p.Value == "" {
			continue
		}
		switch p.Name {
		case AttrName, AttrAlias, AttrAcronym, AttrFormerName, "label":
			names = append(names, p.Value)
		case "id", "identifier", "external":
			if found := Recognise(p.Value); len(found) > 0 {
				q.External = found[0]
			} else {
				names = append(names, p.Value)
			}
		default:
			q.Known = append(q.Known, Attribute{Name: p.Name, Value: p.Value})
		}
	}
	if q.Text = strings.Join(names, " "); q.Text == "" && q.External == (External{}) {
		return q, habeas.Invalid("query", "The query says nothing of what it is called. Add name=\"…\".").WithCode("entity.form")
	}
	for _, m := range f.Metadata {
		if err := q.metadata(m); err != nil {
			return q, err
		}
	}
	return q.Checked()
}

// metadata takes in one pair of METADATA.
func (q *Question) metadata(m Pair) error {
	switch m.Name {
	case "entitytype", "type":
		t := Type(strings.ToLower(m.Value))
		if other, ok := formTypes[string(t)]; ok {
			t = other
		}
		if !slices.Contains(q.Types, t) {
			q.Types = append(q.Types, t)
		}
	case "country":
		q.Country = m.Value
	case "limit", "maxresults":
		n, err := strconv.Atoi(m.Value)
		if err != nil || n < 1 || n > MaxHits {
			return errForm(m.At, habeas.Invalid("query", "At character {at}: the number of results is not between 1 and 100."))
		}
		q.Limit = n
	default:
		return errForm(m.At, habeas.Invalid("query", "At character {at}: METADATA knows entityType, country and limit."))
	}
	return nil
}
