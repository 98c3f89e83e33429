package app

import (
	"bytes"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"errors"

	"filippo.io/edwards25519"
	"golang.org/x/mod/sumdb/note"

	"github.com/habeas-data/habeas/sealed"
)

const (
	seedSize   = 32 // of an Ed25519 key, RFC 8032
	algEd25519 = 1  // in keys of package note, and of package ledger
	keyPrefix  = "PRIVATE+KEY+"
)

var errSigningKey = errors.New("app: the ledger's key cannot be read")

// ledgerKey signs checkpoints, exactly as note.NewSigner does, with a key that stays in
// sealed memory. Package crypto/ed25519 keeps every key that it signs with, out of reach, on
// the heap. It implements note.Signer.
type ledgerKey struct {
	note.Verifier
	text   string       // of the verifier
	secret sealed.Value // signer and verifier key in the form of package note, a line each
}

// readLedgerKey reads what newLedgerKey has made.
func readLedgerKey(secret sealed.Value) (*ledgerKey, error) {
	k := &ledgerKey{secret: secret}
	var err error
	if used := secret.Use(func(plain []byte) error {
		_, public, _ := bytes.Cut(plain, []byte("\n"))
		k.text = string(public) //sealcheck:allow escape the verifier key is public
		return nil
	}); used != nil {
		return nil, used
	}
	if k.Verifier, err = note.NewVerifier(k.text); err != nil {
		return nil, errors.Join(errSigningKey, err) // of the public half
	}
	probe := []byte("signing and verifying keys belong together")
	if sig, err := k.Sign(probe); err != nil || !k.Verify(probe, sig) {
		return nil, errSigningKey
	}
	return k, nil
}

// newLedgerKey makes the key of a log. The caller clears what it returns.
func newLedgerKey(origin string) ([]byte, error) {
	seed := make([]byte, seedSize)
	defer clear(seed)
	rand.Read(seed)
	e := expandKey(seed)
	defer e.wipe()
	public, err := note.NewEd25519VerifierKey(origin, e.public)
	if err != nil {
		return nil, err
	}
	head := public[:len(public)-len(afterPlus([]byte(public), 2))] // name and hash, as in the signer key
	raw := append(append(make([]byte, 0, 1+seedSize), algEd25519), seed...)
	defer clear(raw)
	secret := make([]byte, 0, len(keyPrefix)+2*len(public)+2) // a signer key is as long as its verifier key
	secret = append(append(secret, keyPrefix...), head...)
	secret = base64.StdEncoding.AppendEncode(secret, raw)
	return append(append(secret, '\n'), public...), nil
}

// Sign implements note.Signer.
func (k *ledgerKey) Sign(msg []byte) (sig []byte, err error) {
	used := k.secret.Use(func(plain []byte) error {
		private, _, _ := bytes.Cut(plain, []byte("\n"))
		text := afterPlus(private, 4)
		raw := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
		defer clear(raw)
		n, failed := base64.StdEncoding.Decode(raw, text)
		if failed != nil || n != 1+seedSize || raw[0] != algEd25519 {
			err = errSigningKey
			return nil
		}
		sig = sign(raw[1:n], msg)
		return nil
	})
	return sig, errors.Join(used, err)
}

// afterPlus is what follows the n-th plus sign. The base64 at the end of a key may have some
// of its own.
func afterPlus(key []byte, n int) []byte {
	for range n {
		_, key, _ = bytes.Cut(key, []byte("+"))
	}
	return key
}

// expanded is a key as it signs: the scalar, the prefix of what makes nonces, and the public
// key (RFC 8032, 5.1.5).
type expanded struct {
	scalar *edwards25519.Scalar
	digest []byte
	public []byte
}

func (e *expanded) wipe() {
	sealed.Wipe(e.scalar)
	clear(e.digest)
}

func expandKey(seed []byte) *expanded {
	e := &expanded{digest: hash512(seed)}
	e.scalar, _ = edwards25519.NewScalar().SetBytesWithClamping(e.digest[:seedSize]) // the length is right
	e.public = new(edwards25519.Point).ScalarBaseMult(e.scalar).Bytes()
	return e
}

// sign signs a message (RFC 8032, 5.1.6).
func sign(seed, msg []byte) []byte {
	key := expandKey(seed)
	defer key.wipe()
	nonce := scalarOf(key.digest[seedSize:], msg)
	defer sealed.Wipe(nonce)
	point := new(edwards25519.Point).ScalarBaseMult(nonce).Bytes()
	proof := scalarOf(point, key.public, msg)
	proof.MultiplyAdd(proof, key.scalar, nonce)
	return append(point, proof.Bytes()...)
}

// scalarOf is the scalar of the hash of the parts.
func scalarOf(parts ...[]byte) *edwards25519.Scalar {
	digest := hash512(parts...)
	defer clear(digest)
	s, _ := edwards25519.NewScalar().SetUniformBytes(digest) // the length is right
	return s
}

// hash512 leaves nothing of the parts on the heap.
func hash512(parts ...[]byte) []byte {
	h := sha512.New()
	defer sealed.Wipe(h)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}
