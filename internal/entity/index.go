package entity

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"sync"

	"github.com/habeas-data/habeas/match/search"
)

// Index answers questions (ENT-30). What everybody may find stands on one shelf, persons that
// are for registered people only on another one: neither knows of the other, so that what is
// on the second moves no score of the first, not even through how common a word is (ENT-4).
// What nobody finds stands on none. It is safe for concurrent use.
type Index struct {
	public, registered *shelf

	write sync.Mutex // held by whoever changes it
}

// shelf is what one audience more may find.
type shelf struct {
	names     *search.Index
	externals *register
}

func newShelf() *shelf { return &shelf{search.New(search.Options{}), &register{}} }

// NewIndex returns an empty index.
func NewIndex() *Index { return &Index{public: newShelf(), registered: newShelf()} }

// putAtOnce is how many entities are put on a shelf at a time.
const putAtOnce = 5000

// BuildIndex returns an index of entities, each of which comes once.
func BuildIndex(ctx context.Context, entities iter.Seq2[Entity, error]) (*Index, error) {
	x := NewIndex()
	var failed error
	var table []entry
	var persons []Entity
	names, err := search.Build(ctx, func(yield func(search.Entity) bool) {
		for e, err := range entities {
			if err != nil {
				failed = err
				return
			}
			switch searchedBy(e) {
			case forAll:
				if s, ok := indexed(e); ok {
					table = append(table, entriesOf(e)...)
					if !yield(s) {
						return
					}
				}
			case forRegistered:
				if persons = append(persons, e); len(persons) == putAtOnce {
					if failed = x.registered.put(persons); failed != nil {
						return
					}
					persons = persons[:0]
				}
			case forNobody:
			}
		}
	}, search.Options{})
	if err := errors.Join(failed, err); err != nil {
		return nil, err
	}
	x.public = &shelf{names, &register{table: tableOf(table)}}
	return x, x.registered.put(persons)
}

func entriesOf(e Entity) []entry {
	out := make([]entry, len(e.Description.Externals))
	for i, ext := range e.Description.Externals {
		out[i] = entry{digestOf(ext), e.ID}
	}
	return out
}

// Put takes in entities as they are now: new, changed, or gone. They are found, or not found
// any more, when it returns. Many at once cost less than one after the other.
func (x *Index) Put(entities ...Entity) error {
	x.write.Lock()
	defer x.write.Unlock()
	var stand, leave [2][]Entity
	for _, e := range entities {
		for i := range stand {
			if searchedBy(e) == rank(i) {
				stand[i] = append(stand[i], e)
			} else {
				leave[i] = append(leave[i], e)
			}
		}
	}
	for i, s := range []*shelf{x.public, x.registered} {
		s.drop(leave[i])
		if err := s.put(stand[i]); err != nil {
			return err
		}
	}
	return nil
}

// PutRegistered takes in those of the entities that registered people find and the public does
// not. Others are left as they are.
func (x *Index) PutRegistered(entities ...Entity) error {
	x.write.Lock()
	defer x.write.Unlock()
	return x.registered.put(slices.DeleteFunc(slices.Clone(entities), func(e Entity) bool { return searchedBy(e) != forRegistered }))
}

// put places entities on a shelf. What says the same as before is left as it is.
func (s *shelf) put(entities []Entity) error {
	var names []search.Entity
	var nameless []Entity
	known := map[ID]bool{}
	for _, e := range entities {
		now, ok := indexed(e)
		before, there := s.names.Get(now.ID)
		known[e.ID] = known[e.ID] || there
		switch {
		case !ok:
			nameless = append(nameless, e)
		case !there || !sameIndexed(now, before):
			names = append(names, now)
		}
	}
	s.drop(nameless)
	for part := range slices.Chunk(names, putAtOnce) {
		if err := s.names.Put(part...); err != nil {
			return err
		}
	}
	s.enter(entities, known)
	return nil
}

// enter brings the identifiers of other registries up to date; of known ones there may be some.
func (s *shelf) enter(entities []Entity, known map[ID]bool) {
	var before map[ID][]digest
	for _, there := range known {
		if there {
			before = s.externals.of(known)
			break
		}
	}
	var gone []digest
	var come []entry
	for _, e := range entities {
		if _, ok := indexed(e); !ok {
			continue
		}
		now := entriesOf(e)
		for _, d := range before[e.ID] {
			if !slices.ContainsFunc(now, func(n entry) bool { return n.digest == d }) {
				gone = append(gone, d)
			}
		}
		for _, n := range now {
			if !slices.Contains(before[e.ID], n.digest) {
				come = append(come, n)
			}
		}
	}
	s.externals.change(gone, come)
}

// drop takes entities from a shelf, if they stand there.
func (s *shelf) drop(entities []Entity) {
	var ids []string
	known := map[ID]bool{}
	for _, e := range entities {
		if id := e.ID.String(); s.has(id) {
			ids = append(ids, id)
			known[e.ID] = true
		}
	}
	if len(ids) == 0 {
		return
	}
	var gone []digest
	for _, digests := range s.externals.of(known) {
		gone = append(gone, digests...)
	}
	s.externals.change(gone, nil)
	s.names.Delete(ids...)
}

func (s *shelf) has(id string) bool {
	_, ok := s.names.Get(id)
	return ok
}

// Len returns how many entities the public finds.
func (x *Index) Len() int { return x.public.names.Len() }

// Close gives back what is mapped. No other call may follow or be under way.
func (x *Index) Close() error {
	return errors.Join(x.public.names.Close(), x.registered.names.Close())
}

// shelves are what an audience may find.
func (x *Index) shelves(to Audience) []*shelf {
	if to.Registered || to.Steward {
		return []*shelf{x.public, x.registered}
	}
	return []*shelf{x.public}
}

// Find answers a question: an identifier, of ours or of another registry, names one entity;
// otherwise its text is taken as a name (ENT-44). It says what is wrong with a question.
func (x *Index) Find(q Question) (Answer, error) {
	q, err := q.Checked()
	if err != nil {
		return Answer{}, err
	}
	shelves := x.shelves(q.Audience)
	if hit, ok := exact(shelves, q); ok {
		return Answer{Hits: []Hit{hit}}, nil
	}
	if q.Text == "" {
		return Answer{None: 1}, nil
	}
	out := ask(shelves[0], q)
	for _, s := range shelves[1:] {
		out = both(out, ask(s, q), q.Limit)
	}
	return out, nil
}

// ByExternal returns the entity that another registry's identifier names, or zero.
func (x *Index) ByExternal(ext External, to Audience) ID {
	ext = ext.normal()
	for _, s := range x.shelves(to) {
		if id := s.externals.find(ext); id != 0 {
			return id
		}
	}
	return 0
}

// exact finds what an identifier names.
func exact(shelves []*shelf, q Question) (Hit, bool) {
	asked := Recognise(q.Text)
	if q.External != (External{}) {
		asked = append([]External{q.External.normal(), q.External}, asked...)
	}
	for _, s := range shelves {
		for _, ext := range asked {
			if id := s.externals.find(ext); id != 0 {
				if h, ok := s.hit(id.String(), q); ok {
					h.Name = ext.Value
					return h, true
				}
			}
		}
		if id, err := ParseID(q.Text); err == nil {
			if h, ok := s.hit(id.String(), q); ok {
				h.Name = id.String()
				return h, true
			}
		}
	}
	return Hit{}, false
}

// hit is the entity itself, if it is of what a question asks for.
func (s *shelf) hit(id string, q Question) (Hit, bool) {
	e, ok := s.names.Get(id)
	if !ok || len(q.Types) > 0 && !slices.Contains(q.Types, Type(e.Type)) || q.Country != "" && e.Country != q.Country {
		return Hit{}, false
	}
	h := hitOf(id, e)
	h.P, h.Exact = 1, true
	if q.Explain {
		h.Reasons = []Reason{{reasonIdentifier, maxBits, "the identifier is its own"}}
	}
	return h, h.ID != 0
}

// maxBits is what an identifier speaks for: surer than any name.
const maxBits = 64

func hitOf(id string, e search.Entity) Hit {
	h := Hit{Type: Type(e.Type), Country: e.Country}
	h.ID, _ = ParseID(id) // it was written by us; zero says otherwise
	for _, n := range e.Names {
		if h.Label == "" || n.Kind == search.Primary {
			h.Label = n.Text
		}
		if n.Kind == search.Primary {
			break
		}
	}
	return h
}

// ask puts a question to one shelf.
func ask(s *shelf, q Question) Answer {
	query := search.Query{Text: q.Text, Limit: q.Limit, Country: q.Country, Explain: q.Explain}
	if q.Typing {
		query.Mode = search.Typing
	}
	for _, t := range q.Types {
		query.Types = append(query.Types, string(t))
	}
	r := s.names.Search(query)
	out := Answer{None: r.None, Hits: make([]Hit, 0, len(r.Hits))}
	for _, found := range r.Hits {
		e, ok := s.names.Get(found.ID)
		if !ok {
			continue // it went meanwhile
		}
		h := hitOf(found.ID, e)
		h.Name, h.P = found.Name, found.P
		for _, why := range found.Reasons {
			h.Reasons = append(h.Reasons, Reason(why))
		}
		out.Hits = append(out.Hits, h)
	}
	return out
}

// both joins what two shelves answer. Each gives the odds of a hit against nothing on its
// shelf being meant; together, the odds of all hits compete with one nothing. Where several
// may be meant, a hit of one takes nothing from those of the other.
func both(a, b Answer, limit int) Answer {
	if len(b.Hits) == 0 {
		return a
	}
	if len(a.Hits) == 0 {
		return b
	}
	out := Answer{Hits: append(slices.Clone(a.Hits), b.Hits...)}
	if several(a) || several(b) {
		out.None = a.None * b.None
	} else {
		na, nb := max(a.None, leastNone), max(b.None, leastNone)
		out.None = 1 / (1/na + 1/nb - 1)
		for i := range out.Hits {
			if i < len(a.Hits) {
				out.Hits[i].P *= out.None / na
			} else {
				out.Hits[i].P *= out.None / nb
			}
		}
	}
	slices.SortStableFunc(out.Hits, func(x, y Hit) int { return cmp.Compare(y.P, x.P) })
	out.Hits = out.Hits[:min(limit, len(out.Hits))]
	return out
}

// leastNone bounds how sure one shelf can be against the other.
const leastNone = 1e-6

// several reports whether more than one hit may be meant: their probabilities do not compete.
func several(a Answer) bool {
	sum := a.None
	for _, h := range a.Hits {
		sum += h.P
	}
	return sum > 1.001
}
