package shamir

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"
)

// some takes n of a list in a random order.
func some(t *rapid.T, shares [][]byte, n int) [][]byte {
	return rapid.Permutation(shares).Draw(t, "order")[:n]
}

func TestAnyOfThemTogetherHaveTheSecret(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "secret")
		count := rapid.IntRange(2, 20).Draw(t, "count")
		need := rapid.IntRange(2, count).Draw(t, "need")
		shares, err := Split(secret, need, count)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Combine(some(t, shares, rapid.IntRange(need, count).Draw(t, "come")))
		if err != nil || !bytes.Equal(got, secret) {
			t.Fatalf("%d of %d: %v", need, count, err)
		}
	})
}

// Whatever shares fewer than needed have, each secret is as likely as any other: for each there
// is exactly one polynomial. Of two that are needed this is looked at for every byte and
// coefficient at a few numbers; of three for every pair of coefficients and a few secrets.
func TestFewerLearnNothing(t *testing.T) {
	for _, x := range []byte{1, 2, 7, 255} {
		for share := range 256 {
			var secrets [256]int
			for c := range 256 {
				for secret := range 256 {
					if value(byte(secret), []byte{byte(c)}, x) == byte(share) {
						secrets[secret]++
					}
				}
			}
			for secret, n := range secrets {
				if n != 1 {
					t.Fatalf("share %d of number %d has %d polynomials for the secret %d", share, x, n, secret)
				}
			}
		}
	}
	for secret := 0; secret < 256; secret += 37 {
		var seen [1 << 16]bool // pairs of shares
		for c := range 1 << 16 {
			cs := []byte{byte(c), byte(c >> 8)}
			pair := int(value(byte(secret), cs, 1))<<8 | int(value(byte(secret), cs, 3))
			if seen[pair] {
				t.Fatalf("the secret %d gives two shares twice: others are less likely", secret)
			}
			seen[pair] = true
		}
	}
}

func TestTheFieldIsOne(t *testing.T) {
	if times(0x57, 0x83) != 0xc1 || times(0x57, 0x13) != 0xfe { // FIPS 197, 4.2
		t.Error("the product is another than that of AES")
	}
	for a := 1; a < 256; a++ {
		if times(byte(a), inverse(byte(a))) != 1 {
			t.Errorf("%d has no inverse", a)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := rapid.Byte().Draw(t, "a"), rapid.Byte().Draw(t, "b"), rapid.Byte().Draw(t, "c")
		if times(a, b) != times(b, a) || times(a, times(b, c)) != times(times(a, b), c) || times(a, b^c) != times(a, b)^times(a, c) {
			t.Fatal("the laws of a field do not hold")
		}
	})
}

func TestWhatMakesNoSenseIsRefused(t *testing.T) {
	for _, n := range [][2]int{{1, 3}, {0, 0}, {3, 2}, {2, 256}, {-1, 5}} {
		if _, err := Split([]byte("x"), n[0], n[1]); !errors.Is(err, ErrNumber) {
			t.Errorf("%v: %v", n, err)
		}
	}
	for _, shares := range [][][]byte{nil, {{}}, {{1, 2}, {1, 3}}, {{0, 2}, {1, 2}}, {{1, 2}, {2, 3, 4}}} {
		if _, err := Combine(shares); !errors.Is(err, ErrShares) {
			t.Errorf("%v: %v", shares, err)
		}
	}
}

// task is what the page is asked, and what it answers.
type task struct {
	Secret []byte   `json:"secret,omitempty"`
	Need   int      `json:"need,omitempty"`
	Count  int      `json:"count,omitempty"`
	Shares [][]byte `json:"shares,omitempty"`
}

// page runs the page's modules in Node.
func page(t *testing.T, tasks []task) (answers []task) {
	t.Helper()
	dir := t.TempDir()
	for _, from := range []string{"../../web/ui/js/keepers-share.js", "../../web/ui/js/regfile-der.js", "testdata/page.mjs"} {
		text, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, filepath.Base(from)), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"type":"module"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := json.Marshal(tasks)
	if err != nil {
		t.Fatal(err)
	}
	node := exec.CommandContext(t.Context(), "node", filepath.Join(dir, "page.mjs"))
	node.Stdin, node.Stderr = bytes.NewReader(in), os.Stderr
	out, err := node.Output()
	if err == nil {
		err = json.Unmarshal(out, &answers)
	}
	if err != nil {
		t.Fatal(err)
	}
	return answers
}

func TestPageAndServerReadEachOthersShares(t *testing.T) {
	var asks, back []task
	for range 40 {
		secret := make([]byte, 32)
		for i := range secret {
			secret[i] = byte(rand.Uint32())
		}
		count := 2 + rand.IntN(9)
		asks = append(asks, task{Secret: secret, Count: count, Need: 2 + rand.IntN(count-1)})
	}
	for i, a := range page(t, asks) {
		got, err := Combine(a.Shares[len(a.Shares)-asks[i].Need:])
		if err != nil || !bytes.Equal(got, asks[i].Secret) {
			t.Errorf("%d of %d from the page: %v", asks[i].Need, asks[i].Count, err)
		}
		shares, err := Split(asks[i].Secret, asks[i].Need, asks[i].Count)
		if err != nil {
			t.Fatal(err)
		}
		rand.Shuffle(len(shares), func(i, j int) { shares[i], shares[j] = shares[j], shares[i] })
		back = append(back, task{Shares: shares[:asks[i].Need]})
	}
	for i, a := range page(t, back) {
		if !bytes.Equal(a.Secret, asks[i].Secret) {
			t.Errorf("%d of %d to the page", asks[i].Need, asks[i].Count)
		}
	}
}

// Whatever shares come, combining them fails or gives as many bytes as each has.
func FuzzCombine(f *testing.F) {
	f.Add([]byte{1, 2, 3, 2, 3, 4}, 3)
	f.Add([]byte{}, 0)
	f.Add([]byte{0, 0}, 1)
	f.Fuzz(func(t *testing.T, all []byte, size int) {
		if size < 1 || size > 40 {
			return
		}
		var shares [][]byte
		for len(all) >= size && len(shares) < 300 {
			shares, all = append(shares, all[:size]), all[size:]
		}
		if secret, err := Combine(shares); err == nil && len(secret) != size-1 {
			t.Errorf("%d bytes of shares of %d", len(secret), size)
		}
	})
}
