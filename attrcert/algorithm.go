package attrcert

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
)

// algorithm is a way of signing. Its identifier is compared as a whole: parameters that
// are missing, added or different make it another one.
type algorithm struct {
	id     x509.SignatureAlgorithm
	key    x509.PublicKeyAlgorithm
	hash   crypto.Hash // 0 for Ed25519, which signs the message itself
	pss    bool
	encode []byte // AlgorithmIdentifier, in DER
}

// The identifiers are those of RFC 5758 (ECDSA), RFC 8410 (Ed25519) and RFC 4055 (RSA,
// whose PSS form names the hash three times: its own, that of MGF1, and by its length).
var algorithms = []algorithm{
	{x509.ECDSAWithSHA256, x509.ECDSA, crypto.SHA256, false, []byte("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02")},
	{x509.ECDSAWithSHA384, x509.ECDSA, crypto.SHA384, false, []byte("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03")},
	{x509.ECDSAWithSHA512, x509.ECDSA, crypto.SHA512, false, []byte("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04")},
	{x509.PureEd25519, x509.Ed25519, 0, false, []byte("\x30\x05\x06\x03\x2b\x65\x70")},
	{x509.SHA256WithRSA, x509.RSA, crypto.SHA256, false, []byte("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00")},
	{x509.SHA384WithRSA, x509.RSA, crypto.SHA384, false, []byte("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c\x05\x00")},
	{x509.SHA512WithRSA, x509.RSA, crypto.SHA512, false, []byte("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d\x05\x00")},
	{x509.SHA256WithRSAPSS, x509.RSA, crypto.SHA256, true, pss('\x01', '\x20')},
	{x509.SHA384WithRSAPSS, x509.RSA, crypto.SHA384, true, pss('\x02', '\x30')},
	{x509.SHA512WithRSAPSS, x509.RSA, crypto.SHA512, true, pss('\x03', '\x40')},
}

// pss is the identifier of RSASSA-PSS with the SHA-2 of that number and length.
func pss(sha, length byte) []byte {
	hash := "\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" + string([]byte{sha}) + "\x05\x00"
	return []byte("\x30\x41\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34" +
		"\xa0\x0f" + hash +
		"\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08" + hash +
		"\xa2\x03\x02\x01" + string([]byte{length}))
}

// algorithmOf finds the algorithm of an identifier.
func algorithmOf(der []byte) *algorithm {
	for i := range algorithms {
		if bytes.Equal(algorithms[i].encode, der) {
			return &algorithms[i]
		}
	}
	return nil
}

func algorithmByID(id x509.SignatureAlgorithm) *algorithm {
	for i := range algorithms {
		if algorithms[i].id == id {
			return &algorithms[i]
		}
	}
	return nil
}

// algorithmFor finds the algorithm to sign with: the one asked for, or for zero the one
// that fits the key.
func algorithmFor(id x509.SignatureAlgorithm, key crypto.PublicKey) (*algorithm, error) {
	var kind x509.PublicKeyAlgorithm
	usual := x509.ECDSAWithSHA256
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		kind = x509.ECDSA
		switch key.Curve {
		case elliptic.P384():
			usual = x509.ECDSAWithSHA384
		case elliptic.P521():
			usual = x509.ECDSAWithSHA512
		}
	case ed25519.PublicKey:
		kind, usual = x509.Ed25519, x509.PureEd25519
	case *rsa.PublicKey:
		kind, usual = x509.RSA, x509.SHA256WithRSA
	}
	if id == x509.UnknownSignatureAlgorithm {
		id = usual
	}
	if a := algorithmByID(id); a != nil && a.key == kind {
		return a, nil
	}
	return nil, bad("signature", "an algorithm of the issuer's key: ECDSA, Ed25519 or RSA with SHA-2")
}

// sign signs a message with a key of which key.Public is known to fit.
func (a *algorithm) sign(key crypto.Signer, message []byte) ([]byte, error) {
	var opts crypto.SignerOpts = a.hash
	if a.pss {
		opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: a.hash}
	}
	return crypto.SignMessage(key, rand.Reader, message, opts)
}

// checkSignature verifies a signature of one of the algorithms above.
func checkSignature(issuer *x509.Certificate, id x509.SignatureAlgorithm, message, signature []byte) error {
	if algorithmByID(id) == nil {
		return errors.New("the algorithm is not supported")
	}
	return issuer.CheckSignature(id, message, signature)
}
