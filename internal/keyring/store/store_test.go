package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func always() error { return nil }

func subject(n byte) habeas.SubjectID { return habeas.SubjectID{0: 1, 15: n} }

// fill is the content of a new store: one wrapper, one secret and one key.
func fill(to Sink) error {
	h := Header{Ring: [16]byte{1, 2, 3}, Generation: 7, Wrappers: []Wrapper{
		{Kind: "password", Passes: 3, MemoryKiB: 64, Threads: 2, Salt: []byte("salt"), Sealed: []byte("sealed")},
	}}
	return errors.Join(to.Header(h), to.Secret("name", []byte("secret")), to.Keys([]Row{{subject(1), []byte("wrapped")}}))
}

// create makes a store and opens it.
func create(t *testing.T, at Place) Store {
	t.Helper()
	if err := Create(context.Background(), at, fill); err != nil {
		t.Fatal(err)
	}
	return open(t, at)
}

// file is a place for a SQLite store.
func file(t *testing.T) Place { return Place{Path: filepath.Join(t.TempDir(), "keys.db")} }

// engines runs a test with a place for each engine.
func engines(t *testing.T, test func(t *testing.T, at Place)) {
	t.Run("sqlite", func(t *testing.T) { test(t, file(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Place{DSN: pgtest.Database(t)}) })
}

func open(t *testing.T, at Place) Store {
	t.Helper()
	s, err := Open(context.Background(), at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestCreatedStoreReadsBackUnderAnyName(t *testing.T) {
	ctx := context.Background()
	for _, name := range []string{"keys.db", "a b#c?d%20é&x=1.db"} {
		path := filepath.Join(t.TempDir(), name)
		at := Place{Path: path}
		s := create(t, at)
		if err := Create(ctx, at, fill); !errors.Is(err, ErrExists) {
			t.Errorf("got %v, want ErrExists", err)
		}
		for _, when := range []string{"open", "closed"} {
			h, err := Peek(ctx, at)
			if err != nil || h.Ring[2] != 3 || h.Generation != 7 || len(h.Wrappers) != 1 || string(h.Wrappers[0].Sealed) != "sealed" {
				t.Errorf("%s: header %+v, %v", when, h, err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		entries, err := os.ReadDir(filepath.Dir(path))
		if err != nil || len(entries) != 1 {
			t.Errorf("%d files, %v; want one", len(entries), err)
		}
		if got, err := open(t, at).Key(ctx, subject(1)); err != nil || string(got) != "wrapped" {
			t.Errorf("key %q, %v", got, err)
		}
	}
}

func TestEveryPragmaIsInForce(t *testing.T) {
	ctx := context.Background()
	s := create(t, file(t)).(*sqlite)
	for name, want := range map[string]int{"synchronous": 2, "secure_delete": 1, "wal_autocheckpoint": 4000, "temp_store": 2} {
		if got, err := pragmaInt(ctx, s.w.conn, name); err != nil || got != want {
			t.Errorf("%s is %d, %v; want %d", name, got, err, want)
		}
	}
	var mode string
	if err := s.w.conn.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
		t.Errorf("journal_mode is %s, %v", mode, err)
	}
	if _, err := s.readers.ExecContext(ctx, "DELETE FROM subject_key"); err == nil {
		t.Error("a reader could write")
	}
}

func TestANewerSchemaAndAForeignDatabaseAreRefused(t *testing.T) {
	ctx := context.Background()
	for pragma, want := range map[string]error{"user_version=99": ErrNewer, "application_id=1": ErrForeign} {
		at := file(t)
		s := create(t, at).(*sqlite)
		if _, err := s.w.conn.ExecContext(ctx, "PRAGMA "+pragma); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		before, _ := os.ReadFile(at.Path)
		_, err := Peek(ctx, at)
		if err == nil {
			_, err = Open(ctx, at)
		}
		if !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", pragma, err, want)
		}
		if after, _ := os.ReadFile(at.Path); !bytes.Equal(before, after) {
			t.Errorf("%s: the file has changed", pragma)
		}
	}
}

func TestCompactWaitsForReaders(t *testing.T) {
	ctx := context.Background()
	at := file(t)
	s := create(t, at).(*sqlite)
	reader, err := s.readers.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Rollback() }()
	var n int
	if err := reader.QueryRowContext(ctx, "SELECT count(*) FROM subject_key").Scan(&n); err != nil {
		t.Fatal(err)
	}
	if _, err := s.DeleteKeys(ctx, []Erasure{{ID: subject(1)}}, always); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	if err := s.Compact(short); !errors.Is(err, ErrBusy) {
		t.Errorf("beside a reader: got %v, want ErrBusy", err)
	}
	done := make(chan error)
	go func() { done <- s.Compact(ctx) }()
	if err := s.InsertKeys(ctx, []Row{{subject(2), []byte("new")}}, always); err != nil {
		t.Errorf("while Compact waits: %v", err)
	}
	if err := reader.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("after the reader went: %v", err)
	}
	if info, err := os.Stat(at.Path + "-wal"); err != nil || info.Size() != 0 {
		t.Errorf("log of %d bytes, %v; want none", info.Size(), err)
	}
}

func TestAWaitingInsertCanBeCancelled(t *testing.T) {
	s := create(t, file(t)).(*sqlite)
	if err := s.lock(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.InsertKeys(ctx, []Row{{subject(9), []byte("late")}}, always) }()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	s.unlock()
	if got, err := s.Key(context.Background(), subject(9)); err != nil || got != nil {
		t.Errorf("a cancelled insert was written: %q, %v", got, err)
	}
}

func TestWritesAfterCloseAreRefused(t *testing.T) {
	engines(t, func(t *testing.T, at Place) {
		ctx := context.Background()
		s := create(t, at)
		if err := errors.Join(s.Close(), s.Close()); err != nil {
			t.Fatal(err)
		}
		if err := s.InsertKeys(ctx, []Row{{subject(2), nil}}, always); !errors.Is(err, ErrClosed) {
			t.Errorf("InsertKeys: got %v, want ErrClosed", err)
		}
		if err := s.PutWrapper(ctx, &Wrapper{}); !errors.Is(err, ErrClosed) {
			t.Errorf("PutWrapper: got %v, want ErrClosed", err)
		}
	})
}

func TestWhatIsMissingIsSaidToBe(t *testing.T) {
	engines(t, func(t *testing.T, at Place) {
		ctx := context.Background()
		if there, err := Exists(ctx, at); there || err != nil {
			t.Errorf("there: %v, %v", there, err)
		}
		if _, err := Peek(ctx, at); !errors.Is(err, ErrMissing) {
			t.Errorf("Peek: got %v, want ErrMissing", err)
		}
		if _, err := Open(ctx, at); !errors.Is(err, ErrMissing) {
			t.Errorf("Open: got %v, want ErrMissing", err)
		}
		create(t, at)
		if there, err := Exists(ctx, at); !there || err != nil {
			t.Errorf("there: %v, %v", there, err)
		}
	})
}

// content is a Sink that keeps what it is given.
type content struct {
	header  Header
	secrets map[string]string
	keys    map[habeas.SubjectID]string
}

func (c *content) Header(h Header) error { c.header = h; return nil }

func (c *content) Secret(name string, wrapped []byte) error {
	c.secrets[name] = string(wrapped)
	return nil
}

func (c *content) Keys(rows []Row) error {
	for _, r := range rows {
		c.keys[r.ID] = string(r.Wrapped)
	}
	return nil
}

func dumped(t *testing.T, s Store) content {
	t.Helper()
	c := content{secrets: map[string]string{}, keys: map[habeas.SubjectID]string{}}
	if err := s.Dump(context.Background(), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestADumpIsAsOfOneMomentAndHoldsNoDecoy(t *testing.T) {
	engines(t, func(t *testing.T, at Place) {
		ctx := context.Background()
		s := create(t, at)
		var rows []Row
		for n := range 2500 {
			rows = append(rows, Row{habeas.SubjectID{0: 2, 14: byte(n >> 8), 15: byte(n)}, []byte{byte(n), byte(n >> 8)}})
		}
		if err := errors.Join(s.InsertKeys(ctx, rows, always), s.Decoy(ctx, []byte("nothing"))); err != nil {
			t.Fatal(err)
		}
		late := &lateSink{Sink: &content{secrets: map[string]string{}, keys: map[habeas.SubjectID]string{}}, then: func() error {
			return s.InsertKeys(ctx, []Row{{habeas.SubjectID{0: 3}, []byte("late")}}, always)
		}}
		if err := s.Dump(ctx, late); err != nil {
			t.Fatal(err)
		}
		c := late.Sink.(*content)
		if len(c.keys) != 2501 || len(c.secrets) != 1 || c.secrets["name"] != "secret" || c.header.Ring[2] != 3 || len(c.header.Wrappers) != 1 {
			t.Errorf("%d keys, secrets %v, header %+v", len(c.keys), c.secrets, c.header)
		}
		if c := dumped(t, s); len(c.keys) != 2502 {
			t.Errorf("then %d keys", len(c.keys))
		}
	})
}

// lateSink does something once the dump has begun.
type lateSink struct {
	Sink
	then func() error
}

func (l *lateSink) Header(h Header) error { return errors.Join(l.Sink.Header(h), l.then()) }

func TestACreationThatFailsLeavesNothing(t *testing.T) {
	engines(t, func(t *testing.T, at Place) {
		ctx := context.Background()
		boom := errors.New("boom")
		if err := Create(ctx, at, func(to Sink) error { return errors.Join(fill(to), boom) }); !errors.Is(err, boom) {
			t.Fatalf("got %v", err)
		}
		if there, err := Exists(ctx, at); there || err != nil {
			t.Errorf("there: %v, %v", there, err)
		}
		if at.Path != "" {
			if left, err := os.ReadDir(filepath.Dir(at.Path)); err != nil || len(left) != 0 {
				t.Errorf("left over: %v, %v", left, err)
			}
		}
		create(t, at)
	})
}

func TestInsertedKeysReadBackAndTakenOnesAreRefused(t *testing.T) {
	engines(t, func(t *testing.T, at Place) {
		ctx := context.Background()
		s := create(t, at)
		row := Row{subject(2), []byte("mine")}
		for range 2 {
			if err := s.InsertKeys(ctx, []Row{row, {subject(3), []byte("too")}}, always); err != nil {
				t.Fatal(err)
			}
		}
		err := s.InsertKeys(ctx, []Row{{subject(4), []byte("new")}, {subject(2), []byte("other")}}, always)
		if !errors.Is(err, ErrTaken) {
			t.Errorf("got %v, want ErrTaken", err)
		}
		boom := errors.New("boom")
		if err := s.InsertKeys(ctx, []Row{{subject(5), []byte("new")}}, func() error { return boom }); !errors.Is(err, boom) {
			t.Errorf("got %v, want what check said", err)
		}
		rows, err := s.Keys(ctx, []habeas.SubjectID{subject(1), subject(2), subject(3), subject(4), subject(5)})
		if err != nil || len(rows) != 3 {
			t.Errorf("%d rows, %v; want 3", len(rows), err)
		}
		if n, err := s.DropKeys(ctx, []habeas.SubjectID{subject(3), subject(9)}); n != 1 || err != nil {
			t.Errorf("%d dropped, %v", n, err)
		}
		page, err := s.Page(ctx, subject(1), 10)
		if err != nil || len(page) != 1 || page[0].ID != subject(2) {
			t.Errorf("page %v, %v", page, err)
		}
	})
}
