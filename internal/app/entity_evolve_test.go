package app_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/entity"
)

func (w *world) api(path string) (int, http.Header, map[string]any) {
	w.Helper()
	got := w.browser().send(http.MethodGet, path, nil, func(r *http.Request) { r.Header.Set("Accept", "application/json") })
	var doc map[string]any
	if err := json.Unmarshal([]byte(got.text), &doc); err != nil {
		w.Fatalf("%s: %d %q", path, got.status, got.text)
	}
	return got.status, got.header, doc
}

// Identifiers of what was merged lead to the survivor (301), of what was split to its
// successors (300), of what was deleted nowhere (410), also as at a past date. The public list
// of evolution tells operation, identifiers and time, and nothing else.
// Proves ENT-12 and ENT-21.
func TestIdentifiersEvolveInPublic(t *testing.T) {
	w := newWorld(t)
	ada := w.contributor("ada@example.org")
	a, b, c := w.created(ada, organisation("One")), w.created(ada, organisation("Two")), w.created(ada, organisation("Three"))
	start := w.clock.Now()
	path := func(e entity.Entity) string { return "/api/v1/entities/" + e.ID.String() }
	w.clock.Advance(24 * time.Hour)
	must(w.Entities.Merge(w.ctx(), ada, versioned(a), []entity.Versioned{versioned(b)}))(w)
	if status, h, doc := w.api(path(b)); status != 301 || h.Get("Location") != path(a) || doc["state"] != "merged" {
		t.Errorf("merged: %d %v", status, doc)
	}
	merged := w.entity(a.ID)
	if want := []entity.Attribute{{Name: entity.AttrName, Value: "One", Lang: "en"}, {Name: entity.AttrAlias, Value: "Two", Lang: "en"}}; !reflect.DeepEqual(merged.Description.Attributes, want) {
		t.Errorf("the survivor says %+v", merged.Description.Attributes)
	}
	w.clock.Advance(24 * time.Hour)
	must(w.Entities.Merge(w.ctx(), ada, versioned(c), []entity.Versioned{versioned(merged)}))(w)
	if status, h, _ := w.api(path(b)); status != 301 || h.Get("Location") != path(c) {
		t.Errorf("a chain of merges leads first to %s", h.Get("Location"))
	}
	_, err := w.Entities.Undo(w.ctx(), ada, 1)
	var e *habeas.Error
	if !errors.As(err, &e) || e.Code != "undo.superseded" || !strings.Contains(e.Text(), "2") {
		t.Errorf("an undo that was superseded: %v", err)
	}
	w.clock.Advance(24 * time.Hour)
	split := must(w.Entities.Split(w.ctx(), ada, versioned(w.entity(c.ID)), []entity.Description{organisation("Three North"), organisation("Three South")}))(w)
	if status, h, doc := w.api(path(b)); status != 300 || len(h.Values("Link")) != 2 || len(doc["successors"].([]any)) != 2 {
		t.Errorf("split: %d %v", status, doc)
	}
	w.clock.Advance(24 * time.Hour)
	must(w.Entities.Delete(w.ctx(), ada, versioned(w.entity(split.New[0]))))(w)
	if status, _, doc := w.api("/api/v1/entities/" + split.New[0].String()); status != 410 || doc["code"] != "entity.deleted" {
		t.Errorf("deleted: %d %v", status, doc)
	}
	for day, want := range []string{"active", "merged " + a.ID.String(), "merged " + c.ID.String()} {
		status, _, doc := w.api(path(b) + "?asOf=" + start.AddDate(0, 0, day).Format(time.RFC3339))
		got, _ := doc["state"].(string)
		if to, ok := doc["successors"].([]any); ok {
			got += " " + to[0].(string)
		}
		if got != want {
			t.Errorf("after %d days: %d %v, want %s", day, status, doc, want)
		}
	}
	if status, _, _ := w.api(path(a) + "?asOf=2001-01-01"); status != 404 {
		t.Errorf("before it was: %d", status)
	}

	_, _, feed := w.api("/api/v1/evolution?limit=3")
	lines := feed["evolution"].([]any)
	if len(lines) != 3 || feed["next"].(float64) != 3 {
		t.Fatalf("the feed: %v", feed)
	}
	first := lines[0].(map[string]any)
	want := map[string]any{"seq": 1.0, "operation": "merge", "old": []any{b.ID.String()}, "new": []any{a.ID.String()}, "at": start.AddDate(0, 0, 1).Format(time.RFC3339)}
	if !reflect.DeepEqual(first, want) {
		t.Errorf("a line: %v\nwant %v", first, want)
	}
	if _, _, rest := w.api("/api/v1/evolution?after=3"); len(rest["evolution"].([]any)) != 1 || rest["next"].(float64) != 4 {
		t.Errorf("the rest: %v", rest)
	}
	if _, _, of := w.api(path(b) + "/evolution"); len(of["evolution"].([]any)) != 4 {
		t.Errorf("of one: %v", of)
	}

	text := []byte(a.ID.String())
	text[0], text[1] = text[1], text[0]
	if text[0] != text[1] {
		if status, _, doc := w.api("/api/v1/entities/" + string(text)); status != 404 || doc["code"] != "entity.id" {
			t.Errorf("a slip in an identifier: %d %v", status, doc)
		}
	}
}

// stand is what an identifier means at a moment.
type stand struct {
	State      entity.State
	Successors []entity.ID
	Said       entity.Description
}

func (w *world) stands(ids []entity.ID) map[entity.ID]stand {
	out := map[entity.ID]stand{}
	for _, id := range ids {
		e := w.entity(id)
		out[id] = stand{e.State, e.Successors, e.Description}
	}
	return out
}

// Whatever is done in whatever order: every identifier leads in one step to what is active, or
// was deleted; it is resolved at every past moment as it was then; and when everything is
// undone, the last first, everything is as it was. Proves ENT-12 and ENT-21.
func TestHistoriesOfEntities(t *testing.T) {
	w := newWorld(t)
	ada := w.contributor("ada@example.org")
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		var ids []entity.ID
		for range 4 {
			n++
			d := organisation("Name "+strings.Repeat("x", n%7), entity.Attribute{Name: entity.AttrCountry, Value: "ES"})
			ids = append(ids, must(w.Entities.Create(w.ctx(), ada, entity.Draft{Description: d, Override: "A test"}))(w).ID)
		}
		began := w.stands(ids)
		type moment struct {
			at    time.Time
			stand map[entity.ID]stand
		}
		history := []moment{{w.clock.Now(), began}}
		var done []int64
		edited := false
		pick := func(label string) entity.Versioned {
			return versioned(w.entity(rapid.SampledFrom(ids).Draw(t, label)))
		}
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			w.clock.Advance(time.Second)
			var line entity.Evolution
			var err error
			switch rapid.SampledFrom([]string{"merge", "merge", "merge", "split", "delete", "edit", "undo"}).Draw(t, "what") {
			case "merge":
				line, err = w.Entities.Merge(w.ctx(), ada, pick("into"), []entity.Versioned{pick("other")})
			case "split":
				line, err = w.Entities.Split(w.ctx(), ada, pick("of"), []entity.Description{organisation("Left"), organisation("Right")})
				ids = append(ids, line.New...)
			case "delete":
				line, err = w.Entities.Delete(w.ctx(), ada, pick("of"))
			case "edit":
				v := pick("of")
				d := w.entity(v.ID).Description
				d.Attributes = append(slices.Clone(d.Attributes), entity.Attribute{Name: entity.AttrAlias, Value: "Edited " + time.Duration(w.clock.Now().Unix()).String(), Lang: "en"})
				_, err = w.Entities.Edit(w.ctx(), ada, entity.Change{ID: v.ID, Version: v.Version, Description: d})
				edited = edited || err == nil
			case "undo":
				if len(done) == 0 {
					continue
				}
				i := rapid.IntRange(0, len(done)-1).Draw(t, "which")
				if _, err = w.Entities.Undo(w.ctx(), ada, done[i]); err == nil {
					done = slices.Delete(done, i, i+1)
				}
			}
			if kind := habeas.KindOf(err); err != nil && kind != habeas.KindConflict && kind != habeas.KindInvalid && kind != habeas.KindGone {
				t.Fatal(err)
			}
			if err == nil && line.Seq != 0 {
				done = append(done, line.Seq)
			}
			now := w.stands(ids)
			for id, s := range now {
				if s.State == entity.Active != (len(s.Successors) == 0 && s.State != entity.Deleted) || s.State == entity.Merged && len(s.Successors) != 1 {
					t.Fatalf("%s is %+v", id, s)
				}
				for _, to := range s.Successors {
					if now[to].State != entity.Active {
						t.Fatalf("%s leads to %s, which is %s", id, to, now[to].State)
					}
				}
			}
			history = append(history, moment{w.clock.Now(), now})
		}
		for _, m := range history {
			for id, want := range m.stand {
				was := must(w.DB.Entities().At(w.ctx(), id, m.at))(w)
				if got := (stand{was.State, was.Successors, was.Description}); !reflect.DeepEqual(got, want) {
					t.Fatalf("%s as at %s: %+v, want %+v", id, m.at, got, want)
				}
			}
		}
		if edited {
			return
		}
		for _, seq := range slices.Backward(done) {
			w.clock.Advance(time.Second)
			if _, err := w.Entities.Undo(w.ctx(), ada, seq); err != nil {
				t.Fatalf("undo of %d: %v", seq, err)
			}
		}
		if got := w.stands(ids[:4]); !reflect.DeepEqual(got, began) {
			t.Fatalf("everything undone: %+v\nwant %+v", got, began)
		}
	})
}

// What was edited after a merge keeps its edit when the merge is undone, and what was merged
// comes back whole.
func TestUndoKeepsLaterEdits(t *testing.T) {
	w := newWorld(t)
	ada := w.contributor("ada@example.org")
	a, d := w.created(ada, organisation("One")), organisation("Two")
	d.Externals = []entity.External{{Scheme: "ror", Value: "https://ror.org/05trd4x28"}}
	b := w.created(ada, d)
	line := must(w.Entities.Merge(w.ctx(), ada, versioned(a), []entity.Versioned{versioned(b)}))(w)
	now := w.entity(a.ID)
	now.Description.Attributes = append(now.Description.Attributes, entity.Attribute{Name: entity.AttrCountry, Value: "ES"})
	must(w.Entities.Edit(w.ctx(), ada, entity.Change{ID: a.ID, Version: now.Version, Description: now.Description}))(w)
	must(w.Entities.Undo(w.ctx(), ada, line.Seq))(w)
	if got, want := w.entity(a.ID).Description, organisation("One", entity.Attribute{Name: entity.AttrCountry, Value: "ES"}); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	if got := w.entity(b.ID); got.State != entity.Active || !reflect.DeepEqual(got.Description, d) {
		t.Errorf("%+v", got)
	}
	if id := must(w.Entities.ByExternal(w.ctx(), entity.External{Scheme: "ror", Value: "05trd4x28"}, entity.Audience{}))(w); id != b.ID {
		t.Errorf("its external identifier leads to %s", id)
	}
}

// Of merges that contradict each other at the same moment one wins, and nothing of the others
// is left. Proves ENT-11.
func TestOneOfManyConflictingMergesWins(t *testing.T) {
	w := newWorld(t)
	ada := w.contributor("ada@example.org")
	all := make([]entity.Entity, 10)
	for i := range all {
		all[i] = w.created(ada, organisation("Name "+string(rune('A'+i))))
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	won, begin := 0, make(chan struct{})
	for i := range 100 {
		wg.Go(func() {
			into, other := all[i%10], all[(i+1+i/10%9)%10]
			<-begin
			_, err := w.Entities.Merge(w.ctx(), ada, versioned(into), []entity.Versioned{versioned(other)})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if habeas.KindOf(err) != habeas.KindConflict {
				t.Errorf("refused by %v", err)
			}
		})
	}
	close(begin)
	wg.Wait()
	merged := 0
	for _, e := range all {
		now := w.entity(e.ID)
		if now.State != entity.Merged {
			continue
		}
		merged++
		if to := w.entity(now.Successors[0]); to.State != entity.Active || now.Version != 2 {
			t.Errorf("%s leads to %+v", e.ID, to)
		}
	}
	if lines := must(w.Entities.Evolutions(w.ctx(), 0, 0, 100))(w); won == 0 || won != merged || len(lines) != won {
		t.Errorf("%d merges won, %d entities are merged, %d lines of evolution", won, merged, len(lines))
	}
}
