package app_test

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/internal/web/pass"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// owner is a person who controls a record with values of his own and one of a system's.
type owner struct {
	*world
	habeas.Actor
	id habeas.PartyID
}

func (w *world) owner(address string) owner {
	w.Helper()
	id, _ := w.connect("City Membership").say(address, with(person("Tim", "Berger", "1984-05-03"), "membership", "number", "M-20417"), ticket("M-1", "Membership"))
	a := w.member(address)
	w.accept(a, id, with(with(party.Values{}, "phone", "number", "+34 600 111 222"), "contact", "language", "es"))
	w.mails()
	return owner{w, a, id}
}

func (o owner) passes() *app.Passes { return app.NewPasses(o.Records, o.Accounts) }

// give makes a consent and returns it with its code as people read it.
func (o owner) give(t party.PassTerms) (party.Pass, string) {
	o.Helper()
	if t.Life == 0 {
		t.Life = party.DefaultPassLife
	}
	t.Uses = max(t.Uses, 1)
	x, code, link, err := o.passes().Give(o.ctx(), o.Actor, o.id, t)
	o.ok(err)
	if link.IsZero() {
		o.Fatal("no link")
	}
	o.later(0)
	return x, sealedtest.Text(code)
}

// use attaches by a code; more as in say.
func (s system) use(code string, v party.Values, change ...more) (party.Reference, error) {
	in := party.Assertion{Values: v, Consent: &party.ConsentCode{Typed: sealedtest.Seal(code)}}
	for _, c := range change {
		c(&in)
	}
	s.later(0)
	return s.Systems.Records().FindOrCreate(s.ctx(), s.actor, in)
}

// sees is what a reference opens, as "set.field=value".
func (s system) sees(ref party.Reference, sets ...string) []string {
	s.Helper()
	s.later(0)
	a := s.actor
	a.Purpose = "Booking or membership work"
	shared := must(s.Systems.Records().Consented(s.ctx(), a, []party.Reference{ref}, sets))(s)
	var out []string
	for _, set := range shared[0].Sets {
		for _, f := range set.Fields {
			out = append(out, set.Schema.Name+"."+f.Schema.Name+"="+f.Current.Text)
		}
	}
	return out
}

func (w *world) same(got, want []string, what string) {
	w.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.Errorf("%s: %q, want %q", what, got, want)
	}
}

// Proves PTY-8.
func TestAConsentCodeAttachesARecordAndOpensWhatWasTicked(t *testing.T) {
	w := newWorld(t)
	tim := w.owner("tim@example.org")
	bookings := w.connect("City Bookings")
	before := w.held(tim.id)
	_, code := tim.give(party.PassTerms{Sets: []string{"phone", "contact"}, Note: "For Bell"})
	if !regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$`).MatchString(code) {
		t.Fatalf("the code is written %q", code)
	}

	// As it is typed: small letters, blanks, look-alikes.
	typed := strings.NewReplacer("-", " ", "0", "o", "1", "l").Replace(strings.ToLower(code))
	ref := must(bookings.use(typed, person("Timothy", "Bergerson", ""), ticket("B-7", "Guided tour")))(t)
	ticked := []string{"contact.email=tim@example.org", "contact.language=es", "phone.number=+34 600 111 222"}
	w.same(bookings.sees(ref), ticked, "after the code")
	w.same(bookings.sees(ref, "phone", "identity"), ticked[2:], "narrowed, and asked for more")

	// The ticket keeps the booker's wording, and Tim's record says what it said.
	all := must(w.DB.Records().Statements(w.ctx(), tim.id))(t)
	if last := all[len(all)-1]; last.Values.Get("identity", "given_name") != "Timothy" || last.Occ.Title != "Guided tour" || last.Occ.Ref != "B-7" {
		t.Errorf("the ticket says %+v", last)
	}
	if seen := must(w.Records.Occasions(w.ctx(), tim.Actor, tim.id))(t); len(seen) != 2 || seen[0].Title != "Guided tour" || seen[0].System != "City Bookings" {
		t.Errorf("Tim sees %+v", seen)
	}
	now := w.held(tim.id)
	if now.Name() != before.Name() || now.Party.State != party.Claimed {
		t.Errorf("the record says %q", now.Name())
	}

	// Tim is told once, without a word about who or what, and sees who, when and what.
	told := w.mailTo("tim@example.org", mail.KindPassUsed)
	for _, never := range []string{"Bookings", "600 111", "Timothy"} {
		if strings.Contains(told.Subject+told.Text, never) {
			t.Errorf("the mail says %q", never)
		}
	}
	used, read := w.look(tim.Actor, audit.PassUsed), w.look(tim.Actor, audit.PassRead)
	if used.ActorName != "City Bookings" || used.Detail["sets"] != "contact phone" || used.Detail["ticket"] != "B-7" {
		t.Errorf("the use: %+v", used)
	}
	if read.ActorName != "City Bookings" || read.Detail["sets"] != "phone" || read.Actor.Purpose == "" {
		t.Errorf("the reading: %+v", read)
	}
	if given := w.look(tim.Actor, audit.PassGiven); !given.Mine {
		t.Errorf("the giving: %+v", given)
	}

	// A new version of the ticket comes with the code again; current values are read.
	again := must(bookings.use(code, nil, func(a *party.Assertion) { a.Ticket = &party.TicketInput{Ref: "B-7", Version: 2, Title: "Moved"} }))(t)
	if again != ref {
		t.Error("the same consent has two references")
	}
	w.ok(w.Records.Correct(w.ctx(), tim.Actor, tim.id, w.held(tim.id).Party.Version, with(party.Values{}, "phone", "number", "+34 600 999 999")))
	w.same(bookings.sees(ref, "phone"), []string{"phone.number=+34 600 999 999"}, "after a correction")
	if extra := w.mails(); len(extra) != 0 {
		t.Errorf("%d more mails", len(extra))
	}
	w.verify()
}

// Proves PTY-8.
func TestAConsentIsTakenBackAtOnceAndNotByOthers(t *testing.T) {
	w := newWorld(t)
	tim, bookings := w.owner("tim@example.org"), w.connect("City Bookings")
	x, code := tim.give(party.PassTerms{Sets: []string{"phone"}})
	ref := must(bookings.use(code, nil, ticket("B-7", "Tour")))(t)
	oscar := w.member("oscar@example.org")
	for who, a := range map[string]habeas.Actor{"Oscar": oscar, "nobody": {}, "staff": w.staff("nora@example.org")} {
		_, err := tim.passes().End(w.ctx(), a, x.ID)
		w.refused(err, "consent.none")
		if _, _, err := tim.passes().Given(w.ctx(), a, tim.id); habeas.KindOf(err) != habeas.KindNotFound {
			t.Errorf("%s sees Tim's consents: %v", who, err)
		}
		if _, _, _, err := tim.passes().Give(w.ctx(), a, tim.id, party.PassTerms{Sets: []string{"phone"}, Life: time.Hour, Uses: 1}); habeas.KindOf(err) != habeas.KindNotFound {
			t.Errorf("%s gives a consent of Tim's: %v", who, err)
		}
	}
	w.same(bookings.sees(ref), []string{"phone.number=+34 600 111 222"}, "in force")
	must(tim.passes().End(w.ctx(), tim.Actor, x.ID))(t)
	w.same(bookings.sees(ref), nil, "taken back")
	_, err := bookings.use(code, nil, ticket("B-7", "Tour"))
	w.refused(err, "consent.refused")
	must(tim.passes().End(w.ctx(), tim.Actor, x.ID))(t) // twice is the same as once
	if l := w.look(tim.Actor, audit.PassEnded); !l.Mine {
		t.Errorf("the end: %+v", l)
	}
	_, given, err := tim.passes().Given(w.ctx(), tim.Actor, tim.id)
	w.ok(err)
	if len(given) != 1 || given[0].Ended != party.PassRevoked || len(given[0].Uses) != 1 || given[0].Uses[0].Who != "City Bookings" {
		t.Errorf("the list: %+v", given)
	}
}

// Whatever takes a record out of its person's hands ends every consent, and nothing brings
// one back.
// Proves PTY-8.
func TestWhatTakesARecordAwayEndsItsConsents(t *testing.T) {
	change := func(f func(*party.Party)) func(*world, owner) {
		return func(w *world, o owner) {
			w.ok(w.DB.InTx(w.ctx(), func(tx *sqlstore.Tx) error {
				p, err := tx.Records().Party(w.ctx(), o.id)
				f(&p)
				p.Version++
				now := w.clock.Now()
				return errors.Join(err, tx.Records().ChangeParty(p, nil, nil, audit.Entry{
					ID: habeas.NewID[habeas.EventKind](now), Event: audit.PartyReviewed, Subject: habeas.SubjectOf(o.id), Actor: habeas.Server, At: now,
				}))
			}))
		}
	}
	turn := func(to party.State) func(*world, owner) {
		return func(w *world, o owner) {
			w.ok(w.DB.InTx(w.ctx(), func(tx *sqlstore.Tx) error {
				p, err := tx.Records().Party(w.ctx(), o.id)
				p.State = to
				p.Version++
				now := w.clock.Now()
				return errors.Join(err, tx.Records().Turn(party.Turn{Change: []party.Party{p}}, audit.Entry{
					ID: habeas.NewID[habeas.EventKind](now), Event: audit.PartyReviewed, Subject: habeas.SubjectOf(o.id), Actor: habeas.Server, At: now,
				}))
			}))
		}
	}
	back := change(func(p *party.Party) { p.State, p.Restraint = party.Claimed, party.RestraintNone })
	for name, c := range map[string]struct{ away, back func(*world, owner) }{
		"a merge into another": {turn(party.Merged), turn(party.Claimed)},
		"a dispute":            {change(func(p *party.Party) { p.State = party.Frozen }), back},
		"restriction": {func(w *world, o owner) {
			_, err := w.Notices.RequestForMine(w.ctx(), o.Actor, o.id, party.AskRestrict)
			w.ok(err)
		}, func(w *world, o owner) {
			all := must(w.Notices.RequestsOfMine(w.ctx(), o.Actor, o.id))(w)
			w.ok(w.Notices.WithdrawMine(w.ctx(), o.Actor, o.id, all[0].ID))
		}},
		"objection": {func(w *world, o owner) {
			_, err := w.Notices.RequestForMine(w.ctx(), o.Actor, o.id, party.AskObject)
			w.ok(err)
		}, nil},
		"the claim undone": {change(func(p *party.Party) {
			p.State, p.Account, p.ClaimedAt = party.Unclaimed, habeas.AccountID{}, time.Time{}
		}), nil},
		"somebody else's claim":  {change(func(p *party.Party) { p.Account = habeas.AccountID{15: 77} }), nil},
		"a claim of its own day": {change(func(p *party.Party) { p.ClaimedAt = p.ClaimedAt.Add(time.Hour) }), nil},
		"a closed account": {func(w *world, o owner) {
			boss := habeas.Actor{Kind: habeas.ActorStaff, Account: habeas.AccountID{15: 9}, Roles: []habeas.Role{habeas.RoleAdministrator}, Proof: habeas.ProofPasskey}
			w.ok(w.Accounts.SetClosed(w.ctx(), boss, w.address("tim@example.org"), true))
		}, func(w *world, o owner) {
			boss := habeas.Actor{Kind: habeas.ActorStaff, Account: habeas.AccountID{15: 9}, Roles: []habeas.Role{habeas.RoleAdministrator}, Proof: habeas.ProofPasskey}
			w.ok(w.Accounts.SetClosed(w.ctx(), boss, w.address("tim@example.org"), false))
		}},
		"erasure":            {func(w *world, o owner) { must(w.Records.Erase(w.ctx(), o.Actor, o.id))(w) }, nil},
		"the account erased": {func(w *world, o owner) { must(w.Records.EraseMe(w.ctx(), o.Actor))(w) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			tim, bookings := w.owner("tim@example.org"), w.connect("City Bookings")
			_, code := tim.give(party.PassTerms{Sets: []string{"phone"}, Life: party.MaxPassLife, Uses: 3})
			ref := must(bookings.use(code, nil))(t)
			w.same(bookings.sees(ref), []string{"phone.number=+34 600 111 222"}, "before")
			c.away(w, tim)
			w.same(bookings.sees(ref), nil, "after")
			_, err := bookings.use(code, nil)
			w.refused(err, "consent.refused")
			if c.back != nil {
				c.back(w, tim)
				w.same(bookings.sees(ref), nil, "and afterwards")
				_, err := bookings.use(code, nil)
				w.refused(err, "consent.refused")
			}
			w.verify()
		})
	}
}

// Somebody who was in an account may have given a consent there: recovery ends it.
// Proves PTY-8.
func TestRecoveryEndsConsents(t *testing.T) {
	w := newWorld(t)
	tim, bookings := w.owner("tim@example.org"), w.connect("City Bookings")
	_, code := tim.give(party.PassTerms{Sets: []string{"phone"}, Uses: 2})
	ref := must(bookings.use(code, nil))(t)
	w.ok(w.DB.InTx(w.ctx(), func(tx *sqlstore.Tx) error { // he has a passkey, so that there is something to recover
		now := w.clock.Now()
		return tx.Accounts().AddPasskey(account.Passkey{Hash: w.Keys.Lookup(account.LookupPasskey, "a key"), Account: tim.Account, AddedAt: now, Credential: []byte(`{}`)}, audit.Entry{
			ID: habeas.NewID[habeas.EventKind](now), Event: audit.CredentialAdded, Subject: habeas.SubjectOf(tim.Account), Actor: tim.Actor, At: now,
		})
	}))
	b := w.browser()
	if to := b.typeCode(b.ask("tim@example.org")); to != "/recover" {
		t.Fatalf("the code leads to %s", to)
	}
	b.post("/recover")
	w.same(bookings.sees(ref), nil, "after recovery")
	_, err := bookings.use(code, nil)
	w.refused(err, "consent.refused")
	if l := w.look(tim.Actor, audit.PassEnded); l.Detail["why"] != string(party.PassRecovered) {
		t.Errorf("the end: %+v", l)
	}
}

// What is hidden from its person is hidden from everybody they share with.
// Proves PTY-8.
func TestHiddenDataSetsAreNotShared(t *testing.T) {
	w := newWorld(t)
	tim, bookings := w.owner("tim@example.org"), w.connect("City Bookings")
	for _, sets := range [][]string{{"identity"}, {"membership"}, {"phone", "identity"}, {"address"}, {"shoes"}} {
		_, _, _, err := tim.passes().Give(w.ctx(), tim.Actor, tim.id, party.PassTerms{Sets: sets, Life: time.Hour, Uses: 1})
		w.refused(err, "consent.hidden")
	}
	_, code := tim.give(party.PassTerms{Sets: []string{"phone"}})
	ref := must(bookings.use(code, nil))(t)
	// A data set that he fills himself can be ticked; what others add to it stays hidden.
	w.ok(w.Records.Correct(w.ctx(), tim.Actor, tim.id, w.held(tim.id).Party.Version, with(party.Values{}, "address", "city", "Bonn")))
	_, second := tim.give(party.PassTerms{Sets: []string{"address"}})
	other := must(bookings.use(second, nil))(t)
	bookings.say("tim@example.org", with(person("Tim", "Berger", "1984-05-03"), "address", "street", "Hidden Lane 1"), ticket("B-9", "Tour"))
	w.same(bookings.sees(other), []string{"address.city=Bonn"}, "with a street that a system added")
	w.same(bookings.sees(ref), []string{"phone.number=+34 600 111 222"}, "the other")
}

// Proves PTY-8.
func TestTermsOfAConsentAreBounded(t *testing.T) {
	w := newWorld(t)
	tim := w.owner("tim@example.org")
	good := party.PassTerms{Sets: []string{"phone"}, Life: time.Hour, Uses: 1}
	for code, change := range map[string]func(*party.PassTerms){
		"consent.sets":  func(t *party.PassTerms) { t.Sets = nil },
		"consent.life":  func(t *party.PassTerms) { t.Life = party.MaxPassLife + 1 },
		"consent.uses":  func(t *party.PassTerms) { t.Uses = party.MaxPassUses + 1 },
		"field.invalid": func(t *party.PassTerms) { t.Note = strings.Repeat("x", party.MaxPassNote+1) },
	} {
		terms := good
		change(&terms)
		_, _, _, err := tim.passes().Give(w.ctx(), tim.Actor, tim.id, terms)
		w.refused(err, code)
	}
	for range party.MaxPasses {
		tim.give(good)
	}
	_, _, _, err := tim.passes().Give(w.ctx(), tim.Actor, tim.id, good)
	w.refused(err, "consent.many")
	w.later(time.Hour)
	tim.give(good)
}

// A booker who would like to know whether the person of a code is one they know already
// learns nothing: not by references, not by reading, not by tickets.
// Proves PTY-8.
func TestAConsentCodeLinksNoReferences(t *testing.T) {
	w := newWorld(t)
	tim := w.owner("tim@example.org")
	bookings, theatre := w.connect("City Bookings"), w.connect("City Theatre")
	_, mailed := bookings.say("tim@example.org", with(person("Tim", "B", ""), "profile", "headline", "Said by mail"), ticket("B-1", "Tour"))
	_, code := tim.give(party.PassTerms{Sets: []string{"phone"}, Uses: 5})
	_, other := tim.give(party.PassTerms{Sets: []string{"phone"}, Uses: 5})
	byCode := must(bookings.use(code, with(party.Values{}, "profile", "headline", "Said by code"), ticket("B-2", "Tour")))(t)
	byOther := must(bookings.use(other, nil, ticket("B-3", "Tour")))(t)
	elsewhere := must(theatre.use(code, nil, ticket("B-2", "Play")))(t)
	seen := map[party.Reference]bool{mailed: true, byCode: true, byOther: true, elsewhere: true}
	if len(seen) != 4 {
		t.Fatal("two references are the same")
	}
	w.same(bookings.queried(mailed, "profile"), []string{"profile.headline=Said by mail"}, "what was said under the address")
	w.same(bookings.queried(byCode, "profile"), nil, "the consent's reference, read as another")
	w.same(bookings.sees(mailed), nil, "the address's reference, read as a consent's")
	w.same(theatre.sees(byCode), nil, "another system's reference")
	w.same(bookings.sees(party.Reference{1, 2, 3}), nil, "a made-up reference")
	// The address means who it meant before, and is no new name of the code's party.
	if _, again := bookings.say("tim@example.org", nil); again != mailed {
		t.Error("the address got another reference")
	}
	for _, change := range []more{
		external("C-1"), func(a *party.Assertion) { a.Email, a.HasEmail = w.address("oscar@example.org"), true },
	} {
		_, err := bookings.use(code, nil, change)
		w.refused(err, "consent.named")
	}
	// What a booker writes as an address is a value on the ticket, and leads nowhere.
	must(bookings.use(code, with(party.Values{}, "contact", "email", "oscar@example.org"), ticket("B-2", "Tour")))(t)
	if rows := must(w.DB.Records().KnownAt(w.ctx(), w.Keys.Lookup(party.LookupEmail, w.address("oscar@example.org").Key())))(t); len(rows) != 0 {
		t.Errorf("the code made the party known at %d addresses", len(rows))
	}
	if rows := must(w.DB.Records().KnownAt(w.ctx(), w.Keys.Lookup(party.LookupEmail, w.address("tim@example.org").Key())))(t); len(rows) != 3 {
		t.Errorf("%d rows at Tim's address, want those of two systems and his own", len(rows))
	}
}

// queried is what a system reads without a consent.
func (s system) queried(ref party.Reference, sets ...string) []string {
	s.Helper()
	views := must(s.Systems.Records().Query(s.ctx(), s.actor, []party.Reference{ref}, sets))(s)
	var out []string
	for set, fields := range views[0] {
		for name := range maps.Keys(fields) {
			out = append(out, set+"."+name+"="+fields[name])
		}
	}
	return out
}

// Each booker counts once, each booking too; whoever comes too late is refused like any
// other wrong code.
// Proves PTY-8.
func TestAConsentIsForAsManyBookersAsItSays(t *testing.T) {
	w := newWorld(t)
	tim, bookings, theatre := w.owner("tim@example.org"), w.connect("City Bookings"), w.connect("City Theatre")
	_, one := tim.give(party.PassTerms{Sets: []string{"phone"}})
	must(bookings.use(one, nil))(t) // to fill in a form
	must(bookings.use(one, nil, ticket("B-1", "Tour")))(t)
	must(bookings.use(one, nil, ticket("B-1", "Tour")))(t) // delivered again
	_, err := bookings.use(one, nil, ticket("B-2", "Another's tour"))
	w.refused(err, "consent.refused")
	_, err = theatre.use(one, nil)
	w.refused(err, "consent.refused")
	_, two := tim.give(party.PassTerms{Sets: []string{"phone"}, Uses: 2})
	must(bookings.use(two, nil, ticket("B-1", "Tour")))(t)
	must(theatre.use(two, nil, ticket("P-1", "Play")))(t)
	_, err = theatre.use(two, nil, ticket("P-2", "Play"))
	w.refused(err, "consent.refused")
	_, err = w.connect("City Zoo").use(two, nil)
	w.refused(err, "consent.refused")

	// Of many at once exactly as many get in.
	_, race := tim.give(party.PassTerms{Sets: []string{"phone"}, Uses: 2})
	var wins sync.Map
	var work sync.WaitGroup
	for i := range 8 {
		s := w.connect("System " + string(rune('A'+i)))
		work.Go(func() {
			in := party.Assertion{Consent: &party.ConsentCode{Typed: sealedtest.Seal(race)}}
			if _, err := s.Systems.Records().FindOrCreate(s.ctx(), s.actor, in); err == nil {
				wins.Store(s.actor.System, true)
			}
		})
	}
	work.Wait()
	n := 0
	wins.Range(func(any, any) bool { n++; return true })
	if n != 2 {
		t.Errorf("%d of 8 got in by a consent for 2", n)
	}
}

// Proves PTY-8.
func TestARequestWithACodeIsSafeToRepeat(t *testing.T) {
	w := newWorld(t)
	tim, bookings := w.owner("tim@example.org"), w.connect("City Bookings")
	x, code := tim.give(party.PassTerms{Sets: []string{"phone"}})
	key := func(a *party.Assertion) { a.Idempotent = "booking-7" }
	v := person("Timothy", "", "")
	ref := must(bookings.use(code, v, ticket("B-7", "Tour"), key))(t)
	size := w.verify().Leaves
	if again := must(bookings.use(code, v, ticket("B-7", "Tour"), key))(t); again != ref || w.verify().Leaves != size {
		t.Error("a repeated request did something")
	}
	if again := must(bookings.use(code, v, ticket("B-7", "Tour")))(t); again != ref || w.verify().Leaves != size {
		t.Error("a repeated delivery did something")
	}
	_, second := tim.give(party.PassTerms{Sets: []string{"phone"}})
	_, err := bookings.use(second, v, ticket("B-7", "Tour"), key)
	w.refused(err, "idempotency.reused")
	_, err = bookings.use(code, person("Eve", "", ""), ticket("B-7", "Tour"), key)
	w.refused(err, "idempotency.reused")
	_, err = bookings.use(code, nil, ticket("B-7", "Tour"), func(a *party.Assertion) { a.Match = party.TicketMatch{{Version: 9, State: party.TicketActive}} })
	w.refused(err, "ticket.changed")
	must(tim.passes().End(w.ctx(), tim.Actor, x.ID))(t)
	if again := must(bookings.use(code, v, ticket("B-7", "Tour"), key))(t); again != ref {
		t.Error("what was answered is answered otherwise after the end")
	}
	w.same(bookings.sees(ref), nil, "and opens nothing")
}

// Nobody gets in by trying, and nobody's trying keeps others out for long.
// Proves PTY-8, PTY-A22.
func TestGuessingConsentCodesIsLimited(t *testing.T) {
	w := newWorld(t)
	tim, bookings := w.owner("tim@example.org"), w.connect("City Bookings")
	_, code := tim.give(party.PassTerms{Sets: []string{"phone"}, Life: party.MaxPassLife, Uses: 5})
	wrong := func(i int) string { // under the name of the code
		return code[:5] + string("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[i%32]) + "ZZZ-ZZZZ"
	}
	for i := range party.TriesPerPass {
		_, err := bookings.use(wrong(i), nil)
		w.refused(err, "consent.refused")
	}
	_, err := bookings.use(code, nil)
	w.refused(err, "consent.refused") // too many tries under this name
	if l := w.look(tim.Actor, audit.PassRefused); l.ActorName != "City Bookings" {
		t.Errorf("Tim sees %+v", l)
	}
	w.later(party.PassWindow + time.Minute)
	must(bookings.use(code, nil))(t)
	// A caller that goes on guessing under many names is told to stop; others are not.
	for range party.TriesPerSystem {
		w.ok(w.DB.InTx(w.ctx(), func(tx *sqlstore.Tx) error {
			_, err := tx.Ops().TakeTurn(w.ctx(), w.Keys.Lookup("pass-caller", "system "+bookings.actor.System.String()), w.clock.Now(), party.PassWindow)
			return err
		}))
	}
	_, err = bookings.use(code, nil)
	w.refused(err, "consent.limited")
	must(w.connect("City Theatre").use(code, nil))(t)
}

// A person who tries codes is stopped, from wherever, and so is the network; others go on.
// Proves PTY-8, PTY-A22.
func TestAPersonWhoGuessesConsentCodesIsStopped(t *testing.T) {
	w := newWorld(t)
	tim := w.owner("tim@example.org")
	_, code := tim.give(party.PassTerms{Sets: []string{"phone"}, Uses: 5})
	bell := pass.Booker{Actor: w.member("bell@example.org"), Client: "192.0.2.7"}
	const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	for i := range party.TriesPerPerson { // each under a name of its own
		_, err := tim.passes().Use(w.ctx(), bell, sealedtest.Seal("ZZ"+letters[i/10:i/10+1]+letters[i%10:i%10+1]+"-0000-0000"))
		w.refused(err, "consent.refused")
	}
	eve := w.member("eve@example.org")
	for who, by := range map[string]pass.Booker{
		"Bell": bell, "Bell from elsewhere": {Actor: bell.Actor, Client: "198.51.100.1"}, "somebody beside her": {Actor: eve, Client: bell.Client},
	} {
		if _, err := tim.passes().Use(w.ctx(), by, sealedtest.Seal(code)); !errors.Is(err, party.ErrPassTries) {
			t.Errorf("%s: %v", who, err)
		}
	}
	must(tim.passes().Use(w.ctx(), pass.Booker{Actor: eve, Client: "198.51.100.1"}, sealedtest.Seal(code)))(t)
	w.later(party.PassWindow + time.Minute)
	_, err := tim.passes().Use(w.ctx(), bell, sealedtest.Seal(code))
	w.refused(err, "consent.refused") // it has expired meanwhile, and she is heard again
}

// No row holds a code, and a copy of the store opens nothing (PTY-A24).
// Proves PTY-8, PTY-A24.
func TestNoRowHoldsAConsentCode(t *testing.T) {
	w := newWorldAt(t, onSQLite.place(t))
	tim, bookings := w.owner("tim@example.org"), w.connect("City Bookings")
	_, code, link, err := tim.passes().Give(w.ctx(), tim.Actor, tim.id, party.PassTerms{Sets: []string{"phone"}, Life: time.Hour, Uses: 2, Note: "Canary note"})
	w.ok(err)
	plain, long := sealedtest.Text(code), sealedtest.Text(link)
	must(bookings.use(plain, nil))(t)
	if len(long) != 30 || long[:4] != plain[:4] {
		t.Fatalf("the link carries %d letters", len(long))
	}
	must(w.connect("City Theatre").use(long, nil))(t) // the link's code is one as well
	for _, text := range []string{plain, strings.ReplaceAll(plain, "-", ""), strings.ToLower(strings.ReplaceAll(plain, "-", "")), long, strings.ToLower(long), "Canary note"} {
		if w.onDisk(text) {
			t.Errorf("%q lies in the store", text)
		}
	}
	w.mails()
	w.backup(newVault(t))
	w.examined() // doctor opens what is sealed about consents
}

// onDisk reports whether a text lies in any file of the data directory.
func (w *world) onDisk(text string) (found bool) {
	w.Helper()
	w.ok(filepath.WalkDir(w.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		all, err := os.ReadFile(name)
		found = found || bytes.Contains(all, []byte(text))
		return err
	}))
	return found
}

// Proves PTY-8.
func TestConsentsGoAfterTheirTime(t *testing.T) {
	w := newWorld(t)
	tim := w.owner("tim@example.org")
	tim.give(party.PassTerms{Sets: []string{"phone"}, Life: time.Hour})
	w.later(time.Hour)
	_, given, err := tim.passes().Given(w.ctx(), tim.Actor, tim.id)
	w.ok(err)
	if len(given) != 1 || given[0].InForce(w.clock.Now()) {
		t.Errorf("after its time: %+v", given)
	}
	w.later(party.KeepPasses + time.Minute)
	w.ok(w.DB.Ops().Tidy(w.ctx(), w.clock.Now()))
	if _, given, err = tim.passes().Given(w.ctx(), tim.Actor, tim.id); err != nil || len(given) != 0 {
		t.Errorf("and later: %v %+v", err, given)
	}
}
