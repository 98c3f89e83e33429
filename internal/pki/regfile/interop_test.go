package regfile

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/tabwriter"
	"unicode"

	gopkcs12 "software.sslmate.com/src/go-pkcs12"
)

// sort of file: what is in it that other programs may stumble over.
type sortOfFile struct {
	name  string
	user  user
	known map[string]string // reader → why it does not open this sort; see the decision
}

// The limits of readers are theirs, and none is news.
func sorts() []sortOfFile {
	named := func(username string) user {
		who := tim
		who.Username = username
		return user{who, phrase, 2048}
	}
	with := func(password string) user { return user{tim, password, 2048} }
	java := map[string]string{"Java": "its keys of PBES2 take ASCII only, up to JDK 17 at least"}
	return []sortOfFile{
		{"as it is made", user{tim, phrase, Iterations}, nil}, // the page's is tried in a browser: e2e/regfile.test.mjs
		{"fewer iterations", user{tim, phrase, 2048}, nil},
		{"username Zoë 名前", named("Zoë 名前"), nil},
		{"username with 🌊", named("wave 🌊"), nil},
		{"password schlüssel", with("schlüssel"), java},
		{"password ключ 鍵", with("ключ 鍵"), java},
		{"password with 🌊", with("wave 🌊"), map[string]string{"Java": java["Java"], "go-pkcs12": "no characters outside the basic plane"}},
	}
}

// sample is one file for all readers.
type sample struct {
	sort  sortOfFile
	maker string
	file  []byte
	path  string
}

// readers open a file and say under which alias they show its key.
var readers = []string{"OpenSSL", "NSS", "Java", "Bouncy Castle", "go-pkcs12", "Go", "page"}

// TestInteropMatrix prints which program opens which file: `scripts/interop`.
//
// Of FILE-06 this is all but the stores of Windows and macOS. Proves FILE-02.
func TestInteropMatrix(t *testing.T) {
	t.Parallel()
	need(t, "openssl", "pk12util", "certutil", "java", bcprov, "node")
	samples := samples(t)
	results := map[string][]string{"page": inPage(t, samples)}
	results["Java"], results["Bouncy Castle"] = inJava(t, samples)
	nss := nssDatabase(t)
	for _, s := range samples {
		results["OpenSSL"] = append(results["OpenSSL"], inOpenSSL(t, s))
		results["NSS"] = append(results["NSS"], inNSS(t, nss, s))
		results["go-pkcs12"] = append(results["go-pkcs12"], inGoPKCS12(s))
		results["Go"] = append(results["Go"], inGo(t, s))
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "file\tmade by\t"+strings.Join(readers, "\t"))
	for i, s := range samples {
		fmt.Fprintf(w, "%s\t%s", s.sort.name, s.maker)
		for _, r := range readers {
			got := results[r][i]
			fmt.Fprintf(w, "\t%s", strings.SplitN(got, ":", 2)[0])
			if want := s.sort.known[r]; (got == "yes") != (want == "") {
				t.Errorf("%s by %s in %s: %s, want %q", s.sort.name, s.maker, r, got, want)
			}
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	t.Log("\n" + table.String())
}

// samples are files of each sort by both makers.
func samples(t *testing.T) (all []sample) {
	t.Helper()
	dir := t.TempDir()
	var users []user
	for _, s := range sorts()[1:] {
		users = append(users, s.user)
	}
	byPage := append([][]byte{nil}, ofPage(t, users...)...)
	for i, s := range sorts() {
		key, chain := registered(t, s.user.who)
		create := maker{s.user.times}.make
		if s.user.times == Iterations {
			create = Make
		}
		byGo, err := create(key, chain, seal(t, s.user.password))
		if err != nil {
			t.Fatal(err)
		}
		for _, made := range []sample{{maker: "Go", file: byGo}, {maker: "page", file: byPage[i]}} {
			if made.file == nil {
				continue
			}
			made.sort, made.path = s, filepath.Join(dir, fmt.Sprintf("%s-%d.p12", made.maker, i))
			write(t, made.path, made.file)
			all = append(all, made)
		}
	}
	return all
}

// verdict is "yes", or "no" and why.
func verdict(err error) string {
	if err != nil {
		return "no: " + err.Error()
	}
	return "yes"
}

// inOpenSSL takes key, certificates and names out of a file.
func inOpenSSL(t *testing.T, s sample) string {
	t.Helper()
	out, err := run(t.TempDir(), "", "openssl", "pkcs12", "-in", s.path, "-passin", "pass:"+s.sort.user.password, "-nodes")
	if err != nil {
		return verdict(err)
	}
	var key *ecdsa.PrivateKey
	var certs []*x509.Certificate
	for block, rest := pem.Decode([]byte(out)); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return verdict(err)
			}
			certs = append(certs, c)
			continue
		}
		k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return verdict(err)
		}
		key = k.(*ecdsa.PrivateKey)
	}
	if len(certs) != 3 || key == nil || !key.PublicKey.Equal(certs[0].PublicKey) {
		return "no: not what was put in"
	}
	name := "friendlyName: "
	if user := s.sort.user.who.Username; !strings.ContainsFunc(user, func(r rune) bool { return r > unicode.MaxASCII }) {
		name += user + "\n" // others it prints in Latin-1, as far as that goes
	}
	if strings.Count(out, name) != 2 || strings.Count(out, "localKeyID: ") != 2 {
		return "no: the username is not there twice"
	}
	return "yes"
}

// nssDatabase is an empty database, as Firefox and Chromium on Linux have one.
func nssDatabase(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if _, err := run(dir, "", "certutil", "-N", "-d", "sql:"+dir, "--empty-password"); err != nil {
		t.Fatal(err)
	}
	return dir
}

// inNSS imports a file into a fresh database and looks whether its certificate has its key
// there, which the letter u says.
func inNSS(t *testing.T, empty string, s sample) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(empty)); err != nil {
		t.Fatal(err)
	}
	password := write(t, filepath.Join(dir, "password"), []byte(s.sort.user.password))
	if _, err := run(dir, "", "pk12util", "-i", s.path, "-d", "sql:"+dir, "-w", password); err != nil {
		return verdict(err)
	}
	certs, err := run(dir, "", "certutil", "-L", "-d", "sql:"+dir)
	if err != nil {
		return verdict(err)
	}
	for line := range strings.Lines(certs) {
		if rest, ok := strings.CutPrefix(line, s.sort.user.who.Username); ok && strings.TrimSpace(rest) == "u,u,u" {
			return "yes"
		}
	}
	return "no: the key is not there under the username"
}

// inJava asks the key stores of Java and of Bouncy Castle.
func inJava(t *testing.T, samples []sample) (sun, bc []string) {
	t.Helper()
	var tasks [][]string
	for _, provider := range []string{"SunJSSE", "BC"} {
		for _, s := range samples {
			tasks = append(tasks, []string{provider, s.path, s.sort.user.password})
		}
	}
	lines := java(t, tasks...)
	for i, line := range lines {
		user := samples[i%len(samples)].sort.user.who.Username
		want := func(alias string) string { return "yes " + base64.StdEncoding.EncodeToString([]byte(alias)) + " 3" }
		if line == want(user) || line == want(strings.ToLower(user)) { // Java's own shows names in lower case
			line = "yes"
		}
		lines[i] = strings.Replace(line, "no ", "no: ", 1)
	}
	return lines[:len(samples)], lines[len(samples):]
}

// inPage asks the modules of the page.
func inPage(t *testing.T, samples []sample) (verdicts []string) {
	t.Helper()
	var tasks []task
	for _, s := range samples {
		tasks = append(tasks, task{Task: "review", File: s.file, Password: s.sort.user.password})
	}
	for i, a := range page(t, tasks...) {
		got := "no: " + a.Code
		if a.Review.Subject == samples[i].sort.user.who {
			got = "yes"
		}
		verdicts = append(verdicts, got)
	}
	return verdicts
}

func inGoPKCS12(s sample) string {
	key, own, chain, err := gopkcs12.DecodeChain(s.file, s.sort.user.password)
	if err == nil && (len(chain) != 2 || !key.(*ecdsa.PrivateKey).PublicKey.Equal(own.PublicKey)) {
		err = errors.New("not what was put in")
	}
	return verdict(err)
}

func inGo(t *testing.T, s sample) string {
	t.Helper()
	id, err := opened(t, s.file, s.sort.user.password)
	if err == nil && id.Subject != s.sort.user.who {
		err = errors.New("not what was put in")
	}
	return verdict(err)
}
