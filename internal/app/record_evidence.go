package app

import (
	"bytes"
	"context"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed"
)

// lookupPaper is the lookup kind of codes on paper.
const lookupPaper = "paper"

// maxProof is how many bytes of a number or a code are read.
const maxProof = 100

// ShowEvidence implements web/party.Records.
func (r *Records) ShowEvidence(ctx context.Context, a habeas.Actor, id habeas.PartyID, kind party.EvidenceKind, proof sealed.Value) (right bool, left int, err error) {
	if kind != party.MembershipNumber && kind != party.PaperCode {
		return false, 0, habeas.Invalid("kind", "Show a membership number or a code that you were given on paper.").WithCode("evidence.kind")
	}
	fits := false
	_ = proof.Use(func(typed []byte) error {
		fits = len(typed) <= maxProof && len(bytes.TrimSpace(typed)) > 0
		return nil
	})
	if !fits {
		return false, 0, habeas.Invalid("proof", "Type the number or code as it stands on the card or letter.").WithCode("evidence.empty")
	}
	err = r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		right, left, err = r.judge(tx, a, id, kind, func(b trial) (bool, error) { return r.fits(tx, a, id, kind, proof, b) })
		return err
	})
	return right, left, err
}

// fits reports whether a number or a code is one that was given to the record's person.
func (r *Records) fits(tx *sqlstore.Tx, a habeas.Actor, id habeas.PartyID, kind party.EvidenceKind, proof sealed.Value, b trial) (right bool, err error) {
	if kind == party.PaperCode {
		if right, err = r.usePaperCode(tx.Context(), tx.Records(), id, a, proof); err != nil || right {
			return right, err
		}
		return r.useLetter(tx, id, a, proof)
	}
	err = proof.Use(func(number []byte) error { right = b.record.MatchesMembership(number, b.excluded); return nil })
	return right, err
}

// trial is a claim as evidence on it is judged.
type trial struct {
	now      party.Situation
	move     party.Move
	record   party.Record
	said     []party.Statement
	excluded party.Exclusion
}

// trial reads what evidence on a claim is judged by, inside the transaction, and refuses
// where none may be shown.
func (r *Records) trial(tx *sqlstore.Tx, a habeas.Actor, id habeas.PartyID) (b trial, err error) {
	ctx, w := tx.Context(), tx.Records()
	if b.now, b.move, err = r.claimNow(ctx, tx, a, id); err != nil {
		return b, err
	}
	b.move.Kind = party.MoveShow
	if _, err := b.now.Take(b.move); err != nil {
		return b, err
	}
	if b.record, b.said, err = r.load(ctx, w, id); err != nil {
		return b, err
	}
	b.excluded, err = r.excluded(ctx, w.Records, tx.Disputes(), id, b.said, b.move.Who)
	return b, err
}

// judge takes an attempt at evidence: check says whether it fits.
func (r *Records) judge(tx *sqlstore.Tx, a habeas.Actor, id habeas.PartyID, kind party.EvidenceKind, check func(trial) (bool, error)) (bool, int, error) {
	b, err := r.trial(tx, a, id)
	if err != nil {
		return false, 0, err
	}
	right, err := check(b)
	if err != nil {
		return false, 0, err
	}
	b.move.Evidence, b.move.Right = kind, right
	next, err := b.now.Take(b.move)
	if err != nil {
		return false, 0, err
	}
	outcome := audit.EvidenceFailed
	if right {
		outcome = audit.EvidenceGiven
	}
	detail := map[string]string{"kind": string(kind)}
	if err := tx.Records().SaveClaim(next.Claim, r.event(outcome, id, a, detail)); err != nil {
		return false, 0, err
	}
	switch {
	case next.Record.Version == b.now.Record.Version:
	case right:
		err = tx.Records().ChangeParty(next.Record, nil, nil, r.event(audit.EvidenceGiven, id, a, detail))
	default:
		err = r.lock(tx, next.Record, b.said, a)
	}
	return right, max(r.Rules.MaxTries-next.Claim.Tries, 0), err
}

// lock writes that a record waits for staff after wrong evidence, and tells them, and who
// entered it. The mail does not say whose record it is (PTY-A8).
func (r *Records) lock(tx *sqlstore.Tx, p party.Party, said []party.Statement, a habeas.Actor) error {
	e := r.event(audit.PartyReviewed, p.ID, a, map[string]string{"reason": string(p.Review)})
	if err := tx.Records().ChangeParty(p, nil, nil, e); err != nil {
		return err
	}
	var entered []habeas.AccountID
	for _, s := range said {
		if s.Source.Kind == party.FromStaff && !s.Source.Account.IsZero() {
			entered = append(entered, s.Source.Account)
			break
		}
	}
	return r.Accounts.TellStaff(tx, mail.KindLocked, "/staff/waiting", entered...)
}

// usePaperCode tries a code on a record and on every part that was merged into it: the
// paper may be older than the merge.
func (r *Records) usePaperCode(ctx context.Context, w sqlstore.RecordsTx, id habeas.PartyID, a habeas.Actor, proof sealed.Value) (bool, error) {
	parts, err := w.Members(ctx, id)
	if err != nil {
		return false, err
	}
	for _, part := range parts {
		hash, err := r.paperHash(part, proof)
		if err != nil {
			return false, err
		}
		e := r.event(audit.EvidenceGiven, part, a, map[string]string{"kind": string(party.PaperCode)})
		if right, err := w.UsePaperCode(part, hash, r.Clock.Now(), e); err != nil || right {
			return right, err
		}
	}
	return false, nil
}

// paperHash is what is kept of a code on paper for a record.
func (r *Records) paperHash(id habeas.PartyID, code sealed.Value) (hash keyring.LookupHash, err error) {
	err = code.Use(func(typed []byte) error {
		head := id.String() + "|"
		text := append(make([]byte, 0, len(head)+len(typed)), head...)
		defer func() { clear(text) }()
		for _, c := range typed {
			if c = paperLetter(c); c != 0 {
				text = append(text, c)
			}
		}
		hash = r.Keys.LookupSecret(lookupPaper, text) //sealcheck:allow escape a keyed hash is what is kept
		return nil
	})
	return hash, err
}

// paperLetter reads a letter of a code as people may type it: letters and digits count,
// case and spaces do not (0), and look-alikes are read as Crockford's alphabet does.
func paperLetter(c byte) byte {
	switch {
	case c == 'o' || c == 'O':
		return '0'
	case c == 'i' || c == 'I' || c == 'l' || c == 'L':
		return '1'
	case c >= 'A' && c <= 'Z':
		return c - 'A' + 'a'
	case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
		return c
	}
	return 0
}
