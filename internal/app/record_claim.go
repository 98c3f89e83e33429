package app

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// claimReader is what is read to find what somebody may claim.
type claimReader interface {
	party.Reader
	party.Guardians
}

// readers are both on the pool, claimsIn in a transaction.
func (r *Records) readers() claimReader {
	return struct {
		sqlstore.Records
		sqlstore.Guardians
	}{r.DB.Records(), r.DB.Guardians()}
}

func claimsIn(tx *sqlstore.Tx) claimReader {
	return struct {
		sqlstore.Records
		sqlstore.Guardians
	}{tx.Records().Records, tx.Guardians().Guardians}
}

// candidates finds the records that lead to the claimant's proved addresses, but for those
// for whose person somebody acts.
func (r *Records) candidates(ctx context.Context, from claimReader, c party.Claimant) ([]party.Candidate, error) {
	at := make(map[habeas.PartyID]party.Party)
	heard := make(map[habeas.PartyID]time.Time)
	held := false
	for _, hash := range c.Addresses {
		rows, err := from.KnownAt(ctx, hash)
		if err != nil {
			return nil, err
		}
		for _, k := range rows {
			if _, done := at[k.Party]; done {
				continue
			}
			p, err := r.leadsTo(ctx, from, hash, k.Party)
			if habeas.KindOf(err) == habeas.KindNotFound && err != nil {
				continue
			}
			if err != nil {
				return nil, err
			}
			if p.ID.IsZero() {
				continue
			}
			guarded, err := r.guardedFrom(ctx, from, p.ID, c.Account)
			if err != nil {
				return nil, err
			}
			if guarded {
				continue
			}
			held = held || p.Account == c.Account && !p.Account.IsZero()
			said, err := from.Statements(ctx, p.ID)
			if err != nil {
				return nil, err
			}
			at[p.ID], heard[p.ID] = p, r.newest(said, c.Addresses)
		}
	}
	parties := slices.SortedFunc(maps.Values(at), func(a, b party.Party) int { return strings.Compare(string(a.ID[:]), string(b.ID[:])) })
	policy, err := r.Policies.Current(ctx)
	if err != nil {
		return nil, err
	}
	rules := r.Rules
	rules.Acquisition, rules.Matching = policy.Acquisition, policy.Matching
	return party.Candidates(c, parties, held, heard, r.Clock.Now(), rules), nil
}

// leadsTo is the party whose record an address leads to by a row there: the one that the
// row names, or the one that this is merged into. It is the zero party where the address
// was said to be none of its, or none of any part of it: who may not have a part is not
// offered the whole (PTY-14).
func (r *Records) leadsTo(ctx context.Context, from party.Reader, hash keyring.LookupHash, id habeas.PartyID) (party.Party, error) {
	p, err := from.Party(ctx, id)
	if err != nil {
		return p, err
	}
	if p.State == party.Merged {
		if p.Blocked {
			return party.Party{}, nil
		}
		if p, err = topOf(ctx, from, id); err != nil {
			return p, err
		}
	}
	parts, err := from.Members(ctx, p.ID)
	if err != nil {
		return party.Party{}, err
	}
	for _, id := range parts {
		if blocked, err := from.Blocked(ctx, hash, id); err != nil || blocked {
			return party.Party{}, err
		}
	}
	return p, nil
}

// Offers implements web/party.Records. A person with nothing to claim and nothing of
// their own gets a fresh record (PTY-9).
func (r *Records) Offers(ctx context.Context, a habeas.Actor) ([]party.Offer, error) {
	c, err := r.Accounts.Claimant(ctx, a)
	if err != nil {
		return nil, err
	}
	found, err := r.candidates(ctx, r.readers(), c)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, r.ensureOwn(ctx, a, c)
	}
	claims, err := r.DB.Records().Claims(ctx, a.Account)
	if err != nil {
		return nil, err
	}
	if err := r.putBeforeStaff(ctx, found); err != nil {
		return nil, err
	}
	var out []party.Offer
	for _, f := range found {
		o, err := r.offer(ctx, f, a.Account, claims)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

// putBeforeStaff notes on the records why staff must decide, where it only shows now
// that somebody claims: several records at one address, a second one for the same
// person, an administrator's address. So what the page says waits for staff does. Of
// several at one address, the one that waits already is enough: what is decided on it
// settles the others.
func (r *Records) putBeforeStaff(ctx context.Context, found []party.Candidate) error {
	queued := slices.ContainsFunc(found, func(f party.Candidate) bool { return f.Party.Review != party.ReviewNone })
	waits := func(f party.Candidate) bool {
		return f.Party.Review == party.ReviewNone && f.Review != party.ReviewNone && (f.Review != party.ReviewConflict || !queued)
	}
	if !slices.ContainsFunc(found, waits) {
		return nil
	}
	return r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Records()
		for _, f := range found {
			p, err := w.Party(ctx, f.Party.ID)
			if err != nil {
				return err
			}
			next, err := party.Situation{Record: p}.Take(party.Move{Kind: party.MoveWait, Review: f.Review})
			if err != nil {
				return err
			}
			if !waits(f) || next.Record.Version == p.Version {
				continue
			}
			if err := w.ChangeParty(next.Record, nil, nil, r.event(audit.PartyReviewed, p.ID, habeas.Server, map[string]string{"reason": string(f.Review)})); err != nil {
				return err
			}
		}
		return nil
	})
}

// offer shows a candidate: masked, and without content while staff must decide.
func (r *Records) offer(ctx context.Context, f party.Candidate, who habeas.AccountID, claims []party.Claim) (party.Offer, error) {
	o := party.Offer{Review: f.Review, Record: party.Record{Party: f.Party}, Claim: f.Claim()}
	if c := party.ClaimOn(f.Party, claims, who, r.Clock.Now(), r.Rules); !c.ID.IsZero() {
		o.Claim = c
	}
	o.Claim.Wants = f.Wants(o.Claim.Shown)
	o.Locked = o.Claim.State == party.ClaimInReview && o.Claim.Tries >= r.Rules.MaxTries
	if o.Review != party.ReviewNone {
		return o, nil
	}
	rec, _, err := r.load(ctx, r.DB.Records(), f.Party.ID)
	if err != nil {
		return o, err
	}
	rec.Party.Opened = o.Claim.Opened
	o.Record = rec.MaskFor(o.Claim.Stale || o.Claim.Wants)
	return o, nil
}

// ensureOwn gives a person without any record one of their own.
func (r *Records) ensureOwn(ctx context.Context, a habeas.Actor, c party.Claimant) error {
	own, err := r.DB.Records().PartiesOf(ctx, a.Account)
	if err != nil || len(own) > 0 || !c.Active || len(c.Addresses) == 0 {
		return err
	}
	address, language, err := r.Accounts.MainAddress(ctx, a.Account)
	if err != nil {
		return err
	}
	now := r.Clock.Now()
	begun, err := party.Situation{Record: party.Party{ID: habeas.NewID[habeas.PartyKind](now), Kind: party.Person}}.
		Take(party.Move{Kind: party.MoveBeginOwn, At: now, Who: c})
	if err != nil {
		return err
	}
	p := begun.Record
	key := r.Keys.NewKey(habeas.SubjectOf(p.ID))
	if err := r.Keys.Commit(ctx, key); err != nil {
		return err
	}
	words := party.Values{"contact": {"email": address, "language": language}}
	words.DropEmpty() // to say nothing is not to withdraw it
	said := r.statement(p.ID, party.FromSelf, a, words)
	return r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Records()
		if own, err := w.PartiesOf(ctx, a.Account); err != nil || len(own) > 0 {
			return err // another request was faster
		}
		known, err := r.knownBySelf(ctx, w, p.ID, c.Addresses, party.Identity{})
		if err != nil {
			return err
		}
		return w.CreateParty(p, said, known, r.event(audit.PartyCreated, p.ID, a, map[string]string{"source": "self"}))
	})
}

func (r *Records) knownBySelf(ctx context.Context, w party.Reader, id habeas.PartyID, addresses []keyring.LookupHash, identity party.Identity) ([]party.KnownAs, error) {
	var out []party.KnownAs
	for _, h := range addresses {
		rows, err := w.KnownAt(ctx, h)
		if err != nil {
			return nil, err
		}
		out = append(out, r.known(id, party.SelfSource, rows, h, identity))
	}
	return out, nil
}

// Offer implements web/party.Records: it opens the claim.
func (r *Records) Offer(ctx context.Context, a habeas.Actor, id habeas.PartyID) (party.Offer, error) {
	offers, err := r.Offers(ctx, a)
	if err != nil {
		return party.Offer{}, err
	}
	i := slices.IndexFunc(offers, func(o party.Offer) bool { return o.Record.Party.ID == id })
	if i < 0 {
		return party.Offer{}, habeas.NotFound("There is no record here that you could claim.").WithCode("claim.none")
	}
	o := offers[i]
	if o.Review != party.ReviewNone || !o.Claim.ID.IsZero() && o.Claim.Version == o.Record.Party.Version {
		return o, nil
	}
	err = r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		now, move, err := r.claimNow(ctx, tx, a, id)
		if err != nil {
			return err
		}
		move.Kind = party.MoveOpen
		if now, err = now.Take(move); err != nil {
			return err
		}
		now.Claim.Wants = o.Claim.Wants
		o.Claim = now.Claim
		return tx.Records().SaveClaim(o.Claim, r.event(audit.ClaimOpened, id, a, nil))
	})
	return o, err
}

// claimNow re-reads, inside the transaction, a record with the actor's claim on it, and
// what of it is offered to them: whether one of their addresses still leads there
// (PTY-A32). The move that it returns carries that.
func (r *Records) claimNow(ctx context.Context, tx *sqlstore.Tx, a habeas.Actor, id habeas.PartyID) (s party.Situation, m party.Move, err error) {
	w := tx.Records()
	m.At, m.Schemas, m.Rules = r.Clock.Now(), r.schemas, r.Rules
	if s.Record, err = w.Party(ctx, id); err != nil {
		return s, m, err
	}
	if m.Who, err = r.Accounts.ClaimantIn(tx, a); err != nil {
		return s, m, err
	}
	claims, err := w.Claims(ctx, a.Account)
	if err != nil {
		return s, m, err
	}
	s.Claim = party.ClaimOn(s.Record, claims, a.Account, m.At, r.Rules)
	found, err := r.candidates(ctx, claimsIn(tx), m.Who)
	for _, f := range found {
		if f.Party.ID == id {
			m.Offer = f
			s.Claim.Wants = f.Wants(s.Claim.Shown)
		}
	}
	return s, m, err
}

// Accept implements web/party.Records.
func (r *Records) Accept(ctx context.Context, a habeas.Actor, id habeas.PartyID, version int64, corrected party.Values) error {
	corrected, err := r.schemas.Clean(corrected)
	if err != nil {
		return err
	}
	address, language, err := r.Accounts.MainAddress(ctx, a.Account)
	if err != nil {
		return err
	}
	return r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Records()
		was, move, err := r.claimNow(ctx, tx, a, id)
		if err != nil {
			return err
		}
		move.Kind, move.Version = party.MoveAccept, version
		now, err := was.Take(move)
		if err != nil {
			return err
		}
		said, err := w.Statements(ctx, id)
		if err != nil {
			return err
		}
		p, c, who := now.Record, now.Claim, move.Who
		rec := party.Fold(p, said, party.Settled{}, r.schemas) // nobody has settled anything yet
		s, changed := r.correction(rec, a, corrected), ""
		if s != nil {
			said, changed = append(said, *s), sets(s.Values)
			rec = party.Fold(p, said, party.Settled{}, r.schemas)
		}
		known, err := r.knownBySelf(ctx, w, id, who.Addresses, identityOf(rec))
		if err != nil {
			return err
		}
		if err := w.SaveClaim(c, r.event(audit.ClaimAccepted, id, a, map[string]string{"corrected": changed})); err != nil {
			return err
		}
		if err := w.ChangeParty(p, s, known, r.event(audit.PartyCorrected, id, a, map[string]string{"sets": changed})); err != nil {
			return err
		}
		if err := r.endGuardians(tx, p, a); err != nil {
			return err
		}
		if was.Record.Stub {
			if err := r.tellEnterer(ctx, tx, said, mail.KindStubConfirmed, id); err != nil {
				return err
			}
		}
		return r.tellClaimed(tx, mail.KindClaimed, c, said, Letter{To: address, Language: language}, who)
	})
}

func identityOf(rec party.Record) party.Identity {
	v := party.Values{}
	for _, f := range [][2]string{{"identity", "given_name"}, {"identity", "family_name"}, {"identity", "birth_date"}, {"organisation", "name"}} {
		if text := rec.Text(f[0], f[1]); text != "" {
			v.Put(f[0], f[1], text)
		}
	}
	return party.IdentityOf(v)
}

// correction keeps of what was typed only what differs from what is held. A masked
// field that came back as it was shown says nothing.
func (r *Records) correction(rec party.Record, a habeas.Actor, v party.Values) *party.Statement {
	shown := rec.MaskFor(false)
	diff := party.Values{}
	for set, fields := range v {
		for name, text := range fields {
			if text != rec.Text(set, name) && text != shown.Text(set, name) {
				diff.Put(set, name, text)
			}
		}
	}
	if diff.Len() == 0 {
		return nil
	}
	s := r.statement(rec.Party.ID, party.FromSelf, a, diff)
	return &s
}

// tellEnterer writes to the staff member who entered the record.
func (r *Records) tellEnterer(ctx context.Context, tx *sqlstore.Tx, said []party.Statement, kind mail.Kind, id habeas.PartyID) error {
	for _, s := range said {
		if s.Source.Kind != party.FromStaff || s.Source.Account.IsZero() {
			continue
		}
		to, language, err := r.Accounts.MainAddress(ctx, s.Source.Account)
		if err != nil {
			return nil //nolint:nilerr // whoever entered it has left: there is nobody to tell
		}
		return r.Mailer.Post(tx, habeas.SubjectOf(s.Source.Account), Letter{Kind: kind, To: to, Language: language, Link: "/staff/people/" + id.String()})
	}
	return nil
}

// NotMe implements web/party.Records.
func (r *Records) NotMe(ctx context.Context, a habeas.Actor, id habeas.PartyID, version int64) error {
	return r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Records()
		now, move, err := r.claimNow(ctx, tx, a, id)
		if err != nil {
			return err
		}
		move.Kind, move.Version = party.MoveRefuse, version
		if now, err = now.Take(move); err != nil {
			return err
		}
		said, err := w.Statements(ctx, id)
		if err != nil {
			return err
		}
		for _, h := range move.Who.Addresses {
			if err := w.Block(h, id, r.event(audit.ClaimRefused, id, a, nil)); err != nil {
				return err
			}
		}
		if err := w.SaveClaim(now.Claim, r.event(audit.ClaimRefused, id, a, nil)); err != nil {
			return err
		}
		if err := w.ChangeParty(now.Record, nil, nil, r.event(audit.PartyReviewed, id, a, map[string]string{"reason": string(now.Record.Review)})); err != nil {
			return err
		}
		return r.tellEnterer(ctx, tx, said, mail.KindRefused, id)
	})
}
