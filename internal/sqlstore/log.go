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

// tableLog is the account log.
const tableLog = "account_log"

// Logs reads the logs about accounts. It implements account.Logs.
type Logs struct {
	q    querier
	keys *keyring.Ring
}

// LogsTx writes them in one transaction. It implements account.LogWriter.
type LogsTx struct {
	Logs
	tx *Tx
}

var _ account.LogWriter = LogsTx{}

// Logs returns the reader on the pool.
func (db *DB) Logs() Logs { return Logs{q: db.readers, keys: db.cfg.Keys} }

// Logs returns the reader and writer in this transaction.
func (tx *Tx) Logs() LogsTx {
	return LogsTx{Logs{q: steady{tx.w.conn}, keys: tx.w.db.cfg.Keys}, tx}
}

func logPlace(id habeas.EventID) string       { return "account-log/" + string(id[:]) }
func readingPlace(id habeas.ReadingID) string { return "log-reading/" + string(id[:]) }

// sealedLog is what a line says beside its class and moment. From always has 16 bytes, so
// that a line tells by its length nothing of what is known.
type sealedLog struct {
	Credential string `json:"c"`
	From       []byte `json:"f"`
}

// markOf stands for a network in one month of the log. Whoever has not the month's key
// cannot compute it; when the key is gone nobody can.
func markOf(month *keyring.Key, from netip.Addr) keyring.LookupHash {
	mark := keyring.LookupHash(month.Derive("habeas/network/"+account.Network(from), len(keyring.LookupHash{})))
	if !from.IsValid() {
		return keyring.LookupHash{} // computed all the same: known and unknown cost alike
	}
	return mark
}

// log writes the line of an entry that the policy lists, in the transaction of its leaf. It
// does the same work for every subject, and for none.
func (tx *Tx) log(e audit.Entry, key *keyring.Key) error {
	line, ok := account.LineOf(e, tx.origin)
	if !ok {
		return nil
	}
	// A code may have been mailed because of a record: then there is no account, and nobody
	// is named.
	var n int
	if err := tx.queryRow(`SELECT count(*) FROM account WHERE id = ?`, line.Account[:]).Scan(&n); err != nil {
		return err
	}
	if n == 0 {
		line.Account, line.From, key = habeas.AccountID{}, netip.Addr{}, tx.w.db.cfg.Keys.House()
	}
	month, err := tx.w.db.cfg.Keys.LogMonth(tx.ctx, line.At)
	if err != nil {
		return err
	}
	place, in := logPlace(line.Event), sealedLog{Credential: line.Credential, From: make([]byte, 16)}
	if line.From.IsValid() {
		from := line.From.As16()
		copy(in.From, from[:])
	}
	inner, err := sealWords(key, place, in)
	if err != nil {
		return err
	}
	mark := markOf(month, line.From)
	_, err = tx.exec(`INSERT INTO account_log (event, class, at, account, mark, sealed) VALUES (?,?,?,?,?,?)`,
		line.Event[:], string(line.Class), millis(line.At), line.Account[:], mark[:], month.Seal(place, inner))
	return err
}

const selectLog = `SELECT event, class, at, account, sealed FROM account_log`

// scan opens a line. What a destroyed key has sealed is left empty: the line goes with the
// next rotation or with the erasure under way.
func (s Logs) scan(ctx context.Context) func(row) (account.LogLine, error) {
	return func(r row) (account.LogLine, error) {
		var l account.LogLine
		var event, who, sealed []byte
		var at int64
		if err := r.Scan(&event, &l.Class, &at, &who, &sealed); err != nil {
			return l, err
		}
		copy(l.Event[:], event)
		copy(l.Account[:], who)
		l.At = moment(at)
		month, err := s.keys.LogMonth(ctx, l.At)
		if err != nil {
			return l, ignoreGone(err)
		}
		key, err := keyOf(ctx, s.keys, habeas.SubjectOf(l.Account))
		if err != nil {
			return l, ignoreGone(err)
		}
		place := logPlace(l.Event)
		inner, err := month.Open(place, sealed)
		if err != nil {
			return l, err
		}
		var in sealedLog
		if err := openWords(key, place, inner, &in); err != nil {
			return l, err
		}
		l.Credential = in.Credential
		if from, ok := netip.AddrFromSlice(in.From); ok && !from.IsUnspecified() {
			l.From = from.Unmap()
		}
		return l, nil
	}
}

func ignoreGone(err error) error {
	if habeas.KindOf(err) == habeas.KindGone {
		return nil
	}
	return err
}

// Lines implements account.Logs.
func (s Logs) Lines(ctx context.Context, id habeas.AccountID, since time.Time, limit int) ([]account.LogLine, error) {
	rows, err := s.q.QueryContext(ctx, selectLog+` WHERE account = ? AND at >= ? ORDER BY at DESC, event DESC LIMIT ?`, id[:], millis(since), limit)
	return collect(rows, err, s.scan(ctx))
}

// Oldest implements account.Logs.
func (s Logs) Oldest(ctx context.Context) (time.Time, bool, error) {
	var at sql.NullInt64
	err := s.q.QueryRowContext(ctx, `SELECT min(at) FROM account_log`).Scan(&at)
	return moment(at.Int64), at.Valid, failure(err)
}

// LinesIn implements account.Logs.
func (s Logs) LinesIn(ctx context.Context, month time.Time, after habeas.EventID, limit int) ([]account.LogLine, error) {
	month = account.MonthOf(month)
	rows, err := s.q.QueryContext(ctx, selectLog+` WHERE at >= ? AND at < ? AND event > ? ORDER BY event LIMIT ?`,
		millis(month), millis(month.AddDate(0, 1, 0)), after[:], limit)
	return collect(rows, err, s.scan(ctx))
}

// Counts implements account.Logs.
func (s Logs) Counts(ctx context.Context, since time.Time) ([]account.MonthCount, error) {
	rows, err := s.q.QueryContext(ctx, `SELECT month, class, lines FROM log_month WHERE month >= ? ORDER BY month`, millis(since))
	out, err := collect(rows, err, func(r row) (c account.MonthCount, err error) {
		var month int64
		err = r.Scan(&month, &c.Class, &c.N)
		c.Month = moment(month)
		return c, err
	})
	if err != nil {
		return nil, err
	}
	oldest, found, err := s.Oldest(ctx)
	for month := account.MonthOf(oldest); found && err == nil; month = month.AddDate(0, 1, 0) {
		var in []account.MonthCount
		if in, err = s.countsIn(ctx, month); err != nil {
			break
		}
		out = append(out, in...)
		err = s.q.QueryRowContext(ctx, `SELECT count(*) > 0 FROM account_log WHERE at >= ?`, millis(month.AddDate(0, 1, 0))).Scan(&found)
	}
	return out, failure(err)
}

func (s Logs) countsIn(ctx context.Context, month time.Time) ([]account.MonthCount, error) {
	rows, err := s.q.QueryContext(ctx, `SELECT class, count(*) FROM account_log WHERE at >= ? AND at < ? GROUP BY class`, millis(month), millis(month.AddDate(0, 1, 0)))
	return collect(rows, err, func(r row) (account.MonthCount, error) {
		c := account.MonthCount{Month: month}
		err := r.Scan(&c.Class, &c.N)
		return c, err
	})
}

// marks are the marks of networks in each month since a moment whose key is there.
func (s Logs) marks(ctx context.Context, from []netip.Addr, since, now time.Time) ([]keyring.LookupHash, error) {
	var out []keyring.LookupHash
	for month := account.MonthOf(since); !month.After(now); month = month.AddDate(0, 1, 0) {
		key, err := s.keys.LogMonth(ctx, month)
		if habeas.KindOf(err) == habeas.KindGone {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, one := range from {
			out = append(out, markOf(key, one))
		}
	}
	return out, nil
}

// Sharing implements account.Logs.
func (s Logs) Sharing(ctx context.Context, from []netip.Addr, since, now time.Time, limit int) ([]account.LogLine, []account.Contribution, error) {
	marks, err := s.marks(ctx, from, since, now)
	if err != nil {
		return nil, nil, err
	}
	var lines []account.LogLine
	var acts []account.Contribution
	for _, mark := range marks {
		rows, err := s.q.QueryContext(ctx, selectLog+` WHERE mark = ? AND at >= ? ORDER BY at DESC LIMIT ?`, mark[:], millis(since), limit)
		some, err := collect(rows, err, s.scan(ctx))
		if err != nil {
			return nil, nil, err
		}
		lines = append(lines, some...)
		rows, err = s.q.QueryContext(ctx, selectContribution+` WHERE mark = ? AND at >= ? ORDER BY at DESC LIMIT ?`, mark[:], millis(since), limit)
		did, err := collect(rows, err, scanContribution)
		if err != nil {
			return nil, nil, err
		}
		acts = append(acts, did...)
	}
	return lines, acts, nil
}

// TakeLines implements account.LogWriter.
func (w LogsTx) TakeLines(month time.Time, lines []account.LogLine, e audit.Entry) (int, error) {
	month = account.MonthOf(month)
	gone := 0
	for _, l := range lines {
		res, err := w.tx.exec(`DELETE FROM account_log WHERE event = ?`, l.Event[:])
		if err != nil {
			return 0, err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			if err != nil {
				return 0, err
			}
			continue // another node was quicker
		}
		gone++
		_, err = w.tx.exec(`INSERT INTO log_month (month, class, lines) VALUES (?,?,1) ON CONFLICT (month, class) DO UPDATE SET lines = log_month.lines + 1`, millis(month), string(l.Class))
		if err != nil {
			return 0, err
		}
		if l.Class == account.LogRegistered {
			continue // since when there is an account its person and doctor need to know
		}
		if _, err := w.tx.exec(w.tx.w.db.text.part, l.Account[:], l.Event[:]); err != nil {
			return 0, err
		}
	}
	_, err := w.tx.exec(`UPDATE contribution SET mark = ? WHERE at < ? AND mark <> ?`, make([]byte, 16), millis(month.AddDate(0, 1, 0)), make([]byte, 16))
	if err != nil {
		return 0, err
	}
	return gone, w.tx.Audit(e)
}

// sealedReading is what a reading says, under the house's key.
type sealedReading struct {
	Kind    account.ReadingKind `json:"k"`
	Object  string              `json:"o,omitempty"`
	Purpose string              `json:"p"`
	Words   string              `json:"w,omitempty"`
}

const selectReading = `SELECT id, account, subject, at, sealed FROM log_reading`

func (s Logs) scanReading(r row) (account.Reading, error) {
	var out account.Reading
	var id, by, about, sealed []byte
	var at int64
	if err := r.Scan(&id, &by, &about, &at, &sealed); err != nil {
		return out, err
	}
	copy(out.ID[:], id)
	copy(out.By[:], by)
	copy(out.About[:], about)
	out.At = moment(at)
	var in sealedReading
	if err := openWords(s.keys.House(), readingPlace(out.ID), sealed, &in); err != nil {
		return out, err
	}
	out.Kind, out.Object, out.Purpose, out.Words = in.Kind, in.Object, in.Purpose, in.Words
	return out, nil
}

// Reading implements account.Logs.
func (s Logs) Reading(ctx context.Context, id habeas.ReadingID) (account.Reading, error) {
	r, err := s.scanReading(s.q.QueryRowContext(ctx, selectReading+` WHERE id = ?`, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return r, account.ErrNoReading
	}
	return r, failure(err)
}

// Readings implements account.Logs.
func (s Logs) Readings(ctx context.Context, limit int) ([]account.Reading, error) {
	rows, err := s.q.QueryContext(ctx, selectReading+` ORDER BY at DESC, id DESC LIMIT ?`, limit)
	return collect(rows, err, s.scanReading)
}

// ReadingsOf implements account.Logs.
func (s Logs) ReadingsOf(ctx context.Context, about habeas.AccountID, limit int) ([]account.Reading, error) {
	rows, err := s.q.QueryContext(ctx, selectReading+` WHERE subject = ? ORDER BY at DESC, id DESC LIMIT ?`, about[:], limit)
	return collect(rows, err, s.scanReading)
}

// ReadingsBy implements account.Logs.
func (s Logs) ReadingsBy(ctx context.Context, by habeas.AccountID, since time.Time) ([]account.Reading, error) {
	rows, err := s.q.QueryContext(ctx, selectReading+` WHERE at > ? AND account = ? ORDER BY at DESC, id DESC`, millis(since), by[:])
	return collect(rows, err, s.scanReading)
}

// SaveReading implements account.LogWriter.
func (w LogsTx) SaveReading(r account.Reading, e audit.Entry) error {
	sealed, err := sealWords(w.keys.House(), readingPlace(r.ID), sealedReading{r.Kind, r.Object, r.Purpose, r.Words})
	if err != nil {
		return err
	}
	_, err = w.tx.exec(`INSERT INTO log_reading (id, account, subject, at, sealed) VALUES (?,?,?,?,?)`, r.ID[:], r.By[:], nullID(r.About), millis(r.At), sealed)
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}
