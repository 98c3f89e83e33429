package sealed

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// A sequence of allocations and frees in an arena of its own never gives a byte to two
// slots, gives zeros, keeps what was written, counts right, and when all is freed has all
// its pages again.
func TestArenaProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := &arena{limit: 3 * chunkSize, weakest: Heap}
		a.onlyHeap(rt)
		type taken struct {
			slot
			fill byte
		}
		var all []taken
		free := func(i int) {
			s := all[i]
			if !bytes.Equal(s.plain(), bytes.Repeat([]byte{s.fill}, s.length())) {
				rt.Fatalf("the slot of %d bytes was overwritten", s.length())
			}
			a.free(s.slot)
			if !bytes.Equal(s.mem, make([]byte, len(s.mem))) {
				rt.Fatal("not wiped")
			}
			all = slices.Delete(all, i, i+1)
		}
		rt.Repeat(map[string]func(*rapid.T){
			"alloc": func(rt *rapid.T) {
				n := rapid.OneOf(rapid.IntRange(0, 60), rapid.IntRange(0, 5000), rapid.IntRange(0, MaxLen)).Draw(rt, "n")
				s, err := a.alloc(n)
				if err != nil {
					free := slices.ContainsFunc(a.chunks, func(c *chunk) bool { return c.used != ^uint64(0) })
					if !errors.Is(err, ErrFull) || free && n+lengthSize <= pageSize {
						rt.Fatalf("%v for %d bytes, free pages: %v", err, n, free)
					}
					return
				}
				if s.length() != n || cap(s.plain()) != n || len(s.mem) < n+lengthSize || len(s.mem) < smallest {
					rt.Fatalf("a slot of %d for %d", len(s.mem), n)
				}
				if uintptr(unsafe.Pointer(unsafe.SliceData(s.plain())))%8 != 0 {
					rt.Fatal("not aligned")
				}
				if !bytes.Equal(s.plain(), make([]byte, n)) {
					rt.Fatal("not zero")
				}
				fill := rapid.Byte().Draw(rt, "fill")
				for i := range s.plain() {
					s.plain()[i] = fill
				}
				all = append(all, taken{s, fill})
			},
			"free": func(rt *rapid.T) {
				if len(all) == 0 {
					rt.Skip()
				}
				free(rapid.IntRange(0, len(all)-1).Draw(rt, "which"))
			},
			"": func(rt *rapid.T) {
				sum := 0
				for _, s := range all {
					sum += len(s.mem)
				}
				if a.used != sum || reservedOf(a) > a.limit {
					rt.Fatalf("used %d, counted %d; reserved %d of %d", sum, a.used, reservedOf(a), a.limit)
				}
			},
		})
		for len(all) > 0 {
			free(len(all) - 1)
		}
		for _, c := range a.chunks {
			if c.used != ^run64(len(c.mem)/pageSize) {
				rt.Fatalf("pages in use of an empty arena: %b", c.used)
			}
		}
		if slices.ContainsFunc(a.open[:], func(l []*span) bool { return len(l) > 0 }) {
			rt.Fatal("an empty arena has spans")
		}
	})
}

// onlyHeap gives the arena chunks of the heap, so that thousands of arenas cost no mappings.
func (a *arena) onlyHeap(rt *rapid.T) {
	for _, size := range rapid.SliceOfN(rapid.SampledFrom([]int{minChunk, 2 * minChunk, chunkSize}), 1, 4).Draw(rt, "chunks") {
		a.chunks = append(a.chunks, &chunk{mem: make([]byte, size), kind: Heap, used: ^run64(size / pageSize)})
		a.kept[Heap] += size
	}
	a.limit = a.kept[Heap]
}

func reservedOf(a *arena) int {
	sum := 0
	for _, n := range a.kept {
		sum += n
	}
	return sum
}

func TestEveryKindOfMemoryThatThisSystemHas(t *testing.T) {
	had := 0
	for kind := Heap; kind <= Secret; kind++ {
		mem := reserve(kind, minChunk)
		if mem == nil {
			continue
		}
		had++
		mem[0], mem[len(mem)-1] = 1, 1
		if len(mem) != minChunk {
			t.Errorf("%v: %d bytes", kind, len(mem))
		}
	}
	if had < 2 {
		t.Errorf("only %d kinds of memory", had)
	}
}

func TestLimit(t *testing.T) {
	a := &arena{limit: 2 * minChunk, weakest: Heap}
	var all []slot
	for {
		s, err := a.alloc(1000)
		if err != nil {
			if !errors.Is(err, ErrFull) {
				t.Fatal(err)
			}
			break
		}
		all = append(all, s)
	}
	if len(all) != 2*minChunk/1024 || reservedOf(a) != 2*minChunk {
		t.Errorf("%d slots in %d bytes", len(all), reservedOf(a))
	}
	if _, err := a.alloc(MaxLen); !errors.Is(err, ErrFull) {
		t.Errorf("a large one: %v", err)
	}
	a.free(all[7])
	if _, err := a.alloc(1000); err != nil {
		t.Errorf("after a free: %v", err)
	}
	a.limit, a.weakest = chunkSize+2*minChunk, Secret+1
	if _, err := a.alloc(1000); !errors.Is(err, ErrFull) {
		t.Errorf("no kind of memory is good enough: %v", err)
	}
	for p, want := range map[Protection]string{Heap: "heap", Mapped: "mapped", Locked: "locked", Secret: "secret", 9: "unknown"} {
		if text, err := p.MarshalText(); string(text) != want || err != nil {
			t.Errorf("%d is %s", p, text)
		}
		var back Protection
		if err := back.UnmarshalText([]byte(want)); (err == nil) != (want != "unknown") || err == nil && back != p {
			t.Errorf("%s reads back as %v, %v", want, back, err)
		}
	}
}

// The table finds exactly what is in it, through growth, graves and shards.
func TestTableProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var held table
		model := map[uint64]*entry{}
		var ids []uint64
		rt.Repeat(map[string]func(*rapid.T){
			"add": func(*rapid.T) {
				for range 20 {
					e := &entry{}
					held.add(e)
					model[e.id] = e
					ids = append(ids, e.id)
				}
			},
			"remove": func(rt *rapid.T) {
				if len(ids) == 0 {
					rt.Skip()
				}
				id := rapid.SampledFrom(ids).Draw(rt, "id")
				if got := held.remove(id); got != model[id] {
					rt.Fatalf("removed %v, want %v", got, model[id])
				}
				delete(model, id)
			},
			"": func(rt *rapid.T) {
				for _, id := range ids {
					if held.find(id) != model[id] {
						rt.Fatalf("%x is %v, want %v", id, held.find(id), model[id])
					}
				}
				if held.find(newID()) != nil || held.remove(newID()) != nil || held.count() != len(model) {
					rt.Fatal("something that was never put in")
				}
			},
		})
	})
}
