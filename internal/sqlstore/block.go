package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"net/netip"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
)

// Blocks reads which accounts and networks are kept out. It implements account.Blocks.
type Blocks struct {
	q    querier
	keys *keyring.Ring
}

// BlocksTx changes it in one transaction. It implements account.BlockWriter.
type BlocksTx struct {
	Blocks
	tx *Tx
}

var _ account.BlockWriter = BlocksTx{}

// Blocks returns the reader on the pool.
func (db *DB) Blocks() Blocks { return Blocks{q: db.Records().q, keys: db.cfg.Keys} }

// Blocks returns the reader and writer in this transaction.
func (tx *Tx) Blocks() BlocksTx {
	r := tx.Records()
	return BlocksTx{Blocks{q: r.q, keys: r.keys}, tx}
}

func blockPlace(id habeas.BlockID) string { return "block/" + string(id[:]) }

// sealedBlock is the personal part of a block.
type sealedBlock struct {
	Network netip.Prefix     `json:"n,omitzero"`
	Reason  string           `json:"r"`
	By      habeas.AccountID `json:"b"`
}

const selectBlock = `SELECT id, account, until, ended_at, sealed FROM block`

func (s Blocks) scanBlock(ctx context.Context) func(row) (account.Block, error) {
	return func(r row) (account.Block, error) {
		var b account.Block
		var id, who, sealed []byte
		var until, ended int64
		if err := r.Scan(&id, &who, &until, &ended, &sealed); err != nil {
			return b, err
		}
		copy(b.ID[:], id)
		copy(b.Account[:], who)
		b.Until, b.EndedAt = moment(until), moment(ended)
		key, err := keyOf(ctx, s.keys, habeas.SubjectOf(b.Account))
		if habeas.KindOf(err) == habeas.KindGone {
			return b, nil // erased; the row goes in a moment
		}
		if err != nil {
			return b, err
		}
		var in sealedBlock
		err = openWords(key, blockPlace(b.ID), sealed, &in)
		b.Network, b.Reason, b.By = in.Network, in.Reason, in.By
		return b, err
	}
}

// ByID implements account.Blocks.
func (s Blocks) ByID(ctx context.Context, id habeas.BlockID) (account.Block, error) {
	b, err := s.scanBlock(ctx)(s.q.QueryRowContext(ctx, selectBlock+` WHERE id = ?`, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return b, account.ErrNoBlock
	}
	return b, failure(err)
}

// Made implements account.Blocks.
func (s Blocks) Made(ctx context.Context, limit int) ([]account.Block, error) {
	rows, err := s.q.QueryContext(ctx, selectBlock+` ORDER BY id DESC LIMIT ?`, limit)
	return collect(rows, err, s.scanBlock(ctx))
}

// Networks implements account.Blocks.
func (s Blocks) Networks(ctx context.Context, now time.Time) ([]account.Block, error) {
	rows, err := s.q.QueryContext(ctx, selectBlock+` WHERE account IS NULL AND ended_at = 0 AND until > ?`, millis(now))
	return collect(rows, err, s.scanBlock(ctx))
}

// BlockedUntil implements account.Blocks.
func (s Blocks) BlockedUntil(ctx context.Context, id habeas.AccountID, now time.Time) (time.Time, error) {
	var until int64
	err := s.q.QueryRowContext(ctx, `SELECT coalesce(max(until), 0) FROM block WHERE account = ? AND ended_at = 0 AND until > ?`, id[:], millis(now)).Scan(&until)
	return moment(until), failure(err)
}

// SaveBlock implements account.BlockWriter.
func (w BlocksTx) SaveBlock(b account.Block, e audit.Entry) error {
	key, err := w.tx.key(habeas.SubjectOf(b.Account))
	if err != nil {
		return err
	}
	sealed, err := sealWords(key, blockPlace(b.ID), sealedBlock{b.Network, b.Reason, b.By})
	if err != nil {
		return err
	}
	err = exactlyOne(w.tx.exec(`INSERT INTO block (id, account, until, ended_at, sealed) VALUES (?,?,?,?,?)
		ON CONFLICT (id) DO UPDATE SET ended_at = excluded.ended_at`, b.ID[:], nullID(b.Account), millis(b.Until), millis(b.EndedAt), sealed))
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}
