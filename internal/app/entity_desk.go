package app

import (
	"context"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/entity"
)

// Standing says whether somebody may write about entities at all: nil, or entity.ErrUnregistered,
// entity.ErrProof or the refusal with the code entity.licence (REG-02, ENT-42). It writes nothing.
func (s *Entities) Standing(ctx context.Context, w entity.Writer) error { return s.may(ctx, w) }

// Check says what there is to say of a description, without looking at what else is held.
func (s *Entities) Check(d entity.Description) []entity.Finding {
	_, found := entity.Normalise(d, s.Kinds)
	return found
}

// Undoable returns the newest evolution of an entity that was not undone and is no undo
// itself; 0 for none. Whether a writer may undo it is asked when they do.
func (s *Entities) Undoable(ctx context.Context, id entity.ID) (seq int64, err error) {
	from := s.DB.Entities()
	steps, err := from.Evolutions(ctx, id, 0, mostEvolutions)
	if err != nil {
		return 0, err
	}
	for _, one := range slices.Backward(steps) {
		step, err := from.Step(ctx, one.Seq)
		if err != nil {
			return 0, err
		}
		if step.Undoes == 0 && step.UndoneBy == 0 {
			return one.Seq, nil
		}
	}
	return 0, nil
}

// History returns how an entity was described, newest first, at most limit versions up to
// before (0: all). Administrators only (ENT-13); what was purged is left out.
func (s *Entities) History(ctx context.Context, w entity.Writer, id entity.ID, before int64, limit int) ([]entity.Past, error) {
	if err := w.Proved(); err != nil {
		return nil, err
	}
	if !w.Steward() {
		return nil, entity.ErrSteward
	}
	from := s.DB.Entities()
	e, err := from.One(ctx, id)
	if err != nil {
		return nil, err
	}
	at := e.Version
	if before > 0 {
		at = min(at, before-1)
	}
	var out []entity.Past
	for ; at > 0 && len(out) < limit; at-- {
		p, err := from.Version(ctx, id, at)
		if habeas.KindOf(err) == habeas.KindNotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}
