package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
)

// Releases reads the register of releases of data. It implements account.Releases.
type Releases struct {
	q    querier
	keys *keyring.Ring
}

// ReleasesTx changes it in one transaction. It implements account.ReleaseWriter.
type ReleasesTx struct {
	Releases
	tx *Tx
}

var _ account.ReleaseWriter = ReleasesTx{}

// Releases returns the reader on the pool.
func (db *DB) Releases() Releases { return Releases{q: db.Records().q, keys: db.cfg.Keys} }

// Releases returns the reader and writer in this transaction.
func (tx *Tx) Releases() ReleasesTx {
	r := tx.Records()
	return ReleasesTx{Releases{q: r.q, keys: r.keys}, tx}
}

func casePlace(id habeas.ReleaseID) string        { return "release-case/" + string(id[:]) }
func releaseFilePlace(id habeas.ReleaseID) string { return "release-file/" + string(id[:]) }

const selectCase = `SELECT id, version, account, ground, sets, legal, state, arrived, decided, notice_from, notice_by, notice_at, notice_mail,
	notice_failed, hold_until, hidden, sealed FROM release_case`

func (s Releases) scanCase(ctx context.Context) func(row) (account.Case, error) {
	return func(r row) (account.Case, error) {
		var c account.Case
		var id, who, mail, sealed []byte
		var sets string
		var arrived, decided, from, by, at, failed, hold, hidden int64
		err := r.Scan(&id, &c.Version, &who, &c.Ground, &sets, &c.Legal, &c.State, &arrived, &decided, &from, &by, &at, &mail, &failed, &hold, &hidden, &sealed)
		if err != nil {
			return c, err
		}
		copy(c.ID[:], id)
		copy(c.Account[:], who)
		copy(c.NoticeMail[:], mail)
		for _, set := range strings.Fields(sets) {
			c.Sets = append(c.Sets, account.DataSet(set))
		}
		c.ArrivedAt, c.DecidedAt, c.NoticeFrom, c.NoticeBy = moment(arrived), moment(decided), moment(from), moment(by)
		c.NoticeAt, c.NoticeFailed, c.HoldUntil, c.Hidden = moment(at), moment(failed), moment(hold), hidden == 1
		if c.Account.IsZero() || sealed == nil {
			return c, nil // the account was erased, and the words with it
		}
		key, err := s.keys.Key(ctx, habeas.SubjectOf(c.Account))
		if habeas.KindOf(err) == habeas.KindGone {
			c.Account = habeas.AccountID{}
			return c, nil
		}
		if err != nil {
			return c, err
		}
		return c, openWords(key, casePlace(c.ID), sealed, &c.Words)
	}
}

// Case implements account.Releases.
func (s Releases) Case(ctx context.Context, id habeas.ReleaseID) (account.Case, error) {
	c, err := s.scanCase(ctx)(s.q.QueryRowContext(ctx, selectCase+` WHERE id = ?`, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return c, account.ErrNoCase
	}
	return c, failure(err)
}

func (s Releases) list(ctx context.Context, query string, args ...any) ([]account.Case, error) {
	rows, err := s.q.QueryContext(ctx, selectCase+query, args...)
	return collect(rows, err, s.scanCase(ctx))
}

// Cases implements account.Releases.
func (s Releases) Cases(ctx context.Context, limit int) ([]account.Case, error) {
	return s.list(ctx, ` ORDER BY CASE WHEN state IN ('open', 'asked') THEN 0 ELSE 1 END, id DESC LIMIT ?`, limit)
}

// ToNotify implements account.Releases.
func (s Releases) ToNotify(ctx context.Context, now time.Time, limit int) ([]account.Case, error) {
	return s.list(ctx, ` WHERE notice_due > 0 AND notice_due <= ? ORDER BY notice_due LIMIT ?`, millis(now), limit)
}

// ToShow implements account.Releases.
func (s Releases) ToShow(ctx context.Context, now time.Time, limit int) ([]account.Case, error) {
	return s.list(ctx, ` WHERE hidden = 1 AND hold_until <= ? AND account IS NOT NULL ORDER BY hold_until LIMIT ?`, millis(now), limit)
}

// Bounced implements account.Releases.
func (s Releases) Bounced(ctx context.Context, limit int) ([]account.Case, error) {
	return s.list(ctx, ` WHERE notice_at > 0 AND notice_failed = 0 AND account IS NOT NULL
		AND EXISTS (SELECT 1 FROM outbox o WHERE o.id = release_case.notice_mail AND o.state = 'dead') ORDER BY notice_at LIMIT ?`, limit)
}

// NoticesLate counts the notices that are overdue.
func (s Releases) NoticesLate(ctx context.Context, now time.Time) (n int, err error) {
	due, err := s.ToNotify(ctx, now, 1000)
	for _, c := range due {
		if c.NoticeLate(now) {
			n++
		}
	}
	return n, err
}

// File implements account.Releases.
func (s Releases) File(ctx context.Context, c account.Case) ([]byte, error) {
	var sealed []byte
	err := s.q.QueryRowContext(ctx, `SELECT sealed FROM release_file WHERE id = ?`, c.ID[:]).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, account.ErrNoCase
	}
	if err != nil {
		return nil, failure(err)
	}
	key, err := s.keys.Key(ctx, habeas.SubjectOf(c.Account))
	if err != nil {
		return nil, err
	}
	text, err := key.Open(releaseFilePlace(c.ID), sealed)
	return text, failure(err)
}

// Figures implements account.Releases.
func (s Releases) Figures(ctx context.Context, before time.Time) ([]account.Figures, error) {
	rows, err := s.q.QueryContext(ctx, `SELECT ground, state, decided FROM release_case WHERE decided > 0 AND decided < ? AND hidden = 0 ORDER BY decided DESC`, millis(before))
	if err != nil {
		return nil, failure(err)
	}
	defer rows.Close()
	var out []account.Figures
	for rows.Next() {
		var ground account.Ground
		var state account.CaseState
		var decided int64
		if err := rows.Scan(&ground, &state, &decided); err != nil {
			return nil, failure(err)
		}
		year := moment(decided).Year()
		if n := len(out); n == 0 || out[n-1].Year != year {
			out = append(out, account.Figures{Year: year, Counts: map[account.Ground]map[account.CaseState]int{}})
		}
		of := out[len(out)-1].Counts
		if of[ground] == nil {
			of[ground] = map[account.CaseState]int{}
		}
		of[ground][state]++
	}
	return out, failure(rows.Err())
}

// SaveCase implements account.ReleaseWriter.
func (w ReleasesTx) SaveCase(c account.Case, e audit.Entry) error {
	key, err := w.tx.key(habeas.SubjectOf(c.Account))
	if err != nil {
		return err
	}
	sealed, err := sealWords(key, casePlace(c.ID), c.Words)
	if err != nil {
		return err
	}
	var sets []string
	for _, set := range c.Sets {
		sets = append(sets, string(set))
	}
	due := time.Time{}
	if c.NoticeOwed() {
		if due = c.NoticeFrom; !c.HoldUntil.IsZero() {
			due = c.HoldUntil
		}
	}
	hidden := 0
	if c.Hidden {
		hidden = 1
	}
	args := []any{
		c.Version, c.Account[:], string(c.Ground), strings.Join(sets, " "), string(c.Legal), string(c.State), millis(c.ArrivedAt), millis(c.DecidedAt),
		millis(c.NoticeFrom), millis(c.NoticeBy), millis(due), millis(c.NoticeAt), nullID(c.NoticeMail), millis(c.NoticeFailed), millis(c.HoldUntil), hidden, sealed, c.ID[:],
	}
	query := `INSERT INTO release_case (version, account, ground, sets, legal, state, arrived, decided, notice_from, notice_by, notice_due, notice_at, notice_mail,
		notice_failed, hold_until, hidden, sealed, id) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`
	if c.Version > 1 {
		query, args = `UPDATE release_case SET version = ?, account = ?, ground = ?, sets = ?, legal = ?, state = ?, arrived = ?, decided = ?, notice_from = ?, notice_by = ?,
			notice_due = ?, notice_at = ?, notice_mail = ?, notice_failed = ?, hold_until = ?, hidden = ?, sealed = ? WHERE id = ? AND version = ?`, append(args, c.Version-1)
	}
	res, err := w.tx.exec(query, args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil {
		return err
	} else if n != 1 {
		return account.ErrCaseMoved
	}
	return w.tx.Audit(e)
}

// SaveGiven implements account.ReleaseWriter.
func (w ReleasesTx) SaveGiven(c account.Case, file []byte, e audit.Entry) error {
	key, err := w.tx.key(habeas.SubjectOf(c.Account))
	if err != nil {
		return err
	}
	_, err = w.tx.exec(`INSERT INTO release_file (id, account, sealed) VALUES (?,?,?)`, c.ID[:], c.Account[:], key.Seal(releaseFilePlace(c.ID), file))
	if err != nil {
		return err
	}
	return w.SaveCase(c, e)
}

// lapseCases is what erasing an account leaves of its cases: one that nobody has decided
// counts as lapsed from then on.
func (tx *Tx) lapseCases(subject habeas.SubjectID, at time.Time) (sql.Result, error) {
	return tx.exec(`UPDATE release_case SET account = NULL, sealed = NULL, notice_due = 0, hidden = 0, version = version + 1,
		decided = CASE WHEN decided = 0 THEN ?1 ELSE decided END,
		state = CASE WHEN state IN ('open', 'asked') THEN 'lapsed' ELSE state END WHERE account = ?2`, millis(at), subject[:])
}
