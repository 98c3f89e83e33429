package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pki/escrow"
	"github.com/habeas-data/habeas/internal/sqlstore"
	accountpages "github.com/habeas-data/habeas/internal/web/account"
)

// Pages about key keepers: whose key it is, and who keeps a share.
const (
	keepersPage = "/me/registration/keepers"
	keepingPage = "/me/keeping"
)

// KeepersOf implements web/account.Escrows.
func (x *Escrows) KeepersOf(ctx context.Context, actor habeas.Actor) (s accountpages.KeepersOf, err error) {
	if s.Escrowing, err = x.Escrowing(ctx, actor); err != nil {
		return s, err
	}
	all, err := x.db.Accounts().Keepers(ctx, actor.Account)
	if err != nil {
		return s, err
	}
	for _, k := range all {
		if k.Made() {
			s.Made = append(s.Made, k)
		} else {
			s.Asked = append(s.Asked, k)
		}
	}
	if !account.Ready(s.Asked) {
		return s, nil
	}
	for _, k := range s.Asked {
		if k.State != account.KeeperReady {
			continue
		}
		cert, err := x.counts(ctx, x.db.Accounts(), k)
		if errors.Is(err, account.ErrKeepers) { // lost just now: it is noted soon
			s.Ready = nil
			return s, nil
		}
		if err != nil {
			return s, err
		}
		chain, err := x.certificates.chain(ctx, cert.Raw)
		if err != nil {
			return s, err
		}
		s.Ready = append(s.Ready, accountpages.ReadyKeeper{Keeper: k, Name: cert.Subject.CommonName, Chain: chain})
	}
	return s, nil
}

// counts returns the certificate of a keeper, which has to be the one with which they agreed.
func (x *Escrows) counts(ctx context.Context, from account.CertificateReader, k account.Keeper) (*x509.Certificate, error) {
	all, err := from.Certificates(ctx, k.Account)
	if err != nil {
		return nil, err
	}
	active, found := account.ActiveIdentity(all, x.clock.Now())
	if !found || active.Serial != k.Serial {
		return nil, account.ErrKeepers
	}
	return x509.ParseCertificate(active.DER)
}

// AskKeepers implements web/account.Escrows. Nothing in the answer, in the work or in what the
// actor sees afterwards tells whether somebody has an account at an address.
func (x *Escrows) AskKeepers(ctx context.Context, actor habeas.Actor, asked []email.Address, need int) error {
	if err := account.CheckKeepers(len(asked), need); err != nil {
		return err
	}
	return x.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		all, err := tx.Accounts().Certificates(ctx, actor.Account)
		if err != nil {
			return err
		}
		if _, found := account.ActiveIdentity(all, x.clock.Now()); !found {
			return account.ErrNotRegistered
		}
		who, err := tx.Accounts().Account(ctx, actor.Account)
		if err != nil {
			return err
		}
		n, err := tx.Ops().TakeTurn(ctx, x.keys.Lookup("ask-keepers", actor.Account.String()), x.clock.Now(), account.KeeperAskWindow)
		if err != nil || n > account.KeeperAsks {
			return orElse(err, account.ErrKeeperAsks)
		}
		set, err := x.invite(tx, actor, asked, need, who.Profile.Language)
		if err != nil {
			return err
		}
		return tx.Accounts().AskKeepers(set, x.keeperEntry(audit.KeepersAsked, actor, set[0]))
	})
}

// invite makes the places of a set and mails whom it is to be. The mails lie under the key of
// the house: under the actor's they would tell them how an account here writes its address.
func (x *Escrows) invite(tx *sqlstore.Tx, actor habeas.Actor, asked []email.Address, need int, language string) (set []account.Keeper, err error) {
	now := x.clock.Now()
	id, known := habeas.NewID[habeas.KeeperSetKind](now), map[string]bool{}
	for i, address := range asked {
		if known[address.Key()] {
			return nil, account.ErrKeeperNumber
		}
		known[address.Key()] = true
		k := account.Keeper{
			ID: habeas.NewID[habeas.KeeperKind](now.Add(time.Duration(i) * time.Millisecond)), Set: id, // in the order asked
			Owner: actor.Account, Hash: x.accounts.addressHash(address), Need: need,
			State: account.KeeperInvited, At: now, Name: address.Display(), Mailbox: address.Mailbox(),
		}
		held, found, err := tx.Accounts().AddressAt(tx.Context(), k.Hash)
		if err != nil {
			return nil, err
		}
		if found && held.Account == actor.Account {
			return nil, account.ErrKeeperSelf
		}
		to := k.Mailbox
		if found {
			to = held.Mailbox
		}
		if err := x.accounts.mailer.Post(tx, habeas.SubjectID{}, Letter{Kind: mail.KindKeeperAsked, To: to, Language: language, Link: keepingPage}); err != nil {
			return nil, err
		}
		set = append(set, k)
	}
	return set, nil
}

func (x *Escrows) keeperEntry(event audit.Event, actor habeas.Actor, k account.Keeper) audit.Entry {
	return x.accounts.entry(event, habeas.SubjectOf(k.Owner), actor, map[string]string{"set": k.Set.String()})
}

// DropKeepers implements web/account.Escrows.
func (x *Escrows) DropKeepers(ctx context.Context, actor habeas.Actor) error {
	return x.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		all, err := tx.Accounts().Keepers(ctx, actor.Account)
		if err != nil {
			return err
		}
		for _, k := range all {
			if !k.Made() {
				return tx.Accounts().DropKeepers(actor.Account, x.keeperEntry(audit.KeepersDropped, actor, k))
			}
		}
		return nil // it is so already
	})
}

// split keeps the deposit of a set with its shares, in the place of whatever was left before.
func (x *Escrows) split(tx *sqlstore.Tx, actor habeas.Actor, kept account.Escrow, shares []account.Share) error {
	all, err := tx.Accounts().Keepers(tx.Context(), actor.Account)
	if err != nil {
		return err
	}
	var asked, set []account.Keeper
	for _, k := range all {
		if !k.Made() {
			asked = append(asked, k)
		}
	}
	if !account.Ready(asked) || account.Counting(asked) != len(shares) {
		return account.ErrKeepers
	}
	for _, k := range asked {
		k.Escrow = kept.ID
		if k.State == account.KeeperReady {
			if _, err := x.counts(tx.Context(), tx.Accounts(), k); err != nil {
				return err
			}
			if k.State, k.Share = account.KeeperHolds, shareOf(shares, k.ID); k.Share == nil {
				return account.ErrKeepers
			}
		}
		set = append(set, k)
	}
	return tx.Accounts().SplitEscrow(kept, set, x.entry(audit.EscrowKept, actor, kept))
}

func shareOf(shares []account.Share, id habeas.KeeperID) []byte {
	for _, s := range shares {
		if s.Keeper == id {
			return s.Sealed
		}
	}
	return nil
}

// Keeping implements web/account.Escrows. Of others who keep shares of the same key it tells
// nothing.
func (x *Escrows) Keeping(ctx context.Context, actor habeas.Actor) (s accountpages.Keeping, err error) {
	from, now := x.db.Accounts(), x.clock.Now()
	certificates, err := from.Certificates(ctx, actor.Account)
	if err != nil {
		return s, err
	}
	active, found := account.ActiveIdentity(certificates, now)
	s.Registered, s.Serial = found, active.Serial
	all, err := from.Keeping(ctx, actor.Account)
	if err != nil {
		return s, err
	}
	for _, k := range all {
		if !k.Made() && !now.Before(k.At.Add(account.KeepAsked)) {
			continue
		}
		p, err := x.place(ctx, k)
		if gone(err) { // who asked has just been erased
			continue
		}
		if err != nil {
			return s, err
		}
		s.Places = append(s.Places, p)
	}
	return s, nil
}

// place says whose key it is, and whether a share of it is asked for.
func (x *Escrows) place(ctx context.Context, k account.Keeper) (p accountpages.Place, err error) {
	from := x.db.Accounts()
	p.Keeper = k
	r, _, err := from.Registration(ctx, k.Owner)
	if err != nil {
		return p, err
	}
	p.Owner, p.Address = r.Subject.Name, r.Subject.Email
	if !k.Made() {
		return p, nil
	}
	kept, found, err := from.Escrow(ctx, k.Owner)
	if err != nil || !found || kept.ID != k.Escrow {
		return p, err
	}
	p.OwnerSerial = kept.Serial
	reset, found, err := from.FileResetOf(ctx, k.Owner)
	if found && reset.Escrow == k.Escrow && x.clock.Now().Before(reset.Ends) {
		p.Reset = &reset
	}
	return p, err
}

// placeOf finds a place of the actor's, and their certificate that counts.
func (x *Escrows) placeOf(ctx context.Context, from sqlstore.Accounts, actor habeas.Actor, id habeas.KeeperID) (k account.Keeper, active account.Certificate, err error) {
	all, err := from.Keeping(ctx, actor.Account)
	if err != nil {
		return k, active, err
	}
	for _, one := range all {
		if one.ID == id {
			k = one
		}
	}
	if k.ID.IsZero() || !k.Made() && !x.clock.Now().Before(k.At.Add(account.KeepAsked)) {
		return k, active, account.ErrNoKeeper
	}
	certificates, err := from.Certificates(ctx, actor.Account)
	if err != nil {
		return k, active, err
	}
	active, _ = account.ActiveIdentity(certificates, x.clock.Now())
	return k, active, nil
}

// Agree implements web/account.Escrows. The public key has to be signed by the key of the
// actor's certificate that counts. Errors: account.ErrNoKeeper, account.ErrKeeper,
// account.ErrNotRegistered.
func (x *Escrows) Agree(ctx context.Context, actor habeas.Actor, id habeas.KeeperID, a account.Agreement) error {
	if err := a.Check(); err != nil {
		return err
	}
	return x.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		k, active, err := x.placeOf(ctx, tx.Accounts().Accounts, actor, id)
		switch {
		case err != nil:
			return err
		case k.State != account.KeeperInvited:
			return account.ErrNoKeeper
		case len(active.DER) == 0:
			return account.ErrNotRegistered
		case active.Serial != a.Serial:
			return account.ErrKeeper
		}
		if err := x.once(tx, actor, k); err != nil {
			return err
		}
		cert, err := x509.ParseCertificate(active.DER)
		if err != nil {
			return habeas.Internal(err)
		}
		public, ok := cert.PublicKey.(*ecdsa.PublicKey)
		if !ok || !escrow.Signed(public, account.AgreeText(k, a), a.Signature) {
			return account.ErrKeeper
		}
		k.Account, k.Hash, k.Serial = actor.Account, keyring.LookupHash{}, a.Serial
		k.Point, k.Signature, k.State = a.Point, a.Signature, account.KeeperReady
		return x.answered(tx, actor, k, audit.KeeperAgreed)
	})
}

// once refuses two places in a set to one person: they would be fewer than they look.
func (x *Escrows) once(tx *sqlstore.Tx, actor habeas.Actor, k account.Keeper) error {
	all, err := tx.Accounts().Keepers(tx.Context(), k.Owner)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.Set == k.Set && other.Account == actor.Account {
			return account.ErrKeeperTwice
		}
	}
	return nil
}

// answered keeps what somebody answered, for both, and tells who had asked.
func (x *Escrows) answered(tx *sqlstore.Tx, actor habeas.Actor, k account.Keeper, event audit.Event) error {
	k.Answered = x.clock.Now()
	if err := tx.Accounts().SaveKeeper(k, x.keeperEntry(event, actor, k)); err != nil {
		return err
	}
	if err := tx.Audit(x.accounts.entry(event, habeas.SubjectOf(actor.Account), actor, map[string]string{"as": "keeper"})); err != nil {
		return err
	}
	kind := mail.KindKeeperAnswered
	if k.State == account.KeeperResigned {
		kind = mail.KindKeeperLost
	}
	return x.accounts.tell(tx, k.Owner, kind, keepersPage)
}

// LeaveKeeping implements web/account.Escrows: the actor declines, or resigns. Then their share
// is destroyed, and nothing in the set leads to their account.
func (x *Escrows) LeaveKeeping(ctx context.Context, actor habeas.Actor, id habeas.KeeperID) error {
	return x.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		k, _, err := x.placeOf(ctx, tx.Accounts().Accounts, actor, id)
		if err != nil {
			return err
		}
		state := account.KeeperResigned
		if k.State == account.KeeperInvited {
			state = account.KeeperDeclined
		}
		return x.answered(tx, actor, vacate(k, state), audit.KeeperLeft)
	})
}

// vacate takes everything out of a place but who was asked.
func vacate(k account.Keeper, state account.KeeperState) account.Keeper {
	return account.Keeper{ID: k.ID, Set: k.Set, Owner: k.Owner, Escrow: k.Escrow, Need: k.Need, At: k.At, Name: k.Name, Mailbox: k.Mailbox, State: state}
}

// PassShare implements web/account.Escrows. What the message holds only the browser of the
// reset can tell. Errors: account.ErrNoKeeper, account.ErrKeeper, account.ErrNoReset.
func (x *Escrows) PassShare(ctx context.Context, actor habeas.Actor, id habeas.KeeperID, reset habeas.ChallengeID, message []byte) error {
	if err := account.CheckReply(message); err != nil {
		return err
	}
	return x.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		k, active, err := x.placeOf(ctx, tx.Accounts().Accounts, actor, id)
		if err != nil {
			return err
		}
		r, found, err := tx.Accounts().FileReset(ctx, reset)
		switch {
		case err != nil:
			return err
		case k.State != account.KeeperHolds || active.Serial != k.Serial:
			return account.ErrNoKeeper
		case !found || r.Account != k.Owner || r.Escrow != k.Escrow || !x.clock.Now().Before(r.Ends):
			return account.ErrNoReset
		case k.Reset == reset:
			return account.ErrNoKeeper // once for each
		}
		k.Reset, k.Reply = reset, message
		if err := tx.Accounts().SaveKeeper(k, x.keeperEntry(audit.KeeperPassed, actor, k)); err != nil {
			return err
		}
		return tx.Audit(x.accounts.entry(audit.KeeperPassed, habeas.SubjectOf(actor.Account), actor, map[string]string{"as": "keeper"}))
	})
}

// callKeepers asks those who hold shares for them, once a code has begun a reset.
func (x *Escrows) callKeepers(tx *sqlstore.Tx, r account.FileReset) error {
	all, err := tx.Accounts().Keepers(tx.Context(), r.Account)
	if err != nil {
		return err
	}
	for _, k := range all {
		if k.Escrow != r.Escrow || k.State != account.KeeperHolds {
			continue
		}
		if err := x.accounts.TellAccount(tx, k.Account, mail.KindKeeperNeeded, keepingPage); err != nil {
			return err
		}
	}
	return nil
}

// KeepersAnswered implements web/account.Escrows.
func (x *Escrows) KeepersAnswered(ctx context.Context, r account.FileReset) (have, need int, err error) {
	set, err := x.setOf(ctx, x.db.Accounts(), r.Account, r.Escrow)
	if err != nil || len(set) == 0 {
		return 0, 0, err
	}
	return len(account.Replies(set, r.ID)), set[0].Need, nil
}

// setOf are the keepers of an escrow.
func (x *Escrows) setOf(ctx context.Context, from account.KeeperReader, owner habeas.AccountID, id habeas.EscrowID) (set []account.Keeper, err error) {
	all, err := from.Keepers(ctx, owner)
	for _, k := range all {
		if k.Escrow == id {
			set = append(set, k)
		}
	}
	return set, err
}

// passed are the shares that keepers gave for a reset, as the browser reads them: what they are
// bound to, and for each who and what. Error: account.ErrKeepersFew.
func (x *Escrows) passed(ctx context.Context, from account.KeeperReader, r account.FileReset) ([]byte, error) {
	set, err := x.setOf(ctx, from, r.Account, r.Escrow)
	if err != nil {
		return nil, err
	}
	replies := account.Replies(set, r.ID)
	if len(set) == 0 || len(replies) < set[0].Need {
		return nil, account.ErrKeepersFew
	}
	parts := [][]byte{[]byte(set[0].Set.String()), []byte(r.Account.String()), {byte(set[0].Need)}}
	for _, k := range replies {
		parts = append(parts, []byte(k.ID.String()), k.Reply)
	}
	return escrow.Bundle(parts...), nil
}

// MissKeepers notes whose certificate counts no more, and tells those whose keys they kept. It
// is run by schedule.
func (x *Escrows) MissKeepers(ctx context.Context) error {
	lost, err := x.db.Accounts().LostKeepers(ctx, x.clock.Now(), sweepBatch)
	if err != nil {
		return err
	}
	for _, k := range lost {
		err := x.db.InTx(ctx, func(tx *sqlstore.Tx) error {
			k, found, err := tx.Accounts().Keeper(ctx, k.ID)
			if err != nil || !found || !k.Counts() {
				return err
			}
			if err := tx.Accounts().SaveKeeper(vacate(k, account.KeeperGone), x.keeperEntry(audit.KeeperLost, habeas.Server, k)); err != nil {
				return err
			}
			return x.accounts.TellAccount(tx, k.Owner, mail.KindKeeperLost, keepersPage)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
