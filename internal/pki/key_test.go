package pki

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
)

func TestSignaturesVerifyElsewhere(t *testing.T) {
	keys := newSecrets(t)
	for name, c := range map[string]*curve{"P-256": p256, "P-384": p384} {
		key, err := openKey(ctx, keys, name, c, c.generate)
		if err != nil {
			t.Fatal(err)
		}
		public := key.Public().(*ecdsa.PublicKey)
		for i := range 25 {
			msg := fmt.Appendf(nil, "message %d", i)
			short, long := sha256.Sum256(msg), sha512.Sum512(msg)
			for h, digest := range map[crypto.Hash][]byte{crypto.SHA256: short[:], crypto.SHA512: long[:]} {
				sig, err := key.Sign(nil, digest, h)
				if err != nil || !ecdsa.VerifyASN1(public, digest, sig) {
					t.Fatalf("%s, %v: the standard library does not accept the signature (%v)", name, h, err)
				}
				again, err := key.Sign(nil, digest, h)
				if err != nil || bytes.Equal(sig, again) {
					t.Fatalf("%s: a nonce was used twice (%v)", name, err)
				}
			}
		}
		if _, err := key.Sign(nil, []byte("short"), crypto.SHA256); err == nil {
			t.Error("signed what is no digest")
		}
	}
}

// A digest of all ones is above the order of either curve, zero and the extremes are edges
// of the arithmetic.
func TestSignaturesOfExtremeDigestsVerify(t *testing.T) {
	for _, c := range []*curve{p256, p384} {
		secret, err := c.generate()
		if err != nil {
			t.Fatal(err)
		}
		public, err := ecdsa.ParseUncompressedPublicKey(c.params, secret[c.size:])
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range []byte{0x00, 0x01, 0x80, 0xff} {
			digest := bytes.Repeat([]byte{b}, c.size)
			sig, err := c.sign(secret[:c.size], digest)
			if err != nil || !ecdsa.VerifyASN1(public, digest, sig) {
				t.Errorf("digest of %#x: not accepted (%v)", b, err)
			}
		}
	}
}

func TestANumberNotBelowTheOrderIsDrawnAnew(t *testing.T) {
	for _, c := range []*curve{p256, p384} {
		n := c.params.Params().N.Bytes()
		one := make([]byte, c.size)
		one[c.size-1] = 1
		draws := [][]byte{bytes.Repeat([]byte{0xff}, c.size), n, make([]byte, c.size), one}
		got := c.random(func(b []byte) { copy(b, draws[0]); draws = draws[1:] })
		if len(draws) != 0 || !bytes.Equal(got.Bytes(c.order), one) {
			t.Errorf("%d draws are left, want 0 and the number 1", len(draws))
		}
	}
}

// onHeap is what a server must not have.
var onHeap []byte

func TestNothingOfAKeyIsOnTheHeap(t *testing.T) {
	keys := newSecrets(t)
	key, err := openKey(ctx, keys, "k", p256, p256.generate)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		digest := sha256.Sum256([]byte{byte(i)})
		if _, err := key.Sign(nil, digest[:], crypto.SHA256); err != nil {
			t.Fatal(err)
		}
	}
	onHeap = make([]byte, 32)
	rand.Read(onHeap)
	file, err := os.Create(filepath.Join(t.TempDir(), "heap"))
	if err != nil {
		t.Fatal(err)
	}
	debug.WriteHeapDump(file.Fd())
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	heap, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(heap, onHeap) {
		t.Fatal("what lies on the heap is not found, so this test shows nothing")
	}
	if err := key.secret.Use(func(plain []byte) error {
		scalar := bytes.Clone(plain[:32])
		reversed := bytes.Clone(scalar)
		slices.Reverse(reversed) // as limbs lie in memory
		if bytes.Contains(heap, scalar) || bytes.Contains(heap, reversed) {
			t.Error("a private key is on the heap")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestAuthoritiesSurviveARestartOfTheKeyring(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	password := func() keyring.Password {
		p, err := keyring.ReadPassword(keyring.PasswordOptions{
			Getenv: func(string) string { return "" },
			Prompt: func(string) ([]byte, error) { return []byte("a long master password"), nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	cheap := keyring.Options{KDF: keyring.KDF{Passes: 2, MemoryKiB: 4 << 10, Threads: 2}}
	ring, kit, err := keyring.Create(ctx, path, password(), cheap)
	if err != nil {
		t.Fatal(err)
	}
	kit.Close()
	now := habeas.SystemClock{}.Now()
	if _, err := Open(ctx, ring, Root.Nth(1), org); !errors.Is(err, ErrNoAuthority) {
		t.Errorf("before it is made: %v", err)
	}
	root, err := MakeRoot(ctx, ring, org, now)
	if err != nil {
		t.Fatal(err)
	}
	identity, err := root.Subordinate(ctx, ring, Identity.Nth(1), now)
	if err != nil {
		t.Fatal(err)
	}
	if err := ring.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := identity.IssueIdentity(ana, newKey(t).Public(), now, now); err == nil {
		t.Error("issued after the keys were closed")
	}
	ring, err = keyring.Open(ctx, path, password(), cheap)
	if err != nil {
		t.Fatal(err)
	}
	defer ring.Close()
	again, err := Open(ctx, ring, Identity.Nth(1), org)
	if err != nil || !again.Certificate().Equal(identity.Certificate()) {
		t.Fatalf("another certificate after a restart, or %v", err)
	}
	if _, err := again.IssueIdentity(ana, newKey(t).Public(), now, now); err != nil {
		t.Error(err)
	}
}

func TestWeakKeysAreRefused(t *testing.T) {
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	fair, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	odd := fair.PublicKey
	odd.E = 3
	p521, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ed, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	for name, c := range map[string]struct {
		key crypto.PublicKey
		ok  bool
	}{
		"P-256":                 {newKey(t).Public(), true},
		"RSA of 2048 bits":      {fair.Public(), true},
		"RSA of 1024 bits":      {weak.Public(), false},
		"RSA with exponent 3":   {&odd, false},
		"P-521":                 {p521.Public(), false},
		"Ed25519":               {ed, false},
		"no key":                {nil, false},
		"a point off its curve": {&ecdsa.PublicKey{Curve: elliptic.P256(), X: weak.N, Y: weak.N}, false}, //nolint:staticcheck // what no parser returns
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.identity.IssueIdentity(ana, c.key, w.clock.Now(), w.clock.Now())
			if (err == nil) != c.ok || !c.ok && !errors.Is(err, errKey) {
				t.Errorf("accepted %v (%v), want %v", err == nil, err, c.ok)
			}
		})
	}
}
