package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
)

// sealedChange is the personal part of a change of the main address.
type sealedChange struct {
	Mailbox string `json:"m"`
	Display string `json:"d"`
	Record  bool   `json:"r,omitempty"`
}

func changePlace(id habeas.ChallengeID) string { return "address-change/" + string(id[:]) }

const selectChange = `SELECT id, account, link, from_address, to_address, due, switched_at, ends, added, sealed FROM address_change`

func (r Accounts) scanChange(ctx context.Context) func(row) (account.Change, error) {
	return func(s row) (account.Change, error) {
		var c account.Change
		var id, who, link, from, to, sealed []byte
		var due, switched, ends int64
		if err := s.Scan(&id, &who, &link, &from, &to, &due, &switched, &ends, &c.Added, &sealed); err != nil {
			return c, err
		}
		copy(c.ID[:], id)
		copy(c.Account[:], who)
		copy(c.Link[:], link)
		copy(c.From[:], from)
		copy(c.To[:], to)
		c.Due, c.SwitchedAt, c.Ends = moment(due), moment(switched), moment(ends)
		key, err := r.keys.Key(ctx, habeas.SubjectOf(c.Account))
		if err != nil {
			return c, err
		}
		var in sealedChange
		if err := openWords(key, changePlace(c.ID), sealed, &in); err != nil {
			return c, fmt.Errorf("change of address: %w", err)
		}
		c.Mailbox, c.Display, c.Record = in.Mailbox, in.Display, in.Record
		return c, nil
	}
}

func (r Accounts) oneChange(ctx context.Context, where string, arg []byte) (account.Change, bool, error) {
	c, err := r.scanChange(ctx)(r.q.QueryRowContext(ctx, selectChange+where, arg))
	if errors.Is(err, sql.ErrNoRows) || habeas.KindOf(err) == habeas.KindGone { // none, or erased meanwhile
		return account.Change{}, false, nil
	}
	return c, err == nil, failure(err)
}

// Changing implements account.Reader.
func (r Accounts) Changing(ctx context.Context, id habeas.AccountID) (account.Change, bool, error) {
	return r.oneChange(ctx, ` WHERE account = ?`, id[:])
}

// ChangingAt finds a change by the hash of the link that stops it.
func (r Accounts) ChangingAt(ctx context.Context, link account.Token) (account.Change, bool, error) {
	return r.oneChange(ctx, ` WHERE link = ?`, link[:])
}

// DueChanges names the accounts whose change of address has waited long enough.
func (r Accounts) DueChanges(ctx context.Context, now time.Time, limit int) ([]habeas.AccountID, error) {
	rows, err := r.q.QueryContext(ctx, `SELECT account FROM address_change WHERE switched_at = 0 AND due <= ? ORDER BY due LIMIT ?`, millis(now), limit)
	return collect(rows, err, func(r row) (id habeas.AccountID, err error) {
		var b []byte
		err = r.Scan(&b)
		copy(id[:], b)
		return id, err
	})
}

// SaveChange implements account.Writer.
func (w AccountsTx) SaveChange(c account.Change, e audit.Entry) error {
	key, err := w.tx.key(habeas.SubjectOf(c.Account))
	if err != nil {
		return err
	}
	sealed, err := sealWords(key, changePlace(c.ID), sealedChange{c.Mailbox, c.Display, c.Record})
	if err != nil {
		return err
	}
	_, err = w.tx.exec(`INSERT INTO address_change (id, account, link, from_address, to_address, due, switched_at, ends, added, sealed)
		VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT (account) DO UPDATE SET switched_at = excluded.switched_at, ends = excluded.ends, added = excluded.added`,
		c.ID[:], c.Account[:], c.Link[:], c.From[:], c.To[:], millis(c.Due), millis(c.SwitchedAt), millis(c.Ends), c.Added, sealed)
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// EndChange implements account.Writer. Of two that end one change exactly one succeeds.
func (w AccountsTx) EndChange(c account.Change, e audit.Entry) error {
	if err := exactlyOne(w.tx.exec(`DELETE FROM address_change WHERE account = ? AND id = ?`, c.Account[:], c.ID[:])); err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// SetMain implements account.Writer.
func (w AccountsTx) SetMain(id habeas.AccountID, main keyring.LookupHash, e audit.Entry) error {
	if _, err := w.tx.exec(`UPDATE account_address SET is_main = (hash = ?) WHERE account = ?`, main[:], id[:]); err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// RemoveAddress implements account.Writer: the row is kept aside while it can be taken back.
func (w AccountsTx) RemoveAddress(a account.Address, e audit.Entry) error {
	_, err := w.tx.exec(`INSERT INTO address_removed (account, hash, proved_at, proof, ended_at, sealed)
		SELECT account, hash, proved_at, proof, CAST(? AS bigint), sealed FROM account_address WHERE hash = ? AND account = ?
		ON CONFLICT (account, hash) DO UPDATE SET proved_at = excluded.proved_at, proof = excluded.proof, ended_at = excluded.ended_at, sealed = excluded.sealed`,
		millis(e.At), a.Hash[:], a.Account[:])
	if err != nil {
		return err
	}
	if err := exactlyOne(w.tx.exec(`DELETE FROM account_address WHERE hash = ? AND account = ?`, a.Hash[:], a.Account[:])); err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// RemovedAddress finds an address that an account gave up and can still take back.
func (r Accounts) RemovedAddress(ctx context.Context, id habeas.AccountID, hash keyring.LookupHash, since time.Time) (account.Address, bool, error) {
	a, err := r.scanAddress(ctx)(r.q.QueryRowContext(ctx,
		`SELECT hash, account, proved_at, proof, false, sealed FROM address_removed WHERE account = ? AND hash = ? AND ended_at > ?`, id[:], hash[:], millis(since)))
	if errors.Is(err, sql.ErrNoRows) {
		return account.Address{}, false, nil
	}
	return a, err == nil, failure(err)
}

// RestoreAddress implements account.Writer.
func (w AccountsTx) RestoreAddress(a account.Address, e audit.Entry) error {
	if err := exactlyOne(w.tx.exec(`DELETE FROM address_removed WHERE account = ? AND hash = ?`, a.Account[:], a.Hash[:])); err != nil {
		return err
	}
	return w.AddAddress(a, e)
}

// ForgetRemoved drops what could still be taken back: what recovery does. Where there
// is nothing, nothing is noted.
func (w AccountsTx) ForgetRemoved(id habeas.AccountID, e audit.Entry) error {
	res, err := w.tx.exec(`DELETE FROM address_removed WHERE account = ?`, id[:])
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return w.tx.Audit(e)
}
