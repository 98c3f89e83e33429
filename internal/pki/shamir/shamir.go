// Package shamir shares a secret among n people, so that any k of them together have it and
// fewer learn nothing about it, whatever they can compute: A. Shamir, "How to share a secret",
// CACM 22 (1979). It works byte by byte over GF(2⁸) with the polynomial of AES, x⁸+x⁴+x³+x+1.
// No step depends on a secret: there are no tables and no branches on one. The page's half is
// internal/web/ui/js/keepers-share.js.
//
// A share is its number, from 1 on, and as many bytes as the secret has. It does not tell
// whether it is right: who combines wrong shares gets another secret.
package shamir

import (
	"crypto/rand"
	"errors"
)

var (
	// ErrNumber refuses numbers of shares that make no sense.
	ErrNumber = errors.New("shamir: at least 2 shares are needed, at most all, of at most 255")
	// ErrShares refuses shares that cannot be of one secret: none, of different lengths, two
	// of one number, or of the number 0.
	ErrShares = errors.New("shamir: these are no shares of one secret")
)

// Split shares a secret among count people, of whom need together have it. It is safe for
// concurrent use.
func Split(secret []byte, need, count int) ([][]byte, error) {
	if need < 2 || need > count || count > 255 {
		return nil, ErrNumber
	}
	random := make([]byte, len(secret)*(need-1))
	defer clear(random)
	rand.Read(random) // never fails: crypto/rand aborts the program instead
	shares := make([][]byte, count)
	for i := range shares {
		shares[i] = make([]byte, 1+len(secret))
		shares[i][0] = byte(i + 1)
		for at, b := range secret {
			shares[i][at+1] = value(b, random[at*(need-1):(at+1)*(need-1)], byte(i+1))
		}
	}
	return shares, nil
}

// value is what a polynomial is at x, by Horner's rule: constant + c₀x + c₁x² + …
func value(constant byte, coefficients []byte, x byte) (y byte) {
	for i := len(coefficients) - 1; i >= 0; i-- {
		y = times(y^coefficients[i], x)
	}
	return y ^ constant
}

// Combine puts shares together: as many as are needed, or more.
func Combine(shares [][]byte) ([]byte, error) {
	var known [256]bool
	for _, s := range shares {
		if len(s) == 0 || len(s) != len(shares[0]) || s[0] == 0 || known[s[0]] {
			return nil, ErrShares
		}
		known[s[0]] = true
	}
	if len(shares) == 0 {
		return nil, ErrShares
	}
	secret := make([]byte, len(shares[0])-1)
	for _, s := range shares {
		weight := byte(1) // of Lagrange's interpolation at 0; numbers of shares are no secret
		for _, other := range shares {
			if other[0] != s[0] {
				weight = times(weight, times(other[0], inverse(other[0]^s[0])))
			}
		}
		for at := range secret {
			secret[at] ^= times(weight, s[at+1])
		}
	}
	return secret, nil
}

// times multiplies in GF(2⁸).
func times(a, b byte) (product byte) {
	for range 8 {
		product ^= -(b & 1) & a
		a = a<<1 ^ -(a>>7)&0x1b
		b >>= 1
	}
	return product
}

// inverse is a²⁵⁴, which is 1/a.
func inverse(a byte) byte {
	out := byte(1)
	for bit := 7; bit >= 0; bit-- {
		out = times(out, out)
		if 254>>bit&1 == 1 { // the exponent is no secret
			out = times(out, a)
		}
	}
	return out
}
