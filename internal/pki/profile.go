package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"math/big"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/pki/dn"
)

const (
	// identityYears is how long a registration and its certificate last (RET-01).
	identityYears = 3
	serverYears   = 1
	responderLife = 14 * 24 * time.Hour // short: nobody asks whether it was revoked
	// backdate lets a node, or a server elsewhere, be this much behind the one that issued.
	backdate = 5 * time.Minute
)

// Serial is a serial number: 128 random bits, so nobody can guess one or count them.
type Serial [16]byte

func newSerial() (s Serial) {
	for s == (Serial{}) { // RFC 5280, 4.1.2.2 wants it positive
		rand.Read(s[:])
	}
	return s
}

// Int is the number as certificates have it.
func (s Serial) Int() *big.Int { return new(big.Int).SetBytes(s[:]) }

// String is the number as 32 hexadecimal digits.
func (s Serial) String() string { return hex.EncodeToString(s[:]) }

// ParseSerial reads what String writes.
func ParseSerial(text string) (s Serial, ok bool) {
	raw, err := hex.DecodeString(text)
	return s, err == nil && copy(s[:], raw) == len(raw) && len(raw) == len(s)
}

// SerialOf reads a number; ok is false for one that no authority here can have given.
func SerialOf(n *big.Int) (s Serial, ok bool) {
	if n == nil || n.Sign() <= 0 || n.BitLen() > 8*len(s) {
		return s, false
	}
	n.FillBytes(s[:])
	return s, true
}

// Issued is a certificate that was just made. DER holds personal data if Authority is
// Identity; the rest does not.
type Issued struct {
	Authority           Kind
	Generation          int // of the authority
	Serial              Serial
	NotBefore, NotAfter time.Time
	DER                 []byte
}

// Expiry is when a registration ends, and with it every identity certificate that is issued
// for it: three years later, to the second. What began on 29 February ends on 1 March.
func Expiry(registered time.Time) time.Time {
	return registered.UTC().Truncate(time.Second).AddDate(identityYears, 0, 0)
}

// IssueIdentity certifies that a key is a person's. The caller has checked both: that the
// name is theirs and that they hold the key. A certificate that is issued again because the
// name or the key has changed (T2) ends when the first one would have: registered is the
// moment of the registration or of its last renewal. Errors: Invalid for name and key,
// ErrLapsed, ErrOutlived.
func (a *Authority) IssueIdentity(who dn.Subject, public crypto.PublicKey, registered, now time.Time) (Issued, error) {
	if a.kind != Identity {
		return Issued{}, errRole
	}
	subject, err := who.DER()
	if err != nil {
		return Issued{}, err
	}
	if registered.After(now) {
		return Issued{}, habeas.Invalid("registered", "Expected a moment that has passed.")
	}
	if !Expiry(registered).After(now) {
		return Issued{}, ErrLapsed
	}
	return a.issue(&x509.Certificate{
		RawSubject:     subject,
		EmailAddresses: []string{who.Email},
		NotBefore:      now.Add(-backdate), NotAfter: Expiry(registered),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, public)
}

// IssueServer certifies the key of a TLS server: ours, or that of a third party that is
// registered (TP-01). host is a lower-case DNS name, without a wildcard. It is valid for a
// year.
func (a *Authority) IssueServer(host string, public crypto.PublicKey, now time.Time) (Issued, error) {
	if a.kind != Server {
		return Issued{}, errRole
	}
	if !isHost(host) {
		return Issued{}, habeas.Invalid("host", "Expected a DNS name in lower case; a domain of other letters in its xn-- form.")
	}
	return a.issue(&x509.Certificate{
		DNSNames:  []string{host}, // and no subject: the name may be longer than a CN
		NotBefore: now.Add(-backdate), NotAfter: now.AddDate(serverYears, 0, 0),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, public)
}

// issueResponder certifies the key that answers OCSP requests in the authority's name. It
// is not on any list (id-pkix-ocsp-nocheck, RFC 6960, 4.2.2.2.1), so it is short-lived.
func (a *Authority) issueResponder(public crypto.PublicKey, now time.Time) (*x509.Certificate, error) {
	subject, err := dn.OfAuthority(a.org.Country, a.org.Name, a.Issuer().commonName()+" OCSP")
	if err != nil {
		return nil, err
	}
	issued, err := a.issue(&x509.Certificate{
		RawSubject: subject,
		NotBefore:  now.Add(-backdate), NotAfter: now.Add(responderLife),
		KeyUsage:        x509.KeyUsageDigitalSignature,
		ExtKeyUsage:     []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning},
		ExtraExtensions: []pkix.Extension{{Id: oidNoCheck, Value: asn1.NullBytes}},
	}, public)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(issued.DER)
}

var oidNoCheck = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}

// issue fills in what all end entities have in common.
func (a *Authority) issue(t *x509.Certificate, public crypto.PublicKey) (Issued, error) {
	if err := checkKey(public); err != nil {
		return Issued{}, err
	}
	t.NotBefore, t.NotAfter = t.NotBefore.UTC().Truncate(time.Second), t.NotAfter.UTC().Truncate(time.Second)
	t.BasicConstraintsValid = true
	t.OCSPServer = []string{a.org.OCSPURL(a.Issuer())}
	if !a.org.Policy.Equal(x509.OID{}) {
		t.Policies = []x509.OID{a.org.Policy}
	}
	der, err := a.sign(t, public)
	if err != nil {
		return Issued{}, err
	}
	serial, _ := SerialOf(t.SerialNumber)
	return Issued{Authority: a.kind, Generation: a.generation, Serial: serial, NotBefore: t.NotBefore, NotAfter: t.NotAfter, DER: der}, nil
}

// subordinate is the profile of the three authorities below the root. Those that are CAs
// are limited to what they issue: the server CA cannot make a person.
func (a *Authority) subordinate(kind Kind, subject []byte, now time.Time) *x509.Certificate {
	usage, isCA := kind.usage()
	t := &x509.Certificate{
		RawSubject: subject,
		NotBefore:  now.Add(-backdate).UTC().Truncate(time.Second),
		NotAfter:   now.AddDate(subordinateYears, 0, 0).UTC().Truncate(time.Second),
		KeyUsage:   usage, BasicConstraintsValid: true, IsCA: isCA, MaxPathLenZero: isCA,
	}
	if isCA {
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning, x509.ExtKeyUsageClientAuth}
		if kind == Server {
			t.ExtKeyUsage[1] = x509.ExtKeyUsageServerAuth
		}
	}
	if !a.org.Policy.Equal(x509.OID{}) {
		t.Policies = []x509.OID{anyPolicy}
	}
	return t
}

// selfSign makes the root's certificate.
func selfSign(org Organisation, key *Key, now time.Time) ([]byte, error) {
	subject, err := org.subject(Root.Nth(1))
	if err != nil {
		return nil, err
	}
	id, err := keyID(key.public)
	if err != nil {
		return nil, err
	}
	usage, _ := Root.usage()
	t := &x509.Certificate{
		SerialNumber: newSerial().Int(), RawSubject: subject, SubjectKeyId: id,
		NotBefore: now.Add(-backdate), NotAfter: now.AddDate(rootYears, 0, 0),
		KeyUsage: usage, BasicConstraintsValid: true, IsCA: true, MaxPathLen: 1,
		SignatureAlgorithm: key.algorithm(),
	}
	return x509.CreateCertificate(nil, t, t, key.public, key)
}

// sign gives a certificate its number and says where its state is told.
func (a *Authority) sign(t *x509.Certificate, public crypto.PublicKey) ([]byte, error) {
	if t.NotAfter.After(a.cert.NotAfter) {
		return nil, ErrOutlived
	}
	id, err := keyID(public)
	if err != nil {
		return nil, err
	}
	serial := newSerial()
	t.SerialNumber, t.SubjectKeyId = serial.Int(), id
	t.CRLDistributionPoints = []string{a.org.CRLURL(a.Issuer(), a.kind.Shard(serial))}
	t.IssuingCertificateURL = []string{a.org.issuerURL(a.Issuer())}
	t.SignatureAlgorithm = a.key.algorithm()
	return x509.CreateCertificate(nil, t, a.cert, public, a.key)
}

// isHost checks a name as RFC 1123 (2.1) and RFC 1035 (2.3.4) have it.
func isHost(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	last := s[strings.LastIndexByte(s, '.')+1:]
	return strings.Trim(last, "0123456789") != "" // else an IPv4 address
}

func isP256(public crypto.PublicKey) bool {
	k, ok := public.(*ecdsa.PublicKey)
	return ok && k.Curve == p256.params
}
