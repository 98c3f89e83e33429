package ledger

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func TestCheckpointRoundTrip(t *testing.T) {
	signer, verifier := testKey(t, testOrigin)
	root := tlog.RecordHash([]byte("x"))
	for name, c := range map[string]Checkpoint{
		"plain":      {Origin: testOrigin, Size: 7, Root: root},
		"empty tree": {Origin: testOrigin, Root: emptyRoot},
		"largest":    {Origin: testOrigin, Size: MaxSize, Root: root},
		"extensions": {Origin: testOrigin, Size: 7, Root: root, Extensions: []string{"a b", "ünïcode"}},
	} {
		msg, err := c.Sign(signer)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := ParseCheckpoint(msg, note.VerifierList(verifier))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got.String() != c.String() || got.text() != c.text() || string(got.Note) != string(msg) {
			t.Errorf("%s: came back as %s", name, got)
		}
		if len(got.Signers) != 1 || got.Signers[0] != testOrigin {
			t.Errorf("%s: signers %v", name, got.Signers)
		}
	}
}

func TestCheckpointNeedsTheLogsOwnSignature(t *testing.T) {
	signer, verifier := testKey(t, testOrigin)
	witness, witnessVerifier := testKey(t, "witness.example.org")
	other, _ := testKey(t, testOrigin) // same name, another key
	c := Checkpoint{Origin: testOrigin, Size: 1, Root: tlog.RecordHash(nil)}
	sign := func(signers ...note.Signer) []byte {
		msg, err := note.Sign(&note.Note{Text: c.text()}, signers...)
		if err != nil {
			t.Fatal(err)
		}
		return msg
	}
	known := note.VerifierList(verifier, witnessVerifier)
	both, err := ParseCheckpoint(sign(signer, witness), known)
	if err != nil || len(both.Signers) != 2 {
		t.Errorf("log and witness: signers %v, %v", both.Signers, err)
	}
	if _, err := ParseCheckpoint(sign(signer, other), known); err != nil {
		t.Errorf("a signature of an unknown key must be ignored: %v", err)
	}
	for name, msg := range map[string][]byte{
		"witness alone": sign(witness),
		"another key":   sign(other),
	} {
		if _, err := ParseCheckpoint(msg, known); !errors.Is(err, ErrCheckpoint) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParseCheckpoint(sign(signer), nil); !errors.Is(err, ErrCheckpoint) {
		t.Errorf("no known keys: %v", err)
	}
	if _, err := c.Sign(witness, signer); !errors.Is(err, ErrCheckpoint) {
		t.Errorf("signing with a foreign key first: %v", err)
	}
}

func TestCheckpointTextIsStrict(t *testing.T) {
	signer, verifier := testKey(t, testOrigin)
	root := tlog.RecordHash(nil).String()
	for name, text := range map[string]string{
		"leading zero":          testOrigin + "\n01\n" + root + "\n",
		"plus sign":             testOrigin + "\n+1\n" + root + "\n",
		"negative":              testOrigin + "\n-1\n" + root + "\n",
		"too large":             testOrigin + "\n72057594037927937\n" + root + "\n",
		"overflow":              testOrigin + "\n99999999999999999999\n" + root + "\n",
		"short root":            testOrigin + "\n1\n" + root[4:] + "\n",
		"stray bits in base64":  testOrigin + "\n1\n" + root[:42] + "d=\n",
		"unpadded":              testOrigin + "\n1\n" + root[:43] + "\n",
		"no root":               testOrigin + "\n1\n",
		"no origin":             "\n1\n" + root + "\n",
		"blank line":            testOrigin + "\n1\n" + root + "\n\nextension\n",
		"root of the empty log": testOrigin + "\n0\n" + root + "\n",
		"space before size":     testOrigin + "\n 1\n" + root + "\n",
	} {
		msg, err := note.Sign(&note.Note{Text: text}, signer)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseCheckpoint(msg, note.VerifierList(verifier)); !errors.Is(err, ErrCheckpoint) {
			t.Errorf("%s: accepted (%v)", name, err)
		}
	}
}

func TestCheckpointWithAnyByteChangedIsRefused(t *testing.T) {
	signer, verifier := testKey(t, testOrigin)
	msg, err := Checkpoint{Origin: testOrigin, Size: 12, Root: tlog.RecordHash(nil)}.Sign(signer)
	if err != nil {
		t.Fatal(err)
	}
	for i := range msg {
		for bit := range 8 {
			bad := []byte(string(msg))
			bad[i] ^= 1 << bit
			if _, err := ParseCheckpoint(bad, note.VerifierList(verifier)); !errors.Is(err, ErrCheckpoint) {
				t.Fatalf("byte %d (%q) with bit %d changed: %v", i, msg[i], bit, err)
			}
		}
	}
}

func TestGenerateKeyRefusesNamesThatNoteCannotCarry(t *testing.T) {
	for _, origin := range []string{"", "a b", "a+b", "a\nb", "a\u00a0b", "a\x01b", "a\xff"} {
		if _, _, err := GenerateKey(origin); err == nil {
			t.Errorf("%q is accepted", origin)
		}
	}
}

func TestVerifyConsistencyTellsLiesFromBadProofs(t *testing.T) {
	var m Memory
	grow(t, &m, 20)
	at := func(size int64) Checkpoint {
		f, err := NewFrontier(size, HashReader(t.Context(), &m))
		if err != nil {
			t.Fatal(err)
		}
		return Checkpoint{Origin: testOrigin, Size: size, Root: f.Root()}
	}
	for from := range int64(21) {
		for to := from; to <= 20; to++ {
			proof, err := Consistency(t.Context(), &m, from, to)
			if err != nil {
				t.Fatal(err)
			}
			if err := VerifyConsistency(at(from), at(to), proof); err != nil {
				t.Errorf("%d to %d: %v", from, to, err)
			}
			if err := VerifyConsistency(at(from), at(to), append(proof, tlog.Hash{})); !errors.Is(err, ErrProof) {
				t.Errorf("%d to %d with one hash too many: %v", from, to, err)
			}
		}
	}
	forged, foreign := at(9), at(9)
	forged.Root[3] ^= 1
	foreign.Origin = "example.org/other"
	proof, _ := Consistency(t.Context(), &m, 9, 12)
	for name, c := range map[string]struct {
		older, newer Checkpoint
		want         error
	}{
		"two roots for one size": {at(9), forged, ErrInconsistent},
		"another log":            {foreign, at(12), ErrInconsistent},
		"older is larger":        {at(12), at(9), ErrInconsistent},
		"forged older root":      {forged, at(12), ErrProof},
		"size beyond the limit":  {at(9), Checkpoint{Origin: testOrigin, Size: 1 << 62}, ErrInconsistent},
	} {
		if err := VerifyConsistency(c.older, c.newer, proof); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseCheckpoint(f *testing.F) {
	signer, verifier := testKey(f, testOrigin)
	msg, err := Checkpoint{Origin: testOrigin, Size: 12, Root: tlog.RecordHash(nil), Extensions: []string{"x"}}.Sign(signer)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(msg)
	f.Add([]byte(strings.Replace(string(msg), "12", "012", 1)))
	f.Fuzz(func(t *testing.T, msg []byte) {
		// What the reader takes without keys, it must render to the same bytes.
		if c, err := readCheckpoint(msg); err == nil && !strings.HasPrefix(string(msg), c.text()+"\n") {
			t.Errorf("%q means %q", msg, c.text())
		}
		if _, err := ParseCheckpoint(msg, note.VerifierList(verifier)); err != nil && !errors.Is(err, ErrCheckpoint) {
			t.Errorf("error without a kind: %v", err)
		}
	})
}
