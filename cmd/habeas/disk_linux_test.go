package main

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/habeas-data/habeas/internal/pgtest"
)

// limitFiles bounds how large a file a process may write, in bytes: what a full disk
// or a used-up quota is to a program that may not fill a real one.
func limitFiles(t testing.TB, pid int, size uint64) {
	t.Helper()
	if err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: size, Max: unix.RLIM_INFINITY}, nil); err != nil {
		t.Fatal(err)
	}
}

// disk is one that a store lies on.
type disk struct {
	*load
	server *child
	pg     *pgtest.Cluster
}

// Proves AUD-11.
func TestADiskThatTakesNoMoreRefusesCleanlyAndTheServerGoesOn(t *testing.T) {
	for name, c := range map[string]struct {
		postgres  bool
		code, say string
		harm      func(*disk)
		mend      func(*disk)
	}{
		"SQLite, full": {
			false, "disk.", "The disk",
			func(d *disk) { limitFiles(d, d.server.cmd.Process.Pid, 32<<10) },
			func(d *disk) { limitFiles(d, d.server.cmd.Process.Pid, unix.RLIM_INFINITY) },
		},
		"PostgreSQL, full": {
			true, "disk.full", "The disk is full.",
			func(d *disk) { d.pg.LimitFiles(d, d.bloat()) },
			func(d *disk) { d.pg.LimitFiles(d, -1) },
		},
		"PostgreSQL, read-only": {
			true, "store.read-only", "The database takes no writes",
			func(d *disk) { d.readOnly("on") },
			func(d *disk) { d.readOnly("off") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &disk{}
			var records, keys string
			if c.postgres {
				d.pg = pgtest.Start(t, "autovacuum=off")
				records, keys = d.pg.Database(t), d.pg.Database(t)
			}
			d.load = newLoad(newSiteOn(t, records, keys))
			d.server = d.serve()
			d.refuses(t, c.code, c.say, func() { c.harm(d) }, func() { c.mend(d) })
		})
	}
}

// refuses lets requests come before, while and after something is wrong with the disk.
func (d *disk) refuses(t *testing.T, code, say string, harm, mend func()) {
	t.Helper()
	token, random := d.token(d.server), rand.New(rand.NewPCG(1, 2))
	for range 50 {
		d.taken(token, d.next(random))
	}
	harm()
	var no []*write
	for n := 0; len(no) < 20 && n < 500; n++ {
		w := d.next(random)
		a := d.send(d.server.url, token, w)
		if a.status == http.StatusOK { // there is room in a page yet
			d.note(w, acknowledged, a.Party)
			continue
		}
		inWords := strings.HasPrefix(a.Code, code) && strings.Contains(a.Detail, say) && strings.Contains(a.Detail, "Nothing was changed")
		if !inWords && a.Code == "keyring.database-read-only" && code == "store.read-only" {
			inWords = true // the sessions of the keys were told a moment earlier
		}
		if f, known := a.unavailable(); !known || f != refused || !inWords {
			d.server.kill() // so that its log is complete
			t.Fatalf("refused as %+v\n%s", a, d.server.log.Bytes())
		}
		d.note(w, refused, "")
		no = append(no, w)
	}
	if len(no) < 20 {
		t.Fatalf("%d requests were refused", len(no))
	}
	for path, want := range map[string]int{"/": http.StatusOK, "/ledger/checkpoint": http.StatusOK, "/api/v1/schemas": http.StatusOK} {
		res, err := http.Get(d.server.url + path)
		d.must(err)
		d.must(res.Body.Close())
		if res.StatusCode != want {
			t.Errorf("reading %s meanwhile: %d", path, res.StatusCode)
		}
	}
	if code, out, complaints := d.run("audit", "verify", "--dir", d.dir); code != 0 {
		t.Errorf("audit verify meanwhile: %d %s%s", code, out, complaints)
	}
	mend()
	d.recovers(token, no[1])
	for i, w := range no {
		if i%2 != 0 && i > 1 { // the others were refused for good: nothing of them may be there
			d.taken(token, w)
		}
	}
	if code := d.server.stop(); code != 0 {
		t.Errorf("ended with %d: %s", code, d.server.log.Bytes())
	}
	d.doctor(d.site, 1)
	d.check(d.site)
}

// recovers repeats a request until it is taken: PostgreSQL tells its sessions of a change
// of settings in its own time.
func (d *disk) recovers(token string, w *write) {
	d.Helper()
	for range 5000 {
		if a := d.send(d.server.url, token, w); a.status == http.StatusOK {
			d.note(w, acknowledged, a.Party)
			return
		} else if a.status != http.StatusServiceUnavailable {
			d.Fatalf("answered %+v", a)
		}
	}
	d.Fatal("the server does not recover")
}

func (d *disk) taken(token string, w *write) {
	d.Helper()
	a := d.send(d.server.url, token, w)
	if a.status != http.StatusOK {
		d.Fatalf("answered %+v", a)
	}
	d.note(w, acknowledged, a.Party)
}

// bloat makes the table of statements so long that no other file is longer and no page has room, and returns
// a length that it cannot exceed by a whole page. What makes it long was never committed.
func (d *disk) bloat() int64 {
	d.Helper()
	db := d.database(d.recordsDSN, "")
	defer db.Close()
	tx, err := db.Begin()
	d.must(err)
	_, err = tx.Exec(`INSERT INTO statement (party, id, source_kind, source, sealed)
		SELECT uuid_send(gen_random_uuid()), uuid_send(gen_random_uuid()), 1, '', decode(repeat('00', 1930), 'hex') FROM generate_series(1, 12000)`)
	d.must(err)
	d.must(tx.Rollback())
	var size int64
	d.must(db.QueryRow(`SELECT pg_relation_size('statement')`).Scan(&size))
	return size + 4096
}

// readOnly lets the database server take no writes, or take them again.
func (d *disk) readOnly(on string) {
	d.Helper()
	db := d.database(d.pg.DSN("postgres"), "")
	defer db.Close()
	for _, text := range []string{"ALTER SYSTEM SET default_transaction_read_only = " + on, "SELECT pg_reload_conf()"} {
		_, err := db.Exec(text)
		d.must(err)
	}
}
