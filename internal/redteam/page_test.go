package redteam_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/habeas-data/habeas/internal/party"
)

var pageAttacks = []attack{
	{40, "hostile_names", "names that are scripts, formulas and templates → they come in over the API and stand in pages, mails and tables → escaped everywhere, and the table starts no formula.", hostileNames},
	{41, "forged_host", "somebody asks for mails and pages → with a forged Host, forwarded headers, Referer and way back → refused or ignored: every link leads to the configured origin, and no page sends a Referer.", forgedHost},
	{42, "framed_confirm_screen", "Tim has the confirm screen open → another site posts his verdict, or shows the screen in a frame → refused, and nothing is decided.", framedScreen},
}

// hostile are names that run somewhere if nobody escapes them.
var hostile = []string{
	`<script>alert(1)</script>`, `=cmd|' /C calc'!A0`, `+1+cmd()`, `-2+3`, `@SUM(A1)`, `"><img src=x onerror=alert(1)>`,
	`{{.Secret}}`, `${jndi:x}`, `'; DROP TABLE party; --`, `%s%n`, `javascript:alert(1)`,
}

// Proves PTY-A40.
func hostileNames(w *world) {
	desk := w.Connect(`<b>Bookings</b>`)
	nora := w.staff("nora@example.org")
	const each = 6 // names on one record, every name on two
	for i := range 2 * len(hostile) / each {
		names := make([]string, each)
		for n := range names {
			names[n] = hostile[(i*each+n)%len(hostile)]
		}
		w.hostileRecord(desk, nora, fmt.Sprintf("p%d@example.org", i), names)
	}
	if n := 2 * len(hostile) / each * each; n < len(hostile) {
		w.Errorf("only %d of %d names were tried", n, len(hostile))
	}
}

// hostileRecord puts names on a record and opens everything that shows them.
func (w *world) hostileRecord(desk *system, nora *browser, address string, names []string) {
	w.Helper()
	id := w.record(desk, address, fields{
		"identity": {"given_name": names[0], "family_name": names[1]}, "organisation": {"name": names[2]}, "profile": {"headline": names[3], "about": names[4]},
	}, "ticket", object{"id": "T-" + address, "title": names[5]})
	nora.Filled(staffAt(id), staffAt(id)+"/invite")
	b := w.joined(address)
	var pages strings.Builder
	open := func(b *browser, paths ...string) {
		for _, path := range paths {
			pages.WriteString(w.hides(b, path).Body)
		}
	}
	open(b, "/me", offerAt(id))
	w.later(time.Millisecond)
	accept(b, id)
	open(b, recordAt(id), "/me/activity", recordAt(id)+"/erase", recordAt(id)+"/edit/profile", "/people/"+w.Profiles.Ref(id).String())
	open(nora, "/staff/people", staffAt(id), "/staff")
	pages.WriteString(nora.Submit("/staff/like", "kind", "organisation", "organisation.name", names[2]).Body)
	pages.WriteString(b.Fill("/me/copy", "/me/copy/html").Body)
	w.without("a page", pages.String(), "<script>alert", "<img src=x", "<b>Bookings", `href="javascript:`)
	if names[0] == hostile[0] && !strings.Contains(pages.String(), "&lt;script&gt;alert(1)") {
		w.Error("the name is not shown as it was typed")
	}
	for _, subject := range []string{"A record about you", "is now yours"} {
		m := w.Post.About(w, address, subject)
		w.without("the mail "+subject, m.Subject+m.Text+m.HTML, names...)
	}
	w.plainTable(b.Fill("/me/copy", "/me/copy/csv").Body, names[2:5]) // the others are masked
}

// plainTable checks that no cell would start a formula, and that nothing is lost.
func (w *world) plainTable(text string, names []string) {
	w.Helper()
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\uFEFF"))).ReadAll()
	if err != nil {
		w.Fatalf("the table is broken: %v", err)
	}
	there := map[string]bool{}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
				w.Errorf("a cell begins with %q", cell[:1])
			}
			there[cell], there[strings.TrimPrefix(cell, "'")] = true, true
		}
	}
	for _, name := range names {
		if !there[name] {
			w.Errorf("%q is not in the table", name)
		}
	}
}

// Proves PTY-A41.
func forgedHost(w *world) {
	nora, mails := w.staff("nora@example.org"), 0
	proxied := []string{
		"X-Forwarded-Host", "evil.example", "Forwarded", "host=evil.example", "X-Original-URL", "http://evil.example/", "Referer", "https://evil.example/?steal",
	}
	form := "address=tim%40example.org&again=tim%40example.org&language=en"
	b := w.person()
	mails = w.mails()
	r := b.Send(http.MethodPost, "/join", "application/x-www-form-urlencoded", form, "Host", "evil.example")
	w.is("a forged Host", r, http.StatusMisdirectedRequest)
	w.without("the refusal", r.Body, "evil.example")
	w.is("a page under a forged Host", b.Send(http.MethodGet, "/", "", "", "Host", "evil.example"), http.StatusMisdirectedRequest)
	if n := w.mails() - mails; n != 0 {
		w.Fatalf("%d mails for a forged host", n)
	}
	r = b.Send(http.MethodPost, "/join", "application/x-www-form-urlencoded", form, proxied...)
	if at := r.Header.Get("Location"); r.Status != http.StatusSeeOther || !strings.HasPrefix(at, "/code?c=") {
		w.Errorf("forged headers of a proxy: %d to %q", r.Status, at)
	}
	code := w.Post.About(w, "tim@example.org", "Your code")
	nora.Send(http.MethodPost, "/staff/add", "application/x-www-form-urlencoded", "kind=person&email=eva%40example.org&email2=eva%40example.org&invite=on", proxied...)
	invitation := w.Post.About(w, "eva@example.org", "A record about you")
	w.link(invitation.Text, "/code?c=")
	for _, m := range []string{code.Text + code.HTML, invitation.Text + invitation.HTML} {
		w.without("a mail", m, "evil.example")
		for _, found := range linkIn.FindAllString(m, -1) {
			if !strings.HasPrefix(found, w.HTTP.URL) {
				w.Errorf("a mail leads to %s", found)
			}
		}
	}
	for _, path := range []string{"/", "/join", "/sign-in", "/me", "/notice"} {
		r := b.Send(http.MethodGet, path, "", "", proxied...)
		if r.Header.Get("Referrer-Policy") != "no-referrer" || strings.Contains(r.Body+r.Header.Get("Location"), "evil.example") {
			w.Errorf("%s tells or repeats where people come from", path)
		}
	}
	for _, to := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "javascript:alert(1)"} {
		b := w.person()
		at := b.Done("/join", "address", "tom@example.org", "again", "tom@example.org", "language", "en", "to", to)
		led := answer(b, wanted(b, at), w.mailed("tom@example.org")).Header.Get("Location")
		if strings.Contains(led, "evil") || !strings.HasPrefix(led, "/") || strings.HasPrefix(led, "//") {
			w.Errorf("after the code: %q", led)
		}
	}
}

// Proves PTY-A42.
func framedScreen(w *world) {
	id := w.record(w.Connect("Booking desk"), "tim@example.org", bonn())
	tim := w.joined("tim@example.org")
	version := hidden(tim, offerAt(id), offerAt(id)+"/accept", "version")
	for name, headers := range map[string][]string{
		"another site":         {"Sec-Fetch-Site", "cross-site"},
		"a sibling domain":     {"Sec-Fetch-Site", "same-site"},
		"an old browser":       {"Sec-Fetch-Site", "", "Origin", "https://evil.example"},
		"a sandboxed document": {"Sec-Fetch-Site", "", "Origin", "null"},
	} {
		for _, verdict := range []string{"/accept", "/not-me", "/evidence"} {
			r := tim.Send(http.MethodPost, offerAt(id)+verdict, "application/x-www-form-urlencoded", "kind=membership&proof=M-1&version="+version, headers...)
			w.is(name+" posts "+verdict, r, http.StatusForbidden)
		}
	}
	for _, dest := range []string{"iframe", "frame", "embed", "object", "fencedframe"} {
		r := tim.Send(http.MethodGet, offerAt(id), "", "", "Sec-Fetch-Dest", dest)
		w.is("the screen in a "+dest, r, http.StatusForbidden)
		w.without("the refusal", r.Body, "Bonn")
	}
	r := tim.Get(offerAt(id))
	if r.Header.Get("X-Frame-Options") != "DENY" || !strings.Contains(r.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") || r.Header.Get("Cache-Control") != "no-store" {
		w.Errorf("headers: %v", r.Header)
	}
	if p := w.held(id).Party; p.State != party.Unclaimed || p.Blocked || fmt.Sprint(p.Version) != version {
		w.Errorf("something was decided: %+v", p)
	}
	accept(tim, id)
}
