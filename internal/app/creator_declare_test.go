package app_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/pki/request"
)

// A site says what it gathers, why, how long it logs who was there, and that its cookies hold the
// session alone; without that it is not entered, and everybody reads it. What it does for somebody
// takes their consent: at registration, and for every write.
// Proves TP-03 and TP-07.
func TestASiteDeclaresWhatItDoesAndActsByConsent(t *testing.T) {
	w := newWorld(t)
	m := w.museum()
	clara := w.browser().join("clara@museum.example").withKey()
	form := func() map[string]string {
		return map[string]string{"origin": "https://shop.museum.example", "gathers": "Name and address.", "why": "To send tickets.", "logs": "7", "contact": "shop@museum.example", "session": "yes"}
	}
	send := func(said map[string]string) page {
		var fields []string
		for name, text := range said {
			fields = append(fields, name, text)
		}
		return clara.send(http.MethodPost, "/me/creator", formOf(fields...))
	}
	for _, field := range []string{"gathers", "why", "logs", "contact", "session"} {
		said := form()
		said[field] = ""
		if p := send(said); p.status != http.StatusBadRequest || !strings.Contains(p.text, "form-errors") {
			t.Errorf("without %s: %d", field, p.status)
		}
	}
	if p := send(form()); p.status != http.StatusSeeOther {
		t.Fatalf("declaring everything: %d\n%s", p.status, p.text)
	}
	var out struct {
		Sites []struct {
			Gathers, Why, Cookies, Contact string
			LogDays                        int `json:"identityLogDays"`
		}
	}
	told := w.browser().send(http.MethodGet, "/creators.json?site="+museumSite, nil)
	w.ok(json.Unmarshal([]byte(told.text), &out))
	if len(out.Sites) != 1 || out.Sites[0].Gathers != declaration.Gathers || out.Sites[0].Why != declaration.Why ||
		out.Sites[0].LogDays != declaration.LogDays || out.Sites[0].Cookies != "session" {
		t.Errorf("everybody reads %s", told.text)
	}

	key, _ := w.requested("ana@example.org")
	der := must(request.Make(key, ana("Ana Rivera")))(w)
	for name, consent := range map[string]map[string]string{"no words": {"text": " ", "manner": "explicit"}, "no manner": {"text": consent}, "nothing": {}} {
		body := m.behalf(der)
		body["consent"] = consent
		if status, out := m.call(http.MethodPost, "/api/v1/creator/registrations", body); status != http.StatusBadRequest {
			t.Errorf("%s: %d %v", name, status, out)
		}
	}
	bob, _ := w.identity(w.join("bob@example.org"), "bob@example.org")
	described := map[string]any{"type": "organization", "attributes": []map[string]string{{"name": "name", "value": "Seven Bridges"}}}
	author := map[string]string{"certificate": base64.StdEncoding.EncodeToString(bob.Certificate[0])}
	if status, out := m.call(http.MethodPost, "/api/v1/entities:validate", map[string]any{"description": described, "author": author}); status != http.StatusForbidden || out["code"] != "mandate.none" {
		t.Errorf("for somebody who has not agreed: %d %v", status, out)
	}
}

// Whatever a creator asks, with its certificate on the port and signed in on the site: nothing of
// what others have done is in an answer.
// Proves TP-04.
func TestCreatorsLearnNothingOfWhatOthersDo(t *testing.T) {
	w := newWorld(t)
	patterns := w.routes()
	m := w.museum()
	_, cert := m.registers(ana("Ana Rivera"))
	self := habeas.Actor{Kind: habeas.ActorPerson, Account: cert.Account, Roles: []habeas.Role{habeas.RolePerson}, Proof: habeas.ProofCertificate}
	by := entity.Writer{Actor: self, Author: self.Account}
	w.ok(w.Entities.Accept(w.ctx(), by, entity.LicenceWords))
	made := w.created(by, organisation("The Fifth Bridge Trust"))
	w.later(time.Minute)
	w.browser().join("ana@example.org").get("/me")
	mark := must(w.DB.Logs().Contributor(w.ctx(), cert.Account))(w)
	ids := []string{made.ID.String(), cert.Account.String(), w.activity(self)[0].ID.String(), must(w.DB.Logs().ContributionsBy(w.ctx(), mark, 10))(w)[0].ID.String()}
	secret := regexp.MustCompile(`(?i)ana@example\.org|ana rivera|` + strings.Join([]string{
		cert.Account.String(), hex.EncodeToString(mark[:]), regexp.QuoteMeta(base64.StdEncoding.EncodeToString(mark[:])), regexp.QuoteMeta(base64.RawURLEncoding.EncodeToString(mark[:])),
	}, "|"))
	if own := w.browser().join("ana@example.org").get("/me/everything"); !secret.MatchString(own.text) {
		t.Fatal("she does not find herself")
	}
	answers := 0
	look := func(path, text string, status int) {
		for _, id := range ids {
			if strings.Contains(path, id) { // an error may repeat what was asked for
				text = strings.ReplaceAll(text, id, "")
			}
		}
		if status == http.StatusOK {
			answers++
		}
		if found := secret.FindString(text); found != "" {
			t.Errorf("%s tells %q", path, found)
		}
	}
	port := append(slices.Clone(patterns), "GET /api/v1/me", "GET /api/v1/creator", "GET /api/v1/creator/registrations/{id}")
	for _, pattern := range port {
		method, path, _ := strings.Cut(pattern, " ")
		if method != http.MethodGet || strings.HasPrefix(path, "/static") {
			continue
		}
		for _, id := range ids {
			at := wildcard.ReplaceAllString(strings.ReplaceAll(path, "{$}", ""), id)
			v := m.get(m.client, at)
			look("the port at "+at, v.body, v.status)
			if at == path {
				break
			}
		}
	}
	if answers < 5 {
		t.Errorf("the port answered %d times: the question was a poor one", answers)
	}
	clara := w.browser().join("clara@museum.example").withKey()
	clara.everyRoute(patterns, ids, http.MethodGet, func(_, path string, p page) { look("the site at "+path, p.text, p.status) })
}
