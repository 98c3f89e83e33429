package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pki"
)

// holderPage opens the page on which an administrator intervenes, for a purpose of the list.
func (b *browser) holderPage(address string) string {
	b.Helper()
	b.later(time.Second)
	return b.post("/admin/interventions", "address", address, "purpose", string(account.GroundAbuse), "words", "case 7")
}

// An administrator revokes the certificate of somebody else, for a reason that is written down: it works no
// more on the connection that is open, nor does the role that hung on it, nor anywhere else.
//
// Proves REV-01.
func TestAnAdministratorRevokesAnothersCertificate(t *testing.T) {
	w := newWorld(t)
	p, root := w.openPort(), w.rooted("root@example.org")
	tim := w.join("tim@example.com")
	shown, held := w.identity(tim, "tim@example.com")
	w.ok(w.give("tim@example.com", habeas.RoleCreator))
	role := w.roleCert(tim.Account)
	c := p.client(p.config(shown))
	if v := p.get(c, "/api/v1/me"); v.status != http.StatusOK {
		t.Fatalf("before: %d", v.status)
	}
	w.mails()

	at := root.holderPage("tim@example.com")
	if text := root.get(at).text; !strings.Contains(text, held.Serial.String()) || !strings.Contains(text, "tim@example.com") || !strings.Contains(text, "Abuse investigation · case 7") {
		t.Errorf("the page:\n%s", text)
	}
	for name, form := range map[string][]string{
		"no reason":      {"why", "Seen in a public place"},
		"an unknown one": {"why", "Seen in a public place", "reason", "whim"},
		"no words":       {"why", " ", "reason", "compromised"},
	} {
		if p := root.send(http.MethodPost, at+"/revoke", formOf(form...)); p.status != http.StatusBadRequest || !strings.Contains(p.text, "control-wrong") {
			t.Errorf("%s: status %d", name, p.status)
		}
	}
	w.later(time.Second)
	root.post(at+"/revoke", "reason", "compromised", "why", "The file lay in a public place.")

	if v := p.get(c, "/api/v1/me"); v.status != http.StatusUnauthorized || !v.used {
		t.Errorf("the open connection: %d, used before %v", v.status, v.used)
	}
	for _, cert := range []account.Certificate{held, role} {
		s := must(w.DB.Revocations().Status(w.ctx(), cert.Authority.Nth(max(cert.Generation, 1)), cert.Serial))(t)
		if s.State != pki.Revoked || s.Reason != pki.KeyCompromise {
			t.Errorf("%s: %+v", cert.Authority, s)
		}
	}
	if w.has(tim.Account, habeas.RoleCreator) {
		t.Error("the role counts on")
	}
	w.mailTo("tim@example.com", mail.KindUnregistered)
	told := w.look(tim, audit.AccountIntervened)
	if told.Detail["why"] != "The file lay in a public place." || told.Actor.Account != w.who(root).Account || told.Actor.Purpose != "Abuse investigation" {
		t.Errorf("its person reads %+v", told.Entry)
	}
	if l := w.look(tim, audit.LogRead); l.Detail["log"] != "holder" {
		t.Errorf("its person does not see who looked: %+v", l.Entry)
	}
	if text := root.get("/admin/interventions").text; !strings.Contains(text, "The file lay in a public place.") || !strings.Contains(text, "Certificate revoked") {
		t.Errorf("the register:\n%s", text)
	}
	if p := root.send(http.MethodPost, at+"/revoke", formOf("reason", "done", "why", "Once more")); p.status != http.StatusNotFound {
		t.Errorf("revoked twice: %d", p.status)
	}
	w.registered(tim, "tim@example.com") // nothing keeps them from a new one
	w.verify()
}

// Who cannot read their mail any more has no way of their own; an administrator who has seen proof deletes
// the account, and they register anew.
//
// Proves REC-08.
func TestAnAccountWhoseAddressIsDeadIsDeletedOnProof(t *testing.T) {
	w := newWorld(t)
	root := w.rooted("root@example.org")
	tim := w.join("tim@dead.example.com")
	held := w.registered(tim, "tim@dead.example.com")
	w.ok(w.give("tim@dead.example.com", habeas.RoleCreator))
	role := w.roleCert(tim.Account)
	id := w.enter(w.staff("desk@example.org"), "tim@dead.example.com", person("Tim", "Berger", ""))
	w.accept(tim, id, nil)
	w.mails()

	// By themselves: each way begins with a code to the address that is dead.
	again := w.browser()
	for _, path := range []string{"/me", "/me/erase", "/me/addresses"} {
		if p := again.send(http.MethodGet, path, nil); p.status != http.StatusSeeOther {
			t.Errorf("%s without a sign-in: %d", path, p.status)
		}
	}
	for _, path := range []string{"/join", "/recover-file"} {
		again.send(http.MethodPost, path, formOf("address", "tim@dead.example.com", "again", "tim@dead.example.com", "language", "en", "kind", "lost"))
		for _, m := range w.mails() {
			if m.To != "tim@dead.example.com" {
				t.Errorf("%s: a mail to %s", path, m.To)
			}
		}
	}

	at := root.holderPage("tim@dead.example.com")
	const proof = "Passport seen at the desk on 1 March; three mails came back."
	if p := root.send(http.MethodPost, at+"/erase", formOf("grounds", "")); p.status != http.StatusBadRequest {
		t.Errorf("without proof: %d", p.status)
	}
	second := root.send(http.MethodPost, at+"/erase", formOf("grounds", proof))
	if second.status != http.StatusOK || !strings.Contains(second.text, proof) || !strings.Contains(second.text, "1 record that is its person’s") {
		t.Fatalf("the second step: %d\n%s", second.status, second.text)
	}
	if _, err := w.DB.Accounts().Account(w.ctx(), tim.Account); err != nil {
		t.Fatalf("the first step deleted it: %v", err)
	}
	for name, form := range map[string][]string{
		"another address": {"grounds", proof, "step", "erase", "address", "root@example.org"},
		"no address":      {"grounds", proof, "step", "erase"},
		"no proof":        {"grounds", "", "step", "erase", "address", "tim@dead.example.com"},
	} {
		if p := root.send(http.MethodPost, at+"/erase", formOf(form...)); p.status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, p.status)
		}
	}
	w.mails()
	root.post(at+"/erase", "grounds", proof, "step", "erase", "address", "tim@dead.example.com")

	if _, err := w.DB.Accounts().Account(w.ctx(), tim.Account); habeas.KindOf(err) != habeas.KindNotFound && habeas.KindOf(err) != habeas.KindGone {
		t.Errorf("the account is there: %v", err)
	}
	for _, cert := range []account.Certificate{held, role} {
		if s := must(w.DB.Revocations().Status(w.ctx(), cert.Authority.Nth(max(cert.Generation, 1)), cert.Serial))(t); s.State != pki.Revoked {
			t.Errorf("%s counts on", cert.Authority)
		}
	}
	w.ok(w.Ledger.Publish(w.ctx()))
	w.mailTo("tim@dead.example.com", mail.KindErased)
	all := must(w.DB.Accounts().Interventions(w.ctx(), 10))(t)
	if len(all) != 1 || all[0].Why != proof || !all[0].Account.IsZero() || all[0].By != w.who(root).Account {
		t.Errorf("what is written down: %+v", all)
	}
	if !slices.ContainsFunc(must(w.DB.Events(w.ctx(), habeas.SubjectID{}, habeas.EventID{}, 100))(t), func(l audit.Witnessed) bool {
		return l.Event == audit.AccountIntervened && l.Detail["why"] == proof && l.Actor.Account == w.who(root).Account
	}) {
		t.Error("the ledger does not say on what proof")
	}
	if p := root.send(http.MethodGet, at, nil); p.status != http.StatusNotFound {
		t.Errorf("the reading of an account that is gone: %d", p.status)
	}
	w.registered(w.join("tim@new.example.com"), "tim@new.example.com")
	w.registered(w.join("tim@dead.example.com"), "tim@dead.example.com") // the address is free, for whoever has it now
	w.verify()
}

func TestWhoMayNotInterveneDoesNot(t *testing.T) {
	w := newWorld(t)
	root, other := w.rooted("root@example.org"), w.rooted("other@example.org")
	tim := w.browser().join("tim@example.com")
	w.registered(w.who(tim), "tim@example.com")
	at := root.holderPage("tim@example.com")
	forms := map[string][]string{"/revoke": {"reason", "done", "why", "x"}, "/erase": {"step", "erase", "grounds", "x", "address", "tim@example.com"}}
	for who, b := range map[string]*browser{"staff": w.staffBrowser("desk@example.org"), "its person": tim, "nobody": w.browser()} {
		for path, form := range forms {
			if p := b.send(http.MethodPost, at+path, formOf(form...)); p.status != http.StatusForbidden && p.status != http.StatusSeeOther || strings.HasPrefix(p.header.Get("Location"), "/admin") {
				t.Errorf("%s, %s: %d", who, path, p.status)
			}
		}
	}
	for path, form := range forms {
		if p := other.send(http.MethodPost, at+path, formOf(form...)); p.status != http.StatusNotFound {
			t.Errorf("by a reading of somebody else's, %s: %d", path, p.status)
		}
	}
	log := root.post("/admin/log", "kind", "account", "address", "tim@example.com", "purpose", "help")
	if p := root.send(http.MethodPost, strings.Replace(log, "/admin/log", "/admin/interventions", 1)+"/revoke", formOf(forms["/revoke"]...)); p.status != http.StatusNotFound {
		t.Errorf("by a reading of the log: %d", p.status)
	}
	w.clock.Advance(account.ReadingLife)
	if p := root.send(http.MethodPost, at+"/revoke", formOf(forms["/revoke"]...)); p.status != http.StatusNotFound {
		t.Errorf("after four hours: %d", p.status)
	}
	own := root.holderPage("root@example.org")
	if p := root.send(http.MethodPost, own+"/erase", formOf("grounds", "x")); p.status != http.StatusForbidden {
		t.Errorf("one's own account: %d", p.status)
	}
	colleague := root.holderPage("other@example.org")
	if p := root.send(http.MethodPost, colleague+"/erase", formOf("grounds", "x", "step", "erase", "address", "other@example.org")); p.status != http.StatusConflict {
		t.Errorf("an administrator: %d", p.status)
	}
	if p := root.send(http.MethodPost, "/admin/interventions", formOf("address", "tim@example.com", "purpose", "curiosity")); p.status != http.StatusBadRequest {
		t.Errorf("for no purpose of the list: %d", p.status)
	}
	if n := len(must(w.DB.Accounts().Interventions(w.ctx(), 10))(t)); n != 0 {
		t.Errorf("%d interventions", n)
	}
}
