package app_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web"
)

// doorLink finds the pages that a page leads to.
var doorLink = regexp.MustCompile(`href="(/[^"#]*)"`)

// leads fails for every link of a page that leads to none.
func (b *browser) leads(at string) {
	b.Helper()
	for _, m := range doorLink.FindAllStringSubmatch(b.get(at).text, -1) {
		to := strings.ReplaceAll(m[1], "&amp;", "&")
		if p := b.send(http.MethodGet, to, nil); p.status >= http.StatusBadRequest {
			b.Errorf("%s leads to %s: status %d", at, to, p.status)
		}
	}
}

func TestEveryDoorLeadsToAPage(t *testing.T) {
	w := newWorld(t)
	w.browser().leads("/")
	boss := w.administrator("boss@example.org")
	boss.leads("/")
	for _, line := range web.Nav() {
		text := boss.get(line.Path).text
		if !strings.Contains(text, `aria-current="page">`) {
			t.Errorf("%s is not marked in its own navigation", line.Path)
		}
		if line.Path == "/admin" { // the overview has a door to each of its pages
			for _, other := range web.Nav() {
				main := text[strings.Index(text, "<main"):]
				if other.Area == line.Area && other != line && !strings.Contains(main, `href="`+other.Path+`"`) {
					t.Errorf("the overview has no door to %s", other.Path)
				}
			}
		}
	}
}

func TestStaffTypeTheWordBeforeTheyErase(t *testing.T) {
	w := newWorld(t)
	id, _ := w.connect("City Bookings").say("tim@example.org", person("Tim", "Berger", ""))
	b := w.staffBrowser("desk@example.org")
	b.post("/staff/people/"+id.String()+"/requests", "kind", "erase", "channel", "letter")
	at := regexp.MustCompile(`/staff/requests/req_[0-9a-z]+`).FindString(b.get("/staff/requests").text)
	for _, word := range []string{"", "yes"} {
		p := b.send(http.MethodPost, at, formOf("answer", string(party.AnswerGrant), "word", word))
		if p.status != http.StatusBadRequest || !strings.Contains(p.text, "Where it stands") {
			t.Errorf("erased with the word %q: status %d", word, p.status)
		}
	}
	b.post(at, "answer", string(party.AnswerRefuse), "word", "", "reason", "An invoice is open.")
	b.post(at + "/reopen")
	b.post(at, "answer", string(party.AnswerGrant), "word", "erase")
	if text := b.get(at).text; !strings.Contains(text, "done") {
		t.Errorf("the request is not answered:\n%s", text)
	}
}
