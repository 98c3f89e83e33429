package attrcert

import (
	"bytes"
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"io"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestWhatIsMadeVerifiesForEveryKindOfKey(t *testing.T) {
	for name, c := range map[string]struct {
		key  crypto.Signer
		ask  x509.SignatureAlgorithm
		want x509.SignatureAlgorithm
	}{
		"P-256":            {ecKey(elliptic.P256()), 0, x509.ECDSAWithSHA256},
		"P-384":            {ecKey(elliptic.P384()), 0, x509.ECDSAWithSHA384},
		"P-521":            {ecKey(elliptic.P521()), 0, x509.ECDSAWithSHA512},
		"P-256 by choice":  {ecKey(elliptic.P256()), x509.ECDSAWithSHA512, x509.ECDSAWithSHA512},
		"Ed25519":          {edKey(), 0, x509.PureEd25519},
		"RSA":              {rsaKey(), 0, x509.SHA256WithRSA},
		"RSA with SHA-384": {rsaKey(), x509.SHA384WithRSA, x509.SHA384WithRSA},
		"RSA with SHA-512": {rsaKey(), x509.SHA512WithRSA, x509.SHA512WithRSA},
		"PSS":              {rsaKey(), x509.SHA256WithRSAPSS, x509.SHA256WithRSAPSS},
		"PSS with SHA-384": {rsaKey(), x509.SHA384WithRSAPSS, x509.SHA384WithRSAPSS},
		"PSS with SHA-512": {rsaKey(), x509.SHA512WithRSAPSS, x509.SHA512WithRSAPSS},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorldWith(t, c.key)
			template := editor()
			template.SignatureAlgorithm = c.ask
			ac := w.create(t, template)
			if err := ac.Verify(w.options()); err != nil {
				t.Error(err)
			}
			if ac.SignatureAlgorithm != c.want {
				t.Errorf("signed by %v", ac.SignatureAlgorithm)
			}
			w.sameIdentifierAsX509(t, ac)
		})
	}
}

// sameIdentifierAsX509 compares our constants of algorithms with what crypto/x509 writes.
func (w *world) sameIdentifierAsX509(t *testing.T, ac *AttributeCertificate) {
	t.Helper()
	template := person(1)
	template.SignatureAlgorithm = ac.SignatureAlgorithm
	der := must(x509.CreateCertificate(rand.Reader, template, template, w.key.Public(), w.key))
	var theirs struct {
		TBS       asn1.RawValue
		Algorithm asn1.RawValue
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &theirs); err != nil {
		t.Fatal(err)
	}
	if a := algorithmByID(ac.SignatureAlgorithm); !bytes.Equal(a.encode, theirs.Algorithm.FullBytes) {
		t.Errorf("%v is written as %x, by crypto/x509 as %x", a.id, a.encode, theirs.Algorithm.FullBytes)
	}
}

func TestEveryFieldComesBack(t *testing.T) {
	w := newWorld(t)
	template := w.everything()
	ac := w.create(t, template)
	want := *template
	// What Create adds, and the order that DER gives to values of a set.
	want.Holder.BaseCertificateID = &IssuerSerial{RawIssuer: w.identities.RawSubject, Serial: w.holder.SerialNumber}
	want.AuthorityKeyID = w.issuer.SubjectKeyId
	want.RawIssuer, want.Issuer = w.issuer.RawSubject, w.issuer.Subject
	want.SignatureAlgorithm = x509.ECDSAWithSHA256
	want.Raw, want.RawTBS, want.Signature = ac.Raw, ac.RawTBS, ac.Signature
	want.Attributes, want.Extensions = ac.Attributes, ac.Extensions
	want.ExtraAttributes, want.ExtraExtensions = nil, nil
	if !reflect.DeepEqual(ac, &want) {
		t.Errorf("read   %+v\nwanted %+v", ac, &want)
	}
	if len(ac.Attributes) != 5 || !reflect.DeepEqual(ac.Attributes[4], template.ExtraAttributes[0]) {
		t.Errorf("attributes %+v", ac.Attributes)
	}
	if len(ac.Extensions) != 6 || !reflect.DeepEqual(ac.Extensions[5], template.ExtraExtensions[0]) {
		t.Errorf("extensions %+v", ac.Extensions)
	}
	if !bytes.Contains(ac.Raw, ac.RawTBS) || !bytes.Contains(ac.RawTBS, ac.RawIssuer) {
		t.Error("raw parts lie inside of one another")
	}
}

// Proves ATTR-01.
func TestItHoldsHolderAttributeIssuerAndSignature(t *testing.T) {
	w := newWorld(t)
	template := editor()
	template.Holder.EntityName = []GeneralName{DirectoryName(w.holder.RawSubject)}
	ac := w.create(t, template)
	if !bytes.Equal(ac.Holder.EntityName[0].Value, w.holder.RawSubject) {
		t.Error("the holder's name is not that of the identity certificate")
	}
	if got := ac.Holder.EntityName[0].String(); got != "CN=Clarence Leumane,O=Example,C=LS" {
		t.Errorf("the holder is shown as %q", got)
	}
	if got := ac.Roles[0].Name.String(); got != roleEditor {
		t.Errorf("the role is shown as %q", got)
	}
	if !bytes.Equal(ac.RawIssuer, w.issuer.RawSubject) || ac.Issuer.String() != "CN=Attributes" {
		t.Errorf("the issuer is shown as %q", ac.Issuer)
	}
	if err := w.issuer.CheckSignature(ac.SignatureAlgorithm, ac.RawTBS, ac.Signature); err != nil {
		t.Error(err)
	}
	template.Holder.EntityName = []GeneralName{DirectoryName(w.identities.RawSubject)}
	if _, err := Create(template, w.holder, w.issuer, w.key); field(err) != "holder" {
		t.Errorf("another name than that of the identity certificate: %v", err)
	}
}

// Proves ATTR-09.
func TestItEndsWithTheHoldersCertificateOrEarlier(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		notBefore, notAfter time.Time
		ok                  bool
	}{
		"that of the holder's": {ok: true},
		"the same in words":    {begin, end, true},
		"an earlier end":       {notAfter: end.Add(-time.Second), ok: true},
		"a later end":          {notAfter: end.Add(time.Second)},
		"an earlier beginning": {notBefore: begin.Add(-time.Second)},
		"inside":               {begin.AddDate(1, 0, 0), begin.AddDate(2, 0, 0), true},
		"an end before":        {begin.AddDate(2, 0, 0), begin.AddDate(1, 0, 0), false},
	} {
		t.Run(name, func(t *testing.T) {
			template := editor()
			template.NotBefore, template.NotAfter = c.notBefore, c.notAfter
			der, err := Create(template, w.holder, w.issuer, w.key)
			if !c.ok {
				if field(err) != "attrCertValidityPeriod" {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			ac := must(Parse(der))
			if c.notAfter.IsZero() {
				c.notAfter = w.holder.NotAfter
			}
			if !ac.NotAfter.Equal(c.notAfter) {
				t.Errorf("it ends at %v", ac.NotAfter)
			}
		})
	}
}

func TestATemplateThatIsWrongIsNotSigned(t *testing.T) {
	w := newWorld(t)
	other := w.certify(t, person(8), w.identities, ecKey(elliptic.P256()))
	for name, c := range map[string]struct {
		change func(*AttributeCertificate)
		field  string
	}{
		"no serial number":       {func(a *AttributeCertificate) { a.SerialNumber = nil }, "serialNumber"},
		"serial number zero":     {func(a *AttributeCertificate) { a.SerialNumber = new(big.Int) }, "serialNumber"},
		"negative serial number": {func(a *AttributeCertificate) { a.SerialNumber = big.NewInt(-1) }, "serialNumber"},
		"long serial number":     {func(a *AttributeCertificate) { a.SerialNumber = new(big.Int).Lsh(big.NewInt(1), 159) }, "serialNumber"},
		"no attribute":           {func(a *AttributeCertificate) { a.Roles = nil }, "attributes"},
		"a role without a name":  {func(a *AttributeCertificate) { a.Roles[0].Name = GeneralName{} }, "attributes.role"},
		"a URI that is not":      {func(a *AttributeCertificate) { a.Roles[0].Name = URIName("urn:é") }, "attributes.role"},
		"an unknown name form":   {func(a *AttributeCertificate) { a.Roles[0].Name = GeneralName{44, []byte{5, 0}} }, "attributes.role"},
		"a group of nothing":     {func(a *AttributeCertificate) { a.Group = &IetfAttr{} }, "attributes.group"},
		"a group no text":        {func(a *AttributeCertificate) { a.Group = &IetfAttr{Values: []IetfValue{{Text: "\xff"}}} }, "attributes.group"},
		"a group no OID":         {func(a *AttributeCertificate) { a.Group = &IetfAttr{Values: []IetfValue{{OID: []int{9}}}} }, "attributes"},
		"two of a type":          {func(a *AttributeCertificate) { a.ExtraAttributes = []Attribute{{OIDRole, [][]byte{{5, 0}}}} }, "attributes.type"},
		"an attribute no DER": {func(a *AttributeCertificate) {
			a.ExtraAttributes = []Attribute{{OIDClearance, [][]byte{{0x30, 0x80, 0, 0}}}}
		}, "certificate"},
		"an attribute no type": {func(a *AttributeCertificate) { a.ExtraAttributes = []Attribute{{nil, [][]byte{{5, 0}}}} }, "certificate"},
		"values out of order": {func(a *AttributeCertificate) {
			a.ExtraAttributes = []Attribute{{OIDClearance, [][]byte{{5, 0}, {4, 0}}}}
		}, "certificate"},
		"an empty audit id":  {func(a *AttributeCertificate) { a.AuditIdentity = []byte{} }, "extensions.auditIdentity"},
		"targets of no name": {func(a *AttributeCertificate) { a.Targets = []Target{{}} }, "extensions.targetInformation"},
		"no target":          {func(a *AttributeCertificate) { a.Targets = []Target{} }, "extensions.targetInformation"},
		"a CRL by mail":      {func(a *AttributeCertificate) { a.CRLDistributionPoint = &GeneralName{EmailAddress, []byte("a@b.c")} }, "extensions.cRLDistributionPoints"},
		"OCSP for never":     {func(a *AttributeCertificate) { a.OCSPServers = []string{"http://a"} }, "extensions.noRevAvail"},
		"an extension twice": {func(a *AttributeCertificate) {
			a.ExtraExtensions = []pkix.Extension{{Id: oidNoRevAvail, Value: []byte{5, 0}}}
		}, "extensions.extnID"},
		"another holder's name": {func(a *AttributeCertificate) { a.Holder.EntityName = []GeneralName{DirectoryName(w.root.RawSubject)} }, "holder"},
		"another's certificate": {func(a *AttributeCertificate) { a.Holder.ObjectDigest = digestOf(other, DigestedCertificate) }, "holder"},
		"a year of five digits": {func(a *AttributeCertificate) { a.NotAfter = end.AddDate(9000, 0, 0) }, "attrCertValidityPeriod"},
		"far too large": {func(a *AttributeCertificate) {
			a.Group = &IetfAttr{Values: []IetfValue{{Octets: make([]byte, MaxSize)}}}
		}, "certificate"},
		"an algorithm of no key": {func(a *AttributeCertificate) { a.SignatureAlgorithm = x509.PureEd25519 }, "signature"},
		"a broken hash":          {func(a *AttributeCertificate) { a.SignatureAlgorithm = x509.ECDSAWithSHA1 }, "signature"},
	} {
		t.Run(name, func(t *testing.T) {
			template := editor()
			c.change(template)
			der, err := Create(template, w.holder, w.issuer, w.key)
			if err == nil || field(err) != c.field || der != nil {
				t.Errorf("got %v, want a complaint about %s", err, c.field)
			}
		})
	}
}

func TestAnIssuerThatMayNotSignDoesNot(t *testing.T) {
	w := newWorld(t)
	if _, err := Create(editor(), w.holder, w.issuer, w.holderKey); err == nil || !strings.Contains(err.Error(), "the key") {
		t.Errorf("signed with another's key: %v", err)
	}
	if _, err := Create(editor(), w.holder, w.identities, w.identitiesKey); rule(err) != RuleIssuerProfile {
		t.Errorf("signed by a certificate authority: %v", err)
	}
	template := attributeAuthority("Encryption")
	template.KeyUsage = x509.KeyUsageKeyEncipherment
	issuer := w.certify(t, template, w.root, w.key)
	if _, err := Create(editor(), w.holder, issuer, w.key); rule(err) != RuleIssuerProfile {
		t.Errorf("signed by a key that is not for signatures: %v", err)
	}
}

// faulty signs something else than it is asked to.
type faulty struct{ crypto.Signer }

func (f faulty) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return f.Signer.Sign(random, append([]byte{}, digest[1:]...), opts)
}

func TestAFalseSignatureDoesNotLeave(t *testing.T) {
	w := newWorld(t)
	if der, err := Create(editor(), w.holder, w.issuer, faulty{w.key}); err == nil {
		t.Errorf("%d octets were given out", len(der))
	}
}

func TestACertificateNeedsNoExtension(t *testing.T) {
	w := newWorld(t)
	template := attributeAuthority("Attributes")
	template.SubjectKeyId = nil
	w.issuer = w.certify(t, template, w.root, w.key)
	request := editor()
	request.NoRevAvail = false
	ac := w.create(t, request)
	writtenAgain(t, ac, ac.Raw)
	if ac.Extensions != nil || ac.AuthorityKeyID != nil {
		t.Errorf("%+v", ac.Extensions)
	}
	if err := ac.CheckSignatureFrom(w.issuer); err != nil {
		t.Error(err)
	}
}

func TestTheTemplateIsNotChanged(t *testing.T) {
	w := newWorld(t)
	template, before := w.everything(), w.everything()
	w.create(t, template)
	if !reflect.DeepEqual(template, before) {
		t.Errorf("%+v", template)
	}
}
