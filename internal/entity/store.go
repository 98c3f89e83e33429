package entity

import (
	"context"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// ErrUnknown says that an identifier was never given.
var ErrUnknown = habeas.NotFound("There is no entity with this identifier.").WithCode("entity.unknown")

// ErrExternal refuses what another registry calls an entity when another one here has it.
var ErrExternal = habeas.Conflict("Another entity has one of these external identifiers already. Edit that one, or merge the two.").WithCode("entity.external-taken")

// ErrVersion refuses a write of a version that somebody else has changed meanwhile (ENT-11).
var ErrVersion = habeas.Conflict("Somebody has changed this entity meanwhile. Look at it again before you change it.").WithCode("entity.version")

// Past is a version of an entity, kept for internal use (ENT-13). Created is that of the entity.
type Past struct {
	Entity
	Why string // its writer's words about this version: an override
}

// Step is an evolution with all that it takes to undo it.
type Step struct {
	Evolution
	Parts    []Part
	UndoneBy int64 // the seq of the step that undid it; 0: none has
	Undoes   int64 // the seq of the step that it undid; 0: none
}

// Part is an entity that a step has changed: Version is what it made. The version before it,
// when it is not 1, is what the entity was.
type Part struct {
	Entity  ID
	Version int64
}

// Reader reads what is held. All of it, hidden things too: See filters.
type Reader interface {
	// One returns ErrUnknown for what never was.
	One(ctx context.Context, id ID) (Entity, error)
	// Version returns a version, the present one too; NotFound where it was purged.
	Version(ctx context.Context, id ID, version int64) (Past, error)
	// At returns an entity as it was at a moment. ErrUnknown: before it came to be.
	At(ctx context.Context, id ID, at time.Time) (Entity, error)
	// ByExternal returns 0 for none. What Hidden entities are called is not known to it.
	ByExternal(ctx context.Context, x External) (ID, error)
	// Labelled returns active entities whose first name folds to the same as a name.
	Labelled(ctx context.Context, name string, limit int) ([]Entity, error)
	// Followers returns whose identifiers lead to an entity.
	Followers(ctx context.Context, id ID) ([]ID, error)
	// Evolutions returns steps after a cursor, of one entity when id is not zero.
	Evolutions(ctx context.Context, id ID, after int64, limit int) ([]Evolution, error)
	// Step returns an evolution with its inverse, NotFound for none.
	Step(ctx context.Context, seq int64) (Step, error)
	// Later returns the first step after seq that changed one of the entities, that was not
	// undone and is no undo itself; ok is false for none.
	Later(ctx context.Context, seq int64, ids []ID) (_ Evolution, ok bool, err error)
}

// Store reads and writes in one transaction.
type Store interface {
	Reader
	// Save writes entities as they are now: version 1 comes to be, a later one replaces the
	// version before it, which goes to the history; KindConflict where another is there.
	Save(all []Past, e audit.Entry) error
	// SaveStep gives an evolution its seq and keeps its inverse.
	SaveStep(s Step, e audit.Entry) (Evolution, error)
	// PurgeEntity destroys every description of an entity, its history and inverse.
	PurgeEntity(id ID, e audit.Entry) error
}
