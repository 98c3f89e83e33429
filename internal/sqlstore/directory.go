package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
)

// Directories reads who the directory says works here. It implements account.Directories.
type Directories struct{ q querier }

// DirectoriesTx changes it in one transaction. It implements account.DirectoryWriter.
type DirectoriesTx struct {
	Directories
	tx *Tx
}

var _ account.DirectoryWriter = DirectoriesTx{}

// Directories returns the reader on the pool.
func (db *DB) Directories() Directories { return Directories{db.Records().q} }

// Directories returns the reader and writer in this transaction.
func (tx *Tx) Directories() DirectoriesTx { return DirectoriesTx{Directories{tx.Records().q}, tx} }

// Marks implements account.Directories.
func (d Directories) Marks(ctx context.Context, id habeas.AccountID) (addresses, marks []keyring.LookupHash, err error) {
	rows, err := d.q.QueryContext(ctx, `SELECT a.hash, m.mark FROM account_address a LEFT JOIN directory_member m ON m.address = a.hash AND m.ended = 0
		WHERE a.account = ? AND a.proof = 'code'`, id[:])
	_, err = collect(rows, err, func(r row) (bool, error) {
		var address, mark []byte
		if err := r.Scan(&address, &mark); err != nil {
			return false, err
		}
		var h keyring.LookupHash
		copy(h[:], address)
		addresses = append(addresses, h)
		if mark != nil {
			copy(h[:], mark)
			marks = append(marks, h)
		}
		return true, nil
	})
	return addresses, marks, err
}

// MarksAt implements account.Directories.
func (d Directories) MarksAt(ctx context.Context, address keyring.LookupHash) ([]keyring.LookupHash, error) {
	rows, err := d.q.QueryContext(ctx, `SELECT mark FROM directory_member WHERE address = ? AND ended = 0`, address[:])
	return collect(rows, err, scanHash)
}

func scanHash(r row) (h keyring.LookupHash, err error) {
	var b []byte
	err = r.Scan(&b)
	copy(h[:], b)
	return h, err
}

// Memberships implements account.Directories.
func (d Directories) Memberships(ctx context.Context) ([]account.Membership, error) {
	rows, err := d.q.QueryContext(ctx, `SELECT address, mark, since, ended FROM directory_member ORDER BY ended DESC, since DESC, address, mark`)
	return collect(rows, err, func(r row) (account.Membership, error) {
		var m account.Membership
		var address, mark []byte
		var since, ended int64
		err := r.Scan(&address, &mark, &since, &ended)
		copy(m.Address[:], address)
		copy(m.Mark[:], mark)
		m.Since, m.EndedAt = moment(since), moment(ended)
		return m, err
	})
}

// State implements account.Directories.
func (d Directories) State(ctx context.Context) (s account.DirectoryState, err error) {
	var asked, answered int64
	err = d.q.QueryRowContext(ctx, `SELECT asked, answered, failure FROM directory_state WHERE n = 1`).Scan(&asked, &answered, &s.Failure)
	if errors.Is(err, sql.ErrNoRows) {
		return s, nil
	}
	s.AskedAt, s.AnsweredAt = moment(asked), moment(answered)
	return s, failure(err)
}

// SaveMembership implements account.DirectoryWriter.
func (w DirectoriesTx) SaveMembership(m account.Membership, e audit.Entry) error {
	_, err := w.tx.exec(`INSERT INTO directory_member (address, mark, since, ended) VALUES (?,?,?,?)
		ON CONFLICT (address, mark) DO UPDATE SET since = excluded.since, ended = excluded.ended`,
		m.Address[:], m.Mark[:], millis(m.Since), millis(m.EndedAt))
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// MarkDirectory notes how asking the directory went.
func (o Ops) MarkDirectory(ctx context.Context, s account.DirectoryState) error {
	return o.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`INSERT INTO directory_state (n, asked, answered, failure) VALUES (1,?,?,?)
			ON CONFLICT (n) DO UPDATE SET asked = excluded.asked, answered = excluded.answered, failure = excluded.failure`,
			millis(s.AskedAt), millis(s.AnsweredAt), s.Failure)
		return err
	})
}
