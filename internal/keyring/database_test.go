package keyring

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring/store"
	"github.com/habeas-data/habeas/internal/pgtest"
)

type storeRow = store.Row

// execDatabase changes the database behind the ring's back.
func execDatabase(t *testing.T, r *Ring, text string, args ...any) {
	t.Helper()
	execDSN(t, r.opts.DSN, text, args...)
}

func execDSN(t *testing.T, dsn, text string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	_, err = conn.Exec(context.Background(), text, args...)
	if err := errors.Join(err, conn.Close(context.Background())); err != nil {
		t.Fatal(err)
	}
}

// makeOn makes a ring in a cluster of the test's own.
func makeOn(t *testing.T, c *pgtest.Cluster) (*Ring, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.db")
	databases.Store(path, c.Database(t))
	r, _, err := Create(t.Context(), path, typed(testPassword), testOptions(path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r, path
}

// tracesIn counts the files below dir that hold one of the secrets.
func tracesIn(t *testing.T, dir string, secrets ...[]byte) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // the server works beside this
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return nil
		}
		for _, s := range secrets {
			if bytes.Contains(content, s) {
				found = append(found, strings.TrimPrefix(name, dir))
				break
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Proves design: a thief of the server's whole directory, who also knows the master
// password, finds no erased key in it once Pending says that there is none.
func TestAnErasedKeyLeavesTheDatabaseAndThenItsLog(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	c := pgtest.Start(t, "fsync=off", "wal_recycle=off", "max_wal_size=64MB")
	r, path := makeOn(t, c)
	keys := append(commitNew(t, r, 200), commitNew(t, r, 200)...)
	h, err := store.Peek(ctx, r.opts.at(path))
	if err != nil {
		t.Fatal(err)
	}
	secrets := [][]byte{wrapperOf(h, kindPassword).Sealed}
	var ids []habeas.SubjectID
	for i := 0; i < len(keys); i += 9 {
		secrets, ids = append(secrets, keys[i].wrapped[20:60]), append(ids, keys[i].Subject())
	}
	execDatabase(t, r, "CHECKPOINT")
	if len(tracesIn(t, c.Dir, secrets...)) < 2 {
		t.Fatal("the keys are not found where they should be")
	}
	if p, err := r.Pending(ctx); err != nil || p != (Pending{}) {
		t.Errorf("before: %+v, %v", p, err)
	}
	if err := errors.Join(r.Destroy(ctx, ids...), r.Rotate(ctx, typed("another long password"))); err != nil {
		t.Fatal(err)
	}
	if p, err := r.Pending(ctx); err != nil || p.Store || p.Log != LogKept {
		t.Errorf("after: %+v, %v; want the log only", p, err)
	}
	for range 3 { // the old segment is done with, and needless
		execDatabase(t, r, "SELECT pg_switch_wal()")
		execDatabase(t, r, "CHECKPOINT")
	}
	if p, err := r.Pending(ctx); err != nil || p != (Pending{}) {
		t.Errorf("after checkpoints: %+v, %v; want nothing", p, err)
	}
	if found := tracesIn(t, c.Dir, secrets...); len(found) != 0 {
		t.Errorf("traces in %v", found)
	}
	if len(tracesIn(t, c.Dir, keys[1].wrapped[20:60])) == 0 {
		t.Error("a living key is not found")
	}
	h2, err := r.Check(ctx, 1)
	if err != nil || !h2.Good() {
		t.Errorf("check: %+v, %v", h2, err)
	}
}

func TestARoleThatSeesNoLogSaysSo(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	super, path := pgtest.Database(t), filepath.Join(t.TempDir(), "keys.db")
	execDSN(t, super, "CREATE ROLE keeper LOGIN PASSWORD 'secret'")
	execDSN(t, super, "GRANT CREATE ON SCHEMA public TO keeper")
	databases.Store(path, strings.Replace(super, "user=postgres", "user=keeper", 1))
	r, _, err := Create(ctx, path, typed(testPassword), testOptions(path))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Destroy(ctx, commitNew(t, r, 1)[0].Subject()); err != nil {
		t.Fatal(err)
	}
	execDSN(t, super, "CHECKPOINT")
	if p, err := r.Pending(ctx); err != nil || p.Store || p.Log != LogUnknown {
		t.Errorf("%+v, %v; want unknown", p, err)
	}
}

func TestAnErasureBesideAnOldReaderIsPendingUntilItGoes(t *testing.T) {
	engines(t, func(t *testing.T) {
		r, _, _ := makeRing(t)
		id := commitNew(t, r, 2)[0].Subject()
		release := holdReader(t, r)
		defer release()
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		wantKind(t, r.Destroy(ctx, id), habeas.KindUnavailable)
		_, err := r.Key(t.Context(), id)
		wantKind(t, err, habeas.KindGone)
		if p, err := r.Pending(t.Context()); err != nil || !p.Store || p.Log != LogKept {
			t.Errorf("%+v, %v; want pending", p, err)
		}
		if err := r.Commit(t.Context(), r.NewKey(newSubject())); err != nil {
			t.Errorf("meanwhile: %v", err)
		}
		release()
		if err := r.Compact(t.Context()); err != nil {
			t.Fatal(err)
		}
		if p, err := r.Pending(t.Context()); err != nil || p.Store {
			t.Errorf("%+v, %v; want nothing pending", p, err)
		}
	})
}

func TestANodeStartsBesideAnOldReader(t *testing.T) {
	t.Parallel()
	a, b, _, pathB := makeNodes(t)
	id := commitNew(t, a, 2)[0].Subject()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	release := holdReader(t, a)
	defer release()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	wantKind(t, a.Destroy(ctx, id), habeas.KindUnavailable)
	b = openRing(t, pathB)
	_, err := b.Key(t.Context(), id)
	wantKind(t, err, habeas.KindGone)
	release()
	if err := b.Compact(t.Context()); err != nil { // what the other node has left
		t.Fatal(err)
	}
	if p, err := a.Pending(t.Context()); err != nil || p.Store {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestTheRingOutlivesTheServer(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	c := pgtest.Start(t, "fsync=off") // the machine goes on, only the server does not
	r, path := makeOn(t, c)
	keys := commitNew(t, r, 3)
	c.Kill()
	fresh := r.NewKey(newSubject())
	for what, err := range map[string]error{
		"Commit":  r.Commit(ctx, fresh),
		"Destroy": r.Destroy(ctx, keys[0].Subject()),
		"Refresh": r.Refresh(ctx),
		"Rotate":  r.Rotate(ctx, typed("another long password")),
	} {
		wantKind(t, err, habeas.KindUnavailable)
		var e *habeas.Error
		if !errors.As(err, &e) || e.Code != "keyring.database-unreachable" {
			t.Errorf("%s: %v", what, err)
		}
	}
	if listOf(t, path) != "" {
		t.Error("an erasure that the database does not know of is on the list")
	}
	if _, err := r.Key(ctx, keys[0].Subject()); err != nil {
		t.Errorf("a cached key: %v", err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.Commit(ctx, fresh), r.Destroy(ctx, keys[0].Subject()), r.Refresh(ctx)); err != nil {
		t.Fatal(err)
	}
	for _, k := range keys[1:] {
		if _, err := r.load(ctx, k.Subject()); err != nil {
			t.Errorf("a committed key is lost: %v", err)
		}
	}
}

// The server dies in the middle of commits and erasures, as in a power cut, and the
// ring goes on with what comes back.
func TestWhatWasPromisedSurvivesAKilledServer(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	c := pgtest.Start(t)
	r, _ := makeOn(t, c)
	var kept, erased []habeas.SubjectID
	for round := range 3 {
		acknowledged, ended := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			for {
				a, b := r.NewKey(newSubject()), r.NewKey(newSubject())
				if r.Commit(ctx, a, b) != nil {
					return
				}
				kept = append(kept, a.Subject())
				if r.Destroy(ctx, b.Subject()) != nil {
					return
				}
				erased = append(erased, b.Subject())
				select {
				case acknowledged <- struct{}{}:
				default:
				}
			}
		}()
		for range 3 + round {
			<-acknowledged
		}
		c.Kill()
		<-ended
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		if err := r.Refresh(ctx); err != nil {
			t.Fatal(err)
		}
		for _, id := range kept {
			if _, err := r.load(ctx, id); err != nil {
				t.Fatalf("round %d: a committed key is lost: %v", round, err)
			}
		}
		for _, id := range erased {
			if got, err := r.store.Key(ctx, id); err != nil || got != nil {
				t.Fatalf("round %d: an erased key is back: %v", round, err)
			}
		}
	}
	if h, err := r.Check(ctx, 1); err != nil || !h.Good() {
		t.Errorf("%+v, %v", h, err)
	}
}

// What the list has and the database could not be told of is told at the next Refresh.
func TestAnErasureThatTheDatabaseMissedIsMadeUpFor(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	a, b, pathA, pathB := makeNodes(t)
	keys := commitNew(t, a, 2)
	execDatabase(t, a, `CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$`)
	execDatabase(t, a, "CREATE TRIGGER broken BEFORE INSERT ON erased EXECUTE FUNCTION broken()")
	wantKind(t, a.Destroy(ctx, keys[0].Subject()), habeas.KindUnavailable)
	_, err := a.Key(ctx, keys[0].Subject())
	wantKind(t, err, habeas.KindGone)
	if err := a.Refresh(ctx); err == nil {
		t.Error("Refresh hid that an erasure is not through")
	}
	execDatabase(t, a, "DROP TRIGGER broken ON erased")
	if err := errors.Join(a.Refresh(ctx), b.Refresh(ctx)); err != nil {
		t.Fatal(err)
	}
	_, err = b.Key(ctx, keys[0].Subject())
	wantKind(t, err, habeas.KindGone)
	if listOf(t, pathA) != listOf(t, pathB) {
		t.Error("the lists differ")
	}
}

// Whatever is wrong with a DSN or behind it: a sentence that says what to do, and no
// password in it.
func TestADatabaseThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	good, taken, newer := pgtest.Database(t), pgtest.Database(t), pgtest.Database(t)
	execDSN(t, good, "CREATE ROLE nobody_special LOGIN")
	execDSN(t, taken, "CREATE TABLE something (n int)")
	makeOne := func(dsn string) {
		path := filepath.Join(t.TempDir(), "keys.db")
		databases.Store(path, dsn)
		r, _, err := Create(ctx, path, typed(testPassword), testOptions(path))
		if err := errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
	}
	makeOne(newer)
	execDSN(t, newer, "UPDATE habeas_keys SET schema_version = 99")
	const password = "s3cr3t"
	with := func(dsn, old, fresh string) string {
		return strings.Replace(dsn, old, fresh, 1) + "&password=" + password
	}
	for name, c := range map[string]struct {
		dsn, code string
	}{
		"malformed":        {"postgres://role:" + password + "@host:port/x", "keyring.dsn"},
		"no DSN at all":    {"keys " + password, "keyring.dsn"},
		"another scheme":   {"mysql://role:" + password + "@host/x", "keyring.dsn"},
		"bad percent":      {"postgres://role:" + password + "%zz@host/x", "keyring.dsn"},
		"nobody listens":   {"postgres://role:" + password + "@127.0.0.1:1/x", "keyring.database-unreachable"},
		"no such socket":   {with(good, "host=%2F", "host=%2Fnowhere%2F"), "keyring.database-unreachable"},
		"no such database": {with(good, "/t_", "/none_"), "keyring.database-missing"},
		"no such role":     {with(good, "user=postgres", "user=stranger"), "keyring.database-login"},
		"no rights":        {with(good, "user=postgres", "user=nobody_special"), "keyring.database-rights"},
		"read-only":        {with(good, "", "") + "&default_transaction_read_only=on", "keyring.database-read-only"},
		"something else":   {with(taken, "", ""), "keyring.database-foreign"},
		"newer":            {with(newer, "", ""), "keyring.newer"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "keys.db")
			databases.Store(path, c.dsn)
			_, _, err := Create(ctx, path, typed(testPassword), testOptions(path))
			_, openErr := Open(ctx, path, typed(testPassword), testOptions(path))
			_, existsErr := Exists(ctx, path, testOptions(path))
			var e *habeas.Error
			if !errors.As(err, &e) || e.Code != c.code || e.Kind == habeas.KindInternal {
				t.Errorf("got %v, want %s", err, c.code)
			}
			for _, err := range []error{err, openErr, existsErr} {
				if err != nil && strings.Contains(err.Error(), password) {
					t.Errorf("the password is printed: %v", err)
				}
			}
			if openErr == nil {
				t.Error("it was opened")
			}
		})
	}
}
