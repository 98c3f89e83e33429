package search

import (
	"context"
	"iter"
	"slices"
)

const (
	// tierRatio: a segment is at least so many times as large as the next one, so that
	// there are few of them and each entity is merged a few times.
	tierRatio = 4
	// inline is up to how many entities a writer merges itself; larger merges run in
	// the background.
	inline = 20_000
)

// living returns how many entities of a part are not gone.
func (p *part) living() int {
	if p.dead == nil {
		return int(p.entities())
	}
	return int(p.entities()) - p.dead.n
}

// Compact begins to rewrite the segments that still hold what was deleted or replaced,
// and returns: once that is done and the garbage collector has run, nothing of it is
// left in memory. Questions and writers go on meanwhile. [Stats.Gone] counts what is
// still to go. Rewriting costs what building does.
func (x *Index) Compact() {
	x.write.Lock()
	defer x.write.Unlock()
	x.wipe = true
	x.rewrite()
}

// rewrite starts what Compact wants unless segments are being merged, after which tidy
// comes here again. The caller holds write.
func (x *Index) rewrite() {
	if !x.wipe || x.merging > 0 || x.closed {
		return
	}
	x.wipe = false
	v := x.now.Load()
	first := slices.IndexFunc(v.parts, func(p part) bool { return p.dead != nil && p.dead.n > 0 })
	if first < 0 {
		return
	}
	x.merging = len(v.parts)
	x.workers.Go(func() { x.mergeBehind(v.parts[first:]) })
}

// tidy merges the newest segments as far as they are too many. The caller holds write.
func (x *Index) tidy() error {
	x.rewrite()
	v := x.now.Load()
	from, size := x.due(v)
	if from < 0 {
		return nil
	}
	if size <= inline {
		return x.merge(v.parts[from:])
	}
	if x.merging > 0 || x.closed {
		return nil
	}
	x.merging = len(v.parts)
	x.workers.Go(func() {
		x.mergeBehind(v.parts[from:])
	})
	return nil
}

// due returns from which part on merging is due, and how many entities that are; -1
// is none.
func (x *Index) due(v *view) (from, size int) {
	from = -1
	sum := 0
	for i := len(v.parts) - 1; i >= x.merging; i-- {
		p := &v.parts[i]
		n := p.living()
		if sum > 0 && n < sum*tierRatio || n < int(p.entities())/2 {
			from, size = i, sum+n
		}
		sum += n
	}
	return from, size
}

// all calls yield with the living entities of parts.
func all(parts []part) iter.Seq[Entity] {
	return func(yield func(Entity) bool) {
		for i := range parts {
			p := &parts[i]
			for ord := range p.entities() {
				if !p.dead.has(ord) && !yield(p.entityOf(ord)) {
					return
				}
			}
		}
	}
}

// merged returns one segment of the living entities of parts.
func merged(parts []part) (*segment, error) {
	batches, err := encodeAll(context.Background(), all(parts))
	if err != nil {
		return nil, err
	}
	return assemble(batches)
}

// merge replaces the last parts by one. The caller holds write.
func (x *Index) merge(last []part) error {
	s, err := merged(last)
	if err != nil {
		return err
	}
	v := x.now.Load()
	x.now.Store(v.replace(len(v.parts)-len(last), len(last), s, nil))
	return nil
}

// replace returns the view with n parts from at on replaced by a segment.
func (v *view) replace(at, n int, s *segment, dead *deadSet) *view {
	parts := append([]part(nil), v.parts[:at]...)
	if s.entities() > 0 {
		parts = append(parts, part{segment: s, slot: &slot{}, dead: dead})
	}
	return newView(append(parts, v.parts[at+n:]...), v.stats)
}

// mergeBehind replaces parts by one while the index goes on: what went meanwhile is
// marked as gone in the new segment.
func (x *Index) mergeBehind(old []part) {
	s, err := merged(old)
	x.write.Lock()
	defer x.write.Unlock()
	x.merging = 0
	if err != nil {
		return // they stay as they are
	}
	v := x.now.Load()
	at := 0
	for at < len(v.parts) && v.parts[at].segment != old[0].segment {
		at++
	}
	fresh := part{segment: s, slot: &slot{}}
	var gone []uint32
	for i := range old {
		for ord := range old[i].entities() {
			if v.parts[at+i].dead.has(ord) && !old[i].dead.has(ord) {
				if n, ok := s.find(old[i].id(ord)); ok {
					gone = append(gone, n)
				}
			}
		}
	}
	for _, ord := range gone {
		fresh.forget(ord, func(uint32) {})
	}
	next := v.replace(at, len(old), s, fresh.dead.with(s.entities(), gone))
	for i := range next.parts {
		if next.parts[i].segment == s {
			next.parts[i].slot = fresh.slot
		}
	}
	x.now.Store(next)
	_ = x.tidy() // what fails now is tried again with the next write
}
