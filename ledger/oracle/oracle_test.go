package oracle

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/habeas-data/habeas/ledger"
	formatsnote "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
)

const origin = "example.org/log"

// log is a published log of several levels, grown in steps.
type log struct {
	dir      string
	rows     ledger.Memory
	last     ledger.Checkpoint
	verifier note.Verifier
}

func newLog(t *testing.T, sizes ...int) *log {
	t.Helper()
	skey, vkey, err := ledger.GenerateKey(origin)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	l := &log{dir: t.TempDir()}
	if l.verifier, err = note.NewVerifier(vkey); err != nil {
		t.Fatal(err)
	}
	have := 0
	for _, size := range sizes {
		for ; have < size; have++ {
			if _, err := l.rows.Append(leaf(have)); err != nil {
				t.Fatal(err)
			}
		}
		if l.last, err = ledger.Publish(t.Context(), l.dir, &l.rows, signer); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func leaf(i int) []byte { return fmt.Appendf(nil, "leaf %d", i) }

// check runs Tessera's fsck over a directory. A worker of fsck ends at the first tile
// that differs, and a lone one would leave its feeder waiting for ever: hence four.
func (l *log) check(ctx context.Context) error {
	hashes := func(bundle []byte) ([][]byte, error) {
		var b api.EntryBundle
		if err := b.UnmarshalText(bundle); err != nil {
			return nil, err
		}
		var out [][]byte
		for _, e := range b.Entries {
			out = append(out, rfc6962.DefaultHasher.HashLeaf(e))
		}
		return out, nil
	}
	return fsck.New(origin, l.verifier, client.FileFetcher{Root: l.dir}, hashes, fsck.Opts{N: 4}).Check(ctx)
}

// Proves AUD-9.
func TestTesseraFindsThePublishedFilesSound(t *testing.T) {
	for _, sizes := range [][]int{{1}, {255}, {256}, {257}, {1000, 1001, 5000}, {65_536}, {300, 65_537, 70_000}} {
		l := newLog(t, sizes...)
		if err := l.check(t.Context()); err != nil {
			t.Errorf("sizes %v: %v", sizes, err)
		}
	}
}

func TestTesseraFindsADamagedTile(t *testing.T) {
	l := newLog(t, 1000)
	name := filepath.Join(l.dir, "tile/0/002")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	data[77] ^= 1
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if l.check(t.Context()) == nil {
		t.Error("the oracle is blind")
	}
}

func TestTesseraReadsEntriesAndProofsFromTheDirectory(t *testing.T) {
	ctx := t.Context()
	l := newLog(t, 300, 70_000)
	files := client.FileFetcher{Root: l.dir}
	c, _, _, err := client.FetchCheckpoint(ctx, files.ReadCheckpoint, l.verifier, origin)
	if err != nil || c.Size != 70_000 {
		t.Fatalf("%+v, %v", c, err)
	}
	proofs, err := client.NewProofBuilder(ctx, c.Size, files.ReadTile)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := ledger.OpenPublished(os.DirFS(l.dir), note.VerifierList(l.verifier))
	if err != nil {
		t.Fatal(err)
	}
	for index := uint64(0); index < c.Size; index += 997 {
		theirs, err := proofs.InclusionProof(ctx, index)
		if err != nil {
			t.Fatal(err)
		}
		hash := rfc6962.DefaultHasher.HashLeaf(leaf(int(index)))
		if err := proof.VerifyInclusion(rfc6962.DefaultHasher, index, c.Size, hash, theirs, c.Hash); err != nil {
			t.Errorf("index %d: %v", index, err)
		}
		own, err := ours.Inclusion(int64(index), int64(c.Size))
		if err != nil || len(own) != len(theirs) {
			t.Fatalf("index %d: %d and %d hashes, %v", index, len(own), len(theirs), err)
		}
		for i := range own {
			if string(own[i][:]) != string(theirs[i]) {
				t.Fatalf("index %d: hash %d of the proof differs", index, i)
			}
		}
		bundle, err := client.GetEntryBundle(ctx, files.ReadEntryBundle, index/256, c.Size)
		if err != nil || string(bundle.Entries[index%256]) != string(leaf(int(index))) {
			t.Errorf("entry %d: %v", index, err)
		}
	}
}

// Proves AUD-9.
func TestCosignaturesAreThoseOfOtherWitnesses(t *testing.T) {
	l := newLog(t, 9)
	skey, vkey, err := ledger.GenerateKey("witness.example.org")
	if err != nil {
		t.Fatal(err)
	}
	theirSigner, err := formatsnote.NewSignerForCosignatureV1(skey)
	if err != nil {
		t.Fatal(err)
	}
	theirVerifier, err := formatsnote.NewVerifierForCosignatureV1(vkey)
	if err != nil {
		t.Fatal(err)
	}
	ourSigner, err := ledger.NewWitnessSigner(skey, func() time.Time { return time.Unix(1_800_000_000, 0) })
	if err != nil {
		t.Fatal(err)
	}
	cosignatureKey, err := formatsnote.VKeyToCosignatureV1(vkey)
	if err != nil {
		t.Fatal(err)
	}
	var ourVerifiers []note.Verifier
	for _, key := range []string{vkey, cosignatureKey} { // type 0x01 and type 0x04
		v, err := ledger.NewWitnessVerifier(key)
		if err != nil {
			t.Fatal(err)
		}
		ourVerifiers = append(ourVerifiers, v)
	}
	n, err := note.Open(l.last.Note, note.VerifierList(l.verifier))
	if err != nil {
		t.Fatal(err)
	}
	for _, signer := range []note.Signer{theirSigner, ourSigner} {
		msg, err := note.Sign(n, signer)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range append(ourVerifiers, theirVerifier) {
			c, err := ledger.ParseCheckpoint(msg, note.VerifierList(l.verifier, v))
			if err != nil || len(c.Signers) != 2 {
				t.Errorf("%T read with %T: signed by %v, %v", signer, v, c.Signers, err)
			}
		}
	}
}
