package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
)

// Consents reads what people have agreed to. It implements account.Consents.
type Consents struct{ q querier }

// ConsentsTx changes it in one transaction. It implements account.ConsentWriter.
type ConsentsTx struct {
	Consents
	tx *Tx
}

var _ account.ConsentWriter = ConsentsTx{}

// Consents returns the reader on the pool.
func (db *DB) Consents() Consents { return Consents{q: db.Records().q} }

// Consents returns the reader and writer in this transaction.
func (tx *Tx) Consents() ConsentsTx { return ConsentsTx{Consents{q: tx.Records().q}, tx} }

const selectConsent = `SELECT kind, party, account, words, given, at FROM consent`

func scanConsent(r row) (account.Consent, error) {
	var c account.Consent
	var party, who []byte
	var at int64
	if err := r.Scan(&c.Kind, &party, &who, &c.Words, &c.Given, &at); err != nil {
		return c, err
	}
	copy(c.About[:], party)
	copy(c.Account[:], who)
	c.At = moment(at)
	return c, nil
}

// ConsentsOf implements account.Consents.
func (s Consents) ConsentsOf(ctx context.Context, id habeas.AccountID) ([]account.Consent, error) {
	rows, err := s.q.QueryContext(ctx, selectConsent+` WHERE account = ? ORDER BY at DESC, party`, id[:])
	return collect(rows, err, scanConsent)
}

// ConsentTo implements account.Consents.
func (s Consents) ConsentTo(ctx context.Context, kind account.ConsentKind, about habeas.SubjectID) (account.Consent, bool, error) {
	c, err := scanConsent(s.q.QueryRowContext(ctx, selectConsent+` WHERE kind = ? AND party = ?`, string(kind), about[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return account.Consent{}, false, nil
	}
	return c, err == nil, failure(err)
}

// ConsentCounts implements account.Consents.
func (s Consents) ConsentCounts(ctx context.Context) ([]account.ConsentCount, error) {
	rows, err := s.q.QueryContext(ctx, `SELECT kind, words, count(*) FILTER (WHERE given), count(*) FILTER (WHERE NOT given), max(at)
		FROM consent GROUP BY kind, words ORDER BY kind, words DESC`)
	return collect(rows, err, func(r row) (account.ConsentCount, error) {
		var c account.ConsentCount
		var newest int64
		err := r.Scan(&c.Kind, &c.Words, &c.Given, &c.Withdrawn, &newest)
		c.Newest = moment(newest)
		return c, err
	})
}

// SetConsent implements account.ConsentWriter.
func (w ConsentsTx) SetConsent(c account.Consent, e audit.Entry) error {
	if err := w.tx.setConsent(c); err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// setConsent writes a decision that the entry of something else witnesses.
func (tx *Tx) setConsent(c account.Consent) error {
	_, err := tx.exec(`INSERT INTO consent (kind, party, account, words, given, at) VALUES (?,?,?,?,?,?)
		ON CONFLICT (kind, party) DO UPDATE SET account=excluded.account, words=excluded.words, given=excluded.given, at=excluded.at`,
		string(c.Kind), c.About[:], c.Account[:], c.Words, c.Given, millis(c.At))
	return err
}

// RemoveConsent implements account.ConsentWriter.
func (w ConsentsTx) RemoveConsent(c account.Consent, e audit.Entry) error {
	if _, err := w.tx.exec(`DELETE FROM consent WHERE kind = ? AND party = ? AND account = ?`, string(c.Kind), c.About[:], c.Account[:]); err != nil {
		return err
	}
	return w.tx.Audit(e)
}
