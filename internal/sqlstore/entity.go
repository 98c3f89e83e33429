package sqlstore

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"time"

	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/keyring"
)

// Entities reads the Entity Name System. It implements entity.Reader.
type Entities struct {
	q    querier
	keys *keyring.Ring
}

// EntitiesTx changes it in one transaction. It implements entity.Store.
type EntitiesTx struct {
	Entities
	tx *Tx
}

var _ entity.Store = EntitiesTx{}

// Entities returns the reader on the pool.
func (db *DB) Entities() Entities { return Entities{db.Records().q, db.cfg.Keys} }

// Entities returns the reader and writer in this transaction.
func (tx *Tx) Entities() EntitiesTx {
	return EntitiesTx{Entities{tx.Records().q, tx.w.db.cfg.Keys}, tx}
}

const (
	selectEntity = `SELECT id, state, version, created, changed, leads, body, sealed, turn FROM entity`
	selectPast   = `SELECT p.entity, p.state, p.version, e.created, p.changed, p.leads, p.body, p.sealed, e.turn
		FROM entity_past p JOIN entity e ON e.id = p.entity`
)

// scan reads a version of an entity and opens what is sealed in it.
func (s Entities) scan(r row) (p entity.Past, turn int64, err error) {
	var id, created, changed int64
	var leads, body, sealed []byte
	if err := r.Scan(&id, &p.State, &p.Version, &created, &changed, &leads, &body, &sealed, &turn); err != nil {
		return p, 0, err
	}
	p.ID, p.Created, p.Changed, p.Successors = entityID(id), moment(created), moment(changed), idsOf(leads)
	p.Description, p.Why, err = s.unpack(p.ID, p.Version, body, sealed)
	return p, turn, err
}

func (s Entities) scanPast(r row) (entity.Past, error) {
	p, _, err := s.scan(r)
	return p, err
}

func (s Entities) scanOne(r row) (entity.Entity, error) {
	p, _, err := s.scan(r)
	return p.Entity, err
}

func entityID(n int64) entity.ID   { return entity.ID(n) } //nolint:gosec // 60 bits
func entityKey(id entity.ID) int64 { return int64(id) }    //nolint:gosec // 60 bits

// idsOf and idBytes are lists of identifiers in a column, 8 bytes each.
func idsOf(b []byte) []entity.ID {
	var out []entity.ID
	for ; len(b) >= 8; b = b[8:] {
		out = append(out, entity.ID(binary.BigEndian.Uint64(b)))
	}
	return out
}

func idBytes(ids []entity.ID) []byte {
	out := make([]byte, 0, 8*len(ids))
	for _, id := range ids {
		out = binary.BigEndian.AppendUint64(out, uint64(id))
	}
	return out
}

// unknown turns no row into an error that says so.
func unknown(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return entity.ErrUnknown
	}
	return failure(err)
}

// One implements entity.Reader.
func (s Entities) One(ctx context.Context, id entity.ID) (entity.Entity, error) {
	e, err := s.scanOne(s.q.QueryRowContext(ctx, selectEntity+` WHERE id = ?`, entityKey(id)))
	return e, unknown(err)
}

// Version implements entity.Reader.
func (s Entities) Version(ctx context.Context, id entity.ID, version int64) (entity.Past, error) {
	p, err := s.scanPast(s.q.QueryRowContext(ctx, selectEntity+` WHERE id = ? AND version = ?`, entityKey(id), version))
	if errors.Is(err, sql.ErrNoRows) {
		p, err = s.scanPast(s.q.QueryRowContext(ctx, selectPast+` WHERE p.entity = ? AND p.version = ?`, entityKey(id), version))
	}
	return p, unknown(err)
}

// At implements entity.Reader.
func (s Entities) At(ctx context.Context, id entity.ID, at time.Time) (entity.Entity, error) {
	e, err := s.One(ctx, id)
	if err != nil || !e.Changed.After(at) {
		return e, err
	}
	was, err := s.scanOne(s.q.QueryRowContext(ctx, selectPast+` WHERE p.entity = ? AND p.changed <= ? ORDER BY p.version DESC LIMIT 1`, entityKey(id), millis(at)))
	if errors.Is(err, sql.ErrNoRows) && !e.Created.After(at) { // it was purged since
		return entity.Entity{ID: id, State: entity.Deleted, Created: e.Created}, nil
	}
	return was, unknown(err)
}

// ByExternal implements entity.Reader.
func (s Entities) ByExternal(ctx context.Context, x entity.External) (entity.ID, error) {
	var id int64
	mark := s.externalMark()(x)
	err := s.q.QueryRowContext(ctx, `SELECT entity FROM entity_external WHERE mark = ?`, mark).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return entityID(id), failure(err)
}

// externalMark returns the keyed hash of external identifiers.
func (s Entities) externalMark() func(entity.External) []byte {
	key := s.keys.House().Derive("habeas/entity-external", 32)
	return func(x entity.External) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(x.Scheme + "\x00" + x.Value))
		return h.Sum(nil)[:16]
	}
}

// Labelled implements entity.Reader.
func (s Entities) Labelled(ctx context.Context, name string, limit int) ([]entity.Entity, error) {
	rows, err := s.q.QueryContext(ctx, selectEntity+` WHERE label = ? AND label <> 0 AND state = ? ORDER BY id LIMIT ?`, labelMark(name), string(entity.Active), limit)
	return collect(rows, err, s.scanOne)
}

// Followers implements entity.Reader.
func (s Entities) Followers(ctx context.Context, id entity.ID) ([]entity.ID, error) {
	rows, err := s.q.QueryContext(ctx, `SELECT entity FROM entity_lead WHERE target = ? ORDER BY entity`, entityKey(id))
	return collect(rows, err, func(r row) (entity.ID, error) {
		var n int64
		err := r.Scan(&n)
		return entityID(n), err
	})
}

// Each visits every entity, active or not, in the order of its writes, to fill an index. It
// returns the turn after which Since goes on.
func (s Entities) Each(ctx context.Context, visit func(entity.Entity) error) (turn int64, err error) {
	return s.each(ctx, visit, selectEntity+` ORDER BY turn`)
}

// Since visits, in the order of their writes, the entities that were written after a turn, as
// they are now, at most limit of them; it returns the turn to go on from. Whoever follows
// calls it when Config.Entities says that there is something, and, where other nodes write
// too (PostgreSQL), every now and then.
func (s Entities) Since(ctx context.Context, turn int64, limit int, visit func(entity.Entity) error) (int64, error) {
	next, err := s.each(ctx, visit, selectEntity+` WHERE turn > ? ORDER BY turn LIMIT ?`, turn, limit)
	return max(turn, next), err
}

func (s Entities) each(ctx context.Context, visit func(entity.Entity) error, query string, args ...any) (turn int64, err error) {
	rows, err := s.q.QueryContext(ctx, query, args...)
	if err != nil {
		return 0, failure(err)
	}
	defer rows.Close()
	for rows.Next() {
		p, at, err := s.scan(rows)
		if err == nil {
			err = visit(p.Entity)
		}
		if err != nil {
			return turn, failure(err)
		}
		turn = at
	}
	return turn, failure(rows.Err())
}

// Turn is the last one that was given: 0 where there is no entity.
func (s Entities) Turn(ctx context.Context) (turn int64, err error) {
	err = s.q.QueryRowContext(ctx, `SELECT coalesce(max(turn), 0) FROM entity`).Scan(&turn)
	return turn, failure(err)
}

// Save implements entity.Store.
func (w EntitiesTx) Save(all []entity.Past, e audit.Entry) error {
	turn, err := w.Turn(w.tx.ctx)
	if err != nil {
		return err
	}
	mark := w.externalMark()
	for _, p := range all { // first away with what goes over from one to another
		if p.Version > 1 {
			if err := w.release(p, mark); err != nil {
				return err
			}
		}
	}
	for _, p := range all {
		turn++
		if err := w.save(p, turn, mark); err != nil {
			return err
		}
	}
	w.tx.entities = true
	return w.tx.Audit(e)
}

// release moves the present version of an entity into its history, and lets go of what it is
// called elsewhere and of where it leads.
func (w EntitiesTx) release(p entity.Past, mark func(entity.External) []byte) error {
	was, err := w.One(w.tx.ctx, p.ID)
	if err != nil {
		return err
	}
	if was.Version != p.Version-1 {
		return entity.ErrVersion
	}
	if _, err := w.tx.exec(`INSERT INTO entity_past (entity, version, state, changed, leads, body, sealed)
		SELECT id, version, state, changed, leads, body, sealed FROM entity WHERE id = ?`, entityKey(p.ID)); err != nil {
		return err
	}
	if was.Named() {
		for _, x := range was.Description.Externals {
			if _, err := w.tx.exec(`DELETE FROM entity_external WHERE mark = ? AND entity = ?`, mark(x), entityKey(p.ID)); err != nil {
				return err
			}
		}
	}
	if _, err := w.tx.exec(`DELETE FROM entity_lock WHERE entity = ?`, entityKey(p.ID)); err != nil {
		return err
	}
	for _, to := range was.Successors {
		if _, err := w.tx.exec(`DELETE FROM entity_lead WHERE target = ? AND entity = ?`, entityKey(to), entityKey(p.ID)); err != nil {
			return err
		}
	}
	return nil
}

func (w EntitiesTx) save(p entity.Past, turn int64, mark func(entity.External) []byte) error {
	body, sealed, err := w.pack(p)
	if err != nil {
		return err
	}
	var leads []byte
	if len(p.Successors) > 0 {
		leads = idBytes(p.Successors)
	}
	label := int64(0)
	if p.State == entity.Active && !p.Description.Secret() {
		label = labelMark(p.Description.Label())
	}
	args := []any{entityKey(p.ID), string(p.State), p.Version, turn, label, millis(p.Created), millis(p.Changed), leads, body, sealed}
	if p.Version == 1 {
		res, err := w.tx.exec(`INSERT INTO entity (id, state, version, turn, label, created, changed, leads, body, sealed)
			VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO NOTHING`, args...)
		if err := onlyIf(res, err, entity.ErrVersion); err != nil {
			return err
		}
	} else if _, err := w.tx.exec(`UPDATE entity SET state=?2, version=?3, turn=?4, label=?5, created=?6, changed=?7, leads=?8, body=?9, sealed=?10 WHERE id=?1`, args...); err != nil {
		return err
	}
	if p.Named() {
		for _, x := range p.Description.Externals {
			res, err := w.tx.exec(`INSERT INTO entity_external (mark, entity) VALUES (?,?) ON CONFLICT (mark) DO NOTHING`, mark(x), entityKey(p.ID))
			if err := onlyIf(res, err, entity.ErrExternal); err != nil {
				return err
			}
		}
	}
	for _, to := range p.Successors {
		if _, err := w.tx.exec(`INSERT INTO entity_lead (target, entity) VALUES (?,?)`, entityKey(to), entityKey(p.ID)); err != nil {
			return err
		}
	}
	return nil
}

// onlyIf returns otherwise when no row was written.
func onlyIf(res sql.Result, err, otherwise error) error {
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		return otherwise
	}
	return err
}

// PurgeEntity implements entity.Store. The evolution keeps the identifiers.
func (w EntitiesTx) PurgeEntity(id entity.ID, e audit.Entry) error {
	if _, err := w.tx.exec(`DELETE FROM entity_past WHERE entity = ?`, entityKey(id)); err != nil {
		return err
	}
	turn, err := w.Turn(w.tx.ctx)
	if err != nil {
		return err
	}
	res, err := w.tx.exec(`UPDATE entity SET version = version + 1, turn = ?, label = 0, changed = ?, body = '', sealed = NULL WHERE id = ? AND state = ?`,
		turn+1, millis(e.At), entityKey(id), string(entity.Deleted))
	if err := onlyIf(res, err, entity.ErrUnknown); err != nil {
		return err
	}
	w.tx.entities, w.tx.compact = true, true
	return w.tx.Audit(e)
}
