package escrow

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/pki/pkitest"
	"github.com/habeas-data/habeas/internal/pki/regfile"
	"github.com/habeas-data/habeas/internal/pki/request"
	"github.com/habeas-data/habeas/sealed"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// task is what the page is asked, answer what it says.
type task struct {
	Task     string   `json:"task"`
	To       []byte   `json:"to,omitempty"`
	Info     []byte   `json:"info,omitempty"`
	AAD      []byte   `json:"aad,omitempty"`
	Plain    []byte   `json:"plain,omitempty"`
	Message  []byte   `json:"message,omitempty"`
	D        []byte   `json:"d,omitempty"`
	Own      []byte   `json:"own,omitempty"`
	Chain    [][]byte `json:"chain,omitempty"`
	Password string   `json:"password,omitempty"`
	Kind     string   `json:"kind,omitempty"`
	Account  string   `json:"account,omitempty"`
	Serial   string   `json:"serial,omitempty"`
	Reset    string   `json:"reset,omitempty"`
	Code     string   `json:"code,omitempty"`
	People   []task   `json:"people,omitempty"`
	Kept     []byte   `json:"kept,omitempty"`
	Given    []byte   `json:"given,omitempty"`
	Key      []byte   `json:"key,omitempty"`
}

type answer struct {
	Bytes, Signature, Sealed, Key, Own []byte
	Code, Error, Message, Words        string
	Said, Named                        []string
	Messages                           [][]byte
}

// page runs the modules of the page in Node.
func page(t testing.TB, tasks ...task) (answers []answer) {
	t.Helper()
	dir := t.TempDir()
	modules, err := filepath.Glob("../../web/ui/js/*.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range append(modules, "testdata/page.mjs") {
		text, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, filepath.Base(from)), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"type":"module"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := json.Marshal(tasks)
	if err != nil {
		t.Fatal(err)
	}
	node := exec.CommandContext(t.Context(), "node", filepath.Join(dir, "page.mjs"))
	node.Stdin, node.Stderr = bytes.NewReader(in), os.Stderr
	out, err := node.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &answers); err != nil || len(answers) != len(tasks) {
		t.Fatalf("%v: %s", err, out)
	}
	return answers
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// vector is the first message of RFC 9180, A.3.1.
var vector = struct{ info, skEm, skRm, pkRm, enc, plain, aad, ciphertext string }{
	info:       "4f6465206f6e2061204772656369616e2055726e",
	skEm:       "4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb",
	skRm:       "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2",
	pkRm:       "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0",
	enc:        "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4",
	plain:      "4265617574792069732074727574682c20747275746820626561757479",
	aad:        "436f756e742d30",
	ciphertext: "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434",
}

// The page does what RFC 9180 says, and opens what the server seals and the other way round, but
// nothing that was sealed for something else.
func TestThePageAndTheServerSealAlike(t *testing.T) {
	t.Parallel()
	v := vector
	message := unhex(t, v.enc+v.ciphertext)
	key, err := hpke.DHKEM(ecdh.P256()).NewPrivateKey(unhex(t, v.skRm))
	if err != nil {
		t.Fatal(err)
	}
	r, err := hpke.NewRecipient(message[:PointSize], key, hpke.HKDFSHA256(), hpke.AES128GCM(), unhex(t, v.info))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := r.Open(unhex(t, v.aad), message[PointSize:]); err != nil || !bytes.Equal(plain, unhex(t, v.plain)) {
		t.Fatalf("the vector is none: %v", err)
	}
	own := key.PublicKey().Bytes()
	d := unhex(t, v.skRm)
	ours, err := Seal(own, []byte("for this"), []byte("a key"))
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(ours)
	flipped[70] ^= 1
	answers := page(
		t,
		task{Task: "open", D: d, Own: own, Message: message, Info: unhex(t, v.info), AAD: unhex(t, v.aad)},
		task{Task: "seal", D: unhex(t, v.skEm), Own: unhex(t, v.enc), To: unhex(t, v.pkRm), Info: unhex(t, v.info), AAD: unhex(t, v.aad), Plain: unhex(t, v.plain)},
		task{Task: "open", D: d, Own: own, Message: ours, Info: []byte(info), AAD: []byte("for this")},
		task{Task: "seal", To: own, Info: []byte(info), AAD: []byte("for that"), Plain: []byte("another key")},
		task{Task: "open", D: d, Own: own, Message: ours, Info: []byte(info), AAD: []byte("for that")},
		task{Task: "open", D: d, Own: own, Message: ours, Info: []byte("other"), AAD: []byte("for this")},
		task{Task: "open", D: d, Own: own, Message: flipped, Info: []byte(info), AAD: []byte("for this")},
		task{Task: "open", D: d, Own: own, Message: ours[:40], Info: []byte(info), AAD: []byte("for this")},
	)
	for i, want := range [][]byte{unhex(t, v.plain), message, []byte("a key")} {
		if !bytes.Equal(answers[i].Bytes, want) {
			t.Errorf("%d: the page has %x, want %x (%s)", i, answers[i].Bytes, want, answers[i].Message)
		}
	}
	if plain, err := open(key, answers[3].Bytes, []byte("for that")); err != nil || string(plain) != "another key" {
		t.Errorf("the page's message: %v", err)
	}
	if _, err := open(key, answers[3].Bytes, []byte("for this")); err != ErrMessage { //nolint:errorlint // the very value
		t.Errorf("for something else: %v", err)
	}
	for i, a := range answers[4:] {
		if a.Error == "" {
			t.Errorf("%d: the page opens what it must not", i)
		}
	}
}

// secrets is a key store.
type secrets map[string]sealed.Value

func (s secrets) Secret(_ context.Context, name string, generate func() ([]byte, error)) (sealed.Value, error) {
	if v, ok := s[name]; ok {
		return v, nil
	}
	plain, err := generate()
	s[name] = sealedtest.Seal(string(plain))
	return s[name], err
}

// A key goes from a file to the server and back into a file under another password: the same key and
// the same certificate. With a recovery code the server has nothing that it could open.
// Proves REC-03.
func TestAKeyComesBackIntoAnotherFile(t *testing.T) {
	t.Parallel()
	store := secrets{}
	server, err := Open(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Open(t.Context(), store); err != nil || !bytes.Equal(again.Public(), server.Public()) {
		t.Fatalf("another key the second time: %v", err)
	}
	authority, err := pkitest.New(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := request.Make(key, dn.Subject{Name: "Tim Tester", Country: "ES", Username: "tim", Email: "tim@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	asked, err := request.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	certs, err := authority.Issue(asked)
	if err != nil {
		t.Fatal(err)
	}
	var chain [][]byte
	for _, c := range certs {
		chain = append(chain, c.Raw)
	}
	serial := hex.EncodeToString(certs[0].SerialNumber.FillBytes(make([]byte, 16)))
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	d, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	leave := task{Task: "leave", D: d, Own: point, Chain: chain, Password: "forgotten", Account: "acc", Serial: serial, To: server.Public()}
	inClear, inCode, wrong := leave, leave, leave
	inClear.Kind, inCode.Kind, wrong.Kind, wrong.Serial = "organisation", "code", "organisation", "00"
	left := page(t, inClear, inCode, wrong)
	if left[2].Error != "serial" {
		t.Errorf("another certificate: %+v", left[2])
	}
	browser, err := hpke.DHKEM(ecdh.P256()).GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	secret, err := browser.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	var back []task
	for i, kind := range []string{"organisation", "code"} {
		plain, err := server.Open(left[i].Bytes, []byte("habeas escrow v1\ndeposit\nacc\n"+serial+"\n"+kind))
		if err != nil {
			t.Fatalf("%s: %v %s", kind, err, left[i].Message)
		}
		if fits := Fits(plain, &key.PublicKey); fits != (kind == "organisation") || bytes.Contains(plain, d) != fits {
			t.Errorf("%s: the server can open it: %t", kind, fits)
		}
		sum := sha256.Sum256(left[i].Bytes)
		text := []byte("habeas escrow v1\nconsent\n1\n" + base64.RawURLEncoding.EncodeToString(sum[:]))
		if !Signed(&key.PublicKey, text, left[i].Signature) || Signed(&key.PublicKey, text[1:], left[i].Signature) {
			t.Errorf("%s: the signature does not fit", kind)
		}
		message, err := Seal(browser.PublicKey().Bytes(), []byte("habeas escrow v1\nreset\nchl"), Bundle(append([][]byte{[]byte(kind), plain}, chain...)...))
		if err != nil {
			t.Fatal(err)
		}
		back = append(back, task{Task: "rebuild", Message: message, Reset: "chl", D: secret, Own: browser.PublicKey().Bytes(), Password: "new", Code: left[i].Code})
	}
	otherCode, otherReset := back[1], back[0]
	otherCode.Code, otherReset.Reset = "0000-0000-0000-0000-0000-0000-00", "chl2"
	back[1].Code = strings.ToLower(strings.ReplaceAll(left[1].Code, "-", " ")) // as people type
	files := page(t, back[0], back[1], otherCode, otherReset)
	session := sealed.Open(t.Context())
	defer session.Close()
	for i, f := range files[:2] {
		id, err := regfile.Open(session, f.Bytes, sealedtest.Seal("new"))
		if err != nil {
			t.Fatalf("%d: %v %s", i, err, f.Message)
		}
		if !bytes.Equal(id.Chain[0].Raw, chain[0]) || !key.PublicKey.Equal(id.Key.Public()) {
			t.Errorf("%d: another key or certificate", i)
		}
	}
	if files[2].Error != "code" || files[3].Error != "reset" {
		t.Errorf("another code, another reset: %+v", files[2:])
	}
	if !Fits(pkcs8, &key.PublicKey) || Fits(append(pkcs8, 0), &key.PublicKey) {
		t.Error("what follows a key is taken")
	}
}

// Whatever a browser sends is refused or opened, and nothing opens that was not sealed.
func FuzzOpen(f *testing.F) {
	server, err := Open(f.Context(), secrets{})
	if err != nil {
		f.Fatal(err)
	}
	good, err := Seal(server.Public(), []byte("aad"), []byte("plain"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:PointSize])
	f.Add([]byte{4})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, message []byte) {
		plain, err := server.Open(message, []byte("aad"))
		if (err == nil) != bytes.Equal(message, good) || err == nil && string(plain) != "plain" {
			t.Errorf("opened: %v", err)
		}
		if Point(message) {
			if _, err := Seal(message, nil, []byte("plain")); err != nil {
				t.Errorf("a point that cannot be sealed to: %v", err)
			}
		}
	})
}

func FuzzFits(f *testing.F) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	good, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(append(good, 0))
	f.Add([]byte{0x30, 0x80, 0, 0})
	f.Fuzz(func(t *testing.T, der []byte) {
		if !Fits(der, &key.PublicKey) {
			return
		}
		again, err := x509.ParsePKCS8PrivateKey(der)
		if err != nil || !key.Equal(again) {
			t.Errorf("another key fits: %v", err)
		}
	})
}
