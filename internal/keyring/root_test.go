package keyring

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring/store"
)

// allRows returns every wrapped key as stored.
func allRows(t *testing.T, r *Ring) []store.Row {
	t.Helper()
	rows, err := r.store.Page(context.Background(), habeas.SubjectID{}, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func sameRows(a, b []store.Row) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].ID != b[i].ID || !bytes.Equal(a[i].Wrapped, b[i].Wrapped) {
			return false
		}
	}
	return true
}

// Proves PROT-03: rotation needs nothing of users, because no key of theirs changes.
func TestRotateRewrapsOnlyTheRootKey(t *testing.T) {
	ctx := context.Background()
	r, kit, path := makeRing(t)
	commitNew(t, r, 300)
	before := allRows(t, r)
	h, err := store.Peek(ctx, store.Place{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	oldWrap := wrapperOf(h, kindPassword).Sealed
	if !inAnyFile(t, path, oldWrap) {
		t.Fatal("the old wrapping is not found where it should be")
	}

	const next = "a new sentence to remember"
	password := []byte(next)
	if err := r.Rotate(ctx, NewPassword(password)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(password, make([]byte, len(next))) {
		t.Error("the password was not wiped")
	}
	if !sameRows(before, allRows(t, r)) {
		t.Error("a subject key has changed")
	}
	if inAnyFile(t, path, oldWrap) {
		t.Error("the old wrapping is still in a file")
	}
	wantKind(t, r.Rotate(ctx, typed("short")), habeas.KindInvalid)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}

	if _, err := Open(ctx, path, typed(testPassword), testOptions(path)); !errors.Is(err, ErrWrongPassword) {
		t.Errorf("old password: got %v, want ErrWrongPassword", err)
	}
	for name, open := range map[string]func() (*Ring, error){
		"new password":  func() (*Ring, error) { return Open(ctx, path, typed(next), testOptions(path)) },
		"recovery code": func() (*Ring, error) { return OpenWithRecovery(ctx, path, typed(codeOf(kit)), testOptions(path)) },
	} {
		r, err := open()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_ = r.Close()
	}
}

func TestNewRecoveryKitReplacesTheOldOne(t *testing.T) {
	engines(t, testNewRecoveryKitReplacesTheOldOne)
}

func testNewRecoveryKitReplacesTheOldOne(t *testing.T) {
	ctx := context.Background()
	r, old, path := makeRing(t)
	commitNew(t, r, 20)
	before := allRows(t, r)
	kit, err := r.NewRecoveryKit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !sameRows(before, allRows(t, r)) {
		t.Error("a subject key has changed")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenWithRecovery(ctx, path, typed(codeOf(old)), testOptions(path)); !errors.Is(err, ErrWrongRecoveryCode) {
		t.Errorf("old code: got %v, want ErrWrongRecoveryCode", err)
	}
	r, err = OpenWithRecovery(ctx, path, typed(codeOf(kit)), testOptions(path))
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	_ = openRing(t, path) // and the password still does
}

// inAnyFile searches every file beside the key store.
func inAnyFile(t *testing.T, path string, secret []byte) bool {
	t.Helper()
	for _, content := range snapshot(t, path) {
		if bytes.Contains(content, secret) {
			return true
		}
	}
	return false
}
