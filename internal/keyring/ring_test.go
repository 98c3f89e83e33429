package keyring

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring/store"
	"github.com/habeas-data/habeas/internal/pgtest"
)

const testPassword = "correct horse battery staple"

var testStart = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// engines runs a test on a file and on a database, beside other tests: most of the
// time goes into waiting for the disk.
func engines(t *testing.T, test func(t *testing.T)) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) { t.Parallel(); test(t) })
	}
}

// databases holds the DSN that belongs to the path of a key store.
var databases sync.Map

// newPath returns a place for a store on the engine that the test runs on.
func newPath(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.db")
	if strings.Contains(t.Name(), "/postgres") {
		databases.Store(path, pgtest.Database(t))
	}
	return path
}

func testOptions(path string) Options {
	opts := Options{Clock: habeas.NewManualClock(testStart), KDF: CheapKDF}
	if dsn, ok := databases.Load(path); ok {
		opts.DSN = dsn.(string)
	}
	return opts
}

// makeRing makes a ring in a directory of its own, closed with the test.
func makeRing(t testing.TB) (*Ring, RecoveryKit, string) {
	t.Helper()
	path := newPath(t)
	r, kit, err := Create(context.Background(), path, typed(testPassword), testOptions(path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r, kit, path
}

func openRing(t testing.TB, path string) *Ring {
	t.Helper()
	r, err := Open(context.Background(), path, typed(testPassword), testOptions(path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func newSubject() habeas.SubjectID { return habeas.NewID[habeas.SubjectKind](testStart) }

// commitNew makes n durable keys.
func commitNew(t testing.TB, r *Ring, n int) []*Key {
	t.Helper()
	keys := make([]*Key, n)
	for i := range keys {
		keys[i] = r.NewKey(newSubject())
	}
	if err := r.Commit(context.Background(), keys...); err != nil {
		t.Fatal(err)
	}
	return keys
}

// snapshot returns the content of every file in the store's directory.
func snapshot(t testing.TB, path string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := fs.WalkDir(os.DirFS(filepath.Dir(path)), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[name], err = os.ReadFile(filepath.Join(filepath.Dir(path), name))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// asLeftByCrash copies the files of an open ring, log and all, elsewhere.
func asLeftByCrash(t testing.TB, path string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range snapshot(t, path) {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, filepath.Base(path))
}

func wantKind(t testing.TB, err error, kind habeas.ErrorKind) {
	t.Helper()
	if err == nil || habeas.KindOf(err) != kind {
		t.Errorf("error %v of kind %v, want kind %v", err, habeas.KindOf(err), kind)
	}
}

func TestWhatWasSealedOpensAfterARestart(t *testing.T) {
	engines(t, testWhatWasSealedOpensAfterARestart)
}

func testWhatWasSealedOpensAfterARestart(t *testing.T) {
	ctx := context.Background()
	r, kit, path := makeRing(t)
	k := commitNew(t, r, 1)[0]
	sealed := k.Seal("statement/1", []byte("hello"))
	month, err := r.Month(ctx, testStart)
	if err != nil {
		t.Fatal(err)
	}
	sealedMonth, sealedHouse := month.Seal("m", []byte("month")), r.House().Seal("h", []byte("house"))
	derived := k.Derive("event/1", 32)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}

	reopen := map[string]func() (*Ring, error){
		"password": func() (*Ring, error) { return Open(ctx, path, typed(testPassword), testOptions(path)) },
		"recovery": func() (*Ring, error) { return OpenWithRecovery(ctx, path, typed(codeOf(kit)), testOptions(path)) },
	}
	for name, open := range reopen {
		t.Run(name, func(t *testing.T) {
			r, err := open()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			k, err := r.Key(ctx, k.Subject())
			if err != nil {
				t.Fatal(err)
			}
			month, err := r.Month(ctx, testStart)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []struct {
				key         *Key
				place, want string
				sealed      []byte
			}{{k, "statement/1", "hello", sealed}, {month, "m", "month", sealedMonth}, {r.House(), "h", "house", sealedHouse}} {
				if got, err := c.key.Open(c.place, c.sealed); err != nil || string(got) != c.want {
					t.Errorf("opened %q, %v; want %q", got, err, c.want)
				}
			}
			if !bytes.Equal(k.Derive("event/1", 32), derived) {
				t.Error("derived bytes differ after a restart")
			}
		})
	}
}

// Proves PROT-03: a wrong password or code harms nothing, not even a log that
// a crash left behind.
func TestWrongPasswordChangesNothing(t *testing.T) {
	ctx := context.Background()
	r, _, path := makeRing(t)
	commitNew(t, r, 200)
	crashed := asLeftByCrash(t, path)
	if len(snapshot(t, crashed)["keys.db-wal"]) == 0 {
		t.Fatal("the crashed copy has no log to harm")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"closed": path, "crashed": crashed} {
		t.Run(name, func(t *testing.T) {
			before := snapshot(t, path)
			wrong := []byte("wrong horse battery staple")
			password := NewPassword(wrong)
			_, err := Open(ctx, path, password, testOptions(path))
			if !errors.Is(err, ErrWrongPassword) {
				t.Fatalf("got %v, want ErrWrongPassword", err)
			}
			wantKind(t, err, habeas.KindSealed)
			if !bytes.Equal(wrong, make([]byte, len(wrong))) || plain(password) != "" {
				t.Error("the password was not wiped")
			}
			_, err = OpenWithRecovery(ctx, path, typed(codeOf(newRecoveryKit())), testOptions(path))
			if !errors.Is(err, ErrWrongRecoveryCode) {
				t.Fatalf("got %v, want ErrWrongRecoveryCode", err)
			}
			after := snapshot(t, path)
			for _, name := range []string{"keys.db", "keys.db-wal", "tombstones"} {
				if sha256.Sum256(before[name]) != sha256.Sum256(after[name]) {
					t.Errorf("%s has changed", name)
				}
			}
			if len(after) != len(before) {
				t.Errorf("%d files, before %d", len(after), len(before))
			}
			r := openRing(t, path)
			if s, err := r.Stats(ctx); err != nil || s.Keys != 201 {
				t.Errorf("%d keys, %v; want 201", s.Keys, err)
			}
		})
	}
}

// Proves PROT-02: neither password nor key nor plaintext is in any file, while
// the store is open and after.
func TestNoFileHoldsASecret(t *testing.T) {
	ctx := context.Background()
	r, kit, path := makeRing(t)
	k := commitNew(t, r, 50)[0]
	material, err := r.wrap.Open(nil, nil, k.wrapped, r.keyPlace(k.id))
	if err != nil {
		t.Fatal(err)
	}
	signing := []byte("a signing key that nobody may see")
	if _, err := r.Secret(ctx, "ledger", func() ([]byte, error) { return bytes.Clone(signing), nil }); err != nil {
		t.Fatal(err)
	}
	if err := r.Rotate(ctx, typed("another long password")); err != nil {
		t.Fatal(err)
	}
	secrets := map[string][]byte{
		"password":         []byte(testPassword),
		"new password":     []byte("another long password"),
		"root key":         rootOf(t, r),
		"recovery code":    []byte(plain(kit.secret)),
		"recovery text":    []byte(codeOf(kit)),
		"subject key":      material[:keySize],
		"derivation key":   material[keySize:],
		"named secret":     signing,
		"working key":      derived(t, r, "subject keys"),
		"lookup key":       derived(t, r, "lookup"),
		"named secret key": derived(t, r, "secrets"),
	}
	check := func(when string) {
		for file, content := range snapshot(t, path) {
			for name, secret := range secrets {
				if bytes.Contains(content, secret) {
					t.Errorf("%s: %s holds the %s", when, file, name)
				}
			}
		}
	}
	check("open")
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	check("closed")
}

func TestCreateRefuses(t *testing.T) {
	ctx := context.Background()
	t.Run("to overwrite a store", func(t *testing.T) {
		r, _, path := makeRing(t)
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		before := snapshot(t, path)
		if _, _, err := Create(ctx, path, typed(testPassword), testOptions(path)); !errors.Is(err, ErrExists) {
			t.Errorf("got %v, want ErrExists", err)
		}
		if !bytes.Equal(before["keys.db"], snapshot(t, path)["keys.db"]) {
			t.Error("the store has changed")
		}
	})
	t.Run("to drop a list of erasures", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "keys.db")
		line := newSubject().String() + " 2026-01-01T00:00:00Z\n"
		if err := os.WriteFile(tombstonePath(path), []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Create(ctx, path, typed(testPassword), testOptions(path)); !errors.Is(err, ErrExists) {
			t.Errorf("got %v, want ErrExists", err)
		}
	})
	t.Run("a weak password", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "keys.db")
		_, _, err := Create(ctx, path, typed("short"), testOptions(path))
		wantKind(t, err, habeas.KindInvalid)
		if len(snapshot(t, path)) != 0 {
			t.Error("something was written")
		}
	})
}

func TestCreateStartsOverAfterAnInterruptedAttempt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	for _, name := range []string{path + ".new", path + ".new-wal", tombstonePath(path)} {
		content := []byte("half")
		if name == tombstonePath(path) {
			content = nil
		}
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, _, err := Create(context.Background(), path, typed(testPassword), testOptions(path))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for name := range snapshot(t, path) {
		info, err := os.Stat(filepath.Join(filepath.Dir(path), name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v; want 0600", name, info.Mode(), err)
		}
		if filepath.Ext(name) == ".new" {
			t.Errorf("%s was left over", name)
		}
	}
}

func TestOpenRefusesWhatIsNoKeyStore(t *testing.T) {
	ctx := context.Background()
	open := func(path string) error {
		r, err := Open(ctx, path, typed(testPassword), testOptions(path))
		if err == nil {
			_ = r.Close()
		}
		return err
	}
	t.Run("nothing there", func(t *testing.T) {
		if err := open(filepath.Join(t.TempDir(), "keys.db")); !errors.Is(err, ErrMissing) {
			t.Errorf("got %v, want ErrMissing", err)
		}
	})
	for name, content := range map[string]string{"empty": "", "text": "not a database, only some text that is long enough"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "keys.db")
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			wantKind(t, open(path), habeas.KindInternal)
			if after, _ := os.ReadFile(path); string(after) != content {
				t.Error("the file has changed")
			}
		})
	}
	t.Run("no list of erasures", func(t *testing.T) {
		r, _, path := makeRing(t)
		if err := errors.Join(r.Close(), os.Remove(tombstonePath(path))); err != nil {
			t.Fatal(err)
		}
		wantKind(t, open(path), habeas.KindUnavailable)
	})
}

// A header whose cost was tampered with neither opens nor exhausts the machine.
func TestOpenRefusesTamperedWrappers(t *testing.T) {
	ctx := context.Background()
	r, _, path := makeRing(t)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	h, err := store.Peek(ctx, store.Place{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	good := *wrapperOf(h, kindPassword)
	v, err := newVault()
	if err != nil {
		t.Fatal(err)
	}
	defer v.close()
	for name, change := range map[string]func(w *store.Wrapper){
		"cheaper":       func(w *store.Wrapper) { w.MemoryKiB++ },
		"much memory":   func(w *store.Wrapper) { w.MemoryKiB = 1 << 31 },
		"no passes":     func(w *store.Wrapper) { w.Passes = 0 },
		"no threads":    func(w *store.Wrapper) { w.Threads = 0 },
		"other salt":    func(w *store.Wrapper) { w.Salt = make([]byte, saltSize) },
		"cut off":       func(w *store.Wrapper) { w.Sealed = w.Sealed[:10] },
		"nothing there": func(w *store.Wrapper) { w.Sealed = nil },
	} {
		t.Run(name, func(t *testing.T) {
			w := good
			change(&w)
			h := store.Header{Ring: h.Ring, Wrappers: []store.Wrapper{w}}
			if root, err := unwrapWithPassword(v, h, typed(testPassword)); err == nil || !root.IsZero() {
				t.Error("a tampered wrapper opened")
			}
		})
	}
	other := store.Header{Wrappers: h.Wrappers} // the same rows in another store
	if _, err := unwrapWithPassword(v, other, typed(testPassword)); !errors.Is(err, ErrWrongPassword) {
		t.Errorf("got %v, want ErrWrongPassword", err)
	}
}

func TestAfterCloseEverythingIsSealed(t *testing.T) { engines(t, testAfterCloseEverythingIsSealed) }

func testAfterCloseEverythingIsSealed(t *testing.T) {
	ctx := context.Background()
	r, _, _ := makeRing(t)
	k, fresh := commitNew(t, r, 1)[0], r.NewKey(newSubject())
	r.Cipher("made before")
	for range 2 {
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	<-r.vault.session.Wiped()
	for name, call := range map[string]func() error{
		"Key":     func() error { _, err := r.Key(ctx, k.id); return err },
		"Keys":    func() error { _, err := r.Keys(ctx, []habeas.SubjectID{k.id}); return err },
		"All":     func() error { return r.All(ctx, nil) },
		"Commit":  func() error { return r.Commit(ctx, fresh) },
		"Destroy": func() error { return r.Destroy(ctx, k.id) },
		"Month":   func() error { _, err := r.Month(ctx, testStart); return err },
		"Rotate":  func() error { return r.Rotate(ctx, typed(testPassword)) },
		"Kit":     func() error { _, err := r.NewRecoveryKit(ctx); return err },
		"Secret":  func() error { _, err := r.Secret(ctx, "a", nil); return err },
		"Stats":   func() error { _, err := r.Stats(ctx); return err },
	} {
		if err := call(); !errors.Is(err, ErrClosed) {
			t.Errorf("%s: got %v, want ErrClosed", name, err)
		}
	}
	for name, call := range map[string]func(){
		"Code":     func() { r.Code("a", nil) },
		"Token":    func() { r.Token("a", nil) },
		"Lookup":   func() { r.Lookup("a", "b") },
		"Cipher":   func() { r.Cipher("a") },
		"Encrypt":  func() { r.Cipher("made before").Encrypt(make([]byte, 16), make([]byte, 16)) },
		"NewKey":   func() { r.NewKey(newSubject()) },
		"Seal":     func() { k.Seal("a", nil) },
		"Derive":   func() { k.Derive("a", 32) },
		"AEAD":     func() { r.AEAD("a") },
		"used key": func() { fresh.Seal("a", nil) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s returned a value that anybody could compute", name)
				}
			}()
			call()
		}()
	}
}
