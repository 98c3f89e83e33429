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
		right, left, err = r.judge(ctx, tx, a, id, kind, proof)
		return err
	})
	return right, left, err
}

func (r *Records) judge(ctx context.Context, tx *sqlstore.Tx, a habeas.Actor, id habeas.PartyID, kind party.EvidenceKind, proof sealed.Value) (bool, int, error) {
	w := tx.Records()
	p, c, _, linked, err := r.claimNow(ctx, tx, a, id)
	if err != nil {
		return false, 0, err
	}
	mine := p.State == party.Claimed && p.Account == a.Account
	if mine && c.ID.IsZero() { // the record began as theirs, without a claim
		now := r.Clock.Now()
		c = party.Claim{ID: habeas.NewID[habeas.ClaimKind](now), Party: id, Account: a.Account, State: party.ClaimAccepted, Version: p.Version, OpenedAt: now, ClosedAt: now}
	}
	switch none := habeas.NotFound("There is no record here that you could claim.").WithCode("claim.none"); {
	case !mine && !linked || c.ID.IsZero():
		return false, 0, none
	case c.Tries >= r.Rules.MaxTries:
		return false, 0, habeas.TooMany("Too many wrong tries. A member of staff can help you.").WithCode("evidence.locked")
	case !mine && p.Review != party.ReviewNone:
		return false, 0, none
	}
	rec, said, err := r.load(ctx, w, id)
	if err != nil {
		return false, 0, err
	}
	detail := map[string]string{"kind": string(kind)}
	right := false
	if kind == party.PaperCode {
		if right, err = r.usePaperCode(ctx, w, id, a, proof); err != nil {
			return false, 0, err
		}
	} else if err := proof.Use(func(number []byte) error { right = rec.MatchesMembership(number, a.Account); return nil }); err != nil {
		return false, 0, err
	}
	state := c.State
	c = party.Judge(c, right, r.schemas, r.Rules)
	outcome := audit.EvidenceFailed
	if right {
		outcome = audit.EvidenceGiven
	}
	if mine {
		c.State = state
	}
	if err := w.SaveClaim(c, r.event(outcome, id, a, detail)); err != nil {
		return false, 0, err
	}
	if right && mine {
		p.Opened = c.Opened
		p.Version++
		err = w.ChangeParty(p, nil, nil, r.event(audit.EvidenceGiven, id, a, detail))
	} else if !right && c.Tries >= r.Rules.MaxTries {
		err = r.lock(ctx, tx, p, said, a)
	}
	return right, max(r.Rules.MaxTries-c.Tries, 0), err
}

// lock lets a record wait for staff after too many wrong tries, and tells them.
func (r *Records) lock(ctx context.Context, tx *sqlstore.Tx, p party.Party, said []party.Statement, a habeas.Actor) error {
	p.Review = party.ReviewEvidence
	p.Version++
	e := r.event(audit.PartyReviewed, p.ID, a, map[string]string{"reason": string(p.Review)})
	if err := tx.Records().ChangeParty(p, nil, nil, e); err != nil {
		return err
	}
	return r.tellEnterer(ctx, tx, said, mail.KindRefused, p.ID)
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
