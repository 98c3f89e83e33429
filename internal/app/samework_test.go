package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pgtest"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/pki/request"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// tally counts what a server does: statements by kind and table, what they write, and
// the work of the keys.
type tally struct {
	mu    sync.Mutex
	done  map[string]int
	bytes int // given to statements that write
}

var intoTable = regexp.MustCompile(`(?is)^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM)\b(?:.*?\bFROM)?\s+(\w+)`)

// kindOf names a statement by what it does to which table: an insert and an update of
// one row cost alike.
func kindOf(statement string) string {
	m := intoTable.FindStringSubmatch(statement)
	switch {
	case m == nil:
		return strings.Fields(statement)[0]
	case strings.EqualFold(m[1], "SELECT"):
		return "read " + m[2]
	}
	return "write " + regexp.MustCompile(`(?i)^\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)`).FindStringSubmatch(statement)[1]
}

// besideRequests is the work of the sequencer, which on PostgreSQL gives leaves their
// places whenever it gets round to it.
var besideRequests = map[string]bool{
	"begin": true, "commit": true, "WITH": true, "read tree": true, "write tree": true, "write lease": true, "read lease": true,
	"read staged": true, "BEGIN": true, "COMMIT": true,
}

func (t *tally) statement(text string, bytes int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	kind := kindOf(text)
	if besideRequests[kind] {
		return
	}
	t.done[kind]++
	if strings.HasPrefix(kind, "write ") {
		t.bytes += bytes
	}
}

func (t *tally) key(kind keyring.Work, _ int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done["key "+string(kind)]++
}

// of returns what a deed did.
func (t *tally) of(deed func()) (string, int) {
	t.mu.Lock()
	t.done, t.bytes = map[string]int{}, 0
	t.mu.Unlock()
	deed()
	t.mu.Lock()
	defer t.mu.Unlock()
	var lines []string
	for _, kind := range slices.Sorted(maps.Keys(t.done)) {
		lines = append(lines, fmt.Sprintf("%s: %d", kind, t.done[kind]))
	}
	return strings.Join(lines, "\n"), t.bytes
}

// crowd is a server with people of every kind, whose work is counted.
type crowd struct {
	*testing.T
	tally    tally
	clock    *habeas.ManualClock
	keys     *keyring.Ring
	db       *sqlstore.DB
	accounts *Accounts
	systems  *Systems
	escrows  *Escrows
	n        int
}

func newCrowd(t *testing.T) *crowd {
	c := &crowd{T: t, clock: habeas.NewManualClock(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))}
	c.tally.done = map[string]int{}
	dir := t.TempDir()
	var err error
	c.keys, _, err = keyring.Create(t.Context(), filepath.Join(dir, "keys.db"), keyring.NewPassword([]byte("correct horse battery")),
		keyring.Options{Clock: c.clock, KDF: keyring.CheapKDF, Watch: c.tally.key})
	c.ok(err)
	c.db, err = sqlstore.Open(t.Context(), sqlstore.Config{Dir: dir, DSN: pgtest.DSN(t), Keys: c.keys, Clock: c.clock, Watch: c.tally.statement})
	c.ok(err)
	t.Cleanup(func() { c.ok(c.db.Close()); c.ok(c.keys.Close()) })
	origin, err := edge.ParseOrigin("https://records.example.org")
	c.ok(err)
	mailer := &Mailer{Keys: c.keys, Origin: origin, Organisation: "City Sports", Contact: "help@example.org", Domain: "example.org", Clock: c.clock}
	schemas, err := party.NewSchemas(party.DefaultSchemas()...)
	c.ok(err)
	c.accounts = NewAccounts(AccountsDeps{DB: c.db, Keys: c.keys, Mailer: mailer, Clock: c.clock, Origin: origin, Organisation: "City Sports"})
	certificates := NewCertificates(&Authorities{
		DB: c.db, Keys: c.keys, Clock: c.clock, Org: pki.Organisation{Name: "City Sports", Country: "ES", URL: "http://pki.example.org"},
	}, c.accounts, NewPolicies(c.db, schemas, c.clock))
	c.escrows = NewEscrows(certificates, account.EscrowRules{})
	c.systems = NewSystems(SystemsDeps{DB: c.db, Keys: c.keys, Schemas: schemas, Clock: c.clock})
	return c
}

func (c *crowd) ok(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// fresh is an address that nobody has used, as long as every other.
func (c *crowd) fresh() email.Address {
	c.Helper()
	c.n++
	a, err := email.Parse(fmt.Sprintf("somebody%04d@example.org", c.n))
	c.ok(err)
	return a
}

func (c *crowd) ask(a email.Address) (habeas.ChallengeID, account.Token) {
	c.Helper()
	c.n++
	flow := account.Token{1, byte(c.n >> 8), byte(c.n)}
	id, err := c.accounts.Ask(c.Context(), account.Asking{Address: a, Language: "en", Flow: flow, Client: fmt.Sprint("network ", 100000+c.n)})
	c.ok(err)
	return id, flow
}

// member opens an account at an address.
func (c *crowd) member(a email.Address) habeas.AccountID {
	c.Helper()
	id, flow := c.ask(a)
	p, err := c.accounts.Prove(c.Context(), habeas.Actor{}, id, sealedtest.Seal(typedCode(c.keys, id)), account.Browser{Flow: flow, New: account.Token{2, byte(c.n >> 8), byte(c.n)}})
	c.ok(err)
	return p.Account
}

// book is a call of a connected system about an address.
func (c *crowd) book(system byte, a email.Address) {
	c.Helper()
	c.clock.Advance(time.Millisecond)
	c.n++
	_, err := c.systems.Records().FindOrCreate(c.Context(), habeas.Actor{Kind: habeas.ActorSystem, System: habeas.SystemID{0: 1, 15: system}}, party.Assertion{
		Email: a, HasEmail: true, Values: party.Values{"identity": {"given_name": "Ada", "family_name": "Okoye"}, "phone": {"number": "+34600123456"}},
		Ticket: &party.TicketInput{Ref: fmt.Sprintf("T-%04d", c.n)},
	})
	c.ok(err)
}

// claimed is the kind of address whose record has its person. The row of that record
// names the account, in a page that is written whole anyway.
const (
	claimed        = "a claimed record"
	longerRowBytes = len(habeas.AccountID{}) + len(party.Claimed) - len(party.Unclaimed)
)

// people are the kinds of address that somebody outside must not tell apart.
func (c *crowd) people() map[string]func() email.Address {
	const other = 9
	return map[string]func() email.Address{
		"nobody":               c.fresh,
		"a record":             func() email.Address { a := c.fresh(); c.book(other, a); return a },
		"an account":           func() email.Address { a := c.fresh(); c.member(a); return a },
		"a record and account": func() email.Address { a := c.fresh(); c.book(other, a); c.member(a); return a },
		claimed: func() email.Address {
			a := c.fresh()
			c.book(other, a)
			c.claim(a, c.member(a))
			return a
		},
		"an account with a key": func() email.Address { a := c.fresh(); c.passkey(c.member(a)); return a },
		"a closed account":      func() email.Address { a := c.fresh(); c.member(a); c.close(a); return a },
		"a registered account":  func() email.Address { a := c.fresh(); c.register(a, c.member(a)); return a },
		"one whose key is kept": func() email.Address { a := c.fresh(); c.leave(c.register(a, c.member(a))); return a },
	}
}

// claim makes the record at an address its account's.
func (c *crowd) claim(a email.Address, id habeas.AccountID) {
	c.Helper()
	c.ok(c.db.InTx(c.Context(), func(tx *sqlstore.Tx) error {
		w := tx.Records()
		rows, err := w.KnownAt(c.Context(), c.keys.Lookup(party.LookupEmail, a.Key()))
		c.ok(err)
		p, err := w.Party(c.Context(), rows[0].Party)
		c.ok(err)
		p.State, p.Account, p.ClaimedAt = party.Claimed, id, c.clock.Now()
		p.Version++
		return w.ChangeParty(p, nil, nil, c.accounts.entry("claim.accept", habeas.SubjectOf(p.ID), habeas.Server, nil))
	}))
}

func (c *crowd) passkey(id habeas.AccountID) {
	c.Helper()
	c.ok(c.db.InTx(c.Context(), func(tx *sqlstore.Tx) error {
		p := account.Passkey{Hash: c.keys.Lookup(account.LookupPasskey, id.String()), Account: id, AddedAt: c.clock.Now(), Credential: []byte(`{}`)}
		return tx.Accounts().AddPasskey(p, c.accounts.entry("account.credential-add", habeas.SubjectOf(id), habeas.Server, nil))
	}))
}

// register gives an account a certificate.
func (c *crowd) register(a email.Address, id habeas.AccountID) account.Certificate {
	c.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	c.ok(err)
	asked, err := request.Make(key, dn.Subject{Name: "Ada Okoye", Country: "ES", Username: "ada", Email: a.Mailbox()})
	c.ok(err)
	self := habeas.Actor{Kind: habeas.ActorPerson, Account: id}
	_, err = c.escrows.certificates.Register(c.Context(), self, asked)
	c.ok(err)
	h, err := c.escrows.certificates.Holding(c.Context(), self)
	c.ok(err)
	return h.Certificates[0]
}

// leave keeps a key of a certificate.
func (c *crowd) leave(of account.Certificate) {
	c.Helper()
	kept := account.Escrow{
		ID: habeas.NewID[habeas.EscrowKind](c.clock.Now()), Account: of.Account, Serial: of.Serial, Class: account.EscrowOpen, Words: account.EscrowWords,
		At: c.clock.Now(), Deposit: make([]byte, 200),
	}
	c.ok(c.keys.Commit(c.Context(), c.keys.NewKey(habeas.SubjectOf(kept.ID))))
	c.ok(c.db.InTx(c.Context(), func(tx *sqlstore.Tx) error {
		return tx.Accounts().SaveEscrow(kept, c.accounts.entry(audit.EscrowKept, habeas.SubjectOf(of.Account), habeas.Server, nil))
	}))
}

// askReset asks for a code on the page for lost registration files.
func (c *crowd) askReset(a email.Address, kind account.ResetKind) (habeas.ChallengeID, account.Token) {
	c.Helper()
	c.n++
	flow := account.Token{3, byte(c.n >> 8), byte(c.n)}
	in := account.Asking{Address: a, Language: "en", Flow: flow, Client: fmt.Sprint("network ", 100000+c.n)}
	id, err := c.escrows.AskReset(c.Context(), habeas.Actor{}, kind, in, nil)
	c.ok(err)
	return id, flow
}

func (c *crowd) close(a email.Address) {
	c.Helper()
	boss := habeas.Actor{Kind: habeas.ActorStaff, Account: habeas.AccountID{15: 9}, Roles: []habeas.Role{habeas.RoleAdministrator}, Proof: habeas.ProofPasskey}
	c.ok(c.accounts.SetClosed(c.Context(), boss, a, true))
}

// level brings the ledger to a size at which the next leaf completes no subtree but its
// own: how many hashes a leaf brings depends on its place, and on nobody.
func (c *crowd) level() {
	c.Helper()
	for {
		n, err := c.db.Size(c.Context())
		c.ok(err)
		if n%2 == 0 {
			return
		}
		c.ok(c.db.InTx(c.Context(), func(tx *sqlstore.Tx) error {
			return tx.Audit(c.accounts.entry("keys.rotate", habeas.SubjectID{}, habeas.Server, nil))
		}))
	}
}

// Everything that answers an address that anybody may type does the same work for it,
// whoever is behind it: the same statements on the same tables, as many bytes written,
// as many values sealed and opened, keys read, unwrapped and written.
// Proves PTY-7, PTY-A26 and PTY-A27.
func TestKnownAndUnknownAddressesCostTheSameWork(t *testing.T) {
	c := newCrowd(t)
	const mine, booking = 7, "booking"
	flows := map[string]func(a email.Address) func(){
		"sign-up, sign-in by code, recovery: asking": func(a email.Address) func() {
			return func() { c.ask(a) }
		},
		"asking once more": func(a email.Address) func() {
			c.ask(a)
			return func() { c.ask(a) }
		},
		"the page to type the code on": func(a email.Address) func() {
			id, flow := c.ask(a)
			return func() {
				_, err := c.accounts.Waiting(c.Context(), id, flow)
				c.ok(err)
			}
		},
		"a wrong code": func(a email.Address) func() {
			id, flow := c.ask(a)
			return func() {
				_, err := c.accounts.Prove(c.Context(), habeas.Actor{}, id, sealedtest.Seal(other(typedCode(c.keys, id))), account.Browser{Flow: flow})
				if habeas.KindOf(err) != habeas.KindInvalid {
					t.Fatal(err)
				}
			}
		},
		"a lost file: asking": func(a email.Address) func() {
			return func() { c.askReset(a, account.ResetPassword) }
		},
		"a stolen file: asking": func(a email.Address) func() {
			return func() { c.askReset(a, account.ResetCompromised) }
		},
		"a lost file: a wrong code": func(a email.Address) func() {
			id, flow := c.askReset(a, account.ResetLost)
			return func() {
				wrong := sealedtest.Seal(other(typedCode(c.keys, id)))
				if _, err := c.escrows.ProveReset(c.Context(), habeas.Actor{}, account.Token{}, id, wrong, flow); habeas.KindOf(err) != habeas.KindInvalid {
					t.Fatal(err)
				}
			}
		},
		booking: func(a email.Address) func() {
			return func() { c.book(mine, a) }
		},
	}
	c.book(mine, c.fresh()) // what happens once a month has happened
	first := c.fresh()
	c.register(first, c.member(first)) // and in the log; the authorities are there
	for flow, prepare := range flows {
		t.Run(flow, func(t *testing.T) {
			deed := prepare(c.fresh())
			c.level()
			want, bytes := c.tally.of(deed)
			for who, make := range c.people() {
				deed := prepare(make())
				c.level()
				got, n := c.tally.of(deed)
				if who == claimed && flow == booking {
					n -= longerRowBytes
				}
				if got != want {
					t.Errorf("%s: for nobody\n%s\nfor %s\n%s", flow, want, who, got)
				}
				if n != bytes {
					t.Errorf("%s: %d bytes are written for nobody, %d for %s", flow, bytes, n, who)
				}
			}
		})
	}
}
