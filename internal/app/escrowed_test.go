package app_test

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// secretForms are bytes in every form in which an answer could show them.
func secretForms(secret []byte) []string {
	out := []string{string(secret), hex.EncodeToString(secret), strings.ToUpper(hex.EncodeToString(secret))}
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		text := enc.EncodeToString(secret)
		out = append(out, text, text[:40], url.QueryEscape(text))
	}
	return out
}

// A private key lies here, in escrow. Administrators read what there is of its account; of the key there is
// nothing on any page, in any file and in any answer of the API, for whatever role and proof.
//
// Proves ADM-01.
func TestNoRoleGetsAPrivateKeyOnAnyRoute(t *testing.T) {
	w := newWorld(t).cases()
	patterns := w.routes()
	lea := w.client("lea@example.com")
	lea.leave()
	kept, found, err := w.DB.Accounts().Escrow(w.ctx(), lea.actor.Account)
	w.ok(err)
	if !found || len(kept.Deposit) == 0 {
		t.Fatal("no key lies here: the test proves nothing")
	}
	var secrets []string
	for _, secret := range [][]byte{lea.pkcs8(), must(lea.key.Bytes())(t), kept.Deposit, kept.Deposit[65:]} {
		secrets = append(secrets, secretForms(secret)...)
	}
	shows := func(who, method, path, text string) {
		for _, s := range secrets {
			if strings.Contains(text, s) {
				t.Errorf("%s: %s %s shows a private key", who, method, path)
				return
			}
		}
	}

	root, manager := w.rooted("chief@example.org"), w.rooted("manager@example.org")
	w.ok(w.Backstage().Manager(w.ctx(), w.address("manager@example.org")))
	log := root.post("/admin/log", "kind", "account", "address", "lea@example.com", "purpose", "help")
	holder := root.post("/admin/interventions", "address", "lea@example.com", "purpose", "help")
	key := w.opened("lea@example.com", w.demand(account.DataKey)).ID
	rest := w.opened("lea@example.com", w.demand(account.DataAccount, account.DataAddresses, account.DataCredentials)).ID
	for _, id := range []habeas.ReleaseID{key, rest} {
		w.ok(w.Notify(w.ctx(), w.root, id, w.is(id).Version))
		w.ok(w.Release(w.ctx(), w.root, id, w.is(id).Version, "The court orders it."))
	}
	w.ok(w.Confirm(w.ctx(), w.boss("third@example.org"), key, w.is(key).Version))
	ids := []string{
		lea.actor.Account.String(), kept.ID.String(), habeas.SubjectOf(kept.ID).String(), kept.Serial.String(), key.String(), rest.String(),
		log[strings.LastIndex(log, "/")+1:], holder[strings.LastIndex(holder, "/")+1:], w.activity(lea.actor)[0].ID.String(),
	}
	// The administrators read her account: the question is a good one.
	for _, at := range []string{log, holder} {
		if text := root.get(at).text; at == holder && !strings.Contains(text, "lea@example.com") {
			t.Errorf("%s does not show the account", at)
		}
	}
	for _, id := range []habeas.ReleaseID{key, rest} {
		for _, format := range []string{"json", "csv", "html"} {
			file, err := w.File(w.ctx(), w.root, id, format)
			if err == nil {
				shows("a release", "file", format, string(file))
			}
		}
	}
	people := map[string]*browser{"an administrator": root, "the manager": manager, "staff": w.staffBrowser("desk@example.org"), "somebody": w.browser().join("oscar@example.org"), "nobody": w.browser()}
	for who, b := range people {
		n := b.everyRoute(patterns, ids, "GET POST PUT PATCH DELETE", func(method, path string, p page) { shows(who, method, path, p.text) })
		t.Logf("%s: %d requests", who, n)
	}
	if _, found, err := w.DB.Accounts().Escrow(w.ctx(), lea.actor.Account); err != nil || !found {
		t.Fatal("the requests ended the escrow: what came after proves nothing")
	}
	// Not even to its person but by a reset, sealed to their browser; nor in their copy of everything.
	shows("its person", "inspect", "", string(must(w.Records.Inspect(w.ctx(), lea.actor))(t).JSON))
	shows("its person", "copy", "", string(must(w.Records.Copy(w.ctx(), lea.actor))(t).JSON))
	if s := must(w.Escrows.Escrowing(w.ctx(), lea.actor))(t); s.Escrow.Deposit != nil {
		t.Error("the page of the escrow is handed the deposit")
	}
}

// A consent to keep the key is in the register of consents, from when it was given until it was taken back or the
// key ended otherwise, and its person sees it where the others are.
//
// Proves REC-01 and REC-12.
func TestTheConsentToKeepAKeyIsInTheRegister(t *testing.T) {
	w := newWorld(t)
	root := w.rooted("root@example.org")
	lea := w.client("lea@example.com")
	about := habeas.SubjectOf(lea.actor.Account)
	b := w.browser().join("lea@example.com")
	given := func() (bool, bool) {
		c, found, err := w.DB.Consents().ConsentTo(w.ctx(), account.ConsentEscrow, about)
		w.ok(err)
		return c.Given, found
	}
	if _, found := given(); found || strings.Contains(b.get("/me/agreed").text, "A copy of my private key") {
		t.Error("a consent that nobody gave")
	}
	lea.leave()
	if yes, _ := given(); !yes || !strings.Contains(b.get("/me/agreed").text, "A copy of my private key") {
		t.Error("the consent is not in the register")
	}
	if text := string(w.copyOf(b).JSON); !strings.Contains(text, "registration.key given") {
		t.Error("it is not in the copy")
	}
	if text := root.get("/admin/registers").text; !strings.Contains(text, "A copy of my private key") {
		t.Error("it is not on the page of the registers")
	}
	id := w.enter(w.staff("desk@example.org"), "lea@example.com", person("Lea", "Lind", ""))
	w.accept(lea.actor, id, nil)
	for _, record := range []string{id.String(), habeas.PartyID(lea.actor.Account).String()} {
		if p := b.send(http.MethodPost, "/me/agreed", formOf("kind", string(account.ConsentEscrow), "record", record, "given", "no")); p.status != http.StatusNotFound {
			t.Errorf("decided where no key is handed in: %d", p.status)
		}
	}
	w.later(0)
	w.ok(w.Escrows.WithdrawEscrow(w.ctx(), lea.actor))
	if yes, found := given(); yes || !found || !strings.Contains(b.get("/me/agreed").text, "withdrawn") {
		t.Error("the withdrawal is not in the register")
	}
	lea.leave()
	if yes, _ := given(); !yes {
		t.Error("given anew, and not in the register")
	}
	w.ok(w.Certificates.Revoke(w.ctx(), lea.actor, lea.cert.Authority, lea.cert.Serial, 0))
	if yes, _ := given(); yes {
		t.Error("the key ended with its certificate, and the consent to it did not")
	}
	counts := must(w.DB.Consents().ConsentCounts(w.ctx()))(t)
	if len(counts) != 1 || counts[0].Given != 0 || counts[0].Withdrawn != 1 {
		t.Errorf("the register counts %+v", counts)
	}
	for _, event := range []audit.Event{audit.EscrowKept, audit.EscrowEnded} {
		w.look(lea.actor, event)
	}
	s := must(sqlstore.OpenSnapshot(w.ctx(), sqlstore.Config{Dir: w.dir, DSN: w.dsn}))(w)
	if rows := must(s.DanglingRows(w.ctx()))(w); len(rows) > 0 {
		t.Errorf("doctor takes the consent for a row that points nowhere: %+v", rows)
	}
	w.ok(s.Close())
	must(w.Records.EraseMe(w.ctx(), lea.actor))(t)
	if counts := must(w.DB.Consents().ConsentCounts(w.ctx()))(t); len(counts) != 0 {
		t.Errorf("after the account is erased: %+v", counts)
	}
	w.verify()
}

// While the old address can still say that the new one is not theirs, a file is not reset by a code to either
// (T12): it is not begun, and one that was begun is not given out.
func TestNoFileIsResetWhileTheMainAddressChanges(t *testing.T) {
	w := newWorld(t)
	c := w.client("tim@example.com")
	c.leave()
	before := c.begins() // it waits for a day
	sign, flow := newToken(), newToken()
	w.ok(w.Backstage().SignIn(w.ctx(), c.actor.Account, account.Browser{Flow: newToken(), New: sign}))
	a, _, err := w.Accounts.Who(w.ctx(), edge.TokenHash(sign))
	w.ok(err)
	w.mails()
	in := account.Asking{Address: w.address("tim@new.example.com"), Language: "en", Flow: flow, Client: "192.0.2.1"}
	id := must(w.Accounts.AskForMain(w.ctx(), a, sign, in, keyring.LookupHash{}, false))(w)
	must(w.Accounts.Prove(w.ctx(), a, id, sealedtest.Seal(w.codeIn(w.mailTo("tim@new.example.com", mail.KindCode))), account.Browser{Flow: flow}))(w)

	answer := func(address string) account.ResetAnswer {
		t.Helper()
		c.mail = address
		id, code := c.asks(habeas.Actor{}, account.ResetPassword)
		return must(c.proves(id, code))(w)
	}
	w.later(24 * time.Hour)
	_, err = w.Escrows.TakeReset(w.ctx(), before)
	w.refused(err, "reset.none")
	if got := answer("tim@example.com"); got != account.ResetChanges {
		t.Errorf("by the old address while the new one waits: %s", got)
	}
	change, _, err := w.DB.Accounts().Changing(w.ctx(), c.actor.Account)
	w.ok(err)
	w.later(change.Due.Sub(w.clock.Now()))
	w.ok(w.Accounts.SwitchAddresses(w.ctx(), nil))
	if got := answer("tim@new.example.com"); got != account.ResetChanges {
		t.Errorf("by the new address while the old one can take it back: %s", got)
	}
	change, _, err = w.DB.Accounts().Changing(w.ctx(), c.actor.Account)
	w.ok(err)
	w.later(change.Ends.Sub(w.clock.Now()))
	if got := answer("tim@new.example.com"); got != account.ResetBegun {
		t.Errorf("when the change cannot be taken back any more: %s", got)
	}
	if got := answer("tim@example.com"); got == account.ResetBegun {
		t.Error("the old address, dead by then, begins a reset")
	}
}
