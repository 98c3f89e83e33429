package link

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// indexOf is an index of rows, each with its number as id.
func indexOf(m *Model, rows [][]string) *Index {
	x := NewIndex(m)
	for i, row := range rows {
		x.Put(fmt.Sprint(i), row)
	}
	return x
}

func TestIndexFindsThePairsOfLink(t *testing.T) {
	for seed := range uint64(6 / slower) {
		c := newCrowd(seed, []int{2, 30, 800, 400, 100, 425}[seed%6], .3)
		r := mustLink(t, c.rows, Options{})
		x := indexOf(r.Model, c.rows)
		for _, pair := range r.Pairs {
			matches := x.Similar(c.rows[pair.A], 100, .4)
			at := slices.IndexFunc(matches, func(m Match) bool { return m.ID == fmt.Sprint(pair.B) })
			if at < 0 {
				t.Fatalf("rows %v and %v, %.3f, not found among %d", c.rows[pair.A], c.rows[pair.B], pair.P, len(matches))
			}
			if math.Abs(matches[at].P-pair.P) > 1e-6 {
				t.Fatalf("rows %d and %d: %v, want %v", pair.A, pair.B, matches[at].P, pair.P)
			}
			if len(matches[at].Reasons) == 0 {
				t.Fatal("a match without reasons")
			}
		}
	}
}

func TestPutAndDeleteLeaveWhatARebuildMakes(t *testing.T) {
	c := newCrowd(5, 400, .3)
	model := mustLink(t, c.rows, Options{}).Model
	rapid.Check(t, func(rt *rapid.T) {
		x, held := NewIndex(model), map[int][]string{}
		rt.Repeat(map[string]func(*rapid.T){
			"put": func(rt *rapid.T) {
				id := rapid.IntRange(0, 60).Draw(rt, "id")
				held[id] = c.rows[rapid.IntRange(0, len(c.rows)-1).Draw(rt, "row")]
				x.Put(fmt.Sprint(id), held[id])
			},
			"delete": func(rt *rapid.T) {
				id := rapid.IntRange(0, 60).Draw(rt, "id")
				delete(held, id)
				x.Delete(fmt.Sprint(id))
			},
			"": func(rt *rapid.T) {
				if x.Len() != len(held) {
					rt.Fatalf("%d rows, want %d", x.Len(), len(held))
				}
			},
		})
		fresh := NewIndex(model)
		for id, row := range held {
			fresh.Put(fmt.Sprint(id), row)
		}
		for _, row := range c.rows[:50] {
			got, want := x.Similar(row, 1000, 0), fresh.Similar(row, 1000, 0)
			if len(got) != len(want) {
				rt.Fatalf("%d matches, want %d", len(got), len(want))
			}
			for i := range got {
				if got[i].ID != want[i].ID || math.Abs(got[i].P-want[i].P) > 1e-9 {
					rt.Fatalf("match %d: %v, want %v", i, got[i], want[i])
				}
			}
		}
	})
}

func TestEmptiedIndexHoldsNothing(t *testing.T) {
	c := newCrowd(5, 300, .3)
	x := indexOf(mustLink(t, c.rows, Options{}).Model, c.rows)
	for i := range c.rows {
		x.Delete(fmt.Sprint(i))
		x.Delete(fmt.Sprint(i))
	}
	if x.Len() != 0 {
		t.Errorf("%d rows", x.Len())
	}
	for c := range x.cols {
		if col := &x.cols[c]; len(col.values) > 0 || col.rows != 0 || col.same != 0 {
			t.Errorf("column %d still has %d values of %v rows", c, len(col.values), col.rows)
		}
	}
	for _, row := range c.rows {
		if m := x.Similar(row, 10, 0); len(m) > 0 {
			t.Fatalf("%v was found", m)
		}
	}
}

func TestReadersAndWritersAtOnce(t *testing.T) {
	c := newCrowd(6, 600, .3)
	x := indexOf(mustLink(t, c.rows, Options{}).Model, c.rows[:300])
	var wait sync.WaitGroup
	for w := range 4 {
		wait.Go(func() {
			for i := range 200 {
				at := (w*131 + i*7) % len(c.rows)
				switch w {
				case 0:
					x.Put(fmt.Sprint(at), c.rows[at])
				case 1:
					x.Delete(fmt.Sprint(at))
				default:
					x.Similar(c.rows[at], 5, .5)
				}
			}
		})
	}
	wait.Wait()
	x.Put("last", c.rows[0])
	if m := x.Similar(c.rows[0], 10, 0); !slices.ContainsFunc(m, func(m Match) bool { return m.ID == "last" }) {
		t.Error("a row that was stored is not found")
	}
}

func TestOddRowsAndLimits(t *testing.T) {
	c := newCrowd(7, 200, .3)
	x := indexOf(mustLink(t, c.rows, Options{}).Model, c.rows)
	for _, row := range [][]string{nil, {}, {"x"}, make([]string, 50), {"", "\xff\xfe", "\x00", "99999999", "@", "+", "é", "", "''"}} {
		x.Similar(row, 10, .5)
		x.Put("odd", row)
	}
	x.Delete("odd")
	full := x.Similar(c.rows[0], 1000, 0)
	if len(full) < 2 || !slices.IsSortedFunc(full, func(a, b Match) int { return int(math.Copysign(1, b.P-a.P)) * btoi(a.P != b.P) }) {
		t.Errorf("%d matches, not the likeliest first", len(full))
	}
	if got := x.Similar(c.rows[0], 1, 0); len(got) != 1 || got[0].ID != full[0].ID {
		t.Errorf("the first match is %v", got)
	}
	if got := x.Similar(c.rows[0], -1, 0); len(got) != 0 {
		t.Errorf("%d matches, wanted none", len(got))
	}
}

func BenchmarkSimilar(b *testing.B) {
	for _, rows := range []int{10_000, 100_000} {
		c := newCrowd(1, rows, .25)
		x := indexOf(mustLink(b, c.rows[:10_000], Options{}).Model, c.rows)
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				x.Similar(c.rows[i*7919%rows], 5, .5)
			}
		})
	}
}
