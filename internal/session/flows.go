package session

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/habeas-data/habeas"
)

// Bounds of the open sessions.
const (
	// IdleTime is how long a session waits for the next transaction before it counts as
	// abandoned, and its sealed values are wiped.
	IdleTime = 30 * time.Minute
	// LongestTime is how long a session lasts at most.
	LongestTime = 12 * time.Hour
	// MaxOpen is how many sessions are open at most; for one more, another is given up.
	MaxOpen = 10_000
)

// Key ties the requests of a flow together while it lasts: the hash of a cookie that the
// browser has anyway. It is kept in memory only and never written.
type Key [32]byte

// Flows are the open sessions of a server. It is safe for concurrent use.
type Flows struct {
	sink   Sink
	clock  habeas.Clock
	sealed atomic.Int64 // bytes of protected memory that the open sessions took

	mu   sync.Mutex
	open map[Key]*running
}

type running struct {
	log  *Log
	last time.Time
}

// NewFlows returns an empty set whose sessions write to sink.
func NewFlows(sink Sink, clock habeas.Clock) *Flows {
	return &Flows{sink: sink, clock: clock, open: map[Key]*running{}}
}

// Start returns the open session of a key if the same flow runs in it, else begins one;
// what else was open for the key is abandoned. The session of a zero key is nobody's until
// Tie; its caller closes it.
func (f *Flows) Start(key Key, flow string) *Log {
	if key != (Key{}) {
		if l := f.Continue(key); l != nil {
			if l.Flow() == constant(flow) {
				return l
			}
			f.End(key, Abandoned)
		}
	}
	l := Open(context.Background(), Options{Flow: flow, Sink: f.sink, Clock: f.clock})
	l.shared = &f.sealed
	if key != (Key{}) {
		f.Tie(key, l)
	}
	return l
}

// Tie gives a session to a key. What was open for the key is abandoned.
func (f *Flows) Tie(key Key, l *Log) {
	var gone []*Log
	f.mu.Lock()
	if old := f.open[key]; old != nil && old.log != l {
		gone = append(gone, old.log)
	}
	if len(f.open) >= MaxOpen {
		for other, r := range f.open { // some: whoever floods the server has most of them
			gone = append(gone, r.log)
			delete(f.open, other)
			break
		}
	}
	f.open[key] = &running{l, f.clock.Now()}
	f.mu.Unlock()
	closeAll(gone, Abandoned)
}

// Continue returns the open session of a key, or nil.
func (f *Flows) Continue(key Key) *Log {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.open[key]
	if r == nil {
		return nil
	}
	r.last = f.clock.Now()
	return r.log
}

// End closes the session of a key, if one is open.
func (f *Flows) End(key Key, o Outcome) {
	f.mu.Lock()
	r := f.open[key]
	delete(f.open, key)
	f.mu.Unlock()
	if r != nil {
		r.log.Close(o)
	}
}

// Sweep closes the sessions for which nothing more comes.
func (f *Flows) Sweep() {
	now := f.clock.Now()
	var gone []*Log
	f.mu.Lock()
	for key, r := range f.open {
		if now.Sub(r.last) >= IdleTime || now.Sub(r.log.begun) >= LongestTime {
			gone = append(gone, r.log)
			delete(f.open, key)
		}
	}
	f.mu.Unlock()
	closeAll(gone, Abandoned)
}

// Close closes all of them, because the server stops.
func (f *Flows) Close() {
	var gone []*Log
	f.mu.Lock()
	for _, r := range f.open {
		gone = append(gone, r.log)
	}
	clear(f.open)
	f.mu.Unlock()
	closeAll(gone, Interrupted)
}

// closeAll closes logs outside of the lock: wiping waits for whoever uses a value.
func closeAll(logs []*Log, o Outcome) {
	for _, l := range logs {
		l.Close(o)
	}
}
