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

// candidates finds the records that lead to the claimant's proved addresses.
func (r *Records) candidates(ctx context.Context, from party.Reader, c party.Claimant) ([]party.Candidate, error) {
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
	rules.Acquisition = policy.Acquisition
	return party.Candidates(c, parties, held, heard, r.Clock.Now(), rules), nil
}

// leadsTo is the party whose record an address leads to by a row there: the one that the
// row names, or the one that this is merged into. It is the zero party where the address
// was said to be none of its.
func (r *Records) leadsTo(ctx context.Context, from party.Reader, hash keyring.LookupHash, id habeas.PartyID) (party.Party, error) {
	p, err := from.Party(ctx, id)
	if err != nil {
		return p, err
	}
	ids := []habeas.PartyID{id}
	if p.State == party.Merged {
		if p.Blocked {
			return party.Party{}, nil
		}
		if p, err = topOf(ctx, from, id); err != nil {
			return p, err
		}
		ids = append(ids, p.ID)
	}
	for _, id := range ids {
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
	found, err := r.candidates(ctx, r.DB.Records(), c)
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
		o, err := r.offer(ctx, f, claims)
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
			if !waits(f) || p.Review != party.ReviewNone || p.Cleared || p.State != party.Unclaimed {
				continue
			}
			p.Review = f.Review
			p.Version++
			if err := w.ChangeParty(p, nil, nil, r.event(audit.PartyReviewed, p.ID, habeas.Server, map[string]string{"reason": string(p.Review)})); err != nil {
				return err
			}
		}
		return nil
	})
}

// offer shows a candidate: masked, and without content while staff must decide.
func (r *Records) offer(ctx context.Context, f party.Candidate, claims []party.Claim) (party.Offer, error) {
	o := party.Offer{Review: f.Review, Record: party.Record{Party: f.Party}}
	o.Claim = party.Claim{Party: f.Party.ID, State: party.ClaimOpen, Version: f.Party.Version, Stale: f.Stale}
	for _, c := range claims {
		if c.Party == f.Party.ID && (c.State == party.ClaimOpen || c.State == party.ClaimInReview) && !c.Lapsed(r.Clock.Now(), r.Rules) {
			o.Claim = c
			break
		}
	}
	o.Locked = o.Claim.State == party.ClaimInReview && o.Claim.Tries >= r.Rules.MaxTries
	if o.Review != party.ReviewNone {
		return o, nil
	}
	rec, _, err := r.load(ctx, r.DB.Records(), f.Party.ID)
	if err != nil {
		return o, err
	}
	rec.Party.Opened = o.Claim.Opened
	o.Record = rec.MaskFor(o.Claim.Stale)
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
	p := party.Party{
		ID: habeas.NewID[habeas.PartyKind](now), Kind: party.Person, State: party.Claimed,
		Account: a.Account, ClaimedAt: now, Version: 1, // nothing is opened: what others add asks for evidence (PTY-25)
	}
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
	now := r.Clock.Now()
	c := o.Claim
	if c.ID.IsZero() {
		c.ID, c.Account, c.OpenedAt = habeas.NewID[habeas.ClaimKind](now), a.Account, now
	}
	c.Version = o.Record.Party.Version
	err = r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		return tx.Records().SaveClaim(c, r.event(audit.ClaimOpened, id, a, nil))
	})
	o.Claim = c
	return o, err
}

// claimNow re-reads a claim and whether one of the claimant's addresses still leads
// to the party, inside the transaction (PTY-A32).
func (r *Records) claimNow(ctx context.Context, tx *sqlstore.Tx, a habeas.Actor, id habeas.PartyID) (p party.Party, c party.Claim, who party.Claimant, linked bool, err error) {
	w := tx.Records()
	if p, err = w.Party(ctx, id); err != nil {
		return p, c, who, false, err
	}
	if who, err = r.Accounts.ClaimantIn(tx, a); err != nil {
		return p, c, who, false, err
	}
	claims, err := w.Claims(ctx, a.Account)
	if err != nil {
		return p, c, who, false, err
	}
	for _, mine := range claims {
		if mine.Party == id && !mine.Lapsed(r.Clock.Now(), r.Rules) {
			c = mine
			break
		}
	}
	found, err := r.candidates(ctx, w, who)
	for _, f := range found {
		if f.Party.ID == id {
			linked = true
			p.Review = f.Review
		}
	}
	return p, c, who, linked, err
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
		p, c, who, linked, err := r.claimNow(ctx, tx, a, id)
		if err != nil {
			return err
		}
		if err := party.CanAccept(p, c, party.Acceptance{Claimant: who, Version: version, Corrected: corrected}, linked); err != nil {
			return err
		}
		wasStub := p.Stub
		said, err := w.Statements(ctx, id)
		if err != nil {
			return err
		}
		p, c = party.Accept(p, c, r.Clock.Now())
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
		if wasStub {
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
		p, c, who, linked, err := r.claimNow(ctx, tx, a, id)
		if err != nil {
			return err
		}
		if !linked || p.State != party.Unclaimed || c.ID.IsZero() {
			return habeas.NotFound("There is no record here that you could claim.").WithCode("claim.none")
		}
		if p.Version != version {
			return habeas.Conflict("This record changed while you were looking at it. Look at it again.").WithCode("claim.changed")
		}
		said, err := w.Statements(ctx, id)
		if err != nil {
			return err
		}
		p, c = party.Refuse(p, c, r.Clock.Now())
		for _, h := range who.Addresses {
			if err := w.Block(h, id, r.event(audit.ClaimRefused, id, a, nil)); err != nil {
				return err
			}
		}
		if err := w.SaveClaim(c, r.event(audit.ClaimRefused, id, a, nil)); err != nil {
			return err
		}
		if err := w.ChangeParty(p, nil, nil, r.event(audit.PartyReviewed, id, a, map[string]string{"reason": string(p.Review)})); err != nil {
			return err
		}
		return r.tellEnterer(ctx, tx, said, mail.KindRefused, id)
	})
}
