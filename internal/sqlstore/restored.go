package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/habeas-data/habeas/internal/audit"
)

// LedgerName says what the log is called and which key signs it. The zero value is a
// log that was never restored.
type LedgerName struct {
	Origin string   `json:"origin"` // name of the log
	Secret string   `json:"secret"` // name of its signing key in the key store
	Former []string `json:"former"` // verifier keys of the names before, for receipts that were given under them
}

// settingLedger is the row that holds the name.
const settingLedger = "ledger_name"

// LedgerName returns the name that a restore has given to the log, zero without one.
func (db *DB) LedgerName(ctx context.Context) (n LedgerName, err error) {
	var text string
	err = db.readers.QueryRowContext(ctx, `SELECT value FROM setting WHERE name = '`+settingLedger+`'`).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return n, nil
	}
	if err != nil {
		return n, failure(err)
	}
	if err := json.Unmarshal([]byte(text), &n); err != nil {
		return n, fmt.Errorf("setting %s: %w", settingLedger, err)
	}
	return n, nil
}

// SaveLedgerName gives the log another name; its tree goes on.
func (tx *Tx) SaveLedgerName(n LedgerName, e audit.Entry) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	if _, err := tx.exec(`INSERT INTO setting (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, settingLedger, string(text)); err != nil {
		return err
	}
	return tx.Audit(e)
}

// DropWaitingMail gives up every mail that waits: after a restore, when it is known
// that they were sent. They stay in the delivery record. It returns how many.
func (o Ops) DropWaitingMail(ctx context.Context, now time.Time) (n int64, err error) {
	err = o.inTx(ctx, func(tx *Tx) error {
		res, err := tx.exec(`UPDATE outbox SET state = 'dead', sealed = NULL, reason = 'restored', ended = ? WHERE state = 'waiting'`, millis(now))
		if err == nil {
			n, err = res.RowsAffected()
		}
		return err
	})
	return n, err
}
