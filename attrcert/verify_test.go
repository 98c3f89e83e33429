package attrcert

import (
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"
	"testing"
	"time"
)

func TestEachRuleIsChecked(t *testing.T) {
	w := newWorld(t)
	forger := newWorld(t) // with the same names and other keys
	caIssuer := attributeAuthority("Attributes")
	caIssuer.IsCA, caIssuer.BasicConstraintsValid = true, true
	encrypting := attributeAuthority("Attributes")
	encrypting.KeyUsage = x509.KeyUsageKeyEncipherment
	expired := attributeAuthority("Attributes")
	expired.NotAfter = noon.Add(-time.Second)
	for name, c := range map[string]struct {
		template func(*AttributeCertificate)
		judge    func(*VerifyOptions)
		rule     Rule
	}{
		"as it should be":     {},
		"on the first second": {judge: func(o *VerifyOptions) { o.CurrentTime = begin }},
		"on the last second":  {judge: func(o *VerifyOptions) { o.CurrentTime = end }},

		"no issuer is trusted":      {judge: func(o *VerifyOptions) { o.Issuers = nil }, rule: RuleIssuer},
		"another issuer is trusted": {judge: func(o *VerifyOptions) { o.Issuers = []*x509.Certificate{w.holder} }, rule: RuleIssuer},
		"an issuer of another key id": {judge: func(o *VerifyOptions) {
			other := attributeAuthority("Attributes")
			other.SubjectKeyId = []byte{9}
			o.Issuers = []*x509.Certificate{w.certify(t, other, w.root, w.key)}
		}, rule: RuleIssuer},
		"an issuer of another key": {judge: func(o *VerifyOptions) { o.Issuers = []*x509.Certificate{forger.issuer} }, rule: RuleSignature},
		"one of two issuers has signed": {judge: func(o *VerifyOptions) {
			o.Issuers = []*x509.Certificate{forger.issuer, w.issuer}
		}},
		"an issuer that is an authority": {judge: func(o *VerifyOptions) {
			o.Issuers = []*x509.Certificate{w.certify(t, caIssuer, w.root, w.key)}
		}, rule: RuleIssuerProfile},
		"an issuer's key for other uses": {judge: func(o *VerifyOptions) {
			o.Issuers = []*x509.Certificate{w.certify(t, encrypting, w.root, w.key)}
		}, rule: RuleIssuerProfile},
		"an issuer that has expired": {judge: func(o *VerifyOptions) {
			o.Issuers = []*x509.Certificate{w.certify(t, expired, w.root, w.key)}
		}, rule: RuleIssuerPath},
		"an issuer of another root": {judge: func(o *VerifyOptions) { o.Roots = forger.options().Roots }, rule: RuleIssuerPath},
		"no roots":                  {judge: func(o *VerifyOptions) { o.Roots = nil }, rule: RuleIssuerPath},

		"a second too early": {
			template: func(a *AttributeCertificate) { a.NotBefore = noon.Add(time.Second) },
			rule:     RuleNotYetValid,
		},
		"a second too late": {
			template: func(a *AttributeCertificate) { a.NotAfter = noon.Add(-time.Second) },
			rule:     RuleExpired,
		},

		"no certificate presented": {judge: func(o *VerifyOptions) { o.HolderChain = nil }, rule: RuleHolderPath},
		"a chain out of order": {judge: func(o *VerifyOptions) {
			o.HolderChain = []*x509.Certificate{w.holder, w.root, w.identities}
		}, rule: RuleHolderPath},
		"an expired certificate presented": {judge: func(o *VerifyOptions) {
			old := person(7)
			old.NotAfter = noon.Add(-time.Second)
			o.HolderChain = []*x509.Certificate{w.certify(t, old, w.identities, w.holderKey)}
		}, rule: RuleHolderPath},
		"a certificate of another issuer": {judge: func(o *VerifyOptions) {
			o.HolderChain = []*x509.Certificate{w.certify(t, person(7), w.root, w.holderKey), w.root}
		}, rule: RuleHolder},

		"meant for us": {
			template: func(a *AttributeCertificate) { a.Targets = []Target{{Name: DNSName("b")}, {Name: DNSName("a")}} },
			judge:    func(o *VerifyOptions) { o.Names = []GeneralName{DNSName("a")} },
		},
		"meant for our group": {
			template: func(a *AttributeCertificate) { a.Targets = []Target{{Name: DNSName("a"), IsGroup: true}} },
			judge:    func(o *VerifyOptions) { o.Groups = []GeneralName{DNSName("a")} },
		},
		"meant for others": {
			template: func(a *AttributeCertificate) { a.Targets = []Target{{Name: DNSName("b")}} },
			judge:    func(o *VerifyOptions) { o.Names, o.Groups = []GeneralName{DNSName("a")}, []GeneralName{DNSName("b")} },
			rule:     RuleTarget,
		},
		"meant for a group that has our name": {
			template: func(a *AttributeCertificate) { a.Targets = []Target{{Name: DNSName("a"), IsGroup: true}} },
			judge:    func(o *VerifyOptions) { o.Names = []GeneralName{DNSName("a")} },
			rule:     RuleTarget,
		},

		"a critical extension": {
			template: func(a *AttributeCertificate) {
				a.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true}}
			},
			rule: RuleExtension,
		},
		"an extension that is not critical": {
			template: func(a *AttributeCertificate) {
				a.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}}}
			},
		},

		"revocation and nothing to ask": {template: func(a *AttributeCertificate) { a.NoRevAvail = false }, rule: RuleRevocationStatus},
		"revoked, whatever it says": {
			judge: func(o *VerifyOptions) {
				o.Revocation = func(*AttributeCertificate, *x509.Certificate, time.Time) error { return &RevokedError{At: noon} }
			},
			rule: RuleRevoked,
		},
	} {
		t.Run(name, func(t *testing.T) {
			template, options := editor(), w.options()
			if c.template != nil {
				c.template(template)
			}
			if c.judge != nil {
				c.judge(&options)
			}
			err := w.create(t, template).Verify(options)
			if rule(err) != c.rule || (err == nil) != (c.rule == 0) {
				t.Errorf("got %v, want rule %d", err, c.rule)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "attrcert: "+c.rule.String()) {
				t.Errorf("it reads %q", err)
			}
		})
	}
}

// Proves ATTR-11.
func TestAttributesOfOneCertificateDoNotWorkWithAnotherOfTheSamePerson(t *testing.T) {
	w := newWorld(t)
	for name, template := range map[string]*AttributeCertificate{
		"bound by issuer and serial number": editor(),
		"with the name shown beside it": {
			SerialNumber: editor().SerialNumber, Roles: editor().Roles, NoRevAvail: true,
			Holder: Holder{EntityName: []GeneralName{DirectoryName(w.holder.RawSubject)}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			ac := w.create(t, template)
			options := w.options()
			if err := ac.Verify(options); err != nil {
				t.Fatal(err)
			}
			// The same name, the same authority, even the same key: a renewed certificate.
			renewed := w.certify(t, person(8), w.identities, w.holderKey)
			if string(renewed.RawSubject) != string(w.holder.RawSubject) {
				t.Fatal("the names differ")
			}
			options.HolderChain = []*x509.Certificate{renewed, w.identities, w.root}
			if err := ac.Verify(options); rule(err) != RuleHolder {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestEveryWayOfNamingTheHolderHasToFit(t *testing.T) {
	w := newWorld(t)
	other := w.certify(t, person(8), w.identities, ecKey(elliptic.P256()))
	email := func(s string) GeneralName { return GeneralName{Kind: EmailAddress, Value: []byte(s)} }
	digest := func(change func(*ObjectDigest)) *ObjectDigest {
		d := digestOf(w.holder, DigestedKey)
		change(d)
		return d
	}
	for name, c := range map[string]struct {
		holder Holder
		ok     bool
	}{
		"an alternative name":           {Holder{EntityName: []GeneralName{email("clarence@example.org")}}, true},
		"subject and alternative":       {Holder{EntityName: []GeneralName{DirectoryName(w.holder.RawSubject), email("clarence@example.org")}}, true},
		"another alternative name":      {Holder{EntityName: []GeneralName{email("oscar@example.org")}}, false},
		"the text in another form":      {Holder{EntityName: []GeneralName{DNSName("clarence@example.org")}}, false},
		"one name that fits not":        {Holder{EntityName: []GeneralName{DirectoryName(w.holder.RawSubject), DNSName("x")}}, false},
		"a digest of the key":           {Holder{ObjectDigest: digestOf(w.holder, DigestedKey)}, true},
		"of the certificate":            {Holder{ObjectDigest: digestOf(w.holder, DigestedCertificate)}, true},
		"of another's key":              {Holder{ObjectDigest: digestOf(other, DigestedKey)}, false},
		"of another thing":              {Holder{ObjectDigest: digest(func(d *ObjectDigest) { d.Object, d.OtherType = DigestedOther, OIDRole })}, false},
		"by an algorithm that fits not": {Holder{ObjectDigest: digest(func(d *ObjectDigest) { d.RawAlgorithm[12] = 2 })}, false},
		"by an unknown algorithm":       {Holder{ObjectDigest: digest(func(d *ObjectDigest) { d.RawAlgorithm[12] = 9 })}, false},
	} {
		t.Run(name, func(t *testing.T) {
			ac := w.create(t, editor())
			c.holder.BaseCertificateID = ac.Holder.BaseCertificateID
			ac = w.sign(t, ac, func(ac *AttributeCertificate) { ac.Holder = c.holder })
			err := ac.Verify(w.options())
			if (err == nil) != c.ok || err != nil && rule(err) != RuleHolder {
				t.Errorf("got %v, want ok %v", err, c.ok)
			}
		})
	}
	t.Run("a name, and no alternative names", func(t *testing.T) {
		if isNameOf(DNSName("example.org"), w.root) {
			t.Error("it is one")
		}
	})
	t.Run("by name alone", func(t *testing.T) {
		ac := w.sign(t, w.create(t, editor()), func(ac *AttributeCertificate) {
			ac.Holder = Holder{EntityName: []GeneralName{DirectoryName(w.holder.RawSubject)}}
		})
		if err := ac.Verify(w.options()); rule(err) != RuleHolder {
			t.Errorf("got %v", err)
		}
	})
}

// sign makes what Create would refuse: a certificate as changed, with a good signature.
func (w *world) sign(t testing.TB, ac *AttributeCertificate, change func(*AttributeCertificate)) *AttributeCertificate {
	t.Helper()
	return w.signWith(t, w.key, ac, change)
}

func (w *world) signWith(t testing.TB, key crypto.Signer, ac *AttributeCertificate, change func(*AttributeCertificate)) *AttributeCertificate {
	t.Helper()
	changed := *ac
	change(&changed)
	a := must(algorithmFor(0, key.Public()))
	tbs := must(changed.info(a))
	return must(Parse(must(seal(tbs, a, must(a.sign(key, tbs))))))
}

func TestAValidityLongerThanTheHoldersIsRefusedWhereAsked(t *testing.T) {
	w := newWorld(t)
	ac := w.sign(t, w.create(t, editor()), func(ac *AttributeCertificate) { ac.NotAfter = end.Add(time.Second) })
	options := w.options()
	if err := ac.Verify(options); err != nil {
		t.Errorf("RFC 5755 allows it: %v", err)
	}
	options.WithinHolder = true
	if err := ac.Verify(options); rule(err) != RuleWithinHolder {
		t.Errorf("got %v", err)
	}
	options.CurrentTime = end.Add(time.Second)
	if err := ac.Verify(options); rule(err) != RuleHolderPath {
		t.Errorf("it outlived the holder's certificate: %v", err)
	}
}

func TestAForgeryIsNotAccepted(t *testing.T) {
	w, forger := newWorld(t), newWorld(t)
	good := w.create(t, editor())
	for name, forged := range map[string]*AttributeCertificate{
		"signed by another with the issuer's name": forger.sign(t, good, func(*AttributeCertificate) {}),
		"signed by the holder":                     w.signWith(t, w.holderKey, good, func(*AttributeCertificate) {}),
		"signed by the identity authority":         w.signWith(t, w.identitiesKey, good, func(*AttributeCertificate) {}),
		"signed by another kind of key":            w.signWith(t, edKey(), good, func(*AttributeCertificate) {}),
		"another issuer's": w.signWith(t, w.identitiesKey, good, func(ac *AttributeCertificate) {
			ac.RawIssuer = w.identities.RawSubject
		}),
	} {
		t.Run(name, func(t *testing.T) {
			want := RuleSignature
			if name == "another issuer's" {
				want = RuleIssuer
			}
			if err := forged.Verify(w.options()); rule(err) != want {
				t.Errorf("got %v", err)
			}
			if err := forged.CheckSignatureFrom(w.issuer); rule(err) != want {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestABrokenHashVerifiesNothing(t *testing.T) {
	w := newWorld(t)
	message := []byte("a certificate or a CRL")
	digest := sha1.Sum(message)
	signature := must(w.key.Sign(rand.Reader, digest[:], crypto.SHA1))
	if err := w.issuer.CheckSignature(x509.ECDSAWithSHA1, message, signature); err != nil {
		t.Fatal(err)
	}
	if checkSignature(w.issuer, x509.ECDSAWithSHA1, message, signature) == nil {
		t.Error("SHA-1 is good enough")
	}
}

// Whatever octet of a certificate is changed: it is not read, or does not verify.
func TestNoOctetCanBeChanged(t *testing.T) {
	w := newWorldWith(t, edKey())
	good := w.create(t, w.everything())
	if err := good.CheckSignatureFrom(w.issuer); err != nil {
		t.Fatal(err)
	}
	read := 0
	for i := range good.Raw {
		for _, mask := range []byte{1, 0xa0} {
			der := append([]byte{}, good.Raw...)
			der[i] ^= mask
			ac, err := Parse(der)
			if err != nil {
				continue
			}
			read++
			if ac.CheckSignatureFrom(w.issuer) == nil {
				t.Errorf("octet %d xor %#x verifies", i, mask)
			}
		}
	}
	if read < 100 {
		t.Errorf("only %d changed certificates came as far as their signature", read)
	}
}

func TestWithoutATimeItIsNow(t *testing.T) {
	w := newWorld(t)
	options := w.options()
	options.CurrentTime = time.Time{}
	for want, year := range map[Rule]int{RuleExpired: 0, RuleNotYetValid: 6000} {
		ac := w.sign(t, w.create(t, editor()), func(ac *AttributeCertificate) {
			ac.NotBefore, ac.NotAfter = ancient.AddDate(year, 0, 0), ancient.AddDate(year+1, 0, 0)
		})
		if err := ac.Verify(options); rule(err) != want {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}
