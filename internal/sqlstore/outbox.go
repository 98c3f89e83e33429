package sqlstore

import (
	"context"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/webhook"
)

// Ops writes technical rows: outbox state, schedules, sign-ins, challenges,
// limits. None of them says anything about what is held about a person, so they
// take no audit entry. The wall test lists its methods.
type Ops struct {
	db *DB
	tx *Tx // nil: each write is a transaction of its own
}

// Ops returns the writer of technical rows.
func (db *DB) Ops() Ops { return Ops{db: db} }

// Ops returns the writer of technical rows in this transaction.
func (tx *Tx) Ops() Ops { return Ops{db: tx.w.db, tx: tx} }

func (o Ops) inTx(ctx context.Context, fn func(*Tx) error) error {
	if o.tx != nil {
		return fn(o.tx)
	}
	return o.db.InTx(ctx, fn)
}

// Post leaves a job in the outbox, in the transaction of what caused it. The
// payload is sealed under the subject's key until it is delivered, and goes with
// the subject when it is erased. about says of which kind a mail is, and nothing of
// whom or what. expires may be zero: never.
func (tx *Tx) Post(kind jobs.Kind, about string, id habeas.MailID, subject habeas.SubjectID, payload []byte, due, expires time.Time) error {
	key, err := tx.key(subject)
	if err != nil {
		return err
	}
	tx.mail = true
	_, err = tx.w.stmts.insertOutbox.ExecContext(tx.ctx, id[:], string(kind), subject[:], millis(due), millis(expires),
		key.Seal("outbox/"+string(id[:]), payload), about)
	return err
}

// Due implements jobs.Store, for everything but webhooks, which have a [Ops.Lane].
func (o Ops) Due(ctx context.Context, now, leaseEnd time.Time, limit int) ([]jobs.Job, error) {
	return o.due(ctx, `kind <> ?`, webhook.Job, now, leaseEnd, limit)
}

func (o Ops) due(ctx context.Context, which string, kind jobs.Kind, now, leaseEnd time.Time, limit int) ([]jobs.Job, error) {
	var waiting int
	// Look before writing, so that an idle server does not write every second.
	err := o.db.readers.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM outbox WHERE state = 'waiting' AND due <= ? AND `+which+` LIMIT 1) AS d`, millis(now), string(kind)).Scan(&waiting)
	if err != nil || waiting == 0 {
		return nil, failure(err)
	}
	var out []jobs.Job
	err = o.db.InTx(ctx, func(tx *Tx) error {
		rows, err := tx.query(`UPDATE outbox SET due = ?2, tries = tries + 1 WHERE id IN
			(SELECT id FROM outbox WHERE state = 'waiting' AND due <= ?1 AND `+strings.Replace(which, "?", "?4", 1)+` ORDER BY due LIMIT ?3)
			RETURNING id, kind, subject, expires, tries, sealed`, millis(now), millis(leaseEnd), limit, string(kind))
		out, err = collect(rows, err, func(r row) (jobs.Job, error) { return o.scanJob(ctx, r) })
		return err
	})
	return out, err
}

func (o Ops) scanJob(ctx context.Context, r row) (jobs.Job, error) {
	var j jobs.Job
	var id, subject, sealed []byte
	var expires int64
	if err := r.Scan(&id, &j.Kind, &subject, &expires, &j.Attempts, &sealed); err != nil {
		return j, err
	}
	copy(j.ID[:], id)
	j.CreatedAt, j.ExpiresAt = j.ID.Time(), moment(expires)
	owner, err := habeas.Bytes16[habeas.SubjectKind](subject)
	if err != nil {
		return j, err
	}
	key := o.db.cfg.Keys.House()
	if !owner.IsZero() {
		if key, err = o.db.cfg.Keys.Key(ctx, owner); err != nil {
			return j, err
		}
	}
	j.Payload, err = key.Open("outbox/"+string(id), sealed)
	return j, err
}

// Done implements jobs.Store.
func (o Ops) Done(ctx context.Context, id habeas.MailID, now time.Time) error {
	return o.db.InTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE outbox SET state = 'done', sealed = NULL, ended = ? WHERE id = ?`, millis(now), id[:])
		return err
	})
}

// Retry implements jobs.Store.
func (o Ops) Retry(ctx context.Context, id habeas.MailID, attempt int, at time.Time, reason string) error {
	return o.db.InTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE outbox SET due = ?, reason = ? WHERE id = ? AND tries = ? AND state = 'waiting'`, millis(at), reason, id[:], attempt)
		return err
	})
}

// Dead implements jobs.Store. What was to be sent stays sealed for jobs.KeepPayload, so that it
// can be sent again once what stood in the way is mended; not when its code is over.
func (o Ops) Dead(ctx context.Context, id habeas.MailID, attempt int, now time.Time, reason string) error {
	return o.db.InTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE outbox SET state = 'dead', ended = ?1, reason = ?2,
			sealed = CASE WHEN expires > 0 AND expires <= ?1 THEN NULL ELSE sealed END WHERE id = ?3 AND tries = ?4 AND state = 'waiting'`,
			millis(now), reason, id[:], attempt)
		return err
	})
}

// PutBack lets a job that was given up wait again until due. ok is false when it is in
// another state by now, or what was to be sent is gone.
func (o Ops) PutBack(ctx context.Context, id habeas.MailID, now, due time.Time) (ok bool, err error) {
	return o.change(ctx, `UPDATE outbox SET state = 'waiting', due = ?1, tries = 0, ended = 0
		WHERE id = ?2 AND state = 'dead' AND sealed IS NOT NULL AND (expires = 0 OR expires > ?3)`, millis(due), id[:], millis(now))
}

// EndWaiting takes PutBack back. ok is false when the job was tried meanwhile.
func (o Ops) EndWaiting(ctx context.Context, id habeas.MailID, now time.Time) (ok bool, err error) {
	return o.change(ctx, `UPDATE outbox SET state = 'dead', ended = ?1 WHERE id = ?2 AND state = 'waiting' AND tries = 0`, millis(now), id[:])
}

// Sent visits the mails that a server took, the newest first: one of them may come back.
func (o Ops) Sent(ctx context.Context, visit func(habeas.MailID) (more bool)) error {
	rows, err := o.db.readers.QueryContext(ctx, `SELECT id FROM outbox WHERE state = 'done' AND kind = 'mail' ORDER BY id DESC`)
	if err != nil {
		return failure(err)
	}
	defer rows.Close()
	for rows.Next() {
		var raw []byte
		if err := rows.Scan(&raw); err != nil {
			return failure(err)
		}
		id, err := habeas.Bytes16[habeas.MailKind](raw)
		if err != nil {
			return err
		}
		if !visit(id) {
			return nil
		}
	}
	return failure(rows.Err())
}

// MarkReturned notes that a mail came back after a server had taken it. ok is false when
// it was noted before.
func (o Ops) MarkReturned(ctx context.Context, id habeas.MailID, now time.Time, reason string) (ok bool, err error) {
	return o.change(ctx, `UPDATE outbox SET state = 'dead', ended = ?, reason = ? WHERE id = ? AND state = 'done'`, millis(now), reason, id[:])
}

// change reports whether a statement has changed a row.
func (o Ops) change(ctx context.Context, query string, args ...any) (ok bool, err error) {
	err = o.db.InTx(ctx, func(tx *Tx) error {
		res, err := tx.exec(query, args...)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		ok = n == 1
		return err
	})
	return ok, err
}

// Deliveries counts the outbox by state, for the administrators' page.
func (o Ops) Deliveries(ctx context.Context) (map[string]int, error) {
	rows, err := o.db.readers.QueryContext(ctx, `SELECT state, count(*) FROM outbox WHERE kind <> 'webhook' GROUP BY state`)
	if err != nil {
		return nil, failure(err)
	}
	defer rows.Close()
	out := make(map[string]int)
	for rows.Next() {
		var state string
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return nil, failure(err)
		}
		out[state] = n
	}
	return out, failure(rows.Err())
}

// Delivered lists the newest lines of the delivery record, those given up first; of
// one subject only, unless it is zero.
func (o Ops) Delivered(ctx context.Context, subject habeas.SubjectID, limit int) ([]jobs.Delivery, error) {
	only, args := ` WHERE kind <> 'webhook'`, []any{limit}
	if !subject.IsZero() {
		only, args = only+` AND subject = ?2`, append(args, subject[:])
	}
	rows, err := o.db.readers.QueryContext(ctx, selectDelivery+only+` ORDER BY state = 'dead' DESC, id DESC LIMIT ?1`, args...)
	return collect(rows, err, o.scanDelivery)
}

// DeliveredTo lists the newest mails about one subject, the newest first.
func (o Ops) DeliveredTo(ctx context.Context, subject habeas.SubjectID, limit int) ([]jobs.Delivery, error) {
	rows, err := o.db.readers.QueryContext(ctx, selectDelivery+` WHERE subject = ? AND kind = 'mail' ORDER BY id DESC LIMIT ?`, subject[:], limit)
	return collect(rows, err, o.scanDelivery)
}

const selectDelivery = `SELECT id, kind, about, state, ended, tries, reason, expires, sealed IS NOT NULL FROM outbox`

func (o Ops) scanDelivery(r row) (jobs.Delivery, error) {
	var d jobs.Delivery
	var id []byte
	var ended, expires int64
	var held bool
	err := r.Scan(&id, &d.Kind, &d.About, &d.State, &ended, &d.Tries, &d.Reason, &expires, &held)
	copy(d.ID[:], id)
	d.QueuedAt, d.EndedAt = d.ID.Time(), moment(ended)
	d.Again = held && d.State == jobs.Failed && (expires == 0 || expires > millis(o.db.cfg.Clock.Now()))
	return d, err
}

// clockSet is how far in the future a time must lie to have been written by a clock that
// was wrong; no lease is as long, and no two nodes differ as much.
const clockSet = 24 * time.Hour

// BeginRun implements jobs.Runs. What a clock wrote that ran ahead and was set back holds
// nothing up.
func (o Ops) BeginRun(ctx context.Context, name string, now, notAfter, leaseEnd time.Time) (begun bool, err error) {
	err = o.db.InTx(ctx, func(tx *Tx) error {
		res, err := tx.exec(`INSERT INTO schedule (name, lease) VALUES (?1, ?4) ON CONFLICT (name) DO UPDATE SET lease = ?4
			WHERE (schedule.last <= ?3 OR schedule.last > ?5) AND (schedule.lease <= ?2 OR schedule.lease > ?5)`,
			name, millis(now), millis(notAfter), millis(leaseEnd), millis(now.Add(clockSet)))
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		begun = n == 1
		return err
	})
	return begun, err
}

// EndRun implements jobs.Runs.
func (o Ops) EndRun(ctx context.Context, name string, began time.Time) error {
	return o.db.InTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE schedule SET last = ?, lease = 0 WHERE name = ?`, millis(began), name)
		return err
	})
}
