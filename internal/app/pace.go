package app

import (
	"sync"
	"time"
)

// pace lets answers leave evenly, so that their time does not tell whom they are about
// (PTY-A26, PTY-A27). The work is the same for known and unknown people, statement by
// statement, but not to the last microsecond: a row that was there before lies on another
// page than one that is new. So an answer is held until all but the slowest of those
// before it would have been ready. Holding adds no information, on any machine and
// engine; what remains are the few answers that are later than that.
//
// Safe for concurrent use.
type pace struct {
	mu    sync.Mutex
	floor time.Duration
}

const (
	// evenly is the part of the answers that leave at the floor.
	evenly = 0.98
	// paceStep is how far one answer moves the floor, as a part of it.
	paceStep = 0.04
	// maxHeld bounds how long an answer is held. Whatever takes longer than that waits
	// for others, or for a disk, and differs by more than the work does.
	maxHeld = 5 * time.Millisecond
)

// hold waits until an answer may leave to a request that came at began. Only answers
// that took the whole work teach the floor: else repeating what was said, which is
// quick, would lower it for others.
func (p *pace) hold(began time.Time, whole bool) {
	took := time.Since(began)
	if wait := min(p.leaves(took, whole), maxHeld) - took; wait > 0 {
		sleep(wait)
	}
}

// leaves returns when an answer leaves that was ready after so long. The floor follows
// the quantile: it rises by a step where an answer was later, and falls by so much less
// where it was not that both are in balance there.
func (p *pace) leaves(took time.Duration, whole bool) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := max(p.floor, took)
	switch {
	case !whole:
	case p.floor == 0:
		p.floor = took
	case took > p.floor:
		p.floor += time.Duration(paceStep * evenly * float64(p.floor))
	default:
		p.floor -= time.Duration(paceStep * (1 - evenly) * float64(p.floor))
	}
	return at
}
