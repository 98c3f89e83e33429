package app_test

import (
	"bytes"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/pki/regfile"
	"github.com/habeas-data/habeas/internal/pki/request"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// filed registers an account as its person's own machine does, and returns the file under a password.
func (w *world) filed(a habeas.Actor, address, password string) []byte {
	w.Helper()
	keys := sealed.Open(w.ctx())
	w.Cleanup(keys.Close)
	key := must(regfile.NewKey(keys))(w)
	asked := must(request.Make(key, dn.Subject{Name: "Tim Tester", Country: "ES", Username: "tim", Email: address}))(w)
	var chain []*x509.Certificate
	for _, der := range must(w.Certificates.Register(w.ctx(), a, asked))(w) {
		chain = append(chain, must(x509.ParseCertificate(der))(w))
	}
	return must(regfile.Make(key, chain, sealedtest.Seal(password)))(w)
}

// saltsOf are the parameters of PBKDF2 in a file (RFC 8018, A.2): salt and iterations of each.
func saltsOf(t testing.TB, file []byte) (salts [][]byte, iterations int) {
	t.Helper()
	const oid = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c"
	for rest := file; ; {
		at := bytes.Index(rest, []byte(oid))
		if at < 0 {
			break
		}
		rest = rest[at+len(oid):]
		n := int(rest[3]) // SEQUENCE, its length, OCTET STRING, its length
		salts = append(salts, rest[4:4+n])
		for _, b := range rest[6+n : 6+n+int(rest[5+n])] {
			if iterations < 1<<20 && len(salts) == 1 {
				iterations = iterations<<8 | int(b)
			}
		}
	}
	if len(salts) != 2 || iterations != 600_000 {
		t.Fatalf("%d salts, %d iterations: the test reads the file wrongly", len(salts), iterations)
	}
	return salts, iterations
}

// verifiers are everything by which a server usually keeps a password: itself, digests of it, and what
// the file derives from it.
func verifiers(t testing.TB, password string, file []byte) map[string][]byte {
	t.Helper()
	text, wide := []byte(password), []byte{}
	for _, u := range utf16.Encode([]rune(password)) {
		wide = append(wide, byte(u>>8), byte(u))
	}
	m, s1, s2, s5 := md5.Sum(text), sha1.Sum(text), sha256.Sum256(text), sha512.Sum512(text)
	out := map[string][]byte{"itself": text, "itself in UTF-16": wide, "MD5": m[:], "SHA-1": s1[:], "SHA-256": s2[:], "SHA-512": s5[:]}
	salts, iterations := saltsOf(t, file)
	for i, salt := range salts {
		out["PBKDF2 with the file's salt "+string(rune('1'+i))] = must(pbkdf2.Key(sha256.New, password, salt, iterations, 32))(t)
	}
	return out
}

// hashShapes are those of stored password hashes.
var hashShapes = regexp.MustCompile(`\$2[abxy]\$\d\d\$[./0-9A-Za-z]{20}|\$argon2(id|i|d)\$|\$scrypt\$|\$pbkdf2|\{S?SHA\d*\}|\$[156]\$[./0-9A-Za-z]{4,16}\$[./0-9A-Za-z]{20}`)

// stored is everything that a server keeps: each file of its directory, each value of its database, and each
// sealed value opened.
func (w *world) stored() map[string][]byte {
	w.Helper()
	out := map[string][]byte{}
	w.ok(filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			out["file "+filepath.Base(path)], err = os.ReadFile(path)
		}
		return err
	}))
	s := must(sqlstore.OpenSnapshot(w.ctx(), sqlstore.Config{Dir: w.dir, DSN: w.dsn}))(w)
	defer s.Close()
	for _, table := range must(s.Tables(w.ctx()))(w) {
		w.ok(s.Each(w.ctx(), table, func(row []any) error {
			for _, v := range row {
				switch v := v.(type) {
				case string:
					out["table "+table.Name] = append(append(out["table "+table.Name], 0), v...)
				case []byte:
					out["table "+table.Name] = append(append(out["table "+table.Name], 0), v...)
				}
			}
			return nil
		}))
	}
	w.ok(s.EachSealed(w.ctx(), func(v sqlstore.Sealed) error {
		plain, err := w.unsealed(v)
		if habeas.KindOf(err) == habeas.KindGone {
			return nil
		}
		out["sealed "+v.Table] = append(append(out["sealed "+v.Table], 0), plain...)
		return err
	}))
	return out
}

// unsealed opens a sealed value.
func (w *world) unsealed(v sqlstore.Sealed) ([]byte, error) {
	key := w.Keys.House()
	var err error
	if !v.Subject.IsZero() {
		if key, err = w.Keys.Key(w.ctx(), v.Subject); err != nil {
			return nil, err
		}
	}
	if v.Month.IsZero() {
		return key.Open(v.Place, v.Value)
	}
	open := w.Keys.Month
	if v.Log {
		open = w.Keys.LogMonth
	}
	var month *keyring.Key
	if month, err = open(w.ctx(), v.Month); err != nil {
		return nil, err
	}
	inner, err := month.Open(v.Place, v.Value)
	if err != nil {
		return nil, err
	}
	return key.Open(v.Place, inner)
}

// People register, change what their certificate says, leave a key and recover the file; careless programs send
// the password along with every form. Nothing of it is kept anywhere, sealed or not.
//
// Proves AUTH-02.
func TestNoPasswordOrVerifierIsStored(t *testing.T) {
	w := newWorld(t)
	const password = "Zwölf Boxkämpfer jagen Viktor"
	tim := w.browser().join("tim@example.com")
	file := w.filed(w.who(tim), "tim@example.com", password)
	eve := w.browser().join("eve@example.com")
	careless := []string{"password", password, "passphrase", password, "pw", password, "new_password", password, "j_password", password}
	for _, path := range []string{"/join", "/code", "/sign-in/code", "/recover-file", "/me/registration/terminal", "/me/registration/lost", "/me/credentials/name", "/me/registration/escrow"} {
		eve.send(http.MethodPost, path, formOf(append([]string{"address", "eve@example.com", "again", "eve@example.com", "language", "en", "called", "Eve", "kind", "password"}, careless...)...))
		eve.send(http.MethodPost, path+"?password="+hex.EncodeToString([]byte(password)), formOf())
	}
	w.later(time.Minute)
	w.mails()
	now := w.who(tim) // changes what it says
	flow := newToken()
	changed := dn.Subject{Name: "Tim Changed", Country: "ES", Username: "tim", Email: "tim@example.com"}
	out := must(w.submits(now, w.asks(changed), flow))(w)
	must(w.Certificates.Confirm(w.ctx(), now, out.Challenge, sealedtest.Seal(w.codeIn(w.mailTo("tim@example.com", mail.KindCertificateCode))), flow))(w)

	lea := w.client("lea@example.com") // forgets the password, and gets the key back for another one
	lea.leave()
	id := lea.begins()
	w.later(24 * time.Hour)
	parts, err := lea.opens(id, must(w.Escrows.TakeReset(w.ctx(), id))(t))
	w.ok(err)
	if len(parts) < 2 {
		t.Fatal("she did not recover")
	}
	w.mails()
	w.verify()

	all := w.stored()
	if len(all["sealed registration"]) == 0 || len(all["sealed leaf"]) == 0 || len(all["sealed account_log"]) == 0 || !bytes.Contains(all["sealed registration"], []byte("Tim Changed")) {
		t.Fatal("what is sealed was not opened: the search proves nothing")
	}
	for name, needle := range verifiers(t, password, file) {
		for form, coded := range map[string][]byte{
			"": needle, " in hexadecimal": []byte(hex.EncodeToString(needle)), " in base64": []byte(base64.RawStdEncoding.EncodeToString(needle)),
			" in base64url": []byte(base64.RawURLEncoding.EncodeToString(needle)),
		} {
			for where, held := range all {
				if bytes.Contains(held, coded) || form == " in hexadecimal" && bytes.Contains(held, bytes.ToUpper(coded)) {
					t.Errorf("%s holds the password as %s%s", where, name, form)
				}
			}
		}
	}
	for where, held := range all {
		if found := hashShapes.Find(held); found != nil {
			t.Errorf("%s holds what looks like the hash of a password: %q", where, found)
		}
	}
}
