package party

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/session"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// AddPage is the data of staff/add.
type AddPage struct {
	Errors  []ui.FieldError
	Kind    ui.Control
	Address []ui.Control
	Person  []ui.Control
	Org     []ui.Control
	Profile []ui.Control
	Stub    ui.Control
	Tutor   ui.Control
	Invite  ui.Control
	Like    LikePart
	Typo    *ui.Notice
	Sure    string // the address that was looked at once more
}

// LikePart is "like": possible duplicates of what is typed.
type LikePart struct {
	People []LikePerson
	Choose bool // after the form was sent: each can be chosen
}

// LikePerson is one of them, told apart by as little as possible.
type LikePerson struct {
	ID    string
	Name  string
	Kind  string
	Town  string
	Born  string
	State ui.Tag
	How   ui.Tag // how likely it is the same
	Why   []Comparison
}

// addFields are the fields of the quick form, by the part of the form they stand in.
var addFields = struct{ person, org, profile [][2]string }{
	person: [][2]string{
		{"identity", "given_name"},
		{"identity", "family_name"},
		{"identity", "birth_date"},
		{"phone", "number"},
		{"address", "city"},
		{"membership", "number"},
		{"contact", "language"},
	},
	org:     [][2]string{{"organisation", "name"}, {"organisation", "website"}, {"organisation", "city"}},
	profile: [][2]string{{"profile", "headline"}, {"profile", "subjects"}, {"profile", "about"}},
}

// addPage makes the form, with what was typed in it when f is not nil.
func (s *Pages) addPage(ctx context.Context, v ui.Visit, f *edge.Form) (AddPage, error) {
	p := v.P
	sight, err := s.Records.Sight(ctx, v.Actor)
	if err != nil {
		return AddPage{}, err
	}
	page := AddPage{
		Kind: ui.Control{
			Kind: ui.ControlRadio, Name: "kind", Label: p.T("What is it?"), Value: string(party.Person),
			Options: []ui.Option{{Value: string(party.Person), Text: p.T("A person")}, {Value: string(party.Organisation), Text: p.T("An organisation")}},
		},
		Address: addressControls(p),
		Person:  s.addControls(p, addFields.person, sight), Org: s.addControls(p, addFields.org, sight), Profile: s.addControls(p, addFields.profile, sight),
		Stub: ui.Control{
			Kind: ui.ControlCheckbox, Name: "stub", Value: "on", Label: p.T("Address only, for now"),
			Hint: p.T("A stub: the person confirms the address and fills in the rest. You are told when they did."),
		},
		Tutor: ui.Control{
			Kind: ui.ControlCheckbox, Name: "tutor", Value: "on", Label: p.T("Has a public profile"),
			Hint: p.T("A tutor, for example. What you write there shows to everybody at once."),
		},
		Invite: ui.Control{
			Kind: ui.ControlCheckbox, Name: "invite", Value: "on", Label: p.T("Send an invitation now"), Checked: true,
			Hint: p.T("A mail with a code, so that the person can see the record and make it theirs."),
		},
	}
	for i := range page.Address {
		page.Address[i].Optional = i == 0
	}
	page.Address[1].Optional = true
	if !sight.Changes("contact") {
		page.Address = nil
	}
	if f == nil {
		return page, nil
	}
	for _, group := range [][]ui.Control{page.Address, page.Person, page.Org, page.Profile} {
		part := ui.Form{Controls: group}
		part.Keep(f)
	}
	if k := f.Typed("kind"); k != "" {
		page.Kind.Value = k
	}
	for _, c := range []*ui.Control{&page.Stub, &page.Tutor, &page.Invite} {
		c.Checked = f.Typed(c.Name) != ""
	}
	return page, nil
}

// addControls are those of fields that the reader may fill in.
func (s *Pages) addControls(p lang.Printer, fields [][2]string, sight party.Sight) []ui.Control {
	var out []ui.Control
	for _, name := range fields {
		set, _ := s.Records.Schemas().Set(name[0])
		if f, ok := set.Field(name[1]); ok && sight.Changes(name[0]) { // an organisation may keep other data sets
			out = append(out, fieldControl(p, set.Name, f, "", false))
		}
	}
	return out
}

func (s *Pages) askAdd(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	r, _, _ = s.withDone(w, r, v)
	page, err := s.addPage(r.Context(), v, nil)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "staff/add", page)
}

// entry is what the quick form says.
type entry struct {
	assertion party.Assertion
	invite    bool
	same      string // "It is this one": an existing record
	separate  bool
}

// readEntry reads the form. Fields of the parts that do not apply are read and left out.
func (s *Pages) readEntry(f *edge.Form) entry {
	var e entry
	kind := party.Kind(f.Choice("kind", string(party.Person), string(party.Organisation)))
	if kind == "" {
		kind = party.Person
	}
	e.assertion.Kind = kind
	e.assertion.Email, e.assertion.HasEmail = readTwice(f)
	stub, tutor := f.Bool("stub"), f.Bool("tutor")
	e.invite, e.separate, e.same = f.Bool("invite"), f.Bool("separate"), f.String("same", 60)
	f.String("sure", 254)
	e.assertion.Stub = stub
	e.assertion.Values = party.Values{}
	read := func(fields [][2]string, applies bool) {
		for _, name := range fields {
			if text := f.Text(name[0]+"."+name[1], 5000); text != "" && applies {
				e.assertion.Values.Put(name[0], name[1], text)
			}
		}
	}
	read(addFields.person, kind == party.Person && !stub)
	read(addFields.org, kind == party.Organisation && !stub)
	read(addFields.profile, tutor && !stub)
	e.assertion.Separate = e.separate
	return e
}

func (s *Pages) add(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	v = withPurpose(r, v)
	f, err := edge.DecodeForm(w, r, maxRecordForm)
	if err != nil {
		return err
	}
	ui.Typed(r, f, "email", "email2")
	for _, group := range [][][2]string{addFields.person, addFields.org, addFields.profile} {
		for _, name := range group {
			//sealcheck:allow label-constant names of fields stand in the schemas of the program
			ui.Typed(r, f, name[0]+"."+name[1])
		}
	}
	e := s.readEntry(f)
	if err := f.Err(); err != nil {
		return s.addAgain(w, r, v, f, err)
	}
	if e.same != "" {
		return s.addToKnown(w, r, v, f, e)
	}
	page, err := s.addPage(r.Context(), v, f)
	if err != nil {
		return err
	}
	if e.assertion.HasEmail && !confirmed(f, e.assertion.Email) {
		n := typoNotice(v.P, e.assertion.Email)
		page.Typo, page.Sure = &n, e.assertion.Email.Key()
	}
	if !e.separate {
		if page.Like, err = s.likePart(r, v, e.assertion, true); err != nil {
			return err
		}
	}
	if page.Typo != nil || len(page.Like.People) > 0 {
		ui.Reached(r, "asked to look once more")
		return s.Render(w, r, http.StatusBadRequest, "staff/add", page)
	}
	id, created, err := s.Records.Enter(r.Context(), v.Actor, e.assertion, e.invite && e.assertion.HasEmail)
	if err != nil {
		return s.addAgain(w, r, v, f, err)
	}
	// A record that waits for a decision is not invited yet: say what happened.
	sent, err := s.Invitations.Invitations(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	key := "entered"
	switch {
	case !created:
		key = "known"
	case len(sent) > 0:
		key = "invited"
	}
	s.done(w, key)
	ui.Reached(r, key)
	ui.FlowEnds(r, ui.FlowStaffEntry, session.Completed)
	http.Redirect(w, r, "/staff/people/"+id.String(), http.StatusSeeOther)
	return nil
}

// addToKnown adds what was typed to a record that staff recognised.
func (s *Pages) addToKnown(w http.ResponseWriter, r *http.Request, v ui.Visit, f *edge.Form, e entry) error {
	id, err := habeas.ParseID[habeas.PartyKind](e.same)
	if err != nil {
		return err
	}
	if err := s.Records.Amend(r.Context(), v.Actor, id, e.assertion.Values); err != nil {
		return s.addAgain(w, r, v, f, err)
	}
	s.done(w, "known")
	ui.Reached(r, "known")
	ui.FlowEnds(r, ui.FlowStaffEntry, session.Completed)
	http.Redirect(w, r, "/staff/people/"+id.String(), http.StatusSeeOther)
	return nil
}

// addAgain shows the form with what was typed and what is wrong with it.
func (s *Pages) addAgain(w http.ResponseWriter, r *http.Request, v ui.Visit, f *edge.Form, wrong error) error {
	ui.Refused(r, wrong)
	page, err := s.addPage(r.Context(), v, f)
	if err != nil {
		return err
	}
	for _, group := range [][]ui.Control{page.Address, page.Person, page.Org, page.Profile} {
		part := ui.Form{Controls: group}
		if !part.Fail(v.P, wrong) {
			return wrong
		}
		page.Errors = part.Errors // each group collects all of them
	}
	page.Sure = f.Typed("sure")
	return s.Render(w, r, http.StatusBadRequest, "staff/add", page)
}

// confirmed reports whether an address needs no second look or had one.
func confirmed(f *edge.Form, a email.Address) bool {
	sure := f.String("sure", 254)
	return sure == a.Key() || len(email.Suggest(a)) == 0 && len(a.Warnings()) == 0
}

// typoNotice asks for a second look at an address.
func typoNotice(p lang.Printer, a email.Address) ui.Notice {
	n := ui.Notice{Kind: ui.NoticeWarning, Title: p.T("Look at the address once more")}
	if s := email.Suggest(a); len(s) > 0 {
		n.Text = p.T("Did you mean {address}? If what you typed is right, send the form again.", "address", s[0].Address)
		return n
	}
	if ws := a.Warnings(); len(ws) > 0 {
		n.Text = p.T(ws[0].Message) + " " + p.T("If what you typed is right, send the form again.")
	}
	return n
}

// like answers with the possible duplicates of a half-filled form, as a piece of a
// page. It is a POST so that what is typed about people stands in no address.
func (s *Pages) like(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, maxRecordForm)
	if err != nil {
		return err
	}
	e := s.readEntry(f)
	if !e.assertion.HasEmail { // one of the two is enough while typing
		if a, err := email.Parse(f.Typed("email")); err == nil {
			e.assertion.Email, e.assertion.HasEmail = a, true
		}
	}
	part, err := s.likePart(r, v, e.assertion, false)
	if err != nil {
		return err
	}
	return s.RenderPart(w, r, "staff/add", "like", part)
}

func (s *Pages) likePart(r *http.Request, v ui.Visit, a party.Assertion, choose bool) (LikePart, error) {
	values := party.Values{}
	for set, fields := range a.Values {
		for name, text := range fields {
			values.Put(set, name, text)
		}
	}
	if a.HasEmail {
		values.Put("contact", "email", a.Email.Display())
	}
	part := LikePart{Choose: choose}
	if values.Len() == 0 {
		return part, nil
	}
	found, err := s.Records.Like(r.Context(), withPurpose(r, v).Actor, values)
	if err != nil {
		return part, err
	}
	for _, rec := range found {
		part.People = append(part.People, s.likePerson(v.P, rec))
	}
	return part, nil
}

func (s *Pages) likePerson(p lang.Printer, rec party.Listed) LikePerson {
	return LikePerson{
		ID: rec.Party.ID.String(), Name: nameOr(p, rec.Record), Kind: kindName(p, rec.Party.Kind),
		Town: town(rec.Record), Born: birthYear(rec.Record), State: stateTag(p, rec.Party),
		How: likely(p, rec.P), Why: s.comparisons(p, rec.Reasons),
	}
}

// hintAddress answers the live look at an address field (form.js).
func (s *Pages) hintAddress(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	in, err := edge.DecodeJSON[struct {
		Value string `json:"value"`
	}](w, r, 4<<10)
	if err != nil {
		return err
	}
	var out struct {
		Hint       string `json:"hint,omitempty"`
		Suggestion string `json:"suggestion,omitempty"`
	}
	a, err := email.Parse(in.Value)
	switch {
	case err != nil:
		out.Hint = ui.ErrorText(v.P, err)
	case len(email.Suggest(a)) > 0:
		out.Hint, out.Suggestion = v.P.T("Did you mean this address?"), email.Suggest(a)[0].Address
	case len(a.Warnings()) > 0:
		out.Hint = v.P.T(a.Warnings()[0].Message)
	}
	body, err := json.Marshal(out)
	if err != nil {
		return habeas.Internal(err)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) // an error here means that the reader has gone
	return nil
}
