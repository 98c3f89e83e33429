package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Relations are the use cases of relationships and households (PTY-27). It implements
// web/party.Relations.
type Relations struct {
	*Records
	note func(habeas.PartyID) // looks for duplicates of a party again
}

// NewRelations returns the use cases. note is told whose duplicates to look for again.
func NewRelations(records *Records, note func(habeas.PartyID)) *Relations {
	return &Relations{records, note}
}

// related reads a record as a relationship looks at it.
func (x *Relations) related(ctx context.Context, records sqlstore.Records, from party.Relations, id habeas.PartyID) (party.Related, error) {
	top, err := topOf(ctx, records, id)
	if err != nil {
		return party.Related{}, err
	}
	has, err := from.RelationsOf(ctx, top.ID)
	return party.Related{Party: top, Has: notEnded(has)}, err
}

func notEnded(all []party.Relation) []party.Relation {
	return slices.DeleteFunc(all, func(r party.Relation) bool { return !r.Stands() })
}

// Relate implements web/party.Relations: the record id is, for example, the parent of other.
func (x *Relations) Relate(ctx context.Context, a habeas.Actor, id, other habeas.PartyID, is party.Relationship, show bool) (habeas.RelationID, error) {
	if err := staff(&a); err != nil {
		return habeas.RelationID{}, err
	}
	var made []party.Relation
	err := x.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Relations()
		one, err := x.related(ctx, tx.Records().Records, w, id)
		if err != nil {
			return err
		}
		two, err := x.related(ctx, tx.Records().Records, w, other)
		if err != nil {
			return err
		}
		if made, err = x.newSides(ctx, tx, a, one, two, is, show); err != nil {
			return err
		}
		if err := x.save(tx, a, audit.RelationNoted, made...); err != nil {
			return err
		}
		pairs, err := x.waitingPairs(ctx, tx, one.Party.ID, two.Party.ID)
		if err != nil {
			return err
		}
		return tx.Ops().RemovePairs(ctx, pairs)
	})
	if err != nil {
		return habeas.RelationID{}, err
	}
	return made[0].ID, nil
}

func (x *Relations) newSides(ctx context.Context, tx *sqlstore.Tx, a habeas.Actor, one, two party.Related, is party.Relationship, show bool) ([]party.Relation, error) {
	now := x.Clock.Now()
	if is != party.SameHousehold {
		with, err := tx.Records().Members(ctx, two.Party.ID)
		if err != nil {
			return nil, err
		}
		return party.Relate(one, two, with, is, show, a.Account, now)
	}
	mates := 0
	for _, r := range []party.Related{one, two} {
		home := party.HouseOf(r.Has)
		if home.Household.IsZero() {
			continue
		}
		in, err := tx.Relations().HouseholdOf(ctx, home.Household)
		if err != nil {
			return nil, err
		}
		mates = max(mates, len(in))
	}
	return party.House(one, two, mates, a.Account, now)
}

// waitingPairs are those of two records, and of one and those in its household, that wait
// as possible duplicates.
func (x *Relations) waitingPairs(ctx context.Context, tx *sqlstore.Tx, one, two habeas.PartyID) (out []party.PairID, err error) {
	for _, id := range []habeas.PartyID{one, two} {
		apart, err := x.apartFrom(ctx, tx.Records().Records, tx.Relations(), id)
		if err != nil {
			return nil, err
		}
		for pair := range apart {
			out = append(out, pair)
		}
	}
	return out, nil
}

// save writes sides, each with its line in the log of its own party.
func (x *Relations) save(tx *sqlstore.Tx, a habeas.Actor, event audit.Event, sides ...party.Relation) error {
	for _, r := range sides {
		if err := tx.Relations().SaveRelation(r, x.event(event, r.Party, a, map[string]string{"is": string(r.Is)})); err != nil {
			return err
		}
	}
	return nil
}

// change lets staff change the sides of a relationship. Of a household there is one side:
// who leaves it.
func (x *Relations) change(ctx context.Context, a habeas.Actor, id habeas.RelationID, about habeas.PartyID, event audit.Event, to func(*sqlstore.Tx, *party.Relation) error) error {
	if err := staff(&a); err != nil {
		return err
	}
	var touched []habeas.PartyID
	err := x.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		touched = touched[:0]
		sides, err := tx.Relations().RelationSides(ctx, id)
		if err != nil {
			return err
		}
		sides = slices.DeleteFunc(sides, func(r party.Relation) bool { return !r.Household.IsZero() && r.Party != about })
		if len(sides) == 0 {
			return party.ErrNoRelation
		}
		for i := range sides {
			if err := to(tx, &sides[i]); err != nil {
				return err
			}
			touched = append(touched, sides[i].Party)
		}
		return x.save(tx, a, event, sides...)
	})
	if err == nil {
		for _, id := range touched { // they may be alike after all
			x.note(id)
		}
	}
	return err
}

// EndRelation implements web/party.Relations. Of a household, about leaves it.
func (x *Relations) EndRelation(ctx context.Context, a habeas.Actor, id habeas.RelationID, about habeas.PartyID) error {
	return x.change(ctx, a, id, about, audit.RelationEnded, func(_ *sqlstore.Tx, r *party.Relation) error {
		if !r.Stands() {
			return party.ErrNoRelation
		}
		r.EndedAt = x.Clock.Now()
		return nil
	})
}

// RestoreRelation implements web/party.Relations: it takes an end back.
func (x *Relations) RestoreRelation(ctx context.Context, a habeas.Actor, id habeas.RelationID, about habeas.PartyID) error {
	return x.change(ctx, a, id, about, audit.RelationRestored, func(tx *sqlstore.Tx, r *party.Relation) error {
		if r.Stands() {
			return party.ErrNoRelation
		}
		if !r.Household.IsZero() {
			has, err := tx.Relations().RelationsOf(ctx, r.Party)
			if err != nil {
				return err
			}
			if !party.HouseOf(notEnded(has)).ID.IsZero() { // they have gone into another one
				return party.ErrNoRelation
			}
		}
		r.EndedAt = time.Time{}
		return nil
	})
}

// NameHousehold implements web/party.Relations: how the household of a record is called.
func (x *Relations) NameHousehold(ctx context.Context, a habeas.Actor, id habeas.PartyID, name string) error {
	if err := staff(&a); err != nil {
		return err
	}
	return x.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Relations()
		has, err := w.RelationsOf(ctx, id)
		if err != nil {
			return err
		}
		home := party.HouseOf(notEnded(has))
		if home.ID.IsZero() {
			return party.ErrNoRelation
		}
		sides, err := w.HouseholdOf(ctx, home.Household)
		if err != nil {
			return err
		}
		if sides, err = party.NameHousehold(sides, name); err != nil {
			return err
		}
		return x.save(tx, a, audit.HouseholdNamed, sides...)
	})
}

// Object implements web/party.Relations: the person of a record says that a relationship
// is not so, or takes that back.
func (x *Relations) Object(ctx context.Context, a habeas.Actor, id habeas.PartyID, relation habeas.RelationID, no bool) error {
	return x.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		rec, _, err := x.own(ctx, tx.Records(), a, id)
		if err != nil {
			return err
		}
		has, err := tx.Relations().RelationsOf(ctx, rec.Party.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(has, func(r party.Relation) bool { return r.ID == relation && r.Stands() })
		if i < 0 {
			return party.ErrNoRelation
		}
		event := audit.RelationConfirmed
		has[i].ObjectedAt = time.Time{}
		if no {
			has[i].ObjectedAt, event = x.Clock.Now(), audit.RelationObjected
		}
		return x.save(tx, a, event, has[i])
	})
}

// listKin is the list of records to which another one is related.
const listKin = "kin"

// Family implements web/party.Relations: everything to which a record is related, for staff.
func (x *Relations) Family(ctx context.Context, a habeas.Actor, id habeas.PartyID) (party.Family, error) {
	var f party.Family
	if err := staff(&a); err != nil {
		return f, err
	}
	sight, err := x.Sight(ctx, a)
	if err != nil {
		return f, err
	}
	rec, _, err := x.load(ctx, x.DB.Records(), id)
	if err != nil {
		return f, err
	}
	f.Of = rec.SeenBy(sight)
	has, err := x.DB.Relations().RelationsOf(ctx, rec.Party.ID)
	if err != nil {
		return f, err
	}
	var ids []habeas.PartyID
	for _, r := range notEnded(has) {
		if r.Household.IsZero() {
			f.Kin = append(f.Kin, party.Kin{Relation: r})
			ids = append(ids, r.Other)
		} else if f.Home.ID.IsZero() {
			f.Home.ID, f.Home.Name = r.Household, r.Name
		}
	}
	if !f.Home.ID.IsZero() {
		mates, err := x.DB.Relations().HouseholdOf(ctx, f.Home.ID)
		if err != nil {
			return f, err
		}
		for _, r := range mates {
			f.Home.Members = append(f.Home.Members, party.Kin{Relation: r, Objected: !r.ObjectedAt.IsZero()})
			ids = append(ids, r.Party)
		}
	}
	if len(ids) == 0 {
		return f, nil
	}
	return f, x.withRecords(ctx, a, &f, ids)
}

// withRecords adds who they are, and whether the other side says that it is not so.
func (x *Relations) withRecords(ctx context.Context, a habeas.Actor, f *party.Family, ids []habeas.PartyID) error {
	shown, err := x.show(ctx, a, listKin, ids)
	if err != nil {
		return err
	}
	by := make(map[habeas.PartyID]party.Record, len(shown))
	for _, rec := range shown {
		by[rec.Party.ID] = rec
	}
	record := func(id habeas.PartyID) (party.Record, error) {
		top, err := x.DB.Records().Top(ctx, id)
		return by[top], err
	}
	for i := range f.Kin {
		k := &f.Kin[i]
		if k.With, err = record(k.Other); err != nil {
			return err
		}
		sides, err := x.DB.Relations().RelationSides(ctx, k.ID)
		if err != nil {
			return err
		}
		for _, r := range sides {
			k.Objected = k.Objected || !r.ObjectedAt.IsZero()
		}
	}
	for i := range f.Home.Members {
		if f.Home.Members[i].With, err = record(f.Home.Members[i].Party); err != nil {
			return err
		}
	}
	return nil
}

// MyKin implements web/party.Relations: to whom a record of the actor's is related. Of the
// others it says the name, and only where staff chose so.
func (x *Relations) MyKin(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.Kin, error) {
	rec, _, err := x.own(ctx, x.DB.Records(), a, id)
	if err != nil || rec.Party.State == party.Frozen {
		return nil, err
	}
	return x.kinOf(ctx, rec)
}

// kinOf is what the person of a record may know of to whom it is related.
func (r *Records) kinOf(ctx context.Context, rec party.Record) ([]party.Kin, error) {
	has, err := r.DB.Relations().RelationsOf(ctx, rec.Party.ID)
	if err != nil {
		return nil, err
	}
	var out []party.Kin
	for _, one := range notEnded(has) {
		k := party.Kin{Relation: one}
		if one.Show && !one.Other.IsZero() {
			if k.Called, err = r.nameOf(ctx, one.Other); err != nil {
				return nil, err
			}
		}
		out = append(out, k)
	}
	return out, nil
}

// nameOf is how somebody is called; nothing where they were erased.
func (r *Records) nameOf(ctx context.Context, id habeas.PartyID) (string, error) {
	rec, _, err := r.load(ctx, r.DB.Records(), id)
	if gone := habeas.KindOf(err); err != nil && (gone == habeas.KindNotFound || gone == habeas.KindGone) {
		return "", nil
	}
	return rec.Name(), err
}

// apartFrom are the records that are known not to be the same as one, with what it is to
// them: those to which it is related and those in its household.
func (r *Records) apartFrom(ctx context.Context, records sqlstore.Records, from party.Relations, id habeas.PartyID) (party.Apart, error) {
	out := party.Apart{}
	top, err := records.Top(ctx, id)
	if err != nil {
		return nil, err
	}
	has, err := from.RelationsOf(ctx, top)
	if err != nil {
		return nil, err
	}
	put := func(other habeas.PartyID, is party.Relationship) error {
		with, err := records.Top(ctx, other)
		if habeas.KindOf(err) == habeas.KindNotFound && err != nil {
			return nil
		}
		out.Put(top, with, is)
		return err
	}
	for _, one := range notEnded(has) {
		if one.Household.IsZero() {
			err = errors.Join(err, put(one.Other, one.Is))
			continue
		}
		mates, found := from.HouseholdOf(ctx, one.Household)
		err = errors.Join(err, found)
		for _, m := range mates {
			err = errors.Join(err, put(m.Party, party.SameHousehold))
		}
	}
	return out, err
}

// Apart implements web/party.Relations: who is known not to be the same as a record.
func (x *Relations) Apart(ctx context.Context, a habeas.Actor, id habeas.PartyID) (party.Apart, error) {
	if err := staff(&a); err != nil {
		return nil, err
	}
	return x.apartFrom(ctx, x.DB.Records(), x.DB.Relations(), id)
}

// notRelated refuses to treat two related records as one.
func (r *Records) notRelated(ctx context.Context, records sqlstore.Records, from party.Relations, id, other habeas.PartyID) error {
	apart, err := r.apartFrom(ctx, records, from, id)
	if err != nil {
		return err
	}
	if _, known := apart.Between(id, other); known {
		return party.ErrRelated
	}
	return nil
}
