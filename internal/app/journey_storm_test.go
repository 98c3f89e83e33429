package app_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// storm is a world in which two systems, staff and three people do what they like,
// in any order, beside a model of what must hold.
type storm struct {
	*world
	systems [2]system
	nora    habeas.Actor
	people  []habeas.Actor
	leaves  int64
	refs    [2]map[party.Reference]bool
	erased  map[habeas.PartyID]bool
	said    map[habeas.PartyID]int
}

var stormAddresses = []string{"tim@example.org", "eva@example.org", "info@example.org"}

func newStorm(t *testing.T) *storm {
	w := newWorld(t)
	s := &storm{
		world: w, systems: [2]system{w.connect("City Bookings"), w.connect("Bell Tours")}, nora: w.staff("nora@example.org"),
		erased: map[habeas.PartyID]bool{}, said: map[habeas.PartyID]int{},
	}
	for _, a := range stormAddresses {
		s.people = append(s.people, w.join(a))
	}
	s.leaves = w.verify().Leaves
	return s
}

// allowed are the refusals that a person or staff may meet in a storm; a fault of
// ours is none of them.
func (s *storm) allowed(err error) bool {
	if err == nil {
		return true
	}
	switch habeas.KindOf(err) {
	case habeas.KindNotFound, habeas.KindConflict, habeas.KindForbidden, habeas.KindTooMany, habeas.KindInvalid, habeas.KindGone:
		return false
	default:
		s.Fatalf("a fault of ours: %v", err)
		return false
	}
}

func (s *storm) systemSays(t *rapid.T) {
	n := rapid.IntRange(0, 1).Draw(t, "system")
	address := rapid.SampledFrom(stormAddresses).Draw(t, "address")
	name := rapid.SampledFrom([]string{"", "Tim", "Eva", "Zoe"}).Draw(t, "name")
	birth := rapid.SampledFrom([]string{"", "", "1984-05-03", "1990-01-01"}).Draw(t, "birth")
	statements, leaves := s.number(`SELECT count(*) FROM statement`), s.number(`SELECT count(*) FROM leaf`)
	id, ref := s.systems[n].say(address, with(person(name, "", birth), "membership", "number", "M-1"), ticket(fmt.Sprint(rapid.IntRange(0, 5).Draw(t, "ticket")), "x"))
	if s.erased[id] {
		s.Fatal("an erased party came back")
	}
	if made := s.number(`SELECT count(*) FROM leaf`) - leaves; s.number(`SELECT count(*) FROM statement`)-statements != made || made > 1 {
		s.Fatalf("%d leaves for one call", made)
	}
	if s.refs[n] == nil {
		s.refs[n] = map[party.Reference]bool{}
	}
	s.refs[n][ref] = true
	if other := s.refs[1-n]; other[ref] {
		s.Fatal("two systems hold one reference")
	}
}

func (s *storm) someone(t *rapid.T) habeas.Actor {
	return s.people[rapid.IntRange(0, len(s.people)-1).Draw(t, "person")]
}

func (s *storm) some(t *rapid.T) habeas.PartyID {
	var ids []habeas.PartyID
	for _, p := range must(s.DB.Records().Newest(s.ctx(), habeas.PartyID{}, 1000))(s) {
		ids = append(ids, p.ID)
	}
	if len(ids) == 0 {
		return habeas.PartyID{}
	}
	return ids[rapid.IntRange(0, len(ids)-1).Draw(t, "record")]
}

func (s *storm) version(id habeas.PartyID) int64 {
	p, err := s.DB.Records().Party(s.ctx(), id)
	if err != nil {
		return 0
	}
	return p.Version
}

func (s *storm) actions() map[string]func(*rapid.T) {
	r := s.Records
	return map[string]func(*rapid.T){
		"a system says something":       s.systemSays,
		"another system says something": s.systemSays,
		"somebody looks": func(t *rapid.T) {
			a := s.someone(t)
			for _, o := range s.offers(a) {
				_, err := r.Offer(s.ctx(), a, o.Record.Party.ID)
				s.allowed(err)
			}
		},
		"somebody accepts": func(t *rapid.T) {
			a, id := s.someone(t), s.some(t)
			before, known := s.peek(id)
			if err := r.Accept(s.ctx(), a, id, s.version(id), nil); s.allowed(err) && (!known || before.State != party.Unclaimed || before.Blocked || before.Review != party.ReviewNone) {
				s.Fatalf("accepted %+v", before)
			}
		},
		"somebody refuses": func(t *rapid.T) {
			a, id := s.someone(t), s.some(t)
			if s.allowed(r.NotMe(s.ctx(), a, id, s.version(id))) {
				for _, o := range s.offers(a) {
					if o.Record.Party.ID == id {
						s.Fatal("what was refused is offered again")
					}
				}
			}
		},
		"somebody corrects": func(t *rapid.T) {
			a, id := s.someone(t), s.some(t)
			city := rapid.StringMatching(`[A-Z][a-z]{3,6}`).Draw(t, "city")
			if s.allowed(r.Correct(s.ctx(), a, id, s.version(id), party.Values{"organisation": {"city": city}})) && s.held(id).Text("organisation", "city") != city {
				s.Fatal("a person's own word does not count")
			}
		},
		"somebody shows a number": func(t *rapid.T) {
			a, id := s.someone(t), s.some(t)
			_, _, err := r.ShowEvidence(s.ctx(), a, id, party.MembershipNumber, sealedtest.Seal(rapid.SampledFrom([]string{"M-1", "M-2"}).Draw(t, "number")))
			s.allowed(err)
		},
		"somebody erases": func(t *rapid.T) {
			a, id := s.someone(t), s.some(t)
			if _, err := r.Erase(s.ctx(), a, id); s.allowed(err) {
				s.erased[id] = true
			}
		},
		"staff amend": func(t *rapid.T) {
			s.allowed(r.Amend(s.ctx(), s.nora, s.some(t), party.Values{"organisation": {"city": "Ulm"}}))
		},
		"staff replace an address": func(t *rapid.T) {
			s.allowed(r.ChangeAddress(s.ctx(), s.nora, s.some(t), s.address(rapid.SampledFrom(stormAddresses).Draw(t, "address"))))
		},
		"staff decide": func(t *rapid.T) {
			s.allowed(r.Decide(s.ctx(), s.nora, s.some(t), rapid.SampledFrom([]party.Decision{party.KeepApart, party.Release}).Draw(t, "decision")))
		},
		"": s.invariants,
	}
}

func (s *storm) peek(id habeas.PartyID) (party.Party, bool) {
	p, err := s.DB.Records().Party(s.ctx(), id)
	return p, err == nil
}

// invariants hold after every step.
func (s *storm) invariants(t *rapid.T) {
	s.later(time.Second)
	parties := must(s.DB.Records().Newest(s.ctx(), habeas.PartyID{}, 1000))(s)
	for _, p := range parties {
		said := must(s.DB.Records().Statements(s.ctx(), p.ID))(s)
		switch {
		case s.erased[p.ID]:
			s.Fatal("an erased party has a row")
		case len(said) == 0:
			s.Fatal("a party without a statement")
		case len(said) < s.said[p.ID]:
			s.Fatal("a statement was lost")
		case (p.State == party.Claimed) == p.Account.IsZero() || (p.State == party.Claimed) == p.ClaimedAt.IsZero():
			s.Fatalf("half claimed: %+v", p)
		case p.State == party.Claimed && p.Blocked:
			s.Fatalf("claimed, and its address said “not me”: %+v", p)
		}
		s.said[p.ID] = len(said)
	}
	for id := range s.erased {
		if said := must(s.DB.Records().Statements(s.ctx(), id))(s); len(said) != 0 {
			s.Fatal("an erased party has statements")
		}
		if _, err := s.Keys.Key(s.ctx(), habeas.SubjectOf(id)); err == nil {
			s.Fatal("an erased party has a key")
		}
	}
	size := must(s.DB.Size(s.ctx()))(s)
	if size < s.leaves {
		s.Fatal("the ledger shrank")
	}
	s.leaves = size
}

// settle checks what is too slow to check after every step.
func (s *storm) settle() {
	s.verify()
	for id := range s.erased {
		if tables := s.tablesNaming(id[:]); len(tables) != 0 {
			s.Fatalf("an erased party is named in %v", tables)
		}
	}
	if leaves, placed := int64(s.number(`SELECT count(*) FROM leaf`)), must(s.DB.Size(s.ctx()))(s); leaves != placed {
		s.Fatalf("%d leaves, %d of them in the tree", leaves, placed)
	}
	// Every statement belongs to a party, and every known-as row to one that is there.
	for _, query := range []string{
		`SELECT count(*) FROM statement WHERE party NOT IN (SELECT id FROM party)`,
		`SELECT count(*) FROM known_as WHERE party NOT IN (SELECT id FROM party)`,
		`SELECT count(*) FROM claim WHERE party NOT IN (SELECT id FROM party)`,
		`SELECT count(*) FROM blocked WHERE party NOT IN (SELECT id FROM party)`,
	} {
		if n := s.number(query); n != 0 {
			s.Fatalf("%d rows: %s", n, query)
		}
	}
}

// checks sets how often rapid repeats until the test ends: a store with durable
// writes is slower than a pure function.
func checks(t *testing.T, n string) { setRapid(t, "checks", n) }

// setRapid sets a flag of rapid until the test ends, unless the command line says it.
func setRapid(t *testing.T, name, n string) {
	t.Helper()
	f := flag.Lookup("rapid." + name)
	before := f.Value.String()
	if before != f.DefValue {
		return // asked for on the command line
	}
	if err := f.Value.Set(n); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Value.Set(before) })
}

// Proves PTY-2, PTY-18, PTY-A32.
func TestNothingIsLostLeakedOrFusedWhateverHappens(t *testing.T) {
	checks(t, "12")
	rapid.Check(t, func(rt *rapid.T) {
		s := newStorm(t)
		rt.Repeat(s.actions())
		s.settle()
	})
}

// word is one call of a system.
type word struct{ Address, Name, Birth, External string }

// Proves PTY-26.
func TestReferencesDependOnlyOnTheSystemsOwnWords(t *testing.T) {
	checks(t, "12")
	words := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) word {
		return word{
			rapid.SampledFrom(stormAddresses).Draw(t, "address"), rapid.SampledFrom([]string{"", "Tim", "Eva"}).Draw(t, "name"),
			rapid.SampledFrom([]string{"", "1984-05-03", "1990-01-01"}).Draw(t, "birth"), rapid.SampledFrom([]string{"", "", "1", "2"}).Draw(t, "external"),
		}
	}), 1, 12)
	rapid.Check(t, func(rt *rapid.T) {
		said := words.Draw(rt, "words")
		quiet, loud := newStorm(t), newStorm(t)
		same := map[party.Reference]party.Reference{} // reference in the quiet world → in the loud one
		back := map[party.Reference]party.Reference{}
		others := loud.actions()
		delete(others, "a system says something")
		delete(others, "another system says something")
		delete(others, "")
		names := []string{"the other system", "somebody looks", "somebody accepts", "somebody refuses", "somebody shows a number", "staff amend", "staff replace an address", "staff decide"}
		for _, wd := range said {
			for range rapid.IntRange(0, 3).Draw(rt, "meanwhile") {
				switch name := rapid.SampledFrom(names).Draw(rt, "who"); name {
				case "the other system":
					o := words.Draw(rt, "others")[0]
					loud.systems[1].say(o.Address, person(o.Name, "", o.Birth), external(o.External))
				default:
					others[name](rt)
				}
			}
			_, a := quiet.systems[0].say(wd.Address, person(wd.Name, "", wd.Birth), external(wd.External))
			_, b := loud.systems[0].say(wd.Address, person(wd.Name, "", wd.Birth), external(wd.External))
			if x, ok := same[a]; ok && x != b {
				t.Fatalf("one party for the system became two by what others did: %+v in %+v", wd, said)
			}
			if x, ok := back[b]; ok && x != a {
				t.Fatalf("two parties for the system became one by what others did: %+v in %+v", wd, said)
			}
			same[a], back[b] = b, a
		}
	})
}
