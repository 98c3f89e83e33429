package admin

import (
	"context"
	"encoding/csv"
	"net/http"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Registers is what the pages about what is kept ask of the server.
type Registers interface {
	Kept(ctx context.Context) ([]habeas.Kept, error)
	Sources(ctx context.Context) ([]string, error)
	DataSets() []party.SetSchema
	// Processing refuses everybody who is no administrator.
	Processing(ctx context.Context, a habeas.Actor) (Processing, error)
	// ConsentCounts refuses everybody who is no administrator.
	ConsentCounts(ctx context.Context, a habeas.Actor) ([]account.ConsentCount, error)
}

const registerPath = "/admin/registers"

func (s *Pages) mountRegisters(m *edge.Mux) {
	s.Handle(m, ui.Anybody, "GET /policy", s.publicPolicy)
	s.mountPromises(m)
	s.Handle(m, ui.Administrator, "GET "+registerPath, s.registers)
	s.Handle(m, ui.Administrator, "GET "+registerPath+"/retention.csv", s.retentionFile)
}

// RegistersPage is the data of admin/registers.
type RegistersPage struct {
	Heading  ui.Heading
	Kept     ui.Table
	Consents ui.Table
}

func (s *Pages) registers(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	p := v.P
	kept, err := s.Registers.Kept(r.Context())
	if err != nil {
		return err
	}
	consents, err := s.Registers.ConsentCounts(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	page := RegistersPage{
		Heading: ui.Heading{
			Title:   p.T("Registers"),
			Lead:    p.T("What this server keeps, why, and until when, as the program carries it out; and what people have agreed to."),
			Actions: []ui.Link{{Text: p.T("Retention register as CSV"), URL: registerPath + "/retention.csv"}},
		},
		Kept: keptTable(p, kept),
		Consents: ui.Table{
			ID: "consents", Caption: p.T("Consent register"), Prose: true,
			Columns: []ui.Column{{Text: p.T("What was agreed to")}, {Text: p.T("Words"), Numeric: true}, {Text: p.T("In force"), Numeric: true}, {Text: p.T("Taken back"), Numeric: true}, {Text: p.T("Newest")}},
			Empty:   ui.Empty{Text: p.T("Nobody has been asked for consent yet. People find what they can agree to under Me → Your account → Agreed to; each decision has its receipt in their Activity.")},
		},
	}
	for _, c := range consents {
		title := string(c.Kind)
		if term, ok := account.Term(c.Kind); ok {
			title = p.T(term.Title) + ": " + p.T(term.Says)
		}
		page.Consents.Rows = append(page.Consents.Rows, []ui.Cell{
			{Text: title},
			{Text: p.T("version {n}", "n", c.Words)},
			{Text: p.Number(int64(c.Given))},
			{Text: p.Number(int64(c.Withdrawn))},
			{Text: p.DateTime(c.Newest, s.Zone())},
		})
	}
	return s.Render(w, r, http.StatusOK, "admin/registers", page)
}

func keptTable(p lang.Printer, kept []habeas.Kept) ui.Table {
	t := ui.Table{
		ID: "kept", Caption: p.T("Retention register"), Prose: true,
		Columns: []ui.Column{{Text: p.T("What")}, {Text: p.T("Why")}, {Text: p.T("Ground")}, {Text: p.T("Until when")}},
	}
	for _, k := range kept {
		t.Rows = append(t.Rows, []ui.Cell{{Text: p.T(k.What)}, {Text: p.T(k.Why)}, {Text: p.T(k.Basis)}, {Text: p.T(k.Until, "n", k.N)}})
	}
	return t
}

// retentionFile is the retention register for the organisation's own records of
// processing (GDPR article 30).
func (s *Pages) retentionFile(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	kept, err := s.Registers.Kept(r.Context())
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="retention-register-`+s.Clock.Now().Format(time.DateOnly)+`.csv"`)
	c := csv.NewWriter(w)
	_ = c.Write([]string{v.P.T("What"), v.P.T("Why"), v.P.T("Ground"), v.P.T("Until when")})
	for _, k := range kept {
		_ = c.Write([]string{v.P.T(k.What), v.P.T(k.Why), v.P.T(k.Basis), v.P.T(k.Until, "n", k.N)})
	}
	c.Flush() // the reader has gone; there is nobody to tell
	return nil
}

// PublicPolicy is the data of public/policy.
type PublicPolicy struct {
	Heading ui.Heading
	Contact string
	Why     string
	Sets    []PolicySet
	Sources []string
	Kept    ui.Table
	Claims  string // how a record is taken over
	Months  string
	Version string
	Offers  bool // programs
}

// PolicySet is a data set as the public page explains it.
type PolicySet struct {
	Label  string
	Fields []string
	Who    string
	Why    string // what it is held for, on what ground and how long
}

func (s *Pages) publicPolicy(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	p := v.P
	now, err := s.Policies.Current(r.Context())
	if err != nil {
		return err
	}
	kept, err := s.Registers.Kept(r.Context())
	if err != nil {
		return err
	}
	sources, err := s.Registers.Sources(r.Context())
	if err != nil {
		return err
	}
	page := PublicPolicy{
		Heading: ui.Heading{
			Title: p.T("What we keep about people"),
			Lead:  p.T("And what you can do about it. You need no account for most of it."),
		},
		Contact: now.Notices.Contact.In(p.Lang), Why: now.Notices.Why.In(p.Lang), Sources: sources, Kept: keptTable(p, kept),
		Offers: s.Downloads != nil,
		Months: p.Plural(now.Retention.Months, "A record that nobody claims goes {n} month after the last word about it.", "A record that nobody claims goes {n} months after the last word about it."),
	}
	if page.Contact == "" {
		page.Contact = s.Contact
	}
	page.Version = p.T("Version {n}: as this server came, nobody here has changed it yet.", "n", now.Version)
	if now.Version > 0 {
		page.Version = p.T("Version {n}, of {date}.", "n", now.Version, "date", p.Date(now.ChangedAt.In(s.Zone())))
	}
	switch now.Acquisition {
	case party.AcquireOff:
		page.Claims = p.T("To take over the record about you, come to us: we check that it is yours.")
	case party.AcquireByStaff:
		page.Claims = p.T("Prove your address, and somebody here looks before the record becomes yours.")
	case party.AcquireByConfirm:
		page.Claims = p.T("Prove your address by a mailed code, look at the masked record, and confirm that it is about you.")
	}
	for _, set := range s.Registers.DataSets() {
		page.Sets = append(page.Sets, policySet(p, now, set))
	}
	return s.Render(w, r, http.StatusOK, "public/policy", page)
}

func policySet(p lang.Printer, now party.Policy, set party.SetSchema) PolicySet {
	out := PolicySet{Label: p.T(set.Label), Who: p.T("You and staff."), Why: strings.TrimSpace(strings.Join([]string{p.T(set.Purpose), p.T(set.Basis.Words()), ui.KeptFor(p, set)}, " · "))}
	if set.Visibility == party.Public {
		out.Who = p.T("Everybody, unless you hide it.")
	} else if now.SystemMayRead(party.Party{State: party.Unclaimed}, set.Name) {
		out.Who = p.T("You and staff; connected systems until you have taken the record over.")
	}
	if set.StepUp {
		out.Who += " " + p.T("It opens to you with more than your address.")
	}
	for _, f := range set.Fields {
		out.Fields = append(out.Fields, p.T(f.Label))
	}
	return out
}
