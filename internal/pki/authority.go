package pki

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/pki/dn"
)

// Kind is what an authority is for.
type Kind string

// The authorities.
const (
	Root      Kind = "root"      // signs the three others
	Identity  Kind = "identity"  // identity certificates of people
	Server    Kind = "server"    // certificates of TLS servers, ours and those of third parties
	Attribute Kind = "attribute" // attribute certificates; no CA (RFC 5755, 4.5)
)

// commonNames are the CNs of authorities, without the number of the generation.
var commonNames = map[Kind]string{
	Root: "Root CA", Identity: "Identity CA", Server: "Server CA", Attribute: "Attribute Authority",
}

// How long certificates of authorities are valid, in years.
const (
	rootYears        = 20
	subordinateYears = 10
)

// Organisation is who runs the authorities.
type Organisation struct {
	Name    string // (O) of the authorities, at most 64 characters
	Country string // ISO 3166-1 alpha-2 (C)
	// URL is below which lists, answers and certificates of the authorities are served:
	// plain http (RFC 5280, 8), no slash at its end. It is written into each certificate,
	// so it must not change while any of them is valid.
	URL string
	// Policy is the organisation's certificate policy; the zero value: none is named.
	Policy x509.OID
}

// Check says which part of it is wrong: organisation, country or url.
func (o Organisation) Check() error {
	if _, err := o.subject(Root.Nth(1)); err != nil {
		return err
	}
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
		strings.HasSuffix(o.URL, "/") || u.String() != o.URL {
		return habeas.Invalid("url", "Expected an address that begins with http:// and does not end with a slash.")
	}
	return nil
}

// subject is the name of one of the organisation's authorities.
func (o Organisation) subject(i Issuer) ([]byte, error) {
	return dn.OfAuthority(o.Country, o.Name, i.commonName())
}

// CRLURL is where the shard of an authority's CRL is served.
func (o Organisation) CRLURL(i Issuer, shard int) string {
	return fmt.Sprintf("%s/crl/%s-%02x.crl", o.URL, i, shard)
}

// OCSPURL is where an authority's certificates are asked about.
func (o Organisation) OCSPURL(i Issuer) string { return o.URL + "/ocsp/" + i.String() }

// subordinate is the authority below the root with that name; ok is false if there is none.
func (o Organisation) subordinate(name []byte) (i Issuer, ok bool) {
	for kind := range commonNames {
		for n := 1; n <= maxGenerations && kind != Root; n++ {
			if subject, err := o.subject(kind.Nth(n)); err == nil && bytes.Equal(subject, name) {
				return kind.Nth(n), true
			}
		}
	}
	return i, false
}

// issuerURL is where an authority's own certificate is served.
func (o Organisation) issuerURL(i Issuer) string { return o.URL + "/ca/" + i.String() + ".cer" }

// Authority is one generation of one of the authorities, able to sign.
type Authority struct {
	kind       Kind
	generation int // of the root: of its certificate, for its key is always the first
	org        Organisation
	key        *Key
	cert       *x509.Certificate
	chain      []*x509.Certificate // cert first, root last
}

// Kind returns which one it is.
func (a *Authority) Kind() Kind { return a.kind }

// Issuer returns by which name its lists and answers are published.
func (a *Authority) Issuer() Issuer {
	if a.kind == Root {
		return Root.Nth(1)
	}
	return Issuer{a.kind, a.generation}
}

// Organisation returns who runs it.
func (a *Authority) Organisation() Organisation { return a.org }

// Certificate returns the authority's own certificate. It must not be changed.
func (a *Authority) Certificate() *x509.Certificate { return a.cert }

// Chain returns its certificate and those above it, the root last.
func (a *Authority) Chain() []*x509.Certificate { return append([]*x509.Certificate(nil), a.chain...) }

// Signer signs in the authority's name what is none of this package's: attribute
// certificates.
func (a *Authority) Signer() crypto.Signer { return a.key }

func (k Kind) curve() *curve {
	if k == Root {
		return p384
	}
	return p256
}

// MakeRoot makes the root of all others in this key store, or opens the one that is there. Its
// key stays the same for good. When it can sign no authority for ten years any more, it gets
// another certificate for it, of the same name: what was signed before verifies with both.
func MakeRoot(ctx context.Context, keys Keys, org Organisation, now time.Time) (*Authority, error) {
	if err := org.Check(); err != nil {
		return nil, err
	}
	key, err := openKey(ctx, keys, Root.Nth(1).keySecret(), p384, p384.generate)
	if err != nil {
		return nil, err
	}
	n, err := Generations(ctx, keys, Root)
	if err != nil {
		return nil, err
	}
	sign := func() ([]byte, error) { return selfSign(org, key, now) }
	root, err := open(ctx, keys, Root.Nth(max(n, 1)), org, key, sign)
	if err == nil && root.HeirDue(now, Lead) {
		return open(ctx, keys, Root.Nth(root.generation+1), org, key, sign)
	}
	return root, err
}

// Open opens a generation of an authority that is there, else returns ErrNoAuthority, or
// ErrRetired if its key was destroyed. It checks that key and certificate belong together and
// that the chain holds. The root is opened with its newest certificate, whatever the number.
func Open(ctx context.Context, keys Keys, i Issuer, org Organisation) (*Authority, error) {
	if err := org.Check(); err != nil {
		return nil, err
	}
	key := i
	if i.Kind == Root {
		n, err := Generations(ctx, keys, Root)
		if err != nil {
			return nil, err
		}
		key, i = Root.Nth(1), Root.Nth(max(n, 1))
	}
	// The certificate first: a key that nobody asked for is not made.
	if _, err := keys.Secret(ctx, i.certificateSecret(), missing); err != nil {
		return nil, err
	}
	private, err := openKey(ctx, keys, key.keySecret(), i.Kind.curve(), func() ([]byte, error) { return nil, ErrRetired })
	if err != nil {
		return nil, err
	}
	return open(ctx, keys, i, org, private, missing)
}

func missing() ([]byte, error) { return nil, ErrNoAuthority }

// open reads the certificates of an authority; generate makes them if there are none.
func open(ctx context.Context, keys Keys, i Issuer, org Organisation, key *Key, generate func() ([]byte, error)) (*Authority, error) {
	secret, err := keys.Secret(ctx, i.certificateSecret(), generate)
	if err != nil {
		return nil, err
	}
	var der []byte
	if err := secret.Use(func(plain []byte) error {
		der = bytes.Clone(plain) //sealcheck:allow escape certificates are public
		return nil
	}); err != nil {
		return nil, err
	}
	chain, err := x509.ParseCertificates(der)
	if err != nil {
		return nil, errors.New("pki: the certificate of an authority cannot be read")
	}
	if err := checkChain(i, org, key, chain); err != nil {
		return nil, err
	}
	return &Authority{kind: i.Kind, generation: i.Generation, org: org, key: key, cert: chain[0], chain: chain}, nil
}

// checkChain refuses certificates that are not those of an authority of ours with this key:
// the only ones that are ever trusted here.
func checkChain(i Issuer, org Organisation, key *Key, chain []*x509.Certificate) error {
	kind, want := i.Kind, 2
	if kind == Root {
		i, want = Root.Nth(1), 1
	}
	if len(chain) != want {
		return errChain
	}
	cert, root := chain[0], chain[len(chain)-1]
	subject, err := org.subject(i)
	if err != nil {
		return err
	}
	if !key.public.Equal(cert.PublicKey) || !bytes.Equal(cert.RawSubject, subject) {
		return errChain
	}
	if !root.BasicConstraintsValid || !root.IsCA || root.CheckSignatureFrom(root) != nil {
		return errChain
	}
	if kind == Root {
		return nil
	}
	usage, isCA := kind.usage()
	if !bytes.Equal(cert.RawIssuer, root.RawSubject) || cert.CheckSignatureFrom(root) != nil ||
		cert.IsCA != isCA || cert.KeyUsage != usage || cert.NotAfter.After(root.NotAfter) || len(cert.SubjectKeyId) == 0 {
		return errChain
	}
	return nil
}

// usage is what the key of an authority is for.
func (k Kind) usage() (usage x509.KeyUsage, isCA bool) {
	if k == Attribute {
		return x509.KeyUsageDigitalSignature | x509.KeyUsageCRLSign, false
	}
	return x509.KeyUsageCertSign | x509.KeyUsageCRLSign, true
}

// Request makes the key of a generation of a subordinate, if there is none, and returns a
// certificate request (PKCS#10, DER) for the root to sign, which may be on another machine.
func Request(ctx context.Context, keys Keys, i Issuer, org Organisation) ([]byte, error) {
	if err := org.Check(); err != nil {
		return nil, err
	}
	if _, ok := commonNames[i.Kind]; !ok || i.Kind == Root {
		return nil, habeas.Invalid("kind", "Expected identity, server or attribute.")
	}
	if i.Generation < 1 || i.Generation > maxGenerations {
		return nil, errGeneration
	}
	key, err := openKey(ctx, keys, i.keySecret(), p256, p256.generate)
	if err != nil {
		return nil, err
	}
	subject, err := org.subject(i)
	if err != nil {
		return nil, err
	}
	return x509.CreateCertificateRequest(nil, &x509.CertificateRequest{
		RawSubject: subject, SignatureAlgorithm: key.algorithm(),
	}, key)
}

// SignSubordinate is the root's part of the ceremony: it signs what Request made in the key
// store of the same organisation, maybe elsewhere, and returns the certificate with the
// root's. What it is for follows from the name in the request. The root needs the
// organisation's URL and policy only for this.
func (a *Authority) SignSubordinate(request []byte, now time.Time) (i Issuer, chain [][]byte, err error) {
	if a.kind != Root {
		return i, nil, errRole
	}
	wrong := habeas.Invalid("request", "This is not a request for one of this organisation's authorities.").WithCode("pki.request")
	csr, err := x509.ParseCertificateRequest(request)
	if err != nil || csr.CheckSignature() != nil {
		return i, nil, wrong
	}
	i, ok := a.org.subordinate(csr.RawSubject)
	if !ok || !isP256(csr.PublicKey) {
		return i, nil, wrong
	}
	der, err := a.sign(a.subordinate(i.Kind, csr.RawSubject, now), csr.PublicKey)
	if err != nil {
		return i, nil, err
	}
	return i, [][]byte{der, a.cert.Raw}, nil
}

// Install is the last step of the ceremony: it brings in what SignSubordinate returned, the
// answer to a request that was made in this key store. Bringing in the same again does no
// harm; another is ErrInstalled.
func Install(ctx context.Context, keys Keys, org Organisation, chain [][]byte) (*Authority, error) {
	if err := org.Check(); err != nil {
		return nil, err
	}
	der := bytes.Join(chain, nil)
	parsed, err := x509.ParseCertificates(der)
	if err != nil || len(parsed) == 0 {
		return nil, errChain
	}
	i, ok := org.subordinate(parsed[0].RawSubject)
	if !ok {
		return nil, errChain
	}
	key, err := openKey(ctx, keys, i.keySecret(), p256, func() ([]byte, error) { return nil, errChain }) // it was requested elsewhere
	if err != nil {
		return nil, err
	}
	if err := checkChain(i, org, key, parsed); err != nil {
		return nil, err
	}
	a, err := open(ctx, keys, i, org, key, func() ([]byte, error) { return bytes.Clone(der), nil })
	if err != nil {
		return nil, err
	}
	if !a.cert.Equal(parsed[0]) {
		return nil, ErrInstalled
	}
	return a, nil
}

// Subordinate opens a generation of an authority below this root, or makes it: the whole
// ceremony on one machine.
func (a *Authority) Subordinate(ctx context.Context, keys Keys, i Issuer, now time.Time) (*Authority, error) {
	there, err := Open(ctx, keys, i, a.org)
	if !errors.Is(err, ErrNoAuthority) {
		return there, err
	}
	request, err := Request(ctx, keys, i, a.org)
	if err != nil {
		return nil, err
	}
	_, chain, err := a.SignSubordinate(request, now)
	if err != nil {
		return nil, err
	}
	made, err := Install(ctx, keys, a.org, chain)
	if errors.Is(err, ErrInstalled) { // another node was quicker
		return Open(ctx, keys, i, a.org)
	}
	return made, err
}

// anyPolicy lets an authority issue under every policy (RFC 5280, 4.2.1.4).
var anyPolicy, _ = x509.OIDFromInts([]uint64{2, 5, 29, 32, 0})
