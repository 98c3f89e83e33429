package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/pki/request"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Backstage is what a server of invented people does and no visitor may: accounts,
// roles and sign-ins without the proofs that people give. Only the demo uses it; what
// it does stands in the ledger all the same.
type Backstage struct{ s *Server }

// Backstage opens the door behind the pages.
func (s *Server) Backstage() Backstage { return Backstage{s} }

// AddressHash is the keyed hash under which an address is known here.
func (b Backstage) AddressHash(a email.Address) keyring.LookupHash {
	return b.s.Accounts.addressHash(a)
}

// Account returns the account at an address, made now if there is none, with the rows
// that a proved code leads to.
func (b Backstage) Account(ctx context.Context, address email.Address, profile account.Profile) (habeas.AccountID, error) {
	s, hash := b.s, b.AddressHash(address)
	if held, found, err := s.DB.Accounts().AddressAt(ctx, hash); err != nil || found {
		return held.Account, err
	}
	now := s.Clock.Now()
	fresh := habeas.NewID[habeas.AccountKind](now)
	if err := s.Keys.Commit(ctx, s.Keys.NewKey(habeas.SubjectOf(fresh))); err != nil {
		return fresh, err
	}
	self := habeas.Actor{Kind: habeas.ActorPerson, Account: fresh, Proof: habeas.ProofCode}
	return fresh, s.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		who := account.Account{ID: fresh, State: account.Active, CreatedAt: now, Profile: profile}
		if err := tx.Accounts().CreateAccount(who, s.Accounts.entry(audit.AccountCreated, habeas.SubjectOf(fresh), self, nil)); err != nil {
			return err
		}
		return tx.Accounts().AddAddress(account.Address{
			Hash: hash, Account: fresh, ProvedAt: now, Main: true, Mailbox: address.Mailbox(), Display: address.Display(),
		}, s.Accounts.entry(audit.AddressProved, habeas.SubjectOf(fresh), self, nil))
	})
}

// Manager designates an account as the ceremony on the machine does.
func (b Backstage) Manager(ctx context.Context, address email.Address) error {
	return b.s.Certificates.Roles.Designate(ctx, address)
}

// Register gives an account an identity certificate, of a key that is thrown away.
func (b Backstage) Register(ctx context.Context, id habeas.AccountID, who dn.Subject) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	asked, err := request.Make(key, who)
	if err != nil {
		return err
	}
	self := habeas.Actor{Kind: habeas.ActorPerson, Account: id, Proof: habeas.ProofPasskey}
	_, err = b.s.Certificates.Register(ctx, self, asked)
	return err
}

// SignIn signs a browser in to an account, as if proved by a passkey.
func (b Backstage) SignIn(ctx context.Context, id habeas.AccountID, browser account.Browser) error {
	self := habeas.Actor{Kind: habeas.ActorPerson, Account: id, Proof: habeas.ProofPasskey}
	return b.s.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		if err := b.s.Accounts.begin(tx, account.SignIn{Account: id, Proof: habeas.ProofPasskey}, browser); err != nil {
			return err
		}
		return tx.Audit(b.s.Accounts.entry(audit.SignInSucceeded, habeas.SubjectOf(id), self, map[string]string{"proof": string(habeas.ProofPasskey)}))
	})
}

// Record reads a record without anybody's leave, and without a line in its log.
func (b Backstage) Record(ctx context.Context, id habeas.PartyID) (party.Record, error) {
	rec, _, err := b.s.Records.load(ctx, b.s.DB.Records(), id)
	return rec, err
}

// RemoveRecord erases a record and its key.
func (b Backstage) RemoveRecord(ctx context.Context, id habeas.PartyID) error {
	s := b.s
	var gone []habeas.PartyID
	err := s.DB.InTx(ctx, func(tx *sqlstore.Tx) (err error) {
		gone, err = s.Records.eraseWhole(ctx, tx.Records(), id, nil, s.Accounts.entry(audit.PartyErased, habeas.SubjectID{}, habeas.Server, nil))
		return err
	})
	if err != nil {
		return err
	}
	return s.Records.forgetAll(ctx, gone)
}

// RemoveAccount erases an account and its key.
func (b Backstage) RemoveAccount(ctx context.Context, id habeas.AccountID) error {
	err := b.s.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		return tx.Accounts().EraseAccount(id, b.s.Accounts.entry(audit.AccountErased, habeas.SubjectID{}, habeas.Server, nil))
	})
	if err != nil {
		return err
	}
	return b.s.Keys.Destroy(ctx, habeas.SubjectOf(id))
}
