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
)

func always() error { return nil }

func subject(n byte) habeas.SubjectID { return habeas.SubjectID{0: 1, 15: n} }

// create makes a store with one wrapper and one key and opens it.
func create(t *testing.T, path string) *Store {
	t.Helper()
	h := Header{Ring: [16]byte{1, 2, 3}, Generation: 7, Wrappers: []Wrapper{
		{Kind: "password", Passes: 3, MemoryKiB: 64, Threads: 2, Salt: []byte("salt"), Sealed: []byte("sealed")},
	}}
	if err := Create(context.Background(), path, h, []Row{{subject(1), []byte("wrapped")}}); err != nil {
		t.Fatal(err)
	}
	return open(t, path)
}

func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(context.Background(), path)
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
		s := create(t, path)
		if err := Create(ctx, path, Header{}, nil); !errors.Is(err, ErrExists) {
			t.Errorf("got %v, want ErrExists", err)
		}
		for _, when := range []string{"open", "closed"} {
			h, err := Peek(ctx, path)
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
		if got, err := open(t, path).Key(ctx, subject(1)); err != nil || string(got) != "wrapped" {
			t.Errorf("key %q, %v", got, err)
		}
	}
}

func TestEveryPragmaIsInForce(t *testing.T) {
	ctx := context.Background()
	s := create(t, filepath.Join(t.TempDir(), "keys.db"))
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
		path := filepath.Join(t.TempDir(), "keys.db")
		s := create(t, path)
		if _, err := s.w.conn.ExecContext(ctx, "PRAGMA "+pragma); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		before, _ := os.ReadFile(path)
		_, err := Peek(ctx, path)
		if err == nil {
			_, err = Open(ctx, path)
		}
		if !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", pragma, err, want)
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
			t.Errorf("%s: the file has changed", pragma)
		}
	}
}

func TestCompactWaitsForReaders(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "keys.db")
	s := create(t, path)
	reader, err := s.readers.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Rollback() }()
	var n int
	if err := reader.QueryRowContext(ctx, "SELECT count(*) FROM subject_key").Scan(&n); err != nil {
		t.Fatal(err)
	}
	if _, err := s.DeleteKeys(ctx, []habeas.SubjectID{subject(1)}, always); err != nil {
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
	if info, err := os.Stat(path + "-wal"); err != nil || info.Size() != 0 {
		t.Errorf("log of %d bytes, %v; want none", info.Size(), err)
	}
}

func TestAWaitingInsertCanBeCancelled(t *testing.T) {
	s := create(t, filepath.Join(t.TempDir(), "keys.db"))
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
	ctx := context.Background()
	s := create(t, filepath.Join(t.TempDir(), "keys.db"))
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if err := s.InsertKeys(ctx, []Row{{subject(2), nil}}, always); !errors.Is(err, ErrClosed) {
		t.Errorf("InsertKeys: got %v, want ErrClosed", err)
	}
	if err := s.PutWrapper(ctx, &Wrapper{}); !errors.Is(err, ErrClosed) {
		t.Errorf("PutWrapper: got %v, want ErrClosed", err)
	}
	if _, err := Open(ctx, filepath.Join(t.TempDir(), "none.db")); !errors.Is(err, ErrMissing) {
		t.Errorf("Open: got %v, want ErrMissing", err)
	}
}
