package party

import (
	"net/http"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// PersonPage is the data of staff/person.
type PersonPage struct {
	ID         string
	Name       string
	State      ui.Tag
	Kind       string
	Purpose    string
	Sets       []Held
	Fresh      []ui.Link
	Tickets    int
	Restraint  string // why it is not to be used; empty when it may be
	Review     string // why it waits for a decision; empty when it does not
	Claimed    bool
	CanInvite  bool
	NoAddress  bool
	Profile    StaffProfile
	Claimable  bool // unclaimed: address and codes make sense
	Frozen     bool
	Closed     bool   // the account of its person is closed
	ChangeWhy  string // address of the page that asks for the purpose again
	ClaimedAt  time.Time
	AddedFirst time.Time
	Invited    string // what became of the newest invitation
	Claims     []ClaimLine
	Dispute    string // address of the dispute that froze it
	Notes      NotesPart
	Tags       TagsPart
}

func (s *Pages) person(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	v, asked, err := s.purposeFirst(w, r, v)
	if asked || err != nil {
		return err
	}
	rec, err := s.Records.Open(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	sight, err := s.Records.Sight(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	page := s.personPage(r, v, rec, sight)
	sent, err := s.Invitations.Invitations(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	page.Invited = invitationWords(v.P, sent)
	if err := s.withClaims(r, v, id, &page); err != nil {
		return err
	}
	if page.Notes, err = s.staffNotes(r.Context(), v, rec.Party.ID); err != nil {
		return err
	}
	if page.Tags, err = s.staffTags(r.Context(), v, rec.Party.ID); err != nil {
		return err
	}
	if page.Profile, err = s.staffProfile(r, v, rec); err != nil {
		return err
	}
	r, key, detail := s.withDone(w, r, v)
	r = s.withJoinUndo(r, v, key, detail)
	r = s.withNoteUndo(r, v, page.Notes, key, detail)
	r = s.withTagUndo(r, v, key, detail)
	return s.Render(w, r, http.StatusOK, "staff/person", page)
}

// withClaims adds who claims the record, with the risk of each claim.
func (s *Pages) withClaims(r *http.Request, v ui.Visit, id habeas.PartyID, page *PersonPage) error {
	claims, err := s.Disputes.Assess(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	page.Claims, page.Dispute = s.claimLines(v.P, claims), "/staff/disputes"
	disputes, err := s.Disputes.DisputesOn(r.Context(), v.Actor, id)
	if len(disputes) > 0 {
		page.Dispute = disputeURL(disputes[0])
	}
	return err
}

func (s *Pages) personPage(r *http.Request, v ui.Visit, rec party.Record, sight party.Sight) PersonPage {
	at := "/staff/people/" + rec.Party.ID.String()
	claimed := rec.Party.State != party.Unclaimed
	page := PersonPage{
		ID: rec.Party.ID.String(), Name: nameOr(v.P, rec), State: stateTag(v.P, rec.Party), Kind: kindName(v.P, rec.Party.Kind),
		Purpose: v.P.T(v.Purpose), Sets: s.voices(r.Context(), v).held(rec), Tickets: len(rec.Tickets),
		Claimed: claimed, Claimable: !claimed, Frozen: rec.Party.State == party.Frozen, Closed: rec.Closed,
		NoAddress: rec.Text("contact", "email") == "", ChangeWhy: at + "?purpose=ask",
		ClaimedAt: rec.Party.ClaimedAt, AddedFirst: oldest(rec),
	}
	page.CanInvite = !claimed && !page.NoAddress && !rec.Party.Blocked && rec.Party.Review == party.ReviewNone
	if rec.Party.Review != party.ReviewNone {
		page.Review = reviewWords(v.P, rec.Party.Review)
	}
	switch rec.Party.Restraint {
	case party.Restricted:
		page.Restraint = v.P.T("Its person wants it kept and not used: read it only where the law asks for it.")
	case party.Objected:
		page.Restraint = v.P.T("Its person objects to its use: do not use it until that is answered, and not after it where you agree.")
	case party.RestraintNone:
	}
	for i, set := range rec.Sets {
		if sight.Changes(set.Schema.Name) {
			page.Sets[i].Action = &ui.Link{Text: v.P.T("Amend"), URL: at + "/edit/" + set.Schema.Name}
		}
		switch {
		case set.Schema.Visibility == party.Public:
			page.Sets[i].Note = v.P.T("Anybody can see this.")
		case set.Schema.StepUp && !claimed:
			page.Sets[i].Note = v.P.T("Opens to its person only with more than the e-mail address.")
		}
	}
	if !page.Frozen {
		page.Fresh = s.fresh(v.P, rec, at, sight)
	}
	return page
}

// reviewWords says why a record waits.
func reviewWords(p lang.Printer, r party.Review) string {
	switch r {
	case party.ReviewConflict:
		return p.T("Another name or date of birth is known at the same address.")
	case party.ReviewShared:
		return p.T("Several people read this mailbox.")
	case party.ReviewNotMe:
		return p.T("The owner of the address says that it is about somebody else.")
	case party.ReviewRole:
		return p.T("The address belongs to an administrator. Such records are never claimed automatically.")
	case party.ReviewEvidence:
		return p.T("Too many numbers or codes that did not match were tried. Release gives the person new tries.")
	case party.ReviewApproval:
		return p.T("Somebody who proved the address wants to claim it. The organisation looks at every claim first.")
	case party.ReviewSeveral:
		return p.T("Several records at the same address fit what was said. It stands by itself until you say whom it is about.")
	case party.ReviewNone:
	}
	return ""
}

// was is the prefix of hidden fields that hold a value as the form showed it. Only
// what differs is somebody's word: an amended phone number does not restate the name.
const was = "was."

func (s *Pages) askAmend(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	schema, err := s.pathSet(r)
	if err != nil {
		return err
	}
	v, asked, err := s.purposeFirst(w, r, v)
	if asked || err != nil {
		return err
	}
	sight, err := s.Records.Sight(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	if !sight.Changes(schema.Name) {
		return party.ErrNotYours
	}
	rec, err := s.Records.Open(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	page := s.amendPage(v, id, schema, func(name string) string { return rec.Text(schema.Name, name) })
	page.Name = nameOr(v.P, rec)
	if rec.Party.State == party.Claimed {
		r = ui.WithNotice(r, ui.Notice{Kind: ui.NoticeInfo, Text: v.P.T("This record belongs to its person. What you say fills gaps; where they have said something, your word stands beside it and they see it.")})
	}
	return s.Render(w, r, http.StatusOK, "staff/edit", page)
}

func (s *Pages) amendPage(v ui.Visit, id habeas.PartyID, schema party.SetSchema, value func(field string) string) EditPage {
	at := "/staff/people/" + id.String()
	page := EditPage{Title: v.P.T(schema.Label), Back: ui.Link{Text: v.P.T("Back to the record"), URL: at}}
	page.Form = ui.Form{
		Action: at + "/edit/" + schema.Name, Submit: v.P.T("Add my word"), Cancel: &ui.Link{Text: v.P.T("Leave it as it is"), URL: at},
		Next: v.P.T("Only what you change is added, under your name. What was said before stays in the history, and the person sees both."),
	}
	for _, f := range schema.Fields {
		if schema.Name == "contact" && f.Name == "email" {
			page.Note = v.P.T("The e-mail address has a form of its own, because it leads a person to the record.")
			continue
		}
		page.Form.Controls = append(page.Form.Controls, fieldControl(v.P, schema.Name, f, value(f.Name), false))
		page.Form.Hidden = append(page.Form.Hidden, ui.Hidden{Name: was + f.Name, Value: value(f.Name)})
	}
	return page
}

func (s *Pages) amend(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	schema, err := s.pathSet(r)
	if err != nil {
		return err
	}
	v = withPurpose(r, v)
	f, err := edge.DecodeForm(w, r, maxRecordForm)
	if err != nil {
		return err
	}
	said := party.Values{}
	readSet(f, schema, said)
	for _, fs := range schema.Fields {
		old := f.Text(was+fs.Name, 5000)
		if now := said.Get(schema.Name, fs.Name); now == "" || now == old {
			delete(said[schema.Name], fs.Name) // empty: only its person can withdraw a value
		}
	}
	at := "/staff/people/" + id.String()
	wrong := f.Err()
	if wrong == nil && said.Len() == 0 {
		s.done(w, "unchanged")
		http.Redirect(w, r, at, http.StatusSeeOther)
		return nil
	}
	if wrong == nil {
		wrong = s.Records.Amend(r.Context(), v.Actor, id, said)
	}
	if wrong == nil {
		s.done(w, "amended")
		http.Redirect(w, r, at, http.StatusSeeOther)
		return nil
	}
	page := s.amendPage(v, id, schema, func(name string) string { return f.Typed(was + name) })
	page.Form.Keep(f)
	if !page.Form.Fail(v.P, wrong) {
		return wrong
	}
	return s.Render(w, r, http.StatusBadRequest, "staff/edit", page)
}

func (s *Pages) addressPage(v ui.Visit, id habeas.PartyID) EditPage {
	at := "/staff/people/" + id.String()
	return EditPage{
		Title: v.P.T("Replace a mistyped address"), Back: ui.Link{Text: v.P.T("Back to the record"), URL: at},
		Form: ui.Form{
			Action: at + "/address", Submit: v.P.T("Replace the address"), Cancel: &ui.Link{Text: v.P.T("Leave it as it is"), URL: at},
			Controls: addressControls(v.P),
			Next:     v.P.T("The old address leads to this record no more, and whoever reads that mailbox is not offered it again. You can replace it once more at any time."),
		},
	}
}

// addressControls ask for an address twice.
func addressControls(p lang.Printer) []ui.Control {
	return []ui.Control{
		{Kind: ui.ControlEmail, Name: "email", Label: p.T("E-mail address"), Autocomplete: "off", MaxLength: 254, CheckURL: "/staff/check-address"},
		{Kind: ui.ControlEmail, Name: "email2", Label: p.T("The same address once more"), Autocomplete: "off", MaxLength: 254, Same: "email"},
	}
}

// readTwice reads an address that was typed twice. ok is false when none was typed.
func readTwice(f *edge.Form) (a email.Address, ok bool) {
	first, again := f.Typed("email"), f.String("email2", 254)
	a = edge.Parsed(f, "email", 254, email.Parse)
	if first == "" && again == "" {
		return a, false
	}
	if f.Problem("email") != nil || f.Problem("email2") != nil {
		return a, false
	}
	if b, err := email.Parse(again); err != nil || b.Key() != a.Key() {
		f.Fail("email2", habeas.Invalid("email2", "The two addresses are not the same. Type them again.").WithCode("email.differ"))
		return a, false
	}
	return a, true
}

func (s *Pages) askAddress(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	return s.Render(w, r, http.StatusOK, "staff/edit", s.addressPage(v, id))
}

func (s *Pages) changeAddress(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	v = withPurpose(r, v)
	f, err := edge.DecodeForm(w, r, 4<<10)
	if err != nil {
		return err
	}
	to, ok := readTwice(f)
	if !ok && len(f.Problems()) == 0 {
		f.Fail("email", habeas.Invalid("email", "Please fill this in."))
	}
	page := s.addressPage(v, id)
	sure := ok && confirmed(f, to) // read before Err, which refuses fields that nobody asked for
	wrong := f.Err()
	if wrong == nil && !sure {
		page.Form.Keep(f)
		page.Form.Hidden = append(page.Form.Hidden, ui.Hidden{Name: "sure", Value: to.Key()})
		r = ui.WithNotice(r, typoNotice(v.P, to))
		return s.Render(w, r, http.StatusBadRequest, "staff/edit", page)
	}
	if wrong == nil {
		wrong = s.Records.ChangeAddress(r.Context(), v.Actor, id, to)
	}
	if wrong == nil {
		s.done(w, "address")
		http.Redirect(w, r, "/staff/people/"+id.String(), http.StatusSeeOther)
		return nil
	}
	page.Form.Keep(f)
	if !page.Form.Fail(v.P, wrong) {
		return wrong
	}
	return s.Render(w, r, http.StatusBadRequest, "staff/edit", page)
}

func (s *Pages) invite(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	if err := emptyForm(w, r); err != nil {
		return err
	}
	if err := s.Records.Invite(r.Context(), withPurpose(r, v).Actor, id); err != nil {
		return err
	}
	s.done(w, "invitation")
	http.Redirect(w, r, "/staff/people/"+id.String(), http.StatusSeeOther)
	return nil
}

// emptyForm reads a form that is nothing but its button.
func emptyForm(w http.ResponseWriter, r *http.Request) error {
	f, err := edge.DecodeForm(w, r, 1<<10)
	if err != nil {
		return err
	}
	return f.Err()
}

// PaperPage is the data of staff/paper: a code to print and hand over, shown once.
type PaperPage struct {
	ID    string
	Code  string
	Until time.Time
	Site  string // where to type it
}

func (s *Pages) paper(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	if err := emptyForm(w, r); err != nil {
		return err
	}
	code, until, err := s.Records.PaperCode(r.Context(), withPurpose(r, v).Actor, id)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "staff/paper", PaperPage{ID: id.String(), Code: edge.Show(r.Context(), code), Until: until, Site: s.Origin.String()})
}

// invitationWords says in a sentence what became of the newest invitation.
func invitationWords(p lang.Printer, sent []jobs.Delivery) string {
	var newest jobs.Delivery
	for _, d := range sent {
		if d.QueuedAt.After(newest.QueuedAt) {
			newest = d
		}
	}
	if newest.ID.IsZero() {
		return ""
	}
	day := p.Date(newest.QueuedAt)
	switch newest.State {
	case jobs.Ended:
		return p.T("The invitation of {day} was taken by the mail server.", "day", day)
	case jobs.Failed:
		return p.T("The invitation of {day} came back ({reason}). Is the address right?", "day", day, "reason", newest.Reason)
	case jobs.Waiting:
	}
	return p.T("The invitation of {day} is still on its way.", "day", day)
}
