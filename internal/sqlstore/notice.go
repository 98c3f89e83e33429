package sqlstore

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
)

// Notices reads who was told what, what people ask for and how long unclaimed records
// are kept. It implements party.Notices and party.Retention.
type Notices struct {
	q    querier
	keys *keyring.Ring
}

// NoticesTx writes it in one transaction. It implements party.NoticeWriter and
// party.RetentionWriter.
type NoticesTx struct {
	Notices
	tx *Tx
}

var (
	_ party.NoticeWriter    = NoticesTx{}
	_ party.RetentionWriter = NoticesTx{}
)

// Notices returns the reader of notices on the pool.
func (db *DB) Notices() Notices { return Notices{q: db.Records().q, keys: db.cfg.Keys} }

// Notices returns the reader and writer of notices in this transaction.
func (tx *Tx) Notices() NoticesTx {
	r := tx.Records()
	return NoticesTx{Notices{q: r.q, keys: r.keys}, tx}
}

// bound is the identifier before all that were made at a moment or later.
func bound(t time.Time) []byte {
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], uint64(t.UnixMilli())<<16)
	return id[:]
}

// ToBeTold implements party.Notices.
func (s Notices) ToBeTold(ctx context.Context, before time.Time, after habeas.PartyID, limit int) ([]party.Party, error) {
	rows, err := s.q.QueryContext(ctx, selectParty+` WHERE state = 'unclaimed' AND id > ? AND id < ?
		AND NOT EXISTS (SELECT 1 FROM told t WHERE t.party = party.id AND t.version = party.version) ORDER BY id LIMIT ?`,
		after[:], bound(before), limit)
	return collect(rows, err, scanParty)
}

const selectNotified = `SELECT address, stop, sets, mail, sent_at, seen_at, stopped_at, bounced_at FROM notified`

func scanNotified(r row) (party.Notified, error) {
	var n party.Notified
	var address, stop, mail []byte
	var sets string
	var sent, seen, stopped, bounced int64
	if err := r.Scan(&address, &stop, &sets, &mail, &sent, &seen, &stopped, &bounced); err != nil {
		return n, err
	}
	copy(n.Address[:], address)
	copy(n.Stop[:], stop)
	copy(n.Mail[:], mail)
	n.Sets = splitList(sets)
	n.SentAt, n.SeenAt, n.StoppedAt, n.BouncedAt = moment(sent), moment(seen), moment(stopped), moment(bounced)
	return n, nil
}

// NotifiedAt implements party.Notices.
func (s Notices) NotifiedAt(ctx context.Context, address keyring.LookupHash) (party.Notified, error) {
	n, err := scanNotified(s.q.QueryRowContext(ctx, selectNotified+` WHERE address = ?`, address[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return party.Notified{Address: address}, nil
	}
	return n, failure(err)
}

// NotifiedBy implements party.Notices.
func (s Notices) NotifiedBy(ctx context.Context, stop party.StopToken) (party.Notified, bool, error) {
	n, err := scanNotified(s.q.QueryRowContext(ctx, selectNotified+` WHERE stop = ?`, stop[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return n, false, nil
	}
	return n, err == nil, failure(err)
}

// sealedVisit is the personal part of a visit, under the house's key.
type sealedVisit struct {
	Mailbox  string `json:"m"`
	Display  string `json:"d"`
	Language string `json:"l"`
}

func visitPlace(hash [32]byte) string { return "visit/" + string(hash[:]) }

// Visit implements party.Notices.
func (s Notices) Visit(ctx context.Context, hash [32]byte, purpose party.VisitPurpose, now time.Time) (party.Visit, bool, error) {
	v := party.Visit{Hash: hash, Purpose: purpose}
	var address, sealed []byte
	var created, expires int64
	err := s.q.QueryRowContext(ctx, `SELECT address, created_at, expires, sealed FROM notice_visit WHERE hash = ? AND purpose = ? AND expires > ?`,
		hash[:], string(purpose), millis(now)).Scan(&address, &created, &expires, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return v, false, nil
	}
	if err != nil {
		return v, false, failure(err)
	}
	copy(v.Address[:], address)
	v.CreatedAt, v.ExpiresAt = moment(created), moment(expires)
	var in sealedVisit
	if err := openWords(s.keys.House(), visitPlace(hash), sealed, &in); err != nil {
		return v, false, failure(err)
	}
	v.Mailbox, v.Display, v.Language = in.Mailbox, in.Display, in.Language
	return v, true, nil
}

// StartVisit begins what a proved address opens without an account.
func (o Ops) StartVisit(ctx context.Context, v party.Visit) error {
	return o.inTx(ctx, func(tx *Tx) error {
		sealed, err := sealWords(tx.w.db.cfg.Keys.House(), visitPlace(v.Hash), sealedVisit{v.Mailbox, v.Display, v.Language})
		if err != nil {
			return err
		}
		_, err = tx.exec(`INSERT INTO notice_visit (hash, purpose, address, created_at, expires, sealed) VALUES (?,?,?,?,?,?)`,
			v.Hash[:], string(v.Purpose), v.Address[:], millis(v.CreatedAt), millis(v.ExpiresAt), sealed)
		return err
	})
}

// EndVisit ends it before its time.
func (o Ops) EndVisit(ctx context.Context, hash [32]byte) error {
	return o.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`DELETE FROM notice_visit WHERE hash = ?`, hash[:])
		return err
	})
}

// MarkTold notes that a record was looked at for a notice.
func (o Ops) MarkTold(ctx context.Context, t party.Told) error {
	return o.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`INSERT INTO told (party, version, state, at) VALUES (?,?,?,?) ON CONFLICT (party) DO UPDATE
			SET version = excluded.version, state = excluded.state, at = excluded.at`, t.Party[:], t.Version, string(t.State), millis(t.At))
		return err
	})
}

// MarkBounced notes the addresses whose notice no mail server would take.
func (o Ops) MarkBounced(ctx context.Context, now time.Time) error {
	return o.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE notified SET bounced_at = ? WHERE bounced_at = 0 AND mail IN (SELECT id FROM outbox WHERE state = 'dead')`, millis(now))
		return err
	})
}

// SaveNotified implements party.NoticeWriter.
func (w NoticesTx) SaveNotified(n party.Notified, e audit.Entry) error {
	_, err := w.tx.exec(`INSERT INTO notified (address, stop, sets, mail, sent_at, seen_at, stopped_at, bounced_at) VALUES (?,?,?,?,?,?,?,?)
		ON CONFLICT (address) DO UPDATE SET stop = excluded.stop, sets = excluded.sets, mail = excluded.mail, sent_at = excluded.sent_at,
		seen_at = excluded.seen_at, stopped_at = excluded.stopped_at, bounced_at = excluded.bounced_at`,
		n.Address[:], n.Stop[:], joinList(n.Sets), n.Mail[:], millis(n.SentAt), millis(n.SeenAt), millis(n.StoppedAt), millis(n.BouncedAt))
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// forgetNotice removes what notices and requests know of an erased record. The
// register keeps that something was asked for and when it was done; an address that
// wants no mails keeps that wish.
func (tx *Tx) forgetNotice(p habeas.PartyID, hashes []keyring.LookupHash, at time.Time) error {
	for _, table := range []string{"told", "retention"} {
		if _, err := tx.exec(`DELETE FROM `+table+` WHERE party = ?`, p[:]); err != nil {
			return err
		}
	}
	var nobody habeas.PartyID
	if _, err := tx.exec(`UPDATE request SET state = 'done', act_at = 0, ended_at = ? WHERE party = ? AND state = 'open'`, millis(at), p[:]); err != nil {
		return err
	}
	if _, err := tx.exec(`UPDATE request SET party = ?, sealed = NULL WHERE party = ?`, nobody[:], p[:]); err != nil {
		return err
	}
	for _, h := range hashes {
		if _, err := tx.exec(`DELETE FROM notified WHERE address = ? AND stopped_at = 0 AND NOT EXISTS (SELECT 1 FROM known_as k WHERE k.hash = notified.address)`, h[:]); err != nil {
			return err
		}
	}
	return nil
}
