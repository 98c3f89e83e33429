package search

import (
	"bytes"
	"fmt"
	"testing"
)

// holds reports whether a segment of the index holds the text anywhere.
func holds(x *Index, text string) bool {
	v := x.now.Load()
	for i := range v.parts {
		for _, s := range v.parts[i].sections() {
			if bytes.Contains(s.raw(), []byte(text)) {
				return true
			}
		}
	}
	return false
}

func TestCompactLeavesNothingOfWhatWasDeleted(t *testing.T) {
	x := New(Options{})
	for i := range 300 {
		if err := x.Put(Entity{ID: fmt.Sprint(i), Names: []Name{{Text: fmt.Sprintf("Ordinary Person %d", i)}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Put(Entity{ID: "zz", Names: []Name{{Text: "Quetzalina"}}}); err != nil {
		t.Fatal(err)
	}
	if !holds(x, "quetzalina") {
		t.Fatal("the index does not hold what was put in: the test finds nothing anywhere")
	}
	x.Delete("zz", "17")
	x.Compact()
	x.Compact() // while the first is under way, or after it
	x.workers.Wait()
	if holds(x, "quetzalina") || x.Stats().Gone != 0 || x.Len() != 299 {
		t.Errorf("after compacting: holds it %v, %+v", holds(x, "quetzalina"), x.Stats())
	}
	if hits := x.Search(Query{Text: "ordinary person 18"}).Hits; len(hits) == 0 || hits[0].ID != "18" {
		t.Errorf("found %+v", hits)
	}
	x.Delete("18")
	for i := range 300 {
		x.Delete(fmt.Sprint(i))
	}
	x.Compact()
	x.workers.Wait()
	if s := x.Stats(); s.Segments != 0 || s.Gone != 0 {
		t.Errorf("an empty index has %+v", s)
	}
}
