package regfile

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/pki/der"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/sealed"
)

// Iterations is how often each of the three derivations of a file repeats its hash.
const Iterations = 600_000

// MaxCertificates is the most certificates of a file: the user's own and the chain.
const MaxCertificates = 8

var (
	errPassword = habeas.Invalid("password", "A password of 1 to 256 bytes without control characters is expected.").WithCode("regfile.password")
	errChain    = habeas.Invalid("chain", "The certificate of the key is expected, and after it each that has signed the one before, up to a root.").WithCode("regfile.chain")
)

// Object identifiers of RFC 7292, 8018, 5754 and PKCS#9.
var (
	oidData          = der.OID(1, 2, 840, 113549, 1, 7, 1)
	oidEncryptedData = der.OID(1, 2, 840, 113549, 1, 7, 6)
	oidShroudedKey   = der.OID(1, 2, 840, 113549, 1, 12, 10, 1, 2)
	oidCertBag       = der.OID(1, 2, 840, 113549, 1, 12, 10, 1, 3)
	oidX509          = der.OID(1, 2, 840, 113549, 1, 9, 22, 1)
	oidFriendlyName  = der.OID(1, 2, 840, 113549, 1, 9, 20)
	oidLocalKeyID    = der.OID(1, 2, 840, 113549, 1, 9, 21)
	oidPBES2         = der.OID(1, 2, 840, 113549, 1, 5, 13)
	oidPBKDF2        = der.OID(1, 2, 840, 113549, 1, 5, 12)
	oidHMACSHA256    = der.OID(1, 2, 840, 113549, 2, 9)
	oidAES256        = der.OID(2, 16, 840, 1, 101, 3, 4, 1, 42)
	oidSHA256        = der.OID(2, 16, 840, 1, 101, 3, 4, 2, 1)
)

// Make writes the registration file of a key. The chain begins with the key's certificate,
// whose subject says the username, and ends with the root. Making it takes about half a
// second. Errors name what was expected: of the chain, of its names (see
// [dn.Parse]) or of the password; sealed.ErrClosed says that the key is gone.
func Make(key Key, chain []*x509.Certificate, password sealed.Value) ([]byte, error) {
	return maker{Iterations}.make(key, chain, password)
}

// maker is Make with another number of iterations, for tests.
type maker struct{ iterations int }

func (m maker) make(key Key, chain []*x509.Certificate, password sealed.Value) (file []byte, err error) {
	if len(chain) == 0 || !complete(chain) || !key.public.Equal(chain[0].PublicKey) {
		return nil, errChain
	}
	who, err := dn.Parse(chain[0].RawSubject)
	if err != nil {
		return nil, err
	}
	id := sha256.Sum256(chain[0].Raw)
	names := der.SetOf(
		der.Sequence(oidFriendlyName, der.SetOf(der.BMP(who.Username))),
		der.Sequence(oidLocalKeyID, der.SetOf(der.Octets(id[:]))),
	)
	err = work(password, func(r *room, h digest) error {
		if !r.hasPassword() {
			return errPassword
		}
		plain, err := key.pkcs8(r) //sealcheck:allow mutate the room is there to be written in
		if err != nil {
			return err
		}
		certs := m.certificates(r, h, chain, names) //sealcheck:allow mutate the room is there to be written in
		shrouded := m.seal(r, h, plain)             //sealcheck:allow mutate the room is there to be written in
		bag := der.Sequence(oidShroudedKey, der.Explicit(0, der.Sequence(shrouded.algorithm, der.Octets(shrouded.text))), names)
		keys := der.Sequence(oidData, der.Explicit(0, der.Octets(der.Sequence(bag))))
		//sealcheck:allow escape all of it is encrypted
		file = m.protect(r, h, der.Sequence(certs, keys)) //sealcheck:allow mutate the room is there to be written in
		return nil
	})
	return file, err
}

// certificates is the encrypted part with the chain.
func (m maker) certificates(r *room, h digest, chain []*x509.Certificate, names []byte) []byte {
	var bags [][]byte
	for i, c := range chain {
		bag := [][]byte{oidCertBag, der.Explicit(0, der.Sequence(oidX509, der.Explicit(0, der.Octets(c.Raw))))}
		if i == 0 {
			bag = append(bag, names)
		}
		bags = append(bags, der.Sequence(bag...))
	}
	e := m.seal(r, h, der.Sequence(bags...))
	content := der.Sequence(oidData, e.algorithm, der.Implicit(0, e.text))
	return der.Sequence(oidEncryptedData, der.Explicit(0, der.Sequence(der.Integer(0), content)))
}

// encrypted is a text and how it was encrypted: AlgorithmIdentifier of PBES2.
type encrypted struct{ algorithm, text []byte }

// seal encrypts under the password with a fresh salt. It may write beyond the end of plain.
func (m maker) seal(r *room, h digest, plain []byte) encrypted {
	var salt, iv [16]byte
	rand.Read(salt[:])
	rand.Read(iv[:])
	r.pbkdf2(h, salt[:], m.iterations)
	plain = pad(plain)
	text := make([]byte, len(plain))
	r.encrypt(text, plain, iv[:])
	derivation := der.Sequence(oidPBKDF2, der.Sequence(
		der.Octets(salt[:]), der.Integer(m.iterations), der.Sequence(oidHMACSHA256, der.Null())))
	return encrypted{der.Sequence(oidPBES2, der.Sequence(derivation, der.Sequence(oidAES256, der.Octets(iv[:])))), text}
}

// protect is the whole file: the content and its HMAC.
func (m maker) protect(r *room, h digest, content []byte) []byte {
	var salt [16]byte
	rand.Read(salt[:])
	r.integrity(h, content, salt[:], m.iterations)
	mac := der.Sequence(
		der.Sequence(der.Sequence(oidSHA256, der.Null()), der.Octets(r.sum[:])),
		der.Octets(salt[:]), der.Integer(m.iterations))
	return der.Sequence(der.Integer(3), der.Sequence(oidData, der.Explicit(0, der.Octets(content))), mac)
}

// complete reports whether each certificate is signed by the next, another one, and the last
// by itself.
// Whether it is still valid, and whom to trust, is for others to say.
func complete(chain []*x509.Certificate) bool {
	if len(chain) < 2 || len(chain) > MaxCertificates {
		return false
	}
	if _, ok := chain[0].PublicKey.(*ecdsa.PublicKey); !ok {
		return false
	}
	for i, c := range chain {
		above := chain[min(i+1, len(chain)-1)]
		if i+1 < len(chain) && c.Equal(above) || !bytes.Equal(c.RawIssuer, above.RawSubject) || c.CheckSignatureFrom(above) != nil {
			return false
		}
	}
	return true
}
