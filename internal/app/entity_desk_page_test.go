package app_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/internal/entity"
)

// writer is the browser of somebody registered, at their passkey.
func (w *world) writer(address string) *browser {
	w.Helper()
	b := w.browser().join(address)
	w.registered(w.who(b), address)
	return b.withKey()
}

// licensed is a writer who has accepted the contribution licence.
func (w *world) licensed(address string) *browser {
	w.Helper()
	b := w.writer(address)
	b.post("/entities/licence", "words", "1", "to", "/entities/new")
	return b
}

var (
	control  = regexp.MustCompile(`(?s)<input [^>]*?name="([^"]+)" value="([^"]*)"|<textarea [^>]*?name="([^"]+)"[^>]*>(.*?)</textarea>`)
	chosen   = regexp.MustCompile(`(?s)<select [^>]*?name="([^"]+)".*?</select>`)
	selected = regexp.MustCompile(`<option value="([^"]*)" selected>`)
)

// formIn is what a browser sends of the last form of a page, as it was loaded.
func formIn(text string) url.Values {
	text = text[strings.Index(text, "<main"):strings.Index(text, "</main")]
	text = text[strings.LastIndex(text, "<form"):]
	v := url.Values{}
	plain := strings.NewReplacer("&amp;", "&", "&#39;", "'", "&#34;", `"`, "&lt;", "<", "&gt;", ">", "&#43;", "+")
	for _, m := range control.FindAllStringSubmatch(text, -1) {
		if strings.Contains(m[0], `type="checkbox"`) && !strings.Contains(m[0], " checked") || strings.Contains(m[0], `type="radio"`) {
			continue
		}
		v.Set(m[1]+m[3], plain.Replace(m[2]+m[4]))
	}
	for _, m := range chosen.FindAllStringSubmatch(text, -1) {
		v.Set(m[1], "")
		if s := selected.FindStringSubmatch(m[0]); s != nil {
			v.Set(m[1], s[1])
		}
	}
	return v
}

// sent posts a form with changes to it.
func (b *browser) sent(path string, form url.Values, fields ...string) page {
	b.Helper()
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return b.send(http.MethodPost, path, form)
}

func shows(t *testing.T, p page, status int, wants ...string) {
	t.Helper()
	if p.status != status {
		t.Errorf("status %d, want %d: %s", p.status, status, p.text)
	}
	for _, want := range wants {
		if !strings.Contains(p.text, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
}

// Who is not registered is told how to register, who came by a code is asked for the key, and
// who has not accepted the licence is asked once; what any of them posts changes nothing.
// Proves ENT-42.
func TestTheWayToWriteAboutThings(t *testing.T) {
	w := newWorld(t)
	post := formOf("type", "organization", "n0.value", "Riverside Arts", "n0.name", "name", "n0.lang", "en", "n0.source", "", "n0.access", "")
	refused := func(name string, b *browser, wants ...string) {
		t.Helper()
		shows(t, b.send(http.MethodGet, "/entities/new", nil), http.StatusForbidden, wants...)
		shows(t, b.send(http.MethodPost, "/entities/new", post), http.StatusForbidden, wants...)
	}
	refused("nobody", w.browser(), "/sign-in?to=%2Fentities%2Fnew", "/me/registration")
	code := w.browser().join("cora@example.org")
	w.registered(w.who(code), "cora@example.org")
	refused("by code", code, "Sign in with a passkey", "/sign-in/passkey?to=")
	refused("unregistered", w.browser().join("una@example.org").withKey(), "You are signed in, but not registered", "/me/registration")
	ada := w.writer("ada@example.org")
	refused("without licence", ada, "may be used by everybody for everything", "CC0 1.0")
	if to := ada.post("/entities/licence", "words", "1", "to", "//evil.example"); to != "/entities/new" {
		t.Errorf("after the licence: %s", to)
	}
	shows(t, ada.get("/entities/new"), http.StatusOK, "What kind of thing is it?")
	if strings.Contains(ada.get("/entities/new?type=organization").text, "licence") {
		t.Error("the licence is asked again")
	}
}

// The form of a type becomes an entity: errors stand at their fields with what was typed, a
// row more is a button, a likeness is shown and has to be denied in words, which are recorded.
func TestAThingIsGivenItsNameOnAPage(t *testing.T) {
	w := newWorld(t)
	old := w.keep(organisation("Harbour Rowing Club", entity.Attribute{Name: entity.AttrPlace, Value: "Las Palmas"}))[0]
	ada := w.licensed("ada@example.org")
	form := formIn(ada.get("/entities/new?type=organization").text)
	wrong := ada.sent("/entities/new", form, "n0.value", "", "f1.value", "Nowhere", "x0.scheme", "ror", "x0.value", "xyz", "f0.value", "They row & sing.")
	shows(t, wrong, http.StatusBadRequest, `href="#f-n0.value"`, `id="e-n0.value"`, `id="e-f1.value"`, `id="e-x0.value"`, "They row &amp; sing.", `value="xyz"`)
	form = formIn(wrong.text)
	more := ada.sent("/entities/new", form, "n0.value", "Harbour Rowing Club", "f1.value", "es", "x0.scheme", "", "x0.value", "https://www.wikidata.org/wiki/Q4242", "add", "n")
	shows(t, more, http.StatusOK, `name="n1.value"`, "Harbour Rowing Club")
	form = formIn(more.text)
	alike := ada.sent("/entities/new", form, "n1.value", "Club de remo", "n1.lang", "es", "n1.source", "https://example.org/remo")
	shows(t, alike, http.StatusOK, "Could it be one of these?", "/entity/"+old.ID.String(), "Las Palmas")
	form = formIn(alike.text)
	shows(t, ada.sent("/entities/new", form, "do", "create"), http.StatusBadRequest, "Say why it is none of these", `id="e-override"`)
	shows(t, ada.sent("/entities/new", form, "do", "change"), http.StatusOK, `value="Club de remo"`, "They row &amp; sing.")
	made := ada.sent("/entities/new", form, "do", "create", "override", "That one is in another town.")
	if made.status != http.StatusSeeOther {
		t.Fatalf("status %d: %s", made.status, made.text)
	}
	at, _, _ := strings.Cut(made.header.Get("Location"), "?")
	id := must(entity.ParseID(strings.TrimPrefix(at, "/entity/")))(w)
	if first := must(w.DB.Entities().Version(w.ctx(), id, 1))(w); first.Why != "That one is in another town." {
		t.Errorf("why it is none of them is kept as %q", first.Why)
	}
	shows(t, ada.get(made.header.Get("Location")), http.StatusOK, "The name is given.", "Club de remo", "Q4242", "https://example.org/remo", at+"/merge")
	public := w.browser().get(at)
	shows(t, public, http.StatusOK, "They row &amp; sing.")
	if strings.Contains(public.text, at+"/merge") || strings.Contains(public.text, "another town") {
		t.Error("the public is shown what is for writers")
	}
	taken := formIn(ada.get("/entities/new?type=organization").text)
	p := ada.sent("/entities/new", taken, "n0.value", "Quite Another", "x0.value", "Q4242")
	shows(t, p, http.StatusOK, "Could it be one of these?", at)
	shows(t, ada.sent("/entities/new", formIn(p.text), "do", "create", "override", "It is not that."), http.StatusConflict, "has one of these external identifiers already", "Quite Another")
}

// An edit that comes second shows both sides and keeps what was typed; saved again it holds.
// What is hidden from the writer stays, and a protected entity is for administrators, who also
// read how it was described; nobody else does.
func TestAnEditLosesNothing(t *testing.T) {
	w := newWorld(t)
	d := organisation("Riverside Arts", entity.Attribute{Name: "phone", Value: "+34 600 111 222", Access: entity.Hidden})
	e := w.keep(d)[0]
	at := "/entity/" + e.ID.String()
	ada, bob := w.licensed("ada@example.org"), w.licensed("bob@example.org")
	hers, his := formIn(ada.get(at+"/edit").text), formIn(bob.get(at+"/edit").text)
	if strings.Contains(hers.Encode(), "600") {
		t.Error("the form shows what is hidden")
	}
	if p := bob.sent(at+"/edit", his, "n0.value", "Riverside Arts Trust"); p.status != http.StatusSeeOther {
		t.Fatalf("status %d: %s", p.status, p.text)
	}
	p := ada.sent(at+"/edit", hers, "f0.value", "A house for painters.")
	shows(t, p, http.StatusConflict, "Somebody was quicker", "Riverside Arts Trust", "A house for painters.")
	p = ada.sent(at+"/edit", formIn(p.text), "f1.value", "no country")
	shows(t, p, http.StatusBadRequest, `id="e-f1.value"`, "A house for painters.")
	if p = ada.sent(at+"/edit", formIn(p.text), "f1.value", "ES"); p.status != http.StatusSeeOther {
		t.Fatalf("status %d: %s", p.status, p.text)
	}
	now := w.entity(e.ID)
	if !slices.Contains(now.Description.Attributes, d.Attributes[1]) || now.Version != 3 || now.Description.Label() != "Riverside Arts" {
		t.Errorf("%+v", now)
	}
	root := w.rooted("root@example.org")
	root.post("/entities/licence", "words", "1", "to", "/entities/new")
	form := formIn(root.get(at + "/edit").text)
	if p := root.sent(at+"/edit", form, "access.protected", "on"); p.status != http.StatusSeeOther {
		t.Fatalf("protecting: %d %s", p.status, p.text)
	}
	shows(t, ada.send(http.MethodGet, at+"/edit", nil), http.StatusForbidden, "only administrators change it")
	shows(t, ada.sent(at+"/edit", hers, "version", "4"), http.StatusForbidden)
	shows(t, ada.send(http.MethodPost, "/entities/new", formOf("type", "organization", "do", "create", "n0.value", "Without Ticket", "n0.name", "name", "n0.lang", "en", "n0.source", "", "n0.access", "")), http.StatusConflict, "checked once more")
	shows(t, root.get(at+"/history"), http.StatusOK, "Version 4", "Version 1", "Riverside Arts Trust", "600 111 222")
	shows(t, ada.send(http.MethodGet, at+"/history", nil), http.StatusForbidden)
	if strings.Contains(w.browser().get(at).text, "Trust") {
		t.Error("the public sees how it was described")
	}
}

// Two names become one, and apart again; a name is given up, and taken back.
func TestNamesEvolveOnPages(t *testing.T) {
	w := newWorld(t)
	kept := w.keep(organisation("Harbour Rowing Club"), organisation("Harbor Rowing Club"))
	a, b := kept[0], kept[1]
	at, other := "/entity/"+a.ID.String(), "/entity/"+b.ID.String()
	ada := w.licensed("ada@example.org")
	shows(t, ada.get(at+"/merge?q=Harbor+Rowing+Club"), http.StatusOK, at+"/merge?with="+b.ID.String())
	form := formIn(ada.get(at + "/merge?with=" + b.ID.String()).text)
	shows(t, ada.sent(at+"/merge", form, "stays", a.ID.String(), "other_version", "9"), http.StatusConflict, "Somebody has changed", "Harbor Rowing Club")
	form.Set("other_version", "1")
	p := ada.sent(at+"/merge", form, "stays", a.ID.String())
	if p.status != http.StatusSeeOther {
		t.Fatalf("status %d: %s", p.status, p.text)
	}
	merged := ada.get(p.header.Get("Location"))
	shows(t, merged, http.StatusOK, "The two are one now.", at+"/undo", "Harbor Rowing Club")
	if p := w.browser().send(http.MethodGet, other, nil); p.status != http.StatusMovedPermanently {
		t.Errorf("the other name: %d", p.status)
	}
	if p := w.browser().get(at); strings.Contains(p.text, "/undo") {
		t.Error("the public is offered to undo")
	}
	shows(t, w.browser().send(http.MethodPost, at+"/undo", formOf("seq", "1")), http.StatusForbidden)
	ada.post(at+"/undo", "seq", "1")
	shows(t, w.browser().get(other), http.StatusOK, "Harbor Rowing Club")
	if strings.Contains(ada.get(at).text, "/undo\"") {
		t.Error("what was undone is offered again")
	}
	form = formIn(ada.get(other + "/delete").text)
	p = ada.sent(other+"/delete", form)
	if p.status != http.StatusSeeOther {
		t.Fatalf("status %d: %s", p.status, p.text)
	}
	shows(t, ada.send(http.MethodGet, p.header.Get("Location"), nil), http.StatusGone, "The name is given up.", other+"/undo")
	shows(t, w.browser().send(http.MethodGet, other, nil), http.StatusGone)
	ada.post(other+"/undo", "seq", "3")
	shows(t, w.browser().get(other), http.StatusOK, "Harbor Rowing Club")
	shows(t, ada.sent(other+"/delete", form), http.StatusConflict, "Somebody has changed")
}

// A name that means two things becomes two, with what it says divided between them.
func TestANameOfTwoThingsIsSplitOnAPage(t *testing.T) {
	w := newWorld(t)
	d := organisation("Three", entity.Attribute{Name: entity.AttrPlace, Value: "North Town"}, entity.Attribute{Name: "motto", Value: "Onward"})
	d.Externals = []entity.External{{Scheme: "wikidata", Value: "Q4242"}}
	at := "/entity/" + w.keep(d)[0].ID.String()
	ada := w.licensed("ada@example.org")
	form := formIn(ada.get(at + "/split").text)
	shows(t, ada.sent(at+"/split", form), http.StatusBadRequest, `id="e-second"`)
	p := ada.sent(at+"/split", form, "first", "Three North", "second", "Three South", "share1", "12", "share2", "2")
	if p.status != http.StatusSeeOther {
		t.Fatalf("status %d: %s", p.status, p.text)
	}
	both := ada.send(http.MethodGet, p.header.Get("Location"), nil)
	shows(t, both, http.StatusMultipleChoices, "The name leads to its parts now.", "Three North", "Three South", at+"/undo")
	says := map[string]string{}
	for _, m := range regexp.MustCompile(`href="(/entity/[0-9a-z-]+)"><span class="entity-name">([^<]+)<`).FindAllStringSubmatch(both.text, -1) {
		says[m[2]] = w.browser().get(m[1]).text
	}
	if n, s := says["Three North"], says["Three South"]; !strings.Contains(n, "North Town") || !strings.Contains(n, "Onward") || strings.Contains(n, "Q4242") ||
		strings.Contains(s, "North Town") || !strings.Contains(s, "Onward") || !strings.Contains(s, "Q4242") {
		t.Error("what it says is divided in another way")
	}
	ada.post(at+"/undo", "seq", "1")
	shows(t, w.browser().get(at), http.StatusOK, "North Town", "Q4242")
}
