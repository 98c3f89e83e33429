package reconcile

import (
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/match/text"
)

type (
	// suggestions answer while somebody types.
	suggestions[T any] struct {
		Result []T `json:"result"`
	}
	suggestedEntity struct {
		ID          string    `json:"id"`
		Name        string    `json:"name"`
		Description string    `json:"description,omitzero"`
		Notable     []typeRef `json:"notable"`
	}
	suggestedType struct {
		ID      string    `json:"id"`
		Name    string    `json:"name"`
		Lang    string    `json:"lang,omitzero"`
		Broader []typeRef `json:"broader,omitempty"`
	}
	suggestedProperty struct {
		ID          string           `json:"id"`
		Name        string           `json:"name"`
		Description string           `json:"description,omitzero"`
		Lang        string           `json:"lang,omitzero"`
		Qualifiers  []namedQualifier `json:"matchQualifiers,omitempty"`
	}
	namedQualifier struct {
		ID   qualifier `json:"id"`
		Name string    `json:"name"`
	}
	// flyout shows one suggestion. 1.0-draft has none.
	flyout struct {
		ID   string `json:"id"`
		HTML string `json:"html"`
	}
)

// suggesting is what a suggest request asks for.
type suggesting struct {
	version version
	prefix  string
	skip    int // cursor of 0.1 and 0.2, offset of 1.0-draft
	limit   int
}

var (
	errSkip   = habeas.Invalid("cursor", "How many suggestions to skip is a whole number from 0.").WithCode("reconcile.cursor")
	errPrefix = habeas.Invalid("prefix", "Say what was typed.").WithCode("reconcile.prefix")
)

// suggesting reads the parameters of a suggest request. The two names of one thing are of
// different versions, and tell which one.
func (c *call) suggesting() (suggesting, error) {
	prefix, sent := c.sent["prefix"]
	in := suggesting{version: c.version, prefix: prefix, limit: defaultHits}
	if !sent {
		return in, errPrefix
	}
	if len(prefix) > maxText {
		return in, errLong
	}
	skip, ok := c.sent["offset"]
	if ok && in.version == "" {
		in.version = v10
	}
	if !ok {
		skip, ok = c.sent["cursor"]
	}
	var err error
	if ok {
		if in.skip, err = strconv.Atoi(skip); err != nil || in.skip < 0 {
			return in, errSkip
		}
	}
	in.version = in.version.or(v02)
	in.limit, err = c.limit(defaultHits)
	return in, err
}

// limit reads the parameter of this name.
func (c *call) limit(usual int) (int, error) {
	text, ok := c.sent["limit"]
	if !ok {
		return usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, errLimit
	}
	return min(n, maxHits), nil
}

// page returns the part of a list that is asked for.
func page[T any](all []T, in suggesting) suggestions[T] {
	from := min(in.skip, len(all))
	return suggestions[T]{slices.Concat([]T{}, all[from:min(from+in.limit, len(all))])}
}

// suggestEntities completes names, and identifiers. No more than the first hundred are given.
func (s *Service) suggestEntities(c *call) error {
	in, err := c.suggesting()
	if err != nil {
		return err
	}
	all := []suggestedEntity{}
	if strings.TrimSpace(in.prefix) != "" {
		types, possible := s.typesOf(query{types: listed(c.sent["type"]), strict: anyType})
		var found pool
		if err := s.identified(c.r.Context(), in.prefix, &found); err != nil {
			return err
		}
		if possible {
			a, err := s.Entities.Find(c.r.Context(), entity.Question{
				Text: in.prefix, Types: types, Typing: true, Limit: maxHits, Audience: everybody, Form: entity.FormReconciliation,
			})
			if err != nil {
				return err
			}
			for _, h := range a.Hits {
				found.add(hit(h))
			}
		}
		for _, f := range found.all {
			e := suggestedEntity{ID: f.id.String(), Name: f.label, Notable: []typeRef{s.typeRef(in.version, c.p, string(f.kind))}}
			if f.country != "" {
				e.Description = countryName(f.country, c.p.Lang)
			}
			all = append(all, e)
		}
	}
	return c.answer(in.version, page(all, in))
}

// listed splits the types that a suggest widget sends.
func listed(types string) []string {
	return strings.FieldsFunc(types, func(r rune) bool { return r == ',' || r == ' ' })
}

// begins reports whether what was typed begins one of the texts, or a word of it.
func begins(typed string, texts ...string) bool {
	folded := text.Fold(typed)
	for _, t := range texts {
		if t == typed || strings.Contains(" "+text.Fold(t), " "+folded) {
			return true
		}
	}
	return false
}

func (s *Service) suggestTypes(c *call) error {
	in, err := c.suggesting()
	if err != nil {
		return err
	}
	all := slices.DeleteFunc(s.suggestedTypes(in.version, c.p), func(t suggestedType) bool {
		k, _ := s.schema.kind(t.ID)
		return !begins(in.prefix, t.ID, t.Name, k.label, k.schemaOrg)
	})
	return c.answer(in.version, page(all, in))
}

// suggestedTypes are all types; the first one is that of everything.
func (s *Service) suggestedTypes(v version, p lang.Printer) []suggestedType {
	out := make([]suggestedType, len(s.schema.types))
	for i, k := range s.schema.types {
		out[i] = suggestedType{ID: k.id, Name: p.T(k.label)}
		if v == v10 {
			out[i].Lang = p.Lang
		}
		if k.id != anything && v != v01 {
			out[i].Broader = []typeRef{s.typeRef(v, p, anything)}
		}
	}
	return out
}

func (s *Service) suggestProperties(c *call) error {
	in, err := c.suggesting()
	if err != nil {
		return err
	}
	var all []suggestedProperty
	for _, p := range s.schema.properties {
		if begins(in.prefix, p.id, c.p.T(p.label), p.label) {
			all = append(all, suggested(in.version, c.p, p))
		}
	}
	return c.answer(in.version, page(all, in))
}

func suggested(v version, p lang.Printer, of property) suggestedProperty {
	out := suggestedProperty{ID: of.id, Name: p.T(of.label)}
	if of.about != "" {
		out.Description = p.T(of.about)
	}
	if v == v10 {
		out.Lang = p.Lang
		for _, q := range qualifiers {
			out.Qualifiers = append(out.Qualifiers, namedQualifier{q.id, p.T(q.name)})
		}
	}
	return out
}

var errNotSuggested = habeas.NotFound("There is nothing of this identifier.").WithCode("reconcile.unknown")

var flyoutPage = template.Must(template.New("").Parse(
	`<p><strong>{{.Name}}</strong>{{with .Kind}} · {{.}}{{end}}</p>{{with .About}}<p>{{.}}</p>{{end}}`))

// flyout writes the small HTML that a widget shows beside a suggestion. Everything in it is text.
func (c *call) flyout(id, name, kind, about string) error {
	var html strings.Builder
	if err := flyoutPage.Execute(&html, struct{ Name, Kind, About string }{name, kind, about}); err != nil {
		return habeas.Internal(err)
	}
	return c.answer(c.version.or(v02), flyout{id, html.String()})
}

func (s *Service) flyoutEntity(c *call) error {
	e, _, err := s.asked(c)
	if err != nil {
		return err
	}
	about := firstOf(e.Description, entity.AttrDescription, c.p.Lang)
	if country := firstOf(e.Description, entity.AttrCountry, ""); about == "" && country != "" {
		about = countryName(country, c.p.Lang)
	}
	return c.flyout(c.sent["id"], labelOf(e.Description, c.p.Lang), s.schema.label(e.Description.Type, c.p), about)
}

func (s *Service) flyoutProperty(c *call) error {
	p, ok := s.schema.property(c.sent["id"])
	if !ok {
		return errNotSuggested
	}
	return c.flyout(p.id, c.p.T(p.label), "", c.p.T(p.about))
}

func (s *Service) flyoutType(c *call) error {
	k, ok := s.schema.kind(c.sent["id"])
	if !ok {
		return errNotSuggested
	}
	about := ""
	if k.schemaOrg != "" {
		about = "https://schema.org/" + k.schemaOrg
	}
	return c.flyout(c.sent["id"], c.p.T(k.label), "", about)
}
