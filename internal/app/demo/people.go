package demo

import (
	"context"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/demo"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed"
)

// claimants is how many people of the demo, beside the cast, keep their own record.
const claimants = 80

// tell makes the world: connects the systems, tells eighteen months, and leaves Tim
// with a record he does not know of.
func (d *Demo) tell(ctx context.Context) error {
	d.clock.set(d.world.Now.AddDate(0, -19, 0))
	defer d.clock.present()
	ada, err := d.employ(ctx, demo.Ada, habeas.RoleAdministrator, habeas.Actor{})
	if err != nil {
		return err
	}
	nora, err := d.employ(ctx, demo.Nora, habeas.RoleStaff, ada)
	if err != nil {
		return err
	}
	systems, err := d.connect(ctx, ada)
	if err != nil {
		return err
	}
	if err := d.nameThings(ctx); err != nil {
		return err
	}
	t := d.newTeller("0", systems, nora.Account)
	if err := t.tellAll(ctx, occasions(d.world.Assertions), d.deeds(t, nora)); err != nil {
		return err
	}
	if err := d.Duplicates.Begin(ctx, nora); err != nil { // so that there is something to review
		return err
	}
	return d.begin(ctx, t, nora)
}

// begin invites Tim and marks the directory as a whole demo.
func (d *Demo) begin(ctx context.Context, t *teller, nora habeas.Actor) error {
	d.settle(ctx)
	if id, ok := t.partyOf(demo.Tim); ok {
		if err := d.Records.Invite(ctx, nora, id); err != nil {
			return err
		}
	}
	d.mu.Lock()
	d.before = nil
	d.mu.Unlock()
	return nil
}

// settle waits until the mails of the past have gone, so that the outbox page begins
// with the present.
func (d *Demo) settle(ctx context.Context) {
	for range 100 {
		waiting, err := d.DB.Ops().Deliveries(ctx)
		if err != nil || waiting["waiting"] == 0 || ctx.Err() != nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	d.post.clear()
}

// resume opens the world of an earlier demo.
func (d *Demo) resume(ctx context.Context) error {
	ada, err := d.actor(ctx, demo.Ada)
	if err == nil {
		_, err = d.connected(ctx, ada)
	}
	if err != nil {
		return habeas.Conflict("This directory holds a demo that was not finished. Empty it, or name another.").WithCode("demo.half").WithCause(err)
	}
	return nil
}

// deeds are what people and staff did in the eighteen months: accounts and claims,
// and looks at records with their purposes.
func (d *Demo) deeds(t *teller, nora habeas.Actor) []deed {
	now := d.world.Now
	at := func(days, minute int) time.Time {
		return now.AddDate(0, 0, -days).Truncate(24 * time.Hour).Add(10*time.Hour + time.Duration(minute)*7*time.Minute)
	}
	out := []deed{
		{at(150, 3), func(ctx context.Context) error { return d.claim(ctx, nora, demo.Bell) }},
		{at(120, 9), func(ctx context.Context) error { return d.claim(ctx, nora, demo.Oscar) }},
		{at(100, 12), func(ctx context.Context) error { return d.family(ctx, t, nora) }},
	}
	look := func(when time.Time, person int, purpose string) {
		out = append(out, deed{when, func(ctx context.Context) error { return d.look(ctx, t, nora, person, purpose, when) }})
	}
	for _, l := range d.looksAtTim() {
		look(l.at, demo.Tim, l.purpose)
	}
	look(at(60, 20), demo.Bell, "Answer a question of the person")
	look(at(90, 25), demo.Alice, "Correct an error")
	for n, person := range d.ready() {
		days := 3 + (n*37)%300
		out = append(out, deed{at(days, n), func(ctx context.Context) error { return d.claim(ctx, nora, person) }})
		if n%2 == 0 {
			look(at(1+(n*53)%280, n+5), person, "Booking or membership work")
		}
	}
	return out
}

// glance is Nora opening a record.
type glance struct {
	at      time.Time
	purpose string
}

// looksAtTim are those that Tim will find in his Activity.
func (d *Demo) looksAtTim() []glance {
	at := func(days int, hour time.Duration) time.Time {
		return d.world.Now.AddDate(0, 0, -days).Truncate(24 * time.Hour).Add(hour)
	}
	return []glance{
		{at(196, 15*time.Hour), "Booking or membership work"},
		{at(88, 9*time.Hour+40*time.Minute), "Answer a question of the person"},
		{at(11, 16*time.Hour+10*time.Minute), "Booking or membership work"},
	}
}

// ready picks adults with an address of their own to claim their records.
func (d *Demo) ready() (out []int) {
	shared := make(map[string]int)
	for _, p := range d.world.People {
		shared[strings.ToLower(p.Email)]++
	}
	grown := d.world.Now.AddDate(-18, 0, 0).Format(time.DateOnly)
	for i := demo.Ines; i < len(d.world.People) && len(out) < claimants; i += max(1, len(d.world.People)/200) {
		p := &d.world.People[i]
		if p.Email != "" && shared[strings.ToLower(p.Email)] == 1 && p.Birth < grown {
			out = append(out, i)
		}
	}
	return out
}

// look is Nora opening a record: what Records.Open writes, at a moment of the past.
func (d *Demo) look(ctx context.Context, t *teller, nora habeas.Actor, person int, purpose string, at time.Time) error {
	id, ok := t.partyOf(person)
	if !ok {
		return nil // no ticket yet
	}
	nora.Kind, nora.Purpose = habeas.ActorStaff, purpose
	return d.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		return tx.Audit(audit.Entry{
			ID: habeas.NewID[habeas.EventKind](at), Event: audit.PartyRead, Subject: habeas.SubjectOf(id), Actor: nora, At: at,
		})
	})
}

// account returns the account of a person, made now if there is none.
func (d *Demo) account(ctx context.Context, person int) (habeas.AccountID, error) {
	p := &d.world.People[person]
	address, err := email.Parse(p.Email)
	if err != nil {
		return habeas.AccountID{}, err
	}
	return d.Backstage().Account(ctx, address, account.Profile{Name: p.Name(), Language: p.Language})
}

// actor is a person of the cast at work or on their own affairs.
func (d *Demo) actor(ctx context.Context, person int) (habeas.Actor, error) {
	id, err := d.account(ctx, person)
	if err != nil {
		return habeas.Actor{}, err
	}
	a := habeas.Actor{Kind: habeas.ActorPerson, Account: id, Proof: habeas.ProofPasskey}
	if a.Roles, err = d.DB.Accounts().RolesOf(ctx, id, d.Clock.Now()); len(a.Roles) > 1 {
		a.Kind = habeas.ActorStaff
	}
	return a, err
}

// employ registers somebody and gives them a role: the first as the ceremony on the machine
// would, everybody else by an administrator.
func (d *Demo) employ(ctx context.Context, person int, role habeas.Role, by habeas.Actor) (habeas.Actor, error) {
	id, err := d.account(ctx, person)
	if err != nil {
		return habeas.Actor{}, err
	}
	address, err := email.Parse(d.world.People[person].Email)
	if err != nil {
		return habeas.Actor{}, err
	}
	p := &d.world.People[person]
	who := dn.Subject{Name: p.Name(), Country: p.Address.Country, Username: strings.ToLower(p.Given), Email: address.Mailbox()}
	if err := d.Backstage().Register(ctx, id, who); err != nil {
		return habeas.Actor{}, err
	}
	if by.Account.IsZero() {
		err = d.Backstage().Manager(ctx, address)
	} else {
		err = d.Certificates.Roles.Grant(ctx, by, address, account.Granting{Role: role, Proof: "Works here since the spring; showed an identity card at the desk."})
	}
	if err != nil {
		return habeas.Actor{}, err
	}
	return d.actor(ctx, person)
}

// claim is somebody taking control of their record and putting right what was typed
// wrongly in their identity. Where staff must decide first, it waits.
func (d *Demo) claim(ctx context.Context, nora habeas.Actor, person int) error {
	a, err := d.actor(ctx, person)
	if err != nil {
		return err
	}
	offers, err := d.Records.Offers(ctx, a)
	if err != nil {
		return err
	}
	for _, o := range offers {
		if o.Review != party.ReviewNone || o.Locked {
			continue
		}
		id := o.Record.Party.ID
		if o, err = d.Records.Offer(ctx, a, id); err != nil {
			return err
		}
		shown, err := d.evidence(ctx, a, nora, id, &d.world.People[person], o.Record)
		if err != nil {
			return err
		}
		right := party.Values{}
		if shown {
			right = traces(map[string]map[string]string{demo.SetIdentity: d.world.People[person].Fields()[demo.SetIdentity]})
		}
		err = d.Records.Accept(ctx, a, id, o.Record.Party.Version, right)
		if habeas.KindOf(err) == habeas.KindForbidden && err != nil {
			return nil // an address that was silent for long asks for evidence: they wait
		}
		return err
	}
	return nil
}

// evidence is somebody showing their membership number, or else a code that Nora gave
// them at the desk.
func (d *Demo) evidence(ctx context.Context, a, nora habeas.Actor, id habeas.PartyID, p *demo.Person, rec party.Record) (bool, error) {
	session := sealed.Open(ctx)
	defer session.Close()
	ctx = sealed.NewContext(ctx, session)
	if p.Membership != nil && rec.Text("membership", "number") != "" {
		number, err := session.Seal("membership number", []byte(p.Membership.Number))
		if err != nil {
			return false, err
		}
		shown, _, err := d.Records.ShowEvidence(ctx, a, id, party.MembershipNumber, number)
		return shown, err
	}
	code, _, err := d.Records.PaperCode(ctx, nora, id)
	if err != nil {
		return false, err
	}
	shown, _, err := d.Records.ShowEvidence(ctx, a, id, party.PaperCode, code)
	return shown, err
}

// dismiss takes Tim out of the world: his account and every record at his address.
func (d *Demo) dismiss(ctx context.Context) error {
	tim, err := d.actor(ctx, demo.Tim)
	if err != nil {
		return err
	}
	address, err := email.Parse(d.world.People[demo.Tim].Email)
	if err != nil {
		return err
	}
	rows, err := d.DB.Records().KnownAt(ctx, d.Backstage().AddressHash(address))
	if err != nil {
		return err
	}
	gone := make(map[habeas.PartyID]bool)
	for _, k := range rows {
		gone[k.Party] = true
	}
	parties, err := d.DB.Records().PartiesOf(ctx, tim.Account)
	if err != nil {
		return err
	}
	for _, p := range parties {
		gone[p.ID] = true
	}
	for id := range gone {
		if err := d.Backstage().RemoveRecord(ctx, id); err != nil {
			return err
		}
	}
	return d.Backstage().RemoveAccount(ctx, tim.Account)
}
