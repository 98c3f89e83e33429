package regfile

import (
	"bytes"
	"crypto/sha256"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/pki/der"
)

// MaxLen is the most bytes that a file may have.
const MaxLen = 64 << 10

// MaxIterations is the most iterations that all derivations of a file together may ask
// for. Java and Bouncy Castle stop at as many for each.
const MaxIterations = 5_000_000

// ErrIntegrity says that a file does not open with a password. It does not say which of the
// two is wrong, for that cannot be known.
var ErrIntegrity = habeas.Invalid("file", "The password is wrong, or the file is damaged.").WithCode("regfile.integrity")

var (
	errMethod = habeas.Invalid("file",
		"The file is protected with {method}. AES-256 with PBKDF2 and SHA-256 is expected: save it again in that way.").WithCode("regfile.method")
	errLengths = habeas.Invalid("file",
		"The file has open lengths (BER), as NSS and Firefox write them. Save it again with OpenSSL or Java.").WithCode("regfile.lengths")
	errContent = habeas.Invalid("file",
		"One private key on P-256 and its certificates up to the root are expected in the file, and nothing else.").WithCode("regfile.content")
	errTooLarge = &habeas.Error{
		Kind: habeas.KindTooLarge, Code: "regfile.size", Field: "file",
		Message: "A registration file has at most 64 KiB.",
	}
)

// methods are those that other programs use or have used, by their identifiers.
var methods = map[string]string{
	string(der.OID(1, 3, 14, 3, 2, 26)):              "SHA-1",
	string(der.OID(2, 16, 840, 1, 101, 3, 4, 2, 2)):  "SHA-384",
	string(der.OID(2, 16, 840, 1, 101, 3, 4, 2, 3)):  "SHA-512",
	string(der.OID(1, 2, 840, 113549, 1, 5, 14)):     "PBMAC1",
	string(der.OID(1, 2, 840, 113549, 1, 12, 1, 1)):  "RC4 (128 bit)",
	string(der.OID(1, 2, 840, 113549, 1, 12, 1, 2)):  "RC4 (40 bit)",
	string(der.OID(1, 2, 840, 113549, 1, 12, 1, 3)):  "Triple DES",
	string(der.OID(1, 2, 840, 113549, 1, 12, 1, 4)):  "Triple DES with two keys",
	string(der.OID(1, 2, 840, 113549, 1, 12, 1, 5)):  "RC2 (128 bit)",
	string(der.OID(1, 2, 840, 113549, 1, 12, 1, 6)):  "RC2 (40 bit)",
	string(der.OID(1, 2, 840, 113549, 3, 7)):         "Triple DES",
	string(der.OID(2, 16, 840, 1, 101, 3, 4, 1, 2)):  "AES-128",
	string(der.OID(2, 16, 840, 1, 101, 3, 4, 1, 22)): "AES-192",
	string(der.OID(1, 2, 840, 113549, 2, 7)):         "PBKDF2 with SHA-1",
	string(der.OID(1, 2, 840, 113549, 2, 10)):        "PBKDF2 with SHA-384",
	string(der.OID(1, 2, 840, 113549, 2, 11)):        "PBKDF2 with SHA-512",
	string(der.OID(1, 3, 6, 1, 4, 1, 11591, 4, 11)):  "scrypt",
}

// otherMethod is the error about a method that is not ours.
func otherMethod(oid []byte) error {
	name := methods[string(oid)]
	if name == "" {
		name = "an unknown method"
	}
	return errMethod.With("method", name)
}

// envelope is a file before its integrity is proved.
type envelope struct {
	content    []byte // AuthenticatedSafe, which the HMAC covers
	salt, mac  []byte
	iterations int
}

// parse reads the outside of a file. Its error is ErrIntegrity, but for files whose outside
// shows that another program has protected them in another way.
func parse(file []byte) (e envelope, err error) {
	if len(file) > MaxLen {
		return e, errTooLarge
	}
	if bytes.HasPrefix(file, []byte{0x30, 0x80}) && bytes.HasSuffix(file, []byte{0, 0}) {
		return e, errLengths
	}
	var pfx, safe, mac cryptobyte.String
	var version int
	in := cryptobyte.String(file)
	if !in.ReadASN1(&pfx, asn1.SEQUENCE) || !in.Empty() ||
		!pfx.ReadASN1Integer(&version) || version != 3 ||
		!pfx.ReadASN1(&safe, asn1.SEQUENCE) ||
		!pfx.ReadASN1(&mac, asn1.SEQUENCE) || !pfx.Empty() {
		return e, ErrIntegrity
	}
	content, ok := explicit(&safe, oidData)
	if !ok || !content.ReadASN1Bytes(&e.content, asn1.OCTET_STRING) || !content.Empty() {
		return e, ErrIntegrity
	}
	return e, e.parseMAC(mac)
}

// parseMAC reads MacData.
func (e *envelope) parseMAC(mac cryptobyte.String) error {
	var info, algorithm, oid cryptobyte.String
	if !mac.ReadASN1(&info, asn1.SEQUENCE) || !info.ReadASN1(&algorithm, asn1.SEQUENCE) ||
		!algorithm.ReadASN1Element(&oid, asn1.OBJECT_IDENTIFIER) ||
		!info.ReadASN1Bytes(&e.mac, asn1.OCTET_STRING) || !info.Empty() ||
		!mac.ReadASN1Bytes(&e.salt, asn1.OCTET_STRING) || len(e.salt) == 0 {
		return ErrIntegrity
	}
	e.iterations = 1 // the default
	if !mac.Empty() && !mac.ReadASN1Integer(&e.iterations) || !mac.Empty() || e.iterations < 1 || e.iterations > MaxIterations {
		return ErrIntegrity
	}
	switch { // a flipped byte makes no other of these: their lengths differ
	case bytes.Equal(oid, oidSHA256) && len(e.mac) == sha256.Size && noParameters(algorithm):
		return nil
	case macLength[methods[string(oid)]] == len(e.mac):
		return otherMethod(oid)
	}
	return ErrIntegrity
}

// macLength is how long the HMAC of other methods is; any, as 0 is none, for the rest.
var macLength = map[string]int{"SHA-1": 20, "SHA-384": 48, "SHA-512": 64, "PBMAC1": 32}

// noParameters reports whether nothing or NULL is left of an algorithm.
func noParameters(s cryptobyte.String) bool { return len(s) == 0 || string(s) == "\x05\x00" }

// explicit reads the type that was expected and enters the [0] EXPLICIT behind it.
func explicit(s *cryptobyte.String, want []byte) (cryptobyte.String, bool) {
	var oid, value cryptobyte.String
	ok := s.ReadASN1Element(&oid, asn1.OBJECT_IDENTIFIER) && bytes.Equal(oid, want) &&
		s.ReadASN1(&value, asn1.Tag(0).ContextSpecific().Constructed())
	return value, ok
}

// part is one ContentInfo of the content: bags, which are encrypted when there is an
// algorithm.
type part struct{ algorithm, data cryptobyte.String }

// parts reads AuthenticatedSafe.
func parts(content []byte) (all []part, ok bool) {
	var infos cryptobyte.String
	in := cryptobyte.String(content)
	if !in.ReadASN1(&infos, asn1.SEQUENCE) || !in.Empty() {
		return nil, false
	}
	for !infos.Empty() {
		var info cryptobyte.String
		if !infos.ReadASN1(&info, asn1.SEQUENCE) || len(all) == MaxCertificates {
			return nil, false
		}
		p, ok := readPart(info)
		if !ok {
			return nil, false
		}
		all = append(all, p)
	}
	return all, true
}

func readPart(info cryptobyte.String) (p part, ok bool) {
	plain := info
	if value, ok := explicit(&plain, oidData); ok {
		return p, plain.Empty() && value.ReadASN1(&p.data, asn1.OCTET_STRING) && value.Empty()
	}
	var version int
	var body, content, oid cryptobyte.String
	value, ok := explicit(&info, oidEncryptedData)
	ok = ok && info.Empty() && value.ReadASN1(&body, asn1.SEQUENCE) && value.Empty() &&
		body.ReadASN1Integer(&version) && version == 0 &&
		body.ReadASN1(&content, asn1.SEQUENCE) && body.Empty() &&
		content.ReadASN1Element(&oid, asn1.OBJECT_IDENTIFIER) && bytes.Equal(oid, oidData) &&
		content.ReadASN1(&p.algorithm, asn1.SEQUENCE) &&
		content.ReadASN1(&p.data, asn1.Tag(0).ContextSpecific()) && content.Empty()
	return p, ok
}

// bag is one SafeBag: a certificate or an encrypted key.
type bag struct {
	key   bool
	value cryptobyte.String
}

// bags reads SafeContents. Bags in bags, unencrypted keys and all other kinds are refused.
func bags(data cryptobyte.String) (all []bag, ok bool) {
	var list cryptobyte.String
	if !data.ReadASN1(&list, asn1.SEQUENCE) || !data.Empty() {
		return nil, false
	}
	for !list.Empty() {
		var one, oid, value, attributes cryptobyte.String
		if !list.ReadASN1(&one, asn1.SEQUENCE) || !one.ReadASN1Element(&oid, asn1.OBJECT_IDENTIFIER) ||
			!one.ReadASN1(&value, asn1.Tag(0).ContextSpecific().Constructed()) ||
			!one.Empty() && !one.ReadASN1(&attributes, asn1.SET) || !one.Empty() || len(all) > MaxCertificates {
			return nil, false
		}
		if !bytes.Equal(oid, oidShroudedKey) && !bytes.Equal(oid, oidCertBag) {
			return nil, false
		}
		all = append(all, bag{bytes.Equal(oid, oidShroudedKey), value})
	}
	return all, true
}

// pbes2 is how a text is encrypted.
type pbes2 struct {
	salt, iv   []byte
	iterations int
}

// parsePBES2 reads the inside of an AlgorithmIdentifier. Its error names a method that is
// another one, or is errContent.
func parsePBES2(algorithm cryptobyte.String) (p pbes2, err error) {
	var parameters, kdf, cipher cryptobyte.String
	if err := method(&algorithm, oidPBES2); err != nil {
		return p, err
	}
	if !algorithm.ReadASN1(&parameters, asn1.SEQUENCE) || !algorithm.Empty() ||
		!parameters.ReadASN1(&kdf, asn1.SEQUENCE) || !parameters.ReadASN1(&cipher, asn1.SEQUENCE) || !parameters.Empty() {
		return p, errContent
	}
	if err := method(&kdf, oidPBKDF2); err != nil {
		return p, err
	}
	if err := p.parseKDF(kdf); err != nil {
		return p, err
	}
	if err := method(&cipher, oidAES256); err != nil {
		return p, err
	}
	if !cipher.ReadASN1Bytes(&p.iv, asn1.OCTET_STRING) || !cipher.Empty() || len(p.iv) != 16 {
		return p, errContent
	}
	return p, nil
}

// parseKDF reads PBKDF2-params (RFC 8018, A.2).
func (p *pbes2) parseKDF(kdf cryptobyte.String) error {
	var parameters, prf cryptobyte.String
	length := keyLen
	if !kdf.ReadASN1(&parameters, asn1.SEQUENCE) || !kdf.Empty() ||
		!parameters.ReadASN1Bytes(&p.salt, asn1.OCTET_STRING) || !parameters.ReadASN1Integer(&p.iterations) ||
		parameters.PeekASN1Tag(asn1.INTEGER) && !parameters.ReadASN1Integer(&length) ||
		p.iterations < 1 || p.iterations > MaxIterations || length != keyLen {
		return errContent
	}
	if parameters.Empty() { // the default
		return errMethod.With("method", "PBKDF2 with SHA-1")
	}
	if !parameters.ReadASN1(&prf, asn1.SEQUENCE) || !parameters.Empty() {
		return errContent
	}
	if err := method(&prf, oidHMACSHA256); err != nil {
		return err
	}
	if !noParameters(prf) {
		return errContent
	}
	return nil
}

// method reads the identifier of an algorithm, which must be the wanted one.
func method(s *cryptobyte.String, want []byte) error {
	var oid cryptobyte.String
	if !s.ReadASN1Element(&oid, asn1.OBJECT_IDENTIFIER) {
		return errContent
	}
	if !bytes.Equal(oid, want) {
		return otherMethod(oid)
	}
	return nil
}
