package admin

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Policies is what the policy page asks of the server. Change and History refuse
// everybody who is no administrator.
type Policies interface {
	Current(ctx context.Context) (party.Policy, error)
	Change(ctx context.Context, a habeas.Actor, to party.Policy) (party.Policy, error)
	History(ctx context.Context, a habeas.Actor, limit int) ([]PolicyChange, error)
	// Overdue counts the unclaimed records whose time would be over under a retention.
	Overdue(ctx context.Context, a habeas.Actor, r party.RetentionPolicy) (int, error)
}

// PolicyChange is one version with what it changed.
type PolicyChange struct {
	Policy  party.Policy
	Changed map[string]string // by field: "24 → 36", or "changed"
}

const (
	policyPath   = "/admin/policy"
	policyForm   = 64 << 10 // bytes
	policyLength = 1000     // characters of one text
	policyShown  = 20       // versions
)

func (s *Pages) mountPolicy(m *edge.Mux) {
	s.Handle(m, ui.Administrator, "GET "+policyPath, s.policyPage)
	s.Handle(m, ui.Administrator, "POST "+policyPath, s.changePolicy)
	s.Handle(m, ui.Administrator, "POST "+policyPath+"/back", s.putBackPolicy)
}

// PolicyPage is the data of admin/policy.
type PolicyPage struct {
	Heading ui.Heading
	Form    ui.Form
	Overdue string
	History ui.Table
}

func (s *Pages) policyData(r *http.Request, v ui.Visit, shown party.Policy) (PolicyPage, error) {
	p := v.P
	history, err := s.Policies.History(r.Context(), v.Actor, policyShown)
	if err != nil {
		return PolicyPage{}, err
	}
	overdue, err := s.Policies.Overdue(r.Context(), v.Actor, shown.Retention)
	if err != nil {
		return PolicyPage{}, err
	}
	page := PolicyPage{
		Heading: ui.Heading{
			Title:   p.T("Policy"),
			Lead:    p.T("What this organisation has decided about other people's data. Everybody can read it; each change stands in the ledger."),
			Actions: []ui.Link{{Text: p.T("See the public page"), URL: "/policy"}, {Text: p.T("Which fields match"), URL: matchingPath}},
		},
		Form: ui.Form{
			Action: policyPath, Hidden: []ui.Hidden{{Name: "version", Value: strconv.FormatInt(shown.Version, 10)}},
			Controls: s.policyControls(p, shown), Submit: p.T("Put into force"),
			Next: p.T("It holds at once. You can put an earlier version back at any time."),
		},
		Overdue: p.T("With this, no unclaimed record is past its time."),
		History: ui.Table{
			ID: "history", Caption: p.T("Versions, the newest first"),
			Columns: []ui.Column{{Text: p.T("Version"), Numeric: true}, {Text: p.T("When")}, {Text: p.T("What changed")}},
			Empty:   ui.Empty{Text: p.T("Nobody has changed anything yet: the careful defaults hold.")},
		},
	}
	if overdue > 0 {
		page.Overdue = p.Plural(overdue, "With this, {n} unclaimed record is past its time: its person is told first, and it goes after the warning.",
			"With this, {n} unclaimed records are past their time: their people are told first, and they go after the warning.")
	}
	for _, c := range history {
		page.History.Rows = append(page.History.Rows, []ui.Cell{
			{Text: p.Number(c.Policy.Version)}, {Text: p.DateTime(c.Policy.ChangedAt, s.Zone())}, {Text: changedWords(c.Changed)},
		})
	}
	return page, nil
}

// changedWords lists what changed; the names are those of the settings, as in the ledger.
func changedWords(changed map[string]string) string {
	var out []string
	for name, how := range changed {
		out = append(out, name+": "+how)
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

func (s *Pages) policyControls(p lang.Printer, now party.Policy) []ui.Control {
	acquire := ui.Control{
		Kind: ui.ControlRadio, Name: "acquisition", Label: p.T("How people take over the record about them"), Value: string(now.Acquisition),
		Hint: p.T("A record is found by its e-mail address. Addresses are mistyped and handed on, so whoever proves one need not be the person."),
	}
	for _, c := range party.AcquisitionChoices() {
		acquire.Options = append(acquire.Options, ui.Option{Value: c.Value, Text: p.T(c.Label), Hint: p.T(c.Explain)})
	}
	controls := []ui.Control{
		{Kind: ui.ControlHeading, Label: p.T("Claims")},
		acquire,
		{
			Kind: ui.ControlNumber, Name: "coming_of_age", Label: p.T("Age at which people decide alone"), Value: strconv.Itoa(now.OfAge()), InputMode: "numeric",
			Hint: p.T("Until then a guardian may act for a child, where staff have appointed one. Between {min} and {max}.", "min", party.MinComingOfAge, "max", party.MaxComingOfAge),
		},
		{Kind: ui.ControlHeading, Label: p.T("Telling people")},
		{
			Kind: ui.ControlCheckbox, Name: "off", Value: "on", Label: p.T("Do not tell people that something is held about them"), Checked: now.Notices.Off,
			Hint: p.T("People without an account are told by mail, within a month of the first entry. Switch it off only where they know already."),
		},
		{
			Kind: ui.ControlTextarea, Name: "why_not", Label: p.T("Why they are not told"), Value: now.Notices.WhyNot, Optional: true, MaxLength: policyLength,
			Hint: p.T("The law asks for the reason. It is kept with the policy."),
		},
		{
			Kind: ui.ControlNumber, Name: "delay_days", Label: p.T("Days before the mail goes out"), Value: strconv.Itoa(now.Notices.DelayDays), InputMode: "numeric",
			Hint: p.T("Time to mend slips first. At most {max}.", "max", party.MaxDelayDays),
		},
		{Kind: ui.ControlSelect, Name: "language", Label: p.T("Language where the record names none"), Value: now.Notices.Language, Options: languages(p)},
	}
	for _, l := range party.PolicyLanguages {
		name := languageName(p, l)
		controls = append(controls,
			ui.Control{Kind: ui.ControlTextarea, Name: "why_" + l, Label: p.T("Why data is kept, in the mail ({language})", "language", name), Value: now.Notices.Why[l], Optional: true, MaxLength: policyLength},
			ui.Control{Name: "contact_" + l, Label: p.T("Whom to ask, in the mail ({language})", "language", name), Value: now.Notices.Contact[l], Optional: true, MaxLength: policyLength})
	}
	controls = append(controls,
		ui.Control{Kind: ui.ControlHeading, Label: p.T("How long unclaimed records are kept")},
		ui.Control{Kind: ui.ControlNumber, Name: "months", Label: p.T("Months that an unclaimed record is kept after the last word about it"), Value: strconv.Itoa(now.Retention.Months), InputMode: "numeric"},
		ui.Control{Kind: ui.ControlNumber, Name: "warn_days", Label: p.T("Days between the warning and the erasure"), Value: strconv.Itoa(now.Retention.WarnDays), InputMode: "numeric"})
	controls = append(controls, tellingControls(p, now)...)
	controls = append(controls, ui.Control{
		Kind: ui.ControlHeading, Label: p.T("What connected systems may read of unclaimed records"),
		Hint: p.T("A system to which a data set is opened can notice when a record stops being readable: its person has claimed it, restricted it or had it erased. Open only what systems need; with nothing open they learn none of this."),
	})
	for _, set := range s.Registers.DataSets() {
		controls = append(controls, ui.Control{
			Kind: ui.ControlCheckbox, Name: "set_" + set.Name, Value: "on", Checked: slices.Contains(now.Unclaimed, set.Name), Label: p.T(set.Label),
		})
	}
	return controls
}

// tellingControls are those of digests and of public profiles.
func tellingControls(p lang.Printer, now party.Policy) []ui.Control {
	return []ui.Control{
		{Kind: ui.ControlHeading, Label: p.T("Mails about who looked"), Hint: p.T("People choose themselves how often they get them.")},
		{Name: "zone", Label: p.T("Time zone"), Value: now.Digests.Zone, MaxLength: 60, Hint: p.T("As in Europe/Madrid or America/Lima.")},
		{Kind: ui.ControlNumber, Name: "hour", Label: p.T("Hour of the day at which they go out"), Value: strconv.Itoa(now.Digests.Hour), InputMode: "numeric"},
		{Kind: ui.ControlHeading, Label: p.T("Public profiles")},
		{
			Kind: ui.ControlCheckbox, Name: "staff_publish", Value: "on", Checked: now.StaffPublish, Label: p.T("Staff may publish the profile of somebody who has not claimed it"),
			Hint: p.T("Without it such a profile shows to whoever has its address, and search engines are asked to leave it out. Whoever claims a record decides about its profile."),
		},
	}
}

func languages(p lang.Printer) []ui.Option {
	var out []ui.Option
	for _, l := range party.PolicyLanguages {
		out = append(out, ui.Option{Value: l, Text: languageName(p, l)})
	}
	return out
}

func languageName(p lang.Printer, tag string) string {
	if tag == "es" {
		return p.T("Spanish")
	}
	return p.T("English")
}

func (s *Pages) policyPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	now, err := s.Policies.Current(r.Context())
	if err != nil {
		return err
	}
	page, err := s.policyData(r, v, now)
	if err != nil {
		return err
	}
	if r.URL.Query().Has("changed") && now.Version > 0 {
		f := ui.FrameOf(r)
		f.Undo = &ui.Undo{
			Text: v.P.T("Version {n} of the policy is in force.", "n", now.Version), Action: policyPath + "/back",
			Hidden: []ui.Hidden{{Name: "version", Value: strconv.FormatInt(now.Version, 10)}},
		}
		r = ui.WithFrame(r, f)
	}
	return s.Render(w, r, http.StatusOK, "admin/policy", page)
}

// typedPolicy reads the form. What it does not show stays as it is.
func (s *Pages) typedPolicy(f *edge.Form, now party.Policy) party.Policy {
	to := now
	version, err := strconv.ParseInt(f.Required("version", 20), 10, 64)
	if err != nil {
		version = -1 // of no policy: somebody else was quicker
	}
	to.Version = version
	to.Acquisition = party.Acquisition(f.Choice("acquisition", string(party.AcquireByConfirm), string(party.AcquireByStaff), string(party.AcquireOff)))
	if f.Typed("coming_of_age") != "" {
		to.ComingOfAge = f.Int("coming_of_age", party.MinComingOfAge, party.MaxComingOfAge)
	}
	to.Notices = party.NoticePolicy{
		Off: f.Bool("off"), WhyNot: strings.TrimSpace(f.Text("why_not", policyLength)),
		DelayDays: f.Int("delay_days", 0, party.MaxDelayDays), Language: f.Choice("language", party.PolicyLanguages...),
		Why: party.Texts{}, Contact: party.Texts{},
	}
	for _, l := range party.PolicyLanguages {
		if text := strings.TrimSpace(f.Text("why_"+l, policyLength)); text != "" {
			to.Notices.Why[l] = text
		}
		if text := f.String("contact_"+l, policyLength); text != "" {
			to.Notices.Contact[l] = text
		}
	}
	to.Retention = party.RetentionPolicy{Months: f.Int("months", 1, 120), WarnDays: f.Int("warn_days", 14, 180)}
	to.Digests = party.DigestPolicy{Zone: f.Required("zone", 60), Hour: f.Int("hour", 0, 23)}
	to.StaffPublish = f.Bool("staff_publish")
	to.Unclaimed = nil
	for _, set := range s.Registers.DataSets() {
		if f.Bool("set_" + set.Name) {
			to.Unclaimed = append(to.Unclaimed, set.Name)
		}
	}
	return to
}

func (s *Pages) changePolicy(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, policyForm)
	if err != nil {
		return err
	}
	now, err := s.Policies.Current(r.Context())
	if err != nil {
		return err
	}
	to := s.typedPolicy(f, now)
	if err = f.Err(); err == nil {
		_, err = s.Policies.Change(r.Context(), v.Actor, to)
	}
	if err == nil {
		http.Redirect(w, r, policyPath+"?changed", http.StatusSeeOther)
		return nil
	}
	page, pageErr := s.policyData(r, v, now)
	if pageErr != nil {
		return pageErr
	}
	return s.Again(w, r, v, err, "admin/policy", &page, &page.Form, f)
}

// putBackPolicy takes back a version: the one before it becomes the next one.
func (s *Pages) putBackPolicy(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, policyForm)
	if err != nil {
		return err
	}
	version := f.Int("version", 1, 1<<30)
	if err := f.Err(); err != nil {
		return err
	}
	history, err := s.Policies.History(r.Context(), v.Actor, 2)
	if err != nil {
		return err
	}
	if len(history) == 0 || history[0].Policy.Version != int64(version) {
		return party.ErrPolicyMoved
	}
	before := party.DefaultPolicy()
	if len(history) > 1 {
		before = history[1].Policy
	}
	before.Version = history[0].Policy.Version
	if _, err := s.Policies.Change(r.Context(), v.Actor, before); err != nil {
		return err
	}
	http.Redirect(w, r, policyPath, http.StatusSeeOther)
	return nil
}
