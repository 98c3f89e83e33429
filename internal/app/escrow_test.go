package app_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// leaver is what a browser holds: the private key of a registration file, and a pair of keys for resets.
type leaver struct {
	*world
	actor habeas.Actor
	mail  string
	key   *ecdsa.PrivateKey
	cert  account.Certificate
	own   hpke.PrivateKey
	flow  account.Token
}

func (w *world) client(address string) *leaver {
	w.Helper()
	c := &leaver{world: w, actor: w.join(address), mail: address, flow: newToken(), own: must(hpke.DHKEM(ecdh.P256()).GenerateKey())(w)}
	c.register()
	return c
}

func (c *leaver) register() {
	c.Helper()
	key, asked := c.requested(c.mail)
	must(c.Certificates.Register(c.ctx(), c.actor, asked))(c)
	c.key = key
	c.cert, _ = account.ActiveIdentity(must(c.DB.Accounts().Certificates(c.ctx(), c.actor.Account))(c), c.clock.Now())
}

func (c *leaver) pkcs8() []byte {
	c.Helper()
	return must(x509.MarshalPKCS8PrivateKey(c.key))(c)
}

// sealTo is what the page does.
func (c *leaver) sealTo(to, aad, plain []byte) []byte {
	c.Helper()
	public := must(hpke.DHKEM(ecdh.P256()).NewPublicKey(to))(c)
	enc, s, err := hpke.NewSender(public, hpke.HKDFSHA256(), hpke.AES128GCM(), []byte("habeas escrow v1"))
	c.ok(err)
	return append(enc, must(s.Seal(aad, plain))(c)...)
}

func (c *leaver) sign(key *ecdsa.PrivateKey, text []byte) []byte {
	c.Helper()
	sum := sha256.Sum256(text)
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	c.ok(err)
	return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
}

// deposit is a key on its way to the server.
func (c *leaver) deposit(class account.EscrowClass, plain []byte) account.Deposit {
	c.Helper()
	to := must(c.Escrows.Escrowing(c.ctx(), c.actor))(c).Key
	d := account.Deposit{Serial: c.cert.Serial, Class: class, Words: account.EscrowWords}
	d.Sealed = c.sealTo(to, account.DepositText(c.actor.Account, d.Serial, class), plain)
	digest := sha256.Sum256(d.Sealed)
	d.Signature = c.sign(c.key, account.ConsentText(d.Words, digest[:]))
	return d
}

func (c *leaver) leave() {
	c.Helper()
	c.ok(c.Escrows.KeepEscrow(c.ctx(), c.actor, c.deposit(account.EscrowOpen, c.pkcs8())))
	c.later(0)
}

// asks has a code mailed and returns it; signed in or not.
func (c *leaver) asks(as habeas.Actor, kind account.ResetKind) (habeas.ChallengeID, string) {
	c.Helper()
	c.mails()
	in := account.Asking{Address: c.address(c.mail), Language: "en", Flow: c.flow, Client: "192.0.2.9"}
	id := must(c.Escrows.AskReset(c.ctx(), as, kind, in, c.own.PublicKey().Bytes()))(c)
	return id, c.codeIn(c.mailTo(c.mail, mail.KindCode))
}

// proves types a code as nobody who is signed in.
func (c *leaver) proves(id habeas.ChallengeID, code string) (account.ResetAnswer, error) {
	return c.Escrows.ProveReset(c.ctx(), habeas.Actor{}, account.Token{}, id, sealedtest.Seal(code), c.flow)
}

// begins goes as far as the right code.
func (c *leaver) begins() habeas.ChallengeID {
	c.Helper()
	id, code := c.asks(habeas.Actor{}, account.ResetPassword)
	if answer := must(c.proves(id, code))(c); answer != account.ResetBegun {
		c.Fatalf("the code led to %q", answer)
	}
	c.later(0)
	return id
}

// opens reads what the server sends back.
func (c *leaver) opens(id habeas.ChallengeID, message []byte) (parts [][]byte, err error) {
	c.Helper()
	r, err := hpke.NewRecipient(message[:65], c.own, hpke.HKDFSHA256(), hpke.AES128GCM(), []byte("habeas escrow v1"))
	c.ok(err)
	plain, err := r.Open(account.ResetText(id), message[65:])
	for len(plain) > 0 {
		n := 2 + int(binary.BigEndian.Uint16(plain))
		parts, plain = append(parts, plain[2:n]), plain[n:]
	}
	return parts, err
}

// A key is kept only after its person has agreed, in words whose version is written down; then a
// reset gives back the same key with the same certificate, and both are in the log.
// Proves REC-01, REC-03, REC-04 and LOG-03.
func TestAForgottenPasswordIsNoLostKey(t *testing.T) {
	w := newWorld(t)
	c := w.client("tim@example.com")
	if s := must(w.Escrows.Escrowing(w.ctx(), c.actor))(w); s.Kept || !s.Registered {
		t.Fatalf("at first: %+v", s)
	}
	c.leave()
	s := must(w.Escrows.Escrowing(w.ctx(), c.actor))(w)
	if !s.Kept || s.Escrow.Words != account.EscrowWords || s.Escrow.Deposit != nil {
		t.Errorf("kept: %+v", s.Escrow)
	}
	w.mailTo("tim@example.com", mail.KindEscrowKept)

	id := c.begins()
	waiting := w.mailTo("tim@example.com", mail.KindResetWaiting)
	if !regexp.MustCompile(`24 hours`).MatchString(waiting.Text) {
		t.Error("the mail does not say how long it waits")
	}
	w.later(24*time.Hour - 2*time.Millisecond)
	_, err := w.Escrows.TakeReset(w.ctx(), id)
	w.refused(err, "reset.none")
	w.later(2 * time.Millisecond)
	message := must(w.Escrows.TakeReset(w.ctx(), id))(w)
	parts, err := c.opens(id, message)
	w.ok(err)
	if string(parts[0]) != "organisation" || !bytes.Equal(parts[1], c.pkcs8()) || !bytes.Equal(parts[2], c.cert.DER) || len(parts) != 5 {
		t.Error("another key or certificate came back")
	}
	w.mailTo("tim@example.com", mail.KindFileReset)
	if n := w.witnessed(c.actor.Account, audit.FileReset); n != 1 {
		t.Errorf("%d resets are in the ledger", n)
	}
	if l := w.logged(c.actor.Account); len(l) == 0 || l[len(l)-1].Class != account.LogReset || l[len(l)-1].Credential != "file" {
		t.Errorf("the log of the account ends with %+v", l)
	}

	// Whoever lost the answer takes it once more; nobody else can open it, and it ends.
	again := must(w.Escrows.TakeReset(w.ctx(), id))(w)
	other := &leaver{world: w, own: must(hpke.DHKEM(ecdh.P256()).GenerateKey())(w)}
	if _, err := other.opens(id, again); err == nil {
		t.Error("another browser opens it")
	}
	if _, err := c.opens(habeas.ChallengeID{1}, again); err == nil {
		t.Error("it opens as the answer to another reset")
	}
	w.later(7 * 24 * time.Hour)
	_, err = w.Escrows.TakeReset(w.ctx(), id)
	w.refused(err, "reset.none")
	if m := w.witnessed(c.actor.Account, audit.FileReset); m != 2 {
		t.Errorf("%d resets are in the log", m)
	}
}

// What a page sends fits one account, one certificate, one class and one key, or is refused. A
// recovery code's cipher is nothing the server can look into.
// Proves REC-01.
func TestADepositForSomethingElseIsRefused(t *testing.T) {
	w := newWorld(t)
	c, eve := w.client("tim@example.com"), w.client("eve@example.com")
	to := must(w.Escrows.Escrowing(w.ctx(), c.actor))(w).Key
	good := c.deposit(account.EscrowOpen, c.pkcs8())
	change := func(f func(d *account.Deposit)) account.Deposit {
		d := good
		d.Sealed, d.Signature = bytes.Clone(d.Sealed), bytes.Clone(d.Signature)
		f(&d)
		return d
	}
	signed := func(aad, plain []byte) account.Deposit {
		return change(func(d *account.Deposit) {
			d.Sealed = c.sealTo(to, aad, plain)
			digest := sha256.Sum256(d.Sealed)
			d.Signature = c.sign(c.key, account.ConsentText(d.Words, digest[:]))
		})
	}
	text := account.DepositText(c.actor.Account, c.cert.Serial, account.EscrowOpen)
	for name, x := range map[string]struct {
		d    account.Deposit
		as   habeas.Actor
		code string
	}{
		"another account's":           {good, eve.actor, "escrow.deposit"},
		"another certificate":         {change(func(d *account.Deposit) { d.Serial = eve.cert.Serial }), c.actor, "escrow.deposit"},
		"another class":               {change(func(d *account.Deposit) { d.Class = account.EscrowShut }), c.actor, "escrow.deposit"},
		"no class":                    {change(func(d *account.Deposit) { d.Class = "both" }), c.actor, "form.choice"},
		"older words":                 {change(func(d *account.Deposit) { d.Words-- }), c.actor, "escrow.words"},
		"a flipped bit":               {change(func(d *account.Deposit) { d.Sealed[80] ^= 1 }), c.actor, "escrow.deposit"},
		"another's signature":         {change(func(d *account.Deposit) { d.Signature = eve.sign(eve.key, []byte("x")) }), c.actor, "escrow.deposit"},
		"no signature":                {change(func(d *account.Deposit) { d.Signature = nil }), c.actor, "escrow.deposit"},
		"nothing":                     {change(func(d *account.Deposit) { d.Sealed = nil }), c.actor, "escrow.deposit"},
		"too much":                    {change(func(d *account.Deposit) { d.Sealed = make([]byte, account.MaxDeposit+1) }), c.actor, "escrow.deposit"},
		"sealed for another account":  {signed(account.DepositText(eve.actor.Account, c.cert.Serial, account.EscrowOpen), c.pkcs8()), c.actor, "escrow.deposit"},
		"sealed as a reset":           {signed(account.ResetText(habeas.ChallengeID{1}), c.pkcs8()), c.actor, "escrow.deposit"},
		"another key":                 {signed(text, eve.pkcs8()), c.actor, "escrow.deposit"},
		"a key and something":         {signed(text, append(c.pkcs8(), 0)), c.actor, "escrow.deposit"},
		"of somebody unregistered":    {good, w.join("new@example.com"), "registration.none"},
		"of nobody who is registered": {good, habeas.Actor{Kind: habeas.ActorPerson}, "registration.none"},
	} {
		t.Log(name)
		w.refused(w.Escrows.KeepEscrow(w.ctx(), x.as, x.d), x.code)
	}
	shut := c.deposit(account.EscrowShut, []byte("what only a recovery code opens"))
	w.ok(w.Escrows.KeepEscrow(w.ctx(), c.actor, shut))
	w.refused(w.Escrows.KeepEscrow(w.ctx(), c.actor, good), "escrow.exists")
	id := c.begins()
	w.later(24 * time.Hour)
	parts, err := c.opens(id, must(w.Escrows.TakeReset(w.ctx(), id))(w))
	w.ok(err)
	if string(parts[0]) != "code" || string(parts[1]) != "what only a recovery code opens" {
		t.Error("what came back is not what was left")
	}
	if w.onDisk(string(c.pkcs8()[40:])) {
		t.Error("the private key is on the disk")
	}
}

// A code does the one thing it was asked for, once, in one browser, for one key of it, and is
// looked at a limited number of times.
// Proves REC-06.
func TestACodeForLostFilesDoesOneThingOnce(t *testing.T) {
	w := newWorld(t)
	c := w.client("tim@example.com")
	c.leave()
	id, code := c.asks(habeas.Actor{}, account.ResetPassword)
	stranger := *c
	stranger.flow = newToken()
	_, err := stranger.proves(id, code)
	w.refused(err, account.ErrCode.Code)
	_, err = c.proves(id, other(code))
	w.refused(err, account.ErrCode.Code)
	_, err = c.proves(habeas.ChallengeID{1}, code)
	w.refused(err, account.ErrCode.Code)
	_, err = w.Accounts.Prove(w.ctx(), habeas.Actor{}, id, sealedtest.Seal(code), account.Browser{Flow: c.flow, New: newToken()})
	w.refused(err, account.ErrCode.Code) // it signs nobody in
	w.refused(w.Notices.Prove(w.ctx(), id, sealedtest.Seal(code), c.flow, newToken()), account.ErrCode.Code)
	must(c.proves(id, code))(w)
	_, err = c.proves(id, code)
	w.refused(err, account.ErrCode.Code)

	// A code for signing in does nothing here, nor does one that is too old, or guessed at too often.
	signIn := must(w.Accounts.Ask(w.ctx(), account.Asking{Address: w.address(c.mail), Language: "en", Flow: c.flow, Client: "192.0.2.9"}))(w)
	for _, m := range w.mails() {
		if m.Kind == mail.KindCode {
			_, err = c.proves(signIn, w.codeIn(m))
			w.refused(err, account.ErrCode.Code)
		}
	}
	late, code := c.asks(habeas.Actor{}, account.ResetLost)
	w.later(10 * time.Minute)
	_, err = c.proves(late, code)
	w.refused(err, account.ErrCode.Code)
	guessed, code := c.asks(habeas.Actor{}, account.ResetLost)
	for range account.FullTries {
		_, err = c.proves(guessed, other(code))
		w.refused(err, account.ErrCode.Code)
	}
	_, err = c.proves(guessed, code)
	w.refused(err, account.ErrCode.Code)
	if _, found := account.ActiveIdentity(must(w.DB.Accounts().Certificates(w.ctx(), c.actor.Account))(w), w.clock.Now()); !found {
		t.Error("a code that was refused revoked the certificate")
	}
	bad := account.Asking{Address: w.address(c.mail), Language: "en", Flow: c.flow, Client: "192.0.2.9"}
	for name, key := range map[string][]byte{"short": {4}, "infinity": make([]byte, 65), "off the curve": append([]byte{4}, bytes.Repeat([]byte{7}, 64)...)} {
		t.Log(name)
		_, err = w.Escrows.AskReset(w.ctx(), habeas.Actor{}, account.ResetPassword, bad, key)
		w.refused(err, "reset.key")
	}
}

// other is a code that differs.
func other(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return string(code[0]+1) + code[1:]
}

// Whoever did not agree gets no key back: the page says so, and a new registration is the only way.
// Proves REC-02, REC-07, REC-09 and REC-13.
func TestWithoutAgreementARegistrationIsMadeAnew(t *testing.T) {
	w := newWorld(t)
	for kind, reason := range map[account.ResetKind]pki.Reason{account.ResetLost: pki.Superseded, account.ResetCompromised: pki.KeyCompromise} {
		c := w.client(string(kind) + "@example.com")
		role := account.Certificate{
			Authority: pki.Attribute, Serial: pki.Serial{1, byte(reason)}, Account: c.actor.Account, Holder: c.cert.Serial,
			Role: habeas.RoleStaff, IssuedAt: w.clock.Now(), Ends: c.cert.Ends, DER: []byte("role"),
		}
		w.ok(w.DB.InTx(w.ctx(), func(tx *sqlstore.Tx) error {
			return tx.Accounts().AddCertificate(role, audit.Entry{
				ID: habeas.NewID[habeas.EventKind](w.clock.Now()), Event: audit.CertificateIssued, Subject: habeas.SubjectOf(c.actor.Account), Actor: c.actor, At: w.clock.Now(),
			})
		}))
		id, code := c.asks(habeas.Actor{}, account.ResetPassword)
		if answer := must(c.proves(id, code))(w); answer != account.ResetNotKept {
			t.Errorf("without a key that was left: %q", answer)
		}
		_, err := w.Escrows.TakeReset(w.ctx(), id)
		w.refused(err, "reset.none")
		id, code = c.asks(habeas.Actor{}, kind)
		if answer := must(c.proves(id, code))(w); answer != account.ResetRevoked {
			t.Errorf("a reset of the registration: %q", answer)
		}
		w.mailTo(c.mail, mail.KindRegistrationReset)
		for _, x := range must(w.DB.Accounts().Certificates(w.ctx(), c.actor.Account))(w) {
			if !x.Revoked() || x.Reason != reason {
				t.Errorf("the %s certificate: revoked %t, reason %s", x.Authority, x.Revoked(), x.Reason)
			}
		}
		old := c.key
		c.register()
		if c.key.Equal(old) || c.cert.Revoked() {
			t.Error("there is no new registration")
		}
	}
	nobody := &leaver{world: w, mail: "nobody@example.com", flow: newToken(), own: must(hpke.DHKEM(ecdh.P256()).GenerateKey())(w)}
	for _, kind := range []account.ResetKind{account.ResetPassword, account.ResetLost, account.ResetCompromised} {
		id, code := nobody.asks(habeas.Actor{}, kind)
		if answer := must(nobody.proves(id, code))(w); answer != account.ResetNobody {
			t.Errorf("somebody unknown: %q", answer)
		}
	}
}

// The link in the mail, its person, and everything that makes the reset pointless stop it; whoever
// has just shown a passkey need not wait, and everybody hears of it all the same.
func TestAResetCanBeStopped(t *testing.T) {
	w := newWorld(t)
	link, n := regexp.MustCompile(`/reset-stop\?t=([\w-]+)`), 0
	for how, stop := range map[string]func(c *leaver, token string){
		"by the link": func(c *leaver, token string) {
			w.ok(w.Escrows.StopResetByLink(w.ctx(), sealedtest.Seal(token)))
			w.refused(w.Escrows.StopResetByLink(w.ctx(), sealedtest.Seal(token)), "reset.link")
			w.mailTo(c.mail, mail.KindResetStopped)
		},
		"by its person":  func(c *leaver, _ string) { w.ok(w.Escrows.StopReset(w.ctx(), c.actor)) },
		"by withdrawing": func(c *leaver, _ string) { w.ok(w.Escrows.WithdrawEscrow(w.ctx(), c.actor)) },
		"by revoking the certificate": func(c *leaver, _ string) {
			w.ok(w.Certificates.Revoke(w.ctx(), c.actor, pki.Identity, c.cert.Serial, pki.Superseded))
		},
		"by closing the account":          func(c *leaver, _ string) { w.close(c.mail, true) },
		"by erasing the account":          func(c *leaver, _ string) { must(w.Records.EraseMe(w.ctx(), c.actor))(w) },
		"by the end of the certificate":   func(c *leaver, _ string) { w.later(4 * 365 * 24 * time.Hour) },
		"by another reset after this one": func(c *leaver, _ string) { c.begins() },
	} {
		t.Run(how, func(t *testing.T) {
			w.later(time.Hour)
			n++
			c := w.client(fmt.Sprintf("tim%d@example.com", n))
			c.leave()
			id := c.begins()
			found := link.FindStringSubmatch(w.mailTo(c.mail, mail.KindResetWaiting).Text)
			must(w.Escrows.StoppableReset(w.ctx(), sealedtest.Seal(found[1])))(w)
			stop(c, found[1])
			w.later(25 * time.Hour)
			_, err := w.Escrows.TakeReset(w.ctx(), id)
			w.refused(err, "reset.none")
		})
	}
}

// Proves design decision 4: who has just shown a passkey does not wait, others do.
func TestOnlyAFreshPasskeySparesTheWait(t *testing.T) {
	w := newWorld(t)
	c := w.client("tim@example.com")
	c.leave()
	eve := w.client("eve@example.com")
	signed := func(id habeas.AccountID, proof habeas.Proof) account.Token {
		s := account.SignIn{Hash: newToken(), Account: id, Proof: proof, CreatedAt: w.clock.Now(), SeenAt: w.clock.Now(), ExpiresAt: w.clock.Now().Add(time.Hour)}
		w.ok(w.DB.Ops().StartSignIn(w.ctx(), s))
		return s.Hash
	}
	for name, x := range map[string]struct {
		who   habeas.AccountID
		proof habeas.Proof
		age   time.Duration
		wait  bool
	}{
		"a fresh passkey":              {c.actor.Account, habeas.ProofPasskey, 0, false},
		"a passkey of an hour ago":     {c.actor.Account, habeas.ProofPasskey, 11 * time.Minute, true},
		"a mailed code":                {c.actor.Account, habeas.ProofCode, 0, true},
		"a provider":                   {c.actor.Account, habeas.ProofProviderStrong, 0, true},
		"a passkey of another account": {eve.actor.Account, habeas.ProofPasskey, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			sign := signed(x.who, x.proof)
			w.later(x.age)
			id, code := c.asks(habeas.Actor{}, account.ResetPassword)
			as := habeas.Actor{Kind: habeas.ActorPerson, Account: x.who, Proof: x.proof}
			must(w.Escrows.ProveReset(w.ctx(), as, sign, id, sealedtest.Seal(code), c.flow))(w)
			kind := mail.KindResetNow
			if x.wait {
				kind = mail.KindResetWaiting
			}
			w.mailTo(c.mail, kind)
			_, err := w.Escrows.TakeReset(w.ctx(), id)
			if (err != nil) != x.wait {
				t.Errorf("taken at once: %v", err)
			}
			w.later(time.Hour)
		})
	}
}

// What was left is destroyed when it is withdrawn or its certificate ends: the row, and the key
// without which a copy of the row opens nothing, in the database, its log and the key store.
// Proves REC-12.
func TestAWithdrawnKeyIsDestroyed(t *testing.T) {
	w := newWorld(t)
	for how, end := range map[string]func(c *leaver){
		"withdrawn": func(c *leaver) { w.ok(w.Escrows.WithdrawEscrow(w.ctx(), c.actor)) },
		"revoked": func(c *leaver) {
			w.ok(w.Certificates.Revoke(w.ctx(), c.actor, pki.Identity, c.cert.Serial, pki.KeyCompromise))
			w.ok(w.Escrows.Sweep(w.ctx()))
		},
		"registration reset": func(c *leaver) {
			id, code := c.asks(habeas.Actor{}, account.ResetLost)
			must(c.proves(id, code))(w)
		},
		"erased": func(c *leaver) {
			must(w.Records.EraseMe(w.ctx(), c.actor))(w)
			w.ok(w.Escrows.Sweep(w.ctx()))
		},
	} {
		t.Run(how, func(t *testing.T) {
			w.later(time.Minute)
			c := w.client(how[:3] + "@example.com")
			c.leave()
			kept, _, err := w.DB.Accounts().Escrow(w.ctx(), c.actor.Account)
			w.ok(err)
			var row []byte
			db := w.behind()
			w.ok(db.QueryRow(`SELECT sealed FROM escrow`).Scan(&row))
			w.ok(db.Close())
			if w.dsn == "" && !w.onDisk(string(row[:48])) {
				t.Fatal("the search is blind")
			}
			end(c)
			if w.dsn == "" && w.onDisk(string(row[:48])) {
				t.Error("what was left is still in a file")
			}
			if n := w.number(`SELECT count(*) FROM escrow`); n != 0 {
				t.Errorf("%d rows are left", n)
			}
			_, err = w.Keys.Key(w.ctx(), habeas.SubjectOf(kept.ID))
			if habeas.KindOf(err) != habeas.KindGone {
				t.Errorf("its own key: %v", err)
			}
			var dump bytes.Buffer
			must(w.Keys.Backup(w.ctx(), &dump))(w)
			if bytes.Contains(dump.Bytes(), kept.ID[:]) {
				t.Error("a dump of the key store has its key")
			}
			if _, found, err := w.DB.Accounts().Escrow(w.ctx(), c.actor.Account); found || err != nil {
				t.Errorf("found: %t, %v", found, err)
			}
		})
	}
	w.ok(os.Chmod(w.dir, 0o700))
	w.clean(w.examined())
}
