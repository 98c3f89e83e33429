package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
)

// Breaches reads the register of breaches. It implements party.Breaches.
type Breaches struct {
	q    querier
	keys *keyring.Ring
}

// BreachesTx changes it in one transaction. It implements party.BreachWriter.
type BreachesTx struct {
	Breaches
	tx *Tx
}

var _ party.BreachWriter = BreachesTx{}

// Breaches returns the reader on the pool.
func (db *DB) Breaches() Breaches { return Breaches{q: db.Records().q, keys: db.cfg.Keys} }

// Breaches returns the reader and writer in this transaction.
func (tx *Tx) Breaches() BreachesTx {
	r := tx.Records()
	return BreachesTx{Breaches{q: r.q, keys: r.keys}, tx}
}

func breachPlace(id habeas.BreachID) string { return "breach/" + string(id[:]) }

// sealedBreach is what staff write about a breach, under the house's key.
type sealedBreach struct {
	Facts    party.BreachFacts `json:"f"`
	Phases   []party.Phase     `json:"p,omitempty"`
	Mailings []party.Mailing   `json:"m,omitempty"`
}

func (s Breaches) scan(r row) (party.Breach, error) {
	var b party.Breach
	var id, sealed []byte
	var noticed, closed int64
	if err := r.Scan(&id, &b.Version, &noticed, &closed, &sealed); err != nil {
		return b, err
	}
	copy(b.ID[:], id)
	b.Noticed, b.ClosedAt = moment(noticed), moment(closed)
	var in sealedBreach
	if err := openWords(s.keys.House(), breachPlace(b.ID), sealed, &in); err != nil {
		return b, err
	}
	b.BreachFacts, b.Phases, b.Mailings = in.Facts, in.Phases, in.Mailings
	return b, nil
}

const selectBreach = `SELECT id, version, noticed, closed, sealed FROM breach`

// Breach implements party.Breaches.
func (s Breaches) Breach(ctx context.Context, id habeas.BreachID) (party.Breach, error) {
	b, err := s.scan(s.q.QueryRowContext(ctx, selectBreach+` WHERE id = ?`, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return b, habeas.NotFound("There is no such breach.").WithCode("breach.none")
	}
	return b, failure(err)
}

// Noticed implements party.Breaches.
func (s Breaches) Noticed(ctx context.Context, limit int) ([]party.Breach, error) {
	rows, err := s.q.QueryContext(ctx, selectBreach+` ORDER BY noticed DESC, id DESC LIMIT ?`, limit)
	return collect(rows, err, s.scan)
}

// Told implements party.Breaches.
func (s Breaches) Told(ctx context.Context, id habeas.BreachID, mark keyring.LookupHash) (bool, error) {
	var n int
	err := s.q.QueryRowContext(ctx, `SELECT count(*) FROM breach_letter WHERE breach = ? AND mark = ?`, id[:], mark[:]).Scan(&n)
	return n > 0, failure(err)
}

// Letters implements party.Breaches.
func (s Breaches) Letters(ctx context.Context, id habeas.BreachID) (map[string]int, error) {
	rows, err := s.q.QueryContext(ctx, `SELECT coalesce(o.state, '') AS became, count(*) FROM breach_letter l LEFT JOIN outbox o ON o.id = l.mail
		WHERE l.breach = ? GROUP BY became`, id[:])
	if err != nil {
		return nil, failure(err)
	}
	defer rows.Close()
	out := make(map[string]int)
	for rows.Next() {
		var state string
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return nil, failure(err)
		}
		out[state] = n
	}
	return out, failure(rows.Err())
}

// SaveBreach implements party.BreachWriter.
func (w BreachesTx) SaveBreach(b party.Breach, e audit.Entry) error {
	sealed, err := sealWords(w.keys.House(), breachPlace(b.ID), sealedBreach{b.BreachFacts, b.Phases, b.Mailings})
	if err != nil {
		return err
	}
	query, args := `INSERT INTO breach (version, noticed, closed, sealed, id) VALUES (?,?,?,?,?)`, []any{b.Version, millis(b.Noticed), millis(b.ClosedAt), sealed, b.ID[:]}
	if b.Version > 1 {
		query, args = `UPDATE breach SET version = ?, noticed = ?, closed = ?, sealed = ? WHERE id = ? AND version = ?`, append(args, b.Version-1)
	}
	res, err := w.tx.exec(query, args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil {
		return err
	} else if n != 1 {
		return party.ErrBreachMoved
	}
	return w.tx.Audit(e)
}

// SaveBreachLetter implements party.BreachWriter.
func (w BreachesTx) SaveBreachLetter(id habeas.BreachID, mark keyring.LookupHash, mail habeas.MailID, e audit.Entry) error {
	if _, err := w.tx.exec(`INSERT INTO breach_letter (breach, mark, mail) VALUES (?,?,?)`, id[:], mark[:], mail[:]); err != nil {
		return err
	}
	return w.tx.Audit(e)
}
