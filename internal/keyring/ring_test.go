package keyring

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
)

const testPassword = "correct horse battery staple"

var testStart = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func testOptions() Options {
	return Options{Clock: habeas.NewManualClock(testStart), KDF: CheapKDF}
}

// newRing makes a ring in a directory of its own, closed with the test.
func makeRing(t testing.TB) (*Ring, RecoveryKit, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.db")
	r, kit, err := Create(context.Background(), path, []byte(testPassword), testOptions())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r, kit, path
}

func newSubject() habeas.SubjectID { return habeas.NewID[habeas.SubjectKind](testStart) }

func TestSmoke(t *testing.T) {
	ctx := context.Background()
	r, kit, path := makeRing(t)
	id := newSubject()
	k := r.NewKey(id)
	if _, err := r.Key(ctx, id); !errors.Is(err, ErrNoKey) || habeas.KindOf(err) != habeas.KindGone {
		t.Fatal(err)
	}
	if err := r.Commit(ctx, k); err != nil {
		t.Fatal(err)
	}
	sealed := k.Seal("a/1", []byte("hello"))
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	es, _ := os.ReadDir(filepath.Dir(path))
	for _, e := range es {
		t.Log(e.Name())
	}
	if _, err := Open(ctx, path, []byte("wrong wrong wrong"), testOptions()); !errors.Is(err, ErrWrongPassword) {
		t.Fatal(err)
	}
	es, _ = os.ReadDir(filepath.Dir(path))
	for _, e := range es {
		t.Log(e.Name())
	}
	r, err := OpenWithRecovery(ctx, path, kit.Code(), testOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	k, err = r.Key(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := k.Open("a/1", sealed); err != nil || string(b) != "hello" {
		t.Fatal(err)
	}
	if _, err := r.Month(ctx, testStart); err != nil {
		t.Fatal(err)
	}
	if err := r.Destroy(ctx, id); err != nil {
		t.Fatal(err)
	}
	if err := r.Fresh(k); habeas.KindOf(err) != habeas.KindGone {
		t.Fatal(err)
	}
	if err := r.Rotate(ctx, []byte("another long password")); err != nil {
		t.Fatal(err)
	}
	t.Log(r.Stats(ctx))
}
