package search

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"iter"
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/habeas-data/habeas/match/text"
)

// errFull is returned when a segment's offsets would not fit into 32 bits.
var errFull = errors.New("search: more than 4 GiB of names in one segment")

// batchSize is how many entities a worker takes at once.
const batchSize = 512

// manyEntities is from how many entities on a segment keeps its counts of letters.
const manyEntities = 10_000

// batch is some entities in order, encoded by one worker.
type batch struct {
	records []byte
	ends    []uint32 // of each record
	hot     []hotEntity
	folded  []byte
	names   []foldedName
	err     error
}

// hotEntity is what the segment keeps of an entity outside its record.
type hotEntity struct {
	weight   float32
	country  uint32
	audience uint32
	typ      string
}

// foldedName is a name on its way into the dictionary.
type foldedName struct {
	ord  uint32 // in the batch; later in the segment
	at   uint32 // of its record in the batch; later in the segment, perhaps derived
	from uint32 // where its text begins in folded
	len  uint16
	kind Kind
}

// encode encodes entities into a batch.
func encode(entities []Entity) *batch {
	b := &batch{}
	var roman []byte
	for i := range entities {
		e := &entities[i]
		if b.err = e.check(); b.err != nil {
			return b
		}
		b.records = appendRecord(b.records, e, func(n Name, at int) {
			from := len(b.folded)
			b.folded = text.AppendFold(b.folded, n.Text)
			folded := b.folded[from:]
			b.add(uint32(i), uint32(at), from, n.Kind)
			if !ascii(folded) {
				s := string(folded)
				if r := text.Romanise(s); r != s {
					roman = text.AppendFold(roman[:0], r)
					from = len(b.folded)
					b.folded = append(b.folded, roman...)
					b.add(uint32(i), uint32(at)|derived, from, Romanised)
				}
			}
		})
		b.ends = append(b.ends, uint32(len(b.records)))
		w := e.Weight
		if !(w > 0) || math.IsInf(w, 1) {
			w = 1
		}
		b.hot = append(b.hot, hotEntity{float32(math.Log(w)), countryCode(e.Country), e.Audience, e.Type})
	}
	return b
}

func (b *batch) add(ord, at uint32, from int, kind Kind) {
	if n := len(b.folded) - from; n > 0 && n < 1<<16 {
		b.names = append(b.names, foldedName{ord, at, uint32(from), uint16(n), kind})
	}
}

func ascii(s []byte) bool {
	for _, c := range s {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// encodeAll encodes entities on all processors, in order.
func encodeAll(ctx context.Context, entities iter.Seq[Entity]) ([]*batch, error) {
	type job struct {
		entities []Entity
		out      **batch
	}
	var batches []**batch
	jobs := make(chan job, 2)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for j := range jobs {
				*j.out = encode(j.entities)
			}
		})
	}
	send := func(es []Entity) {
		out := new(*batch)
		batches = append(batches, out)
		jobs <- job{es, out}
	}
	var some []Entity
	for e := range entities {
		if len(some) == batchSize {
			if ctx.Err() != nil {
				break
			}
			send(some)
			some = nil
		}
		some = append(some, e)
	}
	if len(some) > 0 {
		send(some)
	}
	close(jobs)
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	done := make([]*batch, len(batches))
	for i, b := range batches {
		if done[i] = *b; done[i].err != nil {
			return nil, done[i].err
		}
	}
	return done, nil
}

// assemble makes a segment of batches. Of entities with the same ID the last counts.
func assemble(batches []*batch) (*segment, error) {
	s := &segment{}
	if err := s.gather(batches); err != nil {
		return nil, err
	}
	names := sortNames(batches)
	s.addNames(names, batches)
	for _, b := range batches { // what is left is in the segment
		b.folded, b.names = nil, nil
	}
	s.addWords()
	var wg sync.WaitGroup
	wg.Go(func() { s.names.near.index(&s.names) })
	wg.Go(func() {
		s.names.index()
		s.raise()
		s.addInitials()
		s.words.near.index(&s.words)
		if s.entities() >= manyEntities {
			s.letters = make([]uint32, letterN)
			countLetters(s.letters, s, 0, s.names.size())
		}
	})
	wg.Wait()
	return s, nil
}

// gather concatenates the records and renumbers the batches' names.
func (s *segment) gather(batches []*batch) error {
	size, n := 0, 0
	for _, b := range batches {
		size += len(b.records)
		n += len(b.ends)
	}
	if uint64(size) >= derived {
		return errFull
	}
	s.records = make([]byte, 0, size)
	s.hot = make([]uint32, 0, 4*n+4)
	types := map[string]uint32{}
	for _, b := range batches {
		ord, base := uint32(len(s.hot)/4), uint32(len(s.records))
		s.records = append(s.records, b.records...)
		b.records = nil
		at := base
		for i, h := range b.hot {
			t, ok := types[h.typ]
			if !ok {
				t = uint32(len(s.types))
				if t > maxTypes {
					return errTypes
				}
				types[h.typ] = t
				s.types = append(s.types, h.typ)
			}
			s.hot = append(s.hot, at, math.Float32bits(h.weight), t<<16|h.country, h.audience)
			at = base + b.ends[i]
		}
		for i := range b.names {
			b.names[i].ord += ord
			b.names[i].at += base
		}
	}
	s.hot = append(s.hot, uint32(len(s.records)), 0, 0, 0)
	for _, t := range s.types {
		s.typeText = appendString(s.typeText, t)
	}
	s.hashIDs()
	return nil
}

func (s *segment) hashIDs() {
	n := tableSize(int(s.entities()))
	s.idHash = make([]uint32, n)
	for ord := range s.entities() {
		id := s.id(ord)
		i := hashBytes(id, 0) & uint64(n-1)
		for s.idHash[i] != 0 {
			if earlier := s.idHash[i] - 1; bytes.Equal(s.id(earlier), id) {
				s.doubles = append(s.doubles, earlier)
				break
			}
			i = (i + 1) & uint64(n-1)
		}
		s.idHash[i] = ord + 1
	}
}

// sortKey is a name to be sorted: the first eight bytes decide most comparisons.
type sortKey struct {
	first uint64
	batch uint32
	name  uint32
}

func (k sortKey) text(batches []*batch) []byte {
	b := batches[k.batch]
	n := &b.names[k.name]
	return b.folded[n.from : n.from+uint32(n.len)]
}

func firstBytes(s []byte) uint64 {
	var v [8]byte
	copy(v[:], s)
	return binary.BigEndian.Uint64(v[:])
}

// sortNames returns the names of the batches in the order of text, entity and kind.
func sortNames(batches []*batch) []sortKey {
	total := 0
	for _, b := range batches {
		total += len(b.names)
	}
	keys := make([]sortKey, total)
	if total < 1<<13 {
		keys = keys[:0]
		for i, b := range batches {
			for j, n := range b.names {
				keys = append(keys, sortKey{firstBytes(b.folded[n.from : n.from+uint32(n.len)]), uint32(i), uint32(j)})
			}
		}
		slices.SortFunc(keys, func(a, b sortKey) int { return compareNames(a, b, batches) })
		return keys
	}
	sortMany(keys, batches)
	return keys
}

// sortMany fills keys with the names in order, on all processors.
func sortMany(keys []sortKey, batches []*batch) {
	var count [1<<16 + 1]int
	for _, b := range batches {
		for _, n := range b.names {
			count[firstBytes(b.folded[n.from:n.from+uint32(n.len)])>>48+1]++
		}
	}
	for i := range 1 << 16 {
		count[i+1] += count[i]
	}
	begins := slices.Clone(count[:])
	for i, b := range batches {
		for j, n := range b.names {
			first := firstBytes(b.folded[n.from : n.from+uint32(n.len)])
			at := &count[first>>48]
			keys[*at] = sortKey{first, uint32(i), uint32(j)}
			*at++
		}
	}
	// Runs of buckets of about the same size are sorted on all processors.
	runs := make(chan []sortKey, 16)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for run := range runs {
				slices.SortFunc(run, func(a, b sortKey) int { return compareNames(a, b, batches) })
			}
		})
	}
	from := 0
	for i := 1; i <= 1<<16; i++ {
		if begins[i]-from >= 1<<14 || i == 1<<16 {
			runs <- keys[from:begins[i]]
			from = begins[i]
		}
	}
	close(runs)
	wg.Wait()
}

func compareNames(a, b sortKey, batches []*batch) int {
	if a.first != b.first {
		return cmp.Compare(a.first, b.first)
	}
	if c := bytes.Compare(a.text(batches), b.text(batches)); c != 0 {
		return c
	}
	x, y := &batches[a.batch].names[a.name], &batches[b.batch].names[b.name]
	return cmp.Or(cmp.Compare(x.ord, y.ord), cmp.Compare(x.kind, y.kind), cmp.Compare(x.at, y.at))
}

// addNames makes the dictionary of names and their entries from sorted names.
func (s *segment) addNames(sorted []sortKey, batches []*batch) {
	size := 0
	for _, b := range batches {
		size += len(b.folded)
	}
	d := &s.names
	d.text, d.off = make([]byte, 0, size), make([]uint32, 0, len(sorted)+1)
	s.entryOrd, s.entryName = make([]uint32, 0, len(sorted)), make([]uint32, 0, len(sorted))
	var last []byte
	for i, k := range sorted {
		t := k.text(batches)
		n := &batches[k.batch].names[k.name]
		switch {
		case i == 0 || !bytes.Equal(t, last):
			d.off = append(d.off, uint32(len(d.text)))
			d.text = append(d.text, t...)
			s.entryOff = append(s.entryOff, uint32(len(s.entryOrd)))
			last = t
		case s.entryOrd[len(s.entryOrd)-1] == n.ord:
			continue // the same name twice; the better kind is there
		}
		s.entryOrd = append(s.entryOrd, n.ord)
		s.entryName = append(s.entryName, n.at)
	}
	d.off = append(d.off, uint32(len(d.text)))
	s.entryOff = append(s.entryOff, uint32(len(s.entryOrd)))
	d.text, d.off, s.entryOff = trim(d.text), trim(d.off), trim(s.entryOff)
	s.entryOrd, s.entryName = trim(s.entryOrd), trim(s.entryName)
}

// trim gives back what a slice has too much.
func trim[T any](s []T) []T {
	if cap(s)-len(s) < len(s)/8 {
		return s
	}
	return append(make([]T, 0, len(s)), s...)
}

// tableSize is the size of a hash table for n keys: a power of two, at most two thirds
// full.
func tableSize(n int) int {
	size := 2
	for size*2 < n*3 {
		size *= 2
	}
	return size
}
