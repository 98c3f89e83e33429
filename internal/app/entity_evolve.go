package app

import (
	"context"
	"strconv"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// evolve carries out what a rule has decided, in one transaction: all of it or nothing.
func (s *Entities) evolve(ctx context.Context, w entity.Writer, operation account.Operation, decide func(*sqlstore.Tx) (*entity.Evolved, []entity.ID, error)) (out entity.Evolution, err error) {
	err = s.write(ctx, w, operation, func(tx *sqlstore.Tx) error {
		if w.OnBehalf() {
			return entity.ErrBehalf
		}
		v, ids, err := decide(tx)
		if err != nil {
			return err
		}
		if err := tx.Entities().Save(v.Saved, s.event(audit.EntityWritten, operation, ids...)); err != nil {
			return err
		}
		if out, err = tx.Entities().SaveStep(v.Step, s.event(audit.EntityEvolved, operation, ids...)); err != nil {
			return err
		}
		return s.did(tx, w, operation, ids...)
	})
	return out, err
}

// Merge implements entity.Writes.
func (s *Entities) Merge(ctx context.Context, w entity.Writer, into entity.Versioned, others []entity.Versioned) (entity.Evolution, error) {
	return s.evolve(ctx, w, entityMerge, func(tx *sqlstore.Tx) (*entity.Evolved, []entity.ID, error) {
		survivor, _, err := s.held(tx, w, into)
		if err != nil {
			return nil, nil, err
		}
		ids := []entity.ID{into.ID}
		var ending []entity.Entity
		led := map[entity.ID][]entity.Entity{}
		for _, o := range others[:min(len(others), 101)] { // one too many is refused
			e, _, err := s.held(tx, w, o)
			if err != nil {
				return nil, nil, err
			}
			if led[o.ID], err = followers(tx, o.ID); err != nil {
				return nil, nil, err
			}
			ending, ids = append(ending, e), append(ids, o.ID)
		}
		v, err := entity.Merge(survivor, ending, led, s.Kinds, s.Clock.Now())
		return v, ids, err
	})
}

// Split implements entity.Writes.
func (s *Entities) Split(ctx context.Context, w entity.Writer, of entity.Versioned, parts []entity.Description) (entity.Evolution, error) {
	fresh := make([]entity.ID, len(parts))
	for i := range fresh {
		fresh[i] = entity.NewID()
	}
	return s.evolve(ctx, w, entitySplit, func(tx *sqlstore.Tx) (*entity.Evolved, []entity.ID, error) {
		e, _, err := s.held(tx, w, of)
		if err != nil {
			return nil, nil, err
		}
		kept := make([]entity.Description, len(parts))
		for i, d := range parts {
			d, found := entity.Normalise(d, s.Kinds)
			if err := entity.Refusal(found); err != nil {
				return nil, nil, err
			}
			if err := entity.CanPart(w, e.Description, d); err != nil {
				return nil, nil, err
			}
			kept[i] = d
		}
		led, err := followers(tx, of.ID)
		if err != nil {
			return nil, nil, err
		}
		v, err := entity.Divide(e, kept, fresh, led, s.Clock.Now())
		return v, append([]entity.ID{of.ID}, fresh...), err
	})
}

// Delete implements entity.Writes.
func (s *Entities) Delete(ctx context.Context, w entity.Writer, of entity.Versioned) (entity.Evolution, error) {
	return s.evolve(ctx, w, entityDelete, func(tx *sqlstore.Tx) (*entity.Evolved, []entity.ID, error) {
		e, _, err := s.held(tx, w, of)
		if err != nil {
			return nil, nil, err
		}
		led, err := followers(tx, of.ID)
		if err != nil {
			return nil, nil, err
		}
		return entity.End(e, led, s.Clock.Now()), []entity.ID{of.ID}, nil
	})
}

// Undo implements entity.Writes.
func (s *Entities) Undo(ctx context.Context, w entity.Writer, seq int64) (entity.Evolution, error) {
	return s.evolve(ctx, w, entityUndo, func(tx *sqlstore.Tx) (*entity.Evolved, []entity.ID, error) {
		step, err := tx.Entities().Step(tx.Context(), seq)
		if err != nil {
			return nil, nil, err
		}
		if step.UndoneBy != 0 || step.Undoes != 0 {
			return nil, nil, entity.ErrUndone
		}
		ids := make([]entity.ID, len(step.Parts))
		for i, p := range step.Parts {
			ids[i] = p.Entity
		}
		later, ok, err := tx.Entities().Later(tx.Context(), seq, ids)
		if err != nil {
			return nil, nil, err
		}
		if ok {
			return nil, nil, entity.ErrSuperseded.With("seq", strconv.FormatInt(later.Seq, 10))
		}
		parts := make([]entity.Undone, len(step.Parts))
		var led []entity.Entity
		for i, p := range step.Parts {
			if parts[i], err = s.undone(tx, w, p); err != nil {
				return nil, nil, err
			}
			of, err := followers(tx, p.Entity)
			if err != nil {
				return nil, nil, err
			}
			led = append(led, of...)
		}
		v, err := entity.Undo(step, parts, led, s.Clock.Now())
		return v, ids, err
	})
}

// undone reads what is known of a part of a step, and refuses what its writer may not change.
func (s *Entities) undone(tx *sqlstore.Tx, w entity.Writer, p entity.Part) (u entity.Undone, err error) {
	from := tx.Entities()
	if u.Now, err = from.One(tx.Context(), p.Entity); err != nil {
		return u, err
	}
	if u.After, err = from.Version(tx.Context(), p.Entity, p.Version); err == nil && p.Version > 1 {
		u.Before, err = from.Version(tx.Context(), p.Entity, p.Version-1)
	}
	if habeas.KindOf(err) == habeas.KindNotFound {
		return u, entity.ErrPurged
	}
	if err != nil {
		return u, err
	}
	for _, e := range []entity.Entity{u.Now, u.Before.Entity} {
		if e.State != entity.Active {
			continue
		}
		own, err := s.wrote(tx.Context(), tx.Logs(), from, w.Author, e)
		if err != nil {
			return u, err
		}
		if _, ok := entity.See(e, audienceOf(w), own); !ok {
			return u, entity.ErrUnknown
		}
		if err := entity.CanChange(w, e); err != nil {
			return u, err
		}
	}
	return u, s.unlocked(tx, w, p.Entity)
}

// Purge implements entity.Writes.
func (s *Entities) Purge(ctx context.Context, w entity.Writer, id entity.ID, why string) error {
	why, bad := reason(why)
	return s.write(ctx, w, entityPurge, func(tx *sqlstore.Tx) error {
		if !w.Steward() || w.OnBehalf() {
			return entity.ErrSteward
		}
		if bad != nil {
			return bad
		}
		e, err := tx.Entities().One(tx.Context(), id)
		if err != nil {
			return err
		}
		if e.State != entity.Deleted {
			return errFirst
		}
		entry := s.Records.houseEvent(audit.EntityPurged, atWork(w.Actor), map[string]string{"entity": id.String(), "why": why})
		if err := tx.Entities().PurgeEntity(id, entry); err != nil {
			return err
		}
		return s.did(tx, w, entityPurge, id)
	})
}
