package admin

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Directories is what the page about the directory asks of the server. Every method
// refuses everybody who is no administrator.
type Directories interface {
	// Standing is what is known of the directory.
	Standing(ctx context.Context, a habeas.Actor) (DirectoryStanding, error)
	// AskNow asks it, and waits for the answer.
	AskNow(ctx context.Context, a habeas.Actor) error
}

// DirectoryStanding is the directory at a glance.
type DirectoryStanding struct {
	Rule    account.Directory
	State   account.DirectoryState
	Health  DirectoryHealth
	People  []DirectoryPerson // who was granted a role
	Waiting int               // addresses that are permitted something and were granted nothing
	Lost    []DirectoryLoss   // newest first
}

// DirectoryHealth is whether the directory does what it is there for.
type DirectoryHealth struct {
	Source   account.DirectorySource
	Answered bool      // what is known of it counts
	Ends     time.Time // until when; zero: without an end
	Failure  string    // why the last question was not answered
	Silent   bool      // no connected system may say who works here
}

// DirectoryPerson is somebody who was granted a role, as the grant shows them.
type DirectoryPerson struct {
	Address   string
	Granted   []habeas.Role
	Permitted []habeas.Role
	Groups    []string // that they are in, of those that matter
	Exempt    bool     // needs no directory
}

// DirectoryLoss is a permission that ended.
type DirectoryLoss struct {
	Who   string // address or name; empty: somebody whom nobody here knows any more
	Group string // empty: the settings do not name it any more
	Role  habeas.Role
	At    time.Time
}

const directoryPath = "/admin/directory"

func (s *Pages) mountDirectory(m *edge.Mux) {
	s.Handle(m, ui.Administrator, "GET "+directoryPath, s.directoryPage)
	s.Handle(m, ui.Administrator, "POST "+directoryPath+"/ask", s.askDirectory)
}

// DirectoryPage is the data of admin/directory.
type DirectoryPage struct {
	Heading ui.Heading
	State   Finding
	Off     bool // there is none: what follows is empty
	Ask     string
	People  []ui.Line
	Waiting string
	Lost    []ui.Line
	Groups  []Fact
	Facts   []Fact
}

func (s *Pages) directoryPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	st, err := s.Directories.Standing(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	p := v.P
	page := DirectoryPage{
		Heading: ui.Heading{
			Title: p.T("Directory"),
			Lead:  p.T("Whether somebody works here now is decided by your organisation's directory. It permits roles and gives none: a role counts only while it is given here and the directory permits it."),
		},
		State: s.lookAtDirectory(p, State{Directory: st.Health}),
	}
	page.State.Link = nil // it leads here
	if page.Off = st.Rule.Source == account.DirectoryNone; page.Off {
		page.State = Finding{
			Weight: Fine, Part: p.T("No directory is set"), Text: p.T("Every role that is given counts until somebody takes it away."),
			Advice: p.T("To let your directory decide, write [directory] into habeas.toml: an LDAP directory that is asked, or SCIM, by which a system says who works here."),
		}
		return s.Render(w, r, http.StatusOK, "admin/directory", page)
	}
	if st.Rule.Source == account.DirectoryLDAP {
		page.Ask = directoryPath + "/ask"
	}
	for _, person := range st.People {
		page.People = append(page.People, directoryLine(p, person, st.Health.Answered))
	}
	if st.Waiting > 0 {
		page.Waiting = p.Plural(st.Waiting, "{n} more address is permitted a role and was given none: a permission that waits.", "{n} more addresses are permitted a role and were given none: permissions that wait.")
	}
	for _, l := range st.Lost {
		page.Lost = append(page.Lost, s.lossLine(p, l))
	}
	for _, g := range st.Rule.Groups {
		page.Groups = append(page.Groups, Fact{g.Name, ui.RoleName(p, g.Role)})
	}
	page.Facts = s.directoryFacts(p, st)
	return s.Render(w, s.directoryAsked(r, v, st), http.StatusOK, "admin/directory", page)
}

func (s *Pages) directoryFacts(p lang.Printer, st DirectoryStanding) []Fact {
	never := func(at time.Time) string {
		if at.IsZero() {
			return p.T("never")
		}
		return p.DateTime(at, s.Zone())
	}
	if st.Rule.Source == account.DirectorySCIM {
		return []Fact{{p.T("Who tells"), p.T("A connected system (SCIM 2.0)")}}
	}
	facts := []Fact{
		{p.T("Who tells"), p.T("An LDAP directory, asked every 15 minutes")},
		{p.T("Last asked"), never(st.State.AskedAt)},
		{p.T("Last answer"), never(st.State.AnsweredAt)},
	}
	if !st.Health.Ends.IsZero() {
		facts = append(facts, Fact{p.T("It counts until"), p.DateTime(st.Health.Ends, s.Zone())})
	}
	return facts
}

// directoryLine shows somebody with a role.
func directoryLine(p lang.Printer, person DirectoryPerson, answered bool) ui.Line {
	l := ui.Line{Icon: "staff", Text: person.Address, Note: p.T("Given: {roles}.", "roles", roleNames(p, person.Granted))}
	missing := len(person.Granted)
	for _, r := range person.Granted {
		for _, permitted := range person.Permitted {
			if r == permitted {
				missing--
			}
		}
	}
	switch {
	case person.Exempt:
		l.Tag = &ui.Tag{Kind: ui.TagProposal, Text: p.T("needs no directory")}
		l.Note += " " + p.T("The settings list this address, for when the directory is broken.")
		return l
	case !answered:
		l.Tag = &ui.Tag{Kind: ui.TagDanger, Text: p.T("unknown")}
	case missing == 0:
		l.Tag = &ui.Tag{Kind: ui.TagInfo, Text: p.T("permitted")}
	case len(person.Permitted) == 0:
		l.Tag = &ui.Tag{Kind: ui.TagDanger, Text: p.T("not permitted")}
	default:
		l.Tag = &ui.Tag{Kind: ui.TagDanger, Text: p.T("permitted in part")}
	}
	switch {
	case !answered: // what it said last counts no more, and is not shown as if it did
	case len(person.Groups) > 0:
		l.Note += " " + p.T("Groups: {groups}.", "groups", strings.Join(person.Groups, "; "))
	default:
		l.Note += " " + p.T("In none of the groups.")
	}
	return l
}

func (s *Pages) lossLine(p lang.Printer, l DirectoryLoss) ui.Line {
	out := ui.Line{Icon: "history", Text: l.Who, Note: p.T("Until {time}.", "time", p.DateTime(l.At, s.Zone()))}
	if out.Text == "" {
		out.Text = p.T("Somebody who has no role here any more")
	}
	if l.Group == "" {
		out.Note += " " + p.T("The settings do not name the group any more.")
		return out
	}
	out.Tag = &ui.Tag{Kind: ui.TagQuiet, Text: ui.RoleName(p, l.Role)}
	out.Note += " " + p.T("Group: {group}.", "group", l.Group)
	return out
}

func roleNames(p lang.Printer, roles []habeas.Role) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = ui.RoleName(p, r)
	}
	return strings.Join(names, ", ")
}

// directoryAsked says what came of asking.
func (s *Pages) directoryAsked(r *http.Request, v ui.Visit, st DirectoryStanding) *http.Request {
	f := ui.FrameOf(r)
	switch {
	case r.URL.Query().Get("asked") == "":
		return r
	case st.Health.Failure != "":
		f.Notices = append(f.Notices, ui.Notice{Kind: ui.NoticeWarning, Text: v.P.T("The directory was asked and did not answer.")})
	default:
		f.Notices = append(f.Notices, ui.Notice{Kind: ui.NoticeDone, Text: v.P.T("The directory has answered. What it says counts already.")})
	}
	return ui.WithFrame(r, f)
}

func (s *Pages) askDirectory(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	if err := emptyForm(w, r); err != nil {
		return err
	}
	if err := s.Directories.AskNow(r.Context(), v.Actor); err != nil {
		return err
	}
	http.Redirect(w, r, directoryPath+"?asked=1", http.StatusSeeOther)
	return nil
}

// lookAtDirectory says how the directory is doing; without one there is nothing to say.
func (s *Pages) lookAtDirectory(p lang.Printer, st State) Finding {
	d := st.Directory
	f := Finding{Weight: Fine, Part: p.T("Directory")}
	switch d.Source {
	case account.DirectoryNone:
		return Finding{}
	case account.DirectorySCIM:
		f.Text = p.T("A connected system says who works here.")
		if d.Silent {
			f.Weight, f.Text = Grim, p.T("No connected system may say who works here, so nobody hears of whoever leaves.")
			f.Advice = p.T("Connect one on “Connected systems”, for the staff of this organisation. What was said before counts on meanwhile.")
		}
		return f
	case account.DirectoryLDAP:
	}
	why := p.T(directoryWords[d.Failure])
	switch {
	case !d.Answered && d.Failure == "":
		f.Weight, f.Text = Grim, p.T("The directory was not asked for too long, so nobody's role counts any more.")
		f.Advice = p.T("Press “Ask now” on the page “Directory”, and look into the server's log.")
	case !d.Answered:
		f.Weight, f.Text, f.Advice = Grim, p.T("The directory does not answer, so nobody's role counts any more.")+" "+why, p.T("Only addresses that the settings exempt come in. It is asked again each minute; once it answers, all is as before.")
	case d.Failure != "":
		f.Weight, f.Text = Grim, p.T("The directory does not answer. What it said last counts until {time}; then nobody's role does.", "time", p.DateTime(d.Ends, s.Zone()))+" "+why
		f.Advice = p.T("It is asked again each minute. “habeas doctor” tells more.")
	default:
		f.Text = p.T("The directory answers.")
	}
	if f.Weight != Fine {
		f.Link = &ui.Link{Text: p.T("Directory"), URL: directoryPath}
	}
	return f
}

// directoryWords say why a directory did not answer; their keys are those of
// internal/directory.
var directoryWords = map[string]string{
	"":       "",
	"down":   lang.Mark("Nobody answers at its address."),
	"tls":    lang.Mark("It does not prove by TLS that it is the one of the settings: look at its certificate."),
	"bind":   lang.Mark("It does not let this server ask: look at bind_dn and the password."),
	"answer": lang.Mark("It refuses the question: look at base, filters and what this server may read."),
}
