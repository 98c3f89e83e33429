package party

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
)

// settle is the form of one button on the page of proposals.
func (d *recordPages) settle(id habeas.PartyID, choice, set, field string) url.Values {
	d.Helper()
	rec, err := d.records.record(id)
	if err != nil || len(rec.Proposals) == 0 {
		d.Fatalf("nothing is proposed (%v)", err)
	}
	p := rec.Proposals[0]
	for _, one := range rec.Proposals {
		if one.Set.Name == set && one.Field.Name == field {
			p = one
		}
	}
	return url.Values{
		"version": {strconv.FormatInt(rec.Party.Version, 10)}, "statement": {p.Says.Statement.String()},
		"set": {set}, "field": {field}, "choice": {choice},
	}
}

func TestProposalsAreSettledOnOnePage(t *testing.T) {
	d := newRecordPages(t, asPerson)
	id := d.own(party.Values{"identity": {"given_name": "Tim"}, "contact": {"email": "tim@example.org"}})
	at := "/me/records/" + id.String() + "/proposals"
	d.want("GET", at, nil, 200, "Nothing is proposed", "None yet.")
	now := d.clock.Now()
	d.records.say(id, now, bookings, party.Occasion{Ref: "CB-9", Title: "<b>Choir</b>"}, party.Values{
		"identity": {"given_name": "Timothy"}, "contact": {"email": "t@example.org"}, "address": {"street": "1 High Street"},
	})
	d.records.say(id, now.Add(-time.Minute), party.Source{Kind: party.FromStaff, Account: nora}, party.Occasion{}, party.Values{"identity": {"given_name": "Timmy"}})
	d.want("GET", "/me", nil, 200, "3 proposals for your record", at)
	d.want("GET", "/me/records/"+id.String(), nil, 200, "Others say 3 other things about you.", at)
	page := d.want("GET", at, nil, 200, "From City Bookings", "From the staff", "Nora Quill, staff", "&lt;b&gt;Choir&lt;/b&gt;", "<span>Tim</span>", "<ins>Timothy</ins>",
		"Always from City Bookings", "Never from the staff", "There is no “always” for the e-mail address")
	if n := strings.Count(page, `value="always"`); n != 4 { // two names, and everything of two sources
		t.Errorf("%d buttons say always", n)
	}

	d.want("POST", at, d.settle(id, "accept", "identity", "given_name"), 303)
	d.want("GET", at, nil, 200, "Accepted: it is your own word now.", "Undo")
	d.want("GET", "/me/records/"+id.String(), nil, 200, "You said so")
	rec, err := d.records.record(id)
	if err != nil {
		t.Fatal(err)
	}
	d.want("POST", at+"/undo", url.Values{"decided": {rec.Settled.Last.ID.String()}}, 303)
	d.want("GET", at, nil, 200, "Taken back: it is as it was before.", "Timothy")
	d.want("POST", at+"/undo", url.Values{"decided": {rec.Settled.Last.ID.String()}}, 409, "Something newer was decided meanwhile")

	d.want("POST", at, d.settle(id, "always", "contact", "email"), 400, "whoever could replace it could take your account", "t@example.org")
	d.want("POST", at, d.settle(id, "praise", "contact", "email"), 400)
	stale := d.settle(id, "accept", "contact", "email")
	stale.Set("version", "1")
	d.want("POST", at, stale, 409, "This record changed while you were looking at it.")
	nothing := d.settle(id, "accept", "contact", "email")
	nothing.Set("statement", "nothing")
	d.want("POST", at, nothing, 404)

	d.want("POST", at, d.settle(id, "never", "", ""), 303)
	page = d.want("GET", at, nil, 200, "Nothing of it will be proposed any more.", "in any field", "Take back")
	if strings.Contains(page, "Timothy") {
		t.Error("what its person never wants is proposed")
	}
	if rec, err = d.records.record(id); err != nil {
		t.Fatal(err)
	}
	d.want("POST", at+"/rules/"+rec.Settled.Rules()[0].ID.String(), nil, 303)
	d.want("GET", at, nil, 200, "The rule is taken back.", "Undo", "None yet.", "Timothy")
	d.want("POST", at+"/rules/"+rec.Settled.Rules()[0].ID.String(), nil, 404)
	d.want("POST", at+"/rules/nothing", nil, 404)
}

func TestHiddenProposalsAskForEvidenceAndFrozenOnesWait(t *testing.T) {
	d := newRecordPages(t, asPerson)
	id := d.own(party.Values{"contact": {"email": "tim@example.org"}})
	p := d.records.parties[id]
	p.Opened = nil
	d.records.parties[id] = p
	d.records.say(id, d.clock.Now().Add(-time.Minute), party.Source{Kind: party.FromSelf, Account: tim}, party.Occasion{}, party.Values{"identity": {"birth_date": "1990-01-01"}})
	d.records.say(id, d.clock.Now(), bookings, party.Occasion{}, party.Values{"identity": {"birth_date": "1984-05-03"}})
	at := "/me/records/" + id.String() + "/proposals"
	page := d.want("GET", at, nil, 200, "you cannot accept it yet", "#evidence", `value="reject"`)
	if strings.Contains(page, `value="accept"`) || strings.Contains(page, "1984-05-03") || strings.Contains(page, "3 May 1984") {
		t.Error("what is hidden can be seen or accepted")
	}
	d.want("GET", "/me/records/"+id.String(), nil, 200, `id="evidence"`)
	d.want("POST", at, d.settle(id, "accept", "identity", "birth_date"), 403, "you cannot accept it yet")
	p.State = party.Frozen
	d.records.parties[id] = p
	d.want("GET", at, nil, 200, "This record is frozen", "nothing is proposed")
}
