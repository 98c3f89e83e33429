package app_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// reader is a connected system that may read data sets, and copies what it reads.
type reader struct {
	system
	sets   []string
	cursor string
	copies map[party.Reference]party.Values
	seen   map[string]bool // events by id
	told   []string        // what came since it was last looked: "corrected <ref>"
}

// reading connects a system that may read data sets and follows its changes.
func (w *world) reading(name string, sets ...string) *reader {
	w.Helper()
	boss := habeas.Actor{Kind: habeas.ActorStaff, Account: habeas.AccountID{15: 9}, Roles: []habeas.Role{habeas.RoleAdministrator}, Proof: habeas.ProofPasskey}
	s, _, err := w.Systems.ConnectOn(w.ctx(), boss, authz.Terms{Name: name, Reads: sets})
	w.ok(err)
	r := &reader{
		system: system{w, habeas.Actor{Kind: habeas.ActorSystem, System: s.ID}}, sets: sets,
		copies: map[party.Reference]party.Values{}, seen: map[string]bool{},
	}
	slices.Sort(r.sets)
	r.follow()
	return r
}

// says says something and copies what it may read of it from then on.
func (r *reader) says(address string, v party.Values, change ...more) (habeas.PartyID, party.Reference) {
	r.Helper()
	id, ref := r.say(address, v, change...)
	r.copies[ref] = r.query(ref)
	return id, ref
}

func (r *reader) query(ref party.Reference) party.Values {
	r.Helper()
	views := must(r.Systems.Records().Query(r.ctx(), r.actor, []party.Reference{ref}, r.sets))(r)
	return views[0]
}

// follow takes in all that there is to be told, and returns it: the kinds, with the
// names of those concerned.
func (r *reader) follow() []string {
	r.Helper()
	r.ok(r.Systems.Changes().Settle(r.ctx()))
	r.told = nil
	for {
		news, next, err := r.Systems.Records().News(r.ctx(), r.actor, r.cursor, 3, 0)
		r.ok(err)
		r.cursor = next
		if len(news) == 0 {
			return r.told
		}
		for _, n := range news {
			r.take(n)
		}
	}
}

func (r *reader) take(n party.News) {
	r.Helper()
	if r.seen[n.ID.String()] {
		r.Errorf("event %s came twice", n.Kind)
	}
	r.seen[n.ID.String()] = true
	if n.Hour != n.Hour.Truncate(time.Hour) {
		r.Errorf("an event is dated %s", n.Hour)
	}
	line := string(n.Kind)
	for _, ref := range []party.Reference{n.Ref, n.Other} {
		if !ref.IsZero() {
			line += " " + ref.String()
		}
	}
	r.told = append(r.told, line)
	switch n.Kind {
	case party.NewsReset:
		for ref := range r.copies {
			r.copies[ref] = r.query(ref)
		}
	case party.NewsErased:
		delete(r.copies, n.Ref)
	default:
		r.copies[n.Ref] = r.query(n.Ref)
	}
}

// wants checks what a system is told since it last looked.
func (r *reader) wants(want ...string) {
	r.Helper()
	if got := r.follow(); !slices.Equal(got, want) {
		r.Errorf("told %q, want %q", got, want)
	}
}

// fits checks that the copies are what a query returns now.
func (r *reader) fits() {
	r.Helper()
	for ref, held := range r.copies {
		if now := r.query(ref); !sameFields(held, now) {
			r.Errorf("the copy of %s is %v, a query returns %v", ref, held, now)
		}
	}
}

func sameFields(a, b party.Values) bool {
	return maps.EqualFunc(a, b, func(x, y map[string]string) bool { return maps.Equal(x, y) })
}

func is(kind party.NewsKind, refs ...party.Reference) string {
	line := string(kind)
	for _, ref := range refs {
		line += " " + ref.String()
	}
	return line
}

func phone(number string) party.Values { return party.Values{"phone": {"number": number}} }

// Proves PTY-30.
func TestASystemIsToldWhatItCanReadAndNotItsOwnWords(t *testing.T) {
	w := newWorld(t)
	hotel, club := w.reading("Hotel", "contact", "phone"), w.reading("Club", "phone")
	quiet := w.connect("Quiet")
	w.opening("contact", "phone")
	hotel.wants("reset", "reset")
	club.wants("reset")

	id, ref := hotel.says("tim@example.org", person("Tim", "", ""))
	_, other := club.says("tim@example.org", party.Values{})
	hotel.wants() // its own word, and a word of others that says nothing new
	club.wants()
	quiet.say("tim@example.org", phone("+34600111222"))
	hotel.wants(is(party.NewsCorrected, ref))
	club.wants(is(party.NewsCorrected, other))
	quiet.say("tim@example.org", phone("+34600111222"))
	quiet.say("tim@example.org", person("", "Berger", "")) // a data set that nobody of them reads
	hotel.wants()
	club.wants()
	hotel.says("tim@example.org", phone("+34600333444"))
	hotel.wants()
	club.wants(is(party.NewsCorrected, other))
	hotel.fits()
	club.fits()

	quiet.say("sue@example.org", phone("+34600999999")) // somebody whom neither has brought
	hotel.wants()
	club.wants()

	nora := w.atWork()
	w.later(time.Second)
	w.ok(w.Records.Amend(w.ctx(), nora, id, party.Values{"contact": {"language": "es"}}))
	hotel.wants(is(party.NewsCorrected, ref))
	club.wants()
	hotel.fits()
	club.fits()
}

// opening lets systems read data sets of unclaimed records.
func (w *world) opening(sets ...string) {
	w.Helper()
	boss := habeas.Actor{Kind: habeas.ActorStaff, Account: habeas.AccountID{15: 9}, Roles: []habeas.Role{habeas.RoleAdministrator}, Proof: habeas.ProofPasskey}
	p := must(w.Policies.Current(w.ctx()))(w)
	p.Unclaimed = sets
	_, err := w.Policies.Change(w.ctx(), boss, p)
	w.ok(err)
}

// set changes a party as a use case would.
func (w *world) set(id habeas.PartyID, change func(*party.Party)) {
	w.Helper()
	w.later(time.Second)
	w.ok(w.DB.InTx(w.ctx(), func(tx *sqlstore.Tx) error {
		top := must(tx.Records().Top(w.ctx(), id))(w)
		p := must(tx.Records().Party(w.ctx(), top))(w)
		change(&p)
		p.Version++
		return tx.Records().ChangeParty(p, nil, nil, audit.Entry{
			ID: habeas.NewID[habeas.EventKind](w.clock.Now()), Event: audit.PartyReviewed, Subject: habeas.SubjectOf(top), Actor: habeas.Server, At: w.clock.Now(),
		})
	}))
}

func (w *world) restrain(id habeas.PartyID, to party.Restraint) {
	w.Helper()
	w.set(id, func(p *party.Party) {
		p.Restraint, p.RestrainedAt = to, w.clock.Now()
		if to == party.RestraintNone {
			p.RestrainedAt = time.Time{}
		}
	})
}

// remove erases a record as its person would.
func (w *world) remove(id habeas.PartyID) {
	w.Helper()
	w.later(time.Second)
	w.ok(w.Backstage().RemoveRecord(w.ctx(), must(w.DB.Records().Top(w.ctx(), id))(w)))
}

// A claim is no news, and what comes after it is the same as if there had been none.
//
// Proves PTY-30, PTY-7.
func TestAClaimIsNoNews(t *testing.T) {
	for _, open := range [][]string{nil, {"contact", "phone"}} {
		t.Run(fmt.Sprint(open), func(t *testing.T) {
			w := newWorld(t)
			w.opening(open...)
			hotel, other := w.reading("Hotel", "contact", "identity", "phone"), w.connect("Other")
			tim, timRef := hotel.says("tim@example.org", person("Tim", "", ""))
			_, sueRef := hotel.says("sue@example.org", person("Sue", "", ""))
			for _, address := range []string{"tim@example.org", "sue@example.org"} {
				other.say(address, phone("+34600111222"))
			}
			hotel.follow()
			w.accept(w.join("tim@example.org"), tim, party.Values{"phone": {"number": "+34600777777"}, "identity": {"given_name": "Timothy"}})
			hotel.wants()
			w.later(time.Second)
			for _, address := range []string{"tim@example.org", "sue@example.org"} {
				hotel.says(address, person("", "", "")) // its own words, of both
			}
			hotel.wants()
			w.set(hotel.partyOf(timRef), func(p *party.Party) { p.State = party.Frozen })
			hotel.wants()
			w.set(hotel.partyOf(timRef), func(p *party.Party) { p.State = party.Claimed })
			hotel.wants()
			for _, to := range []party.Restraint{party.Restricted, party.Objected, party.RestraintNone} {
				for _, ref := range []party.Reference{timRef, sueRef} {
					w.restrain(hotel.partyOf(ref), to)
				}
				kind := map[party.Restraint]party.NewsKind{party.Restricted: party.NewsRestricted, party.Objected: party.NewsObjected, party.RestraintNone: party.NewsUnrestricted}[to]
				sameEvents(t, hotel.follow(), []string{is(kind, timRef), is(kind, sueRef)})
			}
			for _, ref := range []party.Reference{timRef, sueRef} {
				w.remove(hotel.partyOf(ref))
			}
			hotel.wants(is(party.NewsErased, timRef), is(party.NewsErased, sueRef))
			if held := must(w.DB.Changes().Marks(w.ctx(), 10))(t); len(held) != 0 {
				t.Errorf("%d traces are left of the erased", len(held))
			}
		})
	}
}

func sameEvents(t *testing.T, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

// Proves PTY-30.
func TestASystemLearnsOfAMergeWhatItCanSeeOfIt(t *testing.T) {
	w := newWorld(t)
	w.opening("identity", "phone") // what it says under one name it does not read under another
	hotel, blind := w.reading("Hotel", "identity", "phone"), w.reading("Blind")
	one, a := hotel.says("tim@example.org", phone("+34600111222"))
	two, b := hotel.says("tb@work.example", person("Timothy", "", ""))
	for _, address := range []string{"tim@example.org", "tb@work.example"} {
		blind.says(address, party.Values{})
	}
	hotel.follow()
	blind.follow()
	nora := w.atWork()
	w.later(time.Second)
	m := w.merge(nora, one, two)
	sameEvents(t, hotel.follow(), []string{is(party.NewsMerged, a, b), is(party.NewsCorrected, b)})
	blind.wants() // it can read nothing, so it learns nothing
	hotel.fits()
	w.later(time.Second)
	must(w.Records.Unmerge(w.ctx(), nora, m.ID))(t)
	got := hotel.follow()
	slices.Sort(got)
	if len(got) != 3 || got[0] != is(party.NewsCorrected, min2(a, b)) || got[1] != is(party.NewsCorrected, max2(a, b)) || got[2] != is(party.NewsUnmerged, max2(a, b), min2(a, b)) {
		t.Errorf("told %q", got)
	}
	hotel.fits()
	blind.wants()
}

func min2(a, b party.Reference) party.Reference {
	if a.String() < b.String() {
		return a
	}
	return b
}

func max2(a, b party.Reference) party.Reference {
	if a == min2(a, b) {
		return b
	}
	return a
}

// Proves PTY-30.
func TestACursorThatIsOverBeginsAnew(t *testing.T) {
	w := newWorld(t)
	w.opening("contact", "phone")
	hotel, other := w.reading("Hotel", "contact", "phone"), w.connect("Other")
	_, ref := hotel.says("tim@example.org", party.Values{})
	hotel.wants("reset")
	start := hotel.cursor
	for i := range 3 {
		other.say("tim@example.org", phone(fmt.Sprintf("+3460011122%d", i)))
		hotel.wants(is(party.NewsCorrected, ref))
	}
	old := hotel.cursor
	w.later(party.KeepNews + 2*time.Hour)
	w.ok(w.DB.Ops().Tidy(w.ctx(), w.clock.Now()))
	hotel.wants() // the newest stays: who has seen all has lost nothing
	hotel.cursor = start
	hotel.wants("reset")
	if hotel.cursor != old {
		t.Error("the reset does not lead to the end of the feed")
	}
	club := w.reading("Club", "contact")
	for _, cursor := range []string{old, "00000000000000000000000000"} { // another system's, and one made up
		news, _, err := w.Systems.Records().News(w.ctx(), club.actor, cursor, 10, 0)
		w.ok(err)
		if len(news) != 1 || news[0].Kind != party.NewsReset {
			t.Errorf("%s was taken: %+v", cursor, news)
		}
	}
	_, _, err := w.Systems.Records().News(w.ctx(), club.actor, "x", 10, 0)
	w.refused(err, "cursor.invalid")
	if start == old || start[:8] == old[:8] {
		t.Error("cursors look alike")
	}
}

// Whatever happens, a system that asks again for what it is told of holds what it would
// read if it asked for everything; but where a record closes to it, which it is not told.
//
// Proves PTY-30.
func TestFollowingTheFeedIsAsGoodAsAskingForEverything(t *testing.T) {
	for _, open := range [][]string{nil, {"contact", "phone"}, {"contact", "identity", "phone"}} {
		t.Run(fmt.Sprint(open), func(t *testing.T) {
			w := newWorld(t)
			w.opening(open...)
			nora := w.atWork()
			readers := []*reader{w.reading("Hotel", "contact", "identity", "phone"), w.reading("Club", "phone"), w.reading("None")}
			other := w.connect("Other")
			n := 0
			rapid.Check(t, func(rt *rapid.T) {
				if n++; n > 15 { // each is a history of a whole store
					return
				}
				h := &history{world: w, T: rt, nora: nora, readers: readers, other: other, closed: map[habeas.PartyID]bool{}, people: map[string]habeas.Actor{}}
				for _, r := range readers {
					r.follow()
					clear(r.copies)
				}
				for i := range 3 {
					h.addresses = append(h.addresses, fmt.Sprintf("p%d-%d@example.org", n, i))
				}
				for range rapid.IntRange(4, 14).Draw(rt, "steps") {
					h.step()
				}
				for _, r := range readers {
					r.follow()
					h.check(r)
				}
			})
		})
	}
}

// history is what happens to a few people.
type history struct {
	*world
	*rapid.T
	nora      habeas.Actor
	readers   []*reader
	other     system
	addresses []string
	parties   []habeas.PartyID
	merges    []habeas.MergeID
	closed    map[habeas.PartyID]bool
	people    map[string]habeas.Actor
}

func (h *history) step() {
	address := rapid.SampledFrom(h.addresses).Draw(h.T, "address")
	values := rapid.SampledFrom([]party.Values{{}, phone("+34600111222"), phone("+34600333444"), person("Tim", "", ""), person("Sue", "", ""), person("", "Berger", "")}).Draw(h.T, "values")
	some := func() (id habeas.PartyID, ok bool) {
		if len(h.parties) == 0 {
			return id, false
		}
		id = rapid.SampledFrom(h.parties).Draw(h.T, "party")
		top, err := h.DB.Records().Top(h.ctx(), id)
		return top, err == nil
	}
	note := func(id habeas.PartyID) {
		if !slices.Contains(h.parties, id) {
			h.parties = append(h.parties, id)
		}
	}
	switch what := rapid.SampledFrom([]string{"says", "says", "reader", "reader", "staff", "claim", "freeze", "restrain", "merge", "unmerge", "erase", "look"}).Draw(h.T, "what"); what {
	case "says":
		id, _ := h.other.say(address, values)
		note(id)
	case "reader":
		id, _ := rapid.SampledFrom(h.readers).Draw(h.T, "reader").says(address, values)
		note(id)
	case "look":
		h.readers[0].follow()
	default:
		if id, ok := some(); ok {
			h.act(what, id, values)
		}
	}
}

func (h *history) act(what string, id habeas.PartyID, values party.Values) {
	p := must(h.DB.Records().Party(h.ctx(), id))(h.world)
	h.later(time.Second)
	switch what {
	case "staff":
		_ = h.Records.Amend(h.ctx(), h.nora, id, values) // a frozen record is not amended
	case "claim": // or given up again
		to := party.Claimed
		if p.State == party.Claimed {
			to = party.Unclaimed
		}
		h.set(id, func(p *party.Party) { p.State, p.Account = to, habeas.AccountID{15: 7} })
	case "freeze":
		to := party.Frozen
		if p.State == party.Frozen {
			to = party.Unclaimed
		}
		h.set(id, func(p *party.Party) { p.State, p.Account = to, habeas.AccountID{} })
	case "restrain":
		h.restrain(id, rapid.SampledFrom([]party.Restraint{party.Restricted, party.Objected, party.RestraintNone}).Draw(h.T, "restraint"))
	case "merge":
		other := rapid.SampledFrom(h.parties).Draw(h.T, "with")
		pair, err := h.Records.Compare(h.ctx(), h.nora, id, other)
		if err != nil {
			return
		}
		m, err := h.Records.Join(h.ctx(), h.nora, id, other, [2]int64{pair.Into.Party.Version, pair.From.Party.Version}, nil)
		if err == nil && m.State == party.MergeDone {
			h.merges = append(h.merges, m.ID)
		}
	case "unmerge":
		if len(h.merges) > 0 {
			_, _ = h.Records.Unmerge(h.ctx(), h.nora, h.merges[len(h.merges)-1]) // it may be over
		}
	case "erase":
		h.remove(id)
	}
	h.later(time.Second)
}

// check compares the copies of a reader with what it would read, where the record is open
// to it or was never closed to it unseen.
func (h *history) check(r *reader) {
	for ref, held := range r.copies {
		now := r.query(ref)
		if sameFields(held, now) {
			continue
		}
		prefix, n := ref.Handle(r.Keys.Cipher("reference/" + r.actor.System.String()))
		id, err := h.DB.Records().ByReference(h.ctx(), r.actor.System, prefix, n)
		if err != nil {
			h.Fatalf("a copy of somebody who is gone is left: %v", held)
		}
		p := must(h.DB.Records().Party(h.ctx(), must(h.DB.Records().Top(h.ctx(), id))(h.world)))(h.world)
		policy := must(h.Policies.Current(h.ctx()))(h.world)
		if len(policy.Unclaimed) == 0 || p.State == party.Unclaimed || p.Restraint != party.RestraintNone {
			h.Fatalf("the copy of a record that is %s %s is %v, a query returns %v", p.State, p.Restraint, held, now)
		}
	}
}
