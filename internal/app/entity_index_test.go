package app_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// named is a description with a name and further attributes.
func named(t entity.Type, name string, more ...entity.Attribute) entity.Description {
	return entity.Description{Type: t, Attributes: append([]entity.Attribute{{Name: entity.AttrName, Value: name, Lang: "en"}}, more...)}
}

// keep stores new entities as the server itself would, and returns them.
func (w *world) keep(all ...entity.Description) []entity.Entity {
	w.Helper()
	var past []entity.Past
	var out []entity.Entity
	for _, d := range all {
		e := entity.Entity{ID: entity.NewID(), State: entity.Active, Version: 1, Description: d, Created: w.clock.Now(), Changed: w.clock.Now()}
		past, out = append(past, entity.Past{Entity: e}), append(out, e)
	}
	w.store(past...)
	return out
}

// store writes versions of entities, and lets the index take them in.
func (w *world) store(past ...entity.Past) {
	w.Helper()
	e := audit.Entry{ID: habeas.NewID[habeas.EventKind](w.clock.Now()), Event: audit.EntityWritten, Actor: habeas.Server, At: w.clock.Now()}
	w.ok(w.DB.InTx(w.ctx(), func(tx *sqlstore.Tx) error { return tx.Entities().Save(past, e) }))
	w.ok(w.EntityIndex.Settle(w.ctx()))
}

// first is what is found first, and "" for nothing.
func (w *world) first(x *app.EntityIndex, text string, to entity.Audience) string {
	w.Helper()
	a := must(x.Find(w.ctx(), entity.Question{Text: text, Audience: to}))(w)
	if len(a.Hits) == 0 || a.None > 0.5 {
		return ""
	}
	return a.Hits[0].Label
}

// The index of entities begins with its snapshot where that is whole, and with the store
// where it is not; it takes in what was written since, and never gives a wrong answer.
func TestTheIndexOfEntitiesBeginsAnew(t *testing.T) {
	w := newWorld(t)
	registered := entity.Audience{Registered: true}
	all := w.keep(named(entity.Organization, "Harbour Rowing Club"), named(entity.Person, "Mira Lindqvist"), named(entity.Location, "Porto Alegre"))
	w.EntityIndex.Close() // with a snapshot
	open := func() *app.EntityIndex {
		t.Helper()
		x := app.NewEntityIndex(w.dir, slog.New(slog.DiscardHandler))
		x.DB = w.DB
		if _, err := x.Find(w.ctx(), entity.Question{Text: "Harbour"}); habeas.KindOf(err) != habeas.KindUnavailable || x.Ready() {
			t.Errorf("before it is ready: %v", err)
		}
		w.ok(x.Prepare(w.ctx()))
		return x
	}
	look := func(when string, x *app.EntityIndex, club, second string) {
		t.Helper()
		if got := w.first(x, "Habour Rowing Club", entity.Audience{}); got != club {
			t.Errorf("%s: %q", when, got)
		}
		if got := w.first(x, "second harbour", entity.Audience{}); got != second {
			t.Errorf("%s: second: %q", when, got)
		}
		if got := w.first(x, "Mira Lindqvist", entity.Audience{}); got != "" {
			t.Errorf("%s: the public finds %q", when, got)
		}
		if got := w.first(x, "Mira Lindqist", registered); got != "Mira Lindqvist" {
			t.Errorf("%s: registered people find %q", when, got)
		}
	}
	w.EntityIndex = open()
	look("from the snapshot", w.EntityIndex, "Harbour Rowing Club", "")
	gone := all[0]
	gone.State, gone.Version, gone.Description = entity.Deleted, 2, entity.Description{}
	w.store(entity.Past{Entity: gone})
	w.keep(named(entity.Event, "Second Harbour"))
	look("written", w.EntityIndex, "", "Second Harbour")

	w.EntityIndex = open() // the snapshot is older than the store
	if got := w.first(w.EntityIndex, all[0].ID.String(), entity.Audience{}); got != "" {
		t.Errorf("a deleted one is found by its identifier: %q", got)
	}
	w.EntityIndex.Close()
	for _, name := range []string{"names-1", "names-2", "externals-1", "externals-2", "snapshot.json"} {
		path := filepath.Join(w.dir, "entities", name)
		whole, err := os.ReadFile(path)
		if err != nil || len(whole) == 0 {
			continue // the other one of the two, or an empty one
		}
		w.ok(os.WriteFile(path, append([]byte{whole[0] ^ 1}, whole[1:]...), 0o600))
		x := open()
		look(name+" damaged", x, "", "Second Harbour")
		x.Close()
		w.ok(os.WriteFile(path, whole, 0o600))
	}
	w.EntityIndex = open()
}

// What else is said of what is meant orders namesakes; what is hidden has no weight.
func TestWhatElseIsKnownTellsNamesakesApart(t *testing.T) {
	w := newWorld(t)
	all := w.keep(
		named(entity.Organization, "Aurora Ensemble", entity.Attribute{Name: "award", Value: "Golden Lyre 2019"}),
		named(entity.Organization, "Aurora Ensemble", entity.Attribute{Name: "award", Value: "Silver Drum"}),
		named(entity.Organization, "Aurora Ensemble", entity.Attribute{Name: "award", Value: "Secret Medal", Access: entity.Hidden}),
	)
	form := must(entity.ParseQueryForm(`QUERY { name="Aurora Ensemble" award="silver drum" } METADATA { entityType="organization" }`))(t)
	q := must(form.Question())(t)
	q.Explain = true
	a := must(w.EntityIndex.Find(w.ctx(), q))(t)
	if len(a.Hits) != 3 || a.Hits[0].ID != all[1].ID || a.Hits[0].P < 2*a.Hits[1].P {
		t.Errorf("%+v", a)
	}
	all = append(all, w.keep(named(entity.Organization, "Aurora Ensemble"))...)
	form = must(entity.ParseQueryForm(`QUERY { name="Aurora Ensemble" award="Secret Medal" }`))(t)
	a = must(w.EntityIndex.Find(w.ctx(), must(form.Question())(t)))(t)
	p := map[entity.ID]float64{}
	for _, h := range a.Hits {
		p[h.ID] = h.P
	}
	if p[all[2].ID] != p[all[3].ID] || p[all[2].ID] == 0 {
		t.Errorf("a hidden value speaks: %+v", a)
	}
}
