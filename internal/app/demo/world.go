package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/demo"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/party"
)

// tellers is how many tickets are told at once: enough to fill the writer's batches.
const tellers = 128

// teller tells the past of the demo's world to the server: each ticket through the
// real find-or-create, at the moment it is of, and what people and staff did in
// between through their use cases.
type teller struct {
	d       *Demo
	round   string // part of the idempotency keys: a story can be told again
	systems map[string]habeas.SystemID
	nora    habeas.AccountID
	total   int64
	done    atomic.Int64

	mu      sync.Mutex
	refs    map[customer]party.Reference // how a system names those it knows
	parties map[int]habeas.PartyID       // of people, by index
}

// customer is somebody whom a system knows.
type customer struct {
	system string
	person int
}

// occasion is one version of one ticket with everybody on it.
type occasion struct {
	at   time.Time
	said []*demo.Assertion
}

// occasions groups assertions, which come in order of time, by ticket and version.
func occasions(said []demo.Assertion) []occasion {
	type key struct {
		system, id string
		version    int
	}
	at := make(map[key]int)
	var out []occasion
	for i := range said {
		a := &said[i]
		k := key{a.System, a.Ticket.ID, a.Ticket.Version}
		n, ok := at[k]
		if !ok {
			n = len(out)
			at[k] = n
			out = append(out, occasion{at: a.At})
		}
		out[n].said = append(out[n].said, a)
	}
	return out
}

// deed is something that a person or staff did at a moment of the past.
type deed struct {
	at time.Time
	do func(ctx context.Context) error
}

// until tells the occasions before a moment, many at once, and returns the rest.
func (t *teller) until(ctx context.Context, rest []occasion, moment time.Time) ([]occasion, error) {
	n := 0
	for n < len(rest) && rest[n].at.Before(moment) {
		n++
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(tellers)
	for _, o := range rest[:n] {
		g.Go(func() error { return t.occasion(ctx, o) })
	}
	return rest[n:], g.Wait()
}

// tellAll tells occasions and deeds in order of time and ends in the present.
func (t *teller) tellAll(ctx context.Context, rest []occasion, deeds []deed) (err error) {
	defer t.d.clock.present()
	slices.SortStableFunc(deeds, func(a, b deed) int { return a.at.Compare(b.at) })
	t.total = int64(len(rest) + len(deeds))
	for _, deed := range deeds {
		if rest, err = t.until(ctx, rest, deed.at); err != nil {
			return err
		}
		t.d.clock.set(deed.at)
		if err := deed.do(ctx); err != nil {
			return err
		}
		t.progress()
	}
	_, err = t.until(ctx, rest, t.d.world.Now.Add(time.Hour))
	return err
}

// retell tells Tim's story once more, one line after another and without moving the
// clock, because people are using the server.
func (t *teller) retell(ctx context.Context, nora habeas.Actor) error {
	looks := t.d.looksAtTim()
	for _, o := range occasions(t.d.world.Assertions) {
		for len(looks) > 0 && looks[0].at.Before(o.at) {
			if err := t.d.look(ctx, t, nora, demo.Tim, looks[0].purpose, looks[0].at); err != nil {
				return err
			}
			looks = looks[1:]
		}
		if err := t.occasion(ctx, o); err != nil {
			return err
		}
	}
	for _, l := range looks {
		if err := t.d.look(ctx, t, nora, demo.Tim, l.purpose, l.at); err != nil {
			return err
		}
	}
	return nil
}

func (t *teller) progress() {
	if done := t.done.Add(1); t.d.o.Progress != nil && t.total > 0 {
		t.d.o.Progress(done, t.total)
	}
}

// occasion tells one ticket: who booked first, because the others' copies name them.
func (t *teller) occasion(ctx context.Context, o occasion) error {
	defer t.progress()
	first := o.said[0]
	booker := customer{first.System, first.Ticket.Booker}
	if i := slices.IndexFunc(o.said, func(a *demo.Assertion) bool { return a.Person == booker.person }); i > 0 {
		o.said[0], o.said[i] = o.said[i], o.said[0]
	}
	if first.Ticket.Kind == demo.KindBooking || first.Ticket.Kind == demo.KindCourse || first.Ticket.Kind == demo.KindMembership {
		if err := t.register(ctx, booker, o); err != nil {
			return err
		}
	}
	for i, a := range o.said {
		if err := t.say(ctx, a, o.at.Add(time.Duration(i)*time.Second)); err != nil {
			return fmt.Errorf("%s %s: %w", a.System, a.Ticket.ID, err)
		}
	}
	return nil
}

// register makes a booker known to the system, as somebody with a login there would
// be, unless the system knows them or they are on the ticket themselves.
func (t *teller) register(ctx context.Context, who customer, o occasion) error {
	if _, known := t.ref(who); known || who.person == demo.Nobody || o.said[0].Person == who.person {
		return nil
	}
	p := &t.d.world.People[who.person]
	address, err := email.Parse(p.Email)
	if err != nil {
		return nil //nolint:nilerr // without an address nobody has a login: the ticket names no booker
	}
	system := t.systems[who.system]
	return t.assert(ctx, party.Assertion{
		Actor: habeas.Actor{Kind: habeas.ActorSystem, System: system}, Source: party.Source{Kind: party.FromSystem, System: system},
		Email: address, HasEmail: true,
		Values:     party.Values{"identity": {"given_name": p.Given, "family_name": p.Family}},
		Idempotent: fmt.Sprintf("demo/%s/login/%d", t.round, who.person),
	}, who, o.at.Add(-time.Minute))
}

// say tells one assertion: from its system, except what staff or an import brought in.
func (t *teller) say(ctx context.Context, a *demo.Assertion, at time.Time) error {
	in := party.Assertion{
		Kind: party.Person, Values: traces(a.Fields),
		Idempotent: fmt.Sprintf("demo/%s/%s/%s/%d/%d/%d", t.round, a.System, a.Ticket.ID, a.Ticket.Version, a.Person, a.Organisation),
	}
	if a.Person == demo.Nobody {
		in.Kind, in.ExternalID = party.Organisation, fmt.Sprintf("O-%05d", a.Organisation)
	} else if address, err := email.Parse(in.Values.Get("contact", "email")); err == nil && !t.lent(a.Person) {
		in.Email, in.HasEmail = address, true
	} else {
		// Systems number those who gave no address of their own.
		delete(in.Values["contact"], "email")
		in.ExternalID = fmt.Sprintf("C-%05d", a.Person)
	}
	t.from(&in, a)
	return t.assert(ctx, in, customer{a.System, a.Person}, at)
}

// lent reports whether systems leave out the address that a person shares with
// others at home. For one in eight they do not, so that staff have something to decide.
func (t *teller) lent(person int) bool {
	p := &t.d.world.People[person]
	return person%8 != 0 && t.d.owner[strings.ToLower(p.Email)] != person
}

// from sets who speaks. Nora entered the tutor Ines and those organisations that
// Museum Friends lists; City Bookings' list of organisations was imported.
func (t *teller) from(in *party.Assertion, a *demo.Assertion) {
	staff := habeas.Actor{Kind: habeas.ActorStaff, Account: t.nora, Roles: []habeas.Role{habeas.RoleStaff}, Proof: habeas.ProofPasskey}
	switch {
	case a.Person == demo.Ines, a.Ticket.Kind == demo.KindListing && a.System == demo.MuseumFriends:
		in.Actor, in.Source = staff, party.Source{Kind: party.FromStaff, Account: t.nora}
		return
	case a.Ticket.Kind == demo.KindListing && a.System == demo.CityBookings:
		in.Actor, in.Source = habeas.Server, party.Source{Kind: party.FromImport}
		return
	}
	system := t.systems[a.System]
	in.Actor, in.Source = habeas.Actor{Kind: habeas.ActorSystem, System: system}, party.Source{Kind: party.FromSystem, System: system}
	state := party.TicketActive
	if a.Ticket.Cancelled {
		state = party.TicketCancelled
	}
	in.Ticket = &party.TicketInput{
		Ref: a.Ticket.ID, Version: int64(a.Ticket.Version), State: state, Title: a.Ticket.What, Starts: a.Ticket.When.Format(time.RFC3339),
	}
	if ref, ok := t.ref(customer{a.System, a.Ticket.Booker}); ok && a.Ticket.Booker != a.Person {
		in.Ticket.BookedBy = ref.String()
	}
}

// assert brings one assertion in and remembers under which name.
func (t *teller) assert(ctx context.Context, in party.Assertion, who customer, at time.Time) error {
	a, err := party.Prepare(in, t.d.Schemas, t.d.Keys, at)
	if err != nil {
		return err
	}
	if err := t.d.DB.Do(ctx, a); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !a.Answer.IsZero() {
		t.refs[who] = a.Answer
	}
	if who.person != demo.Nobody && !a.Known {
		t.parties[who.person] = a.Party
	}
	return nil
}

func (t *teller) ref(who customer) (party.Reference, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r, ok := t.refs[who]
	return r, ok
}

// partyOf is the record that last heard of a person.
func (t *teller) partyOf(person int) (habeas.PartyID, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	id, ok := t.parties[person]
	return id, ok
}

// traces puts the world's values into the data sets that the server keeps: there
// the phone, which asks for step-up, is a set of its own.
func traces(fields map[string]map[string]string) party.Values {
	v := make(party.Values, len(fields))
	for set, values := range fields {
		for name, text := range values {
			if set == demo.SetContact && name == "phone" {
				v.Put("phone", "number", text)
				continue
			}
			v.Put(set, name, text)
		}
	}
	return v
}

// forget keeps of the assertions, which take much memory, only those of Tim's story
// and the number of tickets.
func (d *Demo) forget() {
	tickets := make(map[[2]string]bool)
	var his []demo.Assertion
	for _, a := range d.world.Assertions {
		tickets[[2]string{a.System, a.Ticket.ID}] = true
		if a.Person == demo.Tim {
			his = append(his, a)
		}
	}
	d.tickets, d.world.Assertions = len(tickets), his
}

// newTeller returns one that speaks for the connected systems.
func (d *Demo) newTeller(round string, systems map[string]habeas.SystemID, nora habeas.AccountID) *teller {
	return &teller{
		d: d, round: round, systems: systems, nora: nora,
		refs: make(map[customer]party.Reference), parties: make(map[int]habeas.PartyID),
	}
}

// connect makes the connected systems, by their administrator.
func (d *Demo) connect(ctx context.Context, ada habeas.Actor) (map[string]habeas.SystemID, error) {
	out := make(map[string]habeas.SystemID)
	for _, name := range demo.Systems {
		system, secret, err := d.Systems.Connect(ctx, ada, name)
		if err != nil {
			return nil, err
		}
		out[name] = system.ID
		if name == demo.CityBookings {
			d.booking = newBookingSystem(d.Origin, d.at, system.ID, secret)
		}
	}
	return out, nil
}

// connected finds the systems of a demo that was opened again. City Bookings gets a
// new secret, as the old one is kept nowhere.
func (d *Demo) connected(ctx context.Context, ada habeas.Actor) (map[string]habeas.SystemID, error) {
	all, err := d.Systems.List(ctx, ada)
	if err != nil {
		return nil, err
	}
	out := make(map[string]habeas.SystemID)
	for _, s := range all {
		out[s.Name] = s.ID
	}
	system, secret, err := d.Systems.Rotate(ctx, ada, out[demo.CityBookings])
	if err == nil {
		d.booking = newBookingSystem(d.Origin, d.at, system.ID, secret)
	}
	return out, err
}
