package keyring

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
)

func TestATornLineOfTheListIsDroppedAndADamagedOneRefused(t *testing.T) {
	engines(t, testATornLineOfTheListIsDroppedAndADamagedOneRefused)
}

func testATornLineOfTheListIsDroppedAndADamagedOneRefused(t *testing.T) {
	ctx := context.Background()
	r, _, path := makeRing(t)
	keys := commitNew(t, r, 3)
	if err := errors.Join(r.Destroy(ctx, keys[0].Subject()), r.Close()); err != nil {
		t.Fatal(err)
	}
	whole := snapshot(t, path)["tombstones"]
	// Longer than the line that is written next.
	torn := append(bytes.Clone(whole), strings.Repeat(keys[1].Subject().String(), 4)...)
	if err := os.WriteFile(tombstonePath(path), torn, 0o600); err != nil {
		t.Fatal(err)
	}
	r = openRing(t, path)
	if err := errors.Join(r.Destroy(ctx, keys[2].Subject()), r.Close()); err != nil {
		t.Fatal(err)
	}
	list := snapshot(t, path)["tombstones"]
	ids, size, err := parseTombstones(list)
	if err != nil || size != len(list) || len(ids) != 2 || ids[1].ID != keys[2].Subject() {
		t.Errorf("the list reads %v, %d, %v", ids, size, err)
	}
	damaged := strings.Replace(string(list), "\n", "x\n", 1)
	if err := os.WriteFile(tombstonePath(path), []byte(damaged), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Open(ctx, path, typed(testPassword), testOptions(path))
	wantKind(t, err, habeas.KindUnavailable)
	var e *habeas.Error
	if errors.As(err, &e) && e.Args["line"] != "1" {
		t.Errorf("line %q is blamed, want 1", e.Args["line"])
	}
}

func FuzzParseTombstones(f *testing.F) {
	f.Add([]byte(newSubject().String() + " 2026-03-01T12:00:00Z\n"))
	f.Add([]byte("\n"))
	f.Add([]byte("sub_"))
	f.Fuzz(func(t *testing.T, data []byte) {
		ids, size, err := parseTombstones(data)
		if err != nil {
			wantKind(t, err, habeas.KindUnavailable)
			return
		}
		if size > len(data) || bytes.Count(data[:size], []byte("\n")) != len(ids) || bytes.IndexByte(data[size:], '\n') >= 0 {
			t.Errorf("%d bytes of %d, %d ids", size, len(data), len(ids))
		}
	})
}
