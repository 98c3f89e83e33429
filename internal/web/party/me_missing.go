package party

import (
	"net/http"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

func missingPath(id habeas.PartyID) string { return "/me/records/" + id.String() + "/missing" }

func (s *Pages) mountMissing(m *edge.Mux) {
	s.Handle(m, ui.SignedIn, "GET /me/records/{id}/missing", onParty(s.missingPage))
	s.Handle(m, ui.SignedIn, "POST /me/records/{id}/missing/{field}/{wish}", onParty(s.silence))
}

// Todo is "todo": what is missing in a record, in words and by data set (PTY-6).
type Todo struct {
	Words  string // "2 of 7 details are missing"
	Groups []TodoGroup
	Quiet  []TodoLine // what its person does not want to say
	All    string     // the page with the verbs; empty on it
}

// TodoGroup is what is missing of one data set.
type TodoGroup struct {
	Label string
	Lines []TodoLine
}

// TodoLine is one missing detail.
type TodoLine struct {
	ui.Link
	Quiet string // where "I do not want to say this" posts to
	Ask   string // where that is taken back
}

// MissingPage is the data of me/missing.
type MissingPage struct {
	Heading ui.Heading
	Todo    Todo
}

// todo arranges a completion list.
func todo(p lang.Printer, id habeas.PartyID, c party.Completion) Todo {
	open := c.Open()
	t := Todo{All: missingPath(id)}
	switch {
	case len(open) > 0:
		t.Words = p.T("{n} of {all} missing", "n", len(open), "all", c.Asked)
	case c.Asked > 0:
		t.Words = p.T("Nothing is missing")
	}
	line := func(g party.Gap) TodoLine {
		at := missingPath(id) + "/" + g.Name()
		return TodoLine{
			Link:  ui.Link{Text: p.T(g.Field.Label), URL: "/me/records/" + id.String() + "/edit/" + g.Set.Name + "?from=missing#f-" + g.Name()},
			Quiet: at + "/silence", Ask: at + "/ask",
		}
	}
	for _, g := range open {
		if n := len(t.Groups); n == 0 || t.Groups[n-1].Label != p.T(g.Set.Label) {
			t.Groups = append(t.Groups, TodoGroup{Label: p.T(g.Set.Label)})
		}
		last := &t.Groups[len(t.Groups)-1]
		last.Lines = append(last.Lines, line(g))
	}
	for _, g := range c.Quiet() {
		t.Quiet = append(t.Quiet, line(g))
	}
	return t
}

func (s *Pages) missingPage(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	rec, err := s.Records.My(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	c, err := s.Records.Completion(r.Context(), v.Actor, rec)
	if err != nil {
		return err
	}
	page := MissingPage{Todo: todo(v.P, id, c), Heading: ui.Heading{
		Title: v.P.T("What is missing"), Lead: v.P.T("Fill in what you like. What you do not want to say, you need not: nobody is told, and you are asked for it no more."),
		Back: &ui.Link{Text: v.P.T("Back to the record"), URL: "/me/records/" + id.String()},
	}}
	page.Todo.All = ""
	r, key, field := s.withDone(w, r, v)
	if key == "silenced" {
		f := ui.FrameOf(r)
		f.Undo = &ui.Undo{Text: v.P.T("You are asked for this no more."), Action: missingPath(id) + "/" + field + "/ask"}
		r = ui.WithFrame(r, f)
	}
	return s.Render(w, r, http.StatusOK, "me/missing", page)
}

func (s *Pages) silence(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	if err := emptyForm(w, r); err != nil {
		return err
	}
	wish, field := r.PathValue("wish"), r.PathValue("field")
	if wish != "silence" && wish != "ask" {
		return habeas.NotFound("There is no such page.").WithCode("page.none")
	}
	if err := s.Records.Silence(r.Context(), v.Actor, id, field, wish == "silence"); err != nil {
		return err
	}
	if wish == "silence" {
		s.done(w, "silenced."+field)
	} else {
		s.done(w, "taken-back")
	}
	http.Redirect(w, r, missingPath(id), http.StatusSeeOther)
	return nil
}

// StaffProfile is what staff see and decide about the profile of a record, and how
// complete the record is.
type StaffProfile struct {
	URL     string // the page; empty when it does not show
	State   ui.Tag
	Says    string
	Verbs   []ui.Choice
	Whole   string // "5 of 7 details are given"
	Missing bool
	Remind  bool // a reminder can be sent now
	Again   time.Time
}

func (s *Pages) staffProfile(r *http.Request, v ui.Visit, rec party.Record) (StaffProfile, error) {
	p := v.P
	profile, may, err := s.Profiles.ForStaff(r.Context(), v.Actor, rec.Party.ID)
	if err != nil {
		return StaffProfile{}, err
	}
	out := StaffProfile{}
	if profile.State != party.ProfileNone && profile.State != party.ProfileWithdrawn {
		out.State, _ = profileTag(p, profile.State)
		verb := func(text string, step party.ProfileStep) {
			out.Verbs = append(out.Verbs, ui.Choice{Text: text, Value: string(step)})
		}
		switch {
		case profile.State == party.ProfileHidden:
			verb(p.T("Show it again"), party.StepShow)
		case may && profile.State == party.ProfileShown:
			verb(p.T("Publish it"), party.StepPublish)
			verb(p.T("Hide it"), party.StepHide)
		case may && profile.State == party.ProfilePublished:
			verb(p.T("Take it out of the list"), party.StepUnlist)
			verb(p.T("Hide it"), party.StepHide)
		default:
			verb(p.T("Hide it"), party.StepHide)
		}
	}
	if profile.State.Visible() {
		out.URL = profilesPath + "/" + profile.Ref.String()
	}
	c, again, err := s.Records.Completeness(r.Context(), v.Actor, rec)
	if err != nil {
		return out, err
	}
	given := c.Asked - len(c.Gaps)
	out.Whole = p.T("{n} of {all} details that are asked for are given.", "n", given, "all", c.Asked)
	out.Missing = len(c.Gaps) > 0 && rec.Party.State == party.Claimed
	out.Remind, out.Again = out.Missing && !again.After(s.Clock.Now()), again
	return out, nil
}

func (s *Pages) setProfile(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	f, err := edge.DecodeForm(w, r, 1<<10)
	if err != nil {
		return err
	}
	what := party.ProfileStep(f.Choice("choice", string(party.StepPublish), string(party.StepUnlist), string(party.StepHide), string(party.StepShow)))
	if err := f.Err(); err != nil {
		return err
	}
	if err := s.Profiles.Set(r.Context(), withPurpose(r, v).Actor, id, what); err != nil {
		return err
	}
	s.done(w, "profile-"+string(what))
	http.Redirect(w, r, "/staff/people/"+id.String(), http.StatusSeeOther)
	return nil
}

func (s *Pages) remind(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	if err := emptyForm(w, r); err != nil {
		return err
	}
	if err := s.Records.Remind(r.Context(), withPurpose(r, v).Actor, id); err != nil {
		return err
	}
	s.done(w, "reminded")
	http.Redirect(w, r, "/staff/people/"+id.String(), http.StatusSeeOther)
	return nil
}
