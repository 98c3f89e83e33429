package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Health is what the pages about the server's health ask of it.
type Health interface {
	// State is how the server is doing now. It refuses everybody who is no administrator.
	State(ctx context.Context, a habeas.Actor) (State, error)
}

// State is the server at a glance. Nothing in it is about a person. What is not known
// is zero.
type State struct {
	Version string
	Started time.Time
	Now     time.Time // by the server's clock

	Searchable bool // search covers every record
	Records    int

	Lines    int64     // of the ledger that have their place
	Staged   int64     // lines that wait for their place
	Sealed   int64     // lines under the newest checkpoint
	SealedAt time.Time // when it was signed
	Newest   time.Time // when the newest line was written

	MailServer  bool // one is set
	NoticesLate int  // notices of legal demands that are overdue

	Waiting int // mails not sent yet
	GivenUp int // mails given up in the last 30 days

	Keys    int
	Erased  int  // keys destroyed since the beginning
	Erasing bool // a destroyed key may still be in free space of the key store

	Engine string // "SQLite", "PostgreSQL"
	Bytes  int64  // of the records' database

	Free, Total uint64 // bytes of the data directory's disk
	Disk        DiskLevel

	LinesLost int64 // of the session log, since the start
	LinesFail bool  // the last one was lost

	Backup    time.Time       // the last one
	Directory DirectoryHealth // whether somebody tells who works here

	BackupWithin time.Duration // how old it may be
	Overdue      int           // accounts that should be erased and are not

	Authorities []pki.Need // what somebody has to do at the machine of the root

	Certificate time.Time // end of the server's own; zero when it has none
}

// DiskLevel is where the free space of the disk stands.
type DiskLevel uint8

// The levels.
const (
	DiskRoomy DiskLevel = iota
	DiskLow             // below the first watermark
	DiskFull            // below the second: nothing new is taken in
)

const healthPath = "/admin/health"

func (s *Pages) mountHealth(m *edge.Mux) {
	s.Handle(m, ui.Administrator, "GET /admin", s.index)
	s.Handle(m, ui.Administrator, "GET "+healthPath, s.health)
}

// HealthPage is the data of admin/health.
type HealthPage struct {
	Heading ui.Heading
	Verdict ui.Notice
	Wrong   []Finding // wants somebody's attention, the worst first
	Right   []Finding
	Facts   []Fact
}

// Fact is a term and what it is here.
type Fact struct{ Term, Is string }

func (s *Pages) health(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	st, err := s.Health.State(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	p := v.P
	page := HealthPage{
		Heading: ui.Heading{Title: p.T("Health"), Lead: p.T("How this server is doing right now. Nothing here is about a person.")},
		Facts: []Fact{
			{p.T("Version"), st.Version},
			{p.T("Running since"), p.DateTime(st.Started, s.Zone())},
			{p.T("Database"), st.Engine},
			{p.T("Time zone of these pages"), s.Zone().String()},
		},
	}
	page.Wrong, page.Right = s.findings(p, st)
	page.Verdict = verdict(p, page.Wrong)
	return s.Render(w, r, http.StatusOK, "admin/health", page)
}

// IndexPage is the data of admin/index.
type IndexPage struct {
	Heading ui.Heading
	Verdict ui.Notice
	Groups  []DoorGroup
}

// DoorGroup is one group of the navigation with what its pages are for.
type DoorGroup struct {
	ID, Title string
	Doors     []Door
}

// Door leads to one of the pages of this area.
type Door struct{ Icon, Title, Text, URL string }

func (s *Pages) index(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	st, err := s.Health.State(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	p := v.P
	wrong, _ := s.findings(p, st)
	page := IndexPage{
		Heading: ui.Heading{Title: p.T("Look after this server")},
		Verdict: verdict(p, wrong),
		Groups: []DoorGroup{
			{"access", p.T("Access"), []Door{
				{"staff", p.T("People who work here"), p.T("Give and take away roles; close an account."), rolesPath},
				{"check", p.T("Sites of creators"), p.T("Which sites trusted entity creators act from."), sitesPath},
				{"system", p.T("Connected systems"), p.T("Programs that may say something about people."), systemsPath},
				{"eye", p.T("Who sees what"), p.T("Groups of staff, and the data sets that each sees and changes."), accessPath},
				{"cross", p.T("Blocks"), p.T("Keep an account or a network out until a day."), blocksPath},
				{"key", p.T("Revoke and delete"), p.T("Revoke somebody’s certificate, or delete an account whose address is dead."), interventionsPath},
				{"person", p.T("Directory"), p.T("Who works here now, as the directory of the organisation says."), directoryPath},
			}},
			{"privacy", p.T("Privacy"), []Door{
				{"history", p.T("Registers"), p.T("What is kept and until when, and what people have agreed to."), registerPath},
				{"copy", p.T("Record of processing"), p.T("What the law asks you to have at hand, always up to date."), processingPath},
				{"edit", p.T("Policy"), p.T("What this organisation has decided: who is told, how long unclaimed records stay."), policyPath},
				{"danger", p.T("Breaches"), p.T("When data got lost or into wrong hands: the 72 hours, and letters to those concerned."), breachesPath},
				{"forward", p.T("Releases of data"), p.T("When a court or somebody else asks for data about an account: ground, notice, decision."), releasesPath},
				{"key", p.T("Kept by law"), p.T("What has to outlive an erased record, and who read it."), keptPath},
			}},
			{"server", p.T("Server"), []Door{
				{"server", p.T("Health"), p.T("Is everything running, is there room, when was the last backup?"), healthPath},
				{"mail", p.T("Mail"), p.T("What became of the mails; send one to yourself."), deliveriesPath},
				{"seal", p.T("Session log"), p.T("What happened step by step when somebody signed in, claimed or entered, without saying who."), sessionsPath},
				{"history", p.T("Logs"), p.T("Sign-ins and contributions: read for a purpose, and seen by whose log it is."), logPath},
				{"same", p.T("Matching"), p.T("What finds duplicates, and what confirms a claim."), matchingPath},
			}},
		},
	}
	page.Verdict.Link = &ui.Link{Text: p.T("Look at the details"), URL: healthPath}
	return s.Render(w, r, http.StatusOK, "admin/index", page)
}
