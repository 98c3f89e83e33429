package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
)

func keepingPlace(id habeas.PartyID) string { return "retention/" + string(id[:]) }

const selectKeeping = `SELECT party, warned_at, held_at, held_by, held_until, sealed FROM retention`

func (s Notices) scanKeeping(ctx context.Context) func(row) (party.Keeping, error) {
	return func(r row) (party.Keeping, error) {
		var k party.Keeping
		var id, by, sealed []byte
		var warned, held, until int64
		if err := r.Scan(&id, &warned, &held, &by, &until, &sealed); err != nil {
			return k, err
		}
		copy(k.Party[:], id)
		copy(k.HeldBy[:], by)
		k.WarnedAt, k.HeldAt, k.HeldUntil = moment(warned), moment(held), moment(until)
		if sealed == nil {
			return k, nil
		}
		key, err := s.keys.Key(ctx, habeas.SubjectOf(k.Party))
		if err != nil {
			return k, err
		}
		return k, openWords(key, keepingPlace(k.Party), sealed, &k.Why)
	}
}

// Keeping implements party.Retention.
func (s Notices) Keeping(ctx context.Context, id habeas.PartyID) (party.Keeping, error) {
	k, err := s.scanKeeping(ctx)(s.q.QueryRowContext(ctx, selectKeeping+` WHERE party = ?`, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return party.Keeping{Party: id}, nil
	}
	return k, failure(err)
}

// overdue is a condition on unclaimed records that nobody has spoken of since a moment
// (twice), that staff do not keep, and of which nothing was announced lately.
const overdue = ` WHERE state = 'unclaimed' AND id > ? AND id < ?
	AND NOT EXISTS (SELECT 1 FROM statement s WHERE s.party = party.id AND s.id >= ?)
	AND NOT EXISTS (SELECT 1 FROM retention r WHERE r.party = party.id AND (r.held_at > 0 OR r.warned_at > ?))`

// Overdue implements party.Retention.
func (s Notices) Overdue(ctx context.Context, before, warned time.Time, after habeas.PartyID, limit int) ([]party.Party, error) {
	rows, err := s.q.QueryContext(ctx, selectParty+overdue+` ORDER BY id LIMIT ?`, after[:], bound(before), bound(before), millis(warned), limit)
	return collect(rows, err, scanParty)
}

// CountOverdue implements party.Retention.
func (s Notices) CountOverdue(ctx context.Context, before time.Time, limit int) (n int, err error) {
	var first habeas.PartyID
	never := int64(1) << 62 // also those that were announced
	err = s.q.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM party`+overdue+` LIMIT ?) o`,
		first[:], bound(before), bound(before), never, limit).Scan(&n)
	return n, failure(err)
}

// Kept implements party.Retention.
func (s Notices) Kept(ctx context.Context, limit int) ([]party.Keeping, error) {
	rows, err := s.q.QueryContext(ctx, selectKeeping+` WHERE held_at > 0
		OR EXISTS (SELECT 1 FROM party p WHERE p.id = retention.party AND p.state = 'unclaimed')
		ORDER BY CASE WHEN held_at > 0 THEN 1 ELSE 0 END, warned_at, party LIMIT ?`, limit)
	return collect(rows, err, s.scanKeeping(ctx))
}

// HoldsOver implements party.Retention.
func (s Notices) HoldsOver(ctx context.Context, now time.Time, limit int) ([]party.Keeping, error) {
	rows, err := s.q.QueryContext(ctx, selectKeeping+` WHERE held_at > 0 AND held_until > 0 AND held_until <= ? LIMIT ?`, millis(now), limit)
	return collect(rows, err, s.scanKeeping(ctx))
}

// SaveKeeping implements party.RetentionWriter.
func (w NoticesTx) SaveKeeping(k party.Keeping, e audit.Entry) error {
	key, err := w.tx.key(habeas.SubjectOf(k.Party))
	if err != nil {
		return err
	}
	sealed, err := sealWords(key, keepingPlace(k.Party), k.Why)
	if err != nil {
		return err
	}
	_, err = w.tx.exec(`INSERT INTO retention (party, warned_at, held_at, held_by, held_until, sealed) VALUES (?,?,?,?,?,?) ON CONFLICT (party) DO UPDATE
		SET warned_at = excluded.warned_at, held_at = excluded.held_at, held_by = excluded.held_by, held_until = excluded.held_until, sealed = excluded.sealed`,
		k.Party[:], millis(k.WarnedAt), millis(k.HeldAt), k.HeldBy[:], millis(k.HeldUntil), sealed)
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}
