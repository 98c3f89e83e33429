package proof_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/servertest"
)

// post sends JSON as a system and must be answered with the status.
func posted(s *system, status int, path string, body any) string {
	s.W.Helper()
	r := s.Send(http.MethodPost, path, "application/json", servertest.Encoded(s.W, body), "Authorization", "Bearer "+s.Token)
	if r.Status != status {
		s.W.Fatalf("%s: %d %s", path, r.Status, r.Body)
	}
	return r.Body
}

var (
	shownSecret = regexp.MustCompile(`id="client-secret">([^<]+)<`)
	shownSystem = regexp.MustCompile(`id="client-id">([^<]+)<`)
	personAt    = regexp.MustCompile(`/staff/people/(pty_[0-9a-z]+)`)
)

// connected is connectOn, on the pages where the server is not in this process.
func (h *heist) connected(terms authz.Terms) *system {
	h.Helper()
	if h.Server != nil {
		return h.ConnectOn(terms)
	}
	form := []string{"name", terms.Name, "mode", "live"}
	if terms.Sandbox {
		form[3] = "sandbox"
	}
	for _, set := range terms.Reads {
		form = append(form, "read."+set, "on")
	}
	page := h.admin.Submit("/admin/systems", form...)
	secret, id := shownSecret.FindStringSubmatch(page.Body), shownSystem.FindStringSubmatch(page.Body)
	if secret == nil || id == nil {
		h.Fatalf("%d, and no secret is shown: %s", page.Status, page.Complaint())
	}
	s := &system{Browser: h.Browser(), Secret: secret[1]}
	var err error
	s.ID, err = habeas.ParseID[habeas.SystemKind](id[1])
	h.Must(err)
	s.Token = s.FetchToken()
	return s
}

// behind is who a reference of a system stands for: whom staff find by the name where the
// server is not in this process.
func (h *heist) behind(s *system, ref, name string) habeas.PartyID {
	h.Helper()
	if h.Server != nil {
		return s.Behind(ref)
	}
	page := h.clerk.Found(name)
	at := personAt.FindStringSubmatch(page.Body)
	if at == nil {
		h.Fatalf("%d: nobody is found: %s", page.Status, page.Complaint())
	}
	id, err := habeas.ParseID[habeas.PartyKind](at[1])
	h.Must(err)
	return id
}

// throughBulk enters people in bulk, reads somebody, and tries things out.
func (h *heist) throughBulk() {
	bad := map[string]any{"external_id": bulkOwnID + "-2", "fields": map[string]any{"identity": map[string]string{"birth_date": bulkBad}}}
	good := map[string]any{"external_id": bulkOwnID, "idempotency_key": bulkKey, "email": bulkPerson["contact"]["email"], "fields": bulkPerson}
	answer := posted(h.desk, http.StatusOK, "/api/v1/parties:bulkFindOrCreate", map[string]any{"items": []any{good, bad}})
	if !strings.Contains(answer, `"status":200`) || !strings.Contains(answer, `"status":400`) {
		h.Fatalf("in bulk: %s", answer)
	}
	ref := regexp.MustCompile(`"party":"([0-9a-z]+)"`).FindStringSubmatch(answer)[1]
	h.bulkPerson = h.behind(h.desk, ref, bulkPerson["identity"]["family_name"])
	h.text("reference in bulk", ref)
	_, _ = h.Faults.Write([]byte(strings.ReplaceAll(answer, ref, ""))) // holds a problem; never fails

	reader := h.connected(authz.Terms{Name: "Reading desk", Reads: []string{"contact"}})
	h.token("secret of a system that reads", reader.Secret)
	h.token("token of a system that reads", reader.Token)
	seen := reader.Party(map[string]any{"email": readPerson["contact"]["email"], "fields": readPerson})
	h.text("reference of who is read", seen)
	query := "/api/v1/parties:query"
	if got := posted(reader, http.StatusOK, query, map[string]any{"parties": []string{seen}, "purpose": "question"}); !strings.Contains(got, readPerson["contact"]["email"]) {
		h.Fatalf("nothing was read: %s", got)
	}
	for _, wrong := range []map[string]any{
		{"parties": []string{bulkBad}, "purpose": "question"},
		{"parties": []string{seen}, "purpose": bulkBad},
		{"parties": []string{seen}, "purpose": "question", "data_sets": []string{bulkBad}},
		{"parties": []string{seen}, bulkBad: "question"},
	} {
		posted(reader, http.StatusBadRequest, query, wrong)
	}

	trial := h.connected(authz.Terms{Name: "Trial", Sandbox: true, Reads: []string{"contact"}})
	h.token("token of a trial", trial.Token)
	tried := trial.Party(map[string]any{"email": triedPerson["contact"]["email"], "fields": triedPerson, "ticket": triedTicket})
	if got := posted(trial, http.StatusOK, query, map[string]any{"parties": []string{tried}, "purpose": "question"}); !strings.Contains(got, triedPerson["contact"]["email"]) {
		h.Fatalf("the sandbox has forgotten: %s", got)
	}
}

var requestAt = regexp.MustCompile(`action="(/staff/requests/req_[0-9a-z]+)"`)

// throughNotices tells the person in bulk what is held, who asks for things; staff keep
// the record and refuse.
func (h *heist) throughNotices() {
	policy, err := h.Policies.Current(h.Context())
	h.Must(err)
	policy.Notices.DelayDays = 0
	_, err = h.Policies.Change(h.Context(), servertest.Forged, policy)
	h.Must(err)
	h.Must(h.Notices.Tell(h.Context()))
	h.throughVisit()
}

// throughVisit is what who was told does without an account, by the links and the code of
// mails, and how staff answer.
func (h *heist) throughVisit() {
	address := bulkPerson["contact"]["email"]
	told := h.Post.Take(h, mail.KindNotice, servertest.Stored(address))
	stop := told.ListUnsubscribe[strings.LastIndex(told.ListUnsubscribe, "/")+1:]
	h.token("link that stops mails", stop)

	visitor := h.Browser()
	for _, path := range []string{"/notice/stop/" + stop, "/notice/stop/" + stop + "/resume"} {
		if r := visitor.Submit(path); r.Status != http.StatusOK && r.Status != http.StatusSeeOther {
			h.Errorf("the link that stops mails was answered %d", r.Status)
		}
	}
	to := visitor.Done("/notice", "address", address)
	code := servertest.CodeIn(h, h.Post.Take(h, mail.KindCode, servertest.Stored(address)))
	h.token("code of a notice", code)
	visitor.Submit("/notice/code", "c", strings.TrimPrefix(to, "/notice/code?c="), "code", "00000000")
	visitor.Done("/notice/code", "c", strings.TrimPrefix(to, "/notice/code?c="), "code", code)
	h.cookies(visitor)
	record := "/notice/records/" + h.bulkPerson.String()
	visitor.Done(record + "/object")
	visitor.Done(record + "/erase")

	people := "/staff/people/" + h.bulkPerson.String()
	h.clerk.Done(people+"/hold", "reason", holdReason)
	h.shows(h.clerk, people+"/requests", holdReason)
	h.clerk.Done(people+"/requests", "kind", "restrict")
	open := h.clerk.Send(http.MethodGet, "/staff/requests", "", "")
	for _, at := range requestAt.FindAllStringSubmatch(open.Body, -1) {
		if r := h.clerk.Submit(at[1], "answer", "refuse", "reason", refusal); r.Status != http.StatusSeeOther && r.Status != http.StatusBadRequest {
			h.Fatalf("answering a request: %d", r.Status)
		}
	}
	h.shows(visitor, "/notice", refusal)
	if m := h.Post.Take(h, mail.KindAnswered, servertest.Stored(address)); !strings.Contains(strings.Join(strings.Fields(m.Text), " "), refusal) {
		h.Errorf("the mail does not say why:\n%s", m.Text)
	}
	visitor.Submit("/notice/records/" + habeas.PartyID{}.String() + "/" + url.PathEscape(bulkBad))
}

// shows checks that what was entered stands on a page.
func (h *heist) shows(b *browser, path, text string) {
	h.Helper()
	if r := b.Send(http.MethodGet, path, "", ""); r.Status != http.StatusOK || !strings.Contains(html.UnescapeString(r.Body), text) {
		h.Fatalf("%s: %d, and does not show what was entered", path, r.Status)
	}
}

var (
	tickable    = regexp.MustCompile(`name="(set\.[a-z_]+)"`)
	shownCode   = regexp.MustCompile(`id="consent-code">([0-9A-Z-]+)<`)
	shownLink   = regexp.MustCompile(`id="consent-link">[^<#]+#([0-9A-Z]+)<`)
	bookerAt    = "quendolyn.bookerfield@example.net"
	consentNote = "Quixotically noted for the booker"
)

// throughConsent lets the person of the API hand over a consent: a system sends its code,
// and a booker opens its link.
func (h *heist) throughConsent() {
	h.text("address of a booker", bookerAt)
	h.text("note of a consent", consentNote)
	at := "/me/records/" + h.apiPerson.String() + "/consents"
	box := tickable.FindStringSubmatch(h.person.Get(at).Body)
	if box == nil {
		h.Fatal("nothing can be ticked")
	}
	given := h.person.Submit(at, box[1], "on", "life", "24h", "uses", "2", "note", consentNote)
	code, link := shownCode.FindStringSubmatch(given.Body), shownLink.FindStringSubmatch(given.Body)
	if code == nil || link == nil {
		h.Fatalf("no consent code: %d %s", given.Status, given.Complaint())
	}
	h.token("consent code", code[1])
	h.token("consent code", strings.ReplaceAll(code[1], "-", ""))
	h.token("consent link", link[1])
	wrong := "QQQQ-" + code[1][5:]
	h.token("wrong consent code", wrong)
	posted(h.desk, http.StatusBadRequest, "/api/v1/parties:findOrCreate", map[string]any{"consent_code": wrong})
	ref := h.desk.Party(map[string]any{"consent_code": code[1], "ticket": map[string]any{"id": "consented"}})
	h.text("reference of a consent", ref)
	if got := posted(h.desk, http.StatusOK, "/api/v1/parties:consented", map[string]any{"parties": []string{ref}, "purpose": "booking"}); !strings.Contains(got, "until") {
		h.Fatalf("nothing is open: %s", got)
	}
	booker := h.Browser()
	to := booker.Done("/consent/address", "address", bookerAt)
	mailed := servertest.CodeIn(h, h.Post.Take(h, mail.KindCode, servertest.Stored(bookerAt)))
	h.token("code of a booker", mailed)
	booker.Done("/consent/code", "c", strings.TrimPrefix(to, "/consent/code?c="), "code", mailed)
	h.cookies(booker)
	booker.Submit("/consent", "code", wrong)
	h.shows(booker, booker.Done("/consent", "code", link[1]), bookerAt)
	h.shows(h.person, at, consentNote)
}

var linkThatStops = regexp.MustCompile(`/address-change\?t=([\w-]+)`)

// throughAddressChange lets the person of the API choose another main address, and
// remove one.
func (h *heist) throughAddressChange() {
	h.person.SignIn(h.person.Key)
	h.cookies(h.person)
	to := h.person.Done("/me/addresses/main", "address", newMain, "again", newMain, "record", "true")
	code := servertest.CodeIn(h, h.Post.Take(h, mail.KindCode, servertest.Stored(newMain)))
	h.token("code of a new main address", code)
	h.person.Done("/code", "c", strings.TrimPrefix(to, "/code?c="), "code", code)
	h.shows(h.person, "/me/addresses", newMain)
	warned := h.Post.Take(h, mail.KindAddressWaiting, servertest.Stored(apiPerson["contact"]["email"]))
	h.token("link that stops a change", linkThatStops.FindStringSubmatch(warned.Text)[1])

	page := h.person.Send(http.MethodGet, "/me/addresses", "", "")
	hash := regexp.MustCompile(`(?s)action="/me/addresses/remove"><input type="hidden" name="address" value="([^"]+)"`).FindStringSubmatch(page.Body)
	if hash == nil {
		h.Fatal("no address can be removed")
	}
	h.person.Done("/me/addresses/remove", "address", hash[1])
}
