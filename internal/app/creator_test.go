package app_test

import (
	"crypto/ecdsa"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/pki/request"
	webaccount "github.com/habeas-data/habeas/internal/web/account"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// museum is a creator with a confirmed site, at the port for certificates.
type museum struct {
	certPort
	clara  habeas.Actor // who holds the role
	use    *app.Creators
	client *http.Client
}

const museumSite = "https://museum.example"

var declaration = account.SiteWords{Origin: museumSite, Gathers: "Name and e-mail address.", Why: "To register people.", LogDays: 30, Contact: "office@museum.example"}

// site enters and confirms one.
func (w *world) site(a habeas.Actor, said account.SiteWords) account.CreatorSite {
	w.Helper()
	use := app.NewCreators(w.Certificates)
	a.Roles, a.Proof = []habeas.Role{habeas.RolePerson, habeas.RoleCreator}, habeas.ProofPasskey
	w.ok(use.EnterSite(w.ctx(), a, said))
	entered := must(use.MySites(w.ctx(), a))(w)[0]
	w.ok(use.ConfirmSite(w.ctx(), grantor, entered.ID, entered.Words.Proof))
	return must(use.MySites(w.ctx(), a))(w)[0]
}

func (w *world) museum() museum {
	w.Helper()
	clara := w.join("clara@museum.example")
	key, _ := w.requested("clara@museum.example")
	who := dn.Subject{Name: "Clara Site", Country: "ES", Organisation: "Museo del Río", Username: "clara", Email: "clara@museum.example"}
	chain := must(w.Certificates.Register(w.ctx(), clara, must(request.Make(key, who))(w)))(w)
	w.ok(w.give("clara@museum.example", habeas.RoleCreator))
	clara.Roles, clara.Proof = []habeas.Role{habeas.RolePerson, habeas.RoleCreator}, habeas.ProofCertificate
	w.site(clara, declaration)
	w.mails()
	p := w.openPort()
	return museum{p, clara, app.NewCreators(w.Certificates), p.client(p.config(tls.Certificate{Certificate: chain[:1], PrivateKey: key}))}
}

// call asks the port as the creator's server does.
func (m museum) call(method, path string, body any) (status int, out map[string]any) {
	m.Helper()
	var text []byte
	if body != nil {
		text = must(json.Marshal(body))(m)
	}
	r := must(http.NewRequestWithContext(m.ctx(), method, portURL+path, strings.NewReader(string(text))))(m)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := m.client.Do(r)
	m.ok(err)
	defer res.Body.Close()
	m.ok(json.NewDecoder(res.Body).Decode(&out))
	return res.StatusCode, out
}

// consent are the words that the museum shows.
const consent = "The museum may register me and enter works of which I am the author."

func (m museum) behalf(der []byte) map[string]any {
	return map[string]any{
		"request": base64.StdEncoding.EncodeToString(der), "policy": must(m.Certificates.Policy(m.ctx()))(m), "language": "en",
		"consent": map[string]string{"text": consent, "manner": "explicit"},
	}
}

// asks begins a registration of a person with a fresh key, and returns its id.
func (m museum) asks(who dn.Subject) (string, *ecdsa.PrivateKey) {
	m.Helper()
	key, _ := m.requested(who.Email)
	status, out := m.call(http.MethodPost, "/api/v1/creator/registrations", m.behalf(must(request.Make(key, who))(m)))
	if status != http.StatusAccepted {
		m.Fatalf("asking: %d %v", status, out)
	}
	return out["registration"].(string), key
}

func ana(name string) dn.Subject {
	return dn.Subject{Name: name, Country: "ES", Username: "ana", Email: "ana@example.org"}
}

// types hands the mailed code to the creator, and returns the answer.
func (m museum) types(id, code string) (int, map[string]any) {
	m.Helper()
	return m.call(http.MethodPost, "/api/v1/creator/registrations/"+id+"/code", map[string]string{"code": code})
}

// registers is a whole registration of Ana through the museum.
func (m museum) registers(who dn.Subject) (tls.Certificate, account.Certificate) {
	m.Helper()
	id, key := m.asks(who)
	status, out := m.types(id, m.codeIn(m.mailTo(who.Email, mail.KindBehalfCode)))
	if status != http.StatusOK || out["state"] != "done" {
		m.Fatalf("typing the code: %d %v", status, out)
	}
	return m.held(out, key)
}

// held is the certificate in an answer, with the account's row of it.
func (m museum) held(out map[string]any, key *ecdsa.PrivateKey) (tls.Certificate, account.Certificate) {
	m.Helper()
	der := must(base64.StdEncoding.DecodeString(out["chain"].([]any)[0].(string)))(m)
	for _, c := range must(m.DB.Accounts().Certificates(m.ctx(), m.accountAt("ana@example.org")))(m) {
		if string(c.DER) == string(der) {
			return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, c
		}
	}
	m.Fatal("the certificate is nobody's")
	return tls.Certificate{}, account.Certificate{}
}

// accountAt finds whose address it is; the zero id is nobody's.
func (w *world) accountAt(address string) habeas.AccountID {
	w.Helper()
	held, _, err := w.DB.Accounts().AddressAt(w.ctx(), w.Records.Keys.Lookup(account.LookupAddress, w.address(address).Key()))
	w.ok(err)
	return held.Account
}

// Somebody without an account is registered through a creator: the server gets a certificate
// request and a code, the creator gets the certificate, and the person reads who did it, in which
// words, and ends it.
// Proves REG-08, REG-11 and TP-02.
func TestACreatorRegistersSomebody(t *testing.T) {
	w := newWorld(t)
	m := w.museum()
	id, key := m.asks(ana("Ana Rivera"))
	letter := w.mailTo("ana@example.org", mail.KindBehalfCode)
	for _, part := range []string{"Museo del Río", museumSite, consent} {
		if !strings.Contains(letter.Text, part) {
			t.Errorf("the mail does not say %q:\n%s", part, letter.Text)
		}
	}
	if !w.accountAt("ana@example.org").IsZero() {
		t.Error("there is an account before its person has typed anything")
	}
	path := "/api/v1/creator/registrations/" + id
	if _, out := m.call(http.MethodGet, path, nil); out["state"] != "waiting" || out["chain"] != nil {
		t.Errorf("while it waits: %v", out)
	}
	code := w.codeIn(letter)
	if status, out := m.types(id, wrongCode(code)); status != http.StatusBadRequest && status != http.StatusUnprocessableEntity {
		t.Errorf("a wrong code: %d %v", status, out)
	}
	w.later(time.Minute)
	status, out := m.types(id, code)
	if status != http.StatusOK {
		t.Fatalf("the code: %d %v", status, out)
	}
	_, cert := m.held(out, key)
	if _, again := m.types(id, code); again["chain"] != nil {
		t.Error("the code worked twice")
	}
	if _, out := m.call(http.MethodGet, path, nil); out["state"] != "done" || len(out["chain"].([]any)) != 3 {
		t.Errorf("afterwards: %v", out)
	}
	self := habeas.Actor{Kind: habeas.ActorPerson, Account: cert.Account, Proof: habeas.ProofCode}
	held := must(m.use.Mandates(w.ctx(), self))(w)
	if len(held) != 1 || held[0].Words.Text != consent || held[0].Words.Manner != account.ConsentExplicit || held[0].Words.Organisation != "Museo del Río" ||
		held[0].Words.Site != museumSite || held[0].Creator != m.clara.Account || held[0].ID != cert.Mandate || held[0].Certificates != 1 || !held[0].At.Equal(w.clock.Now()) {
		t.Errorf("recorded: %+v", held)
	}
	for _, e := range []audit.Event{audit.Registered, audit.MandateGiven, audit.CertificateIssued} {
		if w.witnessed(cert.Account, e) != 1 {
			t.Errorf("%s is in the ledger %d times", e, w.witnessed(cert.Account, e))
		}
	}
	tables := must(w.Records.Inspect(w.ctx(), self))(w).JSON
	for _, part := range []string{consent, museumSite, "explicit"} {
		if !strings.Contains(string(tables), part) {
			t.Errorf("the inspection does not show %q", part)
		}
	}
	if r := w.registrationOf(cert.Account); r.Subject.Name != "Ana Rivera" {
		t.Errorf("registered as %s", r.Subject.Name)
	}
	w.verify()
}

func (w *world) registrationOf(id habeas.AccountID) account.Registration {
	w.Helper()
	r, _, err := w.DB.Accounts().Registration(w.ctx(), id)
	w.ok(err)
	return r
}

// The answers to a creator are the same for an address that is nobody's, for a registered one,
// for one that opens by passkey only, and for one whose account is closed; and what is in the way
// afterwards is its person's affair.
func TestACreatorLearnsNothingOfAnAddress(t *testing.T) {
	w := newWorld(t)
	m := w.museum()
	tim := w.join("tim@example.org")
	w.registered(tim, "tim@example.org")
	eva := w.join("eva@example.org")
	w.key(eva, "phone", time.Time{})
	w.join("old@example.org")
	w.close("old@example.org", true)
	w.mails()
	for _, address := range []string{"nobody@example.org", "tim@example.org", "eva@example.org", "old@example.org"} {
		key, _ := w.requested(address)
		who := dn.Subject{Name: "Somebody Else", Country: "ES", Username: "x", Email: address}
		status, out := m.call(http.MethodPost, "/api/v1/creator/registrations", m.behalf(must(request.Make(key, who))(w)))
		id, _ := out["registration"].(string)
		delete(out, "registration")
		if status != http.StatusAccepted || len(id) != 30 || len(out) != 1 || out["minutes"] != 10.0 {
			t.Errorf("%s: %d %v %q", address, status, out, id)
		}
		path := "/api/v1/creator/registrations/" + id
		if _, out := m.call(http.MethodGet, path, nil); len(out) != 1 || out["state"] != "waiting" {
			t.Errorf("%s: %v", address, out)
		}
		_, wrong := m.types(id, "12345670")
		if wrong["code"] != "code.wrong" {
			t.Errorf("%s: %v", address, wrong)
		}
		if address == "nobody@example.org" {
			w.mails()
			continue
		}
		status, out = m.types(id, w.codeIn(w.mailTo(address, mail.KindBehalfCode)))
		if status != http.StatusConflict || out["code"] != "behalf.elsewhere" {
			t.Errorf("%s, with the right code: %d %v", address, status, out)
		}
		c := must(habeas.ParseID[habeas.ChallengeKind](id))(w)
		if challenge, found, err := w.DB.Accounts().Challenge(w.ctx(), c); err != nil || !found || !challenge.UsedAt.IsZero() {
			t.Errorf("%s: the code is spent and its person cannot find out why", address)
		}
	}
	if n := len(must(w.DB.Accounts().MandatesOf(w.ctx(), tim.Account))(w)); n != 0 {
		t.Errorf("%d mandates of somebody who was refused", n)
	}
	w.verify()
}

// Mail floods are held back for an address and for a creator, without another answer.
func TestACreatorCannotFloodAMailbox(t *testing.T) {
	w := newWorld(t)
	m := w.museum()
	for range account.AsksPerClient + 3 {
		m.asks(ana("Ana Rivera"))
	}
	sent := 0
	for _, letter := range w.mails() {
		if letter.Kind == mail.KindBehalfCode {
			sent++
		}
	}
	if sent > account.AsksPerClient {
		t.Errorf("%d mails within an hour", sent)
	}
	_, der := w.requested("ana@example.org")
	in := account.Behalf{Request: der, Policy: must(w.Certificates.Policy(w.ctx()))(w), Text: consent, Manner: account.ConsentExplicit, Language: "en"}
	var err error
	for range account.BehalfsPerCreator {
		_, err = m.use.Ask(w.ctx(), m.clara, in)
	}
	w.refused(err, "behalf.many")
}

// Proves REC-11 and RET-02.
func TestWhatACreatorRegisteredIsCorrectedSubmittedAgainAndRenewed(t *testing.T) {
	w := newWorld(t)
	m := w.museum()
	_, first := m.registers(ana("Ana Rivera"))
	self := habeas.Actor{Kind: habeas.ActorPerson, Account: first.Account, Roles: []habeas.Role{habeas.RolePerson}, Proof: habeas.ProofCode}

	// Its person corrects it here, and the form names the creator.
	w.later(time.Hour)
	flow := newToken()
	key, _ := w.requested("ana@example.org")
	submitted := must(w.Certificates.Submit(w.ctx(), self, account.Submission{
		Request: must(request.Make(key, ana("Ana Rivera Soto")))(w), Policy: must(w.Certificates.Policy(w.ctx()))(w),
	}, account.Asking{Language: "en", Flow: flow, Client: "192.0.2.1"}))(w)
	must(w.Certificates.Confirm(w.ctx(), self, submitted.Challenge, sealedtest.Seal(w.codeIn(w.mailTo("ana@example.org", mail.KindCertificateCode))), flow))(w)
	name := func() string { return w.registrationOf(self.Account).Subject.Name }
	if name() != "Ana Rivera Soto" {
		t.Fatalf("after the correction: %s", name())
	}
	b := w.signedIn("ana@example.org")
	form := b.get("/me/registration/new")
	if !strings.Contains(form.text, "Museo del Río") {
		t.Error("the form does not name the third party")
	}

	// The creator submits it again; with its person's code that is what counts.
	w.later(time.Hour)
	_, second := m.registers(ana("Ana Rivera"))
	if name() != "Ana Rivera" || !second.Ends.Equal(first.Ends) {
		t.Errorf("after the new submission: %s until %s", name(), second.Ends)
	}
	page := w.signedIn("ana@example.org").get("/me/registration").text
	if strings.Count(page, "Museo del Río") < 2 || !strings.Contains(page, "Ana Rivera Soto") || !strings.Contains(page, "By yourself, here") {
		t.Error("the history does not show who said what")
	}

	// Before the end it renews there, for three more years.
	w.clock.Advance(second.Ends.Sub(w.clock.Now()) - 20*24*time.Hour)
	_, third := m.registers(ana("Ana Rivera"))
	if third.Ends.Before(second.Ends.AddDate(2, 11, 0)) {
		t.Errorf("renewed until %s only", third.Ends)
	}
	if !must(w.DB.Revocations().IsRevoked(pki.Identity, second.Serial))(w) {
		t.Error("two certificates count")
	}
	w.verify()
}

// Writing on behalf needs a creator, its site, a certificate of ours that counts, and the right
// that its person gave and can end at once.
func TestACreatorWritesOnlyForThoseWhoLetIt(t *testing.T) {
	w := newWorld(t)
	m := w.museum()
	shown, cert := m.registers(ana("Ana Rivera"))
	author := func(a habeas.Actor, der []byte) error { _, err := m.use.Author(w.ctx(), a, der); return err }
	if id, err := m.use.Author(w.ctx(), m.clara, shown.Certificate[0]); err != nil || id != cert.Account {
		t.Fatalf("%v %v", id, err)
	}
	tim := w.join("tim@example.org")
	timsCert := w.registered(tim, "tim@example.org")
	w.refused(author(m.clara, timsCert.DER), "mandate.none")
	w.refused(author(m.clara, []byte("no certificate")), "mandate.none")
	foreign := newWorld(t)
	evil := foreign.registered(foreign.join("ana@example.org"), "ana@example.org")
	w.refused(author(m.clara, evil.DER), "mandate.none")
	tim.Proof, tim.Roles = habeas.ProofCertificate, []habeas.Role{habeas.RolePerson}
	w.refused(author(tim, shown.Certificate[0]), "creator.role-missing")
	other, _ := w.creator("dora@other.example", "Other")
	other.Roles, other.Proof = []habeas.Role{habeas.RoleCreator}, habeas.ProofCertificate
	w.refused(author(other, shown.Certificate[0]), "creator.site-missing")
	said := declaration
	said.Origin = "https://other.example"
	site := w.site(other, said)
	w.refused(author(other, shown.Certificate[0]), "mandate.none")

	// On the page its person lets another one, and ends the first; both count at once.
	b := w.signedIn("ana@example.org")
	page := b.get("/me/creators").text
	if !strings.Contains(page, consent) || !strings.Contains(page, "https://other.example") {
		t.Error("the page shows neither what was agreed to nor whom one can choose")
	}
	b.post("/me/creators", "site", site.ID.String(), "agree", "yes")
	w.ok(author(other, shown.Certificate[0]))
	self := habeas.Actor{Kind: habeas.ActorPerson, Account: cert.Account, Proof: habeas.ProofCode}
	held := must(m.use.Mandates(w.ctx(), self))(w)
	i := slices.IndexFunc(held, func(h webaccount.MandateHeld) bool { return h.Creator == m.clara.Account })
	b.post("/me/creators/" + held[i].ID.String() + "/end")
	w.refused(author(m.clara, shown.Certificate[0]), "mandate.none")

	// So does what ends elsewhere: the certificate, the site, the role.
	w.ok(m.use.EndSite(w.ctx(), grantor, site.ID, "It gathers more than it says."))
	w.refused(author(other, shown.Certificate[0]), "creator.site-missing")
	w.verify()
}

// Erasing a creator ends what it may do, and leaves its words with those who agreed to them.
func TestAnErasedCreatorActsForNobody(t *testing.T) {
	w := newWorld(t)
	m := w.museum()
	_, cert := m.registers(ana("Ana Rivera"))
	must(w.Records.EraseMe(w.ctx(), m.clara))(w)
	all := must(w.DB.Accounts().MandatesOf(w.ctx(), cert.Account))(w)
	if len(all) != 1 || all[0].Stands() || !all[0].Creator.IsZero() || all[0].Words.Text != consent {
		t.Errorf("%+v", all)
	}
	if sites := must(w.DB.Accounts().Sites(w.ctx()))(w); len(sites) != 0 {
		t.Errorf("%d sites are left", len(sites))
	}
	w.verify()
}
