package attrcert

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// crl is a CRL of an issuer, of a day about noon, that lists serial number 42 unless
// change has it otherwise.
func crl(t testing.TB, issuer *x509.Certificate, key crypto.Signer, change func(*x509.RevocationList)) *x509.RevocationList {
	t.Helper()
	template := &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: noon.Add(-time.Hour), NextUpdate: noon.Add(time.Hour),
		RevokedCertificateEntries: []x509.RevocationListEntry{
			{SerialNumber: big.NewInt(41), RevocationTime: begin},
			{SerialNumber: big.NewInt(42), RevocationTime: begin, ReasonCode: 9},
		},
	}
	change(template)
	raw, err := x509.CreateRevocationList(rand.Reader, template, issuer, key)
	if err != nil {
		t.Fatal(err)
	}
	return must(x509.ParseRevocationList(raw))
}

// scope is an issuingDistributionPoint: one flag, or for a negative one none, and a point.
func scope(flag int, point *GeneralName) pkix.Extension {
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		if point != nil {
			b.AddASN1(inner(0), func(b *cryptobyte.Builder) { addNames(b, inner(0), []GeneralName{*point}) })
		}
		if flag >= 0 {
			b.AddASN1(context(flag), func(b *cryptobyte.Builder) { b.AddUint8(0xff) })
		}
	})
	return pkix.Extension{Id: oidIssuingDistributionPoint, Critical: true, Value: b.BytesOrPanic()}
}

func TestACRLTellsOfItsOwnIssuerAndTimeOnly(t *testing.T) {
	w, forger := newWorld(t), newWorld(t)
	mine := URIName("https://example.org/1.crl")
	other := URIName("https://example.org/2.crl")
	noSigning := attributeAuthority("Attributes")
	noSigning.KeyUsage = x509.KeyUsageDigitalSignature
	mayNot := w.certify(t, noSigning, w.root, w.key)
	empty := func(l *x509.RevocationList) { l.RevokedCertificateEntries = nil }
	covering := func(ext pkix.Extension) func(*x509.RevocationList) {
		return func(l *x509.RevocationList) { empty(l); l.ExtraExtensions = []pkix.Extension{ext} }
	}
	const good, revoked, unknown = "good", "revoked", "unknown"
	for name, c := range map[string]struct {
		change func(*x509.RevocationList)
		by     *world
		issuer *x509.Certificate
		want   string
	}{
		"an empty list":                {change: empty, want: good},
		"a list of it":                 {change: func(*x509.RevocationList) {}, want: revoked},
		"a list of another":            {change: func(l *x509.RevocationList) { l.RevokedCertificateEntries = l.RevokedCertificateEntries[:1] }, want: good},
		"on the last second":           {change: func(l *x509.RevocationList) { empty(l); l.NextUpdate = noon }, want: good},
		"too old":                      {change: func(l *x509.RevocationList) { empty(l); l.NextUpdate = noon.Add(-time.Second) }, want: unknown},
		"of the future":                {change: func(l *x509.RevocationList) { empty(l); l.ThisUpdate = noon.Add(time.Second) }, want: unknown},
		"by another key":               {change: empty, by: forger, want: unknown},
		"by one who may not":           {change: empty, issuer: mayNot, want: unknown},
		"by another issuer":            {change: empty, issuer: w.holder, want: unknown},
		"for attribute certificates":   {change: covering(scope(5, nil)), want: good},
		"for certificates of users":    {change: covering(scope(1, nil)), want: unknown},
		"for authorities":              {change: covering(scope(2, nil)), want: unknown},
		"for some reasons":             {change: covering(scope(3, nil)), want: unknown},
		"for several issuers":          {change: covering(scope(4, nil)), want: unknown},
		"for its distribution point":   {change: covering(scope(5, &mine)), want: good},
		"for another one":              {change: covering(scope(5, &other)), want: unknown},
		"for another one, no flag":     {change: covering(scope(-1, &other)), want: unknown},
		"of changes only":              {change: covering(pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 27}, Critical: true, Value: []byte{2, 1, 1}}), want: unknown},
		"with a scope that is no DER":  {change: covering(pkix.Extension{Id: oidIssuingDistributionPoint, Value: []byte{0x30, 1}}), want: unknown},
		"with an extension of no note": {change: covering(pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3}, Value: []byte{5, 0}}), want: good},
		"with an entry of another issuer": {change: func(l *x509.RevocationList) {
			l.RevokedCertificateEntries = l.RevokedCertificateEntries[:1]
			l.RevokedCertificateEntries[0].ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 29}, Critical: true, Value: []byte{0x30, 0}}}
		}, want: unknown},
	} {
		t.Run(name, func(t *testing.T) {
			template := editor()
			template.NoRevAvail, template.CRLDistributionPoint = false, &mine
			ac := w.create(t, template)
			by := c.by
			if by == nil {
				by = w
			}
			if c.issuer == nil {
				c.issuer = w.issuer
			}
			list := crl(t, by.issuer, by.key, c.change)
			err := ac.CheckCRL(list, c.issuer, noon)
			got := good
			var since *RevokedError
			switch {
			case errors.As(err, &since):
				got = revoked
			case err != nil:
				got = unknown
			}
			if got != c.want {
				t.Errorf("it is %s, want %s: %v", got, c.want, err)
			}
			if since != nil && (!since.At.Equal(begin) || since.Reason != 9) {
				t.Errorf("revoked: %+v", since)
			}
			options := w.options()
			options.Revocation = CheckCRLs(list)
			want := map[string]Rule{revoked: RuleRevoked, unknown: RuleRevocationStatus}[c.want]
			if name == "by one who may not" || name == "by another issuer" {
				return // Verify has the right issuer
			}
			err = ac.Verify(options)
			if rule(err) != want || errors.As(err, &since) != (want == RuleRevoked) {
				t.Errorf("Verify: %v", err)
			}
		})
	}
}

func TestOneCRLOfSeveralIsEnoughAndEachMayRevoke(t *testing.T) {
	w := newWorld(t)
	template := editor()
	template.NoRevAvail = false
	ac := w.create(t, template)
	empty := crl(t, w.issuer, w.key, func(l *x509.RevocationList) { l.RevokedCertificateEntries = nil })
	full := crl(t, w.issuer, w.key, func(*x509.RevocationList) {})
	old := crl(t, w.issuer, w.key, func(l *x509.RevocationList) { l.NextUpdate = noon.Add(-time.Minute) })
	for name, c := range map[string]struct {
		crls []*x509.RevocationList
		rule Rule
	}{
		"none":            {nil, RuleRevocationStatus},
		"old":             {[]*x509.RevocationList{old}, RuleRevocationStatus},
		"empty and old":   {[]*x509.RevocationList{empty, old}, 0},
		"old and empty":   {[]*x509.RevocationList{old, empty}, 0},
		"empty and full":  {[]*x509.RevocationList{empty, full}, RuleRevoked},
		"full, then none": {[]*x509.RevocationList{full, old}, RuleRevoked},
	} {
		t.Run(name, func(t *testing.T) {
			options := w.options()
			options.Revocation = CheckCRLs(c.crls...)
			if err := ac.Verify(options); rule(err) != c.rule {
				t.Errorf("got %v", err)
			}
		})
	}
	never := w.create(t, editor())
	options := w.options()
	options.Revocation = CheckCRLs()
	if err := never.Verify(options); err != nil {
		t.Errorf("NoRevAvail: %v", err)
	}
	options.Revocation = CheckCRLs(full)
	if err := never.Verify(options); rule(err) != RuleRevoked {
		t.Errorf("NoRevAvail, and on a list all the same: %v", err)
	}
}
