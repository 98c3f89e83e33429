package party

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Guardians is what the pages about those who act for somebody else ask of the server.
// Every method checks what the actor may do; errors are *habeas.Error.
type Guardians interface {
	// For staff.

	// Appoint lets the account at an address act for the person of a record; until zero: until
	// they come of age.
	Appoint(ctx context.Context, a habeas.Actor, id habeas.PartyID, at email.Address, until time.Time, document party.Document) (party.Guardian, error)
	GuardiansFor(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.Guarding, error)
	// EndGuardian ends it; undone: it was a mistake, and nothing that they said counts.
	EndGuardian(ctx context.Context, a habeas.Actor, id habeas.GuardianID, undone bool) (party.Guardian, error)
	RestoreGuardian(ctx context.Context, a habeas.Actor, id habeas.GuardianID) (party.Guardian, error)
	ExtendGuardian(ctx context.Context, a habeas.Actor, id habeas.GuardianID, until time.Time) (party.Guardian, error)

	// HandOver lets the person take the record from now on, or takes that back; for staff and
	// the guardian.
	HandOver(ctx context.Context, a habeas.Actor, id habeas.GuardianID, begin bool) (party.Guardian, error)

	// For a guardian.

	Wards(ctx context.Context, a habeas.Actor) ([]party.Ward, error)
	Ward(ctx context.Context, a habeas.Actor, id habeas.PartyID) (party.Ward, error)
	CorrectWard(ctx context.Context, a habeas.Actor, id habeas.PartyID, version int64, said party.Values) error
	// AnswerWard answers what somebody else has said since about a field: takes it over, or not.
	AnswerWard(ctx context.Context, a habeas.Actor, id habeas.PartyID, said habeas.StatementID, set, field string, take bool) error
	CopyWard(ctx context.Context, a habeas.Actor, id habeas.PartyID) (party.Copy, error)
	ResignWard(ctx context.Context, a habeas.Actor, id habeas.GuardianID) error
}

// mountGuardians registers their pages.
func (s *Pages) mountGuardians(m *edge.Mux) {
	s.Handle(m, ui.Staff, "GET /staff/people/{id}/guardian", onParty(s.askAppoint))
	s.Handle(m, ui.Staff, "POST /staff/people/{id}/guardian", onParty(s.appoint))
	s.Handle(m, ui.Staff, "GET /staff/people/{id}/guardian/{guardian}/until", onParty(s.askExtend))
	s.Handle(m, ui.Staff, "POST /staff/people/{id}/guardian/{guardian}/{step}", onParty(s.stepGuardian))

	s.Handle(m, ui.SignedIn, "GET /me/wards/{id}", onParty(s.ward))
	s.Handle(m, ui.SignedIn, "GET /me/wards/{id}/edit/{set}", onParty(s.editWard))
	s.Handle(m, ui.SignedIn, "POST /me/wards/{id}/edit/{set}", onParty(s.correctWard))
	s.Handle(m, ui.SignedIn, "POST /me/wards/{id}/answer", onParty(s.answerWard))
	s.Handle(m, ui.SignedIn, "POST /me/wards/{id}/copy", onParty(s.copyWard))
	s.Handle(m, ui.SignedIn, "POST /me/wards/{id}/{step}/{guardian}", onParty(s.stepWard))
}

func guardianPaper(p lang.Printer, d party.Document) string {
	switch d {
	case party.DocumentBirth:
		return p.T("Birth certificate")
	case party.DocumentCourt:
		return p.T("Decision of a court")
	case party.DocumentAttorney:
		return p.T("Power of attorney")
	default:
		return p.T("Letter of an authority")
	}
}

// GuardianRow is one who acts, or acted, for a person.
type GuardianRow struct {
	Who      string
	Words    string
	State    ui.Tag
	At       string // under which the buttons post
	Stands   bool
	Handing  bool // the hand-over has begun
	Document string
}

// withGuardians adds who acts for the person of a record.
func (s *Pages) withGuardians(r *http.Request, v ui.Visit, rec party.Record, page *KinPage) error {
	all, err := s.Guardians.GuardiansFor(r.Context(), v.Actor, rec.Party.ID)
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	page.CanName = rec.Party.Kind == party.Person && rec.Party.State == party.Unclaimed
	for _, g := range all {
		row := GuardianRow{
			Who: nameOf(v.P, g.Who), At: "/staff/people/" + rec.Party.ID.String() + "/guardian/" + g.ID.String(), Document: guardianPaper(v.P, g.Document),
			Stands: g.Stands(now), Handing: !g.HandOverAt.IsZero(), Words: guardianWords(v.P, g.Guardian, now),
			State: ui.Tag{Kind: ui.TagQuiet, Text: v.P.T("ended")},
		}
		switch {
		case row.Stands && g.Closed:
			row.State = ui.Tag{Kind: ui.TagDanger, Text: v.P.T("account closed")}
		case row.Stands && row.Handing:
			row.State = ui.Tag{Kind: ui.TagProposal, Text: v.P.T("hand-over")}
		case row.Stands:
			row.State = ui.Tag{Kind: ui.TagYours, Text: v.P.T("acts")}
		}
		page.Guardians = append(page.Guardians, row)
	}
	return nil
}

// guardianWords says how it stands with a guardian.
func guardianWords(p lang.Printer, g party.Guardian, now time.Time) string {
	switch g.Ended {
	case party.GuardianByStaff:
		return p.T("Ended by staff on {date}.", "date", p.Date(g.EndedAt))
	case party.GuardianUndone:
		return p.T("The appointment was undone on {date}: nothing that they said counts.", "date", p.Date(g.EndedAt))
	case party.GuardianHanded:
		return p.T("Handed over on {date}: the person has the record.", "date", p.Date(g.EndedAt))
	case party.GuardianResigned:
		return p.T("They gave it up on {date}.", "date", p.Date(g.EndedAt))
	case party.GuardianDay:
	}
	if !now.Before(g.Until) {
		return p.T("Until {date}: that day has come.", "date", p.Date(g.Until))
	}
	return p.T("From {from} until {date}.", "from", p.Date(g.At()), "date", p.Date(g.Until))
}

// appointPage is the form by which staff let somebody act for the person of a record.
func (s *Pages) appointPage(v ui.Visit, id habeas.PartyID) EditPage {
	p, at := v.P, "/staff/people/"+id.String()
	return EditPage{
		Title: p.T("Appoint a guardian"), Name: p.T("Somebody stands in front of you who acts for this child or dependant, and shows who they are and why."),
		Back: ui.Link{Text: p.T("Back to relationships"), URL: at + "/kin"},
		Note: p.T("Only the kind of document is kept, with your name and the time. Write its number nowhere, and take no copy."),
		Form: ui.Form{
			Action: at + "/guardian", Submit: p.T("Appoint them"), Cancel: &ui.Link{Text: p.T("Leave it as it is"), URL: at + "/kin"},
			Controls: []ui.Control{
				{Kind: ui.ControlEmail, Name: "email", Label: p.T("Address of the guardian’s account"), MaxLength: ui.MaxAddress, Autocomplete: "off", Hint: p.T("The one that they sign in with. They must have proved it by a code.")},
				documentControl(p, p.T("What shows that they act for this person?"), party.GuardianDocuments()),
				{Kind: ui.ControlDate, Name: "until", Label: p.T("Until when"), Optional: true, Autocomplete: "off", Hint: p.T("Left empty: until the person comes of age, by the date of birth in the record.")},
				{Kind: ui.ControlCheckbox, Name: "seen", Value: "true", Label: p.T("I saw them and a document with their picture")},
			},
			Next: p.T("They see and correct the record from their own pages, as guardian. It ends on that day, or when the person takes the record. You can undo it at any time."),
		},
	}
}

func (s *Pages) askAppoint(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	return s.Render(w, r, http.StatusOK, "staff/edit", s.appointPage(v, id))
}

func (s *Pages) appoint(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	f, err := edge.DecodeForm(w, r, 4<<10)
	if err != nil {
		return err
	}
	at, until := edge.Parsed(f, "email", ui.MaxAddress, email.Parse), f.Date("until")
	document := seenDocument(f, party.GuardianDocuments())
	var g party.Guardian
	if err = f.Err(); err == nil {
		g, err = s.Guardians.Appoint(r.Context(), withPurpose(r, v).Actor, id, at, until, document)
	}
	if err != nil {
		page := s.appointPage(v, id)
		return s.Again(w, r, v, err, "staff/edit", &page, &page.Form, f)
	}
	s.done(w, "appointed."+id.String()+"."+g.ID.String())
	http.Redirect(w, r, kinPath(id), http.StatusSeeOther)
	return nil
}

func pathGuardian(r *http.Request) (habeas.GuardianID, error) {
	id, err := habeas.ParseID[habeas.GuardianKind](r.PathValue("guardian"))
	if err != nil {
		return id, party.ErrNoGuardian
	}
	return id, nil
}

func (s *Pages) extendPage(v ui.Visit, id habeas.PartyID, g habeas.GuardianID) EditPage {
	p, at := v.P, "/staff/people/"+id.String()
	return EditPage{
		Title: p.T("Until when do they act?"), Back: ui.Link{Text: p.T("Back to relationships"), URL: at + "/kin"},
		Form: ui.Form{
			Action: at + "/guardian/" + g.String() + "/until", Submit: p.T("Move the day"), Cancel: &ui.Link{Text: p.T("Leave it as it is"), URL: at + "/kin"},
			Controls: []ui.Control{{Kind: ui.ControlDate, Name: "until", Label: p.T("Until when"), Autocomplete: "off"}},
			Next:     p.T("Within 25 years. The guardian and you are told a month before."),
		},
	}
}

func (s *Pages) askExtend(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	g, err := pathGuardian(r)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "staff/edit", s.extendPage(v, id, g))
}

// stepGuardian ends, restores, extends or hands over.
func (s *Pages) stepGuardian(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	guardian, err := pathGuardian(r)
	if err != nil {
		return err
	}
	f, err := edge.DecodeForm(w, r, 1<<10)
	if err != nil {
		return err
	}
	ctx, a, key := r.Context(), withPurpose(r, v).Actor, "undone"
	step := r.PathValue("step")
	until := time.Time{}
	if step == "until" {
		until = f.Date("until")
	}
	if err = f.Err(); err == nil {
		switch step {
		case "end":
			_, err = s.Guardians.EndGuardian(ctx, a, guardian, false)
			key = "guardian-ended." + id.String() + "." + guardian.String()
		case "undone":
			_, err = s.Guardians.EndGuardian(ctx, a, guardian, true)
			key = "guardian-ended." + id.String() + "." + guardian.String()
		case "restore":
			_, err = s.Guardians.RestoreGuardian(ctx, a, guardian)
		case "hand-over", "hand-back":
			_, err = s.Guardians.HandOver(ctx, a, guardian, step == "hand-over")
			if step == "hand-over" {
				key = "hand-over"
			}
		case "until":
			_, err = s.Guardians.ExtendGuardian(ctx, a, guardian, until)
			key = "extended"
		default:
			err = party.ErrNoGuardian
		}
	}
	if err != nil && step == "until" {
		page := s.extendPage(v, id, guardian)
		return s.Again(w, r, v, err, "staff/edit", &page, &page.Form, f)
	}
	if err != nil {
		return err
	}
	s.done(w, key)
	http.Redirect(w, r, kinPath(id), http.StatusSeeOther)
	return nil
}

// WardRow is somebody for whom the reader acts, in the inbox.
type WardRow struct {
	InboxRecord
	Words string
}

// wards are those for whom the reader acts.
func (s *Pages) wards(ctx context.Context, v ui.Visit) ([]WardRow, error) {
	all, err := s.Guardians.Wards(ctx, v.Actor)
	if err != nil {
		return nil, err
	}
	var out []WardRow
	for _, w := range all {
		out = append(out, WardRow{s.inboxRecord(v.P, w.Record), guardianWords(v.P, w.Guardian, s.Clock.Now())})
	}
	return out, nil
}

// WardPage is the data of me/ward: the record of somebody for whom the reader acts.
type WardPage struct {
	ID      string
	Name    string
	Words   string
	Sets    []Held
	Fresh   []ui.Link
	Says    []WardSays
	Handing bool   // the hand-over has begun
	At      string // under which the buttons post
	Step    string // names the guardian in them
}

// WardSays is what somebody else has said since about a field.
type WardSays struct {
	Set, Field, Statement string
	Label, Now, Says      string
	From                  string
	When                  time.Time
}

func (s *Pages) ward(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	ward, err := s.Guardians.Ward(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	rec := ward.Record
	at := "/me/wards/" + rec.Party.ID.String()
	page := WardPage{
		ID: rec.Party.ID.String(), Name: nameOr(v.P, rec), Words: guardianWords(v.P, ward.Guardian, s.Clock.Now()), Sets: s.voices(r.Context(), v).held(rec),
		Fresh: s.fresh(v.P, rec, at, party.Sight{}), Handing: !ward.HandOverAt.IsZero(), At: at, Step: ward.ID.String(),
	}
	say := s.voices(r.Context(), v)
	for _, p := range ward.Proposed() {
		page.Says = append(page.Says, WardSays{
			Set: p.Set.Name, Field: p.Field.Name, Statement: p.Says.Statement.String(), Label: v.P.T(p.Field.Label),
			Now: ui.Shown(v.P, p.Field.Type, p.Now.Text), Says: ui.Shown(v.P, p.Field.Type, p.Says.Text), From: say.line(p.Says), When: p.Says.At,
		})
	}
	for i, set := range rec.Sets {
		page.Sets[i].Action = &ui.Link{Text: v.P.T("Correct"), URL: at + "/edit/" + set.Schema.Name}
	}
	r, _, _ = s.withDone(w, r, v)
	return s.Render(w, r, http.StatusOK, "me/ward", page)
}

func (s *Pages) wardEdit(v ui.Visit, rec party.Record, schema party.SetSchema) EditPage {
	at := "/me/wards/" + rec.Party.ID.String()
	page := EditPage{
		Title: v.P.T(schema.Label), Name: v.P.T("You correct the record of {name}, as guardian.", "name", nameOr(v.P, rec)),
		Back: ui.Link{Text: v.P.T("Back to the record"), URL: at},
		Form: ui.Form{
			Action: at + "/edit/" + schema.Name, Submit: v.P.T("Save as guardian"), Cancel: &ui.Link{Text: v.P.T("Leave it as it is"), URL: at},
			Hidden: []ui.Hidden{{Name: "version", Value: strconv.FormatInt(rec.Party.Version, 10)}},
			Next:   v.P.T("Your word counts until the person speaks for themselves. They can read later that it was you."),
		},
	}
	for _, f := range schema.Fields {
		if schema.Name == "contact" && f.Name == "email" {
			page.Note = v.P.T("The e-mail address is not changed here: it leads the person to the record. Staff can replace it.")
			continue
		}
		page.Form.Controls = append(page.Form.Controls, fieldControl(v.P, schema.Name, f, rec.Text(schema.Name, f.Name), false))
	}
	return page
}

func (s *Pages) editWard(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	schema, err := s.pathSet(r)
	if err != nil {
		return err
	}
	ward, err := s.Guardians.Ward(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "me/edit", s.wardEdit(v, ward.Record, schema))
}

func (s *Pages) correctWard(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	schema, err := s.pathSet(r)
	if err != nil {
		return err
	}
	f, err := edge.DecodeForm(w, r, maxRecordForm)
	if err != nil {
		return err
	}
	version, said := int64(f.Int("version", 0, 1<<40)), party.Values{}
	readSet(f, schema, said)
	if err = f.Err(); err == nil {
		err = s.Guardians.CorrectWard(r.Context(), v.Actor, id, version, said)
	}
	if err != nil {
		ward, wrong := s.Guardians.Ward(r.Context(), v.Actor, id)
		if wrong != nil {
			return wrong
		}
		page := s.wardEdit(v, ward.Record, schema)
		return s.Again(w, r, v, err, "me/edit", &page, &page.Form, f)
	}
	s.done(w, "ward-corrected")
	http.Redirect(w, r, "/me/wards/"+id.String(), http.StatusSeeOther)
	return nil
}

func (s *Pages) answerWard(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	f, err := edge.DecodeForm(w, r, 1<<10)
	if err != nil {
		return err
	}
	set, field, choice := f.String("set", 40), f.String("field", 40), f.Choice("choice", "take", "keep")
	said, _ := habeas.ParseID[habeas.StatementKind](f.String("statement", 40)) // anything else was never said
	if err := f.Err(); err != nil {
		return err
	}
	if err := s.Guardians.AnswerWard(r.Context(), v.Actor, id, said, set, field, choice == "take"); err != nil {
		return err
	}
	s.done(w, "ward-corrected")
	http.Redirect(w, r, "/me/wards/"+id.String(), http.StatusSeeOther)
	return nil
}

func (s *Pages) copyWard(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	if err := emptyForm(w, r); err != nil {
		return err
	}
	c, err := s.Guardians.CopyWard(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	download(w, c.Name+".zip", "application/zip", c.ZIP)
	return nil
}

// stepWard begins the hand-over, takes that back, or gives the task up.
func (s *Pages) stepWard(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	guardian, err := pathGuardian(r)
	if err != nil {
		return err
	}
	if err := emptyForm(w, r); err != nil {
		return err
	}
	to := "/me/wards/" + id.String()
	switch step := r.PathValue("step"); step {
	case "hand-over", "hand-back": // the page says how it stands
		_, err = s.Guardians.HandOver(r.Context(), v.Actor, guardian, step == "hand-over")
	case "resign":
		to = "/me"
		if err = s.Guardians.ResignWard(r.Context(), v.Actor, guardian); err == nil {
			s.done(w, "resigned")
		}
	default:
		err = party.ErrNotWard
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
