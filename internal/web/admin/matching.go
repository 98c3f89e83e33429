package admin

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strconv"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

const matchingPath = "/admin/matching"

// Trials try a choice of matching fields without putting it into force.
type Trials interface {
	// Try begins a dry run, and Forget drops the last one; both refuse everybody who is no
	// administrator.
	Try(ctx context.Context, a habeas.Actor, m party.Matching) error
	Forget(a habeas.Actor) error
	// Trial is how far it is, or what it found.
	Trial() party.Trial
}

func (s *Pages) mountMatching(m *edge.Mux) {
	s.Handle(m, ui.Administrator, "GET "+matchingPath, s.matchingPage)
	s.Handle(m, ui.Administrator, "POST "+matchingPath+"/try", s.tryMatching)
	s.Handle(m, ui.Administrator, "POST "+matchingPath+"/forget", s.forgetMatching)
	s.Handle(m, ui.Administrator, "POST "+matchingPath, s.changeMatching)
}

// MatchingPage is the data of admin/matching.
type MatchingPage struct {
	Heading ui.Heading
	Form    ui.Form
	Fields  []FieldName
	Running *ui.Progress
	Failed  bool
	Tried   bool // the choice that the form shows was tried, and is not in force
	Effects []string
	Joining []ExamplePair
	Leaving []ExamplePair
	Version int64
	When    string // the trial was made: what is put into force is what was seen
}

// FieldName is how the form names a field, and how people call it.
type FieldName struct{ Name, Label string }

// ExamplePair is two records. They lead to their pages where the reader may open these.
type ExamplePair struct{ One, Other ui.Link }

func (s *Pages) matchingPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	now, err := s.Policies.Current(r.Context())
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "admin/matching", s.matchingData(v, now))
}

func (s *Pages) matchingData(v ui.Visit, now party.Policy) MatchingPage {
	p := v.P
	page := MatchingPage{Version: now.Version, Fields: s.fieldNames(p, party.FindFields()), Heading: ui.Heading{
		Title: p.T("Which fields match"),
		Lead:  p.T("What finds duplicates, and what confirms that somebody takes over a record: two choices. Try one before it is put into force."),
	}}
	shown, t := now.Matching, s.Trials.Trial()
	switch {
	case t.Running:
		shown = t.Matching
		page.Running = &ui.Progress{
			Title: p.T("The choice is being tried on all records"), Done: int(100 * t.Done), Total: 100,
			Unit:  p.T("{percent} %", "percent", int(100*t.Done)),
			Leave: p.T("You may leave this page."), Reload: matchingPath,
		}
	case t.Failed:
		shown, page.Failed = t.Matching, true
	case t.Over() && !reflect.DeepEqual(t.Matching, now.Matching):
		shown, page.Tried = t.Matching, true
		page.When = strconv.FormatInt(t.Ended.UnixNano(), 10)
		page.Effects = effects(p, t)
		page.Joining, page.Leaving = examples(v, t.Examples), examples(v, t.Leaving)
	}
	page.Form = ui.Form{
		Action: matchingPath + "/try", Controls: s.matchingControls(p, shown), Submit: p.T("Try this choice"),
		Next: p.T("Nothing changes yet: you see what would change, with examples, and decide then."),
	}
	return page
}

// fieldNames are fields with what people call them.
func (s *Pages) fieldNames(p lang.Printer, names []string) (out []FieldName) {
	for _, set := range s.Registers.DataSets() {
		for _, f := range set.Fields {
			if name := set.Name + "." + f.Name; slices.Contains(names, name) {
				out = append(out, FieldName{name, p.T("{set}: {field}", "set", p.T(set.Label), "field", p.T(f.Label))})
			}
		}
	}
	return out
}

// effects says in numbers what would change.
func effects(p lang.Printer, t party.Trial) []string {
	out := []string{
		p.Plural(t.Added, "{n} pair would join the queue of duplicates", "{n} pairs would join the queue of duplicates"),
		p.Plural(t.Dropped, "{n} pair that waits would leave it", "{n} pairs that wait would leave it"),
		p.Plural(t.Kept, "{n} pair would go on waiting", "{n} pairs would go on waiting"),
	}
	change := func(what string, was, is int) {
		if was != is {
			out = append(out, p.T(what, "was", p.Number(int64(was)), "is", p.Number(int64(is))))
		}
	}
	change(lang.Mark("Unclaimed records whose person must show more than the address: {was} now, {is} then"), t.Now.Evidence, t.Claims.Evidence)
	change(lang.Mark("Of these without a membership number, so that only a code on paper helps: {was} now, {is} then"), t.Now.Without, t.Claims.Without)
	change(lang.Mark("Unclaimed records that wait for staff, because somebody who has claimed one has the same address: {was} now, {is} then"), t.Now.Review, t.Claims.Review)
	return out
}

// examples are pairs by their ids: they name nobody.
func examples(v ui.Visit, pairs []party.PairID) (out []ExamplePair) {
	link := func(id habeas.PartyID) ui.Link {
		l := ui.Link{Text: id.String()}
		if v.Has(habeas.RoleStaff) {
			l.URL = "/staff/people/" + l.Text
		}
		return l
	}
	for _, pair := range pairs {
		out = append(out, ExamplePair{link(pair.A), link(pair.B)})
	}
	return out
}

func findWords(p lang.Printer, k party.Kind) string {
	if k == party.Organisation {
		return p.T("Duplicates among organisations")
	}
	return p.T("Duplicates among people")
}

func confirmWords(p lang.Printer, k party.Kind) string {
	if k == party.Organisation {
		return p.T("To take over an organisation's record")
	}
	return p.T("To take over a person's record")
}

func (s *Pages) matchingControls(p lang.Printer, m party.Matching) []ui.Control {
	rule := func(name, label, hint string, r party.Rule, optional bool) ui.Control {
		return ui.Control{Kind: ui.ControlTextarea, Name: name, Label: label, Hint: hint, Value: r.String(), Optional: optional, MaxLength: policyLength}
	}
	out := []ui.Control{{
		Kind: ui.ControlHeading, Label: p.T("What finds duplicates"),
		Hint: p.T("All fields are weighed together. A line here puts two records before staff whatever the rest says: fields joined by + must all be the same, and any line is enough."),
	}}
	for _, k := range party.Kinds() {
		out = append(out, rule("find_"+string(k), findWords(p, k), p.T("For example: membership.number, or identity.family_name + identity.birth_date"), m.Find[k], true))
	}
	out = append(out,
		ui.Control{
			Kind: ui.ControlNumber, Name: "from", Label: p.T("Propose a pair from this probability on, in percent"), Value: strconv.Itoa(m.From), InputMode: "numeric",
			Hint: p.T("At 50, about half of the least likely pairs are two people. Between 20 and 99."),
		},
		ui.Control{
			Kind: ui.ControlNumber, Name: "certain", Label: p.T("Let staff merge pairs together from this probability on, in percent"), Value: strconv.Itoa(m.Certain), InputMode: "numeric",
			Hint: p.T("Only pairs of which no field differs, and that nobody has claimed or disputed. Between 80 and 99."),
		},
		ui.Control{
			Kind: ui.ControlHeading, Label: p.T("What confirms a claim"),
			Hint: p.T("A record is always found by an address that the person has proved. Here you say what they must show besides. Several records that fit go to staff, never the first of them."),
		})
	for _, k := range party.Kinds() {
		out = append(out, rule("confirm_"+string(k), confirmWords(p, k), p.T("contact.email, or contact.email + membership.number"), m.Confirm[k], false))
	}
	out = append(out, ui.Control{
		Kind: ui.ControlHeading, Label: p.T("Of how many records a value may be"),
		Hint: p.T("Only such a value finds duplicates alone in a line. While an address is of more records than here, a claim at it goes to staff."),
	})
	modes := []ui.Option{
		{Value: string(party.UniqueEverywhere), Text: p.T("Of one record")},
		{Value: string(party.UniqueClaimed), Text: p.T("Of one record that somebody has claimed")},
		{Value: string(party.UniqueNot), Text: p.T("Of any number: a family's address")},
	}
	for _, f := range s.fieldNames(p, party.UniqueFields()) {
		out = append(out, ui.Control{Kind: ui.ControlSelect, Name: "unique_" + f.Name, Label: f.Label, Value: string(m.Unique[f.Name]), Options: modes})
	}
	return out
}

// typedMatching reads the form.
func typedMatching(f *edge.Form) party.Matching {
	m := party.Matching{Find: map[party.Kind]party.Rule{}, Confirm: map[party.Kind]party.Rule{}, Unique: map[string]party.Uniqueness{}}
	for _, k := range party.Kinds() {
		m.Find[k] = party.ParseRule(f.Text("find_"+string(k), policyLength))
		m.Confirm[k] = party.ParseRule(f.Text("confirm_"+string(k), policyLength))
	}
	m.From, m.Certain = f.Int("from", 20, 99), f.Int("certain", 80, 99)
	for _, field := range party.UniqueFields() {
		m.Unique[field] = party.Uniqueness(f.Choice("unique_"+field, string(party.UniqueEverywhere), string(party.UniqueClaimed), string(party.UniqueNot)))
	}
	return m
}

func (s *Pages) tryMatching(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, policyForm)
	if err != nil {
		return err
	}
	m := typedMatching(f)
	if err = f.Err(); err == nil {
		err = s.Trials.Try(r.Context(), v.Actor, m)
	}
	if err == nil {
		http.Redirect(w, r, matchingPath, http.StatusSeeOther)
		return nil
	}
	now, policyErr := s.Policies.Current(r.Context())
	if policyErr != nil {
		return policyErr
	}
	page := s.matchingData(v, now)
	return s.Again(w, r, v, err, "admin/matching", &page, &page.Form, f)
}

func (s *Pages) forgetMatching(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	if err := s.Trials.Forget(v.Actor); err != nil {
		return err
	}
	http.Redirect(w, r, matchingPath, http.StatusSeeOther)
	return nil
}

// errUntried says that a choice is put into force only as it was tried.
var errUntried = habeas.Conflict("Try the choice first: somebody has tried another one meanwhile.").WithCode("matching.untried")

// changeMatching puts into force what was tried.
func (s *Pages) changeMatching(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, 1<<10)
	if err != nil {
		return err
	}
	version, ended := f.Int("version", 0, 1<<30), f.String("tried", 30)
	if err := f.Err(); err != nil {
		return err
	}
	t := s.Trials.Trial()
	if !t.Over() || strconv.FormatInt(t.Ended.UnixNano(), 10) != ended {
		return errUntried
	}
	now, err := s.Policies.Current(r.Context())
	if err != nil {
		return err
	}
	now.Version, now.Matching = int64(version), t.Matching
	if _, err := s.Policies.Change(r.Context(), v.Actor, now); err != nil {
		return err
	}
	if err := s.Trials.Forget(v.Actor); err != nil {
		return err
	}
	http.Redirect(w, r, policyPath+"?changed", http.StatusSeeOther)
	return nil
}
