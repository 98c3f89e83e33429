package ledger

import (
	"os"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

func TestPublishSmoke(t *testing.T) {
	dir := t.TempDir()
	var m Memory
	signer, v := testKey(t, testOrigin)
	for _, n := range []int64{0, 1, 5, 255, 256, 300, 300, 70000, 70001} {
		c := publish(t, dir, &m, n, signer)
		p, err := OpenPublished(os.DirFS(dir), note.VerifierList(v))
		if err != nil {
			t.Fatal(err)
		}
		for i := int64(0); i < n; i += 1 + n/7 {
			r, err := p.Receipt(i)
			if err != nil {
				t.Fatal(n, i, err)
			}
			if _, err := r.Verify(testLeaf(i), note.VerifierList(v)); err != nil {
				t.Fatal(err)
			}
			if e, err := p.Entry(i); err != nil || string(e) != string(testLeaf(i)) {
				t.Fatal(err)
			}
		}
		t.Log(c)
	}
}
