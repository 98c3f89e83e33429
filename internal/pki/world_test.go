package pki

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/sealed"
)

var ctx = context.Background()

var org = Organisation{Name: "Amigos de los Libros", Country: "ES", URL: "http://pki.example.org"}

var ana = dn.Subject{Name: "Ana María Núñez", Country: "ES", Organisation: "Amigos de los Libros", Email: "ana@example.org", Username: "ana"}

// secrets is a key store in memory.
type secrets struct {
	session *sealed.Session
	mu      sync.Mutex
	held    map[string]sealed.Value
}

func newSecrets(tb testing.TB) *secrets {
	s := &secrets{session: sealed.Open(ctx), held: map[string]sealed.Value{}}
	tb.Cleanup(s.session.Close)
	return s
}

func (s *secrets) Secret(_ context.Context, name string, generate func() ([]byte, error)) (sealed.Value, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.held[name]; ok {
		return v, nil
	}
	made, err := generate()
	if err != nil {
		return sealed.Value{}, err
	}
	v, err := s.session.Seal("secret", made)
	if err == nil {
		s.held[name] = v
	}
	return v, err
}

// register is a Store and a Revocations in memory.
type register struct {
	mu      sync.Mutex
	issued  map[Issuer]map[Serial]Issued
	revoked map[Issuer]map[Serial]Revocation
	lists   map[Issuer]map[int]CRL
	broken  error
}

func newRegister() *register {
	r := &register{issued: map[Issuer]map[Serial]Issued{}, revoked: map[Issuer]map[Serial]Revocation{}, lists: map[Issuer]map[int]CRL{}}
	for kind := range commonNames {
		for n := range 4 {
			i := kind.Nth(n + 1)
			r.issued[i], r.revoked[i], r.lists[i] = map[Serial]Issued{}, map[Serial]Revocation{}, map[int]CRL{}
		}
	}
	return r
}

// issuer is which generation has issued it.
func (i Issued) issuer() Issuer { return i.Authority.Nth(max(i.Generation, 1)) }

func (r *register) add(i Issued) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.issued[i.issuer()][i.Serial] = i
}

func (r *register) revoke(i Issued, at time.Time, why Reason) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.revoked[i.issuer()][i.Serial] = Revocation{Serial: i.Serial, At: at, Reason: why, NotAfter: i.NotAfter}
}

func (r *register) Status(_ context.Context, authority Issuer, serial Serial) (Status, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := r.revoked[authority][serial]; ok {
		return Status{State: Revoked, At: e.At, Reason: e.Reason}, r.broken
	}
	if _, ok := r.issued[authority][serial]; ok {
		return Status{State: Good}, r.broken
	}
	return Status{}, r.broken
}

func (r *register) IsRevoked(authority Kind, serial Serial) (bool, error) {
	for n := range 4 {
		s, err := r.Status(ctx, authority.Nth(n+1), serial)
		if err != nil || s.State == Revoked {
			return true, err
		}
	}
	return false, nil
}

func (r *register) Revoked(_ context.Context, authority Issuer, shard int, after time.Time) (list []Revocation, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s, e := range r.revoked[authority] {
		if authority.Kind.Shard(s) == shard && e.NotAfter.After(after) {
			list = append(list, e)
		}
	}
	return list, r.broken
}

func (r *register) CountRevoked(_ context.Context, authority Issuer, shard int) (n int64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.revoked[authority] {
		if authority.Kind.Shard(s) == shard {
			n++
		}
	}
	return n, r.broken
}

func (r *register) LatestCRL(_ context.Context, authority Issuer, shard int) (CRL, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lists[authority][shard], r.broken
}

func (r *register) SaveCRL(_ context.Context, list CRL) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lists[list.Issuer][list.Shard].Number >= list.Number {
		return habeas.Conflict("There is a newer list.")
	}
	r.lists[list.Issuer][list.Shard] = list
	return nil
}

// world is an organisation with all of its authorities.
type world struct {
	testing.TB
	clock                             *habeas.ManualClock
	keys                              *secrets
	register                          *register
	root, identity, server, attribute *Authority
	dir                               string // of files for other programs
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	// The time of the machine, because openssl asks no other clock about OCSP answers.
	w := &world{TB: tb, clock: habeas.NewManualClock(time.Now()), keys: newSecrets(tb), register: newRegister(), dir: tb.TempDir()}
	w.root = w.must(MakeRoot(ctx, w.keys, org, w.clock.Now()))
	w.identity = w.must(w.root.Subordinate(ctx, w.keys, Identity.Nth(1), w.clock.Now()))
	w.server = w.must(w.root.Subordinate(ctx, w.keys, Server.Nth(1), w.clock.Now()))
	w.attribute = w.must(w.root.Subordinate(ctx, w.keys, Attribute.Nth(1), w.clock.Now()))
	return w
}

func (w *world) must(a *Authority, err error) *Authority {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
	return a
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

// person issues Ana a certificate for a new key.
func (w *world) person() (Issued, *x509.Certificate, *ecdsa.PrivateKey) {
	w.Helper()
	key := newKey(w)
	issued, err := w.identity.IssueIdentity(ana, key.Public(), w.clock.Now(), w.clock.Now())
	if err != nil {
		w.Fatal(err)
	}
	w.register.add(issued)
	return issued, w.parse(issued.DER), key
}

func (w *world) parse(der []byte) *x509.Certificate {
	w.Helper()
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		w.Fatal(err)
	}
	return cert
}

// file writes PEM blocks of one type for another program.
func (w *world) file(name, kind string, ders ...[]byte) string {
	w.Helper()
	var b []byte
	for _, der := range ders {
		b = append(b, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})...)
	}
	name = filepath.Join(w.dir, name)
	if err := os.WriteFile(name, b, 0o600); err != nil {
		w.Fatal(err)
	}
	return name
}

func (w *world) certificates(name string, ders ...[]byte) string {
	return w.file(name, "CERTIFICATE", ders...)
}

// openssl runs it and returns what it says, and whether it was content.
func (w *world) openssl(args ...string) (string, bool) {
	w.Helper()
	cmd := exec.Command("openssl", args...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		w.Fatal(err)
	}
	return string(out), err == nil
}

// says runs openssl and wants all of the words in its answer.
func (w *world) says(content bool, args []string, words ...string) {
	w.Helper()
	out, ok := w.openssl(args...)
	for _, word := range words {
		if !strings.Contains(out, word) {
			w.Errorf("openssl %s: no %q in\n%s", args[0], word, out)
		}
	}
	if ok != content {
		w.Errorf("openssl %s: success %v, want %v:\n%s", args[0], ok, content, out)
	}
}
