package link

import "sync"

// postings tells for each key which rows have it. Its shards have locks of their own,
// held for as long as it takes to look up or to append; what list returns may be read
// without one. Most keys are of one row: those cost one entry of a table and no list.
type postings struct {
	shards [postingShards]postingShard
}

const postingShards = 256

type postingShard struct {
	mu    sync.RWMutex
	table []posting // open addressing
	used  int       // entries with a key, also of keys without rows
	lists [][]int32
	free  []int32 // lists that are not in use
}

// posting is one key: key 0 is a free entry.
type posting struct {
	key uint64
	// row is of the only row, or ^ of a list, or noRow.
	row int32
}

const noRow int32 = -1 << 31

func (p *postings) shard(key uint64) *postingShard { return &p.shards[key>>56] }

// find returns the entry of a key, or the free one where it would be.
func (s *postingShard) find(key uint64) *posting {
	mask := uint64(len(s.table) - 1)
	at := key & mask
	for s.table[at].key != key && s.table[at].key != 0 {
		at = (at + 1) & mask
	}
	return &s.table[at]
}

// list returns the rows that have a key. The slice stays as it is whatever is written
// later; it is one when there is a single row.
func (p *postings) list(key uint64, one []int32) []int32 {
	s := p.shard(key)
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(s.table) == 0 {
		return nil
	}
	switch e := s.find(key); {
	case e.key == 0 || e.row == noRow:
		return nil
	case e.row >= 0:
		one[0] = e.row
		return one
	default:
		return s.lists[^e.row]
	}
}

// add puts a row under a key.
func (p *postings) add(key uint64, row int32) {
	s := p.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.table) == 0 || s.used*4 >= len(s.table)*3 {
		s.grow()
	}
	e := s.find(key)
	switch {
	case e.key == 0:
		*e = posting{key, row}
		s.used++
	case e.row == noRow:
		e.row = row
	case e.row >= 0:
		e.row = ^s.newList([]int32{e.row, row})
	default:
		s.lists[^e.row] = append(s.lists[^e.row], row)
	}
}

func (s *postingShard) newList(l []int32) int32 {
	if n := len(s.free); n > 0 {
		at := s.free[n-1]
		s.free = s.free[:n-1]
		s.lists[at] = l
		return at
	}
	s.lists = append(s.lists, l)
	return int32(len(s.lists) - 1)
}

// remove takes a row from a key. Lists are copied, not changed: somebody may be reading.
func (p *postings) remove(key uint64, row int32) {
	s := p.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.table) == 0 {
		return
	}
	e := s.find(key)
	switch {
	case e.key == 0 || e.row == noRow:
	case e.row >= 0:
		if e.row == row {
			e.row = noRow
		}
	default:
		old := s.lists[^e.row]
		left := make([]int32, 0, len(old))
		for _, r := range old {
			if r != row {
				left = append(left, r)
			}
		}
		if len(left) > 1 {
			s.lists[^e.row] = left
			return
		}
		s.lists[^e.row] = nil
		s.free = append(s.free, ^e.row)
		e.row = noRow
		if len(left) == 1 {
			e.row = left[0]
		}
	}
}

// grow makes room and forgets keys without rows.
func (s *postingShard) grow() {
	old, n := s.table, 0
	for i := range old {
		if old[i].key != 0 && old[i].row != noRow {
			n++
		}
	}
	size := 16
	for size < 2*n {
		size *= 2
	}
	s.table, s.used = make([]posting, size), n
	for _, e := range old {
		if e.key != 0 && e.row != noRow {
			*s.find(e.key) = e
		}
	}
}
