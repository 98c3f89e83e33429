package app

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"maps"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed"
)

// staff refuses everybody else, and marks what follows as done at work.
func staff(a *habeas.Actor) error {
	if !a.Has(habeas.RoleStaff) {
		return habeas.Forbidden("This is for people who work here.").WithCode("role.missing")
	}
	a.Kind = habeas.ActorStaff
	return nil
}

// Tally implements web/party.Records.
func (r *Records) Tally(ctx context.Context, a habeas.Actor) (t party.Tally, err error) {
	if err := staff(&a); err != nil {
		return t, err
	}
	t.All, t.Claimed, t.Waiting, err = r.DB.Records().Count(ctx)
	return t, err
}

func searchPlace(a habeas.Actor) string { return "search/" + string(a.Account[:]) }

// SealQuery implements web/party.Records.
func (r *Records) SealQuery(a habeas.Actor, query string) string {
	if query == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(r.Keys.House().Seal(searchPlace(a), []byte(query)))
}

// OpenQuery implements web/party.Records.
func (r *Records) OpenQuery(a habeas.Actor, token string) string {
	sealed, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return ""
	}
	query, err := r.Keys.House().Open(searchPlace(a), sealed)
	if err != nil {
		return ""
	}
	return string(query)
}

// Find implements web/party.Records. An empty query lists the newest.
func (r *Records) Find(ctx context.Context, a habeas.Actor, query string, limit int) ([]party.Listed, bool, error) {
	if err := staff(&a); err != nil {
		return nil, false, err
	}
	var hits []party.Alike
	kind := listFound
	if strings.TrimSpace(query) == "" {
		kind = listNewest
		newest, err := r.DB.Records().Newest(ctx, habeas.PartyID{}, limit)
		if err != nil {
			return nil, true, err
		}
		for _, p := range newest {
			hits = append(hits, party.Alike{ID: p.ID, P: 1})
		}
	} else {
		s, err := r.Sight(ctx, a)
		if err != nil {
			return nil, false, err
		}
		hits = r.Finder.FindIn(query, limit, s)
	}
	found, err := r.showHits(ctx, a, kind, hits)
	return found, r.Ready(), err
}

// showHits is show for what the finder found.
func (r *Records) showHits(ctx context.Context, a habeas.Actor, kind string, hits []party.Alike) ([]party.Listed, error) {
	ids := make([]habeas.PartyID, len(hits))
	by := make(map[habeas.PartyID]party.Alike, len(hits))
	for i, h := range hits {
		ids[i] = h.ID
		if top, err := r.DB.Records().Top(ctx, h.ID); err == nil { // a name of a merged record finds the one that shows it
			ids[i] = top
		}
		if _, closer := by[ids[i]]; !closer {
			by[ids[i]] = h
		}
	}
	found, err := r.show(ctx, a, kind, ids)
	if err != nil {
		return nil, err
	}
	s, err := r.Sight(ctx, a)
	if err != nil {
		return nil, err
	}
	out := make([]party.Listed, len(found))
	for i, rec := range found {
		h := by[rec.Party.ID]
		out[i] = party.Listed{Record: rec, P: h.P, Reasons: s.Reasons(h.Reasons)}
	}
	return out, nil
}

// show reads records for a list, as the actor sees them, and witnesses it.
func (r *Records) show(ctx context.Context, a habeas.Actor, kind string, ids []habeas.PartyID) ([]party.Record, error) {
	s, err := r.Sight(ctx, a)
	if err != nil {
		return nil, err
	}
	found, err := r.loadAll(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i := range found {
		found[i] = found[i].SeenBy(s)
	}
	if err := r.listed(ctx, a, kind, found); err != nil {
		return nil, err
	}
	return found, nil
}

// Open implements web/party.Records. The read is witnessed before anything is shown.
func (r *Records) Open(ctx context.Context, a habeas.Actor, id habeas.PartyID) (party.Record, error) {
	if err := staff(&a); err != nil {
		return party.Record{}, err
	}
	if err := party.CheckPurpose(a.Purpose, true); err != nil {
		return party.Record{}, err
	}
	s, err := r.Sight(ctx, a)
	if err != nil {
		return party.Record{}, err
	}
	rec, _, err := r.load(ctx, r.DB.Records(), id)
	if err != nil {
		return party.Record{}, err
	}
	if rec.Closed, err = r.closed(ctx, rec.Party); err != nil {
		return party.Record{}, err
	}
	return rec.SeenBy(s), r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		return tx.Audit(r.event(audit.PartyRead, rec.Party.ID, a, nil))
	})
}

// closed reports whether the account that has a record is closed: its person cannot sign in.
func (r *Records) closed(ctx context.Context, p party.Party) (bool, error) {
	if p.State != party.Claimed {
		return false, nil
	}
	who, err := r.Accounts.Claimant(ctx, habeas.Actor{Kind: habeas.ActorPerson, Account: p.Account})
	return err == nil && !who.Active, err
}

// mostAlike is how many possible duplicates are shown.
const mostAlike = 8

// Like implements web/party.Records.
func (r *Records) Like(ctx context.Context, a habeas.Actor, v party.Values) ([]party.Listed, error) {
	if err := staff(&a); err != nil {
		return nil, err
	}
	s, err := r.Sight(ctx, a)
	if err != nil {
		return nil, err
	}
	return r.showHits(ctx, a, listLike, r.Finder.Like(s.Values(v), mostAlike))
}

// Enter implements web/party.Records.
func (r *Records) Enter(ctx context.Context, a habeas.Actor, in party.Assertion, invite bool) (habeas.PartyID, bool, error) {
	if err := staff(&a); err != nil {
		return habeas.PartyID{}, false, err
	}
	in.Actor, in.Source = a, party.Source{Kind: party.FromStaff, Account: a.Account}
	if !in.HasEmail && in.Values.Len() == 0 {
		return habeas.PartyID{}, false, habeas.Invalid("email", "Enter an address or at least a name.").WithCode("party.empty")
	}
	if in.Stub && !in.HasEmail {
		return habeas.PartyID{}, false, habeas.Invalid("email", "A stub is an address that its person will complete: enter the address.").WithCode("stub.address")
	}
	asked := in.Values
	if in.HasEmail {
		asked = party.Values{"contact": {"email": in.Email.Key()}}
		maps.Copy(asked, in.Values)
	}
	if err := r.mayChange(ctx, a, asked); err != nil {
		return habeas.PartyID{}, false, err
	}
	said, err := r.FindOrCreate(ctx, in)
	if err != nil {
		return habeas.PartyID{}, false, err
	}
	if invite && in.HasEmail {
		// What was entered stands, also where nobody can be invited yet.
		if err = r.Invite(ctx, a, said.Party); err != nil && habeas.KindOf(err) == habeas.KindConflict {
			err = nil
		}
	}
	return said.Party, said.Created, err
}

// Amend implements web/party.Records.
func (r *Records) Amend(ctx context.Context, a habeas.Actor, id habeas.PartyID, said party.Values) error {
	if err := staff(&a); err != nil {
		return err
	}
	said, err := r.schemas.Clean(said)
	if err != nil {
		return err
	}
	delete(said["contact"], "email") // an address changes by ChangeAddress only
	said.DropEmpty()                 // only its person withdraws a value
	if err := r.mayChange(ctx, a, said); err != nil {
		return err
	}
	return r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Records()
		rec, before, err := r.load(ctx, w, id)
		if err != nil {
			return err
		}
		id := rec.Party.ID // of a merged one, the record that shows it
		if said.Len() == 0 {
			return nil
		}
		p, err := edited(rec.Party)
		if err != nil {
			return err
		}
		s := r.statement(id, party.FromStaff, a, said)
		known, err := r.knownByStaff(ctx, w, party.Fold(p, append(before, s), rec.Settled, r.schemas))
		if err != nil {
			return err
		}
		return w.ChangeParty(p, &s, known, r.event(audit.PartyAsserted, id, a, map[string]string{"source": "staff", "sets": sets(said)}))
	})
}

// edited counts what staff or its person say of a record.
func edited(p party.Party) (party.Party, error) {
	next, err := party.Situation{Record: p}.Take(party.Move{Kind: party.MoveEdit})
	return next.Record, err
}

// knownByStaff is under which name staff know an unclaimed record at its address, so
// that nobody else there is taken for the same person (PTY-26).
func (r *Records) knownByStaff(ctx context.Context, w sqlstore.RecordsTx, rec party.Record) ([]party.KnownAs, error) {
	key, ok := emailKey(rec.Text("contact", "email"))
	if !ok || rec.Party.State != party.Unclaimed {
		return nil, nil
	}
	hash := r.Keys.Lookup(party.LookupEmail, key)
	rows, err := w.KnownAt(ctx, hash)
	return []party.KnownAs{r.known(rec.Party.ID, party.StaffSource, rows, hash, identityOf(rec))}, err
}

// ChangeAddress implements web/party.Records. The old address no longer leads to the
// record; a claim that is looking at it aborts (PTY-A32).
func (r *Records) ChangeAddress(ctx context.Context, a habeas.Actor, id habeas.PartyID, to email.Address) error {
	if err := staff(&a); err != nil {
		return err
	}
	if err := r.mayChange(ctx, a, party.Values{"contact": {"email": to.Key()}}); err != nil {
		return err
	}
	hash := r.Keys.Lookup(party.LookupEmail, to.Key())
	return r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Records()
		rec, _, err := r.load(ctx, w, id)
		if err != nil {
			return err
		}
		id := rec.Party.ID // of a merged one, the record that shows it
		rows, err := w.KnownAt(ctx, hash)
		if err != nil {
			return err
		}
		next, err := party.Situation{Record: rec.Party}.Take(party.Move{Kind: party.MoveAddress, Review: party.ReviewAt(to, id, rows)})
		if err != nil {
			return err
		}
		decided := func() audit.Entry {
			return r.event(audit.PartyReviewed, id, a, map[string]string{"decision": "address"})
		}
		left, err := r.leave(ctx, w, rec, to, decided)
		if err != nil {
			return err
		}
		s := r.statement(id, party.FromStaff, a, party.Values{"contact": {"email": to.Display()}})
		if err := r.reach(ctx, w, hash, id, decided); err != nil {
			return err
		}
		known := append(left, party.Leave(rows, id, false)...)
		known = append(known, r.known(id, party.StaffSource, rows, hash, party.IdentityOf(valuesOf(rec))))
		return w.ChangeParty(next.Record, &s, known, r.event(audit.PartyAsserted, id, a, map[string]string{"source": "staff", "sets": "contact"}))
	})
}

// reach lets an address lead to a record again: to all parts of it, because one at which it
// is shut keeps it from the whole.
func (r *Records) reach(ctx context.Context, w sqlstore.RecordsTx, hash keyring.LookupHash, id habeas.PartyID, entry func() audit.Entry) error {
	parts, err := w.Members(ctx, id)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if err := w.Unblock(hash, part, entry()); err != nil {
			return err
		}
	}
	return nil
}

// leave makes the present address of a record lead to it no more, neither people
// nor what is said there from now on, and returns the rows that say so.
func (r *Records) leave(ctx context.Context, w sqlstore.RecordsTx, rec party.Record, to email.Address, entry func() audit.Entry) ([]party.KnownAs, error) {
	key, ok := emailKey(rec.Text("contact", "email"))
	if !ok {
		return nil, nil
	}
	if key == to.Key() {
		return nil, habeas.Invalid("email", "This is the address that the record has already.").WithCode("email.same")
	}
	old := r.Keys.Lookup(party.LookupEmail, key)
	if err := w.Block(old, rec.Party.ID, entry()); err != nil {
		return nil, err
	}
	rows, err := w.KnownAt(ctx, old)
	return party.Leave(rows, rec.Party.ID, true), err
}

// valuesOf returns the current values of a record.
func valuesOf(rec party.Record) party.Values {
	v := party.Values{}
	for _, s := range rec.Sets {
		for _, f := range s.Fields {
			if f.Current.Text != "" {
				v.Put(s.Schema.Name, f.Schema.Name, f.Current.Text)
			}
		}
	}
	return v
}

// Invite implements web/party.Records.
func (r *Records) Invite(ctx context.Context, a habeas.Actor, id habeas.PartyID) error {
	if err := staff(&a); err != nil {
		return err
	}
	return r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		rec, _, err := r.load(ctx, tx.Records(), id)
		if err != nil {
			return err
		}
		to, err := email.Parse(rec.Text("contact", "email"))
		blocked := false
		if err == nil {
			var wrong error
			if blocked, wrong = tx.Records().Blocked(ctx, r.Keys.Lookup(party.LookupEmail, to.Key()), id); wrong != nil {
				return wrong
			}
		}
		switch {
		case err != nil:
			return habeas.Invalid("email", "This record has no address to write to.").WithCode("party.no-address")
		case rec.Party.State != party.Unclaimed:
			return habeas.Conflict("This record has its person already.").WithCode("party.claimed")
		case blocked:
			return habeas.Conflict("This address does not lead to the record any more. Replace it first.").WithCode("party.blocked")
		case rec.Party.Blocked || rec.Party.Review != party.ReviewNone:
			return habeas.Conflict("Decide first what waits for review.").WithCode("party.waiting")
		}
		if err := tx.Audit(r.event(audit.InviteSent, id, a, nil)); err != nil {
			return err
		}
		return r.Accounts.InviteTo(tx, habeas.SubjectOf(id), to, rec.Text("contact", "language"),
			len(party.CompletionOf(rec, party.Completing{}, r.schemas).Gaps))
	})
}

// PaperCode implements web/party.Records: twelve characters, 60 bits, of which only a
// keyed hash is kept.
func (r *Records) PaperCode(ctx context.Context, a habeas.Actor, id habeas.PartyID) (code sealed.Value, until time.Time, err error) {
	if err := staff(&a); err != nil {
		return code, until, err
	}
	if code, err = sealed.In(ctx).Seal("code on paper", drawPaperCode()); err != nil {
		return code, until, err
	}
	until = r.Clock.Now().Add(r.Rules.PaperLife)
	hash, err := r.paperHash(id, code)
	if err != nil {
		return code, until, err
	}
	err = r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		if _, err := tx.Records().Party(ctx, id); err != nil {
			return err
		}
		return tx.Records().PutPaperCode(id, hash, until, r.event(audit.PartyReviewed, id, a, map[string]string{"decision": "paper-code"}))
	})
	return code, until, err
}

// drawPaperCode returns three groups of four, which Seal clears.
func drawPaperCode() []byte {
	const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
	code := make([]byte, 14)
	rand.Read(code) // never fails
	for i, b := range code {
		code[i] = alphabet[b%32]
	}
	code[4], code[9] = '-', '-'
	return code
}
