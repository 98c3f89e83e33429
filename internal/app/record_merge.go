package app

import (
	"context"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// joinable is a record as a merge looks at it.
func (r *Records) joinable(ctx context.Context, from party.Reader, id habeas.PartyID) (party.Joinable, party.Record, error) {
	rec, said, err := r.load(ctx, from, id)
	return party.Joinable{Party: rec.Party, Said: said, Settled: rec.Settled}, rec, err
}

// Compare implements web/party.Joining. Both reads are witnessed.
func (r *Records) Compare(ctx context.Context, a habeas.Actor, id, other habeas.PartyID) (party.Pair, error) {
	if err := staff(&a); err != nil {
		return party.Pair{}, err
	}
	if err := party.CheckPurpose(a.Purpose, true); err != nil {
		return party.Pair{}, err
	}
	s, err := r.Sight(ctx, a)
	if err != nil {
		return party.Pair{}, err
	}
	pair, err := r.pair(ctx, r.DB.Records(), id, other)
	if err != nil {
		return party.Pair{}, err
	}
	if err := party.CanMerge(pair.Into.Party, pair.From.Party); err != nil {
		return party.Pair{}, err
	}
	if err := r.notRelated(ctx, r.DB.Records(), r.DB.Relations(), pair.Into.Party.ID, pair.From.Party.ID); err != nil {
		return party.Pair{}, err
	}
	return pair.SeenBy(s), r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		for _, one := range []party.Record{pair.Into, pair.From} {
			if err := tx.Audit(r.event(audit.PartyRead, one.Party.ID, a, nil)); err != nil {
				return err
			}
		}
		return nil
	})
}

// pair loads two records, in the order in which they would be merged.
func (r *Records) pair(ctx context.Context, from party.Reader, id, other habeas.PartyID) (party.Pair, error) {
	one, _, err := r.joinable(ctx, from, id)
	if err != nil {
		return party.Pair{}, err
	}
	two, _, err := r.joinable(ctx, from, other)
	if err != nil {
		return party.Pair{}, err
	}
	into, in := party.Order(one, two)
	return party.Pair{
		Into: party.Fold(into.Party, into.Said, into.Settled, r.schemas), From: party.Fold(in.Party, in.Said, in.Settled, r.schemas),
		Together: party.Fold(into.Party, party.Together(into.Said, in.Said), into.Settled, r.schemas),
	}, nil
}

// Join implements web/party.Joining. versions are those of the two records as they were
// shown. Where the one that stays belongs to somebody, the merge waits for their consent.
func (r *Records) Join(ctx context.Context, a habeas.Actor, id, other habeas.PartyID, versions [2]int64, choices []string) (party.Merge, error) {
	if err := staff(&a); err != nil {
		return party.Merge{}, err
	}
	s, err := r.Sight(ctx, a)
	if err != nil {
		return party.Merge{}, err
	}
	now := r.Clock.Now()
	m := party.Merge{
		ID: habeas.NewID[habeas.MergeKind](now), Said: habeas.NewID[habeas.StatementKind](now),
		By: a.Account, Choices: r.knownFields(choices, s),
	}
	err = r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Records()
		one, _, err := r.joinable(ctx, w, id)
		if err != nil {
			return err
		}
		two, _, err := r.joinable(ctx, w, other)
		if err != nil {
			return err
		}
		into, from := party.Order(one, two)
		if into.Party.Version != versions[0] || from.Party.Version != versions[1] {
			return errChanged
		}
		if into.Party.State == party.Claimed {
			if err := r.notRelated(ctx, w.Records, tx.Relations(), into.Party.ID, from.Party.ID); err != nil {
				return err
			}
			return r.propose(tx, a, &m, into.Party, from.Party)
		}
		return r.join(tx, a, &m, into, from)
	})
	return m, err
}

// knownFields leaves out what is no field, and what the actor does not change.
func (r *Records) knownFields(choices []string, s party.Sight) []string {
	var out []string
	for _, set := range r.schemas.Sets() {
		if !s.Changes(set.Name) {
			continue
		}
		for _, f := range set.Fields {
			if name := set.Name + "." + f.Name; slices.Contains(choices, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// propose asks whom the records belong to; once is enough.
func (r *Records) propose(tx *sqlstore.Tx, a habeas.Actor, m *party.Merge, into, from party.Party) error {
	w := tx.Records()
	waiting, err := w.MergesOf(tx.Context(), from.ID)
	if err != nil {
		return err
	}
	for _, one := range waiting {
		if one.State == party.MergeProposed && one.Into == into.ID {
			return habeas.Conflict("The person of the record has been asked already.").WithCode("merge.asked")
		}
	}
	turn, err := m.Propose(into, from, r.Clock.Now())
	if err != nil {
		return err
	}
	*m = turn.Merges[0]
	if err := w.Turn(turn, r.entries(audit.MergeProposed, a, m.ID, into.ID, from.ID)...); err != nil {
		return err
	}
	return r.ask(tx, "/me/merges/"+m.ID.String(), into, from)
}

// ask writes to whom records belong, once to each: there is a question about them.
func (r *Records) ask(tx *sqlstore.Tx, link string, records ...party.Party) error {
	var asked []habeas.AccountID
	for _, p := range records {
		if p.State != party.Claimed || slices.Contains(asked, p.Account) {
			continue
		}
		asked = append(asked, p.Account)
		to, language, err := r.Accounts.MainAddress(tx.Context(), p.Account)
		if err != nil {
			return err
		}
		if err := r.Mailer.Post(tx, habeas.SubjectOf(p.Account), Letter{Kind: mail.KindQuestion, To: to, Language: language, Link: link}); err != nil {
			return err
		}
	}
	return nil
}

// join merges and witnesses it on both sides.
func (r *Records) join(tx *sqlstore.Tx, a habeas.Actor, m *party.Merge, into, from party.Joinable) error {
	return r.joinIn(tx, a, m, into, from, habeas.BulkID{})
}

// joinIn is join as part of a batch.
func (r *Records) joinIn(tx *sqlstore.Tx, a habeas.Actor, m *party.Merge, into, from party.Joinable, batch habeas.BulkID) error {
	w := tx.Records()
	if err := r.notRelated(tx.Context(), w.Records, tx.Relations(), into.Party.ID, from.Party.ID); err != nil {
		return err
	}
	turn, err := m.Do(into, from, a.Account, r.Clock.Now(), r.schemas)
	if err != nil {
		return err
	}
	*m = turn.Merges[0]
	entries := r.entries(audit.PartyMerged, a, m.ID, into.Party.ID, from.Party.ID)
	for _, e := range entries {
		if !batch.IsZero() {
			e.Detail["batch"] = batch.String()
		}
	}
	return w.Turn(turn, entries...)
}

// entries witness one event on several parties.
func (r *Records) entries(e audit.Event, a habeas.Actor, event interface{ String() string }, ids ...habeas.PartyID) []audit.Entry {
	out := make([]audit.Entry, len(ids))
	for i, id := range ids {
		out[i] = r.event(e, id, a, map[string]string{"event": event.String()})
	}
	return out
}

// Unmerge implements web/party.Joining. Words that people said meanwhile stay with the
// record that stayed until staff decide; see Meanwhile.
func (r *Records) Unmerge(ctx context.Context, a habeas.Actor, id habeas.MergeID) (party.Merge, error) {
	var m party.Merge
	if err := staff(&a); err != nil {
		return m, err
	}
	err := r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Records()
		var err error
		if m, err = w.OneMerge(ctx, id); err != nil {
			return err
		}
		if m.State == party.MergeProposed {
			m.State, m.EndedAt = party.MergeRefused, r.Clock.Now()
			return w.Turn(party.Turn{Merges: []party.Merge{m}}, r.entries(audit.MergeRefused, a, m.ID, m.Into, m.From)...)
		}
		return r.unmerge(ctx, tx, a, &m)
	})
	if err != nil {
		return m, err
	}
	return m, r.relearn(ctx, m.Into, m.From)
}

func (r *Records) unmerge(ctx context.Context, tx *sqlstore.Tx, a habeas.Actor, m *party.Merge) error {
	w := tx.Records()
	into, err := w.Party(ctx, m.Into)
	if err != nil {
		return err
	}
	from, err := w.Party(ctx, m.From)
	if err != nil {
		return err
	}
	top, err := topOf(ctx, w, m.Into)
	if err != nil {
		return err
	}
	proofs, moves, err := r.claimMoves(ctx, tx, *m, into)
	if err != nil {
		return err
	}
	claim, lost, err := r.claimLost(ctx, tx, from)
	if err != nil {
		return err
	}
	turn, claim, err := m.Undo(into, from, claim, party.Move{At: r.Clock.Now(), Top: top, Moves: moves, Lost: lost})
	if err != nil {
		return err
	}
	if lost && !claim.ID.IsZero() {
		if err := w.SaveClaim(claim, r.event(audit.ClaimUndone, m.From, a, nil)); err != nil {
			return err
		}
	}
	if moves {
		for _, k := range proofs {
			k.Party = m.From
			turn.Handles = append(turn.Handles, k)
		}
	}
	undone := turn.Merges[0]
	if err := w.Turn(turn, r.entries(audit.PartyUnmerged, a, m.ID, m.Into, m.From)...); err != nil {
		return err
	}
	*m = undone
	if is := turn.Change[1]; moves && is.Account == into.Account {
		if err := r.moveClaim(tx, a, m.ID, into, is); err != nil {
			return err
		}
		if err := r.moveSettled(tx, a, m.ID, into, is); err != nil {
			return err
		}
	}
	return r.home(tx, a, undone, m.Into, m.From)
}

// claimLost tells whether the account of a merged record may not have it back, and by which
// claim it had it: its addresses were shut for the record when a dispute took the whole of
// which it was part, and nobody has opened them since.
func (r *Records) claimLost(ctx context.Context, tx *sqlstore.Tx, from party.Party) (c party.Claim, lost bool, err error) {
	if from.Account.IsZero() {
		return c, false, nil
	}
	w := tx.Records()
	who, err := r.Accounts.ClaimantIn(tx, habeas.Actor{Kind: habeas.ActorPerson, Account: from.Account})
	if err != nil && !gone(err) {
		return c, false, err
	}
	for _, h := range who.Addresses {
		if lost, err = w.Blocked(ctx, h, from.ID); err != nil || lost {
			break
		}
	}
	if err != nil || !lost {
		return c, false, err
	}
	claims, err := w.ClaimsOn(ctx, from.ID)
	return party.ClaimOn(from, claims, from.Account, time.Time{}, party.Rules{}), true, err
}

// moveClaim lets the claim by which a person has a record lie with the one that it went to,
// so that it can be disputed there (PTY-14).
func (r *Records) moveClaim(tx *sqlstore.Tx, a habeas.Actor, id habeas.MergeID, was, is party.Party) error {
	w := tx.Records()
	claims, err := w.ClaimsOn(tx.Context(), was.ID)
	if err != nil {
		return err
	}
	c := party.ClaimOn(was, claims, was.Account, time.Time{}, party.Rules{})
	if c.ID.IsZero() {
		return nil
	}
	return w.MoveClaim(c.ID, is.ID, r.entries(audit.PartyUnmerged, a, id, is.ID)[0])
}

// moveSettled lets what a person has decided about proposals follow their claim.
func (r *Records) moveSettled(tx *sqlstore.Tx, a habeas.Actor, id habeas.MergeID, was, is party.Party) error {
	w := tx.Records()
	settled, err := w.Settled(tx.Context(), was)
	if err != nil || len(settled.All) == 0 {
		return err
	}
	settled.Last = nil // what it said lies with the other record
	return w.Settle(is, settled, false, nil, nil, r.entries(audit.PartyUnmerged, a, id, is.ID)[0])
}

// claimMoves tells whether the person who claimed the merged record has proved only
// addresses of the one that went in: then their claim was on that one. It returns the
// rows that say what they proved.
func (r *Records) claimMoves(ctx context.Context, tx *sqlstore.Tx, m party.Merge, into party.Party) (proofs []party.KnownAs, moves bool, err error) {
	if !m.ClaimedSince(into) {
		return nil, false, nil
	}
	w := tx.Records()
	who, err := r.Accounts.ClaimantIn(tx, habeas.Actor{Kind: habeas.ActorPerson, Account: into.Account})
	if err != nil {
		return nil, false, err
	}
	all, err := w.Members(ctx, m.Into)
	if err != nil {
		return nil, false, err
	}
	part, err := w.Members(ctx, m.From)
	if err != nil {
		return nil, false, err
	}
	stays := false
	for _, hash := range who.Addresses {
		rows, err := w.KnownAt(ctx, hash)
		if err != nil {
			return nil, false, err
		}
		for _, k := range rows {
			switch {
			case k.Source == party.SelfSource:
				if k.Party == m.Into {
					proofs = append(proofs, k)
				}
			case slices.Contains(part, k.Party):
				moves = true
			case slices.Contains(all, k.Party):
				stays = true
			}
		}
	}
	return proofs, moves && !stays, nil
}

// home brings the second record of an undone split back to the first, when it is free.
func (r *Records) home(tx *sqlstore.Tx, a habeas.Actor, undone party.Merge, ids ...habeas.PartyID) error {
	w, ctx := tx.Records(), tx.Context()
	for _, id := range ids {
		splits, err := w.SplitsOf(ctx, id)
		if err != nil {
			return err
		}
		for _, s := range splits {
			if s.To != id {
				continue
			}
			to, err := w.Party(ctx, id)
			if err != nil {
				return err
			}
			top, err := topOf(ctx, w, s.From)
			if err != nil {
				return err
			}
			m := party.Merge{ID: habeas.NewID[habeas.MergeKind](r.Clock.Now()), By: a.Account}
			turn, ok := s.Home(to, top, undone, m, r.Clock.Now())
			if !ok {
				continue
			}
			event := audit.PartyMerged
			if turn.Merges[0].State == party.MergeProposed {
				event = audit.MergeProposed
				if err := r.ask(tx, "/me/merges/"+m.ID.String(), top); err != nil {
					return err
				}
			}
			if err := w.Turn(turn, r.entries(event, a, m.ID, s.From, id)...); err != nil {
				return err
			}
		}
	}
	return nil
}

// relearn lets the search find what counts at parties now, and nothing else.
func (r *Records) relearn(ctx context.Context, ids ...habeas.PartyID) error {
	for _, id := range ids {
		r.Finder.Forget(id)
	}
	return r.DB.EachOf(ctx, ids, r.Finder.Learn)
}

// hashesOf are those under which a statement made its party known.
func (r *Records) hashesOf(s party.Statement) []keyring.LookupHash {
	return party.HashesOf([]party.Statement{s}, r.Keys, emailKey)
}
