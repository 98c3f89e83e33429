package regfile

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"io"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/habeas-data/habeas/internal/pki/der"
	"github.com/habeas-data/habeas/sealed"
)

const scalarLen = 32

// Key is a private key on P-256 in the sealed memory of a session, and ends with it. It is
// a crypto.Signer, for requests and for TLS. Copies share it. It is safe for concurrent use.
type Key struct {
	scalar sealed.Of[[scalarLen]byte]
	public *ecdsa.PublicKey
}

// NewKey makes a fresh key. Errors are those of [sealed.Session.Seal].
func NewKey(s *sealed.Session) (Key, error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Key{}, err
	}
	defer forget(k)
	b, err := k.Bytes()
	if err != nil {
		return Key{}, err
	}
	defer clear(b)
	scalar := [scalarLen]byte(b)
	sealedScalar, err := sealed.SealOf(s, "private key", &scalar)
	return Key{sealedScalar, &k.PublicKey}, err
}

// Public implements crypto.Signer: a *ecdsa.PublicKey.
func (k Key) Public() crypto.PublicKey { return k.public }

// Sign implements crypto.Signer. On a key whose session has ended it is sealed.ErrClosed.
func (k Key) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) (signature []byte, err error) {
	var said error
	err = k.scalar.Use(func(d *[scalarLen]byte) error {
		private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d[:])
		if err != nil {
			return err
		}
		defer forget(private)
		signature, said = private.Sign(random, digest, opts)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return signature, said
}

// forget clears what can be reached of a key on the heap.
func forget(k *ecdsa.PrivateKey) {
	clear(k.D.Bits()) //nolint:staticcheck // deprecated for arithmetic; there is no other way to its memory
}

// A key on P-256 as PKCS#8 (RFC 5208, 5915) is these bytes, the scalar, those that follow,
// and the public point: everything around the two has one length.
var (
	beforeScalar = mustHex("308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420")
	beforePoint  = mustHex("a144034200")
)

func mustHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic("regfile: " + err.Error())
	}
	return b
}

// pkcs8 puts the key into r.plain and returns it there.
func (k Key) pkcs8(r *room) (plain []byte, err error) {
	point, err := k.public.Bytes()
	if err != nil {
		return nil, err
	}
	err = k.scalar.Use(func(d *[scalarLen]byte) error { r.scalar = *d; return nil }) //sealcheck:allow escape the room is sealed as well
	if err != nil {
		return nil, err
	}
	plain = append(r.plain[:0], beforeScalar...)
	plain = append(plain, r.scalar[:]...)
	plain = append(plain, beforePoint...)
	return append(plain, point...), nil
}

var (
	oidECPublicKey = der.OID(1, 2, 840, 10045, 2, 1)
	oidP256        = der.OID(1, 2, 840, 10045, 3, 1, 7)
)

// scalarOf finds the scalar of a key on P-256 in a PKCS#8 structure, in place. The point
// beside it may be missing or be there, and so may attributes.
func scalarOf(plain []byte) (scalar []byte, ok bool) {
	var info, algorithm, octets, key cryptobyte.String
	var version, inner int
	in := cryptobyte.String(plain)
	ok = in.ReadASN1(&info, asn1.SEQUENCE) && in.Empty() &&
		info.ReadASN1Integer(&version) && version == 0 &&
		info.ReadASN1(&algorithm, asn1.SEQUENCE) && string(algorithm) == string(oidECPublicKey)+string(oidP256) &&
		info.ReadASN1(&octets, asn1.OCTET_STRING) &&
		octets.ReadASN1(&key, asn1.SEQUENCE) && octets.Empty() &&
		key.ReadASN1Integer(&inner) && inner == 1 &&
		key.ReadASN1Bytes(&scalar, asn1.OCTET_STRING) && len(scalar) == scalarLen
	return scalar, ok
}

// keep moves the scalar of a PKCS#8 structure into a session.
func keep(s *sealed.Session, plain []byte) (Key, error) {
	b, ok := scalarOf(plain)
	if !ok {
		return Key{}, errContent
	}
	k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), b)
	if err != nil {
		return Key{}, errContent // zero, or not below the order
	}
	defer forget(k)
	scalar := [scalarLen]byte(b)
	sealedScalar, err := sealed.SealOf(s, "private key", &scalar)
	return Key{sealedScalar, &k.PublicKey}, err
}
