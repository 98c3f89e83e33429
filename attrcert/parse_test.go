package attrcert

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// node is a value of a certificate that a test takes apart. Where raw is set, it is
// written as it is.
type node struct {
	tag     byte
	content []byte
	kids    []*node
	raw     []byte
}

func treeOf(der []byte) *node {
	s := cryptobyte.String(der)
	var content cryptobyte.String
	var tag asn1.Tag
	if !s.ReadAnyASN1(&content, &tag) || !s.Empty() {
		panic("no value")
	}
	n := &node{tag: byte(tag), content: content}
	for n.tag&byte(constructed) != 0 && !content.Empty() {
		var kid cryptobyte.String
		if !content.ReadAnyASN1Element(&kid, &tag) {
			panic("no value inside")
		}
		n.kids = append(n.kids, treeOf(kid))
	}
	return n
}

func (n *node) der() []byte {
	if n.raw != nil {
		return n.raw
	}
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(asn1.Tag(n.tag), func(b *cryptobyte.Builder) {
		if n.kids == nil {
			b.AddBytes(n.content)
		}
		for _, kid := range n.kids {
			b.AddBytes(kid.der())
		}
	})
	return b.BytesOrPanic()
}

// at goes down to a value: its place among the values of each level.
func (n *node) at(path ...int) *node {
	for _, i := range path {
		n = n.kids[i]
	}
	return n
}

func (n *node) add(kids ...*node) { n.kids = append(n.kids, kids...) }

// cut removes a kid; the last one when i is negative.
func (n *node) cut(i int) {
	if i < 0 {
		i = len(n.kids) - 1
	}
	n.kids = append(n.kids[:i:i], n.kids[i+1:]...)
	if len(n.kids) == 0 {
		n.content = nil
	}
}

// is replaces a value by the octets given in hexadecimal.
func (n *node) is(hexadecimal string) { n.raw = unhex(hexadecimal) }

func value(hexadecimal string) *node { return &node{raw: unhex(hexadecimal)} }

func unhex(s string) []byte { return must(hex.DecodeString(strings.ReplaceAll(s, " ", ""))) }

// ext finds an extension by the place that everything and Create give it.
func (n *node) ext(i int) *node { return n.at(0, 7, i) }

// inside changes the value of an extension, which lies in an OCTET STRING.
func (n *node) inside(change func(*node)) {
	octets := n.kids[len(n.kids)-1]
	v := treeOf(octets.content)
	change(v)
	octets.content = v.der()
}

// The places of the fields of acinfo, and of the extensions of everything.
const (
	version_, holder_, issuer_, signature_, serial_, validity_, attributes_, extensions_ = 0, 1, 2, 3, 4, 5, 6, 7
	audit_, targets_, keyID_, access_, crl_, extra_                                      = 0, 1, 2, 3, 4, 5
	role_, group_, charging_, identity_, clearance_                                      = 0, 1, 2, 3, 4
)

func TestWhatIsNotOfTheProfileIsNotRead(t *testing.T) {
	const (
		anyName = "a4 0f 30 0d 31 0b 30 09 06 03 55 04 03 0c 02 61 61" // CN=aa
		certErr = "certificate"
		baseID  = "holder.baseCertificateID"
		digest  = "holder.objectDigestInfo"
		period  = "attrCertValidityPeriod"
	)
	for name, c := range map[string]struct {
		change func(*node)
		field  string
	}{
		"as it is": {func(*node) {}, ""},

		"nothing after the signature":      {func(n *node) { n.add(value("0500")) }, "signatureValue"},
		"a signature of no whole octets":   {func(n *node) { n.at(2).content = []byte{1, 0x80} }, "signatureValue"},
		"no signature":                     {func(n *node) { n.cut(2) }, "signatureValue"},
		"another outer algorithm":          {func(n *node) { n.at(1, 0).content[7] = 3 }, "signatureAlgorithm"},
		"parameters outside":               {func(n *node) { n.at(1).add(value("0500")) }, "signatureAlgorithm"},
		"parameters inside":                {func(n *node) { n.at(0, signature_).add(value("0500")) }, "signature"},
		"an unknown algorithm":             {func(n *node) { n.at(0, signature_, 0).content[7] = 1 }, "signature"},
		"a SET outside":                    {func(n *node) { n.tag = 0x31 }, certErr},
		"a SET as acinfo":                  {func(n *node) { n.at(0).tag = 0x31 }, certErr},
		"another tag as acinfo":            {func(n *node) { n.at(0).tag = 0xa0 }, "acinfo"},
		"v1":                               {func(n *node) { n.at(0, version_).content = []byte{0} }, "version"},
		"v3":                               {func(n *node) { n.at(0, version_).content = []byte{2} }, "version"},
		"no version":                       {func(n *node) { n.at(0).cut(version_) }, "version"},
		"no holder":                        {func(n *node) { n.at(0).cut(holder_) }, "holder"},
		"nobody":                           {func(n *node) { n.at(0, holder_).is("3000") }, "holder"},
		"a holder with more":               {func(n *node) { n.at(0, holder_).add(value("a300")) }, "holder"},
		"holder in another order":          {func(n *node) { h := n.at(0, holder_); h.kids[0], h.kids[1] = h.kids[1], h.kids[0] }, "holder"},
		"no issuer of the holder":          {func(n *node) { n.at(0, holder_, 0, 0).is("3000") }, baseID + ".issuer"},
		"no name of the holder's issuer":   {func(n *node) { n.at(0, holder_, 0, 0, 0).is("a402 3000") }, baseID + ".issuer"},
		"two issuers of the holder":        {func(n *node) { n.at(0, holder_, 0, 0).add(value(anyName)) }, baseID + ".issuer"},
		"a URI as issuer of the holder":    {func(n *node) { n.at(0, holder_, 0, 0, 0).is("8601 61") }, baseID + ".issuer"},
		"a negative serial of the holder":  {func(n *node) { n.at(0, holder_, 0, 1).content = []byte{0xff} }, baseID + ".serial"},
		"no serial of the holder":          {func(n *node) { n.at(0, holder_, 0).cut(1) }, baseID + ".serial"},
		"a unique id of the holder":        {func(n *node) { n.at(0, holder_, 0).add(value("0302 00a5")) }, baseID + ".issuerUID"},
		"no name of the holder":            {func(n *node) { n.at(0, holder_, 1).is("a100") }, "holder.entityName"},
		"a name of an unknown form":        {func(n *node) { n.at(0, holder_, 1, 0).tag = 0xa9 }, "holder.entityName"},
		"a digest of an unknown kind":      {func(n *node) { n.at(0, holder_, 2, 0).content = []byte{3} }, digest + ".digestedObjectType"},
		"a digest of no kind":              {func(n *node) { n.at(0, holder_, 2).cut(0) }, digest + ".digestedObjectType"},
		"a digest of another thing":        {func(n *node) { n.at(0, holder_, 2, 0).content = []byte{2} }, digest + ".otherObjectTypeID"},
		"a digest by no algorithm":         {func(n *node) { n.at(0, holder_, 2).cut(1) }, digest + ".digestAlgorithm"},
		"a digest of nothing":              {func(n *node) { n.at(0, holder_, 2).cut(2) }, digest + ".objectDigest"},
		"v1Form":                           {func(n *node) { n.at(0, issuer_).tag = 0x30 }, "issuer"},
		"an issuer's certificate id":       {func(n *node) { n.at(0, issuer_).add(value("a000")) }, "issuer.v2Form"},
		"an issuer of two names":           {func(n *node) { n.at(0, issuer_, 0).add(value(anyName)) }, "issuer.v2Form.issuerName"},
		"an issuer of no name":             {func(n *node) { n.at(0, issuer_, 0, 0).is("a402 3000") }, "issuer.v2Form.issuerName"},
		"an issuer that is a URI":          {func(n *node) { n.at(0, issuer_, 0, 0).is("8601 61") }, "issuer.v2Form.issuerName"},
		"serial number zero":               {func(n *node) { n.at(0, serial_).content = []byte{0} }, "serialNumber"},
		"a negative serial number":         {func(n *node) { n.at(0, serial_).content = []byte{0x80} }, "serialNumber"},
		"a serial number of 21 octets":     {func(n *node) { n.at(0, serial_).content = append([]byte{1}, make([]byte, 20)...) }, "serialNumber"},
		"a serial number with zeros":       {func(n *node) { n.at(0, serial_).content = []byte{0, 1} }, certErr},
		"UTCTime at the beginning":         {func(n *node) { n.at(0, validity_, 0).is("170d 3236303430313030303030305a") }, period + ".notBeforeTime"},
		"UTCTime at the end":               {func(n *node) { n.at(0, validity_, 1).is("170d 3239303230313030303030305a") }, period + ".notAfterTime"},
		"a time without seconds":           {func(n *node) { n.at(0, validity_, 0).content = []byte("202604010000Z") }, period + ".notBeforeTime"},
		"a time with fractions":            {func(n *node) { n.at(0, validity_, 0).content = []byte("20260401000000.5Z") }, period + ".notBeforeTime"},
		"a time elsewhere":                 {func(n *node) { n.at(0, validity_, 0).content = []byte("20260401000000+0100") }, period + ".notBeforeTime"},
		"the 30th of February":             {func(n *node) { n.at(0, validity_, 1).content = []byte("20280230000000Z") }, period + ".notAfterTime"},
		"an end before the beginning":      {func(n *node) { n.at(0, validity_, 1).content = []byte("20260331235959Z") }, period},
		"a third time":                     {func(n *node) { n.at(0, validity_).add(value("180f 32303239303230313030303030305a")) }, period},
		"no attributes":                    {func(n *node) { n.at(0, attributes_).is("3000") }, "attributes"},
		"an attribute twice":               {func(n *node) { n.at(0, attributes_).add(n.at(0, attributes_, role_)) }, "attributes.type"},
		"an attribute without values":      {func(n *node) { n.at(0, attributes_, clearance_, 1).is("3100") }, "attributes.values"},
		"an attribute with more":           {func(n *node) { n.at(0, attributes_, clearance_).add(value("0500")) }, "attributes.values"},
		"an attribute no sequence":         {func(n *node) { n.at(0, attributes_, role_).tag = 0xa0 }, "attributes"},
		"roles out of order":               {func(n *node) { s := n.at(0, attributes_, role_, 1); s.kids[0], s.kids[1] = s.kids[1], s.kids[0] }, certErr},
		"a role without a name":            {func(n *node) { n.at(0, attributes_, role_, 1, 0).is("3000") }, "attributes.role"},
		"a URI made of values":             {func(n *node) { n.at(0, attributes_, role_, 1, 0, 0, 0).is("a602 0500") }, "attributes.role"},
		"a role of two names":              {func(n *node) { n.at(0, attributes_, role_, 1, 0, 0).add(value("860161")) }, "attributes.role"},
		"a role with more":                 {func(n *node) { n.at(0, attributes_, role_, 1, 0).add(value("a200")) }, "attributes.role"},
		"two groups":                       {func(n *node) { n.at(0, attributes_, group_, 1).add(value("5000")) }, "attributes.group"},
		"a group of no words":              {func(n *node) { n.at(0, attributes_, group_, 1, 0, 1).is("3000") }, "attributes.group"},
		"a group of a number":              {func(n *node) { n.at(0, attributes_, group_, 1, 0, 1, 0).is("020101") }, "attributes.group"},
		"a charging identity of no syntax": {func(n *node) { n.at(0, attributes_, charging_, 1, 0).is("0500") }, "attributes.chargingIdentity"},
		"an access identity with authInfo": {func(n *node) { n.at(0, attributes_, identity_, 1, 0).add(value("0400")) }, "attributes.accessIdentity"},
		"a unique id of the issuer":        {func(n *node) { n.at(0).kids = append(n.at(0).kids[:7:7], value("0302 00a5"), n.at(0, 7)) }, "issuerUniqueID"},
		"extensions without any":           {func(n *node) { n.at(0, extensions_).is("3000") }, "extensions"},
		"something after extensions":       {func(n *node) { n.at(0).add(value("0500")) }, "acinfo"},
		"an extension twice":               {func(n *node) { n.at(0, extensions_).add(n.ext(extra_)) }, "extensions.extnID"},
		"FALSE written out": {func(n *node) {
			n.ext(extra_).kids = []*node{n.ext(extra_).kids[0], value("010100"), n.ext(extra_).kids[1]}
		}, "extensions.critical"},
		"TRUE in other words":          {func(n *node) { n.ext(audit_).kids[1].content = []byte{1} }, certErr},
		"an extension without value":   {func(n *node) { n.ext(extra_).cut(1) }, "extensions.extnValue"},
		"an extension with more":       {func(n *node) { n.ext(extra_).add(value("0500")) }, "extensions.extnValue"},
		"audit identity, not critical": {func(n *node) { n.ext(audit_).cut(1) }, "extensions.auditIdentity"},
		"targets, not critical":        {func(n *node) { n.ext(targets_).cut(1) }, "extensions.targetInformation"},
		"a key id that is critical": {func(n *node) {
			n.ext(keyID_).kids = []*node{n.ext(keyID_).kids[0], value("0101ff"), n.ext(keyID_).kids[1]}
		}, "extensions.authorityKeyIdentifier"},
		"a targetCert":                       {func(n *node) { n.ext(targets_).inside(func(v *node) { v.at(0).add(value("a200")) }) }, "extensions.targetInformation"},
		"a target of two names":              {func(n *node) { n.ext(targets_).inside(func(v *node) { v.at(0, 0).add(value("860161")) }) }, "extensions.targetInformation"},
		"a target in BER":                    {func(n *node) { n.ext(targets_).inside(func(v *node) { v.at(0).add(value("a005 a003 050100")) }) }, "extensions.targetInformation"},
		"no targets":                         {func(n *node) { n.ext(targets_).inside(func(v *node) { v.at(0).is("3000") }) }, "extensions.targetInformation"},
		"a key id with a lone serial number": {func(n *node) { n.ext(keyID_).inside(func(v *node) { v.add(value("820101")) }) }, "extensions.authorityKeyIdentifier"},
		"a key id with more":                 {func(n *node) { n.ext(keyID_).inside(func(v *node) { v.add(value("830101")) }) }, "extensions.authorityKeyIdentifier"},
		"OCSP at a DNS name":                 {func(n *node) { n.ext(access_).inside(func(v *node) { v.at(0, 1).tag = 0x82 }) }, "extensions.authorityInfoAccess"},
		"no access":                          {func(n *node) { n.ext(access_).inside(func(v *node) { v.is("3000") }) }, "extensions.authorityInfoAccess"},
		"two distribution points":            {func(n *node) { n.ext(crl_).inside(func(v *node) { v.add(v.at(0)) }) }, "extensions.cRLDistributionPoints"},
		"a distribution point of two names":  {func(n *node) { n.ext(crl_).inside(func(v *node) { v.at(0, 0, 0).add(value("860161")) }) }, "extensions.cRLDistributionPoints"},
		"a CRL of another issuer":            {func(n *node) { n.ext(crl_).inside(func(v *node) { v.at(0).add(value("a2 11" + anyName)) }) }, "extensions.cRLDistributionPoints"},
		"an extension's value with more":     {func(n *node) { n.ext(audit_).at(2).content = append(n.ext(audit_).at(2).content, 5, 0) }, "extensions.auditIdentity"},
		"no revocation and where to ask":     {func(n *node) { n.at(0, extensions_).add(value("30 09 06 03 55 1d 38 04 02 05 00")) }, "extensions.noRevAvail"},
	} {
		t.Run(name, func(t *testing.T) {
			w := shared()
			tree := treeOf(bytes.Clone(w.full))
			c.change(tree)
			ac, err := Parse(tree.der())
			if field(err) != c.field || (err == nil) != (c.field == "") || (err == nil) != (ac != nil) {
				t.Errorf("got %v, want a complaint about %q", err, c.field)
			}
		})
	}
}

func TestOnlyDERIsRead(t *testing.T) {
	der := shared().full
	tbs := treeOf(der).at(0).der()
	header := len(der) - len(treeOf(der).at(1).der()) - len(treeOf(der).at(2).der()) - len(tbs)
	body := der[header:]
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	deep := unhex("0500")
	for range maxDepth {
		deep = (&node{tag: 0x30, kids: []*node{{raw: deep}}}).der()
	}
	edit := func(change func(*node)) []byte {
		tree := treeOf(bytes.Clone(der))
		change(tree)
		return tree.der()
	}
	clearance := func(hexadecimal string) []byte {
		return edit(func(n *node) { n.at(0, attributes_, clearance_, 1, 0).is(hexadecimal) })
	}
	for name, input := range map[string][]byte{
		"nothing":                     {},
		"one octet":                   {0x30},
		"an octet after the end":      join(der, []byte{0}),
		"a certificate after the end": join(der, der),
		"an octet less":               der[:len(der)-1],
		"an indefinite length":        join([]byte{0x30, 0x80}, body, []byte{0, 0}),
		"an indefinite length inside": clearance("3080 0500 0000"),
		"a length with a zero":        join([]byte{0x30, 0x83, 0}, der[2:header], body),
		"a length too long":           join([]byte{0x30, 0x85, 0, 0, 0}, der[2:header], body),
		"a short length, long form":   clearance("308102 0500"),
		"a high tag":                  clearance("bf8f01 00"),
		"an end of contents":          clearance("0000"),
		"a BOOLEAN neither nor":       clearance("010101"),
		"a BOOLEAN of two octets":     clearance("0102ffff"),
		"an INTEGER of nothing":       clearance("0200"),
		"an INTEGER padded":           clearance("0202007f"),
		"a negative INTEGER padded":   clearance("0202ff80"),
		"an ENUMERATED padded":        clearance("0a020001"),
		"a BIT STRING of nothing":     clearance("0300"),
		"a BIT STRING, 8 bits unused": clearance("03020800"),
		"a BIT STRING, bits set":      clearance("03020101"),
		"a BIT STRING, no bits":       clearance("030101"),
		"a NULL of something":         clearance("050100"),
		"an OID of nothing":           clearance("0600"),
		"an OID without an end":       clearance("060281 80"),
		"an OID padded":               clearance("06032a8001"),
		"a text in pieces":            clearance("2c03 0c0161"),
		"octets in pieces":            clearance("2403 040161"),
		"a SET out of order":          clearance("3106 020102 020101"),
		"a primitive SEQUENCE":        clearance("1000"),
		"nested too deep": edit(func(n *node) {
			n.at(0, attributes_, clearance_, 1, 0).raw = deep
		}),
		"too large": edit(func(n *node) {
			n.at(0, attributes_, clearance_, 1, 0).raw = (&node{tag: 4, content: make([]byte, MaxSize)}).der()
		}),
	} {
		t.Run(name, func(t *testing.T) {
			if ac, err := Parse(input); field(err) != certErr || ac != nil {
				t.Errorf("got %v", err)
			}
		})
	}
	for name, hexadecimal := range map[string]string{
		"a BOOLEAN": "0101ff", "an INTEGER": "02020080", "a negative INTEGER": "0202ff7f", "bits": "03020102", "no bits": "030100",
		"an OID": "06032a8100", "a SET": "3106 020101 020102", "equal members": "3104 0500 0500", "a context tag": "8100",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse(clearance(hexadecimal)); err != nil {
				t.Error(err)
			}
		})
	}
}

const certErr = "certificate"

func TestTheResultHoldsNoReferenceToItsInput(t *testing.T) {
	der := bytes.Clone(shared().full)
	ac, again := must(Parse(der)), must(Parse(der))
	clear(der)
	if !bytes.Equal(ac.Raw, shared().full) || ac.Roles[0].Name.String() != again.Roles[0].Name.String() {
		t.Error("the result changed with the input")
	}
}

func TestErrorsHoldNothingOfTheCertificate(t *testing.T) {
	tree := treeOf(bytes.Clone(shared().full))
	tree.at(0, attributes_, role_, 1, 0, 0, 0).content = []byte("urn:secrét")
	_, err := Parse(tree.der())
	if err == nil || strings.Contains(err.Error(), "secr") {
		t.Errorf("it reads %q", err)
	}
}

func TestANameIsShownToPeople(t *testing.T) {
	for want, n := range map[string]GeneralName{
		"https://example.org/?a":           URIName("https://example.org/?a"),
		"example.org":                      DNSName("example.org"),
		"a@example.org":                    {EmailAddress, []byte("a@example.org")},
		"192.0.2.1":                        {IPAddress, []byte{192, 0, 2, 1}},
		"2001:db8::1":                      {IPAddress, unhex("20010db8000000000000000000000001")},
		"IP address of 3 octets":           {IPAddress, []byte{1, 2, 3}},
		"CN=aa":                            DirectoryName(unhex("30 0d 31 0b 30 09 06 03 55 04 03 0c 02 61 61")),
		"directory name of 1 octets":       DirectoryName([]byte{1}),
		"registered id of 1 octets":        {RegisteredID, []byte{42}},
		"unknown form of name of 0 octets": {Kind: 99},
	} {
		if got := n.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := Rule(99).String() + Rule(0).String(); got != "an unknown rulean unknown rule" {
		t.Errorf("got %q", got)
	}
}
