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
)

// post sends JSON as a system and must be answered with the status.
func (s *system) post(status int, path string, body any) string {
	s.w.Helper()
	r := s.send(http.MethodPost, path, "application/json", encoded(s.w, body), "Authorization", "Bearer "+s.token)
	if r.status != status {
		s.w.Fatalf("%s: %d %s", path, r.status, r.body)
	}
	return r.body
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
		return h.connectOn(terms)
	}
	form := []string{"name", terms.Name, "mode", "live"}
	if terms.Sandbox {
		form[3] = "sandbox"
	}
	for _, set := range terms.Reads {
		form = append(form, "read."+set, "on")
	}
	page := h.admin.submit("/admin/systems", form...)
	secret, id := shownSecret.FindStringSubmatch(page.body), shownSystem.FindStringSubmatch(page.body)
	if secret == nil || id == nil {
		h.Fatalf("%d, and no secret is shown: %s", page.status, page.complaint())
	}
	s := &system{browser: h.browser(), secret: secret[1]}
	var err error
	s.id, err = habeas.ParseID[habeas.SystemKind](id[1])
	h.must(err)
	s.token = s.fetchToken()
	return s
}

// behind is who a reference of a system stands for: whom staff find by the name where the
// server is not in this process.
func (h *heist) behind(s *system, ref, name string) habeas.PartyID {
	h.Helper()
	if h.Server != nil {
		return s.behind(ref)
	}
	page := h.clerk.send(http.MethodGet, "/staff/people?q="+url.QueryEscape(name), "", "")
	at := personAt.FindStringSubmatch(page.body)
	if at == nil {
		h.Fatalf("%d: nobody is found: %s", page.status, page.complaint())
	}
	id, err := habeas.ParseID[habeas.PartyKind](at[1])
	h.must(err)
	return id
}

// throughBulk enters people in bulk, reads somebody, and tries things out.
func (h *heist) throughBulk() {
	bad := map[string]any{"external_id": bulkOwnID + "-2", "fields": map[string]any{"identity": map[string]string{"birth_date": bulkBad}}}
	good := map[string]any{"external_id": bulkOwnID, "idempotency_key": bulkKey, "email": bulkPerson["contact"]["email"], "fields": bulkPerson}
	answer := h.desk.post(http.StatusOK, "/api/v1/parties:bulkFindOrCreate", map[string]any{"items": []any{good, bad}})
	if !strings.Contains(answer, `"status":200`) || !strings.Contains(answer, `"status":400`) {
		h.Fatalf("in bulk: %s", answer)
	}
	ref := regexp.MustCompile(`"party":"([0-9a-z]+)"`).FindStringSubmatch(answer)[1]
	h.bulkPerson = h.behind(h.desk, ref, bulkPerson["identity"]["family_name"])
	h.text("reference in bulk", ref)
	_, _ = h.faults.Write([]byte(strings.ReplaceAll(answer, ref, ""))) // holds a problem; never fails

	reader := h.connected(authz.Terms{Name: "Reading desk", Reads: []string{"contact"}})
	h.token("secret of a system that reads", reader.secret)
	h.token("token of a system that reads", reader.token)
	seen := reader.party(map[string]any{"email": readPerson["contact"]["email"], "fields": readPerson})
	h.text("reference of who is read", seen)
	query := "/api/v1/parties:query"
	if got := reader.post(http.StatusOK, query, map[string]any{"parties": []string{seen}, "purpose": "question"}); !strings.Contains(got, readPerson["contact"]["email"]) {
		h.Fatalf("nothing was read: %s", got)
	}
	for _, wrong := range []map[string]any{
		{"parties": []string{bulkBad}, "purpose": "question"},
		{"parties": []string{seen}, "purpose": bulkBad},
		{"parties": []string{seen}, "purpose": "question", "data_sets": []string{bulkBad}},
		{"parties": []string{seen}, bulkBad: "question"},
	} {
		reader.post(http.StatusBadRequest, query, wrong)
	}

	trial := h.connected(authz.Terms{Name: "Trial", Sandbox: true, Reads: []string{"contact"}})
	h.token("token of a trial", trial.token)
	tried := trial.party(map[string]any{"email": triedPerson["contact"]["email"], "fields": triedPerson, "ticket": triedTicket})
	if got := trial.post(http.StatusOK, query, map[string]any{"parties": []string{tried}, "purpose": "question"}); !strings.Contains(got, triedPerson["contact"]["email"]) {
		h.Fatalf("the sandbox has forgotten: %s", got)
	}
}

var requestAt = regexp.MustCompile(`/staff/requests/req_[0-9a-z]+`)

// throughNotices tells the person in bulk what is held, who asks for things; staff keep
// the record and refuse.
func (h *heist) throughNotices() {
	policy, err := h.Policies.Current(h.Context())
	h.must(err)
	policy.Notices.DelayDays = 0
	_, err = h.Policies.Change(h.Context(), forged, policy)
	h.must(err)
	h.must(h.Notices.Tell(h.Context()))
	h.throughVisit()
}

// throughVisit is what who was told does without an account, by the links and the code of
// mails, and how staff answer.
func (h *heist) throughVisit() {
	address := bulkPerson["contact"]["email"]
	told := h.post.take(h, mail.KindNotice, stored(address))
	stop := told.ListUnsubscribe[strings.LastIndex(told.ListUnsubscribe, "/")+1:]
	h.token("link that stops mails", stop)

	visitor := h.browser()
	for _, path := range []string{"/notice/stop/" + stop, "/notice/stop/" + stop + "/resume"} {
		if r := visitor.submit(path); r.status != http.StatusOK && r.status != http.StatusSeeOther {
			h.Errorf("the link that stops mails was answered %d", r.status)
		}
	}
	to := visitor.done("/notice", "address", address)
	code := codeIn(h, h.post.take(h, mail.KindCode, stored(address)))
	h.token("code of a notice", code)
	visitor.submit("/notice/code", "c", strings.TrimPrefix(to, "/notice/code?c="), "code", "00000000")
	visitor.done("/notice/code", "c", strings.TrimPrefix(to, "/notice/code?c="), "code", code)
	h.cookies(visitor)
	record := "/notice/records/" + h.bulkPerson.String()
	visitor.done(record + "/object")
	visitor.done(record + "/erase")

	people := "/staff/people/" + h.bulkPerson.String()
	h.clerk.done(people+"/hold", "reason", holdReason)
	h.shows(h.clerk, people+"/requests", holdReason)
	h.clerk.done(people+"/requests", "kind", "restrict")
	open := h.clerk.send(http.MethodGet, "/staff/requests", "", "")
	for _, at := range requestAt.FindAllString(open.body, -1) {
		if r := h.clerk.submit(at, "answer", "refuse", "reason", refusal); r.status != http.StatusSeeOther && r.status != http.StatusBadRequest {
			h.Fatalf("answering a request: %d", r.status)
		}
	}
	h.shows(visitor, "/notice", refusal)
	if m := h.post.take(h, mail.KindAnswered, stored(address)); !strings.Contains(strings.Join(strings.Fields(m.Text), " "), refusal) {
		h.Errorf("the mail does not say why:\n%s", m.Text)
	}
	visitor.submit("/notice/records/" + habeas.PartyID{}.String() + "/" + url.PathEscape(bulkBad))
}

// shows checks that what was entered stands on a page.
func (h *heist) shows(b *browser, path, text string) {
	h.Helper()
	if r := b.send(http.MethodGet, path, "", ""); r.status != http.StatusOK || !strings.Contains(html.UnescapeString(r.body), text) {
		h.Fatalf("%s: %d, and does not show what was entered", path, r.status)
	}
}

var linkThatStops = regexp.MustCompile(`/address-change\?t=([\w-]+)`)

// throughAddressChange lets the person of the API choose another main address, and
// remove one.
func (h *heist) throughAddressChange() {
	h.person.signIn(h.person.key)
	h.cookies(h.person)
	to := h.person.done("/me/addresses/main", "address", newMain, "again", newMain, "record", "true")
	code := codeIn(h, h.post.take(h, mail.KindCode, stored(newMain)))
	h.token("code of a new main address", code)
	h.person.done("/code", "c", strings.TrimPrefix(to, "/code?c="), "code", code)
	h.shows(h.person, "/me/addresses", newMain)
	warned := h.post.take(h, mail.KindAddressWaiting, stored(apiPerson["contact"]["email"]))
	h.token("link that stops a change", linkThatStops.FindStringSubmatch(warned.Text)[1])

	page := h.person.send(http.MethodGet, "/me/addresses", "", "")
	hash := regexp.MustCompile(`(?s)action="/me/addresses/remove"><input type="hidden" name="address" value="([^"]+)"`).FindStringSubmatch(page.body)
	if hash == nil {
		h.Fatal("no address can be removed")
	}
	h.person.done("/me/addresses/remove", "address", hash[1])
}
