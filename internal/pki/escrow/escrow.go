// Package escrow seals private keys of registration files on their way to the server, which
// keeps them for who agreed to that, and back to a browser. It is HPKE (RFC 9180) in base
// mode with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and AES-128-GCM: what browsers can do with
// WebCrypto and Go with crypto/hpke. The page's half is internal/web/ui/js/escrow-hpke.js.
//
// A message is the encapsulated key, a point of 65 bytes, and the ciphertext. What it is for
// is bound to it as associated data, so none can be put in the place of another.
package escrow

import (
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/hpke"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"math/big"

	"github.com/habeas-data/habeas/sealed"
)

// PointSize is how long a public key is in bytes: an uncompressed point of P-256.
const PointSize = 65

// info is the info of HPKE in both directions.
const info = "habeas escrow v1"

var (
	// ErrMessage is the one failure of a message that does not open, whatever is wrong with it.
	ErrMessage = errors.New("escrow: the message does not open")
	// ErrPoint refuses bytes that are no public key of P-256.
	ErrPoint = errors.New("escrow: this is no public key")
)

// Keys holds secrets; *keyring.Ring implements it.
type Keys interface {
	// Secret returns the secret of that name, made by generate at the first call ever.
	Secret(ctx context.Context, name string, generate func() ([]byte, error)) (sealed.Value, error)
}

// secretName is the number of the server's escrow key in the key store.
const secretName = "escrow key 1"

// Key is the server's escrow key. Its private half stays in sealed memory but while a message
// is opened. It can be used until its key store is closed, and prints as nothing.
type Key struct {
	secret sealed.Value
	public []byte
}

// Open returns the escrow key of a key store, which is made at the first call ever.
func Open(ctx context.Context, keys Keys) (*Key, error) {
	secret, err := keys.Secret(ctx, secretName, func() (scalar []byte, err error) {
		sealed.Do(func() {
			k, made := hpke.DHKEM(ecdh.P256()).GenerateKey()
			if err = made; err == nil {
				scalar, err = k.Bytes()
			}
		})
		return scalar, err
	})
	if err != nil {
		return nil, err
	}
	k := &Key{secret: secret}
	err = k.use(func(private hpke.PrivateKey) error {
		k.public = private.PublicKey().Bytes()
		return nil
	})
	return k, err
}

func (k *Key) use(f func(hpke.PrivateKey) error) error {
	return k.secret.Use(func(scalar []byte) error {
		private, err := hpke.DHKEM(ecdh.P256()).NewPrivateKey(scalar)
		if err != nil {
			return errors.New("escrow: the private key cannot be read")
		}
		return f(private)
	})
}

// Public returns the public half: where pages seal to.
func (k *Key) Public() []byte { return k.public }

// Open opens a message that was sealed to the key with this associated data. The caller clears
// what it returns. Errors: ErrMessage and those of a closed key store.
func (k *Key) Open(message, aad []byte) (plain []byte, err error) {
	err = k.use(func(private hpke.PrivateKey) (err error) {
		plain, err = open(private, message, aad)
		return err
	})
	return plain, err
}

func open(private hpke.PrivateKey, message, aad []byte) ([]byte, error) {
	if len(message) < PointSize {
		return nil, ErrMessage
	}
	r, err := hpke.NewRecipient(message[:PointSize], private, hpke.HKDFSHA256(), hpke.AES128GCM(), []byte(info))
	if err != nil {
		return nil, ErrMessage
	}
	plain, err := r.Open(aad, message[PointSize:])
	if err != nil {
		return nil, ErrMessage
	}
	return plain, nil
}

// Seal seals to the public key of a browser. Error: ErrPoint.
func Seal(point, aad, plain []byte) ([]byte, error) {
	if !Point(point) {
		return nil, ErrPoint
	}
	public, err := hpke.DHKEM(ecdh.P256()).NewPublicKey(point)
	if err != nil {
		return nil, ErrPoint
	}
	enc, s, err := hpke.NewSender(public, hpke.HKDFSHA256(), hpke.AES128GCM(), []byte(info))
	if err != nil {
		return nil, err
	}
	ciphertext, err := s.Seal(aad, plain)
	return append(enc, ciphertext...), err
}

// Point reports whether bytes are an uncompressed point of P-256 other than infinity.
func Point(b []byte) bool {
	if len(b) != PointSize {
		return false
	}
	_, err := ecdh.P256().NewPublicKey(b)
	return err == nil
}

// Fits reports whether bytes are the private key, in PKCS#8 and nothing more, of a public key.
func Fits(pkcs8 []byte, public *ecdsa.PublicKey) bool {
	if rest, err := asn1.Unmarshal(pkcs8, &asn1.RawValue{}); err != nil || len(rest) > 0 {
		return false
	}
	parsed, err := x509.ParsePKCS8PrivateKey(pkcs8)
	if err != nil {
		return false
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	return ok && key.PublicKey.Equal(public)
}

// SignatureSize is how long a signature is in bytes: the two numbers, as WebCrypto writes them.
const SignatureSize = 64

// Signed reports whether a text was signed by the private key of a public key of P-256, by ECDSA with
// SHA-256.
func Signed(public *ecdsa.PublicKey, text, signature []byte) bool {
	if len(signature) != SignatureSize || public.Curve.Params().BitSize != 256 {
		return false
	}
	sum := sha256.Sum256(text)
	r, s := new(big.Int).SetBytes(signature[:SignatureSize/2]), new(big.Int).SetBytes(signature[SignatureSize/2:])
	return ecdsa.Verify(public, sum[:], r, s)
}

// Bundle puts parts one after the other, each after its length in two bytes. The page reads them.
// Parts are shorter than 64 KiB.
func Bundle(parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += 2 + len(p)
	}
	out := make([]byte, 0, n) // grown, it would leave copies behind
	for _, p := range parts {
		out = binary.BigEndian.AppendUint16(out, uint16(len(p))) //nolint:gosec // certificates and keys are short
		out = append(out, p...)
	}
	return out
}
