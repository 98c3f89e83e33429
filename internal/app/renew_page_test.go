package app_test

import (
	"encoding/pem"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/mail"
)

func pemRequest(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

// Renewing and reactivating by their pages, without a script.
// Proves RET-02 and RET-03.
func TestTheRegistrationIsRenewedAndReactivatedByItsPages(t *testing.T) {
	w := newWorld(t)
	tim, key, r := w.enrolled("tim@example.com")
	const page = "/me/registration/renew"
	b := w.browser().join("tim@example.com")
	if p := b.get("/me/credentials"); !strings.Contains(p.text, "Your registration") || !strings.Contains(p.text, page) {
		t.Error("the page of the account does not say how long it counts")
	}
	if p := b.get(page); strings.Contains(p.text, "<textarea") || !strings.Contains(p.text, "You can renew it from") {
		t.Error("offered too early")
	}
	if p := w.browser().join("eva@example.com").get(page); !strings.Contains(p.text, "You are not registered") {
		t.Error("who is not registered is not told so")
	}
	w.to(r.Ends.Add(-10 * 24 * time.Hour))
	b = w.browser().join("tim@example.com")
	if p := b.get(page); !strings.Contains(p.text, "<textarea") || !strings.Contains(p.text, "10 days are left") || !strings.Contains(p.text, "Tim Tester") {
		t.Errorf("not offered:\n%s", p.text)
	}
	good := pemRequest(w.asking(key, "tim@example.com"))
	for name, text := range map[string]string{
		"nothing": "", "words": "please", "two": good + good, "something before": "x\n" + good,
		"another kind": strings.ReplaceAll(good, "CERTIFICATE REQUEST", "CERTIFICATE"), "a broken one": pemRequest([]byte{0x30, 0}),
		"another address": pemRequest(w.asking(key, "eva@example.com")),
	} {
		if p := b.send(http.MethodPost, page, formOf("request", text)); p.status != http.StatusBadRequest || !strings.Contains(p.text, "form-errors") {
			t.Errorf("%s: status %d", name, p.status)
		}
	}
	to := b.post(page, "request", good)
	if p := b.get(to); !strings.Contains(p.text, "Renewed until") {
		t.Error("not told that it was renewed")
	}
	if p := b.get(page + "/certificate"); strings.Count(p.text, "BEGIN CERTIFICATE") != 3 {
		t.Error("the certificate comes without its chain")
	}

	r = w.registration(tim)
	w.to(r.Ends.Add(time.Hour))
	if p := b.send(http.MethodGet, "/me", nil); p.status != http.StatusSeeOther {
		t.Errorf("still signed in: %d", p.status)
	}
	late := w.browser()
	if p := late.send(http.MethodGet, "/reactivate", nil); p.status != http.StatusSeeOther {
		t.Errorf("open without a code: %d", p.status)
	}
	w.mails()
	at := late.post("/sign-in/code", "address", "tim@example.com")
	code := w.codeIn(w.mailTo("tim@example.com", mail.KindCode))
	if to := late.post("/code", "c", strings.TrimPrefix(at, "/code?c="), "code", code); to != "/reactivate" {
		t.Fatalf("the code leads to %s", to)
	}
	if p := late.get("/reactivate"); !strings.Contains(p.text, "days are left. Then the account is erased") {
		t.Errorf("the page says:\n%s", p.text)
	}
	if p := late.send(http.MethodGet, "/me", nil); p.status != http.StatusSeeOther {
		t.Error("the code opens more than reactivation")
	}
	p := late.send(http.MethodPost, "/reactivate", formOf("request", good))
	if p.status != http.StatusOK || strings.Count(p.text, "BEGIN CERTIFICATE") != 3 || w.registration(tim).Stage(w.clock.Now()) != account.StageRuns {
		t.Errorf("status %d", p.status)
	}
	w.browser().join("tim@example.com").get("/me")
	w.verify()
}
