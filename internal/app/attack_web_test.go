package app_test

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
)

// Proves PTY-A19.
func TestAMailScannerUsesNothingUp(t *testing.T) {
	w := newWorld(t)
	nora := w.staff("nora@example.org")
	id := w.enter(nora, "tim@example.org", party.Values{"organisation": {"city": "Bonn"}})
	w.mails()
	w.ok(w.Records.Invite(w.ctx(), nora, id))
	invitation := w.mailTo("tim@example.org", mail.KindInvitation)
	link := strings.Fields(invitation.Text[strings.Index(invitation.Text, "/code?c="):])[0]
	scanner := w.browser()
	size := w.verify().Leaves
	for range 3 {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			p := scanner.send(method, link, nil, func(r *http.Request) { r.Header.Del("Sec-Fetch-Site") })
			if p.status != http.StatusOK || strings.Contains(p.text, "Bonn") || strings.Contains(p.text, "tim@example.org") {
				t.Fatalf("%s: %d\n%s", method, p.status, p.text)
			}
		}
		scanner.send(http.MethodOptions, link, nil)
		scanner.send(http.MethodPut, link, formOf("c", "x"))
	}
	if !w.who(scanner).Account.IsZero() || w.verify().Leaves != size {
		t.Fatal("opening the link did something")
	}
	b := w.browser()
	if to := b.post("/code", "c", strings.TrimPrefix(link, "/code?c="), "code", w.codeIn(invitation)); to != "/me" || w.who(b).Account.IsZero() {
		t.Errorf("after the scanner the code leads to %q", to)
	}
	for _, path := range []string{"/accept", "/not-me"} { // nothing is decided by opening a page
		b.send(http.MethodGet, "/me/offers/"+id.String()+path, nil)
	}
	if got := w.held(id).Party; got.State != party.Unclaimed || got.Blocked {
		t.Errorf("opening pages left %+v", got)
	}
}

// Proves PTY-A20.
func TestAFormWithoutTheTypedCodeOpensNothing(t *testing.T) {
	w := newWorld(t)
	nora := w.staff("nora@example.org")
	id := w.enter(nora, "tim@example.org", nil)
	w.mails()
	w.ok(w.Records.Invite(w.ctx(), nora, id))
	invitation := w.mailTo("tim@example.org", mail.KindInvitation)
	c := strings.TrimPrefix(strings.Fields(invitation.Text[strings.Index(invitation.Text, "/code?c="):])[0], "/code?c=")
	scanner := w.browser()
	for _, code := range []string{"", "00000000", "        "} {
		if p := scanner.send(http.MethodPost, "/code", formOf("c", c, "code", code)); p.status == http.StatusSeeOther || !w.who(scanner).Account.IsZero() {
			t.Fatalf("the form with the code %q: %d", code, p.status)
		}
	}
	phone := w.browser() // an invitation opened on another device has no earlier visit
	phone.post("/code", "c", c, "code", w.codeIn(invitation))

	// A flow that began in a browser ends in that browser.
	began, elsewhere := w.browser(), w.browser()
	at := strings.TrimPrefix(began.ask("eva@example.org"), "/code?c=")
	code := w.codeIn(w.mails()[0])
	if p := elsewhere.send(http.MethodPost, "/code", formOf("c", at, "code", code)); p.status == http.StatusSeeOther || !w.who(elsewhere).Account.IsZero() {
		t.Errorf("the right code in another browser: %d", p.status)
	}
	began.post("/code", "c", at, "code", code)
}

// hostile are names that run somewhere if nobody escapes them.
var hostile = []string{
	`<script>alert(1)</script>`, `=cmd|' /C calc'!A0`, `+1+cmd()`, `-2+3`, `@SUM(A1)`, `"><img src=x onerror=alert(1)>`,
	`{{.Secret}}`, `${jndi:x}`, `'; DROP TABLE party; --`, `%s%n`, `javascript:alert(1)`,
}

// Proves PTY-A40.
func TestHostileNamesAreEscapedInPageMailAndTable(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect(`<b>Bookings</b>`)
	nora := w.staffBrowser("nora@example.org")
	nora.post("/staff/purpose", "purpose", "correction", "to", "/staff")
	for i, name := range hostile {
		v := party.Values{"identity": {"given_name": name, "family_name": name}, "organisation": {"name": name}, "profile": {"headline": name, "about": name}}
		address := "p" + itoa(int64(i)) + "@example.org"
		id, _ := bookings.say(address, v, ticket(name, name))
		b := w.browser().join(address)
		a := w.who(b)
		pages := []string{b.get("/me").text, b.get("/me/offers/" + id.String()).text}
		w.ok(w.Records.Invite(w.ctx(), w.staff("vera"+itoa(int64(i))+"@example.org"), id))
		w.accept(a, id, nil)
		pages = append(pages, b.get("/me/records/"+id.String()).text, b.get("/me/activity").text, b.get("/me/records/"+id.String()+"/erase").text,
			b.get("/me/records/"+id.String()+"/edit/profile").text, w.browser().get("/people/"+id.String()).text,
			nora.get("/staff/people").text, nora.get("/staff/people/"+id.String()).text)
		like := nora.send(http.MethodPost, "/staff/like", formOf("kind", "organisation", "organisation.name", name))
		pages = append(pages, like.text)
		c := must(w.Records.Copy(w.ctx(), a))(w)
		pages = append(pages, string(c.HTML))
		for n, text := range pages {
			for _, raw := range []string{"<script>alert", "<img src=x", "<b>Bookings", `href="javascript:`} {
				if strings.Contains(text, raw) {
					t.Errorf("%q runs on page %d", name, n)
				}
			}
		}
		if p := w.browser().get("/people/" + id.String()).text; i == 0 && !strings.Contains(p, "&lt;script&gt;alert(1)") {
			t.Error("the name is not shown as it was typed")
		}
		for _, m := range w.mails() {
			if strings.Contains(m.Text+m.HTML+m.Subject, name) {
				t.Errorf("a mail of kind %s carries %q", m.Kind, name)
			}
		}
		checkTable(t, c.CSV, name)
	}
}

// checkTable verifies that no cell would start a formula, and that nothing is lost.
func checkTable(t *testing.T, text []byte, name string) {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatalf("%q: the table is broken: %v", name, err)
	}
	found := false
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
				t.Errorf("a cell begins with %q", cell[:1])
			}
			found = found || strings.TrimPrefix(cell, "'") == name || cell == name
		}
	}
	if !found {
		t.Errorf("%q is not in the table", name)
	}
}

// Proves PTY-A41.
func TestAForgedHostPlantsNoLink(t *testing.T) {
	w := newWorld(t)
	forged := func(r *http.Request) { r.Host = "evil.example" }
	proxied := func(r *http.Request) {
		r.Header.Set("X-Forwarded-Host", "evil.example")
		r.Header.Set("Forwarded", "host=evil.example")
		r.Header.Set("Referer", "https://evil.example/?steal")
	}
	b := w.browser()
	join := formOf("address", "tim@example.org", "again", "tim@example.org", "language", "en")
	if p := b.send(http.MethodPost, "/join", join, forged); p.status != http.StatusMisdirectedRequest || strings.Contains(p.text, "evil.example") {
		t.Errorf("a forged Host: %d", p.status)
	}
	if got := w.mails(); len(got) != 0 {
		t.Fatalf("%d mails were sent for a forged host", len(got))
	}
	p := b.send(http.MethodPost, "/join", join, proxied)
	if p.status != http.StatusSeeOther || !strings.HasPrefix(p.header.Get("Location"), "/code?c=") {
		t.Errorf("forged proxy headers: %d to %q", p.status, p.header.Get("Location"))
	}
	nora := w.staff("nora@example.org")
	w.ok(w.Records.Invite(w.ctx(), nora, w.enter(nora, "eva@example.org", nil)))
	for _, m := range w.mails() {
		if strings.Contains(m.Text+m.HTML, "evil.example") {
			t.Errorf("a mail of kind %s leads elsewhere", m.Kind)
		}
		if m.Kind == mail.KindInvitation && !strings.Contains(m.Text, "https://records.example.org/code?c=") {
			t.Error("the invitation does not lead here")
		}
	}
	for _, path := range []string{"/", "/join", "/sign-in", "/me"} {
		p := b.send(http.MethodGet, path, nil, proxied)
		if p.header.Get("Referrer-Policy") != "no-referrer" || strings.Contains(p.text, "evil.example") || strings.Contains(p.header.Get("Location"), "evil") {
			t.Errorf("%s tells or repeats where people come from", path)
		}
	}
	// Where to go after signing in stays here.
	for _, to := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "javascript:alert(1)"} {
		c := w.browser()
		w.mails()
		at := c.post("/join", "address", "tom@example.org", "again", "tom@example.org", "language", "en", "to", to)
		if led := c.typeCode(at); strings.Contains(led, "evil") || !strings.HasPrefix(led, "/") {
			t.Errorf("after the code: %q", led)
		}
	}
}

// Proves PTY-A42.
func TestACrossSiteOrFramedConfirmScreenIsRefused(t *testing.T) {
	w := newWorld(t)
	id, _ := w.connect("City Bookings").say("tim@example.org", party.Values{"organisation": {"city": "Bonn"}})
	b := w.browser().join("tim@example.org")
	at := "/me/offers/" + id.String()
	b.get(at)
	for name, change := range map[string]func(*http.Request){
		"cross-site":           func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"a sibling domain":     func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"an old browser":       func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "https://evil.example") },
		"a sandboxed document": func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "null") },
	} {
		for _, path := range []string{"/accept", "/not-me", "/evidence"} {
			p := b.send(http.MethodPost, at+path, formOf("version", "1", "kind", "membership", "proof", "M-1"), change)
			if p.status != http.StatusForbidden {
				t.Errorf("%s posts %s: %d", name, path, p.status)
			}
		}
	}
	for _, dest := range []string{"iframe", "frame", "embed", "object", "fencedframe"} {
		p := b.send(http.MethodGet, at, nil, func(r *http.Request) { r.Header.Set("Sec-Fetch-Dest", dest) })
		if p.status != http.StatusForbidden || strings.Contains(p.text, "Bonn") {
			t.Errorf("in a %s: %d", dest, p.status)
		}
	}
	p := b.get(at)
	if p.header.Get("X-Frame-Options") != "DENY" || !strings.Contains(p.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") ||
		p.header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers: %v", p.header)
	}
	if got := w.held(id).Party; got.State != party.Unclaimed || got.Blocked || got.Version != 1 {
		t.Errorf("something was done: %+v", got)
	}
	b.post(at+"/accept", "version", "1")
}
