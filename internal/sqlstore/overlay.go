package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
)

// overlay is what the plans of one batch see: the store, and over it what the
// plans before them have decided. It implements party.Found. What the plans say
// they need is read for all of them together; anything else when it is asked for.
// All reads belong to the batch's transaction.
type overlay struct {
	ctx        context.Context
	w          *writer
	knownAs    *looked[keyring.LookupHash, []party.KnownAs]
	parties    *looked[habeas.PartyID, party.Party]
	merged     *looked[habeas.PartyID, habeas.PartyID] // into which
	tickets    *looked[habeas.TicketID, party.Ticket]
	idempotent *looked[keyring.LookupHash, party.Idempotent]
	newKeys    map[habeas.SubjectID]*keyring.Key
	err        error // the first failure of a read: nothing decided on it counts
}

func newOverlay(ctx context.Context, w *writer) *overlay {
	o := &overlay{ctx: ctx, w: w, newKeys: make(map[habeas.SubjectID]*keyring.Key)}
	o.knownAs = newLooked[keyring.LookupHash, []party.KnownAs](o, w.stmts.knownAs, func(rows *sql.Rows, into map[keyring.LookupHash][]party.KnownAs) error {
		found, err := scanKnownAs(rows, o.key)
		for _, k := range found {
			into[k.Hash] = append(into[k.Hash], k)
		}
		return err
	})
	o.parties = newLooked[habeas.PartyID](o, w.stmts.party, each(scanParty, func(p party.Party) habeas.PartyID { return p.ID }))
	o.merged = newLooked[habeas.PartyID, habeas.PartyID](o, w.stmts.merged, scanMerged)
	o.tickets = newLooked[habeas.TicketID](o, w.stmts.ticket, each(scanTicket, func(t party.Ticket) habeas.TicketID { return t.ID }))
	o.idempotent = newLooked[keyring.LookupHash](o, w.stmts.idempotent, each(scanIdempotent, func(i party.Idempotent) keyring.LookupHash { return i.Key }))
	return o
}

// looked is the rows of one table, by key, as far as the batch has looked for them.
type looked[K ~[16]byte, V any] struct {
	o    *overlay
	stmt *sql.Stmt // takes many keys at a time
	scan func(*sql.Rows, map[K]V) error
	held map[K]V
	seen map[K]bool // looked for, found or not
	want [][]byte   // to look for next
}

func newLooked[K ~[16]byte, V any](o *overlay, stmt *sql.Stmt, scan func(*sql.Rows, map[K]V) error) *looked[K, V] {
	return &looked[K, V]{o: o, stmt: stmt, scan: scan, held: make(map[K]V), seen: make(map[K]bool)}
}

// each scans rows that have a key of their own.
func each[K ~[16]byte, V any](scan func(row) (V, error), key func(V) K) func(*sql.Rows, map[K]V) error {
	return func(rows *sql.Rows, into map[K]V) error {
		found, err := collect(rows, nil, scan)
		for _, v := range found {
			into[key(v)] = v
		}
		return err
	}
}

// need marks a key to be read with others. The zero key stands for nothing.
func (l *looked[K, V]) need(k K) {
	if k != (K{}) && !l.seen[k] {
		l.seen[k] = true
		l.want = append(l.want, k[:])
	}
}

// read reads everything that is needed, many keys with one statement.
func (l *looked[K, V]) read() {
	for len(l.want) > 0 && l.o.err == nil {
		args, n := l.o.w.db.text.spread(l.want)
		l.want = l.want[n:]
		rows, err := l.stmt.QueryContext(l.o.ctx, args...)
		if err == nil {
			err = l.scan(rows, l.held)
		}
		l.o.err = err
	}
}

// get returns a row, reading it when it has not been looked for.
func (l *looked[K, V]) get(k K) (V, bool) {
	l.need(k)
	l.read()
	v, ok := l.held[k]
	return v, ok
}

// put overlays a row with what a plan has decided.
func (l *looked[K, V]) put(k K, v V) { l.seen[k], l.held[k] = true, v }

// prefetch reads what plans need: first under which addresses somebody is known,
// then the parties behind them. Where nobody is, the party that the plan would make
// is looked for instead, so that a known and an unknown address cost alike (PTY-A27).
func (o *overlay) prefetch(plans []party.Plan) {
	needs := make([]party.Needs, len(plans))
	for i, p := range plans {
		needs[i] = p.Needs()
		for _, h := range needs[i].Hashes {
			o.knownAs.need(h)
		}
		o.tickets.need(needs[i].Ticket)
		o.idempotent.need(needs[i].Idempotent)
	}
	o.knownAs.read()
	o.tickets.read()
	o.idempotent.read()
	for _, n := range needs {
		known := false
		for _, h := range n.Hashes {
			for _, k := range o.knownAs.held[h] {
				known = true
				o.parties.need(k.Party)
				o.merged.need(k.Party)
			}
		}
		if !known {
			o.parties.need(n.Party)
			o.merged.need(n.Party)
			if _, err := o.w.db.cfg.Keys.OpenSample(); err != nil {
				o.err = err
			}
		}
	}
	o.parties.read()
	o.merged.read()
}

// scanMerged reads which parties are merged into which.
func scanMerged(rows *sql.Rows, into map[habeas.PartyID]habeas.PartyID) error {
	found, err := collect(rows, nil, func(r row) (pair [2][]byte, err error) { return pair, r.Scan(&pair[0], &pair[1]) })
	for _, pair := range found {
		into[habeas.PartyID(pair[0])] = habeas.PartyID(pair[1])
	}
	return err
}

// decide lets a plan decide and takes its change into the overlay.
func (o *overlay) decide(p party.Plan) (c party.Change, err error) {
	defer func() { // a fault in one plan must not stop the writer for all
		if p := recover(); p != nil {
			c, err = party.Change{}, habeas.Internal(fmt.Errorf("plan panicked: %T", p))
		}
	}()
	if c, err = p.Decide(o); err != nil || o.err != nil {
		return party.Change{}, err // o.err fails the whole batch
	}
	if c.NewKey != nil {
		o.newKeys[c.NewKey.Subject()] = c.NewKey
	}
	if c.Insert != nil {
		o.parties.put(c.Insert.ID, *c.Insert)
	}
	if c.Update != nil {
		o.parties.put(c.Update.ID, *c.Update)
	}
	for _, k := range c.KnownAs {
		o.put(k)
	}
	if c.Ticket != nil {
		o.tickets.put(c.Ticket.ID, *c.Ticket)
	}
	if c.Idempotent != nil {
		o.idempotent.put(c.Idempotent.Key, *c.Idempotent)
	}
	return c, nil
}

func (o *overlay) put(k party.KnownAs) {
	rows := o.KnownAs(k.Hash)
	for i := range rows {
		if rows[i].Source == k.Source && rows[i].N == k.N {
			rows[i] = k
			return
		}
	}
	o.knownAs.put(k.Hash, append(rows, k))
}

// KnownAs implements party.Found.
func (o *overlay) KnownAs(h keyring.LookupHash) []party.KnownAs {
	rows, _ := o.knownAs.get(h)
	return rows
}

// Party implements party.Found.
func (o *overlay) Party(id habeas.PartyID) (party.Party, bool) { return o.parties.get(id) }

// Top implements party.Found.
func (o *overlay) Top(id habeas.PartyID) habeas.PartyID {
	for {
		next, ok := o.merged.get(id)
		if !ok {
			return id
		}
		id = next
	}
}

// Ticket implements party.Found.
func (o *overlay) Ticket(id habeas.TicketID) (party.Ticket, bool) { return o.tickets.get(id) }

// Idempotent implements party.Found.
func (o *overlay) Idempotent(key keyring.LookupHash) (party.Idempotent, bool) {
	return o.idempotent.get(key)
}

// key returns a party's key, among them those made by this batch.
func (o *overlay) key(id habeas.SubjectID) (*keyring.Key, error) {
	if k, ok := o.newKeys[id]; ok {
		return k, nil
	}
	return o.w.db.cfg.Keys.Key(o.ctx, id)
}

func scanIdempotent(r row) (party.Idempotent, error) {
	var i party.Idempotent
	var key, mark, answer []byte
	var at int64
	err := r.Scan(&key, &mark, &answer, &at)
	copy(i.Key[:], key)
	copy(i.Print[:], mark)
	copy(i.Answer[:], answer)
	i.At = time.UnixMilli(at).UTC()
	return i, err
}
