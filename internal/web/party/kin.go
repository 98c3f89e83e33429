package party

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Relations is what the pages about relationships and households ask of the server. Every
// method checks what the actor may do; errors are *habeas.Error.
type Relations interface {
	// For staff.

	// Relate says that the record id is, for example, the parent of other. show lets the
	// person of each read how the other is called.
	Relate(ctx context.Context, a habeas.Actor, id, other habeas.PartyID, is party.Relationship, show bool) (habeas.RelationID, error)
	// EndRelation ends one; of a household, about leaves it. RestoreRelation takes that back.
	EndRelation(ctx context.Context, a habeas.Actor, id habeas.RelationID, about habeas.PartyID) error
	RestoreRelation(ctx context.Context, a habeas.Actor, id habeas.RelationID, about habeas.PartyID) error
	// NameHousehold says how the household of a record is called; "" for no name.
	NameHousehold(ctx context.Context, a habeas.Actor, id habeas.PartyID, name string) error
	// Family is everything to which a record is related.
	Family(ctx context.Context, a habeas.Actor, id habeas.PartyID) (party.Family, error)
	// Apart are the records that are known not to be the same as one.
	Apart(ctx context.Context, a habeas.Actor, id habeas.PartyID) (party.Apart, error)

	// For a person.

	// MyKin is to whom one of the actor's records is related, with names where staff chose so.
	MyKin(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.Kin, error)
	// Object says that a relationship is not so, or takes that back.
	Object(ctx context.Context, a habeas.Actor, id habeas.PartyID, relation habeas.RelationID, no bool) error
}

// mountKin registers the pages about relationships, households, guardians and letters.
func (s *Pages) mountKin(m *edge.Mux) {
	s.Handle(m, ui.Staff, "GET /staff/people/{id}/kin", onParty(s.kin))
	s.Handle(m, ui.Staff, "GET /staff/people/{id}/kin/add", onParty(s.findKin))
	s.Handle(m, ui.Staff, "GET /staff/people/{id}/kin/add/{other}", onParty(s.askRelate))
	s.Handle(m, ui.Staff, "POST /staff/people/{id}/kin/add/{other}", onParty(s.relate))
	s.Handle(m, ui.Staff, "POST /staff/people/{id}/kin/{relation}/{step}", onParty(s.stepRelation))
	s.Handle(m, ui.Staff, "POST /staff/people/{id}/household", onParty(s.nameHousehold))
	s.Handle(m, ui.SignedIn, "POST /me/records/{id}/kin/{relation}/{step}", onParty(s.objectRelation))
	s.mountGuardians(m)
	s.mountLetters(m)
}

// tieWords is what one is to the other, in a list where the other's name follows or not.
func tieWords(p lang.Printer, is party.Relationship) string {
	switch is {
	case party.ParentOf:
		return p.T("parent of")
	case party.ChildOf:
		return p.T("child of")
	case party.GuardianOf:
		return p.T("legal guardian of")
	case party.WardOf:
		return p.T("ward of")
	case party.CarerOf:
		return p.T("carer of")
	case party.CaredForBy:
		return p.T("cared for by")
	case party.PartnerOf:
		return p.T("partner of")
	case party.SiblingOf:
		return p.T("brother or sister of")
	case party.WorksFor:
		return p.T("works for")
	case party.Employs:
		return p.T("employs")
	case party.MemberOf:
		return p.T("member of")
	case party.HasMember:
		return p.T("has as a member")
	case party.SameHousehold:
	}
	return p.T("in one household with")
}

// apartWords says why two records are not about one party.
func apartWords(p lang.Printer, is party.Relationship) string {
	switch is {
	case party.ParentOf, party.ChildOf:
		return p.T("Known as parent and child: not the same")
	case party.PartnerOf:
		return p.T("Known as partners: not the same")
	case party.SiblingOf:
		return p.T("Known as brothers or sisters: not the same")
	case party.GuardianOf, party.WardOf, party.CarerOf, party.CaredForBy:
		return p.T("Known as one who cares for the other: not the same")
	case party.WorksFor, party.Employs:
		return p.T("Known as working for the other: not the same")
	case party.MemberOf, party.HasMember:
		return p.T("Known as a member of the other: not the same")
	case party.SameHousehold:
	}
	return p.T("Known as two of one household: not the same")
}

// KinPage is the data of staff/kin: everybody to whom a record is related.
type KinPage struct {
	ID        string
	Name      string
	Rows      []KinRow
	Home      string // the household's name, or words for one without
	Named     string // its name as it is, for the form
	Mates     []KinRow
	CanWrite  int // members to whom a letter may go
	Guardians []GuardianRow
	CanName   bool // a guardian can be appointed
	CanPost   bool // a letter can be written
	Letters   []LetterRow
}

// KinRow is one to whom a record is related.
type KinRow struct {
	Words    string
	Name     string
	Born     string // the year
	URL      string
	Since    time.Time
	Objected bool
	End      string // where the button posts to
	ID       string // of a member of the household
	Letter   bool   // to whom a letter can be written
}

func kinPath(id habeas.PartyID) string { return "/staff/people/" + id.String() + "/kin" }

func (s *Pages) kin(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	v, asked, err := s.purposeFirst(w, r, v)
	if asked || err != nil {
		return err
	}
	rec, err := s.Records.Open(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	id = rec.Party.ID
	family, err := s.Relations.Family(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	page := KinPage{ID: id.String(), Name: nameOr(v.P, rec)}
	for _, k := range family.Kin {
		page.Rows = append(page.Rows, KinRow{
			Words: tieWords(v.P, k.Is), Name: nameOr(v.P, k.With), Born: birthYear(k.With), URL: "/staff/people/" + k.With.Party.ID.String(),
			Since: k.At(), Objected: k.Objected, End: kinPath(id) + "/" + k.ID.String() + "/end",
		})
	}
	if !family.Home.ID.IsZero() {
		page.Home, page.Named = family.Home.Name, family.Home.Name
		if page.Home == "" {
			page.Home = v.P.T("Household without a name")
		}
	}
	for _, k := range family.Home.Members {
		page.Mates = append(page.Mates, KinRow{
			Name: nameOr(v.P, k.With), Born: birthYear(k.With), URL: "/staff/people/" + k.With.Party.ID.String(), Since: k.At(), Objected: k.Objected,
			End: kinPath(k.Party) + "/" + k.ID.String() + "/leave", ID: k.With.Party.ID.String(),
		})
		can, err := s.canPost(r, v, k.With)
		if err != nil {
			return err
		}
		if can {
			page.Mates[len(page.Mates)-1].Letter = true
			page.CanWrite++
		}
	}
	if page.CanPost, err = s.canPost(r, v, rec); err != nil {
		return err
	}
	if err := s.withGuardians(r, v, rec, &page); err != nil {
		return err
	}
	if err := s.withLetters(r, v, id, &page); err != nil {
		return err
	}
	r, key, detail := s.withDone(w, r, v)
	r = s.withKinUndo(r, v, key, detail)
	return s.Render(w, r, http.StatusOK, "staff/kin", page)
}

// withKinUndo offers to take back what was done just now.
func (s *Pages) withKinUndo(r *http.Request, v ui.Visit, key, detail string) *http.Request {
	about, what, _ := strings.Cut(detail, ".")
	id, err := habeas.ParseID[habeas.PartyKind](about)
	if err != nil {
		return r
	}
	u := ui.Undo{Action: kinPath(id) + "/" + what}
	switch key {
	case "related":
		u.Text, u.Action = v.P.T("The relationship is noted on both records."), u.Action+"/end"
	case "unrelated":
		u.Text, u.Action = v.P.T("The relationship has ended."), u.Action+"/restore"
	case "left-home":
		u.Text, u.Action = v.P.T("They are not in the household any more."), u.Action+"/return"
	case "appointed":
		u.Text, u.Action = v.P.T("They act for this person now, and are told by mail."), "/staff/people/"+about+"/guardian/"+what+"/undone"
	case "guardian-ended":
		u.Text, u.Action = v.P.T("They do not act for this person any more."), "/staff/people/"+about+"/guardian/"+what+"/restore"
	case "letter-back":
		u.Text, u.Action = v.P.T("The letter came back: its code opens nothing any more."), "/staff/people/"+about+"/letters/"+what+"/undo"
	default:
		return r
	}
	f := ui.FrameOf(r)
	f.Undo = &u
	return ui.WithFrame(r, f)
}

// KinFindPage is the data of staff/kin-find: who is it?
type KinFindPage struct {
	ID     string
	Name   string
	Query  string
	People []OtherRecord
}

func (s *Pages) findKin(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	v, asked, err := s.purposeFirst(w, r, v)
	if asked || err != nil {
		return err
	}
	rec, err := s.Records.Open(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	page := KinFindPage{ID: rec.Party.ID.String(), Name: nameOr(v.P, rec), Query: s.queried(r, v)}
	query := page.Query
	if query == "" { // most of a family share a name
		query = rec.Text("identity", "family_name")
	}
	if query != "" {
		found, _, err := s.Records.Find(r.Context(), v.Actor, query, mostFound)
		if err != nil {
			return err
		}
		for _, one := range found {
			if one.Party.ID != rec.Party.ID {
				other := OtherRecord{LikePerson: s.likePerson(v.P, one), URL: kinPath(rec.Party.ID) + "/add/" + one.Party.ID.String()}
				other.How, other.Why = ui.Tag{}, nil
				page.People = append(page.People, other)
			}
		}
	}
	return s.Render(w, r, http.StatusOK, "staff/kin-find", page)
}

// relatePage is the form by which staff say what two are to each other.
func (s *Pages) relatePage(v ui.Visit, rec, other party.Record) EditPage {
	p, at := v.P, kinPath(rec.Party.ID)
	name := nameOr(p, rec)
	is := ui.Control{Kind: ui.ControlSelect, Name: "is", Label: p.T("{name} is …", "name", name), Options: []ui.Option{{Text: p.T("Choose one")}}}
	for _, k := range party.Relationships() {
		is.Options = append(is.Options, ui.Option{Value: string(k), Text: tieWords(p, k) + " " + nameOr(p, other)})
	}
	return EditPage{
		Title: p.T("How are they related?"), Name: name + " · " + nameOr(p, other),
		Back: ui.Link{Text: p.T("Choose somebody else"), URL: at + "/add"},
		Form: ui.Form{
			Action: at + "/add/" + other.Party.ID.String(), Submit: p.T("Note it"), Cancel: &ui.Link{Text: p.T("Leave it as it is"), URL: at},
			Controls: []ui.Control{is, {
				Kind: ui.ControlCheckbox, Name: "show", Value: "on", Label: p.T("Each may read how the other is called"),
				Hint: p.T("Nothing but the name, and no address. Without it they read only that there is such a relationship."),
			}},
			Next: p.T("It stands on both records. Each person sees it on theirs and can say that it is not so. The two are never proposed as one."),
		},
	}
}

// both reads the two records of a relationship that is being entered.
func (s *Pages) both(r *http.Request, v ui.Visit, id habeas.PartyID) (rec, other party.Record, err error) {
	with, err := pathOther(r)
	if err != nil {
		return rec, other, err
	}
	if rec, err = s.Records.Open(r.Context(), v.Actor, id); err != nil {
		return rec, other, err
	}
	other, err = s.Records.Open(r.Context(), v.Actor, with)
	return rec, other, err
}

func (s *Pages) askRelate(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	v, asked, err := s.purposeFirst(w, r, v)
	if asked || err != nil {
		return err
	}
	rec, other, err := s.both(r, v, id)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "staff/edit", s.relatePage(v, rec, other))
}

func (s *Pages) relate(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	v = withPurpose(r, v)
	f, err := edge.DecodeForm(w, r, 4<<10)
	if err != nil {
		return err
	}
	var names []string
	for _, k := range party.Relationships() {
		names = append(names, string(k))
	}
	is, show := party.Relationship(f.Choice("is", names...)), f.Bool("show")
	if is == "" && f.Problem("is") == nil {
		f.Fail("is", habeas.Invalid("is", "Choose one of the options."))
	}
	other, err := pathOther(r)
	if err != nil {
		return err
	}
	var made habeas.RelationID
	if err = f.Err(); err == nil {
		made, err = s.Relations.Relate(r.Context(), v.Actor, id, other, is, show)
	}
	if err != nil {
		if habeas.KindOf(err) != habeas.KindInvalid {
			return err
		}
		rec, with, found := s.both(r, v, id)
		if found != nil {
			return found
		}
		page := s.relatePage(v, rec, with)
		return s.Again(w, r, v, err, "staff/edit", &page, &page.Form, f)
	}
	key := "related." + id.String() + "." + made.String()
	if is == party.SameHousehold {
		key = "at-home"
	}
	s.done(w, key)
	http.Redirect(w, r, kinPath(id), http.StatusSeeOther)
	return nil
}

func pathRelation(r *http.Request) (habeas.RelationID, error) {
	id, err := habeas.ParseID[habeas.RelationKind](r.PathValue("relation"))
	if err != nil {
		return id, party.ErrNoRelation
	}
	return id, nil
}

// stepRelation ends a relationship, or takes that back.
func (s *Pages) stepRelation(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	relation, err := pathRelation(r)
	if err != nil {
		return err
	}
	if err := emptyForm(w, r); err != nil {
		return err
	}
	v, key := withPurpose(r, v), "undone"
	switch step := r.PathValue("step"); step {
	case "end", "leave":
		err = s.Relations.EndRelation(r.Context(), v.Actor, relation, id)
		key = "unrelated." + id.String() + "." + relation.String()
		if step == "leave" {
			key = "left-home." + id.String() + "." + relation.String()
		}
	case "restore", "return":
		err = s.Relations.RestoreRelation(r.Context(), v.Actor, relation, id)
	default:
		err = party.ErrNoRelation
	}
	if err != nil {
		return err
	}
	s.done(w, key)
	http.Redirect(w, r, kinPath(id), http.StatusSeeOther)
	return nil
}

func (s *Pages) nameHousehold(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	f, err := edge.DecodeForm(w, r, 4<<10)
	if err != nil {
		return err
	}
	name := f.String("name", party.MaxHouseholdName)
	if err := f.Err(); err != nil {
		return err
	}
	if err := s.Relations.NameHousehold(r.Context(), withPurpose(r, v).Actor, id, name); err != nil {
		return err
	}
	s.done(w, "home-named")
	http.Redirect(w, r, kinPath(id), http.StatusSeeOther)
	return nil
}
