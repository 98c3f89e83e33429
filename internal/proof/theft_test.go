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
	"github.com/habeas-data/habeas/internal/servertest"
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
	found["log"] = h.Logged.Bytes()
	control := newSearcher()
	control.text("name of the organisation", h.Organisation)
	if len(control.find(found["habeas.toml"])) == 0 || len(found["log"]) < 1000 {
		t.Error("what is there in plain text is not found")
	}
	h.nowhere(t, "while serving", found)
	h.Close()
	found = files(t, dir, temp)
	found["log"] = h.Logged.Bytes()
	h.nowhere(t, "after closing", found)
	h.noCell(t, dir)
	if v, err := app.VerifyAudit(t.Context(), dir, nil); err != nil || v.FaultCount > 0 || v.Leaves < 30 {
		t.Errorf("%+v, %v", v, err)
	}
}

// newHeist enters every canary in every way there is.
func newHeist(t *testing.T, d databases) *heist {
	t.Helper()
	h := &heist{world: servertest.New(t, d), canaries: newCanaries(), databases: d}
	var code strings.Builder
	h.Must(h.Made.Kit.WriteCode(&code))
	h.token("recovery code", code.String())
	h.token("first administrator's link", h.Made.AdministratorLink[strings.Index(h.Made.AdministratorLink, "=")+1:])

	h.throughSystems()
	h.throughAdministration()
	h.throughStaff()
	h.throughImport()
	h.throughItsPerson()
	h.throughConsent()
	h.throughBulk()
	h.throughNotices()
	h.throughAddressChange()
	h.throughMistakes()
	h.throughNobody()
	for _, b := range []*browser{h.admin, h.clerk, h.person} {
		h.cookies(b)
		h.binary("passkey id", b.Key.ID)
		h.binary("passkey public key", b.Key.Point()[:32])
	}

	kept := string(held(h.world))
	for v, name := range h.all {
		if !strings.Contains(kept, v) {
			t.Errorf("%s was never taken in: the search for it proves nothing", name)
		}
	}
	return h
}

// throughSystems enters what connected systems say.
func (h *heist) throughSystems() {
	h.desk = h.Connect("Booking desk")
	h.token("secret of a system", h.desk.Secret)
	h.token("token of a system", h.desk.Token)
	organisation := h.desk.Party(map[string]any{"kind": "organisation", "fields": apiOrganisation})
	h.organisation = organisation
	ticket := map[string]any{"booked_by": organisation}
	for k, v := range apiTicket {
		ticket[k] = v
	}
	ref := h.desk.Party(map[string]any{"external_id": apiOwnID, "fields": apiPerson, "ticket": ticket}, "Idempotency-Key", apiRequest)
	h.apiPerson = h.desk.Behind(ref)
	h.text("reference of a person", ref)
	h.text("reference of an organisation", organisation)
	if r := h.desk.Send(http.MethodGet, "/api/v1/tickets:get?id="+url.QueryEscape(apiTicket["id"].(string)), "", "", "Authorization", "Bearer "+h.desk.Token); r.Status != http.StatusOK {
		h.Fatalf("ticket: %d %s", r.Status, r.Body)
	}
}

// throughAdministration makes the first administrator and a member of staff.
func (h *heist) throughAdministration() {
	h.admin = h.Browser()
	h.token("code of the administrator", h.admin.Administrator(adminMail))
	if h.Server == nil {
		h.admin.Registers(adminMail)
	}
	h.admin.Done("/admin/roles", "address", staffMail, "again", staffMail, "role", "staff", "checked", "Seen at the desk.")
	h.clerk = h.Browser()
	h.token("code of staff", h.clerk.Join(staffMail))
	h.clerk.AddPasskey("service card")
	if h.Server == nil {
		h.clerk.Registers(staffMail)
	}
	h.clerk.Done("/staff/purpose", "purpose", "booking", "to", "/staff")
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
		h.Must(err)
		return a.Key()
	}
	at := h.clerk.Done("/staff/add", form("", staffPerson, "kind", "person", "email", staffPersonMail, "email2", staffPersonMail,
		"sure", sure(staffPersonMail), "tutor", "on", "invite", "on", "separate", "on")...)
	id, err := habeas.ParseID[habeas.PartyKind](strings.TrimPrefix(at, "/staff/people/"))
	h.Must(err)
	h.staffPerson = id
	h.token("code of an invitation", servertest.CodeIn(h, h.Post.Take(h, mail.KindInvitation, staffPersonMail)))
	h.clerk.Done("/staff/add", form("", staffOrg, "kind", "organisation", "email", staffOrgMail, "email2", staffOrgMail, "sure", sure(staffOrgMail), "separate", "on")...)
	was := map[string]string{}
	for name := range amended {
		was[name] = ""
	}
	was["city"] = staffPerson["address.city"]
	h.clerk.Done(at+"/edit/address", form("was.", was, form("address.", amended)...)...)
	h.clerk.Done(at+"/address", "email", replacedMail, "email2", replacedMail)
	for _, path := range []string{
		at, h.clerk.Done("/staff/find", "q", staffPerson["identity.family_name"]), h.clerk.Done("/staff/find", "q", apiPerson["identity"]["family_name"]),
		"/staff", profileIn.FindString(h.clerk.Send(http.MethodGet, at, "", "").Body),
	} {
		if r := h.clerk.Send(http.MethodGet, path, "", ""); r.Status != http.StatusOK {
			h.Fatalf("%s: %d %s", path, r.Status, r.Body)
		}
	}
	h.clerk.Submit("/staff/like", form("", staffPerson, "kind", "person")...)
	h.clerk.JSON("/staff/check-address", map[string]string{"value": nobodyMail})
}

// profileIn is the address of a public profile in a page of staff.
var profileIn = regexp.MustCompile(`/people/[0-9a-z]{26}`)

// throughImport reads a file with a good row and a bad one.
func (h *heist) throughImport() {
	file := filepath.Join(h.TempDir(), "people.csv")
	text := importHeader + strings.Join(importRow, ",") + "\n" + strings.Join(importBad, ",") + "\n"
	h.Must(os.WriteFile(file, []byte(text), 0o600))
	r, err := h.Import(h.Context(), app.ImportOptions{File: file})
	h.Must(err)
	if r.Imported != 1 || r.Rejected != 1 {
		h.Fatalf("%+v", r)
	}
}

var paperCode = regexp.MustCompile(`[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}`)

// throughItsPerson claims the record of the API: evidence, corrections, a copy.
func (h *heist) throughItsPerson() {
	at := "/staff/people/" + h.apiPerson.String()
	printed := h.clerk.Submit(at + "/paper")
	code := paperCode.FindString(printed.Body)
	if code == "" {
		h.Fatalf("no paper code: %d %s", printed.Status, printed.Body)
	}
	h.token("code on paper", code)
	h.token("code on paper", strings.ReplaceAll(code, "-", ""))

	address := apiPerson["contact"]["email"]
	h.person = h.Browser()
	h.token("code of a person", h.person.Join(address))
	if r := h.person.Send(http.MethodGet, "/me", "", ""); r.Status != http.StatusOK {
		h.Fatalf("inbox: %d %s", r.Status, r.Body)
	}
	offer := "/me/offers/" + h.apiPerson.String()
	if r := h.person.Submit(offer+"/evidence", "kind", "membership", "proof", wrongNumber); r.Status != http.StatusBadRequest {
		h.Fatalf("wrong evidence: %d", r.Status)
	}
	h.person.Done(offer+"/evidence", "kind", "paper", "proof", code)
	h.person.Done(offer+"/accept", form("", accepted, "version", version(h.person, offer))...)
	record := "/me/records/" + h.apiPerson.String()
	h.person.Done(record+"/edit/address", form("address.", corrected, "version", version(h.person, record+"/edit/address"))...)
	h.person.AddPasskey(passkeyName)
	h.person.Done("/me/credentials/name", "called", accountName)
	to := h.person.Done("/me/addresses", "address", secondAddress, "again", secondAddress)
	second := servertest.CodeIn(h, h.Post.Take(h, mail.KindCode, secondAddress))
	h.token("code of a second address", second)
	h.person.Done("/code", "c", strings.TrimPrefix(to, "/code?c="), "code", second)
	elsewhere := h.Browser()
	elsewhere.SignIn(h.person.Key)
	h.cookies(elsewhere)
	for _, format := range []string{"json", "csv", "html"} {
		if r := h.person.Submit("/me/copy/" + format); r.Status != http.StatusOK || !strings.Contains(r.Body, corrected["city"]) {
			h.Fatalf("copy: %d", r.Status)
		}
	}
	for _, path := range []string{"/me", record, "/me/activity", "/me/credentials"} {
		if r := h.person.Send(http.MethodGet, path, "", ""); r.Status != http.StatusOK {
			h.Fatalf("%s: %d %s", path, r.Status, r.Body)
		}
	}
}

var versionField = regexp.MustCompile(`name="version" value="(\d+)"`)

// version is that of the record that a page shows.
func version(b *browser, path string) string {
	b.W.Helper()
	page := b.Send(http.MethodGet, path, "", "")
	found := versionField.FindStringSubmatch(page.Body)
	if found == nil {
		b.W.Fatalf("%s: %d, without a version", path, page.Status)
	}
	return found[1]
}

// throughMistakes sends canaries where they are refused: what is wrong must not be
// repeated in a log.
func (h *heist) throughMistakes() {
	family, city := apiPerson["identity"]["family_name"], amended["city"]
	bearer := []string{"Authorization", "Bearer " + h.desk.Token}
	for _, body := range []string{
		`{"email":"` + nobodyMail, `{"` + family + `":1}`, `{"email":"` + family + `"}`, `{"email":["` + nobodyMail + `"]}`,
		`{"email":"` + nobodyMail + `","email":"` + nobodyMail + `"}`, `{"external_id":"` + apiOwnID + `","fields":{"identity":{"` + family + `":"x"}}}`,
		`{"external_id":"` + apiOwnID + `","fields":{"identity":{"birth_date":"` + city + `"}}}`, `{"external_id":"` + apiOwnID + `","ticket":{"id":"` + family + "\\u202e\"}}",
		`{"external_id":"` + apiOwnID + `","ticket":{"id":"a","booked_by":"` + family + `"}}`, `{"kind":"` + family + `"}`,
	} {
		if r := h.desk.Send(http.MethodPost, servertest.FindOrCreate, "application/json", body, bearer...); r.Status < 400 || r.Status >= 500 {
			h.Errorf("a mistake was answered %d", r.Status)
		}
	}
	changed := map[string]any{"external_id": apiOwnID, "fields": map[string]any{"identity": map[string]string{"family_name": family}}}
	if r := h.desk.Say(changed, "Idempotency-Key", apiRequest); r.Status != http.StatusConflict {
		h.Errorf("an idempotency key used twice was answered %d", r.Status)
	}
	nobody := h.Browser()
	for _, path := range []string{
		"/" + url.PathEscape(family), "/me?q=" + url.QueryEscape(family), "/people/" + url.PathEscape(city), "/code?c=" + url.QueryEscape(nobodyMail),
		"/static/" + url.PathEscape(family), "/sign-in?to=" + url.QueryEscape("/"+family), "/api/v1/" + url.PathEscape(family),
	} {
		if r := nobody.Send(http.MethodGet, path, "", "", "User-Agent", family, "Referer", "http://"+nobodyMail, "Accept-Language", staffPerson["contact.language"]); r.Status >= 500 {
			h.Errorf("a wrong path was answered %d", r.Status)
		}
	}
	nobody.Submit("/join", "address", nobodyMail, "again", "x"+nobodyMail, "language", "en")
	nobody.Submit("/join", family, nobodyMail)
	nobody.Submit("/code", "c", "x", "code", wrongNumber)
	nobody.Submit("/oauth/token", "grant_type", "client_credentials", "client_id", family, "client_secret", servertest.MasterPassword)
	nobody.Send(http.MethodPost, servertest.FindOrCreate, "application/json", `{"email":"`+nobodyMail+`"}`, "Authorization", "Bearer "+family)
	h.person.Submit("/me/credentials/name", "called", strings.Repeat(accountName, 40))
}

// throughNobody asks for a code at an address that nobody knows.
func (h *heist) throughNobody() {
	nobody := h.Browser()
	nobody.Done("/join", "address", nobodyMail, "again", nobodyMail, "language", "en")
	h.sent = h.Post.Take(h, mail.KindCode, nobodyMail)
	h.token("code of nobody", servertest.CodeIn(h, h.sent))
}

// noCell looks into every cell of both stores: what PostgreSQL keeps compressed, and the
// canaries that are too short for a search of bytes.
func (h *heist) noCell(t *testing.T, dir string) {
	t.Helper()
	if len(h.short) == 0 {
		t.Fatal("there are no short canaries")
	}
	cells := 0
	for file, dsn := range map[string]string{"records.db": h.databases.Records, "keys.db": h.databases.Keys} {
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
