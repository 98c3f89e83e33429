package keyring

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring/store"
	"github.com/habeas-data/habeas/internal/pgtest"
)

// newPathOn is newPath for an engine of choice.
func newPathOn(t *testing.T, engine string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.db")
	if engine == "postgres" {
		databases.Store(path, pgtest.Database(t))
	}
	return path
}

func makeRingOn(t *testing.T, engine string) (*Ring, string) {
	t.Helper()
	path := newPathOn(t, engine)
	r, _, err := Create(t.Context(), path, typed(testPassword), testOptions(path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r, path
}

func backupOf(t *testing.T, r *Ring) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := r.Backup(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func copyList(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(tombstonePath(from))
	if err == nil {
		err = os.WriteFile(tombstonePath(to), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestABackupRestoresOnEitherEngine(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"sqlite", "postgres"} {
		for _, to := range []string{"sqlite", "postgres"} {
			t.Run(from+" to "+to, func(t *testing.T) { backupAndRestore(t, from, to) })
		}
	}
}

func backupAndRestore(t *testing.T, from, to string) {
	ctx := context.Background()
	r, path := makeRingOn(t, from)
	keys := append(commitNew(t, r, 1200), commitNew(t, r, 5)...)
	if err := r.Destroy(ctx, keys[0].Subject()); err != nil {
		t.Fatal(err)
	}
	generate := func() ([]byte, error) { return []byte("a signing key"), nil }
	if _, err := r.Secret(ctx, "ledger", generate); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.Rotate(ctx, typed("another long password")), r.Decoy(ctx)); err != nil {
		t.Fatal(err)
	}
	var backup, asItLies bytes.Buffer
	n, err := r.Backup(ctx, &backup)
	if err != nil || n != 1205 { // with the house, without the erased one
		t.Fatalf("%d keys, %v", n, err)
	}
	sealed := SealedAt(path, testOptions(path))
	if n, err := sealed.Backup(ctx, &asItLies); err != nil || n != 1205 || !bytes.Equal(asItLies.Bytes(), backup.Bytes()) {
		t.Errorf("without the password: %d keys, %v, same %v", n, err, bytes.Equal(asItLies.Bytes(), backup.Bytes()))
	}
	if id, err := sealed.RingID(ctx); err != nil || id != r.id {
		t.Errorf("ring %x, %v", id, err)
	}
	// Erased after the backup was made.
	if err := r.Destroy(ctx, keys[1].Subject()); err != nil {
		t.Fatal(err)
	}
	value := keys[2].Seal("place", []byte("value"))

	path2 := newPathOn(t, to)
	err = Restore(ctx, path2, bytes.NewReader(backup.Bytes()), testOptions(path2))
	wantKind(t, err, habeas.KindUnavailable)
	if !errors.Is(err, errNoTombstones) {
		t.Errorf("without the list: %v", err)
	}
	if err := os.WriteFile(tombstonePath(path2), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var e *habeas.Error
	err = Restore(ctx, path2, bytes.NewReader(backup.Bytes()), testOptions(path2))
	if !errors.As(err, &e) || e.Code != "keyring.tombstones-behind" || e.Args["erased"] != "1" || e.Args["listed"] != "0" {
		t.Errorf("with an old list: %v", err)
	}
	copyList(t, path, path2)
	if err := Restore(ctx, path2, bytes.NewReader(backup.Bytes()), testOptions(path2)); err != nil {
		t.Fatal(err)
	}
	if err := Restore(ctx, path2, bytes.NewReader(backup.Bytes()), testOptions(path2)); !errors.Is(err, ErrExists) {
		t.Errorf("over a store: %v", err)
	}
	r2, err := Open(ctx, path2, typed("another long password"), testOptions(path2))
	if err != nil {
		t.Fatal(err)
	}
	defer r2.Close()
	for _, k := range keys[:2] {
		if _, err := r2.Key(ctx, k.Subject()); !errors.Is(err, errErased) {
			t.Errorf("an erased key is back: %v", err)
		}
	}
	k, err := r2.Key(ctx, keys[2].Subject())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := k.Open("place", value); err != nil || string(got) != "value" {
		t.Errorf("opened %q, %v", got, err)
	}
	if got, err := r2.Secret(ctx, "ledger", nil); err != nil || !got.EqualBytes([]byte("a signing key")) {
		t.Errorf("another secret, or %v", err)
	}
	if h, err := r2.Check(ctx, 1); err != nil || !h.Good() || h.Keys != 1204 || h.Opened != 1205 || h.Erased != 2 || h.Pending.Store {
		t.Errorf("check: %+v, %v", h, err)
	}
}

// Whatever happens to a stream on its way, no store is made of it.
func TestADamagedBackupLeavesNothing(t *testing.T) {
	r, path := makeRingOn(t, "sqlite")
	commitNew(t, r, 150)
	whole := backupOf(t, r)
	damaged := map[string][]byte{
		"empty": nil, "twice": append(bytes.Clone(whole), whole...), "one byte more": append(bytes.Clone(whole), 0),
		"one byte less": whole[:len(whole)-1], "text": []byte(strings.Repeat("not a backup\n", 100)),
	}
	for n := 1 << 10; n < len(whole); n += 1 << 10 {
		damaged[fmt.Sprintf("cut at %d", n)] = whole[:n]
	}
	for n := 0; n < len(whole); n += 1 + len(whole)/97 {
		b := bytes.Clone(whole)
		b[n] ^= 1 << (n % 8)
		damaged[fmt.Sprintf("flipped at %d", n)] = b
	}
	engines(t, func(t *testing.T) {
		to := newPath(t)
		copyList(t, path, to)
		n := 0
		for name, b := range damaged {
			// Making tables takes longer than making a file, and the reader is the same.
			if n++; n%12 != 0 && strings.Contains(t.Name(), "postgres") {
				continue
			}
			err := Restore(t.Context(), to, bytes.NewReader(b), testOptions(to))
			if habeas.KindOf(err) != habeas.KindInvalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		if there, err := Exists(t.Context(), to, testOptions(to)); there || err != nil {
			t.Errorf("a store was left: %v", err)
		}
		if files := snapshot(t, to); len(files) != 1 {
			t.Errorf("%d files were left", len(files))
		}
		boom := errors.New("the pipe broke")
		broken := io.MultiReader(bytes.NewReader(whole[:2000]), readerFunc(func([]byte) (int, error) { return 0, boom }))
		if err := Restore(t.Context(), to, broken, testOptions(to)); !errors.Is(err, boom) || habeas.KindOf(err) == habeas.KindUnavailable {
			t.Errorf("a reader that fails: %v", err)
		}
		if err := Restore(t.Context(), to, bytes.NewReader(whole), testOptions(to)); err != nil {
			t.Errorf("the whole one: %v", err)
		}
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func TestABackupThatCannotBeWrittenSaysWhy(t *testing.T) {
	engines(t, func(t *testing.T) {
		r, _, _ := makeRing(t)
		commitNew(t, r, 3000)
		boom := errors.New("the disk is full")
		_, err := r.Backup(t.Context(), writerFunc(func([]byte) (int, error) { return 0, boom }))
		if !errors.Is(err, boom) || habeas.KindOf(err) == habeas.KindUnavailable {
			t.Errorf("got %v", err)
		}
	})
}

// Proves PROT-02: nothing of a secret is in the stream.
func TestABackupHoldsNoSecret(t *testing.T) {
	r, _, _ := makeRing(t)
	k := commitNew(t, r, 50)[0]
	material, err := r.wrap.Open(nil, nil, k.wrapped, r.keyPlace(k.id))
	if err != nil {
		t.Fatal(err)
	}
	signing := []byte("a signing key that nobody may see")
	if _, err := r.Secret(t.Context(), "ledger", func() ([]byte, error) { return bytes.Clone(signing), nil }); err != nil {
		t.Fatal(err)
	}
	stream := backupOf(t, r)
	for name, secret := range map[string][]byte{
		"password": []byte(testPassword), "root key": rootOf(t, r), "subject key": material[:keySize],
		"derivation key": material[keySize:], "secret": signing, "working key": derived(t, r, "subject keys"),
	} {
		if bytes.Contains(stream, secret) {
			t.Errorf("the backup holds the %s", name)
		}
	}
	if !bytes.Contains(stream, k.wrapped) {
		t.Error("the backup does not hold the wrapped key")
	}
}

func TestABackupWhileEverythingGoesOn(t *testing.T) {
	engines(t, func(t *testing.T) {
		ctx := context.Background()
		r, _, path := makeRing(t)
		keys := commitNew(t, r, 2000)
		ended := make(chan error)
		go func() {
			for _, k := range keys[:10] {
				if err := errors.Join(r.Commit(ctx, r.NewKey(newSubject())), r.Destroy(ctx, k.Subject())); err != nil {
					ended <- err
					return
				}
			}
			ended <- nil
		}()
		var streams [][]byte
		for range 5 {
			streams = append(streams, backupOf(t, r))
		}
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		for _, stream := range streams {
			to := filepath.Join(t.TempDir(), "keys.db")
			copyList(t, path, to)
			if err := Restore(ctx, to, bytes.NewReader(stream), testOptions(to)); err != nil {
				t.Fatal(err)
			}
			restored := openRing(t, to)
			h, err := restored.Check(ctx, 1)
			if err != nil || !h.Good() || h.Erased != 10 || h.Keys < 1991 || h.Keys > 2001 {
				t.Errorf("%+v, %v", h, err)
			}
		}
	})
}

// nowhere is a sink that only counts.
type nowhere struct{ headers, secrets, keys int }

func (n *nowhere) Header(store.Header) error   { n.headers++; return nil }
func (n *nowhere) Secret(string, []byte) error { n.secrets++; return nil }
func (n *nowhere) Keys(rows []store.Row) error { n.keys += len(rows); return nil }

func FuzzReadStream(f *testing.F) {
	var b bytes.Buffer
	w := newStreamWriter(&b, 2)
	err := errors.Join(
		w.Header(store.Header{Ring: [16]byte{1}, Generation: 3, Wrappers: []store.Wrapper{{Kind: kindPassword, Passes: 1, Salt: []byte("salt"), Sealed: []byte("sealed")}}}),
		w.Secret("name", []byte("secret")),
		w.Keys([]store.Row{{ID: houseID, Wrapped: []byte("wrapped")}, {ID: newSubject(), Wrapped: nil}}),
		w.end())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:40])
	f.Add([]byte(streamMagic + "\x02"))
	f.Add([]byte(streamMagic + "\x01H\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		var n nowhere
		err := readStream(bytes.NewReader(stream), &n, func(uint64) error { return nil })
		if err != nil {
			wantKind(t, err, habeas.KindInvalid)
		} else if n.headers != 1 {
			t.Errorf("%d headers", n.headers)
		}
	})
}
