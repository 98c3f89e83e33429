package session

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/scrub"
	"github.com/habeas-data/habeas/sealed"
)

// Sink takes finished lines. It does not block, and keeps no line that it cannot take.
type Sink interface{ Put(Line) }

// Options say what a session is opened with.
type Options struct {
	Flow  string // name of the flow that begins
	Sink  Sink
	Clock habeas.Clock
}

// Log is the log of one session while it lasts. It owns the session's sealed values and
// its scrubber. It may be used by several goroutines at once.
type Log struct {
	sink   Sink
	clock  habeas.Clock
	sealed *sealed.Session
	clean  *cleaner

	mu    sync.Mutex
	head  Line // what every line begins with
	begun time.Time
	n     int
	vars  map[string]sealed.Value // the zero Value stands for one that is not sealed
	//sealcheck:allow compare a handle that the scrubber knows, not what it holds
	known  map[sealed.Value]bool
	last   Outcome
	closed bool
	spent  int64         // bytes of protected memory that Seal took
	shared *atomic.Int64 // what all open sessions took, or nil
}

// Bounds of protected memory, which the server needs for other things, too: a flood of
// long texts must not take it away.
const (
	maxSealed    = 256 << 10 // of one session
	maxSealedAll = 16 << 20  // of all open sessions of Flows
	slotBytes    = 128       // what a value costs beside its bytes, about
)

// coarse is how exactly the beginning of a session is written.
const coarse = 10 * time.Minute

// Open begins a session. Its sealed values last until Close, or until ctx ends.
func Open(ctx context.Context, o Options) *Log {
	now := o.Clock.Now().UTC()
	return &Log{
		sink: o.Sink, clock: o.Clock, sealed: sealed.Open(ctx), clean: newCleaner(), begun: now,
		head: Line{Version: version, Session: newID(now), Flow: constant(o.Flow), Begun: now.Truncate(coarse)},
		vars: map[string]sealed.Value{},
		//sealcheck:allow compare handles, as above
		known: map[sealed.Value]bool{},
	}
}

// newID is a random name that begins with the day, which the file has in its name anyway:
// so one session is found without reading all files.
func newID(now time.Time) string {
	return now.Format(idDay) + "-" + strings.ToLower(rand.Text()[:10])
}

const idDay = "060102"

// ID names the session.
func (l *Log) ID() string { return l.head.Session }

// Flow is the name of the flow that began the session.
func (l *Log) Flow() string { return l.head.Flow }

// Seal seals b in the session, clears it, and makes it known to the scrubber. When it
// cannot be sealed (see sealed.Session.Seal), the session writes no free text any more,
// because the value could stand in it. So it is when the session, or all of a server's,
// hold more than their share of the protected memory: sealed.ErrFull.
func (l *Log) Seal(label string, b []byte) (sealed.Value, error) {
	if !l.take(int64(len(b)) + slotBytes) {
		clear(b)
		l.clean.blind.Store(true)
		return sealed.Value{}, sealed.ErrFull
	}
	v, err := l.sealed.Seal(label, b)
	if err != nil {
		l.clean.blind.Store(true)
		return v, err
	}
	l.Know(v)
	return v, nil
}

// take accounts for protected memory, which Close gives back.
func (l *Log) take(n int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.spent+n > maxSealed {
		return false
	}
	if l.shared != nil && l.shared.Add(n) > maxSealedAll {
		l.shared.Add(-n)
		return false
	}
	l.spent += n
	return true
}

// Store is the session's store of named values. What is in it when a transaction ends is
// known to the scrubber.
func (l *Log) Store() *sealed.Store { return l.sealed.Store() }

// Know makes a value that is sealed elsewhere known to the session's scrubber. One with
// fewer than three letters and digits cannot be: it would be found everywhere.
func (l *Log) Know(v sealed.Value) {
	l.mu.Lock()
	done := l.known[v]
	l.known[v] = true
	l.mu.Unlock()
	if done {
		return
	}
	if err := l.clean.known.Know(v.Label(), v); err != nil && !errors.Is(err, scrub.ErrShort) {
		l.clean.blind.Store(true)
	}
}

// Variable returns a sealed variable that the session holds.
func (l *Log) Variable(name string) (sealed.Value, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v, ok := l.vars[name]
	return v, ok && !v.IsZero()
}

// Begin begins a transaction.
func (l *Log) Begin() *Transaction {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n++
	return &Transaction{log: l, n: l.n}
}

// Close ends the session: it wipes the sealed values and forgets the scrubber's key. An
// empty outcome leaves that of the last transaction. It may be called more than once.
func (l *Log) Close(o Outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.closed = true
	if o == "" {
		o = l.last
	}
	line := l.head
	line.After, line.Outcome, line.End = l.after(), o, true
	l.sink.Put(line)
	l.clean.blind.Store(true) // what comes later is not checked against anything
	l.sealed.Close()
	if l.shared != nil {
		l.shared.Add(-l.spent)
	}
	l.clean.known.Close()
	l.clean.forms.Close()
}

// after is how many whole seconds the session has lasted.
func (l *Log) after() int {
	return max(0, int(l.clock.Now().Sub(l.begun)/time.Second)) // the clock may have been set back
}

// write finishes a transaction's line: from here on it holds nothing that was not scrubbed.
func (l *Log) write(t *Transaction, events []Event) {
	for _, v := range secrets(l.Store()) {
		l.Know(v)
	}
	for i := range events {
		l.clean.event(&events[i])
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return // its scrubber has forgotten what it knew
	}
	line := l.head
	line.N, line.After, line.Events, line.Left = t.n, l.after(), events, t.left
	line.Outcome, line.Reference = t.outcome, constant(t.reference)
	if t.outcome != "" {
		l.last = t.outcome
	}
	l.sink.Put(line)
}

// changed notes that a variable has a value, and says what kind of change that is.
func (l *Log) changed(name string, v any) Change {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, had := l.vars[name]
	secret, _ := v.(sealed.Value)
	l.vars[name] = secret
	if had {
		return Update
	}
	return Initialization
}

func (l *Log) forget(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.vars, name)
}

// jsonOf is a value in JSON. What has no JSON form is not shown at all.
func jsonOf(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		return sealed.Untraceable("value")
	}
	return b
}
