package reconcile

import (
	"context"
	"slices"
	"strings"

	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/lang"
)

// What a condition speaks for or against a candidate, in bits.
const (
	saysSame  = 3.0  // what the question says is so
	saysOther = -2.0 // something else is said of the candidate
	otherType = -6.0 // it is of another type than it should be
)

// wider is how many candidates of a name are judged when more than the name is known.
const wider = 50

// answer finds who a query may mean, best first. An error is never an empty answer: that nobody
// is meant is said only when it was looked for (ENT-44).
func (s *Service) answer(ctx context.Context, q query, p lang.Printer) ([]candidate, error) {
	types, possible := s.typesOf(q)
	if !possible {
		return nil, nil // no entity is of such a type
	}
	var found pool
	sought, err := s.byIdentifier(ctx, q, &found)
	if err != nil {
		return nil, err
	}
	named, err := s.byName(ctx, q, types, &found)
	if err != nil {
		return nil, err
	}
	if !sought && !named {
		return nil, errAlone
	}
	if err := s.judge(ctx, q, types, &found, p); err != nil {
		return nil, err
	}
	found.weigh()
	return found.ranked(q.limit), nil
}

// typesOf returns the types that a query asks for: none is all. It is not possible when no
// entity can be of them.
func (s *Service) typesOf(q query) (types []entity.Type, possible bool) {
	unknown := 0
	for _, name := range q.types {
		k, ok := s.schema.kind(name)
		switch t := entity.Type(k.id); {
		case !ok:
			unknown++
		case k.id == anything:
			if q.strict != allTypes {
				return nil, true
			}
		case !slices.Contains(types, t):
			types = append(types, t)
		}
	}
	switch {
	case q.strict == shouldType && unknown > 0 && len(types) == 0:
		return []entity.Type{""}, true // everybody is of another type
	case q.strict == allTypes:
		return types, unknown == 0 && len(types) <= 1 // an entity is of one type here
	}
	return types, unknown < max(1, len(q.types))
}

// byIdentifier adds whom the query names by an identifier, and says whether it does.
func (s *Service) byIdentifier(ctx context.Context, q query, found *pool) (sought bool, err error) {
	for _, c := range q.conditions {
		if c.quantifier == noneOf || c.on == onName {
			continue
		}
		own := c.on == onID || c.property == propID
		_, attribute := s.attributes[c.property]
		if attribute && !own {
			continue
		}
		sought = true
		for _, v := range c.values {
			name := v.text
			if v.id != "" {
				name = v.id
			}
			asked := entity.Question{External: entity.External{Scheme: strings.ToLower(c.property), Value: name}}
			if own {
				asked = entity.Question{Text: name}
				if err := s.identified(ctx, name, found); err != nil {
					return sought, err
				}
			}
			if err := s.registered(ctx, asked, found); err != nil {
				return sought, err
			}
		}
	}
	return sought, nil
}

// byName adds whom the names of the query find, and says whether it has any.
func (s *Service) byName(ctx context.Context, q query, types []entity.Type, found *pool) (named bool, err error) {
	limit := q.limit
	if len(q.conditions) > 1 {
		limit = max(limit, wider)
	}
	if q.strict == shouldType {
		types = nil
		limit = max(limit, wider)
	}
	found.none = 1
	for _, c := range namesOf(q) {
		named = true
		for _, v := range c.values {
			if strings.TrimSpace(v.text) == "" {
				continue
			}
			if err := s.identified(ctx, v.text, found); err != nil {
				return named, err
			}
			a, err := s.Entities.Find(ctx, entity.Question{
				Text: v.text, Types: types, Limit: limit, Explain: true, Audience: everybody, Form: entity.FormReconciliation,
			})
			if err != nil {
				return named, err
			}
			found.none = min(found.none, a.None)
			for _, h := range a.Hits {
				c := hit(h)
				c.exact = h.Exact
				found.add(c)
			}
		}
	}
	return named, nil
}

// namesOf returns the conditions by whose values names are searched: those on the name, else
// those on properties that are names.
func namesOf(q query) []condition {
	var onNames, onProperties []condition
	values := 0
	for _, c := range q.conditions {
		if c.quantifier == noneOf {
			continue
		}
		switch {
		case c.on == onName:
			onNames = append(onNames, c)
		case c.on == onProperty && isName(c.property) && values+len(c.values) <= maxNames:
			values += len(c.values)
			onProperties = append(onProperties, c)
		}
	}
	if len(onNames) > 0 {
		return onNames
	}
	return onProperties
}

func isName(property string) bool {
	switch property {
	case entity.AttrName, entity.AttrAlias, entity.AttrAcronym, entity.AttrFormerName:
		return true
	}
	return false
}

// judge asks of every candidate what the query says beside the name, and leaves out who does
// not fulfil what is required.
func (s *Service) judge(ctx context.Context, q query, types []entity.Type, found *pool, p lang.Printer) error {
	kept := found.all[:0]
	for _, c := range found.all {
		stays, err := s.fulfils(ctx, q, c, p)
		if err != nil {
			return err
		}
		if len(types) > 0 {
			fits := slices.Contains(types, c.kind)
			c.says("type_match", p.T("It is of the type that was asked for"), fits)
			if !fits {
				c.bits, c.against = c.bits+otherType, true
				stays = stays && q.strict == shouldType
			}
		}
		if c.exact {
			c.says("identifier_match", p.T("An identifier names it"), true)
		}
		if stays {
			kept = append(kept, c)
		}
	}
	found.all = kept
	return nil
}

// fulfils weighs every condition for one candidate, and reports whether it may stay.
func (s *Service) fulfils(ctx context.Context, q query, c *candidate, p lang.Printer) (bool, error) {
	var of *entity.Entity // read when it is needed
	for _, cond := range q.conditions {
		if cond.on == onName && !cond.required && cond.quantifier == anyValue && cond.qualifier == closeMatch {
			continue // the search has judged it
		}
		if of == nil {
			found, err := s.resolve(ctx, c.id)
			if err != nil {
				return false, err
			}
			if len(found) == 0 || found[0].ID != c.id {
				return false, nil // it went meanwhile
			}
			of = &found[0]
		}
		v := cond.of(*of)
		switch {
		case v == silent && cond.required, v == differs && cond.required:
			return false, nil
		case v == agrees:
			c.bits += saysSame
		case v == differs:
			c.bits, c.against = c.bits+saysOther, true
		}
		if v != silent {
			known, _ := s.schema.property(cond.key())
			c.says("property:"+cond.key(), p.T(known.label), v == agrees)
		}
	}
	return true, nil
}
