package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/mail"
)

// demandForm is a legal demand as it is typed.
func demandForm(more ...string) []string {
	return append([]string{
		"address", "tim@example.org", "ground", "law", "set_sign-ins", "on", "requester", "Court of Arcadia", "document", "Order 7 O 12/26",
		"arrived", "2026-03-01T08:30", "legal", "eu",
	}, more...)
}

// Proves REL-03, REL-05 and REL-06.
func TestACaseInTheBrowserFromTheDemandToTheFile(t *testing.T) {
	w := newWorld(t)
	tim := w.browser().join("tim@example.org")
	root, desk := w.rooted("root@example.org"), w.staffBrowser("desk@example.org")
	if p := root.send(http.MethodPost, "/admin/releases", formOf(demandForm("hold", "x")...)); p.status != http.StatusBadRequest || !strings.Contains(p.text, "Court of Arcadia") {
		t.Errorf("a hold without an end: status %d, or what was typed is gone", p.status)
	}
	if p := root.send(http.MethodPost, "/admin/releases", formOf(append(demandForm()[2:], "address", "nobody@example.org")...)); p.status != http.StatusBadRequest {
		t.Errorf("nobody's address: status %d", p.status)
	}
	at := root.post("/admin/releases", demandForm()...)
	page := root.get(at).text
	for _, want := range []string{"to decide", "goes out on", "The person has to be notified first", "Court of Arcadia", "None is known."} {
		if !strings.Contains(page, want) {
			t.Errorf("the case lacks %q:\n%s", want, page)
		}
	}
	if strings.Contains(page, "tim@example.org") || strings.Contains(page, "Release these data") {
		t.Error("the page shows the account, or offers what cannot be done")
	}
	if p := root.send(http.MethodPost, at+"/release", formOf("version", "1", "why", "x")); p.status != http.StatusConflict {
		t.Errorf("released before the notice: status %d", p.status)
	}
	root.post(at+"/notice", "version", "1")
	m := root.mailTo("tim@example.org", mail.KindRelease)
	for _, want := range []string{"motion to quash", "not legal advice", "seek legal advice", "data protection authority"} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("the notice lacks %q:\n%s", want, m.Text)
		}
	}
	desk.post(at+"/motion", "version", "2", "motion", "7 O 13/26", "filed", "2026-03-01")
	if page := root.get(at).text; !strings.Contains(page, "nothing is disclosed until the court") || strings.Contains(page, "Release these data") {
		t.Errorf("after the motion:\n%s", page)
	}
	root.post(at+"/order", "version", "3", "order", "Order of today", "ruling", "disclose")
	data := root.send(http.MethodPost, at+"/data", formOf("version", "4"))
	if data.status != http.StatusOK || !strings.Contains(data.text, "signin.ok") || strings.Contains(data.text, "tim@example.org") {
		t.Errorf("what would be released: status %d\n%s", data.status, data.text)
	}
	if p := root.send(http.MethodPost, at+"/release", formOf("version", "4", "why", "")); p.status != http.StatusBadRequest || !strings.Contains(p.text, "Say why.") {
		t.Errorf("without a reason: status %d", p.status)
	}
	root.post(at+"/release", "version", "4", "why", "The court orders it.")
	for format, want := range map[string]string{"json": `"set": "sign-ins"`, "csv": "case,set,at,what,value"} {
		p := root.send(http.MethodPost, at+"/file/"+format, formOf())
		if p.status != http.StatusOK || !strings.Contains(p.text, want) || strings.Contains(p.text, "tim@example.org") || !strings.Contains(p.header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%s: status %d\n%s", format, p.status, p.text)
		}
	}
	seen := tim.get("/me/activity").text
	for _, want := range []string{"Court of Arcadia asks for data about the account: sign-in log", "Looked at the data that case", "Released to Court of Arcadia: sign-in log.", "Legal compulsion", "Took away the file", "Noted a motion to quash"} {
		if !strings.Contains(seen, want) {
			t.Errorf("the activity lacks %q", want)
		}
	}
	// Nobody else opens any of it, and nothing of it is at a guessed address.
	for _, path := range []string{"/admin/releases", at, at + "/file/json", at + "/release"} {
		for who, b := range map[string]*browser{"its person": tim, "nobody": w.browser()} {
			method := http.MethodPost
			if path == "/admin/releases" || path == at {
				method = http.MethodGet
			}
			if p := b.send(method, path, formOf()); p.status == http.StatusOK {
				t.Errorf("%s: %s answers %s", path, method, who)
			}
		}
	}
	w.verify()
}

func TestARefusalIsTakenBackAndAHoldIsLifted(t *testing.T) {
	w := newWorld(t)
	w.browser().join("tim@example.org")
	root := w.rooted("root@example.org")
	at := root.post("/admin/releases", demandForm("hold", "Order 3", "hold_until", "2026-03-20")...)
	if page := root.get(at).text; !strings.Contains(page, "held until") || strings.Contains(page, "Send the notice now") {
		t.Errorf("a held case:\n%s", page)
	}
	root.post(at+"/close", "version", "1", "to", "refused", "why_closed", "No signature.")
	if page := root.get(at).text; !strings.Contains(page, "No signature.") || !strings.Contains(page, "Open it again") {
		t.Errorf("refused:\n%s", page)
	}
	if p := root.send(http.MethodPost, at+"/close", formOf("version", "2", "to", "refused", "why_closed", "x")); p.status != http.StatusConflict {
		t.Errorf("refused twice: status %d", p.status)
	}
	root.post(at+"/reopen", "version", "2")
	if p := root.send(http.MethodPost, at+"/close", formOf("version", "3", "to", "refused", "why_closed", "")); p.status != http.StatusBadRequest || !strings.Contains(p.text, `href="#`) {
		t.Errorf("without a reason: status %d", p.status)
	}
	root.post(at+"/hold", "version", "3", "hold", "Order 4", "hold_until", "2026-04-20")
	root.mails()
	root.post(at+"/lift", "version", "4")
	id := must(habeas.ParseID[habeas.ReleaseKind](strings.TrimPrefix(at, "/admin/releases/")))(t)
	c := w.cases()
	w.ok(c.Sweep(w.ctx()))
	w.mailTo("tim@example.org", mail.KindRelease)
	if is := c.is(id); is.NoticeAt.IsZero() || is.Held(w.clock.Now()) || is.Hidden {
		t.Errorf("after the hold was lifted: %+v", is)
	}
	if page := w.browser().get("/policy").text; !strings.Contains(page, `href="/transparency"`) {
		t.Error("the policy does not lead to the figures")
	}
}

func TestThePublicFiguresNameNobodyAndTellSmallNumbersCoarsely(t *testing.T) {
	w := newWorld(t).cases()
	w.join("tim@example.org")
	if page := w.browser().get("/transparency").text; !strings.Contains(page, "Nothing was decided yet.") {
		t.Errorf("before anything:\n%s", page)
	}
	in := w.demand(account.DataSignIns)
	in.Ground = account.GroundAbuse
	for range 7 {
		w.ok(w.Close(w.ctx(), w.root, w.opened("tim@example.org", in).ID, 1, account.CaseRefused, "x"))
	}
	in.Ground = account.GroundProtection
	w.ok(w.Release(w.ctx(), w.root, w.opened("tim@example.org", in).ID, 1, "x"))
	if page := w.browser().get("/transparency").text; !strings.Contains(page, "Nothing was decided yet.") {
		t.Error("the day of a decision can be told from the page")
	}
	w.until(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC))
	page := w.browser().get("/transparency").text
	for _, want := range []string{"Cases decided in 2026", "5 or more", "fewer than 5", "none", "1 April 2026"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	for _, secret := range []string{"tim@", "Arcadia", ">7<", ">1<"} {
		if strings.Contains(page, secret) {
			t.Errorf("the page tells %q", secret)
		}
	}
}
