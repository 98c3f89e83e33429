package ledger

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// testWitness makes a witness that always signs at the given time.
func testWitness(t testing.TB, name string, at time.Time) (note.Signer, note.Verifier) {
	t.Helper()
	skey, vkey, err := GenerateKey(name)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := NewWitnessSigner(skey, func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := NewWitnessVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return signer, verifier
}

// answer gives the signature lines with which witnesses answer a checkpoint.
func answer(t testing.TB, c Checkpoint, witnesses ...note.Signer) []byte {
	t.Helper()
	msg, err := note.Sign(&note.Note{Text: c.text()}, witnesses...)
	if err != nil {
		t.Fatal(err)
	}
	return msg[len(c.text())+1:]
}

// Proves AUD-9.
func TestWitnessesCosignAndReceiptsCarryIt(t *testing.T) {
	signer, verifier := testKey(t, testOrigin)
	at := time.Date(2027, 3, 4, 5, 6, 7, 0, time.UTC)
	w1, v1 := testWitness(t, "one.example.org", at)
	w2, v2 := testWitness(t, "two.example.org", at.Add(time.Hour))
	stranger, _ := testWitness(t, "three.example.org", at)
	known := note.VerifierList(verifier, v1, v2)
	dir := t.TempDir()
	var m Memory
	c := publish(t, dir, &m, 9, signer)

	if _, err := AttachCosignatures(dir, answer(t, c, w1, stranger), known); err != nil {
		t.Fatal(err)
	}
	c, err := AttachCosignatures(dir, answer(t, c, w2), known)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{testOrigin, "one.example.org", "two.example.org"}; !slices.Equal(c.Signers, want) {
		t.Errorf("signed by %v", c.Signers)
	}
	times, err := CosignatureTimes(c, known)
	if err != nil || len(times) != 2 || !times["one.example.org"].Equal(at) || !times["two.example.org"].Equal(at.Add(time.Hour)) {
		t.Errorf("times %v, %v", times, err)
	}
	p, err := OpenPublished(os.DirFS(dir), known)
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Receipt(3)
	if err != nil {
		t.Fatal(err)
	}
	if signed, err := r.Verify(testLeaf(3), known); err != nil || len(signed.Signers) != 3 {
		t.Errorf("the receipt is signed by %v, %v", signed.Signers, err)
	}
	if _, err := r.Verify(testLeaf(3), note.VerifierList(v1, v2)); !errors.Is(err, ErrCheckpoint) {
		t.Errorf("witnesses alone vouch for the log: %v", err)
	}
	if faults, _, err := Verify(t.Context(), dir, &m, known, nil); err != nil || len(faults) != 0 {
		t.Errorf("%v, %v", faults, err)
	}
}

func TestANewCosignatureReplacesTheEarlierOne(t *testing.T) {
	signer, verifier := testKey(t, testOrigin)
	at := time.Date(2027, 3, 4, 5, 6, 7, 0, time.UTC)
	w, v := testWitness(t, "one.example.org", time.Time{})
	clock := at
	w.(*witness).now = func() time.Time { return clock }
	known := note.VerifierList(verifier, v)
	dir := t.TempDir()
	var m Memory
	c := publish(t, dir, &m, 9, signer)
	for range 2 {
		var err error
		if c, err = AttachCosignatures(dir, answer(t, c, w), known); err != nil {
			t.Fatal(err)
		}
		clock = clock.Add(time.Minute)
	}
	times, err := CosignatureTimes(c, known)
	if err != nil || !times["one.example.org"].Equal(at.Add(time.Minute)) || strings.Count(string(c.Note), "—") != 2 {
		t.Errorf("times %v, %v, in\n%s", times, err, c.Note)
	}
}

func TestCosignaturesOfAnotherCheckpointAreRefused(t *testing.T) {
	signer, verifier := testKey(t, testOrigin)
	w, v := testWitness(t, "one.example.org", time.Unix(1, 0))
	known := note.VerifierList(verifier, v)
	dir := t.TempDir()
	var m Memory
	stale := answer(t, publish(t, dir, &m, 9, signer), w)
	c := publish(t, dir, &m, 10, signer)
	good := answer(t, c, w)
	for name, lines := range map[string][]byte{
		"stale":      stale,
		"no lines":   nil,
		"cut":        good[:len(good)-3],
		"other text": append([]byte("x\n\n"), good...),
		"log key as witness": func() []byte {
			skey, _, _ := GenerateKey("one.example.org")
			plain, err := note.NewSigner(skey)
			if err != nil {
				t.Fatal(err)
			}
			return answer(t, c, plain)
		}(),
	} {
		if _, err := AttachCosignatures(dir, lines, known); !errors.Is(err, ErrCheckpoint) {
			t.Errorf("%s: %v", name, err)
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, checkpointPath))
	if err != nil || string(data) != string(c.Note) {
		t.Errorf("the checkpoint has changed: %v", err)
	}
}

func TestWitnessKeysAreCheckedAndNeverRepeated(t *testing.T) {
	skey, vkey, err := GenerateKey("one.example.org")
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "PRIVATE+KEY+", vkey, skey[:len(skey)-4], strings.Replace(skey, "one.", "o ne.", 1)} {
		_, err := NewWitnessSigner(bad, time.Now)
		if err == nil || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, bad := range []string{"", "a+b", skey, vkey[:len(vkey)-4], vkey + "AAAA"} {
		if _, err := NewWitnessVerifier(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}
