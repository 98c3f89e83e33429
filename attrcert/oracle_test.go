package attrcert

import (
	"bytes"
	"crypto"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Where Debian has Bouncy Castle.
var jars = []string{"/usr/share/java/bcprov.jar", "/usr/share/java/bcutil.jar", "/usr/share/java/bcpkix.jar"}

// tools ends a test whose tools are not there, which must not happen where everything has
// to be proved.
func tools(t *testing.T, commands, files []string) {
	t.Helper()
	missing := slices.DeleteFunc(slices.Clone(files), func(name string) bool { _, err := os.Stat(name); return err == nil })
	for _, command := range commands {
		if _, err := exec.LookPath(command); err != nil {
			missing = append(missing, command)
		}
	}
	switch {
	case len(missing) == 0:
	case os.Getenv("CI") == "true":
		t.Fatalf("missing: %v; scripts/setup test installs them", missing)
	default:
		t.Skipf("missing: %v; scripts/setup test installs them", missing)
	}
}

// question is one request to Bouncy Castle, and what is wrong with its answer.
type question struct {
	name, request string
	check         func(t *testing.T, answer string)
}

// ask puts all questions to one process, as it starts slowly.
func ask(t *testing.T, questions []question) {
	t.Helper()
	tools(t, []string{"java", "javac"}, jars)
	var in, out bytes.Buffer
	for _, q := range questions {
		fmt.Fprintln(&in, q.request)
	}
	cmd := exec.CommandContext(t.Context(), "java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
		"-cp", strings.Join(jars, ":"), filepath.Join("oracle", "Oracle.java"))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	answers := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(answers) != len(questions) {
		t.Fatalf("%d answers to %d questions", len(answers), len(questions))
	}
	for i, q := range questions {
		t.Run(q.name, func(t *testing.T) { q.check(t, answers[i]) })
	}
}

func b64(der []byte) string { return base64.StdEncoding.EncodeToString(der) }

// keyKinds are the kinds of keys, as both sides call them.
var keyKinds = map[string]struct {
	key          func() crypto.Signer
	algorithm    x509.SignatureAlgorithm
	theirs, kind string
}{
	"P-256":   {func() crypto.Signer { return ecKey(elliptic.P256()) }, x509.ECDSAWithSHA256, "SHA256WITHECDSA", "EC"},
	"P-384":   {func() crypto.Signer { return ecKey(elliptic.P384()) }, x509.ECDSAWithSHA384, "SHA384WITHECDSA", "EC"},
	"Ed25519": {edKey, x509.PureEd25519, "Ed25519", "Ed25519"},
	"RSA":     {rsaKey, x509.SHA256WithRSA, "SHA256WITHRSA", "RSA"},
	"PSS":     {rsaKey, x509.SHA256WithRSAPSS, "SHA256WITHRSAANDMGF1", "RSA"},
}

func TestBouncyCastleAgrees(t *testing.T) {
	var all []question
	for name, k := range keyKinds {
		w := newWorldWith(t, k.key())
		all = append(all, w.theyAccept(t, name, k.algorithm)...)
		all = append(all, w.theyRefuse(t, name, k.algorithm)...)
		pkcs8 := must(x509.MarshalPKCS8PrivateKey(w.key))
		for _, serial := range []string{"1000000", "99999999999999999999"} { // with NoRevAvail, and without
			all = append(all, question{
				name + "/we accept " + serial,
				strings.Join([]string{"make", serial, k.theirs, k.kind, b64(pkcs8), b64(w.issuer.Raw), b64(w.holder.Raw)}, " "),
				func(t *testing.T, answer string) { w.weAccept(t, serial, answer) },
			})
		}
	}
	ask(t, all)
}

// forOracle is a template of what Bouncy Castle reads: it takes groups of one kind only.
func (w *world) forOracle(algorithm x509.SignatureAlgorithm) *AttributeCertificate {
	template := w.everything()
	template.SignatureAlgorithm = algorithm
	template.Roles = []Role{{Name: URIName("urn:a")}, {Name: URIName(roleEditor)}}
	template.Group.Values = []IetfValue{{Text: "staff"}, {Text: "readers"}}
	return template
}

func (w *world) judge(der []byte, issuer, holder *x509.Certificate, at time.Time) string {
	return fmt.Sprintf("verify %s %s %s %d", b64(der), b64(issuer.Raw), b64(holder.Raw), at.UnixMilli())
}

func (w *world) theyAccept(t *testing.T, name string, algorithm x509.SignatureAlgorithm) []question {
	ac := w.create(t, w.forOracle(algorithm))
	// Values of a set come by length first, as DER orders them.
	want := fmt.Sprintf("accepted %d %d %d urn:a %s group:staff group:readers target:records.example.org target:urn:example:staff",
		ac.SerialNumber, ac.NotBefore.UnixMilli(), ac.NotAfter.UnixMilli(), roleEditor)
	return []question{{name + "/they accept", w.judge(ac.Raw, w.issuer, w.holder, noon), func(t *testing.T, answer string) {
		if answer != want {
			t.Errorf("Bouncy Castle: %s\nwant           %s", answer, want)
		}
	}}}
}

// theyRefuse: what we refuse, they refuse too.
func (w *world) theyRefuse(t *testing.T, name string, algorithm x509.SignatureAlgorithm) []question {
	good := w.create(t, w.forOracle(algorithm)).Raw
	forger := newWorldWith(t, ecKey(elliptic.P256()))
	edit := func(change func(*node)) []byte {
		tree := treeOf(bytes.Clone(good))
		change(tree)
		return tree.der()
	}
	otherHolder := w.certify(t, person(8), w.identities, w.holderKey)
	cases := map[string]struct {
		der            []byte
		issuer, holder *x509.Certificate
		at             time.Time
	}{
		"another key of the same name": {der: good, issuer: forger.issuer},
		"another issuer":               {der: good, issuer: w.identities},
		"another certificate":          {der: good, holder: otherHolder},
		"too early":                    {der: good, at: begin},
		"too late":                     {der: good, at: end},
		"an octet more":                {der: append(bytes.Clone(good), 0)},
		"another role":                 {der: edit(func(n *node) { n.at(0, attributes_, role_, 1, 0, 0, 0).content[0] ^= 1 })},
		"another holder":               {der: edit(func(n *node) { n.at(0, holder_, 0, 1).content = []byte{8} }), holder: otherHolder},
		"a later end":                  {der: edit(func(n *node) { n.at(0, validity_, 1).content[3]++ })},
		"another serial number":        {der: edit(func(n *node) { n.at(0, serial_).content[1]++ })},
		"another signature":            {der: edit(func(n *node) { s := n.at(2).content; s[len(s)-1] ^= 1 })},
		"no target":                    {der: edit(func(n *node) { n.at(0, extensions_).cut(targets_) })},
		"another algorithm outside":    {der: edit(func(n *node) { c := n.at(1, 0).content; c[len(c)-1] ^= 1 })},
	}
	var all []question
	for what, c := range cases {
		options := w.options()
		options.Names = []GeneralName{DNSName("records.example.org")}
		options.Revocation = func(*AttributeCertificate, *x509.Certificate, time.Time) error { return nil }
		if c.issuer == nil {
			c.issuer = w.issuer
		}
		if c.holder == nil {
			c.holder = w.holder
		}
		if c.at.IsZero() {
			c.at = noon
		}
		options.Issuers, options.CurrentTime = []*x509.Certificate{c.issuer}, c.at
		options.HolderChain[0] = c.holder
		all = append(all, question{name + "/both refuse " + what, w.judge(c.der, c.issuer, c.holder, c.at), func(t *testing.T, answer string) {
			if !strings.HasPrefix(answer, "refused ") {
				t.Errorf("Bouncy Castle: %s", answer)
			}
			if ac, err := Parse(c.der); err == nil && ac.Verify(options) == nil {
				t.Error("we accept it")
			}
		}})
	}
	return all
}

func (w *world) weAccept(t *testing.T, serial, answer string) {
	word, text, _ := strings.Cut(answer, " ")
	if word != "made" {
		t.Fatal(answer)
	}
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	ac, err := Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	writtenAgain(t, ac, der)
	options := w.options()
	options.Groups = []GeneralName{URIName("urn:example:staff")}
	if !ac.NoRevAvail {
		if rule(ac.Verify(options)) != RuleRevocationStatus || ac.CRLDistributionPoint.String() != "https://example.org/attributes.crl" {
			t.Errorf("%v, %v", ac.Verify(options), ac.CRLDistributionPoint)
		}
		options.Revocation = func(*AttributeCertificate, *x509.Certificate, time.Time) error { return nil }
	}
	if err := ac.Verify(options); err != nil {
		t.Error(err)
	}
	number, _ := new(big.Int).SetString(serial, 10)
	if ac.SerialNumber.Cmp(number) != 0 || !ac.NotBefore.Equal(begin) || !ac.NotAfter.Equal(end) || string(ac.AuditIdentity) != "\x01\x02\x03" {
		t.Errorf("read as %+v", ac)
	}
	if len(ac.Roles) != 2 || ac.Roles[0].Name.String() != roleEditor || !ac.Roles[1].Authority[0].Equal(DirectoryName(w.issuer.RawSubject)) {
		t.Errorf("roles %+v", ac.Roles)
	}
	if ac.Group == nil || len(ac.Group.Values) != 2 || ac.Group.Values[1].Text != "readers" {
		t.Errorf("group %+v", ac.Group)
	}
	// What they have made is not accepted once it is changed.
	for i := 0; i < len(der); i += 7 {
		changed := bytes.Clone(der)
		changed[i] ^= 1
		if ac, err := Parse(changed); err == nil && ac.CheckSignatureFrom(w.issuer) == nil {
			t.Errorf("octet %d can be changed", i)
		}
	}
}

func TestOpenSSLReadsItToTheEnd(t *testing.T) {
	tools(t, []string{"openssl"}, nil)
	der := shared().full
	cmd := exec.CommandContext(t.Context(), "openssl", "asn1parse", "-strictpem")
	cmd.Stdin = bytes.NewReader(pem.EncodeToMemory(&pem.Block{Type: PEMType, Bytes: der}))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, seen := range []string{fmt.Sprintf(":%X", must(Parse(der)).SerialNumber), "GENERALIZEDTIME   :20260401000000Z", "OBJECT            :role", "X509v3 CRL Distribution Points", "ecdsa-with-SHA256"} {
		if !strings.Contains(string(out), seen) {
			t.Errorf("OpenSSL does not see %q in\n%s", seen, out)
		}
	}
	if strings.Contains(strings.ToLower(string(out)), "error") {
		t.Errorf("OpenSSL complains:\n%s", out)
	}
}
