package app_test

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/attrcert"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/pki/request"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

func (w *world) roles() *app.Roles { return w.Certificates.Roles }

// rolesOf are the roles that an account holds now.
func (w *world) rolesOf(id habeas.AccountID) []habeas.Role {
	w.Helper()
	return must(w.DB.Accounts().RolesOf(w.ctx(), id, w.clock.Now()))(w)
}

func (w *world) has(id habeas.AccountID, role habeas.Role) bool {
	w.Helper()
	return slices.Contains(w.rolesOf(id), role)
}

func (w *world) give(address string, role habeas.Role) error {
	w.Helper()
	return w.roles().Grant(w.ctx(), grantor, w.address(address), account.Granting{Role: role, Proof: "Passport seen at the desk."})
}

// roleCert is the newest attribute certificate of an account.
func (w *world) roleCert(id habeas.AccountID) account.Certificate {
	w.Helper()
	for _, c := range must(w.DB.Accounts().Certificates(w.ctx(), id))(w) {
		if c.Authority == pki.Attribute {
			return c
		}
	}
	w.Fatal("there is no attribute certificate")
	return account.Certificate{}
}

// verifies reports by which rule an attribute certificate does not hold for an identity
// certificate, as anybody elsewhere would find out; zero: it holds.
func (w *world) verifies(der []byte, identity account.Certificate) attrcert.Rule {
	w.Helper()
	ca := must(w.Certificates.Authorities.Get(w.ctx(), pki.Attribute))(w)
	issuer := must(w.Certificates.Authorities.Get(w.ctx(), pki.Identity))(w)
	roots := x509.NewCertPool()
	roots.AddCert(ca.Chain()[1])
	role := must(attrcert.Parse(der))(w)
	shard := pki.Attribute.Shard(pair(pki.SerialOf(role.SerialNumber))(w))
	list := must(w.Certificates.Authorities.List(w.ctx(), pki.Attribute.Nth(1), shard))(w)
	err := role.Verify(attrcert.VerifyOptions{
		HolderChain: []*x509.Certificate{must(x509.ParseCertificate(identity.DER))(w), issuer.Certificate(), ca.Chain()[1]},
		Issuers:     ca.Chain()[:1], Roots: roots, CurrentTime: w.clock.Now(), WithinHolder: true,
		Revocation: attrcert.CheckCRLs(must(x509.ParseRevocationList(list.DER))(w)),
	})
	if err == nil {
		return 0
	}
	broken, ok := err.(*attrcert.VerifyError)
	if !ok {
		w.Fatal(err)
	}
	return broken.Rule
}

func pair[T any](v T, ok bool) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if !ok {
			t.Fatal("it is none")
		}
		return v
	}
}

// A decision for somebody who is registered is a certificate at once, which anybody can verify,
// which is mailed, and which says what the decision said.
// Proves ATTR-01, ATTR-06 and ATTR-08.
func TestARoleIsACertificate(t *testing.T) {
	w := newWorld(t)
	tim := w.join("tim@example.org")
	identity := w.registered(tim, "tim@example.org")
	w.mails()
	w.ok(w.give("tim@example.org", habeas.RoleCreator))
	if !w.has(tim.Account, habeas.RoleCreator) {
		t.Fatal("the role is not held")
	}
	c := w.roleCert(tim.Account)
	role := must(attrcert.Parse(c.DER))(w)
	if rule := w.verifies(c.DER, identity); rule != 0 {
		t.Errorf("anybody elsewhere: %s", rule)
	}
	holder := must(x509.ParseCertificate(identity.DER))(w)
	if !bytes.Equal(role.Holder.EntityName[0].Value, holder.RawSubject) || role.Holder.BaseCertificateID.Serial.Cmp(holder.SerialNumber) != 0 ||
		string(role.Roles[0].Name.Value) != "http://pki.example.org/role/creator" || !role.NotAfter.Equal(holder.NotAfter) {
		t.Errorf("the certificate says %+v", role)
	}
	m := w.mailTo("tim@example.org", mail.KindRoleGiven)
	if len(m.Attached) != 1 || !bytes.Equal(m.Attached[0].Data, c.DER) || m.Attached[0].Type != account.RoleCertificateType {
		t.Errorf("attached: %d files", len(m.Attached))
	}
	g := must(w.DB.Accounts().GrantsOf(w.ctx(), tim.Account))(w)[0]
	if g.By != grantor.Account || g.Role != habeas.RoleCreator || g.Words.Proof != "Passport seen at the desk." || !g.At.Equal(w.clock.Now()) || g.Serial != c.Serial {
		t.Errorf("recorded: %+v", g)
	}
	for _, e := range []audit.Event{audit.RoleGranted, audit.RoleBegun} {
		if w.witnessed(tim.Account, e) != 1 {
			t.Errorf("%s stands %d times in the ledger", e, w.witnessed(tim.Account, e))
		}
	}
	w.refused(w.give("tim@example.org", habeas.RoleCreator), "role.given")
	w.verify()
}

// What was decided for an address waits for its person, and for their registration.
// Proves ATTR-02.
func TestARoleWaitsForARegistration(t *testing.T) {
	w := newWorld(t)
	w.ok(w.give("tim@example.org", habeas.RoleStaff))
	tim := w.join("tim@example.org")
	if w.has(tim.Account, habeas.RoleStaff) {
		t.Error("a role is held by who is not registered")
	}
	if h := must(w.roles().Mine(w.ctx(), tim))(w); h.Registered || len(h.Grants) != 1 || h.Grants[0].State(w.clock.Now()) != account.GrantWaits {
		t.Errorf("what waits: %+v", h)
	}
	w.later(time.Hour)
	identity := w.registered(tim, "tim@example.org")
	if !w.has(tim.Account, habeas.RoleStaff) || w.verifies(w.roleCert(tim.Account).DER, identity) != 0 {
		t.Error("registered, and the role is not held")
	}
	w.mailTo("tim@example.org", mail.KindRoleGiven)

	// A further address brings what was decided for it.
	w.ok(w.give("desk@example.org", habeas.RoleCreator))
	w.mails()
	flow := newToken()
	id := must(w.Accounts.AskForAddress(w.ctx(), tim, account.Asking{Address: w.address("desk@example.org"), Language: "en", Flow: flow, Client: "192.0.2.1"}))(w)
	must(w.Accounts.Prove(w.ctx(), tim, id, sealedtest.Seal(w.codeIn(w.mailTo("desk@example.org", mail.KindCode))), account.Browser{Flow: flow, New: newToken()}))(w)
	if !w.has(tim.Account, habeas.RoleCreator) {
		t.Error("the role of the further address is not held")
	}
	w.verify()
}

// Proves ATTR-09.
func TestARoleEndsWithItsRegistrationOrEarlier(t *testing.T) {
	w := newWorld(t)
	tim := w.join("tim@example.org")
	identity := w.registered(tim, "tim@example.org")
	w.later(24 * time.Hour)
	in := account.Granting{Role: habeas.RoleStaff, Proof: "seen", Ends: identity.Ends.Add(time.Second)}
	w.refused(w.roles().Grant(w.ctx(), grantor, w.address("tim@example.org"), in), "role.ends")
	in.Ends = w.clock.Now().AddDate(0, 1, 0)
	w.ok(w.roles().Grant(w.ctx(), grantor, w.address("tim@example.org"), in))
	w.ok(w.give("tim@example.org", habeas.RoleCreator))
	w.later(32 * 24 * time.Hour)
	if w.has(tim.Account, habeas.RoleStaff) || !w.has(tim.Account, habeas.RoleCreator) {
		t.Errorf("after a month: %v", w.rolesOf(tim.Account))
	}
	w.clock.Advance(identity.Ends.Sub(w.clock.Now()))
	if len(w.rolesOf(tim.Account)) != 1 {
		t.Errorf("after the registration: %v", w.rolesOf(tim.Account))
	}
}

// A role goes with the identity certificate that it hangs on, and another certificate of the
// same person with the same name has none of it.
// Proves ATTR-11 and REV-04.
func TestRolesOfARevokedCertificateAreGone(t *testing.T) {
	w := newWorld(t)
	tim := w.join("tim@example.org")
	first := w.registered(tim, "tim@example.org")
	w.ok(w.give("tim@example.org", habeas.RoleStaff))
	w.ok(w.give("tim@example.org", habeas.RoleCreator))
	stolen := w.roleCert(tim.Account)
	w.later(time.Hour)
	w.ok(w.Certificates.Revoke(w.ctx(), tim, pki.Identity, first.Serial, pki.KeyCompromise))
	if len(w.rolesOf(tim.Account)) != 1 || w.verifies(stolen.DER, first) != attrcert.RuleRevoked {
		t.Errorf("after the revocation: %v", w.rolesOf(tim.Account))
	}
	second := w.registered(tim, "tim@example.org")
	if len(w.rolesOf(tim.Account)) != 1 {
		t.Errorf("the new registration has roles of the old one: %v", w.rolesOf(tim.Account))
	}
	if rule := w.verifies(stolen.DER, second); rule != attrcert.RuleHolder {
		t.Errorf("an attribute of another certificate of the same person: %s", rule)
	}
	for _, g := range must(w.DB.Accounts().GrantsOf(w.ctx(), tim.Account))(w) {
		if g.State(w.clock.Now()) != account.GrantEnded {
			t.Errorf("the decision about %s still stands", g.Role)
		}
	}
	w.ok(w.give("tim@example.org", habeas.RoleStaff)) // decided anew
	if !w.has(tim.Account, habeas.RoleStaff) {
		t.Error("decided anew, and not held")
	}
	w.verify()
}

func TestARoleIsTakenAwayAndGivenBack(t *testing.T) {
	w := newWorld(t)
	tim := w.join("tim@example.org")
	w.employ("tim@example.org", habeas.RoleStaff)
	g := must(w.DB.Accounts().GrantsOf(w.ctx(), tim.Account))(w)[0]
	before := w.roleCert(tim.Account)
	w.mails()
	staff := habeas.Actor{Kind: habeas.ActorPerson, Account: habeas.AccountID{7}, Roles: []habeas.Role{habeas.RoleStaff}, Proof: habeas.ProofPasskey}
	w.refused(w.roles().Revoke(w.ctx(), staff, g.ID, "no"), "role.missing")
	w.refused(w.roles().Revoke(w.ctx(), grantor, g.ID, ""), "role.why")
	w.ok(w.roles().Revoke(w.ctx(), grantor, g.ID, "Works elsewhere now."))
	w.refused(w.roles().Revoke(w.ctx(), grantor, g.ID, "again"), "role.none")
	if w.has(tim.Account, habeas.RoleStaff) || !must(w.DB.Revocations().IsRevoked(pki.Attribute, before.Serial))(w) {
		t.Error("it is still there")
	}
	w.mailTo("tim@example.org", mail.KindRoleEnded)
	other := grantor
	other.Account = habeas.AccountID{15: 8}
	w.refused(w.roles().Undo(w.ctx(), other, g.ID), "role.none")
	w.later(time.Minute)
	w.ok(w.roles().Undo(w.ctx(), grantor, g.ID))
	if !w.has(tim.Account, habeas.RoleStaff) || w.roleCert(tim.Account).Serial == before.Serial {
		t.Error("given back, it is another certificate")
	}
	w.refused(w.roles().Undo(w.ctx(), grantor, g.ID), "role.given")
	g = must(w.DB.Accounts().Grants(w.ctx()))(w)[1]
	w.ok(w.roles().Revoke(w.ctx(), grantor, g.ID, "After all."))
	w.later(account.UndoFor + time.Second)
	w.refused(w.roles().Undo(w.ctx(), grantor, g.ID), "role.none")
	w.verify()
}

// Proves ATTR-07.
func TestTheManagerIsDesignatedOnTheMachine(t *testing.T) {
	w := newWorld(t)
	ana, bea := w.join("ana@example.org"), w.join("bea@example.org")
	w.registered(ana, "ana@example.org")
	w.ok(w.roles().Designate(w.ctx(), w.address("ana@example.org")))
	if !w.has(ana.Account, habeas.RoleManager) || !w.has(ana.Account, habeas.RoleAdministrator) {
		t.Errorf("the first manager holds %v", w.rolesOf(ana.Account))
	}
	w.ok(w.roles().Designate(w.ctx(), w.address("ana@example.org"))) // again changes nothing
	w.ok(w.roles().Designate(w.ctx(), w.address("bea@example.org")))
	if w.has(ana.Account, habeas.RoleManager) || !w.has(ana.Account, habeas.RoleAdministrator) {
		t.Errorf("after another was designated the first holds %v", w.rolesOf(ana.Account))
	}
	w.registered(bea, "bea@example.org")
	if !w.has(bea.Account, habeas.RoleManager) || w.has(bea.Account, habeas.RoleAdministrator) {
		t.Errorf("the second manager holds %v", w.rolesOf(bea.Account))
	}
	w.refused(w.give("tim@example.org", habeas.RoleManager), "form.choice")
	w.verify()
}

// Proves ATTR-13.
func TestSomebodyAppliesForARole(t *testing.T) {
	w := newWorld(t)
	boss := w.administers("boss@example.org")
	tim := w.join("tim@example.org")
	w.refused(w.roles().Apply(w.ctx(), tim, habeas.RoleStaff, "I help at the desk."), "registration.none")
	w.registered(tim, "tim@example.org")
	w.refused(w.roles().Apply(w.ctx(), tim, habeas.RoleManager, "I want it."), "form.choice")
	w.refused(w.roles().Apply(w.ctx(), tim, habeas.RoleStaff, " "), "role.apply-why")
	w.mails()
	w.ok(w.roles().Apply(w.ctx(), tim, habeas.RoleStaff, "I help at the desk."))
	w.mailTo("boss@example.org", mail.KindRoleAsked)
	w.refused(w.roles().Apply(w.ctx(), tim, habeas.RoleStaff, "Again."), "role.applied")
	board := must(w.roles().Board(w.ctx(), boss))(w)
	if len(board.Applications) != 1 || board.Applications[0].Display != "tim@example.org" || w.has(tim.Account, habeas.RoleStaff) {
		t.Fatalf("the board shows %+v", board.Applications)
	}
	manager := grantor
	manager.Roles = []habeas.Role{habeas.RoleManager}
	if other := must(w.roles().Board(w.ctx(), manager))(w); len(other.Applications) != 0 {
		t.Error("the manager sees what only administrators decide")
	}
	id := board.Applications[0].ID
	w.refused(w.roles().Accept(w.ctx(), manager, id, account.Granting{Proof: "seen"}), "role.grantor")
	w.refused(w.roles().Refuse(w.ctx(), boss, id, ""), "role.why")
	w.ok(w.roles().Refuse(w.ctx(), boss, id, "Come back in June."))
	w.mailTo("tim@example.org", mail.KindRoleRefused)
	w.refused(w.roles().Refuse(w.ctx(), boss, id, "Again."), "role.application")

	w.later(time.Hour)
	w.ok(w.roles().Apply(w.ctx(), tim, habeas.RoleStaff, "It is June."))
	id = must(w.roles().Board(w.ctx(), boss))(w).Applications[0].ID
	w.ok(w.roles().Accept(w.ctx(), boss, id, account.Granting{Proof: "Identity card seen."}))
	h := must(w.roles().Mine(w.ctx(), tim))(w)
	if !w.has(tim.Account, habeas.RoleStaff) || h.Applications[0].State != account.ApplicationGranted || h.Applications[1].Words.Answer != "Come back in June." {
		t.Errorf("after the decision: %+v", h.Applications)
	}
	w.later(time.Hour)
	w.ok(w.roles().Apply(w.ctx(), tim, habeas.RoleCreator, "We run a site."))
	w.ok(w.roles().Withdraw(w.ctx(), tim, must(w.roles().Mine(w.ctx(), tim))(w).Applications[0].ID))
	if len(must(w.roles().Board(w.ctx(), boss))(w).Applications) != 0 {
		t.Error("what was taken back waits")
	}
	w.verify()
}

// creator makes a registered creator with an organisation.
func (w *world) creator(address, organisation string) (habeas.Actor, account.Certificate) {
	w.Helper()
	a := w.join(address)
	key, _ := w.requested(address)
	who := dn.Subject{Name: "Clara Site", Country: "ES", Organisation: organisation, Username: "clara", Email: address}
	must(w.Certificates.Register(w.ctx(), a, must(request.Make(key, who))(w)))(w)
	w.ok(w.give(address, habeas.RoleCreator))
	identity, _ := account.ActiveIdentity(must(w.DB.Accounts().Certificates(w.ctx(), a.Account))(w), w.clock.Now())
	return a, identity
}

// Proves ATTR-12.
func TestEverybodyCanCheckACreator(t *testing.T) {
	w := newWorld(t)
	clara, _ := w.creator("clara@example.org", "Museo del Río")
	number := w.roleCert(clara.Account).Serial.String()
	visitor := w.browser()
	ask := func(query string) (out map[string]any) {
		p := visitor.send(http.MethodGet, "/creators.json?"+query, nil)
		if p.status != http.StatusOK {
			t.Fatalf("%s: %d %s", query, p.status, p.text)
		}
		w.ok(json.Unmarshal([]byte(p.text), &out))
		return out
	}
	for query, want := range map[string]bool{
		"organisation=" + url.QueryEscape("museo  del RÍO"): true,
		"organisation=Museo":      false,
		"organisation=Clara+Site": false,
		"number=" + number:        true,
		"number=" + strings.ToUpper(number[:2]) + ":" + number[2:]: true,
		"number=" + number[:30]: false,
		"number=zz":             false,
	} {
		got := ask(query)
		if got["current"] != want || want && (got["organisation"] != "Museo del Río" || got["number"] != number) {
			t.Errorf("%s: %v", query, got)
		}
		if text := fmt.Sprint(got); strings.Contains(text, "Clara") || strings.Contains(text, "clara") {
			t.Errorf("%s tells who the person is: %s", query, text)
		}
	}
	if p := visitor.send(http.MethodGet, "/creators.json", nil); p.status != http.StatusBadRequest {
		t.Errorf("asked nothing: %d", p.status)
	}
	page := visitor.send(http.MethodGet, "/creators?organisation=Museo+del+R%C3%ADo", nil)
	if !strings.Contains(page.text, "A trusted entity creator") || strings.Contains(page.text, "Clara") || strings.Contains(page.text, "clara@") {
		t.Errorf("the page: %s", page.text)
	}
	g := must(w.DB.Accounts().GrantsOf(w.ctx(), clara.Account))(w)[0]
	w.ok(w.roles().Revoke(w.ctx(), grantor, g.ID, "The site was sold."))
	if ask("number=" + number)["current"] != false {
		t.Error("a revoked creator is a current one")
	}
}

// Every way in which a certificate that is shown can be wrong.
func TestForgedCertificatesOfCreators(t *testing.T) {
	w := newWorld(t)
	clara, identity := w.creator("clara@example.org", "Museo del Río")
	good := w.roleCert(clara.Account)
	tim := w.join("tim@example.org")
	other := w.registered(tim, "tim@example.org")
	w.ok(w.give("tim@example.org", habeas.RoleStaff))
	staff := w.roleCert(tim.Account)
	elsewhere := newWorld(t)
	eva, evasIdentity := elsewhere.creator("clara@example.org", "Museo del Río")
	foreign := elsewhere.roleCert(eva.Account)
	ac := func(der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: attrcert.PEMType, Bytes: der}) }
	id := func(der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}) }
	flipped := slices.Clone(good.DER)
	flipped[len(flipped)-1] ^= 1
	renamed := bytes.Replace(slices.Clone(staff.DER), []byte("/role/staff"), []byte("/role/steff"), 1)

	for name, c := range map[string]struct {
		file []byte
		want string // code of the refusal or of the error; empty: a current creator
	}{
		"DER":                               {good.DER, ""},
		"PEM":                               {ac(good.DER), ""},
		"with its identity certificate":     {append(id(identity.DER), ac(good.DER)...), ""},
		"the identity certificate alone":    {identity.DER, ""},
		"identity of somebody else":         {append(ac(good.DER), id(other.DER)...), "creator.holder"},
		"identity of another server":        {append(ac(good.DER), id(evasIdentity.DER)...), "creator.forged"},
		"another issuer of the same name":   {foreign.DER, "creator.forged"},
		"that issuer's identity":            {evasIdentity.DER, "creator.forged"},
		"a flipped bit in the signature":    {flipped, "creator.forged"},
		"another role written into it":      {renamed, "creator.forged"},
		"a role that is another":            {staff.DER, "creator.role"},
		"bytes that follow":                 {append(slices.Clone(good.DER), 0), "creator.file"},
		"bytes that follow, PEM":            {ac(append(slices.Clone(good.DER), 0)), "creator.file"},
		"text that follows":                 {append(ac(good.DER), "and more"...), "creator.file"},
		"two of them":                       {append(ac(good.DER), ac(good.DER)...), "creator.file"},
		"a key":                             {pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: good.DER}), "creator.file"},
		"nothing of the kind":               {[]byte("hello"), "creator.file"},
		"more than any certificate":         {bytes.Repeat([]byte{0x30}, account.MaxCreatorFile+1), "creator.file"},
		"the identity of who is no creator": {other.DER, "none"},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := w.roles().Creator(w.ctx(), account.CreatorQuestion{File: c.file})
			got := ""
			switch e, _ := err.(*habeas.Error); {
			case e != nil:
				got = e.Code
			case err != nil:
				t.Fatal(err)
			case a.Problem != nil:
				got = a.Problem.Code
			case !a.Current:
				got = "none"
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}

	// By the form, as a visitor: the answer is shown.
	if p := w.browser().uploaded("/creators", ac(good.DER)); p.status != http.StatusOK || !strings.Contains(p.text, "Museo del Río") {
		t.Errorf("uploaded: %d %s", p.status, p.text)
	}
	if p := w.browser().uploaded("/creators", flipped); p.status != http.StatusOK || !strings.Contains(p.text, "Do not trust this certificate") {
		t.Errorf("forged: %d %s", p.status, p.text)
	}
	w.clock.Advance(good.Ends.Sub(w.clock.Now()) + time.Second)
	if a := must(w.roles().Creator(w.ctx(), account.CreatorQuestion{File: good.DER}))(w); a.Problem != account.ErrCreatorExpired {
		t.Errorf("expired: %+v", a)
	}
}

// uploaded sends a file by a form.
func (b *browser) uploaded(path string, file []byte) page {
	b.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part := must(form.CreateFormFile("file", "shown.ac"))(b)
	must(part.Write(file))(b)
	b.ok(form.Close())
	return b.send(http.MethodPost, path, nil, func(r *http.Request) {
		fresh := must(http.NewRequestWithContext(b.ctx(), http.MethodPost, path, &body))(b)
		r.Body, r.ContentLength = fresh.Body, fresh.ContentLength
		r.Header.Set("Content-Type", form.FormDataContentType())
	})
}

// Erasure ends every role, by revoking its certificate. Recovery does too: see
// TestAMailboxAloneNeverLeadsToARole.
func TestErasureEndsRoles(t *testing.T) {
	w := newWorld(t)
	tim := w.join("tim@example.org")
	w.employ("tim@example.org", habeas.RoleStaff)
	c := w.roleCert(tim.Account)
	must(w.Records.EraseMe(w.ctx(), tim))(w)
	if !must(w.DB.Revocations().IsRevoked(pki.Attribute, c.Serial))(w) {
		t.Error("the certificate of an erased person counts")
	}
	if left := must(w.DB.Accounts().Grants(w.ctx()))(w); len(left) != 0 {
		t.Errorf("%d decisions are left", len(left))
	}
	w.verify()
}
