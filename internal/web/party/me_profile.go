package party

import (
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// myProfile is where the person of a record decides about its profile.
func myProfile(id habeas.PartyID) string { return "/me/records/" + id.String() + "/profile" }

func (s *Pages) mountMyProfile(m *edge.Mux) {
	s.Handle(m, ui.SignedIn, "GET /me/records/{id}/profile", onParty(s.myProfile))
	s.Handle(m, ui.SignedIn, "POST /me/records/{id}/profile", onParty(s.chooseProfile))
	s.Handle(m, ui.SignedIn, "POST /me/records/{id}/profile/{what}", onParty(s.publishProfile))
}

// MyProfilePage is the data of me/profile: what everybody sees, and who decides it.
type MyProfilePage struct {
	Heading ui.Heading
	State   ui.Tag
	Says    string // what the state means
	Hidden  bool   // by staff
	Nothing bool   // no public field says anything yet
	Verbs   []ui.Choice
	Action  string
	Fields  []ShowField
	Edit    ui.Link
	View    *ui.Link // the page itself, when it shows
	Preview ProfilePage
}

// ShowField is one thing that shows or does not.
type ShowField struct {
	Name, Label, Text string
	Shown             bool
}

func (s *Pages) myProfile(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	shown, whole, err := s.Profiles.Mine(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	r, key, was := s.withDone(w, r, v)
	if key == "withdrawn" {
		f := ui.FrameOf(r)
		f.Undo = &ui.Undo{Text: v.P.T("Your profile is off the web."), Action: myProfile(id) + "/" + undoOf(was)}
		r = ui.WithFrame(r, f)
	}
	return s.Render(w, r, http.StatusOK, "me/profile", s.myProfilePage(v, id, shown, whole))
}

// undoOf is the step that takes a withdrawal back.
func undoOf(was string) string {
	if was == string(party.Publish) {
		return was
	}
	return string(party.Undecided)
}

func (s *Pages) myProfilePage(v ui.Visit, id habeas.PartyID, shown, whole party.Profile) MyProfilePage {
	p := v.P
	page := MyProfilePage{
		Heading: ui.Heading{
			Title: p.T("Your public profile"), Lead: p.T("You decide whether it shows, and what of it."),
			Back: &ui.Link{Text: p.T("Back to the record"), URL: "/me/records/" + id.String()},
		},
		Hidden: shown.State == party.ProfileHidden, Nothing: len(whole.Sets) == 0, Action: myProfile(id), Preview: s.profilePage(v, shown),
		Edit: ui.Link{Text: p.T("Change what it says"), URL: "/me/records/" + id.String() + "/edit/profile"},
	}
	page.Preview.Preview, page.Preview.Linked = true, nil
	page.State, page.Says = profileTag(p, shown.State)
	publish := ui.Choice{Text: p.T("Publish it"), Value: string(party.Publish)}
	withdraw := ui.Choice{Text: p.T("Take it off the web"), Value: string(party.Withdraw)}
	switch shown.State {
	case party.ProfilePublished:
		page.Verbs = []ui.Choice{withdraw}
	case party.ProfileShown:
		page.Verbs = []ui.Choice{publish, withdraw}
	case party.ProfileWithdrawn:
		page.Verbs = []ui.Choice{publish}
	case party.ProfileHidden, party.ProfileNone:
	}
	if shown.State.Visible() {
		page.View = &ui.Link{Text: p.T("Open the page"), URL: profilesPath + "/" + shown.Ref.String()}
	}
	page.Fields = showFields(p, shown, whole)
	return page
}

func profileTag(p lang.Printer, state party.ProfileState) (ui.Tag, string) {
	switch state {
	case party.ProfilePublished:
		return ui.Tag{Kind: ui.TagYours, Text: p.T("published")}, p.T("Everybody can find it: in the list of profiles here, and by search engines.")
	case party.ProfileShown:
		return ui.Tag{Kind: ui.TagInfo, Text: p.T("shows")}, p.T("Whoever has its address sees it. It is in no list, and search engines are asked to leave it out.")
	case party.ProfileWithdrawn:
		return ui.Tag{Kind: ui.TagQuiet, Text: p.T("off the web")}, p.T("Nobody sees it but you.")
	case party.ProfileHidden:
		return ui.Tag{Kind: ui.TagDanger, Text: p.T("hidden by staff")}, p.T("Staff have taken it off the web. Ask them why; they can show it again.")
	case party.ProfileNone:
	}
	return ui.Tag{Kind: ui.TagQuiet, Text: p.T("does not show")}, p.T("There is nothing to show yet.")
}

// showFields are the things that could show, with whether they do.
func showFields(p lang.Printer, shown, whole party.Profile) []ShowField {
	var out []ShowField
	shut := func(name string) bool {
		for _, n := range shown.Shut {
			if n == name {
				return true
			}
		}
		return false
	}
	for _, set := range whole.Sets {
		for _, f := range set.Fields {
			name := set.Schema.Name + "." + f.Schema.Name
			out = append(out, ShowField{Name: name, Label: p.T(f.Schema.Label), Text: f.Current.Text, Shown: !shut(name)})
		}
	}
	if len(whole.Attached) > 0 {
		var titles []string
		for _, a := range whole.Attached {
			titles = append(titles, a.Title)
		}
		out = append(out, ShowField{
			Name: party.ShowAttached, Label: p.T("What you teach and take part in"), Text: join(p, titles), Shown: !shut(party.ShowAttached),
		})
	}
	return out
}

func (s *Pages) chooseProfile(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	f, err := edge.DecodeForm(w, r, maxRecordForm)
	if err != nil {
		return err
	}
	_, whole, err := s.Profiles.Mine(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	var shut []string
	for _, one := range showFields(v.P, party.Profile{}, whole) {
		if !f.Bool("show." + one.Name) {
			shut = append(shut, one.Name)
		}
	}
	if err := f.Err(); err != nil {
		return err
	}
	if err := s.Profiles.Choose(r.Context(), v.Actor, id, shut); err != nil {
		return err
	}
	s.done(w, "profile-chosen")
	http.Redirect(w, r, myProfile(id), http.StatusSeeOther)
	return nil
}

func (s *Pages) publishProfile(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	if err := emptyForm(w, r); err != nil {
		return err
	}
	what := party.Publication(r.PathValue("what"))
	key := map[party.Publication]string{party.Publish: "published", party.Withdraw: "withdrawn", party.Undecided: "undone"}[what]
	if key == "" {
		return habeas.NotFound("There is no such page.").WithCode("page.none")
	}
	shown, _, err := s.Profiles.Mine(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	if err := s.Profiles.Publish(r.Context(), v.Actor, id, what); err != nil {
		return err
	}
	if what == party.Withdraw && shown.State == party.ProfilePublished {
		key += "." + string(party.Publish)
	}
	s.done(w, key)
	http.Redirect(w, r, myProfile(id), http.StatusSeeOther)
	return nil
}
