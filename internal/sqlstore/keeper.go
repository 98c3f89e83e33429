package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/pki"
)

// What is said of a keeper lies under the key of whose key it is; a share inside that under
// the key of the escrow too, which is destroyed with it.
func keeperPlace(id habeas.KeeperID) string { return "keeper/" + string(id[:]) }
func sharePlace(id habeas.KeeperID) string  { return "share/" + string(id[:]) }

// sealedKeeper is the personal part of a keeper.
type sealedKeeper struct {
	Name      string `json:"n"`
	Mailbox   string `json:"m"`
	Point     []byte `json:"p,omitempty"`
	Signature []byte `json:"g,omitempty"`
}

const keeperColumns = `id, keeper_set, subject, escrow, account, hash, serial, need, state, at, answered_at, reset, reply, share, sealed`

func (r Accounts) scanKeeper(ctx context.Context) func(row) (account.Keeper, error) {
	return func(s row) (k account.Keeper, err error) {
		var id, set, owner, escrow, who, hash, serial, reset, share, sealed []byte
		var at, answered int64
		if err := s.Scan(&id, &set, &owner, &escrow, &who, &hash, &serial, &k.Need, &k.State, &at, &answered, &reset, &k.Reply, &share, &sealed); err != nil {
			return k, err
		}
		copy(k.ID[:], id)
		copy(k.Set[:], set)
		copy(k.Owner[:], owner)
		copy(k.Escrow[:], escrow)
		copy(k.Account[:], who)
		copy(k.Hash[:], hash)
		copy(k.Serial[:], serial)
		copy(k.Reset[:], reset)
		k.At, k.Answered = moment(at), moment(answered)
		outer, err := r.keys.Key(ctx, habeas.SubjectOf(k.Owner))
		if err != nil {
			return k, err
		}
		if sealed != nil {
			var in sealedKeeper
			if err := openWords(outer, keeperPlace(k.ID), sealed, &in); err != nil {
				return k, err
			}
			k.Name, k.Mailbox, k.Point, k.Signature = in.Name, in.Mailbox, in.Point, in.Signature
		}
		if share == nil {
			return k, nil
		}
		inner, err := r.keys.Key(ctx, habeas.SubjectOf(k.Escrow))
		if habeas.KindOf(err) == habeas.KindGone { // of a copy from before it was withdrawn
			return k, nil
		}
		if err != nil {
			return k, err
		}
		if share, err = outer.Open(sharePlace(k.ID), share); err == nil {
			k.Share, err = inner.Open(sharePlace(k.ID), share)
		}
		return k, err
	}
}

func (r Accounts) keepers(ctx context.Context, where string, args ...any) ([]account.Keeper, error) {
	rows, err := r.q.QueryContext(ctx, `SELECT `+keeperColumns+` FROM keeper WHERE `+where, args...)
	return collect(rows, err, r.scanKeeper(ctx))
}

// Keepers implements account.KeeperReader.
func (r Accounts) Keepers(ctx context.Context, owner habeas.AccountID) ([]account.Keeper, error) {
	return r.keepers(ctx, `subject = ? ORDER BY id`, owner[:])
}

// Keeping implements account.KeeperReader. Nobody is asked to keep a share of their own key.
func (r Accounts) Keeping(ctx context.Context, id habeas.AccountID) ([]account.Keeper, error) {
	return r.keepers(ctx, `subject <> ?1 AND (account = ?1 OR hash IN (SELECT hash FROM account_address WHERE account = ?1 AND proof = 'code')) ORDER BY id DESC`, id[:])
}

// Keeper implements account.KeeperReader.
func (r Accounts) Keeper(ctx context.Context, id habeas.KeeperID) (account.Keeper, bool, error) {
	k, err := r.scanKeeper(ctx)(r.q.QueryRowContext(ctx, `SELECT `+keeperColumns+` FROM keeper WHERE id = ?`, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return k, false, nil
	}
	return k, err == nil, failure(err)
}

// LostKeepers implements account.KeeperReader.
func (r Accounts) LostKeepers(ctx context.Context, now time.Time, limit int) ([]account.Keeper, error) {
	return r.keepers(ctx, `state IN ('agreed', 'holds') AND NOT EXISTS (SELECT 1 FROM certificate c
		WHERE c.authority = ?1 AND c.serial = keeper.serial AND c.account = keeper.account AND c.revoked_at = 0 AND c.ends > ?2) LIMIT ?3`,
		string(pki.Identity), millis(now), limit)
}

// AskKeepers implements account.KeeperWriter.
func (w AccountsTx) AskKeepers(set []account.Keeper, e audit.Entry) error {
	if _, err := w.tx.exec(`DELETE FROM keeper WHERE subject = ? AND escrow IS NULL`, set[0].Owner[:]); err != nil {
		return err
	}
	for _, k := range set {
		_, err := w.tx.exec(`INSERT INTO keeper (id, keeper_set, subject, need, state, at) VALUES (?,?,?,?,?,?)`,
			k.ID[:], k.Set[:], k.Owner[:], k.Need, string(k.State), millis(k.At))
		if err == nil {
			err = w.writeKeeper(k)
		}
		if err != nil {
			return err
		}
	}
	return w.tx.Audit(e)
}

// DropKeepers implements account.KeeperWriter.
func (w AccountsTx) DropKeepers(owner habeas.AccountID, e audit.Entry) error {
	if _, err := w.tx.exec(`DELETE FROM keeper WHERE subject = ? AND escrow IS NULL`, owner[:]); err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// SaveKeeper implements account.KeeperWriter.
func (w AccountsTx) SaveKeeper(k account.Keeper, e audit.Entry) error {
	if err := w.writeKeeper(k); err != nil {
		return err
	}
	return w.tx.Audit(e)
}

func (w AccountsTx) writeKeeper(k account.Keeper) error {
	outer, err := w.tx.key(habeas.SubjectOf(k.Owner))
	if err != nil {
		return err
	}
	var share, sealed, hash, serial []byte
	if k.Name != "" {
		if sealed, err = sealWords(outer, keeperPlace(k.ID), sealedKeeper{k.Name, k.Mailbox, k.Point, k.Signature}); err != nil {
			return err
		}
	}
	if k.Share != nil {
		inner, err := w.tx.key(habeas.SubjectOf(k.Escrow))
		if err != nil {
			return err
		}
		share = outer.Seal(sharePlace(k.ID), inner.Seal(sharePlace(k.ID), k.Share))
	}
	if k.Hash != (keyring.LookupHash{}) {
		hash = k.Hash[:]
	}
	if !k.Account.IsZero() {
		serial = k.Serial[:]
	}
	return exactlyOne(w.tx.exec(`UPDATE keeper SET escrow = ?, account = ?, hash = ?, serial = ?, state = ?, answered_at = ?, reset = ?, reply = ?, share = ?, sealed = ? WHERE id = ?`,
		nullID(k.Escrow), nullID(k.Account), hash, serial, string(k.State), millis(k.Answered), nullID(k.Reset), k.Reply, share, sealed, k.ID[:]))
}

// SplitEscrow implements account.KeeperWriter.
func (w AccountsTx) SplitEscrow(x account.Escrow, set []account.Keeper, e audit.Entry) error {
	before, found, err := w.Escrow(w.tx.Context(), x.Account)
	if err != nil {
		return err
	}
	if found {
		if err := w.dropEscrow(before.ID, e.At); err != nil {
			return err
		}
	}
	for _, k := range set {
		if err := w.writeKeeper(k); err != nil {
			return err
		}
	}
	return w.SaveEscrow(x, e)
}

// dropReplies forgets what keepers gave for resets that are over.
const dropReplies = `UPDATE keeper SET reset = NULL, reply = NULL WHERE reset IN `

// partKeepers parts an erased account from what it kept for others, who are told later, and
// forgets that it was asked.
func (tx *Tx) partKeepers(subject habeas.SubjectID) (sql.Result, error) {
	return tx.exec(`UPDATE keeper SET account = NULL, hash = NULL, serial = NULL, reset = NULL, reply = NULL, share = NULL, sealed = NULL,
		state = CASE WHEN state = 'invited' THEN 'declined' ELSE state END
		WHERE account = ?1 OR hash IN (SELECT hash FROM account_address WHERE account = ?1)`, subject[:])
}
