package pki

import (
	"bytes"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha512"
	"errors"
	"math/big"

	"filippo.io/bigmod"
	"filippo.io/nistec"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/habeas-data/habeas/sealed"
)

var errSigning = errors.New("pki: the key does not sign")

// curve signs with ECDSA (FIPS 186-5, 6.4). Package crypto/ecdsa keeps every key that it
// signs with in a cache of its own on the heap, where nothing can wipe it; here what is
// secret is wiped before sign returns. The arithmetic is that of filippo.io/nistec and
// filippo.io/bigmod, the published form of what the standard library uses.
type curve struct {
	params elliptic.Curve
	order  *bigmod.Modulus
	size   int // octets of a scalar and of a coordinate
	// base multiplies the generator and returns the point uncompressed (SEC 1, 2.3.3).
	base func(scalar []byte) ([]byte, error)
}

var (
	p256 = newCurve(elliptic.P256(), func(k []byte) ([]byte, error) {
		p, err := nistec.NewP256Point().ScalarBaseMult(k)
		if err != nil {
			return nil, err
		}
		return p.Bytes(), nil
	})
	p384 = newCurve(elliptic.P384(), func(k []byte) ([]byte, error) {
		p, err := nistec.NewP384Point().ScalarBaseMult(k)
		if err != nil {
			return nil, err
		}
		return p.Bytes(), nil
	})
)

func newCurve(params elliptic.Curve, base func([]byte) ([]byte, error)) *curve {
	n := params.Params().N.Bytes()
	order, err := bigmod.NewModulus(n)
	if err != nil {
		panic("pki: order of a curve: " + err.Error()) // a constant of the program
	}
	return &curve{params: params, order: order, size: len(n), base: base}
}

// random draws a number in [1, n-1], evenly: what is not below n is drawn anew (FIPS 186-5,
// A.4.2). fill fills a buffer. The caller wipes the number.
func (c *curve) random(fill func([]byte)) *bigmod.Nat {
	b := make([]byte, c.size)
	defer clear(b)
	for {
		fill(b)
		k := bigmod.NewNat()
		if _, err := k.SetBytes(b, c.order); err == nil && k.IsZero() == 0 {
			return k
		}
		sealed.Wipe(k)
	}
}

func fillRandom(b []byte) { rand.Read(b) } // never fails: crypto/rand aborts the program instead

// generate makes a private scalar with its public point, one after the other. The caller
// clears it.
func (c *curve) generate() ([]byte, error) {
	d := c.random(fillRandom)
	defer sealed.Wipe(d)
	scalar := d.Bytes(c.order)
	defer clear(scalar)
	public, err := c.base(scalar)
	if err != nil {
		return nil, err
	}
	return bytes.Join([][]byte{scalar, public}, nil), nil
}

// sign signs a digest with the private scalar d. The nonce is a hash of the key, of fresh
// randomness and of the digest: it is random, and if the randomness ever repeated itself
// (a virtual machine set back), two digests would still have two nonces.
func (c *curve) sign(d, digest []byte) ([]byte, error) {
	var tries byte
	k := c.random(func(b []byte) {
		tries++
		fresh := make([]byte, sha512.Size)
		rand.Read(fresh)
		h := sha512.New()
		defer sealed.Wipe(h)
		h.Write(d)
		h.Write(fresh)
		h.Write([]byte{tries})
		h.Write(digest)
		sum := h.Sum(make([]byte, 0, sha512.Size))
		copy(b, sum)
		clear(sum)
	})
	defer sealed.Wipe(k)
	nonce := k.Bytes(c.order)
	defer clear(nonce)
	point, err := c.base(nonce)
	if err != nil {
		return nil, err
	}
	r, err := bigmod.NewNat().SetOverflowingBytes(point[1:1+c.size], c.order)
	if err != nil {
		return nil, err
	}
	e, err := bigmod.NewNat().SetOverflowingBytes(digest[:min(len(digest), c.size)], c.order)
	if err != nil {
		return nil, err
	}
	s, err := bigmod.NewNat().SetBytes(d, c.order)
	if err != nil {
		return nil, errSigning
	}
	defer sealed.Wipe(s)
	s.Mul(r, c.order)
	s.Add(e, c.order)
	// s = (e + r·d) / k, computed as b·(e + r·d) / (b·k): the inverse is of a random number
	// that says nothing of k, so neither its time nor what it leaves behind matters.
	b := c.random(fillRandom)
	defer sealed.Wipe(b)
	s.Mul(b, c.order)
	k.Mul(b, c.order)
	inverse, ok := bigmod.NewNat().InverseVarTime(k, c.order)
	if !ok {
		return nil, errSigning
	}
	s.Mul(inverse, c.order)
	if r.IsZero() == 1 || s.IsZero() == 1 { // as likely as guessing the key
		return nil, errSigning
	}
	return encodeSignature(r.Bytes(c.order), s.Bytes(c.order))
}

// encodeSignature makes an ECDSA-Sig-Value (RFC 3279, 2.2.3).
func encodeSignature(r, s []byte) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1BigInt(new(big.Int).SetBytes(r))
		b.AddASN1BigInt(new(big.Int).SetBytes(s))
	})
	return b.Bytes()
}
