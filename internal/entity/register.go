package entity

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sort"
	"sync"
)

// register finds the entity that another registry's identifier names. It is a sorted table
// of digests, 24 bytes each, and what has changed since. It is safe for concurrent use.
type register struct {
	mu    sync.RWMutex
	table []byte        // entries, sorted; a zero entity is gone
	since map[digest]ID // zero: gone
}

// digest stands for an identifier: half of a SHA-256, so that nobody finds two alike.
type digest [16]byte

const entrySize = len(digest{}) + 8

type entry struct {
	digest
	id ID
}

func digestOf(x External) digest {
	sum := sha256.Sum256([]byte(x.Scheme + "\x00" + x.Value))
	return digest(sum[:len(digest{})])
}

func (r *register) at(i int) entry {
	b := r.table[i*entrySize:]
	return entry{digest(b[:16]), ID(binary.LittleEndian.Uint64(b[16:]))}
}

func (r *register) size() int { return len(r.table) / entrySize }

// find returns the entity, or zero.
func (r *register) find(x External) ID {
	d := digestOf(x)
	r.mu.RLock()
	defer r.mu.RUnlock()
	if id, ok := r.since[d]; ok {
		return id
	}
	i := sort.Search(r.size(), func(i int) bool {
		return bytes.Compare(r.table[i*entrySize:i*entrySize+16], d[:]) >= 0
	})
	if i < r.size() {
		if e := r.at(i); e.digest == d {
			return e.id
		}
	}
	return 0
}

// of returns what is there of some entities.
func (r *register) of(ids map[ID]bool) map[ID][]digest {
	r.mu.RLock()
	defer r.mu.RUnlock()
	out := map[ID][]digest{}
	for d, id := range r.since {
		if ids[id] {
			out[id] = append(out[id], d)
		}
	}
	for i := range r.size() {
		e := r.at(i)
		if _, changed := r.since[e.digest]; !changed && ids[e.id] {
			out[e.id] = append(out[e.id], e.digest)
		}
	}
	return out
}

// change strikes identifiers and then enters others.
func (r *register) change(gone []digest, come []entry) {
	if len(gone)+len(come) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.since == nil {
		r.since = map[digest]ID{}
	}
	for _, d := range gone {
		r.since[d] = 0
	}
	for _, e := range come {
		r.since[e.digest] = e.id
	}
	if len(r.since) > 4096+r.size()/8 {
		r.table, r.since = r.merged(), nil
	}
}

// merged returns the table with what has changed. The caller holds mu.
func (r *register) merged() []byte {
	all := make([]entry, 0, r.size()+len(r.since))
	for d, id := range r.since {
		if id != 0 {
			all = append(all, entry{d, id})
		}
	}
	for i := range r.size() {
		e := r.at(i)
		if _, changed := r.since[e.digest]; !changed {
			all = append(all, e)
		}
	}
	return tableOf(all)
}

func tableOf(all []entry) []byte {
	slices.SortFunc(all, func(a, b entry) int { return bytes.Compare(a.digest[:], b.digest[:]) })
	out := make([]byte, 0, len(all)*entrySize)
	for _, e := range all {
		out = binary.LittleEndian.AppendUint64(append(out, e.digest[:]...), uint64(e.id))
	}
	return out
}

// saved returns the whole table.
func (r *register) saved() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.since) > 0 {
		r.table, r.since = r.merged(), nil
	}
	return r.table
}
