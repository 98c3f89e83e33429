package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pki/escrow"
	"github.com/habeas-data/habeas/internal/sqlstore"
	accountpages "github.com/habeas-data/habeas/internal/web/account"
	"github.com/habeas-data/habeas/sealed"
)

// Escrows are the use cases of private keys that people leave here, and of lost registration
// files (REC-01 to REC-13). It is safe for concurrent use.
type Escrows struct {
	db           *sqlstore.DB
	keys         *keyring.Ring
	accounts     *Accounts
	certificates *Certificates
	rules        account.EscrowRules
	clock        habeas.Clock
}

var _ accountpages.Escrows = (*Escrows)(nil)

// NewEscrows returns the use cases. Zero rules are account.DefaultEscrowRules.
func NewEscrows(certificates *Certificates, rules account.EscrowRules) *Escrows {
	if rules == (account.EscrowRules{}) {
		rules = account.DefaultEscrowRules
	}
	a := certificates.accounts
	return &Escrows{db: a.db, keys: a.keys, accounts: a, certificates: certificates, rules: rules, clock: a.clock}
}

// Escrowing implements web/account.Escrows.
func (x *Escrows) Escrowing(ctx context.Context, actor habeas.Actor) (s accountpages.Escrowing, err error) {
	from, now := x.db.Accounts(), x.clock.Now()
	all, err := from.Certificates(ctx, actor.Account)
	if err != nil {
		return s, err
	}
	active, found := account.ActiveIdentity(all, now)
	s.Registered, s.Serial = found, active.Serial
	if s.Escrow, s.Kept, err = from.Escrow(ctx, actor.Account); err != nil {
		return s, err
	}
	s.Escrow.Deposit = nil // nobody is shown it
	if s.Reset, s.Resetting, err = from.FileResetOf(ctx, actor.Account); err != nil {
		return s, err
	}
	s.Resetting = s.Resetting && now.Before(s.Reset.Ends)
	key, err := escrow.Open(ctx, x.keys)
	if err != nil {
		return s, err
	}
	s.Key, s.Wait = key.Public(), x.rules.Wait
	return s, nil
}

// KeepEscrow implements web/account.Escrows. The deposit has to be of the actor's certificate
// that counts, for the words of the page, and signed by the private key that it holds; where
// the organisation can open it, it has to hold that key. Errors: account.ErrDeposit,
// account.ErrEscrowWords, account.ErrEscrowed, account.ErrNotRegistered.
func (x *Escrows) KeepEscrow(ctx context.Context, actor habeas.Actor, d account.Deposit) error {
	if err := d.Check(); err != nil {
		return err
	}
	key, err := escrow.Open(ctx, x.keys)
	if err != nil {
		return err
	}
	now := x.clock.Now()
	kept := account.Escrow{
		ID: habeas.NewID[habeas.EscrowKind](now), Account: actor.Account, Serial: d.Serial, Class: d.Class, Words: d.Words, At: now, Deposit: d.Sealed,
	}
	if err := x.fits(ctx, kept, d, key); err != nil {
		return err
	}
	if err := x.keys.Commit(ctx, x.keys.NewKey(habeas.SubjectOf(kept.ID))); err != nil {
		return err
	}
	err = x.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		if _, err := x.active(ctx, tx.Accounts(), kept); err != nil { // revoked meanwhile
			return err
		}
		if err := x.save(tx, actor, kept, d.Shares); err != nil {
			return err
		}
		return x.accounts.tell(tx, actor.Account, mail.KindEscrowKept, escrowPage)
	})
	if err != nil {
		return err
	}
	return x.Sweep(ctx) // key keepers may have taken another escrow's place
}

func (x *Escrows) save(tx *sqlstore.Tx, actor habeas.Actor, kept account.Escrow, shares []account.Share) error {
	if kept.Class == account.EscrowSplit {
		return x.split(tx, actor, kept, shares)
	}
	if _, found, err := tx.Accounts().Escrow(tx.Context(), actor.Account); err != nil || found {
		return orElse(err, account.ErrEscrowed)
	}
	return tx.Accounts().SaveEscrow(kept, x.entry(audit.EscrowKept, actor, kept))
}

// escrowPage is where a person looks after the key that they left here.
const escrowPage = "/me/registration/escrow"

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// active returns the certificate that counts of an account, which has to be the one of an escrow.
func (x *Escrows) active(ctx context.Context, from account.CertificateReader, e account.Escrow) (*x509.Certificate, error) {
	all, err := from.Certificates(ctx, e.Account)
	if err != nil {
		return nil, err
	}
	active, found := account.ActiveIdentity(all, x.clock.Now())
	switch {
	case !found:
		return nil, account.ErrNotRegistered
	case active.Serial != e.Serial:
		return nil, account.ErrDeposit
	}
	return x509.ParseCertificate(active.DER)
}

// fits refuses a deposit that would be of no use one day, or that somebody else has made.
func (x *Escrows) fits(ctx context.Context, e account.Escrow, d account.Deposit, key *escrow.Key) error {
	cert, err := x.active(ctx, x.db.Accounts(), e)
	if err != nil {
		return err
	}
	public, ok := cert.PublicKey.(*ecdsa.PublicKey)
	if !ok || !escrow.Signed(public, account.ConsentText(e.Words, d.Digest()), d.Signature) {
		return account.ErrDeposit
	}
	fits := false
	sealed.Do(func() {
		plain, wrong := key.Open(e.Deposit, account.DepositText(e.Account, e.Serial, e.Class))
		defer clear(plain)
		if wrong == nil { // what only its person can open was looked at by the page
			fits = e.Class != account.EscrowOpen || escrow.Fits(plain, public)
		}
	})
	if !fits {
		return account.ErrDeposit
	}
	return nil
}

func (x *Escrows) entry(event audit.Event, actor habeas.Actor, e account.Escrow) audit.Entry {
	return x.accounts.entry(event, habeas.SubjectOf(e.Account), actor, map[string]string{
		"serial": e.Serial.String(), "class": string(e.Class),
	})
}

// WithdrawEscrow implements web/account.Escrows: row, key and what the disk holds of them go
// before it returns (REC-12).
func (x *Escrows) WithdrawEscrow(ctx context.Context, actor habeas.Actor) error {
	err := x.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		kept, found, err := tx.Accounts().Escrow(ctx, actor.Account)
		if err != nil || !found {
			return err // it is so already
		}
		if err := tx.Accounts().EndEscrow(kept.ID, x.entry(audit.EscrowEnded, actor, kept)); err != nil {
			return err
		}
		return x.accounts.tell(tx, actor.Account, mail.KindEscrowEnded, escrowPage)
	})
	if err != nil {
		return err
	}
	return x.Sweep(ctx)
}

// Sweep destroys the keys of what has ended: withdrawn, revoked with its certificate, erased with
// its account. It is run by schedule, and after each of the two that end one here.
func (x *Escrows) Sweep(ctx context.Context) error {
	ended, err := x.db.Accounts().EndedEscrows(ctx, sweepBatch)
	if err != nil || len(ended) == 0 {
		return err
	}
	subjects := make([]habeas.SubjectID, len(ended))
	for i, id := range ended {
		subjects[i] = habeas.SubjectOf(id)
	}
	if err := x.keys.Destroy(ctx, subjects...); err != nil {
		return err
	}
	if err := x.db.Ops().EndEscrows(ctx, ended); err != nil {
		return err
	}
	return x.db.Compact(ctx)
}
