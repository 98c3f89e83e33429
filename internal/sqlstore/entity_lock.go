package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/entity"
)

// LockEntity notes that whoever holds the ticket with this hash changes an entity until a
// moment. It reports false where somebody else holds one.
func (o Ops) LockEntity(ctx context.Context, id entity.ID, mark []byte, now, ends time.Time) (taken bool, err error) {
	err = o.inTx(ctx, func(tx *Tx) error {
		res, err := tx.exec(`INSERT INTO entity_lock (entity, mark, ends) VALUES (?1,?2,?3)
			ON CONFLICT (entity) DO UPDATE SET mark = excluded.mark, ends = excluded.ends WHERE entity_lock.ends <= ?4`,
			entityKey(id), mark, millis(ends), millis(now))
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		taken = n == 1
		return err
	})
	return taken, err
}

// Locked returns the hash of the ticket that keeps others from changing an entity; nil: none.
func (s Entities) Locked(ctx context.Context, id entity.ID, now time.Time) (mark []byte, ends time.Time, err error) {
	var until int64
	err = s.q.QueryRowContext(ctx, `SELECT mark, ends FROM entity_lock WHERE entity = ? AND ends > ?`, entityKey(id), millis(now)).Scan(&mark, &until)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ends, nil
	}
	return mark, moment(until), failure(err)
}

// Accepted returns which words of the contribution licence an account has accepted; 0: none.
func (s Entities) Accepted(ctx context.Context, id habeas.AccountID) (words int, err error) {
	err = s.q.QueryRowContext(ctx, `SELECT words FROM entity_licence WHERE account = ?`, id[:]).Scan(&words)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return words, failure(err)
}

// SaveLicence notes that an account has accepted the contribution licence.
func (w EntitiesTx) SaveLicence(id habeas.AccountID, words int, e audit.Entry) error {
	_, err := w.tx.exec(`INSERT INTO entity_licence (account, words, at) VALUES (?,?,?)
		ON CONFLICT (account) DO UPDATE SET words = excluded.words, at = excluded.at`, id[:], words, millis(e.At))
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}
