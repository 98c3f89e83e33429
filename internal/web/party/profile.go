package party

import (
	"context"
	"net/http"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Profiles is what the pages about public profiles ask of the server (PTY-6).
type Profiles interface {
	// Ref names the profile of a record in public addresses.
	Ref(id habeas.PartyID) party.Reference
	// Look returns what everybody may see under a name. Where there is nothing to see, for
	// whatever reason, the answer is the same NotFound.
	Look(ctx context.Context, ref party.Reference) (party.Profile, error)
	// Search lists the published ones by name, offset of them left out, and counts all that
	// fit; subjects are those by which the list can be cut down.
	Search(ctx context.Context, query, subject string, offset, limit int) (found []party.Profile, total int, subjects []party.Subjects, err error)

	// Mine is the profile of one of the actor's records, whatever its state: as it shows,
	// and with all that it could show.
	Mine(ctx context.Context, a habeas.Actor, id habeas.PartyID) (shown, whole party.Profile, err error)
	// Choose says what of it does not show.
	Choose(ctx context.Context, a habeas.Actor, id habeas.PartyID, shut []string) error
	Publish(ctx context.Context, a habeas.Actor, id habeas.PartyID, what party.Publication) error

	// ForStaff is the profile of a record as it stands, and whether staff may publish it.
	ForStaff(ctx context.Context, a habeas.Actor, id habeas.PartyID) (p party.Profile, may bool, err error)
	Set(ctx context.Context, a habeas.Actor, id habeas.PartyID, what party.ProfileStep) error
}

const (
	profilesPath = "/people"
	// profilesShown is how many profiles a page of the list shows.
	profilesShown = 24
	// subjectsShown is how many subjects are offered beside it.
	subjectsShown = 30
	maxQuery      = 100
)

func (s *Pages) mountProfile(m *edge.Mux) {
	s.Handle(m, ui.Anybody, "GET "+profilesPath, s.Limited(s.profiles))
	s.Handle(m, ui.Anybody, "GET "+profilesPath+"/{ref}", s.profile)
	s.mountMyProfile(m)
	s.mountMissing(m)
	s.Handle(m, ui.Staff, "POST /staff/people/{id}/profile", onParty(s.setProfile))
	s.Handle(m, ui.Staff, "POST /staff/people/{id}/remind", onParty(s.remind))
}

// ProfilePage is the data of public/profile: what a record shows to everybody.
type ProfilePage struct {
	Name     string
	Headline string
	About    []string // paragraphs
	Subjects []ui.Link
	Now      []AttachedRow // what the person is attached to: the module taught
	Past     []AttachedRow
	Rest     []HeldField // other public fields
	Claimed  bool        // its person keeps it
	Mine     string      // where its reader, who is the person, decides about it
	Claim    string      // where somebody who is the person makes the record theirs
	Preview  bool
	Linked   map[string]any // the same for programs: schema.org as JSON-LD
}

// AttachedRow is one thing that a person is attached to.
type AttachedRow struct{ Title, Role, When, System string }

// noIndex asks search engines to leave a page out.
func noIndex(w http.ResponseWriter) { w.Header().Set("X-Robots-Tag", "noindex") }

func (s *Pages) profile(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	noIndex(w) // also what is not there
	ref, err := party.ParseReference("ref", r.PathValue("ref"))
	if err != nil {
		return habeas.NotFound("There is no public profile here.").WithCode("profile.none")
	}
	p, err := s.Profiles.Look(r.Context(), ref)
	if err != nil {
		return err
	}
	if p.Ref != ref { // its record went into another one
		http.Redirect(w, r, profilesPath+"/"+p.Ref.String(), http.StatusSeeOther)
		return nil
	}
	if p.State == party.ProfilePublished {
		w.Header().Del("X-Robots-Tag")
	}
	page := s.profilePage(v, p)
	switch {
	case !v.Account.IsZero() && p.Account == v.Account:
		page.Mine = myProfile(p.Party)
	case p.Account.IsZero() && v.Account.IsZero():
		page.Claim = "/join"
	case p.Account.IsZero():
		page.Claim = "/me"
	}
	return s.Render(w, r, http.StatusOK, "public/profile", page)
}

// profilePage arranges a profile for its readers.
func (s *Pages) profilePage(v ui.Visit, p party.Profile) ProfilePage {
	page := ProfilePage{Name: p.Name, Claimed: !p.Account.IsZero(), Linked: s.linked(p)}
	for _, set := range p.Sets {
		for _, f := range set.Fields {
			text := f.Current.Text
			switch f.Schema.Name {
			case "headline":
				page.Headline = text
			case "about":
				page.About = paragraphs(text)
			case "subjects":
				for _, subject := range party.SplitList(text) {
					page.Subjects = append(page.Subjects, ui.Link{Text: subject, URL: subjectURL(subject)})
				}
			default:
				page.Rest = append(page.Rest, HeldField{Label: v.P.T(f.Schema.Label), Now: HeldValue{Text: ui.Shown(v.P, f.Schema.Type, text)}})
			}
		}
	}
	for _, a := range p.Attached {
		row := AttachedRow{Title: a.Title, Role: a.Role, When: s.during(v.P, a), System: a.System}
		if a.Past {
			page.Past = append(page.Past, row)
		} else {
			page.Now = append(page.Now, row)
		}
	}
	return page
}

// during says when something is: in the words of the system, or from its dates.
func (s *Pages) during(p lang.Printer, a party.Attachment) string {
	switch {
	case a.Term != "":
		return a.Term
	case a.Starts != "" && a.Ends != "":
		return s.moment(p, a.Starts) + " – " + s.moment(p, a.Ends)
	case a.Starts != "":
		return s.moment(p, a.Starts)
	}
	return ""
}

// linked says the same in the vocabulary of schema.org. It stands in the page as data, not
// as a script: browsers do not run it, so the policy of content allows none and needs none.
func (s *Pages) linked(p party.Profile) map[string]any {
	kind := "Person"
	if p.Kind == party.Organisation {
		kind = "Organization"
	}
	out := map[string]any{
		"@context": "https://schema.org", "@type": kind, "name": p.Name, "url": s.Origin.URL(profilesPath + "/" + p.Ref.String()),
	}
	for name, text := range map[string]string{"jobTitle": p.Text("profile", "headline"), "description": p.Text("profile", "about")} {
		if text != "" && (name != "jobTitle" || kind == "Person") {
			out[name] = text
		}
	}
	if subjects := party.SplitList(p.Text("profile", "subjects")); len(subjects) > 0 {
		out["knowsAbout"] = subjects
	}
	var events []map[string]any
	for _, a := range p.Attached {
		event := map[string]any{"@type": "Event", "name": a.Title}
		for name, text := range map[string]string{"startDate": a.Starts, "endDate": a.Ends} {
			if text != "" {
				event[name] = text
			}
		}
		if a.Role != "" {
			event = map[string]any{"@type": "Role", "roleName": a.Role, "performerIn": event}
		}
		events = append(events, event)
	}
	if events != nil {
		out["performerIn"] = events
	}
	return out
}

// paragraphs splits text at empty lines.
func paragraphs(text string) []string {
	var out []string
	for part := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}
