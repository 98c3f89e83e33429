package ledger

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// testReceipt gives a receipt for leaf 5 of 11.
func testReceipt(t testing.TB) (Receipt, note.Verifiers) {
	t.Helper()
	signer, verifier := testKey(t, testOrigin)
	var m Memory
	c := publish(t, t.TempDir(), &m, 11, signer)
	r, err := NewReceipt(t.Context(), &m, c, 5)
	if err != nil {
		t.Fatal(err)
	}
	return r, note.VerifierList(verifier)
}

func TestReceiptRoundTrip(t *testing.T) {
	r, known := testReceipt(t)
	for _, extra := range [][]byte{nil, []byte("salt"), make([]byte, MaxExtra)} {
		r.Extra = extra
		text, err := r.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseReceipt(text)
		if err != nil || !reflect.DeepEqual(got, r) {
			t.Fatalf("%d bytes of extra: came back as %+v, %v", len(extra), got, err)
		}
		if c, err := got.Verify(testLeaf(5), known); err != nil || c.Size != 11 {
			t.Errorf("size %d, %v", c.Size, err)
		}
	}
}

func TestReceiptWithAnyByteChangedIsRefused(t *testing.T) {
	r, known := testReceipt(t)
	text, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for i := range text {
		for bit := range 8 {
			bad := bytes.Clone(text)
			bad[i] ^= 1 << bit
			if got, err := ParseReceipt(bad); err == nil {
				_, err = got.Verify(testLeaf(5), known)
				if err == nil {
					t.Fatalf("byte %d (%q) with bit %d changed: still verifies", i, text[i], bit)
				}
			}
		}
	}
}

func TestReceiptIsForOneLeafAtOnePlace(t *testing.T) {
	r, known := testReceipt(t)
	if _, err := r.Verify(testLeaf(6), known); !errors.Is(err, ErrProof) {
		t.Errorf("another leaf: %v", err)
	}
	for _, index := range []int64{-1, 4, 11, 1 << 62} {
		moved := r
		moved.Index = index
		if _, err := moved.Verify(testLeaf(5), known); !errors.Is(err, ErrProof) {
			t.Errorf("index %d: %v", index, err)
		}
	}
	_, stranger := testKey(t, testOrigin)
	if _, err := r.Verify(testLeaf(5), note.VerifierList(stranger)); !errors.Is(err, ErrCheckpoint) {
		t.Errorf("another key: %v", err)
	}
}

func TestReceiptTextIsStrict(t *testing.T) {
	r, _ := testReceipt(t)
	r.Extra = []byte("ab") // "YWI="
	good, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	hash := r.Proof[0].String()
	change := func(old, replacement string) string {
		bad := strings.Replace(string(good), old, replacement, 1)
		if bad == string(good) {
			t.Fatalf("%q is not in the receipt", old)
		}
		return bad
	}
	for name, text := range map[string]string{
		"empty":               "",
		"another version":     change("proof@v1", "proof@v2"),
		"carriage returns":    strings.ReplaceAll(string(good), "\n", "\r\n"),
		"leading zero":        change("index 5", "index 05"),
		"plus sign":           change("index 5", "index +5"),
		"two spaces":          change("index 5", "index  5"),
		"trailing space":      change("index 5", "index 5 "),
		"huge index":          change("index 5", "index 9223372036854775808"),
		"no index":            change("index 5\n", ""),
		"index twice":         change("index 5\n", "index 5\nindex 5\n"),
		"extra after index":   change("extra YWI=\nindex 5\n", "index 5\nextra YWI=\n"),
		"empty extra":         change("extra YWI=", "extra "),
		"extra with bits":     change("extra YWI=", "extra YWJ="),
		"extra unpadded":      change("extra YWI=", "extra YWI"),
		"extra too long":      change("YWI=", strings.Repeat("AAAA", MaxExtra/3+2)),
		"short hash":          change(hash, hash[4:]),
		"two hashes a line":   change(hash, hash+hash),
		"too many hashes":     change(hash+"\n", strings.Repeat(hash+"\n", maxProof+1)),
		"no checkpoint":       strings.SplitAfter(string(good), "\n\n")[0],
		"one more blank line": change("\n\n", "\n\n\n"),
		"bytes in front":      " " + string(good),
		"bytes at the end":    string(good) + "x",
		"no final newline":    strings.TrimSuffix(string(good), "\n"),
	} {
		if _, err := ParseReceipt([]byte(text)); !errors.Is(err, ErrReceipt) {
			t.Errorf("%s: accepted (%v)", name, err)
		}
	}
}

func TestReceiptOfAnUncoveredLeafIsPending(t *testing.T) {
	signer, _ := testKey(t, testOrigin)
	var m Memory
	c := publish(t, t.TempDir(), &m, 4, signer)
	grow(t, &m, 6)
	if _, err := NewReceipt(t.Context(), &m, c, 5); !errors.Is(err, ErrRange) {
		t.Errorf("got %v", err)
	}
	if _, err := NewReceipt(t.Context(), &m, Checkpoint{Size: 4}, 1); !errors.Is(err, ErrReceipt) {
		t.Errorf("unsigned checkpoint: %v", err)
	}
}

func TestMarshalRefusesWhatTheReaderWould(t *testing.T) {
	r, _ := testReceipt(t)
	for name, change := range map[string]func(*Receipt){
		"extra too long":     func(r *Receipt) { r.Extra = make([]byte, MaxExtra+1) },
		"negative index":     func(r *Receipt) { r.Index = -1 },
		"proof too long":     func(r *Receipt) { r.Proof = make([]tlog.Hash, maxProof+1) },
		"no checkpoint":      func(r *Receipt) { r.Checkpoint = nil },
		"unsigned text only": func(r *Receipt) { r.Checkpoint = []byte("a\n0\n" + emptyRoot.String() + "\n") },
	} {
		bad := r
		change(&bad)
		if _, err := bad.Marshal(); !errors.Is(err, ErrReceipt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEveryLeafOfEverySizeHasAReceipt(t *testing.T) {
	signer, verifier := testKey(t, testOrigin)
	known := note.VerifierList(verifier)
	var m Memory
	grow(t, &m, 600)
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, 600).Draw(t, "size")
		index := rapid.Int64Range(0, size-1).Draw(t, "index")
		f, err := NewFrontier(size, HashReader(t.Context(), &m))
		if err != nil {
			t.Fatal(err)
		}
		c := Checkpoint{Origin: testOrigin, Size: size, Root: f.Root()}
		if c.Note, err = c.Sign(signer); err != nil {
			t.Fatal(err)
		}
		r, err := NewReceipt(t.Context(), &m, c, index)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Verify(testLeaf(index), known); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzParseReceipt(f *testing.F) {
	r, _ := testReceipt(f)
	text, err := r.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	r.Extra = []byte("x")
	text, err = r.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := ParseReceipt(text)
		if err != nil {
			if !errors.Is(err, ErrReceipt) {
				t.Errorf("error without a kind: %v", err)
			}
			return
		}
		// One meaning, one text.
		again, err := r.Marshal()
		if err != nil || !bytes.Equal(again, text) {
			t.Errorf("%q came back as %q, %v", text, again, err)
		}
	})
}
