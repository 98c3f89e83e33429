package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
)

// overlay is what the plans of one batch see: the store, and over it what the
// plans before them have decided. It implements party.Found. Only the writer
// writes, so reads before BEGIN are as good as reads after it.
type overlay struct {
	ctx        context.Context
	w          *writer
	knownAs    map[keyring.LookupHash][]party.KnownAs
	parties    map[habeas.PartyID]party.Party
	tickets    map[habeas.TicketID]party.Ticket
	idempotent map[keyring.LookupHash]party.Idempotent
	newKeys    map[habeas.SubjectID]*keyring.Key
	err        error // the first failure of a read: nothing decided on it counts
}

func newOverlay(ctx context.Context, w *writer) *overlay {
	return &overlay{
		ctx: ctx, w: w,
		knownAs:    make(map[keyring.LookupHash][]party.KnownAs),
		parties:    make(map[habeas.PartyID]party.Party),
		tickets:    make(map[habeas.TicketID]party.Ticket),
		idempotent: make(map[keyring.LookupHash]party.Idempotent),
		newKeys:    make(map[habeas.SubjectID]*keyring.Key),
	}
}

// decide lets a plan decide and takes its change into the overlay.
func (o *overlay) decide(p party.Plan) (party.Change, error) {
	c, err := p.Decide(o)
	if err != nil || o.err != nil {
		return party.Change{}, errors.Join(err, o.err)
	}
	if c.NewKey != nil {
		o.newKeys[c.NewKey.Subject()] = c.NewKey
	}
	if c.Insert != nil {
		o.parties[c.Insert.ID] = *c.Insert
	}
	if c.Update != nil {
		o.parties[c.Update.ID] = *c.Update
	}
	for _, k := range c.KnownAs {
		o.put(k)
	}
	if c.Ticket != nil {
		o.tickets[c.Ticket.ID] = *c.Ticket
	}
	if c.Idempotent != nil {
		o.idempotent[c.Idempotent.Key] = *c.Idempotent
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
	o.knownAs[k.Hash] = append(rows, k)
}

func (o *overlay) fail(err error) {
	if o.err == nil {
		o.err = err
	}
}

// KnownAs implements party.Found.
func (o *overlay) KnownAs(h keyring.LookupHash) []party.KnownAs {
	if rows, ok := o.knownAs[h]; ok {
		return rows
	}
	found, err := o.w.stmts.knownAs.QueryContext(o.ctx, h[:])
	if err != nil {
		o.fail(err)
		return nil
	}
	rows, err := scanKnownAs(found, h, o.key)
	if err != nil {
		o.fail(err)
	}
	o.knownAs[h] = rows
	return rows
}

// key returns a party's key, among them those made by this batch.
func (o *overlay) key(id habeas.SubjectID) (*keyring.Key, error) {
	if k, ok := o.newKeys[id]; ok {
		return k, nil
	}
	return o.w.db.cfg.Keys.Key(o.ctx, id)
}

// Party implements party.Found.
func (o *overlay) Party(id habeas.PartyID) (party.Party, bool) {
	if p, ok := o.parties[id]; ok {
		return p, true
	}
	p, err := scanParty(o.w.stmts.party.QueryRowContext(o.ctx, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return p, false
	}
	if err != nil {
		o.fail(err)
	}
	o.parties[id] = p
	return p, err == nil
}

// Ticket implements party.Found.
func (o *overlay) Ticket(id habeas.TicketID) (party.Ticket, bool) {
	if t, ok := o.tickets[id]; ok {
		return t, true
	}
	t, err := scanTicket(o.w.stmts.ticket.QueryRowContext(o.ctx, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return t, false
	}
	if err != nil {
		o.fail(err)
	}
	return t, err == nil
}

// Idempotent implements party.Found.
func (o *overlay) Idempotent(key keyring.LookupHash) (party.Idempotent, bool) {
	if i, ok := o.idempotent[key]; ok {
		return i, true
	}
	i := party.Idempotent{Key: key}
	var print, answer []byte
	var at int64
	err := o.w.stmts.idempotent.QueryRowContext(o.ctx, key[:]).Scan(&print, &answer, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return i, false
	}
	if err != nil {
		o.fail(err)
		return i, false
	}
	copy(i.Print[:], print)
	copy(i.Answer[:], answer)
	i.At = time.UnixMilli(at).UTC()
	return i, true
}
