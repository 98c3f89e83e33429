package app

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// EntityFinder is the index of entities, as far as writing needs it.
type EntityFinder interface {
	Ready() bool
	Find(ctx context.Context, q entity.Question) (entity.Answer, error)
}

// Entities are the use cases of the Entity Name System (ADR 0049). It implements
// entity.Writes and entity.Queries, and is safe for concurrent use.
type Entities struct {
	DB      *sqlstore.DB
	Records *Records // for the contribution log
	Clock   habeas.Clock
	Kinds   *entity.Types
	Index   EntityFinder // nil: nothing is found, and duplicates only by equal names and externals
}

var (
	_ entity.Writes  = (*Entities)(nil)
	_ entity.Queries = (*Entities)(nil)
)

// NewEntities returns the use cases.
func NewEntities(records *Records, kinds *entity.Types) *Entities {
	return &Entities{DB: records.DB, Records: records, Clock: records.Clock, Kinds: kinds}
}

// The operations of the contribution log on entities.
const (
	entityCreate account.Operation = "entity.create"
	entityEdit   account.Operation = "entity.edit"
	entityMerge  account.Operation = "entity.merge"
	entitySplit  account.Operation = "entity.split"
	entityDelete account.Operation = "entity.delete"
	entityUndo   account.Operation = "entity.undo"
	entityPurge  account.Operation = "entity.purge"
	entityLock   account.Operation = "entity.lock"
)

var (
	errLicence = habeas.Forbidden("Accept the contribution licence first. That is asked once.").WithCode("entity.licence")
	errWords   = habeas.Invalid("words", "These are not the words of the contribution licence that are in force.").WithCode("entity.licence-words")
	errLocked  = habeas.Conflict("Somebody else is changing this entity. Try again in a few minutes.").WithCode("entity.locked")
	errWhy     = habeas.Invalid("why", "Say why, in 3 to 500 characters.").WithCode("entity.why")
	errFirst   = habeas.Conflict("Delete the entity first. Then what was said of it can be destroyed.").WithCode("entity.not-deleted")
)

// may refuses who may not write about entities: it takes a proof by key, a certificate that
// counts of both who asks and who is the author, the role of a creator where they differ,
// and the contribution licence (REG-02, ENT-14, ENT-42).
func (s *Entities) may(ctx context.Context, w entity.Writer) error {
	if err := s.registered(ctx, w); err != nil {
		return err
	}
	words, err := s.DB.Entities().Accepted(ctx, w.Author)
	if err == nil && words != entity.LicenceWords {
		err = errLicence
	}
	return err
}

func (s *Entities) registered(ctx context.Context, w entity.Writer) error {
	if err := w.Proved(); err != nil {
		return err
	}
	if w.OnBehalf() && !w.Actor.Has(habeas.RoleCreator) {
		return entity.ErrBehalf
	}
	for _, id := range []habeas.AccountID{w.Actor.Account, w.Author} {
		all, err := s.DB.Accounts().Certificates(ctx, id)
		if err != nil {
			return err
		}
		if _, found := account.ActiveIdentity(all, s.Clock.Now()); !found {
			return entity.ErrUnregistered
		}
	}
	return nil
}

// Accept implements entity.Writes.
func (s *Entities) Accept(ctx context.Context, w entity.Writer, words int) error {
	if err := s.registered(ctx, w); err != nil {
		return err
	}
	if words != entity.LicenceWords {
		return errWords
	}
	e := s.Records.houseEvent(audit.LicenceAccepted, w.Actor, map[string]string{"words": strconv.Itoa(words)})
	e.Subject = habeas.SubjectOf(w.Author)
	return s.DB.InTx(ctx, func(tx *sqlstore.Tx) error { return tx.Entities().SaveLicence(w.Author, words, e) })
}

// write runs a use case in one transaction, for whom it is permitted; attempts that are not
// are noted without the entity (LOG-10, ENT-15).
func (s *Entities) write(ctx context.Context, w entity.Writer, operation account.Operation, do func(*sqlstore.Tx) error) error {
	err := s.may(ctx, w)
	if err == nil {
		err = s.DB.InTx(ctx, do)
	}
	return s.refused(ctx, w, operation, err)
}

func (s *Entities) refused(ctx context.Context, w entity.Writer, operation account.Operation, why error) error {
	switch habeas.KindOf(why) {
	case habeas.KindForbidden, habeas.KindNotFound:
	default:
		return why
	}
	if err := s.DB.InTx(ctx, func(tx *sqlstore.Tx) error { return s.contribute(tx, w, operation, 0, true) }); err != nil {
		return err
	}
	return why
}

// contribute writes lines of the contribution log under the author's pseudonym.
func (s *Entities) contribute(tx *sqlstore.Tx, w entity.Writer, operation account.Operation, id entity.ID, refused bool) error {
	object := ""
	if id != 0 {
		object = id.String()
	}
	return s.Records.contributeFor(tx, w.Actor, w.Author, operation, object, refused)
}

// did notes a write that was carried out, of each of the entities that it was about.
func (s *Entities) did(tx *sqlstore.Tx, w entity.Writer, operation account.Operation, ids ...entity.ID) error {
	for _, id := range ids {
		if err := s.contribute(tx, w, operation, id, false); err != nil {
			return err
		}
	}
	return nil
}

// event makes the ledger's entry: what was done to which identifiers, and not by whom.
func (s *Entities) event(event audit.Event, operation account.Operation, ids ...entity.ID) audit.Entry {
	texts := make([]string, 0, len(ids))
	for _, id := range ids[:min(len(ids), 100)] {
		texts = append(texts, id.String())
	}
	return s.Records.houseEvent(event, habeas.Server, map[string]string{"operation": string(operation), "entities": strings.Join(texts, " ")})
}

// held reads an entity that a writer wants to change, as they have seen it: visible to them,
// theirs to change, of the version they know, and locked by nobody else.
func (s *Entities) held(tx *sqlstore.Tx, w entity.Writer, v entity.Versioned) (e entity.Entity, all bool, err error) {
	from := tx.Entities()
	if e, err = from.One(tx.Context(), v.ID); err != nil {
		return e, false, err
	}
	own, err := s.wrote(tx.Context(), tx.Logs(), from, w.Author, e)
	if err != nil {
		return e, false, err
	}
	if _, ok := entity.See(e, audienceOf(w), own); !ok {
		return e, false, entity.ErrUnknown
	}
	if err := entity.CanChange(w, e); err != nil {
		return e, false, err
	}
	if e.Version != v.Version {
		return e, false, entity.ErrVersion
	}
	return e, own || w.Steward(), s.unlocked(tx, w, v.ID)
}

func audienceOf(w entity.Writer) entity.Audience {
	return entity.Audience{Registered: true, Steward: w.Steward(), Account: w.Author}
}

// contributions is what wrote reads.
type contributions interface {
	Contributor(ctx context.Context, id habeas.AccountID) (account.Pseudonym, error)
	ContributionsTo(ctx context.Context, object string, limit int) ([]account.Contribution, error)
}

// wrote reports whether an account has created an entity of which something is hidden: who has
// sees that, unless others were merged into it, who hid things of their own. Of entities
// without anything hidden nobody needs to know.
func (s *Entities) wrote(ctx context.Context, logs contributions, from entity.Reader, id habeas.AccountID, e entity.Entity) (bool, error) {
	hidden := e.Description.Secret() || slices.ContainsFunc(e.Description.Attributes, func(a entity.Attribute) bool { return a.Access&entity.Hidden != 0 })
	if id.IsZero() || !hidden {
		return false, nil
	}
	by, err := logs.Contributor(ctx, id)
	if err != nil {
		return false, err
	}
	acts, err := logs.ContributionsTo(ctx, e.ID.String(), mostLines)
	if err != nil || !slices.ContainsFunc(acts, func(c account.Contribution) bool {
		return c.By == by && !c.Refused && (c.Operation == entityCreate || c.Operation == entitySplit)
	}) {
		return false, err
	}
	led, err := from.Followers(ctx, e.ID)
	return len(led) == 0, err
}

// followers reads the entities whose identifiers lead to one.
func followers(tx *sqlstore.Tx, id entity.ID) ([]entity.Entity, error) {
	from := tx.Entities()
	ids, err := from.Followers(tx.Context(), id)
	if err != nil {
		return nil, err
	}
	out := make([]entity.Entity, len(ids))
	for i, f := range ids {
		if out[i], err = from.One(tx.Context(), f); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Resolve implements entity.Queries. How an entity was described before is for
// administrators; everybody may know where its identifier led (ENT-13, ENT-21).
func (s *Entities) Resolve(ctx context.Context, id entity.ID, asOf time.Time, to entity.Audience) (entity.Entity, error) {
	from := s.DB.Entities()
	e, err := from.One(ctx, id)
	if err != nil {
		return e, err
	}
	now := e.Version
	if !asOf.IsZero() {
		if e, err = from.At(ctx, id, asOf); err != nil {
			return e, err
		}
	}
	own, err := s.wrote(ctx, s.DB.Logs(), from, to.Account, e)
	if err != nil {
		return entity.Entity{}, err
	}
	seen, ok := entity.See(e, to, own)
	if !ok {
		return entity.Entity{}, entity.ErrUnknown
	}
	if e.Version != now && !to.Steward {
		seen.Description = entity.Description{}
	}
	return seen, nil
}

// ByExternal implements entity.Queries.
func (s *Entities) ByExternal(ctx context.Context, x entity.External, to entity.Audience) (entity.ID, error) {
	x, err := entity.NormaliseExternal(x)
	if err != nil {
		return 0, err
	}
	id, err := s.DB.Entities().ByExternal(ctx, x)
	if err != nil {
		return 0, err
	}
	if id == 0 {
		return 0, entity.ErrUnknown
	}
	_, err = s.Resolve(ctx, id, time.Time{}, to)
	return id, err
}

// mostEvolutions bounds a page of the feed.
const mostEvolutions = 1000

// Evolutions implements entity.Queries.
func (s *Entities) Evolutions(ctx context.Context, id entity.ID, after int64, limit int) ([]entity.Evolution, error) {
	return s.DB.Entities().Evolutions(ctx, id, after, min(max(limit, 1), mostEvolutions))
}

// Types implements entity.Queries.
func (s *Entities) Types() []entity.Template { return s.Kinds.All() }

// Ready implements entity.Queries.
func (s *Entities) Ready() bool { return s.Index != nil && s.Index.Ready() }

var errNoIndex = habeas.Unavailable("Entities are not searched here.").WithCode("entity.preparing")

// Find implements entity.Queries.
func (s *Entities) Find(ctx context.Context, q entity.Question) (entity.Answer, error) {
	if s.Index == nil {
		return entity.Answer{}, errNoIndex
	}
	return s.Index.Find(ctx, q)
}
