package pki

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha1" // names keys where RFC 6960 says so; it protects nothing
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"

	"github.com/habeas-data/habeas/sealed"
)

// Keys is where secrets are kept: [keyring.Ring] in a server.
//
// [keyring.Ring]: https://pkg.go.dev/github.com/habeas-data/habeas/internal/keyring#Ring
type Keys interface {
	// Secret returns the secret of that name. It is made by generate at the first call
	// ever; if generate fails, nothing is kept and its error is returned.
	Secret(ctx context.Context, name string, generate func() ([]byte, error)) (sealed.Value, error)
}

// Key is a private key of ECDSA on P-256 or P-384 that stays in sealed memory. It implements
// [crypto.Signer] and opens the key for one signature at a time. It prints as nothing but
// its type, and can be used until its key store is closed.
type Key struct {
	public *ecdsa.PublicKey
	curve  *curve
	secret sealed.Value // scalar, then the public point; what follows is not of the key
}

// openKey returns the key of that name; generate makes it if there is none, or says why not.
func openKey(ctx context.Context, keys Keys, name string, c *curve, generate func() ([]byte, error)) (*Key, error) {
	secret, err := keys.Secret(ctx, name, generate)
	if err != nil {
		return nil, err
	}
	return readKey(secret, c)
}

// readKey reads what generate has made.
func readKey(secret sealed.Value, c *curve) (*Key, error) {
	k := &Key{curve: c, secret: secret}
	var point []byte
	err := secret.Use(func(plain []byte) error {
		if len(plain) == c.size+1+2*c.size {
			point = append(point, plain[c.size:]...) //sealcheck:allow escape the public half
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if k.public, err = ecdsa.ParseUncompressedPublicKey(c.params, point); err != nil {
		return nil, errors.New("pki: a private key cannot be read")
	}
	// A damaged half must not be found out by the first certificate that nobody can verify.
	probe := sha256.Sum256([]byte("private and public key belong together"))
	sig, err := k.Sign(nil, probe[:], crypto.SHA256)
	if err != nil || !ecdsa.VerifyASN1(k.public, probe[:], sig) {
		return nil, errors.New("pki: a private key does not belong to its public key")
	}
	return k, nil
}

// Public implements crypto.Signer; it is an *ecdsa.PublicKey.
func (k *Key) Public() crypto.PublicKey { return k.public }

// Sign implements crypto.Signer: an ECDSA-Sig-Value in DER (RFC 3279, 2.2.3) of a digest.
// It uses randomness of its own. Errors: a digest that is not as long as opts says, and
// those of a closed key store.
func (k *Key) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) (sig []byte, err error) {
	if h := opts.HashFunc(); h == 0 || len(digest) != h.Size() {
		return nil, errors.New("pki: the digest is not as long as its hash")
	}
	used := k.secret.Use(func(plain []byte) error {
		sig, err = k.curve.sign(plain[:k.curve.size], digest)
		return nil
	})
	return sig, errors.Join(used, err)
}

// algorithm is what the key signs certificates, lists and answers with.
func (k *Key) algorithm() x509.SignatureAlgorithm {
	if k.curve == p384 {
		return x509.ECDSAWithSHA384
	}
	return x509.ECDSAWithSHA256
}

// Format implements fmt.Formatter: no verb prints anything of a key.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "pki.Key") }

// checkKey refuses public keys that are weak, or that the browsers and stores named in
// FILE-06 cannot use for TLS: Ed25519 is among those.
func checkKey(public crypto.PublicKey) error {
	switch k := public.(type) {
	case *ecdsa.PublicKey:
		if k.Curve != p256.params && k.Curve != p384.params {
			return errKey
		}
		if _, err := k.Bytes(); err != nil { // not on the curve
			return errKey
		}
	case *rsa.PublicKey:
		if n := k.N.BitLen(); n < 2048 || n > 4096 || k.E != 65537 || k.N.Bit(0) == 0 {
			return errKey
		}
	default:
		return errKey
	}
	return nil
}

// keyBits is the content of subjectPublicKey: what key identifiers are hashes of.
func keyBits(spki []byte) ([]byte, error) {
	var info struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	if rest, err := asn1.Unmarshal(spki, &info); err != nil || len(rest) > 0 {
		return nil, errKey
	}
	return info.Key.RightAlign(), nil
}

// keyID is the subject key identifier of a public key: 160 bits of SHA-256 (RFC 7093, 2).
func keyID(public crypto.PublicKey) ([]byte, error) {
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, errKey
	}
	bits, err := keyBits(spki)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(bits)
	return sum[:20], nil
}

// keyHash is the hash by which OCSP names keys.
func keyHash(cert *x509.Certificate, h crypto.Hash) ([]byte, error) {
	bits, err := keyBits(cert.RawSubjectPublicKeyInfo)
	if err != nil {
		return nil, err
	}
	return digest(h, bits), nil
}

// digest knows the two hashes by which OCSP names issuers.
func digest(h crypto.Hash, b []byte) []byte {
	if h == crypto.SHA1 {
		sum := sha1.Sum(b)
		return sum[:]
	}
	sum := sha256.Sum256(b)
	return sum[:]
}
