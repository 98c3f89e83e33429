package app

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/habeas-data/habeas/ledger"
	"github.com/habeas-data/habeas/sealed"
)

func sealText(t *testing.T, text string) sealed.Value {
	t.Helper()
	v, err := sealed.Open(t.Context()).Seal("key", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Keys made by either way sign alike: those of logs that are there go on.
func TestTheLedgersKeySignsAsPackageNoteDoes(t *testing.T) {
	for range 20 { // some have a plus sign in their base64
		testLedgerKey(t)
	}
}

func testLedgerKey(t *testing.T) {
	t.Helper()
	ours, err := newLedgerKey("records.example.org/ledger")
	if err != nil {
		t.Fatal(err)
	}
	skey, vkey, err := ledger.GenerateKey("records.example.org/ledger")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"ours": string(ours), "of package note": skey + "\n" + vkey} {
		skey, vkey, _ := strings.Cut(text, "\n")
		theirs, err := note.NewSigner(skey)
		if err != nil {
			t.Fatalf("%s: package note: %v", name, err)
		}
		key, err := readLedgerKey(sealText(t, text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if key.text != vkey || key.Name() != theirs.Name() || key.KeyHash() != theirs.KeyHash() {
			t.Errorf("%s: named %s %x, want %s %x", name, key.Name(), key.KeyHash(), theirs.Name(), theirs.KeyHash())
		}
		for _, msg := range [][]byte{nil, []byte("a checkpoint"), bytes.Repeat([]byte("long "), 1000)} {
			want, err := theirs.Sign(msg)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := key.Sign(msg); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: signature %x, %v; want %x", name, got, err, want)
			}
		}
	}
}

func TestSignIsEd25519(t *testing.T) {
	for i := range byte(32) {
		seed := bytes.Repeat([]byte{i, 255 - i}, 16)
		msg := bytes.Repeat([]byte{i}, int(i))
		if want := ed25519.Sign(ed25519.NewKeyFromSeed(seed), msg); !bytes.Equal(sign(seed, msg), want) {
			t.Errorf("seed %x: another signature", seed)
		}
	}
}

func TestABadLedgerKeyIsRefused(t *testing.T) {
	skey, vkey, err := ledger.GenerateKey("records.example.org/ledger")
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := ledger.GenerateKey("records.example.org/ledger")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty": "", "no verifier": skey, "of another key": skey + "\n" + other, "cut off": skey[:len(skey)-5] + "\n" + vkey,
		"no base64": skey[:len(skey)-5] + "*****\n" + vkey,
	} {
		if _, err := readLedgerKey(sealText(t, text)); !errors.Is(err, errSigningKey) || strings.Contains(err.Error(), skey[40:60]) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
