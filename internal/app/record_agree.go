package app

import (
	"context"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Asked implements web/party.Joining: what staff want to do with the actor's records and
// may not do without them.
func (r *Records) Asked(ctx context.Context, a habeas.Actor) (party.Joins, error) {
	out := party.Joins{Names: map[habeas.PartyID]string{}}
	from := r.DB.Records()
	own, err := from.PartiesOf(ctx, a.Account)
	if err != nil {
		return out, err
	}
	for _, p := range own {
		merges, err := from.MergesOf(ctx, p.ID)
		if err != nil {
			return out, err
		}
		for _, m := range merges {
			twice := slices.ContainsFunc(out.Merges, func(o party.Merge) bool { return o.ID == m.ID })
			if m.State == party.MergeProposed && m.Asks(p) && !twice {
				out.Merges = append(out.Merges, m)
			}
		}
		splits, err := from.SplitsOf(ctx, p.ID)
		if err != nil {
			return out, err
		}
		for _, s := range splits {
			if s.From == p.ID && s.State == party.SplitProposed {
				out.Splits = append(out.Splits, s)
			}
		}
		r.nameFor(ctx, out.Names, party.Sight{}, p.ID)
	}
	return out, nil
}

var errNotAsked = habeas.NotFound("You are not asked about this any more.").WithCode("merge.not-asked")

// asked reads a proposed merge of a record of the actor's, who has not agreed to it yet.
func (r *Records) asked(ctx context.Context, from sqlstore.Records, a habeas.Actor, id habeas.MergeID) (party.Merge, error) {
	m, err := from.OneMerge(ctx, id)
	if err != nil || m.State != party.MergeProposed || a.Account.IsZero() {
		return m, errNotAsked
	}
	for _, side := range []habeas.PartyID{m.Into, m.From} {
		if p, err := from.Party(ctx, side); err == nil && p.Account == a.Account && m.Asks(p) {
			return m, nil
		}
	}
	return m, errNotAsked
}

// ProposedMerge implements web/party.Joining. Of a record that is not the actor's they see
// as much as somebody whose evidence has gone stale, and of one that is somebody else's
// nothing but what kinds of data it holds (PTY-A38).
func (r *Records) ProposedMerge(ctx context.Context, a habeas.Actor, id habeas.MergeID) (party.Pair, error) {
	from := r.DB.Records()
	m, err := r.asked(ctx, from, a, id)
	if err != nil {
		return party.Pair{}, err
	}
	into, _, err := r.joinable(ctx, from, m.Into)
	if err != nil {
		return party.Pair{}, err
	}
	other, _, err := r.joinable(ctx, from, m.From)
	if err != nil {
		return party.Pair{}, err
	}
	if err := party.CanMerge(into.Party, other.Party); err != nil {
		return party.Pair{}, err
	}
	return party.Pair{Into: r.sideFor(a, into), From: r.sideFor(a, other), Merge: m}, nil
}

// sideFor is one of two records as a person may see it who is asked about both.
func (r *Records) sideFor(a habeas.Actor, side party.Joinable) party.Record {
	rec := party.Fold(side.Party, side.Said, side.Settled, r.schemas)
	switch {
	case side.Party.Account == a.Account:
		return rec.MaskFor(false)
	case side.Party.State == party.Claimed:
		for i := range rec.Sets {
			rec.Sets[i].Fields = nil
		}
		return rec
	}
	nobodys := side.Party
	nobodys.Opened = nil
	said := slices.Clone(side.Said)
	for i := range said { // whoever held it once is somebody else
		said[i].Party = habeas.PartyID{}
	}
	rec = party.Fold(nobodys, said, party.Settled{}, r.schemas).MaskFor(true)
	return rec
}

// AgreeMerge implements web/party.Joining. versions are those that were shown. Where both
// records belong to somebody, the merge is done when both have agreed.
func (r *Records) AgreeMerge(ctx context.Context, a habeas.Actor, id habeas.MergeID, versions [2]int64, yes bool) (party.Merge, error) {
	var m party.Merge
	err := r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Records()
		var err error
		if m, err = r.asked(ctx, w.Records, a, id); err != nil {
			return err
		}
		if !yes {
			m.State, m.EndedAt = party.MergeRefused, r.Clock.Now()
			return w.Turn(party.Turn{Merges: []party.Merge{m}}, r.entries(audit.MergeRefused, a, m.ID, m.Into, m.From)...)
		}
		into, _, err := r.joinable(ctx, w, m.Into)
		if err != nil {
			return err
		}
		other, _, err := r.joinable(ctx, w, m.From)
		if err != nil {
			return err
		}
		if into.Party.Version != versions[0] || other.Party.Version != versions[1] || into.Party.ID != m.Into || other.Party.ID != m.From {
			return errChanged
		}
		if m.Said.IsZero() {
			m.Said = habeas.NewID[habeas.StatementKind](r.Clock.Now())
		}
		if m = m.Agree(a.Account); m.Asks(into.Party) || m.Asks(other.Party) {
			return w.Turn(party.Turn{Merges: []party.Merge{m}}, r.entries(audit.MergeProposed, a, m.ID, m.Into, m.From)...)
		}
		return r.join(tx, a, &m, into, other)
	})
	return m, err
}

// askedSplit reads a proposed split of one of the actor's own records.
func (r *Records) askedSplit(ctx context.Context, from sqlstore.Records, a habeas.Actor, id habeas.SplitID) (party.Split, party.Record, []party.Statement, error) {
	s, err := from.OneSplit(ctx, id)
	if err != nil || s.State != party.SplitProposed {
		return s, party.Record{}, nil, errNotAsked
	}
	rec, said, err := r.own(ctx, from, a, s.From)
	return s, rec, said, err
}

// ProposedSplit implements web/party.Joining: the words that would leave.
func (r *Records) ProposedSplit(ctx context.Context, a habeas.Actor, id habeas.SplitID) (party.Parting, error) {
	s, rec, said, err := r.askedSplit(ctx, r.DB.Records(), a, id)
	if err != nil {
		return party.Parting{}, err
	}
	out := party.Parting{Record: rec.MaskFor(false), Split: s}
	for _, one := range said {
		for _, i := range s.Items {
			if i.Statement == one.ID && i.Party == one.Party {
				one.Values = r.maskSaid(rec, one)
				out.Words = append(out.Words, one)
			}
		}
	}
	notes, err := r.MyNotes(ctx, a, s.From)
	for _, n := range notes {
		if slices.Contains(s.Papers, n.PaperOf()) {
			out.Notes = append(out.Notes, n)
		}
	}
	return out, err
}

// AgreeSplit implements web/party.Joining.
func (r *Records) AgreeSplit(ctx context.Context, a habeas.Actor, id habeas.SplitID, version int64, yes bool) error {
	s, _, _, err := r.askedSplit(ctx, r.DB.Records(), a, id)
	if err != nil {
		return err
	}
	if yes {
		if err := r.Keys.Commit(ctx, r.Keys.NewKey(habeas.SubjectOf(s.To))); err != nil {
			return err
		}
	}
	err = r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Records()
		var rec party.Record
		var said []party.Statement
		if s, rec, said, err = r.askedSplit(ctx, w.Records, a, id); err != nil {
			return err
		}
		if !yes {
			s.State, s.EndedAt = party.SplitRefused, r.Clock.Now()
			return w.Turn(party.Turn{Split: &s}, r.entries(audit.MergeRefused, a, s.ID, s.From)...)
		}
		if rec.Party.Version != version {
			return errChanged
		}
		return r.splitOff(tx, a, &s, rec.Party, said)
	})
	if err != nil || !yes {
		return err
	}
	return r.relearnSplit(ctx, s)
}

// Joins implements web/party.Joining: the history of a record as far as it was merged or
// split, the newest first.
func (r *Records) Joins(ctx context.Context, a habeas.Actor, id habeas.PartyID) (party.Joins, error) {
	out := party.Joins{Names: map[habeas.PartyID]string{}}
	if err := staff(&a); err != nil {
		return out, err
	}
	sight, err := r.Sight(ctx, a)
	if err != nil {
		return out, err
	}
	from := r.DB.Records()
	if id, err = from.Top(ctx, id); err != nil {
		return out, err
	}
	all, err := from.Members(ctx, id)
	if err != nil {
		return out, err
	}
	seenMerge, seenSplit := map[habeas.MergeID]bool{}, map[habeas.SplitID]bool{}
	for _, one := range all {
		merges, err := from.MergesOf(ctx, one)
		if err != nil {
			return out, err
		}
		for _, m := range merges {
			if !seenMerge[m.ID] {
				seenMerge[m.ID], out.Merges = true, append(out.Merges, m)
			}
			r.nameFor(ctx, out.Names, sight, m.Into, m.From)
		}
		splits, err := from.SplitsOf(ctx, one)
		if err != nil {
			return out, err
		}
		for _, s := range splits {
			if !seenSplit[s.ID] {
				seenSplit[s.ID], out.Splits = true, append(out.Splits, s)
			}
			r.nameFor(ctx, out.Names, sight, s.From, s.To)
		}
	}
	return out, r.namesListed(ctx, a, out)
}

// mostJoins is how many merges and how many splits a page lists.
const mostJoins = 50

// RecentJoins implements web/party.Joining.
func (r *Records) RecentJoins(ctx context.Context, a habeas.Actor) (out party.Joins, err error) {
	out.Names = map[habeas.PartyID]string{}
	if err := staff(&a); err != nil {
		return out, err
	}
	sight, err := r.Sight(ctx, a)
	if err != nil {
		return out, err
	}
	if out.Merges, err = r.DB.Records().NewestMerges(ctx, mostJoins+1); err != nil {
		return out, err
	}
	if out.Splits, err = r.DB.Records().NewestSplits(ctx, mostJoins+1); err != nil {
		return out, err
	}
	out.More = len(out.Merges) > mostJoins || len(out.Splits) > mostJoins
	out.Merges, out.Splits = out.Merges[:min(mostJoins, len(out.Merges))], out.Splits[:min(mostJoins, len(out.Splits))]
	for _, m := range out.Merges {
		r.nameFor(ctx, out.Names, sight, m.Into, m.From)
	}
	for _, s := range out.Splits {
		r.nameFor(ctx, out.Names, sight, s.From, s.To)
	}
	return out, r.namesListed(ctx, a, out)
}

// namesListed witnesses that staff see in a list how people are called.
func (r *Records) namesListed(ctx context.Context, a habeas.Actor, j party.Joins) error {
	shown := make([]party.Record, 0, len(j.Names))
	for id := range j.Names {
		shown = append(shown, party.Record{Party: party.Party{ID: id}})
	}
	slices.SortFunc(shown, func(a, b party.Record) int { return slices.Compare(a.Party.ID[:], b.Party.ID[:]) })
	return r.listed(ctx, a, listJoined, shown)
}

// nameFor notes how parties are called by what lies with themselves and was not chosen at
// a merge: so the two sides of one keep their names in the list.
func (r *Records) nameFor(ctx context.Context, names map[habeas.PartyID]string, s party.Sight, ids ...habeas.PartyID) {
	from := r.DB.Records()
	for _, id := range ids {
		if _, known := names[id]; known {
			continue
		}
		said, err := from.Lying(ctx, id)
		if err != nil {
			continue // it was erased meanwhile
		}
		away, err := from.AsidesAt(ctx, id)
		if err != nil {
			continue
		}
		merges, err := from.MergesOf(ctx, id)
		if err != nil {
			continue
		}
		said = slices.DeleteFunc(said, func(s party.Statement) bool {
			return slices.ContainsFunc(away, func(a party.Aside) bool { return a.Statement == s.ID }) ||
				slices.ContainsFunc(merges, func(m party.Merge) bool { return m.Said == s.ID })
		})
		names[id] = party.Fold(party.Party{ID: id}, said, party.Settled{}, r.schemas).SeenBy(s).Name()
	}
}
