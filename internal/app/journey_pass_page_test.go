package app_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
)

var (
	shownCode = regexp.MustCompile(`id="consent-code">([0-9A-Z-]+)<`)
	shownLink = regexp.MustCompile(`id="consent-link">https://records\.example\.org/consent#([0-9A-Z]+)<`)
)

// gives makes a consent on the page and returns code and link.
func (b *browser) gives(id habeas.PartyID, fields ...string) (code, link string) {
	b.Helper()
	p := b.send(http.MethodPost, "/me/records/"+id.String()+"/consents", formOf(append([]string{"life", "24h", "uses", "1"}, fields...)...))
	c, l := shownCode.FindStringSubmatch(p.text), shownLink.FindStringSubmatch(p.text)
	if p.status != http.StatusOK || c == nil || l == nil {
		b.Fatalf("after making a code: %d\n%s", p.status, p.text)
	}
	return c[1], l[1]
}

// shows proves an address to use a consent code there.
func (b *browser) shows(address string) *browser {
	b.Helper()
	b.mails()
	at := b.post("/consent/address", "address", address)
	code := b.codeIn(b.mailTo(address, mail.KindCode))
	if to := b.post("/consent/code", "c", strings.TrimPrefix(at, "/consent/code?c="), "code", code); to != "/consent" {
		b.Fatalf("after the mailed code: %s", to)
	}
	return b
}

// Proves PTY-8, PTY-A19.
func TestABookerSeesWhatWasTickedOnThePage(t *testing.T) {
	w := newWorld(t)
	o := w.owner("tim@example.org")
	tim := w.browser().join("tim@example.org")
	page := tim.get("/me/records/" + o.id.String() + "/consents")
	for _, want := range []string{"set.phone", "set.contact", "Not to be ticked", "You have given none"} {
		if !strings.Contains(page.text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page.text, "set.identity") || strings.Contains(page.text, "set.membership") {
		t.Error("what is hidden from Tim can be ticked")
	}
	for _, form := range [][]string{
		{"life", "24h", "uses", "1"},
		{"life", "", "uses", "1", "set.phone", "on"},
		{"life", "1y", "uses", "1", "set.phone", "on"},
		{"life", "24h", "uses", "0", "set.phone", "on"},
		{"life", "24h", "uses", "1", "set.identity", "on"},
		{"life", "24h", "uses", "1", "set.phone", "on", "x", "y"},
	} {
		if p := tim.send(http.MethodPost, "/me/records/"+o.id.String()+"/consents", formOf(form...)); p.status != http.StatusBadRequest || shownCode.MatchString(p.text) {
			t.Errorf("%q: %d", form, p.status)
		}
	}
	code, link := tim.gives(o.id, "set.phone", "on", "note", "For Bell <3")

	// Opening the link changes nothing, whoever does it: the code is not even sent.
	size := w.verify().Leaves
	for _, path := range []string{"/consent", "/consent/code?c=chl_x", "/consent/pas_x", "/consent/" + habeas.PassID{1}.String()} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			p := w.browser().send(method, path, nil, func(r *http.Request) { r.Header.Del("Sec-Fetch-Site") })
			if p.status >= 500 || strings.Contains(p.text, "600 111") {
				t.Errorf("%s %s: %d", method, path, p.status)
			}
		}
	}
	if to := w.browser().post("/consent", "code", code); to != "/consent" {
		t.Errorf("nobody in particular shows the code: %s", to)
	}
	if w.verify().Leaves != size {
		t.Error("opening pages wrote something")
	}

	bell := w.browser().shows("bell@example.net")
	if p := bell.get("/consent"); !strings.Contains(p.text, "bell@example.net") {
		t.Error("Bell is not told that Tim will see her address")
	}
	if p := bell.send(http.MethodPost, "/consent", formOf("code", "AAAA-BBBB-CCCC")); p.status != http.StatusBadRequest || !strings.Contains(p.text, "does not fit") || strings.Contains(p.text, "BBBB") {
		t.Errorf("a wrong code: %d", p.status)
	}
	at := bell.post("/consent", "code", link)
	shared := bell.get(at)
	if !strings.Contains(shared.text, "+34 600 111 222") && !strings.Contains(shared.text, "&#43;34 600 111 222") {
		t.Errorf("Bell sees\n%s", shared.text)
	}
	for _, never := range []string{"Berger", "Tim", "tim@example.org", "1984", "M-20417", "For Bell", "City Membership"} {
		if strings.Contains(html.UnescapeString(shared.text), never) {
			t.Errorf("Bell sees %q", never)
		}
	}
	if shared.header.Get("Cache-Control") != "no-store" || shared.header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("headers %q %q", shared.header.Get("Cache-Control"), shared.header.Get("Referrer-Policy"))
	}
	w.mailTo("tim@example.org", mail.KindPassUsed)
	activity := html.UnescapeString(tim.get("/me/activity").text)
	for _, want := range []string{"Made a consent code for: phone.", "Used your consent code as bell@example.net.", "Saw with your consent code, as bell@example.net: phone."} {
		if !strings.Contains(activity, want) {
			t.Errorf("Tim's activity lacks %q", want)
		}
	}
	if l := w.look(o.Actor, audit.PassRead); l.Mine {
		t.Errorf("the reading is Tim's own: %+v", l)
	}

	// She may come back while it lasts; nobody else may, and not with her address alone.
	if p := bell.get(at); !strings.Contains(p.text, "600 111 222") {
		t.Error("Bell does not see it again")
	}
	for who, b := range map[string]*browser{"nobody": w.browser(), "Eve": w.browser().shows("eve@example.net"), "Oscar": w.browser().join("oscar@example.org")} {
		if p := b.send(http.MethodGet, at, nil); p.status != http.StatusNotFound && p.header.Get("Location") != "/consent" || strings.Contains(p.text, "600 111") {
			t.Errorf("%s opens Bell's page: %d", who, p.status)
		}
	}
	if p := w.browser().shows("eve@example.net").send(http.MethodPost, "/consent", formOf("code", code)); p.status != http.StatusBadRequest {
		t.Errorf("a second booker: %d", p.status)
	}

	// Taken back on the page, it is over on the next request.
	end := regexp.MustCompile(`/me/records/pty_[0-9a-z]+/consents/pas_[0-9a-z]+/end`)
	list := tim.get("/me/records/" + o.id.String() + "/consents")
	if !strings.Contains(list.text, "For Bell &lt;3") || !strings.Contains(html.UnescapeString(list.text), "bell@example.net") || !strings.Contains(list.text, "1 of 1 used it") {
		t.Error("the list does not say who used it")
	}
	to := tim.post(end.FindString(list.text))
	if p := tim.get(to); !strings.Contains(p.text, "The consent has ended") || end.MatchString(p.text) {
		t.Error("the list still offers to end it")
	}
	if p := bell.send(http.MethodGet, at, nil); p.status != http.StatusNotFound || strings.Contains(p.text, "600 111") {
		t.Errorf("after the end: %d", p.status)
	}
	bell.post("/consent/leave")
	if p := bell.get("/consent"); strings.Contains(p.text, "bell@example.net") {
		t.Error("the visit is not over")
	}
}

// Proves PTY-8, PTY-A23.
func TestOnePersonIsOneBookerAndProofsStayApart(t *testing.T) {
	w := newWorld(t)
	o := w.owner("tim@example.org")
	tim := w.browser().join("tim@example.org")
	code, _ := tim.gives(o.id, "set.phone", "on")
	// Signed in or by a mailed code, at the same address: one booker of one.
	bell := w.browser().join("bell@example.org")
	at := bell.post("/consent", "code", code)
	if p := bell.get(at); !strings.Contains(p.text, "600 111 222") {
		t.Error("signed in, Bell sees nothing")
	}
	phone := w.browser().shows("bell@example.org")
	if to := phone.post("/consent", "code", strings.ToLower(code)); to != at {
		t.Errorf("by a mailed code: %s", to)
	}
	// The proof for a consent opens neither an account nor what is held at the address.
	if p := phone.send(http.MethodGet, "/me", nil); p.status != http.StatusSeeOther {
		t.Errorf("/me: %d", p.status)
	}
	if p := phone.get("/notice"); strings.Contains(p.text, "Put there by") {
		t.Error("a proof for consents opens the notice page")
	}
	notice := w.browser()
	notice.notice("bell@example.org")
	if to := notice.post("/consent", "code", code); to != "/consent" {
		t.Errorf("a proof for notices: %s", to)
	}
	w.mails()
	asked := w.browser()
	where := asked.post("/consent/address", "address", "bell@example.org")
	mailed := w.codeIn(w.mails()[0])
	for _, path := range []string{"/code", "/notice/code"} {
		if p := asked.send(http.MethodPost, path, formOf("c", strings.TrimPrefix(where, "/consent/code?c="), "code", mailed)); p.status != http.StatusBadRequest {
			t.Errorf("the code for a consent at %s: %d", path, p.status)
		}
	}
	// Tim cannot use his own up by trying it out.
	own, _ := tim.gives(o.id, "set.phone", "on")
	if p := tim.send(http.MethodPost, "/consent", formOf("code", own)); p.status != http.StatusBadRequest || !strings.Contains(p.text, "You gave this code yourself") {
		t.Errorf("Tim's own: %d", p.status)
	}
	bell.post("/consent", "code", own)
	w.later(24 * time.Hour)
	if p := w.browser().join("bell@example.org").send(http.MethodGet, at, nil); p.status != http.StatusNotFound {
		t.Errorf("after its time: %d", p.status)
	}
}

// Every reason for which a code is refused looks the same, byte for byte.
// Proves PTY-8, PTY-A22.
func TestRefusedConsentCodesLookAlike(t *testing.T) {
	w := newWorld(t)
	o := w.owner("tim@example.org")
	first := func(change func(x party.Pass)) string {
		x, code := o.give(party.PassTerms{Sets: []string{"phone"}})
		change(x)
		return code
	}
	revoked := first(func(x party.Pass) { must(o.passes().End(w.ctx(), o.Actor, x.ID))(t) })
	used := first(func(party.Pass) {})
	must(w.connect("City Bookings").use(used, nil))(t)
	expired := first(func(party.Pass) {})
	w.later(25 * time.Hour)
	good := first(func(party.Pass) {})
	must(w.connect("City Theatre").use(good, nil))(t)
	bell := w.browser().shows("bell@example.net")
	shape := func(code string) string {
		p := bell.send(http.MethodPost, "/consent", formOf("code", code))
		return p.header.Get("Content-Length") + http.StatusText(p.status) + p.text
	}
	want := shape("AAAA-BBBB-CCCC")
	for why, code := range map[string]string{
		"revoked": revoked, "used": good, "expired": expired, "expired and used": used, "mistyped": good[:10] + "0000",
		"too short": "A", "too long": strings.Repeat("A", 59), "nonsense": "¿?", "a link's": strings.Repeat("A", 30),
	} {
		if got := shape(code); got != want {
			t.Errorf("%s is answered otherwise than unknown:\n%s", why, got)
		}
	}
}
