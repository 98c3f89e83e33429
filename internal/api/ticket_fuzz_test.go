package api

import (
	"net/http"
	"testing"

	"github.com/habeas-data/habeas/internal/party"
)

// FuzzIfMatch reads any condition: what it takes matches the ticket whose tag stands in
// it, and no condition that does not hold this tag matches.
func FuzzIfMatch(f *testing.F) {
	ticket := party.Ticket{Version: 3, State: party.TicketActive}
	for _, seed := range []string{"*", `"3-active"`, `W/"3-active"`, `"1-active", "3-active"`, `"3`, `"-1-"`, `""`, ",", `"99999999999999999999-active"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		match, err := ifMatch(&http.Request{Header: http.Header{"If-Match": {text}}})
		if err != nil {
			return
		}
		holds := match.Check(ticket, true) == nil
		if holds && text != "*" && !known([]string{text}, etag(ticket)) && len(match) > 0 {
			// Another way to write the number, such as +3 or 03, is no tag of ours.
			t.Errorf("%q matches", text)
		}
		if match.Check(ticket, false) == nil {
			t.Errorf("%q matches a ticket that is not there", text)
		}
	})
}
