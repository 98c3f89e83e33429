package app

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
)

// Bounds of what is remembered for trying things out.
const (
	sandboxLife = 24 * time.Hour // after the last call of a system
	sandboxRows = 10_000         // per system; beyond, its sandbox begins anew
	sandboxes   = 64             // systems at a time; the longest unused makes way
)

// Sandbox answers systems that are only tried out: by the same rules as
// [SystemRecords], with references of the same kind, but from memory. It has no store,
// so there is nothing real that it could read or write, and what it was told is gone
// after a day without use, or when the server stops. It implements api.Records and is
// safe for concurrent use.
type Sandbox struct {
	keys    *ringKeys
	schemas *party.Schemas
	clock   habeas.Clock

	mu   sync.Mutex
	held map[habeas.SystemID]*sand
}

// NewSandbox returns a sandbox that remembers nothing yet.
func NewSandbox(keys *ringKeys, schemas *party.Schemas, clock habeas.Clock) *Sandbox {
	return &Sandbox{keys: keys, schemas: schemas, clock: clock, held: make(map[habeas.SystemID]*sand)}
}

// Schemas returns the data sets that the organisation keeps.
func (s *Sandbox) Schemas() *party.Schemas { return s.schemas }

// FindOrCreate answers as [SystemRecords.FindOrCreate] does.
func (s *Sandbox) FindOrCreate(_ context.Context, a habeas.Actor, in party.Assertion) (party.Reference, error) {
	in.Actor, in.Source = a, party.Source{Kind: party.FromSystem, System: a.System}
	if in.Consent != nil {
		return s.attach(a, in)
	}
	said, err := party.Prepare(in, s.schemas, s.keys, s.clock.Now())
	if err != nil {
		return party.Reference{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.of(a.System)
	change, err := said.Decide(held)
	if err != nil {
		return party.Reference{}, err
	}
	before, known := party.Values(nil), false
	if id, ok := held.behind(said.Answer); ok {
		known = true
		before = held.view(s, a, id, said.Answer)
	}
	held.apply(change)
	held.tell(s, a, said.Answer, before, known)
	return said.Answer, nil
}

// Ticket answers as [SystemRecords.Ticket] does.
func (s *Sandbox) Ticket(_ context.Context, a habeas.Actor, ref string) (party.Ticket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ticket(a, ref)
}

func (s *Sandbox) ticket(a habeas.Actor, ref string) (party.Ticket, error) {
	t, ok := s.of(a.System).tickets[party.TicketIDOf(s.keys, a.System, ref)]
	if !ok {
		return t, party.ErrNoTicket
	}
	return t, nil
}

// Tickets answers as [SystemRecords.Tickets] does.
func (s *Sandbox) Tickets(_ context.Context, a habeas.Actor, cursor string, limit int) ([]party.Ticket, string, error) {
	after, err := s.keys.openCursor(a.System, cursor)
	if err != nil {
		return nil, "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []party.Ticket
	for _, t := range s.of(a.System).tickets {
		if byMark(after, t.Mark()) < 0 {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(x, y party.Ticket) int { return byMark(x.Mark(), y.Mark()) })
	list, next := s.keys.cut(a.System, list, limit)
	return list, next, nil
}

func byMark(a, b party.TicketMark) int {
	if c := a.At.Compare(b.At); c != 0 {
		return c
	}
	return bytes.Compare(a.ID[:], b.ID[:])
}

// CancelTicket answers as [SystemRecords.CancelTicket] does.
func (s *Sandbox) CancelTicket(_ context.Context, a habeas.Actor, ref string, version int64, match party.TicketMatch) (party.Ticket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was, err := s.ticket(a, ref)
	if err != nil {
		return was, err
	}
	if err := match.Check(was, true); err != nil {
		return was, err
	}
	is, _, err := was.Cancel(version, s.clock.Now().Truncate(time.Millisecond))
	if err == nil {
		s.of(a.System).tickets[is.ID] = is
	}
	return is, err
}

// of returns what one system has said, and forgets what nobody has asked for lately.
func (s *Sandbox) of(system habeas.SystemID) *sand {
	now := s.clock.Now()
	var oldest habeas.SystemID
	for id, w := range s.held {
		if now.Sub(w.used) >= sandboxLife {
			delete(s.held, id)
		} else if oldest.IsZero() || w.used.Before(s.held[oldest].used) {
			oldest = id
		}
	}
	w := s.held[system]
	if w == nil && len(s.held) >= sandboxes {
		delete(s.held, oldest)
	}
	if w == nil || w.rows() >= sandboxRows {
		w = newSand()
		s.held[system] = w
	}
	w.used = now
	return w
}

// sand is what one system has said in its sandbox. It implements party.Found.
type sand struct {
	used       time.Time
	count      int // statements
	knownAs    map[keyring.LookupHash][]party.KnownAs
	parties    map[habeas.PartyID]party.Party
	said       map[habeas.PartyID][]party.Statement
	tickets    map[habeas.TicketID]party.Ticket
	idempotent map[keyring.LookupHash]party.Idempotent
	news       []party.News
	epoch      [8]byte // names the place before the first of them
}

func newSand() *sand {
	id := party.NewNewsID()
	return &sand{
		epoch:   [8]byte(id[:8]),
		knownAs: make(map[keyring.LookupHash][]party.KnownAs), parties: make(map[habeas.PartyID]party.Party),
		said:    make(map[habeas.PartyID][]party.Statement),
		tickets: make(map[habeas.TicketID]party.Ticket), idempotent: make(map[keyring.LookupHash]party.Idempotent),
	}
}

func (w *sand) rows() int {
	return w.count + len(w.knownAs) + len(w.tickets) + len(w.idempotent) + len(w.news)
}

// KnownAs implements party.Found.
func (w *sand) KnownAs(h keyring.LookupHash) []party.KnownAs { return w.knownAs[h] }

// Party implements party.Found.
func (w *sand) Party(id habeas.PartyID) (party.Party, bool) {
	p, ok := w.parties[id]
	return p, ok
}

// Top implements party.Found: in a sandbox nobody merges.
func (w *sand) Top(id habeas.PartyID) habeas.PartyID { return id }

// Ticket implements party.Found.
func (w *sand) Ticket(id habeas.TicketID) (party.Ticket, bool) {
	t, ok := w.tickets[id]
	return t, ok
}

// Idempotent implements party.Found.
func (w *sand) Idempotent(key keyring.LookupHash) (party.Idempotent, bool) {
	i, ok := w.idempotent[key]
	return i, ok
}

// apply takes in what a call changes.
func (w *sand) apply(c party.Change) {
	if c.Empty() {
		return
	}
	for _, p := range []*party.Party{c.Insert, c.Update} {
		if p != nil {
			w.parties[p.ID] = *p
		}
	}
	if s := c.Statement; s != nil {
		w.said[s.Party] = append(w.said[s.Party], *s)
		w.count++
	}
	for _, k := range c.KnownAs {
		rows := w.knownAs[k.Hash]
		at := slices.IndexFunc(rows, func(was party.KnownAs) bool { return was.Source == k.Source && was.N == k.N })
		if at < 0 {
			w.knownAs[k.Hash] = append(rows, k)
			continue
		}
		rows[at] = k
	}
	if t := c.Ticket; t != nil {
		is := *t
		is.At = is.At.Truncate(time.Millisecond) // as a store would
		w.tickets[is.ID] = is
	}
	if i := c.Idempotent; i != nil {
		w.idempotent[i.Key] = *i
	}
}
