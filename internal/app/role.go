package app

import (
	"context"
	"crypto/x509"
	"errors"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/sqlstore"
	webaccount "github.com/habeas-data/habeas/internal/web/account"
	"github.com/habeas-data/habeas/internal/web/admin"
)

// Roles are the use cases of roles: decisions of those who give them, the attribute
// certificates that carry them out, applications, and who is a trusted entity creator
// (ADR 0044). They are safe for concurrent use.
type Roles struct {
	db           *sqlstore.DB
	accounts     *Accounts
	certificates *Certificates
	clock        habeas.Clock
}

var (
	_ admin.Roles      = (*Roles)(nil)
	_ webaccount.Roles = (*Roles)(nil)
)

func newRoles(c *Certificates) *Roles {
	r := &Roles{db: c.db, accounts: c.accounts, certificates: c, clock: c.clock}
	c.accounts.carryOut = r.CarryNow
	return r
}

// rolesPage is where a person sees their roles, and rolesDesk where roles are decided.
const (
	rolesPage = "/me/roles"
	rolesDesk = "/admin/roles"
)

// Board implements web/admin.Roles: who holds what, what waits and what was asked.
func (r *Roles) Board(ctx context.Context, actor habeas.Actor) (b admin.RoleBoard, err error) {
	if !account.Grantor(actor) {
		return b, account.ErrNotGrantor
	}
	from := r.db.Accounts()
	if b.Grants, err = from.Grants(ctx); err != nil {
		return b, err
	}
	if b.Applications, err = from.Applications(ctx); err != nil {
		return b, err
	}
	b.Applications = slices.DeleteFunc(b.Applications, func(a account.Application) bool { return !account.Gives(actor, a.Role) })
	for i, a := range b.Applications {
		addresses, err := from.Addresses(ctx, a.Account)
		if err != nil {
			return b, err
		}
		b.Applications[i].Display = account.Holdings{Addresses: addresses}.Main().Display
	}
	b.Names = map[habeas.AccountID]string{}
	for _, g := range b.Grants {
		for _, id := range []habeas.AccountID{g.By, g.EndedBy} {
			if _, known := b.Names[id]; !known && !id.IsZero() {
				addresses, err := from.Addresses(ctx, id)
				if err != nil {
					return b, err
				}
				b.Names[id] = account.Holdings{Addresses: addresses}.Main().Display
				if b.Names[id] == "" {
					b.Names[id] = r.accounts.NameOf(ctx, id) // of somebody who has left
				}
			}
		}
	}
	return b, nil
}

// for whom a decision is made.
type addressee struct {
	hash       keyring.LookupHash
	display    string
	holder     habeas.AccountID    // zero: nobody has proved the address by a code
	own        bool                // the actor has it
	identity   account.Certificate // zero: the holder is not registered
	registered bool
}

func (r *Roles) addressee(ctx context.Context, from sqlstore.Accounts, actor habeas.Actor, hash keyring.LookupHash, display string) (to addressee, err error) {
	to = addressee{hash: hash, display: display}
	held, found, err := from.AddressAt(ctx, hash)
	if err != nil || !found {
		return to, err
	}
	to.own = held.Account == actor.Account
	if held.Vouched() {
		return to, nil
	}
	to.holder = held.Account
	all, err := from.Certificates(ctx, to.holder)
	to.identity, to.registered = account.ActiveIdentity(all, r.clock.Now())
	return to, err
}

// errRegisteredMeanwhile: the holder registered between two looks; the second try sees it.
var errRegisteredMeanwhile = habeas.Conflict("They have just registered. Try again.").WithCode("role.race")

// signer opens the authority that issues attribute certificates. Making one is a transaction
// of its own, so it comes before the one that issues.
func (r *Roles) signer(ctx context.Context) (*pki.Authority, error) {
	return r.certificates.Authorities.Get(ctx, pki.Attribute)
}

// Grant implements web/admin.Roles: the actor gives a role to whoever proves an address. It
// counts once its holder is registered, by an attribute certificate (ATTR-02, ATTR-06).
func (r *Roles) Grant(ctx context.Context, actor habeas.Actor, address email.Address, in account.Granting) error {
	return r.grant(ctx, actor, r.accounts.addressHash(address), address.Display(), in)
}

func (r *Roles) grant(ctx context.Context, actor habeas.Actor, hash keyring.LookupHash, display string, in account.Granting) error {
	seen, err := r.addressee(ctx, r.db.Accounts(), actor, hash, display)
	if err != nil {
		return err
	}
	if err := r.mayGrant(actor, in, seen); err != nil { // before an authority is made for it
		return err
	}
	var signer *pki.Authority
	if seen.registered {
		if signer, err = r.signer(ctx); err != nil {
			return err
		}
	}
	return r.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		to, err := r.addressee(ctx, tx.Accounts().Accounts, actor, hash, display)
		if err != nil {
			return err
		}
		if err := r.mayGrant(actor, in, to); err != nil {
			return err
		}
		if to.registered && signer == nil {
			return errRegisteredMeanwhile
		}
		g, err := r.decide(tx, atWork(actor), to, in)
		if err != nil {
			return err
		}
		if err := r.answer(tx, actor, in.Application, g); err != nil {
			return err
		}
		switch {
		case to.registered:
			return r.issue(tx, signer, atWork(actor), g, to.identity)
		case !to.holder.IsZero():
			return r.accounts.tellMain(tx, to.holder, Letter{Kind: mail.KindRoleWaits, Link: rolesPage})
		}
		return nil
	})
}

func (r *Roles) mayGrant(actor habeas.Actor, in account.Granting, to addressee) error {
	now, ends := r.clock.Now(), pki.Expiry(r.clock.Now())
	if to.registered {
		ends = to.identity.Ends
	}
	return account.CanGrant(actor, in, to.own, ends, now)
}

// decide writes a decision down. One that stands already is not made twice.
func (r *Roles) decide(tx *sqlstore.Tx, actor habeas.Actor, to addressee, in account.Granting) (account.Grant, error) {
	now := r.clock.Now()
	grants, err := tx.Accounts().Grants(tx.Context())
	if err != nil {
		return account.Grant{}, err
	}
	for _, g := range grants {
		same := g.Address == to.hash || !to.holder.IsZero() && g.Holder == to.holder
		if same && g.Role == in.Role && g.Stands(now) {
			return g, account.ErrHolds
		}
	}
	g := account.Grant{
		ID: habeas.NewID[habeas.GrantKind](now), Role: in.Role, Address: to.hash, Holder: to.holder, By: actor.Account, At: now, Ends: in.Ends,
		Words: account.GrantWords{Display: to.display, Proof: in.Proof},
	}
	return g, tx.Accounts().Grant(g, r.accounts.roleEntry(audit.RoleGranted, g, actor))
}

// roleEntry witnesses what happens to a decision, on the account that it is about, or on
// the house while there is none.
func (a *Accounts) roleEntry(event audit.Event, g account.Grant, actor habeas.Actor) audit.Entry {
	return a.entry(event, habeas.SubjectOf(g.Holder), actor, map[string]string{"role": string(g.Role)})
}

// issue carries a decision out: the attribute certificate is issued, kept and mailed
// (ATTR-08).
func (r *Roles) issue(tx *sqlstore.Tx, signer *pki.Authority, actor habeas.Actor, g account.Grant, identity account.Certificate) error {
	holder, err := x509.ParseCertificate(identity.DER)
	if err != nil {
		return habeas.Internal(err)
	}
	now, ends := r.clock.Now(), g.Ends
	if ends.After(identity.Ends) { // decided for a registration that ends earlier than was thought
		ends = identity.Ends
	}
	issued, err := signer.IssueRole(holder, g.Role, ends, now)
	if err != nil {
		return err
	}
	g.Holder, g.Serial = identity.Account, issued.Serial
	c := account.Certificate{
		Authority: pki.Attribute, Generation: issued.Generation, Serial: issued.Serial, Account: g.Holder, Holder: identity.Serial, Role: g.Role,
		IssuedAt: now, Ends: issued.NotAfter, DER: issued.DER,
	}
	if err := tx.Accounts().AddCertificate(c, r.certificates.certificateEntry(audit.CertificateIssued, actor, c)); err != nil {
		return err
	}
	if err := tx.Accounts().CarryOut(g, r.accounts.roleEntry(audit.RoleBegun, g, actor)); err != nil {
		return err
	}
	return r.deliver(tx, c)
}

// deliver mails an attribute certificate to its holder.
func (r *Roles) deliver(tx *sqlstore.Tx, c account.Certificate) error {
	who, err := tx.Accounts().Account(tx.Context(), c.Account)
	if err != nil {
		return err
	}
	main, err := mainOf(tx, c.Account)
	if err != nil {
		return err
	}
	return r.accounts.mailer.Post(tx, habeas.SubjectOf(c.Account), Letter{
		Kind: mail.KindRoleGiven, To: main.Mailbox, Language: who.Profile.Language, Link: rolesPage,
		Attached: []Enclosure{{Name: string(c.Role) + ".ac", Type: account.RoleCertificateType, Data: c.DER}},
	})
}

// carry carries out every decision that waits for an account that is registered.
func (r *Roles) carry(tx *sqlstore.Tx, signer *pki.Authority, actor habeas.Actor, identity account.Certificate) error {
	grants, err := tx.Accounts().GrantsOf(tx.Context(), identity.Account)
	if err != nil {
		return err
	}
	for _, g := range grants {
		if g.State(r.clock.Now()) != account.GrantWaits {
			continue
		}
		if err := r.issue(tx, signer, actor, g, identity); err != nil {
			return err
		}
	}
	return nil
}

// CarryNow is CarryOut right after what somebody did has been kept: the registration, or the
// proof of an address. What fails now the worker does later.
func (r *Roles) CarryNow(ctx context.Context, id habeas.AccountID) {
	if err := r.CarryOut(ctx, id); err != nil {
		r.accounts.log.Warn("a role waits although its person is registered; it is tried again", "error", err)
	}
}

// CarryOut carries out what waits for an account, if it is registered.
func (r *Roles) CarryOut(ctx context.Context, id habeas.AccountID) error {
	all, err := r.db.Accounts().Certificates(ctx, id)
	if err != nil {
		return err
	}
	identity, found := account.ActiveIdentity(all, r.clock.Now())
	if !found {
		return nil
	}
	grants, err := r.db.Accounts().GrantsOf(ctx, id)
	waits := func(g account.Grant) bool { return g.State(r.clock.Now()) == account.GrantWaits }
	if err != nil || !slices.ContainsFunc(grants, waits) {
		return err
	}
	signer, err := r.signer(ctx)
	if err != nil {
		return err
	}
	return r.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		return r.carry(tx, signer, habeas.Actor{Kind: habeas.ActorPerson, Account: id}, identity)
	})
}

// CarryOutAll carries out what waits although its person is registered: what the ceremony
// decided while no server ran. The worker calls it.
func (r *Roles) CarryOutAll(ctx context.Context) error {
	grants, err := r.db.Accounts().Grants(ctx)
	if err != nil {
		return err
	}
	for _, g := range grants {
		if g.State(r.clock.Now()) == account.GrantWaits && !g.Holder.IsZero() {
			err = errors.Join(err, r.CarryOut(ctx, g.Holder))
		}
	}
	return err
}
