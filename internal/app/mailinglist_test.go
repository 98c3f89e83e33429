package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/internal/account"
)

// Nobody comes to a list without having read what others will see of them; and where there is no
// list nothing speaks of one.
// Proves TP-08.
func TestMailingListsAreWarnedOfBeforeOneSignsUp(t *testing.T) {
	if text := newWorld(t).browser().get("/contact").text; strings.Contains(text, "/mailing-lists") {
		t.Error("the contact page speaks of lists that are not there")
	}
	w := newWorld(t)
	w.MailingLists = []account.MailingList{{Name: "Announcements", URL: "https://lists.example.org/announce"}, {Name: "Helpers", URL: "https://lists.example.org/helpers", Private: true}}
	w.pages = must(w.Handler(nil))(w)
	b := w.browser()
	if !strings.Contains(b.get("/contact").text, `href="/mailing-lists"`) {
		t.Error("nothing leads to the lists")
	}
	if text := b.get("/mailing-lists").text; strings.Contains(text, "lists.example.org") || !strings.Contains(text, "Announcements") || !strings.Contains(text, "Helpers") {
		t.Errorf("the lists, without a warning:\n%s", text)
	}
	for path, want := range map[string][2]string{
		"/mailing-lists/1": {"Your address and what you write will be public", "https://lists.example.org/announce"},
		"/mailing-lists/2": {"The others on the list will see your address", "https://lists.example.org/helpers"},
	} {
		text := b.get(path).text
		warned, way := strings.Index(text, want[0]), strings.Index(text, want[1])
		if warned < 0 || way < warned || !strings.Contains(text, "archive") {
			t.Errorf("%s: the warning at %d, the way at %d", path, warned, way)
		}
	}
	for _, path := range []string{"/mailing-lists/0", "/mailing-lists/3", "/mailing-lists/x", "/mailing-lists/99999999999999999999"} {
		if p := b.send(http.MethodGet, path, nil); p.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, p.status)
		}
	}
	for _, l := range []account.MailingList{{Name: "No way"}, {URL: "https://lists.example.org"}, {Name: "Plain", URL: "http://lists.example.org"}, {Name: "Script", URL: "javascript:alert(1)"}} {
		if account.CheckMailingLists([]account.MailingList{l}) == nil {
			t.Errorf("%+v is taken", l)
		}
	}
}
