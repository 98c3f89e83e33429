package attrcert

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"sync"
	"testing"
	"time"
)

var (
	begin = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	noon  = begin.AddDate(0, 6, 0) // when things are judged
	end   = begin.AddDate(3, 0, 0)

	// The authorities are valid whenever a test runs.
	ancient = begin.AddDate(-26, 0, 0)
	far     = begin.AddDate(7000, 0, 0)
)

const roleEditor = "urn:example:role:editor"

// world is an identity authority with one person in it, and an attribute authority, both
// below one root.
type world struct {
	root, identities, holder, issuer *x509.Certificate
	rootKey, identitiesKey           crypto.Signer
	holderKey, key                   crypto.Signer
}

func newWorld(t testing.TB) *world { return newWorldWith(t, ecKey(elliptic.P256())) }

// newWorldWith makes a world whose attribute authority has this key.
func newWorldWith(t testing.TB, key crypto.Signer) *world {
	w := &world{
		key:           key,
		rootKey:       ecKey(elliptic.P256()),
		identitiesKey: ecKey(elliptic.P256()),
		holderKey:     ecKey(elliptic.P256()),
	}
	w.root = w.certify(t, authority("Root"), nil, w.rootKey)
	w.identities = w.certify(t, authority("Identities"), w.root, w.identitiesKey)
	w.holder = w.certify(t, person(7), w.identities, w.holderKey)
	w.issuer = w.certify(t, attributeAuthority("Attributes"), w.root, w.key)
	return w
}

func authority(name string) *x509.Certificate {
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, SerialNumber: big.NewInt(1), NotBefore: ancient, NotAfter: far,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
}

func attributeAuthority(name string) *x509.Certificate {
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, SerialNumber: big.NewInt(2), NotBefore: ancient, NotAfter: far,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCRLSign, SubjectKeyId: []byte{1, 2, 3, 4},
	}
}

// person is one and the same person each time, whatever the serial number.
func person(serial int64) *x509.Certificate {
	return &x509.Certificate{
		Subject:      pkix.Name{CommonName: "Clarence Leumane", Country: []string{"LS"}, Organization: []string{"Example"}},
		SerialNumber: big.NewInt(serial), NotBefore: begin, NotAfter: end,
		EmailAddresses: []string{"clarence@example.org"}, KeyUsage: x509.KeyUsageDigitalSignature,
	}
}

// certify signs by root or identities, or by itself where parent is nil.
func (w *world) certify(t testing.TB, template, parent *x509.Certificate, key crypto.Signer) *x509.Certificate {
	t.Helper()
	by := key
	switch parent {
	case nil:
		parent = template
	case w.root:
		by = w.rootKey
	case w.identities:
		by = w.identitiesKey
	}
	der := must(x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by))
	return must(x509.ParseCertificate(der))
}

// options judge as of noon, with the holder's certificate presented.
func (w *world) options() VerifyOptions {
	roots := x509.NewCertPool()
	roots.AddCert(w.root)
	return VerifyOptions{
		HolderChain: []*x509.Certificate{w.holder, w.identities, w.root},
		Issuers:     []*x509.Certificate{w.issuer},
		Roots:       roots,
		CurrentTime: noon,
	}
}

// editor is the usual template: one role, never revoked.
func editor() *AttributeCertificate {
	return &AttributeCertificate{
		SerialNumber: big.NewInt(42),
		Roles:        []Role{{Name: URIName(roleEditor)}},
		NoRevAvail:   true,
	}
}

// everything is a template with every field that Create writes, but for NoRevAvail.
func (w *world) everything() *AttributeCertificate {
	crl := URIName("https://example.org/attributes.crl")
	return &AttributeCertificate{
		SerialNumber: new(big.Int).Lsh(big.NewInt(3), 150),
		Holder: Holder{
			EntityName:   []GeneralName{DirectoryName(w.holder.RawSubject), {Kind: EmailAddress, Value: []byte("clarence@example.org")}},
			ObjectDigest: digestOf(w.holder, DigestedKey),
		},
		NotBefore: begin.AddDate(0, 1, 0), NotAfter: end.AddDate(0, -1, 0),
		Roles: []Role{
			{Name: URIName(roleEditor)},
			{Authority: []GeneralName{DNSName("example.org"), DirectoryName(w.root.RawSubject)}, Name: URIName("urn:a")},
		},
		Group: &IetfAttr{
			PolicyAuthority: []GeneralName{DNSName("example.org")},
			Values:          []IetfValue{{Octets: []byte{}}, {OID: OIDRole}, {Text: "staff é"}, {Text: ""}},
		},
		ChargingIdentity: &IetfAttr{Values: []IetfValue{{Octets: []byte{0, 255}}}},
		AccessIdentities: []AccessIdentity{{Service: DNSName("printer.example.org"), Ident: GeneralName{Kind: IPAddress, Value: []byte{192, 0, 2, 1}}}},
		ExtraAttributes:  []Attribute{{Type: OIDClearance, Values: [][]byte{{0x30, 5, 0x06, 3, 0x2a, 3, 4}}}},

		AuditIdentity:        []byte("audit"),
		Targets:              []Target{{Name: DNSName("records.example.org")}, {Name: URIName("urn:example:staff"), IsGroup: true}},
		OCSPServers:          []string{"http://ocsp.example.org", "http://ocsp.example.com"},
		CRLDistributionPoint: &crl,
		ExtraExtensions:      []pkix.Extension{{Id: []int{1, 3, 6, 1, 4, 1, 99999, 1}, Value: []byte("anything")}},
	}
}

func digestOf(cert *x509.Certificate, object DigestedObject) *ObjectDigest {
	h := crypto.SHA256.New()
	if object == DigestedKey {
		h.Write(cert.RawSubjectPublicKeyInfo)
	} else {
		h.Write(cert.Raw)
	}
	return &ObjectDigest{
		Object: object, Digest: h.Sum(nil),
		RawAlgorithm: []byte("\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"),
	}
}

// create makes a certificate from a template that is good.
func (w *world) create(t testing.TB, template *AttributeCertificate) *AttributeCertificate {
	t.Helper()
	der, err := Create(template, w.holder, w.issuer, w.key)
	if err != nil {
		t.Fatal(err)
	}
	ac, err := Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	return ac
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func ecKey(curve elliptic.Curve) crypto.Signer { return must(ecdsa.GenerateKey(curve, rand.Reader)) }

func edKey() crypto.Signer {
	_, key := must2(ed25519.GenerateKey(rand.Reader))
	return key
}

func must2[A, B any](a A, b B, err error) (A, B) {
	if err != nil {
		panic(err)
	}
	return a, b
}

// rsaKey is made once, as that takes long.
var rsaKey = sync.OnceValue(func() crypto.Signer { return must(rsa.GenerateKey(rand.Reader, 2048)) })

// field is the field that an error complains about, or "".
func field(err error) string {
	var e *FieldError
	if errors.As(err, &e) {
		return e.Field
	}
	return ""
}

// rule is the rule that an error says is broken, or 0.
func rule(err error) Rule {
	var e *VerifyError
	if errors.As(err, &e) {
		return e.Rule
	}
	return 0
}
