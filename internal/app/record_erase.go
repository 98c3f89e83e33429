package app

import (
	"context"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed"
)

// Erase implements web/party.Records: the rows go, then the key, and the leaf that
// witnesses it stays as the proof. The key goes last, so that a crash in between
// leaves nothing that could be read and everything that was decided.
func (r *Records) Erase(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]byte, error) {
	address, language, err := r.Accounts.MainAddress(ctx, a.Account)
	if err != nil {
		return nil, err
	}
	erased := r.event(audit.PartyErased, habeas.PartyID{}, a, nil)
	erased.Subject = habeas.SubjectOf(a.Account)
	var gone []habeas.PartyID
	err = r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		rec, said, err := r.own(ctx, tx.Records(), a, id)
		if err != nil {
			return err
		}
		who, err := r.Accounts.ClaimantIn(tx, a)
		if err != nil {
			return err
		}
		var left []party.Remainder
		if gone, left, err = r.eraseOwn(tx, rec, said, who.Addresses, habeas.NewID[habeas.RemainderKind](r.Clock.Now()), erased); err != nil {
			return err
		}
		return r.Mailer.Post(tx, habeas.SubjectOf(a.Account), erasedLetter(Letter{Kind: mail.KindErased, To: address, Language: language}, left))
	})
	if err != nil {
		return nil, err
	}
	if err := r.forgetAll(ctx, gone); err != nil {
		return nil, err
	}
	return r.erasureReceipt(ctx, habeas.SubjectOf(a.Account), erased.ID)
}

// mayErase refuses what the person of a record may not erase.
func mayErase(p party.Party) error {
	_, err := party.Situation{Record: p}.Take(party.Move{Kind: party.MoveErase, Who: party.Claimant{Account: p.Account}})
	return err
}

// eraseOwn erases a record for its person, unless a dispute or staff keep all of it.
func (r *Records) eraseOwn(tx *sqlstore.Tx, rec party.Record, said []party.Statement, addresses []keyring.LookupHash, erasure habeas.RemainderID, e audit.Entry) ([]habeas.PartyID, []party.Remainder, error) {
	if err := mayErase(rec.Party); err != nil {
		return nil, nil, err
	}
	members, err := tx.Records().Members(tx.Context(), rec.Party.ID)
	if err != nil {
		return nil, nil, err
	}
	if kept, err := r.held(tx.Context(), tx.Notices(), members); err != nil {
		return nil, nil, err
	} else if kept.Held() {
		return nil, nil, errHeldByStaff
	}
	return r.eraseParts(tx, rec, said, addresses, erasure, e)
}

// eraseWhole removes every row of a party and of every party merged into it, also where
// words of them were put aside. It returns whose keys are to be destroyed. The first
// entry is the given one, the others are like it.
func (r *Records) eraseWhole(ctx context.Context, w sqlstore.RecordsTx, top habeas.PartyID, addresses []keyring.LookupHash, e audit.Entry) ([]habeas.PartyID, error) {
	all, err := w.Members(ctx, top)
	if err != nil {
		return nil, err
	}
	for i, id := range all {
		p, err := w.Party(ctx, id)
		if err != nil {
			return nil, err
		}
		said, err := w.Lying(ctx, id)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			e.ID = habeas.NewID[habeas.EventKind](e.At)
		}
		if err := w.EraseParty(p, unique(append(party.HashesOf(said, r.Keys, emailKey), addresses...)), e); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// forgetAll destroys the keys of erased parties.
func (r *Records) forgetAll(ctx context.Context, gone []habeas.PartyID) error {
	subjects := make([]habeas.SubjectID, len(gone))
	for i, id := range gone {
		subjects[i] = habeas.SubjectOf(id)
	}
	return r.forget(ctx, gone, subjects...)
}

// leaveMerged lets go of records that are merged into another account's: they stay part
// of those, and are nobody's should they stand alone again.
func (r *Records) leaveMerged(ctx context.Context, w sqlstore.RecordsTx, account habeas.AccountID) error {
	parts, err := w.MergedOf(ctx, account)
	if err != nil {
		return err
	}
	for _, p := range parts {
		merges, err := w.MergesOf(ctx, p.ID)
		if err != nil {
			return err
		}
		s := party.Situation{Record: p}
		if i := slices.IndexFunc(merges, func(m party.Merge) bool { return m.From == p.ID && m.State == party.MergeDone }); i >= 0 {
			s.Merge = merges[i]
		}
		if s, err = s.Take(party.Move{Kind: party.MoveLeave, Who: party.Claimant{Account: account}}); err != nil {
			return err
		}
		turn := party.Turn{Change: []party.Party{s.Record}}
		if !s.Merge.ID.IsZero() {
			turn.Merges = []party.Merge{s.Merge}
		}
		if err := w.Turn(turn, r.event(audit.PartyReviewed, p.ID, habeas.Server, map[string]string{"decision": "left"})); err != nil {
			return err
		}
	}
	return nil
}

func unique(hashes []keyring.LookupHash) []keyring.LookupHash {
	slices.SortFunc(hashes, func(a, b keyring.LookupHash) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(hashes)
}

// erasureReceipt finds the leaf of an erasure in a subject's log and proves it
// when a checkpoint covers it already.
func (r *Records) erasureReceipt(ctx context.Context, log habeas.SubjectID, event habeas.EventID) ([]byte, error) {
	w, err := r.DB.Event(ctx, log, event)
	if err != nil {
		return nil, err
	}
	receipt, _, err := r.receipt(ctx, w)
	return receipt, err
}

// forget destroys keys and leaves nothing of what was deleted on the disk.
func (r *Records) forget(ctx context.Context, ids []habeas.PartyID, subjects ...habeas.SubjectID) error {
	for _, id := range ids {
		r.Finder.Forget(id)
	}
	if err := r.Keys.Destroy(ctx, subjects...); err != nil {
		return err
	}
	return r.DB.Compact(ctx)
}

// EraseMe erases all records of the actor's and the account itself,
// in one transaction, then their keys. What witnesses it is the house's, and names
// nobody: nobody is left who could open a line of their own. The receipt goes by mail, too.
//
// People come by [Records.EraseMeByCode].
func (r *Records) EraseMe(ctx context.Context, a habeas.Actor) ([]byte, error) {
	return r.eraseMe(ctx, a, func(erase func(*sqlstore.Tx) error) error { return r.DB.InTx(ctx, erase) })
}

// AskErase implements web/party.Records.
func (r *Records) AskErase(ctx context.Context, a habeas.Actor, in account.Asking) (habeas.ChallengeID, error) {
	return r.Accounts.AskToErase(ctx, a, in)
}

// EraseMeByCode implements web/party.Records: EraseMe, confirmed by a code that was mailed for it
// (ACCT-06). Every refusal of a code is account.ErrCode.
func (r *Records) EraseMeByCode(ctx context.Context, a habeas.Actor, id habeas.ChallengeID, typed sealed.Value, flow account.Token) ([]byte, error) {
	return r.eraseMe(ctx, a, func(erase func(*sqlstore.Tx) error) error {
		return r.Accounts.EraseByCode(ctx, a, id, typed, flow, erase)
	})
}

func (r *Records) eraseMe(ctx context.Context, a habeas.Actor, run func(func(*sqlstore.Tx) error) error) ([]byte, error) {
	var gone erasing
	err := run(func(tx *sqlstore.Tx) (err error) {
		gone, err = r.eraseAccount(tx, a.Account, habeas.Actor{Kind: habeas.ActorPerson}, mail.KindErased)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := r.forget(ctx, gone.parties, gone.subjects...); err != nil {
		return nil, err
	}
	// Nobody can come back for the receipt, so it is sealed before the answer.
	if err := r.Ledger.Publish(ctx); err != nil {
		return nil, err
	}
	return r.erasureReceipt(ctx, habeas.SubjectID{}, gone.event)
}

// erasing is what went with an account: the keys of subjects are still to be destroyed.
type erasing struct {
	parties  []habeas.PartyID
	subjects []habeas.SubjectID // the account and the parties
	event    habeas.EventID     // that witnesses it
}

// eraseAccount erases an account with the records of its person in a transaction, and leaves the
// last mail to its main address, which goes with the receipt.
func (r *Records) eraseAccount(tx *sqlstore.Tx, id habeas.AccountID, by habeas.Actor, kind mail.Kind) (gone erasing, err error) {
	ctx, w := tx.Context(), tx.Records()
	witness := func(event audit.Event) audit.Entry {
		e := r.event(event, habeas.PartyID{}, by, nil)
		e.Subject = habeas.SubjectID{}
		return e
	}
	last, erasure := witness(audit.AccountErased), habeas.NewID[habeas.RemainderKind](r.Clock.Now())
	a := habeas.Actor{Kind: habeas.ActorPerson, Account: id}
	address, language, err := r.Accounts.MainAddress(ctx, id)
	if err != nil {
		return gone, err
	}
	who, err := r.Accounts.ClaimantIn(tx, a)
	if err != nil {
		return gone, err
	}
	parties, err := w.PartiesOf(ctx, id)
	if err != nil {
		return gone, err
	}
	var left []party.Remainder
	for _, p := range parties {
		rec, said, err := r.load(ctx, w, p.ID)
		if err != nil {
			return gone, err
		}
		all, kept, err := r.eraseOwn(tx, rec, said, who.Addresses, erasure, witness(audit.PartyErased))
		if err != nil {
			return gone, err
		}
		gone.parties, left = append(gone.parties, all...), append(left, kept...)
	}
	last.Detail = withLeft(nil, left)
	if err := r.leaveMerged(ctx, w, id); err != nil {
		return gone, err
	}
	if by.Kind == habeas.ActorPerson { // what time ends, ends also without an administrator left: the operator makes one
		err = r.Accounts.EraseAccount(tx, a, last)
	} else {
		err = tx.Accounts().EraseAccount(id, last)
	}
	if err != nil {
		return gone, err
	}
	gone.event = last.ID
	gone.subjects = append(gone.subjects, habeas.SubjectOf(id))
	for _, one := range gone.parties {
		gone.subjects = append(gone.subjects, habeas.SubjectOf(one))
	}
	letter := erasedLetter(Letter{Kind: kind, To: address, Language: language}, left)
	letter.Receipt = last.ID
	return gone, r.Mailer.Post(tx, habeas.SubjectID{}, letter)
}

// MailedReceipt proves an erasure for the mail that tells of it: a line of the house's log, that
// names nobody. Error: Unavailable while no checkpoint covers it.
func (r *Records) MailedReceipt(ctx context.Context, event habeas.EventID) (string, error) {
	if err := r.Ledger.Publish(ctx); err != nil {
		return "", err
	}
	receipt, err := r.erasureReceipt(ctx, habeas.SubjectID{}, event)
	if err == nil && len(receipt) == 0 {
		err = habeas.Unavailable("The line is written and will be sealed in a few seconds.").WithCode("receipt.pending")
	}
	return string(receipt), err
}
