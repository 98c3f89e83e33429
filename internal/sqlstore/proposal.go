package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
)

func settledPlace(id habeas.PartyID) string { return "settled/" + string(id[:]) }

// Settled implements party.Reader.
func (r Records) Settled(ctx context.Context, p party.Party) (s party.Settled, err error) {
	if p.Account.IsZero() {
		return s, nil
	}
	var sealed []byte
	err = r.q.QueryRowContext(ctx, `SELECT sealed FROM settled WHERE party = ?`, p.ID[:]).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) || err == nil && sealed == nil {
		return s, nil
	}
	if err != nil {
		return s, failure(err)
	}
	key, err := r.keys.Key(ctx, habeas.SubjectOf(p.ID))
	if err != nil {
		return s, err
	}
	return s, openWords(key, settledPlace(p.ID), sealed, &s)
}

// Settle implements party.Writer.
func (w RecordsTx) Settle(p party.Party, settled party.Settled, waiting bool, s *party.Statement, known []party.KnownAs, e audit.Entry) error {
	key, err := w.tx.key(habeas.SubjectOf(p.ID))
	if err != nil {
		return err
	}
	sealed, err := sealWords(key, settledPlace(p.ID), settled)
	if err != nil {
		return err
	}
	if _, err := w.tx.exec(`INSERT INTO settled (party, looked, waiting, sealed) VALUES (?,?,?,?) ON CONFLICT (party) DO UPDATE
		SET looked = excluded.looked, waiting = excluded.waiting, sealed = excluded.sealed`, p.ID[:], p.Version, waiting, sealed); err != nil {
		return err
	}
	return w.ChangeParty(p, s, known, e)
}

// ToLookAt lists claimed records that changed since they were last looked at for
// proposals, in their order, after the given one.
func (r Records) ToLookAt(ctx context.Context, after habeas.PartyID, limit int) ([]party.Party, error) {
	rows, err := r.q.QueryContext(ctx, selectParty+` WHERE account IS NOT NULL AND state = 'claimed' AND id > ?
		AND NOT EXISTS (SELECT 1 FROM settled s WHERE s.party = party.id AND s.looked = party.version) ORDER BY id LIMIT ?`, after[:], limit)
	return collect(rows, err, scanParty)
}

// Proposed reports whether proposals for a record waited when it was last looked at.
func (r Records) Proposed(ctx context.Context, id habeas.PartyID) (waiting bool, err error) {
	err = r.q.QueryRowContext(ctx, `SELECT waiting FROM settled WHERE party = ?`, id[:]).Scan(&waiting)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return waiting, failure(err)
}

// MarkLooked notes that a record was looked at in a version, and whether proposals wait.
func (o Ops) MarkLooked(ctx context.Context, p party.Party, waiting bool) error {
	return o.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`INSERT INTO settled (party, looked, waiting) VALUES (?,?,?) ON CONFLICT (party) DO UPDATE
			SET looked = excluded.looked, waiting = excluded.waiting`, p.ID[:], p.Version, waiting)
		return err
	})
}
