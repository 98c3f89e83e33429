package app_test

import (
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/entity"
)

// A creator enters an entity for Ana: she is the author, and the log names both by pseudonyms. A
// refused attempt is logged without the entity.
// Proves ATTR-10 and LOG-11.
func TestACreatorEntersAnEntityOfSomebodyElse(t *testing.T) {
	w := newWorld(t)
	m := w.museum()
	shown, cert := m.registers(ana("Ana Rivera"))
	anas, museums := must(w.DB.Logs().Contributor(w.ctx(), cert.Account))(w), must(w.DB.Logs().Contributor(w.ctx(), m.clara.Account))(w)
	self := habeas.Actor{Kind: habeas.ActorPerson, Account: cert.Account, Roles: []habeas.Role{habeas.RolePerson}, Proof: habeas.ProofCertificate}
	w.ok(w.Entities.Accept(w.ctx(), entity.Writer{Actor: self, Author: self.Account}, entity.LicenceWords))
	author := map[string]string{"certificate": base64.StdEncoding.EncodeToString(shown.Certificate[0])}
	described := map[string]any{"type": "organization", "attributes": []map[string]string{{"name": "name", "value": "The Fifth Bridge Trust", "lang": "en"}}}
	status, report := m.call(http.MethodPost, "/api/v1/entities:validate", map[string]any{"description": described, "author": author})
	if status != http.StatusOK || report["ticket"] == nil {
		t.Fatalf("validating: %d %v", status, report)
	}
	status, made := m.call(http.MethodPost, "/api/v1/entities", map[string]any{"description": described, "ticket": report["ticket"], "author": author})
	if status != http.StatusCreated {
		t.Fatalf("creating: %d %v", status, made)
	}
	acts := must(w.DB.Logs().ContributionsTo(w.ctx(), made["id"].(string), 10))(w)
	if len(acts) != 1 || acts[0].By != anas || acts[0].Through != museums || acts[0].Refused {
		t.Errorf("the log says %+v", acts)
	}
	without := acts[0]
	without.Through = account.Pseudonym{}
	if without.Digest() == acts[0].Digest() {
		t.Error("the digest does not cover the third party")
	}

	held := must(m.use.Mandates(w.ctx(), self))(w)
	if len(held[0].Acts) != 1 {
		t.Errorf("Ana sees %d acts", len(held[0].Acts))
	}
	w.ok(m.use.EndMandate(w.ctx(), self, held[0].ID))
	w.later(time.Second)
	if status, out := m.call(http.MethodPost, "/api/v1/entities:validate", map[string]any{"description": described, "author": author}); status != http.StatusForbidden || out["code"] != "mandate.none" {
		t.Errorf("after the end: %d %v", status, out)
	}
	acts = must(w.DB.Logs().ContributionsBy(w.ctx(), anas, 10))(w)
	if len(acts) != 2 || !acts[0].Refused || acts[0].Object != "" || acts[0].By != anas || acts[0].Through != museums {
		t.Errorf("after a refused attempt the log says %+v", acts)
	}
	w.verify()
}
