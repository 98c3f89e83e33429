package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
)

// Digests reads how accounts are told who looked. It implements account.Digests.
type Digests struct {
	q    querier
	keys *keyring.Ring
}

// DigestsTx changes it in one transaction. It implements account.DigestWriter.
type DigestsTx struct {
	Digests
	tx *Tx
}

var _ account.DigestWriter = DigestsTx{}

// Digests returns the reader on the pool.
func (db *DB) Digests() Digests { return Digests{q: db.Records().q, keys: db.cfg.Keys} }

// Digests returns the reader and writer in this transaction.
func (tx *Tx) Digests() DigestsTx {
	r := tx.Records()
	return DigestsTx{Digests{q: r.q, keys: r.keys}, tx}
}

const selectDigest = `SELECT account, line, due, mail, stop, bounced_at, version, sealed FROM digest`

func digestPlace(id habeas.AccountID) string { return "digest/" + string(id[:]) }

func (s Digests) one(ctx context.Context, query string, arg []byte) (d account.Digest, found bool, err error) {
	var who, mail, stop, sealed []byte
	var due, bounced int64
	err = s.q.QueryRowContext(ctx, query, arg).Scan(&who, &d.Line, &due, &mail, &stop, &bounced, &d.Version, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return d, false, nil
	}
	if err != nil {
		return d, false, failure(err)
	}
	copy(d.Account[:], who)
	copy(d.Mail[:], mail)
	copy(d.Stop[:], stop)
	d.Due, d.BouncedAt = moment(due), moment(bounced)
	if sealed == nil {
		return d, true, nil
	}
	key, err := s.keys.Key(ctx, habeas.SubjectOf(d.Account))
	if err == nil {
		err = openWords(key, digestPlace(d.Account), sealed, &d.Wish)
	}
	return d, err == nil, err
}

// Digest implements account.Digests.
func (s Digests) Digest(ctx context.Context, id habeas.AccountID) (account.Digest, bool, error) {
	return s.one(ctx, selectDigest+` WHERE account = ?`, id[:])
}

// DigestBy implements account.Digests.
func (s Digests) DigestBy(ctx context.Context, stop [32]byte) (account.Digest, bool, error) {
	return s.one(ctx, selectDigest+` WHERE stop = ?`, stop[:])
}

func scanAccountID(r row) (id habeas.AccountID, err error) {
	b, err := scanBytes(r)
	copy(id[:], b)
	return id, err
}

// DueDigests implements account.Digests: those whose time has come, and those whose
// newest mail came back.
func (s Digests) DueDigests(ctx context.Context, now time.Time, limit int) ([]habeas.AccountID, error) {
	rows, err := s.q.QueryContext(ctx, `SELECT account FROM digest WHERE due > 0 AND (due <= ?
		OR mail IN (SELECT id FROM outbox WHERE state = 'dead')) ORDER BY due LIMIT ?`, millis(now), limit)
	return collect(rows, err, scanAccountID)
}

// Returned reports whether a mail was given up or came back.
func (s Digests) Returned(ctx context.Context, id habeas.MailID) (back bool, err error) {
	err = s.q.QueryRowContext(ctx, `SELECT count(*) > 0 FROM outbox WHERE id = ? AND state = 'dead'`, id[:]).Scan(&back)
	return back, failure(err)
}

// Undigested implements account.Digests.
func (s Digests) Undigested(ctx context.Context, limit int) ([]habeas.AccountID, error) {
	rows, err := s.q.QueryContext(ctx, `SELECT id FROM account WHERE NOT EXISTS (SELECT 1 FROM digest d WHERE d.account = account.id) LIMIT ?`, limit)
	return collect(rows, err, scanAccountID)
}

// SaveDigest implements account.DigestWriter.
func (w DigestsTx) SaveDigest(was *account.Digest, d account.Digest, e audit.Entry) (bool, error) {
	ok, err := w.tx.putDigest(was, d)
	if err != nil || !ok {
		return false, err
	}
	return true, w.tx.Audit(e)
}

// MarkDigest is SaveDigest where nobody was told anything and nobody has chosen anything:
// how far the ledger was looked through, and when it is looked at next.
func (o Ops) MarkDigest(ctx context.Context, was *account.Digest, d account.Digest) (ok bool, err error) {
	err = o.inTx(ctx, func(tx *Tx) error {
		ok, err = tx.putDigest(was, d)
		return err
	})
	return ok, err
}

// putDigest inserts a digest, or puts it in the place of was. Two nodes that tell at
// once meet here: for one of them only the row is still as it was read.
func (tx *Tx) putDigest(was *account.Digest, d account.Digest) (bool, error) {
	key, err := tx.key(habeas.SubjectOf(d.Account))
	if err != nil {
		return false, err
	}
	sealed, err := sealWords(key, digestPlace(d.Account), d.Wish)
	if err != nil {
		return false, err
	}
	args := []any{d.Account[:], d.Line, millis(d.Due), d.Mail[:], d.Stop[:], millis(d.BouncedAt), sealed, 1}
	query := `INSERT INTO digest (account, line, due, mail, stop, bounced_at, sealed, version) VALUES (?1,?2,?3,?4,?5,?6,?7,?8) ON CONFLICT (account) DO NOTHING`
	if was != nil {
		query = `UPDATE digest SET line = ?2, due = ?3, mail = ?4, stop = ?5, bounced_at = ?6, sealed = ?7, version = ?8 + 1
			WHERE account = ?1 AND version = ?8`
		args[7] = was.Version
	}
	res, err := tx.exec(query, args...)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// EventsIn returns what happened to a subject on the lines of the ledger from one on and
// before another, the oldest first. Those lines are all there and never change, so no
// line is in two spans that do not overlap. What has no line yet is in none. Lines whose
// month was destroyed are left out.
func (db *DB) EventsIn(ctx context.Context, subject habeas.SubjectID, from, to int64) ([]audit.Witnessed, error) {
	key, err := db.keyOf(ctx, subject)
	if err != nil {
		return nil, err
	}
	rows, err := db.readers.QueryContext(ctx, db.text.eventsIn, subject[:], from, to)
	out, err := collect(rows, err, func(r row) (audit.Witnessed, error) { return db.scanEvent(ctx, r, subject, key) })
	return slices.DeleteFunc(out, func(w audit.Witnessed) bool { return w.Text == nil }), err
}
