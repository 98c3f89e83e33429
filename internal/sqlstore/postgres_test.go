package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pgtest"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// direct opens a connection beside the store.
func (w *world) direct() *pgx.Conn {
	w.Helper()
	conn, err := pgx.Connect(w.Context(), w.dsn)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = conn.Close(context.Background()) }) // the server may be gone
	return conn
}

// sql runs a statement beside the store.
func (w *world) sql(conn *pgx.Conn, statement string) {
	w.Helper()
	if _, err := conn.Exec(w.Context(), statement); err != nil {
		w.Fatalf("%s: %v", statement, err)
	}
}

// second opens another node's store on the same database, with the same keys.
func (w *world) second() *world {
	w.Helper()
	node := *w
	node.db = w.open()
	return &node
}

func (w *world) close() {
	w.Helper()
	if err := w.db.Close(); err != nil {
		w.Error(err)
	}
}

// coded checks the code of an error.
func coded(err error, code string) bool {
	var e *habeas.Error
	return errors.As(err, &e) && e.Code == code
}

// Proves PTY-1, PTY-A31.
func TestTwoNodesMakeOnePartyForOneAddress(t *testing.T) {
	w := newWorld(t, pgtest.Database(t))
	nodes := []*world{w, w.second()}
	defer nodes[1].close()
	said := make([]*party.Asserting, 1000)
	for i := range said {
		said[i] = w.prepare(system(byte(i%3)), "tim@example.org", named("Tim", "Berger", ""))
	}
	var wg sync.WaitGroup
	for i, a := range said {
		wg.Go(func() {
			if err := nodes[i%2].db.Do(w.Context(), a); err != nil {
				w.Error(err)
			}
		})
	}
	wg.Wait()
	for _, a := range said {
		if a.Party != said[0].Party {
			w.Fatal("one address has more than one party")
		}
	}
	all, _, _, err := w.db.Records().Count(w.Context())
	if err != nil || all != 1 {
		w.Errorf("%d parties, want 1 (%v)", all, err)
	}
	if sum := w.verify(); sum.Size != 1000 {
		w.Errorf("%d leaves for 1000 statements", sum.Size)
	}
	events, err := w.db.Events(w.Context(), habeas.SubjectOf(said[0].Party), habeas.EventID{}, 2000)
	if err != nil || len(events) != 1000 || events[0].Index < 0 {
		w.Errorf("%d lines (%v)", len(events), err)
	}
}

func TestNodesThatStartTogetherMakeOneSchema(t *testing.T) {
	w := newWorld(t, pgtest.Database(t))
	w.dsn = pgtest.Database(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			db, err := sqlstore.Open(w.Context(), sqlstore.Config{Dir: w.dir, DSN: w.dsn, Keys: w.keys, Clock: w.clock})
			if err == nil {
				err = db.Close()
			}
			if err != nil {
				w.Error(err)
			}
		})
	}
	wg.Wait()
}

// A node that stands still with the turn is cut off by the server; the others wait and
// then write.
func TestAFrozenNodeLosesItsTurn(t *testing.T) {
	w := newWorld(t, pgtest.Database(t))
	conn := w.direct()
	w.sql(conn, `SET idle_in_transaction_session_timeout = 300`)
	w.sql(conn, `BEGIN; LOCK TABLE write_turn IN EXCLUSIVE MODE`)
	a := w.say(system(1), "tim@example.org", named("Tim", "", ""))
	if err := conn.Ping(w.Context()); err == nil {
		w.Errorf("%v was written while another held the turn", a.Party)
	}
}

func TestTheSequencersLeaseMoves(t *testing.T) {
	w := newWorld(t, pgtest.Database(t))
	conn := w.direct()
	holder := func() (name string, epoch int64) {
		if err := conn.QueryRow(w.Context(), `SELECT holder, epoch FROM lease`).Scan(&name, &epoch); err != nil {
			w.Fatal(err)
		}
		return name, epoch
	}
	first := w.second()
	first.say(system(1), "a@example.org", named("Ada", "", ""))
	first.verify()
	before, epoch := holder()
	first.close()
	w.say(system(1), "b@example.org", named("Ada", "", ""))
	if sum := w.verify(); sum.Size != 2 {
		w.Errorf("%d leaves, want 2", sum.Size)
	}
	// Either node may have been the first: what counts is that the other one goes on.
	after, next := holder()
	if next < epoch || after == before && next != epoch {
		w.Errorf("the lease went from %q in %d to %q in %d", before, epoch, after, next)
	}
	// A holder that died keeps its lease until it runs out, and nothing is placed.
	w.sql(conn, `UPDATE lease SET holder = 'dead', epoch = epoch + 1, expires = clock_timestamp() + interval '700 milliseconds'`)
	w.say(system(1), "c@example.org", named("Ada", "", ""))
	size, err := w.db.Size(w.Context())
	if err != nil || size != 2 {
		w.Errorf("%d leaves placed under another's lease (%v)", size, err)
	}
	if sum := w.verify(); sum.Size != 3 {
		w.Errorf("%d leaves, want 3", sum.Size)
	}
	if name, last := holder(); name == "dead" || last <= next {
		w.Errorf("the dead holder's lease was not taken: %q in %d", name, last)
	}
}

func TestASerializationFailureIsTriedAgain(t *testing.T) {
	w := newWorld(t, pgtest.Database(t))
	a := w.say(system(1), "tim@example.org", named("Tim", "", ""))
	conn := w.direct()
	runs := 0
	err := w.db.InTx(w.Context(), func(tx *sqlstore.Tx) error {
		runs++
		p, err := tx.Records().Party(tx.Context(), a.Party)
		if err != nil {
			return err
		}
		if runs == 1 { // somebody without the turn changes what was read
			w.sql(conn, `UPDATE party SET version = version + 10`)
		}
		p.Version++
		return tx.Records().ChangeParty(p, nil, nil, w.entry(audit.PartyReviewed, a.Party))
	})
	if err != nil || runs != 2 {
		w.Errorf("%d runs: %v", runs, err)
	}
	if v := w.record(a.Party).Party.Version; v != 12 {
		w.Errorf("version %d, want both changes", v)
	}
	if sum := w.verify(); sum.Size != 2 {
		w.Errorf("%d leaves, want 2", sum.Size)
	}
}

func (w *world) entry(event audit.Event, id habeas.PartyID) audit.Entry {
	return audit.Entry{
		ID: habeas.NewID[habeas.EventKind](w.clock.Now()), Event: event, Subject: habeas.SubjectOf(id), Actor: habeas.Server, At: w.clock.Now(),
	}
}

// Proves AUD-11.
func TestAKilledServerKeepsWhatWasAcknowledged(t *testing.T) {
	c := pgtest.Start(t)
	w := newWorld(t, c.Database(t))
	var mu sync.Mutex
	kept, refused := map[habeas.PartyID]bool{}, map[habeas.PartyID]bool{}
	unknown := 0
	stop := make(chan struct{})
	var wg sync.WaitGroup
	end := sync.OnceFunc(func() { close(stop); wg.Wait() })
	defer end()
	for i := range 16 {
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				mu.Lock()
				a := w.prepare(system(1), fmt.Sprintf("p%d-%d@example.org", i, n), named("Ada", "", ""))
				mu.Unlock()
				err := w.db.Do(w.Context(), a)
				mu.Lock()
				switch {
				case err == nil:
					kept[a.Party] = true
				case coded(err, "store.unknown"):
					unknown++
				case coded(err, "store.unreachable"):
					refused[a.Party] = true
				default:
					w.Errorf("refused in other words: %v", err)
				}
				mu.Unlock()
			}
		})
	}
	reach := func(n int) {
		w.Helper()
		deadline := time.After(time.Minute)
		for {
			mu.Lock()
			enough := len(kept) >= n
			mu.Unlock()
			if enough {
				return
			}
			select {
			case <-deadline:
				w.Fatal("the store does not write any more")
			case <-time.After(time.Millisecond):
			}
		}
	}
	for range 3 {
		mu.Lock()
		n := len(kept)
		mu.Unlock()
		reach(n + 100)
		c.Kill()
		if err := c.Start(); err != nil {
			w.Fatal(err)
		}
	}
	mu.Lock()
	n := len(kept)
	mu.Unlock()
	reach(n + 100)
	end()
	there := map[habeas.PartyID]bool{}
	if err := w.db.Records().Each(w.Context(), func(p party.Party, _ party.Statement) {
		if there[p.ID] || refused[p.ID] {
			w.Errorf("%v is there twice, or though it was refused", p.ID)
		}
		there[p.ID] = true
	}); err != nil {
		w.Fatal(err)
	}
	for id := range kept {
		if !there[id] {
			w.Errorf("%v was acknowledged and is gone", id)
		}
	}
	if sum := w.verify(); sum.Size != int64(len(there)) || len(there) > len(kept)+unknown {
		w.Errorf("%d parties and %d leaves; %d kept, %d unknown", len(there), sum.Size, len(kept), unknown)
	}
}

// A commit that waits for a standby and is cut short is neither success nor failure.
func TestACommitWithoutItsStandbyIsUnknown(t *testing.T) {
	c := pgtest.Start(t)
	w := newWorld(t, c.Database(t))
	w.say(system(1), "a@example.org", named("Ada", "", ""))
	w.verify()
	conn := w.direct()
	for n, cut := range []string{"pg_cancel_backend", "pg_terminate_backend"} {
		w.sql(conn, `ALTER SYSTEM SET synchronous_standby_names = 'nobody'`)
		w.sql(conn, `SELECT pg_reload_conf()`)
		var err error
		for i := 0; err == nil; i++ { // it takes a moment until the server goes by it
			err = w.cutShort(conn, cut, w.prepare(system(1), fmt.Sprintf("b%d-%d@example.org", n, i), named("Ada", "", "")))
		}
		if !coded(err, "store.unknown") {
			w.Errorf("%s: %v, want unknown", cut, err)
		}
		w.sql(conn, `ALTER SYSTEM RESET synchronous_standby_names`)
		w.sql(conn, `SELECT pg_reload_conf()`)
		w.say(system(1), fmt.Sprintf("c%d@example.org", n), named("Ada", "", "")) // it goes on
	}
	all, _, _, err := w.db.Records().Count(w.Context())
	if sum := w.verify(); err != nil || sum.Size != int64(all) || all < 5 {
		w.Errorf("%d parties, %d leaves (%v)", all, sum.Size, err)
	}
}

// cutShort writes something and ends whatever waits for a standby meanwhile.
func (w *world) cutShort(conn *pgx.Conn, how string, said *party.Asserting) error {
	w.Helper()
	done := make(chan error, 1)
	go func() { done <- w.db.Do(w.Context(), said) }()
	for {
		w.sql(conn, `SELECT `+how+`(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`)
		select {
		case err := <-done:
			return err
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func TestADatabaseThatCannotBeUsedSaysWhatToDo(t *testing.T) {
	c := pgtest.Start(t, "max_connections=12", "superuser_reserved_connections=0")
	good := c.Database(t)
	w := newWorld(t, good)
	conn := w.direct()
	w.sql(conn, `CREATE ROLE guest LOGIN PASSWORD 'kept-quiet'`)
	newer := newWorld(t, c.Database(t))
	newer.sql(newer.direct(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`)
	change := func(do func(url.Values), path string) string {
		u, err := url.Parse(good)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		do(q)
		u.RawQuery = q.Encode()
		if path != "" {
			u.Path = path
		}
		return u.String()
	}
	set := func(name, value string) func(url.Values) { return func(q url.Values) { q.Set(name, value) } }
	for name, c := range map[string]struct{ dsn, code string }{
		"no address":  {"postgres://u:kept-quiet@[::1/x", "store.dsn"},
		"no server":   {change(set("host", t.TempDir()), ""), "store.unreachable"},
		"no port":     {"postgres://u:kept-quiet@127.0.0.1:1/x", "store.unreachable"},
		"no database": {change(set("user", "postgres"), "/none"), "store.none"},
		"no user":     {change(set("user", "nobody-here"), ""), "store.sign-in"},
		"no rights":   {change(func(q url.Values) { q.Set("user", "guest"); q.Set("password", "kept-quiet") }, "/postgres"), "store.rights"},
		"newer":       {newer.dsn, "schema.newer"},
	} {
		db, err := sqlstore.Open(t.Context(), sqlstore.Config{Dir: w.dir, DSN: c.dsn, Keys: w.keys, Clock: w.clock})
		if err == nil {
			_ = db.Close()
		}
		if !coded(err, c.code) {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
		if strings.Contains(fmt.Sprint(err), "kept-quiet") {
			t.Errorf("%s: the error holds the password: %v", name, err)
		}
	}
	for {
		if _, err := pgx.Connect(t.Context(), good); err != nil {
			break
		}
	}
	if _, err := sqlstore.Open(t.Context(), sqlstore.Config{Dir: w.dir, DSN: good, Keys: w.keys, Clock: w.clock}); !coded(err, "store.crowded") {
		t.Errorf("too many connections: %v", err)
	}
}

// What can be said of a transaction depends on what it did: one that only reads is
// refused by a server that was set to read only, and none of it is there.
func TestAServerThatWasSetToReadOnlyRefuses(t *testing.T) {
	w := newWorld(t, pgtest.Database(t))
	conn := w.direct()
	w.sql(conn, `DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET default_transaction_read_only = on'; END $$`)
	w.sql(conn, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	a := w.prepare(system(1), "tim@example.org", named("Tim", "", ""))
	if err := w.db.Do(w.Context(), a); !coded(err, "store.read-only") {
		w.Errorf("%v, want read-only", err)
	}
	w.sql(conn, `DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' RESET default_transaction_read_only'; END $$`)
	w.sql(conn, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	if err := w.db.Do(w.Context(), a); err != nil {
		w.Errorf("writable again: %v", err)
	}
	if sum := w.verify(); sum.Size != 1 {
		w.Errorf("%d leaves, want 1", sum.Size)
	}
}

func TestTheFeedTellsWhatOtherNodesDid(t *testing.T) {
	w := newWorld(t, pgtest.Database(t))
	other := w.second()
	defer other.close()
	w.say(system(1), "own@example.org", named("Own", "", ""))
	theirs := other.say(system(1), "theirs@example.org", named("Thea", "", ""))
	gone := other.say(system(1), "gone@example.org", named("Gone", "", ""))
	w.verify()
	changes, next, err := w.db.Feed(w.Context(), 0, 100)
	if err != nil || next != 3 || len(changes) != 2 {
		w.Fatalf("%d changes up to %d (%v), want those of the other node", len(changes), next, err)
	}
	for i, a := range []*party.Asserting{theirs, gone} {
		if c := changes[i]; c.Subject != habeas.SubjectOf(a.Party) || c.Event != audit.PartyCreated || c.Gone {
			w.Errorf("%+v", c)
		}
	}
	var learned []habeas.PartyID
	if err := w.db.EachOf(w.Context(), []habeas.PartyID{theirs.Party, {1: 1}}, func(p party.Party, s party.Statement) {
		learned = append(learned, p.ID)
		if s.Values.Get("identity", "given_name") != "Thea" {
			w.Errorf("learned %v", s.Values)
		}
	}); err != nil || len(learned) != 1 {
		w.Errorf("learned %v (%v)", learned, err)
	}
	err = other.db.InTx(w.Context(), func(tx *sqlstore.Tx) error {
		return tx.Records().EraseParty(other.record(gone.Party).Party, nil, w.entry(audit.PartyErased, habeas.PartyID{}))
	})
	if err != nil {
		w.Fatal(err)
	}
	w.verify()
	changes, next, err = w.db.Feed(w.Context(), next, 100)
	if err != nil || next != 4 || len(changes) != 1 || !changes[0].Gone || changes[0].Subject != habeas.SubjectOf(gone.Party) {
		w.Errorf("%+v up to %d (%v), want whom it was about", changes, next, err)
	}
	if changes, next, err = other.db.Feed(w.Context(), 1, 1); err != nil || len(changes) != 0 || next != 2 {
		w.Errorf("%+v up to %d (%v), want a bounded look", changes, next, err)
	}
}
