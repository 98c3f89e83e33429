package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	webparty "github.com/habeas-data/habeas/internal/web/party"
	"github.com/habeas-data/habeas/sealed"
)

// lookupLetter is the lookup kind of codes that go out by post.
const lookupLetter = "letter"

const (
	// letterPage is how many people the list of those without an e-mail address shows, and
	// letterLooks how many records are looked at for it.
	letterPage, letterLooks = 50, 5_000
	listLetters             = "letters"
)

// Letters are the use cases of people without e-mail, who claim with a code by letter
// (PTY-27). It implements web/party.Letters.
type Letters struct{ *Records }

// NewLetters returns the use cases.
func NewLetters(records *Records) *Letters { return &Letters{records} }

// letterHash is what is kept of a code. Who types it need not know whose it is.
func (r *Records) letterHash(code sealed.Value) (hash keyring.LookupHash, err error) {
	err = code.Use(func(typed []byte) error {
		text := make([]byte, 0, maxProof)
		defer func() { clear(text[:cap(text)]) }()
		for _, c := range typed[:min(len(typed), maxProof)] {
			if c = paperLetter(c); c != 0 {
				text = append(text, c)
			}
		}
		hash = r.Keys.LookupSecret(lookupLetter, text) //sealcheck:allow escape a keyed hash is what is kept
		return nil
	})
	return hash, err
}

// Print implements web/party.Letters. Each letter takes the place of those before it. All
// are printed or none.
func (x *Letters) Print(ctx context.Context, a habeas.Actor, ids []habeas.PartyID) ([]webparty.PrintedLetter, error) {
	if err := staff(&a); err != nil {
		return nil, err
	}
	if _, err := x.reads(ctx, a); err != nil {
		return nil, err
	}
	if err := party.CheckPurpose(a.Purpose, true); err != nil {
		return nil, err
	}
	if err := party.CheckRun(len(ids)); err != nil {
		return nil, err
	}
	policy, err := x.Policies.Current(ctx)
	if err != nil {
		return nil, err
	}
	codes := make([]sealed.Value, len(ids))
	for i := range ids {
		if codes[i], err = sealed.In(ctx).Seal("code by letter", drawPaperCode()); err != nil {
			return nil, err
		}
	}
	var out []webparty.PrintedLetter
	err = x.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		out = out[:0]
		for i, id := range ids {
			rec, l, err := x.write(tx, a, id, codes[i])
			if err != nil {
				return err
			}
			out = append(out, webparty.PrintedLetter{
				Lines: party.PostalLines(rec), Country: rec.Text("address", "country"), Code: codes[i], Until: l.Expires,
				Language: mailLanguage(rec.Text("contact", "language"), policy.Notices.Language),
			})
		}
		return nil
	})
	return out, err
}

// reads is what somebody sees who prints letters: the name and the address at least.
func (x *Letters) reads(ctx context.Context, a habeas.Actor) (party.Sight, error) {
	s, err := x.Sight(ctx, a)
	if err == nil && (!s.Sees("identity") || !s.Sees("address")) {
		err = party.ErrNoLetters
	}
	return s, err
}

// write makes the letter to one person.
func (x *Letters) write(tx *sqlstore.Tx, a habeas.Actor, id habeas.PartyID, code sealed.Value) (party.Record, party.Letter, error) {
	ctx, now := tx.Context(), x.Clock.Now()
	rec, _, err := x.load(ctx, tx.Records(), id)
	if err != nil {
		return rec, party.Letter{}, err
	}
	guardians, err := tx.Guardians().GuardiansOf(ctx, rec.Party.ID)
	if err != nil {
		return rec, party.Letter{}, err
	}
	if err := party.CanWrite(rec, party.Guarded(guardians, now)); err != nil {
		return rec, party.Letter{}, err
	}
	before, err := tx.Letters().LettersOf(ctx, rec.Party.ID)
	if err != nil {
		return rec, party.Letter{}, err
	}
	for _, l := range before {
		if l.State == party.LetterSent {
			l = l.End(party.LetterReplaced, now)
			if err := tx.Letters().SaveLetter(l, x.event(audit.LetterMade, l.Party, a, map[string]string{"step": string(l.State)})); err != nil {
				return rec, l, err
			}
		}
	}
	l := party.Letter{
		ID: habeas.NewID[habeas.LetterKind](now), Party: rec.Party.ID, By: a.Account, Expires: now.Add(x.Rules.PaperLife), State: party.LetterSent,
	}
	if l.Code, err = x.letterHash(code); err != nil {
		return rec, l, err
	}
	return rec, l, tx.Letters().SaveLetter(l, x.event(audit.LetterMade, l.Party, a, nil))
}

// LettersTo implements web/party.Letters.
func (x *Letters) LettersTo(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.Letter, error) {
	if err := staff(&a); err != nil {
		return nil, err
	}
	return x.DB.Letters().LettersOf(ctx, id)
}

// Returned implements web/party.Letters: the letter came back, or that is taken back.
func (x *Letters) Returned(ctx context.Context, a habeas.Actor, id habeas.LetterID, back bool) (party.Letter, error) {
	var l party.Letter
	if err := staff(&a); err != nil {
		return l, err
	}
	err := x.DB.InTx(ctx, func(tx *sqlstore.Tx) (err error) {
		if l, err = tx.Letters().Letter(ctx, id); err != nil {
			return err
		}
		step := "returned"
		switch {
		case back && l.State == party.LetterSent:
			l = l.End(party.LetterReturned, x.Clock.Now())
		case !back && l.State == party.LetterReturned:
			l, step = l.End(party.LetterSent, time.Time{}), "undone"
		default:
			return party.ErrNoLetter
		}
		return tx.Letters().SaveLetter(l, x.event(audit.LetterReturned, l.Party, a, map[string]string{"step": step}))
	})
	return l, err
}

// WithoutMail implements web/party.Letters: unclaimed people with a postal address and
// without an e-mail address, in the order of their records. next is where to go on; zero
// at the end.
func (x *Letters) WithoutMail(ctx context.Context, a habeas.Actor, after habeas.PartyID) (out []party.Posted, next habeas.PartyID, err error) {
	if err := staff(&a); err != nil {
		return nil, next, err
	}
	if err := party.CheckPurpose(a.Purpose, false); err != nil {
		return nil, next, err
	}
	sight, err := x.reads(ctx, a)
	if err != nil {
		return nil, next, err
	}
	var found []party.Record
	for looked := 0; len(found) < letterPage && looked < letterLooks; {
		parties, err := x.DB.Records().PartiesAfter(ctx, party.Person, after, letterPage)
		if err != nil {
			return nil, next, err
		}
		for _, p := range parties {
			after, looked = p.ID, looked+1
			if p.State != party.Unclaimed {
				continue
			}
			rec, _, err := x.load(ctx, x.DB.Records(), p.ID)
			if err != nil && !gone(err) {
				return nil, next, err
			}
			if err != nil || rec.Text("contact", "email") != "" || party.CanWrite(rec, false) != nil {
				continue
			}
			if guarded, err := x.guardedFrom(ctx, x.DB.Guardians(), p.ID, habeas.AccountID{}); err != nil || guarded {
				if err != nil {
					return nil, next, err
				}
				continue
			}
			if found = append(found, rec); len(found) == letterPage {
				break
			}
		}
		if next = after; len(parties) < letterPage && len(found) < letterPage {
			next = habeas.PartyID{}
			break
		}
	}
	for _, rec := range found {
		one := party.Posted{Record: rec.SeenBy(sight)}
		before, err := x.DB.Letters().LettersOf(ctx, rec.Party.ID)
		if err != nil {
			return nil, next, err
		}
		if len(before) > 0 {
			one.Letter = before[0]
		}
		out = append(out, one)
	}
	return out, next, x.listed(ctx, a, listLetters, found)
}

// Redeem implements web/party.Letters: somebody signed in types the code of a letter. The
// address by which they signed in leads to the record from then on, under the rules of any
// address, and the letter is evidence of a code on paper. Every refusal reads and writes
// the same (PTY-A22).
func (x *Letters) Redeem(ctx context.Context, a habeas.Actor, client string, typed sealed.Value) (id habeas.PartyID, err error) {
	code, err := x.letterHash(typed)
	if err != nil {
		return id, err
	}
	address, _, err := x.Accounts.MainAddress(ctx, a.Account)
	if err != nil {
		return id, err
	}
	at, err := email.Parse(address)
	if err != nil {
		return id, habeas.Internal(err)
	}
	var refused error // what is said although the rows of the try are kept
	err = x.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		refused = nil
		limited, err := x.limited(tx, a, client)
		if err != nil {
			return err
		}
		l, found, err := tx.Letters().LetterWith(ctx, code)
		if err != nil {
			return err
		}
		if !found { // a record that is nobody's is looked for all the same
			l = party.Letter{Party: habeas.NewID[habeas.PartyKind](x.Clock.Now())}
		}
		p, err := topOf(ctx, tx.Records(), l.Party)
		if err != nil && !gone(err) {
			return err
		}
		guarded, err := x.guardedFrom(ctx, tx.Guardians(), l.Party, a.Account)
		if err != nil {
			return err
		}
		who, err := x.Accounts.ClaimantIn(tx, a)
		if err != nil {
			return err
		}
		main := x.Keys.Lookup(party.LookupEmail, at.Key())
		blocked, err := tx.Records().Blocked(ctx, main, p.ID)
		if err != nil {
			return err
		}
		opens := found && l.Opens(x.Clock.Now()) && p.State == party.Unclaimed && !p.Blocked && p.Review != party.ReviewEvidence
		switch {
		case limited:
			refused = party.ErrLetterTries
			return nil
		case !opens || guarded || blocked || !who.Active: // blocked: they said once that it is not theirs
			refused = party.ErrLetter
			return x.wrong(tx, a, client)
		}
		id = p.ID
		return x.redeem(tx, a, who, p, l, main)
	})
	if err == nil {
		err = refused
	}
	return id, err
}

// redeem lets an address lead to the record of a letter, and opens the claim with it.
func (x *Letters) redeem(tx *sqlstore.Tx, a habeas.Actor, who party.Claimant, p party.Party, l party.Letter, at keyring.LookupHash) error {
	ctx, w, now := tx.Context(), tx.Records(), x.Clock.Now()
	l = l.End(party.LetterUsed, now)
	l.Address = at
	if err := tx.Letters().SaveLetter(l, x.event(audit.LetterUsed, l.Party, a, nil)); err != nil {
		return err
	}
	rec, _, err := x.load(ctx, w, p.ID)
	if err != nil {
		return err
	}
	known, err := x.knownBySelf(ctx, w, p.ID, []keyring.LookupHash{at}, identityOf(rec))
	if err != nil {
		return err
	}
	claims, err := w.Claims(ctx, a.Account)
	if err != nil {
		return err
	}
	next, err := party.Situation{Record: p, Claim: party.ClaimOn(p, claims, a.Account, now, x.Rules)}.Take(party.Move{
		Kind: party.MoveLetter, At: now, Who: who, Schemas: x.schemas, Rules: x.Rules,
	})
	if err != nil {
		return err
	}
	if err := w.ChangeParty(next.Record, nil, known, x.event(audit.PartyReviewed, p.ID, a, map[string]string{"decision": "letter"})); err != nil {
		return err
	}
	return w.SaveClaim(next.Claim, x.event(audit.EvidenceGiven, p.ID, a, map[string]string{"kind": string(party.PaperCode)}))
}

// letterLimits are where wrong codes are counted: of an account, of a network, of all.
func (x *Letters) letterLimits(a habeas.Actor, client string) map[keyring.LookupHash]int {
	return map[keyring.LookupHash]int{
		x.Keys.Lookup("letter-try", "account "+a.Account.String()): party.LetterTriesPerson,
		x.Keys.Lookup("letter-try", "network "+client):             party.LetterTriesClient,
		x.Keys.Lookup("letter-try", "all"):                         party.LetterTriesAll,
	}
}

func (x *Letters) limited(tx *sqlstore.Tx, a habeas.Actor, client string) (limited bool, err error) {
	for key, most := range x.letterLimits(a, client) {
		n, wrong := tx.Ops().Turns(tx.Context(), key, x.Clock.Now(), party.LetterWindow)
		limited, err = limited || n >= most, errors.Join(err, wrong)
	}
	return limited, err
}

// wrong counts a code that opens nothing, and witnesses it on the account.
func (x *Letters) wrong(tx *sqlstore.Tx, a habeas.Actor, client string) error {
	for key := range x.letterLimits(a, client) {
		if _, err := tx.Ops().TakeTurn(tx.Context(), key, x.Clock.Now(), party.LetterWindow); err != nil {
			return err
		}
	}
	e := x.event(audit.LetterRefused, habeas.PartyID{}, a, nil)
	e.Subject = habeas.SubjectOf(a.Account)
	return tx.Audit(e)
}

// useLetter takes the code of a letter where a code on paper is asked for.
func (r *Records) useLetter(tx *sqlstore.Tx, id habeas.PartyID, a habeas.Actor, proof sealed.Value) (bool, error) {
	hash, err := r.letterHash(proof)
	if err != nil {
		return false, err
	}
	l, found, err := tx.Letters().LetterWith(tx.Context(), hash)
	if err != nil || !found || !l.Opens(r.Clock.Now()) {
		return false, err
	}
	parts, err := tx.Records().Members(tx.Context(), id)
	if err != nil || !slices.Contains(parts, l.Party) {
		return false, err
	}
	return true, tx.Letters().SaveLetter(l.End(party.LetterUsed, r.Clock.Now()), r.event(audit.LetterUsed, l.Party, a, nil))
}
