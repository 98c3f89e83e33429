package party

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// mostBrought bounds the copy that a person brings, in bytes; the use case has the same.
const mostBrought = 32 << 20

func (s *Pages) mountBring(m *edge.Mux) {
	s.Handle(m, ui.SignedIn, "GET /me/records/{id}/bring", onParty(s.askBring))
	s.Handle(m, ui.SignedIn, "POST /me/records/{id}/bring", s.Limited(onParty(s.readBring)))
	s.Handle(m, ui.SignedIn, "POST /me/records/{id}/bring/take", onParty(s.takeBring))
	s.Handle(m, ui.SignedIn, "POST /me/records/{id}/bring/undo", onParty(s.undoBring))
}

// BringPage is the data of me/bring: a copy from elsewhere, and then what of it is to be
// its person's word here.
type BringPage struct {
	Heading ui.Heading
	Form    *ui.Form
	Check   *BringCheck
}

// BringCheck is what a copy says that the record does not say.
type BringCheck struct {
	Action  string
	Version int64
	Rows    []BringRow
	Back    string
}

// BringRow is one field. It is ticked where nothing is held here.
type BringRow struct {
	Name, Label, Text, Shown, Here string
	Ticked                         bool
}

func bringPath(id habeas.PartyID) string { return "/me/records/" + id.String() + "/bring" }

func bringPage(p lang.Printer, id habeas.PartyID) BringPage {
	back := ui.Link{Text: p.T("Back to the record"), URL: "/me/records/" + id.String()}
	return BringPage{
		Heading: ui.Heading{Title: p.T("Bring a copy from elsewhere"), Lead: p.T("A copy that another house with this software gave you. You see first what it says, and choose."), Back: &back},
		Form: &ui.Form{
			Action: bringPath(id), Upload: true, Submit: p.T("Look at what it says"), Cancel: &ui.Link{Text: p.T("Leave it as it is"), URL: back.URL},
			Controls: []ui.Control{{Kind: ui.ControlFile, Name: "file", Label: p.T("The copy, as ZIP"), Accept: ".zip,application/zip", Hint: p.T("At most 32 MB.")}},
			Next:     p.T("Looking changes nothing, and the file is not kept."),
		},
	}
}

func (s *Pages) askBring(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	if _, err := s.Records.My(r.Context(), v.Actor, id); err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "me/bring", bringPage(v.P, id))
}

func (s *Pages) readBring(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	u, err := edge.DecodeUpload(w, r, mostBrought)
	if err != nil {
		return err
	}
	if u.File == nil || u.Name == "" {
		u.Fail("file", habeas.Invalid("file", "Choose the copy: a ZIP file.").WithCode("copy.none"))
	}
	page := bringPage(v.P, id)
	var brought party.Brought
	if err = u.Err(); err == nil {
		brought, err = s.Records.ReadCopy(r.Context(), v.Actor, id, u.File)
	}
	if err != nil {
		return s.Again(w, r, v, err, "me/bring", &page, page.Form, u.Form)
	}
	rec, err := s.Records.My(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	page.Heading.Lead = v.P.T("From {house}. Tick what is to be your word here.", "house", brought.House)
	page.Form, page.Check = nil, s.bringCheck(v.P, rec, brought)
	return s.Render(w, r, http.StatusOK, "me/bring", page)
}

func (s *Pages) bringCheck(p lang.Printer, rec party.Record, brought party.Brought) *BringCheck {
	at := bringPath(rec.Party.ID)
	c := &BringCheck{Action: at + "/take", Version: rec.Party.Version, Back: strings.TrimSuffix(at, "/bring")}
	for _, schema := range s.Records.Schemas().Sets() {
		for _, f := range schema.Fields {
			text := brought.Says.Get(schema.Name, f.Name)
			held, _ := rec.Field(schema.Name, f.Name)
			if text == "" || held.Masked || text == held.Current.Text {
				continue
			}
			c.Rows = append(c.Rows, BringRow{
				Name: schema.Name + "." + f.Name, Label: p.T(schema.Label) + ", " + p.T(f.Label), Text: text, Shown: ui.Shown(p, f.Type, text),
				Here: ui.Shown(p, f.Type, held.Current.Text), Ticked: held.Current.Text == "",
			})
		}
	}
	return c
}

func (s *Pages) takeBring(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	f, err := edge.DecodeForm(w, r, maxRecordForm)
	if err != nil {
		return err
	}
	rec, err := s.Records.My(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	version, said := int64(f.Int("version", 0, 1<<40)), party.Values{}
	taken := f.Strings("take", 100, 200)
	for _, schema := range s.Records.Schemas().Sets() {
		for _, fs := range schema.Fields {
			name := schema.Name + "." + fs.Name
			text := f.Text(name, 5000)
			held, _ := rec.Field(schema.Name, fs.Name)
			for _, one := range taken {
				if one == name && text != "" && !held.Masked {
					said.Put(schema.Name, fs.Name, text)
				}
			}
		}
	}
	if err := f.Err(); err != nil {
		return err
	}
	if said.Len() > 0 {
		if err := s.Records.Correct(r.Context(), v.Actor, id, version, said); err != nil {
			return err
		}
		s.done(w, "brought")
	} else {
		s.done(w, "unchanged")
	}
	http.Redirect(w, r, "/me/records/"+id.String(), http.StatusSeeOther)
	return nil
}

// offerBringUndo puts the undo bar above the record after a copy was brought.
func (s *Pages) offerBringUndo(r *http.Request, v ui.Visit, rec party.Record) *http.Request {
	f := ui.FrameOf(r)
	f.Undo = &ui.Undo{
		Text: v.P.T("What you ticked is your word here now."), Action: bringPath(rec.Party.ID) + "/undo",
		Hidden: []ui.Hidden{{Name: "version", Value: strconv.FormatInt(rec.Party.Version, 10)}},
	}
	return ui.WithFrame(r, f)
}

// undoBring puts back what the record said before its person's newest word, in every data
// set that this word was about.
func (s *Pages) undoBring(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	f, err := edge.DecodeForm(w, r, maxRecordForm)
	if err != nil {
		return err
	}
	version := int64(f.Int("version", 0, 1<<40))
	if err := f.Err(); err != nil {
		return err
	}
	rec, err := s.Records.My(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	newest, was := newestOwn(rec), party.Values{}
	for _, schema := range s.Records.Schemas().Sets() {
		for set, fields := range before(rec, schema) {
			for name, text := range fields {
				if held, _ := rec.Field(set, name); held.Current.At.Equal(newest) {
					was.Put(set, name, text)
				}
			}
		}
	}
	if err := s.Records.Correct(r.Context(), v.Actor, id, version, was); err != nil {
		return err
	}
	s.done(w, "undone")
	http.Redirect(w, r, "/me/records/"+id.String(), http.StatusSeeOther)
	return nil
}
