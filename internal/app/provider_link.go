package app

import (
	"context"
	"strconv"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// credentialsPage is where a person looks after what opens their account.
const credentialsPage = "/me/credentials"

// arrival is somebody whom a provider has signed in.
type arrival struct {
	p       provider
	who     account.Identity
	address email.Address // vouched for; else zero
	fresh   habeas.AccountID
	c       account.Challenge
	b       account.Browser
}

// arrive does what account.Arrive decides.
func (a *Accounts) arrive(ctx context.Context, p provider, who account.Identity, c account.Challenge, b account.Browser) (account.Proved, error) {
	in := arrival{p: p, who: who, c: c, b: b}
	in.address, _ = p.Vouched(who)
	var err error
	if in.fresh, err = a.prepareArrival(ctx, in); err != nil {
		return account.Proved{}, err
	}
	var out account.Proved
	err = a.db.InTx(ctx, func(tx *sqlstore.Tx) (err error) {
		out, err = a.arriveIn(tx, in)
		return err
	})
	return out, err
}

// prepareArrival makes the key of an account that is about to be made, as prepare does.
func (a *Accounts) prepareArrival(ctx context.Context, in arrival) (habeas.AccountID, error) {
	var none habeas.AccountID
	if in.address.IsZero() {
		return none, nil
	}
	_, linked, err := liveLink(ctx, a.db.Accounts(), a.linkHash(in.who))
	if err != nil || linked {
		return none, err
	}
	if _, taken, err := a.db.Accounts().AddressAt(ctx, a.addressHash(in.address)); err != nil || taken {
		return none, err
	}
	fresh := habeas.NewID[habeas.AccountKind](a.clock.Now())
	return fresh, a.keys.Commit(ctx, a.keys.NewKey(habeas.SubjectOf(fresh)))
}

func (a *Accounts) arriveIn(tx *sqlstore.Tx, in arrival) (account.Proved, error) {
	ctx, w := tx.Context(), tx.Accounts()
	link, linked, err := liveLink(ctx, w, a.linkHash(in.who))
	if err != nil {
		return account.Proved{}, err
	}
	var held account.Account
	if linked {
		if held, err = w.Account(ctx, link.Account); err != nil {
			return account.Proved{}, err
		}
	}
	taken := false
	if !in.address.IsZero() {
		if _, taken, err = w.AddressAt(ctx, a.addressHash(in.address)); err != nil {
			return account.Proved{}, err
		}
	}
	switch account.Arrive(linked, held.StateAt(a.clock.Now()), !in.address.IsZero(), taken) {
	case account.ArriveIn:
		return a.linkUsed(tx, in, link)
	case account.ArriveClosed:
		return account.Proved{Account: held.ID}, a.errShut(held)
	case account.ArriveNew:
		return a.arriveNew(tx, in)
	default:
		e := a.entry(audit.SignInFailed, habeas.SubjectID{}, habeas.Server, map[string]string{"proof": string(habeas.ProofProvider), "reason": "provider.unknown"})
		return account.Proved{Next: "/sign-in/with/" + in.p.Name + "/new"}, tx.Audit(e)
	}
}

// linkUsed signs in by a link.
func (a *Accounts) linkUsed(tx *sqlstore.Tx, in arrival, l account.ProviderLink) (account.Proved, error) {
	proof := in.p.Proof(in.who)
	self := habeas.Actor{Kind: habeas.ActorPerson, Account: l.Account, Proof: proof}
	out := account.Proved{Account: l.Account, SignedIn: true, Next: in.to()}
	l.UsedAt = a.clock.Now()
	e := a.entry(audit.SignInSucceeded, habeas.SubjectOf(l.Account), self, map[string]string{"proof": string(proof)})
	if err := tx.Accounts().ChangeProviderLink(l, e); err != nil {
		return out, err
	}
	return out, a.begin(tx, account.SignIn{Account: l.Account, Proof: proof, Passkey: l.Hash}, in.b)
}

func (in arrival) to() string {
	if in.c.Words.To != "" {
		return in.c.Words.To
	}
	return "/me"
}

// arriveNew makes an account at the address that the provider vouches for. Its mailbox is
// told, because nobody has shown yet that they read it, and what others had begun at the
// address is void (PTY-A1).
func (a *Accounts) arriveNew(tx *sqlstore.Tx, in arrival) (account.Proved, error) {
	ctx, w, now := tx.Context(), tx.Accounts(), a.clock.Now()
	if in.fresh.IsZero() { // the account there was went away since prepareArrival looked
		return account.Proved{}, habeas.Conflict("Somebody was quicker. Begin again.").WithCode("account.race")
	}
	proof := in.p.Proof(in.who)
	self, subject := habeas.Actor{Kind: habeas.ActorPerson, Account: in.fresh, Proof: proof}, habeas.SubjectOf(in.fresh)
	who := account.Account{ID: in.fresh, State: account.Active, CreatedAt: now, Profile: account.Profile{Language: in.c.Words.Language}}
	if err := w.CreateAccount(who, a.entry(audit.AccountCreated, subject, self, nil)); err != nil {
		return account.Proved{}, err
	}
	address := account.Address{
		Hash: a.addressHash(in.address), Account: in.fresh, ProvedAt: now, Proof: habeas.ProofProvider, Main: true,
		Mailbox: in.address.Mailbox(), Display: in.address.Display(), Voucher: in.p.Issuer,
	}
	if err := w.AddAddress(address, a.entry(audit.AddressProved, subject, self, map[string]string{"proof": string(habeas.ProofProvider)})); err != nil {
		return account.Proved{}, err
	}
	if err := tx.Ops().EndChallenges(ctx, in.fresh); err != nil {
		return account.Proved{}, err
	}
	l, err := a.addLink(tx, self, in.p, in.who)
	if err != nil {
		return account.Proved{}, err
	}
	return a.linkUsed(tx, in, l)
}

// addLink connects somebody of a provider with an account, whose addresses are told.
func (a *Accounts) addLink(tx *sqlstore.Tx, actor habeas.Actor, p provider, who account.Identity) (account.ProviderLink, error) {
	l := account.ProviderLink{Hash: a.linkHash(who), Account: actor.Account, AddedAt: a.clock.Now(), Issuer: p.Issuer, Called: called(who)}
	e := a.entry(audit.CredentialAdded, habeas.SubjectOf(actor.Account), actor, map[string]string{"credential": "provider"})
	if err := tx.Accounts().AddProviderLink(l, e); err != nil {
		return l, err
	}
	return l, a.tell(tx, actor.Account, mail.KindProviderAdded, credentialsPage)
}

// called is how a provider's account is named to its person: by an address that can be
// shown, else not at all.
func called(who account.Identity) string {
	address, err := email.Parse(who.Email)
	if err != nil {
		return ""
	}
	return address.Display()
}

// connect adds a provider to the account that asked for it, whoever the provider says that
// they are: the account's own sign-in decides, and no address does.
func (a *Accounts) connect(ctx context.Context, actor habeas.Actor, p provider, who account.Identity, c account.Challenge) (account.Proved, error) {
	out := account.Proved{Account: actor.Account, Next: credentialsPage + "?done=connected"}
	if actor.Account.IsZero() || habeas.SubjectOf(actor.Account) != c.Subject {
		return account.Proved{}, a.named(account.ErrProviderAgain, p)
	}
	return out, a.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		l, found, err := liveLink(ctx, tx.Accounts(), a.linkHash(who))
		switch {
		case err != nil:
			return err
		case found && l.Account == actor.Account:
			return nil
		case found:
			return a.named(account.ErrProviderTaken, p)
		}
		all, err := tx.Accounts().ProviderLinks(ctx, actor.Account)
		if err != nil {
			return err
		}
		if len(all) >= account.MaxProviderLinks {
			return habeas.Forbidden("An account is connected with at most {max} providers. Remove one first.").WithCode("provider.many").With("max", strconv.Itoa(account.MaxProviderLinks))
		}
		_, err = a.addLink(tx, actor, p, who)
		return err
	})
}

// ownLink reads one of the actor's links inside a transaction.
func ownLink(tx *sqlstore.Tx, actor habeas.Actor, hash keyring.LookupHash) (account.ProviderLink, error) {
	l, found, err := tx.Accounts().ProviderLink(tx.Context(), hash)
	if err == nil && (!found || l.Account != actor.Account) {
		err = habeas.NotFound("Your account is not connected with this.").WithCode("provider.none")
	}
	return l, err
}

// RemoveProviderLink ends a link and the sign-ins that were made with it, except the one
// that asks. It can be taken back for account.UndoFor.
func (a *Accounts) RemoveProviderLink(ctx context.Context, actor habeas.Actor, sign account.Token, hash keyring.LookupHash) error {
	e := a.entry(audit.CredentialEnded, habeas.SubjectOf(actor.Account), actor, map[string]string{"credential": "provider"})
	return a.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		l, err := ownLink(tx, actor, hash)
		if err != nil || !l.EndedAt.IsZero() {
			return err
		}
		l.EndedAt = e.At
		if err := tx.Accounts().ChangeProviderLink(l, e); err != nil {
			return err
		}
		return tx.Ops().EndSignInsBy(ctx, hash, sign)
	})
}

// RestoreProviderLink takes a removal back.
func (a *Accounts) RestoreProviderLink(ctx context.Context, actor habeas.Actor, hash keyring.LookupHash) error {
	e := a.entry(audit.CredentialAdded, habeas.SubjectOf(actor.Account), actor, map[string]string{"credential": "provider", "undo": "yes"})
	return a.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		l, err := ownLink(tx, actor, hash)
		if err != nil || l.EndedAt.IsZero() {
			return err
		}
		if e.At.Sub(l.EndedAt) >= account.UndoFor {
			return habeas.Gone("It is too late to take this back. Connect it anew.").WithCode("provider.gone")
		}
		l.EndedAt = time.Time{}
		return tx.Accounts().ChangeProviderLink(l, e)
	})
}
