package proof_test

import (
	"database/sql"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // to read a stolen database as a thief would

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pgtest"
)

// heist is everybody who enters something, and what must not be found afterwards.
type heist struct {
	*world
	*canaries
	desk                   *system
	admin, clerk, person   *browser
	apiPerson, staffPerson habeas.PartyID
	bulkPerson             habeas.PartyID
	organisation           string
	databases              databases
	sent                   mail.Message // to nobody
	stop                   func()       // ends serveAgain
}

// Proves PROT-01 and PROT-02.
func TestWhoStealsTheDirectoryLearnsNothing(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("SQLITE_TMPDIR", temp)
	h := newHeist(t, databases{})
	dir := h.Dir
	found := files(t, dir, temp)
	for _, name := range []string{"records.db", "records.db-wal", "keys.db", "ledger/checkpoint", "habeas.toml"} {
		if _, ok := found[name]; !ok {
			t.Errorf("there is no %s to search", name)
		}
	}
	found["log"] = h.logged.Bytes()
	control := newSearcher()
	control.text("name of the organisation", h.Organisation)
	if len(control.find(found["habeas.toml"])) == 0 || len(found["log"]) < 1000 {
		t.Error("what is there in plain text is not found")
	}
	h.nowhere(t, "while serving", found)
	h.close()
	found = files(t, dir, temp)
	found["log"] = h.logged.Bytes()
	h.nowhere(t, "after closing", found)
	h.noCell(t, dir)
	if v, err := app.VerifyAudit(t.Context(), dir, nil); err != nil || v.FaultCount > 0 || v.Leaves < 30 {
		t.Errorf("%+v, %v", v, err)
	}
}

// newHeist enters every canary in every way there is.
func newHeist(t *testing.T, d databases) *heist {
	t.Helper()
	h := &heist{world: newWorldOn(t, d), canaries: newCanaries(), databases: d}
	var code strings.Builder
	h.must(h.made.Kit.WriteCode(&code))
	h.token("recovery code", code.String())
	h.token("first administrator's link", h.made.AdministratorLink[strings.Index(h.made.AdministratorLink, "=")+1:])

	h.throughSystems()
	h.throughAdministration()
	h.throughStaff()
	h.throughImport()
	h.throughItsPerson()
	h.throughBulk()
	h.throughNotices()
	h.throughAddressChange()
	h.throughMistakes()
	h.throughNobody()
	for _, b := range []*browser{h.admin, h.clerk, h.person} {
		h.cookies(b)
		h.binary("passkey id", b.key.id)
		h.binary("passkey public key", b.key.point()[:32])
	}

	kept := string(h.held())
	for v, name := range h.all {
		if !strings.Contains(kept, v) {
			t.Errorf("%s was never taken in: the search for it proves nothing", name)
		}
	}
	return h
}

// throughSystems enters what connected systems say.
func (h *heist) throughSystems() {
	h.desk = h.connect("Booking desk")
	h.token("secret of a system", h.desk.secret)
	h.token("token of a system", h.desk.token)
	organisation := h.desk.party(map[string]any{"kind": "organisation", "fields": apiOrganisation})
	h.organisation = organisation
	ticket := map[string]any{"booked_by": organisation}
	for k, v := range apiTicket {
		ticket[k] = v
	}
	ref := h.desk.party(map[string]any{"external_id": apiOwnID, "fields": apiPerson, "ticket": ticket}, "Idempotency-Key", apiRequest)
	h.apiPerson = h.desk.behind(ref)
	h.text("reference of a person", ref)
	h.text("reference of an organisation", organisation)
	if r := h.desk.send(http.MethodGet, "/api/v1/tickets:get?id="+url.QueryEscape(apiTicket["id"].(string)), "", "", "Authorization", "Bearer "+h.desk.token); r.status != http.StatusOK {
		h.Fatalf("ticket: %d %s", r.status, r.body)
	}
}

// throughAdministration makes the first administrator and a member of staff.
func (h *heist) throughAdministration() {
	h.admin = h.browser()
	h.token("code of the administrator", h.admin.administrator(adminMail))
	h.admin.done("/admin/roles", "address", staffMail, "again", staffMail, "role", "staff")
	h.clerk = h.browser()
	h.token("code of staff", h.clerk.join(staffMail))
	h.clerk.addPasskey("service card")
	h.clerk.done("/staff/purpose", "purpose", "booking", "to", "/staff")
}

// form turns a map into the pairs of a form.
func form(prefix string, values map[string]string, more ...string) []string {
	for name, v := range values {
		more = append(more, prefix+name, v)
	}
	return more
}

// throughStaff enters people at the desk, amends a record and changes an address.
func (h *heist) throughStaff() {
	sure := func(address string) string {
		a, err := email.Parse(address)
		h.must(err)
		return a.Key()
	}
	at := h.clerk.done("/staff/add", form("", staffPerson, "kind", "person", "email", staffPersonMail, "email2", staffPersonMail,
		"sure", sure(staffPersonMail), "tutor", "on", "invite", "on", "separate", "on")...)
	id, err := habeas.ParseID[habeas.PartyKind](strings.TrimPrefix(at, "/staff/people/"))
	h.must(err)
	h.staffPerson = id
	h.token("code of an invitation", codeIn(h, h.post.take(h, mail.KindInvitation, staffPersonMail)))
	h.clerk.done("/staff/add", form("", staffOrg, "kind", "organisation", "email", staffOrgMail, "email2", staffOrgMail, "sure", sure(staffOrgMail), "separate", "on")...)
	was := map[string]string{}
	for name := range amended {
		was[name] = ""
	}
	was["city"] = staffPerson["address.city"]
	h.clerk.done(at+"/edit/address", form("was.", was, form("address.", amended)...)...)
	h.clerk.done(at+"/address", "email", replacedMail, "email2", replacedMail)
	for _, path := range []string{
		at, "/staff/people?q=" + url.QueryEscape(staffPerson["identity.family_name"]), "/staff/people?q=" + url.QueryEscape(apiPerson["identity"]["family_name"]),
		"/staff", "/people/" + id.String(),
	} {
		if r := h.clerk.send(http.MethodGet, path, "", ""); r.status != http.StatusOK {
			h.Fatalf("%s: %d %s", path, r.status, r.body)
		}
	}
	h.clerk.submit("/staff/like", form("", staffPerson, "kind", "person")...)
	h.clerk.json("/staff/check-address", map[string]string{"value": nobodyMail})
}

// throughImport reads a file with a good row and a bad one.
func (h *heist) throughImport() {
	file := filepath.Join(h.TempDir(), "people.csv")
	text := importHeader + strings.Join(importRow, ",") + "\n" + strings.Join(importBad, ",") + "\n"
	h.must(os.WriteFile(file, []byte(text), 0o600))
	r, err := h.Import(h.Context(), app.ImportOptions{File: file})
	h.must(err)
	if r.Imported != 1 || r.Rejected != 1 {
		h.Fatalf("%+v", r)
	}
}

var paperCode = regexp.MustCompile(`[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}`)

// throughItsPerson claims the record of the API: evidence, corrections, a copy.
func (h *heist) throughItsPerson() {
	at := "/staff/people/" + h.apiPerson.String()
	printed := h.clerk.submit(at + "/paper")
	code := paperCode.FindString(printed.body)
	if code == "" {
		h.Fatalf("no paper code: %d %s", printed.status, printed.body)
	}
	h.token("code on paper", code)
	h.token("code on paper", strings.ReplaceAll(code, "-", ""))

	address := apiPerson["contact"]["email"]
	h.person = h.browser()
	h.token("code of a person", h.person.join(address))
	if r := h.person.send(http.MethodGet, "/me", "", ""); r.status != http.StatusOK {
		h.Fatalf("inbox: %d %s", r.status, r.body)
	}
	offer := "/me/offers/" + h.apiPerson.String()
	if r := h.person.submit(offer+"/evidence", "kind", "membership", "proof", wrongNumber); r.status != http.StatusBadRequest {
		h.Fatalf("wrong evidence: %d", r.status)
	}
	h.person.done(offer+"/evidence", "kind", "paper", "proof", code)
	h.person.done(offer+"/accept", form("", accepted, "version", h.person.version(offer))...)
	record := "/me/records/" + h.apiPerson.String()
	h.person.done(record+"/edit/address", form("address.", corrected, "version", h.person.version(record+"/edit/address"))...)
	h.person.addPasskey(passkeyName)
	h.person.done("/me/credentials/name", "called", accountName)
	to := h.person.done("/me/addresses", "address", secondAddress, "again", secondAddress)
	second := codeIn(h, h.post.take(h, mail.KindCode, secondAddress))
	h.token("code of a second address", second)
	h.person.done("/code", "c", strings.TrimPrefix(to, "/code?c="), "code", second)
	elsewhere := h.browser()
	elsewhere.signIn(h.person.key)
	h.cookies(elsewhere)
	for _, format := range []string{"json", "csv", "html"} {
		if r := h.person.submit("/me/copy/" + format); r.status != http.StatusOK || !strings.Contains(r.body, corrected["city"]) {
			h.Fatalf("copy: %d", r.status)
		}
	}
	for _, path := range []string{"/me", record, "/me/activity", "/me/credentials"} {
		if r := h.person.send(http.MethodGet, path, "", ""); r.status != http.StatusOK {
			h.Fatalf("%s: %d %s", path, r.status, r.body)
		}
	}
}

var versionField = regexp.MustCompile(`name="version" value="(\d+)"`)

// version is that of the record that a page shows.
func (b *browser) version(path string) string {
	b.w.Helper()
	page := b.send(http.MethodGet, path, "", "")
	found := versionField.FindStringSubmatch(page.body)
	if found == nil {
		b.w.Fatalf("%s: %d, without a version", path, page.status)
	}
	return found[1]
}

// throughMistakes sends canaries where they are refused: what is wrong must not be
// repeated in a log.
func (h *heist) throughMistakes() {
	family, city := apiPerson["identity"]["family_name"], amended["city"]
	bearer := []string{"Authorization", "Bearer " + h.desk.token}
	for _, body := range []string{
		`{"email":"` + nobodyMail, `{"` + family + `":1}`, `{"email":"` + family + `"}`, `{"email":["` + nobodyMail + `"]}`,
		`{"email":"` + nobodyMail + `","email":"` + nobodyMail + `"}`, `{"external_id":"` + apiOwnID + `","fields":{"identity":{"` + family + `":"x"}}}`,
		`{"external_id":"` + apiOwnID + `","fields":{"identity":{"birth_date":"` + city + `"}}}`, `{"external_id":"` + apiOwnID + `","ticket":{"id":"` + family + "\\u202e\"}}",
		`{"external_id":"` + apiOwnID + `","ticket":{"id":"a","booked_by":"` + family + `"}}`, `{"kind":"` + family + `"}`,
	} {
		if r := h.desk.send(http.MethodPost, findOrCreate, "application/json", body, bearer...); r.status < 400 || r.status >= 500 {
			h.Errorf("a mistake was answered %d", r.status)
		}
	}
	changed := map[string]any{"external_id": apiOwnID, "fields": map[string]any{"identity": map[string]string{"family_name": family}}}
	if r := h.desk.say(changed, "Idempotency-Key", apiRequest); r.status != http.StatusConflict {
		h.Errorf("an idempotency key used twice was answered %d", r.status)
	}
	nobody := h.browser()
	for _, path := range []string{
		"/" + url.PathEscape(family), "/me?q=" + url.QueryEscape(family), "/people/" + url.PathEscape(city), "/code?c=" + url.QueryEscape(nobodyMail),
		"/static/" + url.PathEscape(family), "/sign-in?to=" + url.QueryEscape("/"+family), "/api/v1/" + url.PathEscape(family),
	} {
		if r := nobody.send(http.MethodGet, path, "", "", "User-Agent", family, "Referer", "http://"+nobodyMail, "Accept-Language", staffPerson["contact.language"]); r.status >= 500 {
			h.Errorf("a wrong path was answered %d", r.status)
		}
	}
	nobody.submit("/join", "address", nobodyMail, "again", "x"+nobodyMail, "language", "en")
	nobody.submit("/join", family, nobodyMail)
	nobody.submit("/code", "c", "x", "code", wrongNumber)
	nobody.submit("/oauth/token", "grant_type", "client_credentials", "client_id", family, "client_secret", masterPassword)
	nobody.send(http.MethodPost, findOrCreate, "application/json", `{"email":"`+nobodyMail+`"}`, "Authorization", "Bearer "+family)
	h.person.submit("/me/credentials/name", "called", strings.Repeat(accountName, 40))
}

// throughNobody asks for a code at an address that nobody knows.
func (h *heist) throughNobody() {
	nobody := h.browser()
	nobody.done("/join", "address", nobodyMail, "again", nobodyMail, "language", "en")
	h.sent = h.post.take(h, mail.KindCode, nobodyMail)
	h.token("code of nobody", codeIn(h, h.sent))
}

// noCell looks into every cell of both stores: what PostgreSQL keeps compressed, and the
// canaries that are too short for a search of bytes.
func (h *heist) noCell(t *testing.T, dir string) {
	t.Helper()
	if len(h.short) == 0 {
		t.Fatal("there are no short canaries")
	}
	cells := 0
	for file, dsn := range map[string]string{"records.db": h.databases.records, "keys.db": h.databases.keys} {
		pgtest.Behind(t, filepath.Join(dir, file), dsn).Cells(t, func(table string, value []byte) {
			cells++
			if name, ok := h.short[strings.ToLower(string(value))]; ok {
				t.Errorf("%s, %s holds %s", file, table, name)
			}
			for _, what := range h.find(value) {
				t.Errorf("%s, %s: %s", file, table, what)
			}
		})
	}
	if cells < 500 {
		t.Errorf("only %d cells were looked at", cells)
	}
}

// openSQL opens a database file beside the program that owns it.
func openSQL(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
