package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/pki"
)

var _ account.EscrowWriter = AccountsTx{}

// A deposit lies in two places at once: sealed under the account's key in the row, and
// inside under the escrow's own key.
func escrowPlace(id habeas.EscrowID) string  { return "escrow/" + string(id[:]) }
func depositPlace(id habeas.EscrowID) string { return "deposit/" + string(id[:]) }

// Escrow implements account.EscrowReader.
func (r Accounts) Escrow(ctx context.Context, id habeas.AccountID) (account.Escrow, bool, error) {
	e := account.Escrow{Account: id}
	var escrow, serial, sealed []byte
	var at int64
	err := r.q.QueryRowContext(ctx, `SELECT id, serial, class, words, at, sealed FROM escrow WHERE subject = ?`, id[:]).
		Scan(&escrow, &serial, &e.Class, &e.Words, &at, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return account.Escrow{}, false, nil
	}
	if err != nil {
		return e, false, failure(err)
	}
	copy(e.ID[:], escrow)
	copy(e.Serial[:], serial)
	e.At = moment(at)
	outer, err := r.keys.Key(ctx, habeas.SubjectOf(id))
	if err != nil {
		return e, false, err
	}
	inner, err := r.keys.Key(ctx, habeas.SubjectOf(e.ID))
	if habeas.KindOf(err) == habeas.KindGone { // of a copy from before it was withdrawn
		return account.Escrow{}, false, nil
	}
	if err != nil {
		return e, false, err
	}
	if sealed, err = outer.Open(escrowPlace(e.ID), sealed); err != nil {
		return e, false, failure(err)
	}
	e.Deposit, err = inner.Open(depositPlace(e.ID), sealed)
	return e, err == nil, failure(err)
}

// SaveEscrow implements account.EscrowWriter.
func (w AccountsTx) SaveEscrow(x account.Escrow, e audit.Entry) error {
	outer, err := w.tx.key(habeas.SubjectOf(x.Account))
	if err != nil {
		return err
	}
	inner, err := w.tx.key(habeas.SubjectOf(x.ID))
	if err != nil {
		return err
	}
	sealed := outer.Seal(escrowPlace(x.ID), inner.Seal(depositPlace(x.ID), x.Deposit))
	_, err = w.tx.exec(`INSERT INTO escrow (id, subject, serial, class, words, at, sealed) VALUES (?,?,?,?,?,?,?)`,
		x.ID[:], x.Account[:], x.Serial[:], string(x.Class), x.Words, millis(x.At), sealed)
	if err != nil {
		return err
	}
	c := account.Consent{Account: x.Account, Kind: account.ConsentEscrow, About: habeas.SubjectOf(x.Account), Words: x.Words, Given: true, At: x.At}
	if err := w.tx.setConsent(c); err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// endEscrowConsent notes that a consent has ended with the key that it was about; where says which.
func (tx *Tx) endEscrowConsent(at time.Time, where string, arg []byte) error {
	_, err := tx.exec(`UPDATE consent SET given = ?1, at = ?2 WHERE kind = ?3 AND given AND account IN
		(SELECT subject FROM escrow WHERE subject IS NOT NULL AND `+where+`)`, false, millis(at), string(account.ConsentEscrow), arg)
	return err
}

// emptyEscrow takes what was left out of rows; they stay until their keys are destroyed.
const emptyEscrow = `UPDATE escrow SET subject = NULL, sealed = NULL, ended_at = ?1 WHERE subject IS NOT NULL AND `

// EndEscrow implements account.EscrowWriter.
func (w AccountsTx) EndEscrow(id habeas.EscrowID, e audit.Entry) error {
	if err := w.tx.endEscrowConsent(e.At, `id = ?4`, id[:]); err != nil {
		return err
	}
	res, err := w.tx.exec(emptyEscrow+`id = ?2`, millis(e.At), id[:])
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	if err := w.tx.endWithEscrow(`?`, id[:]); err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// dropEscrow ends one in whose place another comes, whose entry witnesses it.
func (w AccountsTx) dropEscrow(id habeas.EscrowID, now time.Time) error {
	if _, err := w.tx.exec(emptyEscrow+`id = ?2`, millis(now), id[:]); err != nil {
		return err
	}
	return w.tx.endWithEscrow(`?`, id[:])
}

// endWithEscrow ends what hangs on escrows: resets, and the places of key keepers.
func (tx *Tx) endWithEscrow(which string, arg []byte) error {
	for _, table := range []string{"file_reset", "keeper"} {
		if _, err := tx.exec(`DELETE FROM `+table+` WHERE escrow IN (`+which+`)`, arg); err != nil {
			return err
		}
	}
	return nil
}

// endEscrowOf ends the escrow of the key of a certificate that was revoked. The revocation's
// entry witnesses it.
func (tx *Tx) endEscrowOf(serial pki.Serial, now time.Time) error {
	if err := tx.endWithEscrow(`SELECT id FROM escrow WHERE serial = ? AND subject IS NOT NULL`, serial[:]); err != nil {
		return err
	}
	if err := tx.endEscrowConsent(now, `serial = ?4`, serial[:]); err != nil {
		return err
	}
	_, err := tx.exec(emptyEscrow+`serial = ?2`, millis(now), serial[:])
	return err
}

// partEscrow ends what an erased account has left here, or what is left of an erased escrow.
func (tx *Tx) partEscrow(subject habeas.SubjectID, now time.Time) (sql.Result, error) {
	if err := tx.endWithEscrow(`?`, subject[:]); err != nil {
		return nil, err
	}
	return tx.exec(emptyEscrow+`(subject = ?2 OR id = ?2)`, millis(now), subject[:])
}

// EndedEscrows implements account.EscrowReader.
func (r Accounts) EndedEscrows(ctx context.Context, limit int) ([]habeas.EscrowID, error) {
	rows, err := r.q.QueryContext(ctx, `SELECT id FROM escrow WHERE ended_at > 0 ORDER BY ended_at LIMIT ?`, limit)
	return collect(rows, err, scanID[habeas.EscrowKind])
}

// EndEscrows forgets rows whose keys are destroyed: nothing is left in them.
func (o Ops) EndEscrows(ctx context.Context, ids []habeas.EscrowID) error {
	return o.inTx(ctx, func(tx *Tx) error {
		for _, id := range ids {
			if _, err := tx.exec(`DELETE FROM escrow WHERE id = ? AND ended_at > 0`, id[:]); err != nil {
				return err
			}
		}
		return nil
	})
}

const selectFileReset = `SELECT id, account, escrow, class, link, address, recipient, due, ends, taken_at FROM file_reset`

func (r Accounts) oneFileReset(ctx context.Context, where string, arg []byte) (account.FileReset, bool, error) {
	var f account.FileReset
	var id, who, escrow, link, address []byte
	var due, ends, taken int64
	err := r.q.QueryRowContext(ctx, selectFileReset+where, arg).
		Scan(&id, &who, &escrow, &f.Class, &link, &address, &f.Recipient, &due, &ends, &taken)
	if errors.Is(err, sql.ErrNoRows) {
		return account.FileReset{}, false, nil
	}
	copy(f.ID[:], id)
	copy(f.Account[:], who)
	copy(f.Escrow[:], escrow)
	copy(f.Link[:], link)
	copy(f.Address[:], address)
	f.Due, f.Ends, f.TakenAt = moment(due), moment(ends), moment(taken)
	return f, err == nil, failure(err)
}

// FileReset implements account.EscrowReader.
func (r Accounts) FileReset(ctx context.Context, id habeas.ChallengeID) (account.FileReset, bool, error) {
	return r.oneFileReset(ctx, ` WHERE id = ?`, id[:])
}

// FileResetOf implements account.EscrowReader.
func (r Accounts) FileResetOf(ctx context.Context, id habeas.AccountID) (account.FileReset, bool, error) {
	return r.oneFileReset(ctx, ` WHERE account = ?`, id[:])
}

// FileResetAt implements account.EscrowReader.
func (r Accounts) FileResetAt(ctx context.Context, link account.Token) (account.FileReset, bool, error) {
	return r.oneFileReset(ctx, ` WHERE link = ?`, link[:])
}

// SaveFileReset implements account.EscrowWriter.
func (w AccountsTx) SaveFileReset(f account.FileReset, e audit.Entry) error {
	for _, query := range []string{dropReplies + `(SELECT id FROM file_reset WHERE account = ?)`, `DELETE FROM file_reset WHERE account = ?`} {
		if _, err := w.tx.exec(query, f.Account[:]); err != nil {
			return err
		}
	}
	_, err := w.tx.exec(`INSERT INTO file_reset (id, account, escrow, class, link, address, recipient, due, ends, taken_at) VALUES (?,?,?,?,?,?,?,?,?,?)`,
		f.ID[:], f.Account[:], f.Escrow[:], string(f.Class), f.Link[:], f.Address[:], f.Recipient, millis(f.Due), millis(f.Ends), millis(f.TakenAt))
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// MarkFileReset implements account.EscrowWriter.
func (w AccountsTx) MarkFileReset(f account.FileReset, e audit.Entry) error {
	if err := exactlyOne(w.tx.exec(`UPDATE file_reset SET taken_at = ? WHERE id = ?`, millis(f.TakenAt), f.ID[:])); err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// EndFileReset implements account.EscrowWriter.
func (w AccountsTx) EndFileReset(f account.FileReset, e audit.Entry) error {
	if err := exactlyOne(w.tx.exec(`DELETE FROM file_reset WHERE id = ?`, f.ID[:])); err != nil {
		return err
	}
	if _, err := w.tx.exec(dropReplies+`(?)`, f.ID[:]); err != nil {
		return err
	}
	return w.tx.Audit(e)
}
