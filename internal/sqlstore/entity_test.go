package sqlstore_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

func (w *world) saveEntities(all ...entity.Past) error {
	return w.db.InTx(w.Context(), func(tx *sqlstore.Tx) error { return tx.Entities().Save(all, w.entityEvent(audit.EntityWritten)) })
}

func (w *world) entityEvent(event audit.Event) audit.Entry {
	now := w.clock.Now()
	return audit.Entry{ID: habeas.NewID[habeas.EventKind](now), Event: event, Actor: habeas.Server, At: now}
}

func (w *world) version(id entity.ID, n int64, d entity.Description) entity.Past {
	now := w.clock.Now()
	return entity.Past{Entity: entity.Entity{ID: id, State: entity.Active, Version: n, Description: d, Created: now, Changed: now}}
}

func university(externals ...entity.External) entity.Description {
	return entity.Description{
		Type: entity.Organization,
		Attributes: []entity.Attribute{
			{Name: entity.AttrName, Value: "University of Trento", Lang: "en"},
			{Name: "phone", Value: "+39 0461 28 1111", Source: "a letter", Access: entity.Hidden},
			{Name: entity.AttrAlias, Value: "Università di Trento", Lang: "it", Access: entity.Unsearchable},
		},
		Externals:  externals,
		SameAs:     []string{"https://www.wikidata.org/entity/Q939500"},
		References: []entity.Reference{{URL: "https://www.unitn.it/"}},
	}
}

// What is written is read as it was, also what is hidden, and no version of it is lost.
func TestEntitiesAreKeptWithTheirHistory(t *testing.T) {
	onEach(t, func(w *world) {
		id, ror := entity.NewID(), entity.External{Scheme: "ror", Value: "https://ror.org/05trd4x28"}
		first := w.version(id, 1, university(ror))
		first.Why = "There was no other one."
		if err := w.saveEntities(first); err != nil {
			w.Fatal(err)
		}
		before := w.clock.Now()
		w.clock.Advance(time.Hour)
		second := w.version(id, 2, entity.Description{Type: entity.Person, Attributes: []entity.Attribute{{Name: entity.AttrName, Value: "Ada"}}})
		second.Created = first.Created
		if err := w.saveEntities(second); err != nil {
			w.Fatal(err)
		}
		if err := w.saveEntities(second); !errors.Is(err, entity.ErrVersion) {
			w.Errorf("the same version twice: %v", err)
		}
		from := w.db.Entities()
		if got, err := from.One(w.Context(), id); err != nil || !reflect.DeepEqual(got, second.Entity) {
			w.Errorf("%+v, %v\nwant %+v", got, err, second)
		}
		if got, err := from.Version(w.Context(), id, 1); err != nil || !reflect.DeepEqual(got, first) {
			w.Errorf("%+v, %v\nwant %+v", got, err, first)
		}
		if got, err := from.At(w.Context(), id, before); err != nil || !reflect.DeepEqual(got, first.Entity) {
			w.Errorf("%+v, %v\nwant %+v", got, err, first)
		}
		if _, err := from.At(w.Context(), id, before.Add(-time.Second)); !errors.Is(err, entity.ErrUnknown) {
			w.Errorf("before it came to be: %v", err)
		}
		if got, err := from.ByExternal(w.Context(), ror); err != nil || got != 0 {
			w.Errorf("an external identifier that was taken away leads to %s, %v", got, err)
		}
	})
}

// An index reads everything once and then what is new, and is told of each commit.
func TestAnIndexFollowsEntities(t *testing.T) {
	onEach(t, func(w *world) {
		told := 0
		db := w.open(func(c *sqlstore.Config) { c.Entities = func() { told++ } })
		defer db.Close()
		w2 := *w
		w2.db = db
		a, b := entity.NewID(), entity.NewID()
		if err := w2.saveEntities(w.version(a, 1, university()), w.version(b, 1, university())); err != nil {
			w.Fatal(err)
		}
		if err := w2.saveEntities(w.version(a, 1, university())); err == nil {
			w.Error("an identifier was given twice")
		}
		var seen []entity.ID
		visit := func(e entity.Entity) error { seen = append(seen, e.ID); return nil }
		turn, err := db.Entities().Each(w.Context(), visit)
		if err != nil || len(seen) != 2 || told != 1 {
			w.Fatalf("%v, %v, told %d times", seen, err, told)
		}
		if err := w2.saveEntities(w.version(a, 2, university())); err != nil {
			w.Fatal(err)
		}
		seen = nil
		next, err := db.Entities().Since(w.Context(), turn, 10, visit)
		if err != nil || len(seen) != 1 || seen[0] != a || told != 2 || next <= turn {
			w.Fatalf("%v, %v, told %d times", seen, err, told)
		}
		if found, err := db.Entities().Labelled(w.Context(), "université of TRENTO", 10); err != nil || len(found) != 0 {
			w.Errorf("%v, %v", found, err)
		}
		if found, err := db.Entities().Labelled(w.Context(), "UNIVERSITY  of Trento", 10); err != nil || len(found) != 2 {
			w.Errorf("%d found, %v", len(found), err)
		}
	})
}

// No two entities have the same external identifier; one goes over from one to another in
// one transaction, and a refused write leaves nothing.
func TestAnExternalIdentifierIsOfOneEntity(t *testing.T) {
	onEach(t, func(w *world) {
		a, b, ror := entity.NewID(), entity.NewID(), entity.External{Scheme: "ror", Value: "https://ror.org/05trd4x28"}
		if err := w.saveEntities(w.version(a, 1, university(ror))); err != nil {
			w.Fatal(err)
		}
		if err := w.saveEntities(w.version(b, 1, university(ror))); !errors.Is(err, entity.ErrExternal) {
			w.Errorf("taken: %v", err)
		}
		if _, err := w.db.Entities().One(w.Context(), b); !errors.Is(err, entity.ErrUnknown) {
			w.Errorf("it was refused and is there: %v", err)
		}
		if err := w.saveEntities(w.version(b, 1, university())); err != nil {
			w.Fatal(err)
		}
		if err := w.saveEntities(w.version(b, 2, university(ror)), w.version(a, 2, university())); err != nil {
			w.Fatal(err)
		}
		if got, err := w.db.Entities().ByExternal(w.Context(), ror); err != nil || got != b {
			w.Errorf("%s, %v", got, err)
		}
	})
}
