package ledger

import (
	"crypto/sha256"
	"os"
	"testing"

	"github.com/transparency-dev/formats/log"
	tlogproof "github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// These tests hold the package against an implementation of the same formats by
// other people, github.com/transparency-dev.

func flat(hashes []tlog.Hash) (out [][]byte) {
	for _, h := range hashes {
		out = append(out, h[:])
	}
	return out
}

// Proves AUD-9.
func TestOthersVerifyOurReceiptsAndProofsOffline(t *testing.T) {
	signer, verifier := testKey(t, testOrigin)
	var m Memory
	dir := t.TempDir()
	older := publish(t, dir, &m, 777, signer)
	newer := publish(t, dir, &m, 1234, signer)
	p, err := OpenPublished(os.DirFS(dir), note.VerifierList(verifier))
	if err != nil {
		t.Fatal(err)
	}
	path, err := p.Consistency(older.Size, newer.Size)
	if err != nil {
		t.Fatal(err)
	}
	err = proof.VerifyConsistency(rfc6962.DefaultHasher, 777, 1234, flat(path), older.Root[:], newer.Root[:])
	if err != nil {
		t.Error(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		index := rapid.Int64Range(0, newer.Size-1).Draw(t, "index")
		r, err := p.Receipt(index)
		if err != nil {
			t.Fatal(err)
		}
		r.Extra = rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "extra")
		text, err := r.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		var theirs tlogproof.TLogProof
		if err := theirs.Unmarshal(text); err != nil {
			t.Fatal(err)
		}
		c, _, _, err := log.ParseCheckpoint(theirs.Checkpoint, testOrigin, verifier)
		if err != nil {
			t.Fatal(err)
		}
		var hashes [][]byte
		for _, h := range theirs.Hashes {
			hashes = append(hashes, h[:])
		}
		leaf := rfc6962.DefaultHasher.HashLeaf(testLeaf(index))
		if err := proof.VerifyInclusion(rfc6962.DefaultHasher, theirs.Index, c.Size, leaf, hashes, c.Hash); err != nil {
			t.Fatal(err)
		}
		if string(theirs.ExtraData) != string(r.Extra) {
			t.Fatal("the extra data differs")
		}
	})
}

func TestWeVerifyTheReceiptsOfOthers(t *testing.T) {
	signer, verifier := testKey(t, testOrigin)
	var m Memory
	c := publish(t, t.TempDir(), &m, 100, signer)
	path, err := Inclusion(t.Context(), &m, 42, 100)
	if err != nil {
		t.Fatal(err)
	}
	theirs := tlogproof.TLogProof{Index: 42, Checkpoint: c.Note, ExtraData: []byte("salt")}
	for _, h := range path {
		theirs.Hashes = append(theirs.Hashes, [sha256.Size]byte(h))
	}
	r, err := ParseReceipt(theirs.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Verify(testLeaf(42), note.VerifierList(verifier)); err != nil {
		t.Error(err)
	}
}
