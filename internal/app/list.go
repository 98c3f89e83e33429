package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// mostSearched is how many records a search is narrowed down among.
const mostSearched = 1_000

// Lists are the use cases of staff about lists of people (ADR 0035): narrowed down, saved,
// tagged, and taken away as files. It implements web/party.Lists and web/party.Tags.
type Lists struct {
	records *Records
	rolls   *Rolls
}

// NewLists returns the use cases.
func NewLists(r *Records, rolls *Rolls) *Lists { return &Lists{r, rolls} }

// People implements web/party.Lists. Who is shown is witnessed as in every list.
func (l *Lists) People(ctx context.Context, a habeas.Actor, f party.Filter, after habeas.PartyID, limit int) (out party.Listing, err error) {
	s, err := l.sight(ctx, &a, f)
	if err != nil {
		return out, err
	}
	if out.Ready, err = l.rolls.Settle(ctx); err != nil {
		return out, err
	}
	if !out.Ready && !f.Narrows() {
		out.People, _, err = l.records.Find(ctx, a, f.Query, limit)
		return out, err
	}
	found, hits, err := l.find(ctx, f, s)
	if err != nil {
		return out, err
	}
	out.Facets, out.Total, out.More = found.Facets, len(found.IDs), len(hits) >= mostSearched
	ids, kind := found.IDs, listFound
	if f.Query == "" {
		kind = listNewest
		if !after.IsZero() {
			ids = ids[behind(ids, after):]
		}
	}
	out.Next = len(ids) > limit
	shown := make([]party.Alike, 0, limit)
	for _, id := range ids[:min(limit, len(ids))] {
		hit := party.Alike{P: 1}
		if h := hits[id]; h != nil {
			hit = *h
		}
		hit.ID = id
		shown = append(shown, hit)
	}
	out.People, err = l.records.showHits(ctx, a, kind, shown)
	return out, err
}

// behind is where the records begin that are older than the given one, in a list from the
// newest on.
func behind(ids []habeas.PartyID, after habeas.PartyID) int {
	at, _ := slices.BinarySearchFunc(ids, after, func(id, than habeas.PartyID) int {
		if c := strings.Compare(string(than[:]), string(id[:])); c != 0 {
			return c
		}
		return -1 // itself is before what comes after it
	})
	return at
}

// sight is what the actor sees, if the filter asks for nothing else.
func (l *Lists) sight(ctx context.Context, a *habeas.Actor, f party.Filter) (party.Sight, error) {
	if err := staff(a); err != nil {
		return party.Sight{}, err
	}
	s, err := l.records.Sight(ctx, *a)
	if err != nil {
		return s, err
	}
	return s, f.Check(s)
}

// find narrows down. hits are what a search found, by the records that show it.
func (l *Lists) find(ctx context.Context, f party.Filter, s party.Sight) (party.Narrowed, map[habeas.PartyID]*party.Alike, error) {
	now := l.records.Clock.Now()
	if f.Query == "" {
		return l.rolls.roll.Find(f, nil, s, now), nil, nil
	}
	hits := map[habeas.PartyID]*party.Alike{}
	among := []habeas.PartyID{}
	for _, h := range l.records.Finder.FindIn(f.Query, mostSearched, s) {
		id := h.ID
		if !l.rolls.roll.Has(id) { // a name of a merged record finds the one that shows it
			top, err := l.records.DB.Records().Top(ctx, id)
			if habeas.KindOf(err) == habeas.KindNotFound {
				continue
			}
			if err != nil {
				return party.Narrowed{}, nil, err
			}
			id = top
		}
		if hits[id] == nil {
			hits[id] = &h
			among = append(among, id)
		}
	}
	return l.rolls.roll.Find(f, among, s, now), hits, nil
}

// Saved implements web/party.Lists: the actor's own lists and those of all, by name.
func (l *Lists) Saved(ctx context.Context, a habeas.Actor) ([]party.Counted, error) {
	s, err := l.sight(ctx, &a, party.Filter{})
	if err != nil {
		return nil, err
	}
	lists, err := l.records.DB.Lists().SavedLists(ctx, a.Account)
	if err != nil {
		return nil, err
	}
	ready, err := l.rolls.Settle(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]party.Counted, len(lists))
	for i, one := range lists {
		out[i] = party.Counted{SavedList: one, N: -1}
		if !ready || one.Filter.Check(s) != nil {
			continue
		}
		found, hits, err := l.find(ctx, one.Filter, s)
		if err != nil {
			return nil, err
		}
		out[i].N, out[i].More = len(found.IDs), len(hits) >= mostSearched
	}
	slices.SortStableFunc(out, func(a, b party.Counted) int { return strings.Compare(party.Normalise(a.Name), party.Normalise(b.Name)) })
	return out, nil
}

// SavedList implements web/party.Lists.
func (l *Lists) SavedList(ctx context.Context, a habeas.Actor, id habeas.SavedListID) (party.SavedList, error) {
	if err := staff(&a); err != nil {
		return party.SavedList{}, err
	}
	one, err := l.records.DB.Lists().SavedList(ctx, id)
	if err == nil && !one.OpenTo(a.Account) {
		err = party.ErrNoSavedList
	}
	if err != nil {
		return party.SavedList{}, err
	}
	if day := l.today(); one.UsedAt.Before(day) {
		err = l.records.DB.Ops().MarkSavedList(ctx, id, day)
	}
	return one, err
}

func (l *Lists) today() time.Time { return l.records.Clock.Now().UTC().Truncate(24 * time.Hour) }

// SaveList implements web/party.Lists.
func (l *Lists) SaveList(ctx context.Context, a habeas.Actor, name string, f party.Filter, shared bool) (habeas.SavedListID, error) {
	if _, err := l.sight(ctx, &a, f); err != nil {
		return habeas.SavedListID{}, err
	}
	made := party.SavedList{
		ID: habeas.NewID[habeas.SavedListKind](l.records.Clock.Now()), By: a.Account, Shared: shared, Filter: f, UsedAt: l.today(),
	}
	made, err := made.Called(name)
	if err != nil {
		return made.ID, err
	}
	return made.ID, l.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Lists()
		all, err := w.SavedLists(ctx, a.Account)
		if err != nil {
			return err
		}
		if err := made.Beside(all); err != nil {
			return err
		}
		return w.SaveList(made, l.listEvent(audit.ListSaved, a, made.ID))
	})
}

func (l *Lists) listEvent(e audit.Event, a habeas.Actor, id habeas.SavedListID) audit.Entry {
	return l.records.houseEvent(e, a, map[string]string{"list": id.String()})
}

// changeList writes what becomes of a saved list.
func (l *Lists) changeList(ctx context.Context, a habeas.Actor, id habeas.SavedListID, e audit.Event, change func(party.SavedList, []party.SavedList) (party.SavedList, error)) error {
	if err := staff(&a); err != nil {
		return err
	}
	return l.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Lists()
		one, err := w.SavedList(ctx, id)
		if err != nil {
			return err
		}
		if err := one.Changes(a.Account); err != nil {
			return err
		}
		all, err := w.SavedLists(ctx, a.Account)
		if err != nil {
			return err
		}
		if one, err = change(one, all); err != nil {
			return err
		}
		return w.SaveList(one, l.listEvent(e, a, id))
	})
}

// RenameList implements web/party.Lists.
func (l *Lists) RenameList(ctx context.Context, a habeas.Actor, id habeas.SavedListID, name string) error {
	return l.changeList(ctx, a, id, audit.ListSaved, func(one party.SavedList, all []party.SavedList) (party.SavedList, error) {
		one, err := one.Called(name)
		if err != nil {
			return one, err
		}
		return one, one.Beside(all)
	})
}

// EndList implements web/party.Lists.
func (l *Lists) EndList(ctx context.Context, a habeas.Actor, id habeas.SavedListID) error {
	return l.changeList(ctx, a, id, audit.ListEnded, func(one party.SavedList, _ []party.SavedList) (party.SavedList, error) {
		return one.End(l.records.Clock.Now())
	})
}

// RestoreList implements web/party.Lists.
func (l *Lists) RestoreList(ctx context.Context, a habeas.Actor, id habeas.SavedListID) error {
	return l.changeList(ctx, a, id, audit.ListSaved, func(one party.SavedList, all []party.SavedList) (party.SavedList, error) {
		one, err := one.Restore(l.records.Clock.Now())
		if err != nil {
			return one, err
		}
		return one, one.Beside(all)
	})
}
