package party

import (
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// mountStaff registers the pages of staff about people's records.
func (s *Pages) mountStaff(m *edge.Mux) {
	s.Handle(m, ui.Staff, "GET /staff", s.desk)
	s.Handle(m, ui.Staff, "POST /staff/purpose", s.choosePurpose)
	s.Handle(m, ui.Staff, "GET /staff/people", s.people)
	s.Handle(m, ui.Staff, "GET /staff/people/{id}", onParty(s.person))
	s.Handle(m, ui.Staff, "GET /staff/people/{id}/edit/{set}", onParty(s.askAmend))
	s.Handle(m, ui.Staff, "POST /staff/people/{id}/edit/{set}", onParty(s.amend))
	s.Handle(m, ui.Staff, "GET /staff/people/{id}/address", onParty(s.askAddress))
	s.Handle(m, ui.Staff, "POST /staff/people/{id}/address", onParty(s.changeAddress))
	s.Handle(m, ui.Staff, "POST /staff/people/{id}/invite", onParty(s.invite))
	s.Handle(m, ui.Staff, "POST /staff/people/{id}/paper", onParty(s.paper))
	s.Handle(m, ui.Staff, "GET /staff/add", s.Begins(ui.FlowStaffEntry, s.askAdd))
	s.Handle(m, ui.Staff, "POST /staff/add", s.Begins(ui.FlowStaffEntry, s.add))
	s.Handle(m, ui.Staff, "POST /staff/like", s.like)
	s.Handle(m, ui.Staff, "POST /staff/check-address", s.hintAddress)
	s.Handle(m, ui.Staff, "GET /staff/waiting", s.waiting)
	s.Handle(m, ui.Staff, "POST /staff/waiting/{id}", onParty(s.decide))
	s.Handle(m, ui.Staff, "POST /staff/waiting/{id}/undo", onParty(s.reconsider))
	s.mountDuplicates(m)
	s.mountLists(m)
	s.mountFind(m)
}

// purposeCookie remembers the purpose until the browser closes. It is tied to the
// sign-in, so that the next person at the same desk says their own.
const purposeCookie = "habeas_purpose"

// withPurpose returns the visit with the purpose that was chosen, if one was.
func withPurpose(r *http.Request, v ui.Visit) ui.Visit {
	c, err := r.Cookie(purposeCookie)
	if err != nil {
		return v
	}
	key, tie, _ := strings.Cut(c.Value, ".")
	if tie != purposeTie(v) {
		return v
	}
	for _, p := range party.Purposes() {
		if p.Key == key {
			v.Purpose = p.Sentence
		}
	}
	return v
}

func purposeTie(v ui.Visit) string { return hex.EncodeToString(v.Signed[:8]) }

// PurposePage is the data of staff/purpose.
type PurposePage struct {
	Options []ui.Choice
	To      string
	Many    bool // it is about more than one record
}

// purposeChoices are the buttons that choose a purpose.
func purposeChoices(p lang.Printer) []ui.Choice {
	var out []ui.Choice
	for _, one := range party.Purposes() {
		out = append(out, ui.Choice{Text: p.T(one.Sentence), Value: one.Key})
	}
	return out
}

// purposeFirst returns the visit with its purpose, or asks for one and reports that
// it did: the page is opened after the answer.
func (s *Pages) purposeFirst(w http.ResponseWriter, r *http.Request, v ui.Visit) (ui.Visit, bool, error) {
	v = withPurpose(r, v)
	if v.Purpose != "" && r.URL.Query().Get("purpose") != "ask" {
		return v, false, nil
	}
	return v, true, s.Render(w, r, http.StatusOK, "staff/purpose", PurposePage{
		Options: purposeChoices(v.P), To: r.URL.Path, Many: r.PathValue("id") == "" && r.PathValue("dispute") == "",
	})
}

func (s *Pages) choosePurpose(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, 4<<10)
	if err != nil {
		return err
	}
	key, _ := readPurpose(f)
	to := f.String("to", 300)
	if key == "" {
		f.Fail("purpose", habeas.Invalid("purpose", "Say why you open this record. Its person will see it."))
	}
	if err := f.Err(); err != nil {
		return err
	}
	s.keepPurpose(w, v, key)
	http.Redirect(w, r, ui.LocalPath(to, "/staff"), http.StatusSeeOther)
	return nil
}

// keepPurpose remembers a purpose.
func (s *Pages) keepPurpose(w http.ResponseWriter, v ui.Visit, key string) {
	http.SetCookie(w, &http.Cookie{
		Name: purposeCookie, Value: key + "." + purposeTie(v), Path: "/staff", Secure: s.Origin.Secure(), HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}

// readPurpose reads a purpose from a form: its key and its sentence, empty when none was said.
func readPurpose(f *edge.Form) (key, sentence string) {
	var keys []string
	for _, p := range party.Purposes() {
		keys = append(keys, p.Key)
	}
	key = f.Choice("purpose", keys...)
	for _, p := range party.Purposes() {
		if p.Key == key {
			sentence = p.Sentence
		}
	}
	return key, sentence
}

// DeskPage is the data of staff/desk.
type DeskPage struct {
	Tiles   []ui.Tile
	Waiting int
	Newest  ui.Table
}

// newestShown is how many records the desk lists.
const newestShown = 10

func (s *Pages) desk(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	t, err := s.Records.Tally(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	pairs, err := s.Duplicates.Waiting(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	newest, _, err := s.Records.Find(r.Context(), withPurpose(r, v).Actor, "", newestShown)
	if err != nil {
		return err
	}
	page := DeskPage{Waiting: t.Waiting, Tiles: []ui.Tile{
		{Label: v.P.T("Records"), Value: v.P.Number(int64(t.All))},
		{Label: v.P.T("Claimed by their person"), Value: v.P.Number(int64(t.Claimed)), Note: share(v.P, t.Claimed, t.All)},
		{Label: v.P.T("Waiting for a decision"), Value: v.P.Number(int64(t.Waiting)), URL: "/staff/waiting"},
		{Label: v.P.T("Possible duplicates"), Value: v.P.Number(int64(pairs)), URL: duplicatesPath},
	}}
	page.Newest = s.peopleTable(s.voices(r.Context(), v), newest, v.P.T("Newest records"))
	page.Newest.Empty = ui.Empty{Text: v.P.T("There is no record yet."), Action: &ui.Link{Text: v.P.T("Add the first person"), URL: "/staff/add"}}
	return s.Render(w, r, http.StatusOK, "staff/desk", page)
}

// share writes a part of a whole: "62 of 100" reads better than a bare percentage
// while numbers are small.
func share(p lang.Printer, part, all int) string {
	if all == 0 {
		return ""
	}
	return p.T("{percent} % of all", "percent", (100*part+all/2)/all)
}

// peopleTable lists records with no more than is needed to tell people apart: the
// year of birth, never the day.
func (s *Pages) peopleTable(say *voices, found []party.Listed, caption string) ui.Table {
	p := say.v.P
	t := ui.Table{ID: "people", Caption: caption, Columns: []ui.Column{
		{Text: p.T("Name")}, {Text: p.T("Kind")}, {Text: p.T("Town or city")}, {Text: p.T("Born"), Numeric: true}, {Text: p.T("State")}, {Text: p.T("Known from")},
	}}
	for _, rec := range found {
		tag := stateTag(p, rec.Party)
		t.Rows = append(t.Rows, []ui.Cell{
			{Text: nameOr(p, rec.Record), URL: "/staff/people/" + rec.Party.ID.String(), Note: s.takenFor(p, rec)},
			{Text: kindName(p, rec.Party.Kind)},
			{Text: town(rec.Record)},
			{Text: birthYear(rec.Record)},
			{Tag: &tag},
			{Text: strings.Join(say.all(rec.Record), ", ")},
		})
	}
	return t
}

func town(rec party.Record) string {
	if c := rec.Text("address", "city"); c != "" {
		return c
	}
	return rec.Text("organisation", "city")
}

func birthYear(rec party.Record) string {
	if born := rec.Text("identity", "birth_date"); len(born) >= 4 {
		return born[:4]
	}
	return ""
}

func kindName(p lang.Printer, k party.Kind) string {
	if k == party.Organisation {
		return p.T("Organisation")
	}
	return p.T("Person")
}

// stateTag says where a record stands, by shape and colour and word.
func stateTag(p lang.Printer, r party.Party) ui.Tag {
	switch {
	case r.State == party.Frozen:
		return ui.Tag{Kind: ui.TagDanger, Text: p.T("frozen")}
	case r.Review != party.ReviewNone:
		return ui.Tag{Kind: ui.TagProposal, Text: p.T("waiting")}
	case r.State == party.Claimed:
		return ui.Tag{Kind: ui.TagYours, Text: p.T("claimed")}
	case r.Stub:
		return ui.Tag{Kind: ui.TagInfo, Text: p.T("stub")}
	}
	return ui.Tag{Kind: ui.TagQuiet, Text: p.T("unclaimed")}
}
