package demo

import (
	"maps"
	"slices"
	"time"
)

// typed is the wording of one person's data as it went into a system.
type typed struct {
	fields map[string]map[string]string
	mess   []Mess
}

// habit is what stays alike from one ticket to the next: the same booker types
// the same person in the same way, until that person moves.
type habit struct {
	system, kind   string
	booker, person int
	moved          bool
}

// typeTickets turns plans into assertions in order of time. Revised tickets say
// the same again under the next version.
func typeTickets(seed uint64, w *World, plans []plan) []Assertion {
	t := &typist{dice: newDice(seed, stageTyping), w: w, habits: map[habit]typed{}}
	out := make([]Assertion, 0, 2*len(plans))
	for i := range plans {
		p := &plans[i]
		first := len(out)
		if p.listed != Nobody {
			out = append(out, t.listing(p))
		}
		for n, person := range p.people {
			said := t.say(p, n)
			out = append(out, Assertion{
				System: p.system, Ticket: p.Ticket, Fields: said.fields, Person: person, Organisation: Nobody,
				At: p.at, Mess: said.mess,
			})
		}
		if p.revised.IsZero() {
			continue
		}
		for _, a := range out[first:] {
			a.Fields, a.Mess = clone(a.Fields), slices.Clone(a.Mess)
			a.At, a.Ticket.Version, a.Ticket.Cancelled = p.revised, 2, p.cancelled
			if !p.cancelled {
				a.Ticket.When = a.Ticket.When.Add(24 * time.Hour)
			}
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b Assertion) int { return a.At.Compare(b.At) })
	return out
}

type typist struct {
	dice
	w      *World
	habits map[habit]typed
}

// say words the nth participant of a plan.
func (t *typist) say(p *plan, n int) typed {
	person := p.people[n]
	who := &t.w.People[person]
	if len(p.scenes) > 0 {
		return p.scenes[n].typed(who)
	}
	e := entry{p: who, booker: &t.w.People[p.Booker], at: p.at, kind: p.Kind, system: p.system}
	if p.twice {
		return t.retype(e)
	}
	key := habit{p.system, p.Kind, p.Booker, person, !who.Moved.IsZero() && !p.at.Before(who.Moved)}
	said, ok := t.habits[key]
	if !ok {
		e.fields = e.asked()
		e.spoil(t.dice)
		said = typed{e.fields, e.mess}
		t.habits[key] = said
	}
	return typed{clone(said.fields), slices.Clone(said.mess)}
}

// retype words somebody anew until the name is spelt differently; some names
// are short and plain, so it gives up after a while.
func (t *typist) retype(e entry) typed {
	for range 60 {
		e.fields, e.mess = e.asked(), nil
		e.spoil(t.dice)
		if e.misspelt() {
			break
		}
	}
	return typed{e.fields, append(e.mess, MessTwice)}
}

// asked are the true values, as of the day, of the fields for which a system
// asks. A bookers' own address is wanted, not those of the people they bring.
func (e *entry) asked() map[string]map[string]string {
	p := e.p
	identity := fields("given_name", p.Given, "family_name", p.Family)
	if e.kind != KindTeaching {
		identity["birth_date"] = p.Birth
	}
	if e.kind != KindBooking && p.Title != "" {
		identity["title"] = p.Title
	}
	f := map[string]map[string]string{SetIdentity: identity}
	contact := fields("email", p.Email, "phone", p.E164())
	self := e.booker.Index == p.Index
	if self {
		contact["language"] = p.Language
	}
	if len(contact) > 0 {
		f[SetContact] = contact
	}
	if self && e.kind != KindTeaching || e.kind == KindMembership {
		f[SetAddress] = p.Address.fields()
		if e.at.Before(p.Moved) {
			f[SetAddress] = p.Former.fields()
		}
	}
	if m := p.Membership; m != nil && e.kind == KindMembership {
		f[SetMembership] = fields("number", m.Number, "since", m.Since, "level", m.Level)
	}
	if t := p.Profile; t != nil && e.kind == KindTeaching {
		f[SetProfile] = fields("headline", t.Headline, "about", t.About, "subjects", t.Subjects)
	}
	return f
}

// listing words an organisation as one of its spellings.
func (t *typist) listing(p *plan) Assertion {
	o := &t.w.Organisations[p.listed]
	f := o.Fields()
	f[SetOrganisation]["name"] = p.spelling
	if t.percent(30) {
		delete(f[SetOrganisation], "legal_form")
	}
	if t.percent(30) {
		delete(f[SetOrganisation], "website")
	}
	return Assertion{
		System: p.system, Ticket: p.Ticket, Fields: f, Person: Nobody, Organisation: p.listed, At: p.at,
	}
}

// clone copies both levels, so that whoever changes one assertion changes no
// other.
func clone(f map[string]map[string]string) map[string]map[string]string {
	out := make(map[string]map[string]string, len(f))
	for set, values := range f {
		out[set] = maps.Clone(values)
	}
	return out
}
