package app

import (
	"context"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Ticket returns the state of one of the system's own tickets.
func (r *SystemRecords) Ticket(ctx context.Context, a habeas.Actor, ref string) (party.Ticket, error) {
	return ownTicket(ctx, r.db.Records(), party.TicketIDOf(r.keys, a.System, ref))
}

// Tickets lists the system's own tickets from a place in the list: the longest
// unchanged first. next is where to go on, empty at the end.
func (r *SystemRecords) Tickets(ctx context.Context, a habeas.Actor, cursor string, limit int) (page []party.Ticket, next string, err error) {
	after, err := r.keys.openCursor(a.System, cursor)
	if err != nil {
		return nil, "", err
	}
	page, err = r.db.Records().TicketsOf(ctx, a.System, after, limit+1)
	if err != nil {
		return nil, "", err
	}
	page, next = r.keys.cut(a.System, page, limit)
	return page, next, nil
}

// CancelTicket cancels one of the system's own tickets, when match takes it as it
// stands (nil takes any). Version zero cancels it in the version it has. Doing it twice
// is the same as once.
func (r *SystemRecords) CancelTicket(ctx context.Context, a habeas.Actor, ref string, version int64, match party.TicketMatch) (is party.Ticket, err error) {
	id, now := party.TicketIDOf(r.keys, a.System, ref), r.clock.Now()
	entry := audit.Entry{
		ID: habeas.NewID[habeas.EventKind](now), Event: audit.TicketChanged, Actor: a, At: now,
		Detail: map[string]string{"ticket": id.String(), "state": string(party.TicketCancelled)},
	}
	err = r.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		was, err := ownTicket(ctx, tx.Records().Records, id)
		if err != nil {
			return err
		}
		if err := match.Check(was, true); err != nil {
			return err
		}
		var changed bool
		if is, changed, err = was.Cancel(version, now); err != nil || !changed {
			return err
		}
		return tx.Records().ChangeTicket(is, entry)
	})
	return is, err
}

// ownTicket reads a ticket by the keyed hash of the system and its number, so no
// system can name another one's.
func ownTicket(ctx context.Context, records sqlstore.Records, id habeas.TicketID) (party.Ticket, error) {
	found, err := records.Tickets(ctx, []habeas.TicketID{id})
	if err != nil {
		return party.Ticket{}, err
	}
	t, ok := found[id]
	if !ok {
		return t, party.ErrNoTicket
	}
	return t, nil
}

// errCursor is one answer to everything that is no cursor of this system's.
var errCursor = habeas.Invalid("cursor", "This is not a cursor that this list returned. Begin without one.").WithCode("cursor.invalid")

// markSize is a place in the list in bytes: milliseconds and an identifier.
const markSize = 8 + 16

// cursors encrypts and authenticates places in lists, so that a cursor shows neither
// a time nor an identifier and nobody can make one up.
func (k *ringKeys) cursors() cipher.AEAD { return k.AEAD("cursor") }

// cursor writes a place in a system's list of tickets.
func (k *ringKeys) cursor(system habeas.SystemID, m party.TicketMark) string {
	var plain [markSize]byte
	binary.BigEndian.PutUint64(plain[:8], uint64(m.At.UnixMilli()))
	copy(plain[8:], m.ID[:])
	return base64.RawURLEncoding.EncodeToString(k.cursors().Seal(nil, nil, plain[:], []byte("tickets/"+system.String())))
}

// openCursor reads what cursor wrote for the same system; the empty text is the start.
func (k *ringKeys) openCursor(system habeas.SystemID, text string) (m party.TicketMark, err error) {
	if text == "" {
		return m, nil
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(sealed) > 200 {
		return m, errCursor
	}
	plain, err := k.cursors().Open(nil, nil, sealed, []byte("tickets/"+system.String()))
	if err != nil || len(plain) != markSize {
		return m, errCursor
	}
	m.At = time.UnixMilli(int64(binary.BigEndian.Uint64(plain[:8]))).UTC()
	copy(m.ID[:], plain[8:])
	return m, nil
}

// cut keeps limit tickets of a list that was read one further, and says where to go on.
func (k *ringKeys) cut(system habeas.SystemID, list []party.Ticket, limit int) ([]party.Ticket, string) {
	if len(list) <= limit {
		return list, ""
	}
	return list[:limit], k.cursor(system, list[limit-1].Mark())
}
