package app_test

import (
	"database/sql"
	"path/filepath"
	"time"

	"github.com/habeas-data/habeas/internal/account"
)

// ruler holds the rules of the policy as statements over the rows of the records, through a
// connection of its own that only reads: no code of the stores has a part in it. The model is a
// table beside them.
type ruler struct {
	db   *sql.DB
	held map[*citizen]citizenRow // what the model's table says
	seen int64                   // PRAGMA data_version: changes with every commit of anybody else
	days int                     // on which all rows were looked at
}

// citizenRow is what the rules need of somebody.
type citizenRow struct {
	ends   int64
	state  string
	opened bool // may have a sign-in
}

// rules are the statements, each with what is wrong when it counts anything. ?1 is the moment.
var rules = []struct{ wrong, count string }{
	{"an account that should not be there, or in another state", `SELECT count(*) FROM account a LEFT JOIN citizen c ON c.id = a.id WHERE c.id IS NULL OR a.state <> c.state`},
	{"an account is missing", `SELECT (SELECT count(*) FROM citizen) - (SELECT count(*) FROM account)`},
	{"a registration of nobody, or with another end", `SELECT count(*) FROM registration r LEFT JOIN citizen c ON c.id = r.account WHERE c.id IS NULL OR r.ends <> c.ends`},
	{"a registration is missing", `SELECT (SELECT count(*) FROM citizen) - (SELECT count(*) FROM registration)`},
	{"an address of nobody", `SELECT count(*) FROM account_address x LEFT JOIN citizen c ON c.id = x.account WHERE c.id IS NULL`},
	{"a sign-in of somebody past the end", `SELECT count(*) FROM sign_in s LEFT JOIN citizen c ON c.id = s.account WHERE c.id IS NULL OR NOT c.opened`},
	{"two identity certificates of one person count", `SELECT count(*) FROM (SELECT account FROM certificate
		WHERE ends > ?1 AND authority = 'identity' AND revoked_at = 0 GROUP BY account HAVING count(*) > 1)`},
	{"a certificate counts of nobody, or past the end of its registration", `SELECT count(*) FROM certificate x LEFT JOIN citizen c ON c.id = x.account
		WHERE x.ends > ?1 AND x.revoked_at = 0 AND x.authority <> 'server' AND (c.id IS NULL OR x.ends > c.ends)`},
	{"a role counts without its identity certificate", `SELECT count(*) FROM certificate x JOIN certificate i ON i.authority = 'identity' AND i.serial = x.holder
		WHERE x.ends > ?1 AND x.authority = 'attribute' AND x.revoked_at = 0 AND i.revoked_at > 0`},
	{"words of a certificate are left of nobody", `SELECT count(*) FROM certificate WHERE account IS NULL AND sealed IS NOT NULL`},
	{"a retired authority has certificates that count", `SELECT count(*) FROM authority a JOIN certificate x ON x.authority = a.kind AND x.generation = a.generation
		WHERE a.retired_at > 0 AND x.ends > ?1`},
	{"an authority ends before what it has issued", `SELECT count(*) FROM authority a JOIN certificate x ON x.authority = a.kind AND x.generation = a.generation
		WHERE x.ends > a.ends AND x.ends > ?1`},
}

// rule opens the rows of the world as it is now.
func (d *decade) rule() {
	d.Helper()
	days := 0
	if d.ruled != nil {
		days = d.ruled.days
	}
	db := must(sql.Open("sqlite", "file:"+filepath.Join(d.dir, "records.db")+"?mode=ro&_pragma=busy_timeout(10000)&_pragma=temp_store(MEMORY)"))(d)
	db.SetMaxOpenConns(1) // the model's table is the connection's own
	d.ruled = &ruler{db: db, held: map[*citizen]citizenRow{}, days: days}
	_, err := db.ExecContext(d.ctx(), `CREATE TEMP TABLE citizen (id BLOB PRIMARY KEY, ends INTEGER, state TEXT, opened INTEGER) WITHOUT ROWID`)
	d.ok(err)
}

func (r *ruler) close() { _ = r.db.Close() } // it has only read

// row is what the policy says of somebody at a moment.
func (c *citizen) row(now time.Time) citizenRow {
	out := citizenRow{ends: c.ends.UnixMilli(), state: string(account.Active), opened: !c.closed && now.Before(c.ends)}
	switch {
	case c.closed:
		out.state = string(account.Deactivated)
	case !now.Before(c.ends):
		out.state = string(account.Lapsed)
	}
	return out
}

// check brings the model up to date and asks every rule of all rows. A day on which nobody has
// written anything, and on which the model says what it said, needs no second look.
func (r *ruler) check(d *decade, day int) {
	d.Helper()
	now := d.clock.Now()
	if changed := r.update(d, now); !changed && !r.written(d) {
		return
	}
	r.days++
	for _, rule := range rules {
		var n int64
		d.ok(r.db.QueryRowContext(d.ctx(), rule.count, now.UnixMilli()).Scan(&n))
		if n != 0 {
			d.Fatalf("day %d (%s): %s (%d)", day, now.Format(time.DateOnly), rule.wrong, n)
		}
	}
}

// written reports whether anything was committed since the last time.
func (r *ruler) written(d *decade) bool {
	var version int64
	d.ok(r.db.QueryRowContext(d.ctx(), `PRAGMA data_version`).Scan(&version))
	changed := version != r.seen
	r.seen = version
	return changed
}

func (r *ruler) update(d *decade, now time.Time) (changed bool) {
	for _, c := range d.people {
		was, there := r.held[c]
		is := c.row(now)
		switch {
		case c.gone && there:
			delete(r.held, c)
			_, err := r.db.ExecContext(d.ctx(), `DELETE FROM citizen WHERE id = ?`, c.actor.Account[:])
			d.ok(err)
		case c.gone || there && was == is:
			continue
		default:
			r.held[c] = is
			_, err := r.db.ExecContext(d.ctx(), `INSERT OR REPLACE INTO citizen VALUES (?,?,?,?)`, c.actor.Account[:], is.ends, is.state, is.opened)
			d.ok(err)
		}
		changed = true
	}
	return changed
}
