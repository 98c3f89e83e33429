package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
)

var (
	_ account.SiteWriter    = AccountsTx{}
	_ account.MandateWriter = AccountsTx{}
)

func sitePlace(id habeas.SiteID) string       { return "creator-site/" + string(id[:]) }
func mandatePlace(id habeas.MandateID) string { return "mandate/" + string(id[:]) }

const selectSite = `SELECT id, account, at, confirmed_at, confirmed_by, ended_at, sealed FROM creator_site`

func (r Accounts) scanSite(ctx context.Context) func(row) (account.CreatorSite, error) {
	return func(s row) (account.CreatorSite, error) {
		var c account.CreatorSite
		var id, owner, by, sealed []byte
		var at, confirmed, ended int64
		if err := s.Scan(&id, &owner, &at, &confirmed, &by, &ended, &sealed); err != nil {
			return c, err
		}
		copy(c.ID[:], id)
		copy(c.Account[:], owner)
		copy(c.ConfirmedBy[:], by)
		c.At, c.ConfirmedAt, c.EndedAt = moment(at), moment(confirmed), moment(ended)
		key, err := r.keys.Key(ctx, habeas.SubjectOf(c.Account))
		if err != nil {
			return c, err
		}
		return c, openWords(key, sitePlace(c.ID), sealed, &c.Words)
	}
}

// Sites implements account.SiteReader.
func (r Accounts) Sites(ctx context.Context) ([]account.CreatorSite, error) {
	rows, err := r.q.QueryContext(ctx, selectSite+` ORDER BY at, id`)
	return collect(rows, err, r.scanSite(ctx))
}

// Site implements account.SiteReader.
func (r Accounts) Site(ctx context.Context, id habeas.SiteID) (account.CreatorSite, bool, error) {
	s, err := r.scanSite(ctx)(r.q.QueryRowContext(ctx, selectSite+` WHERE id = ?`, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return account.CreatorSite{}, false, nil
	}
	return s, err == nil, failure(err)
}

// SaveSite implements account.SiteWriter.
func (w AccountsTx) SaveSite(s account.CreatorSite, e audit.Entry) error {
	key, err := w.tx.key(habeas.SubjectOf(s.Account))
	if err != nil {
		return err
	}
	sealed, err := sealWords(key, sitePlace(s.ID), s.Words)
	if err != nil {
		return err
	}
	var by []byte
	if !s.ConfirmedBy.IsZero() {
		by = s.ConfirmedBy[:]
	}
	_, err = w.tx.exec(`INSERT INTO creator_site (id, account, at, confirmed_at, confirmed_by, ended_at, sealed) VALUES (?,?,?,?,?,?,?)
		ON CONFLICT (id) DO UPDATE SET confirmed_at = excluded.confirmed_at, confirmed_by = excluded.confirmed_by, ended_at = excluded.ended_at, sealed = excluded.sealed`,
		s.ID[:], s.Account[:], millis(s.At), millis(s.ConfirmedAt), by, millis(s.EndedAt), sealed)
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}

const selectMandate = `SELECT id, account, creator, site, at, ended_at, sealed FROM mandate`

func (r Accounts) scanMandate(ctx context.Context) func(row) (account.Mandate, error) {
	return func(s row) (account.Mandate, error) {
		var m account.Mandate
		var id, owner, creator, site, sealed []byte
		var at, ended int64
		if err := s.Scan(&id, &owner, &creator, &site, &at, &ended, &sealed); err != nil {
			return m, err
		}
		copy(m.ID[:], id)
		copy(m.Account[:], owner)
		copy(m.Creator[:], creator)
		copy(m.Site[:], site)
		m.At, m.EndedAt = moment(at), moment(ended)
		key, err := r.keys.Key(ctx, habeas.SubjectOf(m.Account))
		if err != nil {
			return m, err
		}
		return m, openWords(key, mandatePlace(m.ID), sealed, &m.Words)
	}
}

// MandatesOf implements account.MandateReader.
func (r Accounts) MandatesOf(ctx context.Context, id habeas.AccountID) ([]account.Mandate, error) {
	rows, err := r.q.QueryContext(ctx, selectMandate+` WHERE account = ? ORDER BY at DESC, id DESC`, id[:])
	return collect(rows, err, r.scanMandate(ctx))
}

// Mandate implements account.MandateReader.
func (r Accounts) Mandate(ctx context.Context, id, creator habeas.AccountID) (account.Mandate, bool, error) {
	m, err := r.scanMandate(ctx)(r.q.QueryRowContext(ctx, selectMandate+` WHERE account = ? AND creator = ? AND ended_at = 0`, id[:], creator[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return account.Mandate{}, false, nil
	}
	return m, err == nil, failure(err)
}

// AddMandate implements account.MandateWriter.
func (w AccountsTx) AddMandate(m account.Mandate, e audit.Entry) error {
	key, err := w.tx.key(habeas.SubjectOf(m.Account))
	if err != nil {
		return err
	}
	sealed, err := sealWords(key, mandatePlace(m.ID), m.Words)
	if err != nil {
		return err
	}
	_, err = w.tx.exec(`INSERT INTO mandate (id, account, creator, site, at, sealed) VALUES (?,?,?,?,?,?)`,
		m.ID[:], m.Account[:], m.Creator[:], m.Site[:], millis(m.At), sealed)
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// EndMandate implements account.MandateWriter.
func (w AccountsTx) EndMandate(m account.Mandate, e audit.Entry) error {
	res, err := w.tx.exec(`UPDATE mandate SET ended_at = ? WHERE id = ? AND ended_at = 0`, millis(m.EndedAt), m.ID[:])
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return w.tx.Audit(e)
}

// partMandates ends what an erased creator was allowed, and parts it from them. The words stay
// with those who gave it.
func (tx *Tx) partMandates(creator habeas.SubjectID, now time.Time) (sql.Result, error) {
	return tx.exec(`UPDATE mandate SET creator = NULL, ended_at = CASE WHEN ended_at = 0 THEN ? ELSE ended_at END WHERE creator = ?`, millis(now), creator[:])
}
