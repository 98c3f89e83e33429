package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

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

// settingBackup is the row that says when the last backup was made (RFC 3339).
const settingBackup = "last_backup"

// NoteBackup remembers when a backup was made, for the health page and doctor. It is a
// technical row, one statement, and may be written beside a running server: the
// database orders the two.
func NoteBackup(ctx context.Context, cfg Config, at time.Time) error {
	var pool *sql.DB
	var err error
	if cfg.DSN != "" {
		pool, err = openPool(cfg.DSN, func(*pgx.ConnConfig) {})
	} else {
		pool, err = sql.Open("sqlite", dsn(filepath.Join(cfg.Dir, "records.db"), false))
	}
	if err != nil {
		return err
	}
	pool.SetMaxOpenConns(1)
	if cfg.DSN == "" {
		_, err = pool.ExecContext(ctx, `PRAGMA busy_timeout = 0`)
	}
	if err == nil {
		err = betweenBatches(ctx, func() error {
			_, err := pool.ExecContext(ctx, `INSERT INTO setting (name, value) VALUES (?, ?)
				ON CONFLICT (name) DO UPDATE SET value = excluded.value`, settingBackup, at.UTC().Format(time.RFC3339))
			return err
		})
	}
	return errors.Join(failure(err), pool.Close())
}

// settingMissed is the row that says after which backup the administrators were told that the next one
// is missing.
const settingMissed = "missed_backup"

// MarkBackupMissed notes that administrators are told that no backup was made since one; first is
// false when they were told already.
func (o Ops) MarkBackupMissed(ctx context.Context, since time.Time) (first bool, err error) {
	err = o.inTx(ctx, func(tx *Tx) error {
		res, err := tx.exec(`INSERT INTO setting (name, value) VALUES (?, ?)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE setting.value <> excluded.value`, settingMissed, since.UTC().Format(time.RFC3339))
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		first = n > 0
		return err
	})
	return first, err
}

// patience is how long a statement from beside tries to come between a busy server's
// transactions.
const patience = 30 * time.Second

// betweenBatches runs a statement beside a server that writes without a pause. The lock
// of SQLite is free for a moment only between two of its transactions, and SQLite's own
// waiting, which sleeps ever longer, misses that moment; asking each millisecond does not.
func betweenBatches(ctx context.Context, write func() error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		err := write()
		var e *sqlite.Error
		if !errors.As(err, &e) || e.Code()&0xff != sqlite3.SQLITE_BUSY {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return err
		}
	}
}

// LastBackup returns when the last backup was made, zero when none was.
func (s *Snapshot) LastBackup(ctx context.Context) (time.Time, error) {
	value, err := s.Setting(ctx, settingBackup)
	if err != nil || value == "" {
		return time.Time{}, err
	}
	at, err := time.Parse(time.RFC3339, value)
	if err != nil {
		return time.Time{}, fmt.Errorf("setting %s: %w", settingBackup, err)
	}
	return at, nil
}

// LastBackup returns when the last backup was made, zero when none was.
func (db *DB) LastBackup(ctx context.Context) (time.Time, error) {
	var value string
	err := db.readers.QueryRowContext(ctx, `SELECT value FROM setting WHERE name = ?`, settingBackup).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, failure(err)
	}
	return time.Parse(time.RFC3339, value)
}
