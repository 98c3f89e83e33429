package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
)

// querier is what reads share between the pool and the writer's connection.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

type row interface{ Scan(dest ...any) error }

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// nullID stores a zero ID as NULL.
func nullID[K habeas.Kind](id habeas.ID[K]) any {
	if id.IsZero() {
		return nil
	}
	return id[:]
}

func scanParty(r row) (party.Party, error) {
	var p party.Party
	var id, account []byte
	var claimed, restrained int64
	var opened string
	if err := r.Scan(&id, &p.Kind, &p.State, &account, &claimed, &p.Review, &opened, &p.Blocked, &p.Stub, &p.Cleared, &p.Version, &p.Restraint, &restrained); err != nil {
		return p, err
	}
	copy(p.ID[:], id)
	copy(p.Account[:], account)
	p.ClaimedAt, p.RestrainedAt = moment(claimed), moment(restrained)
	p.Opened = splitList(opened)
	return p, nil
}

func partyArgs(p party.Party) []any {
	return []any{
		p.ID[:], string(p.Kind), string(p.State), nullID(p.Account), millis(p.ClaimedAt), string(p.Review),
		joinList(p.Opened), p.Blocked, p.Stub, p.Cleared, p.Version,
		string(p.Restraint), millis(p.RestrainedAt),
	}
}

func (tx *Tx) insertParty(p party.Party) error {
	_, err := tx.w.stmts.insertParty.ExecContext(tx.ctx, partyArgs(p)...)
	return err
}

func (tx *Tx) updateParty(p party.Party) error {
	return exactlyOne(tx.w.stmts.updateParty.ExecContext(tx.ctx, partyArgs(p)...))
}

func scanTicket(r row) (party.Ticket, error) {
	var t party.Ticket
	var id, system []byte
	var at int64
	if err := r.Scan(&id, &system, &t.Version, &t.State, &at); err != nil {
		return t, err
	}
	copy(t.ID[:], id)
	copy(t.System[:], system)
	t.At = moment(at)
	return t, nil
}

func ticketPlace(id habeas.TicketID) string { return "ticket/" + string(id[:]) }

func ticketArgs(t party.Ticket, keys *keyring.Ring) []any {
	var sealed any // a change that does not name the ticket leaves its number as it is
	if t.Ref != "" {
		sealed = keys.House().Seal(ticketPlace(t.ID), []byte(t.Ref))
	}
	return []any{t.ID[:], t.System[:], t.Version, string(t.State), millis(t.At), sealed}
}

func (tx *Tx) putTicket(t party.Ticket) error {
	_, err := tx.w.stmts.putTicket.ExecContext(tx.ctx, ticketArgs(t, tx.w.db.cfg.Keys)...)
	return err
}

// sealedStatement is the personal part of a statement.
type sealedStatement struct {
	Occ      party.Occasion `json:"o,omitzero"`
	External string         `json:"x,omitempty"`
	Values   party.Values   `json:"v"`
	Before   party.Before   `json:"w,omitzero"`
	Pass     habeas.PassID  `json:"p,omitzero"`
	Ref      string         `json:"r,omitempty"` // as the system knows it
}

func statementPlace(p habeas.PartyID, id habeas.StatementID) string {
	return "statement/" + string(p[:]) + string(id[:])
}

func statementArgs(s party.Statement, key *keyring.Key) ([]any, error) {
	in := sealedStatement{Occ: s.Occ, External: s.External, Values: s.Values, Before: s.Before, Pass: s.Pass}
	if !s.Ref.IsZero() {
		in.Ref = s.Ref.String()
	}
	text, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	source := s.Source.Account[:]
	switch s.Source.Kind {
	case party.FromSystem:
		source = s.Source.System[:]
	case party.FromImport:
		source = s.Source.Import[:]
	case party.FromStaff, party.FromSelf, party.FromGuardian:
	}
	return []any{s.Party[:], s.ID[:], int64(s.Source.Kind), source, nullID(s.Ticket), key.Seal(statementPlace(s.Party, s.ID), text)}, nil
}

func (tx *Tx) insertStatement(s party.Statement, key *keyring.Key) error {
	args, err := statementArgs(s, key)
	if err != nil {
		return err
	}
	_, err = tx.w.stmts.insertStatement.ExecContext(tx.ctx, args...)
	return err
}

func scanStatement(rows row, key func(habeas.SubjectID) (*keyring.Key, error)) (party.Statement, error) {
	var s party.Statement
	var id, partyID, source, ticket, sealed []byte
	if err := rows.Scan(&partyID, &id, &s.Source.Kind, &source, &ticket, &sealed); err != nil {
		return s, err
	}
	copy(s.Party[:], partyID)
	copy(s.ID[:], id)
	copy(s.Ticket[:], ticket)
	switch s.Source.Kind {
	case party.FromSystem:
		copy(s.Source.System[:], source)
	case party.FromImport:
		copy(s.Source.Import[:], source)
	case party.FromStaff, party.FromSelf, party.FromGuardian:
		copy(s.Source.Account[:], source)
	}
	k, err := key(habeas.SubjectOf(s.Party))
	if err != nil {
		return s, err
	}
	text, err := k.Open(statementPlace(s.Party, s.ID), sealed)
	if err != nil {
		return s, fmt.Errorf("statement %s: %w", s.ID, err)
	}
	var in sealedStatement
	if err := json.Unmarshal(text, &in); err != nil {
		return s, fmt.Errorf("statement %s: %w", s.ID, err)
	}
	s.Occ, s.External, s.Values, s.Before, s.Pass = in.Occ, in.External, in.Values, in.Before, in.Pass
	if in.Ref != "" {
		if s.Ref, err = party.ParseReference("", in.Ref); err != nil {
			return s, fmt.Errorf("statement %s: %w", s.ID, err)
		}
	}
	return s, nil
}

func knownAsPlace(k party.KnownAs) string {
	return "known-as/" + string(k.Hash[:]) + string(k.Source[:]) + string(k.Party[:])
}

func knownAsArgs(k party.KnownAs, key *keyring.Key) ([]any, error) {
	text, err := json.Marshal(k.Identity)
	if err != nil {
		return nil, err
	}
	var said any
	if k.Said != (keyring.LookupHash{}) {
		said = k.Said[:]
	}
	return []any{k.Hash[:], k.Source[:], k.N, k.Party[:], k.Ref[:], said, key.Seal(knownAsPlace(k), text)}, nil
}

func (tx *Tx) putKnownAs(k party.KnownAs, key *keyring.Key) error {
	args, err := knownAsArgs(k, key)
	if err != nil {
		return err
	}
	_, err = tx.w.stmts.putKnownAs.ExecContext(tx.ctx, args...)
	return err
}

func readKnownAs(ctx context.Context, q querier, h keyring.LookupHash, key func(habeas.SubjectID) (*keyring.Key, error)) ([]party.KnownAs, error) {
	rows, err := q.QueryContext(ctx, selectKnownAs+`= ? ORDER BY source, n`, h[:])
	if err != nil {
		return nil, err
	}
	return scanKnownAs(rows, key)
}

func scanKnownAs(rows *sql.Rows, key func(habeas.SubjectID) (*keyring.Key, error)) ([]party.KnownAs, error) {
	defer rows.Close()
	var out []party.KnownAs
	for rows.Next() {
		var k party.KnownAs
		var hash, source, partyID, ref, said, sealed []byte
		if err := rows.Scan(&hash, &source, &k.N, &partyID, &ref, &said, &sealed); err != nil {
			return nil, err
		}
		copy(k.Hash[:], hash)
		copy(k.Said[:], said)
		copy(k.Source[:], source)
		copy(k.Party[:], partyID)
		copy(k.Ref[:], ref)
		ring, err := key(habeas.SubjectOf(k.Party))
		if errors.Is(err, keyring.ErrNoKey) || habeas.KindOf(err) == habeas.KindGone {
			continue // erased: the row is a leftover that says nothing any more
		}
		if err != nil {
			return nil, err
		}
		text, err := ring.Open(knownAsPlace(k), sealed)
		if err != nil {
			return nil, fmt.Errorf("known-as row: %w", err)
		}
		if err := json.Unmarshal(text, &k.Identity); err != nil {
			return nil, fmt.Errorf("known-as row: %w", err)
		}
		out = append(out, k)
	}
	return out, rows.Err()
}
