package app_test

import (
	"crypto/ecdsa"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/app/backup"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/pki/request"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// to moves the clock to a moment and does what the schedule does.
func (w *world) to(at time.Time) {
	w.Helper()
	w.clock.Advance(at.Sub(w.clock.Now()))
	w.ok(w.Terms.Sweep(w.ctx()))
}

// kinds are the mails that waited, by kind.
func (w *world) kinds() map[mail.Kind]int {
	w.Helper()
	n := map[mail.Kind]int{}
	for _, m := range w.mails() {
		n[m.Kind]++
	}
	return n
}

// asking makes a request with a key that there is already.
func (w *world) asking(key *ecdsa.PrivateKey, address string) []byte {
	w.Helper()
	return must(request.Make(key, dn.Subject{Name: "Tim Tester", Country: "ES", Username: "tim", Email: address}))(w)
}

// enrolled is somebody who has registered with a key of their own.
func (w *world) enrolled(address string) (habeas.Actor, *ecdsa.PrivateKey, account.Registration) {
	w.Helper()
	a := w.join(address)
	key, asked := w.requested(address)
	must(w.Certificates.Register(w.ctx(), a, asked))(w)
	return a, key, w.registration(a)
}

func (w *world) registration(a habeas.Actor) account.Registration {
	w.Helper()
	r, _, err := w.DB.Accounts().Registration(w.ctx(), a.Account)
	w.ok(err)
	return r
}

func (w *world) identityNow(a habeas.Actor) (account.Certificate, bool) {
	w.Helper()
	return account.ActiveIdentity(must(w.DB.Accounts().Certificates(w.ctx(), a.Account))(w), w.clock.Now())
}

// typed asks for a code at an address in a new browser and types it.
func (w *world) typed(address string) (account.Token, account.Proved, error) {
	w.Helper()
	w.mails()
	flow, sign := newToken(), newToken()
	id := must(w.Accounts.Ask(w.ctx(), account.Asking{Address: w.address(address), Language: "en", Flow: flow, Client: "192.0.2.9"}))(w)
	code := w.codeIn(w.mailTo(w.address(address).Mailbox(), mail.KindCode))
	done, err := w.Accounts.Prove(w.ctx(), habeas.Actor{}, id, sealedtest.Seal(code), account.Browser{Flow: flow, New: sign})
	return sign, done, err
}

// hang gives an attribute certificate to who holds an identity certificate.
func (w *world) hang(on account.Certificate, role habeas.Role, ends time.Time) account.Certificate {
	w.Helper()
	c := account.Certificate{
		Authority: pki.Attribute, Account: on.Account, Holder: on.Serial, Role: role, IssuedAt: w.clock.Now(), Ends: ends, DER: []byte("attribute certificate"),
	}
	token := newToken()
	copy(c.Serial[:], token[:])
	c.Serial[0] &= 0x7f
	e := w.witness(audit.CertificateIssued, on.Account)
	w.ok(w.DB.InTx(w.ctx(), func(tx *sqlstore.Tx) error { return tx.Accounts().AddCertificate(c, e) }))
	return c
}

// witness is an entry about an account.
func (w *world) witness(event audit.Event, id habeas.AccountID) audit.Entry {
	now := w.clock.Now()
	return audit.Entry{ID: habeas.NewID[habeas.EventKind](now), Event: event, Subject: habeas.SubjectOf(id), Actor: habeas.Server, At: now}
}

// guard gives an account a passkey, so that a code alone does not open it.
func (w *world) guard(a habeas.Actor) {
	w.Helper()
	hash := w.Keys.Lookup(account.LookupPasskey, a.Account.String())
	w.ok(w.DB.InTx(w.ctx(), func(tx *sqlstore.Tx) error {
		return tx.Accounts().AddPasskey(account.Passkey{Hash: hash, Account: a.Account, AddedAt: w.clock.Now(), Credential: []byte("{}")},
			w.witness(audit.CredentialAdded, a.Account))
	}))
}

// erasedNames is the list of erasures.
func (w *world) erasedNames() []habeas.SubjectID {
	w.Helper()
	return must(backup.ReadErased(w.tombstones()))(w)
}

// Proves RET-01 and RET-02.
func TestARegistrationIsRenewedBeforeItEnds(t *testing.T) {
	w := newWorld(t)
	tim, key, r := w.enrolled("tim@example.com")
	old, _ := w.identityNow(tim)
	same := w.asking(key, "tim@example.com")
	w.to(r.Ends.Add(-account.RenewFrom - time.Second))
	_, err := w.Certificates.Renew(w.ctx(), tim, same)
	w.refused(err, "registration.early")
	w.to(r.Ends.Add(-account.RenewFrom))
	other := must(request.Make(key, dn.Subject{Name: "Tom Tester", Country: "ES", Username: "tim", Email: "tim@example.com"}))(w)
	_, err = w.Certificates.Renew(w.ctx(), tim, other)
	w.refused(err, "registration.name")

	chain := must(w.Certificates.Renew(w.ctx(), tim, same))(w)
	fresh, found := w.identityNow(tim)
	if want := w.clock.Now().AddDate(3, 0, 0); !found || !fresh.Ends.Equal(want) || len(chain) != 3 || fresh.Serial == old.Serial {
		t.Fatalf("renewed until %s, want %s", fresh.Ends, want)
	}
	gone, _, err := w.DB.Accounts().Certificate(w.ctx(), pki.Identity, old.Serial)
	w.ok(err)
	if gone.Reason != pki.Superseded || !gone.Revoked() {
		t.Errorf("the old certificate is %+v", gone)
	}
	if got := w.registration(tim); got.Reminded != 0 || got.Subject != r.Subject || !got.At.Equal(w.clock.Now()) {
		t.Errorf("the registration is %+v", got)
	}
	if n := w.kinds(); n[mail.KindRenewed] != 1 || n[mail.KindTermEnds] != 1 {
		t.Errorf("mails: %v", n)
	}
	// A key that was lost is not taken again, also years later.
	w.to(fresh.Ends.Add(-24 * time.Hour))
	newer, asked := w.requested("tim@example.com")
	must(w.Certificates.Renew(w.ctx(), tim, asked))(w)
	c, _ := w.identityNow(tim)
	w.ok(w.Certificates.Revoke(w.ctx(), tim, pki.Identity, c.Serial, pki.KeyCompromise))
	_, err = w.Certificates.Renew(w.ctx(), tim, w.asking(newer, "tim@example.com"))
	w.refused(err, "registration.early")
	w.verify()
}

// Proves RET-05.
func TestARenewalIssuesRolesAgainOrEndsThem(t *testing.T) {
	w := newWorld(t)
	ada := w.join("ada@example.org")
	w.employ("ada@example.org", habeas.RoleAdministrator)
	w.guard(ada)
	tim, key, r := w.enrolled("tim@example.com")
	old, _ := w.identityNow(tim)
	kept := w.hang(old, "kept", r.Ends.Add(-24*time.Hour))
	lost := w.hang(old, "lost", r.Ends)
	var order []string
	w.Certificates.WhenReissued(func(tx *sqlstore.Tx, _ habeas.Actor, was, fresh account.Certificate) error {
		order = append(order, "first")
		if was.Serial != old.Serial || was.Revoked() || fresh.Serial == old.Serial {
			t.Error("the hook is told of other certificates, or too late")
		}
		again := kept
		again.Serial[15]++
		again.Holder, again.IssuedAt = fresh.Serial, w.clock.Now()
		return tx.Accounts().AddCertificate(again, w.witness(audit.CertificateIssued, tim.Account))
	})
	w.Certificates.WhenReissued(func(*sqlstore.Tx, habeas.Actor, account.Certificate, account.Certificate) error {
		order = append(order, "second")
		return nil
	})
	w.to(r.Ends.Add(-30 * 24 * time.Hour))
	w.mails()
	must(w.Certificates.Renew(w.ctx(), tim, w.asking(key, "tim@example.com")))(w)
	if !slices.Equal(order, []string{"first", "second"}) {
		t.Errorf("hooks ran %v", order)
	}
	fresh, _ := w.identityNow(tim)
	held := must(w.DB.Accounts().Certificates(w.ctx(), tim.Account))(w)
	reissued, ended := account.Replaced(held, fresh)
	if !slices.Equal(reissued, []habeas.Role{"kept"}) || !slices.Equal(ended, []habeas.Role{"lost"}) {
		t.Errorf("issued again %v, ended %v", reissued, ended)
	}
	for _, c := range held {
		if c.Holder == old.Serial && !c.Revoked() {
			t.Errorf("%s still hangs on the old certificate", c.Role)
		}
		if c.Holder == fresh.Serial && !c.Ends.Equal(kept.Ends) {
			t.Errorf("the role ends %s, want its own end %s", c.Ends, kept.Ends)
		}
	}
	_ = lost
	for _, m := range w.mails() {
		switch m.Kind {
		case mail.KindRenewed:
			if m.To != "tim@example.com" || !strings.Contains(m.Text, "- kept\n") || !strings.Contains(m.Text, "- lost\n") {
				t.Errorf("to %s:\n%s", m.To, m.Text)
			}
		case mail.KindRolesEnded:
			if m.To != "ada@example.org" || strings.Contains(m.Text, "tim") {
				t.Errorf("to %s:\n%s", m.To, m.Text)
			}
			order = append(order, "told")
		default:
		}
	}
	if !slices.Contains(order, "told") {
		t.Error("who gives roles was not told")
	}
	w.verify()
}

func TestRemindersComeOnceAlsoAfterDowntime(t *testing.T) {
	w := newWorld(t)
	_, _, r := w.enrolled("tim@example.com")
	ana := w.joinIn("ana@example.com", "es")
	_, asked := w.requested("ana@example.com")
	must(w.Certificates.Register(w.ctx(), ana, asked))(w)
	w.mails()
	before := func(d time.Duration) map[mail.Kind]int { w.to(r.Ends.Add(-d)); w.to(w.clock.Now()); return w.kinds() }
	const day = 24 * time.Hour
	for i, c := range []struct {
		before time.Duration
		want   int
	}{
		{91 * day, 0},
		{90*day + time.Second, 0},
		{90 * day, 2},
		{60 * day, 0},
		{30 * day, 2},
		{8 * day, 0},
		{5 * day, 2}, // the server stood still on the seventh day
		{2 * day, 0},
		{time.Hour, 2},
	} {
		if got := before(c.before)[mail.KindTermEnds]; got != c.want {
			t.Errorf("step %d, %s before the end: %d reminders, want %d", i, c.before, got, c.want)
		}
	}
	// The clock is set back: nobody is told again.
	if got := before(31 * day)[mail.KindTermEnds]; got != 0 {
		t.Errorf("%d reminders after the clock was set back", got)
	}
	for _, m := range w.sent {
		if m.To == "ana@example.com" && m.Language != "es" {
			t.Error("not in her language")
		}
	}
}

// Proves RET-03.
func TestNobodySignsInToAnAccountWhoseRegistrationHasEnded(t *testing.T) {
	w := newWorld(t)
	tim, _, r := w.enrolled("tim@example.com")
	last, _ := w.identityNow(tim)
	w.clock.Advance(r.Ends.Add(-time.Minute).Sub(w.clock.Now()))
	sign, _, err := w.typed("tim@example.com")
	w.ok(err)
	open := func() bool {
		a, _, err := w.Accounts.Who(w.ctx(), edge.TokenHash(sign))
		w.ok(err)
		return !a.Account.IsZero()
	}
	w.clock.Advance(r.Ends.Add(-time.Second).Sub(w.clock.Now()))
	if !open() {
		t.Error("shut before its end")
	}
	// Before the schedule has looked, too.
	w.clock.Advance(r.Ends.Sub(w.clock.Now()))
	if open() || last.Active(w.clock.Now()) {
		t.Error("open after its end")
	}
	w.to(r.Ends.Add(time.Second))
	who := must(w.DB.Accounts().Account(w.ctx(), tim.Account))(w)
	if who.State != account.Lapsed || w.witnessed(tim.Account, audit.AccountLapsed) != 1 {
		t.Errorf("the account is %s", who.State)
	}
	if m := w.mailTo("tim@example.com", mail.KindLapsed); !strings.Contains(m.Text, "184 days") {
		t.Errorf("the mail says:\n%s", m.Text)
	}
	w.to(w.clock.Now())
	if n := w.kinds(); n[mail.KindLapsed] != 0 {
		t.Error("told twice")
	}
	// A code leads to the page that reactivates, and opens nothing.
	sign, done, err := w.typed("tim@example.com")
	w.ok(err)
	if done.Next != "/reactivate" || open() {
		t.Errorf("a code leads to %s", done.Next)
	}
	// The clock is set back: it stays deactivated.
	w.to(r.Ends.Add(-time.Hour))
	if open() {
		t.Error("open again because the clock was set back")
	}
	who = must(w.DB.Accounts().Account(w.ctx(), tim.Account))(w)
	if who.State != account.Lapsed {
		t.Errorf("the account is %s", who.State)
	}
}

// Proves RET-03.
func TestADeactivatedAccountComesBackWithWhatItHad(t *testing.T) {
	w := newWorld(t)
	s := w.connect("City Bookings")
	id, _ := s.say("tim@example.com", person("Tim", "Berger", ""))
	tim, key, r := w.enrolled("tim@example.com")
	w.accept(tim, id, nil)
	w.to(r.Ends.Add(time.Second))
	w.mails()
	// While it is deactivated nothing is claimed for it.
	second := account.Address{
		Hash: w.Keys.Lookup(account.LookupAddress, w.address("tim@example.org").Key()), Account: tim.Account, ProvedAt: w.clock.Now(),
		Mailbox: "tim@example.org", Display: "tim@example.org",
	}
	w.ok(w.DB.InTx(w.ctx(), func(tx *sqlstore.Tx) error {
		return tx.Accounts().AddAddress(second, w.witness(audit.AddressProved, tim.Account))
	}))
	other, _ := s.say("tim@example.org", person("Tim", "Burger", "1960-01-02"))
	if _, _, err := w.typed("tim@example.org"); err == nil {
		t.Error("another address than the main one reactivates")
	}
	late := tim
	late.Proof = habeas.ProofPasskey
	if offers, err := w.Records.Offers(w.ctx(), late); err == nil && len(offers) > 0 {
		t.Error("it is offered a record")
	}
	if err := w.Records.Accept(w.ctx(), late, other, 1, nil); err == nil {
		t.Error("it claims a record")
	}
	if rec := w.held(id); rec.Party.State != party.Claimed || rec.Party.Account != tim.Account {
		t.Errorf("its record is %s", rec.Party.State)
	}
	eve := w.join("eve@example.com")
	if offers := w.offers(eve); len(offers) != 0 {
		t.Error("somebody else is offered its record")
	}
	w.to(r.EraseAt().Add(-time.Second))
	sign, _, err := w.typed("tim@example.com")
	w.ok(err)
	_, err = w.Certificates.Reactivate(w.ctx(), newToken(), w.asking(key, "tim@example.com"))
	w.refused(err, "reactivate.none")
	must(w.Certificates.Reactivate(w.ctx(), sign, w.asking(key, "tim@example.com")))(w)
	if got := w.registration(tim); !got.Ends.Equal(w.clock.Now().AddDate(3, 0, 0)) || !got.WarnedAt.IsZero() {
		t.Errorf("the registration is %+v", got)
	}
	w.to(r.EraseAt().Add(31 * 24 * time.Hour))
	back := w.join("tim@example.com")
	if back.Account != tim.Account {
		t.Fatal("another account")
	}
	if rec := w.my(back, id); rec.Party.Account != tim.Account {
		t.Error("it has lost its record")
	}
	if rec := w.held(other); rec.Party.State != party.Unclaimed || !rec.Party.Account.IsZero() {
		t.Error("it claimed a record by coming back")
	}
	if _, err := w.Certificates.Reactivate(w.ctx(), sign, w.asking(key, "tim@example.com")); err == nil {
		t.Error("reactivated twice with one code")
	}
	w.verify()
}

// A stolen mailbox is worth no more than what a mailbox opens.
func TestReactivatingWithANewKeyIsARecovery(t *testing.T) {
	w := newWorld(t)
	tim, key, r := w.enrolled("tim@example.com")
	w.guard(tim)
	w.to(r.Ends.Add(time.Hour))
	sign, _, err := w.typed("tim@example.com")
	w.ok(err)
	must(w.Certificates.Reactivate(w.ctx(), sign, w.asking(key, "tim@example.com")))(w)
	if n := len(must(w.DB.Accounts().Passkeys(w.ctx(), tim.Account))(w)); n != 1 {
		t.Fatalf("with the old key, %d passkeys are left", n)
	}
	w.to(w.registration(tim).Ends.Add(time.Hour))
	sign, _, err = w.typed("tim@example.com")
	w.ok(err)
	_, asked := w.requested("tim@example.com")
	must(w.Certificates.Reactivate(w.ctx(), sign, asked))(w)
	if n := len(must(w.DB.Accounts().Passkeys(w.ctx(), tim.Account))(w)); n != 0 {
		t.Errorf("with a new key, %d passkeys are left", n)
	}
	if n := w.kinds(); n[mail.KindRecovered] != 1 {
		t.Errorf("mails: %v", n)
	}
}

// Proves RET-04.
func TestAfterSixMonthsTheAccountIsErased(t *testing.T) {
	w := newWorld(t)
	w.clock.Advance(time.Date(2028, 2, 29, 12, 30, 0, 0, time.UTC).Sub(w.clock.Now()))
	s := w.connect("City Bookings")
	id, _ := s.say("tim@example.com", person("Tim", "Berger", ""))
	tim, _, r := w.enrolled("tim@example.com")
	w.accept(tim, id, nil)
	c, _ := w.identityNow(tim)
	w.mails()
	if want := time.Date(2031, 9, 1, 12, 30, 0, 0, time.UTC); !r.EraseAt().Equal(want) {
		t.Fatalf("it goes %s, want %s", r.EraseAt(), want)
	}
	w.to(r.Ends)
	w.to(r.EraseAt().Add(-31 * 24 * time.Hour))
	if n := w.kinds(); n[mail.KindTermGoes] != 1 {
		t.Errorf("mails: %v", n)
	}
	w.to(r.EraseAt().Add(-time.Second))
	if w.registration(tim).Ends.IsZero() {
		t.Fatal("erased a second early")
	}
	w.kinds()
	w.to(r.EraseAt().Add(time.Second))
	for _, subject := range []habeas.SubjectID{habeas.SubjectOf(id), habeas.SubjectOf(tim.Account)} {
		if _, err := w.Keys.Key(w.ctx(), subject); habeas.KindOf(err) != habeas.KindGone {
			t.Errorf("the key of %s: %v", subject, err)
		}
		if !slices.Contains(w.erasedNames(), subject) {
			t.Errorf("%s is not on the list of erasures", subject)
		}
	}
	if _, err := w.DB.Accounts().Account(w.ctx(), tim.Account); habeas.KindOf(err) != habeas.KindNotFound {
		t.Errorf("the account: %v", err)
	}
	left, found, err := w.DB.Accounts().Certificate(w.ctx(), pki.Identity, c.Serial)
	if err != nil || !found || !left.Account.IsZero() {
		t.Errorf("the certificate: %+v, %v", left, err)
	}
	m := w.mailTo("tim@example.com", mail.KindAccountErased)
	_, receipt, _ := strings.Cut(m.Text, "c2sp.org/tlog-proof")
	receipt, _, _ = strings.Cut("c2sp.org/tlog-proof"+receipt, "\n\n--\n")
	checked, err := app.CheckReceipt([]byte(strings.TrimSpace(receipt)+"\n"), w.Ledger.VerifierKey(), "")
	w.ok(err)
	if checked.Event != audit.AccountErased || strings.Contains(string(checked.Detail), tim.Account.String()) {
		t.Errorf("the receipt says %+v", checked)
	}
	w.to(w.clock.Now().Add(24 * time.Hour))
	if n := w.kinds(); len(n) != 0 {
		t.Errorf("after the last mail another one: %v", n)
	}
	w.verify()
}

// What a dispute or staff keep is kept, its person stays shut out, and somebody sees it.
func TestAHoldDelaysTheErasureOfOneAccountOnly(t *testing.T) {
	w := newWorld(t)
	s := w.connect("City Bookings")
	id, _ := s.say("tim@example.com", person("Tim", "Berger", ""))
	tim, _, r := w.enrolled("tim@example.com")
	w.accept(tim, id, nil)
	eva, _, _ := w.enrolled("eva@example.com")
	nora := w.staff("nora@example.org")
	w.ok(w.Notices.Hold(w.ctx(), nora, id, "A court asked for it."))
	w.to(r.Ends.Add(time.Minute))
	w.to(r.EraseAt().Add(-31 * 24 * time.Hour).Add(time.Minute))
	w.to(r.EraseAt().Add(48 * time.Hour))
	if !w.registration(eva).Ends.IsZero() || w.registration(tim).Ends.IsZero() {
		t.Error("the hold kept the wrong account")
	}
	if n := must(w.Terms.Overdue(w.ctx()))(w); n != 1 {
		t.Errorf("%d are overdue", n)
	}
	sign, _, err := w.typed("tim@example.com")
	w.ok(err)
	_, asked := w.requested("tim@example.com")
	_, err = w.Certificates.Reactivate(w.ctx(), sign, asked)
	w.refused(err, "reactivate.over")
	w.ok(w.Notices.Free(w.ctx(), nora, id))
	w.to(w.clock.Now())
	if !w.registration(tim).Ends.IsZero() {
		t.Error("not erased after the hold")
	}
	w.verify()
}

func TestAnAccountWithoutRegistrationHasNoEnd(t *testing.T) {
	w := newWorld(t)
	tim := w.join("tim@example.com")
	w.to(w.clock.Now().AddDate(20, 0, 0))
	if back := w.join("tim@example.com"); back.Account != tim.Account {
		t.Error("its account is gone")
	}
}

func TestAClosedAccountFollowsItsRegistration(t *testing.T) {
	w := newWorld(t)
	tim, _, r := w.enrolled("tim@example.com")
	w.close("tim@example.com", true)
	w.to(r.Ends.Add(time.Hour))
	if _, _, err := w.typed("tim@example.com"); err == nil {
		t.Error("a closed account can be reactivated")
	}
	w.close("tim@example.com", false)
	if _, done, err := w.typed("tim@example.com"); err != nil || done.Next != "/reactivate" {
		t.Errorf("opened again after its end it leads to %q, %v", done.Next, err)
	}
	w.close("tim@example.com", true)
	w.to(r.EraseAt().Add(-31 * 24 * time.Hour).Add(time.Minute))
	w.to(r.EraseAt().Add(time.Hour))
	if !w.registration(tim).Ends.IsZero() {
		t.Error("a closed account outlives its registration")
	}
}

// Proves RET-04.
func TestRenewedAfterTheBackupNobodyIsErasedAtOnce(t *testing.T) {
	w, v := newWorldAt(t, onSQLite.place(t)), newVault(t)
	tim, key, r := w.enrolled("tim@example.com")
	eva, _, _ := w.enrolled("eva@example.com")
	w.to(r.Ends.Add(time.Hour))
	w.to(r.EraseAt().Add(-31 * 24 * time.Hour).Add(time.Minute))
	made := w.backup(v)
	sign, _, err := w.typed("tim@example.com")
	w.ok(err)
	must(w.Certificates.Reactivate(w.ctx(), sign, w.asking(key, "tim@example.com")))(w)
	w.to(r.EraseAt().Add(time.Hour)) // Eva is erased, Tim is not
	if _, err := w.Keys.Key(w.ctx(), habeas.SubjectOf(eva.Account)); habeas.KindOf(err) != habeas.KindGone {
		t.Fatal("Eva is not erased")
	}
	there := onSQLite.place(t)
	must(app.Restore(w.ctx(), w.restoring(v, made, there)))(w)
	again := w.at(there)
	again.mails()
	again.to(w.clock.Now())
	if again.registration(tim).Ends.IsZero() {
		t.Fatal("erased by a restore")
	}
	if _, err := again.Keys.Key(w.ctx(), habeas.SubjectOf(eva.Account)); habeas.KindOf(err) != habeas.KindGone {
		t.Error("Eva is back")
	}
	if m := again.mailTo("tim@example.com", mail.KindTermGoes); !strings.Contains(m.Text, "30 days") {
		t.Errorf("he is told:\n%s", m.Text)
	}
	again.to(w.clock.Now().Add(account.WarnedFor - time.Second))
	sign, _, err = again.typed("tim@example.com")
	w.ok(err)
	must(again.Certificates.Reactivate(w.ctx(), sign, again.asking(key, "tim@example.com")))(w)
	again.to(w.clock.Now().Add(time.Hour))
	if got := again.registration(tim); got.Stage(w.clock.Now()) != account.StageRuns {
		t.Errorf("he is %+v", got)
	}
	again.verify()
}
