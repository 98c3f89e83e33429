package reconcile

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/entity"
)

// candidate is an entity that may be meant, with what speaks for it.
type candidate struct {
	id      entity.ID
	label   string
	kind    entity.Type
	country string

	p        float64 // the probability that it is meant
	bits     float64 // what the conditions say for it (positive) or against it
	exact    bool    // an identifier names it
	against  bool    // something that is said of what is looked for is not so of it
	match    bool    // it is sure
	features []feature
}

// feature is one thing that speaks for a candidate or against it: a number of bits, or a fact.
type feature struct {
	id, name string
	bits     float64
	fact     bool // it is yes or no, and not bits
	yes      bool
}

// sure is the probability from which a candidate is a match without anybody looking.
const sure = 0.95

// pool is everybody who may be meant, while a query is answered.
type pool struct {
	all  []*candidate
	none float64 // the probability that it is nobody
}

func (p *pool) find(id entity.ID) *candidate {
	for _, c := range p.all {
		if c.id == id {
			return c
		}
	}
	return nil
}

// add takes a candidate in, or returns the one of the same entity that is there.
func (p *pool) add(c candidate) *candidate {
	if known := p.find(c.id); known != nil {
		known.p = max(known.p, c.p)
		known.exact = known.exact || c.exact
		return known
	}
	p.all = append(p.all, &c)
	return &c
}

// everybody is who may ask: the public.
var everybody entity.Audience

// identified adds the entity that a text names by its identifier here, by the address of its
// page, or what it has become.
func (s *Service) identified(ctx context.Context, text string, p *pool) error {
	id, err := entity.ParseID(strings.TrimPrefix(text, s.space))
	if err != nil {
		return nil // it is a name
	}
	found, err := s.resolve(ctx, id)
	if err != nil {
		return err
	}
	for _, e := range found {
		if e.Description.Access&entity.Unsearchable == 0 {
			c := candidateOf(e)
			c.p, c.exact = 1/float64(len(found)), true
			p.add(c)
		}
	}
	return nil
}

// resolve returns the entity of an identifier, the one that it was merged into, or those that it
// was split into. None: it is not there, or not for everybody, which looks alike.
func (s *Service) resolve(ctx context.Context, id entity.ID) ([]entity.Entity, error) {
	var out []entity.Entity
	next := []entity.ID{id}
	for hops := 0; len(next) > 0 && hops < maxHits; hops++ {
		e, err := s.Entities.Resolve(ctx, next[0], time.Time{}, everybody)
		next = next[1:]
		switch kind := habeas.KindOf(err); {
		case err != nil && (kind == habeas.KindNotFound || kind == habeas.KindGone):
		case err != nil:
			return nil, err
		case e.State == entity.Active:
			out = append(out, e)
		default:
			next = append(next, e.Successors...)
		}
	}
	return out, nil
}

func candidateOf(e entity.Entity) candidate {
	d := e.Description
	return candidate{id: e.ID, label: labelOf(d, ""), kind: d.Type, country: firstOf(d, entity.AttrCountry, "")}
}

// registered adds the entity that an identifier of another registry names, and nothing else.
func (s *Service) registered(ctx context.Context, q entity.Question, p *pool) error {
	q.Limit, q.Audience, q.Form = 1, everybody, entity.FormReconciliation
	answer, err := s.Entities.Find(ctx, q)
	switch kind := habeas.KindOf(err); {
	case err != nil && (kind == habeas.KindNotFound || kind == habeas.KindInvalid):
		return nil // no registry writes its identifiers like that
	case err != nil:
		return err
	}
	for _, h := range answer.Hits {
		if h.Exact {
			c := hit(h)
			c.exact = true
			p.add(c)
		}
	}
	return nil
}

func hit(h entity.Hit) candidate {
	c := candidate{id: h.ID, label: h.Label, kind: h.Type, country: h.Country, p: h.P}
	for _, r := range h.Reasons {
		c.reason(r)
	}
	return c
}

// reason adds a reason of the index to the features, of which there is one of each name.
func (c *candidate) reason(r entity.Reason) {
	i := slices.IndexFunc(c.features, func(f feature) bool { return f.id == r.Code })
	if i < 0 {
		c.features = append(c.features, feature{id: r.Code, name: r.Text})
		i = len(c.features) - 1
	}
	c.features[i].bits += r.Weight
}

// says adds a fact to the features; a second one of the same name has to hold too.
func (c *candidate) says(id, name string, yes bool) {
	for i := range c.features {
		if f := &c.features[i]; f.id == id {
			f.yes = f.yes && yes
			return
		}
	}
	c.features = append(c.features, feature{id: id, name: name, fact: true, yes: yes})
}

// weigh turns what the conditions say into probabilities, by Bayes' rule: every candidate's
// chance is multiplied by 2^bits, and what was certain of all of them together stays so.
// Candidates that an identifier names leave the others what they leave.
func (p *pool) weigh() {
	before, after, exact := p.none, p.none, 0.0
	for _, c := range p.all {
		if c.exact {
			exact = max(exact, c.p)
			continue
		}
		before += c.p
		after += c.p * math.Exp2(c.bits)
	}
	rest := max(0, 1-before) // somebody who was not found
	before, after = before+rest, after+rest
	for _, c := range p.all {
		if !c.exact && after > 0 {
			c.p = min(1, c.p*math.Exp2(c.bits)/after*before) * (1 - exact)
		}
	}
}

// ranked orders the pool, keeps the best, and says which one is sure.
func (p *pool) ranked(limit int) []candidate {
	slices.SortStableFunc(p.all, func(a, b *candidate) int {
		switch {
		case a.exact != b.exact:
			if a.exact {
				return -1
			}
			return 1
		case a.p > b.p:
			return -1
		case a.p < b.p:
			return 1
		}
		return 0
	})
	out := make([]candidate, 0, min(limit, len(p.all)))
	for _, c := range p.all[:min(limit, len(p.all))] {
		out = append(out, *c)
	}
	if len(out) > 0 {
		first := &out[0]
		first.match = first.p >= sure && !first.against && (len(p.all) == 1 || !first.exact || !p.all[1].exact)
	}
	return out
}
